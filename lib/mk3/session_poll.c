/* SPDX-License-Identifier: MIT */
#include "lib/mk3/session.h"

struct poll_row {
	enum mk3_ask ask;
	uint16_t period_ms;
	bool quiet;
};

/* The state of 0E is a convenience that older units do not have. */
static const struct poll_row polls[] = {
	[POLL_CONFIG] = { ASK_CONFIG, 2000, false },
	[POLL_DC] = { ASK_DC, 1000, false },
	[POLL_LEDS] = { ASK_LEDS, 2000, false },
	[POLL_AC] = { ASK_AC, 2000, false },
	[POLL_STATE] = { ASK_STATE, 2000, true },
	[POLL_VERSION] = { ASK_VERSION, 3000, false },
	[POLL_LINES] = { ASK_LINES, 5000, false },
};

_Static_assert(ARRAY_SIZE(polls) == POLL_COUNT, "one row a poll");

enum { CONFIG_RESTRICTING_MS = 1000, MASTER = 0 };

static bool switches(const struct mk3 *mk3)
{
	return mk3->command.state != INVERTER_LEAVE;
}

/* What is being kept from the unit is verified twice as often (C2). */
static uint32_t period_ms(const struct mk3 *mk3, enum mk3_poll poll)
{
	bool restricting = switches(mk3) &&
			   mk3->command.state != INVERTER_ON;

	if (poll == POLL_CONFIG && restricting)
		return CONFIG_RESTRICTING_MS;
	return polls[poll].period_ms;
}

void mk3_poll_start(struct mk3 *mk3, mono_t now)
{
	for (size_t i = 0; i < POLL_COUNT; i++)
		mk3->due[i] = now;
	mk3->due[POLL_VERSION] =
		mono_add_ms(now, polls[POLL_VERSION].period_ms);
	mk3->switch_due = now;
	mk3->ac_phase = 1;
	mk3->background = now;
}

static bool ask_plain(enum mk3_ask ask, struct mk3_want *ret_want)
{
	*ret_want = (struct mk3_want){ .ask = ask };
	return true;
}

/*
 * Before the MK is given another address it has to show that it still has
 * the present one: the new address would hide that it was reset, and with
 * it the loss of what was written to the units.
 */
static bool select_unit(const struct mk3 *mk3, uint8_t address,
			struct mk3_want *ret_want)
{
	if (mk3->phase == MK3_RUN && !mk3->selection_seen)
		return ask_plain(ASK_VERSION, ret_want);
	*ret_want = (struct mk3_want){
		.ask = ASK_ADDRESS, .id = address, .address = address,
	};
	return true;
}

/* The question, or first the address it has to be asked at. */
static bool at_unit(const struct mk3 *mk3, const struct mk3_want *want,
		    struct mk3_want *ret_want)
{
	if (mk3->selected != want->address)
		return select_unit(mk3, want->address, ret_want);
	*ret_want = *want;
	return true;
}

/* The rhythm is kept: one late frame does not make the next one late. */
static mono_t next_beat(mono_t due, mono_t now, uint32_t ms)
{
	mono_t next = mono_add_ms(due, ms);

	return mono_reached(now, next) ? mono_add_ms(now, ms) : next;
}

/* A changed state, or the same one a second later. */
static bool switch_next(struct mk3 *mk3, mono_t now,
			struct mk3_want *ret_want)
{
	const struct inverter_reading *reading = &mk3->reading;
	bool changed = !reading->sent_known ||
		       reading->sent != mk3->command.state;

	if (!switches(mk3) || (!changed && !mono_reached(now, mk3->switch_due)))
		return false;
	mk3->switch_due = next_beat(changed ? now : mk3->switch_due, now,
				    MK3_SWITCH_MS);
	return ask_plain(ASK_SWITCH, ret_want);
}

/* The AC phases are asked one after another, then comes the pause. */
static void ac_asked(struct mk3 *mk3, mono_t now)
{
	mk3->ac_phase++;
	if (mk3->ac_phase <= mk3->reading.n_phases)
		mk3->due[POLL_AC] = now;
	else
		mk3->ac_phase = 1;
}

static bool poll_take(struct mk3 *mk3, mono_t now, enum mk3_poll poll,
		      struct mk3_want *ret_want)
{
	struct mk3_want want = {
		.ask = polls[poll].ask, .quiet = polls[poll].quiet,
	};

	/* F 5 is answered for the system, whatever unit is selected (13);
	 * the others are only asked at the first unit. */
	if (poll != POLL_CONFIG && mk3->selected != MASTER)
		return select_unit(mk3, MASTER, ret_want);
	mk3->due[poll] = next_beat(poll == POLL_CONFIG ? mk3->due[poll] : now,
				   now, period_ms(mk3, poll));
	if (poll == POLL_AC) {
		want.id = mk3->ac_phase;
		ac_asked(mk3, now);
	}
	*ret_want = want;
	return true;
}

