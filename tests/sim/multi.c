/* SPDX-License-Identifier: MIT */
#include "multi.h"

#include <math.h>
#include <string.h>

#define IDLE_W 11.0
#define STANDBY_NS (10 * NS_PER_S)	/* VE.Bus after an off command */
#define LOW_DELAY_NS (2 * NS_PER_S)
#define TAIL_FRACTION 0.01		/* of the capacity */
#define TAIL_S 60.0
#define REBULK_S 30.0
#define REBULK_V 0.8			/* below float, 16 cells */
#define DEAD_V 18.0			/* the supply's end, 16 cells */
#define BMS_V2 1146100			/* first version of the second kind */
#define UNIQUE 0x00C0FFEE		/* of unit 0; the others count on */

unsigned multi_phase(unsigned address)
{
	return address % MULTI_PHASES;
}

static bool living(const struct multi_unit *unit)
{
	return unit->present && !unit->gone;
}

const struct multi_unit *multi_at(const struct multi *multi, unsigned address)
{
	if (address >= MULTI_ADDRESSES || !living(&multi->unit[address]))
		return NULL;
	return &multi->unit[address];
}

unsigned multi_units_of(const struct multi *multi, unsigned phase)
{
	unsigned n = 0;

	for (unsigned a = phase; a < MULTI_ADDRESSES; a += MULTI_PHASES)
		n += living(&multi->unit[a]);
	return n;
}

unsigned multi_units(const struct multi *multi)
{
	unsigned n = 0;

	for (unsigned p = 0; p < MULTI_PHASES; p++)
		n += multi_units_of(multi, p);
	return n;
}

static double total_load_w(const struct multi *multi)
{
	double watts = 0;

	for (unsigned p = 0; p < MULTI_PHASES; p++)
		watts += multi->load_w[p];
	return watts;
}

void multi_set_load(struct multi *multi, double watts)
{
	for (unsigned p = 0; p < MULTI_PHASES; p++)
		multi->load_w[p] = p < multi->n_phases
				 ? watts / multi->n_phases : 0;
}

void multi_set_ac(struct multi *multi, bool on)
{
	for (unsigned p = 0; p < MULTI_PHASES; p++)
		multi->ac[p] = on;
}

/* The installer's work: flags in the EEPROM that tell a unit its part. */
static void configure(struct multi *multi, unsigned address)
{
	struct multi_unit *unit = &multi->unit[address];
	unsigned flags = unit->eeprom[SET_FLAGS0];

	flags &= ~(unsigned)(FLAG_MULTI_PHASE | FLAG_LEADER);
	if (multi->n_phases > 1)
		flags |= FLAG_MULTI_PHASE;
	if (multi->n_phases > 1 && address == 0)
		flags |= FLAG_LEADER;
	unit->present = true;
	unit->eeprom[SET_FLAGS0] = unit->acting[SET_FLAGS0] = (uint16_t)flags;
}

bool multi_arrange(struct multi *multi, unsigned n_units, unsigned n_phases)
{
	double watts = total_load_w(multi);
	unsigned last;

	if (!n_units || !n_phases || n_phases > MULTI_PHASES ||
	    n_units < n_phases)
		return false;
	last = n_units - 1;
	if (last % n_phases + MULTI_PHASES * (last / n_phases) >=
	    MULTI_ADDRESSES)
		return false;
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++)
		multi->unit[a].present = false;
	multi->n_phases = n_phases;
	for (unsigned i = 0; i < n_units; i++)
		configure(multi, i % n_phases + MULTI_PHASES * (i / n_phases));
	multi_set_load(multi, watts);
	return true;
}

void multi_init(struct multi *multi, struct bank *bank, unsigned n_cells)
{
	memset(multi, 0, sizeof(*multi));
	multi->bank = bank;
	multi->n_cells = n_cells;
	multi_set_ac(multi, true);
	multi->front = multi->remote = multi->dmc_switch = SW_ON;
	multi->bms_allows = 3;
	multi->panel_detect = true;
	multi->ac_limit_da = 500;
	multi->alive = true;
	multi->stage = STAGE_BULK;
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++) {
		struct multi_unit *unit = &multi->unit[a];

		unit->firmware = 2648508;
		unit->unique = UNIQUE + a;
		unit->frozen_remote = SW_ON;
		multi_unit_defaults(multi, unit);
	}
	multi_arrange(multi, 1, 1);
	multi->unit[0].state = STATE_CHARGE;
}

void multi_reset_units(struct multi *multi)
{
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++)
		multi_unit_reset(&multi->unit[a]);
	multi->stage = STAGE_BULK;
	multi->stage_s = 0;
}

