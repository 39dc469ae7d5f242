/* SPDX-License-Identifier: MIT */
#include "bus.h"

#include <stdio.h>
#include <string.h>

#define QUIET_NS (50 * NS_PER_MS)	/* less than this: packs collide */
#define ANSWER_MIN_MS 8
#define ANSWER_SPREAD_US 12000
#define FRAME_GAP_NS (3 * NS_PER_MS)
#define COMPANY_NS (200 * NS_PER_MS)

static const size_t request_lengths[] = { 8, 11, 13 };

static void note(const struct bus *bus, const char *what,
		 const struct jk_request *req)
{
	if (bus->log)
		fprintf(stderr, "%s: %s: address %u function %02X "
			"register %04X\n", bus->pty.link, what, req->address,
			req->function, req->reg);
}

static struct pack *find_pack(const struct bus *bus, uint8_t address)
{
	for (unsigned i = 0; i < bus->n_packs; i++)
		if (bus->pack[i]->address == address)
			return bus->pack[i];
	return NULL;
}

static bool is_trigger(const struct jk_request *req)
{
	return req->function == 0x10 && req->count == 1 &&
	       (req->reg == JK_REG_STATUS || req->reg == JK_REG_SETTINGS ||
		req->reg == JK_REG_ABOUT);
}

/* 16xx holds shutdown and firmware update next to the three triggers. */
static bool is_forbidden(const struct jk_request *req)
{
	return req->function == 0x10 && req->reg >> 8 == 0x16 &&
	       !is_trigger(req);
}

static bool write_switch(struct pack *pack, const struct jk_request *req)
{
	if (req->function != 0x10 || req->count != 2 || req->value > 1)
		return false;
	switch (req->reg) {
	case JK_REG_CHARGE:
		pack->enabled[SWITCH_CHARGE] = req->value;
		return true;
	case JK_REG_DISCHARGE:
		pack->enabled[SWITCH_DISCHARGE] = req->value;
		return true;
	case JK_REG_BALANCE:
		pack->enabled[SWITCH_BALANCE] = req->value;
		return true;
	default:
		return false;
	}
}

static void encode_block(struct pack *pack, unsigned reg, int64_t now_ns,
			 uint8_t *ret_block)
{
	struct jk_status status;
	struct jk_settings settings;
	struct jk_about about;

	pack->counter++;
	if (reg == JK_REG_STATUS) {
		pack_status(pack, now_ns, &status);
		jk_encode_status(&status, pack->counter, ret_block);
	} else if (reg == JK_REG_SETTINGS) {
		pack_settings(pack, &settings);
		jk_encode_settings(&settings, pack->counter, ret_block);
	} else {
		pack_about(pack, now_ns, &about);
		jk_encode_about(&about, pack->counter, ret_block);
	}
}

/* The bytes a healthy pack would answer; 0 for silence. */
static size_t answer(struct pack *pack, const struct jk_request *req,
		     int64_t now_ns, uint8_t *ret_frame)
{
	uint8_t address = pack->address;

	if (pack->answer_as != PACK_AUTO)
		address = (uint8_t)pack->answer_as;
	if (is_trigger(req)) {
		encode_block(pack, req->reg, now_ns, ret_frame);
		ret_frame[JK_BLOCK] = 0;
		jk_encode_ack(address, req->reg, 1, ret_frame + JK_BLOCK + 1);
		return BUS_FRAME_MAX;
	}
	if (req->function == 0x03 && req->reg == JK_REG_ALARMS &&
	    req->count == 2)
		return jk_encode_read(address, pack_alarms(pack), ret_frame);
	if (write_switch(pack, req)) {
		jk_encode_ack(address, req->reg, 2, ret_frame);
		return JK_ACK;
	}
	return 0;
}

static size_t spoil(struct bus *bus, const struct pack *pack, uint8_t *frame,
		    size_t n)
{
	size_t summed = n < JK_BLOCK ? n : JK_BLOCK;

	/* Only where a check must notice it: not in the pad. */
	if (pack->corrupt)
		frame[rng_below(&bus->rng, (uint32_t)summed)] ^=
			(uint8_t)(1U << rng_below(&bus->rng, 8));
	return pack->truncate < n ? n - pack->truncate : 0;
}

