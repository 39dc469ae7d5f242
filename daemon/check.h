/* SPDX-License-Identifier: MIT */
/* --check-config and --float-outputs: what needs no loop. */
#ifndef BMS_CHECK_H
#define BMS_CHECK_H

#include "daemon/options.h"
#include "lib/base/settings.h"

/* "PATH: ok" and the arrangement, for people, on stdout. */
void check_print(const char *path, const struct settings *settings);

/*
 * Takes the lines, which floats the outputs, and gives them back: for
 * ExecStopPost, after a crash. Those that were taken last (daemon/taken.h)
 * and those of the configuration. Exit status; 1 with lines in the log where
 * either cannot be had or the configuration is wrong.
 */
int check_float(const struct options *options);

#endif
