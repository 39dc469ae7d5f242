/* SPDX-License-Identifier: MIT */
#include "lib/base/utf8.h"

#include <string.h>

/* Length of the well-formed UTF-8 sequence at s (Unicode, table 3-7), or 0
 * where there is none. Never reads past the NUL. */
static size_t utf8_len(const unsigned char *s)
{
	size_t len = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
		     s[0] < 0xf5 ? 4 : 0;

	if (s[0] >= 0x20 && s[0] < 0x7f)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* U+0080 to U+009F are controls: to a terminal, U+009B is an escape
	 * sequence's beginning. */
	if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

void utf8_copy(char *buf, size_t size, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t used = 0;

	while (s && *s) {
		size_t len = utf8_len(s);

		if (used + (len ? len : 1) >= size)
			break;
		if (len)
			memcpy(buf + used, s, len);
		else
			buf[used] = '?';
		used += len ? len : 1;
		s += len ? len : 1;
	}
	buf[used] = '\0';
}