/* Two drivers on one pair: one wins, or both make something third. */
static void collide(struct bus *bus, int64_t start_ns, uint8_t *frame,
		    size_t n)
{
	uint8_t other[BUS_FRAME_MAX];

	encode_block(bus->last_pack, JK_REG_STATUS, start_ns, other);
	memset(other + JK_BLOCK, 0, sizeof(other) - JK_BLOCK);
	for (size_t i = 0; i < n; i++) {
		uint8_t theirs = other[(i + 7) % sizeof(other)];

		switch (rng_below(&bus->rng, 4)) {
		case 0:
			frame[i] = theirs;
			break;
		case 1:
			frame[i] &= theirs;
			break;
		case 2:
			frame[i] = (uint8_t)rng_u32(&bus->rng);
			break;
		default:
			break;
		}
	}
}

/* The answer waits here, so that other things can come before it. */
static void release_answer(struct bus *bus)
{
	pty_send(&bus->pty, bus->out_start_ns, bus->out, bus->n_out);
	bus->n_out = 0;
}

static void garble_pending(struct bus *bus)
{
	struct pty_queue *q = &bus->pty.tx;

	for (unsigned i = 0; i < q->count; i++)
		q->byte[(q->head + i) % PTY_QUEUE] ^=
			(uint8_t)rng_u32(&bus->rng);
}

static void count_gap(struct bus *bus, struct pack *pack, int64_t first_ns)
{
	double gap_ms;

	if (bus->last_request_ns) {
		gap_ms = (double)(first_ns - bus->last_request_ns) / NS_PER_MS;
		pack->last_gap_ms = gap_ms;
		if (pack->min_gap_ms < 0 || gap_ms < pack->min_gap_ms)
			pack->min_gap_ms = gap_ms;
	}
	pack->requests++;
}

/* Firmware from 15.36 on: deaf to a status request that comes alone. */
static bool ignores(struct pack *pack, const struct jk_request *req,
		    int64_t at_ns)
{
	bool alone = !pack->heard_ns || at_ns - pack->heard_ns > COMPANY_NS;

	pack->heard_ns = at_ns;
	if (pack->drop_next) {
		pack->drop_next--;
		return true;
	}
	if (pack->picky && alone && req->reg == JK_REG_STATUS)
		return true;
	return pack->silent;
}

static void send_answer(struct bus *bus, struct pack *pack,
			const struct jk_request *req, int64_t first_ns,
			int64_t at_ns)
{
	bool early = bus->last_answer_ns &&
		     first_ns < bus->last_answer_ns + QUIET_NS;
	int64_t start_ns = at_ns + ANSWER_MIN_MS * NS_PER_MS +
			   rng_below(&bus->rng, ANSWER_SPREAD_US) * 1000LL;
	size_t n;

	if (early) {
		bus->collisions++;
		note(bus, "collision", req);
	}
	if (bus->n_out)
		release_answer(bus);
	if (bus->last_answer_ns > first_ns)
		garble_pending(bus);
	n = answer(pack, req, at_ns, bus->out);
	if (!n)
		return;
	n = spoil(bus, pack, bus->out, n);
	if (early)
		collide(bus, start_ns, bus->out, n);
	bus->n_out = n;
	bus->out_start_ns = start_ns;
	bus->last_answer_ns = start_ns - bus->slack_ns +
			      (int64_t)n * pty_byte_ns(&bus->pty);
	bus->last_pack = pack;
}

static void on_request(struct bus *bus, const struct jk_request *req,
		       int64_t first_ns, int64_t at_ns)
{
	struct pack *pack = find_pack(bus, req->address);

	bus->requests++;
	if (pack) {
		count_gap(bus, pack, first_ns);
		if (is_forbidden(req)) {
			pack->forbidden++;
			note(bus, "forbidden", req);
		}
	}
	bus->last_request_ns = first_ns - bus->slack_ns;
	if (!pack || ignores(pack, req, at_ns)) {
		note(bus, "unanswered", req);
		return;
	}
	note(bus, "request", req);
	send_answer(bus, pack, req, first_ns, at_ns);
}

static void window_clear(struct bus *bus)
{
	bus->bad_bytes += bus->n_window;
	bus->n_window = 0;
}

static void window_push(struct bus *bus, uint8_t byte, int64_t at_ns)
{
	if (bus->n_window == BUS_WINDOW) {
		bus->n_window--;
		bus->bad_bytes++;
		memmove(bus->window, bus->window + 1, BUS_WINDOW - 1);
		memmove(bus->window_ns, bus->window_ns + 1,
			(BUS_WINDOW - 1) * sizeof(bus->window_ns[0]));
	}
	bus->window[bus->n_window] = byte;
	bus->window_ns[bus->n_window++] = at_ns;
}

