/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/mk3/mk3.h"
#include "lib/proto/proto.h"

enum { FRAME_MAX = 1024, TEXT_SIZE = 4096 };

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t digits; /* two a byte */
};

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	int value;

	if (!at)
		return -1;
	value = (int)(at - digits);
	return value > 15 ? value - 6 : value;
}

/* True where all of text was hex digits and spaces and did fit. */
static bool add_hex(struct frame *frame, const char *text)
{
	for (; *text; text++) {
		size_t at = frame->digits / 2;
		int digit = digit_of(*text);

		if (strchr(" \t\r\n", *text))
			continue;
		if (digit < 0) {
			ctl_complain("\"%.20s\" is not hex: digits 0-9 and "
				     "a-f in pairs are", text);
			return false;
		}
		if (at >= FRAME_MAX) {
			ctl_complain("no frame has more than %d bytes",
				     FRAME_MAX);
			return false;
		}
		frame->bytes[at] = (uint8_t)(frame->bytes[at] << 4 | digit);
		frame->digits++;
	}
	return true;
}

static bool read_frame(struct frame *frame, char *const arguments[])
{
	for (; *arguments; arguments++) {
		if (!add_hex(frame, *arguments))
			return false;
	}
	if (frame->digits % 2 == 0)
		return true;
	ctl_complain("%zu hex digits are not whole bytes", frame->digits);
	return false;
}

static int refuse_protocol(const char *name)
{
	char known[256] = "mk3";

	for (const struct proto *p = protos; p->name; p++) {
		strncat(known, ", ", sizeof(known) - strlen(known) - 1);
		strncat(known, p->name, sizeof(known) - strlen(known) - 1);
	}
	ctl_complain("no protocol is called \"%s\"; there are: %s", name,
		     known);
	return CTL_USAGE;
}

int ctl_decode(const struct ctl *ctl, char *const arguments[])
{
	struct frame frame = { 0 };
	const struct proto *proto;
	char text[TEXT_SIZE];
	int r;

	(void)ctl;
	if (!arguments[0] || !arguments[1]) {
		ctl_complain("decode needs a protocol and a frame in hex, "
			     "for example: decode mk3 02FF56A9");
		return CTL_USAGE;
	}
	proto = proto_find(arguments[0]);
	if (!proto && strcmp(arguments[0], "mk3") != 0)
		return refuse_protocol(arguments[0]);
	if (!read_frame(&frame, arguments + 1))
		return CTL_FAILED;
	r = (proto ? proto->decode_text : mk3_decode_text)(
		frame.bytes, frame.digits / 2, text, sizeof(text));
	if (r < 0) {
		ctl_complain("%s", text);
		return CTL_FAILED;
	}
	puts(text);
	return CTL_OK;
}
