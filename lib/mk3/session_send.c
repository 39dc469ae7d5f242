/* SPDX-License-Identifier: MIT */
#include "lib/mk3/session.h"

#include <string.h>

enum {
	US_PER_BYTE = 4166, /* ten bits at 2400 baud, rounded down */
	CONFIG_LATE_MS = 2000,
	WINMON_LEAST = 5,
};

static const char letters[] = { 'X', 'Y', 'Z' };

struct ask_row {
	uint16_t timeout_ms; /* mk3.md 2.1 */
	uint8_t least;       /* bytes of the shortest answer on the wire */
};

static const struct ask_row ask_rows[] = {
	[ASK_NOTHING] = { 0, 0 },
	[ASK_VERSION] = { 500, 9 },
	[ASK_LINES] = { 500, 5 },
	[ASK_ADDRESS] = { 2000, 6 },
	[ASK_SWITCH] = { 500, 4 },
	[ASK_CONFIG] = { 1000, 15 },
	[ASK_DC] = { 500, 17 },
	[ASK_AC] = { 500, 17 },
	[ASK_LEDS] = { 500, 6 },
	[ASK_MAP] = { 500, 14 },
	[ASK_OTHER] = { 500, 12 },
	[ASK_WAKE] = { 100, 0 },
	[ASK_STATE] = { 500, WINMON_LEAST },
	[ASK_RAM_INFO] = { 500, WINMON_LEAST },
	[ASK_SOC_SETTING] = { 500, WINMON_LEAST },
	[ASK_SOC_WRITE] = { 500, WINMON_LEAST },
	[ASK_UNIT_LOW] = { 500, WINMON_LEAST },
	[ASK_UNIT_HIGH] = { 500, WINMON_LEAST },
	[ASK_UNIT_SETTING] = { 500, WINMON_LEAST },
	[ASK_UNIT_INFO] = { 500, WINMON_LEAST },
	[ASK_UNIT_FLAGS] = { 500, WINMON_LEAST },
	[ASK_UNIT_WRITE] = { 500, WINMON_LEAST },
};

_Static_assert(ARRAY_SIZE(ask_rows) == ASK_COUNT, "one row a request");

static const uint8_t scale_ids[] = {
	[SCALE_DC_V] = MK3_RAM_BATTERY_V,
	[SCALE_DC_A] = MK3_RAM_BATTERY_A,
	[SCALE_MAINS_V] = MK3_RAM_MAINS_V,
	[SCALE_MAINS_A] = MK3_RAM_MAINS_A,
	[SCALE_OUT_V] = MK3_RAM_INVERTER_V,
	[SCALE_OUT_A] = MK3_RAM_INVERTER_A,
	[SCALE_SOC] = MK3_RAM_SOC,
};

_Static_assert(ARRAY_SIZE(scale_ids) == SCALE_COUNT, "one id a scale");

/* INVERTER_LEAVE never gets here: the poll sends no S for it. */
static uint8_t switch_state(enum inverter_switch state)
{
	switch (state) {
	case INVERTER_CHARGER_ONLY:
		return MK3_S_CHARGER_ONLY;
	case INVERTER_INVERTER_ONLY:
		return MK3_S_INVERTER_ONLY;
	case INVERTER_ON:
		return MK3_S_ON;
	case INVERTER_OFF:
	case INVERTER_LEAVE:
		break;
	}
	return MK3_S_OFF;
}

/* AUTO_SEND_STATE stays off: an MK must not go on commanding for a dead
 * host (3.6). "extra" 0 asks for long winmon frames, in which every byte of
 * a write is honoured (18.10). The limit repeats what the unit told, for
 * sources disagree about 8000 (18.6). */
static struct mk3_request switch_request(const struct mk3 *mk3)
{
	struct mk3_switch state = {
		.state = switch_state(mk3->command.state),
		.limit_da = MK3_LIMIT_KEEP,
		.flags = MK3_S_NEW_FORMAT,
	};

	if (mk3->limit_da.known)
		state.limit_da = (uint16_t)mk3->limit_da.value;
	return mk3_request_switch(&state);
}

