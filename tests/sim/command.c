/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-mk.h"
#include "keys.h"

unsigned command_split(char *line, char **ret_words, unsigned max)
{
	char *save = NULL;
	unsigned n = 0;

	for (char *word = strtok_r(line, " \t\r\n", &save);
	     word && n < max; word = strtok_r(NULL, " \t\r\n", &save))
		ret_words[n++] = word;
	return n;
}

bool command_number(const char *text, double min, double max, double *ret)
{
	char *end;
	double x = strtod(text, &end);

	if (end == text || *end || !(x >= min && x <= max))
		return false;
	*ret = x;
	return true;
}

bool command_on_off(const char *text, bool *ret)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		return false;
	*ret = !strcmp(text, "on");
	return true;
}

static bool whole(const char *text, double min, double max, unsigned *ret)
{
	double x;

	if (!command_number(text, min, max, &x) || x > floor(x))
		return false;
	*ret = (unsigned)x;
	return true;
}

/* One battery by number. */
static struct pack *battery(const struct command *c)
{
	unsigned n;

	if (!whole(c->word[1], 1, c->sim->n_packs, &n))
		return NULL;
	return &c->sim->pack[n - 1];
}

/* One battery or all of them: a range of indices. */
static bool batteries(const struct command *c, unsigned *ret_first,
		      unsigned *ret_end)
{
	unsigned n;

	if (!strcmp(c->word[1], "all")) {
		*ret_first = 0;
		*ret_end = c->sim->n_packs;
		return true;
	}
	if (!whole(c->word[1], 1, c->sim->n_packs, &n))
		return false;
	*ret_first = n - 1;
	*ret_end = n;
	return true;
}

static bool phase(const struct command *c, unsigned *ret_phase)
{
	unsigned n;

	if (!whole(c->word[2], 1, MULTI_PHASES, &n))
		return false;
	*ret_phase = n - 1;
	return true;
}

static bool do_load(struct command *c)
{
	unsigned p = 0;
	double watts;

	if (!command_number(c->word[1], 0, 1e6, &watts) ||
	    (c->n > 2 && !phase(c, &p)))
		return false;
	if (c->apply && c->n > 2)
		c->sim->multi.load_w[p] = watts;
	else if (c->apply)
		multi_set_load(&c->sim->multi, watts);
	return true;
}

static bool do_dc(struct command *c)
{
	double amps;

	if (!command_number(c->word[1], -5000, 5000, &amps))
		return false;
	if (c->apply)
		c->sim->multi.extra_dc_a = amps;
	return true;
}

static bool do_ac(struct command *c)
{
	unsigned p = 0;
	bool on;

	if (!command_on_off(c->word[1], &on) || (c->n > 2 && !phase(c, &p)))
		return false;
	if (c->apply && c->n > 2)
		c->sim->multi.ac[p] = on;
	else if (c->apply)
		multi_set_ac(&c->sim->multi, on);
	return true;
}

static bool do_soc(struct command *c)
{
	unsigned first, end;
	double pct;

	if (!batteries(c, &first, &end) ||
	    !command_number(c->word[2], -5, 105, &pct))
		return false;
	for (unsigned i = first; c->apply && i < end; i++)
		bank_set_soc(c->sim->pack[i].battery, pct);
	return true;
}

/* "force MV" or "auto" from a word on. */
static bool forced(const struct command *c, unsigned at, int32_t max,
		   int32_t *ret_mv)
{
	double mv;

	if (c->n == at + 1 && !strcmp(c->word[at], "auto")) {
		*ret_mv = PACK_AUTO;
		return true;
	}
	if (c->n != at + 2 || strcmp(c->word[at], "force") ||
	    !command_number(c->word[at + 1], 0, max, &mv))
		return false;
	*ret_mv = (int32_t)lround(mv);
	return true;
}

static bool do_cell(struct command *c)
{
	struct pack *pack = battery(c);
	unsigned cell;
	double pct;
	int32_t mv;

	if (!pack || !whole(c->word[2], 1, c->sim->bank.n_cells, &cell))
		return false;
	if (!strcmp(c->word[3], "soc-offset")) {
		if (c->n != 5 || !command_number(c->word[4], -100, 100, &pct))
			return false;
		if (c->apply)
			bank_shift_cell(&pack->battery->cell[cell - 1], pct);
		return true;
	}
	if (!forced(c, 3, 65535, &mv))
		return false;
	if (c->apply)
		pack->cell_force_mv[cell - 1] = mv;
	return true;
}

static bool do_cells(struct command *c)
{
	unsigned first, end;
	int32_t mv;

	if (!batteries(c, &first, &end) || !forced(c, 2, 65535, &mv))
		return false;
	for (unsigned i = first; c->apply && i < end; i++)
		for (unsigned cell = 0; cell < BANK_CELLS; cell++)
			c->sim->pack[i].cell_force_mv[cell] = mv;
	return true;
}

