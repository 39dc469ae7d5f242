/* SPDX-License-Identifier: MIT */
#include "lib/proto/jk_pb_session.h"

#include <string.h>

#include "lib/proto/jk_pb_turn.h"

enum {
	/* batteries.md 2.1.1: gap (1), answer delay (2) */
	GAP_MS = 120,
	PAUSE_MS = 57,
	ANSWER_DELAY_MIN_MS = 8,
	ANSWER_DELAY_MAX_MS = 20,
	/* 2.1, timing */
	STATUS_TIMEOUT_MS = 500,
	ERRAND_TIMEOUT_MS = 1000,
	SHY_FIRMWARE = 1536,
	ERRAND_EVERY_MS = 600000,
	/* ours */
	SILENT_FORGET_MS = 30000,
	SILENT_RECHECK_MS = 2000,
	ABSENT_EVERY_MS = 1600,
	BACK_OFF_MS = 10000,
	BACK_OFF_STEPS = 6,
	SETTINGS_VALID_MS = 1800000
};

/* Time of that many bytes on the wire, 8N1, rounded down. */
static uint64_t wire_us(uint32_t baud, size_t bytes)
{
	return (uint64_t)bytes * 10 * 1000000 / baud;
}

uint32_t jk_pb_cycle_ms(uint32_t baud)
{
	uint32_t wire;

	if (baud == 0)
		baud = JK_PB_BAUD;
	wire = (uint32_t)(wire_us(baud, JK_PB_REQUEST_SIZE +
				  JK_PB_ANSWER_MAX) / 1000) + 1;
	wire += ANSWER_DELAY_MAX_MS + PAUSE_MS;
	return wire > GAP_MS ? wire : GAP_MS;
}

/* A slow line must not time out before its answer can be over. */
static uint64_t timeout_us(const struct jk_pb_bus *bus, enum jk_pb_kind asked,
			   enum jk_pb_kind goal)
{
	uint64_t wire = wire_us(bus->baud, JK_PB_REQUEST_SIZE +
				JK_PB_ANSWER_MAX) + 100000;
	uint64_t us = asked == JK_PB_STATUS || goal == JK_PB_STATUS ?
		STATUS_TIMEOUT_MS * 1000 : ERRAND_TIMEOUT_MS * 1000;

	return wire > us ? wire : us;
}

static struct jk_pb_pack *asked_pack(struct jk_pb_bus *bus)
{
	return &bus->pack[bus->now.pack];
}

/* --- what an exchange ends in ------------------------------------------ */

static void forget(struct jk_pb_pack *pack)
{
	*pack = (struct jk_pb_pack){ .address = pack->address,
				     .wake = pack->wake,
				     .due = pack->due,
				     .turn = pack->turn,
				     .asked = pack->asked };
}

static void pack_answered(struct jk_pb_pack *pack, mono_t now)
{
	if (pack->known && !pack->answering &&
	    mono_elapsed_ms(pack->seen, now) > SILENT_RECHECK_MS) {
		pack->errand[JK_PB_SETTINGS].due = now;
		pack->errand[JK_PB_ABOUT].due = now;
	}
	pack->known = true;
	pack->seen = now;
}

static void end_exchange(struct jk_pb_bus *bus, mono_t earliest)
{
	mono_t next = bus->gap_end;

	bus->now.in_flight = false;
	bus->next_send = mono_max(next, earliest);
}

static void raise_fault(struct jk_pb_bus *bus, enum session_fault fault)
{
	bus->has_fault = true;
	bus->fault = fault;
	bus->fault_address = asked_pack(bus)->address;
}

static void fail_exchange(struct jk_pb_bus *bus, mono_t now,
			  enum session_fault fault)
{
	struct jk_pb_exchange *x = &bus->now;
	struct jk_pb_pack *pack = asked_pack(bus);
	struct jk_pb_errand *errand = &pack->errand[x->goal];

