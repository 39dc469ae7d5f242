/* SPDX-License-Identifier: MIT */
/*
 * Framing of the MK2/MK3 serial side: length, type, data, checksum. Both
 * checksum rules; a receiver that takes bytes one at a time and finds its way
 * back after rubbish.
 */
#ifndef SIM_MK3FRAME_H
#define SIM_MK3FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MK3_COUNTED_MAX 30
#define MK3_FRAME_MAX (MK3_COUNTED_MAX + 2)

enum mk3_type {
	MK3_INFO = 0x20, MK3_QUERY = 0x21, MK3_RAW38 = 0x38,
	MK3_RAW3D = 0x3D, MK3_SWITCH = 0x3F, MK3_CONFIG = 0x41,
	MK3_COMMAND = 0xFF,
};

/* Checksum of the n bytes from the length byte on; the type picks the rule. */
uint8_t mk3_checksum(const uint8_t *frame, size_t n);

/*
 * Frames n counted bytes (type first); leds, when given, are the two LED bytes
 * to append. Returns the length of the whole frame.
 */
size_t mk3_frame(const uint8_t *counted, size_t n, const uint8_t *leds,
		 uint8_t *ret_frame);

struct mk3_receiver {
	uint8_t byte[MK3_FRAME_MAX];
	size_t n;
	int64_t last_ns;
	bool lost;		/* counts a stretch of rubbish once */
	unsigned bad;
};

/*
 * Takes one byte. When it ends a frame, its counted bytes are put into
 * ret_counted (MK3_COUNTED_MAX) and their number is returned; else 0.
 */
size_t mk3_receive(struct mk3_receiver *rx, uint8_t byte, int64_t at_ns,
		   uint8_t *ret_counted);

#endif
