/* SPDX-License-Identifier: MIT */
/* Values of Bluetooth's own services, byte by byte (G2). */
#include <math.h>
#include <string.h>

#include "lib/gatt/sfloat.h"
#include "lib/gatt/standard.h"
#include "tests/unit/gatt_unit.h"

#define K(n) { n, true }

static const struct {
	int32_t value;
	int8_t exponent;
	uint16_t want;
} sfloats[] = {
	{ 0, 0, 0x0000 }, { 0, 100, 0x0000 }, { 0, -100, 0x0000 },
	{ 1, 0, 0x0001 }, { -1, 0, 0x0fff }, { 114, 0, 0x0072 },
	{ 2045, 0, 0x07fd }, { -2045, 0, 0x0803 },
	/* 2046 to 2048 would be marks. */
	{ 2046, 0, 0x10cd }, { -2048, 0, 0x1f33 },
	{ 13280, -3, 0xe530 },  /* 13.28 V */
	{ 53120, -3, 0xf213 },  /* 53.12 V is 53.1 */
	{ 53150, -3, 0xf214 },  /* half away from 0 */
	{ -53150, -3, 0xfdec },
	{ 20449, 0, 0x17fd }, { 20450, 0, 0x17fd }, { 20454, 0, 0x17fd },
	{ 20455, 0, 0x20cd },   /* 2046, so one digit less of 20455 */
	{ 99999, 0, 0x2000 | 1000 },
	{ INT32_MAX, 0, 0x70d7 }, { INT32_MIN, 0, 0x7f29 },
	{ INT32_MAX, 1, 0x07fe }, { INT32_MAX, 2, 0x07fe },
	{ 2045000000, 1, 0x77fd }, { 2045500000, 1, 0x07fe },
	{ INT32_MIN, 2, 0x0802 }, { 1, 7, 0x7001 }, { 1, 10, 0x73e8 },
	{ 2, 11, 0x07fe }, { -3, 127, 0x0802 }, { 3, 127, 0x07fe },
	{ 1, -8, 0x8001 }, { 14, -9, 0x8001 }, { 15, -9, 0x8002 },
	{ 4, -9, 0x0000 }, { 5, -9, 0x8001 }, { 1, -128, 0x0000 },
	{ INT32_MAX, -128, 0x0000 },
};

/* Written from the format once more. */
static double sfloat_read(uint16_t n)
{
	int mantissa = n & 0xfff, exponent = n >> 12;

	if (mantissa >= 0x800)
		mantissa -= 0x1000;
	if (exponent >= 8)
		exponent -= 16;
	return mantissa * pow(10, exponent);
}

START_TEST(a_short_number_is_what_it_should_be)
{
	maybe_i32 value = { sfloats[_i].value, true };

	ck_assert_msg(sfloat_of(value, sfloats[_i].exponent) ==
		      sfloats[_i].want, "%d e%d is %04x, not %04x",
		      value.value, sfloats[_i].exponent,
		      sfloat_of(value, sfloats[_i].exponent),
		      sfloats[_i].want);
}
END_TEST

START_TEST(an_unknown_short_number_is_none)
{
	ck_assert_uint_eq(sfloat_of((maybe_i32){ 5, false }, 0), 0x07ff);
}
END_TEST

START_TEST(any_short_number_is_as_near_as_its_digits_allow)
{
	uint64_t seed = unit_seed();

	for (int i = 0; i < 100000; i++) {
		int32_t value = (int32_t)unit_between(&seed, INT32_MIN,
			INT32_MAX) >> unit_between(&seed, 0, 31);
		int8_t exponent = (int8_t)unit_between(&seed, -4, 0);
		double told = value * pow(10, exponent);
		uint16_t n = sfloat_of(known_i32(value), exponent);
		double unit = pow(10, ((n >> 12) ^ 8) - 8);

		ck_assert(n != 0x07ff && n != 0x0800 && n != 0x0801 &&
			  n != 0x07fe && n != 0x0802);
		ck_assert(fabs(sfloat_read(n) - told) <=
			  unit / 2 * 1.000001);
	}
}
END_TEST

