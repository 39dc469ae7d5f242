/* SPDX-License-Identifier: MIT */
#include "lib/proto/jk_pb.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/crc.h"

static const uint8_t block_start[] = { 0x55, 0xaa, 0xeb, 0x90 };

/* Index is enum jk_pb_kind. */
static const struct {
	uint8_t block_type;
	uint8_t reg; /* low byte of the 16xx register that triggers it */
} kinds[] = {
	[JK_PB_STATUS] = { 0x02, 0x20 },
	[JK_PB_SETTINGS] = { 0x01, 0x1e },
	[JK_PB_ABOUT] = { 0x03, 0x1c },
};
_Static_assert(ARRAY_SIZE(kinds) == JK_PB_KIND_COUNT, "one row a block");

enum { REG_HIGH = 0x16, FC_WRITE = 0x10, TEMPERATURE_MIN_DC = -500,
       TEMPERATURE_MAX_DC = 1500, ANY_MIN = INT32_MIN, ANY_MAX = INT32_MAX };

#define SHOWN(n, a, t) { (n), (a), (t), 1, ANY_MIN, ANY_MAX, JK_PB_NOWHERE }
#define INTO(member) offsetof(struct sample, member)

const struct jk_pb_field jk_pb_status_fields[] = {
	{ "voltage_mv", 150, JK_PB_U32, 1, 0, ANY_MAX, INTO(voltage_mv) },
	{ "current_ma", 158, JK_PB_I32, 1, ANY_MIN, ANY_MAX,
	  INTO(current_ma) },
	{ "soc_percent", 173, JK_PB_U8, 10, 0, 100, INTO(soc_permille) },
	{ "soh_percent", 190, JK_PB_U8, 10, 0, 100, INTO(soh_permille) },
	{ "remaining_mah", 174, JK_PB_I32, 1, 0, ANY_MAX,
	  INTO(remaining_mah) },
	{ "full_mah", 178, JK_PB_I32, 1, 1, ANY_MAX, INTO(full_mah) },
	{ "cycles", 182, JK_PB_U32, 1, 0, ANY_MAX, INTO(cycles) },
	{ "charge_switch_on", 198, JK_PB_BOOL, 1, 0, 1,
	  INTO(charge_switch_on) },
	{ "discharge_switch_on", 199, JK_PB_BOOL, 1, 0, 1,
	  INTO(discharge_switch_on) },
	SHOWN("balancer_on", 200, JK_PB_BOOL),
	SHOWN("balance_state", 172, JK_PB_U8),
	SHOWN("balance_current_ma", 170, JK_PB_I16),
	/* Magnitude only, whatever the sign of the current. */
	SHOWN("power_mw", 154, JK_PB_U32),
	SHOWN("cell_average_mv", 74, JK_PB_U16),
	SHOWN("cell_delta_mv", 76, JK_PB_U16),
	SHOWN("mos_temperature_dc", 144, JK_PB_I16),
	SHOWN("throughput_mah", 186, JK_PB_U32),
	SHOWN("run_time_s", 194, JK_PB_U32),
	SHOWN("precharge_on", 191, JK_PB_BOOL),
	SHOWN("heater_on", 215, JK_PB_BOOL),
	SHOWN("heater_ma", 236, JK_PB_I16),
	SHOWN("sensor_present_bits", 214, JK_PB_U8),
	SHOWN("lead_alarm_bits", 146, JK_PB_U32),
	{ .name = NULL },
};

#undef INTO
#define INTO(member) offsetof(struct jk_pb_settings, member)

