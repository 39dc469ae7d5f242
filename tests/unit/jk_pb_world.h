/* SPDX-License-Identifier: MIT */
/*
 * A JK-PB session against packs in virtual time. Carries out every action,
 * holds the session to its contract (bounded actions, deadlines in the
 * future, gap and pause kept) and keeps what came out of it.
 */
#ifndef BMS_TESTS_JK_PB_WORLD_H
#define BMS_TESTS_JK_PB_WORLD_H

#include "lib/proto/jk_pb_session.h"
#include "tests/unit/jk_pb_unit.h"

/* ck_assert() writes a record each time; these are asked very often. */
#define WORLD_CHECK(condition) \
	do { \
		if (!(condition)) \
			ck_abort_msg("%s", #condition); \
	} while (0)

enum {
	WORLD_PIECES = 1024,
	WORLD_PIECE_SIZE = 400,
	WORLD_ACTIONS_MAX = 8,
	WORLD_SAMPLES = 4096
};

struct world_piece {
	uint64_t at;
	size_t len;
	uint8_t bytes[WORLD_PIECE_SIZE];
};

/* Of one address, 0..15. */
struct world_pack {
	bool present;
	bool silent_errands; /* answers status only */
	bool shy;            /* ignores a status that comes alone */
	uint64_t asked;      /* time of the last status request */
	uint64_t commanded;  /* time of the last request of any kind */
	uint64_t longest;    /* between two status requests, after "from" */
	uint64_t requests[JK_PB_KIND_COUNT];
	uint64_t samples;
	struct sample last;
};

struct world {
	struct jk_pb_bus bus;
	uint64_t now;
	uint64_t from;      /* intervals count from here */
	uint64_t seed;
	size_t chunk;       /* bytes a read, 0: all at once */
	bool sleeper;       /* reads no sooner than read_after */
	uint64_t reads;
	uint64_t sends;
	uint64_t sent;      /* SEND or TX_DONE of the last request */
	uint64_t answer_end;
	uint64_t shortest_gap;
	uint64_t longest_gap;
	uint64_t latency_max;
	size_t n_pieces;
	struct world_piece piece[WORLD_PIECES];
	struct world_pack pack[16];
	uint64_t samples;
	uint64_t faults[SESSION_FAULT_COUNT];
	uint8_t request[JK_PB_REQUEST_SIZE];
	/* Schedules what comes after a request; NULL: world_answer(). */
	void (*respond)(struct world *w, uint8_t address,
			enum jk_pb_kind kind);
	void (*on_sample)(struct world *w, const struct sample *s);
};

static inline mono_t world_time(uint64_t us)
{
	return (mono_t){ us };
}

/* 10 bits a byte at 115200 baud, rounded up. */
static inline uint64_t world_wire_us(size_t bytes)
{
	return ((uint64_t)bytes * 10000000 + 115199) / 115200;
}

static inline void world_bytes(struct world *w, uint64_t at,
			       const uint8_t *bytes, size_t len)
{
	struct world_piece *p = &w->piece[w->n_pieces++];

	WORLD_CHECK(w->n_pieces <= WORLD_PIECES);
	WORLD_CHECK(len <= WORLD_PIECE_SIZE);
	p->at = at;
	p->len = len;
	memcpy(p->bytes, bytes, len);
}

/* Bytes that begin at a time, in chunks at the pace of the wire. */
static inline void world_wire(struct world *w, uint64_t at,
			      const uint8_t *bytes, size_t len)
{
	size_t chunk = w->chunk ? w->chunk : len;

	for (size_t i = 0; i < len; i += chunk) {
		size_t n = len - i < chunk ? len - i : chunk;

		world_bytes(w, at + world_wire_us(i + n), bytes + i, n);
	}
	w->answer_end = at + world_wire_us(len);
}

/* What pack "address" says: the first cell tells who it was. */
static inline size_t world_frame(uint8_t address, enum jk_pb_kind kind,
				 uint8_t *answer)
{
	size_t len;

	unit_block(kind, answer);
	if (kind == JK_PB_STATUS)
		unit_put16(answer + JK_PB_STATUS_AT_CELLS, 3200u + address);
	if (kind == JK_PB_ABOUT)
		answer[JK_PB_ABOUT_AT_SERIAL + 10] = (uint8_t)('0' +
							       address % 10);
	unit_close_block(answer);
	len = unit_acknowledge(answer, address, kind, 1);
	return len;
}

static inline void world_answer(struct world *w, uint8_t address,
				enum jk_pb_kind kind)
{
	static uint8_t frame[16][JK_PB_KIND_COUNT][UNIT_ANSWER_SIZE];
	static size_t len[16][JK_PB_KIND_COUNT];
	struct world_pack *p = &w->pack[address];
	uint64_t delay = (uint64_t)unit_between(&w->seed, 8000, 20000);
	bool lone = w->now - p->commanded > 200000;

	if (!p->present)
		return;
	p->commanded = w->now;
	if (kind != JK_PB_STATUS && p->silent_errands)
		return;
	if (kind == JK_PB_STATUS && p->shy && lone)
		return;
	if (!len[address][kind])
		len[address][kind] = world_frame(address, kind,
						 frame[address][kind]);
	world_wire(w, w->now + world_wire_us(JK_PB_REQUEST_SIZE) + delay,
		   frame[address][kind], len[address][kind]);
}

static inline void world_init(struct world *w, uint8_t first, uint8_t last)
{
	struct proto_config config = { .baud = 115200 };

	*w = (struct world){ .now = 1000000, .seed = 1,
			     .shortest_gap = UINT64_MAX };
	for (uint8_t a = first; a <= last; a++)
		config.addresses[config.n_addresses++] = a;
	jk_pb_init(&w->bus, &config);
}

static inline struct session_action world_step(struct world *w,
					       enum session_event_type type,
					       const uint8_t *bytes,
					       size_t len)
{
	struct session_event event = { .type = type, .bytes = bytes,
				       .len = len };

	return jk_pb_session_ops.step(&w->bus, world_time(w->now), &event);
}

/* What is unread when a request is sent is thrown away by the caller. */
static inline void world_discard(struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_pieces; i++)
		if (w->piece[i].at > w->now)
			w->piece[n++] = w->piece[i];
	w->n_pieces = n;
}

