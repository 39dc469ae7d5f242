/* SPDX-License-Identifier: MIT */
#include "daemon/bus.h"

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "daemon/bus_object.h"
#include "daemon/bus_write.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/pump.h"
#include "daemon/repeat.h"
#include "lib/base/utf8.h"

enum {
	/* Unsent messages; then changes are kept for later, */
	QUEUE_CHANGES_MAX = 16,
	QUEUE_EVENTS_MAX = 1024, /* then events are lost */
	START_TIMEOUT_MS = 2000,
	EVENT_TEXT_SIZE = 512
};

#define RETRY_S 3.0

struct bus {
	struct ev_loop *loop;
	const struct view *view;
	bool session;
	struct bus_writes writes;
	struct bus_tree tree;
	struct repeat repeat;

	sd_bus *connection; /* NULL: none, the retry timer runs */
	sd_bus_slot *manager;
	sd_bus_slot *name;
	bool asked;   /* for the name */
	bool refused; /* the name */
	bool owned;

	struct pump pump;
	ev_timer retry;
};

static const char *kind_of(const struct bus *bus)
{
	return bus->session ? "session" : "system";
}

/* Lets go of the connection, which also lets go of the name. */
static void disconnect(struct bus *bus)
{
	pump_detach(&bus->pump);
	bus_writes_drop(&bus->writes);
	bus_tree_remove(&bus->tree);
	bus->name = sd_bus_slot_unref(bus->name);
	bus->manager = sd_bus_slot_unref(bus->manager);
	bus->connection = sd_bus_close_unref(bus->connection);
	bus->asked = false;
	bus->refused = false;
	bus->owned = false;
}

/* struct pump_hooks. */
static void fail(void *data, int error)
{
	struct bus *bus = data;

	if (repeat_failed(&bus->repeat))
		log_line(LOG_LEVEL_WARNING, "bus",
			 "no connection to the %s bus: %s, protection goes "
			 "on, next try in %.0f s", kind_of(bus),
			 error == -EEXIST ?
			 "another program owns " BUS_NAME :
			 strerror(-error), RETRY_S);
	disconnect(bus);
	ev_timer_again(bus->loop, &bus->retry);
}

static void own(struct bus *bus)
{
	bus->owned = true;
	(void)repeat_recovered(&bus->repeat);
	log_line(LOG_LEVEL_INFO, "bus", "%s taken on the %s bus", BUS_NAME,
		 kind_of(bus));
}

/* RequestName, D-Bus specification: 1 primary owner, 4 already owner. */
static int on_name(sd_bus_message *reply, void *userdata,
		   sd_bus_error *error)
{
	struct bus *bus = userdata;
	uint32_t answer = 0;

	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL) ||
	    sd_bus_message_read(reply, "u", &answer) < 0 ||
	    (answer != 1 && answer != 4))
		bus->refused = true;
	else
		own(bus);
	return 1;
}

static int ask_for_name(struct bus *bus)
{
	bus->asked = true;
	return sd_bus_request_name_async(bus->connection, &bus->name,
					 BUS_NAME, 0, on_name, bus);
}

/* struct pump_hooks. */
static int served(void *data)
{
	struct bus *bus = data;

	if (bus->refused)
		return -EEXIST;
	if (!bus->asked && sd_bus_is_ready(bus->connection) > 0)
		return ask_for_name(bus);
	return 0;
}

static int connect_bus(struct bus *bus)
{
	int r = bus->session ? sd_bus_open_user(&bus->connection) :
			       sd_bus_open_system(&bus->connection);

	if (r < 0)
		return r;
	pump_attach(&bus->pump, bus->connection);
	r = sd_bus_add_object_manager(bus->connection, &bus->manager,
				      BUS_ROOT);
	if (r < 0)
		return r;
	r = bus_writes_add(&bus->writes, bus->connection);
	if (r < 0)
		return r;
	return bus_tree_add(&bus->tree, bus->connection);
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct bus *bus = timer->data;
	int r;

	(void)events;
	ev_timer_stop(loop, timer);
	r = connect_bus(bus);
	if (r < 0)
		fail(bus, r);
}