/* 284 and 285 mean different things by firmware (2.1.1 no. 6): not read. */
const struct jk_pb_field jk_pb_settings_fields[] = {
	SHOWN("device_address", 270, JK_PB_U8),
	{ "cells", 114, JK_PB_U32, 1, 1, JK_PB_CELL_SLOTS, INTO(cells) },
	{ "design_mah", 130, JK_PB_U32, 1, 1, ANY_MAX, INTO(design_mah) },
	{ "charge_limit_ma", 50, JK_PB_U32, 1, 0, ANY_MAX,
	  INTO(charge_limit_ma) },
	{ "discharge_limit_ma", 62, JK_PB_U32, 1, 0, ANY_MAX,
	  INTO(discharge_limit_ma) },
	{ "charge_cell_mv", 38, JK_PB_U32, 1, 1, 5000, INTO(charge_cell_mv) },
	SHOWN("float_cell_mv", 42, JK_PB_U32),
	SHOWN("charge_enabled", 118, JK_PB_BOOL),
	SHOWN("discharge_enabled", 122, JK_PB_BOOL),
	SHOWN("balance_enabled", 126, JK_PB_BOOL),
	SHOWN("cell_overvoltage_mv", 18, JK_PB_U32),
	SHOWN("cell_overvoltage_release_mv", 22, JK_PB_U32),
	SHOWN("cell_undervoltage_mv", 10, JK_PB_U32),
	SHOWN("cell_undervoltage_release_mv", 14, JK_PB_U32),
	SHOWN("soc_100_percent_cell_mv", 30, JK_PB_U32),
	SHOWN("soc_0_percent_cell_mv", 34, JK_PB_U32),
	SHOWN("power_off_cell_mv", 46, JK_PB_U32),
	SHOWN("smart_sleep_cell_mv", 6, JK_PB_U32),
	SHOWN("charge_overcurrent_delay_s", 54, JK_PB_U32),
	SHOWN("charge_overcurrent_release_s", 58, JK_PB_U32),
	SHOWN("discharge_overcurrent_delay_s", 66, JK_PB_U32),
	SHOWN("discharge_overcurrent_release_s", 70, JK_PB_U32),
	SHOWN("short_circuit_delay_us", 134, JK_PB_U32),
	SHOWN("short_circuit_release_s", 74, JK_PB_U32),
	SHOWN("charge_overtemperature_dc", 82, JK_PB_I32),
	SHOWN("charge_overtemperature_release_dc", 86, JK_PB_I32),
	SHOWN("discharge_overtemperature_dc", 90, JK_PB_I32),
	SHOWN("discharge_overtemperature_release_dc", 94, JK_PB_I32),
	SHOWN("charge_undertemperature_dc", 98, JK_PB_I32),
	SHOWN("charge_undertemperature_release_dc", 102, JK_PB_I32),
	SHOWN("mos_overtemperature_dc", 106, JK_PB_I32),
	SHOWN("mos_overtemperature_release_dc", 110, JK_PB_I32),
	SHOWN("balance_start_cell_mv", 138, JK_PB_U32),
	SHOWN("balance_trigger_delta_mv", 26, JK_PB_U32),
	SHOWN("balance_limit_ma", 78, JK_PB_U32),
	SHOWN("feature_bits", 282, JK_PB_U16),
	{ .name = NULL },
};

#define BIT(protection) (UINT32_C(1) << (protection))

/*
 * A protection is a bit by which the pack itself stops a direction or can
 * no longer be believed. The rest is information: it stops nothing in the
 * pack, and where a pack does open a switch the switch state says so too.
 *  - lead resistance: stops the pack's balancer only;
 *  - GPS, password: accessories and advice;
 *  - parallel limiter: the small charger between packs, not the switches.
 */
const struct jk_pb_alarm jk_pb_alarms[JK_PB_ALARM_COUNT] = {
	[0] = { "lead-resistance", 0 },
	[1] = { "mos-overtemperature", BIT(PROTECTION_MOS_OVERTEMPERATURE) },
	[2] = { "cell-count", BIT(PROTECTION_INTERNAL_FAULT) },
	[3] = { "current-sensor", BIT(PROTECTION_SENSOR_FAULT) },
	[4] = { "cell-overvoltage", BIT(PROTECTION_CELL_OVERVOLTAGE) },
	[5] = { "pack-overvoltage", BIT(PROTECTION_PACK_OVERVOLTAGE) },
	[6] = { "charge-overcurrent", BIT(PROTECTION_CHARGE_OVERCURRENT) },
	[7] = { "charge-short-circuit",
		BIT(PROTECTION_CHARGE_SHORT_CIRCUIT) },
	[8] = { "charge-overtemperature",
		BIT(PROTECTION_CHARGE_OVERTEMPERATURE) },
	[9] = { "charge-undertemperature",
		BIT(PROTECTION_CHARGE_UNDERTEMPERATURE) },
	[10] = { "internal-communication", BIT(PROTECTION_INTERNAL_FAULT) },
	[11] = { "cell-undervoltage", BIT(PROTECTION_CELL_UNDERVOLTAGE) },
	[12] = { "pack-undervoltage", BIT(PROTECTION_PACK_UNDERVOLTAGE) },
	[13] = { "discharge-overcurrent",
		 BIT(PROTECTION_DISCHARGE_OVERCURRENT) },
	[14] = { "discharge-short-circuit",
		 BIT(PROTECTION_DISCHARGE_SHORT_CIRCUIT) },
	[15] = { "discharge-overtemperature",
		 BIT(PROTECTION_DISCHARGE_OVERTEMPERATURE) },
	[16] = { "charge-switch", BIT(PROTECTION_CHARGE_SWITCH_FAULT) },
	[17] = { "discharge-switch", BIT(PROTECTION_DISCHARGE_SWITCH_FAULT) },
	[18] = { "gps-lost", 0 },
	[19] = { "password", 0 },
	[20] = { "discharge-on-failed",
		 BIT(PROTECTION_DISCHARGE_SWITCH_FAULT) },
	[21] = { "battery-overtemperature",
		 BIT(PROTECTION_CHARGE_OVERTEMPERATURE) |
		 BIT(PROTECTION_DISCHARGE_OVERTEMPERATURE) },
	[22] = { "temperature-sensor", BIT(PROTECTION_SENSOR_FAULT) },
	[23] = { "parallel-limiter", 0 },
};