static bool do_pack(struct command *c)
{
	struct pack *pack = battery(c);
	int32_t mv;

	if (!pack || !forced(c, 2, 1000000, &mv))
		return false;
	if (c->apply)
		pack->pack_force_mv = mv;
	return true;
}

static bool do_temp(struct command *c)
{
	int32_t dc = PACK_AUTO;
	unsigned first, end;
	double celsius;

	if (!batteries(c, &first, &end))
		return false;
	if (strcmp(c->word[2], "auto")) {
		if (!command_number(c->word[2], -3000, 3000, &celsius))
			return false;
		dc = (int32_t)lround(celsius * 10);
	}
	for (unsigned i = first; c->apply && i < end; i++)
		c->sim->pack[i].temp_force_dc = dc;
	return true;
}

static bool do_limit(struct command *c)
{
	bool over = !strcmp(c->word[0], "ovp");
	unsigned first, end, mv;

	if (!batteries(c, &first, &end) || !whole(c->word[2], 1000, 5000, &mv))
		return false;
	for (unsigned i = first; c->apply && i < end; i++)
		pack_set_limit(&c->sim->pack[i],
			       over ? LIMIT_OVP_MV : LIMIT_UVP_MV, (int32_t)mv,
			       over ? 100 : 300);
	return true;
}

static bool do_serial(struct command *c)
{
	struct pack *pack = battery(c);
	size_t len = strlen(c->word[2]);

	if (!pack || len != 11 || strspn(c->word[2], "0123456789") != len)
		return false;
	if (c->apply)
		memcpy(pack->serial, c->word[2], len + 1);
	return true;
}

static bool do_fet(struct command *c)
{
	struct pack *pack = battery(c);
	enum pack_switch which = SWITCH_CHARGE;
	enum fet_override state = FET_AUTO;
	bool on;

	if (!strcmp(c->word[2], "discharge"))
		which = SWITCH_DISCHARGE;
	else if (strcmp(c->word[2], "charge"))
		return false;
	if (command_on_off(c->word[3], &on))
		state = on ? FET_ON : FET_OFF;
	else if (strcmp(c->word[3], "auto"))
		return false;
	if (!pack)
		return false;
	if (c->apply)
		pack->fet[which] = state;
	return true;
}

static bool do_alarm(struct command *c)
{
	struct pack *pack = battery(c);
	unsigned long bits;
	char *end;

	errno = 0;
	bits = strtoul(c->word[2], &end, 16);
	if (!pack || errno || *end || end == c->word[2] || bits > 0xFFFFFFFF)
		return false;
	if (c->apply)
		pack->alarm_force = (uint32_t)bits;
	return true;
}

static bool do_flag(struct command *c)
{
	struct pack *pack = battery(c);
	bool on;

	if (!pack || !command_on_off(c->word[2], &on))
		return false;
	if (!c->apply)
		return true;
	if (!strcmp(c->word[0], "silence"))
		pack->silent = on;
	else if (!strcmp(c->word[0], "corrupt"))
		pack->corrupt = on;
	else
		pack->picky = on;
	return true;
}

static bool do_answer_as(struct command *c)
{
	struct pack *pack = battery(c);
	int32_t as = PACK_AUTO;
	unsigned n;

	if (strcmp(c->word[2], "auto")) {
		if (!whole(c->word[2], 0, 255, &n))
			return false;
		as = (int32_t)n;
	}
	if (!pack)
		return false;
	if (c->apply)
		pack->answer_as = as;
	return true;
}

static bool do_truncate(struct command *c)
{
	struct pack *pack = battery(c);
	unsigned n = 0;

	if (strcmp(c->word[2], "off") && !whole(c->word[2], 0, 400, &n))
		return false;
	if (!pack)
		return false;
	if (c->apply)
		pack->truncate = n;
	return true;
}

static bool do_drop_next(struct command *c)
{
	struct pack *pack = battery(c);
	unsigned n;

	if (!pack || !whole(c->word[2], 0, 1e6, &n))
		return false;
	if (c->apply)
		pack->drop_next = n;
	return true;
}

static struct bus *bus_of(const struct command *c)
{
	unsigned n;

	if (!whole(c->word[1], 1, c->sim->n_buses, &n))
		return NULL;
	return &c->sim->bus[n - 1];
}

static bool do_garbage(struct command *c)
{
	struct bus *bus = bus_of(c);
	unsigned bps = 200;
	bool on;

	if (!bus || !command_on_off(c->word[2], &on))
		return false;
	if (c->n > 3 && !whole(c->word[3], 1, 1e6, &bps))
		return false;
	if (c->apply) {
		bus->garbage = on;
		bus->garbage_bps = bps;
	}
	return true;
}

static bool do_echo(struct command *c)
{
	struct bus *bus = bus_of(c);
	bool on;

	if (!bus || !command_on_off(c->word[2], &on))
		return false;
	if (c->apply)
		bus->echo = on;
	return true;
}

