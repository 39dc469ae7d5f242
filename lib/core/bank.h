/* SPDX-License-Identifier: MIT */
/*
 * The protections of the bank as a whole: voltage window (A4), low bank
 * voltage (B7), state of charge (B6), output lines (B14), and whether the
 * batteries that are heard may stand in for one that is bypassed (B13).
 */
#ifndef BMS_BANK_H
#define BMS_BANK_H

#include "lib/core/bms.h"

enum {
	BANK_MIN_MV = 9000,  /* manual 5.3, E-B09 */
	BANK_MAX_MV = 60000,
	BANK_LOW_CELL_MV = 2800,       /* B7, per cell in series (ours) */
	BANK_LOW_CLEAR_CELL_MV = 3100,
	BANK_LOW_DELAY_MS = 10000,
	SOC_WARNING_CLEAR_PERMILLE = 20, /* B6 (ours) */
	SOC_FLOOR_CLEAR_PERMILLE = 30,
};

struct bank_row {
	enum reason_kind reason;
	bool forbids_charge;
	bool forbids_discharge;
	code_set codes;
};

extern const struct bank_row bank_rows[BANK_ROW_COUNT];

/*
 * Judges the bank from the aggregates of this step. Evidence that releases
 * counts only where the step brought a reading that is used. The state of
 * charge (B6) is the count where it is anchored (lib/core/charge.h); else
 * the count or the batteries' own figure trips, and both release. It is
 * that of the batteries which are not left out of discharge (B9).
 */
void bank_step(struct bms_state *state, const struct settings *settings,
	       const struct bms_input *input, const struct bms_output *out);

/* When the bank's delay will have passed. */
mono_t bank_next(const struct bms_state *state);

/* The limit of a row, for people. */
int32_t bank_limit(enum bank_row_id row, const struct bms_state *state,
		   const struct settings *settings);

#endif
