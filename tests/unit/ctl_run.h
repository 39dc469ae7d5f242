/* SPDX-License-Identifier: MIT */
/* vebus-bms-ngctl run as a program of its own, beside a daemon's bus. */
#ifndef BMS_TESTS_CTL_RUN_H
#define BMS_TESTS_CTL_RUN_H

#include "tests/unit/bus_fixture.h"

enum { RUN_OUTPUT_SIZE = 65536 };

/* A run of the tool; its output comes in while the loop turns. */
struct run {
	struct fixture *f;
	pid_t pid;
	ev_io io[2]; /* stdout, stderr */
	char text[2][RUN_OUTPUT_SIZE];
	size_t len[2];
	int open;
	int status;
};

/* Begins it with the words of the command behind its name. */
void run_start(struct run *run, struct fixture *f, const char *command);
/* The same on a terminal. */
void run_on_terminal(struct run *run, struct fixture *f, const char *command);
/* Turns the loop until it has ended; its exit status is in run->status. */
void run_wait(struct run *run);
/* Both. */
void run_tool(struct run *run, struct fixture *f, const char *command);

/* Prints exactly that, nothing on stderr, and ends with that status. */
void check_run(struct fixture *f, const char *command, int status,
	       const char *out);
/* Fails with one line on stderr that has words, and nothing else. */
void check_failure(struct fixture *f, const char *command, int status,
		   const char *words);

#endif
