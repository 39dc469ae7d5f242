/* SPDX-License-Identifier: MIT */
#include "daemon/talk.h"

#include <string.h>

void talk_init(struct talk *talk, const struct session_ops *ops, void *state)
{
	/* The reports are many and need no zeroing. */
	memset(talk, 0, offsetof(struct talk, report));
	talk->ops = ops;
	talk->state = state;
	talk->until = MONO_NEVER;
}

void talk_clear(struct talk *talk)
{
	talk->reading = false;
	talk->n_reports = 0;
}

static void talk_keep(struct talk *talk, const struct session_action *action)
{
	struct talk_report *report;

	if (talk->n_reports == TALK_REPORTS_MAX)
		return;
	report = &talk->report[talk->n_reports++];
	report->is_sample = action->type == SESSION_SAMPLE;
	if (report->is_sample) {
		report->sample = *action->sample;
		report->address = action->sample->address;
	} else {
		report->fault = action->fault;
		report->address = action->address;
	}
}

/* True where the session wants to be asked again. */
static bool talk_take(struct talk *talk, const struct session_action *action)
{
	switch (action->type) {
	case SESSION_WAIT:
		talk->until = action->until;
		talk->read_after = action->read_after;
		return false;
	case SESSION_SEND:
		talk->tx = action->bytes;
		talk->tx_len = action->len;
		return action->len == 0;
	case SESSION_SAMPLE:
	case SESSION_FAULT:
		talk_keep(talk, action);
		return true;
	case SESSION_READING:
		talk->reading = true;
		return true;
	}
	return false;
}

void talk_event(struct talk *talk, mono_t now, enum session_event_type type,
		const uint8_t *bytes, size_t len)
{
	struct session_event event = { type, bytes, len };

	if (!talk->open && type != SESSION_OPENED)
		return;
	talk->open = type != SESSION_LOST;
	talk->tx_len = 0;
	/* Due again at once where the share is used up below. */
	talk->until = now;
	talk->read_after = now;
	for (int i = 0; i < TALK_ACTIONS_MAX; i++) {
		struct session_action action;

		action = talk->ops->step(talk->state, now, &event);
		if (!talk_take(talk, &action))
			return;
		event = (struct session_event){ .type = SESSION_TICK };
	}
}

bool talk_due(const struct talk *talk, mono_t now)
{
	return talk->open && talk->tx_len == 0 &&
	       mono_reached(now, talk->until);
}