static const struct {
	uint16_t at;
	uint8_t role; /* enum temperature_role */
	bool fitted;
} temperatures[] = {
	{ 162, TEMPERATURE_CELL, true },
	{ 164, TEMPERATURE_CELL, true },
	{ 256, TEMPERATURE_CELL, false },
	{ 258, TEMPERATURE_CELL, false },
	{ 144, TEMPERATURE_MOS, true },
};
_Static_assert(ARRAY_SIZE(temperatures) <= BMS_TEMPERATURES_MAX, "all fit");
_Static_assert((int)JK_PB_CELL_SLOTS <= (int)BMS_CELLS_MAX, "all fit");
_Static_assert(sizeof(struct sample) < JK_PB_NOWHERE, "offsets fit");

static struct bytes at_offset(const uint8_t *block, size_t at)
{
	struct bytes b = bytes_of(block, JK_PB_BLOCK_SIZE);

	bytes_skip(&b, at);
	return b;
}

static bool crc_closes(const uint8_t *data, size_t len)
{
	uint16_t crc = crc16_modbus(data, len - 2);

	return data[len - 2] == (crc & 0xff) && data[len - 1] == crc >> 8;
}

static bool kind_of_reg(uint8_t reg, enum jk_pb_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].reg == reg) {
			*ret_kind = (enum jk_pb_kind)i;
			return true;
		}
	}
	return false;
}

static bool kind_of_block(uint8_t type, enum jk_pb_kind *ret_kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].block_type == type) {
			*ret_kind = (enum jk_pb_kind)i;
			return true;
		}
	}
	return false;
}

void jk_pb_request(uint8_t address, enum jk_pb_kind kind,
		   uint8_t ret_request[JK_PB_REQUEST_SIZE])
{
	const uint8_t head[] = { address, FC_WRITE, REG_HIGH,
				 kinds[kind].reg, 0, 1, 2, 0, 0 };
	uint16_t crc = crc16_modbus(head, sizeof(head));

	memcpy(ret_request, head, sizeof(head));
	ret_request[sizeof(head)] = (uint8_t)(crc & 0xff);
	ret_request[sizeof(head) + 1] = (uint8_t)(crc >> 8);
}

/* The acknowledge repeats address, function, register and count. */
static bool is_ack(const uint8_t *at, enum jk_pb_kind *ret_kind)
{
	return at[1] == FC_WRITE && at[2] == REG_HIGH && at[4] == 0 &&
	       at[5] == 1 && crc_closes(at, JK_PB_ACK_SIZE) &&
	       kind_of_reg(at[3], ret_kind);
}

static struct jk_pb_look part(size_t missing)
{
	return (struct jk_pb_look){ .result = JK_PB_LOOK_PART,
				    .missing = missing };
}

static struct jk_pb_look look_ack(const uint8_t *data, size_t len,
				  enum jk_pb_kind block)
{
	struct jk_pb_look look = { .block = block };
	size_t at = JK_PB_BLOCK_SIZE;

