/* SPDX-License-Identifier: MIT */
/*
 * Sequences that once fooled the core, or might: requirements A2, A3, A5,
 * B3, B4, B6, B8-B12, C2-C4 on the core alone.
 */
#include <string.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;
static struct inverter_reading reading;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

/* Runs in small steps and counts how often ATD changes. */
static int atd_changes(uint64_t ms)
{
	int changes = 0;

	for (uint64_t i = 0; i < ms / 10; i++) {
		bool before = bank.out.atd_high;

		bank_run_ms(&bank, 10);
		changes += before != bank.out.atd_high;
	}
	return changes;
}

/* B3: the lead delays the opening of ATD; it closes nothing */
START_TEST(a_bank_that_is_low_at_start_is_never_switched_on)
{
	bank_init(&bank, 2);
	bank_cell(&bank, 1, 4, 2750);
	ck_assert_int_eq(atd_changes(120000), 0);
	ck_assert(!bank.out.atd_high && bank.out.pre_alarm_high);
	ck_assert_uint_eq(bank_reason(&bank, REASON_CELL_LOW)->battery, 2);
	ck_assert_uint_eq(bank_reason(&bank, REASON_CELL_LOW)->cell, 5);
}
END_TEST

/* B3, B8 */
START_TEST(a_low_battery_that_comes_back_does_not_pulse_the_loads)
{
	healthy(1);
	bank.silent[0] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank.out.atd_high);
	bank_cell(&bank, 0, 0, 2790);
	bank.silent[0] = false;
	ck_assert_int_eq(atd_changes(120000), 0);
}
END_TEST

/* B3: what floats for another cause waits for no lead, in the same step */
START_TEST(a_low_cell_counts_at_once_while_atd_floats_anyway)
{
	healthy(2);
	bank_cell(&bank, 0, 0, 2790);
	bank_run_ms(&bank, 5000);
	ck_assert(bank.out.atd_high && bank.out.pre_alarm_high);
	ck_assert(!bank_has_code(&bank, CODE_A_B01));
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_A_B01));
	bank.input.mode = BMS_MODE_ON;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* B3, B4: "all cells" are those of every battery */
START_TEST(release_needs_every_cell_of_the_bank)
{
	healthy(3);
	bank_cell(&bank, 0, 0, 2490);
	bank_cell(&bank, 0, 1, 2490);
	bank_run_ms(&bank, 2500);
	ck_assert(!bank.out.atd_high);
	bank_cells(&bank, 0, 3300);
	bank_cell(&bank, 2, 7, 3199);
	bank_run_ms(&bank, 120000);
	ck_assert(!bank.out.atd_high);
	bank_cell(&bank, 2, 7, 3200);
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 5000);
	ck_assert(bank.out.atd_high);
	bank_cell(&bank, 0, 0, 3750);
	bank_run_ms(&bank, 1500);
	bank_cell(&bank, 0, 0, 3400);
	bank_cell(&bank, 1, 0, 3600);
	bank_run_ms(&bank, 120000);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	bank_cell(&bank, 1, 0, 3599);
	bank_run_ms(&bank, 35000);
	ck_assert(bank.out.atc_high);
}
END_TEST

/* B11, A4: only a reading that is used is evidence */
START_TEST(faults_and_refused_readings_release_nothing)
{
	struct bms_report fault = { .fault = FAULT_TIMEOUT };

	healthy(1);
	bank.settings.protection.release_hold_ms = 5000;
	bank.settings.protection.lost_alarm_ms = 30000;
	bank.sample[0].soc_permille = known_i32(90);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	bank.sample[0].soc_permille = known_i32(600);
	bank_run_ms(&bank, 1000);
	for (int i = 0; i < 100; i++) {
		bank.input.now = mono_add_ms(bank.input.now, 100);
		fault.sample = i % 2 ? &bank.sample[0] : NULL;
		fault.battery = i % 3 == 2;
		bank.sample[0].n_cells = 0;
		bank.input.reports = &fault;
		bank.input.n_reports = 1;
		bms_step(&bank.state, &bank.settings, &bank.input,
			 &bank.out);
		ck_assert(!bank.out.atd_high);
	}
}
END_TEST

