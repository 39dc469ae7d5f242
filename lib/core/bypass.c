/* SPDX-License-Identifier: MIT */
#include "lib/core/bypass.h"

#include "lib/core/protect.h"

const char *const bypass_texts[BYPASS_ANSWER_COUNT] = {
	[BYPASS_ACCEPTED] = "accepted",
	[BYPASS_NO_BATTERY] = "there is no battery with that number",
	[BYPASS_TOO_LONG] = "a battery is bypassed for an hour at most; "
		"allowed: 1 to 3600 s, 0 ends it",
	[BYPASS_ANOTHER] = "another battery is bypassed, and only one may be; "
		"end that first, with 0 s",
	[BYPASS_NONE] = "that battery is not bypassed",
	[BYPASS_UNSEEN] = "that battery is not heard, so its cells are not "
		"known, and no battery in parallel stands in for it",
};

_Static_assert(ARRAY_SIZE(bypass_texts) == BYPASS_ANSWER_COUNT,
	       "a text for every answer");

static bool any_online(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (state->battery[i].online)
			return true;
	}
	return false;
}

/* Where the bank is not yet recognised it may turn out to be parallel;
 * until it has, nothing is allowed. */
static bool may_be_stood_in(const struct bms_state *state)
{
	return any_online(state) && (!state->arrangement.known ||
				     state->arrangement.series == 1);
}

enum bypass_answer bypass_judge(const struct bms_state *state,
				uint32_t battery, uint32_t seconds)
{
	const struct bms_bypass *bypass = &state->bypass;

	if (battery == 0 || battery > state->n_batteries)
		return BYPASS_NO_BATTERY;
	if (seconds == 0)
		return bypass->battery == battery ? BYPASS_ACCEPTED :
						    BYPASS_NONE;
	if (seconds > BYPASS_MAX_S)
		return BYPASS_TOO_LONG;
	if (bypass->battery != 0 && bypass->battery != battery)
		return BYPASS_ANOTHER;
	if (!state->battery[battery - 1].online && !may_be_stood_in(state))
		return BYPASS_UNSEEN;
	return BYPASS_ACCEPTED;
}

static void obey(struct bms_state *state, const struct bms_command *command,
		 mono_t now)
{
	uint32_t seconds = (uint32_t)command->value;

	if (command->kind != BMS_COMMAND_BYPASS ||
	    bypass_judge(state, command->battery, seconds) != BYPASS_ACCEPTED)
		return;
	state->bypass = (struct bms_bypass){
		.battery = seconds > 0 ? command->battery : 0,
		.since = now,
		.until = mono_add_ms(now, seconds * 1000),
	};
}

void bypass_step(struct bms_state *state, const struct bms_input *input)
{
	if (mono_reached(input->now, state->bypass.until))
		state->bypass = (struct bms_bypass){ 0 };
	obey(state, &input->command, input->now);
	for (uint32_t i = 0; i < state->n_batteries; i++)
		state->battery[i].bypassed = state->bypass.battery == i + 1;
}

bool bypass_is_stuck(const struct bms_state *state,
		     const struct bms_battery *battery, bool charge)
{
	const struct settings_protection *p = &state->in_force;
	mono_t silent = mono_add_ms(battery->sample.time,
				    (uint32_t)p->lost_alarm_ms);

	if (mono_reached(state->bypass.since, silent))
		return false;
	if (battery->duplicate.tripped)
		return true;
	for (size_t i = 0; i < PROTECTION_ROW_COUNT; i++) {
		const struct protection_row *row = &protection_rows[i];

		if (battery->latch[i].tripped && !row->bypassable &&
		    (charge ? row->forbids_charge : row->forbids_discharge) &&
		    protection_enabled(row, p))
			return true;
	}
	return false;
}

uint32_t bypass_left_ms(const struct bms_state *state)
{
	return (uint32_t)mono_elapsed_ms(state->last_now,
					 state->bypass.until);
}

mono_t bypass_next(const struct bms_state *state)
{
	return state->bypass.battery ? state->bypass.until : MONO_NEVER;
}
