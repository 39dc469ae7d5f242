/* SPDX-License-Identifier: MIT */
#include "lib/core/update.h"

#include "lib/core/battery.h"
#include "lib/core/protect.h"

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
	if (b->online && !b->silent.tripped)
		return state->update.open && is_sound(b, &state->in_force) &&
		       !state->bank[BANK_ROW_SOC_WARNING].tripped;
	if (!b->kept || state->atd_floats)
		return false;
	return b->online || (state->update.open &&
			     !mono_reached(now, kept_until(b)));
}

void update_step(struct bms_state *state, const struct bms_input *input)
{
	obey(&state->update, input);
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
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		if (b->kept && !b->online)
			next = mono_min(next, kept_until(b));
	}
	return next;
}
