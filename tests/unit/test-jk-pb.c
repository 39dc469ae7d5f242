/* SPDX-License-Identifier: MIT */
/*
 * Frames of JK-PB: what they say, and that nothing broken is taken. Proves
 * the decoding half of B9 (protections of the battery), A5 (identity) and
 * I6 (no secret in text or capture). Expected values: references,
 * batteries.md 2.1, and worked out from the hexadecimal by a script that
 * shares no code with the codec.
 */
#include "lib/proto/jk_pb_redact.h"
#include "lib/proto/proto.h"
#include "tests/unit/jk_pb_unit.h"

#define BIT(n) (UINT32_C(1) << (n))

static const struct proto *jk_pb(void)
{
	const struct proto *p = proto_find("jk-pb");

	ck_assert_ptr_nonnull(p);
	return p;
}

static int decode(const uint8_t *frame, size_t len, char *text, size_t size)
{
	return jk_pb()->decode_text(frame, len, text, size);
}

START_TEST(the_table_finds_what_it_has)
{
	ck_assert_ptr_null(proto_find("jk"));
	ck_assert_ptr_null(proto_find(""));
	ck_assert_str_eq(jk_pb()->name, "jk-pb");
	ck_assert_uint_eq(jk_pb()->default_baud, 115200);
	ck_assert_uint_eq(jk_pb()->address_min, 1);
	ck_assert_uint_eq(jk_pb()->address_max, 15);
	/* batteries.md 7: 15 packs within 2.4 s */
	ck_assert_uint_eq(jk_pb()->cycle_ms(115200), 120);
	/* 322 bytes in 335.4 ms, 20 ms delay, 57 ms pause */
	ck_assert_uint_eq(jk_pb()->cycle_ms(9600), 413);
}
END_TEST

/* CRC bytes of every DIP address: the table of batteries.md 2.1. */
START_TEST(requests_carry_the_documented_checksums)
{
	static const char *const crc[15][3] = {
		{ "D6F1", "D22F", "D3CD" }, { "C201", "C6DF", "C73D" },
		{ "CF91", "CB4F", "CAAD" }, { "E9A1", "ED7F", "EC9D" },
		{ "E431", "E0EF", "E10D" }, { "F0C1", "F41F", "F5FD" },
		{ "FD51", "F98F", "F86D" }, { "BCA1", "B87F", "B99D" },
		{ "B131", "B5EF", "B40D" }, { "A5C1", "A11F", "A0FD" },
		{ "A851", "AC8F", "AD6D" }, { "8E61", "8ABF", "8B5D" },
		{ "83F1", "872F", "86CD" }, { "9701", "93DF", "923D" },
		{ "9A91", "9E4F", "9FAD" },
	};
	static const char *const reg[3] = { "20", "1E", "1C" };

	for (int address = 1; address <= 15; address++) {
		for (int kind = 0; kind < 3; kind++) {
			uint8_t got[JK_PB_REQUEST_SIZE], want[16];
			char text[64];

			snprintf(text, sizeof(text), "%02X1016%s0001020000%s",
				 address, reg[kind], crc[address - 1][kind]);
			ck_assert_uint_eq(unit_hex(text, want, 16), 11);
			jk_pb_request((uint8_t)address,
				      (enum jk_pb_kind)kind, got);
			ck_assert_mem_eq(got, want, sizeof(got));
		}
	}
}
END_TEST

/* Every JK-PB line of the vectors, every field. */
START_TEST(every_captured_frame_reads_as_worked_out)
{
	char hex[UNIT_LINE_SIZE], want[UNIT_LINE_SIZE], got[4096], id[24];
	uint8_t frame[1024];

	for (int i = 1; i <= 22; i++) {
		size_t len;

		snprintf(id, sizeof(id), "jkpb-%02d", i);
		ck_assert(unit_vector_text("tests/vectors/battery.tsv", id, 4,
					   hex));
		ck_assert(unit_vector_text("tests/vectors/jk-pb-text.tsv", id,
					   1, want));
		len = unit_hex(hex, frame, sizeof(frame));
		ck_assert_int_eq(decode(frame, len, got, sizeof(got)),
				 (int)strlen(want));
		ck_assert_str_eq(got, want);
	}
}
END_TEST

