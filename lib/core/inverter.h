/* SPDX-License-Identifier: MIT */
/*
 * What the inverter/charger is told (C2, C3, C4, C9), whether it may be told
 * anything (C6) and who else may (C11), whether it does so (C2, C11), and
 * whether it is there at all (C10).
 */
#ifndef BMS_CORE_INVERTER_H
#define BMS_CORE_INVERTER_H

#include "lib/core/bms.h"

enum {
	INVERTER_OBEY_MS = 3000,    /* C2: verified within 3 s */
	INVERTER_OBEY_CHARGE_MS = 90000,
	/* A current of the units against what they were told (ours): more
	 * than an idle unit takes or a sensor is off, for longer than a unit
	 * takes to stop. */
	INVERTER_AGAINST_MA = 3000,
	INVERTER_AGAINST_MS = 10000,
	INVERTER_GRACE_MS = 10000,  /* to be found after start (ours) */
};

/* Fills in out->inverter and what goes with it from the reasons and limits
 * in out; adds the codes of what bars it. */
void inverter_decide(const struct bms_state *state,
		     const struct settings *settings,
		     const struct bms_input *input, struct bms_output *out);

/* Watches link and obedience; adds their codes to out. */
void inverter_watch(struct bms_state *state, const struct bms_input *input,
		    struct bms_output *out);

/* When either could change by time alone. */
mono_t inverter_next(const struct bms_state *state,
		     const struct bms_input *input,
		     const struct bms_output *out);

#endif
