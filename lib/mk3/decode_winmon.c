/* SPDX-License-Identifier: MIT */
#include "lib/mk3/decode.h"

#include "lib/mk3/mk3.h"
#include "lib/mk3/request.h"

/* How what follows the command or code is read, mk3.md 5.1. */
enum shape {
	SHAPE_NONE,     /* nothing, or bytes without a published meaning */
	SHAPE_ID,       /* one id, and perhaps a zero */
	SHAPE_IDS,      /* ids; the second of a pair may be padding */
	SHAPE_ARGUMENT, /* of 0E */
	SHAPE_WORD,
	SHAPE_WRITE,    /* flags id word */
	SHAPE_WORDS,
	SHAPE_SIGNED_WORDS, /* mk3.md 4.4 */
	SHAPE_VERSION,  /* 82: two bytes, or all */
	SHAPE_HIGH,     /* 83 */
	SHAPE_RAM_INFO,
	SHAPE_SETTING_INFO,
	SHAPE_STATE,
	SHAPE_LEVEL,
};

struct code_row {
	uint8_t code;
	enum shape shape;
	const char *kind;
};

static const struct code_row codes[] = {
	{ MK3_VERSION_LOW, SHAPE_NONE, "unit-version-low-request" },
	{ MK3_VERSION_HIGH, SHAPE_NONE, "unit-version-high-request" },
	{ MK3_DEVICE_STATE, SHAPE_ARGUMENT, "device-state-request" },
	{ MK3_READ_RAM, SHAPE_IDS, "read-ram-request" },
	{ MK3_READ_SETTING, SHAPE_ID, "read-setting-request" },
	{ MK3_WRITE_RAM_SELECT, SHAPE_ID, "write-ram-select" },
	{ MK3_WRITE_SETTING_SELECT, SHAPE_ID, "write-setting-select" },
	{ MK3_WRITE_DATA, SHAPE_WORD, "write-data" },
	{ MK3_SETTING_INFO, SHAPE_ID, "setting-info-request" },
	{ MK3_RAM_INFO, SHAPE_ID, "ram-info-request" },
	{ MK3_WRITE_VIA_ID, SHAPE_WRITE, "write" },
	{ MK3_READ_SNAPSHOT, SHAPE_NONE, "read-snapshot-request" },
	{ MK3_NOT_RECOGNISED, SHAPE_NONE, "not-recognised" },
	{ MK3_IS_VERSION_LOW, SHAPE_VERSION, "unit-version-low" },
	{ MK3_IS_VERSION_HIGH, SHAPE_HIGH, "unit-version-high" },
	{ MK3_IS_RAM, SHAPE_WORDS, "ram" },
	{ MK3_IS_SETTING, SHAPE_WORD, "setting" },
	{ MK3_RAM_WRITTEN, SHAPE_NONE, "ram-written" },
	{ MK3_SETTING_WRITTEN, SHAPE_NONE, "setting-written" },
	{ MK3_IS_SETTING_INFO, SHAPE_SETTING_INFO, "setting-info" },
	{ MK3_TAG_MAXIMUM, SHAPE_WORD, "setting-info-maximum" },
	{ MK3_IS_RAM_INFO, SHAPE_RAM_INFO, "ram-info" },
	{ MK3_TAG_RAM_OFFSET, SHAPE_WORD, "ram-info-offset" },
	{ MK3_NO_SUCH_RAM, SHAPE_NONE, "no-such-ram" },
	{ MK3_NO_SUCH_SETTING, SHAPE_NONE, "no-such-setting" },
	{ MK3_IS_DEVICE_STATE, SHAPE_STATE, "device-state" },
	{ MK3_IS_SNAPSHOT, SHAPE_SIGNED_WORDS, "snapshot" },
	{ MK3_ACCESS_NEEDED, SHAPE_LEVEL, "access-needed" },
};

static const struct code_row unknown_request = {
	0, SHAPE_NONE, "unit-request",
};
static const struct code_row unknown_reply = { 0, SHAPE_NONE, "unit-reply" };

static const struct code_row *row_of(uint8_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return &codes[i];
	return code < MK3_CODE_FIRST ? &unknown_request : &unknown_reply;
}

static void scale_text(struct text *t, const struct mk3_scale *scale)
{
	switch (scale->kind) {
	case MK3_SCALE_UNSUPPORTED:
		mk3_text_bool(t, "supported", false);
		break;
	case MK3_SCALE_LINEAR:
		mk3_text_bool(t, "supported", true);
		mk3_text_bool(t, "signed", scale->is_signed);
		mk3_text_int(t, "multiplier", scale->multiplier);
		mk3_text_int(t, "divisor", scale->divisor);
		mk3_text_int(t, "offset", scale->offset);
		break;
	case MK3_SCALE_BIT:
		mk3_text_bool(t, "supported", true);
		mk3_text_int(t, "bit", scale->bit);
		break;
	}
}

static void ram_info_text(struct text *t,
			  const struct mk3_winmon_frame *winmon)
{
	struct mk3_ram_info info = { 0 };

	mk3_ram_info_take(&info, winmon);
	if (info.complete)
		scale_text(t, &info.scale);
	else
		mk3_text_int(t, "sc_raw", info.sc);
}