/* A3, B11: a doubt about the bank has the hold of every other cause */
START_TEST(an_unlike_battery_does_not_flap)
{
	int changes = 0;

	healthy(3);
	for (int i = 0; i < 60; i++) {
		bool before = bank.out.atd_high;

		bank.sample[1].design_mah =
			known_i32(i % 4 ? 280000 : 260000);
		bank_run_ms(&bank, 2000);
		changes += before != bank.out.atd_high;
	}
	ck_assert_int_eq(changes, 1);
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
	bank.sample[1].design_mah = known_i32(280000);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high && bank.out.atc_high);
	strcpy(bank.sample[1].serial, bank.sample[0].serial);
	bank_run_ms(&bank, 1500);
	strcpy(bank.sample[1].serial, "1");
	bank_run_ms(&bank, 20000);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 14000);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* A3: what a pack has learnt is not compared with what another is made for */
START_TEST(capacities_are_compared_like_with_like)
{
	healthy(3);
	bank.sample[0].design_mah = UNKNOWN_I32;
	bank.sample[0].full_mah = known_i32(250000);
	bank.sample[1].full_mah = known_i32(250000);
	bank.sample[2].full_mah = known_i32(250000);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	bank.sample[0].full_mah = known_i32(100000);
	bank_run_ms(&bank, 2000);
	ck_assert_uint_eq(bank_reason(&bank, REASON_MISMATCH)->battery, 1);
}
END_TEST

/* A2: the inverter's voltage is used only while it is fresh */
START_TEST(an_old_voltage_of_the_inverter_arranges_nothing)
{
	reading = (struct inverter_reading){
		.connected = true, .dc_mv = { 26400, true },
		.dc_time = { 1000000 },
	};
	bank_init(&bank, 2);
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	bank.input.inverter = &reading;
	bank.input.now.us = 17000000;
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atd_high);
	ck_assert_uint_eq(bank.out.series, 0);
	reading.dc_time = mono_add_ms(bank.input.now, 60000);
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.series, 0);
	reading.dc_time = bank.input.now;
	reading.dc_mv.known = false;
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.series, 0);
	reading.dc_mv.known = true;
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.series, 2);
}
END_TEST

/* C4: what only the inverter can tell is waited for before it is stopped */
START_TEST(a_bank_not_yet_arranged_leaves_the_unit_alone_at_start)
{
	reading = (struct inverter_reading){ 0 };
	bank_init(&bank, 4);
	for (uint32_t i = 0; i < 4; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	bank.input.inverter = &reading;
	bank_run_ms(&bank, 5000);
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_LEAVE);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.value, 0);
	bank_run_ms(&bank, 11000);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
}
END_TEST

/* C4: an answer caught in the middle at start is not a lost battery */
START_TEST(garbled_first_answers_leave_the_unit_alone_at_start)
{
	reading = (struct inverter_reading){ 0 };
	bank_init(&bank, 1);
	bank.input.inverter = &reading;
	for (int i = 0; i < 3; i++)
		bank_fault(&bank, 0, FAULT_CHECKSUM);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_UNREADABLE));
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_LEAVE);
	bank.input.now = mono_add_ms(bank.input.now, 15000);
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
}
END_TEST

/* C4: a clock that keeps running back must not make a start for ever */
START_TEST(a_broken_clock_is_not_a_start)
{
	reading = (struct inverter_reading){ .connected = true };
	healthy(1);
	bank.input.inverter = &reading;
	bank_run_ms(&bank, 60000);
	bank.input.now.us -= 30000000;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
}
END_TEST

/* C2: the unit has 3 s from the first command on */
START_TEST(a_unit_is_not_called_disobedient_at_the_first_step)
{
	reading = (struct inverter_reading){ .connected = true };
	bank_init(&bank, 1);
	bank.input.now.us = 100000000;
	bank.input.inverter = &reading;
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
	ck_assert(!bank_has_code(&bank, CODE_A_X01));
	ck_assert_uint_eq(bank.out.next.us, 103000000);
	bank.input.now = bank.out.next;
	bank_step_only(&bank);
	ck_assert(bank_has_code(&bank, CODE_A_X01));
}
END_TEST

