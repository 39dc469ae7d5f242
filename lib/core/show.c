/* SPDX-License-Identifier: MIT */
#include "lib/core/show.h"

#include <string.h>

static const char *const mode_names[] = {
	[BMS_MODE_OFF] = "off",
	[BMS_MODE_CHARGER_ONLY] = "charger-only",
	[BMS_MODE_INVERTER_ONLY] = "inverter-only",
	[BMS_MODE_ON] = "on",
};

_Static_assert(ARRAY_SIZE(mode_names) == BMS_MODE_ON + 1,
	       "a name for every mode");

const char *show_mode_name(enum bms_mode mode)
{
	return (size_t)mode < ARRAY_SIZE(mode_names) ? mode_names[mode] : "";
}

bool show_mode_find(const char *name, enum bms_mode *ret_mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++) {
		if (strcmp(mode_names[i], name) != 0)
			continue;
		*ret_mode = (enum bms_mode)i;
		return true;
	}
	return false;
}

const char *show_allowed_to_charge(const struct bms_output *output)
{
	return output->atc_high ? "yes" : "no";
}

const char *show_allowed_to_discharge(const struct bms_output *output)
{
	if (!output->atd_high)
		return "no";
	return output->pre_alarm_high ? "pre-alarm" : "yes";
}

/* Low, but not (yet) forbidden: what the pre-alarm is about. */
static bool is_pre_alarm(const struct reason *reason)
{
	switch (reason->kind) {
	case REASON_CELL_PRE_ALARM:
	case REASON_CELL_LOW:
	case REASON_CELL_LOW_HARD:
	case REASON_SOC_WARNING:
	case REASON_SOC_FLOOR:
		return true;
	case REASON_UNKNOWN:
	case REASON_SILENT:
	case REASON_UNREADABLE:
	case REASON_TEMPERATURE_UNKNOWN:
	case REASON_CELL_IMPLAUSIBLE:
	case REASON_CELL_HIGH:
	case REASON_CELL_HIGH_HARD:
	case REASON_CHARGE_COLD:
	case REASON_CHARGE_HOT:
	case REASON_CHARGE_HOT_HARD:
	case REASON_DISCHARGE_COLD:
	case REASON_DISCHARGE_HOT:
	case REASON_CHARGE_SWITCH:
	case REASON_DISCHARGE_SWITCH:
	case REASON_BATTERY_PROTECTS:
	case REASON_CHARGE_CURRENT:
	case REASON_CHARGE_PULSE:
	case REASON_DISCHARGE_CURRENT:
	case REASON_DISCHARGE_PULSE:
	case REASON_BYPASSED:
	case REASON_MISMATCH:
	case REASON_ARRANGEMENT:
	case REASON_BANK_VOLTAGE:
	case REASON_BANK_LOW:
	case REASON_BYPASS_LOW:
	case REASON_BYPASS_HIGH:
	case REASON_UPDATE:
	case REASON_REMOTE_OFF:
	case REASON_MODE:
	case REASON_LINES:
	case REASON_KIND_COUNT:
		return false;
	}
	return false;
}

bool show_reason(const struct bms_output *output, const struct reason *reason,
		 enum show_reasons which, uint32_t battery)
{
	switch (which) {
	case SHOW_REASONS_CHARGE:
		return reason->forbids_charge;
	case SHOW_REASONS_DISCHARGE:
		return reason->forbids_discharge ||
		       (output->atd_high && output->pre_alarm_high &&
			is_pre_alarm(reason));
	case SHOW_REASONS_BATTERY:
		return reason->battery == battery;
	}
	return false;
}

const struct sample *show_sample(const struct bms_battery *battery)
{
	static const struct sample nothing;

	return battery->online ? &battery->sample : &nothing;
}

bool show_battery_charge(const struct bms_battery *battery)
{
	return battery->online && !battery->forbids_charge;
}

bool show_battery_discharge(const struct bms_battery *battery)
{
	return battery->online && !battery->forbids_discharge;
}

uint32_t show_cell_temperatures(const struct sample *sample,
				maybe_i32 ret[BMS_TEMPERATURES_MAX],
				maybe_i32 *ret_warmest)
{
	maybe_i32 warmest = UNKNOWN_I32;
	bool all_known = true;
	uint32_t n = 0;

	for (uint32_t i = 0; i < sample->n_temperatures &&
			     i < BMS_TEMPERATURES_MAX; i++) {
		const struct sample_temperature *t = &sample->temperature[i];

		if (t->role != TEMPERATURE_CELL)
			continue;
		ret[n++] = t->dc;
		all_known = all_known && t->dc.known;
		if (!warmest.known || t->dc.value > warmest.value)
			warmest = t->dc;
	}
	*ret_warmest = all_known ? warmest : UNKNOWN_I32;
	return n;
}

bool show_inverter_fresh(const struct inverter_reading *reading, mono_t time,
			 mono_t now)
{
	return reading->connected &&
	       mono_elapsed_ms(time, now) <= SHOW_INVERTER_MS;
}
