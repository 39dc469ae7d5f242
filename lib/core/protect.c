/* SPDX-License-Identifier: MIT */
#include "lib/core/protect.h"

#include <string.h>

#include "lib/core/arrangement.h"
#include "lib/core/plausible.h"

#define SETTING(name) offsetof(struct settings_protection, name)
/* No setting has this offset: the level is "add" alone. */
#define FIXED SIZE_MAX
/* Nor this one: the level is "add" thousandths of what is rated. */
#define RATED (SIZE_MAX - 1)

/*
 * Margins that the reference manual does not print are ours, as the
 * requirements give them: 50 mV, 2 K, 5 K; 5 % of a current limit.
 */
const struct protection_row protection_rows[PROTECTION_ROW_COUNT] = {
	[ROW_CELL_PRE_ALARM] = {
		.reason = REASON_CELL_PRE_ALARM,
		.measure = MEASURE_MIN_CELL_MV,
		.trip_setting = SETTING(cell_pre_alarm_mv),
		.clear_setting = SETTING(cell_pre_alarm_mv),
		.clear_add = 50,
		.codes = CODE_BIT(CODE_W_B01),
	},
	[ROW_CELL_LOW] = {
		.reason = REASON_CELL_LOW,
		.measure = MEASURE_MIN_CELL_MV,
		.trip_setting = SETTING(cell_low_mv),
		.clear_setting = SETTING(cell_low_clear_mv),
		.forbids_discharge = true,
		.bypassable = true,
		.waits_for_lead = true,
		.clears_with_bank = true,
		.codes = CODE_BIT(CODE_A_B01),
	},
	[ROW_CELL_LOW_HARD] = {
		.reason = REASON_CELL_LOW_HARD,
		.measure = MEASURE_MIN_CELL_MV,
		.trip_setting = SETTING(cell_low_hard_mv),
		.trip_strict = true,
		.clear_setting = SETTING(cell_low_clear_mv),
		.forbids_discharge = true,
		.clears_with_bank = true,
		.codes = CODE_BIT(CODE_A_B01),
	},
	[ROW_CELL_HIGH] = {
		.reason = REASON_CELL_HIGH,
		.measure = MEASURE_MAX_CELL_MV,
		.trips_high = true,
		.trip_setting = SETTING(cell_high_mv),
		.clear_setting = SETTING(cell_high_clear_mv),
		.clear_strict = true,
		.forbids_charge = true,
		.bypassable = true,
		.clears_with_bank = true,
		.codes = CODE_BIT(CODE_A_X02),
	},
	[ROW_CELL_HIGH_HARD] = {
		.reason = REASON_CELL_HIGH_HARD,
		.measure = MEASURE_MAX_CELL_MV,
		.trips_high = true,
		.trip_setting = SETTING(cell_high_hard_mv),
		.trip_strict = true,
		.clear_setting = SETTING(cell_high_mv),
		.clear_strict = true,
		.forbids_charge = true,
		.clears_with_bank = true,
		.codes = CODE_BIT(CODE_A_X02),
	},
	[ROW_CHARGE_COLD] = {
		.reason = REASON_CHARGE_COLD,
		.measure = MEASURE_MIN_TEMPERATURE_DC,
		.trip_setting = SETTING(charge_temperature_low_dc),
		.trip_strict = true,
		.clear_setting = SETTING(charge_temperature_low_dc),
		.clear_add = 20,
		.forbids_charge = true,
	},
	[ROW_CHARGE_HOT] = {
		.reason = REASON_CHARGE_HOT,
		.measure = MEASURE_MAX_TEMPERATURE_DC,
		.trips_high = true,
		.trip_setting = SETTING(charge_temperature_high_dc),
		.trip_strict = true,
		.clear_setting = SETTING(charge_temperature_high_dc),
		.clear_add = -20,
		.forbids_charge = true,
		.codes = CODE_BIT(CODE_A_B09),
	},
	[ROW_CHARGE_HOT_HARD] = {
		.reason = REASON_CHARGE_HOT_HARD,
		.measure = MEASURE_MAX_TEMPERATURE_DC,
		.trips_high = true,
		.trip_setting = SETTING(charge_temperature_high_dc),
		.trip_add = 50,
		.trip_strict = true,
		.clear_setting = SETTING(charge_temperature_high_dc),
		.clear_add = 30,
		.forbids_charge = true,
		.codes = CODE_BIT(CODE_A_B09),
	},
	[ROW_DISCHARGE_COLD] = {
		.reason = REASON_DISCHARGE_COLD,
		.measure = MEASURE_MIN_TEMPERATURE_DC,
		.trip_setting = SETTING(discharge_temperature_low_dc),
		.trip_strict = true,
		.clear_setting = SETTING(discharge_temperature_low_dc),
		.clear_add = 20,
		.forbids_discharge = true,
		.only_with_guard = true,
	},
	[ROW_DISCHARGE_HOT] = {
		.reason = REASON_DISCHARGE_HOT,
		.measure = MEASURE_MAX_TEMPERATURE_DC,
		.trips_high = true,
		.trip_setting = SETTING(discharge_temperature_high_dc),
		.trip_strict = true,
		.clear_setting = SETTING(discharge_temperature_high_dc),
		.clear_add = -20,
		.forbids_discharge = true,
		.only_with_guard = true,
		.codes = CODE_BIT(CODE_A_B09),
	},
	[ROW_CHARGE_SWITCH] = {
		.reason = REASON_CHARGE_SWITCH,
		.measure = MEASURE_CHARGE_SWITCH,
		.trip_setting = FIXED,
		.clear_setting = FIXED,
		.clear_add = 1,
		.forbids_charge = true,
		.bypassable = true,
	},
	[ROW_DISCHARGE_SWITCH] = {
		.reason = REASON_DISCHARGE_SWITCH,
		.measure = MEASURE_DISCHARGE_SWITCH,
		.trip_setting = FIXED,
		.clear_setting = FIXED,
		.clear_add = 1,
		.forbids_discharge = true,
		.bypassable = true,
	},
	/* What cannot be measured cannot be allowed: without a temperature
	 * there is no charging (and no discharging under the guard, which
	 * the next row adds). */
	[ROW_TEMPERATURE_UNKNOWN] = {
		.reason = REASON_TEMPERATURE_UNKNOWN,
		.measure = MEASURE_SENSORS,
		.trip_setting = FIXED,
		.clear_setting = FIXED,
		.clear_add = 1,
		.forbids_charge = true,
		.bypassable = true,
	},
	[ROW_TEMPERATURE_GUARD] = {
		.reason = REASON_TEMPERATURE_UNKNOWN,
		.measure = MEASURE_SENSORS,
		.trip_setting = FIXED,
		.clear_setting = FIXED,
		.clear_add = 1,
		.forbids_discharge = true,
		.bypassable = true,
		.only_with_guard = true,
	},
	/* A sense wire that has come off: what the cell really has is not
	 * known, so neither direction is safe. */
	[ROW_CELL_IMPLAUSIBLE] = {
		.reason = REASON_CELL_IMPLAUSIBLE,
		.measure = MEASURE_CELLS,
		.trip_setting = FIXED,
		.clear_setting = FIXED,
		.clear_add = 1,
		.forbids_charge = true,
		.forbids_discharge = true,
	},
	/* B15, manual 4.1: more than the continuous limit for 10 s, more
	 * than 2C at once. Whoever draws it is warned, nothing is opened. */
	[ROW_CHARGE_CURRENT] = {
		.reason = REASON_CHARGE_CURRENT,
		.measure = MEASURE_CHARGE_MA,
		.trips_high = true,
		.trip_setting = RATED,
		.trip_add = 1000,
		.trip_strict = true,
		.clear_setting = RATED,
		.clear_add = 950,
		.trip_delay_ms = 10000,
		.codes = CODE_BIT(CODE_W_X04),
	},
	[ROW_CHARGE_PULSE] = {
		.reason = REASON_CHARGE_PULSE,
		.measure = MEASURE_PULSE_MA,
		.trips_high = true,
		.trip_setting = RATED,
		.trip_add = 2000,
		.trip_strict = true,
		.clear_setting = RATED,
		.clear_add = 1900,
		.codes = CODE_BIT(CODE_W_X04),
	},
	[ROW_DISCHARGE_CURRENT] = {
		.reason = REASON_DISCHARGE_CURRENT,
		.measure = MEASURE_DISCHARGE_MA,
		.trip_setting = RATED,
		.trip_add = -1000,
		.trip_strict = true,
		.clear_setting = RATED,
		.clear_add = -950,
		.trip_delay_ms = 10000,
		.codes = CODE_BIT(CODE_W_X05),
	},
	[ROW_DISCHARGE_PULSE] = {
		.reason = REASON_DISCHARGE_PULSE,
		.measure = MEASURE_PULSE_MA,
		.trip_setting = RATED,
		.trip_add = -2000,
		.trip_strict = true,
		.clear_setting = RATED,
		.clear_add = -1900,
		.codes = CODE_BIT(CODE_W_X05),
	},
};

