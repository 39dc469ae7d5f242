/* SPDX-License-Identifier: MIT */
#include "daemon/port.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/tty.h"

void port_init(struct port *port, const struct port *setup)
{
	*port = (struct port){
		.name = setup->name,
		.device = setup->device,
		.baud = setup->baud,
		.loss = setup->loss,
		.talk = setup->talk,
		.hooks = setup->hooks,
		.loop = setup->loop,
		.fd = -1,
	};
}

static void port_ready(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct port *port = io->data;

	(void)loop;
	(void)events;
	port->readable = true;
	if (port->hooks->wake)
		port->hooks->wake(port->hooks->data);
}

/* Watches for events, or for nothing where they are 0. */
static void port_watch(struct port *port, int events)
{
	int now = ev_is_active(&port->io) ?
		  port->io.events & (EV_READ | EV_WRITE) : 0;

	if (now == events)
		return;
	ev_io_stop(port->loop, &port->io);
	if (events == 0)
		return;
	ev_io_init(&port->io, port_ready, port->fd, events);
	port->io.data = port;
	ev_io_start(port->loop, &port->io);
}

static void port_told(struct port *port, mono_t now,
		      enum session_event_type type, const uint8_t *bytes,
		      size_t len)
{
	struct session_event event = { type, bytes, len };

	if (port->hooks->told)
		port->hooks->told(port->hooks->data, port->name, now, &event);
}

/* The bytes as they may be written down. They are changed in place. */
static void port_redact(struct port *port, uint8_t *bytes, size_t len)
{
	if (port->talk->ops->redact)
		port->talk->ops->redact(port->talk->state, bytes, len);
}

/* Closes; the session hears of it, the next turn but one second tries. */
static void port_lost(struct port *port, mono_t now)
{
	port_watch(port, 0);
	tty_close(port->fd);
	port->fd = -1;
	port->readable = false;
	port->retry = mono_add_ms(now, PORT_RETRY_MS);
	if (!port->talk->open)
		return;
	port_told(port, now, SESSION_LOST, NULL, 0);
	talk_event(port->talk, now, SESSION_LOST, NULL, 0);
}

static void port_fail(struct port *port, mono_t now, const char *why)
{
	if (repeat_failed(&port->losses))
		log_line(LOG_LEVEL_ERROR, port->name,
			 "%s lost: %s, %s, trying to open it every second",
			 port->device, why, port->loss);
	port_lost(port, now);
}

/* How many faults of its own lines a session has counted. */
static uint64_t port_faults(const struct port *port)
{
	const struct session_counters *c;
	uint64_t sum = 0;

	c = port->talk->ops->counters(port->talk->state);
	for (int i = 0; i < SESSION_FAULT_COUNT; i++)
		sum += c->faults[i];
	return sum;
}

/*
 * What lies unread belongs to no request any more. It still goes past the
 * redactor, which must not lose its place. Bounded: a line that never
 * stops talking is not emptied.
 */
static void port_discard(struct port *port)
{
	uint8_t bytes[PORT_READ_MAX];

	for (int i = 0; i < 2; i++) {
		ssize_t n = read(port->fd, bytes, sizeof(bytes));

		if (n <= 0)
			return;
		port_redact(port, bytes, (size_t)n);
		if ((size_t)n < sizeof(bytes))
			return;
	}
}

/* Writes what the session wants sent, as far as the tty takes it. */
static void port_write(struct port *port, mono_t now)
{
	struct talk *talk = port->talk;
	/* A session may answer TX_DONE with another SEND, but not for ever. */
	int rounds = TALK_EVENTS_MAX / 2;

	while (talk->tx_len > 0 && port->fd >= 0 && rounds-- > 0) {
		ssize_t n;

		if (port->tx_done == 0 && port->write_limit.us == 0) {
			port_discard(port);
			port->write_limit = mono_add_ms(now, PORT_WRITE_MS);
		}
		n = write(port->fd, talk->tx + port->tx_done,
			  talk->tx_len - port->tx_done);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			port_fail(port, now, strerror(errno));
			return;
		}
		port->tx_done += n > 0 ? (size_t)n : 0;
		if (port->tx_done < talk->tx_len) {
			if (mono_reached(now, port->write_limit))
				port_fail(port, now, "takes no bytes");
			return;
		}
		port_told(port, now, SESSION_TX_DONE, talk->tx, talk->tx_len);
		port->tx_done = 0;
		port->write_limit.us = 0;
		talk_event(talk, now, SESSION_TX_DONE, NULL, 0);
	}
}

/* Counts a read; a full window leaves the tty unread until it is over. */
static void port_pace(struct port *port, mono_t now, size_t len)
{
	if (mono_elapsed_ms(port->window, now) >= PORT_WINDOW_MS) {
		port->window = now;
		port->window_reads = 0;
		port->window_bytes = 0;
	}
	port->window_reads++;
	port->window_bytes += (uint32_t)len;
	if (port->window_reads >= PORT_WINDOW_READS ||
	    port->window_bytes >= PORT_READ_MAX)
		port->read_at = mono_add_ms(port->window, PORT_WINDOW_MS);
}

static void port_read(struct port *port, mono_t now)
{
	uint8_t bytes[PORT_READ_MAX], shown[PORT_READ_MAX];
	ssize_t n;

	port->readable = false;
	port->reads++;
	n = read(port->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		port_fail(port, now, n == 0 ? "unplugged" : strerror(errno));
		return;
	}
	port_pace(port, now, (size_t)n);
	memcpy(shown, bytes, (size_t)n);
	port_redact(port, shown, (size_t)n);
	port_told(port, now, SESSION_RX, shown, (size_t)n);
	port->heard = true;
	talk_event(port->talk, now, SESSION_RX, bytes, (size_t)n);
}