static inline void world_sent(struct world *w,
			      const struct session_action *action)
{
	static const uint8_t reg[] = { 0x20, 0x1e, 0x1c };
	enum jk_pb_kind kind = JK_PB_STATUS;
	uint8_t address = action->bytes[0];
	struct world_pack *p = &w->pack[address];

	WORLD_CHECK(action->len == JK_PB_REQUEST_SIZE);
	while (reg[kind] != action->bytes[3])
		kind = (enum jk_pb_kind)(kind + 1);
	memcpy(w->request, action->bytes, JK_PB_REQUEST_SIZE);
	if (w->sends++ > 0) {
		uint64_t gap = w->now - w->sent;

		if (gap < w->shortest_gap)
			w->shortest_gap = gap;
		if (gap > w->longest_gap)
			w->longest_gap = gap;
		WORLD_CHECK(gap >= 120000);
		WORLD_CHECK(w->answer_end > w->now ||
			    w->now - w->answer_end >= 57000);
	}
	p->requests[kind]++;
	if (kind == JK_PB_STATUS) {
		if (p->asked > w->from && w->now - p->asked > p->longest)
			p->longest = w->now - p->asked;
		p->asked = w->now;
	}
	world_discard(w);
	if (w->respond)
		w->respond(w, address, kind);
	else
		world_answer(w, address, kind);
	w->now += (uint64_t)unit_between(&w->seed, 0, 2000);
	w->sent = w->now;
}

