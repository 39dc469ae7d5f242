/* SPDX-License-Identifier: MIT */
#include "pack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROTECT_DELAY_NS (1 * NS_PER_S)
#define BALANCE_START_MV 3400
#define BALANCE_DELTA_MV 10
#define BALANCE_A 2.0

/* Wide by default: whoever manages the bank is to act long before the pack. */
static const struct limit default_limits[] = {
	[LIMIT_OVP_MV] = { 3850, 3550 },
	[LIMIT_UVP_MV] = { 2400, 2700 },
	[LIMIT_COT_DC] = { 700, 650 },
	[LIMIT_CUT_DC] = { -300, -250 },
	[LIMIT_DOT_DC] = { 750, 700 },
	[LIMIT_MOS_OT_DC] = { 1000, 900 },
};
_Static_assert(ARRAY_SIZE(default_limits) == LIMIT_COUNT, "one row each");

enum quantity {
	MAX_CELL_MV, MIN_CELL_MV, TEMP_DC, MOS_DC,
};

/* What each protection looks at, says and switches off. */
static const struct protection {
	enum quantity quantity;
	bool above;		/* trips above its limit, else below */
	enum jk_alarm alarm;
	bool charge, discharge;
} protections[] = {
	[LIMIT_OVP_MV] = { MAX_CELL_MV, true, JK_ALARM_CELL_OV, true, false },
	[LIMIT_UVP_MV] = { MIN_CELL_MV, false, JK_ALARM_CELL_UV, false, true },
	[LIMIT_COT_DC] = { TEMP_DC, true, JK_ALARM_CHARGE_OT, true, false },
	[LIMIT_CUT_DC] = { TEMP_DC, false, JK_ALARM_CHARGE_UT, true, false },
	[LIMIT_DOT_DC] = { TEMP_DC, true, JK_ALARM_DISCHARGE_OT, false, true },
	[LIMIT_MOS_OT_DC] = { MOS_DC, true, JK_ALARM_MOS_OT, true, true },
};
_Static_assert(ARRAY_SIZE(protections) == LIMIT_COUNT, "one row each");

/* Offsets of the four cell sensors from the mean, as mounting gives them. */
static const int sensor_offset_dc[] = { 0, 3, -2, 5 };

void pack_init(struct pack *pack, struct bank_battery *battery,
	       uint8_t address, unsigned number, unsigned seed,
	       double capacity_ah, int64_t now_ns)
{
	memset(pack, 0, sizeof(*pack));
	pack->address = address;
	pack->battery = battery;
	pack->capacity_ah = capacity_ah;
	pack->born_ns = now_ns;
	pack->cycles = 20 + 7 * number % 60;
	pack->lifetime_ah = pack->cycles * (uint32_t)capacity_ah;
	pack->run_s = 4000000 + 1000 * number;
	snprintf(pack->serial, sizeof(pack->serial), "40%04u%05u",
		 seed % 10000, (10000 + 37 * number) % 100000);
	for (unsigned i = 0; i < SWITCH_COUNT; i++)
		pack->enabled[i] = true;
	memcpy(pack->limit, default_limits, sizeof(pack->limit));
	for (unsigned i = 0; i < BANK_CELLS; i++)
		pack->cell_force_mv[i] = PACK_AUTO;
	pack->pack_force_mv = PACK_AUTO;
	pack->temp_force_dc = PACK_AUTO;
	pack->answer_as = PACK_AUTO;
	pack->last_gap_ms = pack->min_gap_ms = -1;
}

void pack_set_limit(struct pack *pack, enum pack_limit which, int32_t trip,
		    int32_t hysteresis)
{
	pack->limit[which].trip = trip;
	pack->limit[which].release = protections[which].above
					     ? trip - hysteresis
					     : trip + hysteresis;
}