START_TEST(the_older_protocol_of_the_same_maker_is_refused)
{
	char id[24], got[4096];
	uint8_t frame[1024];

	for (int i = 1; i <= 7; i++) {
		size_t len;

		snprintf(id, sizeof(id), "jk57-%02d", i);
		len = unit_vector(id, frame, sizeof(frame));
		ck_assert_int_lt(decode(frame, len, got, sizeof(got)), 0);
		ck_assert_ptr_nonnull(strstr(got, "55AAEB90"));
	}
}
END_TEST

/* batteries.md 2.1, "Vectors": jkpb-02. */
START_TEST(an_idle_status_becomes_a_sample)
{
	static const uint16_t cells[] = {
		3293, 3293, 3293, 3293, 3293, 3293, 3294, 3293,
		3294, 3294, 3294, 3294, 3294, 3293, 3294, 3293
	};
	static const int32_t temperatures[] = { 195, 198, 194, 199, 203 };
	uint8_t block[JK_PB_BLOCK_SIZE];
	struct sample s;

	unit_block(JK_PB_STATUS, block);
	ck_assert(jk_pb_status_decode(block, &s));
	ck_assert_uint_eq(s.n_cells, 16);
	ck_assert_mem_eq(s.cell_mv, cells, sizeof(cells));
	ck_assert_uint_eq(s.n_temperatures, 5);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(s.temperature[i].role,
				 i < 4 ? TEMPERATURE_CELL : TEMPERATURE_MOS);
		ck_assert(s.temperature[i].dc.known);
		ck_assert_int_eq(s.temperature[i].dc.value, temperatures[i]);
	}
	ck_assert(s.voltage_mv.known && s.voltage_mv.value == 52695);
	ck_assert(s.current_ma.known && s.current_ma.value == 0);
	ck_assert(s.soc_permille.known && s.soc_permille.value == 550);
	ck_assert(s.soh_permille.known && s.soh_permille.value == 1000);
	ck_assert(s.remaining_mah.known && s.remaining_mah.value == 155219);
	ck_assert(s.full_mah.known && s.full_mah.value == 280000);
	ck_assert(s.cycles.known && s.cycles.value == 62);
	ck_assert(s.charge_switch_on.known && s.charge_switch_on.value == 1);
	ck_assert(s.discharge_switch_on.known &&
		  s.discharge_switch_on.value == 1);
	ck_assert(s.balancing.known && s.balancing.value == 0);
	ck_assert_uint_eq(s.protections, 0);
	ck_assert_uint_eq(s.vendor_alarms, 0);
	ck_assert(!s.design_mah.known);
	ck_assert(!s.charge_limit_ma.known);
}
END_TEST

/* jkpb-08: the power field has no sign, the current has. */
START_TEST(a_discharge_has_a_negative_current)
{
	uint8_t block[JK_PB_BLOCK_SIZE];
	struct sample s;

	unit_vector("jkpb-08", block, sizeof(block));
	ck_assert(jk_pb_status_decode(block, &s));
	ck_assert(s.current_ma.known);
	ck_assert_int_eq(s.current_ma.value, -7980);
	ck_assert_int_eq(s.voltage_mv.value, 52036);
	ck_assert_int_eq(s.soc_permille.value, 630);
	ck_assert_int_eq(s.remaining_mah.value, 145969);
	ck_assert_int_eq(s.full_mah.value, 230000);
	ck_assert_int_eq(s.cycles.value, 191);
	ck_assert_uint_eq(s.cell_mv[4], 3249);
	for (int32_t ma = -3; ma <= 3; ma++) {
		unit_put32(block + 158, (uint32_t)ma);
		ck_assert(jk_pb_status_decode(block, &s));
		ck_assert_int_eq(s.current_ma.value, ma);
	}
}
END_TEST

