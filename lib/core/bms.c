/* SPDX-License-Identifier: MIT */
#include "lib/core/bms.h"

#include <string.h>

#include "lib/core/aggregate.h"
#include "lib/core/arrangement.h"
#include "lib/core/bank.h"
#include "lib/core/battery.h"
#include "lib/core/bypass.h"
#include "lib/core/charge.h"
#include "lib/core/explain.h"
#include "lib/core/inverter.h"
#include "lib/core/leds.h"
#include "lib/core/limits.h"
#include "lib/core/power.h"
#include "lib/core/protect.h"
#include "lib/core/remote.h"
#include "lib/core/update.h"

void bms_init(struct bms_state *state, struct bms_battery *batteries,
	      uint32_t n_batteries, struct reason *reasons)
{
	memset(state, 0, sizeof(*state));
	memset(batteries, 0, n_batteries * sizeof(*batteries));
	memset(reasons, 0, bms_reasons_max(n_batteries) * sizeof(*reasons));
	state->n_batteries = n_batteries;
	state->battery = batteries;
	state->reason = reasons;
}

static void begin_times(struct bms_state *state, mono_t now)
{
	state->start = now;
	state->pre_alarm_since = now;
	state->arrangement_since = now;
	state->mode_since = now;
	state->obedience.since = now;
	state->obedience.charge_since = now;
	state->full = false;
	state->uncharged = (struct latch){ .since = now };
	state->mean.known = false;
}

/*
 * A clock that runs backwards is broken: whatever was timed with it is
 * worth nothing, and every battery has to be heard again.
 */
static void forget_times(struct bms_state *state, mono_t now)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct bms_battery *b = &state->battery[i];

		b->used = false;
		b->late = false;
		b->doubted = false;
		b->kept = false;
		charge_forget_times(&b->charge);
		latch_forget_times(&b->silent, now);
		latch_forget_times(&b->mismatch, now);
		latch_forget_times(&b->duplicate, now);
		for (size_t k = 0; k < PROTECTION_ROW_COUNT; k++)
			latch_forget_times(&b->latch[k], now);
		for (size_t k = 0; k < PROTECTION_COUNT; k++)
			latch_forget_times(&b->protects[k], now);
	}
	for (size_t k = 0; k < BANK_ROW_COUNT; k++)
		latch_forget_times(&state->bank[k], now);
	balance_forget_times(&state->balance, state->last_now, now);
	state->history.current_ma = UNKNOWN_I32;
	state->remote = (struct bms_remote){ 0 };
	state->bank_low_pending = false;
	state->limits = (struct bms_limits){ 0 };
	state->slow_until = now;
	state->bypass = (struct bms_bypass){ 0 };
	state->update = (struct bms_update){ 0 };
	state->clock_failed = true;
	begin_times(state, now);
}

static void check_clock(struct bms_state *state, const struct bms_input *input)
{
	mono_t now = input->now;

	if (!state->started) {
		state->started = true;
		state->atd_floats = true;
		state->balance.full_since = now;
		begin_times(state, now);
		update_begin(state, input);
	} else if (mono_before(now, state->last_now)) {
		forget_times(state, now);
	}
	state->last_now = now;
}

/*
 * B3, B4: a direction returns when all cells are clear, those of the other
 * batteries too. Judged before anything is taken, so that the order of the
 * reports does not count.
 */
static void hold_together(struct bms_state *state,
			  const struct settings_protection *p)
{
	uint32_t once = 0;
	uint32_t twice = 0;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct bms_battery *b = &state->battery[i];

		b->held = protect_unclear(b, p);
		twice |= once & b->held;
		once |= b->held;
	}
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		uint32_t own = state->battery[i].held;

		state->battery[i].held = (once & ~own) | twice;
	}
}

static void take_reports(struct bms_state *state,
			 const struct settings *settings,
			 const struct bms_input *input)
{
	const struct settings_protection *p = &state->in_force;

	state->heard = false;
	if (input->n_reports > 0)
		hold_together(state, p);
	for (size_t i = 0; i < input->n_reports; i++) {
		const struct bms_report *report = &input->reports[i];
		uint32_t battery = report->battery;

		if (battery >= state->n_batteries ||
		    !battery_take(&state->battery[battery], p, input->now,
				  report))
			continue;
		charge_take(state, settings, battery);
		state->heard = true;
	}
}

