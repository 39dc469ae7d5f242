/* SPDX-License-Identifier: MIT */
/*
 * What one JK-PB frame says, as a line of JSON for people: status, settings
 * and about blocks (alone or with their acknowledge), acknowledges, trigger
 * requests, writes, and the reading of the alarm word by function 03.
 * Pass codes are never part of it.
 */
#ifndef BMS_JK_PB_TEXT_H
#define BMS_JK_PB_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The contract of struct proto's decode_text. */
int jk_pb_decode_text(const uint8_t *frame, size_t len, char *buf,
		      size_t size);

#endif
