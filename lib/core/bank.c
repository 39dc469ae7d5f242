/* SPDX-License-Identifier: MIT */
#include "lib/core/bank.h"

#include "lib/core/bypass.h"

const struct bank_row bank_rows[BANK_ROW_COUNT] = {
	[BANK_ROW_VOLTAGE] = { REASON_BANK_VOLTAGE, true, true,
			       CODE_BIT(CODE_E_B09) },
	[BANK_ROW_LOW] = { REASON_BANK_LOW, false, true,
			   CODE_BIT(CODE_A_B08) },
	[BANK_ROW_SOC_WARNING] = { REASON_SOC_WARNING, false, false,
				   CODE_BIT(CODE_W_B07) },
	[BANK_ROW_SOC_FLOOR] = { REASON_SOC_FLOOR, false, true,
				 CODE_BIT(CODE_A_B07) },
	[BANK_ROW_LINES] = { REASON_LINES, true, true,
			     CODE_BIT(CODE_E_B11) },
	[BANK_ROW_BYPASS_LOW] = { REASON_BYPASS_LOW, false, true, 0 },
	[BANK_ROW_BYPASS_HIGH] = { REASON_BYPASS_HIGH, true, false, 0 },
};

_Static_assert(ARRAY_SIZE(bank_rows) == BANK_ROW_COUNT,
	       "a row for every protection of the bank");

static int32_t cells_in_series(const struct bms_state *state)
{
	return (int32_t)(state->arrangement.series *
			 state->arrangement.cells_per_battery);
}

static enum latch_evidence judge_voltage(maybe_i32 mv)
{
	if (!mv.known)
		return LATCH_BETWEEN;
	return mv.value < BANK_MIN_MV || mv.value > BANK_MAX_MV ?
		LATCH_TRIP : LATCH_CLEAR;
}

/*
 * B7: low for 10 s while no cell says so itself. The delay runs from the
 * first low reading; a cell that is low itself has its own protection.
 */
static enum latch_evidence judge_low(struct bms_state *state,
				     const struct bms_output *out, mono_t now)
{
	int32_t cells = cells_in_series(state);
	/* With the voltage every cell is known. */
	bool low = out->voltage_mv.known &&
		   out->voltage_mv.value < BANK_LOW_CELL_MV * cells &&
		   out->min_cell.value.value >
			   state->in_force.cell_low_mv;

	if (low && !state->bank_low_pending)
		state->bank_low_since = now;
	state->bank_low_pending = low;
	if (low)
		return mono_elapsed_ms(state->bank_low_since, now) >=
			BANK_LOW_DELAY_MS ? LATCH_TRIP : LATCH_BETWEEN;
	return out->voltage_mv.known &&
	       out->voltage_mv.value >= BANK_LOW_CLEAR_CELL_MV * cells ?
		LATCH_CLEAR : LATCH_BETWEEN;
}

/* An unknown state of charge neither trips nor clears (B6). A level of 0
 * is switched off. */
static enum latch_evidence judge_figure(maybe_i32 soc, int32_t level,
					int32_t gap)
{
	if (level == 0)
		return LATCH_CLEAR;
	if (!soc.known)
		return LATCH_BETWEEN;
	if (soc.value <= level)
		return LATCH_TRIP;
	return soc.value >= level + gap ? LATCH_CLEAR : LATCH_BETWEEN;
}

/*
 * A count that rests on nothing but the batteries' own figures gives no
 * more trust than they do: either of them trips, both have to release.
 */
static enum latch_evidence judge_soc(const struct bms_usable *usable,
				     int32_t level, int32_t gap)
{
	enum latch_evidence count = judge_figure(usable->soc_permille, level,
						 gap);
	enum latch_evidence own = judge_figure(usable->own_soc_permille,
					       level, gap);

	if (usable->soc_anchored || count <= own)
		return count;
	return own;
}

/* The figure that decided, for people. */
static maybe_i32 soc_judged(const struct bms_usable *usable)
{
	bool own = !usable->soc_anchored && usable->own_soc_permille.known &&
		   usable->own_soc_permille.value <
			   usable->soc_permille.value;

	return own ? usable->own_soc_permille : usable->soc_permille;
}

static void take(struct bms_state *state, enum bank_row_id row,
		 const struct settings_protection *settings,
		 enum latch_evidence what, maybe_i32 value)
{
	struct latch *latch = &state->bank[row];