	x->active = false;
	bus->fail_turn = bus->turn;
	bus->fail_time = now;
	raise_fault(bus, fault);
	if (x->goal != JK_PB_STATUS) {
		bus->errand_fail_turn = bus->turn;
		errand->due = mono_add_ms(now, errand->failures <
					  BACK_OFF_STEPS ?
			(uint32_t)BACK_OFF_MS << errand->failures :
			(uint32_t)ERRAND_EVERY_MS);
		if (errand->failures < UINT8_MAX)
			errand->failures++;
		return;
	}
	pack->answering = false;
	pack->wake = !pack->wake;
	pack->due = mono_add_ms(x->sent, ABSENT_EVERY_MS);
	if (pack->known && !pack->answering &&
	    mono_elapsed_ms(pack->seen, now) >= SILENT_FORGET_MS)
		forget(pack);
}

/* Once more, unless the pack is known to be silent or unwilling. */
static bool may_repeat(const struct jk_pb_bus *bus,
		       const struct jk_pb_pack *pack)
{
	if (bus->now.attempt > 1 || !pack->answering)
		return false;
	return bus->now.goal == JK_PB_STATUS ||
	       pack->errand[bus->now.goal].failures == 0;
}

static enum session_fault attempt_fault(struct jk_pb_bus *bus)
{
	static const enum session_fault counted[] = {
		FAULT_CHECKSUM, FAULT_ADDRESS, FAULT_UNKNOWN
	};
	enum session_fault fault;

	for (size_t i = 0; i < ARRAY_SIZE(counted); i++)
		if (bus->now.faults & UINT32_C(1) << counted[i])
			return counted[i];
	fault = bus->now.heard ? FAULT_LENGTH : FAULT_TIMEOUT;
	bus->counters.faults[fault]++;
	return fault;
}

static void fail_attempt(struct jk_pb_bus *bus, mono_t now)
{
	struct jk_pb_exchange *x = &bus->now;
	const struct jk_pb_pack *pack = asked_pack(bus);
	enum session_fault fault = attempt_fault(bus);

	/* Not from now on: a bus that babbles would never be quiet. */
	end_exchange(bus, x->heard ? mono_add_ms(bus->last_rx, PAUSE_MS) :
				     now);
	if (!may_repeat(bus, pack)) {
		fail_exchange(bus, now, fault);
		return;
	}
	x->attempt++;
	if (x->goal == JK_PB_STATUS && fault == FAULT_TIMEOUT &&
	    jk_pb_firmware_number(pack->about.firmware) >= SHY_FIRMWARE) {
		x->asked = JK_PB_SETTINGS;
		x->woken = true;
	}
}

/* --- answers ------------------------------------------------------------ */

static void give_sample(struct jk_pb_bus *bus, const struct jk_pb_pack *pack,
			mono_t now)
{
	const struct jk_pb_errand *e = &pack->errand[JK_PB_SETTINGS];
	const struct jk_pb_settings *set = &pack->settings;
	struct sample *s = &bus->sample;

	s->time = now;
	s->address = pack->address;
	memcpy(s->serial, pack->about.serial, sizeof(s->serial));
	memcpy(s->model, pack->about.model, sizeof(s->model));
	memcpy(s->firmware, pack->about.firmware, sizeof(s->firmware));
	bus->has_sample = true;
	if (mono_elapsed_ms(e->time, now) > SETTINGS_VALID_MS)
		return;
	s->design_mah = set->design_mah;
	s->charge_limit_ma = set->charge_limit_ma;
	s->discharge_limit_ma = set->discharge_limit_ma;
	if (set->charge_cell_mv.known && set->cells.known)
		s->charge_voltage_mv = known_i32(set->charge_cell_mv.value *
						 set->cells.value);
}

