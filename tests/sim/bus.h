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
#define BUS_FRAME_MAX (JK_BLOCK + 1 + JK_ACK)

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

	/*
	 * How long before they were read the last bytes may have been written:
	 * 0 unless the simulator itself was not given the processor. What was
	 * late by that is not held against the client.
	 */
	int64_t slack_ns;

	uint8_t out[BUS_FRAME_MAX];	/* answer that waits for its time */
	size_t n_out;
	int64_t out_start_ns;

	int64_t last_request_ns;	/* first byte; 0 for none yet */
	int64_t last_answer_ns;		/* end, as a quiet line would have it */
	struct pack *last_pack;

	bool echo, garbage;
	unsigned garbage_bps;
	int64_t next_garbage_ns;

	unsigned requests, collisions, bad_bytes;
};

/* slack_ns: time since the wires were last looked at, when that was long. */
void bus_run(struct bus *bus, int64_t now_ns, int64_t slack_ns);
int64_t bus_deadline(const struct bus *bus);

#endif