static void on_byte(struct bus *bus, uint8_t byte, int64_t at_ns)
{
	struct jk_request req;

	if (at_ns - bus->last_rx_ns > FRAME_GAP_NS + pty_byte_ns(&bus->pty))
		window_clear(bus);
	bus->last_rx_ns = at_ns;
	if (bus->echo)
		pty_send(&bus->pty, at_ns - pty_byte_ns(&bus->pty), &byte, 1);
	window_push(bus, byte, at_ns);
	for (size_t i = 0; i < ARRAY_SIZE(request_lengths); i++) {
		size_t n = request_lengths[i];
		size_t from = bus->n_window - n;

		if (bus->n_window < n ||
		    !jk_decode_request(bus->window + from, n, &req))
			continue;
		bus->bad_bytes += (unsigned)from;
		bus->n_window = 0;
		on_request(bus, &req, bus->window_ns[from] -
			   pty_byte_ns(&bus->pty), at_ns);
		return;
	}
}

/* A whole answer of a pack that is not on this bus, with alarming cells. */
static size_t foreign_frame(struct bus *bus, uint8_t *ret_frame)
{
	struct jk_status s = { .v[JKS_PACK_MV] = 62400 };
	uint8_t address;

	do
		address = (uint8_t)(1 + rng_below(&bus->rng, 32));
	while (find_pack(bus, address));
	for (unsigned i = 0; i < 16; i++)
		s.cell_mv[i] = 3900;
	s.v[JKS_CELL_MASK] = 0xFFFF;
	s.v[JKS_SOC_PCT] = 99;
	jk_encode_status(&s, (uint8_t)rng_u32(&bus->rng), ret_frame);
	ret_frame[JK_BLOCK] = 0;
	jk_encode_ack(address, JK_REG_STATUS, 1, ret_frame + JK_BLOCK + 1);
	return BUS_FRAME_MAX;
}

static size_t make_garbage(struct bus *bus, uint8_t *ret_frame)
{
	size_t n = 1 + rng_below(&bus->rng, 24);
	uint32_t kind = rng_below(&bus->rng, 8);

	if (kind == 0)
		return foreign_frame(bus, ret_frame);
	if (kind < 4) {
		/* the beginning of a block, broken off */
		foreign_frame(bus, ret_frame);
		return n;
	}
	for (size_t i = 0; i < n; i++)
		ret_frame[i] = (uint8_t)rng_u32(&bus->rng);
	return n;
}

static void run_garbage(struct bus *bus, int64_t now_ns)
{
	uint8_t frame[BUS_FRAME_MAX];
	size_t n;

	if (!bus->garbage || now_ns < bus->next_garbage_ns ||
	    pty_sending(&bus->pty, now_ns))
		return;
	n = make_garbage(bus, frame);
	pty_send(&bus->pty, now_ns, frame, n);
	bus->next_garbage_ns = now_ns + (int64_t)n * NS_PER_S /
					  bus->garbage_bps;
}

void bus_run(struct bus *bus, int64_t now_ns, int64_t slack_ns)
{
	unsigned waiting = bus->pty.rx.count;
	int64_t at_ns;
	uint8_t byte;

	/* poll(2) may have been asked long ago: for that there is slack. */
	if (slack_ns)
		bus->pty.quiet = false;
	pty_receive(&bus->pty, now_ns);
	if (bus->pty.rx.count > waiting)
		bus->slack_ns = slack_ns;
	while (pty_next(&bus->pty, now_ns, &byte, &at_ns))
		on_byte(bus, byte, at_ns);
	if (bus->n_out && now_ns >= bus->out_start_ns)
		release_answer(bus);
	run_garbage(bus, now_ns);
	pty_flush(&bus->pty, now_ns);
}

int64_t bus_deadline(const struct bus *bus)
{
	int64_t deadline = pty_deadline(&bus->pty);

	int64_t garbage_ns = bus->next_garbage_ns;

	if (bus->n_out && bus->out_start_ns < deadline)
		deadline = bus->out_start_ns;
	if (garbage_ns < bus->pty.tx.last_due_ns)
		garbage_ns = bus->pty.tx.last_due_ns;
	if (bus->garbage && garbage_ns < deadline)
		deadline = garbage_ns;
	return deadline;
}