/* C2 */
START_TEST(a_read_back_from_the_future_proves_nothing)
{
	healthy(1);
	reading = (struct inverter_reading){
		.connected = true,
		.switch_register = { SWITCH_ACTIVE_CHARGE, true },
		.switch_asked = mono_add_ms(bank.input.now, 600000),
	};
	bank.input.inverter = &reading;
	bank.sample[0].discharge_switch_on = known_i32(0);
	bank_run_ms(&bank, 5000);
	ck_assert(bank_has_code(&bank, CODE_A_X01));
}
END_TEST

/* B9: a battery that joins again is a gain, not a trip */
START_TEST(a_self_isolated_battery_returns_without_a_drop)
{
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[0].charge_switch_on = known_i32(0);
	bank.sample[0].discharge_switch_on = known_i32(0);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank.sample[0].charge_switch_on = known_i32(1);
	bank.sample[0].discharge_switch_on = known_i32(1);
	ck_assert_int_eq(atd_changes(5000), 0);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert_ptr_null(bank_reason(&bank, REASON_CHARGE_SWITCH));
	/* All of them open was a trip, and has its hold. */
	for (uint32_t i = 0; i < 2; i++)
		bank.sample[i].discharge_switch_on = known_i32(0);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	for (uint32_t i = 0; i < 2; i++)
		bank.sample[i].discharge_switch_on = known_i32(1);
	bank_run_ms(&bank, 20000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* B9: nor does one that has not said that it is closed */
START_TEST(a_self_isolated_battery_that_stops_telling_forbids)
{
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[0].charge_switch_on = known_i32(0);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atc_high);
	bank.sample[0].charge_switch_on = UNKNOWN_I32;
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atc_high);
}
END_TEST

/* B9, B11: left out of the limits too */
START_TEST(a_self_isolated_battery_does_not_taper_the_others)
{
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[0].charge_switch_on = known_i32(0);
	bank_cell(&bank, 0, 0, 3760);
	bank_temperature(&bank, 0, 20);
	bank_run_ms(&bank, 70000);
	ck_assert(bank.out.atc_high);
	/* 0.3C of one of two strings of 280 Ah */
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 84000);
	bank.sample[0].charge_switch_on = known_i32(1);
	bank.sample[0].discharge_switch_on = known_i32(0);
	bank_cells(&bank, 0, 2900);
	bank_run_ms(&bank, 70000);
	ck_assert(bank.out.atd_high);
	ck_assert_int_eq(bank.out.discharge_limit_ma.value, 140000);
}
END_TEST

/* Figures that no battery has are not known (and overflow nothing). */
START_TEST(impossible_figures_are_unknown)
{
	healthy(2);
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].design_mah = known_i32(INT32_MAX);
		bank.sample[i].soc_permille = known_i32(INT32_MAX);
		bank.sample[i].current_ma = known_i32(INT32_MIN);
		bank.sample[i].charge_limit_ma = known_i32(INT32_MIN);
	}
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.soc_permille.known);
	ck_assert(!bank.out.current_ma.known);
	bank.sample[1].soc_permille = known_i32(-1);
	bank_run_ms(&bank, 35000); /* for a while they were unlike */
	ck_assert(!bank.out.soc_permille.known);
	ck_assert(bank.out.atd_high);
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].design_mah = known_i32(i ? -280000 : 0);
		bank.sample[i].soc_permille = known_i32(i ? 1000 : 0);
	}
	bank_run_ms(&bank, 2000);
	ck_assert_int_eq(bank.out.own_soc_permille.value, 500);
	ck_assert_int_eq(bank.out.capacity_mah.value, 560000);
	bank.sample[0].full_mah = known_i32(0);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.capacity_mah.known);
	ck_assert(!bank.out.charge_limit_ma.known);
}
END_TEST

static const int32_t wild_temperatures[] = {
	INT32_MIN, -501, 1501, INT32_MAX
};

