/* SPDX-License-Identifier: MIT */
/*
 * A script: commands in order, with waiting between them. It is checked as a
 * whole when it is loaded; a wait whose deadline passes ends the simulator.
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "command.h"

#define SCRIPT_EXIT_BAD 2
#define SCRIPT_EXIT_MISSED 3

struct script_line {
	unsigned number;
	char text[COMMAND_LINE_MAX];
};

struct script {
	const char *path;
	struct script_line *line;
	unsigned n_lines, next;
	int64_t begun_ns;	/* of the line being waited for; 0: not begun */
};

/* False after having said on stderr what is wrong and where. */
bool script_load(struct script *script, const char *path, struct sim *sim);
void script_free(struct script *script);
/* Does what is due; may set the simulator's quit and exit code. */
void script_run(struct script *script, struct sim *sim);

#endif
