/* SPDX-License-Identifier: MIT */
#include "lib/core/arrangement.h"

#include <string.h>

/*
 * LiFePO4: 4, 8 and 15 or 16 cells make 12, 24 and 48 V. The windows are
 * 2.25..4.25 V a cell, wide enough for any state of charge and free of
 * overlap.
 */
const struct nominal_row nominal_rows[NOMINAL_COUNT] = {
	{ 12, 9000, 17000, { 4 } },
	{ 24, 18000, 34000, { 8 } },
	{ 48, 35000, 68000, { 15, 16 } },
};

static maybe_i32 positive(maybe_i32 mah)
{
	return mah.known && mah.value > 0 ? mah : UNKNOWN_I32;
}

maybe_i32 sample_capacity_mah(const struct sample *sample)
{
	maybe_i32 design = positive(sample->design_mah);

	return design.known ? design : positive(sample->full_mah);
}

maybe_i32 battery_capacity_mah(const struct bms_battery *battery)
{
	return sample_capacity_mah(&battery->sample);
}

static bool capacities_match(maybe_i32 a, maybe_i32 b)
{
	int64_t apart = (int64_t)a.value - b.value;
	int64_t larger = a.value > b.value ? a.value : b.value;

	if (!a.known || !b.known)
		return true;
	if (apart < 0)
		apart = -apart;
	return apart * 1000 <= larger * CAPACITY_TOLERANCE_PERMILLE;
}

/* What one has learnt says nothing of what the other is made for. */
static bool batteries_match(const struct bms_battery *a,
			    const struct bms_battery *b)
{
	maybe_i32 design_a = positive(a->sample.design_mah);
	maybe_i32 design_b = positive(b->sample.design_mah);

	if (a->sample.n_cells != b->sample.n_cells)
		return false;
	if (design_a.known && design_b.known)
		return capacities_match(design_a, design_b);
	return capacities_match(positive(a->sample.full_mah),
				positive(b->sample.full_mah));
}

static bool serials_collide(const struct bms_battery *a,
			    const struct bms_battery *b)
{
	return a->serial[0] != '\0' &&
	       strncmp(a->serial, b->serial, BMS_SERIAL_SIZE) == 0;
}

static void judge(struct latch *latch, bool unfit, mono_t now,
		  const struct settings_protection *settings)
{
	latch_take(latch, now, unfit ? LATCH_TRIP : LATCH_CLEAR,
		   (uint32_t)settings->release_hold_ms,
		   (uint32_t)settings->lost_warning_ms);
}

void arrangement_match(struct bms_state *state,
		       const struct settings_protection *settings)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct bms_battery *b = &state->battery[i];
		bool duplicate = false;
		uint32_t like = 0;
		uint32_t all = 0;

		if (!b->online)
			continue;
		for (uint32_t j = 0; j < state->n_batteries; j++) {
			const struct bms_battery *other = &state->battery[j];

			if (j != i && other->bypassed)
				continue;
			all++;
			if (batteries_match(b, other))
				like++;
			if (j != i && serials_collide(b, other))
				duplicate = true;
		}
		judge(&b->duplicate, duplicate, state->last_now, settings);
		/* Cells do not come and go either. */
		judge(&b->mismatch, like * 2 <= all ||
				    b->sample.n_cells != b->cells,
		      state->last_now, settings);
	}
}

static const struct nominal_row *row_of_voltage(int32_t nominal_v)
{
	for (size_t i = 0; i < NOMINAL_COUNT; i++) {
		if (nominal_rows[i].nominal_v == nominal_v)
			return &nominal_rows[i];
	}
	return NULL;
}

static const struct nominal_row *
row_of_inverter(const struct inverter_reading *inverter,
		const struct settings_protection *settings, mono_t now)
{
	if (!inverter || !inverter->connected || !inverter->dc_mv.known ||
	    mono_before(now, inverter->dc_time) ||
	    mono_elapsed_ms(inverter->dc_time, now) >=
	    (uint32_t)settings->lost_alarm_ms)
		return NULL;
	for (size_t i = 0; i < NOMINAL_COUNT; i++) {
		if (inverter->dc_mv.value >= nominal_rows[i].from_mv &&
		    inverter->dc_mv.value <= nominal_rows[i].to_mv)
			return &nominal_rows[i];
	}
	return NULL;
}

/*
 * Without a configured voltage or an inverter to ask there is still one
 * answer where only one is possible: a battery that already has the cells
 * of the highest voltage, or one battery alone.
 */
static const struct nominal_row *row_of_necessity(const struct bms_state *state,
						  uint32_t cells)
{
	const struct nominal_row *highest = &nominal_rows[NOMINAL_COUNT - 1];

	for (size_t i = 0; i < NOMINAL_COUNT; i++) {
		const struct nominal_row *row = &nominal_rows[i];

		if (row != highest && state->n_batteries > 1)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(row->cells); k++) {
			if (row->cells[k] == cells)
				return row;
		}
	}
	return NULL;
}

static uint32_t series_for(const struct nominal_row *row, uint32_t cells)
{
	for (size_t k = 0; k < ARRAY_SIZE(row->cells); k++) {
		if (row->cells[k] > 0 && row->cells[k] % cells == 0)
			return row->cells[k] / cells;
	}
	return 0;
}

/* Cells of a battery, as most have it; the most where none fits. */
static uint32_t cells_of_most(const struct bms_state *state)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		if (!b->online)
			continue;
		if (!b->mismatch.tripped)
			return b->sample.n_cells;
		if (b->sample.n_cells > most)
			most = b->sample.n_cells;
	}
	return most;
}

void arrangement_recognise(struct bms_state *state,
			   const struct settings *settings,
			   const struct inverter_reading *inverter)
{
	struct bms_arrangement *a = &state->arrangement;
	uint32_t cells = cells_of_most(state);
	const struct nominal_row *row =
		row_of_voltage(settings->general.nominal_voltage_v);
	uint32_t series;

	if (!row)
		row = row_of_necessity(state, cells);
	/* Once recognised it stays, though the inverter may go silent. */
	if (!row && a->known && a->cells_per_battery == cells)
		return;
	if (!row)
		row = row_of_inverter(inverter, &settings->protection,
				      state->last_now);
	*a = (struct bms_arrangement){
		.judged = row,
		.cells_per_battery = cells,
	};
	if (!row)
		return;
	series = series_for(row, cells);
	a->series = series;
	if (series == 0 || state->n_batteries % series != 0)
		return;
	a->parallel = state->n_batteries / series;
	a->nominal_mv = (int32_t)(series * cells * CELL_NOMINAL_MV);
	a->known = true;
}