/* Charge and invert are arbitrated each on its own: bit 0 and bit 1. */
static unsigned allows(enum multi_switch sw)
{
	switch (sw) {
	case SW_CHARGER:
		return 1;
	case SW_INVERTER:
		return 2;
	case SW_ON:
		return 3;
	case SW_NONE:
	case SW_OFF:
		return 0;
	}
	return 0;
}

/* Whoever has the place of the panel: what it allows to this unit. */
static unsigned panel_allows(const struct multi *multi,
			     const struct multi_unit *unit)
{
	if (multi->dmc)
		return allows(multi->dmc_switch);
	if (multi->bms && multi->bms < BMS_V2)
		return allows(SW_ON);
	/* The remote is heard while panel detect is pulled, or by raw frame. */
	if (!multi->panel_detect && !multi->raw_remote)
		return allows(SW_ON);
	return allows(unit->ignore_switch ? unit->frozen_remote
					  : multi->remote);
}

static unsigned allowed(const struct multi *multi,
			const struct multi_unit *unit)
{
	unsigned bits = allows(multi->front) & panel_allows(multi, unit);

	return multi->bms ? bits & multi->bms_allows : bits;
}

enum multi_switch multi_active(const struct multi *multi)
{
	unsigned bits = allowed(multi, &multi->unit[0]);

	if (!bits)
		return SW_OFF;
	return (enum multi_switch)bits;
}

enum multi_state multi_state(const struct multi *multi)
{
	return multi->unit[0].state;
}

uint8_t multi_switch_register(const struct multi *multi)
{
	unsigned reg = 0x40;

	reg |= allows(multi->dmc ? multi->dmc_switch : multi->remote);
	if (multi->front == SW_ON)
		reg |= 0x04;
	if (multi->front == SW_CHARGER)
		reg |= 0x08;
	reg |= allowed(multi, &multi->unit[0]) << 4;
	return (uint8_t)reg;
}

static double cells(const struct multi *multi, double volts_of_16)
{
	return volts_of_16 * multi->n_cells / 16;
}

static double setting_v(const struct multi *multi, unsigned id)
{
	return multi->unit[0].acting[id] / 100.0;
}

bool multi_mains_used(const struct multi_unit *unit)
{
	return unit->state == STATE_BYPASS || unit->state == STATE_CHARGE;
}

static bool any_ac(const struct multi *multi)
{
	for (unsigned p = 0; p < multi->n_phases; p++)
		if (multi->ac[p])
			return true;
	return false;
}

bool multi_has_mains(const struct multi *multi, unsigned phase)
{
	if (!multi->mains_as_group)
		return multi->ac[phase];
	for (unsigned p = 0; p < multi->n_phases; p++)
		if (!multi->ac[p])
			return false;
	return true;
}

static void power(struct multi *multi, int64_t now_ns)
{
	bool ac = any_ac(multi);
	bool fed = ac || multi->bank->terminal_v > cells(multi, DEAD_V);

	/* A MK3 that is off with the unit holds no line and hears no host. */
	if (ac || (!multi->asleep &&
		   (multi->standby || multi_active(multi) != SW_OFF)))
		multi->off_since_ns = 0;
	else if (!multi->off_since_ns)
		multi->off_since_ns = now_ns;
	if (multi->off_since_ns && now_ns - multi->off_since_ns >= STANDBY_NS)
		multi->asleep = true;
	/* Only AC or the front switch wake it again. */
	if (ac)
		multi->asleep = false;
	multi->alive = fed && !multi->asleep && !multi->slept;
}

void multi_toggle_front(struct multi *multi, enum multi_switch front,
			int64_t now_ns)
{
	multi->front = front;
	multi->asleep = false;
	multi->off_since_ns = multi_active(multi) == SW_OFF ? now_ns : 0;
}

static void watch_low_battery(struct multi *multi, int64_t now_ns)
{
	double v = multi->bank->terminal_v;
	double stop_v = setting_v(multi, SET_LOW_V);

	if (v >= stop_v)
		multi->low_since_ns = 0;
	else if (!multi->low_since_ns)
		multi->low_since_ns = now_ns;
	if (multi->low_since_ns && now_ns - multi->low_since_ns > LOW_DELAY_NS)
		multi->low_battery = true;
	else if (v >= stop_v + setting_v(multi, SET_LOW_HYST))
		multi->low_battery = false;
}

static double bulk_limit_a(const struct multi_unit *unit)
{
	if (unit->acting[SET_FLAGS0] & FLAG_DISABLE_CHARGE)
		return 0;
	return unit->acting[SET_BULK_A];
}

static bool lacks_bms(const struct multi *multi, const struct multi_unit *unit)
{
	return unit->acting[SET_FLAGS2] & FLAG_EXPECTS_BMS && !multi->bms;
}

