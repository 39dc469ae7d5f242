/* SPDX-License-Identifier: MIT */
/* Requirements A1-A5 and B1-B12, B14 on the core alone. */
#include <string.h>

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

/* B8 */
START_TEST(silence_warns_at_5_s_and_opens_both_at_15_s)
{
	healthy(3);
	bank.silent[1] = true;
	bank_run_ms(&bank, 4000);
	ck_assert(!bank_has_code(&bank, CODE_W_B05));
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_W_B05));
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank_run_ms(&bank, 10000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_A_B05));
	ck_assert(!bank.battery[1].online);
	/* Nothing of it is used: the bank's figures are unknown. */
	ck_assert(!bank.out.voltage_mv.known && !bank.out.soc_permille.known);
	bank.silent[1] = false;
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank_run_ms(&bank, 4000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* B8 */
START_TEST(never_heard_counts_as_lost_after_15_s)
{
	bank_init(&bank, 2);
	bank.silent[1] = true;
	bank_run_ms(&bank, 6000);
	ck_assert(bank_has_code(&bank, CODE_W_B05));
	bank_run_ms(&bank, 10000);
	ck_assert(bank_has_code(&bank, CODE_A_B05));
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
}
END_TEST

/* B9 */
START_TEST(the_batterys_own_switch_and_bits_count_as_trips)
{
	healthy(2);
	bank.sample[0].charge_switch_on = known_i32(0);
	bank_run_ms(&bank, 1500);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_CHARGE_SWITCH));
	bank.sample[0].charge_switch_on = known_i32(1);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atc_high);
	bank.sample[1].discharge_switch_on = known_i32(0);
	bank_run_ms(&bank, 1500);
	ck_assert(bank.out.atc_high && !bank.out.atd_high);
	bank.sample[1].discharge_switch_on = known_i32(1);
	bank_run_ms(&bank, 33000);
	bank.sample[1].protections = 1u << PROTECTION_INTERNAL_FAULT;
	bank_run_ms(&bank, 1500);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank.sample[1].protections = 0;
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* B9 */
START_TEST(self_isolating_leaves_an_open_battery_out)
{
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[0].charge_switch_on = known_i32(0);
	bank_cell(&bank, 0, 0, 3760);
	bank_run_ms(&bank, 1500);
	ck_assert(bank.out.atc_high);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_CHARGE_SWITCH));
	/* Silent it is not left out. */
	bank.silent[0] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	/* Nor are all of them. */
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[0].charge_switch_on = known_i32(0);
	bank.sample[1].charge_switch_on = known_i32(0);
	bank_run_ms(&bank, 1500);
	ck_assert(!bank.out.atc_high);
}
END_TEST

/* B9 */
START_TEST(self_isolating_does_not_count_in_a_string)
{
	bank_init(&bank, 2);
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].n_cells = 8;
		bank_cells(&bank, i, 3300);
	}
	bank.settings.general.nominal_voltage_v = 48;
	bank.settings.general.self_isolating = true;
	bank_start(&bank);
	ck_assert_uint_eq(bank.out.series, 2);
	bank.sample[0].charge_switch_on = known_i32(0);
	bank_run_ms(&bank, 1500);
	ck_assert(!bank.out.atc_high);
}
END_TEST

/* B10 */
START_TEST(an_implausible_reading_is_used_only_when_confirmed)
{
	healthy(1);
	bank_cell(&bank, 0, 0, 3850); /* a jump of 550 mV */
	bank.input.now = mono_add_ms(bank.input.now, 10);
	bank_read(&bank, 0);
	ck_assert(bank.out.atc_high);
	bank.input.now = mono_add_ms(bank.input.now, 10);
	bank_read(&bank, 0);
	ck_assert(!bank.out.atc_high);
	healthy(1);
	bank_cell(&bank, 0, 0, 3850);
	bank.input.now = mono_add_ms(bank.input.now, 10);
	bank_read(&bank, 0);
	bank_cell(&bank, 0, 0, 3300);
	bank_run_ms(&bank, 3000);
	ck_assert(bank.out.atc_high);
}
END_TEST

