/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the command language share, and the part of it that begins
 * with "mk".
 */
#ifndef SIM_COMMAND_MK_H
#define SIM_COMMAND_MK_H

#include "command.h"

struct command {
	struct sim *sim;
	char **word;
	unsigned n;
	bool apply;		/* else only check */
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
bool command_mk(struct command *c);

#endif
