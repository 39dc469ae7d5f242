/* SPDX-License-Identifier: MIT */
/*
 * Framing of the MK2/MK3 serial protocol, both ways (mk3.md 2).
 *
 * A frame is Len, then Len bytes of which the first is TYPE, then one
 * checksum. Bytes are taken for a frame by their content alone: a Len that
 * can be, a TYPE that is known, a checksum that closes. Whatever does not
 * fit costs one byte, never the length it claims.
 */
#ifndef BMS_MK3_FRAME_H
#define BMS_MK3_FRAME_H

#include "lib/base/mono.h"

#include <stddef.h>

enum {
	MK3_COUNTED_MIN = 2,
	MK3_COUNTED_MAX = 20,
	MK3_WIRE_MAX = MK3_COUNTED_MAX + 2,
	MK3_GAP_MS = 300, /* silence that ends an unfinished frame, 2 */
};

enum mk3_type {
	MK3_TYPE_COMMAND = 0xff,
	MK3_TYPE_INFO = 0x20,
	MK3_TYPE_RAW_21 = 0x21,
	MK3_TYPE_RAW_38 = 0x38,
	MK3_TYPE_BOL = 0x3c,
	MK3_TYPE_RAW_3D = 0x3d,
	MK3_TYPE_RAW_3F = 0x3f,
	MK3_TYPE_PANEL = 0x40,
	MK3_TYPE_CONFIG = 0x41,
};

/* One good frame, the appended LED bytes taken off. */
struct mk3_frame {
	uint8_t body[MK3_COUNTED_MAX]; /* body[0] is TYPE, as mk3.md counts */
	uint8_t len;                   /* of body, 1 or more */
	bool has_leds;
	uint8_t leds_on;
	uint8_t leds_blink;
};

enum mk3_verdict {
	MK3_FRAME_GOOD,
	MK3_FRAME_SHORT, /* good so far, bytes are missing */
	MK3_FRAME_BAD_LENGTH,
	MK3_FRAME_BAD_TYPE,
	MK3_FRAME_BAD_CHECKSUM,
};

/* Judges the frame that starts at bytes; GOOD gives the frame and how many
 * bytes it took. */
enum mk3_verdict mk3_frame_read(const uint8_t *bytes, size_t len,
				struct mk3_frame *ret_frame, size_t *ret_size);

/*
 * Writes Len, body and checksum; body[0] is TYPE. Returns the number of
 * bytes written, 0 where len is not 2..20 or TYPE is unknown. out holds
 * MK3_WIRE_MAX bytes.
 */
size_t mk3_frame_write(const uint8_t *body, size_t len, uint8_t *out);

/*
 * Bytes in, frames out. All zero is an empty one. Counters never reset.
 * After each byte ask mk3_parser_next() until it has no more.
 */
struct mk3_parser {
	uint8_t buf[MK3_WIRE_MAX];
	uint8_t n;
	mono_t last; /* when the last byte came */
	uint64_t frames;
	uint64_t garbage_bytes;
	uint64_t bad_checksums;
};

void mk3_parser_put(struct mk3_parser *parser, uint8_t byte, mono_t now);
bool mk3_parser_next(struct mk3_parser *parser, struct mk3_frame *ret_frame);
/*
 * Gives up a frame that stood still for MK3_GAP_MS and looks for others in
 * its bytes. To be asked before new bytes are put, until it has no more.
 */
bool mk3_parser_idle(struct mk3_parser *parser, mono_t now,
		     struct mk3_frame *ret_frame);

#endif
