/* SPDX-License-Identifier: MIT */
/*
 * The battery protocols: one table row each, one session a bus.
 *
 * A protocol's session polls all configured addresses of one bus. The
 * caller gives the memory (state_size bytes, zeroed or not) and one init.
 */
#ifndef BMS_PROTO_H
#define BMS_PROTO_H

#include "lib/base/session.h"

struct proto_config {
	uint32_t baud;
	uint8_t n_addresses; /* 1..BMS_BUS_ADDRESSES_MAX */
	uint8_t addresses[BMS_BUS_ADDRESSES_MAX];
};

struct proto {
	const char *name;    /* as in the configuration: "jk-pb" */
	const char *title;   /* for people: "JK-PB over RS485" */
	uint32_t default_baud;
	uint8_t address_min;
	uint8_t address_max;
	size_t state_size;
	size_t state_align;
	/* Longest time from one request to the next at that baud, in ms,
	 * when every address answers: the arithmetic of requirement B8. */
	uint32_t (*cycle_ms)(uint32_t baud);
	void (*init)(void *state, const struct proto_config *config);
	const struct session_ops *session;
	/*
	 * Decodes one frame for people: writes one line of JSON without a
	 * newline into buf and returns its length, or a negative number with
	 * a sentence in buf that says why the frame is refused. buf always
	 * ends with NUL; 4096 bytes are enough.
	 */
	int (*decode_text)(const uint8_t *frame, size_t len, char *buf,
			   size_t size);
};

/* Ended by a row with a NULL name. */
extern const struct proto protos[];

/* NULL where no protocol has that name. */
const struct proto *proto_find(const char *name);

#endif
