/* SPDX-License-Identifier: MIT */
#include "lib/mk3/reply.h"

#include "lib/base/bytes.h"
#include "lib/mk3/request.h"

#include <string.h>

enum {
	LEDS_UNKNOWN = 0x1f, /* in both bytes, 3.4 */
	ERROR_NUMBER = 0x1f,
	DC_CODE = 0x0c,
	AC_L4 = 0x05,
	AC_L2 = 0x07,
	AC_L1 = 0x08, /* of one phase; 09..0B of two to four */
	AC_L1_LAST = 0x0b,
	ADDRESS_SET = 0x01,
	MAP_FIRST = 0x02, /* F 7 has 02 to 04, or 20 to 2F; 4 */
	MAP_LAST = 0x04,
	MAP_NEW_FIRST = 0x20,
	MAP_NEW_LAST = 0x2f,
	UNTAGGED = 8, /* bytes of offset, default, minimum, maximum */
	TAGGED = 9,   /* of three words, each behind its tag */
};

/* The bytes behind TYPE and letter; short where it is another letter. */
static struct bytes command_data(const struct mk3_frame *frame, char letter)
{
	struct bytes b = bytes_of(frame->body, frame->len);

	if (bytes_u8(&b) != MK3_TYPE_COMMAND ||
	    bytes_u8(&b) != (uint8_t)letter)
		b.is_short = true;
	return b;
}

bool mk3_reply_version(const struct mk3_frame *frame,
		       struct mk3_version *ret_version)
{
	struct bytes b = command_data(frame, 'V');
	struct mk3_version version;

	version.version = bytes_le32(&b);
	version.mode = bytes_u8(&b);
	if (b.is_short)
		return false;
	*ret_version = version;
	return true;
}

static void leds_set(struct mk3_leds *leds, uint8_t on, uint8_t blink)
{
	memset(leds, 0, sizeof(*leds));
	if (on == LEDS_UNKNOWN && blink == LEDS_UNKNOWN)
		return;
	leds->on = known_i32(on);
	leds->blink = known_i32(blink);
}

bool mk3_reply_leds(const struct mk3_frame *frame, struct mk3_leds *ret_leds)
{
	struct bytes b = command_data(frame, 'L');
	uint8_t on = bytes_u8(&b);
	uint8_t blink = bytes_u8(&b);

	if (b.is_short)
		return false;
	leds_set(ret_leds, on, blink);
	if (b.left > 0)
		ret_leds->alarms = known_i32(bytes_u8(&b));
	if (b.left > 0) {
		uint8_t error = bytes_u8(&b);

		ret_leds->error = known_i32(error & ERROR_NUMBER);
		ret_leds->error_flags = known_i32(error & ~ERROR_NUMBER);
	}
	return true;
}

bool mk3_reply_appended_leds(const struct mk3_frame *frame,
			     struct mk3_leds *ret_leds)
{
	if (!frame->has_leds)
		return false;
	leds_set(ret_leds, frame->leds_on, frame->leds_blink);
	return true;
}

bool mk3_reply_address(const struct mk3_frame *frame, uint8_t *ret_address)
{
	struct bytes b = command_data(frame, 'A');
	uint8_t action = bytes_u8(&b);
	uint8_t address = bytes_u8(&b);

	if (b.is_short || action != ADDRESS_SET)
		return false;
	*ret_address = address;
	return true;
}

static uint32_t le24(struct bytes *b)
{
	uint32_t low = bytes_le16(b);

	return low | (uint32_t)bytes_u8(b) << 16;
}

bool mk3_reply_dc(const struct mk3_frame *frame, struct mk3_dc *ret_dc)
{
	struct bytes b = bytes_of(frame->body, frame->len);
	struct mk3_dc dc;

	if (bytes_u8(&b) != MK3_TYPE_INFO)
		return false;
	bytes_skip(&b, 4);
	if (bytes_u8(&b) != DC_CODE)
		return false;
	dc.voltage = bytes_le16(&b);
	dc.inverter_current = le24(&b);
	dc.charger_current = le24(&b);
	dc.period = bytes_u8(&b);
	if (b.is_short)
		return false;
	*ret_dc = dc;
	return true;
}

bool mk3_reply_ac(const struct mk3_frame *frame, struct mk3_ac *ret_ac)
{
	struct bytes b = bytes_of(frame->body, frame->len);
	struct mk3_ac ac;
	uint8_t code;

	if (bytes_u8(&b) != MK3_TYPE_INFO)
		return false;
	ac.mains_factor = bytes_u8(&b);
	ac.inverter_factor = bytes_u8(&b);
	bytes_skip(&b, 1);
	ac.state = bytes_u8(&b);
	code = bytes_u8(&b);
	if (code < AC_L4 || code > AC_L1_LAST)
		return false;
	ac.phase = (uint8_t)(code >= AC_L1 ? 1 : AC_L2 + 2 - code);
	ac.n_phases = (uint8_t)(code >= AC_L1 ? code - AC_L1 + 1 : 0);
	ac.mains_voltage = bytes_le16(&b);
	ac.mains_current = bytes_sle16(&b);
	ac.out_voltage = bytes_le16(&b);
	ac.out_current = bytes_sle16(&b);
	ac.period = bytes_u8(&b);
	if (b.is_short)
		return false;
	*ret_ac = ac;
	return true;
}

bool mk3_reply_config(const struct mk3_frame *frame,
		      struct mk3_config *ret_config)
{
	struct bytes b = bytes_of(frame->body, frame->len);
	struct mk3_config config;

