/* SPDX-License-Identifier: MIT */
/*
 * How the batteries make up the bank (A1, A2) and whether they fit together
 * (A3). Recognised from what the batteries say and the bank's nominal
 * voltage, which the configuration gives or the inverter's DC voltage
 * tells. Only ever judged while every battery is online but one that is
 * bypassed (B13), which then has no part in it.
 */
#ifndef BMS_ARRANGEMENT_H
#define BMS_ARRANGEMENT_H

#include "lib/core/bms.h"

enum {
	/* Nominal voltage of one LiFePO4 cell. */
	CELL_NOMINAL_MV = 3200,
	/* Batteries of one bank may differ by this in capacity (ours). */
	CAPACITY_TOLERANCE_PERMILLE = 50,
};

/* Cells in series that each nominal voltage may have; 0 ends the list. */
struct nominal_row {
	int32_t nominal_v;   /* as configured: 12, 24, 48 */
	int32_t from_mv;     /* DC voltage that tells it, both included */
	int32_t to_mv;
	uint32_t cells[3];
};

enum { NOMINAL_COUNT = 3 };
extern const struct nominal_row nominal_rows[NOMINAL_COUNT];

/*
 * Marks the batteries that do not fit the others. A battery fits where
 * more than half of all (itself included) are like it, so that the odd one
 * is named and of two unlike ones both are, and where it has as many cells
 * as at first. One that is bypassed counts for itself only. Called for
 * every new reading while all batteries are online; released like every
 * trip (B11).
 */
void arrangement_match(struct bms_state *state,
		       const struct settings_protection *settings);

/*
 * Recognises series and parallel; leaves "known" false where it cannot. The
 * inverter's voltage is used only while it is younger than the alarm delay.
 */
void arrangement_recognise(struct bms_state *state,
			   const struct settings *settings,
			   const struct inverter_reading *inverter);

/* The nominal capacity of a battery: design, else full. Unknown where it
 * tells neither; 0 and less is none. */
maybe_i32 sample_capacity_mah(const struct sample *sample);
maybe_i32 battery_capacity_mah(const struct bms_battery *battery);

#endif
