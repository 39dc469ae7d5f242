/* SPDX-License-Identifier: MIT */
#include "lib/core/update.h"

#include "lib/core/battery.h"
#include "lib/core/protect.h"

void update_begin(struct bms_state *state, const struct bms_input *input)
{
	struct bms_update *update = &state->update;
	uint32_t window_ms = input->left_over.window_ms;
	uint32_t held_ms = input->left_over.held_ms;

	if (window_ms > UPDATE_MAX_MS)
		window_ms = 0;
	if (held_ms > UPDATE_KEEP_MS)
		held_ms = 0;
	update->open = window_ms > 0;
	update->since = input->now;
	update->until = mono_add_ms(input->now, window_ms);
	update->held = held_ms > 0;
	update->held_until = mono_add_ms(input->now, held_ms);
	if (!update->held)
		return;
	/* As it was left: that takes as long to be switched off as ever. */
	state->atd_floats = false;
	state->remote.on = true;
}

static void obey(struct bms_update *update, const struct bms_input *input)
{
	if (mono_reached(input->now, update->until))
		update->open = false;
	if (input->command.kind == BMS_COMMAND_END_UPDATE)
		update->open = false;
	if (input->command.kind != BMS_COMMAND_BEGIN_UPDATE)
		return;
	update->open = true;
	update->since = input->now;
	update->until = mono_add_ms(input->now, UPDATE_MAX_MS);
}

/* Who is nearly empty, or forbids by what it says, is not left unwatched. */
static bool is_sound(const struct bms_battery *b,
		     const struct settings_protection *p)
{
	if (b->doubted)
		return false;
	for (size_t i = 0; i < PROTECTION_ROW_COUNT; i++) {
		const struct protection_row *row = &protection_rows[i];

		if (b->latch[i].tripped && protection_enabled(row, p) &&
		    (i == ROW_CELL_PRE_ALARM || row->forbids_discharge))
			return false;
	}
	for (size_t i = 0; i < PROTECTION_COUNT; i++) {
		if (b->protects[i].tripped &&
		    battery_protection_rows[i].forbids_discharge)
			return false;
	}
	return true;
}

static mono_t kept_until(const struct bms_battery *b)
{
	return mono_add_ms(b->sample.time, UPDATE_KEEP_MS);
}

static bool is_kept(const struct bms_state *state,
		    const struct bms_battery *b, mono_t now)
{
	bool may = state->update.open && is_sound(b, &state->in_force);

	if (b->online && !b->silent.tripped)
		return may && !state->bank[BANK_ROW_SOC_WARNING].tripped;
	if (!b->used)
		return state->update.held && !b->doubted;
	if (!b->kept || state->atd_floats)
		return false;
	/* Back and low, it has its lead; low and gone again, it has not. */
	return b->online || (may && !mono_reached(now, kept_until(b)));
}

/* Every battery has been heard since the start, and how they make up the
 * bank is known. */
static bool knows_all(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (!state->battery[i].used)
			return false;
	}
	return state->arrangement.known;
}

static void end_hold(struct bms_state *state, mono_t now)
{
	if (state->atd_floats || knows_all(state) ||
	    mono_reached(now, state->update.held_until))
		state->update.held = false;
}

void update_step(struct bms_state *state, const struct bms_input *input)
{
	obey(&state->update, input);
	end_hold(state, input->now);
	/* Time alone never releases. */
	if (state->update.open || state->heard)
		state->update.forbids = state->update.open;
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct bms_battery *b = &state->battery[i];

		b->kept = is_kept(state, b, input->now);
	}
}

bool update_keeps_all(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		if (!b->online && !b->bypassed && !b->kept)
			return false;
	}
	return state->n_batteries > 0;
}

bool update_knows(const struct bms_state *state)
{
	return !state->update.held || state->arrangement.judged;
}

uint32_t update_hold_ms(const struct bms_state *state)
{
	const struct bms_update *update = &state->update;
	mono_t until = mono_add_ms(state->last_now, UPDATE_KEEP_MS);

	/* What is being watched is no time to stop watching. */
	if (!update->open || state->atd_floats || state->bank_low_pending ||
	    (state->remote.seen && !state->remote.raw) ||
	    state->bank[BANK_ROW_SOC_WARNING].tripped)
		return 0;
	until = mono_min(until, update->until);
	if (update->held)
		until = mono_min(until, update->held_until);
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		/* Of a bypass the next program knows nothing. */
		if (!b->kept || b->bypassed ||
		    !is_sound(b, &state->in_force))
			return 0;
		if (b->used && b->late)
			until = mono_min(until, kept_until(b));
	}
	return (uint32_t)mono_elapsed_ms(state->last_now, until);
}

uint32_t update_left_ms(const struct bms_state *state)
{
	if (!state->update.open)
		return 0;
	return (uint32_t)mono_elapsed_ms(state->last_now,
					 state->update.until);
}

mono_t update_next(const struct bms_state *state)
{
	mono_t next = MONO_NEVER;

	if (state->update.open)
		next = state->update.until;
	if (state->update.held)
		next = mono_min(next, state->update.held_until);
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		if (b->kept && !b->online)
			next = mono_min(next, kept_until(b));
	}
	return next;
}