static struct mk3_request request_for(const struct mk3 *mk3,
				      const struct mk3_want *want, char letter)
{
	switch (want->ask) {
	case ASK_VERSION:
		return mk3_request_version();
	case ASK_LINES:
		return mk3_request_lines(MK3_LINES);
	case ASK_ADDRESS:
		return mk3_request_address(want->id);
	case ASK_SWITCH:
		return switch_request(mk3);
	case ASK_CONFIG:
		return mk3_request_info(5);
	case ASK_DC:
		return mk3_request_info(0);
	case ASK_AC:
		return mk3_request_info(want->id);
	case ASK_LEDS:
		return mk3_request_leds();
	case ASK_MAP:
		return mk3_request_map(want->address);
	case ASK_OTHER:
		return mk3_request_query(mk3_other_whom(want->id));
	case ASK_WAKE:
		return mk3_request_wake(want->id);
	case ASK_STATE:
		return mk3_request_winmon_id(letter, MK3_DEVICE_STATE, 0);
	case ASK_RAM_INFO:
		return mk3_request_winmon_id(letter, MK3_RAM_INFO,
					     scale_ids[want->id]);
	case ASK_SOC_SETTING:
		return mk3_request_winmon_id(letter, MK3_READ_SETTING,
					     MK3_SETTING_CAPACITY);
	case ASK_SOC_WRITE:
		return mk3_request_write_ram(letter, MK3_RAM_SOC, want->raw);
	case ASK_UNIT_LOW:
		return mk3_request_winmon(letter, MK3_VERSION_LOW);
	case ASK_UNIT_HIGH:
		return mk3_request_winmon(letter, MK3_VERSION_HIGH);
	case ASK_UNIT_SETTING:
		return mk3_request_winmon_id(letter, MK3_READ_SETTING,
					     MK3_SETTING_CHARGE_CURRENT);
	case ASK_UNIT_INFO:
		return mk3_request_winmon_id(letter, MK3_SETTING_INFO,
					     MK3_SETTING_CHARGE_CURRENT);
	case ASK_UNIT_FLAGS:
		return mk3_request_winmon_id(letter, MK3_READ_SETTING,
					     MK3_SETTING_FLAGS2);
	case ASK_UNIT_WRITE:
		return mk3_request_write_setting(letter,
						 MK3_SETTING_CHARGE_CURRENT,
						 want->raw);
	case ASK_NOTHING:
	case ASK_COUNT:
		break;
	}
	return (struct mk3_request){ .len = 0 };
}

static void note_sent(struct mk3 *mk3, mono_t now, const struct mk3_want *want)
{
	struct inverter_reading *reading = &mk3->reading;

	/* What a V showed holds until anything else is asked, for a reset
	 * may come with any request. */
	if (want->ask != ASK_VERSION)
		mk3->selection_seen = false;
	if (want->ask == ASK_ADDRESS)
		mk3->selected = MK3_SELECTED_NONE;
	/* An answer that comes late may be that to the earlier request, and
	 * must not pass for a newer one. */
	if (want->ask == ASK_CONFIG) {
		if (!mk3->config_unanswered ||
		    mono_elapsed_ms(mk3->config_asked, now) > CONFIG_LATE_MS)
			mk3->config_asked = now;
		mk3->config_unanswered = true;
	}
	if (want->ask == ASK_SWITCH) {
		if (!reading->sent_known ||
		    reading->sent != mk3->command.state) {
			reading->sent_since = now;
			mk3->due[POLL_CONFIG] = now;
			mk3->dirty = true;
		}
		reading->sent_known = true;
		reading->sent = mk3->command.state;
	}
}

struct session_action mk3_link_send(struct mk3 *mk3, mono_t now,
				    const struct mk3_want *want)
{
	struct mk3_flight *flight = &mk3->flight;
	struct mk3_request request;

	/* Winmon frames rotate, so that a late answer has the wrong letter. */
	if (want->ask >= ASK_STATE)
		mk3->letter = (uint8_t)((mk3->letter + 1u) % sizeof(letters));
	request = request_for(mk3, want, letters[mk3->letter]);
	/* Cannot be; and if it were, silence is the lesser evil. */
	if (request.len == 0 || !mk3_request_spares_eeprom(&request))
		return (struct session_action){
			.type = SESSION_WAIT, .until = mono_add_ms(now, 1000),
			.read_after = now,
		};
	memset(flight, 0, sizeof(*flight));
	flight->want = *want;
	flight->letter = letters[mk3->letter];
	flight->size = request.len;
	note_sent(mk3, now, want);
	mk3->counters.requests++;
	memcpy(mk3->request, request.bytes, request.len);
	flight->sent = now;
	flight->deadline = mono_add_ms(mono_add_us(now, (uint64_t)US_PER_BYTE *
						   request.len),
				       ask_rows[want->ask].timeout_ms);
	mk3_link_pace(mk3, now);
	return (struct session_action){
		.type = SESSION_SEND, .bytes = mk3->request,
		.len = request.len,
	};
}

void mk3_link_pace(struct mk3 *mk3, mono_t now)
{
	struct mk3_flight *flight = &mk3->flight;
	uint8_t least = ask_rows[flight->want.ask].least;
	uint32_t missing = least > mk3->parser.n ?
			   (uint32_t)least - mk3->parser.n : 0;
	mono_t after;

	if (flight->want.ask == ASK_NOTHING)
		return;
	/* Of the next byte most may have come already. */
	if (flight->sent.us == now.us)
		missing += flight->size;
	else if (missing > 0)
		missing--;
	after = mono_add_us(now, (uint64_t)US_PER_BYTE * missing);
	if (mono_before(flight->read_after, after))
		flight->read_after = mono_min(after, flight->deadline);
}