/* B5: a sensor out of its range does not read */
START_TEST(impossible_temperatures_are_unknown)
{
	healthy(1);
	bank.sample[0].temperature[1].dc =
		known_i32(wild_temperatures[_i]);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	ck_assert_uint_eq(
		bank_reason(&bank, REASON_TEMPERATURE_UNKNOWN)->cell, 2);
	ck_assert_int_eq(bank.out.max_temperature.value.value, 250);
	bank.sample[0].temperature[1].dc = known_i32(-500);
	bank_run_ms(&bank, 2000);
	ck_assert_int_eq(bank.out.min_temperature.value.value, -500);
}
END_TEST

/* B12: a value that has become unknown is not told as 0 */
START_TEST(a_reason_keeps_its_last_known_value)
{
	healthy(1);
	bank.sample[0].temperature[1].dc = known_i32(30);
	bank_run_ms(&bank, 2000);
	bank.sample[0].temperature[0].dc = UNKNOWN_I32;
	bank.sample[0].temperature[1].dc = UNKNOWN_I32;
	bank_run_ms(&bank, 2000);
	ck_assert_int_eq(bank_reason(&bank, REASON_CHARGE_COLD)->value, 30);
	ck_assert_uint_eq(bank_reason(&bank, REASON_CHARGE_COLD)->cell, 2);
}
END_TEST

/* B12, A4: the limit told is the one that was crossed */
START_TEST(a_high_bank_voltage_names_the_upper_limit)
{
	healthy(1);
	bank_cells(&bank, 0, 3740);
	bank_run_ms(&bank, 2000);
	bank.sample[0].voltage_mv = known_i32(60001);
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_E_B09));
	bank_cells(&bank, 0, 3740);
	bank_run_ms(&bank, 2000);
	ck_assert(bank_reason(&bank, REASON_BANK_VOLTAGE)->has_value);
	ck_assert_int_eq(bank_reason(&bank, REASON_BANK_VOLTAGE)->limit,
			 60000);
}
END_TEST

/* B12: "since" is an instant of this clock */
START_TEST(since_is_told_from_the_first_step_and_a_clock_step_on)
{
	bank_init(&bank, 1);
	bank.input.mode = BMS_MODE_OFF;
	bank.input.now.us = 50000000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank_reason(&bank, REASON_MODE)->since.us,
			  50000000);
	bank_cells(&bank, 0, 2400);
	bank_run_ms(&bank, 20000);
	bank.input.now.us = 40000000;
	bank_step_only(&bank);
	bank_run_ms(&bank, 3000);
	ck_assert_uint_gt(bank.out.n_reasons, 2);
	for (size_t i = 0; i < bank.out.n_reasons; i++)
		ck_assert_uint_le(bank.out.reasons[i].since.us,
				  bank.input.now.us);
}
END_TEST

/* B10, B12: a battery that has fallen silent is not called unreadable */
START_TEST(garbage_before_a_silence_does_not_rename_it)
{
	healthy(1);
	bank_fault(&bank, 0, FAULT_CHECKSUM);
	bank_fault(&bank, 0, FAULT_CHECKSUM);
	bank_read(&bank, 0);
	bank_fault(&bank, 0, FAULT_CHECKSUM);
	bank.input.now = mono_add_ms(bank.input.now, 15000);
	bank_step_only(&bank);
	ck_assert_ptr_null(bank_reason(&bank, REASON_UNREADABLE));
	healthy(1);
	bank_fault(&bank, 0, FAULT_CHECKSUM);
	bank_fault(&bank, 0, FAULT_CHECKSUM);
	for (int i = 0; i < 17; i++) {
		bank.input.now = mono_add_ms(bank.input.now, 1000);
		bank_fault(&bank, 0, FAULT_TIMEOUT);
	}
	ck_assert_ptr_null(bank_reason(&bank, REASON_UNREADABLE));
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_SILENT));
}
END_TEST

