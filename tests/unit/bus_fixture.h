/* SPDX-License-Identifier: MIT */
/*
 * A private dbus-daemon, a picture of a bank filled by hand, and a client
 * that shares the daemon's loop: what the tests of D-Bus and of the ctl
 * tool have in common. Waiting is always for something, with a deadline.
 */
#ifndef BMS_TESTS_BUS_FIXTURE_H
#define BMS_TESTS_BUS_FIXTURE_H

#include <ev.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "daemon/bus.h"

enum {
	PICTURE_BATTERIES_MAX = 4,
	PICTURE_BUSES_MAX = 3,
	PICTURE_REASONS_MAX = 8,
	FIXTURE_DEADLINE_S = 60
};

/* Everything that a view points to. */
struct picture {
	struct view view;
	struct settings settings;
	struct bms_state state;
	struct bms_battery battery[PICTURE_BATTERIES_MAX];
	struct bms_output output;
	struct reason reason[PICTURE_REASONS_MAX];
	struct inverter_reading inverter;
	struct view_bus bus[PICTURE_BUSES_MAX];
	struct session_counters counters[PICTURE_BUSES_MAX];
};

/* Two batteries of 8 cells in parallel, the second one low in cell 7. */
void picture_fill(struct picture *picture);
/* The same bank of which nothing has been heard yet. */
void picture_fill_unknown(struct picture *picture);

struct bus_daemon {
	pid_t pid;
	char dir[64];
	char address[160];
	/* Further elements of its configuration, or NULL. */
	const char *limits;
};

/* Everybody may connect and own names; ends with the caller. Its address is
 * put into DBUS_SESSION_BUS_ADDRESS. */
void bus_daemon_start(struct bus_daemon *daemon);
/* The same address again. */
void bus_daemon_restart(struct bus_daemon *daemon);
/* Ends the process; the address stays. */
void bus_daemon_kill(struct bus_daemon *daemon);
void bus_daemon_stop(struct bus_daemon *daemon);

struct fixture {
	struct bus_daemon daemon;
	struct picture picture;
	struct ev_loop *loop;
	struct bus *bus;
	sd_bus *client;
	ev_io client_io;
	ev_timer deadline;
	int names_changed; /* that the client has heard of */
	/* What the handler was asked for, and what it answers. */
	int n_orders;
	struct order order;
	int order_result;
	const char *order_error; /* or the answer */
};

/* All of it; the picture is picture_fill()'s. */
void fixture_start(struct fixture *f);
void fixture_start_limited(struct fixture *f, const char *limits);
/* Only the loop, the picture and the handler. */
void fixture_prepare(struct fixture *f);
/* The rest of it. */
void fixture_start_prepared(struct fixture *f);
const struct order_handler *fixture_handler(struct fixture *f,
					  struct order_handler *handler);
void fixture_connect_client(struct fixture *f);
void fixture_stop(struct fixture *f);

/* One round of the loop and one publish; ends the test where the deadline
 * has passed. */
void fixture_turn(struct fixture *f);

/* Sends the call and waits for the reply, which may be an error; takes the
 * message over. */
sd_bus_message *fixture_call(struct fixture *f, sd_bus_message *message);
sd_bus_message *fixture_get_all(struct fixture *f, const char *path,
				const char *interface);
/* The reply to Set(BUS_BMS, "Mode", s). */
sd_bus_message *fixture_set_mode(struct fixture *f, const char *mode);
/* Until all that was sent before has arrived. */
void fixture_settle(struct fixture *f);

/* "d:13.200", "s:yes", "as:a,b", "ad:3.300,nan", "b:1", "u:4", "t:9": reads
 * the variant at the message's place. */
void fixture_variant(sd_bus_message *message, char *buf, size_t size);

#endif