static bool polled(const struct mk3 *mk3, enum mk3_poll poll)
{
	return poll != POLL_LINES || mk3_link_has_lines(mk3);
}

/* The poll that has waited longest among those due before "latest". */
static bool poll_due(struct mk3 *mk3, mono_t now, mono_t latest,
		     struct mk3_want *ret_want)
{
	enum mk3_poll poll = POLL_CONFIG;

	for (enum mk3_poll i = POLL_DC; i < POLL_COUNT; i++)
		if (polled(mk3, i) &&
		    mono_before(mk3->due[i], mk3->due[poll]))
			poll = i;
	if (!mono_reached(latest, mk3->due[poll]))
		return false;
	return poll_take(mk3, now, poll, ret_want);
}

static mono_t before(mono_t now, uint32_t ms)
{
	uint64_t us = (uint64_t)ms * 1000;

	return (mono_t){ now.us > us ? now.us - us : 0 };
}

static bool scale_next(const struct mk3 *mk3, mono_t now,
		       struct mk3_want *ret_want)
{
	for (uint8_t i = 0; i < SCALE_COUNT; i++) {
		const struct mk3_scale_slot *slot = &mk3->scale[i];

		if (slot->settled || !mono_reached(now, slot->next_try))
			continue;
		*ret_want = (struct mk3_want){ .ask = ASK_RAM_INFO, .id = i };
		return true;
	}
	return false;
}

/* What the first unit and the one at hand are still to be asked. */
static bool foreground(const struct mk3 *mk3, mono_t now,
		       struct mk3_want *ret_want)
{
	int selected = mk3->selected;

	if (selected > MASTER && selected < BMS_UNITS_MAX &&
	    mk3_unit_ask_next(mk3, now, (uint8_t)selected, ret_want))
		return true;
	return scale_next(mk3, now, ret_want) ||
	       mk3_unit_ask_next(mk3, now, MASTER, ret_want);
}

static bool background(struct mk3 *mk3, mono_t now, struct mk3_want *ret_want)
{
	for (uint8_t i = MASTER + 1; i < BMS_UNITS_MAX; i++) {
		if (!mk3_unit_ask_next(mk3, now, i, ret_want))
			continue;
		mk3->background = mono_add_ms(now, MK3_BACKGROUND_MS);
		return true;
	}
	return false;
}

/* First what protects, then what is late, then what is merely due. */
static bool run_next(struct mk3 *mk3, mono_t now, struct mk3_want *ret_want)
{
	struct mk3_want unit;

	if (switch_next(mk3, now, ret_want))
		return true;
	if (mono_reached(now, mk3->due[POLL_CONFIG]))
		return poll_take(mk3, now, POLL_CONFIG, ret_want);
	if (poll_due(mk3, now, before(now, MK3_OVERDUE_MS), ret_want))
		return true;
	if (mk3_units_write_next(mk3, now, &unit) ||
	    foreground(mk3, now, &unit))
		return at_unit(mk3, &unit, ret_want);
	if (mono_reached(now, mk3->background) && background(mk3, now, &unit))
		return at_unit(mk3, &unit, ret_want);
	if (poll_due(mk3, now, now, ret_want))
		return true;
	if (background(mk3, now, &unit))
		return at_unit(mk3, &unit, ret_want);
	if (mk3->selected != MASTER)
		return select_unit(mk3, MASTER, ret_want);
	return false;
}

bool mk3_poll_next(struct mk3 *mk3, mono_t now, struct mk3_want *ret_want)
{
	switch (mk3->phase) {
	case MK3_CLOSED:
		return false;
	case MK3_SEARCH:
		if (!mono_reached(now, mk3->due[POLL_VERSION]))
			return false;
		mk3->due[POLL_VERSION] = mono_add_ms(now, MK3_SEARCH_MS);
		return ask_plain(ASK_VERSION, ret_want);
	case MK3_LINES_UP:
		return ask_plain(ASK_LINES, ret_want);
	case MK3_ADDRESS:
		return select_unit(mk3, MASTER, ret_want);
	case MK3_LIMIT:
		return ask_plain(ASK_CONFIG, ret_want);
	case MK3_RUN:
		break;
	}
	if (mono_reached(now, mk3->next_sweep))
		mk3_units_sweep(mk3, now);
	return run_next(mk3, now, ret_want);
}

mono_t mk3_poll_due(const struct mk3 *mk3)
{
	mono_t due = mk3->due[POLL_VERSION];

	if (mk3->phase != MK3_RUN)
		return due;
	for (enum mk3_poll i = POLL_CONFIG; i < POLL_COUNT; i++)
		if (polled(mk3, i))
			due = mono_min(due, mk3->due[i]);
	return switches(mk3) ? mono_min(due, mk3->switch_due) : due;
}
