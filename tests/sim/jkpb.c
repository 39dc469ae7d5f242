/* SPDX-License-Identifier: MIT */
/*
 * JK RS485 Modbus, protocol 001. Layout as in the status, settings and about
 * tables of the protocol page; pass codes included, because a client must be
 * able to prove that it never shows them.
 */
#include "jkpb.h"

#include <string.h>

#include "wire.h"

enum block_type {
	BLOCK_SETTINGS = 1,
	BLOCK_STATUS = 2,
	BLOCK_ABOUT = 3,
};

struct place {
	uint16_t offset;
	int8_t size;		/* negative: signed */
};

static const struct place status_places[] = {
	[JKS_CELL_MASK] = { 70, 4 },
	[JKS_AVERAGE_MV] = { 74, 2 },
	[JKS_DELTA_MV] = { 76, 2 },
	[JKS_MAX_INDEX] = { 78, 1 },
	[JKS_MIN_INDEX] = { 79, 1 },
	[JKS_MOS_DC] = { 144, -2 },
	[JKS_LEAD_ALARMS] = { 146, 4 },
	[JKS_PACK_MV] = { 150, 4 },
	[JKS_POWER_MW] = { 154, 4 },
	[JKS_CURRENT_MA] = { 158, -4 },
	[JKS_T1_DC] = { 162, -2 },
	[JKS_T2_DC] = { 164, -2 },
	[JKS_ALARMS] = { 166, 4 },
	[JKS_BALANCE_MA] = { 170, -2 },
	[JKS_BALANCE_STATE] = { 172, 1 },
	[JKS_SOC_PCT] = { 173, 1 },
	[JKS_REMAINING_MAH] = { 174, -4 },
	[JKS_FULL_MAH] = { 178, -4 },
	[JKS_CYCLES] = { 182, 4 },
	[JKS_THROUGHPUT_MAH] = { 186, 4 },
	[JKS_SOH_PCT] = { 190, 1 },
	[JKS_PRECHARGE] = { 191, 1 },
	[JKS_RUN_S] = { 194, 4 },
	[JKS_CHARGE_FET] = { 198, 1 },
	[JKS_DISCHARGE_FET] = { 199, 1 },
	[JKS_BALANCER] = { 200, 1 },
	[JKS_SENSORS] = { 214, 1 },
	[JKS_HEATER] = { 215, 1 },
	[JKS_PACK_10MV] = { 234, 2 },
	[JKS_HEATER_MA] = { 236, -2 },
	[JKS_MOS2_DC] = { 254, -2 },
	[JKS_T4_DC] = { 256, -2 },
	[JKS_T5_DC] = { 258, -2 },
};
_Static_assert(ARRAY_SIZE(status_places) == JKS_COUNT, "one row per field");

static const struct place setting_places[] = {
	[JKC_SLEEP_MV] = { 6, 4 },
	[JKC_UVP_MV] = { 10, 4 },
	[JKC_UVPR_MV] = { 14, 4 },
	[JKC_OVP_MV] = { 18, 4 },
	[JKC_OVPR_MV] = { 22, 4 },
	[JKC_BALANCE_DELTA_MV] = { 26, 4 },
	[JKC_SOC100_MV] = { 30, 4 },
	[JKC_SOC0_MV] = { 34, 4 },
	[JKC_RCV_MV] = { 38, 4 },
	[JKC_RFV_MV] = { 42, 4 },
	[JKC_POWER_OFF_MV] = { 46, 4 },
	[JKC_CHARGE_MA] = { 50, 4 },
	[JKC_CHARGE_OC_S] = { 54, 4 },
	[JKC_CHARGE_OCR_S] = { 58, 4 },
	[JKC_DISCHARGE_MA] = { 62, 4 },
	[JKC_DISCHARGE_OC_S] = { 66, 4 },
	[JKC_DISCHARGE_OCR_S] = { 70, 4 },
	[JKC_SHORT_RELEASE_S] = { 74, 4 },
	[JKC_BALANCE_MA] = { 78, 4 },
	[JKC_COT_DC] = { 82, -4 },
	[JKC_COTR_DC] = { 86, -4 },
	[JKC_DOT_DC] = { 90, -4 },
	[JKC_DOTR_DC] = { 94, -4 },
	[JKC_CUT_DC] = { 98, -4 },
	[JKC_CUTR_DC] = { 102, -4 },
	[JKC_MOS_OT_DC] = { 106, -4 },
	[JKC_MOS_OTR_DC] = { 110, -4 },
	[JKC_CELLS] = { 114, 4 },
	[JKC_CHARGE_ON] = { 118, 4 },
	[JKC_DISCHARGE_ON] = { 122, 4 },
	[JKC_BALANCE_ON] = { 126, 4 },
	[JKC_CAPACITY_MAH] = { 130, 4 },
	[JKC_SHORT_US] = { 134, 4 },
	[JKC_BALANCE_START_MV] = { 138, 4 },
	[JKC_ADDRESS] = { 270, 4 },
	[JKC_FEATURES] = { 282, 2 },
};
_Static_assert(ARRAY_SIZE(setting_places) == JKC_COUNT, "one row per field");

