/* SPDX-License-Identifier: MIT */
#include "lib/core/limits.h"

#include "lib/core/arrangement.h"
#include "lib/core/protect.h"

/* Two points and more, x rising; flat outside. */
struct taper_point {
	int32_t x; /* distance from the trip level, mV or 0.1 degC */
	int32_t permille;
};

enum { TAPER_POINTS_MAX = 4 };

struct taper {
	size_t n;
	struct taper_point point[TAPER_POINTS_MAX];
};

/*
 * Shares of the recommended current, by distance from where the protection
 * trips (ours). With cell-high 3.75 V: all up to 3.45 V, a third at 3.55 V
 * (the absorption voltage of the reference batteries), a twentieth at
 * 3.65 V, nothing from 3.70 V on.
 */
static const struct taper charge_by_cell = {
	4, { { -300, 1000 }, { -200, 330 }, { -100, 50 }, { -50, 0 } }
};
static const struct taper charge_by_cold = {
	2, { { 0, 100 }, { 100, 1000 } }
};
static const struct taper charge_by_heat = {
	2, { { -50, 1000 }, { 0, 100 } }
};
static const struct taper discharge_by_cell = {
	2, { { 0, 100 }, { 300, 1000 } }
};

static int32_t taper_permille(const struct taper *t, int32_t x)
{
	const struct taper_point *p = t->point;

	if (x <= p[0].x)
		return p[0].permille;
	for (size_t i = 1; i < t->n; i++) {
		if (x <= p[i].x)
			return p[i - 1].permille +
			       (p[i].permille - p[i - 1].permille) *
			       (x - p[i - 1].x) / (p[i].x - p[i - 1].x);
	}
	return p[t->n - 1].permille;
}

static int32_t lower(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static bool takes_part(const struct bms_battery *b, bool charge)
{
	if (b->stood_in)
		return false;
	return charge ? !b->left_out_charge : !b->left_out_discharge;
}

/*
 * The recommended current of the batteries that take part, or what the
 * weakest of them asks for times the strings, since strings share about
 * evenly. Unknown where one of them is not online or has no capacity.
 */
static maybe_i32 base_ma(const struct bms_state *state, bool charge,
			 int32_t rate_permille)
{
	int64_t series = state->arrangement.series;
	int64_t weakest_ma = INT32_MAX;
	int64_t mah = 0;
	int64_t n = 0;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];
		maybe_i32 capacity = battery_capacity_mah(b);
		maybe_i32 own = charge ? b->sample.charge_limit_ma :
					 b->sample.discharge_limit_ma;

		if (!takes_part(b, charge))
			continue;
		if (!b->online || !capacity.known)
			return UNKNOWN_I32;
		n++;
		mah += capacity.value;
		if (own.known && own.value >= 0 && own.value < weakest_ma)
			weakest_ma = own.value;
	}
	if (!state->arrangement.known)
		return UNKNOWN_I32;
	mah = mah * rate_permille / 1000 / series;
	if (weakest_ma * n / series < mah)
		mah = weakest_ma * n / series;
	return known_i32(mah > INT32_MAX ? INT32_MAX : (int32_t)mah);
}

static int32_t scaled(int32_t ma, int32_t permille)
{
	return (int32_t)((int64_t)ma * permille / 1000);
}

static int32_t charge_permille(const struct settings_protection *p,
			       const struct measured m[MEASURE_COUNT])
{
	int32_t share = taper_permille(&charge_by_cell,
			m[MEASURE_MAX_CELL_MV].value.value - p->cell_high_mv);

	share = lower(share, taper_permille(&charge_by_cold,
			m[MEASURE_MIN_TEMPERATURE_DC].value.value -
			p->charge_temperature_low_dc));
	return lower(share, taper_permille(&charge_by_heat,
			m[MEASURE_MAX_TEMPERATURE_DC].value.value -
			p->charge_temperature_high_dc));
}

static int32_t discharge_permille(const struct settings_protection *p,
				  const struct measured m[MEASURE_COUNT])
{
	return taper_permille(&discharge_by_cell,
			m[MEASURE_MIN_CELL_MV].value.value - p->cell_low_mv);
}

/* The least share of all batteries that take part. Only asked for where the
 * direction is allowed, so every measure is known. */
static int32_t share_permille(const struct bms_state *state,
			      const struct settings_protection *p, bool charge)
{
	int32_t share = 1000;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const struct bms_battery *b = &state->battery[i];
		struct measured m[MEASURE_COUNT];

		if (!takes_part(b, charge))
			continue;
		measure_sample(&b->sample, m);
		share = lower(share, charge ? charge_permille(p, m) :
					      discharge_permille(p, m));
	}
	return share;
}

/* Falls at once; rises by the ramp, and only with new readings. */
static int32_t ramped(int32_t now_ma, int32_t target_ma, int32_t base,
		      uint64_t passed_ms)
{
	int64_t rise = (int64_t)base * (int64_t)passed_ms / LIMIT_RAMP_MS;

	if (target_ma <= now_ma)
		return target_ma;
	return target_ma - now_ma <= rise ? target_ma :
					    now_ma + (int32_t)rise;
}

void limits_step(struct bms_state *state, const struct bms_input *input,
		 struct bms_output *out)
{
	const struct settings_protection *p = &state->in_force;
	struct bms_limits *l = &state->limits;
	maybe_i32 charge = base_ma(state, true, p->charge_rate_permille);
	maybe_i32 discharge = base_ma(state, false,
				      p->discharge_rate_permille);
	uint64_t passed_ms = mono_elapsed_ms(l->time, input->now);

	/* A gap begins the limits anew. */
	if (!charge.known || !discharge.known) {
		*l = (struct bms_limits){ 0 };
		return;
	}
	if (!l->known || !state->heard ||
	    passed_ms > (uint32_t)p->lost_warning_ms)
		passed_ms = 0;
	l->charge_ma = ramped(l->charge_ma, out->atc_high ?
			      scaled(charge.value,
				     share_permille(state, p, true)) : 0,
			      charge.value, passed_ms);
	l->discharge_ma = ramped(l->discharge_ma, out->atd_high ?
				 scaled(discharge.value,
					share_permille(state, p, false)) : 0,
				 discharge.value, passed_ms);
	if (!l->known || state->heard)
		l->time = input->now;
	l->known = true;
	out->charge_limit_ma = known_i32(l->charge_ma);
	out->discharge_limit_ma = known_i32(l->discharge_ma);
}
