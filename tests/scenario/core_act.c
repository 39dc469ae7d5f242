/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/reason.h"
#include "lib/core/update.h"
#include "tests/scenario/core.h"

static int32_t milli(double value)
{
	return (int32_t)lround(value * 1000);
}

static int32_t tenth(double value)
{
	return (int32_t)lround(value * 10);
}

static bool is_on(const struct action *a, const char *on)
{
	return strcmp(a->word, on) == 0;
}

static void each(struct core *c, const struct action *a,
		 void (*act)(struct bank *bank, uint32_t i, double value))
{
	for (uint32_t i = 0; i < c->bank.n; i++) {
		if (a->battery == 0 || i + 1 == a->battery)
			act(&c->bank, i, a->value);
	}
}

static void set_cells(struct bank *bank, uint32_t i, double value)
{
	bank_cells(bank, i, (uint16_t)milli(value));
}

static void set_temperature(struct bank *bank, uint32_t i, double value)
{
	bank_temperature(bank, i, tenth(value));
}

static void set_current(struct bank *bank, uint32_t i, double value)
{
	bank->sample[i].current_ma = known_i32(milli(value));
}

static void set_charge(struct bank *bank, uint32_t i, double value)
{
	bank->sample[i].soc_permille = known_i32(tenth(value));
}

static void set_capacity(struct bank *bank, uint32_t i, double value)
{
	bank->sample[i].design_mah = known_i32(milli(value));
	bank->sample[i].full_mah = known_i32(milli(value));
}

static void clear_capacity(struct bank *bank, uint32_t i, double value)
{
	(void)value;
	bank->sample[i].design_mah = UNKNOWN_I32;
	bank->sample[i].full_mah = UNKNOWN_I32;
}

static void set_cell_count(struct bank *bank, uint32_t i, double value)
{
	struct sample *s = &bank->sample[i];

	for (size_t k = s->n_cells; k < (size_t)value; k++)
		s->cell_mv[k] = s->cell_mv[0];
	s->n_cells = (uint8_t)value;
	bank_cell(bank, i, 0, s->cell_mv[0]);
}

static bool act_protects(struct sample *s, const char *name)
{
	for (uint32_t i = 0; i < PROTECTION_COUNT; i++) {
		if (strcmp(battery_protection_name(i), name) != 0)
			continue;
		s->protections |= 1u << i;
		return true;
	}
	return false;
}

static bool act_mode(struct core *c, const char *word)
{
	static const char *const modes[] = {
		[BMS_MODE_OFF] = "off",
		[BMS_MODE_CHARGER_ONLY] = "charger-only",
		[BMS_MODE_INVERTER_ONLY] = "inverter-only",
		[BMS_MODE_ON] = "on",
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcmp(modes[i], word) != 0)
			continue;
		c->bank.input.mode = (enum bms_mode)i;
		bank_step_only(&c->bank);
		return true;
	}
	return false;
}

static bool act_setting(struct core *c, const char *text)
{
	char error[SETTINGS_ERROR_SIZE];
	struct script_setting s;

	return script_setting(text, &s) &&
	       settings_set(&c->bank.settings, s.section, s.key, s.value,
			    error) == 0;
}

static bool command(struct core *c, enum bms_command_kind kind,
		    uint32_t battery, int32_t value)
{
	c->bank.input.command = (struct bms_command){
		.kind = kind, .battery = battery, .value = value,
	};
	bank_step_only(&c->bank);
	c->bank.input.command.kind = BMS_COMMAND_NONE;
	return true;
}

static void clock_back(struct core *c, double s)
{
	int64_t us = (int64_t)(s * 1e6);

	c->bank.input.now.us -= (uint64_t)us;
	c->back_us += us;
	bank_step_only(&c->bank);
}

/* With nothing kept but what an update leaves (H1, H2). */
static void restart(struct bank *bank)
{
	bank->input.left_over = (struct bms_left_over){
		update_left_ms(&bank->state), update_hold_ms(&bank->state)
	};
	bms_init(&bank->state, bank->battery, bank->n, bank->reason);
	bank_step_only(bank);
	bank->input.left_over = (struct bms_left_over){ 0 };
}

static void answers(struct core *c, const struct action *a)
{
	c->bank.silent[a->battery - 1] = a->kind != ACTION_ANSWERS;
	c->garbled[a->battery - 1] = a->kind == ACTION_GARBLED;
}

