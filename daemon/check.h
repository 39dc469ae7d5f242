/* SPDX-License-Identifier: MIT */
/* --check-config and --float-outputs: what needs no loop. */
#ifndef BMS_CHECK_H
#define BMS_CHECK_H

#include "lib/base/settings.h"

/* "PATH: ok" and the arrangement, for people, on stdout. */
void check_print(const char *path, const struct settings *settings);

/*
 * Takes the lines, which floats the outputs, and gives them back: for
 * ExecStopPost, after a crash. Exit status; 1 with a line in the log where
 * the lines cannot be had.
 */
int check_float(const struct settings *settings);

#endif
