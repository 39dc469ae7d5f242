/* SPDX-License-Identifier: MIT */
/* Requirements B1-B7 on the core alone. */
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

/* Seconds, in steps of 100 ms, until atd is low; -1 after limit_s. */
static double seconds_until_atd_floats(uint32_t limit_s)
{
	for (uint32_t i = 0; i < limit_s * 20; i++) {
		if (!bank.out.atd_high)
			return i * 0.05;
		bank_run_ms(&bank, 50);
	}
	return -1;
}

/* B1 */
START_TEST(outputs_float_until_every_battery_has_been_heard)
{
	bank_init(&bank, 3);
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank_read(&bank, 0);
	bank_read(&bank, 2);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert_uint_eq(bank_reason(&bank, REASON_UNKNOWN)->battery, 2);
	bank_read(&bank, 1);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert_uint_eq(bank.out.n_reasons, 0);
}
END_TEST

/* B2 */
START_TEST(pre_alarm_comes_at_3100_and_clears_50_mv_higher)
{
	healthy(2);
	bank_cell(&bank, 1, 6, 3101);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.pre_alarm_high);
	bank_cell(&bank, 1, 6, 3100);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.pre_alarm_high && bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_W_B01));
	ck_assert(!bank_has_code(&bank, CODE_A_B01));
	ck_assert_uint_eq(bank_reason(&bank, REASON_CELL_PRE_ALARM)->cell, 7);
	bank_cell(&bank, 1, 6, 3149);
	bank_run_ms(&bank, 60000);
	ck_assert(bank.out.pre_alarm_high);
	bank_cell(&bank, 1, 6, 3150);
	bank_run_ms(&bank, 28000);
	ck_assert(bank.out.pre_alarm_high);
	bank_run_ms(&bank, 5000);
	ck_assert(!bank.out.pre_alarm_high);
	ck_assert(!bank_has_code(&bank, CODE_W_B01));
}
END_TEST

/* B3 */
START_TEST(low_cell_opens_atd_30_s_after_the_pre_alarm)
{
	double s;

	healthy(2);
	bank_cell(&bank, 0, 0, 2800);
	bank_read(&bank, 0);
	ck_assert(bank.out.pre_alarm_high && bank.out.atd_high);
	s = seconds_until_atd_floats(60);
	ck_assert_double_ge(s, 30.0);
	ck_assert_double_le(s, 30.2);
	ck_assert(bank.out.atc_high);
	ck_assert(bank_has_code(&bank, CODE_A_B01));
	/* From 2.80 V it is 3.20 V that brings it back, after the hold. */
	bank_cell(&bank, 0, 0, 3199);
	bank_run_ms(&bank, 100000);
	ck_assert(!bank.out.atd_high);
	bank_cell(&bank, 0, 0, 3200);
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 3000);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* B3 */
START_TEST(lead_counts_from_an_earlier_pre_alarm)
{
	double s;

	healthy(1);
	bank_cell(&bank, 0, 3, 3000);
	bank_read(&bank, 0);
	bank_run_ms(&bank, 20000);
	bank_cell(&bank, 0, 3, 2790);
	bank_read(&bank, 0);
	s = seconds_until_atd_floats(60);
	ck_assert_double_ge(s, 9.9);
	ck_assert_double_le(s, 10.3);
}
END_TEST

/* B3 */
START_TEST(a_dip_that_has_passed_when_the_lead_ends_opens_nothing)
{
	healthy(1);
	bank_cell(&bank, 0, 3, 2790);
	bank_run_ms(&bank, 20000);
	bank_cell(&bank, 0, 3, 2900);
	bank_run_ms(&bank, 60000);
	ck_assert(bank.out.atd_high && bank.out.pre_alarm_high);
}
END_TEST