static void setting_info_text(struct text *t,
			      const struct mk3_winmon_frame *winmon)
{
	struct mk3_setting_reply reply = { 0 };
	const struct mk3_setting_info *info = &reply.info;

	mk3_setting_info_take(&reply, winmon);
	mk3_text_bool(t, "supported", reply.usable);
	if (!reply.usable)
		return;
	mk3_text_int(t, "sc", info->sc);
	mk3_text_int(t, "offset", info->offset);
	mk3_text_maybe(t, "default_raw", info->initial);
	mk3_text_maybe(t, "minimum_raw", info->minimum);
	mk3_text_maybe(t, "maximum_raw", info->maximum);
	mk3_text_maybe(t, "access_bits", info->access);
}

static void write_text(struct text *t, struct bytes data)
{
	uint8_t flags = bytes_u8(&data);

	mk3_text_str(t, "target", flags & MK3_WRITE_IS_SETTING ? "setting" :
								 "ram");
	mk3_text_int(t, "flag_bits", flags);
	mk3_text_bool(t, "writes_eeprom", (flags & MK3_WRITE_IS_SETTING) &&
					  !(flags & MK3_WRITE_RAM_ONLY));
	mk3_text_int(t, "id", bytes_u8(&data));
	mk3_text_int(t, "value_raw", bytes_le16(&data));
}

static void version_text(struct text *t, struct bytes data)
{
	uint16_t low = bytes_le16(&data);
	uint16_t high = data.left >= 2 ? bytes_le16(&data) : 0;

	mk3_text_int(t, "low_word", low);
	if (high == 0)
		return;
	mk3_text_int(t, "product", (high * 0x10000ll + low) / 1000);
	mk3_text_int(t, "firmware", (high * 0x10000ll + low) % 1000);
}

static void ids_text(struct text *t, struct bytes data)
{
	mk3_text_name(t, "ids");
	text_char(t, '[');
	for (size_t i = 0; data.left > 0; i++) {
		if (i > 0)
			text_char(t, ',');
		text_uint(t, bytes_u8(&data));
	}
	text_char(t, ']');
}

static void state_text(struct text *t, struct bytes data)
{
	maybe_i32 main = known_i32(bytes_u8(&data));
	maybe_i32 sub = known_i32(bytes_u8(&data));

	mk3_text_int(t, "state_main", main.value);
	mk3_text_int(t, "state_sub", sub.value);
	mk3_text_str(t, "state", inverter_state_text(main, sub));
}

/* What the shape needs at least; shorter ones are shown as bytes. */
static size_t shape_least(enum shape shape)
{
	switch (shape) {
	case SHAPE_NONE:
	case SHAPE_WORDS:
	case SHAPE_SIGNED_WORDS:
	case SHAPE_RAM_INFO:
	case SHAPE_SETTING_INFO:
		return 0;
	case SHAPE_ID:
	case SHAPE_IDS:
	case SHAPE_ARGUMENT:
	case SHAPE_LEVEL:
		return 1;
	case SHAPE_WORD:
	case SHAPE_VERSION:
	case SHAPE_HIGH:
	case SHAPE_STATE:
		return 2;
	case SHAPE_WRITE:
		return 4;
	}
	return 0;
}

static void shape_text(struct text *t, enum shape shape, struct bytes data,
		       const struct mk3_winmon_frame *winmon)
{
	switch (shape) {
	case SHAPE_NONE:
		break;
	case SHAPE_ID:
		mk3_text_int(t, "id", bytes_u8(&data));
		break;
	case SHAPE_IDS:
		ids_text(t, data);
		break;
	case SHAPE_ARGUMENT:
		mk3_text_int(t, "argument", bytes_u8(&data));
		break;
	case SHAPE_LEVEL:
		mk3_text_int(t, "level", bytes_u8(&data));
		break;
	case SHAPE_WORD:
		mk3_text_int(t, "value_raw", bytes_le16(&data));
		break;
	case SHAPE_WRITE:
		write_text(t, data);
		break;
	case SHAPE_WORDS:
		mk3_text_words(t, "values_raw", data, false);
		break;
	case SHAPE_SIGNED_WORDS:
		mk3_text_words(t, "values_raw", data, true);
		break;
	case SHAPE_VERSION:
		version_text(t, data);
		break;
	case SHAPE_HIGH:
		mk3_text_int(t, "high_word", bytes_le16(&data));
		break;
	case SHAPE_RAM_INFO:
		ram_info_text(t, winmon);
		break;
	case SHAPE_SETTING_INFO:
		setting_info_text(t, winmon);
		break;
	case SHAPE_STATE:
		state_text(t, data);
		break;
	}
}

void mk3_text_winmon(struct text *t, const struct mk3_winmon_frame *winmon)
{
	const struct code_row *row = row_of(winmon->code);
	struct bytes data = bytes_of(winmon->data, winmon->len);
	const char letter[] = { winmon->letter, '\0' };

	mk3_text_kind(t, row->kind);
	mk3_text_str(t, "letter", letter);
	mk3_text_int(t, "code", winmon->code);
	if (data.left < shape_least(row->shape) || row->shape == SHAPE_NONE)
		mk3_text_hex(t, "data", data);
	else
		shape_text(t, row->shape, data, winmon);
}
