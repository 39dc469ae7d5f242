/* SPDX-License-Identifier: MIT */
/*
 * Low power (requirement D3): while the system is off or a low cell has
 * shut it down, each battery is asked less often. What counts as a silence
 * to be warned of, and as a gap in the evidence for a release (B8, B11),
 * is longer by as much, until every battery has been asked again; the
 * silence that forbids is not.
 */
#ifndef BMS_POWER_H
#define BMS_POWER_H

#include "lib/core/bms.h"

enum {
	LOW_POWER_POLL_MS = 5000, /* D3, of each battery */
	/* Comes in, so there is power and something to watch (ours). */
	LOW_POWER_CHARGE_MA = 1000,
};

/* Puts the protection's settings into force for this step. */
void power_begin(struct bms_state *state, const struct settings *settings,
		 mono_t now);

/*
 * Decides from the reasons and aggregates in out: low power while a remote
 * or mode that is off, or a low cell, keeps the system down. It ends at
 * once, so that what brings the system back is seen at the usual pace,
 * when that is over, when a remote that is still being debounced says on,
 * when a battery is charged or what it says has to be confirmed, and when
 * no cell is below its release level any more.
 */
void power_step(struct bms_state *state, const struct settings *settings,
		const struct bms_input *input, struct bms_output *out);

/* When its longer delays end by themselves. */
mono_t power_next(const struct bms_state *state, mono_t now);

#endif