static void begin(uint8_t *block, enum block_type type, uint8_t counter)
{
	static const uint8_t magic[] = { 0x55, 0xAA, 0xEB, 0x90 };

	memset(block, 0, JK_BLOCK);
	memcpy(block, magic, sizeof(magic));
	block[4] = (uint8_t)type;
	block[5] = counter;
}

static void finish(uint8_t *block)
{
	block[JK_BLOCK - 1] = sum8(block, JK_BLOCK - 1);
}

static void put_place(uint8_t *block, struct place place, int64_t value)
{
	unsigned size = (unsigned)(place.size < 0 ? -place.size : place.size);

	put_le(block + place.offset, size, (uint64_t)value);
}

static int64_t get_place(const uint8_t *block, struct place place)
{
	unsigned size = (unsigned)(place.size < 0 ? -place.size : place.size);
	uint32_t raw = get_le(block + place.offset, size);

	if (place.size == -2)
		return (int16_t)raw;
	if (place.size == -4)
		return (int32_t)raw;
	return raw;
}

void jk_encode_status(const struct jk_status *s, uint8_t counter,
		      uint8_t *ret_block)
{
	begin(ret_block, BLOCK_STATUS, counter);
	for (unsigned i = 0; i < JK_CELLS; i++) {
		put_le(ret_block + 6 + 2 * i, 2, s->cell_mv[i]);
		put_le(ret_block + 80 + 2 * i, 2, s->lead_mohm[i]);
	}
	for (unsigned i = 0; i < JKS_COUNT; i++)
		put_place(ret_block, status_places[i], s->v[i]);
	finish(ret_block);
}

void jk_encode_settings(const struct jk_settings *s, uint8_t counter,
			uint8_t *ret_block)
{
	begin(ret_block, BLOCK_SETTINGS, counter);
	for (unsigned i = 0; i < JKC_COUNT; i++)
		put_place(ret_block, setting_places[i], s->v[i]);
	finish(ret_block);
}

static void put_text(uint8_t *p, const char *text, size_t size)
{
	memcpy(p, text, strnlen(text, size));
}

void jk_encode_about(const struct jk_about *a, uint8_t counter,
		     uint8_t *ret_block)
{
	begin(ret_block, BLOCK_ABOUT, counter);
	put_text(ret_block + 6, a->model, sizeof(a->model));
	put_text(ret_block + 22, a->hardware, sizeof(a->hardware));
	put_text(ret_block + 30, a->firmware, sizeof(a->firmware));
	put_le(ret_block + 38, 4, a->run_s);
	put_le(ret_block + 42, 4, a->power_on_count);
	put_text(ret_block + 46, a->user_name, sizeof(a->user_name));
	put_text(ret_block + 62, "987654", 16);
	put_text(ret_block + 78, a->date, sizeof(a->date));
	put_text(ret_block + 86, a->serial, 11);
	put_text(ret_block + 102, a->user_name, sizeof(a->user_name));
	put_text(ret_block + 118, "123456", 16);
	finish(ret_block);
}

int64_t jk_status_value(const uint8_t *block, enum jk_status_field field)
{
	return get_place(block, status_places[field]);
}

int64_t jk_setting_value(const uint8_t *block, enum jk_setting field)
{
	return get_place(block, setting_places[field]);
}

void jk_encode_ack(uint8_t address, uint16_t reg, uint16_t count,
		   uint8_t *ret_ack)
{
	ret_ack[0] = address;
	ret_ack[1] = 0x10;
	put_be(ret_ack + 2, 2, reg);
	put_be(ret_ack + 4, 2, count);
	put_le(ret_ack + 6, 2, crc16(ret_ack, 6));
}

size_t jk_encode_read(uint8_t address, uint32_t value, uint8_t *ret_frame)
{
	ret_frame[0] = address;
	ret_frame[1] = 0x03;
	ret_frame[2] = 4;
	put_be(ret_frame + 3, 4, value);
	put_le(ret_frame + 7, 2, crc16(ret_frame, 7));
	return 9;
}

bool jk_decode_request(const uint8_t *p, size_t n, struct jk_request *ret_req)
{
	struct jk_request req = { 0 };

	if (n < 8 || crc16(p, n - 2) != get_le(p + n - 2, 2))
		return false;
	req.address = p[0];
	req.function = p[1];
	req.reg = (uint16_t)get_be(p + 2, 2);
	req.count = (uint16_t)get_be(p + 4, 2);
	if (req.function == 0x10) {
		if (n < 11 || p[6] != 2 * req.count || n != 9U + p[6])
			return false;
		req.value = get_be(p + 7, p[6] > 4 ? 4 : p[6]);
	} else if (req.function != 0x03 || n != 8) {
		return false;
	}
	*ret_req = req;
	return true;
}
