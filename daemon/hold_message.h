/* SPDX-License-Identifier: MIT */
/*
 * What a holder (daemon/hold.h) and who asks it say to each other, as bytes:
 * "BMSH", the version, the word; behind HOLD_LINE the ABI, the offset (four
 * bytes, low one first), the deadline (eight bytes of microseconds) and the
 * chip's path without an end. One message a datagram.
 */
#ifndef BMS_HOLD_MESSAGE_H
#define BMS_HOLD_MESSAGE_H

#include "gpio/gpio.h"
#include "lib/base/mono.h"

enum hold_word {
	HOLD_ASK,     /* which line is it? */
	HOLD_TAKE,    /* and the descriptor, too */
	HOLD_DECIDED, /* the line is mine alone from now on */
	HOLD_FLOAT,   /* let it float, now */
	HOLD_LINE,    /* the answer to the first two */
	HOLD_WORD_COUNT
};

struct hold_message {
	enum hold_word word;
	/* Of HOLD_LINE; without a descriptor, which goes beside it. */
	struct gpio_held line;
	/* Of CLOCK_BOOTTIME, which is one for all processes: a message that
	 * is late makes nothing later. */
	mono_t until;
};

enum { HOLD_MESSAGE_SIZE = 19 + BMS_PATH_SIZE };

/* How many bytes it is. */
size_t hold_message_encode(const struct hold_message *message,
			   uint8_t bytes[HOLD_MESSAGE_SIZE]);

/* The reverse; the line's descriptor is -1. 0, or -EBADMSG: it is none, or
 * another version's. */
int hold_message_decode(const uint8_t *bytes, size_t len,
			struct hold_message *ret);

#endif