int32_t pack_cell_mv(const struct pack *pack, unsigned cell)
{
	double mv;

	if (pack->cell_force_mv[cell] != PACK_AUTO)
		return pack->cell_force_mv[cell];
	mv = bank_cell_v(pack->battery, cell) * 1000;
	return (int32_t)lround(fmin(fmax(mv, 0), 65535));
}

static unsigned extreme_cell(const struct pack *pack, bool highest)
{
	unsigned at = 0;

	for (unsigned c = 1; c < pack->battery->n_cells; c++) {
		int32_t mv = pack_cell_mv(pack, c);
		int32_t best = pack_cell_mv(pack, at);

		if (highest ? mv > best : mv < best)
			at = c;
	}
	return at;
}

int32_t pack_min_cell_mv(const struct pack *pack)
{
	return pack_cell_mv(pack, extreme_cell(pack, false));
}

int32_t pack_max_cell_mv(const struct pack *pack)
{
	return pack_cell_mv(pack, extreme_cell(pack, true));
}

static int32_t sensor_dc(const struct pack *pack, unsigned sensor)
{
	if (pack->temp_force_dc != PACK_AUTO)
		return pack->temp_force_dc;
	return (int32_t)lround(pack->battery->temp_c * 10) +
	       sensor_offset_dc[sensor];
}

int32_t pack_temp_dc(const struct pack *pack)
{
	return sensor_dc(pack, 0);
}

static int32_t mos_dc(const struct pack *pack)
{
	return (int32_t)lround(pack->battery->mos_c * 10);
}

static int32_t measure(const struct pack *pack, enum quantity quantity)
{
	switch (quantity) {
	case MAX_CELL_MV:
		return pack_max_cell_mv(pack);
	case MIN_CELL_MV:
		return pack_min_cell_mv(pack);
	case TEMP_DC:
		return sensor_dc(pack, 0);
	case MOS_DC:
		return mos_dc(pack);
	}
	return 0;
}

static void protect(struct pack *pack, enum pack_limit which, int64_t now_ns)
{
	const struct protection *p = &protections[which];
	const struct limit *limit = &pack->limit[which];
	int32_t value = measure(pack, p->quantity);
	int64_t *since = &pack->beyond_since_ns[which];
	uint32_t bit = 1U << p->alarm;

	if (p->above ? value < limit->trip : value > limit->trip)
		*since = 0;
	else if (!*since)
		*since = now_ns;
	if (*since && now_ns - *since >= PROTECT_DELAY_NS)
		pack->alarms |= bit;
	else if (p->above ? value <= limit->release : value >= limit->release)
		pack->alarms &= ~bit;
}

static bool fet_state(const struct pack *pack, enum pack_switch which)
{
	if (pack->fet[which] != FET_AUTO)
		return pack->fet[which] == FET_ON;
	if (!pack->enabled[which])
		return false;
	for (unsigned i = 0; i < LIMIT_COUNT; i++) {
		const struct protection *p = &protections[i];
		bool mine = which == SWITCH_CHARGE ? p->charge : p->discharge;

		if (mine && pack->alarms & 1U << p->alarm)
			return false;
	}
	return true;
}

static void balance(struct pack *pack)
{
	struct bank_battery *b = pack->battery;

	b->balance_from = extreme_cell(pack, true);
	b->balance_to = extreme_cell(pack, false);
	b->balance_a = BALANCE_A;
	b->balancing = pack->enabled[SWITCH_BALANCE] &&
		       pack_cell_mv(pack, b->balance_from) > BALANCE_START_MV &&
		       pack_cell_mv(pack, b->balance_from) -
				       pack_cell_mv(pack, b->balance_to) >
			       BALANCE_DELTA_MV;
}

void pack_step(struct pack *pack, int64_t now_ns)
{
	for (unsigned i = 0; i < LIMIT_COUNT; i++)
		protect(pack, (enum pack_limit)i, now_ns);
	pack->battery->charge_fet = fet_state(pack, SWITCH_CHARGE);
	pack->battery->discharge_fet = fet_state(pack, SWITCH_DISCHARGE);
	balance(pack);
}

