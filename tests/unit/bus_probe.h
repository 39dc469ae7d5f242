/* SPDX-License-Identifier: MIT */
/*
 * What the tests of D-Bus look with: single properties, the signals that a
 * client heard, and processes of their own.
 */
#ifndef BMS_TESTS_BUS_PROBE_H
#define BMS_TESTS_BUS_PROBE_H

#include "tests/unit/bus_fixture.h"

struct expected {
	const char *path;
	const char *interface;
	const char *name;
	const char *value; /* as fixture_variant() prints it */
};

/* Each is there and has that value. */
void probe_check(struct fixture *f, const struct expected *rows, size_t n);

/* The value of one property out of "a{sv}"; "" where it is not in it. */
void probe_find(sd_bus_message *reply, const char *name, char *buf,
		size_t size);

/* The reply is that error, and its message says words. Drops the reply. */
void probe_check_error(sd_bus_message *reply, const char *name,
		       const char *words);

struct answers {
	int all;
	int good;
};

/* For sd_bus_call_async(), with a struct answers. */
int probe_count(sd_bus_message *m, void *userdata, sd_bus_error *error);

enum { PROBE_SIGNALS_MAX = 64 };

/* "path name name ...", "Event code text 1" or "InterfacesAdded path". */
struct heard {
	size_t n;
	char line[PROBE_SIGNALS_MAX][256];
};

void probe_listen(struct fixture *f, struct heard *heard);

/* A process of its own; the loop hears of its end through a pipe. */
struct child {
	pid_t pid;
	ev_io io;
	bool ended;
};

/* As fork(2): 0 in the child. */
pid_t child_start(struct fixture *f, struct child *child);
/* Its exit status, or -1. */
int child_wait(struct fixture *f, struct child *child);

#endif
