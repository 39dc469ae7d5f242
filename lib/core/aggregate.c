/* SPDX-License-Identifier: MIT */
#include "lib/core/aggregate.h"

#include "lib/core/arrangement.h"
#include "lib/core/plausible.h"
#include "lib/core/protect.h"

static void take_extremes(const struct bms_battery *b, uint32_t number,
			  struct bms_output *out)
{
	const struct {
		enum measure measure;
		struct bms_extreme *extreme;
		bool high;
	} rows[] = {
		{ MEASURE_MIN_CELL_MV, &out->min_cell, false },
		{ MEASURE_MAX_CELL_MV, &out->max_cell, true },
		{ MEASURE_MIN_TEMPERATURE_DC, &out->min_temperature, false },
		{ MEASURE_MAX_TEMPERATURE_DC, &out->max_temperature, true },
	};
	struct measured measured[MEASURE_COUNT];

	measure_sample(&b->sample, measured);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct measured *m = &measured[rows[i].measure];
		struct bms_extreme *e = rows[i].extreme;

		if (!m->value.known)
			continue;
		if (e->value.known &&
		    (rows[i].high ? m->value.value <= e->value.value :
				    m->value.value >= e->value.value))
			continue;
		*e = (struct bms_extreme){ m->value, number, m->where };
	}
}

/* A sum that one unknown part makes unknown. */
struct sum {
	int64_t value;
	bool unknown;
};

static void add(struct sum *sum, maybe_i32 part)
{
	if (part.known)
		sum->value += part.value;
	else
		sum->unknown = true;
}

/* by is not 0: batteries, strings and capacities that are known. */
static maybe_i32 divided(const struct sum *sum, int64_t by)
{
	int64_t value;

	if (sum->unknown)
		return UNKNOWN_I32;
	value = sum->value / by;
	if (value > INT32_MAX || value < INT32_MIN)
		return UNKNOWN_I32;
	return known_i32((int32_t)value);
}

static maybe_i32 pack_voltage_mv(const struct sample *sample)
{
	if (sample->voltage_mv.known)
		return sample->voltage_mv;
	return known_i32(sample_cell_sum_mv(sample));
}

/*
 * The batteries' own state of charge, each weighing as much as it can
 * hold. Where one does not tell its capacity they weigh the same. Of all,
 * or of those that are not left out of discharge.
 */
static maybe_i32 bank_soc(const struct bms_state *state, bool usable)
{
	struct sum weighed = { 0 };
	struct sum weight = { 0 };
	struct sum plain = { 0 };
	int64_t n = 0;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];
		maybe_i32 capacity = battery_capacity_mah(b);
		maybe_i32 soc = charge_own_permille(&b->sample);

		if (usable && b->left_out_discharge)
			continue;
		n++;
		add(&plain, soc);
		add(&weight, capacity);
		weighed.value += (int64_t)soc.value * capacity.value;
	}
	weighed.unknown = plain.unknown;
	return weight.unknown ? divided(&plain, n) :
				divided(&weighed, weight.value);
}

static void sum_up(const struct bms_state *state, struct bms_output *out)
{
	struct sum voltage = { 0 };
	struct sum current = { 0 };
	struct sum capacity = { 0 };
	int64_t series = state->arrangement.series;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		add(&voltage, pack_voltage_mv(&b->sample));
		add(&current, b->sample.current_ma);
		add(&capacity, battery_capacity_mah(b));
	}
	voltage.value *= series;
	out->voltage_mv = divided(&voltage, state->n_batteries);
	/* The same current flows through every battery of a string. */
	out->current_ma = divided(&current, series);
	out->capacity_mah = divided(&capacity, series);
}

void aggregate(const struct bms_state *state, struct bms_output *ret_output)
{
	uint32_t online = 0;

	ret_output->batteries = state->n_batteries;
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		if (!b->online)
			continue;
		online++;
		ret_output->cells += b->sample.n_cells;
		take_extremes(b, i + 1, ret_output);
		if (b->sample.balancing.known && b->sample.balancing.value)
			ret_output->balancing = true;
	}
	if (state->arrangement.known) {
		ret_output->series = state->arrangement.series;
		ret_output->parallel = state->arrangement.parallel;
		ret_output->nominal_mv =
			known_i32(state->arrangement.nominal_mv);
	}
	if (online < state->n_batteries || online == 0)
		return;
	ret_output->own_soc_permille = bank_soc(state, false);
	ret_output->usable.own_soc_permille = bank_soc(state, true);
	if (state->arrangement.known)
		sum_up(state, ret_output);
}