uint32_t pack_alarms(const struct pack *pack)
{
	return pack->alarms | pack->alarm_force;
}

static uint32_t run_s(const struct pack *pack, int64_t now_ns)
{
	return pack->run_s + (uint32_t)((now_ns - pack->born_ns) / NS_PER_S);
}

static void status_cells(const struct pack *pack, struct jk_status *s)
{
	unsigned n = pack->battery->n_cells;
	unsigned high = extreme_cell(pack, true);
	unsigned low = extreme_cell(pack, false);
	int64_t sum_mv = 0;

	for (unsigned c = 0; c < n; c++) {
		s->cell_mv[c] = (uint16_t)pack_cell_mv(pack, c);
		s->lead_mohm[c] = (uint16_t)(48 + 5 * (c < n - c ? c : n - c));
		sum_mv += s->cell_mv[c];
	}
	s->v[JKS_CELL_MASK] = (INT64_C(1) << n) - 1;
	s->v[JKS_AVERAGE_MV] = sum_mv / n;
	s->v[JKS_DELTA_MV] = s->cell_mv[high] - s->cell_mv[low];
	s->v[JKS_MAX_INDEX] = high;
	s->v[JKS_MIN_INDEX] = low;
	s->v[JKS_PACK_MV] = pack->pack_force_mv == PACK_AUTO
				    ? sum_mv : pack->pack_force_mv;
	s->v[JKS_PACK_10MV] = s->v[JKS_PACK_MV] / 10;
}

static void status_charge(const struct pack *pack, struct jk_status *s)
{
	const struct bank_battery *b = pack->battery;
	double soc = fmin(fmax(bank_battery_soc_pct(b), 0), 100);
	double full_mah = pack->capacity_ah * 1000;
	double used_ah = b->throughput_ah + pack->lifetime_ah;

	s->v[JKS_CURRENT_MA] = lround(b->current_a * 1000);
	s->v[JKS_POWER_MW] = llabs(s->v[JKS_CURRENT_MA]) *
			     s->v[JKS_PACK_MV] / 1000;
	s->v[JKS_SOC_PCT] = lround(soc);
	s->v[JKS_FULL_MAH] = lround(full_mah);
	s->v[JKS_REMAINING_MAH] = lround(full_mah * soc / 100);
	s->v[JKS_THROUGHPUT_MAH] = lround(used_ah * 1000);
	s->v[JKS_CYCLES] = (int64_t)(used_ah / pack->capacity_ah);
	s->v[JKS_SOH_PCT] = 100;
}

static void status_state(const struct pack *pack, int64_t now_ns,
			 struct jk_status *s)
{
	const struct bank_battery *b = pack->battery;

	s->v[JKS_MOS_DC] = s->v[JKS_MOS2_DC] = mos_dc(pack);
	s->v[JKS_T1_DC] = sensor_dc(pack, 0);
	s->v[JKS_T2_DC] = sensor_dc(pack, 1);
	s->v[JKS_T4_DC] = sensor_dc(pack, 2);
	s->v[JKS_T5_DC] = sensor_dc(pack, 3);
	s->v[JKS_SENSORS] = 0xFF;
	s->v[JKS_ALARMS] = pack_alarms(pack);
	s->v[JKS_CHARGE_FET] = b->charge_fet;
	s->v[JKS_DISCHARGE_FET] = b->discharge_fet;
	s->v[JKS_BALANCER] = b->balancing;
	s->v[JKS_RUN_S] = run_s(pack, now_ns);
	if (b->balancing) {
		/* Its capacitor is filled and emptied in turns of a second. */
		bool fills = now_ns / NS_PER_S & 1;

		s->v[JKS_BALANCE_STATE] = fills ? 2 : 1;
		s->v[JKS_BALANCE_MA] = lround(b->balance_a * 1000) *
				       (fills ? -1 : 1);
	}
}

