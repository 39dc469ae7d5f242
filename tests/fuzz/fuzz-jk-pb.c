/* SPDX-License-Identifier: MIT */
/*
 * Any bytes on a JK-PB bus, in any split and at any time, with the tty lost
 * and opened in between; and any bytes as a frame for people.
 *
 * Input: records of one byte of what happens and one of how long it takes;
 * for bytes received also one of how many, and the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/proto/jk_pb_session.h"
#include "lib/proto/proto.h"

enum { ACTIONS_MAX = 8, ADDRESSES = 3, WAIT_UNIT_US = 2500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void check_sample(const struct sample *s, uint64_t now)
{
	need(s->time.us == now);
	need(s->address >= 1 && s->address <= ADDRESSES);
	need(s->n_cells >= 1 && s->n_cells <= BMS_CELLS_MAX);
	need(s->n_temperatures <= BMS_TEMPERATURES_MAX);
	need(memchr(s->serial, 0, sizeof(s->serial)));
	need(memchr(s->model, 0, sizeof(s->model)));
	need(memchr(s->firmware, 0, sizeof(s->firmware)));
}

static void tell(struct jk_pb_bus *bus, uint64_t now,
		 struct session_event event, uint64_t *sent)
{
	const struct session_ops *ops = &jk_pb_session_ops;

	for (int n = 0;; n++) {
		struct session_action a = ops->step(bus, (mono_t){ now },
						    &event);

		need(n < ACTIONS_MAX);
		event = (struct session_event){ .type = SESSION_TICK };
		switch (a.type) {
		case SESSION_WAIT:
			need(a.until.us > now);
			need(a.read_after.us <= a.until.us);
			return;
		case SESSION_SEND:
			need(a.len == JK_PB_REQUEST_SIZE);
			need(*sent == 0 || now - *sent >= 120000);
			*sent = now;
			break;
		case SESSION_SAMPLE:
			check_sample(a.sample, now);
			break;
		case SESSION_FAULT:
			need(a.fault < SESSION_FAULT_COUNT);
			break;
		case SESSION_READING:
			abort();
		}
	}
}

static void run_session(const uint8_t *data, size_t size)
{
	static const struct proto_config config = {
		.baud = 115200, .n_addresses = ADDRESSES,
		.addresses = { 1, 2, ADDRESSES },
	};
	static struct jk_pb_bus bus;
	struct bytes b = bytes_of(data, size);
	uint64_t now = 1000000;
	uint64_t sent = 0;

	jk_pb_init(&bus, &config);
	tell(&bus, now, (struct session_event){ .type = SESSION_OPENED },
	     &sent);
	while (b.left > 1) {
		struct session_event event = {
			.type = (enum session_event_type)(bytes_u8(&b) % 5),
		};

		now += (uint64_t)bytes_u8(&b) * WAIT_UNIT_US;
		if (event.type == SESSION_RX) {
			event.len = bytes_u8(&b) * 2u;
			if (event.len > b.left)
				event.len = b.left;
			event.bytes = bytes_take(&b, event.len);
		}
		tell(&bus, now, event, &sent);
	}
}

/* What is masked stays masked, and nothing outside the bytes is touched. */
static void run_redact(const uint8_t *data, size_t size)
{
	struct jk_pb_redact redact = { .at = 0 };
	uint8_t *copy = malloc(size + 1);

	need(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	for (size_t at = 0; at < size;) {
		size_t n = 1u + data[at] % 40u;

		if (n > size - at)
			n = size - at;
		jk_pb_redact(&redact, copy + at, n);
		at += n;
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct proto *proto = proto_find("jk-pb");
	char text[4096];
	int len;

	memset(text, 'x', sizeof(text));
	len = proto->decode_text(data, size, text, sizeof(text));
	need(memchr(text, 0, sizeof(text)) != NULL);
	need(len < 0 ? text[0] != '\0' : (size_t)len == strlen(text));
	run_redact(data, size);
	run_session(data, size);
	return 0;
}
