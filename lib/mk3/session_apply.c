/* SPDX-License-Identifier: MIT */
#include "lib/mk3/session.h"

#include <string.h>

enum {
	MAINS_LED = 0x01,
	MAINS_LEAST_MV = 50000, /* less is no mains, mk3.md 4.2 */
	STATE_OFF = 2, /* 0 down, 1 start-up, 2 off; mk3.md 6.4 */
	DMC_DEDICATED = 0x08, /* of the inputs byte, mk3.md 4.3 */
	STATE_LAST = 9,
};

static bool same(maybe_i32 a, maybe_i32 b)
{
	return a.known == b.known && (!a.known || a.value == b.value);
}

void mk3_put(struct mk3 *mk3, maybe_i32 *field, maybe_i32 value)
{
	if (same(*field, value))
		return;
	*field = value;
	mk3->dirty = true;
}

static maybe_i32 scaled(const struct mk3 *mk3, enum mk3_scale_index index,
			int32_t raw)
{
	if (!mk3->scale[index].known)
		return UNKNOWN_I32;
	return mk3_scale_milli(&mk3->scale[index].scale, raw);
}

static maybe_i32 scaled_word(const struct mk3 *mk3,
			     enum mk3_scale_index index, uint16_t raw)
{
	return scaled(mk3, index,
		      mk3_scale_raw16(&mk3->scale[index].scale, raw));
}

static maybe_i32 within(int64_t value)
{
	if (value < INT32_MIN || value > INT32_MAX)
		return UNKNOWN_I32;
	return known_i32((int32_t)value);
}

/* The AC frames say it; before any is known, the mains LED does. */
static void mains_update(struct mk3 *mk3)
{
	struct inverter_reading *reading = &mk3->reading;
	maybe_i32 mains = UNKNOWN_I32;

	if (reading->leds_on.known)
		mains = known_i32(reading->leds_on.value & MAINS_LED);
	for (size_t i = 0, seen = 0; i < INVERTER_PHASES_MAX; i++) {
		if (!reading->ac_in_mv[i].known)
			continue;
		if (seen++ == 0)
			mains = known_i32(0);
		if (mk3->phase_ac[i])
			mains = known_i32(1);
	}
	mk3_put(mk3, &reading->mains_present, mains);
}

void mk3_apply_leds(struct mk3 *mk3, mono_t now, const struct mk3_leds *leds)
{
	struct inverter_reading *reading = &mk3->reading;

	mk3->leds_time = now;
	mk3_put(mk3, &reading->leds_on, leds->on);
	mk3_put(mk3, &reading->leds_blink, leds->blink);
	if (leds->alarms.known || leds->error.known) {
		mk3->alarms_time = now;
		mk3_put(mk3, &reading->alarm_bits, leds->alarms);
		mk3_put(mk3, &reading->error, leds->error);
	}
	mains_update(mk3);
}

/* + is charging: what the charger delivers less what the inverter draws */
static maybe_i32 dc_current(const struct mk3 *mk3, const struct mk3_dc *dc)
{
	const struct mk3_scale *scale = &mk3->scale[SCALE_DC_A].scale;
	maybe_i32 in = scaled(mk3, SCALE_DC_A,
			      mk3_scale_raw24(scale, dc->charger_current));
	maybe_i32 out = scaled(mk3, SCALE_DC_A,
			       mk3_scale_raw24(scale, dc->inverter_current));

	if (!in.known || !out.known)
		return UNKNOWN_I32;
	return within((int64_t)in.value - out.value);
}

void mk3_apply_dc(struct mk3 *mk3, mono_t now, const struct mk3_dc *dc)
{
	struct inverter_reading *reading = &mk3->reading;

	reading->dc_time = now;
	mk3_put(mk3, &reading->dc_mv,
		scaled_word(mk3, SCALE_DC_V, dc->voltage));
	mk3_put(mk3, &reading->dc_ma, dc_current(mk3, dc));
	mk3_units_doubt(mk3, now);
}

static maybe_i32 ac_current(const struct mk3 *mk3, enum mk3_scale_index index,
			    int16_t raw, uint8_t factor)
{
	maybe_i32 one = scaled(mk3, index, raw);

	/* A factor of 0 would make every current 0: nothing is known then. */
	if (!one.known || factor == 0)
		return UNKNOWN_I32;
	return within((int64_t)one.value * factor);
}

static void phase_clear(struct mk3 *mk3, size_t i)
{
	struct inverter_reading *reading = &mk3->reading;

	mk3->phase_ac[i] = false;
	mk3_put(mk3, &reading->ac_in_mv[i], UNKNOWN_I32);
	mk3_put(mk3, &reading->ac_in_ma[i], UNKNOWN_I32);
	mk3_put(mk3, &reading->ac_out_mv[i], UNKNOWN_I32);
	mk3_put(mk3, &reading->ac_out_ma[i], UNKNOWN_I32);
}

