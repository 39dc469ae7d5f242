/* SPDX-License-Identifier: MIT */
/*
 * The command language of the control socket and of scripts: one line, one
 * command. A line can be checked without being carried out, so that a script is
 * known to be good before it starts.
 */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "sim.h"

#define COMMAND_LINE_MAX 512
#define COMMAND_WORDS 10
#define COMMAND_REPLY_MAX 1024

/* Splits a line in place at blanks; the number of words, at most max. */
unsigned command_split(char *line, char **ret_words, unsigned max);

/*
 * Carries out (or only checks) one command. On success ret_reply holds its
 * value or nothing; on failure the reason and what is allowed.
 */
bool command_run(struct sim *sim, char **words, unsigned n_words, bool apply,
		 char *ret_reply);

/* Helper for others that read numbers: whole text, within the range. */
bool command_number(const char *text, double min, double max, double *ret);

#endif