	if (bytes_u8(&b) != MK3_TYPE_CONFIG)
		return false;
	bytes_skip(&b, 1);
	config.leds_on = bytes_u8(&b);
	config.leds_blink = bytes_u8(&b);
	config.status = bytes_u8(&b);
	config.inputs = bytes_u8(&b);
	config.limit_min_da = bytes_le16(&b);
	config.limit_max_da = bytes_le16(&b);
	config.limit_da = bytes_le16(&b);
	config.switch_register = bytes_u8(&b);
	if (b.is_short)
		return false;
	*ret_config = config;
	return true;
}

bool mk3_reply_other(const struct mk3_frame *frame,
		     struct mk3_other *ret_other)
{
	struct bytes b = bytes_of(frame->body, frame->len);
	struct mk3_other other;

	if (bytes_u8(&b) != MK3_TYPE_INFO)
		return false;
	bytes_skip(&b, 4);
	other.whom = bytes_u8(&b);
	other.version = bytes_le32(&b);
	if (b.is_short ||
	    (other.whom != MK3_QUERY_DMC && other.whom != MK3_QUERY_BMS))
		return false;
	*ret_other = other;
	return true;
}

bool mk3_reply_map(const struct mk3_frame *frame, uint32_t *ret_addresses)
{
	struct bytes b = bytes_of(frame->body, frame->len);
	uint32_t addresses;
	uint8_t code;

	if (bytes_u8(&b) != MK3_TYPE_INFO)
		return false;
	bytes_skip(&b, 4);
	code = bytes_u8(&b);
	if (!(code >= MAP_FIRST && code <= MAP_LAST) &&
	    !(code >= MAP_NEW_FIRST && code <= MAP_NEW_LAST))
		return false;
	bytes_skip(&b, 2);
	addresses = bytes_le32(&b);
	if (b.is_short)
		return false;
	*ret_addresses = addresses;
	return true;
}

bool mk3_reply_winmon(const struct mk3_frame *frame,
		      struct mk3_winmon_frame *ret_winmon)
{
	struct bytes b = bytes_of(frame->body, frame->len);
	uint8_t type = bytes_u8(&b);
	uint8_t letter = bytes_u8(&b);
	uint8_t code = bytes_u8(&b);

	if (b.is_short || type != MK3_TYPE_COMMAND || letter == 0 ||
	    !strchr("WXYZwxyz", letter))
		return false;
	ret_winmon->letter = (char)letter;
	ret_winmon->code = code;
	ret_winmon->data = b.at;
	ret_winmon->len = b.left;
	return true;
}

static void ram_info_end(struct mk3_ram_info *info, uint16_t offset)
{
	info->scale = mk3_scale_of(info->sc, offset);
	info->complete = true;
}

bool mk3_ram_info_take(struct mk3_ram_info *info,
		       const struct mk3_winmon_frame *winmon)
{
	struct bytes b = bytes_of(winmon->data, winmon->len);

	if (winmon->code == MK3_TAG_RAM_OFFSET && info->has_sc && b.left >= 2) {
		ram_info_end(info, bytes_le16(&b));
		return true;
	}
	if (winmon->code != MK3_IS_RAM_INFO)
		return false;
	info->sc = b.left >= 2 ? bytes_le16(&b) : 0;
	info->has_sc = true;
	if (info->sc == 0) {
		ram_info_end(info, 0);
		return true;
	}
	if (b.left >= 3 && b.at[0] == MK3_TAG_RAM_OFFSET)
		bytes_skip(&b, 1);
	if (b.left >= 2)
		ram_info_end(info, bytes_le16(&b));
	return true;
}

static maybe_i32 word_if_there(struct bytes *b)
{
	return b->left >= 2 ? known_i32(bytes_le16(b)) : UNKNOWN_I32;
}

/* 89 sc 8A offset 8B default 8C minimum: three words with their tags */
static bool is_tagged(const struct bytes *b)
{
	return b->left >= 4 && b->at[0] == MK3_TAG_OFFSET &&
	       b->at[3] == MK3_TAG_DEFAULT;
}

bool mk3_setting_info_take(struct mk3_setting_reply *reply,
			   const struct mk3_winmon_frame *winmon)
{
	struct bytes b = bytes_of(winmon->data, winmon->len);
	struct mk3_setting_info *info = &reply->info;
	bool tagged;

	if (winmon->code == MK3_TAG_MAXIMUM && reply->usable) {
		info->maximum = word_if_there(&b);
		reply->complete = info->maximum.known;
		return true;
	}
	if (winmon->code != MK3_IS_SETTING_INFO)
		return false;
	memset(reply, 0, sizeof(*reply));
	info->sc = bytes_sle16(&b);
	tagged = is_tagged(&b);
	if (b.is_short || info->sc == 0 ||
	    b.left < (tagged ? TAGGED : UNTAGGED)) {
		reply->complete = true;
		return true;
	}
	bytes_skip(&b, tagged ? 1 : 0);
	info->offset = bytes_sle16(&b);
	bytes_skip(&b, tagged ? 1 : 0);
	info->initial = word_if_there(&b);
	bytes_skip(&b, tagged ? 1 : 0);
	info->minimum = word_if_there(&b);
	reply->usable = true;
	reply->complete = !tagged;
	if (tagged)
		return true;
	info->maximum = word_if_there(&b);
	if (b.left > 0)
		info->access = known_i32(bytes_u8(&b));
	return true;
}