/* Waits, but not for long: only at start, before anything is protected. */
static int wait_until_ready(sd_bus *connection)
{
	uint64_t deadline_us = clock_monotonic_us() + START_TIMEOUT_MS * 1000;

	for (;;) {
		uint64_t now_us = clock_monotonic_us();
		struct pollfd fd = { 0 };
		int r = sd_bus_process(connection, NULL);

		if (r < 0)
			return r;
		if (sd_bus_is_ready(connection) > 0)
			return 0;
		if (now_us >= deadline_us)
			return -ETIMEDOUT;
		if (r > 0)
			continue;
		fd.fd = sd_bus_get_fd(connection);
		r = sd_bus_get_events(connection);
		if (fd.fd < 0 || r < 0)
			return -ECONNRESET;
		fd.events = (short)r;
		(void)poll(&fd, 1, (int)((deadline_us - now_us) / 1000) + 1);
	}
}

/* -EEXIST where another instance owns the name. */
static int connect_at_start(struct bus *bus)
{
	int r = connect_bus(bus);

	if (r < 0)
		return r;
	r = wait_until_ready(bus->connection);
	if (r < 0)
		return r;
	r = sd_bus_set_method_call_timeout(bus->connection,
					   START_TIMEOUT_MS * 1000);
	if (r < 0)
		return r;
	bus->asked = true;
	r = sd_bus_request_name(bus->connection, BUS_NAME, 0);
	if (r < 0)
		return r;
	own(bus);
	return 0;
}

static void init_watchers(struct bus *bus)
{
	struct pump_hooks hooks = { bus, served, fail };

	pump_init(&bus->pump, bus->loop, &hooks);
	ev_timer_init(&bus->retry, on_retry, RETRY_S, RETRY_S);
	bus->retry.data = bus;
	/* Everything else first. */
	ev_set_priority(&bus->retry, EV_MINPRI);
}

struct bus *bus_free(struct bus *bus)
{
	if (!bus)
		return NULL;
	disconnect(bus);
	ev_timer_stop(bus->loop, &bus->retry);
	pump_done(&bus->pump);
	bus_tree_done(&bus->tree);
	free(bus);
	return NULL;
}

int bus_new(struct bus **ret_bus, struct ev_loop *loop,
	    const struct view *view, const struct order_handler *handler,
	    bool session_bus)
{
	struct bus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return -ENOMEM;
	bus->loop = loop;
	bus->view = view;
	bus->session = session_bus;
	bus_writes_init(&bus->writes, handler);
	init_watchers(bus);
	r = bus_tree_make(view, &bus->tree);
	if (r >= 0)
		r = connect_at_start(bus);
	if (r == -EEXIST || r == -ENOMEM) {
		bus_free(bus);
		return r;
	}
	if (r < 0)
		fail(bus, r);
	*ret_bus = bus;
	return 0;
}

/* Other batteries or buses than before: a configuration was reloaded. */
static void rebuild(struct bus *bus, sd_bus *to)
{
	int r;

	if (to)
		bus_tree_announce(&bus->tree, to, false);
	bus_tree_done(&bus->tree);
	r = bus_tree_make(bus->view, &bus->tree);
	if (r >= 0 && bus->connection)
		r = bus_tree_add(&bus->tree, bus->connection);
	if (r < 0) {
		log_line(LOG_LEVEL_WARNING, "bus",
			 "cannot show the objects: %s, trying again",
			 strerror(-r));
		bus_tree_done(&bus->tree);
		return;
	}
	if (to)
		bus_tree_announce(&bus->tree, to, true);
}

void bus_publish(struct bus *bus)
{
	sd_bus *to = bus->owned ? bus->connection : NULL;

	if (to && !pump_has_room(to, QUEUE_CHANGES_MAX))
		return;
	if (!bus_tree_fits(&bus->tree, bus->view))
		rebuild(bus, to);
	bus_tree_publish(&bus->tree, bus->view, to);
	bus_writes_answer(&bus->writes);
}

void bus_event(struct bus *bus, const char *code, const char *text,
	       bool active)
{
	char clean[EVENT_TEXT_SIZE];

	if (!bus->owned || !pump_has_room(bus->connection, QUEUE_EVENTS_MAX))
		return;
	utf8_copy(clean, sizeof(clean), text);
	(void)sd_bus_emit_signal(bus->connection, BUS_ROOT, BUS_BMS, "Event",
				 "ssb", code, clean, active);
}

void bus_passkey_shown(struct bus *bus)
{
	if (bus->owned && pump_has_room(bus->connection, QUEUE_EVENTS_MAX))
		(void)sd_bus_emit_signal(bus->connection, BUS_ROOT,
					 BUS_BLUETOOTH, "PasskeyShown", "");
}