static void take_status(struct jk_pb_bus *bus, const uint8_t *block,
			mono_t now)
{
	struct jk_pb_exchange *x = &bus->now;
	struct jk_pb_pack *pack = asked_pack(bus);

	x->active = false;
	pack->wake = false;
	if (x->woken && pack->shy < JK_PB_SHY_TIMES)
		pack->shy++;
	else if (!x->woken && pack->shy < JK_PB_SHY_TIMES)
		pack->shy = 0;
	pack->answering = true;
	if (jk_pb_status_decode(block, &bus->sample)) {
		give_sample(bus, pack, now);
		return;
	}
	bus->counters.faults[FAULT_CONTENT]++;
	raise_fault(bus, FAULT_CONTENT);
}

static void take_errand(struct jk_pb_bus *bus, const uint8_t *block,
			mono_t now)
{
	struct jk_pb_exchange *x = &bus->now;
	struct jk_pb_pack *pack = asked_pack(bus);
	struct jk_pb_errand *errand = &pack->errand[x->asked];

	if (x->asked == JK_PB_SETTINGS)
		jk_pb_settings_decode(block, &pack->settings);
	else
		jk_pb_about_decode(block, &pack->about);
	*errand = (struct jk_pb_errand){
		.due = mono_add_ms(now, ERRAND_EVERY_MS), .time = now
	};
	if (x->goal != JK_PB_STATUS) {
		x->active = false;
		/* Now and then see whether it still is. */
		if (x->goal == JK_PB_ABOUT && pack->shy > 0)
			pack->shy--;
		return;
	}
	/* The pack is awake now: the status request follows in its gap. */
	x->asked = JK_PB_STATUS;
}

static void take_answer(struct jk_pb_bus *bus, const uint8_t *block,
			mono_t now)
{
	bus->counters.answers++;
	bus->tail = true;
	end_exchange(bus, mono_add_ms(now, PAUSE_MS));
	pack_answered(asked_pack(bus), now);
	if (bus->now.asked == JK_PB_STATUS)
		take_status(bus, block, now);
	else
		take_errand(bus, block, now);
}

/* --- received bytes ----------------------------------------------------- */

static void count_fault(struct jk_pb_bus *bus, enum session_fault fault)
{
	bus->counters.faults[fault]++;
	bus->now.faults |= UINT32_C(1) << fault;
}

static bool is_asked(struct jk_pb_bus *bus, uint8_t address)
{
	return bus->now.in_flight && asked_pack(bus)->address == address;
}

/* A frame that is whole, but not an answer to what was asked. */
static void count_foreign(struct jk_pb_bus *bus, uint8_t address)
{
	count_fault(bus, bus->now.in_flight && !is_asked(bus, address) ?
			 FAULT_ADDRESS : FAULT_UNKNOWN);
}

static size_t drop_byte(struct jk_pb_bus *bus, uint8_t byte)
{
	if (bus->tail && byte == 0)
		bus->tail = false;
	else
		bus->counters.garbage_bytes++;
	bus->now.heard = true;
	return 1;
}

/* The frame was answered, only broken: no need to sit out the timeout, but
 * the real answer may still follow what was taken for its beginning. */
static void shorten_wait(struct jk_pb_bus *bus, mono_t now)
{
	mono_t limit = mono_add_us(now, wire_us(bus->baud, JK_PB_ANSWER_MAX) +
					PAUSE_MS * 1000);

	bus->now.deadline = mono_min(bus->now.deadline, limit);
}

