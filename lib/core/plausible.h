/* SPDX-License-Identifier: MIT */
/*
 * Whether a reading can be believed at once (requirement B10). What cannot
 * is used only after a second reading has confirmed it: a broken sense wire
 * stays broken, a disturbed frame does not come twice.
 */
#ifndef BMS_PLAUSIBLE_H
#define BMS_PLAUSIBLE_H

#include "lib/base/sample.h"

enum {
	PLAUSIBLE_CELL_MIN_MV = 500,
	PLAUSIBLE_CELL_MAX_MV = 4500,
	PLAUSIBLE_JUMP_MV = 500,
	PLAUSIBLE_SUM_PERMILLE = 30, /* cells against pack voltage */
};

/* 0.5..4.5 V: what a cell of any chemistry here can have. */
bool cell_is_plausible(int32_t mv);

/*
 * True where every cell lies within 0.5..4.5 V, the cells add up to the
 * pack within 3 % (where the pack tells its voltage), and no cell differs
 * by more than 500 mV from the reading used before. before: NULL where
 * there is none young enough to compare with.
 */
bool sample_is_plausible(const struct sample *sample,
			 const struct sample *before);

/* True where two readings agree: as many cells, each within 500 mV. */
bool sample_confirms(const struct sample *a, const struct sample *b);

/* Sum of the cells, mV. */
int32_t sample_cell_sum_mv(const struct sample *sample);

#endif
