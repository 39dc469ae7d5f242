/* SPDX-License-Identifier: MIT */
/*
 * One session and what it has told: the part of a port that knows no tty.
 *
 * An event goes in; the session is then asked on until it waits, wants to
 * send, or has used up its share of one turn. What it told on the way is
 * kept as reports. The live daemon and the replay drive the same code, so
 * the same events at the same instants give the same reports.
 */
#ifndef BMS_TALK_H
#define BMS_TALK_H

#include "lib/base/session.h"

enum {
	/* Actions of one event; a session that has more goes on at the next
	 * turn, so that no port keeps the others waiting. */
	TALK_ACTIONS_MAX = 16,
	/* Events of one turn: opened or received, sent, tick, sent. */
	TALK_EVENTS_MAX = 6,
	TALK_REPORTS_MAX = TALK_ACTIONS_MAX * TALK_EVENTS_MAX,
};

/* What a session told: a sample, or a fault of an address. */
struct talk_report {
	bool is_sample;
	enum session_fault fault;
	uint8_t address; /* FAULT: 0 where it has none */
	struct sample sample;
};

struct talk {
	const struct session_ops *ops;
	void *state;

	bool open;         /* between OPENED and LOST */
	mono_t until;      /* the next TICK is due */
	mono_t read_after; /* no answer can be complete before */
	/* A SEND that has not been followed by TX_DONE; valid until then. */
	const uint8_t *tx;
	size_t tx_len;     /* 0: nothing to send */

	bool reading;      /* the inverter view has changed */
	uint32_t n_reports;
	struct talk_report report[TALK_REPORTS_MAX];
};

/* A closed conversation with nothing told. ops and state must stay. */
void talk_init(struct talk *talk, const struct session_ops *ops, void *state);

/*
 * Hands one event to the session and carries on until it waits or sends.
 * Events other than OPENED are dropped while the talk is not open. OPENED
 * and LOST forget a SEND that has not been done.
 */
void talk_event(struct talk *talk, mono_t now, enum session_event_type type,
		const uint8_t *bytes, size_t len);

/* True where a TICK is due: open, nothing being sent, deadline reached. */
bool talk_due(const struct talk *talk, mono_t now);

/* Forgets the reports and the mark of a changed reading. */
void talk_clear(struct talk *talk);

#endif
