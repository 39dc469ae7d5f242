/* SPDX-License-Identifier: MIT */
#include "multi.h"

#include <math.h>
#include <string.h>

#define EFFICIENCY 0.92
#define IDLE_W 11.0
#define MAINS_V 230.0
#define STANDBY_NS (10 * NS_PER_S)	/* VE.Bus after an off command */
#define LOW_DELAY_NS (2 * NS_PER_S)
#define TAIL_FRACTION 0.01		/* of the capacity */
#define TAIL_S 60.0
#define REBULK_S 30.0
#define REBULK_V 0.8			/* below float, 16 cells */
#define DEAD_V 18.0			/* the supply's end, 16 cells */
#define FLAG_DISABLE_CHARGE 0x0040

enum {
	SET_FLAGS0 = 0, SET_ABSORPTION = 2, SET_FLOAT = 3, SET_BULK_A = 4,
	SET_ABSORPTION_H = 9, SET_LOW_V = 11, SET_LOW_HYST = 12,
	SET_PREALARM = 63, SET_CAPACITY = 64,
};

/* Voltages are those of 16 cells. Scales and ranges as units report them. */
static const struct multi_setting settings[] = {
	{ 0, 1, 0, 0x8134, 0, 0xFFFF, 0, false },
	{ 1, 1, 0, 0x1000, 0, 0xFFFF, 0, false },
	{ 2, -100, 0, 5680, 4800, 6400, 0, true },
	{ 3, -100, 0, 5400, 4800, 6400, 0, true },
	{ 4, 1, 0, 70, 0, 70, 0, false },
	{ 5, 1, 0, 230, 210, 245, 0, false },
	{ 6, -10, 0, 500, 94, 500, 0, false },
	{ 7, 15, 0, 4, 1, 96, 0, false },
	{ 8, 360, 0, 28, 1, 180, 0, false },
	{ 9, 60, 0, 1, 1, 8, 0, false },
	{ 10, 1, 0, 1, 1, 3, 0, false },
	{ 11, -100, 0, 3720, 3720, 5200, 0x80, true },
	{ 12, -100, 0, 640, 100, 2400, 0, true },
	{ 49, -10, 0, 500, 94, 500, 0, false },
	{ 60, 1, 0, 16, 0, 0xFFFF, 0, false },
	{ 61, 1, 0, 0, 0, 0xFFFF, 0, false },
	{ 63, -100, INT16_MIN, 32868, 32768, 33568, 0, false },
	{ 64, 1, 0, 0, 0, 10000, 0x80, false },
	{ 65, -2, 0, 190, 0, 200, 0, false },
	{ 72, -256, 1, 242, 128, 255, 0, false },
	{ 74, -2, 0, 200, 0, 200, 0, false },
	{ 81, 1, 0, 0, 0, 0xFFFF, 0x01, false },
	{ 87, -12800, 0, 0, 0, 5000, 0, false },
	{ 88, -100, 0, 4800, 4000, 5600, 0, true },
	{ 128, 1, 0, 0, 0, 0xFFFF, 0x01, false },
	{ 190, 1, 0, 0, 0, 0xFFFF, 0x01, false },
	{ 191, 1, 0, 0, 0, 0xFFFF, 0x01, false },
};

const struct multi_setting *multi_setting(unsigned id)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (settings[i].id == id)
			return &settings[i];
	return NULL;
}

uint16_t multi_scaled(const struct multi *multi,
		      const struct multi_setting *setting, uint16_t value)
{
	if (!setting->volts)
		return value;
	return (uint16_t)((value * multi->n_cells + 8) / 16);
}

void multi_init(struct multi *multi, struct bank *bank, unsigned n_cells)
{
	memset(multi, 0, sizeof(*multi));
	multi->bank = bank;
	multi->n_cells = n_cells;
	multi->n_units = 1;
	multi->firmware = 2648508;
	multi->ac = true;
	multi->load_w = 0;
	multi->front = SW_ON;
	multi->remote = multi->frozen_remote = SW_ON;
	multi->panel_detect = true;
	multi->ac_limit_da = 500;
	multi->alive = true;
	multi->stage = STAGE_BULK;
	multi->state = STATE_CHARGE;
	multi->soc_raw = -1;
	for (unsigned u = 0; u < MULTI_UNITS; u++)
		for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
			multi->unit[u].eeprom[settings[i].id] = multi_scaled(
				multi, &settings[i], settings[i].standard);
	multi_reset_units(multi);
}

void multi_reset_units(struct multi *multi)
{
	for (unsigned u = 0; u < MULTI_UNITS; u++)
		memcpy(multi->unit[u].acting, multi->unit[u].eeprom,
		       sizeof(multi->unit[u].acting));
	multi->stage = STAGE_BULK;
	multi->stage_s = 0;
	multi->soc_raw = -1;
}

enum setting_result multi_write(struct multi *multi, unsigned unit,
				unsigned id, uint16_t value, bool ram_only)
{
	const struct multi_setting *s = multi_setting(id);
	struct multi_unit *u = &multi->unit[unit];

	if (!ram_only)
		multi->eeprom_writes++;
	if (!s)
		return SETTING_UNKNOWN;
	if (s->access == 0x01)
		return SETTING_GRID_CODE;
	if (s->access == 0x80 && ram_only)
		return SETTING_NEEDS_RESET;
	/* Accepted is not the same as obeyed. */
	if (value < multi_scaled(multi, s, s->min) ||
	    value > multi_scaled(multi, s, s->max)) {
		multi->refused_writes++;
		return SETTING_OK;
	}
	if (id == SET_BULK_A && multi->ignore_current)
		return SETTING_OK;
	if (!ram_only)
		u->eeprom[id] = value;
	u->acting[id] = value;
	return SETTING_OK;
}

