/* SPDX-License-Identifier: MIT */
#include "lib/mk3/session.h"

#include "lib/base/bytes.h"

#include <string.h>

enum {
	FAMILY_DIVISOR = 10000,
	FAMILY_MK2 = 113, /* has no lines to pull, mk3.md 3.1 and 3.7 */
};

/* --- up and down ---------------------------------------------------------- */

static void enter(struct mk3 *mk3, enum mk3_phase phase)
{
	mk3->phase = phase;
	mk3->address_failures = 0;
	mk3->flight.want.ask = ASK_NOTHING;
}

static void unaddressed(struct mk3 *mk3, mono_t now)
{
	mk3->selected = MK3_SELECTED_NONE;
	mk3->dirty = true;
	mk3->reading.connected = false;
	/* The MK's panel state is gone with its address: it counts from the
	 * next S. */
	mk3->reading.sent_known = false;
	for (size_t i = 0; i < SCALE_COUNT; i++) {
		mk3->scale[i].settled = false;
		mk3->scale[i].failures = 0;
		mk3->scale[i].next_try = now;
	}
	mk3_units_rewrite(mk3, now);
	mk3_units_sweep(mk3, now);
}

static void search(struct mk3 *mk3, mono_t now)
{
	mk3_forget(mk3);
	unaddressed(mk3, now);
	enter(mk3, MK3_SEARCH);
	mk3->due[POLL_VERSION] = now;
}

void mk3_link_open(struct mk3 *mk3, mono_t now)
{
	mk3->parser.n = 0;
	search(mk3, now);
}

void mk3_link_lost(struct mk3 *mk3)
{
	mk3_forget(mk3);
	mk3->selected = MK3_SELECTED_NONE;
	mk3->fault_pending = false;
	enter(mk3, MK3_CLOSED);
}

bool mk3_link_has_lines(const struct mk3 *mk3)
{
	maybe_i32 version = mk3->reading.mk_version;

	return !version.known || version.value / FAMILY_DIVISOR != FAMILY_MK2;
}

static enum mk3_phase first_phase(const struct mk3 *mk3)
{
	return mk3_link_has_lines(mk3) ? MK3_LINES_UP : MK3_ADDRESS;
}

/*
 * The mode byte tells which address the MK has selected: none, or another
 * one than ours, and it was reset or used by somebody else (3.1). Where an
 * A went unanswered ours is not known, and any address will do.
 */
static bool lost_address(struct mk3 *mk3, uint8_t mode)
{
	bool answered = mk3->flight.want.ask != ASK_ADDRESS;

	if (mk3->phase == MK3_RUN && mk3->selected == MK3_SELECTED_NONE) {
		if (mode >= BMS_UNITS_MAX)
			return true;
		if (answered)
			mk3->selected = mode;
	}
	if (mk3->selected == MK3_SELECTED_NONE)
		return false;
	mk3->selection_seen = mk3->selected == mode;
	return !mk3->selection_seen;
}

static void judge_mode(struct mk3 *mk3, mono_t now, uint8_t mode)
{
	if (mk3->phase == MK3_SEARCH) {
		enter(mk3, first_phase(mk3));
		return;
	}
	if (!lost_address(mk3, mode))
		return;
	mk3->reading.mk_resets++;
	unaddressed(mk3, now);
	enter(mk3, first_phase(mk3));
}

static void take_version(struct mk3 *mk3, mono_t now,
			 const struct mk3_version *version)
{
	mk3->version_time = now;
	mk3_put(mk3, &mk3->reading.mk_version,
		version->version <= INT32_MAX ?
		known_i32((int32_t)version->version) : UNKNOWN_I32);
	mk3->due[POLL_VERSION] = mono_add_ms(now, 3000);
	if (mk3->flight.want.ask == ASK_VERSION) {
		mk3->flight.want.ask = ASK_NOTHING;
		mk3->counters.answers++;
	}
	judge_mode(mk3, now, version->mode);
}

/* --- answers -------------------------------------------------------------- */

static enum mk3_taken take_letter(const struct mk3_frame *frame, char letter)
{
	return frame->body[0] == MK3_TYPE_COMMAND && frame->len >= 2 &&
	       frame->body[1] == (uint8_t)letter ? TAKEN_DONE : TAKEN_NOT;
}

static enum mk3_taken take_address(struct mk3 *mk3,
				   const struct mk3_frame *frame)
{
	uint8_t address;

	if (!mk3_reply_address(frame, &address) ||
	    address != mk3->flight.want.id)
		return TAKEN_NOT;
	mk3->selected = address;
	mk3->address_failures = 0;
	return TAKEN_DONE;
}

