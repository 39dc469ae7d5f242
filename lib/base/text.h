/* SPDX-License-Identifier: MIT */
/*
 * Text for people and programs, built without allocation and without
 * stdio. A text that does not fit is cut, always ends with NUL, and says so.
 */
#ifndef BMS_TEXT_H
#define BMS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t size; /* of buf, 1 or more */
	size_t len;  /* without the NUL */
	bool cut;
};

/* An empty text in buf; size must be 1 or more. */
struct text text_in(char *buf, size_t size);

void text_char(struct text *t, char c);
void text_str(struct text *t, const char *s);
void text_int(struct text *t, int64_t value);
void text_uint(struct text *t, uint64_t value);
/* Upper-case hex, two digits a byte, no separator. */
void text_hex(struct text *t, const uint8_t *data, size_t len);
/* value / 10^decimals with all decimals written: (-2791, 3) is "-2.791". */
void text_fixed(struct text *t, int64_t value, unsigned int decimals);
/* A JSON string with its quotes; control characters as \u00XX. Bytes from
 * 0x80 on are written as \u00XX too: packs send Latin junk, not UTF-8. */
void text_json_str(struct text *t, const char *s);

#endif