/* B10 */
START_TEST(readings_that_never_agree_count_as_silence)
{
	healthy(1);
	for (int i = 0; i < 60; i++) {
		bank_cell(&bank, 0, 0, i % 2 ? 100 : 4600);
		bank.input.now = mono_add_ms(bank.input.now, 250);
		bank_read(&bank, 0);
		if (i == 20)
			ck_assert(bank_has_code(&bank, CODE_W_B05));
	}
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_UNREADABLE));
	healthy(1);
	for (int i = 0; i < 60; i++) {
		bank.input.now = mono_add_ms(bank.input.now, 250);
		bank_fault(&bank, 0, FAULT_CHECKSUM);
	}
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
}
END_TEST

/* B10 */
START_TEST(cells_that_do_not_add_up_are_not_used_at_first)
{
	healthy(1);
	bank_cells(&bank, 0, 3400);
	bank.sample[0].voltage_mv = known_i32(52000);
	bank.input.now = mono_add_ms(bank.input.now, 10);
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.max_cell.value.value, 3300);
	bank.input.now = mono_add_ms(bank.input.now, 10);
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.max_cell.value.value, 3400);
}
END_TEST

/* B11 */
START_TEST(limits_fall_at_once_and_rise_by_a_ramp)
{
	int32_t before;

	healthy(2);
	bank_run_ms(&bank, 70000);
	/* 0.3C and 0.5C of 560 Ah */
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 168000);
	ck_assert_int_eq(bank.out.discharge_limit_ma.value, 280000);
	bank_cell(&bank, 0, 0, 3550);
	bank_run_ms(&bank, 1000);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 168000 * 33 / 100);
	bank_cell(&bank, 0, 0, 3700);
	bank_run_ms(&bank, 1000);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 0);
	bank_cell(&bank, 0, 0, 3300);
	bank_run_ms(&bank, 1000);
	bank_run_ms(&bank, 1000);
	before = bank.out.charge_limit_ma.value;
	bank_run_ms(&bank, 1000);
	ck_assert_int_gt(bank.out.charge_limit_ma.value, before);
	ck_assert_int_le(bank.out.charge_limit_ma.value - before,
			 168000 / 60 + 1);
	/* What a pack itself asks for bounds it: 2 strings of 50 A. */
	bank.sample[0].charge_limit_ma = known_i32(50000);
	bank_run_ms(&bank, 70000);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 100000);
	/* Forbidden is 0. */
	bank_cell(&bank, 1, 0, 2400);
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank.out.discharge_limit_ma.value, 0);
}
END_TEST

/* B11 */
START_TEST(charge_limit_tapers_with_temperature)
{
	healthy(1);
	bank_run_ms(&bank, 70000);
	bank_temperature(&bank, 0, 100);
	bank_run_ms(&bank, 1000);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 84000 * 55 / 100);
	bank_temperature(&bank, 0, 475);
	bank_run_ms(&bank, 1000);
	ck_assert_int_le(bank.out.charge_limit_ma.value, 84000 * 56 / 100);
	ck_assert(bank.out.atc_high);
}
END_TEST

/* B12 */
START_TEST(every_forbidden_state_carries_all_its_reasons)
{
	char text[BMS_REASON_TEXT_SIZE];

	healthy(2);
	bank_cell(&bank, 0, 4, 2400);
	bank_cell(&bank, 0, 5, 2410);
	bank_cell(&bank, 1, 6, 2450);
	bank_temperature(&bank, 1, 30);
	bank.sample[1].protections = 1u << PROTECTION_CELL_UNDERVOLTAGE;
	bank_run_ms(&bank, 3000);
	reason_text(bank_reason(&bank, REASON_CELL_LOW_HARD), text);
	ck_assert_str_eq(text, "cell-low-hard:1.5:2.400:2.500");
	reason_text(bank_reason(&bank, REASON_CHARGE_COLD), text);
	ck_assert_str_eq(text, "charge-cold:2.1:3.0:5.0");
	reason_text(bank_reason(&bank, REASON_BATTERY_PROTECTS), text);
	ck_assert_str_eq(text, "battery-protects:2:cell-undervoltage:");
	ck_assert_uint_gt(bank_reason(&bank, REASON_CHARGE_COLD)->since.us,
			  0);
	/* Two batteries low: two rows of the same kind. */
	ck_assert_ptr_ne(bank_reason(&bank, REASON_CELL_LOW_HARD),
			 NULL);
	ck_assert_uint_ge(bank.out.n_reasons, 6);
}
END_TEST