/* B3 */
START_TEST(hard_floor_opens_at_once)
{
	healthy(1);
	bank_cell(&bank, 0, 3, 2800);
	bank_read(&bank, 0);
	ck_assert(bank.out.atd_high);
	bank.input.now = mono_add_ms(bank.input.now, 100);
	bank_cell(&bank, 0, 3, 2500);
	bank_read(&bank, 0);
	ck_assert(bank.out.atd_high);
	bank.input.now = mono_add_ms(bank.input.now, 100);
	bank_cell(&bank, 0, 3, 2499);
	bank_read(&bank, 0);
	ck_assert(!bank.out.atd_high && bank.out.pre_alarm_high);
	ck_assert_int_eq(bank_reason(&bank, REASON_CELL_LOW_HARD)->limit,
			 2500);
}
END_TEST

/* B4 */
START_TEST(high_cell_opens_atc_at_once_and_closes_below_3600)
{
	healthy(3);
	bank_cell(&bank, 2, 15, 3749);
	bank_run_ms(&bank, 1100);
	ck_assert(bank.out.atc_high);
	bank_cell(&bank, 2, 15, 3750);
	bank.input.now = mono_add_ms(bank.input.now, 1);
	bank_read(&bank, 2);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	ck_assert_uint_eq(bank_reason(&bank, REASON_CELL_HIGH)->battery, 3);
	ck_assert_uint_eq(bank_reason(&bank, REASON_CELL_HIGH)->cell, 16);
	ck_assert(bank_has_code(&bank, CODE_A_X02));
	bank_cell(&bank, 2, 15, 3600);
	bank_run_ms(&bank, 90000);
	ck_assert(!bank.out.atc_high);
	bank_cell(&bank, 2, 15, 3599);
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atc_high);
	bank_run_ms(&bank, 3000);
	ck_assert(bank.out.atc_high);
}
END_TEST

/* B11: a hold begins anew when the evidence has a gap or goes back */
START_TEST(hold_restarts_with_every_relapse_and_every_gap)
{
	healthy(1);
	bank_cell(&bank, 0, 0, 3760);
	bank_run_ms(&bank, 2000);
	bank_cell(&bank, 0, 0, 3590);
	bank_run_ms(&bank, 25000);
	bank_cell(&bank, 0, 0, 3610); /* between: no trip, no release */
	bank_run_ms(&bank, 1000);
	bank_cell(&bank, 0, 0, 3590);
	bank_run_ms(&bank, 25000);
	ck_assert(!bank.out.atc_high);
	bank.silent[0] = true;
	bank_run_ms(&bank, 6000);
	bank.silent[0] = false;
	bank_run_ms(&bank, 25000);
	ck_assert(!bank.out.atc_high);
	bank_run_ms(&bank, 8000);
	ck_assert(bank.out.atc_high);
}
END_TEST

struct temperature_case {
	int32_t dc;
	bool charge;
	bool code;
};

static const struct temperature_case temperatures[] = {
	{ 49, false, false }, { 50, true, false }, { 500, true, false },
	{ 501, false, true }, { -200, false, false }, { -10, false, false },
	{ 0, false, false }, { 10, false, false },
};

/* B5 */
START_TEST(charge_temperature_window_is_5_to_50)
{
	const struct temperature_case *c = &temperatures[_i];

	healthy(2);
	bank_temperature(&bank, 1, c->dc);
	bank_run_ms(&bank, 2000);
	ck_assert_int_eq(bank.out.atc_high, c->charge);
	ck_assert_int_eq(bank_has_code(&bank, CODE_A_B09), c->code);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* B5 */
START_TEST(temperature_returns_2_k_inside)
{
	healthy(1);
	bank_temperature(&bank, 0, 40);
	bank_run_ms(&bank, 2000);
	bank_temperature(&bank, 0, 69);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atc_high);
	bank_temperature(&bank, 0, 70);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atc_high);
	bank_temperature(&bank, 0, 510);
	bank_run_ms(&bank, 2000);
	bank_temperature(&bank, 0, 481);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atc_high);
	bank_temperature(&bank, 0, 480);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atc_high);
}
END_TEST

