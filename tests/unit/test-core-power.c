/* SPDX-License-Identifier: MIT */
/* D3: when the batteries are asked less often, and what that may not do. */
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
	bank_run_ms(&bank, 20000);
}

/* As the daemon does: reads as often as the last decision wants. */
static void live_ms(uint32_t ms)
{
	for (uint32_t i = 0; i < ms / 50; i++) {
		bank.period_ms = bank.out.poll_ms ? bank.out.poll_ms : 1000;
		bank_run_ms(&bank, 50);
	}
}

static void is_low(bool low)
{
	ck_assert_int_eq(bank.out.low_power, low);
	ck_assert_uint_eq(bank.out.poll_ms, low ? 5000 : 0);
}

/* D3, D2 */
START_TEST(switched_off_is_low_power_until_switched_on)
{
	static const enum bms_mode others[] = {
		BMS_MODE_CHARGER_ONLY, BMS_MODE_INVERTER_ONLY, BMS_MODE_ON,
	};

	healthy(2);
	is_low(false);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		bank.input.mode = BMS_MODE_OFF;
		bank_step_only(&bank);
		is_low(true);
		live_ms(60000);
		is_low(true);
		ck_assert_uint_eq(bank.out.codes, 0);
		bank.input.mode = others[i];
		bank_step_only(&bank);
		is_low(false);
		ck_assert(bank.out.atc_high && bank.out.atd_high);
	}
}
END_TEST

/* D3, D1: it ends with the level, before the debounce has */
START_TEST(remote_off_is_low_power_until_the_terminals_say_on)
{
	healthy(2);
	bank.input.remote_fitted = true;
	bank_step_only(&bank);
	is_low(false);
	live_ms(200);
	is_low(true);
	bank.input.remote_h = known_i32(1);
	bank_step_only(&bank);
	is_low(false);
	ck_assert(!bank.out.remote_on && !bank.out.atd_high);
	live_ms(200);
	ck_assert(bank.out.remote_on && bank.out.atd_high);
}
END_TEST

/* D3: nothing is known yet, and all is to be heard quickly */
START_TEST(a_start_with_the_terminals_on_is_not_low_power)
{
	bank_init(&bank, 1);
	bank.input.remote_fitted = true;
	bank.input.remote_h = known_i32(1);
	bank_step_only(&bank);
	ck_assert(!bank.out.remote_on);
	is_low(false);
}
END_TEST

/* D3, B3 */
START_TEST(a_low_cell_shut_down_is_low_power_until_it_recovers)
{
	mono_t clear;

	healthy(2);
	bank_cell(&bank, 1, 3, _i ? 2490 : 2800);
	bank_read(&bank, 1);
	bank_read(&bank, 1);
	is_low(_i);
	live_ms(31000);
	ck_assert(!bank.out.atd_high && bank.out.atc_high);
	is_low(true);
	bank_cell(&bank, 1, 3, 3199);
	live_ms(60000);
	is_low(true);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_A_B01));
	bank_cell(&bank, 1, 3, 3200);
	bank_read(&bank, 1);
	is_low(false);
	clear = bank.input.now;
	while (!bank.out.atd_high)
		live_ms(50);
	/* The hold, and a reading of each battery at the usual pace. */
	ck_assert_uint_ge(mono_elapsed_ms(clear, bank.input.now), 30000);
	ck_assert_uint_le(mono_elapsed_ms(clear, bank.input.now), 32000);
	is_low(false);
}
END_TEST

/* D3: what comes in is watched */
START_TEST(a_charge_current_ends_low_power)
{
	healthy(2);
	bank_cell(&bank, 1, 3, 2490);
	bank_run_ms(&bank, 2000);
	is_low(true);
	bank.sample[0].current_ma = known_i32(1000);
	bank_read(&bank, 0);
	is_low(true);
	bank.sample[0].current_ma = known_i32(1001);
	bank_read(&bank, 0);
	is_low(false);
	live_ms(20000);
	is_low(false);
	/* What a silent battery said last is not known any more. */
	bank.silent[0] = true;
	live_ms(16000);
	is_low(true);
	bank.silent[0] = false;
	bank.input.mode = BMS_MODE_OFF;
	live_ms(11000);
	is_low(false);
	bank.sample[0].current_ma = UNKNOWN_I32;
	live_ms(6000);
	is_low(true);
}
END_TEST

/* D3, B10: what is not believed at once is asked for again at once */
START_TEST(a_doubtful_reading_ends_low_power_until_it_is_settled)
{
	healthy(2);
	bank_cell(&bank, 1, 3, 2490);
	bank_run_ms(&bank, 2000);
	is_low(true);
	bank_cell(&bank, 1, 3, 3000);
	bank_read(&bank, 1);
	is_low(false);
	ck_assert_int_eq(bank.out.min_cell.value.value, 2490);
	bank_read(&bank, 1);
	is_low(true);
	ck_assert_int_eq(bank.out.min_cell.value.value, 3000);
	bank_cell(&bank, 1, 3, 3600);
	bank_read(&bank, 1);
	is_low(false);
	/* One that says nothing more is not waited for. */
	bank.input.mode = BMS_MODE_OFF;
	bank.silent[1] = true;
	live_ms(16000);
	is_low(true);
}
END_TEST

