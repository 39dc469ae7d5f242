/* SPDX-License-Identifier: MIT */
#include "lib/core/battery.h"

#include <string.h>

#include "lib/core/plausible.h"
#include "lib/core/protect.h"

/*
 * A fault that leaves open which direction is safe forbids both; so does a
 * sensor fault: what cannot be measured cannot be protected.
 */
const struct battery_protection_row
	battery_protection_rows[PROTECTION_COUNT] = {
	[PROTECTION_CELL_OVERVOLTAGE] = { true, false },
	[PROTECTION_PACK_OVERVOLTAGE] = { true, false },
	[PROTECTION_CELL_UNDERVOLTAGE] = { false, true },
	[PROTECTION_PACK_UNDERVOLTAGE] = { false, true },
	[PROTECTION_CHARGE_OVERCURRENT] = { true, false },
	[PROTECTION_DISCHARGE_OVERCURRENT] = { false, true },
	[PROTECTION_CHARGE_SHORT_CIRCUIT] = { true, true },
	[PROTECTION_DISCHARGE_SHORT_CIRCUIT] = { true, true },
	[PROTECTION_CHARGE_OVERTEMPERATURE] = { true, false },
	[PROTECTION_CHARGE_UNDERTEMPERATURE] = { true, false },
	[PROTECTION_DISCHARGE_OVERTEMPERATURE] = { false, true },
	[PROTECTION_DISCHARGE_UNDERTEMPERATURE] = { false, true },
	[PROTECTION_MOS_OVERTEMPERATURE] = { true, true },
	[PROTECTION_CHARGE_SWITCH_FAULT] = { true, false },
	[PROTECTION_DISCHARGE_SWITCH_FAULT] = { false, true },
	[PROTECTION_SENSOR_FAULT] = { true, true },
	[PROTECTION_INTERNAL_FAULT] = { true, true },
};

_Static_assert(ARRAY_SIZE(battery_protection_rows) == PROTECTION_COUNT,
	       "a row for every protection");

static bool is_young(const struct sample *sample,
		     const struct settings_protection *settings, mono_t now)
{
	return mono_elapsed_ms(sample->time, now) <
	       (uint32_t)settings->lost_alarm_ms;
}

static bool may_be_taken(const struct bms_battery *battery,
			 const struct settings_protection *settings,
			 mono_t now, const struct sample *sample)
{
	if (mono_before(now, sample->time) || !is_young(sample, settings, now))
		return false;
	/* As old is new enough: a clock that stands still must not keep a
	 * trip out. */
	if (battery->used && mono_before(sample->time, battery->sample.time))
		return false;
	return sample->n_cells > 0 && sample->n_cells <= BMS_CELLS_MAX &&
	       sample->n_temperatures <= BMS_TEMPERATURES_MAX;
}

/* Plausible, or the second of two that agree. */
static bool can_be_used(struct bms_battery *battery,
			const struct settings_protection *settings,
			const struct sample *sample)
{
	const struct sample *before = NULL;
	bool confirmed;

	if (battery->used && is_young(&battery->sample, settings,
				      sample->time))
		before = &battery->sample;
	confirmed = battery->doubted &&
		    is_young(&battery->doubtful, settings, sample->time) &&
		    sample_confirms(sample, &battery->doubtful);
	battery->doubted = false;
	if (confirmed || sample_is_plausible(sample, before))
		return true;
	battery->doubtful = *sample;
	battery->doubted = true;
	return false;
}

static void count_unreadable(struct bms_battery *battery)
{
	if (battery->unreadable < UINT8_MAX)
		battery->unreadable++;
}

/* A battery that has once told its number is known by it from then on. */
static void take_identity(struct bms_battery *battery,
			  const struct sample *sample)
{
	bool other = battery->serial[0] != '\0' &&
		     sample->serial[0] != '\0' &&
		     strncmp(battery->serial, sample->serial,
			     BMS_SERIAL_SIZE - 1) != 0;

	battery->swapped |= other;
	if (other) {
		battery->charge = (struct charge){ 0 };
		battery->fitted = false;
	}
	if (battery->cells == 0 || other)
		battery->cells = sample->n_cells;
	if (sample->serial[0] == '\0')
		return;
	memcpy(battery->serial, sample->serial, BMS_SERIAL_SIZE);
	battery->serial[BMS_SERIAL_SIZE - 1] = '\0';
}

static void take_own_protections(struct bms_battery *battery,
				 const struct settings_protection *settings,
				 const struct sample *sample)
{
	for (uint32_t i = 0; i < PROTECTION_COUNT; i++) {
		bool set = sample->protections >> i & 1;

		latch_take(&battery->protects[i], sample->time,
			   set ? LATCH_TRIP : LATCH_CLEAR,
			   (uint32_t)settings->release_hold_ms,
			   (uint32_t)settings->lost_warning_ms);
	}
}

static bool take_sample(struct bms_battery *battery,
			const struct settings_protection *settings,
			mono_t now, const struct sample *sample)
{
	if (!may_be_taken(battery, settings, now, sample) ||
	    !can_be_used(battery, settings, sample)) {
		count_unreadable(battery);
		return false;
	}
	battery->unreadable = 0;
	/* A silence that ended between two steps was one all the same. */
	battery_age(battery, settings, sample->time);
	battery->sample = *sample;
	battery->used = true;
	battery->late = false;
	take_identity(battery, sample);
	latch_take(&battery->silent, sample->time, LATCH_CLEAR,
		   (uint32_t)settings->release_hold_ms,
		   (uint32_t)settings->lost_warning_ms);
	take_own_protections(battery, settings, sample);
	protect_take(battery, settings, sample);
	return true;
}

bool battery_take(struct bms_battery *battery,
		  const struct settings_protection *settings, mono_t now,
		  const struct bms_report *report)
{
	if (report->sample)
		return take_sample(battery, settings, now, report->sample);
	if (report->fault == FAULT_TIMEOUT)
		battery->unreadable = 0;
	else
		count_unreadable(battery);
	return false;
}

void battery_age(struct bms_battery *battery,
		 const struct settings_protection *settings, mono_t now)
{
	battery->online = battery->used &&
			  is_young(&battery->sample, settings, now);
	if (!battery->used || battery->online)
		return;
	latch_take(&battery->silent, now, LATCH_TRIP,
		   (uint32_t)settings->release_hold_ms,
		   (uint32_t)settings->lost_warning_ms);
}

mono_t battery_next(const struct bms_battery *battery,
		    const struct settings_protection *settings, mono_t now)
{
	mono_t warning = mono_add_ms(battery->sample.time,
				     (uint32_t)settings->lost_warning_ms);
	mono_t alarm = mono_add_ms(battery->sample.time,
				   (uint32_t)settings->lost_alarm_ms);

	if (!battery->online)
		return MONO_NEVER;
	return mono_reached(now, warning) ? alarm : warning;
}
