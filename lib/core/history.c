/* SPDX-License-Identifier: MIT */
#include "lib/core/history.h"

#include "lib/core/bms.h"
#include "lib/core/plausible.h"
#include "lib/core/protect.h"

/* Sums are of halves (two ends of a line) of mA or uW times ms. */
#define PARTS_PER_MAH INT64_C(7200000)
#define PARTS_PER_WH INT64_C(7200000000000)

enum {
	CYCLE_LOW_PERMILLE = 650, /* requirement F3 (ours) */
	CYCLE_HIGH_PERMILLE = 900,
	COUNTED_BELOW_PERMILLE = 900, /* SmartShunt manual 5.5.2 */
	/* What no bank here has is no reading (and overflows nothing). */
	VOLTAGE_MAX_MV = 100000,
	CURRENT_MAX_MA = 100000000,
};

#define SUM_MAX INT64_C(1000000000000000)
#define COUNT_MAX INT64_C(1000000000)

const struct history_row history_rows[HISTORY_COUNT] = {
	[HISTORY_DEEPEST_DISCHARGE] = {
		"DeepestDischarge", HISTORY_KIND_MAX, "Ah", 3,
		0, INT32_MAX, 1, "Most that was missing from a full bank." },
	[HISTORY_AH_DRAWN] = {
		"CumulativeAhDrawn", HISTORY_KIND_SUM, "Ah", 3,
		0, SUM_MAX, PARTS_PER_MAH, "All charge that was drawn." },
	[HISTORY_DISCHARGED_ENERGY] = {
		"DischargedEnergy", HISTORY_KIND_SUM, "kWh", 3,
		0, SUM_MAX, PARTS_PER_WH, "All energy that was drawn." },
	[HISTORY_CHARGED_ENERGY] = {
		"ChargedEnergy", HISTORY_KIND_SUM, "kWh", 3,
		0, SUM_MAX, PARTS_PER_WH, "All energy that was charged." },
	[HISTORY_SYNCHRONISATIONS] = {
		"Synchronisations", HISTORY_KIND_SUM, "", 0,
		0, COUNT_MAX, 1, "Full charges recognised after the state of "
		"charge had been below 90 %." },
	[HISTORY_CYCLES] = {
		"Cycles", HISTORY_KIND_SUM, "", 0,
		0, COUNT_MAX, 1, "State of charge below 65 %, then above "
		"90 %." },
	[HISTORY_FULL_CHARGE_AGE] = {
		"TimeSinceLastFullCharge", HISTORY_KIND_AGE, "s", 0,
		0, SUM_MAX, 1, "Not touched by a reset." },
	[HISTORY_MIN_VOLTAGE] = {
		"MinimumBatteryVoltage", HISTORY_KIND_MIN, "V", 3,
		0, VOLTAGE_MAX_MV, 1, "Lowest voltage of the bank." },
	[HISTORY_MAX_VOLTAGE] = {
		"MaximumBatteryVoltage", HISTORY_KIND_MAX, "V", 3,
		0, VOLTAGE_MAX_MV, 1, "Highest voltage of the bank." },
	[HISTORY_MIN_CELL] = {
		"MinimumCellVoltage", HISTORY_KIND_MIN, "V", 3,
		PLAUSIBLE_CELL_MIN_MV, PLAUSIBLE_CELL_MAX_MV, 1,
		"Lowest voltage of a cell." },
	[HISTORY_MAX_CELL] = {
		"MaximumCellVoltage", HISTORY_KIND_MAX, "V", 3,
		PLAUSIBLE_CELL_MIN_MV, PLAUSIBLE_CELL_MAX_MV, 1,
		"Highest voltage of a cell." },
	[HISTORY_MIN_TEMPERATURE] = {
		"MinimumBatteryTemperature", HISTORY_KIND_MIN, "degC", 1,
		SENSOR_MIN_DC, SENSOR_MAX_DC, 1,
		"Lowest temperature of a battery." },
	[HISTORY_MAX_TEMPERATURE] = {
		"MaximumBatteryTemperature", HISTORY_KIND_MAX, "degC", 1,
		SENSOR_MIN_DC, SENSOR_MAX_DC, 1,
		"Highest temperature of a battery." },
};

_Static_assert(ARRAY_SIZE(history_rows) == HISTORY_COUNT,
	       "a row for every value");

