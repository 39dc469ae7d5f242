/* SPDX-License-Identifier: MIT */
#include "keys.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number with so many decimals, or a text when there is one. */
struct value {
	double number;
	int decimals;
	const char *text;
};

static struct value number(double x)
{
	return (struct value){ .number = x };
}

static struct value decimals(double x, int n)
{
	return (struct value){ .number = x, .decimals = n };
}

static struct value text(const char *s)
{
	return (struct value){ .text = s };
}

static struct value gap(double ms)
{
	return ms < 0 ? text("none") : decimals(ms, 1);
}

static struct value bank_voltage(const struct sim *sim)
{
	return number(round(sim->bank.terminal_v * 1000));
}

static struct value bank_current(const struct sim *sim)
{
	return number(round(sim->bank.current_a * 1000));
}

static struct value bank_min_cell(const struct sim *sim)
{
	int32_t mv = INT32_MAX;

	for (unsigned i = 0; i < sim->n_packs; i++)
		if (pack_min_cell_mv(&sim->pack[i]) < mv)
			mv = pack_min_cell_mv(&sim->pack[i]);
	return sim->n_packs ? number(mv) : text("none");
}

static struct value bank_max_cell(const struct sim *sim)
{
	int32_t mv = 0;

	for (unsigned i = 0; i < sim->n_packs; i++)
		if (pack_max_cell_mv(&sim->pack[i]) > mv)
			mv = pack_max_cell_mv(&sim->pack[i]);
	return sim->n_packs ? number(mv) : text("none");
}

static struct value bank_soc(const struct sim *sim)
{
	return decimals(bank_soc_pct(&sim->bank), 2);
}

static struct value elapsed(const struct sim *sim)
{
	return decimals(sim_elapsed_s(sim), 3);
}

static struct value speed(const struct sim *sim)
{
	return decimals(sim->speed, 2);
}

static const char *const switch_names[] = {
	[SW_NONE] = "none",	    [SW_CHARGER] = "charger",
	[SW_INVERTER] = "inverter", [SW_ON] = "on",
	[SW_OFF] = "off",
};

static struct value mk_switch(const struct sim *sim)
{
	return text(switch_names[sim->mk3.asked]);
}

static struct value mk_active(const struct sim *sim)
{
	return text(switch_names[multi_active(&sim->multi)]);
}

static struct value mk_front(const struct sim *sim)
{
	return text(switch_names[sim->multi.front]);
}

static struct value mk_state(const struct sim *sim)
{
	switch (sim->multi.state) {
	case STATE_DOWN:
		return text("down");
	case STATE_OFF:
		return text("off");
	case STATE_INVERT:
		return text("invert");
	case STATE_BYPASS:
		return text("bypass");
	case STATE_CHARGE:
		return text("charge");
	}
	return text("none");
}

static struct value mk_stage(const struct sim *sim)
{
	if (sim->multi.state != STATE_CHARGE)
		return text("none");
	switch (sim->multi.stage) {
	case STAGE_BULK:
		return text("bulk");
	case STAGE_ABSORPTION:
		return text("absorption");
	case STAGE_FLOAT:
		return text("float");
	case STAGE_EQUALISE:
		return text("equalise");
	}
	return text("none");
}

static struct value mk_charge_current(const struct sim *sim)
{
	return number(sim->multi.unit[0].acting[4]);
}

static struct value mk_charger(const struct sim *sim)
{
	return number(round(sim->multi.charger_a * 1000));
}

static struct value mk_inverter(const struct sim *sim)
{
	return number(round(sim->multi.inverter_a * 1000));
}

static struct value mk_eeprom_writes(const struct sim *sim)
{
	return number(sim->multi.eeprom_writes);
}

static struct value mk_refused_writes(const struct sim *sim)
{
	return number(sim->multi.refused_writes);
}

static struct value mk_bad_frames(const struct sim *sim)
{
	return number(sim->mk3.rx.bad + sim->mk3.malformed);
}

static struct value mk_s_age(const struct sim *sim)
{
	if (sim->mk3.asked_ns < 0)
		return text("none");
	return number(round((double)(sim->now_ns - sim->mk3.asked_ns) /
			    NS_PER_MS));
}

static struct value mk_panel_detect(const struct sim *sim)
{
	return number(sim->multi.panel_detect);
}

static struct value mk_standby(const struct sim *sim)
{
	return number(sim->multi.standby);
}

static struct value mk_alive(const struct sim *sim)
{
	return number(sim->mk3.powered && !sim->mk3.booting);
}

static struct value mk_addressed(const struct sim *sim)
{
	return sim->mk3.addressed ? number(sim->mk3.address) : text("none");
}

static struct value mk_winmon(const struct sim *sim)
{
	return text(sim->mk3.winmon_long ? "long" : "short");
}

