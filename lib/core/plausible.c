/* SPDX-License-Identifier: MIT */
#include "lib/core/plausible.h"

static int32_t distance(int32_t a, int32_t b)
{
	return a > b ? a - b : b - a;
}

int32_t sample_cell_sum_mv(const struct sample *sample)
{
	int32_t sum = 0;

	for (size_t i = 0; i < sample->n_cells; i++)
		sum += sample->cell_mv[i];
	return sum;
}

bool cell_is_plausible(int32_t mv)
{
	return mv >= PLAUSIBLE_CELL_MIN_MV && mv <= PLAUSIBLE_CELL_MAX_MV;
}

static bool cells_within_range(const struct sample *sample)
{
	for (size_t i = 0; i < sample->n_cells; i++) {
		if (!cell_is_plausible(sample->cell_mv[i]))
			return false;
	}
	return true;
}

static bool cells_add_up(const struct sample *sample)
{
	int64_t pack = sample->voltage_mv.value;
	int64_t apart;

	if (!sample->voltage_mv.known)
		return true;
	apart = sample_cell_sum_mv(sample) - pack;
	if (apart < 0)
		apart = -apart;
	return apart * 1000 <= pack * PLAUSIBLE_SUM_PERMILLE;
}

bool sample_confirms(const struct sample *a, const struct sample *b)
{
	if (a->n_cells != b->n_cells)
		return false;
	for (size_t i = 0; i < a->n_cells; i++) {
		if (distance(a->cell_mv[i], b->cell_mv[i]) >
		    PLAUSIBLE_JUMP_MV)
			return false;
	}
	return true;
}

bool sample_is_plausible(const struct sample *sample,
			 const struct sample *before)
{
	if (!cells_within_range(sample) || !cells_add_up(sample))
		return false;
	return !before || sample_confirms(sample, before);
}
