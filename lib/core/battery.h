/* SPDX-License-Identifier: MIT */
/*
 * What one battery says, and what of it may be used: plausibility and
 * confirmation (B10), age (B8), identity (A5), and the battery's own
 * protections (B9). Hands every accepted reading to the protection table.
 */
#ifndef BMS_BATTERY_H
#define BMS_BATTERY_H

#include "lib/core/bms.h"

/*
 * Takes one report. Nothing that is older than what is already used, lies
 * in the future or is past the alarm delay is taken at all. True where it
 * was a reading that is used from now on.
 */
bool battery_take(struct bms_battery *battery,
		  const struct settings_protection *settings, mono_t now,
		  const struct bms_report *report);

/* Judges the age: online or not, silent or not. Once a step. */
void battery_age(struct bms_battery *battery,
		 const struct settings_protection *settings, mono_t now);

/* When the age alone changes the answer next. */
mono_t battery_next(const struct bms_battery *battery,
		    const struct settings_protection *settings, mono_t now);

/* What each enum battery_protection forbids. */
struct battery_protection_row {
	bool forbids_charge;
	bool forbids_discharge;
};

extern const struct battery_protection_row
	battery_protection_rows[PROTECTION_COUNT];

#endif
