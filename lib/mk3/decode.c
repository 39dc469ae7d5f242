/* SPDX-License-Identifier: MIT */
#include "lib/mk3/decode.h"

#include "lib/mk3/mk3.h"
#include "lib/mk3/request.h"

enum { FAMILY_DIVISOR = 10000, FAMILY_MK2 = 113, FAMILY_MK3 = 117 };

/* --- fields --------------------------------------------------------------- */

void mk3_text_kind(struct text *t, const char *kind)
{
	text_str(t, "{\"kind\":");
	text_json_str(t, kind);
}

void mk3_text_name(struct text *t, const char *name)
{
	text_char(t, ',');
	text_json_str(t, name);
	text_char(t, ':');
}

void mk3_text_str(struct text *t, const char *name, const char *value)
{
	mk3_text_name(t, name);
	text_json_str(t, value);
}

void mk3_text_int(struct text *t, const char *name, int64_t value)
{
	mk3_text_name(t, name);
	text_int(t, value);
}

void mk3_text_bool(struct text *t, const char *name, bool value)
{
	mk3_text_name(t, name);
	text_str(t, value ? "true" : "false");
}

void mk3_text_maybe(struct text *t, const char *name, maybe_i32 value)
{
	mk3_text_name(t, name);
	if (value.known)
		text_int(t, value.value);
	else
		text_str(t, "null");
}

void mk3_text_tenths(struct text *t, const char *name, int64_t value)
{
	mk3_text_name(t, name);
	text_fixed(t, value, 1);
}

void mk3_text_hex(struct text *t, const char *name, struct bytes data)
{
	mk3_text_name(t, name);
	text_char(t, '"');
	text_hex(t, data.at, data.left);
	text_char(t, '"');
}

void mk3_text_words(struct text *t, const char *name, struct bytes data,
		    bool is_signed)
{
	mk3_text_name(t, name);
	text_char(t, '[');
	for (size_t i = 0; data.left >= 2; i++) {
		if (i > 0)
			text_char(t, ',');
		if (is_signed)
			text_int(t, bytes_sle16(&data));
		else
			text_uint(t, bytes_le16(&data));
	}
	text_char(t, ']');
}

/* --- commands of the MK itself, mk3.md 3 and 4 ---------------------------- */

static void version_text(struct text *t, const struct mk3_frame *frame)
{
	struct mk3_version version;
	uint32_t family;

	if (!mk3_reply_version(frame, &version)) {
		mk3_text_kind(t, "version-request");
		return;
	}
	family = version.version / FAMILY_DIVISOR;
	mk3_text_kind(t, "version");
	mk3_text_int(t, "version", version.version);
	mk3_text_str(t, "family", family == FAMILY_MK2 ? "mk2" :
				  family == FAMILY_MK3 ? "mk3" : "unknown");
	if (version.mode == MK3_MODE_WRONG_BUS)
		mk3_text_str(t, "mode", "not-in-vebus-mode");
	else if (version.mode == MK3_MODE_NO_ADDRESS)
		mk3_text_str(t, "mode", "no-address");
	else
		mk3_text_str(t, "mode", "addressed");
	mk3_text_int(t, "mode_byte", version.mode);
}

static void address_text(struct text *t, struct bytes data)
{
	uint8_t action = bytes_u8(&data);

	mk3_text_kind(t, "address");
	mk3_text_str(t, "action", action == 1 ? "set" : "get");
	mk3_text_maybe(t, "address", data.left > 0 ?
		       known_i32(bytes_u8(&data)) : UNKNOWN_I32);
}

static void leds_text(struct text *t, const struct mk3_frame *frame)
{
	struct mk3_leds leds;

	if (!mk3_reply_leds(frame, &leds)) {
		mk3_text_kind(t, "leds-request");
		return;
	}
	mk3_text_kind(t, "leds");
	mk3_text_maybe(t, "on_bits", leds.on);
	mk3_text_maybe(t, "blink_bits", leds.blink);
	mk3_text_maybe(t, "alarm_bits", leds.alarms);
	mk3_text_maybe(t, "error", leds.error);
	mk3_text_maybe(t, "error_flag_bits", leds.error_flags);
}