/* B5 rests on this: signs around 0 degC, and sensors that are broken. */
START_TEST(temperatures_keep_their_sign_and_broken_ones_stay_listed)
{
	static const int32_t given[] = { -200, -10, 0, 10, -1, 1, -500, 1500 };
	uint8_t block[JK_PB_BLOCK_SIZE];
	struct sample s;

	unit_block(JK_PB_STATUS, block);
	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		unit_put16(block + 162, (uint32_t)given[i]);
		unit_put16(block + 258, (uint32_t)given[i]);
		ck_assert(jk_pb_status_decode(block, &s));
		ck_assert_uint_eq(s.n_temperatures, 5);
		ck_assert(s.temperature[0].dc.known);
		ck_assert_int_eq(s.temperature[0].dc.value, given[i]);
		ck_assert_int_eq(s.temperature[3].dc.value, given[i]);
	}
	unit_put16(block + 164, (uint32_t)-501);
	unit_put16(block + 256, (uint32_t)-2000);
	unit_put16(block + 258, 1501);
	ck_assert(jk_pb_status_decode(block, &s));
	ck_assert_uint_eq(s.n_temperatures, 3);
	ck_assert_int_eq(s.temperature[1].role, TEMPERATURE_CELL);
	ck_assert(!s.temperature[1].dc.known);
	ck_assert_int_eq(s.temperature[2].role, TEMPERATURE_MOS);
	ck_assert_int_eq(s.temperature[2].dc.value, 203);
}
END_TEST

/* B9: bits 11 and 12 are cell and pack undervoltage, in this order. */
START_TEST(each_alarm_bit_means_what_the_document_says)
{
	static const uint32_t want[32] = {
		[1] = BIT(PROTECTION_MOS_OVERTEMPERATURE),
		[2] = BIT(PROTECTION_INTERNAL_FAULT),
		[3] = BIT(PROTECTION_SENSOR_FAULT),
		[4] = BIT(PROTECTION_CELL_OVERVOLTAGE),
		[5] = BIT(PROTECTION_PACK_OVERVOLTAGE),
		[6] = BIT(PROTECTION_CHARGE_OVERCURRENT),
		[7] = BIT(PROTECTION_CHARGE_SHORT_CIRCUIT),
		[8] = BIT(PROTECTION_CHARGE_OVERTEMPERATURE),
		[9] = BIT(PROTECTION_CHARGE_UNDERTEMPERATURE),
		[10] = BIT(PROTECTION_INTERNAL_FAULT),
		[11] = BIT(PROTECTION_CELL_UNDERVOLTAGE),
		[12] = BIT(PROTECTION_PACK_UNDERVOLTAGE),
		[13] = BIT(PROTECTION_DISCHARGE_OVERCURRENT),
		[14] = BIT(PROTECTION_DISCHARGE_SHORT_CIRCUIT),
		[15] = BIT(PROTECTION_DISCHARGE_OVERTEMPERATURE),
		[16] = BIT(PROTECTION_CHARGE_SWITCH_FAULT),
		[17] = BIT(PROTECTION_DISCHARGE_SWITCH_FAULT),
		[20] = BIT(PROTECTION_DISCHARGE_SWITCH_FAULT),
		[21] = BIT(PROTECTION_CHARGE_OVERTEMPERATURE) |
		       BIT(PROTECTION_DISCHARGE_OVERTEMPERATURE),
		[22] = BIT(PROTECTION_SENSOR_FAULT),
	};
	uint8_t block[JK_PB_BLOCK_SIZE];
	struct sample s;

	unit_block(JK_PB_STATUS, block);
	for (unsigned int i = 0; i < 32; i++) {
		unit_put32(block + JK_PB_STATUS_AT_ALARMS, BIT(i));
		ck_assert(jk_pb_status_decode(block, &s));
		ck_assert_uint_eq(s.protections, want[i]);
		ck_assert_uint_eq(s.vendor_alarms, BIT(i));
	}
}
END_TEST