static enum multi_switch acting_remote(const struct multi *multi)
{
	return multi->ignore_switch ? multi->frozen_remote : multi->remote;
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

static unsigned allowed(const struct multi *multi)
{
	unsigned bits = allows(multi->front);

	/* The remote is heard while panel detect is pulled, or by raw frame. */
	if (multi->panel_detect || multi->raw_remote)
		bits &= allows(acting_remote(multi));
	return bits;
}

enum multi_switch multi_active(const struct multi *multi)
{
	unsigned bits = allowed(multi);

	if (!bits)
		return SW_OFF;
	return (enum multi_switch)bits;
}

uint8_t multi_switch_register(const struct multi *multi)
{
	unsigned reg = 0x40;

	reg |= allows(multi->remote);
	if (multi->front == SW_ON)
		reg |= 0x04;
	if (multi->front == SW_CHARGER)
		reg |= 0x08;
	reg |= allowed(multi) << 4;
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

bool multi_mains_used(const struct multi *multi)
{
	return multi->ac && (multi->state == STATE_BYPASS ||
			     multi->state == STATE_CHARGE);
}

static void power(struct multi *multi, int64_t now_ns)
{
	bool fed = multi->ac || multi->bank->terminal_v > cells(multi, DEAD_V);

	/* A MK3 that is off with the unit holds no line and hears no host. */
	if (multi->ac || (!multi->asleep && (multi->standby ||
					     multi_active(multi) != SW_OFF)))
		multi->off_since_ns = 0;
	else if (!multi->off_since_ns)
		multi->off_since_ns = now_ns;
	if (multi->off_since_ns && now_ns - multi->off_since_ns >= STANDBY_NS)
		multi->asleep = true;
	/* Only AC or the front switch wake it again. */
	if (multi->ac)
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

static double bulk_limit_a(const struct multi *multi)
{
	double sum = 0;

	for (unsigned u = 0; u < multi->n_units; u++) {
		const uint16_t *s = multi->unit[u].acting;

		if (!(s[SET_FLAGS0] & FLAG_DISABLE_CHARGE))
			sum += s[SET_BULK_A];
	}
	return sum;
}

static void choose_state(struct multi *multi)
{
	unsigned bits = allowed(multi);

	if (!multi->alive)
		multi->state = STATE_DOWN;
	else if (multi->error || !bits)
		multi->state = STATE_OFF;
	else if (multi->ac && bits & 1)
		multi->state = bulk_limit_a(multi) > 0 ? STATE_CHARGE
						       : STATE_BYPASS;
	else if (bits & 2 && !multi->low_battery)
		multi->state = STATE_INVERT;
	else
		multi->state = STATE_OFF;
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

/* What the AC limit leaves for the charger after the loads. */
static double mains_limit_a(const struct multi *multi)
{
	double watts = multi->ac_limit_da / 10.0 * MAINS_V - multi->load_w;

	return fmax(0, watts * EFFICIENCY / fmax(multi->bank->terminal_v, 1));
}

void multi_step(struct multi *multi, double dt_s, int64_t now_ns)
{
	struct bank_demand demand = { .fixed_a = multi->extra_dc_a };
	double v = fmax(multi->bank->terminal_v, 1);

	power(multi, now_ns);
	watch_low_battery(multi, now_ns);
	choose_state(multi);
	multi->inverter_a = 0;
	if (multi->state == STATE_INVERT)
		multi->inverter_a =
			(multi->load_w / EFFICIENCY + IDLE_W) / v;
	if (multi->state == STATE_CHARGE) {
		next_stage(multi, dt_s);
		demand.charger_v = stage_v(multi);
		demand.charger_a = fmin(bulk_limit_a(multi),
					mains_limit_a(multi));
	} else if (multi->stage != STAGE_BULK) {
		multi_force_stage(multi, STAGE_BULK);
	}
	demand.fixed_a -= multi->inverter_a;
	bank_step(multi->bank, &demand, dt_s);
	multi->charger_a = multi->bank->charger_a;
}

void multi_leds(const struct multi *multi, uint8_t *ret_on,
		uint8_t *ret_blink)
{
	unsigned on = 0, blink = 0;

	if (multi_mains_used(multi))
		on |= 0x01;
	if (multi->state == STATE_CHARGE && multi->stage == STAGE_BULK)
		on |= 0x04;
	if (multi->state == STATE_CHARGE && (multi->stage == STAGE_ABSORPTION ||
					     multi->stage == STAGE_EQUALISE))
		on |= 0x02;
	if (multi->state == STATE_CHARGE && multi->stage == STAGE_FLOAT)
		on |= 0x08;
	if (multi->state == STATE_INVERT)
		on |= 0x10;
	if (multi_alarms(multi) & 0x20)
		on |= 0x40;
	else if (multi_alarms(multi) & 0x02)
		blink |= 0x40;
	if (multi->error)
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
	if (multi->state == STATE_INVERT && multi->bank->terminal_v < pre_v)
		return 0x02;
	return 0;
}

/* 100 % while the unit's battery monitor is off, as units do. */
unsigned multi_soc_raw(const struct multi *multi)
{
	double soc = bank_soc_pct(multi->bank);

	if (!multi->unit[0].acting[SET_CAPACITY])
		return 200;
	if (multi->soc_raw >= 0)
		return (unsigned)multi->soc_raw;
	return (unsigned)lround(fmin(fmax(soc, 0), 100) * 2);
}
