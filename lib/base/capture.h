/* SPDX-License-Identifier: MIT */
/*
 * The capture format: everything that reached the sessions and the core,
 * as text, so that a replay gives the same readings and decisions.
 *
 * A capture starts with header lines, each beginning with "#":
 *
 *	# vebus-bms-ng capture 1
 *	# program 0.1.0
 *	# config 1A2B3C4D
 *
 * The first one is the format and its version; "config" is
 * settings_identity() of the running configuration. Other lines with "#"
 * are remarks and mean nothing. Then one line an event, oldest first:
 *
 *	<microseconds> <port> <word> [<hex>]
 *
 * Microseconds are those of the monotonic clock; the port is the name of a
 * [bus] section, "inverter" or "gpio".
 *
 *	rx    bytes that came in, as one session event saw them
 *	tx    bytes that a session asked to send
 *	sent  the last tx has been handed to the tty (SESSION_TX_DONE)
 *	open  the tty is open and ours (SESSION_OPENED)
 *	lost  the tty is gone (SESSION_LOST)
 *	tick  nothing but time: the session was asked on (SESSION_TICK)
 *	known what was known of a battery from before the start: one byte
 *	      address, then the serial number
 *	kept  port gpio: what was kept of the bank over the restart, in
 *	      pieces, before the first turn (lib/core/memory.h)
 *	in    port gpio: what a decision is given beside the sessions, where
 *	      it differs from the one before. Remote L, remote H, each 00
 *	      low, 01 high, FF unknown; further bytes are daemon/spine.h's
 *	turn  port gpio: a decision was taken from all of the above
 *
 * rx, tx, known, kept and in have hex, the others none. Secrets are masked
 * before they come here. A capture with turns holds every call of the sessions
 * and
 * of the core, so a replay makes just these; in one without (written by
 * hand, or by another program) a replay takes the instants from what the
 * sessions and the core ask for.
 */
#ifndef BMS_CAPTURE_H
#define BMS_CAPTURE_H

#include "lib/base/limits.h"
#include "lib/base/mono.h"
#include "lib/base/text.h"

enum {
	CAPTURE_BYTES_MAX = 1024, /* in one line; longer chunks are split */
	/* 20 digits, name, word, hex, blanks, newline, NUL */
	CAPTURE_LINE_SIZE = 20 + BMS_NAME_SIZE + 8 + 2 * CAPTURE_BYTES_MAX + 4
};

enum capture_word {
	CAPTURE_RX,
	CAPTURE_TX,
	CAPTURE_SENT,
	CAPTURE_OPEN,
	CAPTURE_LOST,
	CAPTURE_TICK,
	CAPTURE_KNOWN,
	CAPTURE_KEPT,
	CAPTURE_IN,
	CAPTURE_TURN,
	CAPTURE_WORD_COUNT
};

struct capture_record {
	mono_t time;
	char port[BMS_NAME_SIZE];
	enum capture_word word;
	size_t len; /* 1..CAPTURE_BYTES_MAX where the word has hex, else 0 */
	uint8_t bytes[CAPTURE_BYTES_MAX];
};

/* The header with its closing newline. program is a version, config is
 * settings_identity(). */
void capture_header(struct text *t, const char *program, uint32_t config);

/* True for the first line of a capture of this version. The line is without
 * its newline. */
bool capture_is_header(const char *line, size_t len);

/* Takes the configuration's identity from a header line "# config ...";
 * false where the line is another one. */
bool capture_config(const char *line, size_t len, uint32_t *ret_config);

/*
 * Writes one event as a line with its newline. 0, or -1 where the record
 * cannot be one (port without a name or with a blank in it, hex where
 * there must be none or the reverse, too many bytes) or the line does not
 * fit; then t holds what it held before. CAPTURE_LINE_SIZE is enough.
 */
int capture_encode(struct text *t, mono_t time, const char *port,
		   enum capture_word word, const uint8_t *bytes, size_t len);

/*
 * Reads one line, given without its newline (a carriage return at its end
 * is ignored). 0 with *ret filled, 1 for a line that means nothing (empty,
 * or a remark), or -1 with what is wrong in *ret_why (a static text); then
 * *ret is untouched.
 */
int capture_decode(const char *line, size_t len, struct capture_record *ret,
		   const char **ret_why);

#endif
