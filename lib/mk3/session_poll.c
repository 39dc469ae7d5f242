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
	[POLL_BMS] = { ASK_OTHER, 30000, true },
	[POLL_DMC] = { ASK_OTHER, 30000, true },
};

_Static_assert(ARRAY_SIZE(polls) == POLL_COUNT, "one row a poll");

enum {
	CONFIG_RESTRICTING_MS = 1000,
	OTHER_UNKNOWN_MS = 1000, /* until it is known who is there */
	OTHER_PRESENT_MS = 10000, /* one that goes is missed sooner */
	MASTER = 0,
};

static uint32_t other_period_ms(const struct mk3 *mk3, uint8_t kind)
{
	maybe_i32 present = mk3_other_present(mk3, kind);

	if (!present.known)
		return OTHER_UNKNOWN_MS;
	return present.value ? OTHER_PRESENT_MS : polls[POLL_BMS].period_ms;
}

/* Unless all is allowed the switch is read back twice as often (C2), also
 * where it is not for us to command (C6). */
static uint32_t period_ms(const struct mk3 *mk3, enum mk3_poll poll)
{
	bool allowing = mk3_switches(mk3) &&
			mk3->command.state == INVERTER_ON;

	if (poll == POLL_CONFIG && !allowing)
		return CONFIG_RESTRICTING_MS;
	if (poll >= POLL_BMS)
		return other_period_ms(mk3, (uint8_t)(poll - POLL_BMS));
	return polls[poll].period_ms;
}

void mk3_poll_start(struct mk3 *mk3, mono_t now)
{
	for (size_t i = 0; i < POLL_COUNT; i++)
		mk3->due[i] = now;
	mk3->due[POLL_VERSION] =
		mono_add_ms(now, polls[POLL_VERSION].period_ms);
	mk3->due[POLL_BMS] = mono_add_ms(now, period_ms(mk3, POLL_BMS));
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

	if (!mk3_switches(mk3) ||
	    (!changed && !mono_reached(now, mk3->switch_due)))
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

	/* F 0 to 5, L and S are answered for the system, whatever unit is
	 * selected (13). */
	if (poll == POLL_STATE && mk3->selected != MASTER)
		return select_unit(mk3, MASTER, ret_want);
	mk3->due[poll] = next_beat(poll == POLL_CONFIG ? mk3->due[poll] : now,
				   now, period_ms(mk3, poll));
	if (poll == POLL_AC) {
		want.id = mk3->ac_phase;
		ac_asked(mk3, now);
	}
	if (poll >= POLL_BMS)
		want.id = (uint8_t)(poll - POLL_BMS);
	*ret_want = want;
	return true;
}

/* What nobody may answer keeps the line for its whole time-out: it is asked
 * where that does not hold up S. */
static bool probe_fits(const struct mk3 *mk3, mono_t now)
{
	return !mk3_switches(mk3) ||
	       !mono_before(mk3->switch_due, mono_add_ms(now, MK3_PROBE_MS));
}

static bool polled(const struct mk3 *mk3, enum mk3_poll poll, mono_t now)
{
	if (poll == POLL_LINES)
		return mk3_link_has_lines(mk3);
	return poll < POLL_BMS || probe_fits(mk3, now) ||
	       mono_reached(now, mono_add_ms(mk3->due[poll],
					     MK3_BACKGROUND_MS));
}

/* The poll that has waited longest among those due before "latest". */
static bool poll_due(struct mk3 *mk3, mono_t now, mono_t latest,
		     struct mk3_want *ret_want)
{
	enum mk3_poll poll = POLL_CONFIG;

