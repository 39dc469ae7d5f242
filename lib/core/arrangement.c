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

maybe_i32 battery_capacity_mah(const struct bms_battery *battery)
{
	if (battery->sample.design_mah.known)
		return battery->sample.design_mah;
	return battery->sample.full_mah;
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

static bool batteries_match(const struct bms_battery *a,
			    const struct bms_battery *b)
{
	return a->sample.n_cells == b->sample.n_cells &&
	       capacities_match(battery_capacity_mah(a),
				battery_capacity_mah(b));
}

static bool serials_collide(const struct bms_battery *a,
			    const struct bms_battery *b)
{
	return a->serial[0] != '\0' &&
	       strncmp(a->serial, b->serial, BMS_SERIAL_SIZE) == 0;
}

void arrangement_match(struct bms_state *state, mono_t now)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct bms_battery *b = &state->battery[i];
		bool fitted = !b->mismatch && !b->duplicate;
		uint32_t like = 0;

		b->duplicate = false;
		for (uint32_t j = 0; j < state->n_batteries; j++) {
			const struct bms_battery *other = &state->battery[j];

			if (batteries_match(b, other))
				like++;
			if (j != i && serials_collide(b, other))
				b->duplicate = true;
		}
		b->mismatch = like * 2 <= state->n_batteries;
		if (fitted)
			b->unfit_since = now;
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
row_of_inverter(const struct inverter_reading *inverter)
{
	if (!inverter || !inverter->connected || !inverter->dc_mv.known)
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

		if (!b->mismatch)
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
		row = row_of_inverter(inverter);
	*a = (struct bms_arrangement){ .cells_per_battery = cells };
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