START_TEST(a_switch_that_is_neither_on_nor_off_is_unknown)
{
	uint8_t block[JK_PB_BLOCK_SIZE];
	struct sample s;

	unit_block(JK_PB_STATUS, block);
	block[198] = 0;
	block[199] = 2;
	block[172] = 1;
	block[173] = 101;
	ck_assert(jk_pb_status_decode(block, &s));
	ck_assert(s.charge_switch_on.known);
	ck_assert_int_eq(s.charge_switch_on.value, 0);
	ck_assert(!s.discharge_switch_on.known);
	ck_assert_int_eq(s.balancing.value, 1);
	ck_assert(!s.soc_permille.known);
}
END_TEST

/* batteries.md 1.2: such a pack is still booting. */
START_TEST(a_status_without_cells_is_no_reading)
{
	uint8_t block[JK_PB_BLOCK_SIZE], answer[UNIT_ANSWER_SIZE];
	struct sample s = { .n_cells = 7 };
	char text[4096];

	unit_block(JK_PB_STATUS, block);
	unit_put32(block + JK_PB_STATUS_AT_MASK, 0);
	ck_assert(!jk_pb_status_decode(block, &s));
	ck_assert_uint_eq(s.n_cells, 7);
	unit_block(JK_PB_STATUS, block);
	memset(block + JK_PB_STATUS_AT_CELLS, 0, 64);
	ck_assert(!jk_pb_status_decode(block, &s));
	memcpy(answer, block, sizeof(block));
	unit_close_block(answer);
	ck_assert_int_lt(decode(answer, 300, text, sizeof(text)), 0);
	ck_assert_ptr_nonnull(strstr(text, "booting"));
	/* One cell that reads nothing is a reading, an implausible one. */
	unit_put16(block + JK_PB_STATUS_AT_CELLS, 1);
	ck_assert(jk_pb_status_decode(block, &s));
	ck_assert_uint_eq(s.n_cells, 16);
	/* All 32 slots fit. */
	unit_put32(block + JK_PB_STATUS_AT_MASK, UINT32_MAX);
	ck_assert(jk_pb_status_decode(block, &s));
	ck_assert_uint_eq(s.n_cells, 32);
	/* Cells of the mask only, in order. */
	unit_block(JK_PB_STATUS, block);
	unit_put32(block + JK_PB_STATUS_AT_MASK, 0xf0);
	unit_put16(block + JK_PB_STATUS_AT_CELLS + 8, 3111);
	ck_assert(jk_pb_status_decode(block, &s));
	ck_assert_uint_eq(s.n_cells, 4);
	ck_assert_uint_eq(s.cell_mv[0], 3111);
}
END_TEST

START_TEST(settings_and_about_give_wishes_and_identity)
{
	uint8_t block[JK_PB_BLOCK_SIZE];
	struct jk_pb_settings set;
	struct jk_pb_about about;

	unit_block(JK_PB_SETTINGS, block);
	jk_pb_settings_decode(block, &set);
	ck_assert(set.cells.known && set.cells.value == 16);
	ck_assert(set.design_mah.known && set.design_mah.value == 280000);
	ck_assert(set.charge_limit_ma.value == 60000);
	ck_assert(set.discharge_limit_ma.value == 100000);
	ck_assert(set.charge_cell_mv.value == 3450);
	unit_put32(block + 130, 0x80000000u);
	jk_pb_settings_decode(block, &set);
	ck_assert(!set.design_mah.known);
	unit_block(JK_PB_ABOUT, block);
	jk_pb_about_decode(block, &about);
	ck_assert_str_eq(about.model, "JK_PB2A16S20P");
	ck_assert_str_eq(about.firmware, "15.41");
	ck_assert_str_eq(about.serial, "40119000000");
	ck_assert_uint_eq(jk_pb_firmware_number("15.41"), 1541);
	ck_assert_uint_eq(jk_pb_firmware_number("15.4"), 0);
	ck_assert_uint_eq(jk_pb_firmware_number("V15.41"), 0);
	ck_assert_uint_eq(jk_pb_firmware_number(""), 0);
}
END_TEST

