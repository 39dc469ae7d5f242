/* SPDX-License-Identifier: MIT */
/*
 * The protections of a single battery, one table row each: what is
 * measured, where it trips and where it releases, what it forbids.
 */
#ifndef BMS_PROTECT_H
#define BMS_PROTECT_H

#include "lib/core/bms.h"

enum measure {
	MEASURE_MIN_CELL_MV,
	MEASURE_MAX_CELL_MV,
	MEASURE_MIN_TEMPERATURE_DC,
	MEASURE_MAX_TEMPERATURE_DC,
	MEASURE_CHARGE_SWITCH,    /* 1 closed, 0 open */
	MEASURE_DISCHARGE_SWITCH,
	MEASURE_SENSORS,          /* 1 all read, 0 one does not */
	/* B15: known only where the limit is, too. */
	MEASURE_CHARGE_MA,        /* + is charging; rated: continuous */
	MEASURE_DISCHARGE_MA,
	MEASURE_PULSE_MA,         /* rated: 1C */
	MEASURE_CELLS,            /* 1 all can be cells, 0 one cannot */
	MEASURE_COUNT
};

struct measured {
	maybe_i32 value;
	uint8_t where; /* cell or sensor, from 1; 0: the battery */
	int32_t rated; /* of a current: the battery's own limit */
};

struct protection_row {
	enum reason_kind reason;
	enum measure measure;
	bool trips_high; /* at or above, else at or below */
	/* Level = the setting (0 without one) + add, or add thousandths of
	 * what is rated; strict: beyond it. */
	size_t trip_setting; /* offset in settings_protection */
	int32_t trip_add;
	bool trip_strict;
	size_t clear_setting;
	int32_t clear_add;
	bool clear_strict;
	bool forbids_charge;
	bool forbids_discharge;
	uint32_t trip_delay_ms; /* reached for so long */
	bool waits_for_lead; /* B3: only after the pre-alarm's lead */
	bool only_with_guard; /* B5: the discharge temperature guard */
	bool bypassable; /* B13 */
	bool clears_with_bank; /* B3, B4: when all cells of the bank do */
	code_set codes;
};

extern const struct protection_row protection_rows[PROTECTION_ROW_COUNT];

enum {
	/* What a sensor can read, 0.1 degC; beyond it, it does not. */
	SENSOR_MIN_DC = -500,
	SENSOR_MAX_DC = 1500,
};

/* All measures of one sample. */
void measure_sample(const struct sample *sample,
		    struct measured ret_measured[MEASURE_COUNT]);

/*
 * The rows that the reading in use keeps from release in other batteries
 * (bit per row): those with clears_with_bank whose release level it has not
 * reached, or that cannot be judged. None where it is left out.
 */
uint32_t protect_unclear(const struct bms_battery *battery,
			 const struct settings_protection *settings);

/* Takes an accepted reading into the battery's latches. */
void protect_take(struct bms_battery *battery,
		  const struct settings_protection *settings,
		  const struct sample *sample);

/*
 * Trips what has waited for the pre-alarm's lead (B3), from what the
 * reading in use says now. Called for an online battery once the lead has
 * passed.
 */
void protect_lead_passed(struct bms_battery *battery,
			 const struct settings_protection *settings,
			 mono_t now);

/* True where a reading in use waits for the lead. */
bool protect_waits(const struct bms_battery *battery,
		   const struct settings_protection *settings);

/* The level at which the row trips for a battery that says this. */
int32_t protection_limit(const struct protection_row *row,
			 const struct settings_protection *settings,
			 const struct sample *sample);

/* False where the row is switched off by a setting. */
bool protection_enabled(const struct protection_row *row,
			const struct settings_protection *settings);

#endif
