/* SPDX-License-Identifier: MIT */
/*
 * The conversation with all JK-PB packs of one bus: one request in flight,
 * status of every address in turn as fast as the bus allows, settings and
 * about blocks in between.
 *
 * Requests are 120 ms apart or more and come no sooner than 57 ms after an
 * answer (references, batteries.md 2.1.1 no. 1: closer, packs talk over each
 * other). A failed request is repeated once, after the same gap. A sample is
 * given only for a block with a good sum, followed by a good acknowledge of
 * the address and register that were asked.
 *
 * Whose turn it is:
 *  - packs that answer are asked round-robin, the longest waiting first;
 *  - one that has just fallen silent is asked every round for 30 s, after
 *    that (or when it never answered) every 1.6 s;
 *  - after a request without an answer the bus belongs to the answering
 *    packs for 500 ms or until each was asked, whichever is sooner; so
 *    silent addresses never take more than about half of the time;
 *  - a pace that has been set keeps each pack from being asked again before
 *    it has passed, answering or not;
 *  - settings and about: when a pack has answered, every 10 min, after a
 *    silence over 2 s (it may be another pack now), at most one between
 *    two status requests; after a failure not before every answering pack
 *    was asked again, with a back-off of 10 s doubling up to 10 min.
 *
 * Firmware 15.36 and later may ignore a status request that comes alone
 * (2.1): the repetition for such a pack, and every second try of a silent
 * one, asks for settings first. A pack that needed it twice in a row always
 * gets it, until its next about block.
 */
#ifndef BMS_JK_PB_SESSION_H
#define BMS_JK_PB_SESSION_H

#include "lib/proto/jk_pb.h"
#include "lib/proto/jk_pb_redact.h"
#include "lib/proto/proto.h"

/* Settings or about of one pack: when to ask again. */
struct jk_pb_errand {
	mono_t due;
	mono_t time;      /* of the last good answer */
	uint8_t failures; /* in a row */
};

/* One configured address. */
struct jk_pb_pack {
	uint8_t address;
	bool answering; /* the last status request was answered */
	bool wake;      /* silent: next time ask for settings first */
	bool known;     /* has answered within the last 30 s or so */
	uint8_t shy;    /* times in a row that a lone status was ignored */
	mono_t seen;    /* last good answer */
	mono_t due;     /* while not known: when to ask next */
	uint64_t turn;  /* of the bus, when last asked for status; 0: never */
	mono_t asked;   /* then */
	struct jk_pb_errand errand[JK_PB_KIND_COUNT];
	struct jk_pb_about about;
	struct jk_pb_settings settings;
};

/* What is being asked, from its first request to its answer or fault. */
struct jk_pb_exchange {
	bool active;
	bool in_flight;  /* a request is out */
	uint8_t pack;    /* index */
	enum jk_pb_kind goal;
	enum jk_pb_kind asked; /* of the request that is out or next */
	uint8_t attempt; /* 1 or 2 */
	bool heard;      /* bytes came that were no echo */
	bool woken;      /* settings first, because status was ignored */
	uint32_t faults; /* seen in this attempt, bit per session_fault */
	mono_t sent;
	mono_t deadline;
	mono_t complete; /* no answer can be complete before */
};

enum { JK_PB_RX_SIZE = 1024 };

/* State of one bus; init before use, then only by the session. */
struct jk_pb_bus {
	uint32_t baud;
	uint8_t n_packs;
	bool open;
	uint32_t pace_ms; /* between two status requests to one pack */
	bool tail; /* a zero byte behind an answer is part of it */
	mono_t next_send;
	mono_t gap_end;   /* earliest next request, by the last one */
	mono_t last_rx;
	uint64_t turn;
	uint64_t fail_turn; /* turn of the last exchange that failed */
	uint64_t errand_turn;
	uint64_t errand_fail_turn;
	mono_t fail_time;
	struct jk_pb_exchange now;
	struct jk_pb_pack pack[BMS_BUS_ADDRESSES_MAX];
	bool has_sample;
	bool has_fault;
	enum session_fault fault;
	uint8_t fault_address;
	struct sample sample;
	struct session_counters counters;
	struct jk_pb_redact redact;
	uint8_t request[JK_PB_REQUEST_SIZE];
	size_t rx_len;
	uint8_t rx[JK_PB_RX_SIZE];
};

extern const struct session_ops jk_pb_session_ops;

/* The contracts of struct proto. */
void jk_pb_init(void *state, const struct proto_config *config);

/* 120 ms at 115200 baud; where the wire is slower, request, answer delay
 * (20 ms at most, 2.1.1 no. 2), answer and the pause behind it. */
uint32_t jk_pb_cycle_ms(uint32_t baud);

#endif
