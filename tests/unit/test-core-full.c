/* SPDX-License-Identifier: MIT */
/*
 * State of charge: the full charge and the operator (E2), and what of the
 * count B6 believes.
 */
#include "tests/unit/account.h"
#include "tests/unit/unit.h"

/* --- E2 ------------------------------------------------------------------ */

/* A bank of one battery that reads each second: 3.51 V a cell, 11.1 A. The
 * tail is 11.2 A. */
static void begin_charging(void)
{
	begin(1);
	bank_cells(&bank, 0, 3510);
	current(11100);
}

static bool fills_within(int seconds)
{
	while (seconds-- > 0) {
		later(1000);
		if (filled)
			return true;
	}
	return false;
}

/* E2: from the first reading that shows it, for 3 minutes */
START_TEST(a_full_charge_sets_every_count_to_100)
{
	begin(3);
	current(3000);
	for (uint32_t i = 0; i < 3; i++)
		bank_cells(&bank, i, 3501);
	ck_assert(!fills_within(180));
	ck_assert_int_lt(bank.out.soc_permille.value, 700);
	ck_assert_uint_eq(bank.out.events, 0);
	ck_assert(fills_within(1));
	/* The full charge, and a cycle from 60 % to above 90 %. */
	ck_assert_uint_eq(bank.out.events, 2);
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
	ck_assert_int_eq(bank.out.consumed_mah.value, 0);
	ck_assert(bank.out.soc_anchored);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_int_eq(charge(i)->count, mah(FULL_MAH));
	/* It is one full charge, however long it is kept so. */
	ck_assert(!fills_within(1000));
	/* What a sensor makes of no current at all does not empty it. */
	current(-300);
	ck_assert(!fills_within(1000));
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
}
END_TEST

/* E2: each condition at its edge */
START_TEST(voltage_and_current_have_their_edges)
{
	static const struct {
		uint16_t cell_mv;
		int32_t ma;
		bool full;
	} cases[] = {
		{ 3501, 11199, true },
		{ 3500, 11199, false }, /* above, not at, 56.0 V */
		{ 3501, 11200, false }, /* below, not at, 4 % */
		{ 3501, 0, true },
		{ 3501, -1120, true },  /* a tenth of the tail */
		{ 3501, -1121, false }, /* a discharge */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(1);
		bank_cells(&bank, 0, cases[i].cell_mv);
		current(cases[i].ma);
		ck_assert_int_eq(fills_within(200), cases[i].full);
	}
}
END_TEST

/* E2: any other reading, or none for longer than lost-warning, starts the
 * wait again */
START_TEST(a_full_charge_needs_all_of_its_readings)
{
	begin_charging();
	ck_assert(!fills_within(180));
	current(11200);
	later(1000);
	current(11100);
	ck_assert(!fills_within(180));
	bank_cells(&bank, 0, 3500);
	later(1000);
	bank_cells(&bank, 0, 3510);
	ck_assert(!fills_within(180));
	bank.sample[0].current_ma = UNKNOWN_I32;
	later(1000);
	current(11100);
	ck_assert(!fills_within(180));
	later(5001);
	ck_assert(!filled);
	ck_assert(!fills_within(179));
	/* Time alone fills nothing. */
	bank.input.now = mono_add_ms(bank.input.now, 4000);
	bank_step_only(&bank);
	ck_assert(!bank.state.filled);
	later(1000);
	ck_assert(bank.state.filled);
	bank_step_only(&bank);
	ck_assert(!bank.state.filled);
}
END_TEST

/* E2: after something else the next full charge takes its time again */
START_TEST(a_full_charge_that_has_ended_may_come_again)
{
	begin_charging();
	ck_assert(fills_within(181));
	bank_cells(&bank, 0, 3400);
	later(1000);
	bank_cells(&bank, 0, 3510);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(1));
	bank.sample[0].current_ma = UNKNOWN_I32;
	later(1000);
	current(11100);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(1));
	/* So it does where the clock has run back. */
	bank.input.now.us -= 1000;
	bank_step_only(&bank);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(1));
}
END_TEST