/* B5 */
START_TEST(discharge_guard_is_off_by_default_and_works_when_on)
{
	healthy(1);
	bank_temperature(&bank, 0, -210);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	bank.settings.protection.discharge_temperature_guard = true;
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	bank_temperature(&bank, 0, -180);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
	bank_temperature(&bank, 0, 551);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* B5: unknown forbids */
START_TEST(a_broken_sensor_forbids_charge)
{
	healthy(1);
	bank.sample[0].temperature[1].dc = UNKNOWN_I32;
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	ck_assert_uint_eq(
		bank_reason(&bank, REASON_TEMPERATURE_UNKNOWN)->cell, 2);
	bank.settings.protection.discharge_temperature_guard = true;
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.out.atd_high);
	bank.sample[0].n_temperatures = 0;
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
}
END_TEST

static void all_soc(int32_t permille)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank.sample[i].soc_permille = known_i32(permille);
}

/* B6 */
START_TEST(low_soc_warns_at_12_and_opens_at_10)
{
	healthy(2);
	all_soc(121);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.pre_alarm_high);
	all_soc(120);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.pre_alarm_high && bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_W_B07));
	all_soc(100);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high && bank.out.atc_high);
	ck_assert(bank_has_code(&bank, CODE_A_B07));
	all_soc(129);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	all_soc(130);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high && bank.out.pre_alarm_high);
	all_soc(140);
	bank_run_ms(&bank, 33000);
	ck_assert(!bank.out.pre_alarm_high);
}
END_TEST

/* B6 */
START_TEST(unknown_soc_neither_trips_nor_clears_and_0_is_off)
{
	healthy(2);
	bank.sample[1].soc_permille = UNKNOWN_I32;
	bank.sample[0].soc_permille = known_i32(0);
	bank_run_ms(&bank, 5000);
	ck_assert(bank.out.atd_high && !bank.out.pre_alarm_high);
	all_soc(50);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	bank.sample[1].soc_permille = UNKNOWN_I32;
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	bank.settings.monitor.discharge_floor_permille = 0;
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* B7 */
START_TEST(low_bank_voltage_without_a_low_cell_opens_after_10_s)
{
	healthy(1);
	/* The pack itself says 44.7 V; the cells say 45.6 V, 2 % more. */
	bank_cells(&bank, 0, 2850);
	bank.sample[0].voltage_mv = known_i32(44700);
	bank_run_ms(&bank, 1000);
	bank_run_ms(&bank, 8000);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 4000);
	ck_assert(!bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_A_B08));
	bank_cells(&bank, 0, 3099);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	bank_cells(&bank, 0, 3100);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: protection");
	TCase *tc = tcase_create("protection");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, outputs_float_until_every_battery_has_been_heard);
	tcase_add_test(tc, pre_alarm_comes_at_3100_and_clears_50_mv_higher);
	tcase_add_test(tc, low_cell_opens_atd_30_s_after_the_pre_alarm);
	tcase_add_test(tc, lead_counts_from_an_earlier_pre_alarm);
	tcase_add_test(tc,
		       a_dip_that_has_passed_when_the_lead_ends_opens_nothing);
	tcase_add_test(tc, hard_floor_opens_at_once);
	tcase_add_test(tc, high_cell_opens_atc_at_once_and_closes_below_3600);
	tcase_add_test(tc, hold_restarts_with_every_relapse_and_every_gap);
	tcase_add_loop_test(tc, charge_temperature_window_is_5_to_50, 0,
			    ARRAY_SIZE(temperatures));
	tcase_add_test(tc, temperature_returns_2_k_inside);
	tcase_add_test(tc, discharge_guard_is_off_by_default_and_works_when_on);
	tcase_add_test(tc, a_broken_sensor_forbids_charge);
	tcase_add_test(tc, low_soc_warns_at_12_and_opens_at_10);
	tcase_add_test(tc, unknown_soc_neither_trips_nor_clears_and_0_is_off);
	tcase_add_test(tc,
		       low_bank_voltage_without_a_low_cell_opens_after_10_s);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