_Static_assert(ARRAY_SIZE(protection_rows) == PROTECTION_ROW_COUNT,
	       "a row for every protection");
_Static_assert(PROTECTION_ROW_COUNT <= 32, "a bit for every protection");

/* Of the battery's figure, whatever it says; at most what fits. */
static int32_t share_of(int32_t rated, int32_t permille)
{
	int64_t value = (int64_t)rated * permille / 1000;

	if (value > INT32_MAX)
		return INT32_MAX;
	return value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

static int32_t level(const struct settings_protection *settings,
		     size_t setting, int32_t add, int32_t rated)
{
	int32_t value = 0;

	if (setting == RATED)
		return share_of(rated, add);
	if (setting != FIXED)
		memcpy(&value, (const char *)settings + setting,
		       sizeof(value));
	return value + add;
}

static void take_lower(struct measured *m, int32_t value, size_t index)
{
	if (m->value.known && m->value.value <= value)
		return;
	m->value = known_i32(value);
	m->where = (uint8_t)(index + 1);
}

static void take_higher(struct measured *m, int32_t value, size_t index)
{
	if (m->value.known && m->value.value >= value)
		return;
	m->value = known_i32(value);
	m->where = (uint8_t)(index + 1);
}

static void measure_temperatures(const struct sample *sample,
				 struct measured ret[MEASURE_COUNT])
{
	struct measured *sensors = &ret[MEASURE_SENSORS];
	bool any = false;

	sensors->value = known_i32(1);
	for (size_t i = 0; i < sample->n_temperatures; i++) {
		const struct sample_temperature *t = &sample->temperature[i];

		if (t->role != TEMPERATURE_CELL)
			continue;
		if (!t->dc.known || t->dc.value < SENSOR_MIN_DC ||
		    t->dc.value > SENSOR_MAX_DC) {
			take_lower(sensors, 0, i);
			continue;
		}
		any = true;
		take_lower(&ret[MEASURE_MIN_TEMPERATURE_DC], t->dc.value, i);
		take_higher(&ret[MEASURE_MAX_TEMPERATURE_DC], t->dc.value, i);
	}
	if (!any)
		sensors->value = known_i32(0);
}

static void measure_current(const struct sample *sample, maybe_i32 rated,
			    struct measured *ret)
{
	if (!rated.known)
		return;
	ret->value = sample->current_ma;
	ret->rated = rated.value;
}

/* A limit of 0 is a wish for now, not what the battery is made for. */
static maybe_i32 own_or_1c(maybe_i32 own, maybe_i32 capacity_mah)
{
	return own.known && own.value > 0 ? own : capacity_mah;
}

static void measure_currents(const struct sample *sample,
			     struct measured ret[MEASURE_COUNT])
{
	maybe_i32 mah = sample_capacity_mah(sample);

	measure_current(sample, own_or_1c(sample->charge_limit_ma, mah),
			&ret[MEASURE_CHARGE_MA]);
	measure_current(sample, own_or_1c(sample->discharge_limit_ma, mah),
			&ret[MEASURE_DISCHARGE_MA]);
	measure_current(sample, mah, &ret[MEASURE_PULSE_MA]);
}

void measure_sample(const struct sample *sample,
		    struct measured ret_measured[MEASURE_COUNT])
{
	memset(ret_measured, 0, MEASURE_COUNT * sizeof(ret_measured[0]));
	ret_measured[MEASURE_CELLS].value = known_i32(1);
	for (size_t i = 0; i < sample->n_cells; i++) {
		int32_t mv = sample->cell_mv[i];

		take_lower(&ret_measured[MEASURE_MIN_CELL_MV], mv, i);
		take_higher(&ret_measured[MEASURE_MAX_CELL_MV], mv, i);
		if (!cell_is_plausible(mv))
			take_lower(&ret_measured[MEASURE_CELLS], 0, i);
	}
	measure_temperatures(sample, ret_measured);
	measure_currents(sample, ret_measured);
	ret_measured[MEASURE_CHARGE_SWITCH].value = sample->charge_switch_on;
	ret_measured[MEASURE_DISCHARGE_SWITCH].value =
		sample->discharge_switch_on;
}

/* At or above (high) or at or below the level; beyond it where strict. */
static bool reaches(int32_t value, int32_t level_value, bool high,
		    bool strict)
{
	if (value == level_value)
		return !strict;
	return high ? value > level_value : value < level_value;
}

static enum latch_evidence evidence(const struct protection_row *row,
				    const struct settings_protection *settings,
				    const struct measured *m)
{
	int32_t trip = level(settings, row->trip_setting, row->trip_add,
			     m->rated);
	int32_t clear = level(settings, row->clear_setting, row->clear_add,
			      m->rated);

	if (!m->value.known)
		return LATCH_BETWEEN;
	if (reaches(m->value.value, trip, row->trips_high, row->trip_strict))
		return LATCH_TRIP;
	if (reaches(m->value.value, clear, !row->trips_high,
		    row->clear_strict))
		return LATCH_CLEAR;
	return LATCH_BETWEEN;
}

bool protection_enabled(const struct protection_row *row,
			const struct settings_protection *settings)
{
	return !row->only_with_guard || settings->discharge_temperature_guard;
}

int32_t protection_limit(const struct protection_row *row,
			 const struct settings_protection *settings,
			 const struct sample *sample)
{
	struct measured measured[MEASURE_COUNT] = { 0 };

	measure_currents(sample, measured);
	return level(settings, row->trip_setting, row->trip_add,
		     measured[row->measure].rated);
}

static bool left_out(const struct bms_battery *battery,
		     const struct protection_row *row)
{
	if (battery->bypassed && row->bypassable)
		return true;
	return row->forbids_charge ? battery->left_out_charge :
				     battery->left_out_discharge;
}

uint32_t protect_unclear(const struct bms_battery *battery,
			 const struct settings_protection *settings)
{
	struct measured measured[MEASURE_COUNT];
	uint32_t unclear = 0;

	measure_sample(&battery->sample, measured);
	for (size_t i = 0; i < PROTECTION_ROW_COUNT; i++) {
		const struct protection_row *row = &protection_rows[i];
		bool clear = battery->online &&
			     evidence(row, settings,
				      &measured[row->measure]) == LATCH_CLEAR;

		if (row->clears_with_bank && !clear && !left_out(battery, row))
			unclear |= (uint32_t)1 << i;
	}
	return unclear;
}

void protect_take(struct bms_battery *battery,
		  const struct settings_protection *settings,
		  const struct sample *sample)
{
	struct measured measured[MEASURE_COUNT];

	measure_sample(sample, measured);
	for (size_t i = 0; i < PROTECTION_ROW_COUNT; i++) {
		const struct protection_row *row = &protection_rows[i];
		const struct measured *m = &measured[row->measure];
		enum latch_evidence what = evidence(row, settings, m);

		if (row->waits_for_lead && what == LATCH_TRIP)
			what = LATCH_BETWEEN;
		if (battery->held >> i & 1 && what == LATCH_CLEAR)
			what = LATCH_BETWEEN;
		what = latch_delay(&battery->latch[i], sample->time, what,
				   row->trip_delay_ms,
				   (uint32_t)settings->lost_warning_ms);
		latch_take(&battery->latch[i], sample->time, what,
			   (uint32_t)settings->release_hold_ms,
			   (uint32_t)settings->lost_warning_ms);
		if (!m->value.known)
			continue;
		battery->latch[i].value = m->value.value;
		battery->latch[i].cell = m->where;
	}
}

static bool row_waits(const struct bms_battery *battery,
		      const struct settings_protection *settings,
		      const struct protection_row *row)
{
	struct measured measured[MEASURE_COUNT];

	if (!row->waits_for_lead)
		return false;
	measure_sample(&battery->sample, measured);
	return evidence(row, settings, &measured[row->measure]) == LATCH_TRIP;
}

void protect_lead_passed(struct bms_battery *battery,
			 const struct settings_protection *settings,
			 mono_t now)
{
	for (size_t i = 0; i < PROTECTION_ROW_COUNT; i++) {
		if (!row_waits(battery, settings, &protection_rows[i]))
			continue;
		latch_take(&battery->latch[i], now, LATCH_TRIP,
			   (uint32_t)settings->release_hold_ms,
			   (uint32_t)settings->lost_warning_ms);
	}
}

bool protect_waits(const struct bms_battery *battery,
		   const struct settings_protection *settings)
{
	for (size_t i = 0; i < PROTECTION_ROW_COUNT; i++) {
		if (!battery->latch[i].tripped &&
		    row_waits(battery, settings, &protection_rows[i]))
			return true;
	}
	return false;
}