static enum mk3_taken take_info(struct mk3 *mk3, mono_t now,
				const struct mk3_frame *frame)
{
	const struct mk3_want *want = &mk3->flight.want;
	struct mk3_config config;
	struct mk3_dc dc;
	struct mk3_ac ac;

	if (want->ask == ASK_DC && mk3_reply_dc(frame, &dc)) {
		mk3_apply_dc(mk3, now, &dc);
		return TAKEN_DONE;
	}
	if (want->ask == ASK_AC && mk3_reply_ac(frame, &ac) &&
	    ac.phase == want->id) {
		mk3_apply_ac(mk3, now, &ac);
		return TAKEN_DONE;
	}
	if (want->ask == ASK_CONFIG && mk3_reply_config(frame, &config)) {
		mk3_apply_config(mk3, now, &config);
		mk3->config_unanswered = false;
		return TAKEN_DONE;
	}
	return TAKEN_NOT;
}

static enum mk3_taken take_leds(struct mk3 *mk3, mono_t now,
				const struct mk3_frame *frame)
{
	struct mk3_leds leds;

	if (!mk3_reply_leds(frame, &leds))
		return TAKEN_NOT;
	mk3_apply_leds(mk3, now, &leds);
	return TAKEN_DONE;
}

static enum mk3_taken take_state(struct mk3 *mk3, mono_t now,
				 const struct mk3_winmon_frame *winmon)
{
	struct bytes data = bytes_of(winmon->data, winmon->len);
	uint8_t main = bytes_u8(&data);
	uint8_t sub = bytes_u8(&data);

	if (winmon->code != MK3_IS_DEVICE_STATE || data.is_short)
		return TAKEN_NOT;
	mk3_apply_state(mk3, now, known_i32(main), known_i32(sub));
	return TAKEN_DONE;
}

static enum mk3_taken take_ram_info(struct mk3 *mk3,
				    const struct mk3_winmon_frame *winmon)
{
	struct mk3_ram_info *info = &mk3->flight.ram_info;
	struct mk3_scale_slot *slot = &mk3->scale[mk3->flight.want.id];

	if (!mk3_ram_info_take(info, winmon))
		return TAKEN_NOT;
	if (!info->complete)
		return TAKEN_PART;
	slot->scale = info->scale;
	slot->known = true;
	slot->settled = true;
	slot->failures = 0;
	return TAKEN_DONE;
}

static enum mk3_taken take_winmon(struct mk3 *mk3, mono_t now,
				  const struct mk3_frame *frame)
{
	enum mk3_ask ask = mk3->flight.want.ask;
	struct mk3_winmon_frame winmon;

	if (!mk3_reply_winmon(frame, &winmon) ||
	    winmon.letter != mk3->flight.letter)
		return TAKEN_NOT;
	if (winmon.code == MK3_NOT_RECOGNISED ||
	    winmon.code == MK3_NO_SUCH_RAM ||
	    winmon.code == MK3_NO_SUCH_SETTING ||
	    winmon.code == MK3_ACCESS_NEEDED)
		return TAKEN_REFUSED;
	if (ask == ASK_STATE)
		return take_state(mk3, now, &winmon);
	if (ask == ASK_RAM_INFO)
		return take_ram_info(mk3, &winmon);
	if (ask == ASK_SOC_SETTING || ask == ASK_SOC_WRITE)
		return mk3_soc_take(mk3, now, &winmon);
	return mk3_unit_take(mk3, now, &winmon);
}

static enum mk3_taken take(struct mk3 *mk3, mono_t now,
			   const struct mk3_frame *frame)
{
	switch (mk3->flight.want.ask) {
	case ASK_LINES:
		return take_letter(frame, 'H');
	case ASK_SWITCH:
		return take_letter(frame, 'S');
	case ASK_ADDRESS:
		return take_address(mk3, frame);
	case ASK_CONFIG:
	case ASK_DC:
	case ASK_AC:
		return take_info(mk3, now, frame);
	case ASK_LEDS:
		return take_leds(mk3, now, frame);
	case ASK_MAP:
		return mk3_map_take(mk3, now, frame);
	case ASK_OTHER:
		return mk3_other_take(mk3, frame);
	case ASK_STATE:
	case ASK_RAM_INFO:
	case ASK_SOC_SETTING:
	case ASK_SOC_WRITE:
	case ASK_UNIT_LOW:
	case ASK_UNIT_HIGH:
	case ASK_UNIT_SETTING:
	case ASK_UNIT_INFO:
	case ASK_UNIT_FLAGS:
	case ASK_UNIT_WRITE:
		return take_winmon(mk3, now, frame);
	case ASK_NOTHING:
	case ASK_VERSION:
	case ASK_WAKE:
	case ASK_COUNT:
		break;
	}
	return TAKEN_NOT;
}

/* What the answer to "ask", or its failure, leads to in the start-up (11,
 * 3 to 7). */
