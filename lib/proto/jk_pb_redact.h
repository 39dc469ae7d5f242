/* SPDX-License-Identifier: MIT */
/*
 * Hides the pass codes of JK-PB about blocks in a stream of received bytes,
 * in place, before they are recorded.
 *
 * Of a block that starts with 55 AA EB 90 03 only offsets 0..45 (model,
 * versions) and 86..96 (serial number) are kept, everything else becomes
 * '0', and the sum at 299 is changed by as much, so that a good block stays
 * good and a bad one bad. Because only known places are kept, some lost or
 * inserted bytes do not uncover a code. A new block start inside a masked
 * one begins afresh, so that a torn block does not spoil the next frame; a
 * possible beginning of one at the very end of a chunk is let through,
 * except where pass codes are expected.
 */
#ifndef BMS_JK_PB_REDACT_H
#define BMS_JK_PB_REDACT_H

#include <stddef.h>
#include <stdint.h>

/* All zero is the state at the start of a stream. */
struct jk_pb_redact {
	uint16_t at;     /* of the next byte in an about block; 0: in none */
	uint8_t matched; /* bytes of the block start seen so far */
	uint8_t change;  /* to the sum, by what was overwritten */
};

void jk_pb_redact(struct jk_pb_redact *redact, uint8_t *bytes, size_t len);

#endif