static enum multi_state choose_state(const struct multi *multi,
				     unsigned address)
{
	const struct multi_unit *unit = &multi->unit[address];
	unsigned bits = allowed(multi, unit);

	if (!multi->alive || !living(unit))
		return STATE_DOWN;
	if (unit->error || !bits || lacks_bms(multi, unit))
		return STATE_OFF;
	if (multi_has_mains(multi, multi_phase(address)) && bits & 1)
		return bulk_limit_a(unit) > 0 ? STATE_CHARGE : STATE_BYPASS;
	if (bits & 2 && !multi->low_battery)
		return STATE_INVERT;
	return STATE_OFF;
}

static unsigned in_state(const struct multi *multi, unsigned phase,
			 enum multi_state state)
{
	unsigned n = 0;

	for (unsigned a = phase; a < MULTI_ADDRESSES; a += MULTI_PHASES)
		n += multi->unit[a].state == state;
	return n;
}

/* The units of a phase that carry its load share it evenly. */
double multi_load_a(const struct multi *multi, unsigned address)
{
	unsigned phase = multi_phase(address);
	enum multi_state state = multi->unit[address].state;
	unsigned n = in_state(multi, phase, STATE_CHARGE) +
		     in_state(multi, phase, STATE_BYPASS);

	if (!n)
		n = in_state(multi, phase, STATE_INVERT);
	else if (state == STATE_INVERT)
		return 0;
	if (state == STATE_OFF || state == STATE_DOWN || !n)
		return 0;
	return multi->load_w[phase] / n / MULTI_MAINS_V;
}

double multi_mains_a(const struct multi *multi, unsigned address)
{
	const struct multi_unit *unit = &multi->unit[address];
	double charge_w = unit->charger_a * multi->bank->terminal_v /
			  MULTI_EFFICIENCY;

	if (!multi_mains_used(unit))
		return 0;
	return multi_load_a(multi, address) + charge_w / MULTI_MAINS_V;
}

static double stage_v(const struct multi *multi)
{
	switch (multi->stage) {
	case STAGE_BULK:
	case STAGE_ABSORPTION:
		return setting_v(multi, SET_ABSORPTION);
	case STAGE_FLOAT:
		return setting_v(multi, SET_FLOAT);
	case STAGE_EQUALISE:
		return setting_v(multi, SET_ABSORPTION) + cells(multi, 4);
	}
	return 0;
}

void multi_force_stage(struct multi *multi, enum multi_stage stage)
{
	multi->stage = stage;
	multi->stage_s = multi->tail_s = 0;
}

static void leave_absorption(struct multi *multi, double dt_s)
{
	double tail_a = TAIL_FRACTION * multi->bank->capacity_ah *
			multi->bank->n_strings;
	double limit_s = multi->unit[0].acting[SET_ABSORPTION_H] * 3600.0;

	multi->tail_s = multi->charger_a < tail_a ? multi->tail_s + dt_s : 0;
	if (multi->tail_s > TAIL_S || multi->stage_s > limit_s)
		multi_force_stage(multi, STAGE_FLOAT);
}

static void leave_float(struct multi *multi, double dt_s)
{
	double v = multi->bank->terminal_v;
	double low_v = stage_v(multi) - cells(multi, REBULK_V);

	multi->tail_s = v < low_v ? multi->tail_s + dt_s : 0;
	if (multi->tail_s > REBULK_S)
		multi_force_stage(multi, STAGE_BULK);
}

static void next_stage(struct multi *multi, double dt_s)
{
	multi->stage_s += dt_s;
	switch (multi->stage) {
	case STAGE_BULK:
		if (multi->bank->terminal_v >= stage_v(multi) - 0.02)
			multi_force_stage(multi, STAGE_ABSORPTION);
		break;
	case STAGE_ABSORPTION:
		leave_absorption(multi, dt_s);
		break;
	case STAGE_FLOAT:
		leave_float(multi, dt_s);
		break;
	case STAGE_EQUALISE:
		if (multi->stage_s > 3600)
			multi_force_stage(multi, STAGE_FLOAT);
		break;
	}
}

/* What the AC limit of a phase leaves for its chargers after the loads. */
static double mains_limit_a(const struct multi *multi, unsigned phase)
{
	double watts = multi->ac_limit_da / 10.0 * MULTI_MAINS_V -
		       multi->load_w[phase];
	double v = fmax(multi->bank->terminal_v, 1);

	return fmax(0, watts * MULTI_EFFICIENCY / v);
}

