/* SPDX-License-Identifier: MIT */
#include "keys-value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void value_text(struct value v, char *ret_value)
{
	if (v.text)
		snprintf(ret_value, KEY_VALUE_MAX, "%s", v.text);
	else
		snprintf(ret_value, KEY_VALUE_MAX, "%.*f", v.decimals,
			 v.number + 0.0);
}

const char *value_numbered(const char *key, const char *prefix,
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
	const char *name = value_numbered(key, "batt.", 1, sim->n_packs, &n);

	for (size_t i = 0; name && i < ARRAY_SIZE(batt_keys); i++) {
		if (!strcmp(name, batt_keys[i].name)) {
			value_text(batt_keys[i].get(&sim->pack[n - 1]),
				  ret_value);
			return true;
		}
	}
	return false;
}

static bool get_bus(const struct sim *sim, const char *key, char *ret_value)
{
	unsigned n;
	const char *name = value_numbered(key, "bus.", 1, sim->n_buses, &n);

	for (size_t i = 0; name && i < ARRAY_SIZE(bus_keys); i++) {
		if (!strcmp(name, bus_keys[i].name)) {
			value_text(bus_keys[i].get(&sim->bus[n - 1]),
				  ret_value);
			return true;
		}
	}
	return false;
}

bool key_get(const struct sim *sim, const char *key, char *ret_value)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain_keys); i++) {
		if (!strcmp(key, plain_keys[i].name)) {
			value_text(plain_keys[i].get(sim), ret_value);
			return true;
		}
	}
	return get_batt(sim, key, ret_value) || get_bus(sim, key, ret_value) ||
	       key_get_mk(sim, key, ret_value);
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
