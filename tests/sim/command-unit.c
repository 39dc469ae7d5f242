/* SPDX-License-Identifier: MIT */
#include "command-mk.h"

#include <string.h>

/* Only units that the system has. */
static struct multi_unit *next_unit(const struct command *c, unsigned *at)
{
	while (c->apply && *at < c->end) {
		struct multi_unit *unit = &c->sim->multi.unit[(*at)++];

		if (unit->present)
			return unit;
	}
	return NULL;
}

static bool unit_firmware(struct command *c)
{
	struct multi_unit *unit;
	unsigned at = c->first;
	double n;

	if (!command_number(c->word[2], 0, UINT32_MAX, &n))
		return false;
	while ((unit = next_unit(c, &at)))
		unit->firmware = (uint32_t)n;
	return true;
}

static bool unit_error(struct command *c)
{
	struct multi_unit *unit;
	unsigned at = c->first;
	double n;

	if (!command_number(c->word[2], 0, 31, &n))
		return false;
	while ((unit = next_unit(c, &at)))
		unit->error = (unsigned)n;
	return true;
}

static bool unit_delay(struct command *c)
{
	struct multi_unit *unit;
	unsigned at = c->first;
	double ms;

	if (!command_number(c->word[2], 0, 60000, &ms))
		return false;
	while ((unit = next_unit(c, &at)))
		unit->delay_ns = (int64_t)(ms * NS_PER_MS);
	return true;
}

static bool unit_flag(struct command *c)
{
	struct multi_unit *unit;
	unsigned at = c->first;
	bool on;

	if (!command_on_off(c->word[2], &on))
		return false;
	while ((unit = next_unit(c, &at))) {
		if (!strcmp(c->word[1], "gone"))
			unit->gone = on;
		else if (!strcmp(c->word[1], "mute"))
			unit->mute = on;
		else
			unit->ignore_current = on;
	}
	return true;
}

static bool unit_ignore_switch(struct command *c)
{
	struct multi_unit *unit;
	unsigned at = c->first;
	bool on;

	if (!command_on_off(c->word[2], &on))
		return false;
	while ((unit = next_unit(c, &at))) {
		unit->frozen_remote = c->sim->multi.remote;
		unit->ignore_switch = on;
	}
	return true;
}

/* As the installer has set it: stored and acting. */
static bool unit_setting(struct command *c)
{
	struct multi_unit *unit;
	unsigned at = c->first;
	double id, value;

	if (!command_number(c->word[2], 0, MULTI_SETTINGS - 1, &id) ||
	    !multi_setting((unsigned)id) ||
	    !command_number(c->word[3], 0, UINT16_MAX, &value))
		return false;
	while ((unit = next_unit(c, &at)))
		unit->eeprom[(unsigned)id] = unit->acting[(unsigned)id] =
			(uint16_t)value;
	return true;
}

static bool unit_reset(struct command *c)
{
	struct multi_unit *unit;
	unsigned at = c->first;

	while ((unit = next_unit(c, &at)))
		multi_unit_reset(unit);
	return true;
}

static const struct command_row rows[] = {
	{ "error", 3, 3, "mk [unit A] error N (0..31)", unit_error },
	{ "firmware", 3, 3, "mk [unit A] firmware U32", unit_firmware },
	{ "ignore-switch", 3, 3, "mk [unit A] ignore-switch on|off",
	  unit_ignore_switch },
	{ "ignore-current", 3, 3, "mk [unit A] ignore-current on|off",
	  unit_flag },
	{ "gone", 3, 3, "mk unit A gone on|off", unit_flag },
	{ "mute", 3, 3, "mk unit A mute on|off", unit_flag },
	{ "delay", 3, 3, "mk unit A delay MS (0..60000)", unit_delay },
	{ "setting", 4, 4, "mk unit A setting ID VALUE", unit_setting },
	{ "reset", 2, 2, "mk unit A reset", unit_reset },
};

bool command_units(struct command *c)
{
	c->first = 0;
	c->end = MULTI_ADDRESSES;
	return command_table(c, 1, rows, ARRAY_SIZE(rows));
}

bool command_unit(struct command *c)
{
	struct command order = *c;
	double address;

	order.word += 2;
	order.n -= 2;
	if (!strcmp(order.word[0], "all"))
		return command_units(&order);
	if (!command_number(order.word[0], 0, MULTI_ADDRESSES - 1, &address))
		return false;
	order.first = (unsigned)address;
	order.end = order.first + 1;
	if (c->apply && !c->sim->multi.unit[order.first].present)
		return false;
	return command_table(&order, 1, rows, ARRAY_SIZE(rows));
}