/* B14 */
START_TEST(failed_lines_float_both)
{
	healthy(1);
	bank.input.lines_failed = true;
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_E_B11));
	bank.input.lines_failed = false;
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atc_high);
	bank_run_ms(&bank, 4000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* A1 */
START_TEST(fifty_batteries_make_a_bank)
{
	healthy(50);
	ck_assert_uint_eq(bank.out.batteries, 50);
	ck_assert_uint_eq(bank.out.cells, 800);
	ck_assert_uint_eq(bank.out.parallel, 50);
	bank_cell(&bank, 49, 0, 3760);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atc_high);
}
END_TEST

struct arrangement_case {
	uint32_t n;
	uint8_t cells;
	int32_t nominal_v;
	int32_t inverter_mv; /* 0: none */
	uint32_t series;     /* 0: not to be arranged */
	uint32_t parallel;
};

static const struct arrangement_case arrangements[] = {
	{ 1, 16, 0, 0, 1, 1 },      { 4, 16, 0, 0, 1, 4 },
	{ 1, 4, 0, 0, 1, 1 },       { 1, 8, 0, 0, 1, 1 },
	{ 4, 4, 48, 0, 4, 1 },      { 8, 4, 48, 0, 4, 2 },
	{ 4, 4, 12, 0, 1, 4 },      { 4, 4, 24, 0, 2, 2 },
	{ 4, 4, 0, 0, 0, 0 },       { 4, 4, 0, 26400, 2, 2 },
	{ 4, 4, 0, 13200, 1, 4 },   { 4, 4, 0, 52800, 4, 1 },
	{ 3, 4, 24, 0, 0, 0 },      { 2, 15, 0, 0, 1, 2 },
	{ 2, 8, 0, 53000, 2, 1 },   { 2, 16, 12, 0, 0, 0 },
};

/* A2 */
START_TEST(the_arrangement_is_recognised)
{
	const struct arrangement_case *c = &arrangements[_i];
	struct inverter_reading reading = {
		.connected = true,
		.dc_mv = { c->inverter_mv, c->inverter_mv > 0 },
	};

	bank_init(&bank, c->n);
	for (uint32_t i = 0; i < c->n; i++) {
		bank.sample[i].n_cells = c->cells;
		bank_cells(&bank, i, 3300);
	}
	bank.settings.general.nominal_voltage_v = c->nominal_v;
	bank.input.inverter = c->inverter_mv ? &reading : NULL;
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.series, c->series);
	ck_assert_uint_eq(bank.out.parallel, c->parallel);
	ck_assert_int_eq(bank.out.atd_high, c->series > 0);
	ck_assert_int_eq(bank_has_code(&bank, CODE_E_B01), c->series == 0);
	if (c->series > 0) {
		ck_assert_int_eq(bank.out.capacity_mah.value,
				 280000 * (int)c->parallel);
		ck_assert_int_eq(bank.out.voltage_mv.value,
				 3300 * c->cells * (int)c->series);
	}
}
END_TEST

/* A2 */
START_TEST(the_arrangement_outlives_the_inverters_silence)
{
	struct inverter_reading reading = {
		.connected = true, .dc_mv = { 26400, true },
	};

	bank_init(&bank, 2);
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	bank.input.inverter = &reading;
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.series, 2);
	reading = (struct inverter_reading){ 0 };
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.series, 2);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* A3 */
START_TEST(an_unlike_battery_is_named_and_forbids)
{
	healthy(3);
	bank.sample[1].n_cells = 15;
	bank_cells(&bank, 1, 3300);
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_E_B05));
	ck_assert_uint_eq(bank_reason(&bank, REASON_MISMATCH)->battery, 2);
	healthy(3);
	bank.sample[2].design_mah = known_i32(100000);
	bank_run_ms(&bank, 1100);
	ck_assert_uint_eq(bank_reason(&bank, REASON_MISMATCH)->battery, 3);
	/* Of two unlike ones neither is right. */
	healthy(2);
	bank.sample[0].design_mah = known_i32(100000);
	bank_run_ms(&bank, 1100);
	ck_assert(bank.battery[0].mismatch.tripped &&
		  bank.battery[1].mismatch.tripped);
}
END_TEST

/* A4 */
START_TEST(bank_voltage_outside_9_to_60_forbids_both)
{
	healthy(1);
	bank_cells(&bank, 0, 3740); /* 59.8 V */
	bank_run_ms(&bank, 2000);
	ck_assert(!bank_has_code(&bank, CODE_E_B09));
	bank.sample[0].voltage_mv = known_i32(60001);
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_E_B09));
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank_init(&bank, 1);
	bank.sample[0].n_cells = 4;
	bank_cells(&bank, 0, 2240);
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_E_B09));
}
END_TEST

