/* SPDX-License-Identifier: MIT */
/* Names of numbers, and the answers of who else is on the bus: C6 C7 C8 */
#include <string.h>

#include "lib/mk3/mk3.h"
#include "lib/mk3/reply.h"
#include "lib/mk3/request.h"
#include "tests/unit/unit.h"

/* mk3.md 6.2: these have a published text, the others have none; C7 */
START_TEST(every_published_error_has_its_own_text)
{
	static const int32_t published[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 14, 15, 16, 17, 18, 22, 24,
		25, 26,
	};
	const char *none = inverter_error_text(known_i32(9));

	for (size_t i = 0; i < ARRAY_SIZE(published); i++) {
		const char *text =
			inverter_error_text(known_i32(published[i]));

		ck_assert_uint_gt(strlen(text), 10);
		ck_assert_str_ne(text, none);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(text, inverter_error_text(
						 known_i32(published[k])));
	}
	for (int32_t i = 1, k = 0; i < 40; i++) {
		if (k < (int32_t)ARRAY_SIZE(published) && published[k] == i)
			k++;
		else
			ck_assert_str_eq(inverter_error_text(known_i32(i)),
					 none);
	}
	ck_assert_str_eq(inverter_error_text(known_i32(-1)), none);
	ck_assert_str_eq(inverter_error_text(known_i32(0)), "");
	ck_assert_str_eq(inverter_error_text(UNKNOWN_I32), "unknown");
}
END_TEST

/* C6: what to do about it is in the text */
START_TEST(error_15_names_the_firmware_that_is_needed)
{
	const char *text = inverter_error_text(known_i32(15));

	ck_assert_ptr_nonnull(strstr(text, "415"));
	ck_assert_ptr_nonnull(strstr(text, "489"));
}
END_TEST

/* mk3.md 6.4; C7 */
START_TEST(every_state_has_its_own_text)
{
	for (int32_t i = 0; i <= 9; i++)
		for (int32_t k = 0; k < i; k++)
			ck_assert_str_ne(
				inverter_state_text(known_i32(i),
						    UNKNOWN_I32),
				inverter_state_text(known_i32(k),
						    UNKNOWN_I32));
	for (int32_t i = 0; i <= 8; i++)
		for (int32_t k = 0; k < i; k++)
			ck_assert_str_ne(
				inverter_state_text(known_i32(9),
						    known_i32(i)),
				inverter_state_text(known_i32(9),
						    known_i32(k)));
}
END_TEST

/* mk3.md 3.4; C7 */
START_TEST(leds_and_alarms_have_names)
{
	ck_assert_str_eq(inverter_led_name(0), "mains");
	ck_assert_str_eq(inverter_led_name(6), "low-battery");
	ck_assert_str_eq(inverter_led_name(7), "temperature");
	ck_assert_str_eq(inverter_led_name(8), "unknown");
	ck_assert_str_eq(inverter_alarm_name(1), "low-battery-warning");
	ck_assert_str_eq(inverter_alarm_name(3), "ripple-warning");
	ck_assert_str_eq(inverter_alarm_name(5), "low-battery");
	ck_assert_str_eq(inverter_alarm_name(7), "ripple");
	ck_assert_str_eq(inverter_alarm_name(8), "unknown");
}
END_TEST

/* mk3.md 9 */
START_TEST(who_answers_a_query_of_the_bus_is_told)
{
	struct mk3_frame frame = {
		.body = { 0x20, 0, 0, 0, 0, 0x83, 0xe9, 0x7c, 0x11, 0x00 },
	};
	struct mk3_other other;

	for (uint8_t len = 1; len < 10; len++) {
		frame.len = len;
		ck_assert(!mk3_reply_other(&frame, &other));
	}
	frame.len = 10;
	ck_assert(mk3_reply_other(&frame, &other));
	ck_assert_uint_eq(other.whom, MK3_QUERY_BMS);
	ck_assert_uint_eq(other.version, 1146089);
	frame.len = 15;
	frame.body[5] = 0x80;
	ck_assert(mk3_reply_other(&frame, &other));
	ck_assert_uint_eq(other.whom, MK3_QUERY_DMC);
	frame.body[5] = 0x0c;
	ck_assert(!mk3_reply_other(&frame, &other));
	frame.body[5] = 0x83;
	frame.body[0] = 0x41;
	ck_assert(!mk3_reply_other(&frame, &other));
}
END_TEST

