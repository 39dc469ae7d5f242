/* SPDX-License-Identifier: MIT */
#include "tests/unit/test-mk3-model.h"

#include "tests/unit/unit.h"

#include <string.h>

enum { ACTIONS_MAX = 200 };

mono_t rig_time(const struct rig *rig)
{
	return (mono_t){ rig->now };
}

const struct inverter_reading *rig_reading(const struct rig *rig)
{
	return mk3_reading(rig->state);
}

static struct session_action step(struct rig *rig,
				  enum session_event_type type,
				  const uint8_t *bytes, size_t len)
{
	const struct session_event event = { type, bytes, len };

	return mk3_session_ops.step(rig->state, rig_time(rig), &event);
}

static struct session_action send(struct rig *rig,
				  const struct session_action *action)
{
	struct model_sent *sent = &rig->sent[rig->n_sent];

	ck_assert_uint_lt(rig->n_sent, MODEL_LOG);
	ck_assert_uint_le(action->len, sizeof(sent->bytes));
	sent->us = rig->now;
	sent->len = (uint8_t)action->len;
	memcpy(sent->bytes, action->bytes, action->len);
	rig->n_sent++;
	rig_request(rig, sent->bytes, sent->len);
	return step(rig, SESSION_TX_DONE, NULL, 0);
}

/* Carries out actions until the session waits; returns until when. */
static uint64_t settle(struct rig *rig, struct session_action action)
{
	for (int i = 0; i < ACTIONS_MAX; i++) {
		switch (action.type) {
		case SESSION_WAIT:
			ck_assert_uint_gt(action.until.us, rig->now);
			rig->read_after = action.read_after.us;
			return action.until.us;
		case SESSION_SEND:
			action = send(rig, &action);
			continue;
		case SESSION_SAMPLE:
			ck_abort_msg("an MK3 has no battery samples");
			break;
		case SESSION_READING:
			ck_assert_ptr_eq(action.reading, rig_reading(rig));
			rig->readings++;
			break;
		case SESSION_FAULT:
			rig->faults[action.fault]++;
			break;
		}
		action = step(rig, SESSION_TICK, NULL, 0);
	}
	ck_abort_msg("the session does not come to rest");
	return 0;
}

void rig_event(struct rig *rig, enum session_event_type type,
	       const uint8_t *bytes, size_t len)
{
	settle(rig, step(rig, type, bytes, len));
}

/* The bytes that have come by now, in one read. */
static uint64_t deliver(struct rig *rig)
{
	uint8_t bytes[MODEL_QUEUE];
	size_t n = 0;

	while (n < rig->n_bytes && rig->byte_at[n] <= rig->now)
		n++;
	memcpy(bytes, rig->byte, n);
	rig->n_bytes -= n;
	memmove(rig->byte, rig->byte + n, rig->n_bytes);
	memmove(rig->byte_at, rig->byte_at + n,
		rig->n_bytes * sizeof(rig->byte_at[0]));
	return settle(rig, step(rig, SESSION_RX, bytes, n));
}

static uint64_t next_read(const struct rig *rig)
{
	uint64_t at = rig->n_bytes > 0 ? rig->byte_at[0] : UINT64_MAX;

	if (rig->burst && at < rig->read_after)
		at = rig->read_after;
	return at < rig->now ? rig->now : at;
}

void rig_run(struct rig *rig, uint64_t ms)
{
	uint64_t end = rig->now + ms * 1000;
	uint64_t until = settle(rig, step(rig, SESSION_TICK, NULL, 0));

	while (rig->now < end) {
		uint64_t read_at = next_read(rig);
		uint64_t next = until < read_at ? until : read_at;

		/* What is promised not to come before read_after, does not. */
		if (!rig->noisy && rig->answer_at > rig->now)
			ck_assert_uint_le(rig->read_after, rig->answer_at);
		if (next > end)
			next = end;
		rig->now = next;
		if (read_at <= rig->now && rig->n_bytes > 0)
			until = deliver(rig);
		else
			until = settle(rig, step(rig, SESSION_TICK, NULL, 0));
	}
}

void rig_command(struct rig *rig, enum inverter_switch state,
		 int32_t charge_current_ma)
{
	struct inverter_command command = { .state = state };

	if (charge_current_ma >= 0)
		command.charge_current_ma = known_i32(charge_current_ma);
	mk3_command(rig->state, &command);
}

void rig_up(struct rig *rig, enum inverter_switch state,
	    int32_t charge_current_ma)
{
	rig_command(rig, state, charge_current_ma);
	rig_event(rig, SESSION_OPENED, NULL, 0);
	rig_run(rig, 5000);
}

unsigned int rig_count(const struct rig *rig, size_t from, char letter)
{
	unsigned int n = 0;

	for (size_t i = from; i < rig->n_sent; i++)
		n += rig->sent[i].bytes[2] == (uint8_t)letter;
	return n;
}

unsigned int rig_queries(const struct rig *rig, size_t from, uint8_t whom)
{
	unsigned int n = 0;

	for (size_t i = from; i < rig->n_sent; i++)
		n += rig->sent[i].bytes[1] == 0x21 &&
		     rig->sent[i].bytes[6] == whom;
	return n;
}

void rig_open(struct rig *rig)
{
	static const struct model model = {
		.version = 1170212, .mode = 'B', .lines = 0x05,
		.short_form = true, .obeys_form = true, .main = 9, .sub = 1,
		.phases = 1, .dc_cv = 1320, .charger_da = 300,
		.mains_cv = 23050, .delay_us = 20000, .reset_at = -1,
		.front = 0x04, .maps = true, .capacity = 280, .soc_raw = -1,
		.unit[0] = { .present = true, .version = 2648492,
			     .stored = 120, .ram = 120, .setting_sc = 1 },
	};

	memset(rig, 0, sizeof(*rig));
	rig->model = model;
	rig->now = 1000000000;
	rig->state = malloc(mk3_state_size());
	rig->sent = calloc(MODEL_LOG, sizeof(*rig->sent));
	ck_assert_ptr_nonnull(rig->state);
	ck_assert_ptr_nonnull(rig->sent);
	memset(rig->state, 0xa5, mk3_state_size());
	mk3_init(rig->state);
}

/* The model looked at every write that came as one. Here: there was no
 * other way of writing either. */
void rig_close(struct rig *rig)
{
	for (size_t i = 0; i < rig->n_sent; i++) {
		const uint8_t *b = rig->sent[i].bytes;

		ck_assert(!(b[2] >= 'W' && b[2] <= 'Z' &&
			    (b[3] == 0x32 || b[3] == 0x33 || b[3] == 0x34)));
	}
	free(rig->state);
	free(rig->sent);
}
