/* SPDX-License-Identifier: MIT */
/*
 * For the tests of JK-PB: the captured frames by name, and answers built
 * from them for any address.
 */
#ifndef BMS_TESTS_JK_PB_UNIT_H
#define BMS_TESTS_JK_PB_UNIT_H

#include <string.h>

#include "lib/base/crc.h"
#include "lib/proto/jk_pb.h"
#include "tests/unit/unit.h"

enum { UNIT_LINE_SIZE = 4096, UNIT_ANSWER_SIZE = 512 };

/* The text after the column-th tab of the line that starts with id; cut at
 * the next tab or end of line. false where there is none. */
static inline bool unit_vector_text(const char *file, const char *id,
				    int column, char text[UNIT_LINE_SIZE])
{
	FILE *f = unit_open(file);
	bool found = false;

	ck_assert_msg(f != NULL, "cannot open %s", file);
	while (!found && fgets(text, UNIT_LINE_SIZE, f)) {
		size_t n = strlen(id);
		char *at = text;

		if (strncmp(text, id, n) != 0 || text[n] != '\t')
			continue;
		for (int i = 0; i < column && at; i++)
			at = strchr(at, '\t') ? strchr(at, '\t') + 1 : NULL;
		ck_assert_msg(at != NULL, "%s: no column %d", id, column);
		memmove(text, at, strlen(at) + 1);
		text[strcspn(text, "\t\n")] = '\0';
		found = true;
	}
	fclose(f);
	return found;
}

static inline size_t unit_hex(const char *text, uint8_t *buf, size_t size)
{
	size_t n = 0;

	for (; text[0] && text[1] && n < size; text += 2) {
		unsigned int byte;

		ck_assert_int_eq(sscanf(text, "%2x", &byte), 1);
		buf[n++] = (uint8_t)byte;
	}
	return n;
}

/* The bytes of one line of tests/vectors/battery.tsv. */
static inline size_t unit_vector(const char *id, uint8_t *buf, size_t size)
{
	char text[UNIT_LINE_SIZE];

	ck_assert_msg(unit_vector_text("tests/vectors/battery.tsv", id, 4,
				       text), "no vector %s", id);
	return unit_hex(text, buf, size);
}

static inline void unit_close_block(uint8_t *block)
{
	block[JK_PB_AT_SUM] = sum8(block, JK_PB_AT_SUM);
}

static inline void unit_close_crc(uint8_t *frame, size_t len)
{
	uint16_t crc = crc16_modbus(frame, len - 2);

	frame[len - 2] = (uint8_t)crc;
	frame[len - 1] = (uint8_t)(crc >> 8);
}

static inline void unit_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void unit_put32(uint8_t *at, uint32_t value)
{
	unit_put16(at, value);
	unit_put16(at + 2, value >> 16);
}

/* A captured block of that kind. */
static inline void unit_block(enum jk_pb_kind kind, uint8_t *block)
{
	static const char *const id[] = {
		[JK_PB_STATUS] = "jkpb-02",
		[JK_PB_SETTINGS] = "jkpb-04",
		[JK_PB_ABOUT] = "jkpb-06",
	};
	static uint8_t read[JK_PB_KIND_COUNT][JK_PB_BLOCK_SIZE];

	if (!read[kind][0])
		ck_assert_uint_eq(unit_vector(id[kind], read[kind],
					      JK_PB_BLOCK_SIZE),
				  JK_PB_BLOCK_SIZE);
	memcpy(block, read[kind], JK_PB_BLOCK_SIZE);
}

/* Appends pads and the acknowledge to a block; returns the length. */
static inline size_t unit_acknowledge(uint8_t *answer, uint8_t address,
				      enum jk_pb_kind kind, size_t pads)
{
	static const uint8_t reg[] = { 0x20, 0x1e, 0x1c };
	uint8_t *ack = answer + JK_PB_BLOCK_SIZE + pads;
	const uint8_t head[] = { address, 0x10, 0x16, reg[kind], 0, 1 };

	memset(answer + JK_PB_BLOCK_SIZE, 0, pads);
	memcpy(ack, head, sizeof(head));
	unit_close_crc(ack, JK_PB_ACK_SIZE);
	return JK_PB_BLOCK_SIZE + pads + JK_PB_ACK_SIZE;
}

/* A whole good answer, with one pad as most units send it. */
static inline size_t unit_answer(uint8_t address, enum jk_pb_kind kind,
				 uint8_t *answer)
{
	unit_block(kind, answer);
	return unit_acknowledge(answer, address, kind, 1);
}

#endif
