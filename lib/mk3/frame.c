/* SPDX-License-Identifier: MIT */
#include "lib/mk3/frame.h"

#include "lib/base/crc.h"

#include <string.h>

enum { LEDS_APPENDED = 0x80, LEDS_SIZE = 2 };

struct type_row {
	uint8_t type;
	bool odd_checksum;
};

/* mk3.md 2. TYPE 00, seen while an MK boots, is noise to everybody. */
static const struct type_row types[] = {
	{ MK3_TYPE_COMMAND, false }, { MK3_TYPE_INFO, false },
	{ MK3_TYPE_CONFIG, false },  { MK3_TYPE_PANEL, false },
	{ MK3_TYPE_BOL, false },     { MK3_TYPE_RAW_21, true },
	{ MK3_TYPE_RAW_38, true },   { MK3_TYPE_RAW_3D, true },
	{ MK3_TYPE_RAW_3F, true },
};

static const struct type_row *type_find(uint8_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/* Of Len and body. The raw frames add the bytes at positions 1, 3 and 5
 * once more, nibbles swapped (mk3.md 2; that it stops at 5 is 18.11). */
static uint8_t checksum(const uint8_t *bytes, size_t len, bool odd)
{
	unsigned int sum = sum8(bytes, len);

	for (size_t i = 1; odd && i <= 5 && i < len; i += 2)
		sum += (unsigned int)(bytes[i] << 4 | bytes[i] >> 4) & 0xff;
	return (uint8_t)(0 - sum);
}

static void frame_fill(struct mk3_frame *frame, const uint8_t *bytes,
		       size_t counted)
{
	const uint8_t *end = bytes + 1 + counted;

	memset(frame, 0, sizeof(*frame));
	frame->has_leds = (bytes[0] & LEDS_APPENDED) != 0;
	if (frame->has_leds) {
		counted -= LEDS_SIZE;
		frame->leds_on = end[-2];
		frame->leds_blink = end[-1];
	}
	frame->len = (uint8_t)counted;
	memcpy(frame->body, bytes + 1, counted);
}

enum mk3_verdict mk3_frame_read(const uint8_t *bytes, size_t len,
				struct mk3_frame *ret_frame, size_t *ret_size)
{
	const struct type_row *type;
	size_t counted;
	size_t least = MK3_COUNTED_MIN;

	if (len < 1)
		return MK3_FRAME_SHORT;
	counted = bytes[0] & 0x7fu;
	if (bytes[0] & LEDS_APPENDED)
		least = 1 + LEDS_SIZE;
	if (counted < least || counted > MK3_COUNTED_MAX)
		return MK3_FRAME_BAD_LENGTH;
	if (len < 2)
		return MK3_FRAME_SHORT;
	type = type_find(bytes[1]);
	if (!type)
		return MK3_FRAME_BAD_TYPE;
	if (len < counted + 2)
		return MK3_FRAME_SHORT;
	if (checksum(bytes, counted + 1, type->odd_checksum) !=
	    bytes[counted + 1])
		return MK3_FRAME_BAD_CHECKSUM;
	frame_fill(ret_frame, bytes, counted);
	*ret_size = counted + 2;
	return MK3_FRAME_GOOD;
}

size_t mk3_frame_write(const uint8_t *body, size_t len, uint8_t *out)
{
	const struct type_row *type;

	if (len < MK3_COUNTED_MIN || len > MK3_COUNTED_MAX)
		return 0;
	type = type_find(body[0]);
	if (!type)
		return 0;
	out[0] = (uint8_t)len;
	memcpy(out + 1, body, len);
	out[len + 1] = checksum(out, len + 1, type->odd_checksum);
	return len + 2;
}

static void drop(struct mk3_parser *parser, size_t n)
{
	parser->n = (uint8_t)(parser->n - n);
	memmove(parser->buf, parser->buf + n, parser->n);
}

void mk3_parser_put(struct mk3_parser *parser, uint8_t byte, mono_t now)
{
	/* Only a caller that never asks for frames can get here. */
	if (parser->n == sizeof(parser->buf)) {
		parser->garbage_bytes++;
		drop(parser, 1);
	}
	parser->buf[parser->n++] = byte;
	parser->last = now;
}

bool mk3_parser_next(struct mk3_parser *parser, struct mk3_frame *ret_frame)
{
	while (parser->n > 0) {
		size_t size;

		switch (mk3_frame_read(parser->buf, parser->n, ret_frame,
				       &size)) {
		case MK3_FRAME_GOOD:
			drop(parser, size);
			parser->frames++;
			return true;
		case MK3_FRAME_SHORT:
			return false;
		case MK3_FRAME_BAD_CHECKSUM:
			parser->bad_checksums++;
			break;
		case MK3_FRAME_BAD_LENGTH:
		case MK3_FRAME_BAD_TYPE:
			break;
		}
		parser->garbage_bytes++;
		drop(parser, 1);
	}
	return false;
}

bool mk3_parser_idle(struct mk3_parser *parser, mono_t now,
		     struct mk3_frame *ret_frame)
{
	if (!mono_reached(now, mono_add_ms(parser->last, MK3_GAP_MS)))
		return false;
	while (parser->n > 0) {
		parser->garbage_bytes++;
		drop(parser, 1);
		if (mk3_parser_next(parser, ret_frame))
			return true;
	}
	return false;
}