static const char *switch_name(uint8_t state)
{
	static const char *const names[] = {
		"none", "charger-only", "inverter-only", "on", "off",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

static void switch_text(struct text *t, struct bytes data)
{
	uint8_t state = bytes_u8(&data);
	uint16_t limit = bytes_le16(&data);
	uint8_t flags;

	bytes_skip(&data, 1);
	flags = bytes_u8(&data);
	if (data.is_short) {
		mk3_text_kind(t, "switch-reply");
		return;
	}
	mk3_text_kind(t, "switch");
	mk3_text_str(t, "state", switch_name(state));
	if (limit >= MK3_LIMIT_KEEP)
		mk3_text_maybe(t, "limit_a", UNKNOWN_I32);
	else
		mk3_text_tenths(t, "limit_a", limit);
	mk3_text_int(t, "flag_bits", flags);
	bytes_skip(&data, 1);
	if (data.left > 0)
		mk3_text_int(t, "extra_bits", bytes_u8(&data));
}

static void lines_text(struct text *t, struct bytes data)
{
	uint8_t bits = bytes_u8(&data);

	if (data.is_short) {
		mk3_text_kind(t, "lines-request");
		return;
	}
	mk3_text_kind(t, "lines");
	mk3_text_bool(t, "panel_detect", bits & 1);
	mk3_text_bool(t, "standby", bits & 2);
	mk3_text_int(t, "line_bits", bits);
}

static void info_request_text(struct text *t, struct bytes data)
{
	static const char *const kinds[] = {
		"dc-request", "ac-request", "ac-request", "ac-request",
		"ac-request", "config-request", "snapshot-request",
		"unit-info-request", "reset-unit", "battery-limits",
	};
	uint8_t number = bytes_u8(&data);

	mk3_text_kind(t, !data.is_short && number < ARRAY_SIZE(kinds) ?
			 kinds[number] : "info-request");
	mk3_text_int(t, "number", number);
	if (data.left > 0)
		mk3_text_hex(t, "data", data);
}

static void plain_text(struct text *t, const char *kind, struct bytes data)
{
	mk3_text_kind(t, kind);
	if (data.left > 0)
		mk3_text_hex(t, "data", data);
}

static void command_text(struct text *t, const struct mk3_frame *frame)
{
	struct bytes data = bytes_of(frame->body, frame->len);
	struct mk3_winmon_frame winmon;

	bytes_skip(&data, 2);
	if (mk3_reply_winmon(frame, &winmon)) {
		mk3_text_winmon(t, &winmon);
		return;
	}
	switch (frame->len < 2 ? 0 : frame->body[1]) {
	case 'V':
		version_text(t, frame);
		break;
	case 'A':
		address_text(t, data);
		break;
	case 'L':
		leds_text(t, frame);
		break;
	case 'S':
		switch_text(t, data);
		break;
	case 'H':
		lines_text(t, data);
		break;
	case 'F':
		info_request_text(t, data);
		break;
	case 'R':
		plain_text(t, "reset", data);
		break;
	case 'N':
		plain_text(t, "high-speed", data);
		break;
	case 'D':
		plain_text(t, "status", data);
		break;
	default:
		plain_text(t, "unknown-command", data);
		break;
	}
}

/* --- frames that are not FF, mk3.md 4 and 9 ------------------------------- */

static void dc_text(struct text *t, const struct mk3_dc *dc)
{
	mk3_text_kind(t, "dc");
	mk3_text_int(t, "voltage_raw", dc->voltage);
	mk3_text_int(t, "inverter_current_raw", dc->inverter_current);
	mk3_text_int(t, "charger_current_raw", dc->charger_current);
	mk3_text_int(t, "period_raw", dc->period);
}

static void ac_text(struct text *t, const struct mk3_ac *ac)
{
	mk3_text_kind(t, "ac");
	mk3_text_int(t, "phase", ac->phase);
	mk3_text_maybe(t, "phases", ac->n_phases > 0 ?
		       known_i32(ac->n_phases) : UNKNOWN_I32);
	mk3_text_int(t, "state_main", ac->state);
	mk3_text_int(t, "mains_factor", ac->mains_factor);
	mk3_text_int(t, "inverter_factor", ac->inverter_factor);
	mk3_text_int(t, "mains_voltage_raw", ac->mains_voltage);
	mk3_text_int(t, "mains_current_raw", ac->mains_current);
	mk3_text_int(t, "out_voltage_raw", ac->out_voltage);
	mk3_text_int(t, "out_current_raw", ac->out_current);
	mk3_text_int(t, "period_raw", ac->period);
}

static void config_text(struct text *t, const struct mk3_config *config)
{
	maybe_i32 reg = known_i32(config->switch_register);

	mk3_text_kind(t, "config");
	mk3_text_int(t, "led_on_bits", config->leds_on);
	mk3_text_int(t, "led_blink_bits", config->leds_blink);
	mk3_text_int(t, "status", config->status);
	mk3_text_int(t, "input_bits", config->inputs);
	mk3_text_tenths(t, "limit_min_a", config->limit_min_da);
	mk3_text_tenths(t, "limit_max_a", config->limit_max_da);
	mk3_text_tenths(t, "limit_a", config->limit_da);
	mk3_text_int(t, "switch_bits", config->switch_register);
	mk3_text_str(t, "mode", inverter_mode_text(reg));
}

static void other_text(struct text *t, const struct mk3_other *other)
{
	mk3_text_kind(t, "bus-device");
	mk3_text_str(t, "device", other->whom == MK3_QUERY_BMS ?
				  "vebus-bms" : "digital-multi-control");
	mk3_text_int(t, "version", other->version);
}

static void map_text(struct text *t, uint32_t addresses)
{
	mk3_text_kind(t, "unit-info");
	mk3_text_int(t, "address_bits", addresses);
}

static void frame_text(struct text *t, const struct mk3_frame *frame)
{
	struct bytes data = bytes_of(frame->body, frame->len);
	struct mk3_config config;
	struct mk3_other other;
	uint32_t addresses;
	struct mk3_dc dc;
	struct mk3_ac ac;

	if (bytes_u8(&data) == MK3_TYPE_COMMAND) {
		command_text(t, frame);
	} else if (mk3_reply_dc(frame, &dc)) {
		dc_text(t, &dc);
	} else if (mk3_reply_ac(frame, &ac)) {
		ac_text(t, &ac);
	} else if (mk3_reply_config(frame, &config)) {
		config_text(t, &config);
	} else if (mk3_reply_other(frame, &other)) {
		other_text(t, &other);
	} else if (mk3_reply_map(frame, &addresses)) {
		map_text(t, addresses);
	} else {
		mk3_text_kind(t, "raw");
		mk3_text_int(t, "type", frame->body[0]);
		mk3_text_hex(t, "data", data);
	}
	if (frame->has_leds) {
		struct mk3_leds leds;

		mk3_reply_appended_leds(frame, &leds);
		mk3_text_maybe(t, "appended_on_bits", leds.on);
		mk3_text_maybe(t, "appended_blink_bits", leds.blink);
	}
	text_char(t, '}');
}

/* --- refusals ------------------------------------------------------------- */

static void refuse(struct text *t, enum mk3_verdict verdict,
		   const uint8_t *bytes, size_t len)
{
	switch (verdict) {
	case MK3_FRAME_GOOD:
		text_uint(t, len);
		text_str(t, " bytes follow the end of the frame.");
		break;
	case MK3_FRAME_SHORT:
		text_str(t, "The frame ends too soon: ");
		if (len > 0) {
			text_str(t, "its length byte asks for ");
			text_uint(t, (bytes[0] & 0x7fu) + 2);
			text_str(t, " bytes, ");
		}
		text_uint(t, len);
		text_str(t, " are there.");
		break;
	case MK3_FRAME_BAD_LENGTH:
		text_str(t, "Not an MK2/MK3 frame: length byte ");
		text_hex(t, bytes, 1);
		text_str(t, ", allowed are 2 to 20 counted bytes.");
		break;
	case MK3_FRAME_BAD_TYPE:
		text_str(t, "Not an MK2/MK3 frame: type byte ");
		text_hex(t, bytes + 1, 1);
		text_str(t, " is none of FF 20 21 38 3C 3D 3F 40 41.");
		break;
	case MK3_FRAME_BAD_CHECKSUM:
		text_str(t, "The checksum does not close.");
		break;
	}
}

int mk3_decode_text(const uint8_t *frame, size_t len, char *buf, size_t size)
{
	struct text t = text_in(buf, size);
	struct mk3_frame good;
	enum mk3_verdict verdict;
	size_t used = 0;

	verdict = mk3_frame_read(frame, len, &good, &used);
	if (verdict != MK3_FRAME_GOOD || used != len) {
		refuse(&t, verdict, frame, len - used);
		return -1;
	}
	frame_text(&t, &good);
	if (!t.cut)
		return (int)t.len;
	t = text_in(buf, size);
	text_str(&t, "The text of this frame does not fit.");
	return -1;
}
