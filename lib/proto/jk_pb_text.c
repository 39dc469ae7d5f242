/* SPDX-License-Identifier: MIT */
#include "lib/proto/jk_pb_text.h"

#include "lib/base/bytes.h"
#include "lib/base/crc.h"
#include "lib/base/text.h"
#include "lib/proto/jk_pb.h"

enum {
	FC_READ = 0x03,
	FC_WRITE = 0x10,
	FC_ERROR = 0x80,
	CRC_SIZE = 2,
	TEXT_MAX = 32
};

static const struct {
	uint16_t reg;
	const char *name;
} registers[] = {
	{ 0x1070, "charge-enable" },
	{ 0x1074, "discharge-enable" },
	{ 0x1078, "balance-enable" },
	{ 0x12a0, "alarm-bits" },
	{ 0x161c, "about" },
	{ 0x161e, "settings" },
	{ 0x1620, "status" },
};

/* Texts of the about block; the pass codes at 62 and 118 are left out. */
static const struct {
	const char *name;
	uint16_t at;
	uint16_t len;
} about_texts[] = {
	{ "model", 6, 16 },
	{ "hardware", 22, 8 },
	{ "firmware", 30, 8 },
	{ "name", 46, 16 },
	{ "production_date", 78, 8 },
	{ "user_data", 102, 16 },
};

static const struct jk_pb_field about_fields[] = {
	{ "run_time_s", 38, JK_PB_U32, 1, 0, 0, JK_PB_NOWHERE },
	{ "power_on_count", 42, JK_PB_U32, 1, 0, 0, JK_PB_NOWHERE },
	{ .name = NULL },
};

static void key(struct text *t, const char *name)
{
	text_str(t, t->len > 1 ? "," : "");
	text_json_str(t, name);
	text_char(t, ':');
}

static void number(struct text *t, const char *name, int64_t value)
{
	key(t, name);
	text_int(t, value);
}

static void string(struct text *t, const char *name, const char *value)
{
	key(t, name);
	text_json_str(t, value);
}

static void maybe(struct text *t, maybe_i32 value)
{
	if (value.known)
		text_int(t, value.value);
	else
		text_str(t, "null");
}

static void open_frame(struct text *t, const char *frame)
{
	text_char(t, '{');
	string(t, "frame", frame);
}

/* Registers are written in hex in every document. */
static void register_name(struct text *t, uint16_t reg)
{
	const uint8_t bytes[] = { (uint8_t)(reg >> 8), (uint8_t)reg };

	key(t, "register");
	text_char(t, '"');
	text_hex(t, bytes, sizeof(bytes));
	text_char(t, '"');
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		if (registers[i].reg == reg)
			string(t, "register_name", registers[i].name);
}

static void fields(struct text *t, const uint8_t *block,
		   const struct jk_pb_field *field)
{
	for (; field->name; field++) {
		int64_t value = jk_pb_field_value(block, field);

		key(t, field->name);
		if (field->type == JK_PB_BOOL && value < 2)
			text_str(t, value ? "true" : "false");
		else
			text_int(t, value);
	}
}

static void alarm_names(struct text *t, uint32_t alarms)
{
	bool first = true;

	number(t, "alarm_bits", alarms);
	key(t, "alarms");
	text_char(t, '[');
	for (unsigned int i = 0; i < JK_PB_ALARM_COUNT; i++) {
		if (!(alarms >> i & 1))
			continue;
		text_str(t, first ? "" : ",");
		text_json_str(t, jk_pb_alarms[i].name);
		first = false;
	}
	text_char(t, ']');
}

static void cells(struct text *t, const struct sample *s)
{
	key(t, "cells_mv");
	for (size_t i = 0; i < s->n_cells; i++) {
		text_char(t, i ? ',' : '[');
		text_uint(t, s->cell_mv[i]);
	}
	text_char(t, ']');
}

static void lead_resistances(struct text *t, const uint8_t *block,
			     size_t n_cells)
{
	struct bytes b = bytes_of(block, JK_PB_BLOCK_SIZE);

	bytes_skip(&b, JK_PB_STATUS_AT_LEAD_MOHM);
	key(t, "lead_resistances_mohm");
	for (size_t i = 0; i < n_cells; i++) {
		text_char(t, i ? ',' : '[');
		text_uint(t, bytes_le16(&b));
	}
	text_char(t, ']');
}

