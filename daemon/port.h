/* SPDX-License-Identifier: MIT */
/*
 * One tty and the conversation on it. Takes the device when it is there,
 * tries again every second while it is not, notices when it goes, and comes
 * back to whatever its path then names. Decides nothing.
 *
 * The port sleeps through the time in which no answer can be complete
 * (read_after) and reads once when it is over. A device that talks without
 * end is read at a bounded rate; the other ports and the loop go on.
 */
#ifndef BMS_PORT_H
#define BMS_PORT_H

#include <ev.h>

#include "daemon/repeat.h"
#include "daemon/talk.h"

enum {
	PORT_READ_MAX = 1024,      /* bytes of one read, one capture line */
	/* At most so many reads and bytes in one window. */
	PORT_WINDOW_MS = 20,
	PORT_WINDOW_READS = 10,
	PORT_RETRY_MS = 1000,      /* between attempts to open */
	PORT_WRITE_MS = 1000,      /* a request not taken by then: broken */
	PORT_CHECK_MS = 1000,      /* is it still the right device? */
	PORT_STAYS_MS = 60000,     /* open so long: it has recovered */
};

/* Whom a port tells. Each may be NULL. */
struct port_hooks {
	void *data;
	/* A turn is wanted. */
	void (*wake)(void *data);
	/*
	 * Exactly what the session was told, in order, for the capture.
	 * RX bytes have their secrets overwritten; TX_DONE carries the bytes
	 * that were sent.
	 */
	void (*told)(void *data, const char *port, mono_t now,
		     const struct session_event *event);
};

struct port {
	const char *name;   /* of its section, or "inverter" */
	const char *device; /* path */
	uint32_t baud;
	const char *loss;   /* what it means that the device is not there */
	struct talk *talk;
	const struct port_hooks *hooks;
	struct ev_loop *loop;
	struct ev_io io;

	int fd;             /* negative: not open */
	bool readable;      /* the loop saw something to read or write */
	mono_t retry;       /* next attempt to open */
	mono_t check;       /* next look at what the path names */
	mono_t read_at;     /* leave unread until then */
	mono_t write_limit; /* of the SEND in hand */
	size_t tx_done;     /* bytes of it that are written */
	mono_t window;      /* the reads below count since then */
	uint32_t window_reads;
	uint32_t window_bytes;
	uint64_t faults;    /* seen at the last check */
	bool heard;         /* something since the last check */
	struct repeat open_failures;
	struct repeat losses;
	mono_t opened;
	struct repeat reverted; /* another program changed the tty */
	int last_error;
	uint64_t reads;     /* since start, for tests and figures */
};

/*
 * A port with nothing open yet. setup: name, device, baud, loss, talk,
 * hooks and loop, all of which must stay.
 */
void port_init(struct port *port, const struct port *setup);

/* Carries out all that is due at now: open, write, read, tick. */
void port_turn(struct port *port, mono_t now);

/* Gives a SESSION_TICK right away, for a new command. */
void port_tick(struct port *port, mono_t now);

/*
 * When port_turn() is next needed without anything to read. It also wants
 * to be called every second or so to look after the device.
 */
mono_t port_next(const struct port *port);

/* Takes over the open device of a port that is described alike, after its
 * conversation has been taken over too. */
void port_adopt(struct port *to, struct port *from);

/* Gives the device back and tells the session. */
void port_close(struct port *port, mono_t now);

#endif