	for (enum mk3_poll i = POLL_DC; i < POLL_COUNT; i++)
		if (polled(mk3, i, now) &&
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

		if (slot->settled || !mono_reached(now, slot->next_try) ||
		    (i == SCALE_SOC && !mk3_soc_wanted(mk3)))
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
	if (scale_next(mk3, now, ret_want) ||
	    mk3_unit_ask_next(mk3, now, MASTER, ret_want) ||
	    ((!mk3->swept || probe_fits(mk3, now)) &&
	     mk3_map_next(mk3, ret_want)))
		return true;
	for (uint8_t i = MASTER + 1; i < BMS_UNITS_MAX; i++)
		if (mk3->unit[i].expected &&
		    mk3_unit_ask_next(mk3, now, i, ret_want))
			return true;
	return mk3_soc_next(mk3, now, ret_want);
}

static bool background(struct mk3 *mk3, mono_t now, struct mk3_want *ret_want)
{
	uint8_t n_flags = mk3->swept ? BMS_UNITS_MAX : 0;
	bool found = false;

	for (uint8_t i = MASTER; i < n_flags && !found; i++)
		found = mk3_unit_flags_next(mk3, i, ret_want);
	for (uint8_t i = MASTER + 1; i < BMS_UNITS_MAX && !found; i++)
		found = mk3_unit_ask_next(mk3, now, i, ret_want);
	if (found)
		mk3->background = mono_add_ms(now, MK3_BACKGROUND_MS);
	return found;
}

/*
 * C5: mains is there and charging is wanted, but S has not brought it about:
 * S was seen without effect where the raw frame, with which a GX wakes a
 * unit, has one (mk3.md 3.6, 9). Never against the front switch or another
 * panel, and never with more than is commanded.
 */
static bool sleeps(const struct mk3 *mk3)
{
	const struct inverter_reading *r = &mk3->reading;
	int32_t front = SWITCH_FRONT_ON | SWITCH_FRONT_CHARGER_ONLY;
	bool charges = mk3->command.state == INVERTER_CHARGER_ONLY ||
		       mk3->command.state == INVERTER_ON;

	return mk3_switches(mk3) && charges && r->sent_known &&
	       r->mains_present.known && r->mains_present.value &&
	       r->dmc_present.known && !r->dmc_present.value &&
	       r->switch_register.known &&
	       !mono_before(r->switch_asked, r->sent_since) &&
	       (r->switch_register.value & front) &&
	       !(r->switch_register.value & SWITCH_ACTIVE_CHARGE);
}

static bool wake_next(struct mk3 *mk3, mono_t now, struct mk3_want *ret_want)
{
	bool was = mk3->wake_pending;

	mk3->wake_pending = sleeps(mk3);
	if (!mk3->wake_pending)
		return false;
	if (!was)
		mk3->wake_due = mono_add_ms(now, MK3_WAKE_AFTER_MS);
	if (!mono_reached(now, mk3->wake_due))
		return false;
	mk3->wake_due = mono_add_ms(now, MK3_WAKE_AGAIN_MS);
	*ret_want = (struct mk3_want){
		.ask = ASK_WAKE, .quiet = true,
		.id = mk3->command.state == INVERTER_ON ?
		      MK3_RAW_CHARGE | MK3_RAW_INVERT : MK3_RAW_CHARGE,
	};
	return true;
}

/* First what protects, then what is late, then what is merely due. */
static bool run_next(struct mk3 *mk3, mono_t now, struct mk3_want *ret_want)
{
	struct mk3_want unit;

	if (switch_next(mk3, now, ret_want))
		return true;
	if (mono_reached(now, mk3->due[POLL_CONFIG]))
		return poll_take(mk3, now, POLL_CONFIG, ret_want);
	if (wake_next(mk3, now, ret_want))
		return true;
	if (poll_due(mk3, now, before(now, MK3_OVERDUE_MS), ret_want))
		return true;
	if (mk3_units_write_next(mk3, now, true, &unit) ||
	    foreground(mk3, now, &unit))
		return at_unit(mk3, &unit, ret_want);
	if (((!mk3->swept && probe_fits(mk3, now)) ||
	     mono_reached(now, mk3->background)) &&
	    background(mk3, now, &unit))
		return at_unit(mk3, &unit, ret_want);
	if (mk3_units_write_next(mk3, now, false, &unit))
		return at_unit(mk3, &unit, ret_want);
	if (poll_due(mk3, now, now, ret_want))
		return true;
	if (probe_fits(mk3, now) && background(mk3, now, &unit))
		return at_unit(mk3, &unit, ret_want);
	if (mk3->selected != MASTER)
		return select_unit(mk3, MASTER, ret_want);
	return false;
}

bool mk3_look_next(const struct mk3 *mk3, mono_t now,
		   struct mk3_want *ret_want)
{
	const struct mk3_unit *first = &mk3->unit[MASTER];

	if (first->step <= UNIT_HIGH && first->failures == 0)
		return mk3_unit_ask_next(mk3, now, MASTER, ret_want);
	*ret_want = (struct mk3_want){
		.ask = ASK_OTHER, .id = OTHER_BMS, .quiet = true,
	};
	return !mk3->reading.bms_present.known;
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
	case MK3_LOOK:
		return mk3_look_next(mk3, now, ret_want);
	case MK3_RUN:
		break;
	}
	if (mono_reached(now, mk3->next_sweep))
		mk3_units_sweep(mk3, now);
	return run_next(mk3, now, ret_want);
}

mono_t mk3_poll_due(const struct mk3 *mk3, mono_t now)
{
	mono_t due = mk3->due[POLL_VERSION];

	if (mk3->phase != MK3_RUN)
		return due;
	for (enum mk3_poll i = POLL_CONFIG; i < POLL_COUNT; i++)
		if (polled(mk3, i, now))
			due = mono_min(due, mk3->due[i]);
	return mk3_switches(mk3) ? mono_min(due, mk3->switch_due) : due;
}
