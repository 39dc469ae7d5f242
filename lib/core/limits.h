/* SPDX-License-Identifier: MIT */
/*
 * Charge and discharge current limits of the bank (CCL, DCL; requirement
 * B11): the recommended rate, less what cell voltage and temperature call
 * for before anything trips. They fall at once and rise by a ramp, and
 * only with new readings.
 */
#ifndef BMS_CURRENT_LIMITS_H
#define BMS_CURRENT_LIMITS_H

#include "lib/core/bms.h"

/* A limit rises from nothing to all in this time (ours). */
enum { LIMIT_RAMP_MS = 60000 };

/* Computes the limits from the aggregates and the decision in out. */
void limits_step(struct bms_state *state, const struct bms_input *input,
		 struct bms_output *out);

#endif