static const struct {
	enum standard_id id;
	const char *want; /* NULL: -1 */
	struct standard_values values;
} values[] = {
	{ STANDARD_LEVEL, NULL, { .critical = false } },
	{ STANDARD_LEVEL, "63", { .soc_permille = K(999) } },
	{ STANDARD_LEVEL, "64", { .soc_permille = K(1000) } },
	{ STANDARD_LEVEL, "64", { .soc_permille = K(INT32_MAX) } },
	{ STANDARD_LEVEL, "00", { .soc_permille = K(INT32_MIN) } },
	/* present, wired unknown */
	{ STANDARD_LEVEL_STATUS, "000500", { .critical = true } },
	{ STANDARD_LEVEL_STATUS, "02a30057",
	  { .soc_permille = K(874), .mains = K(1),
	    .charge = STANDARD_CHARGING, .level = STANDARD_LEVEL_GOOD } },
	{ STANDARD_LEVEL_STATUS, "02c1510a",
	  { .soc_permille = K(100), .mains = K(0),
	    .charge = STANDARD_DISCHARGING,
	    .level = STANDARD_LEVEL_CRITICAL,
	    .battery_fault = true, .other_fault = true } },
	{ STANDARD_CRITICAL_STATUS, "00", { .mains = K(1) } },
	{ STANDARD_CRITICAL_STATUS, "01", { .critical = true } },
	{ STANDARD_CRITICAL_STATUS, "02", { .service = true } },
	{ STANDARD_ENERGY_STATUS, "16ff07ff07ff07", { .mains = K(1) } },
	{ STANDARD_ENERGY_STATUS, "16ff07ff07ff07",
	  { .current_ma = K(1) } },
	{ STANDARD_ENERGY_STATUS, "1630e5ff07ff07",
	  { .voltage_mv = K(13280) } },
	/* 3.5 kWh, -10 A * 13.28 V */
	{ STANDARD_ENERGY_STATUS, "1630e55ee1d0fa",
	  { .voltage_mv = K(13280), .current_ma = K(-10000),
	    .energy_wh = K(3500) } },
	{ STANDARD_TIME_STATUS, "00ffffff", { .mains = K(1) } },
	{ STANDARD_TIME_STATUS, "00000000", { .time_remaining_s = K(59) } },
	{ STANDARD_TIME_STATUS, "002d0000",
	  { .time_remaining_s = K(45 * 60 + 59) } },
	{ STANDARD_TIME_STATUS, "00feffff",
	  { .time_remaining_s = K(INT32_MAX) } },
	{ STANDARD_TIME_STATUS, "00000000",
	  { .time_remaining_s = K(INT32_MIN) } },
	{ STANDARD_HEALTH_STATUS, "00", { .mains = K(1) } },
	{ STANDARD_HEALTH_STATUS, "0762050017",
	  { .health_permille = K(989), .cycles = K(5),
	    .temperature_dc = K(239) } },
	{ STANDARD_HEALTH_STATUS, "06ffff7f",
	  { .cycles = K(70000), .temperature_dc = K(INT32_MAX) } },
	{ STANDARD_HEALTH_STATUS, "06000080",
	  { .cycles = K(-1), .temperature_dc = K(INT32_MIN) } },
	{ STANDARD_MAKER, "6162", { .maker = "ab" } },
	{ STANDARD_MODEL, "63", { .model = "c" } },
	{ STANDARD_SERIAL, "64", { .serial = "d" } },
	{ STANDARD_SOFTWARE, "302e31", { .software = "0.1" } },
	{ STANDARD_MAKER, "", { .maker = NULL } },
	{ STANDARD_COUNT, NULL, { .maker = "x" } },
	{ (enum standard_id)99, NULL, { .maker = "x" } },
};

START_TEST(a_value_is_in_the_bytes_that_are_defined_for_it)
{
	uint8_t want[STANDARD_SIZE_MAX], got[STANDARD_SIZE_MAX + 1];
	int n = -1;

	if (values[_i].want)
		n = (int)gatt_bytes(values[_i].want, want, sizeof(want));
	ck_assert_int_eq(standard_encode(values[_i].id, &values[_i].values,
					 got, sizeof(got)), n);
	if (n > 0)
		ck_assert_mem_eq(got, want, n);
	for (int size = 0; size < n; size++) {
		memset(got, 0xa5, sizeof(got));
		/* A text is cut, anything else is not given. */
		ck_assert_int_eq(standard_encode(values[_i].id,
			&values[_i].values, got, (size_t)size),
			values[_i].id < STANDARD_MAKER ? -1 : size);
		ck_assert_uint_eq(got[size], 0xa5);
	}
}
END_TEST

START_TEST(a_text_is_cut_between_characters)
{
	static const char text[] = "a\xc3\xa4\xe2\x82\xac" "b";
	static const size_t len[] = { 0, 1, 1, 3, 3, 3, 6, 7, 7 };
	uint8_t buf[9];

	for (size_t n = 0; n < ARRAY_SIZE(len); n++) {
		ck_assert_int_eq(standard_text(text, n, buf, sizeof(buf)),
				 (int)len[n]);
		ck_assert_int_eq(standard_text(text, sizeof(buf), buf, n),
				 (int)len[n]);
		ck_assert_mem_eq(buf, text, len[n]);
	}
	/* Junk has no beginning to go back to. */
	ck_assert_int_eq(standard_text("\x80\x80\x80", 2, buf, 9), 0);
}
END_TEST

START_TEST(every_characteristic_has_its_row)
{
	for (int i = 0; i < STANDARD_COUNT; i++) {
		ck_assert_ptr_nonnull(standard_rows[i].name);
		ck_assert_uint_eq(standard_rows[i].service,
				  i < STANDARD_MAKER ? 0x180f : 0x180a);
		for (int j = 0; j < i; j++)
			ck_assert_uint_ne(standard_rows[i].uuid,
					  standard_rows[j].uuid);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gatt-standard");
	TCase *tcase = tcase_create("standard");

	tcase_add_loop_test(tcase, a_short_number_is_what_it_should_be, 0,
			    (int)ARRAY_SIZE(sfloats));
	tcase_add_test(tcase, an_unknown_short_number_is_none);
	tcase_add_test(tcase,
		       any_short_number_is_as_near_as_its_digits_allow);
	tcase_add_loop_test(tcase,
			    a_value_is_in_the_bytes_that_are_defined_for_it,
			    0, (int)ARRAY_SIZE(values));
	tcase_add_test(tcase, a_text_is_cut_between_characters);
	tcase_add_test(tcase, every_characteristic_has_its_row);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