	for (; at <= JK_PB_BLOCK_SIZE + JK_PB_PAD_MAX; at++) {
		if (len < at + JK_PB_ACK_SIZE)
			return part(at + JK_PB_ACK_SIZE - len);
		if (is_ack(data + at, &look.kind)) {
			look.result = JK_PB_LOOK_ANSWER;
			look.address = data[at];
			look.len = at + JK_PB_ACK_SIZE;
			return look;
		}
		if (data[at] != 0)
			break;
	}
	look.result = JK_PB_LOOK_BAD_ACK;
	return look;
}

static struct jk_pb_look look_block(const uint8_t *data, size_t len)
{
	struct jk_pb_look nothing = { .result = JK_PB_LOOK_NOTHING };
	struct jk_pb_look bad_sum = { .result = JK_PB_LOOK_BAD_SUM };
	enum jk_pb_kind block;

	for (size_t i = 0; i < ARRAY_SIZE(block_start) && i < len; i++)
		if (data[i] != block_start[i])
			return nothing;
	if (len > JK_PB_AT_TYPE && !kind_of_block(data[JK_PB_AT_TYPE], &block))
		return nothing;
	if (len < JK_PB_BLOCK_SIZE)
		return part(JK_PB_ANSWER_MIN - len);
	if (!jk_pb_sum_closes(data))
		return bad_sum;
	return look_ack(data, len, block);
}

/* A block can only follow, so all of an answer is still missing. */
static struct jk_pb_look look_modbus(const uint8_t *data, size_t len)
{
	static const uint8_t rest[] = { 0, 1, 2, 0, 0 };
	struct jk_pb_look look = { .result = JK_PB_LOOK_NOTHING };

	if (data[0] > JK_PB_ADDRESS_MAX || (len > 1 && data[1] != FC_WRITE) ||
	    (len > 2 && data[2] != REG_HIGH) ||
	    (len > 3 && !kind_of_reg(data[3], &look.kind)))
		return look;
	if (len < JK_PB_ACK_SIZE)
		return part(JK_PB_ANSWER_MIN);
	look.address = data[0];
	if (is_ack(data, &look.kind)) {
		look.result = JK_PB_LOOK_ACK;
		look.len = JK_PB_ACK_SIZE;
		return look;
	}
	if (memcmp(data + 4, rest, 4) != 0)
		return look;
	if (len < JK_PB_REQUEST_SIZE)
		return part(JK_PB_ANSWER_MIN);
	if (memcmp(data + 4, rest, sizeof(rest)) == 0 &&
	    crc_closes(data, JK_PB_REQUEST_SIZE)) {
		look.result = JK_PB_LOOK_REQUEST;
		look.len = JK_PB_REQUEST_SIZE;
	}
	return look;
}

struct jk_pb_look jk_pb_look(const uint8_t *data, size_t len)
{
	if (len == 0)
		return part(JK_PB_ANSWER_MIN);
	return data[0] == block_start[0] ? look_block(data, len) :
					   look_modbus(data, len);
}

bool jk_pb_sum_closes(const uint8_t block[JK_PB_BLOCK_SIZE])
{
	return sum8(block, JK_PB_AT_SUM) == block[JK_PB_AT_SUM];
}

int64_t jk_pb_field_value(const uint8_t block[JK_PB_BLOCK_SIZE],
			  const struct jk_pb_field *field)
{
	struct bytes b = at_offset(block, field->at);

	switch ((enum jk_pb_type)field->type) {
	case JK_PB_U8:
	case JK_PB_BOOL:
		return bytes_u8(&b);
	case JK_PB_U16:
		return bytes_le16(&b);
	case JK_PB_I16:
		return bytes_sle16(&b);
	case JK_PB_U32:
		return bytes_le32(&b);
	case JK_PB_I32:
		return bytes_sle32(&b);
	}
	return 0;
}

static void decode_fields(const uint8_t *block,
			  const struct jk_pb_field *fields, void *into)
{
	for (const struct jk_pb_field *f = fields; f->name; f++) {
		int64_t value = jk_pb_field_value(block, f);
		maybe_i32 out = UNKNOWN_I32;

		if (f->into == JK_PB_NOWHERE)
			continue;
		if (value >= f->min && value <= f->max)
			out = known_i32((int32_t)(value * f->scale));
		memcpy((uint8_t *)into + f->into, &out, sizeof(out));
	}
}