/* E2: 14.0 V for every 12 V, also with 15 cells; or as configured */
START_TEST(the_charged_voltage_goes_with_the_bank)
{
	static const struct {
		uint8_t cells;
		uint32_t n;
		int32_t nominal_v;
		int32_t charged_mv;
		uint16_t not_mv;
	} cases[] = {
		{ 4, 1, 12, 0, 3500 },
		{ 4, 2, 24, 0, 3500 },
		{ 8, 1, 24, 0, 3500 },
		{ 4, 4, 48, 0, 3500 },
		{ 15, 1, 48, 0, 3500 },
		{ 16, 2, 48, 0, 3500 },
		{ 16, 1, 48, 13600, 3400 },
		{ 4, 2, 24, 14400, 3600 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint16_t mv = cases[i].not_mv;

		bank_init(&bank, cases[i].n);
		bank.settings.general.nominal_voltage_v = cases[i].nominal_v;
		bank.settings.monitor.charged_voltage_mv =
			cases[i].charged_mv;
		for (uint32_t k = 0; k < bank.n; k++) {
			bank.sample[k].n_cells = cases[i].cells;
			bank_cells(&bank, k, mv);
		}
		ck_assert(!fills_within(200));
		for (uint32_t k = 0; k < bank.n; k++)
			bank_cells(&bank, k, mv + 1);
		ck_assert(fills_within(200));
	}
}
END_TEST

/* E2, B9: a battery that has taken itself out of the charge is not full */
START_TEST(a_battery_left_out_is_not_filled)
{
	begin(2);
	bank.settings.general.self_isolating = true;
	bank.sample[1].charge_switch_on = known_i32(0);
	for (uint32_t i = 0; i < 2; i++)
		bank_cells(&bank, i, 3510);
	ck_assert(fills_within(200));
	ck_assert_int_eq(charge(0)->count, mah(FULL_MAH));
	ck_assert_int_eq(charge(1)->count, mah(168000));
	ck_assert_int_eq(bank.out.balancer, BALANCER_UNKNOWN);
	ck_assert(!bank.out.soc_anchored);
	bank.sample[1].charge_switch_on = known_i32(1);
	later(1000);
	ck_assert_int_eq(charge(1)->count, mah(FULL_MAH));
}
END_TEST

/* E2: a bank whose voltage is not known is not full */
START_TEST(an_impossible_voltage_fills_nothing)
{
	bank_init(&bank, 2);
	bank.settings.general.nominal_voltage_v = 48;
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].n_cells = 8;
		bank_cells(&bank, i, 3510);
		bank.sample[i].voltage_mv = known_i32(INT32_MAX);
	}
	ck_assert(!fills_within(200));
	ck_assert_uint_eq(bank.out.series, 2);
	ck_assert(bank.out.soc_settable && !bank.out.voltage_mv.known);
	for (uint32_t i = 0; i < 2; i++)
		bank_cells(&bank, i, 3510);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(2));
}
END_TEST

/* E2: tail current and detection time as configured */
START_TEST(tail_and_detection_time_are_settings)
{
	begin_charging();
	bank.settings.monitor.tail_current_permille = 39;
	ck_assert(!fills_within(200));
	bank.settings.monitor.tail_current_permille = 50;
	bank.settings.monitor.charged_detection_time_ms = 60000;
	ck_assert(!fills_within(60));
	ck_assert(fills_within(1));
}
END_TEST

/* E2 */
START_TEST(an_operator_sets_and_synchronises)
{
	static const int32_t wrong[] = { -1, 1001, INT32_MIN, INT32_MAX };
	uint32_t events;

	begin(2);
	events = bank.out.events;
	command(BMS_COMMAND_SET_SOC, 423);
	ck_assert_int_eq(bank.out.soc_permille.value, 423);
	ck_assert(bank.out.soc_anchored);
	ck_assert_uint_eq(bank.out.events, events + 1);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		command(BMS_COMMAND_SET_SOC, wrong[i]);
	command(BMS_COMMAND_COUNT, 500);
	ck_assert_int_eq(bank.out.soc_permille.value, 423);
	ck_assert_uint_eq(bank.out.events, events + 1);
	command(BMS_COMMAND_SET_SOC, 0);
	ck_assert_int_eq(bank.out.soc_permille.value, 0);
	command(BMS_COMMAND_SYNCHRONISE, 0);
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
	ck_assert(!bank.state.filled && !bank.state.balance.full_known);
	/* And it counts on from there. */
	current(-28000);
	for (int i = 0; i < 360; i++)
		later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 990);
}
END_TEST