static inline void world_sample(struct world *w, const struct sample *s)
{
	struct world_pack *p = &w->pack[s->address];

	WORLD_CHECK(s->time.us == w->now);
	p->samples++;
	p->last = *s;
	w->samples++;
	if (w->now > w->answer_end && w->now - w->answer_end > w->latency_max)
		w->latency_max = w->now - w->answer_end;
	if (w->on_sample)
		w->on_sample(w, s);
}

/* Carries out actions until the session waits; returns that action. */
static inline struct session_action
world_settle(struct world *w, struct session_action action)
{
	for (int n = 0; action.type != SESSION_WAIT; n++) {
		enum session_event_type next = SESSION_TICK;

		WORLD_CHECK(n < WORLD_ACTIONS_MAX);
		switch (action.type) {
		case SESSION_SEND:
			world_sent(w, &action);
			next = SESSION_TX_DONE;
			break;
		case SESSION_SAMPLE:
			world_sample(w, action.sample);
			break;
		case SESSION_FAULT:
			w->faults[action.fault]++;
			break;
		case SESSION_READING:
		case SESSION_WAIT:
			ck_abort_msg("not an action of a battery bus");
		}
		action = world_step(w, next, NULL, 0);
	}
	WORLD_CHECK(action.until.us > w->now);
	WORLD_CHECK(action.read_after.us <= action.until.us);
	return action;
}

/* Everything that has come by now, in the order it came. */
static inline size_t world_read(struct world *w, uint8_t *buf, size_t size)
{
	size_t n = 0;

	for (;;) {
		struct world_piece *first = NULL;

		for (size_t i = 0; i < w->n_pieces; i++)
			if (w->piece[i].at <= w->now &&
			    (!first || w->piece[i].at < first->at))
				first = &w->piece[i];
		if (!first || n + first->len > size)
			return n;
		memcpy(buf + n, first->bytes, first->len);
		n += first->len;
		memmove(first, first + 1, (size_t)(w->piece + w->n_pieces -
						   first - 1) *
			sizeof(*first));
		w->n_pieces--;
	}
}

/* Sleeps as the action asks; true where bytes woke it. */
static inline bool world_sleep(struct world *w,
			       const struct session_action *wait,
			       uint64_t end)
{
	uint64_t wake = wait->until.us < end ? wait->until.us : end;
	bool bytes = false;

	for (size_t i = 0; i < w->n_pieces; i++) {
		uint64_t at = w->piece[i].at;

		if (w->sleeper && at < wait->read_after.us)
			at = wait->read_after.us;
		if (at <= wake) {
			wake = at;
			bytes = true;
		}
	}
	if (wake > w->now)
		w->now = wake;
	return bytes;
}

static inline void world_run(struct world *w, uint64_t for_us)
{
	uint8_t buf[WORLD_PIECE_SIZE * 16];
	uint64_t end = w->now + for_us;
	struct session_action action = world_step(w, SESSION_TICK, NULL, 0);

	for (;;) {
		action = world_settle(w, action);
		if (w->now >= end)
			return;
		if (world_sleep(w, &action, end)) {
			size_t n = world_read(w, buf, sizeof(buf));

			w->reads++;
			action = world_step(w, SESSION_RX, buf, n);
		} else {
			action = world_step(w, SESSION_TICK, NULL, 0);
		}
	}
}

static inline void world_open(struct world *w)
{
	world_settle(w, world_step(w, SESSION_OPENED, NULL, 0));
}

/* Counts and intervals begin here. */
static inline void world_measure(struct world *w)
{
	w->from = w->now;
	w->samples = 0;
	for (size_t i = 0; i < 16; i++) {
		w->pack[i].longest = 0;
		w->pack[i].samples = 0;
		memset(w->pack[i].requests, 0, sizeof(w->pack[i].requests));
	}
}

/* Opens and runs until the first request is out, unanswered so far. */
static inline void world_until_sent(struct world *w)
{
	uint64_t sends = w->sends;

	world_open(w);
	while (w->sends == sends)
		world_run(w, 10000);
}

#endif
