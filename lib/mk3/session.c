/* SPDX-License-Identifier: MIT */
#include "lib/mk3/session.h"

#include <string.h>

size_t mk3_state_size(void)
{
	return sizeof(struct mk3);
}

void mk3_init(struct mk3 *mk3)
{
	memset(mk3, 0, sizeof(*mk3));
	mk3->selected = MK3_SELECTED_NONE;
	/* Until somebody decides, nothing is commanded. */
	mk3->command.state = INVERTER_LEAVE;
}

bool mk3_switches(const struct mk3 *mk3)
{
	return mk3->command.state != INVERTER_LEAVE &&
	       inverter_bar(&mk3->reading) == INVERTER_BAR_NONE;
}

/* What is no longer sent is not what the unit is held to. */
static void withhold(struct mk3 *mk3)
{
	if (mk3_switches(mk3) || !mk3->reading.sent_known)
		return;
	mk3->reading.sent_known = false;
	mk3->dirty = true;
}

void mk3_command(struct mk3 *mk3, const struct inverter_command *command)
{
	mk3->command = *command;
	withhold(mk3);
	mk3_units_publish(mk3);
}

const struct inverter_reading *mk3_reading(const struct mk3 *mk3)
{
	return &mk3->reading;
}

static void receive(struct mk3 *mk3, mono_t now, const uint8_t *bytes,
		    size_t len)
{
	struct mk3_frame frame;

	if (mk3->phase == MK3_CLOSED)
		return;
	while (mk3_parser_idle(&mk3->parser, now, &frame))
		mk3_link_take(mk3, now, &frame);
	for (size_t i = 0; i < len; i++) {
		mk3_parser_put(&mk3->parser, bytes[i], now);
		while (mk3_parser_next(&mk3->parser, &frame))
			mk3_link_take(mk3, now, &frame);
	}
	mk3->counters.garbage_bytes = mk3->parser.garbage_bytes;
	mk3->counters.faults[FAULT_CHECKSUM] = mk3->parser.bad_checksums;
	if (len > 0)
		mk3_link_pace(mk3, now);
}

/* The request left later than thought. */
static void transmitted(struct mk3 *mk3, mono_t now)
{
	struct mk3_flight *flight = &mk3->flight;

	if (flight->want.ask == ASK_NOTHING ||
	    !mono_before(flight->sent, now))
		return;
	flight->deadline = mono_add_us(flight->deadline,
				       mono_elapsed_us(flight->sent, now));
	flight->sent = now;
	mk3_link_pace(mk3, now);
}

static void take_event(struct mk3 *mk3, mono_t now,
		       const struct session_event *event)
{
	switch (event->type) {
	case SESSION_TICK:
		receive(mk3, now, NULL, 0);
		break;
	case SESSION_RX:
		/* An answer that lay unread while this program stood still is
		 * as old as nobody knows: only what is read in time counts. */
		mk3_link_check(mk3, now);
		receive(mk3, now, event->bytes, event->len);
		break;
	case SESSION_TX_DONE:
		transmitted(mk3, now);
		break;
	case SESSION_OPENED:
		mk3_link_open(mk3, now);
		break;
	case SESSION_LOST:
		mk3_link_lost(mk3);
		break;
	}
}

static struct session_action wait_for(const struct mk3 *mk3, mono_t now)
{
	struct session_action action = {
		.type = SESSION_WAIT, .until = MONO_NEVER, .read_after = now,
	};
	mono_t gap_end = mono_add_ms(mk3->parser.last, MK3_GAP_MS);

	if (mk3->phase == MK3_CLOSED)
		return action;
	if (mk3->flight.want.ask == ASK_NOTHING) {
		action.until = mk3_poll_due(mk3, now);
		return action;
	}
	action.until = mk3->flight.deadline;
	if (mono_before(now, mk3->flight.read_after))
		action.read_after = mk3->flight.read_after;
	if (mk3->parser.n > 0)
		action.until = mono_min(action.until, gap_end);
	return action;
}

static struct session_action step(void *state, mono_t now,
				  const struct session_event *event)
{
	struct mk3 *mk3 = state;
	struct mk3_want want;

	take_event(mk3, now, event);
	mk3_link_check(mk3, now);
	mk3_expire(mk3, now);
	withhold(mk3);
	if (mk3->fault_pending) {
		mk3->fault_pending = false;
		return (struct session_action){
			.type = SESSION_FAULT, .fault = mk3->fault,
			.address = mk3->fault_address,
		};
	}
	if (mk3->dirty) {
		mk3->dirty = false;
		return (struct session_action){
			.type = SESSION_READING, .reading = &mk3->reading,
		};
	}
	if (mk3->flight.want.ask == ASK_NOTHING &&
	    mk3_poll_next(mk3, now, &want))
		return mk3_link_send(mk3, now, &want);
	return wait_for(mk3, now);
}

static const struct session_counters *counters(const void *state)
{
	const struct mk3 *mk3 = state;

	return &mk3->counters;
}

const struct session_ops mk3_session_ops = {
	.step = step,
	.counters = counters,
};