/* A value that could not be stored is none. */
static void take(struct history *h, enum history_id id, maybe_i32 value)
{
	const struct history_row *row = &history_rows[id];
	struct history_entry *e = &h->entry[id];

	if (!value.known || value.value < row->min || value.value > row->max)
		return;
	if (e->known && (row->kind == HISTORY_KIND_MIN ?
			 value.value >= e->value : value.value <= e->value))
		return;
	*e = (struct history_entry){ true, value.value, 0 };
}

static void add(struct history *h, enum history_id id, int64_t parts)
{
	const struct history_row *row = &history_rows[id];
	struct history_entry *e = &h->entry[id];

	e->part += parts;
	e->value += e->part / row->per;
	e->part %= row->per;
	if (e->value > row->max)
		e->value = row->max;
	e->known = true;
}

static bool is_within(maybe_i32 value, int32_t low, int32_t high)
{
	return value.known && value.value >= low && value.value <= high;
}

static void add_line(struct history *h, const struct bms_output *out,
		     int64_t ms)
{
	int64_t ma = (int64_t)h->current_ma.value + out->current_ma.value;
	int64_t uw = (int64_t)h->current_ma.value * h->voltage_mv.value +
		     (int64_t)out->current_ma.value * out->voltage_mv.value;

	if (ma < 0)
		add(h, HISTORY_AH_DRAWN, -ma * ms);
	if (uw < 0)
		add(h, HISTORY_DISCHARGED_ENERGY, -uw * ms);
	else
		add(h, HISTORY_CHARGED_ENERGY, uw * ms);
}

/* Goes by whole milliseconds; what is left of one is in the next line. */
static void sum_up(struct history *h, const struct bms_output *out, mono_t now,
		   int32_t gap_ms)
{
	uint64_t ms = mono_elapsed_ms(h->time, now);

	if (!is_within(out->current_ma, -CURRENT_MAX_MA, CURRENT_MAX_MA) ||
	    !is_within(out->voltage_mv, 0, VOLTAGE_MAX_MV)) {
		h->current_ma = UNKNOWN_I32;
		return;
	}
	if (!h->current_ma.known || ms > (uint64_t)gap_ms) {
		h->time = now;
	} else {
		add_line(h, out, (int64_t)ms);
		h->time = mono_add_us(h->time, ms * 1000);
	}
	h->current_ma = out->current_ma;
	h->voltage_mv = out->voltage_mv;
}

static void count(struct bms_state *state, maybe_i32 soc)
{
	struct history *h = &state->history;

	if (state->filled && h->below_90) {
		add(h, HISTORY_SYNCHRONISATIONS, 1);
		h->below_90 = false;
	}
	if (!soc.known)
		return;
	h->below_90 |= soc.value < COUNTED_BELOW_PERMILLE;
	h->below_65 |= soc.value < CYCLE_LOW_PERMILLE;
	if (!h->below_65 || soc.value <= CYCLE_HIGH_PERMILLE)
		return;
	add(h, HISTORY_CYCLES, 1);
	h->below_65 = false;
	state->events++;
}

void history_step(struct bms_state *state, const struct bms_input *input,
		  const struct bms_output *output)
{
	struct history *h = &state->history;

	if (input->command.kind == BMS_COMMAND_RESET_HISTORY) {
		*h = (struct history){ 0 };
		state->events++;
	}
	if (!state->heard)
		return;
	take(h, HISTORY_DEEPEST_DISCHARGE, output->consumed_mah);
	take(h, HISTORY_MIN_VOLTAGE, output->voltage_mv);
	take(h, HISTORY_MAX_VOLTAGE, output->voltage_mv);
	take(h, HISTORY_MIN_CELL, output->min_cell.value);
	take(h, HISTORY_MAX_CELL, output->max_cell.value);
	take(h, HISTORY_MIN_TEMPERATURE, output->min_temperature.value);
	take(h, HISTORY_MAX_TEMPERATURE, output->max_temperature.value);
	sum_up(h, output, state->last_now, state->in_force.lost_alarm_ms);
	count(state, output->soc_permille);
}

bool history_read(const struct bms_state *state, enum history_id id,
		  int64_t *ret)
{
	const struct history_entry *e = &state->history.entry[id];

	if (history_rows[id].kind == HISTORY_KIND_AGE) {
		*ret = (int64_t)(balance_full_age_ms(&state->balance,
						     state->last_now) / 1000);
		return state->balance.full_known;
	}
	*ret = e->value;
	return e->known || history_rows[id].kind == HISTORY_KIND_SUM;
}
