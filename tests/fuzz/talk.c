/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/talk.h"

#include <stdlib.h>

enum {
	ACTIONS_MAX = 64,
	ROUNDS = 40,
	LOST_EVERY = 16,
	BYTE_US = 87, /* at 115200 baud */
};

struct bench {
	const struct fuzz_talk *talk;
	mono_t now;
	mono_t until;
	bool open;
	bool sent;
};

/* True where the session wants to be asked on, with *event. */
static bool carry_out(struct bench *bench,
		      const struct session_action *action,
		      struct session_event *event)
{
	const struct fuzz_talk *talk = bench->talk;

	*event = (struct session_event){ .type = SESSION_TICK };
	switch (action->type) {
	case SESSION_WAIT:
		bench->until = action->until;
		return false;
	case SESSION_SEND:
		if (!bench->open || !action->len || !action->bytes)
			abort();
		bench->sent = true;
		event->type = SESSION_TX_DONE;
		return true;
	case SESSION_SAMPLE:
		if (!talk->sample || !action->sample)
			abort();
		talk->sample(talk->data, bench->now, action->sample);
		return true;
	case SESSION_READING:
		if (!talk->reading || !action->reading)
			abort();
		talk->reading(talk->data, bench->now, action->reading);
		return true;
	case SESSION_FAULT:
		if ((unsigned int)action->fault >= SESSION_FAULT_COUNT)
			abort();
		return true;
	}
	abort();
}

static void tell(struct bench *bench, enum session_event_type type,
		 const uint8_t *bytes, size_t len)
{
	const struct fuzz_talk *talk = bench->talk;
	struct session_event event = { type, bytes, len };
	struct session_action action;
	unsigned int actions = 0;

	do {
		if (++actions > ACTIONS_MAX)
			abort();
		action = talk->ops->step(talk->state, bench->now, &event);
	} while (carry_out(bench, &action, &event));
}

static void answer(struct bench *bench, const uint8_t *data, size_t size)
{
	size_t piece = size ? 1 + data[size - 1] % 64u : 1;

	while (size) {
		size_t n = piece < size ? piece : size;

		bench->now = mono_add_us(bench->now, BYTE_US * n);
		tell(bench, SESSION_RX, data, n);
		data += n;
		size -= n;
	}
}

static void plug(struct bench *bench, bool open)
{
	bench->open = open;
	bench->sent = false;
	tell(bench, open ? SESSION_OPENED : SESSION_LOST, NULL, 0);
}

void fuzz_talk(const struct fuzz_talk *talk, const uint8_t *data, size_t size)
{
	struct bench bench = { .talk = talk, .now = { 1000000 } };

	plug(&bench, true);
	for (int i = 0; i < ROUNDS; i++) {
		if (mono_before(bench.now, bench.until))
			bench.now = bench.until;
		else
			bench.now = mono_add_us(bench.now, 1);
		if (i % LOST_EVERY == LOST_EVERY - 1) {
			plug(&bench, false);
			plug(&bench, true);
		}
		tell(&bench, SESSION_TICK, NULL, 0);
		if (bench.sent) {
			bench.sent = false;
			answer(&bench, data, size);
		}
	}
	if (!talk->ops->counters(talk->state))
		abort();
}