void pack_status(const struct pack *pack, int64_t now_ns,
		 struct jk_status *ret)
{
	memset(ret, 0, sizeof(*ret));
	status_cells(pack, ret);
	status_charge(pack, ret);
	status_state(pack, now_ns, ret);
}

/* The settings that no behaviour of the simulator depends on. */
static const struct {
	enum jk_setting field;
	int32_t value;
} fixed_settings[] = {
	{ JKC_SLEEP_MV, 3500 },		{ JKC_SOC100_MV, 3445 },
	{ JKC_SOC0_MV, 2600 },		{ JKC_RCV_MV, 3550 },
	{ JKC_RFV_MV, 3375 },		{ JKC_POWER_OFF_MV, 2300 },
	{ JKC_CHARGE_MA, 150000 },	{ JKC_CHARGE_OC_S, 3 },
	{ JKC_CHARGE_OCR_S, 60 },	{ JKC_DISCHARGE_MA, 200000 },
	{ JKC_DISCHARGE_OC_S, 300 },	{ JKC_DISCHARGE_OCR_S, 60 },
	{ JKC_SHORT_RELEASE_S, 5 },	{ JKC_SHORT_US, 1500 },
	{ JKC_BALANCE_DELTA_MV, BALANCE_DELTA_MV },
	{ JKC_BALANCE_MA, (int32_t)(BALANCE_A * 1000) },
	{ JKC_BALANCE_START_MV, BALANCE_START_MV },
	{ JKC_FEATURES, 0x0033 },
};

static const struct {
	enum jk_setting trip, release;
	enum pack_limit limit;
} limit_settings[] = {
	{ JKC_OVP_MV, JKC_OVPR_MV, LIMIT_OVP_MV },
	{ JKC_UVP_MV, JKC_UVPR_MV, LIMIT_UVP_MV },
	{ JKC_COT_DC, JKC_COTR_DC, LIMIT_COT_DC },
	{ JKC_CUT_DC, JKC_CUTR_DC, LIMIT_CUT_DC },
	{ JKC_DOT_DC, JKC_DOTR_DC, LIMIT_DOT_DC },
	{ JKC_MOS_OT_DC, JKC_MOS_OTR_DC, LIMIT_MOS_OT_DC },
};
_Static_assert(ARRAY_SIZE(limit_settings) == LIMIT_COUNT, "one row each");

void pack_settings(const struct pack *pack, struct jk_settings *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < ARRAY_SIZE(fixed_settings); i++)
		ret->v[fixed_settings[i].field] = fixed_settings[i].value;
	for (size_t i = 0; i < ARRAY_SIZE(limit_settings); i++) {
		const struct limit *l = &pack->limit[limit_settings[i].limit];

		ret->v[limit_settings[i].trip] = l->trip;
		ret->v[limit_settings[i].release] = l->release;
	}
	ret->v[JKC_CELLS] = pack->battery->n_cells;
	ret->v[JKC_CHARGE_ON] = pack->enabled[SWITCH_CHARGE];
	ret->v[JKC_DISCHARGE_ON] = pack->enabled[SWITCH_DISCHARGE];
	ret->v[JKC_BALANCE_ON] = pack->enabled[SWITCH_BALANCE];
	ret->v[JKC_CAPACITY_MAH] = lround(pack->capacity_ah * 1000);
	ret->v[JKC_ADDRESS] = pack->address;
}

void pack_about(const struct pack *pack, int64_t now_ns,
		struct jk_about *ret)
{
	*ret = (struct jk_about){
		.model = "JK_PB2A16S20P",
		.hardware = "15A",
		.firmware = "15.41",
		/* The same everywhere: a name is not an identity. */
		.user_name = "JK-BMS",
		.date = "240914",
		.run_s = run_s(pack, now_ns),
		.power_on_count = 22,
	};
	memcpy(ret->serial, pack->serial, sizeof(ret->serial));
}