static bool do_plug(struct command *c)
{
	bool mk = !strcmp(c->word[1], "mk3") && c->sim->has_mk3;
	struct bus *bus = mk ? NULL : bus_of(c);
	struct pty *pty = mk ? &c->sim->mk3.pty : bus ? &bus->pty : NULL;

	if (!pty)
		return false;
	if (!c->apply)
		return true;
	if (strcmp(c->word[0], "plug")) {
		pty_unplug(pty);
		return true;
	}
	if (bus) {
		bus->n_window = 0;
		bus->n_out = 0;
	}
	return pty_plug(pty) == 0;
}

static bool do_speed(struct command *c)
{
	double x;

	if (!command_number(c->word[1], 0, 100000, &x))
		return false;
	if (c->apply)
		c->sim->speed = x;
	return true;
}

static bool do_get(struct command *c)
{
	char value[KEY_VALUE_MAX];

	if (!key_get(c->sim, c->word[1], value))
		return false;
	snprintf(c->reply, COMMAND_REPLY_MAX, "%s", value);
	return true;
}

static bool do_quit(struct command *c)
{
	if (c->apply)
		c->sim->quit = true;
	return true;
}

/* Words counted with the command itself. */
static const struct command_row commands[] = {
	{ "load", 2, 3, "load WATTS [PHASE]", do_load },
	{ "dc", 2, 2, "dc AMPERES (+ charges, - loads)", do_dc },
	{ "ac", 2, 3, "ac on|off [PHASE]", do_ac },
	{ "soc", 3, 3, "soc BATTERY|all PCT (-5..105)", do_soc },
	{ "cell", 4, 5, "cell BATTERY CELL soc-offset PCT|force MV|auto",
	  do_cell },
	{ "cells", 3, 4, "cells BATTERY|all force MV|auto", do_cells },
	{ "pack", 3, 4, "pack BATTERY force MV|auto", do_pack },
	{ "temp", 3, 3, "temp BATTERY|all DEGC|auto", do_temp },
	{ "ovp", 3, 3, "ovp BATTERY|all MV (1000..5000)", do_limit },
	{ "uvp", 3, 3, "uvp BATTERY|all MV (1000..5000)", do_limit },
	{ "serial", 3, 3, "serial BATTERY DIGITS (11 of them)", do_serial },
	{ "fet", 4, 4, "fet BATTERY charge|discharge on|off|auto", do_fet },
	{ "alarm", 3, 3, "alarm BATTERY HEX", do_alarm },
	{ "silence", 3, 3, "silence BATTERY on|off", do_flag },
	{ "corrupt", 3, 3, "corrupt BATTERY on|off", do_flag },
	{ "picky", 3, 3, "picky BATTERY on|off", do_flag },
	{ "answer-as", 3, 3, "answer-as BATTERY ADDR|auto", do_answer_as },
	{ "truncate", 3, 3, "truncate BATTERY N|off", do_truncate },
	{ "drop-next", 3, 3, "drop-next BATTERY N", do_drop_next },
	{ "garbage", 3, 4, "garbage BUS on|off [BYTES_PER_S]", do_garbage },
	{ "echo", 3, 3, "echo BUS on|off", do_echo },
	{ "plug", 2, 2, "plug BUS|mk3", do_plug },
	{ "unplug", 2, 2, "unplug BUS|mk3", do_plug },
	{ "mk", 2, 6, "mk WHAT ...", command_mk },
	{ "speed", 2, 2, "speed X (0..100000)", do_speed },
	{ "get", 2, 2, "get KEY (see the key table of the README)", do_get },
	{ "quit", 1, 1, "quit", do_quit },
};

static void list_names(char *ret_reply, const struct command_row *rows,
		       size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		size_t len = strlen(ret_reply);

		snprintf(ret_reply + len, COMMAND_REPLY_MAX - len, "%s %s",
			 i ? "," : "", rows[i].name);
	}
}

bool command_table(struct command *c, unsigned at,
		   const struct command_row *rows, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		const struct command_row *row = &rows[i];

		if (strcmp(c->word[at], row->name))
			continue;
		c->reply[0] = '\0';
		if (c->n >= row->min && c->n <= row->max && row->handle(c))
			return true;
		/* A table inside has already said what it allows. */
		if (!c->reply[0])
			snprintf(c->reply, COMMAND_REPLY_MAX,
				 "bad %s; allowed: %s", row->name, row->usage);
		return false;
	}
	snprintf(c->reply, COMMAND_REPLY_MAX, "unknown '%.40s'; allowed:",
		 c->word[at]);
	list_names(c->reply, rows, n_rows);
	return false;
}

bool command_run(struct sim *sim, char **words, unsigned n_words, bool apply,
		 char *ret_reply)
{
	struct command c = {
		.sim = sim, .word = words, .n = n_words, .apply = apply,
		.reply = ret_reply,
	};

	ret_reply[0] = '\0';
	if (!n_words) {
		snprintf(ret_reply, COMMAND_REPLY_MAX, "empty command");
		return false;
	}
	return command_table(&c, 0, commands, ARRAY_SIZE(commands));
}