static void judge_ages(struct bms_state *state, mono_t now)
{
	bool any = false;
	bool all = true;
	bool heard = true;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct bms_battery *b = &state->battery[i];

		battery_age(b, &state->in_force, now);
		any |= b->online;
		all &= b->online;
		heard &= b->online || b->bypassed;
	}
	state->all_online = any && all;
	state->all_heard = any && heard;
}

/* What was left out and now says that it can carry current again has not
 * tripped anything. */
static void rejoin(struct latch *latch, bool was_out, bool is_out,
		   maybe_i32 closed)
{
	if (was_out && !is_out && closed.known && closed.value)
		*latch = (struct latch){ 0 };
}

/*
 * B9: a battery of a parallel bank that reports its own switch open cannot
 * be charged (or discharged); where the installer says so, it is left out
 * while it says so. A silent one never is, but by the operator's bypass.
 */
static void leave_out(struct bms_state *state, const struct settings *settings)
{
	bool parallel = state->arrangement.known &&
			state->arrangement.series == 1;
	bool may = settings->general.self_isolating && parallel;
	bool charges = false;
	bool discharges = false;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct bms_battery *b = &state->battery[i];
		const struct sample *s = &b->sample;
		bool was_out_charge = b->left_out_charge && !b->stood_in;
		bool was_out_discharge = b->left_out_discharge &&
					 !b->stood_in;

		b->left_out_charge = may && b->online &&
				     s->charge_switch_on.known &&
				     !s->charge_switch_on.value;
		b->left_out_discharge = may && b->online &&
					s->discharge_switch_on.known &&
					!s->discharge_switch_on.value;
		rejoin(&b->latch[ROW_CHARGE_SWITCH], was_out_charge,
		       b->left_out_charge, s->charge_switch_on);
		rejoin(&b->latch[ROW_DISCHARGE_SWITCH], was_out_discharge,
		       b->left_out_discharge, s->discharge_switch_on);
		b->stood_in = parallel && b->bypassed && !b->online;
		b->left_out_charge |= b->stood_in &&
				      !bypass_is_stuck(state, b, true);
		b->left_out_discharge |= b->stood_in &&
					 !bypass_is_stuck(state, b, false);
		charges |= !b->left_out_charge;
		discharges |= !b->left_out_discharge;
	}
	/* With none left there is nothing to allow. */
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		state->battery[i].left_out_charge &= charges;
		state->battery[i].left_out_discharge &= discharges;
	}
}

static void set_pre_alarm(struct bms_state *state, mono_t now, bool high)
{
	if (high && !state->pre_alarm_high)
		state->pre_alarm_since = now;
	state->pre_alarm_high = high;
}

/* The line goes high a moment after the decision; it must have been high
 * for the whole lead. */
enum { LEAD_MARGIN_MS = 50 };

static mono_t lead_end(const struct bms_state *state,
		       const struct settings_protection *p)
{
	return mono_add_ms(state->pre_alarm_since,
			   (uint32_t)p->pre_alarm_lead_ms + LEAD_MARGIN_MS);
}

static bool any_waits(const struct bms_state *state,
		      const struct settings_protection *p)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (state->battery[i].online &&
		    protect_waits(&state->battery[i], p))
			return true;
	}
	return false;
}

/*
 * B2, B6: the output goes high for what will open ATD, and while it is. A
 * cell that waits for the lead starts it, whatever the pre-alarm's level.
 */
static bool wants_pre_alarm(const struct bms_state *state,
			    const struct settings_protection *p,
			    const struct bms_output *out)
{
	const code_set codes = CODE_BIT(CODE_W_B01) | CODE_BIT(CODE_W_B07) |
			       CODE_BIT(CODE_A_B01) | CODE_BIT(CODE_A_B07);

	return (out->codes & codes) != 0 || any_waits(state, p);
}

static void end_waiting(struct bms_state *state,
			const struct settings_protection *p, mono_t now)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (state->battery[i].online)
			protect_lead_passed(&state->battery[i], p, now);
	}
}

/*
 * B3: a low cell opens ATD only when the pre-alarm output has been high for
 * the lead. Where ATD floats there is nothing to be warned of: the cell
 * counts at once, so that loads are not switched on just to be dropped.
 */