/* A5 */
START_TEST(a_serial_without_an_end_is_no_swap)
{
	healthy(1);
	memset(bank.sample[0].serial, 'x', BMS_SERIAL_SIZE);
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_W_X02));
	healthy(1);
	bank.battery[0].serial[0] = '\0';
	bank_run_ms(&bank, 3000);
	ck_assert(!bank_has_code(&bank, CODE_W_X02));
}
END_TEST

/* B8: a reload that allows more silence brings no old reading back */
START_TEST(a_longer_delay_revives_no_old_reading)
{
	healthy(2);
	bank.silent[0] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank.out.atd_high);
	bank.settings.protection.lost_alarm_ms = 30000;
	bank_run_ms(&bank, 10000);
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_SILENT));
	bank.settings.protection.lost_alarm_ms = 5000;
	bank.silent[0] = false;
	bank.silent[1] = true;
	bank_run_ms(&bank, 5100);
	ck_assert(!bank.battery[1].online);
}
END_TEST

/* B3: even with a pre-alarm level that the check of settings refuses */
START_TEST(a_cell_that_waits_always_starts_the_lead)
{
	healthy(1);
	bank.settings.protection.cell_pre_alarm_mv = 2700;
	bank_cell(&bank, 0, 0, 2900);
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.out.pre_alarm_high);
	bank_cell(&bank, 0, 0, 2790);
	bank_run_ms(&bank, 1000);
	ck_assert(bank.out.atd_high && bank.out.pre_alarm_high);
	bank_run_ms(&bank, 29000);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* B12: nothing is forbidden without a reason */
START_TEST(no_batteries_are_told_as_a_bank_that_cannot_be_arranged)
{
	bank_init(&bank, 0);
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.n_reasons, 1);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_ARRANGEMENT));
	ck_assert(bank_has_code(&bank, CODE_E_B01));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: attacks");
	TCase *tc = tcase_create("attacks");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_bank_that_is_low_at_start_is_never_switched_on);
	tcase_add_test(tc,
		       a_low_battery_that_comes_back_does_not_pulse_the_loads);
	tcase_add_test(tc,
		       a_low_cell_counts_at_once_while_atd_floats_anyway);
	tcase_add_test(tc, release_needs_every_cell_of_the_bank);
	tcase_add_test(tc, faults_and_refused_readings_release_nothing);
	tcase_add_test(tc, an_unlike_battery_does_not_flap);
	tcase_add_test(tc, capacities_are_compared_like_with_like);
	tcase_add_test(tc, an_old_voltage_of_the_inverter_arranges_nothing);
	tcase_add_test(tc,
		       a_bank_not_yet_arranged_leaves_the_unit_alone_at_start);
	tcase_add_test(tc,
		       garbled_first_answers_leave_the_unit_alone_at_start);
	tcase_add_test(tc, a_broken_clock_is_not_a_start);
	tcase_add_test(tc, a_unit_is_not_called_disobedient_at_the_first_step);
	tcase_add_test(tc, a_read_back_from_the_future_proves_nothing);
	tcase_add_test(tc, a_self_isolated_battery_returns_without_a_drop);
	tcase_add_test(tc,
		       a_self_isolated_battery_that_stops_telling_forbids);
	tcase_add_test(tc,
		       a_self_isolated_battery_does_not_taper_the_others);
	tcase_add_test(tc, impossible_figures_are_unknown);
	tcase_add_loop_test(tc, impossible_temperatures_are_unknown, 0,
			    ARRAY_SIZE(wild_temperatures));
	tcase_add_test(tc, a_reason_keeps_its_last_known_value);
	tcase_add_test(tc,
		       a_high_bank_voltage_names_the_upper_limit);
	tcase_add_test(tc,
		       since_is_told_from_the_first_step_and_a_clock_step_on);
	tcase_add_test(tc, garbage_before_a_silence_does_not_rename_it);
	tcase_add_test(tc, a_serial_without_an_end_is_no_swap);
	tcase_add_test(tc, a_longer_delay_revives_no_old_reading);
	tcase_add_test(tc, a_cell_that_waits_always_starts_the_lead);
	tcase_add_test(tc,
		       no_batteries_are_told_as_a_bank_that_cannot_be_arranged);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