static bool decode_cells(const uint8_t *block, struct sample *s)
{
	struct bytes b = at_offset(block, JK_PB_STATUS_AT_MASK);
	uint32_t mask = bytes_le32(&b);
	bool any = false;

	b = at_offset(block, JK_PB_STATUS_AT_CELLS);
	for (unsigned int i = 0; i < JK_PB_CELL_SLOTS; i++) {
		uint16_t mv = bytes_le16(&b);

		if (!(mask >> i & 1))
			continue;
		s->cell_mv[s->n_cells++] = mv;
		any = any || mv > 0;
	}
	return any;
}

static void decode_temperatures(const uint8_t *block, struct sample *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(temperatures); i++) {
		struct bytes b = at_offset(block, temperatures[i].at);
		int16_t dc = bytes_sle16(&b);
		bool plausible = dc >= TEMPERATURE_MIN_DC &&
				 dc <= TEMPERATURE_MAX_DC;
		struct sample_temperature *t;

		if (!plausible && !temperatures[i].fitted)
			continue;
		t = &s->temperature[s->n_temperatures++];
		t->role = (enum temperature_role)temperatures[i].role;
		t->dc = plausible ? known_i32(dc) : UNKNOWN_I32;
	}
}

uint32_t jk_pb_protections(uint32_t alarms)
{
	uint32_t protections = 0;

	for (unsigned int i = 0; i < JK_PB_ALARM_COUNT; i++)
		if (alarms >> i & 1)
			protections |= jk_pb_alarms[i].protections;
	return protections;
}

/* Byte 172 says what the balancer does, 200 that it does something; either
 * is enough. */
static maybe_i32 decode_balancing(const uint8_t *block)
{
	uint8_t state = block[172];
	uint8_t on = block[200];

	if (state > 2 || on > 1)
		return UNKNOWN_I32;
	return known_i32(state != 0 || on != 0);
}

bool jk_pb_status_decode(const uint8_t block[JK_PB_BLOCK_SIZE],
			 struct sample *ret_sample)
{
	struct bytes b = at_offset(block, JK_PB_STATUS_AT_ALARMS);
	struct sample s = { .n_cells = 0 };

	if (!decode_cells(block, &s))
		return false;
	decode_temperatures(block, &s);
	decode_fields(block, jk_pb_status_fields, &s);
	s.vendor_alarms = bytes_le32(&b);
	s.protections = jk_pb_protections(s.vendor_alarms);
	s.balancing = decode_balancing(block);
	*ret_sample = s;
	return true;
}

void jk_pb_settings_decode(const uint8_t block[JK_PB_BLOCK_SIZE],
			   struct jk_pb_settings *ret_settings)
{
	decode_fields(block, jk_pb_settings_fields, ret_settings);
}

void jk_pb_string(const uint8_t *at, size_t n, char *buf, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n && at[i] != 0 && len + 1 < size; i++)
		buf[len++] = at[i] >= 0x20 && at[i] < 0x7f ? (char)at[i] : '?';
	while (len > 0 && buf[len - 1] == ' ')
		len--;
	buf[len] = '\0';
}

/* All zeros is a number that was never given. */
static bool is_serial(const uint8_t *at)
{
	bool any = false;

	for (size_t i = 0; i < JK_PB_SERIAL_LEN; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		any = any || at[i] != '0';
	}
	return any;
}

void jk_pb_about_decode(const uint8_t block[JK_PB_BLOCK_SIZE],
			struct jk_pb_about *ret_about)
{
	const uint8_t *serial = block + JK_PB_ABOUT_AT_SERIAL;
	struct jk_pb_about a = { .serial = "" };

	jk_pb_string(block + 6, 16, a.model, sizeof(a.model));
	jk_pb_string(block + 30, 8, a.firmware, sizeof(a.firmware));
	if (is_serial(serial))
		memcpy(a.serial, serial, JK_PB_SERIAL_LEN);
	*ret_about = a;
}

uint32_t jk_pb_firmware_number(const char *firmware)
{
	uint32_t part_of[2] = { 0, 0 };
	unsigned int digits = 0;
	unsigned int i = 0;

	for (; *firmware; firmware++) {
		if (*firmware == '.' && i == 0 && digits > 0) {
			i = 1;
			digits = 0;
			continue;
		}
		if (*firmware < '0' || *firmware > '9' || digits == 2)
			break;
		part_of[i] = part_of[i] * 10 + (uint32_t)(*firmware - '0');
		digits++;
	}
	return i == 1 && digits == 2 ? part_of[0] * 100 + part_of[1] : 0;
}
