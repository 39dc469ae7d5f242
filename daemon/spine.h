/* SPDX-License-Identifier: MIT */
/*
 * Everything of a run that does no input or output: the sessions of all
 * ports and the decision over what they tell. The live daemon and the
 * replay drive the same spine; given the same events, instants and inputs
 * it gives the same decisions.
 *
 * Ports are numbered as in the settings: the [bus] sections, then the
 * inverter where there is one.
 */
#ifndef BMS_SPINE_H
#define BMS_SPINE_H

#include "daemon/talk.h"
#include "lib/base/text.h"
#include "lib/core/bms.h"
#include "lib/mk3/mk3.h"
#include "lib/proto/proto.h"

/* What a decision is given beside the sessions. */
struct spine_input {
	maybe_i32 remote_l; /* 0 or 1 */
	maybe_i32 remote_h;
	enum bms_mode mode;
	/* For its LED, which is no part of a decision that is told: a
	 * capture does not have it. */
	enum bms_bluetooth bluetooth;
	/* B14: the lines had failed before this turn; they failed in it, so
	 * that a second decision was taken at once. */
	bool lines_failed;
	bool lines_failed_now;
	bool lines_persist;
	/* For this turn alone: whoever hands them in takes them back. */
	struct bms_command command;
	struct bms_left_over left_over;
};

enum { SPINE_INPUT_SIZE = 20 };

/* The input as the bytes of a capture's "in": remote L, remote H (00, 01,
 * FF), enum bms_mode, bit 0 failed and bit 1 failed now, persist; where
 * there is a command, its kind, its value (four bytes, low one first) and its
 * battery (two bytes); where something was left over, the command in any case
 * and what is left of window and hold (four bytes each).
 * How many bytes that are. */
size_t spine_input_encode(const struct spine_input *input,
			  uint8_t bytes[SPINE_INPUT_SIZE]);
/* The reverse; what len leaves out is as at a start: mode on, lines well.
 * 0, or -EINVAL where a byte cannot be. */
int spine_input_decode(const uint8_t *bytes, size_t len,
		       struct spine_input *ret);

struct spine_port {
	const char *name;         /* of its section, or "inverter" */
	const struct proto *proto; /* NULL: the inverter */
	struct talk talk;
	size_t state_size;        /* of the talk's session */
	uint32_t pace_ms;         /* as last handed over; 0 at first */
	/* Battery with that address, from 1; 0: none. */
	uint32_t battery[UINT8_MAX + 1];
};

struct spine {
	const struct settings *settings;
	uint32_t n_ports;
	struct spine_port *port;
	struct mk3 *mk3;          /* NULL: no inverter */
	struct bms_state state;
	struct bms_output output;
	struct bms_report *report; /* for one step */
	struct inverter_command command; /* as last handed over */
	bool commanded;
	/* The decision as last told. */
	bool told;
	struct bms_output told_output;
	struct reason *told_reason;
};

/*
 * A spine over settings, which must have passed settings_check() and must
 * stay. NULL where there is no memory.
 */
struct spine *spine_new(const struct settings *settings);

/* NULL is fine; returns NULL. */
struct spine *spine_free(struct spine *spine);

/*
 * After a reload: moves to "to" what settings left alone. The sessions of
 * ports that are described alike, with their memory; what is known of
 * batteries that have kept bus and address; remote, lines and pre-alarm.
 * kept[port of to] is then the port of from, or UINT32_MAX for a new one.
 */
void spine_adopt(struct spine *to, struct spine *from, uint32_t *kept);

/* The port with that name, or UINT32_MAX. */
uint32_t spine_find(const struct spine *spine, const char *name);

/* What is known from before the start: the serial of a battery (A5). */
void spine_known(struct spine *spine, uint32_t port, uint8_t address,
		 const char *serial);

/* What was kept of the bank (lib/core/memory.h); before the first step. 0,
 * or -EINVAL where it is not believed: then it is as if there was none. */
int spine_remember(struct spine *spine, const uint8_t *bytes, size_t len,
		   uint64_t away_ms);

/* Decides from all that the sessions have told, and forgets the reports. */
void spine_step(struct spine *spine, mono_t now,
		const struct spine_input *input, bool lines_failed);

/* Decides a second time in the same turn, since the lines have just failed
 * (B14). The command has been carried out and is not handed in again. */
void spine_step_failed(struct spine *spine, mono_t now,
		       const struct spine_input *input);

/*
 * Hands the decision's command to the inverter session. True where it
 * differs from the one before: then the session is to be ticked.
 */
bool spine_command(struct spine *spine);

/*
 * Hands the decision's pace of asking (D3) to the session of a port. True
 * where it differs from the one before: then the session is to be ticked.
 */
bool spine_pace(struct spine *spine, uint32_t port);

/*
 * Writes the decision as JSON where it differs from the one told last in
 * more than a figure: allowed, pre-alarm, codes, kinds and batteries of the
 * reasons. True where it did.
 */
bool spine_tell(struct spine *spine, mono_t now, struct text *t);

#endif
