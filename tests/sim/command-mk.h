/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the command language share, and the parts of it that begin
 * with "mk" and with "mk unit".
 */
#ifndef SIM_COMMAND_MK_H
#define SIM_COMMAND_MK_H

#include "command.h"

struct command {
	struct sim *sim;
	char **word;
	unsigned n;
	bool apply;		/* else only check */
	unsigned first, end;	/* addresses that an order to units is for */
	char *reply;
};

struct command_row {
	const char *name;
	unsigned min, max;	/* words, the command itself included */
	const char *usage;
	bool (*handle)(struct command *c);
};

/* Finds word[at] in the rows and runs it; explains itself on failure. */
bool command_table(struct command *c, unsigned at,
		   const struct command_row *rows, size_t n_rows);
bool command_on_off(const char *text, bool *ret);
bool command_switch(const char *text, enum multi_switch *ret);
bool command_mk(struct command *c);
/* command-unit.c: "mk unit ADDRESS|all ORDER ..." */
bool command_unit(struct command *c);
/* "mk ORDER ...": the same to all units. */
bool command_units(struct command *c);

#endif
