/* SPDX-License-Identifier: MIT */
#include "lib/proto/jk_pb_redact.h"

#include <stdbool.h>

#include "lib/base/maybe.h"
#include "lib/proto/jk_pb.h"

/* A block start, and the type of the block that holds pass codes. */
static const uint8_t about_start[] = { 0x55, 0xaa, 0xeb, 0x90, 0x03 };

enum { START_SIZE = 4 };

struct range {
	uint16_t first;
	uint16_t last;
};

static const struct range kept[] = { { 0, 45 }, { 86, 96 } };

/* Where no byte may pass on the mere chance that a block starts there: the
 * codes with room for lost or inserted bytes, and the sum. */
static const struct range strict[] = { { 54, 85 }, { 110, 141 },
				       { JK_PB_AT_SUM, JK_PB_AT_SUM } };

static bool in_ranges(const struct range *ranges, size_t n, size_t at)
{
	for (size_t i = 0; i < n; i++)
		if (at >= ranges[i].first && at <= ranges[i].last)
			return true;
	return false;
}

/* True where the rest of a block start follows, as far as can be seen. */
static bool starts_block(const struct jk_pb_redact *r, const uint8_t *bytes,
			 size_t len)
{
	size_t n = START_SIZE - r->matched;

	for (size_t i = 0; i < n && i < len; i++)
		if (bytes[i] != about_start[r->matched + i])
			return false;
	return len >= n || !in_ranges(strict, ARRAY_SIZE(strict), r->at);
}

static void advance(struct jk_pb_redact *r)
{
	if (r->at > 0)
		r->at = r->at == JK_PB_AT_SUM ? 0 : (uint16_t)(r->at + 1);
}

static uint8_t masked(struct jk_pb_redact *r, uint8_t byte)
{
	uint8_t out = byte;

	if (r->at == JK_PB_AT_SUM)
		out = (uint8_t)(byte + r->change);
	else if (!in_ranges(kept, ARRAY_SIZE(kept), r->at))
		out = '0';
	r->change = (uint8_t)(r->change + out - byte);
	return out;
}

/* The byte behind 55 AA EB 90 decides what begins there, if anything. */
static void begin(struct jk_pb_redact *r, uint8_t type)
{
	r->matched = 0;
	if (type == about_start[START_SIZE]) {
		r->at = START_SIZE;
		r->change = 0;
	} else if (type == 1 || type == 2) {
		r->at = 0;
	}
}

void jk_pb_redact(struct jk_pb_redact *redact, uint8_t *bytes, size_t len)
{
	struct jk_pb_redact *r = redact;

	for (size_t i = 0; i < len; i++) {
		if (r->matched == START_SIZE)
			begin(r, bytes[i]);
		if (r->matched > 0 && !starts_block(r, bytes + i, len - i))
			r->matched = 0;
		if (starts_block(r, bytes + i, len - i))
			r->matched++;
		else if (r->at > 0)
			bytes[i] = masked(r, bytes[i]);
		advance(r);
	}
}
