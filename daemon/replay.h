/* SPDX-License-Identifier: MIT */
/*
 * --replay: a capture through the same sessions and the same core, with the
 * recorded time.
 *
 * A capture of the daemon holds every call that it made: each event of a
 * session, each tick, each decision with what it was given. The replay
 * makes the same calls in the same order and so comes to the same readings
 * and decisions at the same microseconds, on any machine; deadlines alone
 * could not, because a live loop wakes a little late. A capture without
 * turns (bytes only, written by hand or by another tool) gets its ticks and
 * decisions at the instants that sessions and core ask for.
 */
#ifndef BMS_REPLAY_H
#define BMS_REPLAY_H

#include <stdio.h>

#include "lib/base/settings.h"

/*
 * Prints one JSON object a line to out: samples, readings and changed
 * decisions. Exit status; 1 with file and line on stderr where the capture
 * cannot be read.
 */
int replay_run(const char *path, const struct settings *settings, FILE *out);

#endif