static void apply_lead(struct bms_state *state,
		       const struct settings_protection *p, mono_t now)
{
	state->lead_over = state->atd_floats ||
			   (state->pre_alarm_high &&
			    mono_reached(now, lead_end(state, p)));
	if (state->lead_over)
		end_waiting(state, p, now);
}

static mono_t lead_next(const struct bms_state *state,
			const struct settings_protection *p)
{
	return state->pre_alarm_high && !state->lead_over ?
		lead_end(state, p) : MONO_NEVER;
}

/* Allowed is what no reason forbids, with every battery heard; or kept, for
 * discharge. */
static void decide(const struct bms_state *state, struct bms_output *out)
{
	bool charge = state->all_heard;
	bool discharge = update_keeps_all(state);

	for (size_t i = 0; i < out->n_reasons; i++) {
		charge &= !state->reason[i].forbids_charge;
		discharge &= !state->reason[i].forbids_discharge;
	}
	out->atc_high = charge;
	out->atd_high = discharge;
}

static void judge(struct bms_state *state, const struct settings *settings,
		  const struct bms_input *input, struct bms_output *out)
{
	const struct settings_protection *p = &state->in_force;

	apply_lead(state, p, input->now);
	explain(state, settings, input, out);
	decide(state, out);
	if (out->atd_high || !any_waits(state, p))
		return;
	/* Something else has just opened ATD: the wait is over. */
	end_waiting(state, p, input->now);
	explain(state, settings, input, out);
	decide(state, out);
}

static mono_t next_change(const struct bms_state *state,
			  const struct bms_input *input,
			  const struct bms_output *out)
{
	const struct settings_protection *p = &state->in_force;
	mono_t next = mono_min(remote_next(&state->remote),
			       inverter_next(state, input, out));
	mono_t warning = mono_add_ms(state->start,
				     (uint32_t)p->lost_warning_ms);
	mono_t alarm = mono_add_ms(state->start, (uint32_t)p->lost_alarm_ms);

	next = mono_min(next, mono_min(bank_next(state), lead_next(state, p)));
	next = mono_min(next, power_next(state, input->now));
	next = mono_min(next, mono_min(bypass_next(state),
				       update_next(state)));
	for (uint32_t i = 0; i < state->n_batteries; i++)
		next = mono_min(next, battery_next(&state->battery[i], p,
						   input->now));
	if (!mono_reached(input->now, warning))
		next = mono_min(next, warning);
	if (!mono_reached(input->now, alarm))
		next = mono_min(next, alarm);
	return next;
}

/* Warnings come and go with a cell's hair; they are not worth a write. */
static void note_events(struct bms_state *state, struct bms_output *out)
{
	code_set changed = state->codes ^ out->codes;
	bool any = false;

	for (uint32_t i = 0; i < CODE_COUNT; i++)
		any |= changed >> i & 1 && code_rows[i].name[0] != 'W';
	if (any)
		state->events++;
	state->codes = out->codes;
	out->events = state->events;
}

void bms_step(struct bms_state *state, const struct settings *settings,
	      const struct bms_input *input, struct bms_output *ret_output)
{
	struct bms_output *out = ret_output;

	memset(out, 0, sizeof(*out));
	out->reasons = state->reason;
	check_clock(state, input);
	power_begin(state, settings, input->now);
	bypass_step(state, input);
	take_reports(state, settings, input);
	judge_ages(state, input->now);
	if (state->heard && state->all_heard) {
		arrangement_match(state, &state->in_force);
		arrangement_recognise(state, settings, input->inverter);
	}
	leave_out(state, settings);
	aggregate(state, out);
	charge_step(state, settings, input, out);
	balance_step(state, out);
	history_step(state, input, out);
	bank_step(state, settings, input, out);
	update_step(state, input);
	out->updating = state->update.open;
	out->remote_on = remote_step(&state->remote, input);
	judge(state, settings, input, out);
	state->atd_floats = !out->atd_high;
	out->held = state->update.held && out->atd_high;
	out->pre_alarm_high = wants_pre_alarm(state, &state->in_force, out);
	set_pre_alarm(state, input->now, out->pre_alarm_high);

	power_step(state, settings, input, out);
	limits_step(state, input, out);
	inverter_decide(state, settings, input, out);
	inverter_watch(state, input, out);
	note_events(state, out);
	leds_decide(input, out);
	out->next = next_change(state, input, out);
}
