/* SPDX-License-Identifier: MIT */
#include "lib/base/capture.h"

#include <string.h>

#include "lib/base/maybe.h"

static const char magic[] = "# vebus-bms-ng capture 1";
static const char config_prefix[] = "# config ";

static const struct {
	const char *name;
	bool has_bytes;
} words[] = {
	[CAPTURE_RX] = { "rx", true },
	[CAPTURE_TX] = { "tx", true },
	[CAPTURE_SENT] = { "sent", false },
	[CAPTURE_OPEN] = { "open", false },
	[CAPTURE_LOST] = { "lost", false },
	[CAPTURE_TICK] = { "tick", false },
	[CAPTURE_KNOWN] = { "known", true },
	[CAPTURE_KEPT] = { "kept", true },
	[CAPTURE_IN] = { "in", true },
	[CAPTURE_TURN] = { "turn", false },
};

_Static_assert(ARRAY_SIZE(words) == CAPTURE_WORD_COUNT, "every word");

/* What is left of a line. */
struct span {
	const char *at;
	size_t len;
};

static struct span line_of(const char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\r')
		len--;
	return (struct span){ line, len };
}

/* The text up to the next blank; the blank is skipped. */
static struct span take_word(struct span *rest)
{
	struct span word = { rest->at, 0 };

	while (word.len < rest->len && rest->at[word.len] != ' ')
		word.len++;
	rest->at += word.len;
	rest->len -= word.len;
	if (rest->len > 0) {
		rest->at++;
		rest->len--;
	}
	return word;
}

static bool span_is(struct span span, const char *text)
{
	return strlen(text) == span.len &&
	       memcmp(span.at, text, span.len) == 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

void capture_header(struct text *t, const char *program, uint32_t config)
{
	uint8_t bytes[4] = {
		(uint8_t)(config >> 24), (uint8_t)(config >> 16),
		(uint8_t)(config >> 8), (uint8_t)config
	};

	text_str(t, magic);
	text_str(t, "\n# program ");
	text_str(t, program);
	text_str(t, "\n");
	text_str(t, config_prefix);
	text_hex(t, bytes, sizeof(bytes));
	text_char(t, '\n');
}

bool capture_is_header(const char *line, size_t len)
{
	return span_is(line_of(line, len), magic);
}

bool capture_config(const char *line, size_t len, uint32_t *ret_config)
{
	struct span span = line_of(line, len);
	size_t prefix = sizeof(config_prefix) - 1;
	uint32_t config = 0;

	if (span.len != prefix + 8 ||
	    memcmp(span.at, config_prefix, prefix) != 0)
		return false;
	for (size_t i = prefix; i < span.len; i++) {
		int digit = hex_value(span.at[i]);

		if (digit < 0)
			return false;
		config = config << 4 | (uint32_t)digit;
	}
	*ret_config = config;
	return true;
}

static bool is_port(struct span port)
{
	if (port.len == 0 || port.len >= BMS_NAME_SIZE)
		return false;
	for (size_t i = 0; i < port.len; i++)
		if (port.at[i] <= ' ' || port.at[i] > '~')
			return false;
	return true;
}

int capture_encode(struct text *t, mono_t time, const char *port,
		   enum capture_word word, const uint8_t *bytes, size_t len)
{
	struct text before = *t;

	if ((unsigned int)word >= CAPTURE_WORD_COUNT ||
	    words[word].has_bytes != (len > 0) || len > CAPTURE_BYTES_MAX ||
	    !is_port((struct span){ port, strlen(port) }))
		return -1;
	text_uint(t, time.us);
	text_char(t, ' ');
	text_str(t, port);
	text_char(t, ' ');
	text_str(t, words[word].name);
	if (len > 0)
		text_char(t, ' ');
	text_hex(t, bytes, len);
	text_char(t, '\n');
	if (!t->cut)
		return 0;
	*t = before;
	t->buf[t->len] = '\0';
	return -1;
}

static bool decode_time(struct span digits, mono_t *ret)
{
	uint64_t us = 0;

	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		uint64_t digit = (uint64_t)(digits.at[i] - '0');

		if (digits.at[i] < '0' || digits.at[i] > '9' ||
		    us > (UINT64_MAX - digit) / 10)
			return false;
		us = us * 10 + digit;
	}
	ret->us = us;
	return true;
}

static bool decode_word(struct span name, enum capture_word *ret)
{
	for (unsigned int i = 0; i < CAPTURE_WORD_COUNT; i++) {
		if (!span_is(name, words[i].name))
			continue;
		*ret = (enum capture_word)i;
		return true;
	}
	return false;
}

static const char *decode_bytes(struct span hex, struct capture_record *ret)
{
	if (words[ret->word].has_bytes != (hex.len > 0))
		return hex.len > 0 ? "this word takes no bytes" :
				     "the bytes are missing";
	if (hex.len % 2 != 0)
		return "the bytes end with half a one";
	if (hex.len / 2 > CAPTURE_BYTES_MAX)
		return "too many bytes for one line";
	ret->len = hex.len / 2;
	for (size_t i = 0; i < ret->len; i++) {
		int high = hex_value(hex.at[2 * i]);
		int low = hex_value(hex.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return "the bytes are not hex";
		ret->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return NULL;
}

static const char *decode(struct span rest, struct capture_record *ret)
{
	struct span time = take_word(&rest);
	struct span port = take_word(&rest);
	struct span word = take_word(&rest);

	if (!decode_time(time, &ret->time))
		return "the time is not a number of microseconds";
	if (!is_port(port))
		return "the name of the port is missing or too long";
	memcpy(ret->port, port.at, port.len);
	if (!decode_word(word, &ret->word))
		return "neither rx, tx, open, lost, tick, known, in nor turn";
	return decode_bytes(rest, ret);
}

int capture_decode(const char *line, size_t len, struct capture_record *ret,
		   const char **ret_why)
{
	struct capture_record record = { .len = 0 };
	struct span span = line_of(line, len);
	const char *why;

	if (span.len == 0 || *span.at == '#')
		return 1;
	why = decode(span, &record);
	if (why) {
		*ret_why = why;
		return -1;
	}
	*ret = record;
	return 0;
}