/* What the chargers of a phase could give together; each unit its part. */
static double phase_wants_a(struct multi *multi, unsigned phase)
{
	double limit_a = mains_limit_a(multi, phase);
	double sum_a = 0;

	for (unsigned a = phase; a < MULTI_ADDRESSES; a += MULTI_PHASES) {
		struct multi_unit *unit = &multi->unit[a];

		unit->want_a = unit->state == STATE_CHARGE ? bulk_limit_a(unit)
							   : 0;
		sum_a += unit->want_a;
	}
	if (sum_a <= limit_a)
		return sum_a;
	for (unsigned a = phase; a < MULTI_ADDRESSES; a += MULTI_PHASES)
		multi->unit[a].want_a *= limit_a / sum_a;
	return limit_a;
}

static double invert(struct multi *multi)
{
	double v = fmax(multi->bank->terminal_v, 1), sum_a = 0;

	for (unsigned a = 0; a < MULTI_ADDRESSES; a++) {
		struct multi_unit *unit = &multi->unit[a];
		double watts = multi_load_a(multi, a) * MULTI_MAINS_V /
			       MULTI_EFFICIENCY;

		unit->inverter_a = 0;
		if (unit->state == STATE_INVERT)
			unit->inverter_a = (watts + IDLE_W) / v;
		sum_a += unit->inverter_a;
	}
	return sum_a;
}

void multi_step(struct multi *multi, double dt_s, int64_t now_ns)
{
	struct bank_demand demand = { .fixed_a = multi->extra_dc_a };
	bool charges = false;

	power(multi, now_ns);
	watch_low_battery(multi, now_ns);
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++) {
		multi->unit[a].state = choose_state(multi, a);
		charges |= multi->unit[a].state == STATE_CHARGE;
	}
	multi->inverter_a = invert(multi);
	for (unsigned p = 0; p < MULTI_PHASES; p++)
		demand.charger_a += phase_wants_a(multi, p);
	if (charges) {
		next_stage(multi, dt_s);
		demand.charger_v = stage_v(multi);
	} else if (multi->stage != STAGE_BULK) {
		multi_force_stage(multi, STAGE_BULK);
	}
	demand.fixed_a -= multi->inverter_a;
	bank_step(multi->bank, &demand, dt_s);
	multi->charger_a = multi->bank->charger_a;
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++) {
		struct multi_unit *unit = &multi->unit[a];

		unit->charger_a = !(demand.charger_a > 0) ? 0
			: multi->charger_a * unit->want_a / demand.charger_a;
	}
}

unsigned multi_error(const struct multi *multi)
{
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++)
		if (living(&multi->unit[a]) && multi->unit[a].error)
			return multi->unit[a].error;
	return 0;
}

void multi_leds(const struct multi *multi, uint8_t *ret_on,
		uint8_t *ret_blink)
{
	const struct multi_unit *master = &multi->unit[0];
	bool charges = master->state == STATE_CHARGE;
	unsigned on = 0, blink = 0;

	/* Nobody tells: not known. */
	if (!living(master)) {
		*ret_on = *ret_blink = 0x1F;
		return;
	}
	if (multi_mains_used(master))
		on |= 0x01;
	if (charges && multi->stage == STAGE_BULK)
		on |= 0x04;
	if (charges && (multi->stage == STAGE_ABSORPTION ||
			multi->stage == STAGE_EQUALISE))
		on |= 0x02;
	if (charges && multi->stage == STAGE_FLOAT)
		on |= 0x08;
	if (master->state == STATE_INVERT)
		on |= 0x10;
	if (multi_alarms(multi) & 0x20)
		on |= 0x40;
	else if (multi_alarms(multi) & 0x02)
		blink |= 0x40;
	if (multi_error(multi))
		blink |= 0x10;
	*ret_on = (uint8_t)on;
	*ret_blink = (uint8_t)blink;
}

uint8_t multi_alarms(const struct multi *multi)
{
	double pre_v = setting_v(multi, SET_LOW_V) +
		       setting_v(multi, SET_LOW_HYST) +
		       (multi->unit[0].acting[SET_PREALARM] - 32768) / 100.0;

	if (multi->low_battery)
		return 0x20;
	if (multi->inverter_a > 0 && multi->bank->terminal_v < pre_v)
		return 0x02;
	return 0;
}

/* 100 % while the unit's battery monitor is off, as units do. */
unsigned multi_soc_raw(const struct multi *multi,
		       const struct multi_unit *unit)
{
	double soc = bank_soc_pct(multi->bank);

	if (!unit->acting[SET_CAPACITY])
		return 200;
	if (unit->soc_raw >= 0)
		return (unsigned)unit->soc_raw;
	return (unsigned)lround(fmin(fmax(soc, 0), 100) * 2);
}