static void port_open_failed(struct port *port, int error, const char *why)
{
	/* The same failure every second is told once. */
	if (error == port->last_error &&
	    (error == -ENOENT || !repeat_failed(&port->open_failures)))
		return;
	if (error != port->last_error)
		(void)repeat_failed(&port->open_failures);
	port->last_error = error;
	log_line(LOG_LEVEL_ERROR, port->name,
		 "%s %s, %s, trying again every second", port->device, why,
		 port->loss);
}

static void port_open(struct port *port, mono_t now)
{
	char error[TTY_ERROR_SIZE];
	int r;

	port->retry = mono_add_ms(now, PORT_RETRY_MS);
	r = tty_open(port->device, port->baud, &port->fd, error);
	if (r < 0) {
		port->fd = -1;
		port_open_failed(port, r, error);
		return;
	}
	(void)repeat_recovered(&port->open_failures);
	port->last_error = 0;
	if (port->losses.failures <= REPEAT_FIRST)
		log_line(LOG_LEVEL_NOTICE, port->name, "%s open at %u baud",
			 port->device, (unsigned int)port->baud);
	port->opened = now;
	port->read_at = now;
	port->tx_done = 0;
	port->write_limit.us = 0;
	port->check = mono_add_ms(now, PORT_CHECK_MS);
	port->faults = port_faults(port);
	port_told(port, now, SESSION_OPENED, NULL, 0);
	talk_event(port->talk, now, SESSION_OPENED, NULL, 0);
}

/* A device that comes and goes all the time has not come back. */
static void port_stays(struct port *port, mono_t now)
{
	uint64_t losses;

	if (mono_elapsed_ms(port->opened, now) < PORT_STAYS_MS)
		return;
	losses = repeat_recovered(&port->losses);
	if (losses > REPEAT_FIRST)
		log_line(LOG_LEVEL_NOTICE, port->name,
			 "%s stays open after %llu losses", port->device,
			 (unsigned long long)losses);
}

/* Once a second: a device that went without a word, or was changed. */
static void port_check(struct port *port, mono_t now)
{
	uint64_t faults = port_faults(port);
	bool heard = port->heard;
	int r;

	port->check = mono_add_ms(now, PORT_CHECK_MS);
	port->heard = false;
	port_stays(port, now);
	if (!heard && tty_moved(port->fd, port->device)) {
		port_fail(port, now, "its path names another device now");
		port->retry = now;
		return;
	}
	if (faults == port->faults)
		return;
	port->faults = faults;
	r = tty_verify(port->fd, port->baud);
	if (r < 0)
		port_fail(port, now, strerror(-r));
	else if (r > 0 && repeat_failed(&port->reverted))
		log_line(LOG_LEVEL_WARNING, port->name,
			 "%s: another program changed its settings, set to "
			 "%u baud 8N1 again", port->device,
			 (unsigned int)port->baud);
}

/* Until when the tty is to be left alone. */
static mono_t port_rest(const struct port *port)
{
	return mono_before(port->read_at, port->talk->read_after) ?
	       port->talk->read_after : port->read_at;
}

static void port_rewatch(struct port *port, mono_t now)
{
	if (port->fd < 0)
		return;
	if (port->talk->tx_len > 0)
		port_watch(port, EV_WRITE);
	else if (mono_before(now, port_rest(port)))
		port_watch(port, 0);
	else
		port_watch(port, EV_READ);
}

void port_tick(struct port *port, mono_t now)
{
	if (!port->talk->open || port->talk->tx_len > 0)
		return;
	port_told(port, now, SESSION_TICK, NULL, 0);
	talk_event(port->talk, now, SESSION_TICK, NULL, 0);
	port_write(port, now);
	port_rewatch(port, now);
}

void port_turn(struct port *port, mono_t now)
{
	if (port->fd < 0 && mono_reached(now, port->retry))
		port_open(port, now);
	if (port->fd >= 0 && port->talk->tx_len > 0)
		port_write(port, now);
	/* A port that slept is read without asking whether it is ready. */
	if (port->fd >= 0 && port->talk->tx_len == 0 &&
	    (port->readable || !ev_is_active(&port->io)) &&
	    !mono_before(now, port_rest(port)))
		port_read(port, now);
	if (port->fd >= 0 && port->talk->tx_len > 0)
		port_write(port, now);
	if (port->fd >= 0 && talk_due(port->talk, now))
		port_tick(port, now);
	if (port->fd >= 0 && mono_reached(now, port->check))
		port_check(port, now);
	port_rewatch(port, now);
}

mono_t port_next(const struct port *port)
{
	mono_t next = port->talk->until;

	if (port->fd < 0)
		return port->retry;
	if (port->talk->tx_len > 0)
		return port->write_limit;
	if (!ev_is_active(&port->io))
		next = mono_min(next, port_rest(port));
	return next;
}

void port_adopt(struct port *to, struct port *from)
{
	port_watch(from, 0);
	to->fd = from->fd;
	to->retry = from->retry;
	to->check = from->check;
	to->read_at = from->read_at;
	to->write_limit = from->write_limit;
	to->tx_done = from->tx_done;
	to->open_failures = from->open_failures;
	to->losses = from->losses;
	to->opened = from->opened;
	to->last_error = from->last_error;
	from->fd = -1;
}

void port_close(struct port *port, mono_t now)
{
	if (port->fd >= 0)
		port_lost(port, now);
}