static void temperatures(struct text *t, const struct sample *s)
{
	bool first = true;

	key(t, "temperatures_dc");
	text_char(t, '[');
	for (size_t i = 0; i < s->n_temperatures; i++) {
		if (s->temperature[i].role != TEMPERATURE_CELL)
			continue;
		text_str(t, first ? "" : ",");
		maybe(t, s->temperature[i].dc);
		first = false;
	}
	text_char(t, ']');
}

static bool status_text(struct text *t, const uint8_t *block)
{
	struct sample s;

	if (!jk_pb_status_decode(block, &s))
		return false;
	cells(t, &s);
	temperatures(t, &s);
	fields(t, block, jk_pb_status_fields);
	key(t, "balancing");
	text_str(t, !s.balancing.known ? "null" :
		    s.balancing.value ? "true" : "false");
	lead_resistances(t, block, s.n_cells);
	alarm_names(t, s.vendor_alarms);
	return true;
}

static void about_text(struct text *t, const uint8_t *block)
{
	struct jk_pb_about about;
	char value[TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(about_texts); i++) {
		jk_pb_string(block + about_texts[i].at, about_texts[i].len,
			     value, sizeof(value));
		string(t, about_texts[i].name, value);
	}
	jk_pb_about_decode(block, &about);
	string(t, "serial", about.serial);
	fields(t, block, about_fields);
}

/* Starts again with a sentence. */
static int refuse(struct text *t, const char *what)
{
	*t = text_in(t->buf, t->size);
	text_str(t, what);
	return -1;
}

static int refuse_hex(struct text *t, const char *what, const uint8_t *is,
		      const char *but, const uint8_t *want, size_t n)
{
	refuse(t, what);
	text_hex(t, is, n);
	text_str(t, but);
	text_hex(t, want, n);
	return -1;
}

static int refuse_length(struct text *t, size_t len, const char *allowed)
{
	refuse(t, "length: ");
	text_uint(t, len);
	text_str(t, " bytes, ");
	text_str(t, allowed);
	return -1;
}

static int finish(struct text *t)
{
	text_char(t, '}');
	if (t->cut)
		return refuse(t, "too long for the buffer");
	return (int)t->len;
}

static int check_crc(struct text *t, const uint8_t *frame, size_t len)
{
	uint16_t crc = crc16_modbus(frame, len - CRC_SIZE);
	const uint8_t want[] = { (uint8_t)crc, (uint8_t)(crc >> 8) };

	if (frame[len - 2] == want[0] && frame[len - 1] == want[1])
		return 0;
	return refuse_hex(t, "checksum: the CRC reads ", frame + len - 2,
			  ", the bytes before it give ", want, sizeof(want));
}

/* What stands behind the block: nothing, or pads, an acknowledge of the
 * block's own kind, and perhaps one zero byte. */
static int check_behind(struct text *t, const uint8_t *frame, size_t len,
			struct jk_pb_look *ret_look)
{
	struct jk_pb_look look = jk_pb_look(frame, len);

	if (look.result != JK_PB_LOOK_ANSWER)
		return len < JK_PB_ANSWER_MIN ?
			refuse_length(t, len, "a block is 300, with its "
				      "acknowledge 308 to 312") :
			refuse(t, "checksum: the CRC of the acknowledge "
				  "behind the block is wrong");
	if (look.kind != look.block)
		return refuse(t, "content: the acknowledge behind the block "
				 "belongs to another register");
	if (len > look.len + 1 || (len == look.len + 1 && frame[look.len]))
		return refuse_length(t, len, "more than a block and its "
				     "acknowledge");
	*ret_look = look;
	return 0;
}

static int block_text(struct text *t, const uint8_t *frame, size_t len)
{
	struct jk_pb_look look = { .address = 0 };
	const uint8_t type = len > JK_PB_AT_TYPE ? frame[JK_PB_AT_TYPE] : 0;
	uint8_t sum;

	if (len < JK_PB_BLOCK_SIZE)
		return refuse_length(t, len, "a block has 300");
	sum = sum8(frame, JK_PB_AT_SUM);
	if (!jk_pb_sum_closes(frame))
		return refuse_hex(t, "checksum: byte 299 reads ",
				  frame + JK_PB_AT_SUM,
				  ", the sum of bytes 0..298 is ", &sum, 1);
	if (len > JK_PB_BLOCK_SIZE && check_behind(t, frame, len, &look) < 0)
		return -1;
	if (type < 1 || type > 3)
		return refuse(t, "content: unknown block type, known are "
				 "1 settings, 2 status, 3 about");
	open_frame(t, type == 1 ? "settings" : type == 2 ? "status" : "about");
	key(t, "address");
	maybe(t, look.result == JK_PB_LOOK_ANSWER ?
	      known_i32(look.address) : UNKNOWN_I32);
	if (type == 1)
		fields(t, frame, jk_pb_settings_fields);
	else if (type == 3)
		about_text(t, frame);
	else if (!status_text(t, frame))
		return refuse(t, "content: no cell reads a voltage, the pack "
				 "is still booting");
	return finish(t);
}