/* E2: his word stands while a bank that was full is seen full again */
START_TEST(an_operators_word_holds_for_the_detection_time)
{
	begin_charging();
	ck_assert(fills_within(181));
	current(0);
	command(BMS_COMMAND_SET_SOC, 500);
	ck_assert(!fills_within(180));
	ck_assert_int_eq(bank.out.soc_permille.value, 500);
	ck_assert(fills_within(1));
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
}
END_TEST

/* E2: a battery that tells no figure of its own can be set all the same */
START_TEST(an_operator_sets_what_was_unknown)
{
	bank_init(&bank, 1);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	later(1000);
	ck_assert(!bank.out.soc_permille.known && bank.out.soc_settable);
	command(BMS_COMMAND_SET_SOC, 500);
	ck_assert_int_eq(bank.out.soc_permille.value, 500);
	current(-28000);
	for (int i = 0; i < 360; i++)
		later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 490);
}
END_TEST

/* --- B6 ------------------------------------------------------------------ */

/* B6, E2: an anchored count decides alone */
START_TEST(an_anchored_count_decides_alone)
{
	begin(2);
	bank_start(&bank);
	command(BMS_COMMAND_SET_SOC, 500);
	own(50);
	bank_run_ms(&bank, 5000);
	ck_assert(bank.out.atd_high && !bank.out.pre_alarm_high);
	ck_assert_int_eq(bank.out.soc_permille.value, 500);
	own(900);
	command(BMS_COMMAND_SET_SOC, 100);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	command(BMS_COMMAND_SET_SOC, 129);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	command(BMS_COMMAND_SET_SOC, 130);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* B6, E1: one that is not, gives no more trust than the own figure */
START_TEST(a_count_that_is_not_anchored_trips_by_the_lower_figure)
{
	begin(1);
	bank_start(&bank);
	own(100);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank.out.soc_permille.value, 600);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	own(600);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
	/* The count goes down, the own figure does not. */
	current(-280000);
	bank_run_ms(&bank, 1800000);
	own(600);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_le(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	current(0);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

static void isolate(uint32_t battery, bool isolated)
{
	bank.sample[battery].discharge_switch_on = known_i32(!isolated);
	bank_run_ms(&bank, 2000);
}

/* B6, B9: what a battery left out of discharge still holds nobody can have,
 * and one that is empty and gone takes nothing from the others */
START_TEST(a_battery_left_out_is_not_in_the_floors_figure)
{
	begin(2);
	bank.settings.general.self_isolating = true;
	bank_start(&bank);
	bank.sample[0].soc_permille = known_i32(1000);
	bank.sample[1].soc_permille = known_i32(100);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	isolate(0, true);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	ck_assert_int_eq(bank.out.own_soc_permille.value, 550);
	bank.sample[1].soc_permille = known_i32(600);
	isolate(0, false);
	bank_run_ms(&bank, 40000);
	ck_assert(bank.out.atd_high);
	/* By the counts alone: of the second 42 % are drawn. */
	command(BMS_COMMAND_SET_SOC, 600);
	bank.sample[1].current_ma = known_i32(-252 * FULL_MAH / 100);
	bank_run_ms(&bank, 600000);
	bank.sample[1].current_ma = known_i32(0);
	bank_run_ms(&bank, 2000);
	bank.settings.monitor.discharge_floor_permille = 300;
	bank.settings.monitor.low_soc_warning_permille = 320;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high && !bank.out.pre_alarm_high);
	isolate(0, true);
	ck_assert(!bank.out.atd_high && bank.out.pre_alarm_high);
	ck_assert_int_gt(bank.out.soc_permille.value, 380);
	ck_assert_int_lt(bank_reason(&bank, REASON_SOC_FLOOR)->value, 190);
	/* The empty one goes, and the loads come back with the other. */
	bank.settings.monitor.discharge_floor_permille = 400;
	bank.settings.monitor.low_soc_warning_permille = 420;
	isolate(0, false);
	ck_assert(!bank.out.atd_high);
	isolate(1, true);
	bank_run_ms(&bank, 40000);
	ck_assert(bank.out.atd_high && !bank.out.pre_alarm_high);
}
END_TEST

/* B6: a count that has drifted up is given up where battery and cell agree
 * that it is empty; neither alone is believed */
START_TEST(two_witnesses_contradict_a_count)
{
	begin(2);
	bank_start(&bank);
	command(BMS_COMMAND_SET_SOC, 500);
	bank.sample[0].soc_permille = known_i32(120);
	bank_cell(&bank, 0, 3, 3101);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored);
	bank.sample[0].soc_permille = known_i32(121);
	bank_cell(&bank, 0, 3, 3100);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored && bank.out.atd_high);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored && bank.out.atd_high);
	bank.sample[0].soc_permille = known_i32(120);
	bank.sample[1].soc_permille = known_i32(40);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.soc_anchored);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(charge(0)->count, mah(12 * FULL_MAH / 100));
	ck_assert(charge(1)->anchored);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 80);
	/* A count that is lower already stays. */
	command(BMS_COMMAND_SET_SOC, 119);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored);
}
END_TEST

