/* SPDX-License-Identifier: MIT */
/* The command line of vebus-bms-ngd. */
#ifndef BMS_OPTIONS_H
#define BMS_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

enum options_action {
	OPTIONS_RUN,
	OPTIONS_CHECK_CONFIG,
	OPTIONS_REPLAY,
	OPTIONS_FLOAT_OUTPUTS,
	OPTIONS_VERSION,
	OPTIONS_HELP,
};

struct options {
	enum options_action action;
	const char *config;    /* path */
	const char *state_dir; /* path */
	const char *run_dir;   /* path, or NULL */
	const char *replay;    /* path */
	bool session_bus;
};

/*
 * Takes the command line. state_dir, where not given, is the folder that
 * $STATE_DIRECTORY names (systemd.exec(5)), else the built-in one; run_dir
 * is that of $RUNTIME_DIRECTORY, else none. 0, or -EINVAL with a line on
 * errors.
 */
int options_parse(int argc, char *argv[], struct options *ret, FILE *errors);

void options_usage(FILE *out);

#endif