/* address 10 register count [bytes values] CRC */
static int write_text(struct text *t, const uint8_t *frame, size_t len)
{
	struct bytes b = bytes_of(frame, len);
	bool ack = len == JK_PB_ACK_SIZE;
	uint8_t address = bytes_u8(&b);
	uint16_t reg, count;
	uint32_t value = 0;

	if (len != 8 && len != 11 && len != 13)
		return refuse_length(t, len, "function 10 has 8 "
				     "(acknowledge), 11 (trigger) or 13 "
				     "(write)");
	if (check_crc(t, frame, len) < 0)
		return -1;
	bytes_skip(&b, 1);
	reg = bytes_be16(&b);
	count = bytes_be16(&b);
	if (!ack && (count * 2u != len - 9 || bytes_u8(&b) != count * 2u))
		return refuse(t, "length: the number of registers does not "
				 "fit the number of bytes");
	open_frame(t, ack ? "acknowledge" : count == 1 ? "request" : "write");
	number(t, "address", address);
	register_name(t, reg);
	number(t, "registers", count);
	for (unsigned int i = 0; !ack && i < count; i++)
		value = value << 16 | bytes_be16(&b);
	if (!ack)
		number(t, "value", value);
	return finish(t);
}

/* Request: address 03 register count CRC. Answer: address 03 bytes .. CRC.
 * Both may have eight bytes; then the count of bytes decides. */
static int read_text(struct text *t, const uint8_t *frame, size_t len)
{
	struct bytes b = bytes_of(frame, len);
	uint8_t address = bytes_u8(&b);
	bool answer;

	if (len != 8 && len != 9)
		return refuse_length(t, len, "function 03 has 8 (request) or "
				     "9 (answer with the alarm bits)");
	if (check_crc(t, frame, len) < 0)
		return -1;
	answer = len == 9;
	if (answer && frame[2] != 4)
		return refuse(t, "length: the count of bytes is not 4");
	bytes_skip(&b, 1);
	open_frame(t, answer ? "read-answer" : "read-request");
	number(t, "address", address);
	if (answer) {
		uint32_t high, low;

		bytes_skip(&b, 1);
		high = bytes_be16(&b);
		low = bytes_be16(&b);
		alarm_names(t, high << 16 | low);
	} else {
		register_name(t, bytes_be16(&b));
		number(t, "registers", bytes_be16(&b));
	}
	return finish(t);
}

static int error_text(struct text *t, const uint8_t *frame, size_t len)
{
	if (len != 5)
		return refuse_length(t, len, "an exception has 5");
	if (check_crc(t, frame, len) < 0)
		return -1;
	open_frame(t, "exception");
	number(t, "address", frame[0]);
	number(t, "function", frame[1] & ~FC_ERROR);
	number(t, "exception", frame[2]);
	return finish(t);
}

int jk_pb_decode_text(const uint8_t *frame, size_t len, char *buf,
		      size_t size)
{
	struct text t;

	if (size == 0)
		return -1;
	t = text_in(buf, size);
	if (len < 5)
		return refuse_length(&t, len, "no frame has fewer than 5");
	if (frame[0] == 0x55 && frame[1] == 0xaa && frame[2] == 0xeb &&
	    frame[3] == 0x90)
		return block_text(&t, frame, len);
	if (frame[0] > JK_PB_ADDRESS_MAX)
		return refuse(&t, "content: starts neither with 55AAEB90 nor "
				  "with an address of 0..15");
	if (frame[1] == FC_WRITE)
		return write_text(&t, frame, len);
	if (frame[1] == FC_READ)
		return read_text(&t, frame, len);
	if (frame[1] == (FC_WRITE | FC_ERROR) ||
	    frame[1] == (FC_READ | FC_ERROR))
		return error_text(&t, frame, len);
	return refuse(&t, "content: unknown function, known are 03 and 10");
}