/* A5: neither the name nor half a number is an identity. */
START_TEST(only_eleven_digits_are_a_serial_number)
{
	uint8_t block[JK_PB_BLOCK_SIZE];
	struct jk_pb_about about;

	for (int i = 0; i < JK_PB_SERIAL_LEN; i++) {
		unit_block(JK_PB_ABOUT, block);
		block[JK_PB_ABOUT_AT_SERIAL + i] = i % 2 ? 0 : 'A';
		jk_pb_about_decode(block, &about);
		ck_assert_str_eq(about.serial, "");
	}
	memset(block + JK_PB_ABOUT_AT_SERIAL, '0', JK_PB_SERIAL_LEN);
	jk_pb_about_decode(block, &about);
	ck_assert_str_eq(about.serial, "");
	memset(block, 'x', sizeof(block));
	jk_pb_about_decode(block, &about);
	ck_assert_uint_eq(strlen(about.model), 16);
	ck_assert_uint_eq(strlen(about.firmware), 8);
}
END_TEST

START_TEST(acknowledges_are_found_behind_any_pad)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	char text[4096];

	unit_block(JK_PB_STATUS, answer);
	for (size_t pads = 0; pads <= JK_PB_PAD_MAX + 1; pads++) {
		size_t len = unit_acknowledge(answer, 3, JK_PB_STATUS, pads);
		struct jk_pb_look look = jk_pb_look(answer, len);

		if (pads > JK_PB_PAD_MAX) {
			ck_assert_int_ne(look.result, JK_PB_LOOK_ANSWER);
			continue;
		}
		ck_assert_int_eq(look.result, JK_PB_LOOK_ANSWER);
		ck_assert_uint_eq(look.len, len);
		ck_assert_uint_eq(look.address, 3);
		answer[len] = 0;
		ck_assert_int_gt(decode(answer, len + 1, text, sizeof(text)),
				 0);
		ck_assert_ptr_nonnull(strstr(text, "\"address\":3,"));
		answer[len] = 1;
		ck_assert_int_lt(decode(answer, len + 1, text, sizeof(text)),
				 0);
	}
	/* Pad and address 0 look alike until the CRC is checked. */
	unit_acknowledge(answer, 0, JK_PB_STATUS, 1);
	ck_assert_int_eq(jk_pb_look(answer, 309).result, JK_PB_LOOK_ANSWER);
	ck_assert_uint_eq(jk_pb_look(answer, 309).address, 0);
	/* The captured acknowledge of jkpb-03. */
	unit_vector("jkpb-03", answer + JK_PB_BLOCK_SIZE, 8);
	ck_assert_uint_eq(jk_pb_look(answer, 308).address, 3);
	/* One that speaks of two registers, or of none that is known. */
	for (int i = 3; i <= 5; i++) {
		unit_acknowledge(answer, 3, JK_PB_STATUS, 1);
		answer[JK_PB_BLOCK_SIZE + 1 + i] ^= 2;
		unit_close_crc(answer + JK_PB_BLOCK_SIZE + 1, JK_PB_ACK_SIZE);
		ck_assert_int_eq(jk_pb_look(answer, 309).result,
				 JK_PB_LOOK_BAD_ACK);
	}
	/* A block with another block's acknowledge. */
	unit_acknowledge(answer, 3, JK_PB_ABOUT, 1);
	ck_assert_int_lt(decode(answer, 309, text, sizeof(text)), 0);
}
END_TEST