/* D3: other causes want their end to be seen soon */
START_TEST(nothing_else_is_low_power)
{
	healthy(2);
	for (uint32_t i = 0; i < 2; i++)
		bank.sample[i].soc_permille = known_i32(50);
	live_ms(2000);
	ck_assert(!bank.out.atd_high);
	is_low(false);
	bank.sample[1].discharge_switch_on = known_i32(0);
	bank_cell(&bank, 0, 0, 3760);
	bank_temperature(&bank, 0, 20);
	live_ms(2000);
	ck_assert(!bank.out.atc_high);
	is_low(false);
	/* A battery that is left out shuts nothing down. */
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[1].discharge_switch_on = known_i32(0);
	live_ms(2000);
	bank_cell(&bank, 1, 0, 2490);
	live_ms(2000);
	ck_assert(bank.out.atd_high);
	is_low(false);
}
END_TEST

/* D3, B8: warned of one pace later; forbidden no later than ever */
START_TEST(silence_is_warned_of_after_10_s_and_forbids_after_15)
{
	mono_t read;

	healthy(1);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	bank_read(&bank, 0);
	read = bank.input.now;
	ck_assert_uint_eq(bank.out.next.us, read.us + 10000000);
	bank.input.now.us = read.us + 9999999;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, 0);
	bank.input.now.us = read.us + 10000000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05));
	bank.input.now.us = read.us + 15000000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05) |
			  CODE_BIT(CODE_A_B05));
	ck_assert(!bank.battery[0].online);
	/* It comes back, and the hold goes on at that pace. */
	bank_read(&bank, 0);
	live_ms(36000);
	bank.input.mode = BMS_MODE_ON;
	bank_step_only(&bank);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* D3, B8: a warning that has been given ends with a reading */
START_TEST(low_power_takes_no_warning_back)
{
	healthy(1);
	bank.input.now = mono_add_ms(bank.input.now, 6000);
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05));
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05));
	bank_read(&bank, 0);
	ck_assert_uint_eq(bank.out.codes, 0);
}
END_TEST

/* D3, B8: back at the usual pace every battery is given one question */
START_TEST(silence_counts_as_usual_5_s_after_low_power)
{
	mono_t left;

	healthy(1);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	bank_read(&bank, 0);
	bank.input.now = mono_add_ms(bank.input.now, 4900);
	bank.input.mode = BMS_MODE_ON;
	bank_step_only(&bank);
	left = bank.input.now;
	ck_assert_uint_eq(bank.out.codes, 0);
	ck_assert_uint_eq(bank.out.next.us, left.us + 5000000);
	bank.input.now.us = left.us + 4999999;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, 0);
	bank.input.now.us = left.us + 5000000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05));
	bank_read(&bank, 0);
	ck_assert_uint_eq(bank.out.next.us, bank.input.now.us + 5000000);
}
END_TEST

/* D3, B11: a hold that began before, within or at the end of it goes on */
START_TEST(recoveries_go_on_in_low_power)
{
	healthy(1);
	bank_temperature(&bank, 0, 20);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atc_high);
	bank_temperature(&bank, 0, 200);
	live_ms(10000);
	bank.input.mode = BMS_MODE_OFF;
	live_ms(26000);
	ck_assert_ptr_null(bank_reason(&bank, REASON_CHARGE_COLD));
	bank_temperature(&bank, 0, 20);
	live_ms(6000);
	bank_temperature(&bank, 0, 200);
	live_ms(24000);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_CHARGE_COLD));
	bank.input.mode = BMS_MODE_ON;
	bank.input.now = mono_add_ms(bank.input.now, 3000);
	bank_step_only(&bank);
	live_ms(9000);
	ck_assert(bank.out.atc_high);
}
END_TEST

/* D3, B8: two questions may be lost before the alarm, however short it is */
START_TEST(a_short_alarm_is_asked_for_more_often)
{
	healthy(1);
	bank.settings.protection.lost_alarm_ms = 6000;
	bank.settings.protection.lost_warning_ms = 5000;
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.poll_ms, 2000);
	bank_read(&bank, 0);
	ck_assert_uint_eq(bank.out.next.us, bank.input.now.us + 6000000);
	bank.settings.protection.lost_alarm_ms = 30000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.poll_ms, 5000);
}
END_TEST

/* D3: what a broken clock has timed is forgotten */
START_TEST(a_clock_that_runs_back_ends_the_longer_delays)
{
	healthy(1);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	bank.input.mode = BMS_MODE_ON;
	bank_step_only(&bank);
	bank.input.now.us -= 10000000;
	bank_step_only(&bank);
	bank_read(&bank, 0);
	ck_assert_uint_eq(bank.out.next.us, bank.input.now.us + 5000000);
	bank.input.now = bank.out.next;
	bank_step_only(&bank);
	ck_assert(bank_has_code(&bank, CODE_W_B05));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: low power");
	TCase *tc = tcase_create("power");

	tcase_add_test(tc, switched_off_is_low_power_until_switched_on);
	tcase_add_test(tc,
		       remote_off_is_low_power_until_the_terminals_say_on);
	tcase_add_test(tc, a_start_with_the_terminals_on_is_not_low_power);
	tcase_add_loop_test(tc,
			    a_low_cell_shut_down_is_low_power_until_it_recovers,
			    0, 2);
	tcase_add_test(tc, a_charge_current_ends_low_power);
	tcase_add_test(tc,
		a_doubtful_reading_ends_low_power_until_it_is_settled);
	tcase_add_test(tc, nothing_else_is_low_power);
	tcase_add_test(tc,
		       silence_is_warned_of_after_10_s_and_forbids_after_15);
	tcase_add_test(tc, low_power_takes_no_warning_back);
	tcase_add_test(tc, silence_counts_as_usual_5_s_after_low_power);
	tcase_add_test(tc, recoveries_go_on_in_low_power);
	tcase_add_test(tc, a_short_alarm_is_asked_for_more_often);
	tcase_add_test(tc, a_clock_that_runs_back_ends_the_longer_delays);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
