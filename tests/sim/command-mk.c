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
	} flags[] = {
		{ "sleep", &c->sim->multi.slept },
		{ "ignore-current", &c->sim->multi.ignore_current },
		{ "bms", &c->sim->mk3.bms },
		{ "dmc", &c->sim->mk3.dmc },
		{ "garbage", &c->sim->mk3.garbage },
	};
	bool on;

	if (!command_on_off(c->word[2], &on))
		return false;
	for (size_t i = 0; c->apply && i < ARRAY_SIZE(flags); i++)
		if (!strcmp(c->word[1], flags[i].name))
			*flags[i].flag = on;
	return true;
}

static bool mk_ignore_switch(struct command *c)
{
	bool on;

	if (!command_on_off(c->word[2], &on))
		return false;
	if (c->apply) {
		c->sim->multi.frozen_remote = c->sim->multi.remote;
		c->sim->multi.ignore_switch = on;
	}
	return true;
}

static bool switch_word(const char *text, enum multi_switch *ret)
{
	static const struct {
		const char *name;
		enum multi_switch sw;
	} names[] = {
		{ "on", SW_ON },
		{ "off", SW_OFF },
		{ "charger", SW_CHARGER },
		{ "inverter", SW_INVERTER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i].name)) {
			*ret = names[i].sw;
			return true;
		}
	}
	return false;
}

static bool mk_front(struct command *c)
{
	enum multi_switch sw;

	if (!switch_word(c->word[2], &sw) || sw == SW_INVERTER)
		return false;
	if (c->apply)
		multi_toggle_front(&c->sim->multi, sw, c->sim->now_ns);
	return true;
}

static bool mk_remote(struct command *c)
{
	enum multi_switch sw;

	if (!switch_word(c->word[2], &sw))
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
	double n;

	if (!command_number(c->word[2], 1, MULTI_UNITS, &n))
		return false;
	if (c->apply)
		c->sim->multi.n_units = (unsigned)n;
	return true;
}

static bool mk_firmware(struct command *c)
{
	double n;

	if (!command_number(c->word[2], 0, UINT32_MAX, &n))
		return false;
	if (c->apply)
		c->sim->multi.firmware = (uint32_t)n;
	return true;
}

static bool mk_error(struct command *c)
{
	double n;

	if (!command_number(c->word[2], 0, 31, &n))
		return false;
	if (c->apply)
		c->sim->multi.error = (unsigned)n;
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
	{ "sleep", 3, 3, "mk sleep on|off", mk_flag },
	{ "ignore-switch", 3, 3, "mk ignore-switch on|off", mk_ignore_switch },
	{ "ignore-current", 3, 3, "mk ignore-current on|off", mk_flag },
	{ "front", 3, 3, "mk front on|off|charger", mk_front },
	{ "remote", 3, 3, "mk remote on|off|charger|inverter", mk_remote },
	{ "winmon", 3, 3, "mk winmon long|short", mk_winmon },
	{ "units", 3, 3, "mk units N (1..32)", mk_units },
	{ "firmware", 3, 3, "mk firmware U32", mk_firmware },
	{ "error", 3, 3, "mk error N (0..31)", mk_error },
	{ "bms", 3, 3, "mk bms on|off", mk_flag },
	{ "dmc", 3, 3, "mk dmc on|off", mk_flag },
	{ "garbage", 3, 3, "mk garbage on|off", mk_flag },
	{ "drop-next", 3, 3, "mk drop-next N", mk_drop_next },
	{ "delay", 3, 3, "mk delay MS (0..60000)", mk_delay },
};

bool command_mk(struct command *c)
{
	return command_table(c, 1, rows, ARRAY_SIZE(rows));
}
