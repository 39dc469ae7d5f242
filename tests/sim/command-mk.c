/* SPDX-License-Identifier: MIT */
#include "command-mk.h"

#include <string.h>

static bool mk_reset(struct command *c)
{
	if (c->apply)
		mk3_reset(&c->sim->mk3, c->sim->now_ns);
	return true;
}

static bool mk_unit_reset(struct command *c)
{
	if (c->apply)
		multi_reset_units(&c->sim->multi);
	return true;
}

/* Every switch of this kind is one bool somewhere. */
static bool mk_flag(struct command *c)
{
	const struct {
		const char *name;
		bool *flag;
		bool inverted;
	} flags[] = {
		{ "sleep", &c->sim->multi.slept, false },
		{ "dmc", &c->sim->multi.dmc, false },
		{ "mains-as-group", &c->sim->multi.mains_as_group, false },
		{ "map", &c->sim->mk3.no_map, true },
		{ "slave-state", &c->sim->mk3.slave_state, false },
		{ "garbage", &c->sim->mk3.garbage, false },
	};
	bool on;

	if (!command_on_off(c->word[2], &on))
		return false;
	for (size_t i = 0; c->apply && i < ARRAY_SIZE(flags); i++)
		if (!strcmp(c->word[1], flags[i].name))
			*flags[i].flag = on != flags[i].inverted;
	return true;
}

struct named {
	const char *name;
	unsigned value;
};

static bool by_name(const char *text, const struct named *names, size_t n,
		    unsigned *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(text, names[i].name)) {
			*ret = names[i].value;
			return true;
		}
	}
	return false;
}

bool command_switch(const char *text, enum multi_switch *ret)
{
	static const struct named names[] = {
		{ "on", SW_ON },
		{ "off", SW_OFF },
		{ "charger", SW_CHARGER },
		{ "inverter", SW_INVERTER },
	};
	unsigned value;

	if (!by_name(text, names, ARRAY_SIZE(names), &value))
		return false;
	*ret = (enum multi_switch)value;
	return true;
}

/* Versions: the first kind is below 1146100. */
static bool mk_bms(struct command *c)
{
	static const struct named names[] = {
		{ "off", 0 }, { "on", 1146105 }, { "v1", 1140112 },
	};
	unsigned version;

	if (!by_name(c->word[2], names, ARRAY_SIZE(names), &version))
		return false;
	if (c->apply)
		c->sim->multi.bms = version;
	return true;
}

static bool mk_bms_allows(struct command *c)
{
	static const struct named names[] = {
		{ "none", 0 }, { "charge", 1 }, { "discharge", 2 },
		{ "both", 3 },
	};
	unsigned bits;

	if (!by_name(c->word[2], names, ARRAY_SIZE(names), &bits))
		return false;
	if (c->apply)
		c->sim->multi.bms_allows = bits;
	return true;
}

static bool mk_front(struct command *c)
{
	enum multi_switch sw;

	if (!command_switch(c->word[2], &sw) || sw == SW_INVERTER)
		return false;
	if (c->apply)
		multi_toggle_front(&c->sim->multi, sw, c->sim->now_ns);
	return true;
}

static bool mk_remote(struct command *c)
{
	enum multi_switch sw;

	if (!command_switch(c->word[2], &sw))
		return false;
	if (c->apply)
		c->sim->multi.remote = sw;
	return true;
}

static bool mk_winmon(struct command *c)
{
	bool lengthy = !strcmp(c->word[2], "long");

	if (!lengthy && strcmp(c->word[2], "short"))
		return false;
	if (c->apply)
		c->sim->mk3.winmon_long = lengthy;
	return true;
}

static bool mk_units(struct command *c)
{
	double n, phases = 1;

	if (!command_number(c->word[2], 1, MULTI_ADDRESSES, &n) ||
	    (c->n > 3 &&
	     !command_number(c->word[3], 1, MULTI_PHASES, &phases)))
		return false;
	return !c->apply || multi_arrange(&c->sim->multi, (unsigned)n,
					  (unsigned)phases);
}

static bool mk_dmc_switch(struct command *c)
{
	enum multi_switch sw;

	if (!command_switch(c->word[2], &sw))
		return false;
	if (c->apply)
		c->sim->multi.dmc_switch = sw;
	return true;
}

static bool mk_drop_next(struct command *c)
{
	double n;

	if (!command_number(c->word[2], 0, 1e6, &n))
		return false;
	if (c->apply)
		c->sim->mk3.drop_next = (unsigned)n;
	return true;
}

static bool mk_delay(struct command *c)
{
	double ms;

	if (!command_number(c->word[2], 0, 60000, &ms))
		return false;
	if (c->apply)
		c->sim->mk3.delay_ns = (int64_t)(ms * NS_PER_MS);
	return true;
}

static const struct command_row rows[] = {
	{ "reset", 2, 2, "mk reset", mk_reset },
	{ "unit-reset", 2, 2, "mk unit-reset", mk_unit_reset },
	{ "unit", 4, 6, "mk unit ADDRESS|all ORDER ...", command_unit },
	{ "error", 3, 3, "mk error N", command_units },
	{ "firmware", 3, 3, "mk firmware U32", command_units },
	{ "ignore-switch", 3, 3, "mk ignore-switch on|off", command_units },
	{ "ignore-current", 3, 3, "mk ignore-current on|off", command_units },
	{ "units", 3, 4, "mk units N [PHASES] (dealt out in turn)", mk_units },
	{ "sleep", 3, 3, "mk sleep on|off", mk_flag },
	{ "map", 3, 3, "mk map on|off", mk_flag },
	{ "slave-state", 3, 3, "mk slave-state on|off", mk_flag },
	{ "mains-as-group", 3, 3, "mk mains-as-group on|off", mk_flag },
	{ "front", 3, 3, "mk front on|off|charger", mk_front },
	{ "remote", 3, 3, "mk remote on|off|charger|inverter", mk_remote },
	{ "winmon", 3, 3, "mk winmon long|short", mk_winmon },
	{ "bms", 3, 3, "mk bms on|off|v1", mk_bms },
	{ "bms-allows", 3, 3, "mk bms-allows both|charge|discharge|none",
	  mk_bms_allows },
	{ "dmc", 3, 3, "mk dmc on|off", mk_flag },
	{ "dmc-switch", 3, 3, "mk dmc-switch on|off|charger|inverter",
	  mk_dmc_switch },
	{ "garbage", 3, 3, "mk garbage on|off", mk_flag },
	{ "drop-next", 3, 3, "mk drop-next N", mk_drop_next },
	{ "delay", 3, 3, "mk delay MS (0..60000)", mk_delay },
};

bool command_mk(struct command *c)
{
	return command_table(c, 1, rows, ARRAY_SIZE(rows));
}