static void advance(struct mk3 *mk3, mono_t now, enum mk3_ask ask)
{
	struct mk3_want want;

	if (mk3->phase == MK3_LINES_UP && ask == ASK_LINES) {
		enter(mk3, MK3_ADDRESS);
	} else if (mk3->phase == MK3_ADDRESS && ask == ASK_ADDRESS) {
		mk3->reading.connected = true;
		mk3->dirty = true;
		enter(mk3, MK3_LIMIT);
	} else if (mk3->phase == MK3_LIMIT && ask == ASK_CONFIG) {
		enter(mk3, MK3_LOOK);
	}
	if (mk3->phase == MK3_LOOK && !mk3_look_next(mk3, now, &want)) {
		enter(mk3, MK3_RUN);
		mk3_poll_start(mk3, now);
	}
}

static void fault(struct mk3 *mk3, enum session_fault kind)
{
	mk3->counters.faults[kind]++;
	mk3->fault_pending = true;
	mk3->fault = kind;
	mk3->fault_address = mk3->flight.want.address;
}

static void scale_failed(struct mk3 *mk3, mono_t now, bool refused)
{
	struct mk3_scale_slot *slot = &mk3->scale[mk3->flight.want.id];

	/* Refused: the unit has no such variable. */
	if (refused) {
		slot->scale.kind = MK3_SCALE_UNSUPPORTED;
		slot->known = true;
		slot->settled = true;
		return;
	}
	if (slot->failures < UINT8_MAX)
		slot->failures++;
	slot->next_try = mono_add_ms(now, mk3_backoff_ms(slot->failures));
}

static void address_failed(struct mk3 *mk3, mono_t now)
{
	if (++mk3->address_failures >= MK3_ADDRESS_TRIES)
		search(mk3, now);
}

/* The request in flight came to nothing: refused, or no answer in time. */
static void failed(struct mk3 *mk3, mono_t now, bool refused)
{
	enum mk3_ask ask = mk3->flight.want.ask;
	bool silence = !refused && !mk3->flight.want.quiet;

	if (ask == ASK_RAM_INFO)
		scale_failed(mk3, now, refused);
	else if (ask == ASK_MAP)
		mk3->map_tries++;
	else if (ask == ASK_OTHER)
		mk3_other_failed(mk3);
	else if (ask == ASK_SOC_SETTING || ask == ASK_SOC_WRITE)
		mk3_soc_failed(mk3, now, refused);
	else if (ask >= ASK_UNIT_LOW)
		mk3_unit_failed(mk3, now);
	mk3->flight.want.ask = ASK_NOTHING;
	if (ask == ASK_ADDRESS)
		address_failed(mk3, now);
	else
		advance(mk3, now, ask);
	/* Silence may be a reset: ask, and pull the lines again. */
	if (silence && mk3->phase == MK3_RUN) {
		mk3->due[POLL_VERSION] = now;
		mk3->due[POLL_LINES] = now;
	}
}

void mk3_link_take(struct mk3 *mk3, mono_t now, const struct mk3_frame *frame)
{
	enum mk3_ask ask = mk3->flight.want.ask;
	struct mk3_version version;
	struct mk3_leds leds;

	mk3->reading.time = now;
	if (mk3_reply_appended_leds(frame, &leds))
		mk3_apply_leds(mk3, now, &leds);
	if (mk3_reply_version(frame, &version)) {
		take_version(mk3, now, &version);
		return;
	}
	switch (take(mk3, now, frame)) {
	case TAKEN_NOT:
		mk3->counters.faults[FAULT_UNKNOWN]++;
		break;
	case TAKEN_PART:
		break;
	case TAKEN_DONE:
		mk3->counters.answers++;
		mk3->flight.want.ask = ASK_NOTHING;
		advance(mk3, now, ask);
		break;
	case TAKEN_REFUSED:
		mk3->counters.answers++;
		if (!mk3->flight.want.quiet)
			fault(mk3, FAULT_CONTENT);
		failed(mk3, now, true);
		break;
	}
}

static void timed_out(struct mk3 *mk3, mono_t now)
{
	const struct mk3_flight *flight = &mk3->flight;

	/* The second frame of a split answer is not worth a complaint. */
	if (!flight->want.quiet && !flight->setting_info.usable)
		fault(mk3, FAULT_TIMEOUT);
	failed(mk3, now, false);
}

void mk3_link_check(struct mk3 *mk3, mono_t now)
{
	if (mk3->flight.want.ask != ASK_NOTHING &&
	    mono_reached(now, mk3->flight.deadline))
		timed_out(mk3, now);
	if (mk3->phase > MK3_SEARCH &&
	    mono_elapsed_ms(mk3->reading.time, now) >= MK3_SILENT_MS)
		search(mk3, now);
}
