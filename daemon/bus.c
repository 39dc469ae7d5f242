/* SPDX-License-Identifier: MIT */
#include "daemon/bus.h"

#include <errno.h>
#include <ev.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "daemon/bus_object.h"
#include "daemon/bus_write.h"
#include "daemon/log.h"
#include "daemon/repeat.h"
#include "lib/base/utf8.h"

enum {
	/* Then the rest of the loop has its turn, whichever comes first. */
	MESSAGES_PER_TURN = 16,
	SERVE_US = 2000,
	/* Unsent messages; then changes are kept for later, */
	QUEUE_CHANGES_MAX = 16,
	QUEUE_ANSWERS_MAX = 128, /* then callers are not listened to, */
	QUEUE_EVENTS_MAX = 1024, /* then events are lost */
	START_TIMEOUT_MS = 2000,
	EVENT_TEXT_SIZE = 512
};

#define RETRY_S 3.0
/* So long a bus may take nothing of what is unsent; then a new connection
 * is made. A bus daemon stops reading from whom it holds too much for others
 * (max_incoming_bytes, dbus-daemon(1)): one program that listens and is
 * stopped would else silence this one for everybody. */
#define STUCK_S 5.0

/* What is on its way: a bus that is only slow makes it less. */
struct unsent {
	uint64_t messages; /* not in the socket yet */
	int bytes;         /* in it, not read by the bus daemon yet */
};

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

	ev_prepare prepare;
	ev_io io;
	ev_timer timeout;
	ev_timer retry;
	ev_timer stuck; /* runs while something is unsent */
	struct unsent unsent; /* when it was looked at last */
};

