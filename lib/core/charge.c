/* SPDX-License-Identifier: MIT */
#include "lib/core/charge.h"

#include <string.h>

#include "lib/core/arrangement.h"
#include "lib/core/bms.h"
#include "lib/core/protect.h"

/* No battery is emptier than empty or fuller than full. */
maybe_i32 charge_own_permille(const struct sample *sample)
{
	maybe_i32 soc = sample->soc_permille;

	return soc.known && soc.value >= 0 && soc.value <= 1000 ?
		soc : UNKNOWN_I32;
}

/* The count of a full battery; 0 where its capacity is unknown. */
static int64_t full_of(const struct bms_battery *battery)
{
	maybe_i32 mah = battery_capacity_mah(battery);

	return mah.known && mah.value <= CHARGE_FULL_MAX_MAH ?
		mah.value * CHARGE_PER_MAH : 0;
}

static maybe_i32 current_of(const struct bms_battery *battery)
{
	maybe_i32 ma = battery->sample.current_ma;
	int64_t most = (int64_t)battery_capacity_mah(battery).value *
		       CHARGE_RATE_MAX;

	return ma.known && ma.value <= most && ma.value >= -most ?
		ma : UNKNOWN_I32;
}

/* CHARGE_PER_MAH is a multiple of 1000: nothing is lost. */
static int64_t share(int64_t full, int32_t permille)
{
	return full / 1000 * permille;
}

static int64_t lower(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t higher(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void seed(struct charge *c, int64_t full, maybe_i32 own)
{
	c->known = own.known;
	c->anchored = false;
	c->count = share(full, own.value);
}

/* What has flowed is not known: goes by what the battery says itself. */
static void bridge(struct charge *c, int64_t full, maybe_i32 own)
{
	int64_t moved;

	if (!c->known || !own.known || !c->own_permille.known) {
		seed(c, full, own);
		return;
	}
	moved = c->count + share(full, own.value - c->own_permille.value);
	c->count = lower(moved, higher(c->count, share(full, own.value)));
}

/* The count is that of the reading in use. */
static void settle(struct bms_battery *b, maybe_i32 own)
{
	b->charge.own_permille = own;
	b->charge.current_ma = current_of(b);
	b->charge.time = b->sample.time;
}

static void account(struct bms_battery *b, int64_t full, maybe_i32 own,
		    int32_t gap_ms)
{
	struct charge *c = &b->charge;
	maybe_i32 ma = current_of(b);
	uint64_t us = mono_elapsed_us(c->time, b->sample.time);
	bool joins = c->known && c->current_ma.known &&
		     us <= (uint64_t)gap_ms * 1000;

	/* It may be known again before the gap is too long. */
	if (joins && !ma.known)
		return;
	if (joins)
		c->count += ((int64_t)c->current_ma.value + ma.value) *
			    (int64_t)us;
	else
		bridge(c, full, own);
	settle(b, own);
}

/* What is remembered of the battery that has just been heard first, and
 * where. */
static struct charge_memory *find_memory(struct bms_state *state,
					uint32_t battery)
{
	const char *serial = state->battery[battery].serial;
	struct charge_memory *place = &state->battery[battery].memory;

	if (serial[0] == '\0')
		return place->valid && place->serial[0] == '\0' ? place :
								  NULL;
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct charge_memory *m = &state->battery[i].memory;

		if (m->valid && strncmp(m->serial, serial,
					BMS_SERIAL_SIZE) == 0)
			return m;
	}
	return NULL;
}

/* The same, once; all zero where there is none. */
static struct charge_memory take_memory(struct bms_state *state,
					uint32_t battery)
{
	struct charge_memory *place = &state->battery[battery].memory;
	struct charge_memory *m = find_memory(state, battery);
	struct charge_memory found;

	if (!m)
		return (struct charge_memory){ .valid = false };
	found = *m;
	/* Who was here before may yet be heard where this one was. */
	*m = *place;
	m->valid &= m->serial[0] != '\0';
	place->valid = false;
	return found;
}

/* At the first reading, and once more where a battery gives its serial
 * number only later: true where it has got its count back. */
static bool recall(struct bms_state *state, uint32_t battery, int64_t full,
		   maybe_i32 own)
{
	struct bms_battery *b = &state->battery[battery];
	bool named = b->serial[0] != '\0';
	struct charge *c = &b->charge;
	struct charge_memory m;

	if (c->begun && (c->named || !named))
		return false;
	c->begun = true;
	c->named = named;
	m = take_memory(state, battery);
	b->fitted |= m.fitted;
	if (!m.known)
		return false;
	c->known = true;
	c->anchored = m.anchored;
	c->count = m.count;
	c->own_permille = m.own_permille;
	if (own.known)
		bridge(c, full, own);
	settle(b, own);
	return true;
}

/* E2: no more than what ends a charge. A discharge is none of it, unless it
 * is what sensors make of no current at all. */
static bool is_tail(int64_t ma, int64_t capacity_mah,
		    const struct settings_monitor *m)
{
	int64_t tail_ma = capacity_mah * m->tail_current_permille / 1000;

	return ma < tail_ma && ma >= -tail_ma / CHARGE_IDLE_SHARE;
}

/* The two witnesses; see the header. */
static void correct(struct bms_battery *b, int64_t full, maybe_i32 own,
		    int32_t pre_alarm_mv, const struct settings_monitor *m)
{
	int64_t count = share(full, own.value);
	struct measured measured[MEASURE_COUNT];
	int32_t lowest_mv;

	measure_sample(&b->sample, measured);
	lowest_mv = measured[MEASURE_MIN_CELL_MV].value.value;
	if (count < b->charge.count) {
		if (own.value <= m->low_soc_warning_permille &&
		    lowest_mv <= pre_alarm_mv)
			seed(&b->charge, full, own);
		return;
	}
	if (own.value >= CHARGE_TOP_PERMILLE &&
	    lowest_mv >= CHARGE_TOP_CELL_MV && b->sample.current_ma.known &&
	    is_tail(b->sample.current_ma.value, full / CHARGE_PER_MAH, m))
		b->charge.count = count;
}

void charge_take(struct bms_state *state, const struct settings *settings,
		 uint32_t battery)
{
	struct bms_battery *b = &state->battery[battery];
	maybe_i32 own = charge_own_permille(&b->sample);
	struct charge *c = &b->charge;
	int64_t full = full_of(b);

	/* Nothing to count in: whatever there is waits. */
	if (full == 0)
		return;
	if (!recall(state, battery, full, own))
		account(b, full, own, state->in_force.lost_alarm_ms);
	c->count = higher(0, lower(c->count, full));
	if (own.known)
		correct(b, full, own, state->in_force.cell_pre_alarm_mv,
			&settings->monitor);
}

void charge_forget_times(struct charge *charge)
{
	charge->current_ma = UNKNOWN_I32;
}

static bool is_settable(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (full_of(&state->battery[i]) == 0)
			return false;
	}
	return state->all_online;
}

