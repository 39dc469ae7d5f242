/* SPDX-License-Identifier: MIT */
/* Requirements B8-B12 on the core alone: what batteries say or do not. */
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

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

/* B10 */
START_TEST(a_cell_that_reads_what_no_cell_can_have_forbids_both)
{
	healthy(1);
	bank_cell(&bank, 0, 2, 0);
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert_uint_eq(bank_reason(&bank, REASON_CELL_IMPLAUSIBLE)->cell,
			  3);
	healthy(1);
	bank_cell(&bank, 0, 15, 4501);
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert_uint_eq(bank_reason(&bank, REASON_CELL_IMPLAUSIBLE)->cell,
			  16);
	bank_cell(&bank, 0, 15, 3300);
	bank_run_ms(&bank, 34000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
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

int main(void)
{
	Suite *suite = suite_create("core: hearing");
	TCase *tc = tcase_create("hearing");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, silence_warns_at_5_s_and_opens_both_at_15_s);
	tcase_add_test(tc, never_heard_counts_as_lost_after_15_s);
	tcase_add_test(tc, the_batterys_own_switch_and_bits_count_as_trips);
	tcase_add_test(tc, self_isolating_leaves_an_open_battery_out);
	tcase_add_test(tc, self_isolating_does_not_count_in_a_string);
	tcase_add_test(tc,
		       an_implausible_reading_is_used_only_when_confirmed);
	tcase_add_test(tc, readings_that_never_agree_count_as_silence);
	tcase_add_test(tc, cells_that_do_not_add_up_are_not_used_at_first);
	tcase_add_test(tc,
		       a_cell_that_reads_what_no_cell_can_have_forbids_both);
	tcase_add_test(tc, limits_fall_at_once_and_rise_by_a_ramp);
	tcase_add_test(tc, charge_limit_tapers_with_temperature);
	tcase_add_test(tc, every_forbidden_state_carries_all_its_reasons);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