	/* Time alone never releases. */
	if (what == LATCH_CLEAR && !state->heard)
		return;
	latch_take(latch, state->last_now, what,
		   (uint32_t)settings->release_hold_ms,
		   (uint32_t)settings->lost_warning_ms);
	if (value.known)
		latch->value = value.value;
}

static bool any_stood_in(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (state->battery[i].stood_in)
			return true;
	}
	return false;
}

/* B13. Where nobody is online, nobody stands in. */
static enum latch_evidence judge_lowest(maybe_i32 mv)
{
	if (!mv.known || mv.value < BYPASS_LOW_MV)
		return LATCH_TRIP;
	return mv.value >= BYPASS_LOW_MV + BYPASS_CLEAR_MV ? LATCH_CLEAR :
							     LATCH_BETWEEN;
}

static enum latch_evidence judge_highest(maybe_i32 mv)
{
	if (!mv.known || mv.value > BYPASS_HIGH_MV)
		return LATCH_TRIP;
	return mv.value <= BYPASS_HIGH_MV - BYPASS_CLEAR_MV ? LATCH_CLEAR :
							      LATCH_BETWEEN;
}

static void stand_in(struct bms_state *state,
		     const struct settings_protection *p,
		     const struct bms_output *out)
{
	maybe_i32 lowest = out->min_cell.value;
	maybe_i32 highest = out->max_cell.value;

	if (!any_stood_in(state)) {
		state->bank[BANK_ROW_BYPASS_LOW] = (struct latch){ 0 };
		state->bank[BANK_ROW_BYPASS_HIGH] = (struct latch){ 0 };
		return;
	}
	take(state, BANK_ROW_BYPASS_LOW, p, judge_lowest(lowest), lowest);
	take(state, BANK_ROW_BYPASS_HIGH, p, judge_highest(highest), highest);
}

void bank_step(struct bms_state *state, const struct settings *settings,
	       const struct bms_input *input, const struct bms_output *out)
{
	const struct settings_protection *p = &state->in_force;
	const struct settings_monitor *m = &settings->monitor;
	maybe_i32 soc = soc_judged(&out->usable);

	take(state, BANK_ROW_VOLTAGE, p, judge_voltage(out->voltage_mv),
	     out->voltage_mv);
	take(state, BANK_ROW_LOW, p,
	     judge_low(state, out, input->now), out->voltage_mv);
	take(state, BANK_ROW_SOC_WARNING, p,
	     judge_soc(&out->usable, m->low_soc_warning_permille,
		       SOC_WARNING_CLEAR_PERMILLE), soc);
	take(state, BANK_ROW_SOC_FLOOR, p,
	     judge_soc(&out->usable, m->discharge_floor_permille,
		       SOC_FLOOR_CLEAR_PERMILLE), soc);
	take(state, BANK_ROW_LINES, p,
	     input->lines_failed ? LATCH_TRIP : LATCH_CLEAR, UNKNOWN_I32);
	stand_in(state, p, out);
}

mono_t bank_next(const struct bms_state *state)
{
	if (!state->bank_low_pending || state->bank[BANK_ROW_LOW].tripped)
		return MONO_NEVER;
	return mono_add_ms(state->bank_low_since, BANK_LOW_DELAY_MS);
}

int32_t bank_limit(enum bank_row_id row, const struct bms_state *state,
		   const struct settings *settings)
{
	bool above = state->bank[BANK_ROW_VOLTAGE].value >
		     (BANK_MIN_MV + BANK_MAX_MV) / 2;
	const int32_t limits[BANK_ROW_COUNT] = {
		/* The one that was crossed, also while the hold lasts. */
		[BANK_ROW_VOLTAGE] = above ? BANK_MAX_MV : BANK_MIN_MV,
		[BANK_ROW_LOW] = BANK_LOW_CELL_MV * cells_in_series(state),
		[BANK_ROW_SOC_WARNING] =
			settings->monitor.low_soc_warning_permille,
		[BANK_ROW_SOC_FLOOR] =
			settings->monitor.discharge_floor_permille,
		[BANK_ROW_BYPASS_LOW] = BYPASS_LOW_MV,
		[BANK_ROW_BYPASS_HIGH] = BYPASS_HIGH_MV,
	};

	return limits[row];
}