/* mk3.md 4, F 7; C8 */
START_TEST(a_map_tells_the_addresses_in_use)
{
	static const uint8_t codes[] = { 2, 3, 4, 0x20, 0x2f };
	static const uint8_t others[] = { 0, 1, 5, 0x0c, 0x1f, 0x30, 0x83 };
	struct mk3_frame frame = {
		.body = { 0x20, 1, 2, 3, 4, 2, 9, 9, 0x07, 0x10, 0, 0x80,
			  9, 9, 9 },
	};
	uint32_t addresses;

	for (uint8_t len = 1; len < 12; len++) {
		frame.len = len;
		ck_assert(!mk3_reply_map(&frame, &addresses));
	}
	frame.len = 12;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		frame.body[5] = codes[i];
		addresses = 0;
		ck_assert(mk3_reply_map(&frame, &addresses));
		ck_assert_uint_eq(addresses, 0x80001007);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		frame.body[5] = others[i];
		ck_assert(!mk3_reply_map(&frame, &addresses));
	}
	frame.body[5] = 2;
	frame.body[0] = 0xff;
	ck_assert(!mk3_reply_map(&frame, &addresses));
}
END_TEST

static void decoded(const uint8_t *body, size_t len, const char *expected)
{
	uint8_t wire[MK3_WIRE_MAX];
	char text[512];
	size_t size = mk3_frame_write(body, len, wire);

	ck_assert_int_gt(mk3_decode_text(wire, size, text, sizeof(text)), 0);
	ck_assert_str_eq(text, expected);
}

START_TEST(answers_of_the_bus_are_decoded)
{
	static const uint8_t bms[] = { 0x20, 0, 0, 0, 0, 0x83, 0xe9, 0x7c,
				       0x11, 0x00 };
	static const uint8_t dmc[] = { 0x20, 0, 0, 0, 0, 0x80, 1, 0, 0, 0 };
	static const uint8_t map[] = { 0x20, 1, 2, 3, 4, 0x20, 0, 0, 0x07,
				       0, 0, 0, 0, 0, 0 };

	decoded(bms, sizeof(bms), "{\"kind\":\"bus-device\",\"device\":"
				  "\"vebus-bms\",\"version\":1146089}");
	decoded(dmc, sizeof(dmc), "{\"kind\":\"bus-device\",\"device\":"
				  "\"digital-multi-control\",\"version\":1}");
	decoded(map, sizeof(map), "{\"kind\":\"unit-info\","
				  "\"address_bits\":7}");
}
END_TEST

/* mk3.md 5.3, the other way round */
START_TEST(a_value_finds_its_nearest_raw_word)
{
	const struct mk3_scale half = mk3_scale_of(0x7f38, 0); /* 1/200 */
	const struct mk3_scale shifted = mk3_scale_of(0x7f38, 10);
	const struct mk3_scale whole = mk3_scale_of(100, 0);
	const struct mk3_scale negative = mk3_scale_of(0x8064, 0);
	const struct mk3_scale bit = mk3_scale_of(4, 0x8000);

	ck_assert_int_eq(mk3_scale_raw_of(&half, 0).value, 0);
	ck_assert_int_eq(mk3_scale_raw_of(&half, 602).value, 120);
	ck_assert_int_eq(mk3_scale_raw_of(&half, 603).value, 121);
	ck_assert_int_eq(mk3_scale_raw_of(&half, 1000).value, 200);
	ck_assert_int_eq(mk3_scale_raw_of(&shifted, 1000).value, 190);
	ck_assert(!mk3_scale_raw_of(&shifted, 0).known);
	ck_assert(!mk3_scale_raw_of(&half, -5).known);
	ck_assert_int_eq(mk3_scale_raw_of(&whole, 250000).value, 3);
	ck_assert_int_eq(mk3_scale_raw_of(&negative, -1610).value, 0xff5f);
	ck_assert(!mk3_scale_raw_of(&negative, 400000).known);
	ck_assert(!mk3_scale_raw_of(&bit, 1000).known);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mk3 names and answers: C6 C7 C8");
	TCase *tcase = tcase_create("names");

	tcase_add_test(tcase, every_published_error_has_its_own_text);
	tcase_add_test(tcase, error_15_names_the_firmware_that_is_needed);
	tcase_add_test(tcase, every_state_has_its_own_text);
	tcase_add_test(tcase, leds_and_alarms_have_names);
	tcase_add_test(tcase, who_answers_a_query_of_the_bus_is_told);
	tcase_add_test(tcase, a_map_tells_the_addresses_in_use);
	tcase_add_test(tcase, answers_of_the_bus_are_decoded);
	tcase_add_test(tcase, a_value_finds_its_nearest_raw_word);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