/* A5 */
START_TEST(a_swapped_battery_and_a_double_are_noticed)
{
	healthy(2);
	strcpy(bank.sample[1].serial, "99999999999");
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_W_X02));
	ck_assert(bank.out.atd_high);
	strcpy(bank.sample[1].serial, bank.sample[0].serial);
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_E_B01));
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
}
END_TEST

/* D1 */
START_TEST(remote_off_floats_both_after_the_debounce)
{
	static const struct {
		maybe_i32 l, h;
		bool on;
	} cases[] = {
		{ { 1, true }, { 0, true }, false }, /* both open */
		{ { 0, true }, { 0, true }, true },  /* L to minus */
		{ { 1, true }, { 1, true }, true },  /* H to plus, or joined */
		{ { 0, true }, { 1, true }, true },
		{ { 0, false }, { 0, false }, false },
		{ { 0, false }, { 1, true }, true },
		{ { 0, true }, { 0, false }, true },
		{ { 1, true }, { 0, false }, false },
	};

	healthy(1);
	bank.input.remote_fitted = true;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bank.input.remote_l = cases[i].l;
		bank.input.remote_h = cases[i].h;
		bank_run_ms(&bank, 3000);
		ck_assert_int_eq(bank.out.atc_high, cases[i].on);
		ck_assert_int_eq(bank.out.atd_high, cases[i].on);
		ck_assert_int_eq(bank.out.remote_on, cases[i].on);
	}
	/* A bounce of less than 100 ms is none. */
	bank.input.remote_l = known_i32(0);
	bank_run_ms(&bank, 3000);
	bank.input.remote_l = known_i32(1);
	bank_step_only(&bank);
	bank_run_ms(&bank, 99);
	ck_assert(bank.out.atd_high);
	bank.input.remote_l = known_i32(0);
	bank_run_ms(&bank, 500);
	ck_assert(bank.out.atd_high);
	bank.input.remote_l = known_i32(1);
	bank_step_only(&bank);
	bank_run_ms(&bank, 101);
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
	bank.input.remote_fitted = false;
	bank_run_ms(&bank, 1000);
	ck_assert(bank.out.atd_high && bank.out.atc_high);
}
END_TEST

/* B11: no jump of time allows, and a clock running back forbids */
START_TEST(a_clock_running_back_has_every_battery_heard_again)
{
	healthy(2);
	bank.input.now.us -= 1000;
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank_run_ms(&bank, 3000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: protection");
	TCase *tc = tcase_create("protection");

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
	tcase_add_test(tc, silence_warns_at_5_s_and_opens_both_at_15_s);
	tcase_add_test(tc, never_heard_counts_as_lost_after_15_s);
	tcase_add_test(tc, the_batterys_own_switch_and_bits_count_as_trips);
	tcase_add_test(tc, self_isolating_leaves_an_open_battery_out);
	tcase_add_test(tc, self_isolating_does_not_count_in_a_string);
	tcase_add_test(tc,
		       an_implausible_reading_is_used_only_when_confirmed);
	tcase_add_test(tc, readings_that_never_agree_count_as_silence);
	tcase_add_test(tc, cells_that_do_not_add_up_are_not_used_at_first);
	tcase_add_test(tc, limits_fall_at_once_and_rise_by_a_ramp);
	tcase_add_test(tc, charge_limit_tapers_with_temperature);
	tcase_add_test(tc, every_forbidden_state_carries_all_its_reasons);
	tcase_add_test(tc, failed_lines_float_both);
	tcase_add_test(tc, fifty_batteries_make_a_bank);
	tcase_add_loop_test(tc, the_arrangement_is_recognised, 0,
			    ARRAY_SIZE(arrangements));
	tcase_add_test(tc, the_arrangement_outlives_the_inverters_silence);
	tcase_add_test(tc, an_unlike_battery_is_named_and_forbids);
	tcase_add_test(tc, bank_voltage_outside_9_to_60_forbids_both);
	tcase_add_test(tc, a_swapped_battery_and_a_double_are_noticed);
	tcase_add_test(tc, remote_off_floats_both_after_the_debounce);
	tcase_add_test(tc,
		       a_clock_running_back_has_every_battery_heard_again);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