START_TEST(every_single_flipped_bit_is_refused)
{
	static const size_t lens[] = { 308, 309 };
	uint8_t answer[UNIT_ANSWER_SIZE];
	char text[4096];

	for (size_t kind = 0; kind < 3; kind++) {
		for (size_t pads = 0; pads < 2; pads++) {
			unit_block((enum jk_pb_kind)kind, answer);
			unit_acknowledge(answer, 3, (enum jk_pb_kind)kind,
					 pads);
			for (size_t bit = 0; bit < lens[pads] * 8; bit++) {
				answer[bit / 8] ^= 1u << bit % 8;
				ck_assert_int_lt(decode(answer, lens[pads],
							text, sizeof(text)),
						 0);
				ck_assert_uint_gt(strlen(text), 0);
				answer[bit / 8] ^= 1u << bit % 8;
			}
		}
	}
	for (int i = 10; i <= 22; i++) {
		char id[24];
		size_t len;

		snprintf(id, sizeof(id), "jkpb-%02d", i);
		len = unit_vector(id, answer, sizeof(answer));
		for (size_t bit = 0; bit < len * 8; bit++) {
			answer[bit / 8] ^= 1u << bit % 8;
			ck_assert_int_lt(decode(answer, len, text,
						sizeof(text)), 0);
			answer[bit / 8] ^= 1u << bit % 8;
		}
	}
}
END_TEST

START_TEST(every_truncation_is_refused_with_its_length)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	char text[4096], want[32];

	for (size_t kind = 0; kind < 3; kind++) {
		unit_answer(3, (enum jk_pb_kind)kind, answer);
		for (size_t len = 0; len < 309; len++) {
			/* A block alone is fine for people. */
			if (len == JK_PB_BLOCK_SIZE)
				continue;
			/* malloc, so that a sanitizer sees a byte too far */
			uint8_t *copy = malloc(len + 1);

			memcpy(copy, answer, len);
			copy = realloc(copy, len ? len : 1);
			ck_assert_int_lt(decode(copy, len, text,
						sizeof(text)), 0);
			free(copy);
			snprintf(want, sizeof(want), "%zu bytes", len);
			if (len < 308)
				ck_assert_ptr_nonnull(strstr(text, want));
		}
	}
}
END_TEST

START_TEST(text_that_does_not_fit_is_an_error_not_half_a_line)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	char text[4096];
	int full;

	unit_answer(3, JK_PB_STATUS, answer);
	full = decode(answer, 309, text, sizeof(text));
	ck_assert_int_gt(full, 0);
	for (size_t size = 1; size <= (size_t)full + 1; size++) {
		memset(text, 'x', sizeof(text));
		ck_assert_int_eq(decode(answer, 309, text, size),
				 size > (size_t)full ? full : -1);
		ck_assert_uint_lt(strnlen(text, size), size);
		ck_assert_int_eq(text[size], 'x');
	}
	/* The longest status there can be. */
	memset(answer + 6, 0xff, 290);
	unit_close_block(answer);
	ck_assert_int_gt(decode(answer, 300, text, sizeof(text)), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("jk-pb");
	TCase *t = tcase_create("codec");

	tcase_add_test(t, the_table_finds_what_it_has);
	tcase_add_test(t, requests_carry_the_documented_checksums);
	tcase_add_test(t, every_captured_frame_reads_as_worked_out);
	tcase_add_test(t, the_older_protocol_of_the_same_maker_is_refused);
	tcase_add_test(t, an_idle_status_becomes_a_sample);
	tcase_add_test(t, a_discharge_has_a_negative_current);
	tcase_add_test(t,
		temperatures_keep_their_sign_and_broken_ones_stay_listed);
	tcase_add_test(t, each_alarm_bit_means_what_the_document_says);
	tcase_add_test(t, a_switch_that_is_neither_on_nor_off_is_unknown);
	tcase_add_test(t, a_status_without_cells_is_no_reading);
	tcase_add_test(t, settings_and_about_give_wishes_and_identity);
	tcase_add_test(t, only_eleven_digits_are_a_serial_number);
	tcase_add_test(t, acknowledges_are_found_behind_any_pad);
	tcase_add_test(t, every_single_flipped_bit_is_refused);
	tcase_add_test(t, every_truncation_is_refused_with_its_length);
	tcase_add_test(t, text_that_does_not_fit_is_an_error_not_half_a_line);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(suite());
}
