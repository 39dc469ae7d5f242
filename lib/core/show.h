/* SPDX-License-Identifier: MIT */
/*
 * What people are shown of a decision and of a battery, where that is more
 * than the figure itself: the same words and the same choice on D-Bus and on
 * Bluetooth, because both ask here.
 */
#ifndef BMS_SHOW_H
#define BMS_SHOW_H

#include "lib/core/bms.h"

enum {
	/* Older than this, a reading of the inverter is not shown, ms. */
	SHOW_INVERTER_MS = 5000
};

/* "on", "charger-only", "inverter-only", "off"; "" for anything else. */
const char *show_mode_name(enum bms_mode mode);
/* True, and the mode, where name is one of these four. */
bool show_mode_find(const char *name, enum bms_mode *ret_mode);

/* "yes", "no" */
const char *show_allowed_to_charge(const struct bms_output *output);
/* "yes", "pre-alarm", "no" */
const char *show_allowed_to_discharge(const struct bms_output *output);

enum show_reasons {
	SHOW_REASONS_CHARGE,    /* that forbid charge */
	SHOW_REASONS_DISCHARGE, /* or discharge, or give the pre-alarm */
	SHOW_REASONS_BATTERY,   /* of one battery */
};

/* Whether a reason of that output is among them; battery (from 1) is used
 * by the last one only. */
bool show_reason(const struct bms_output *output, const struct reason *reason,
		 enum show_reasons which, uint32_t battery);

/* The battery's last reading; one in which all is unknown while the battery
 * is silent. */
const struct sample *show_sample(const struct bms_battery *battery);

/* What the battery itself lets happen; never while it is silent. */
bool show_battery_charge(const struct bms_battery *battery);
bool show_battery_discharge(const struct bms_battery *battery);

/*
 * The sensors of the cells. Returns how many there are; the warmest, 0.1
 * degC, is unknown where one of them is or where there is none.
 */
uint32_t show_cell_temperatures(const struct sample *sample,
				maybe_i32 ret[BMS_TEMPERATURES_MAX],
				maybe_i32 *ret_warmest);

/* Whether what was read at that time is shown now. */
bool show_inverter_fresh(const struct inverter_reading *reading, mono_t time,
			 mono_t now);

#endif