/* Takes what was found at the start of data; returns the bytes it used. */
static size_t take_found(struct jk_pb_bus *bus, const struct jk_pb_look *look,
			 const uint8_t *data, mono_t now)
{
	bool asked = is_asked(bus, look->address) &&
		     look->kind == bus->now.asked;

	switch (look->result) {
	case JK_PB_LOOK_NOTHING:
	case JK_PB_LOOK_PART:
		return drop_byte(bus, data[0]);
	case JK_PB_LOOK_BAD_SUM:
	case JK_PB_LOOK_BAD_ACK:
		count_fault(bus, FAULT_CHECKSUM);
		shorten_wait(bus, now);
		return drop_byte(bus, data[0]);
	case JK_PB_LOOK_REQUEST:
		/* Adapters may echo our own request (batteries.md 1.2). */
		if (!asked)
			count_fault(bus, FAULT_UNKNOWN);
		return look->len;
	case JK_PB_LOOK_ACK:
		/* Ours is what is left of an answer that broke. */
		bus->now.heard = true;
		if (!asked)
			count_foreign(bus, look->address);
		return look->len;
	case JK_PB_LOOK_ANSWER:
		if (asked && look->block == look->kind)
			take_answer(bus, data, now);
		else
			count_foreign(bus, look->address);
		return look->len;
	}
	return 1;
}

static void scan(struct jk_pb_bus *bus, mono_t now)
{
	size_t missing = JK_PB_ANSWER_MIN;
	size_t at = 0;

	while (at < bus->rx_len) {
		struct jk_pb_look look = jk_pb_look(bus->rx + at,
						    bus->rx_len - at);

		if (look.result == JK_PB_LOOK_PART) {
			missing = look.missing;
			break;
		}
		at += take_found(bus, &look, bus->rx + at, now);
	}
	bus->rx_len -= at;
	memmove(bus->rx, bus->rx + at, bus->rx_len);
	/* Two byte times more, so that the last byte is not read alone. */
	bus->now.complete = mono_add_us(now, wire_us(bus->baud, missing + 2));
}

/* What stays unfinished is shorter than an answer, so every turn makes
 * room for more. */
static void receive(struct jk_pb_bus *bus, mono_t now, const uint8_t *bytes,
		    size_t len)
{
	_Static_assert((int)JK_PB_RX_SIZE > (int)JK_PB_ANSWER_MAX, "room");

	if (len > 0)
		bus->last_rx = now;
	while (len > 0) {
		size_t n = sizeof(bus->rx) - bus->rx_len;

		if (n > len)
			n = len;
		memcpy(bus->rx + bus->rx_len, bytes, n);
		bus->rx_len += n;
		bytes += n;
		len -= n;
		scan(bus, now);
	}
}

static void drop_received(struct jk_pb_bus *bus)
{
	if (bus->tail && bus->rx_len > 0 && bus->rx[0] == 0)
		bus->rx_len--;
	if (bus->rx_len > 0)
		bus->now.heard = true;
	bus->counters.garbage_bytes += bus->rx_len;
	bus->rx_len = 0;
}

/* --- actions ------------------------------------------------------------- */

static struct session_action wait_until(mono_t until, mono_t read_after)
{
	return (struct session_action){
		.type = SESSION_WAIT,
		.until = until,
		.read_after = mono_min(read_after, until),
	};
}

static struct session_action send_request(struct jk_pb_bus *bus, mono_t now)
{
	struct jk_pb_exchange *x = &bus->now;
	uint64_t answer = wire_us(bus->baud, JK_PB_REQUEST_SIZE +
				  JK_PB_ANSWER_MIN);

	drop_received(bus);
	jk_pb_request(asked_pack(bus)->address, x->asked, bus->request);
	x->in_flight = true;
	x->heard = false;
	x->faults = 0;
	x->sent = now;
	x->deadline = mono_add_us(now, timeout_us(bus, x->asked, x->goal));
	x->complete = mono_add_us(now, answer + ANSWER_DELAY_MIN_MS * 1000);
	bus->tail = false;
	bus->gap_end = mono_add_ms(now, GAP_MS);
	bus->counters.requests++;
	return (struct session_action){
		.type = SESSION_SEND,
		.bytes = bus->request,
		.len = sizeof(bus->request),
	};
}