void mk3_apply_ac(struct mk3 *mk3, mono_t now, const struct mk3_ac *ac)
{
	struct inverter_reading *reading = &mk3->reading;
	size_t i = ac->phase - 1u;
	maybe_i32 mains = scaled_word(mk3, SCALE_MAINS_V, ac->mains_voltage);

	if (ac->n_phases > 0 && ac->n_phases != reading->n_phases) {
		reading->n_phases = ac->n_phases;
		mk3->dirty = true;
		for (size_t k = ac->n_phases; k < INVERTER_PHASES_MAX; k++)
			phase_clear(mk3, k);
	}
	reading->ac_time = now;
	mk3->phase_time[i] = now;
	/* Periods 00 and FF: no AC, mk3.md 18.13. */
	mk3->phase_ac[i] = mains.known && mains.value >= MAINS_LEAST_MV &&
			   ac->period != 0x00 && ac->period != 0xff;
	mk3_put(mk3, &reading->ac_in_mv[i], mains);
	mk3_put(mk3, &reading->ac_in_ma[i],
		ac_current(mk3, SCALE_MAINS_A, ac->mains_current,
			   ac->mains_factor));
	mk3_put(mk3, &reading->ac_out_mv[i],
		scaled_word(mk3, SCALE_OUT_V, ac->out_voltage));
	mk3_put(mk3, &reading->ac_out_ma[i],
		ac_current(mk3, SCALE_OUT_A, ac->out_current,
			   ac->inverter_factor));
	mains_update(mk3);
	/* Where 0E is not answered the frame's own state byte, which may be
	 * junk (4.2), is better than nothing. */
	if (i == 0 && ac->state <= STATE_LAST && !reading->state_sub.known)
		mk3_apply_state(mk3, now, known_i32(ac->state), UNKNOWN_I32);
}

void mk3_apply_config(struct mk3 *mk3, mono_t now,
		      const struct mk3_config *config)
{
	struct inverter_reading *reading = &mk3->reading;

	reading->switch_time = now;
	reading->switch_asked = mk3->config_asked;
	mk3_put(mk3, &reading->switch_register,
		known_i32(config->switch_register));
	if (config->inputs & DMC_DEDICATED)
		mk3_other_dedicated(mk3);
	mk3->limit_da = UNKNOWN_I32;
	if (config->limit_da > 0 && config->limit_da < MK3_LIMIT_KEEP &&
	    config->limit_da >= config->limit_min_da &&
	    config->limit_da <= config->limit_max_da)
		mk3->limit_da = known_i32(config->limit_da);
	/* Even the same answer is news: it was asked later. */
	mk3->dirty = true;
}

void mk3_apply_state(struct mk3 *mk3, mono_t now, maybe_i32 main,
		     maybe_i32 sub)
{
	struct inverter_reading *reading = &mk3->reading;
	bool was_off = reading->state_main.known &&
		       reading->state_main.value <= STATE_OFF;

	/* A unit that was down may have lost what it held in RAM, 5.2. */
	if (was_off && main.known && main.value > STATE_OFF)
		mk3_units_rewrite(mk3, now);
	mk3->state_time = now;
	mk3_put(mk3, &reading->state_main, main);
	mk3_put(mk3, &reading->state_sub, sub);
}

static bool stale(mono_t time, mono_t now)
{
	return mono_elapsed_ms(time, now) > MK3_STALE_MS;
}

static void expire_ac(struct mk3 *mk3, mono_t now)
{
	for (size_t i = 0; i < INVERTER_PHASES_MAX; i++)
		if (stale(mk3->phase_time[i], now))
			phase_clear(mk3, i);
	if (stale(mk3->reading.ac_time, now) && mk3->reading.n_phases > 0) {
		mk3->reading.n_phases = 0;
		mk3->dirty = true;
	}
	mains_update(mk3);
}

void mk3_expire(struct mk3 *mk3, mono_t now)
{
	struct inverter_reading *reading = &mk3->reading;

	if (stale(reading->dc_time, now)) {
		mk3_put(mk3, &reading->dc_mv, UNKNOWN_I32);
		mk3_put(mk3, &reading->dc_ma, UNKNOWN_I32);
	}
	if (stale(mk3->leds_time, now)) {
		mk3_put(mk3, &reading->leds_on, UNKNOWN_I32);
		mk3_put(mk3, &reading->leds_blink, UNKNOWN_I32);
	}
	if (stale(mk3->alarms_time, now)) {
		mk3_put(mk3, &reading->alarm_bits, UNKNOWN_I32);
		mk3_put(mk3, &reading->error, UNKNOWN_I32);
	}
	if (stale(mk3->state_time, now)) {
		mk3_put(mk3, &reading->state_main, UNKNOWN_I32);
		mk3_put(mk3, &reading->state_sub, UNKNOWN_I32);
	}
	if (stale(reading->switch_time, now)) {
		mk3_put(mk3, &reading->switch_register, UNKNOWN_I32);
		mk3->limit_da = UNKNOWN_I32;
	}
	if (stale(mk3->version_time, now))
		mk3_put(mk3, &reading->mk_version, UNKNOWN_I32);
	expire_ac(mk3, now);
}

void mk3_forget(struct mk3 *mk3)
{
	struct inverter_reading fresh = { 0 };

	fresh.time = mk3->reading.time;
	fresh.mk_resets = mk3->reading.mk_resets;
	mk3->reading = fresh;
	mk3->limit_da = UNKNOWN_I32;
	mk3->config_unanswered = false;
	mk3->swept = false;
	mk3->map_known = false;
	mk3->map_wrong = false;
	mk3->wake_pending = false;
	mk3->soc = (struct mk3_soc){ 0 };
	memset(mk3->other_silent, 0, sizeof(mk3->other_silent));
	memset(mk3->scale, 0, sizeof(mk3->scale));
	for (size_t i = 0; i < BMS_UNITS_MAX; i++)
		mk3->unit[i] = (struct mk3_unit){
			.expected = i > 0 && mk3->unit[i].present,
		};
	mk3->dirty = true;
}
