/* SPDX-License-Identifier: MIT */
/*
 * Which battery was seen at which place, as the text that is kept over
 * restarts: so a battery that was swapped while nobody looked is noticed
 * (requirement A5). One line a battery: "bus address serial"; blanks,
 * per cent signs and bytes that are not printable ASCII are %XX in a
 * serial.
 */
#ifndef BMS_IDENTITIES_H
#define BMS_IDENTITIES_H

#include "lib/base/limits.h"
#include "lib/base/text.h"

struct identity {
	char bus[BMS_NAME_SIZE];
	uint8_t address;
	char serial[BMS_SERIAL_SIZE]; /* never empty */
};

/* No line is longer. */
enum {
	IDENTITY_LINE_SIZE = BMS_NAME_SIZE + 1 + 3 + 1 +
			     3 * (BMS_SERIAL_SIZE - 1) + 1
};

/* Appends one line; one without bus or serial, or that does not fit, is
 * left out: then -1, else 0. */
int identities_encode(struct text *t, const struct identity *identity);

/*
 * Reads one line from a text of len bytes at *offset and moves *offset
 * behind it. 1 with *ret filled; 0 at the end of the text; -1 for a line
 * that is none (which is skipped; *ret is untouched).
 */
int identities_decode(const char *text, size_t len, size_t *offset,
		      struct identity *ret);

#endif
