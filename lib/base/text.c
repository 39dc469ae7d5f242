/* SPDX-License-Identifier: MIT */
#include "lib/base/text.h"

static const char hex_digits[] = "0123456789ABCDEF";

struct text text_in(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct text){ .buf = buf, .size = size };
}

void text_char(struct text *t, char c)
{
	if (t->len + 1 >= t->size) {
		t->cut = true;
		return;
	}
	t->buf[t->len++] = c;
	t->buf[t->len] = '\0';
}

void text_str(struct text *t, const char *s)
{
	while (*s)
		text_char(t, *s++);
}

void text_uint(struct text *t, uint64_t value)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (n > 0)
		text_char(t, digits[--n]);
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void text_int(struct text *t, int64_t value)
{
	if (value < 0)
		text_char(t, '-');
	text_uint(t, magnitude(value));
}

void text_hex(struct text *t, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		text_char(t, hex_digits[data[i] >> 4]);
		text_char(t, hex_digits[data[i] & 0xf]);
	}
}

void text_fixed(struct text *t, int64_t value, unsigned int decimals)
{
	uint64_t rest = magnitude(value);
	uint64_t unit = 1;

	for (unsigned int i = 0; i < decimals; i++)
		unit *= 10;
	if (value < 0)
		text_char(t, '-');
	text_uint(t, rest / unit);
	if (decimals == 0)
		return;
	text_char(t, '.');
	for (rest %= unit, unit /= 10; unit > 0; unit /= 10)
		text_char(t, (char)('0' + rest / unit % 10));
}

void text_json_str(struct text *t, const char *s)
{
	text_char(t, '"');
	for (; *s; s++) {
		uint8_t c = (uint8_t)*s;

		if (c == '"' || c == '\\') {
			text_char(t, '\\');
			text_char(t, *s);
		} else if (c < 0x20 || c >= 0x7f) {
			text_str(t, "\\u00");
			text_hex(t, &c, 1);
		} else {
			text_char(t, *s);
		}
	}
	text_char(t, '"');
}