static void check_deadline(struct jk_pb_bus *bus, mono_t now)
{
	if (!bus->open || !bus->now.in_flight ||
	    !mono_reached(now, bus->now.deadline))
		return;
	drop_received(bus);
	fail_attempt(bus, now);
}

static struct session_action next_action(struct jk_pb_bus *bus, mono_t now)
{
	struct jk_pb_exchange *x = &bus->now;

	check_deadline(bus, now);
	if (bus->has_sample) {
		bus->has_sample = false;
		return (struct session_action){ .type = SESSION_SAMPLE,
						.sample = &bus->sample };
	}
	if (bus->has_fault) {
		bus->has_fault = false;
		return (struct session_action){
			.type = SESSION_FAULT,
			.fault = bus->fault,
			.address = bus->fault_address,
		};
	}
	if (!bus->open)
		return wait_until(MONO_NEVER, MONO_NEVER);
	if (x->in_flight)
		return wait_until(x->deadline, x->complete);
	/* Nothing can come that the next request would not discard. */
	if (!mono_reached(now, bus->next_send))
		return wait_until(bus->next_send, bus->next_send);
	if (!x->active && !jk_pb_choose(bus, now))
		return wait_until(jk_pb_earliest_due(bus), now);
	return send_request(bus, now);
}

/* Everything about the packs is forgotten: behind a new tty there may be
 * others. */
static void restart(struct jk_pb_bus *bus, bool open, mono_t now)
{
	for (size_t i = 0; i < bus->n_packs; i++)
		bus->pack[i] = (struct jk_pb_pack){
			.address = bus->pack[i].address
		};
	drop_received(bus);
	bus->now = (struct jk_pb_exchange){ .active = false };
	bus->open = open;
	bus->tail = false;
	bus->has_sample = false;
	bus->has_fault = false;
	bus->turn = 1;
	bus->fail_turn = 0;
	bus->errand_turn = 0;
	bus->errand_fail_turn = 0;
	bus->next_send = mono_add_ms(now, GAP_MS);
}

static struct session_action step(void *state, mono_t now,
				  const struct session_event *event)
{
	struct jk_pb_bus *bus = state;

	switch (event->type) {
	case SESSION_TICK:
		break;
	case SESSION_RX:
		/* An answer that lay unread while this program stood still is
		 * as old as nobody knows: only what is read in time counts. */
		check_deadline(bus, now);
		if (bus->open)
			receive(bus, now, event->bytes, event->len);
		break;
	case SESSION_TX_DONE:
		/* The gap is between requests on the wire, so the later of
		 * the two times counts. */
		if (bus->now.in_flight)
			bus->gap_end = mono_add_ms(now, GAP_MS);
		break;
	case SESSION_OPENED:
		restart(bus, true, now);
		break;
	case SESSION_LOST:
		restart(bus, false, now);
		break;
	}
	return next_action(bus, now);
}

static const struct session_counters *counters(const void *state)
{
	const struct jk_pb_bus *bus = state;

	return &bus->counters;
}

static void pace(void *state, uint32_t ms)
{
	struct jk_pb_bus *bus = state;

	bus->pace_ms = ms;
}

static void redact(void *state, uint8_t *bytes, size_t len)
{
	struct jk_pb_bus *bus = state;

	jk_pb_redact(&bus->redact, bytes, len);
}

void jk_pb_init(void *state, const struct proto_config *config)
{
	struct jk_pb_bus *bus = state;

	*bus = (struct jk_pb_bus){
		.baud = config->baud > 0 ? config->baud : JK_PB_BAUD,
		.n_packs = config->n_addresses,
	};
	if (bus->n_packs > ARRAY_SIZE(bus->pack))
		bus->n_packs = ARRAY_SIZE(bus->pack);
	for (size_t i = 0; i < bus->n_packs; i++)
		bus->pack[i].address = config->addresses[i];
}

const struct session_ops jk_pb_session_ops = {
	.step = step,
	.counters = counters,
	.pace = pace,
	.redact = redact,
};
