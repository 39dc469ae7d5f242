/* SPDX-License-Identifier: MIT */
/*
 * A JK-PB battery of 16 cells that the test itself plays on a tty, byte by
 * byte, and the simulated chip's lines of whoever reads it, with the instants
 * at which the kernel changed them. It speaks in the words of the
 * simulator's encoder, has address 1, and never sends by itself.
 */
#ifndef BMS_TESTS_BATTERY_H
#define BMS_TESTS_BATTERY_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/sim/jkpb.h"

enum {
	BATTERY_ANSWER = JK_BLOCK + 1 + JK_ACK, /* bytes */
	BATTERY_REQUEST = 11,
	BATTERY_LINES = 3,
};

struct battery {
	char tty[64];        /* where it is to be read */
	int master;
	int slave;
	uint16_t first_mv;   /* the first cell; the others have 3300 mV */
	uint16_t last_mv;    /* the last cell */

	bool asked;          /* and not answered */
	uint64_t asked_us;   /* rig_now_us() */
	struct jk_request request;
	uint8_t rx[40 * BATTERY_REQUEST];
	size_t n_rx;
	uint8_t counter;

	int chip;            /* readable where a line has changed */
	int line;            /* its lines' first */
	bool driven[BATTERY_LINES];
	uint64_t changed_us[BATTERY_LINES]; /* the kernel's, as rig_now_us() */
};

/* Opens a tty of its own and watches n lines of the chip. */
void battery_open(struct battery *b, int line, int n);

/* Reads what has come in; what has not been answered is forgotten. */
void battery_receive(struct battery *b, uint64_t now_us);
/* Reads one change of a line. */
void battery_change(struct battery *b);

/* The answer to its request; to a status request where there was none. */
void battery_encode(struct battery *b, uint8_t ret_answer[BATTERY_ANSWER]);
void battery_put(const struct battery *b, const uint8_t *bytes, size_t n);
/* Encodes and puts it, all at once. */
void battery_answer(struct battery *b);

#endif
