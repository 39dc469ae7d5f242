/* SPDX-License-Identifier: MIT */
/*
 * One RS485 bus with JK-PB packs behind a serial adapter. Requests are taken
 * from the wire when their last byte has passed; the addressed pack answers
 * after its own delay. A master that asks again too early hears two packs at
 * once. Faults of the adapter and of the line are made here.
 */
#ifndef SIM_BUS_H
#define SIM_BUS_H

#include "pack.h"
#include "pty.h"

#define BUS_PACKS 15
#define BUS_WINDOW 16

struct bus {
	struct pty pty;
	struct pack *pack[BUS_PACKS];
	unsigned n_packs;
	struct rng rng;
	bool log;

	uint8_t window[BUS_WINDOW];
	int64_t window_ns[BUS_WINDOW];
	unsigned n_window;
	int64_t last_rx_ns;

	int64_t last_request_ns;	/* first byte; 0 for none yet */
	int64_t last_answer_ns;		/* end, as a quiet line would have it */
	struct pack *last_pack;

	bool echo, garbage;
	unsigned garbage_bps;
	int64_t next_garbage_ns;

	unsigned requests, collisions, bad_bytes;
};

void bus_run(struct bus *bus, int64_t now_ns);
int64_t bus_deadline(const struct bus *bus);

#endif