static struct value mk_s_flags(const struct sim *sim)
{
	return number(sim->mk3.flags);
}

static struct value mk_requests(const struct sim *sim)
{
	return number(sim->mk3.requests);
}

static struct value mk_overlaps(const struct sim *sim)
{
	return number(sim->mk3.overlaps);
}

static struct value mk_s_frames(const struct sim *sim)
{
	return number(sim->mk3.s_frames);
}

static struct value mk_bol_frames(const struct sim *sim)
{
	return number(sim->mk3.bol_frames);
}

static struct value mk_raw_frames(const struct sim *sim)
{
	return number(sim->mk3.raw_frames);
}

static struct value mk_resets(const struct sim *sim)
{
	return number(sim->mk3.resets);
}

static struct value mk_ac_limit(const struct sim *sim)
{
	return decimals(sim->multi.ac_limit_da / 10.0, 1);
}

static struct value mk_low_battery(const struct sim *sim)
{
	return number(sim->multi.low_battery);
}

static struct value mk_soc(const struct sim *sim)
{
	return decimals(multi_soc_raw(&sim->multi) / 2.0, 1);
}

static struct value mk_baud(const struct sim *sim)
{
	return number(pty_client_baud(&sim->mk3.pty));
}

static const struct {
	const char *name;
	struct value (*get)(const struct sim *sim);
} plain_keys[] = {
	{ "time", elapsed },
	{ "speed", speed },
	{ "bank.voltage_mv", bank_voltage },
	{ "bank.current_ma", bank_current },
	{ "bank.min_cell_mv", bank_min_cell },
	{ "bank.max_cell_mv", bank_max_cell },
	{ "bank.soc", bank_soc },
	{ "mk.switch", mk_switch },
	{ "mk.active", mk_active },
	{ "mk.front", mk_front },
	{ "mk.state", mk_state },
	{ "mk.stage", mk_stage },
	{ "mk.charge_current_a", mk_charge_current },
	{ "mk.charger_ma", mk_charger },
	{ "mk.inverter_ma", mk_inverter },
	{ "mk.eeprom_writes", mk_eeprom_writes },
	{ "mk.refused_writes", mk_refused_writes },
	{ "mk.bad_frames", mk_bad_frames },
	{ "mk.s_age_ms", mk_s_age },
	{ "mk.panel_detect", mk_panel_detect },
	{ "mk.standby", mk_standby },
	{ "mk.alive", mk_alive },
	{ "mk.address", mk_addressed },
	{ "mk.winmon", mk_winmon },
	{ "mk.s_flags", mk_s_flags },
	{ "mk.requests", mk_requests },
	{ "mk.overlaps", mk_overlaps },
	{ "mk.s_frames", mk_s_frames },
	{ "mk.bol_frames", mk_bol_frames },
	{ "mk.raw_frames", mk_raw_frames },
	{ "mk.resets", mk_resets },
	{ "mk.ac_limit_a", mk_ac_limit },
	{ "mk.low_battery", mk_low_battery },
	{ "mk.soc", mk_soc },
	{ "mk.baud", mk_baud },
};

static struct value batt_requests(const struct pack *pack)
{
	return number(pack->requests);
}

static struct value batt_forbidden(const struct pack *pack)
{
	return number(pack->forbidden);
}

static struct value batt_last_gap(const struct pack *pack)
{
	return gap(pack->last_gap_ms);
}

static struct value batt_min_gap(const struct pack *pack)
{
	return gap(pack->min_gap_ms);
}

static struct value batt_soc(const struct pack *pack)
{
	return decimals(bank_battery_soc_pct(pack->battery), 2);
}

static struct value batt_voltage(const struct pack *pack)
{
	struct jk_status s;

	pack_status(pack, 0, &s);
	return number((double)s.v[JKS_PACK_MV]);
}

static struct value batt_current(const struct pack *pack)
{
	return number(round(pack->battery->current_a * 1000));
}

static struct value batt_min_cell(const struct pack *pack)
{
	return number(pack_min_cell_mv(pack));
}

static struct value batt_max_cell(const struct pack *pack)
{
	return number(pack_max_cell_mv(pack));
}

static struct value batt_charge_fet(const struct pack *pack)
{
	return number(pack->battery->charge_fet);
}

static struct value batt_discharge_fet(const struct pack *pack)
{
	return number(pack->battery->discharge_fet);
}

static struct value batt_balancing(const struct pack *pack)
{
	return number(pack->battery->balancing);
}

static struct value batt_alarms(const struct pack *pack)
{
	return number(pack_alarms(pack));
}

static struct value batt_temp(const struct pack *pack)
{
	return decimals(pack_temp_dc(pack) / 10.0, 1);
}

static struct value batt_serial(const struct pack *pack)
{
	return text(pack->serial);
}

