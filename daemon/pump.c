/* SPDX-License-Identifier: MIT */
#include "daemon/pump.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "daemon/clock.h"

enum {
	/* Then the rest of the loop has its turn, whichever comes first. */
	MESSAGES_PER_TURN = 16,
	SERVE_US = 2000,
	QUEUE_ANSWERS_MAX = 128 /* unsent; then nobody is listened to */
};

/* So long a bus may take nothing of what is unsent. A bus daemon stops
 * reading from whom it holds too much for others (max_incoming_bytes,
 * dbus-daemon(1)): one program that listens and is stopped would else silence
 * this one for everybody. */
#define STUCK_S 5.0

bool pump_has_room(sd_bus *connection, uint64_t max)
{
	uint64_t queued = 0;

	return sd_bus_get_n_queued_write(connection, &queued) >= 0 &&
	       queued < max;
}

/* Some of what is waiting, in and out. */
static void serve(struct pump *pump)
{
	uint64_t end_us = clock_monotonic_us() + SERVE_US;
	int r = 1;

	for (int i = 0; i < MESSAGES_PER_TURN && r > 0; i++) {
		if (i > 0 && (clock_monotonic_us() >= end_us ||
			      !pump_has_room(pump->connection,
					     QUEUE_ANSWERS_MAX)))
			break;
		r = sd_bus_process(pump->connection, NULL);
	}
	if (r >= 0 && sd_bus_is_open(pump->connection) <= 0)
		r = -ECONNRESET;
	if (r >= 0)
		r = pump->hooks.served(pump->hooks.data);
	if (r < 0)
		pump->hooks.failed(pump->hooks.data, r);
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

static struct pump_unsent what_is_unsent(const struct pump *pump)
{
	struct pump_unsent unsent = { 0 };

	(void)sd_bus_get_n_queued_write(pump->connection, &unsent.messages);
	(void)ioctl(sd_bus_get_fd(pump->connection), SIOCOUTQ,
		    &unsent.bytes);
	return unsent;
}

static void on_stuck(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct pump *pump = timer->data;
	struct pump_unsent unsent = what_is_unsent(pump);

	(void)loop;
	(void)events;
	if (unsent.messages >= pump->unsent.messages &&
	    unsent.bytes >= pump->unsent.bytes)
		pump->hooks.failed(pump->hooks.data, -ETIMEDOUT);
	else
		pump->unsent = unsent;
}

static void watch_fd(struct pump *pump, int fd, int poll_events)
{
	int events = (poll_events & POLLIN ? EV_READ : 0) |
		     (poll_events & POLLOUT ? EV_WRITE : 0);

	if (ev_is_active(&pump->io) && pump->io.fd == fd &&
	    (pump->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(pump->loop, &pump->io);
	ev_io_set(&pump->io, fd, events);
	if (events)
		ev_io_start(pump->loop, &pump->io);
}

/* until is of CLOCK_MONOTONIC; UINT64_MAX: none. */
static void watch_time(struct pump *pump, uint64_t until_us)
{
	uint64_t now_us = clock_monotonic_us();

	ev_timer_stop(pump->loop, &pump->timeout);
	if (until_us == UINT64_MAX)
		return;
	/* A millisecond late rather than early: no turning in circles. */
	ev_timer_set(&pump->timeout, until_us <= now_us ? 0.0 :
		     (double)(until_us - now_us) / 1e6 + 0.001, 0.0);
	ev_timer_start(pump->loop, &pump->timeout);
}

static void watch_queue(struct pump *pump)
{
	if (pump_has_room(pump->connection, 1)) {
		ev_timer_stop(pump->loop, &pump->stuck);
	} else if (!ev_is_active(&pump->stuck)) {
		pump->unsent = what_is_unsent(pump);
		ev_timer_again(pump->loop, &pump->stuck);
	}
}

/* Before every sleep of the loop: what sd-bus waits for. */
static void on_prepare(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct pump *pump = prepare->data;
	uint64_t until_us = UINT64_MAX;
	int fd;
	int wanted;

	(void)loop;
	(void)events;
	if (!pump->connection)
		return;
	fd = sd_bus_get_fd(pump->connection);
	wanted = sd_bus_get_events(pump->connection);
	if (fd < 0 || wanted < 0 ||
	    sd_bus_get_timeout(pump->connection, &until_us) < 0) {
		pump->hooks.failed(pump->hooks.data, -ECONNRESET);
		return;
	}
	if (!pump_has_room(pump->connection, QUEUE_ANSWERS_MAX)) {
		wanted &= ~POLLIN;
		until_us = UINT64_MAX;
	}
	watch_queue(pump);
	watch_fd(pump, fd, wanted);
	watch_time(pump, until_us);
}

void pump_init(struct pump *pump, struct ev_loop *loop,
	       const struct pump_hooks *hooks)
{
	*pump = (struct pump){ .loop = loop, .hooks = *hooks };
	ev_prepare_init(&pump->prepare, on_prepare);
	ev_io_init(&pump->io, on_io, -1, 0);
	ev_timer_init(&pump->timeout, on_timeout, 0.0, 0.0);
	ev_timer_init(&pump->stuck, on_stuck, STUCK_S, STUCK_S);
	pump->prepare.data = pump;
	pump->io.data = pump;
	pump->timeout.data = pump;
	pump->stuck.data = pump;
	/* Everything else first. */
	ev_set_priority(&pump->io, EV_MINPRI);
	ev_set_priority(&pump->timeout, EV_MINPRI);
	ev_set_priority(&pump->stuck, EV_MINPRI);
	ev_prepare_start(loop, &pump->prepare);
}

void pump_attach(struct pump *pump, sd_bus *connection)
{
	pump->connection = connection;
}

void pump_detach(struct pump *pump)
{
	pump->connection = NULL;
	ev_io_stop(pump->loop, &pump->io);
	ev_timer_stop(pump->loop, &pump->timeout);
	ev_timer_stop(pump->loop, &pump->stuck);
}

void pump_done(struct pump *pump)
{
	pump_detach(pump);
	ev_prepare_stop(pump->loop, &pump->prepare);
}
