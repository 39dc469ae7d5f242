/* SPDX-License-Identifier: MIT */
#include "lib/core/power.h"

static uint32_t shorter(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Two questions may stay without an answer before the alarm. */
static uint32_t poll_ms(const struct settings_protection *p)
{
	return shorter(LOW_POWER_POLL_MS, (uint32_t)p->lost_alarm_ms / 3);
}

void power_begin(struct bms_state *state, const struct settings *settings,
		 mono_t now)
{
	struct settings_protection *p = &state->in_force;

	*p = settings->protection;
	if (!state->low_power && mono_reached(now, state->slow_until))
		return;
	p->lost_warning_ms = (int32_t)shorter((uint32_t)p->lost_warning_ms +
					      poll_ms(p),
					      (uint32_t)p->lost_alarm_ms);
}

static bool is_off(const struct bms_state *state,
		   const struct bms_input *input, const struct bms_output *out)
{
	return input->mode == BMS_MODE_OFF ||
	       (!out->remote_on && !state->remote.raw);
}

static bool is_shut_down(const struct bms_output *out)
{
	for (size_t i = 0; i < out->n_reasons; i++) {
		const struct reason *r = &out->reasons[i];

		if (r->forbids_discharge && (r->kind == REASON_CELL_LOW ||
					     r->kind == REASON_CELL_LOW_HARD))
			return true;
	}
	return false;
}

/* Charged, or a reading waits for a second one (B10). */
static bool is_to_be_watched(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];
		maybe_i32 ma = b->sample.current_ma;

		if (!b->online)
			continue;
		if (b->doubted ||
		    (ma.known && ma.value > LOW_POWER_CHARGE_MA))
			return true;
	}
	return false;
}

/* Every cell that is known is where the loads may come back: their hold has
 * begun. There is one where a low cell has shut down. */
static bool recovers(const struct bms_state *state,
		     const struct bms_output *out)
{
	return out->min_cell.value.value >= state->in_force.cell_low_clear_mv;
}

void power_step(struct bms_state *state, const struct settings *settings,
		const struct bms_input *input, struct bms_output *out)
{
	bool low = is_off(state, input, out) ||
		   (is_shut_down(out) && !recovers(state, out));

	low = low && !is_to_be_watched(state);
	if (state->low_power && !low)
		state->slow_until = mono_add_ms(input->now, (uint32_t)
				settings->protection.lost_warning_ms);
	state->low_power = low;
	out->low_power = low;
	if (low)
		out->poll_ms = poll_ms(&settings->protection);
}

mono_t power_next(const struct bms_state *state, mono_t now)
{
	if (state->low_power || mono_reached(now, state->slow_until))
		return MONO_NEVER;
	return state->slow_until;
}