static uint64_t monotonic_us(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static const char *kind_of(const struct bus *bus)
{
	return bus->session ? "session" : "system";
}

/* Lets go of the connection, which also lets go of the name. */
static void disconnect(struct bus *bus)
{
	bus_writes_drop(&bus->writes);
	bus_tree_remove(&bus->tree);
	bus->name = sd_bus_slot_unref(bus->name);
	bus->manager = sd_bus_slot_unref(bus->manager);
	bus->connection = sd_bus_close_unref(bus->connection);
	bus->asked = false;
	bus->refused = false;
	bus->owned = false;
	ev_io_stop(bus->loop, &bus->io);
	ev_timer_stop(bus->loop, &bus->timeout);
	ev_timer_stop(bus->loop, &bus->stuck);
}

static void fail(struct bus *bus, int error)
{
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

/* False where so much is unsent that nothing must be added. */
static bool has_room(sd_bus *to, uint64_t max)
{
	uint64_t queued = 0;

	return sd_bus_get_n_queued_write(to, &queued) >= 0 && queued < max;
}

/* Some of what is waiting, in and out. */
static void serve(struct bus *bus)
{
	uint64_t end_us = monotonic_us() + SERVE_US;
	int r = 1;

	for (int i = 0; i < MESSAGES_PER_TURN && r > 0; i++) {
		if (i > 0 && (monotonic_us() >= end_us ||
			      !has_room(bus->connection, QUEUE_ANSWERS_MAX)))
			break;
		r = sd_bus_process(bus->connection, NULL);
	}
	if (r >= 0 && sd_bus_is_open(bus->connection) <= 0)
		r = -ECONNRESET;
	if (r >= 0 && bus->refused)
		r = -EEXIST;
	if (r >= 0 && !bus->asked && sd_bus_is_ready(bus->connection) > 0)
		r = ask_for_name(bus);
	if (r < 0)
		fail(bus, r);
}

static int connect_bus(struct bus *bus)
{
	int r = bus->session ? sd_bus_open_user(&bus->connection) :
			       sd_bus_open_system(&bus->connection);

	if (r < 0)
		return r;
	r = sd_bus_add_object_manager(bus->connection, &bus->manager,
				      BUS_ROOT);
	if (r < 0)
		return r;
	r = bus_writes_add(&bus->writes, bus->connection);
	if (r < 0)
		return r;
	return bus_tree_add(&bus->tree, bus->connection);
}

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	serve(io->data);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	serve(timer->data);
}

static struct unsent what_is_unsent(const struct bus *bus)
{
	struct unsent unsent = { 0 };

	(void)sd_bus_get_n_queued_write(bus->connection, &unsent.messages);
	(void)ioctl(sd_bus_get_fd(bus->connection), SIOCOUTQ, &unsent.bytes);
	return unsent;
}

static void on_stuck(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct bus *bus = timer->data;
	struct unsent unsent = what_is_unsent(bus);

	(void)loop;
	(void)events;
	if (unsent.messages >= bus->unsent.messages &&
	    unsent.bytes >= bus->unsent.bytes)
		fail(bus, -ETIMEDOUT);
	else
		bus->unsent = unsent;
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

static void watch_fd(struct bus *bus, int fd, int poll_events)
{
	int events = (poll_events & POLLIN ? EV_READ : 0) |
		     (poll_events & POLLOUT ? EV_WRITE : 0);

	if (ev_is_active(&bus->io) && bus->io.fd == fd &&
	    (bus->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(bus->loop, &bus->io);
	ev_io_set(&bus->io, fd, events);
	if (events)
		ev_io_start(bus->loop, &bus->io);
}

/* until is of CLOCK_MONOTONIC; UINT64_MAX: none. */
static void watch_time(struct bus *bus, uint64_t until_us)
{
	uint64_t now_us = monotonic_us();

	ev_timer_stop(bus->loop, &bus->timeout);
	if (until_us == UINT64_MAX)
		return;
	/* A millisecond late rather than early: no turning in circles. */
	ev_timer_set(&bus->timeout, until_us <= now_us ? 0.0 :
		     (double)(until_us - now_us) / 1e6 + 0.001, 0.0);
	ev_timer_start(bus->loop, &bus->timeout);
}

static void watch_queue(struct bus *bus)
{
	if (has_room(bus->connection, 1)) {
		ev_timer_stop(bus->loop, &bus->stuck);
	} else if (!ev_is_active(&bus->stuck)) {
		bus->unsent = what_is_unsent(bus);
		ev_timer_again(bus->loop, &bus->stuck);
	}
}

/* Before every sleep of the loop: what sd-bus waits for. */
static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct bus *bus = prepare->data;
	uint64_t until_us = UINT64_MAX;
	int fd;
	int wanted;

	(void)loop;
	(void)events;
	if (!bus->connection)
		return;
	fd = sd_bus_get_fd(bus->connection);
	wanted = sd_bus_get_events(bus->connection);
	if (fd < 0 || wanted < 0 ||
	    sd_bus_get_timeout(bus->connection, &until_us) < 0) {
		fail(bus, -ECONNRESET);
		return;
	}
	if (!has_room(bus->connection, QUEUE_ANSWERS_MAX)) {
		wanted &= ~POLLIN;
		until_us = UINT64_MAX;
	}
	watch_queue(bus);
	watch_fd(bus, fd, wanted);
	watch_time(bus, until_us);
}

/* Waits, but not for long: only at start, before anything is protected. */
static int wait_until_ready(sd_bus *connection)
{
	uint64_t deadline_us = monotonic_us() + START_TIMEOUT_MS * 1000;

	for (;;) {
		uint64_t now_us = monotonic_us();
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
	ev_prepare_init(&bus->prepare, on_prepare);
	ev_io_init(&bus->io, on_io, -1, 0);
	ev_timer_init(&bus->timeout, on_timeout, 0.0, 0.0);
	ev_timer_init(&bus->retry, on_retry, RETRY_S, RETRY_S);
	ev_timer_init(&bus->stuck, on_stuck, STUCK_S, STUCK_S);
	bus->prepare.data = bus;
	bus->io.data = bus;
	bus->timeout.data = bus;
	bus->retry.data = bus;
	bus->stuck.data = bus;
	/* Everything else first. */
	ev_set_priority(&bus->io, EV_MINPRI);
	ev_set_priority(&bus->timeout, EV_MINPRI);
	ev_set_priority(&bus->retry, EV_MINPRI);
	ev_set_priority(&bus->stuck, EV_MINPRI);
	ev_prepare_start(bus->loop, &bus->prepare);
}

struct bus *bus_free(struct bus *bus)
{
	if (!bus)
		return NULL;
	disconnect(bus);
	ev_timer_stop(bus->loop, &bus->retry);
	ev_prepare_stop(bus->loop, &bus->prepare);
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

	if (to && !has_room(to, QUEUE_CHANGES_MAX))
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

	if (!bus->owned || !has_room(bus->connection, QUEUE_EVENTS_MAX))
		return;
	utf8_copy(clean, sizeof(clean), text);
	(void)sd_bus_emit_signal(bus->connection, BUS_ROOT, BUS_BMS, "Event",
				 "ssb", code, clean, active);
}
