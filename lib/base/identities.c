/* SPDX-License-Identifier: MIT */
#include "lib/base/identities.h"

#include <string.h>

static bool is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '%';
}

static bool is_name(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (!is_plain(*name))
			return false;
	return true;
}

int identities_encode(struct text *t, const struct identity *identity)
{
	struct text before = *t;

	if (!is_name(identity->bus) || !*identity->serial)
		return -1;
	text_str(t, identity->bus);
	text_char(t, ' ');
	text_uint(t, identity->address);
	text_char(t, ' ');
	for (const char *c = identity->serial; *c; c++) {
		uint8_t byte = (uint8_t)*c;

		if (is_plain(*c)) {
			text_char(t, *c);
			continue;
		}
		text_char(t, '%');
		text_hex(t, &byte, 1);
	}
	text_char(t, '\n');
	if (!t->cut)
		return 0;
	*t = before;
	t->buf[t->len] = '\0';
	return -1;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The plain characters up to a blank or the end; false where none or more
 * than fit. */
static bool take_name(const char **at, const char *end, char *buf,
		      size_t size)
{
	size_t n = 0;

	for (; *at < end && is_plain(**at); (*at)++) {
		if (n + 1 >= size)
			return false;
		buf[n++] = **at;
	}
	buf[n] = '\0';
	return n > 0;
}

static bool take_address(const char **at, const char *end, uint8_t *ret)
{
	unsigned int n = 0;
	const char *first = *at;

	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
		n = n * 10 + (unsigned int)(**at - '0');
		if (n > UINT8_MAX)
			return false;
	}
	*ret = (uint8_t)n;
	return *at > first;
}

static bool take_serial(const char **at, const char *end, char *buf,
			size_t size)
{
	size_t n = 0;

	for (; *at < end; (*at)++) {
		int high, low;

		if (n + 1 >= size)
			return false;
		if (is_plain(**at)) {
			buf[n++] = **at;
			continue;
		}
		if (**at != '%' || end - *at < 3)
			return false;
		high = hex_value((*at)[1]);
		low = hex_value((*at)[2]);
		/* %00 would end the serial in its middle. */
		if (high < 0 || low < 0 || high + low == 0)
			return false;
		buf[n++] = (char)(high << 4 | low);
		*at += 2;
	}
	buf[n] = '\0';
	return n > 0;
}

static bool take_blank(const char **at, const char *end)
{
	return *at < end && *(*at)++ == ' ';
}

int identities_decode(const char *text, size_t len, size_t *offset,
		      struct identity *ret)
{
	struct identity identity = { .address = 0 };
	const char *at = text + *offset;
	const char *end;

	if (*offset >= len)
		return 0;
	end = memchr(at, '\n', len - *offset);
	*offset = end ? (size_t)(end - text) + 1 : len;
	if (!end)
		end = text + len;
	if (!take_name(&at, end, identity.bus, sizeof(identity.bus)) ||
	    !take_blank(&at, end) ||
	    !take_address(&at, end, &identity.address) ||
	    !take_blank(&at, end) ||
	    !take_serial(&at, end, identity.serial, sizeof(identity.serial)))
		return -1;
	*ret = identity;
	return 1;
}