/* E1, B6: a count that has drifted down begins again where battery, cells
 * and current agree that it is full; one of them missing, it stays */
START_TEST(a_battery_that_is_full_lifts_its_count)
{
	static const struct {
		int32_t own;
		uint16_t cell_mv;
		maybe_i32 ma;
		bool lifted;
	} cases[] = {
		{ 990, 3400, { 5000, true }, true },
		{ 1000, 3450, { 0, true }, true },
		{ 989, 3400, { 5000, true }, false },
		{ 990, 3399, { 5000, true }, false },
		{ 990, 3400, { 11200, true }, false },
		{ 990, 3400, { -1121, true }, false },
		{ 990, 3400, { 0, false }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(2);
		own(cases[i].own);
		later(1000);
		command(BMS_COMMAND_SET_SOC, 50);
		bank.sample[0].current_ma = cases[i].ma;
		bank_cells(&bank, 0, 3500);
		bank_cell(&bank, 0, 15, cases[i].cell_mv);
		later(1000);
		ck_assert_int_eq(charge(0)->count > mah(FULL_MAH / 2),
				 cases[i].lifted);
		if (cases[i].lifted)
			ck_assert_int_eq(charge(0)->count, mah(FULL_MAH / 1000)
					 * cases[i].own);
		/* It is the count that is wrong, not who set it. */
		ck_assert(bank.out.soc_anchored);
		ck_assert_int_lt(charge(1)->count, mah(FULL_MAH / 2));
	}
	/* One that is higher already stays. */
	begin(1);
	own(990);
	later(1000);
	command(BMS_COMMAND_SYNCHRONISE, 0);
	bank_cells(&bank, 0, 3400);
	later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: full");
	TCase *tc = unit_case(suite, "full");

	tcase_add_test(tc, a_full_charge_sets_every_count_to_100);
	tcase_add_test(tc, voltage_and_current_have_their_edges);
	tcase_add_test(tc, a_full_charge_needs_all_of_its_readings);
	tcase_add_test(tc, a_full_charge_that_has_ended_may_come_again);
	tcase_add_test(tc, the_charged_voltage_goes_with_the_bank);
	tcase_add_test(tc, a_battery_left_out_is_not_filled);
	tcase_add_test(tc, an_impossible_voltage_fills_nothing);
	tcase_add_test(tc, tail_and_detection_time_are_settings);
	tcase_add_test(tc, an_operator_sets_and_synchronises);
	tcase_add_test(tc, an_operators_word_holds_for_the_detection_time);
	tcase_add_test(tc, an_operator_sets_what_was_unknown);
	tc = unit_case(suite, "believed");
	tcase_add_test(tc, an_anchored_count_decides_alone);
	tcase_add_test(tc,
		       a_count_that_is_not_anchored_trips_by_the_lower_figure);
	tcase_add_test(tc, a_battery_left_out_is_not_in_the_floors_figure);
	tcase_add_test(tc, two_witnesses_contradict_a_count);
	tcase_add_test(tc, a_battery_that_is_full_lifts_its_count);
	return unit_run(suite);
}