static void anchor(struct bms_battery *b, int32_t permille)
{
	b->charge.known = true;
	b->charge.anchored = true;
	b->charge.count = share(full_of(b), permille);
}

static void obey(struct bms_state *state, const struct bms_input *input,
		 const struct bms_output *out)
{
	int32_t permille = 1000;

	if (input->command.kind == BMS_COMMAND_SET_SOC)
		permille = input->command.value;
	else if (input->command.kind != BMS_COMMAND_SYNCHRONISE)
		return;
	if (!out->soc_settable || permille < 0 || permille > 1000)
		return;
	for (uint32_t i = 0; i < state->n_batteries; i++)
		anchor(&state->battery[i], permille);
	state->events++;
	/* What the operator says holds for the detection time at least. */
	state->full = false;
	state->uncharged.clearing = false;
}

int32_t charge_full_mv(const struct settings_monitor *monitor)
{
	return monitor->charged_voltage_mv ? monitor->charged_voltage_mv :
					     CHARGE_AUTO_MV;
}

static enum latch_evidence judge_charged(const struct settings_monitor *m,
					 const struct bms_output *out)
{
	int64_t above_mv = (int64_t)charge_full_mv(m) *
			   out->nominal_mv.value / CHARGE_NOMINAL_MV;

	if (!out->soc_settable || !out->capacity_mah.known ||
	    !out->voltage_mv.known || !out->current_ma.known)
		return LATCH_BETWEEN;
	return out->voltage_mv.value > above_mv &&
	       is_tail(out->current_ma.value, out->capacity_mah.value, m) ?
		LATCH_CLEAR : LATCH_TRIP;
}