/* What one battery's next reading says. */
static bool act_sample(const struct action *a, struct sample *s)
{
	switch ((int)a->kind) {
	case ACTION_PACK_VOLTAGE:
		s->voltage_mv = known_i32(milli(a->value));
		return true;
	case ACTION_SENSOR:
		s->temperature[a->cell - 1].dc = known_i32(tenth(a->value));
		return true;
	case ACTION_SENSOR_BROKEN:
		s->temperature[a->cell - 1].dc = UNKNOWN_I32;
		return true;
	case ACTION_SENSORS_NONE:
		s->n_temperatures = 0;
		return true;
	case ACTION_CURRENT_UNKNOWN:
		s->current_ma = UNKNOWN_I32;
		return true;
	case ACTION_CHARGE_UNKNOWN:
		s->soc_permille = UNKNOWN_I32;
		return true;
	case ACTION_CHARGE_SWITCH:
		s->charge_switch_on = known_i32(is_on(a, "closed"));
		return true;
	case ACTION_DISCHARGE_SWITCH:
		s->discharge_switch_on = known_i32(is_on(a, "closed"));
		return true;
	case ACTION_PROTECTS:
		return act_protects(s, a->word);
	case ACTION_PROTECTS_NOT:
		s->protections = 0;
		return true;
	case ACTION_BALANCES:
		s->balancing = known_i32(is_on(a, "on"));
		return true;
	case ACTION_SERIAL:
		snprintf(s->serial, sizeof(s->serial), "%.31s", a->word);
		return true;
	case ACTION_CHARGE_WISH:
		s->charge_limit_ma = known_i32(milli(a->value));
		return true;
	case ACTION_DISCHARGE_WISH:
		s->discharge_limit_ma = known_i32(milli(a->value));
		return true;
	}
	return false;
}

static bool act_bank(struct core *c, const struct action *a)
{
	static void (*const acts[ACTION_COUNT])(struct bank *, uint32_t,
						double) = {
		[ACTION_CELLS] = set_cells,
		[ACTION_ALL_CELLS] = set_cells,
		[ACTION_TEMPERATURE] = set_temperature,
		[ACTION_ALL_TEMPERATURES] = set_temperature,
		[ACTION_CURRENT] = set_current,
		[ACTION_ALL_CURRENTS] = set_current,
		[ACTION_CHARGE] = set_charge,
		[ACTION_ALL_CHARGES] = set_charge,
		[ACTION_CAPACITY] = set_capacity,
		[ACTION_CAPACITY_UNKNOWN] = clear_capacity,
		[ACTION_CELL_COUNT] = set_cell_count,
	};

	if (!acts[a->kind])
		return false;
	each(c, a, acts[a->kind]);
	return true;
}

/* What an operator or the world around does; seen in a step of its own. */
static bool act_outside(struct core *c, const struct action *a)
{
	struct bms_input *in = &c->bank.input;

	switch ((int)a->kind) {
	case ACTION_REMOTE:
		in->remote_h = known_i32(is_on(a, "on"));
		break;
	case ACTION_MODE:
		return act_mode(c, a->word);
	case ACTION_LINES:
		in->lines_failed = is_on(a, "fail");
		break;
	case ACTION_PERSIST:
		in->lines_persist = true;
		break;
	case ACTION_CLOCK_BACK:
		clock_back(c, a->value);
		break;
	case ACTION_SETTING:
		return act_setting(c, a->word);
	case ACTION_BYPASS:
		return command(c, BMS_COMMAND_BYPASS, a->battery,
			       (int32_t)a->value);
	case ACTION_BYPASS_END:
		return command(c, BMS_COMMAND_BYPASS, a->battery, 0);
	case ACTION_SET_CHARGE:
		return command(c, BMS_COMMAND_SET_SOC, 0, tenth(a->value));
	case ACTION_SYNCHRONISE:
		return command(c, BMS_COMMAND_SYNCHRONISE, 0, 0);
	case ACTION_BEGIN_UPDATE:
		return command(c, BMS_COMMAND_BEGIN_UPDATE, 0, 0);
	case ACTION_END_UPDATE:
		return command(c, BMS_COMMAND_END_UPDATE, 0, 0);
	case ACTION_RESTART:
		restart(&c->bank);
		break;
	case ACTION_INVERTER_LINK:
		c->reading.connected = is_on(a, "connected");
		break;
	case ACTION_INVERTER_VOLTAGE:
		c->reading.dc_mv = known_i32(milli(a->value));
		break;
	case ACTION_INVERTER_OBEYS:
		c->disobeys = is_on(a, "ignores");
		break;
	default:
		return false;
	}
	bank_step_only(&c->bank);
	return true;
}

bool core_act(void *world, const struct action *a)
{
	struct core *c = world;
	struct bank *bank = &c->bank;

	switch ((int)a->kind) {
	case ACTION_CELL:
		bank_cell(bank, a->battery - 1, a->cell - 1,
			  (uint16_t)milli(a->value));
		return true;
	case ACTION_PACK_AUTO:
		bank_cell(bank, a->battery - 1, 0,
			  bank->sample[a->battery - 1].cell_mv[0]);
		return true;
	case ACTION_SILENT:
	case ACTION_ANSWERS:
	case ACTION_GARBLED:
		answers(c, a);
		return true;
	}
	return act_bank(c, a) || act_outside(c, a) ||
	       (a->battery > 0 &&
		act_sample(a, &bank->sample[a->battery - 1]));
}