static const struct {
	const char *name;
	struct value (*get)(const struct pack *pack);
} batt_keys[] = {
	{ "requests", batt_requests },
	{ "forbidden", batt_forbidden },
	{ "last_gap_ms", batt_last_gap },
	{ "min_gap_ms", batt_min_gap },
	{ "soc", batt_soc },
	{ "voltage_mv", batt_voltage },
	{ "current_ma", batt_current },
	{ "min_cell_mv", batt_min_cell },
	{ "max_cell_mv", batt_max_cell },
	{ "charge_fet", batt_charge_fet },
	{ "discharge_fet", batt_discharge_fet },
	{ "balancing", batt_balancing },
	{ "alarms", batt_alarms },
	{ "temp_c", batt_temp },
	{ "serial", batt_serial },
};

static struct value bus_collisions(const struct bus *bus)
{
	return number(bus->collisions);
}

static struct value bus_requests(const struct bus *bus)
{
	return number(bus->requests);
}

static struct value bus_bad_bytes(const struct bus *bus)
{
	return number(bus->bad_bytes);
}

static struct value bus_baud(const struct bus *bus)
{
	return number(pty_client_baud(&bus->pty));
}

static const struct {
	const char *name;
	struct value (*get)(const struct bus *bus);
} bus_keys[] = {
	{ "collisions", bus_collisions },
	{ "requests", bus_requests },
	{ "bad_bytes", bus_bad_bytes },
	{ "baud", bus_baud },
};

static void put_value(struct value v, char *ret_value)
{
	if (v.text)
		snprintf(ret_value, KEY_VALUE_MAX, "%s", v.text);
	else
		snprintf(ret_value, KEY_VALUE_MAX, "%.*f", v.decimals,
			 v.number + 0.0);
}

/* "batt.3.soc": the number, and the name behind it. */
static const char *numbered(const char *key, const char *prefix,
			    unsigned first, unsigned last, unsigned *ret_n)
{
	size_t len = strlen(prefix);
	char *end;
	unsigned long n;

	if (strncmp(key, prefix, len) || key[len] < '0' || key[len] > '9')
		return NULL;
	n = strtoul(key + len, &end, 10);
	if (*end != '.' || n < first || n > last)
		return NULL;
	*ret_n = (unsigned)n;
	return end + 1;
}

static bool get_batt(const struct sim *sim, const char *key, char *ret_value)
{
	unsigned n;
	const char *name = numbered(key, "batt.", 1, sim->n_packs, &n);

	for (size_t i = 0; name && i < ARRAY_SIZE(batt_keys); i++) {
		if (!strcmp(name, batt_keys[i].name)) {
			put_value(batt_keys[i].get(&sim->pack[n - 1]),
				  ret_value);
			return true;
		}
	}
	return false;
}

static bool get_bus(const struct sim *sim, const char *key, char *ret_value)
{
	unsigned n;
	const char *name = numbered(key, "bus.", 1, sim->n_buses, &n);

	for (size_t i = 0; name && i < ARRAY_SIZE(bus_keys); i++) {
		if (!strcmp(name, bus_keys[i].name)) {
			put_value(bus_keys[i].get(&sim->bus[n - 1]),
				  ret_value);
			return true;
		}
	}
	return false;
}

static bool get_unit(const struct sim *sim, const char *key, char *ret_value)
{
	unsigned n;
	const char *name = numbered(key, "mk.unit.", 0,
				    sim->multi.n_units - 1, &n);

	if (!name || strcmp(name, "charge_current_a"))
		return false;
	put_value(number(sim->multi.unit[n].acting[4]), ret_value);
	return true;
}

bool key_get(const struct sim *sim, const char *key, char *ret_value)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain_keys); i++) {
		if (!strcmp(key, plain_keys[i].name)) {
			put_value(plain_keys[i].get(sim), ret_value);
			return true;
		}
	}
	return get_batt(sim, key, ret_value) || get_bus(sim, key, ret_value) ||
	       get_unit(sim, key, ret_value);
}

static const char *const ops[] = { "<", "<=", ">", ">=", "=", "!=" };

bool key_op_valid(const char *op)
{
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (!strcmp(op, ops[i]))
			return true;
	return false;
}

static bool as_number(const char *s, double *ret)
{
	char *end;

	*ret = strtod(s, &end);
	return end != s && !*end;
}

bool key_compare(const char *value, const char *op, const char *wanted)
{
	bool equal = op[strlen(op) - 1] == '=';
	double a, b;

	if (!as_number(value, &a) || !as_number(wanted, &b)) {
		bool same = !strcmp(value, wanted);

		return (op[0] == '=' && same) || (op[0] == '!' && !same);
	}
	switch (op[0]) {
	case '<':
		return a < b || (equal && a <= b);
	case '>':
		return a > b || (equal && a >= b);
	case '!':
		return a < b || a > b;
	default:
		return a >= b && a <= b;
	}
}