/* E2 */
static void recognise_full(struct bms_state *state,
			   const struct settings *settings,
			   const struct bms_output *out)
{
	enum latch_evidence what = judge_charged(&settings->monitor, out);
	uint32_t gap_ms = (uint32_t)state->in_force.lost_warning_ms;
	bool was_full;

	state->filled = false;
	if (!state->heard)
		return;
	was_full = state->full &&
		   mono_elapsed_ms(state->uncharged.seen,
				   state->last_now) <= gap_ms;
	state->uncharged.tripped = !was_full;
	latch_take(&state->uncharged, state->last_now, what,
		   (uint32_t)settings->monitor.charged_detection_time_ms,
		   gap_ms);
	state->full = !state->uncharged.tripped && what == LATCH_CLEAR;
	if (!state->full)
		return;
	/* It stays so for as long as this is seen. A battery whose charge
	 * switch is open has had no part in it (B9). */
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (!state->battery[i].left_out_charge)
			anchor(&state->battery[i], 1000);
	}
	state->filled = !was_full;
	if (state->filled)
		state->events++;
}

/* E4. The step is implicit, so that no interval overshoots. */
static void average(struct bms_state *state, const struct bms_output *out,
		    int32_t gap_ms)
{
	struct bms_mean *mean = &state->mean;
	uint64_t ms = mono_elapsed_ms(mean->time, state->last_now);
	int64_t now_4096 = (int64_t)out->current_ma.value * 4096;

	if (!state->heard)
		return;
	if (!out->current_ma.known) {
		mean->known = false;
		return;
	}
	if (!mean->known || ms > (uint64_t)gap_ms) {
		*mean = (struct bms_mean){ true, now_4096, state->last_now };
		return;
	}
	mean->ma_4096 += (now_4096 - mean->ma_4096) * (int64_t)ms /
			 (CHARGE_MEAN_MS + (int64_t)ms);
	mean->time = mono_add_us(mean->time, ms * 1000);
}

static maybe_i32 remaining_s(const struct bms_state *state,
			     int64_t above_floor_mah)
{
	int64_t drawn_4096 = -state->mean.ma_4096;
	int64_t s;

	if (above_floor_mah <= 0)
		return known_i32(0);
	if (!state->mean.known || drawn_4096 < CHARGE_DRAWN_MA * 4096)
		return UNKNOWN_I32;
	s = above_floor_mah * 3600 * 4096 / drawn_4096;
	return known_i32((int32_t)lower(s, CHARGE_REMAINING_MAX_S));
}

/* B6; one battery at least is not left out. */
static struct bms_usable sum_up_usable(const struct bms_state *state,
				       const struct bms_output *out)
{
	struct bms_usable usable = out->usable;
	int64_t full_mah = 0;
	int64_t left_mah = 0;

	usable.soc_anchored = true;
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		if (b->left_out_discharge)
			continue;
		full_mah += full_of(b) / CHARGE_PER_MAH;
		left_mah += b->charge.count / CHARGE_PER_MAH;
		usable.soc_anchored &= b->charge.anchored;
	}
	usable.soc_permille =
		known_i32((int32_t)(left_mah * 1000 / full_mah));
	return usable;
}

/* The counts as one; every battery is online. */
static void sum_up(const struct bms_state *state,
		   const struct settings *settings, struct bms_output *out)
{
	int64_t full_mah = 0;
	int64_t left_mah = 0;
	int64_t floor_mah;
	int64_t series = state->arrangement.series;

	out->soc_anchored = true;
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];

		full_mah += full_of(b) / CHARGE_PER_MAH;
		left_mah += b->charge.count / CHARGE_PER_MAH;
		out->soc_anchored &= b->charge.anchored;
	}
	out->soc_permille = known_i32((int32_t)(left_mah * 1000 / full_mah));
	out->usable = sum_up_usable(state, out);
	/* What there is room for is no more than what fits. */
	if (!out->capacity_mah.known)
		return;
	floor_mah = full_mah * settings->monitor.discharge_floor_permille /
		    1000;
	out->consumed_mah = known_i32((int32_t)((full_mah - left_mah) /
						series));
	out->time_remaining_s =
		remaining_s(state, (left_mah - floor_mah) / series);
}

static bool all_counted(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (!state->battery[i].charge.known)
			return false;
	}
	return true;
}

void charge_step(struct bms_state *state, const struct settings *settings,
		 const struct bms_input *input, struct bms_output *ret_output)
{
	struct bms_output *out = ret_output;

	out->soc_permille = out->own_soc_permille;
	out->usable.soc_permille = out->usable.own_soc_permille;
	out->soc_settable = is_settable(state);
	obey(state, input, out);
	recognise_full(state, settings, out);
	average(state, out, state->in_force.lost_alarm_ms);
	if (out->soc_settable && all_counted(state))
		sum_up(state, settings, out);
}
