/* SPDX-License-Identifier: MIT */
/*
 * The remote on/off terminals (requirement D1): on with L and H joined, L
 * to minus, or H to plus; anything else, and anything unreadable, is off.
 * Debounced by 100 ms both ways.
 */
#ifndef BMS_REMOTE_H
#define BMS_REMOTE_H

#include "lib/core/bms.h"

enum { REMOTE_DEBOUNCE_MS = 100 };

/* Takes the levels of this step. Returns whether the system is on. */
bool remote_step(struct bms_remote *remote, const struct bms_input *input);

/* When a level now waiting out the debounce will count. */
mono_t remote_next(const struct bms_remote *remote);

#endif
