/* SPDX-License-Identifier: MIT */
/*
 * What callers may write, and who they are. Every local user may read;
 * writing, and asking for what is not for everybody, needs root, the daemon's
 * own user, or the group vebus-bms-ng.
 *
 * Who a caller is only the bus knows, and asking it takes a moment in which
 * decisions must go on: so a write is kept until the answer comes, and only
 * so many are kept. What was written is answered when it can be read back.
 */
#ifndef BMS_BUS_WRITE_H
#define BMS_BUS_WRITE_H

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "daemon/order.h"

#define BUS_WRITE_GROUP "vebus-bms-ng"

enum { BUS_WRITES_MAX = 8 };

struct bus_writes;

struct bus_write {
	struct bus_writes *all;
	sd_bus_message *call; /* NULL: free */
	sd_bus_slot *question;
	struct order order;
	bool done; /* taken by the handler; to be answered, with ... */
	char answer[ORDER_ERROR_SIZE]; /* ... where it asks */
};

struct bus_writes {
	struct order_handler handler;
	bool group_known;
	gid_t group;
	sd_bus_slot *filter;
	struct bus_write write[BUS_WRITES_MAX];
};

/* Looks the group up, once: that may read files. */
void bus_writes_init(struct bus_writes *writes,
		     const struct order_handler *handler);

/* Takes the writes that come in on a connection. 0 or -errno. The writes
 * must stay where they are until bus_writes_drop(). */
int bus_writes_add(struct bus_writes *writes, sd_bus *bus);

/* Answers the writes that were carried out. To be called when what is shown
 * has been brought up to date. */
void bus_writes_answer(struct bus_writes *writes);

/* Forgets what is kept; harmless at any time after init. */
void bus_writes_drop(struct bus_writes *writes);

#endif
