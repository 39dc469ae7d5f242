/* SPDX-License-Identifier: MIT */
/* What people are shown, in words and choices (F1, F4, G2). */
#include <string.h>

#include "lib/core/show.h"
#include "tests/unit/unit.h"

START_TEST(a_mode_has_a_name_and_is_found_by_it)
{
	static const char *const names[] = {
		"off", "charger-only", "inverter-only", "on"
	};
	enum bms_mode mode = BMS_MODE_OFF;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ck_assert_str_eq(show_mode_name((enum bms_mode)i), names[i]);
		ck_assert(show_mode_find(names[i], &mode));
		ck_assert_uint_eq(mode, i);
	}
	ck_assert_str_eq(show_mode_name((enum bms_mode)4), "");
	ck_assert(!show_mode_find("On", &mode));
	ck_assert(!show_mode_find("", &mode));
	ck_assert_uint_eq(mode, BMS_MODE_ON);
}
END_TEST

START_TEST(what_is_allowed_is_a_word)
{
	struct bms_output output = { .atc_high = false };

	ck_assert_str_eq(show_allowed_to_charge(&output), "no");
	ck_assert_str_eq(show_allowed_to_discharge(&output), "no");
	output.pre_alarm_high = true;
	ck_assert_str_eq(show_allowed_to_discharge(&output), "no");
	output.atd_high = true;
	output.atc_high = true;
	ck_assert_str_eq(show_allowed_to_charge(&output), "yes");
	ck_assert_str_eq(show_allowed_to_discharge(&output), "pre-alarm");
	output.pre_alarm_high = false;
	ck_assert_str_eq(show_allowed_to_discharge(&output), "yes");
}
END_TEST

/* B2: what gives the pre-alarm stands with the reasons against discharge,
 * as long as nothing forbids it. */
START_TEST(a_reason_stands_where_it_forbids_or_warns)
{
	static const enum reason_kind low[] = {
		REASON_CELL_PRE_ALARM, REASON_CELL_LOW, REASON_CELL_LOW_HARD,
		REASON_SOC_WARNING, REASON_SOC_FLOOR,
	};
	enum show_reasons discharge = SHOW_REASONS_DISCHARGE;
	struct bms_output output = { .atd_high = true,
				     .pre_alarm_high = true };
	size_t n = 0;

	for (uint32_t i = 0; i <= REASON_KIND_COUNT + 1; i++) {
		struct reason reason = { .kind = (enum reason_kind)i,
					 .battery = 2 };
		bool warns = show_reason(&output, &reason, discharge, 0);

		if (n < ARRAY_SIZE(low) && reason.kind == low[n])
			n += warns;
		else
			ck_assert(!warns);
		ck_assert(!show_reason(&output, &reason, SHOW_REASONS_CHARGE,
				       0));
		ck_assert(show_reason(&output, &reason, SHOW_REASONS_BATTERY,
				      2));
		ck_assert(!show_reason(&output, &reason,
				       SHOW_REASONS_BATTERY, 1));
		ck_assert(!show_reason(&output, &reason,
				       (enum show_reasons)3, 2));
		reason.forbids_charge = true;
		ck_assert(show_reason(&output, &reason, SHOW_REASONS_CHARGE,
				      0));
		reason.forbids_discharge = true;
		ck_assert(show_reason(&output, &reason, discharge, 0));
	}
	ck_assert_uint_eq(n, ARRAY_SIZE(low));
	output.pre_alarm_high = false;
	ck_assert(!show_reason(&output, &(struct reason){
		.kind = REASON_CELL_LOW }, discharge, 0));
	output = (struct bms_output){ .pre_alarm_high = true };
	ck_assert(!show_reason(&output, &(struct reason){
		.kind = REASON_CELL_LOW }, discharge, 0));
}
END_TEST

/* B8: no older value, and nothing allowed by it. */
START_TEST(of_a_silent_battery_nothing_is_shown)
{
	static struct bms_battery battery;

	battery.sample.n_cells = 4;
	ck_assert_uint_eq(show_sample(&battery)->n_cells, 0);
	ck_assert(!show_battery_charge(&battery));
	ck_assert(!show_battery_discharge(&battery));
	battery.online = true;
	ck_assert_uint_eq(show_sample(&battery)->n_cells, 4);
	ck_assert(show_battery_charge(&battery));
	ck_assert(show_battery_discharge(&battery));
	battery.forbids_charge = true;
	ck_assert(!show_battery_charge(&battery));
	ck_assert(show_battery_discharge(&battery));
	battery.forbids_discharge = true;
	ck_assert(!show_battery_discharge(&battery));
}
END_TEST

START_TEST(the_warmest_is_known_where_every_cells_sensor_is)
{
	struct sample s = { .n_temperatures = 3, .temperature = {
		{ TEMPERATURE_CELL, known_i32(-120) },
		{ TEMPERATURE_MOS, known_i32(600) },
		{ TEMPERATURE_CELL, known_i32(-30) } } };
	maybe_i32 dc[BMS_TEMPERATURES_MAX], warmest;

	ck_assert_uint_eq(show_cell_temperatures(&s, dc, &warmest), 2);
	ck_assert(warmest.known);
	ck_assert_int_eq(warmest.value, -30);
	ck_assert_int_eq(dc[0].value, -120);
	ck_assert_int_eq(dc[1].value, -30);
	s.temperature[0].dc.value = -20;
	(void)show_cell_temperatures(&s, dc, &warmest);
	ck_assert_int_eq(warmest.value, -20);
	s.temperature[0].dc = UNKNOWN_I32;
	ck_assert_uint_eq(show_cell_temperatures(&s, dc, &warmest), 2);
	ck_assert(!warmest.known && !dc[0].known && dc[1].known);
	s.n_temperatures = 0;
	ck_assert_uint_eq(show_cell_temperatures(&s, dc, &warmest), 0);
	ck_assert(!warmest.known);
	memset(s.temperature, 0, sizeof(s.temperature));
	s.n_temperatures = 255;
	ck_assert_uint_eq(show_cell_temperatures(&s, dc, &warmest),
			  BMS_TEMPERATURES_MAX);
}
END_TEST

START_TEST(an_old_reading_of_the_inverter_is_not_shown)
{
	static struct inverter_reading reading;
	mono_t then = { 1000000 };

	ck_assert(!show_inverter_fresh(&reading, then, then));
	reading.connected = true;
	ck_assert(show_inverter_fresh(&reading, then, then));
	ck_assert(show_inverter_fresh(&reading, then,
				      mono_add_us(then, 5000999)));
	ck_assert(!show_inverter_fresh(&reading, then,
				       mono_add_us(then, 5001000)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core-show");
	TCase *tcase = tcase_create("show");

	tcase_add_test(tcase, a_mode_has_a_name_and_is_found_by_it);
	tcase_add_test(tcase, what_is_allowed_is_a_word);
	tcase_add_test(tcase, a_reason_stands_where_it_forbids_or_warns);
	tcase_add_test(tcase, of_a_silent_battery_nothing_is_shown);
	tcase_add_test(tcase,
		       the_warmest_is_known_where_every_cells_sensor_is);
	tcase_add_test(tcase, an_old_reading_of_the_inverter_is_not_shown);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
