/* SPDX-License-Identifier: MIT */
/*
 * The one shape of every conversation on a tty, battery bus or MK3.
 *
 * A session does no input or output: it is told what happened and answers
 * with one action at a time. The caller feeds one event, carries the action
 * out, and then asks again with SESSION_TICK until the action is
 * SESSION_WAIT. Every session ends in SESSION_WAIT after a bounded number
 * of actions, for any bytes in any split.
 */
#ifndef BMS_SESSION_H
#define BMS_SESSION_H

#include "lib/base/sample.h"

struct inverter_reading;

enum session_event_type {
	SESSION_TICK,    /* nothing but time */
	SESSION_RX,      /* bytes came in */
	SESSION_TX_DONE, /* the last SEND has been handed to the tty */
	SESSION_OPENED,  /* the tty is open, flushed and ours */
	SESSION_LOST,    /* the tty is gone; nothing may be sent */
};

struct session_event {
	enum session_event_type type;
	const uint8_t *bytes; /* RX only */
	size_t len;
};

enum session_action_type {
	SESSION_WAIT,    /* until "until", or until bytes come */
	SESSION_SEND,    /* write all of bytes; discard unread input first */
	SESSION_SAMPLE,  /* one battery's complete reading */
	SESSION_READING, /* the inverter view has changed */
	SESSION_FAULT,   /* a request went wrong; already counted */
};

enum session_fault {
	FAULT_TIMEOUT,    /* no answer in time */
	FAULT_CHECKSUM,   /* answered, but the checksum did not close */
	FAULT_LENGTH,     /* answered, but too short or too long */
	FAULT_ADDRESS,    /* somebody else answered */
	FAULT_UNKNOWN,    /* a good frame of a kind nobody asked for */
	FAULT_CONTENT,    /* a good frame that cannot be a reading */
	SESSION_FAULT_COUNT
};

struct session_action {
	enum session_action_type type;
	/* WAIT: call with SESSION_TICK no later than this. */
	mono_t until;
	/*
	 * WAIT: no answer can be complete before this instant; a caller that
	 * wants to sleep through it may leave the tty unread until then.
	 */
	mono_t read_after;
	/* SEND: valid until the next call. */
	const uint8_t *bytes;
	size_t len;
	/* SAMPLE: valid until the next call. */
	const struct sample *sample;
	/* READING: valid until the next call. */
	const struct inverter_reading *reading;
	/* FAULT: which, and of which address (0 where it has none). */
	enum session_fault fault;
	uint8_t address;
};

/* What a bus has seen since start; shown per bus, never acted upon. */
struct session_counters {
	uint64_t requests;
	uint64_t answers;
	uint64_t faults[SESSION_FAULT_COUNT];
	uint64_t garbage_bytes; /* bytes that belonged to no frame */
};

struct session_ops {
	struct session_action (*step)(void *state, mono_t now,
				      const struct session_event *event);
	const struct session_counters *(*counters)(const void *state);
	/*
	 * From the next event on, asks no address for its reading sooner
	 * than so many milliseconds after it was asked before; 0, as at
	 * first, is as soon as the bus allows. A failed request is repeated
	 * all the same. NULL where the session asks no batteries.
	 */
	void (*pace)(void *state, uint32_t ms);
	/*
	 * Overwrites secrets in received bytes, in place, for the capture;
	 * keeps checksums true. NULL where the protocol carries none. The
	 * redactor's memory is its own: it must see every received byte once,
	 * in order.
	 */
	void (*redact)(void *state, uint8_t *bytes, size_t len);
};

#endif
