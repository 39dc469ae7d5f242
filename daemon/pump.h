/* SPDX-License-Identifier: MIT */
/*
 * One connection to a bus on the loop: a little of what is waiting is
 * handled in each turn, behind everything else, so that no crowd of callers
 * and no flood of signals delays a decision. Notices when the bus takes
 * nothing any more. Who makes and closes the connection is the caller.
 */
#ifndef BMS_PUMP_H
#define BMS_PUMP_H

#include <ev.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

struct pump_hooks {
	void *data;
	/* Some messages have been handled. 0, or -errno where the connection
	 * is of no use. */
	int (*served)(void *data);
	/* It is of no use any more, -errno says why; to be detached. */
	void (*failed)(void *data, int error);
};

struct pump {
	struct ev_loop *loop;
	struct pump_hooks hooks;
	sd_bus *connection; /* NULL: none */
	ev_prepare prepare;
	ev_io io;
	ev_timer timeout;
	ev_timer stuck; /* runs while something is unsent */
	/* When it was looked at last; a bus that is only slow makes it less */
	struct pump_unsent {
		uint64_t messages; /* not in the socket yet */
		int bytes; /* in it, not read by the bus daemon yet */
	} unsent;
};

/* The pump must stay where it is until pump_done(). */
void pump_init(struct pump *pump, struct ev_loop *loop,
	       const struct pump_hooks *hooks);
/* Detaches, too. */
void pump_done(struct pump *pump);

/* The connection must stay until it is detached. */
void pump_attach(struct pump *pump, sd_bus *connection);
/* Harmless where none is attached. */
void pump_detach(struct pump *pump);

/* False where max messages or more are unsent, so that nothing must be
 * added. */
bool pump_has_room(sd_bus *connection, uint64_t max);

#endif
