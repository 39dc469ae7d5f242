/* SPDX-License-Identifier: MIT */
/* The core at its edges: what is unknown, absent, or just over. */
#include <string.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

/* B9: one battery alone is not a parallel bank that can do without it */
START_TEST(a_single_battery_is_never_left_out)
{
	healthy(1);
	bank.settings.general.self_isolating = true;
	bank.sample[0].charge_switch_on = known_i32(0);
	bank.sample[0].discharge_switch_on = known_i32(0);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
}
END_TEST

/* B10: the two have to follow each other */
START_TEST(a_doubt_does_not_outlive_a_good_reading_or_a_clock_step)
{
	healthy(1);
	for (int i = 0; i < 6; i++) {
		bank_cell(&bank, 0, 0, i % 2 ? 3300 : 3900);
		bank.input.now = mono_add_ms(bank.input.now, 100);
		bank_read(&bank, 0);
		ck_assert(bank.out.atc_high);
	}
	bank_cell(&bank, 0, 0, 5000);
	bank_read(&bank, 0);
	bank.input.now.us -= 1000;
	bank_step_only(&bank);
	bank_read(&bank, 0);
	ck_assert(!bank.battery[0].online);
	/* A pack that says more than its cells do is doubted, too. */
	healthy(1);
	bank_cells(&bank, 0, 3400);
	bank.sample[0].voltage_mv = known_i32(56100);
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.max_cell.value.value, 3300);
	bank.sample[0].voltage_mv = known_i32(56000);
	bank.battery[0].doubted = false;
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.max_cell.value.value, 3400);
	/* What is as old as a silence confirms nothing. */
	bank_cell(&bank, 0, 0, 5000);
	bank_read(&bank, 0);
	bank.input.now = mono_add_ms(bank.input.now, 15000);
	bank_read(&bank, 0);
	ck_assert(!bank.battery[0].online);
	bank.input.now = mono_add_ms(bank.input.now, 14999);
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.max_cell.value.value, 5000);
}
END_TEST

/* D1, D2, B12: switched off is no fault, and has its own instant */
START_TEST(switching_off_gives_reasons_and_no_code)
{
	healthy(1);
	bank_run_ms(&bank, 10000);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, 0);
	ck_assert(!bank_reason(&bank, REASON_MODE)->has_value);
	/* On until the step before: a turn's worth of doubt. */
	ck_assert_uint_ge(bank_reason(&bank, REASON_MODE)->since.us,
			  bank.input.now.us - 1000000);
	bank.input.lines_persist = true;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_X03));
}
END_TEST

/* C10: the loop is woken when the wait for the MK3 is over */
START_TEST(the_wait_for_the_inverter_has_an_end_that_is_named)
{
	struct inverter_reading reading = { 0 };

	bank_init(&bank, 1);
	bank.input.inverter = &reading;
	bank_step_only(&bank);
	bank_run_ms(&bank, 9000);
	bank_read(&bank, 0);
	ck_assert_uint_eq(bank.out.next.us, 11000000);
	bank.input.now.us = 11000000;
	bank_step_only(&bank);
	ck_assert(bank_has_code(&bank, CODE_W_X01));
}
END_TEST

/* C10: once found it is missed at once */
START_TEST(an_inverter_lost_within_the_wait_is_missed_at_once)
{
	struct inverter_reading reading = { .connected = true };

	bank_init(&bank, 1);
	bank.input.inverter = &reading;
	bank_step_only(&bank);
	reading.connected = false;
	bank_step_only(&bank);
	ck_assert(bank_has_code(&bank, CODE_W_X01));
}
END_TEST

/* A1: what a pack does not tell is no fault of it */
START_TEST(a_pack_may_tell_no_voltage_no_serial_and_other_sensors)
{
	bank_init(&bank, 2);
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].voltage_mv = UNKNOWN_I32;
		bank.sample[i].serial[0] = '\0';
		bank.sample[i].n_temperatures = 3;
		bank.sample[i].temperature[2].role = TEMPERATURE_MOS;
		bank.sample[i].temperature[2].dc = known_i32(900);
	}
	bank_start(&bank);
	ck_assert_uint_eq(bank.out.codes, 0);
	ck_assert_int_eq(bank.out.voltage_mv.value, 52800);
	ck_assert_int_eq(bank.out.max_temperature.value.value, 250);
	bank.sample[1].temperature[2].dc = UNKNOWN_I32;
	bank_run_ms(&bank, 1100);
	ck_assert(bank.out.atc_high);
	/* But one sensor of its cells there must be. */
	for (size_t i = 0; i < 2; i++)
		bank.sample[1].temperature[i].role = TEMPERATURE_AMBIENT;
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atc_high);
}
END_TEST

/* B10: sizes that cannot be, ages that are too great, other cell counts */
START_TEST(readings_of_a_wrong_size_or_age_are_not_used)
{
	healthy(1);
	bank_cells(&bank, 0, 3400);
	for (int i = 0; i < 4; i++) {
		struct sample *s = &bank.sample[0];
		struct bms_report report = { .sample = s };

		bank.input.now = mono_add_ms(bank.input.now, 100);
		s->time = bank.input.now;
		s->n_cells = i == 0 ? BMS_CELLS_MAX + 1 : i == 3 ? 15 : 16;
		s->n_temperatures = i == 1 ? BMS_TEMPERATURES_MAX + 1 : 2;
		if (i == 2)
			s->time.us -= 100001;
		if (i == 3)
			s->voltage_mv = known_i32(15 * 3400);
		bank.input.reports = &report;
		bank.input.n_reports = 1;
		bms_step(&bank.state, &bank.settings, &bank.input,
			 &bank.out);
		ck_assert_int_eq(bank.out.max_cell.value.value,
				 i < 2 ? 3300 : 3400);
		ck_assert_uint_eq(bank.out.cells, 16);
	}
	healthy(1);
	bank.input.now = mono_add_ms(bank.input.now, 20000);
	bank_step_only(&bank);
	bank.sample[0].time.us = bank.input.now.us - 15000000;
	bank.input.reports = &(struct bms_report){
		.sample = &bank.sample[0] };
	bank.input.n_reports = 1;
	bms_step(&bank.state, &bank.settings, &bank.input, &bank.out);
	ck_assert(!bank.battery[0].online);
	ck_assert_uint_eq(bank.battery[0].unreadable, 1);
	for (int i = 0; i < 300; i++)
		bank_fault(&bank, 0, FAULT_CHECKSUM);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_UNREADABLE));
}
END_TEST

/* B9: what a left out battery says of itself is left out with it */
START_TEST(the_own_bits_of_a_left_out_battery_forbid_nothing)
{
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[1].charge_switch_on = known_i32(0);
	bank.sample[1].protections = 1u << PROTECTION_CELL_OVERVOLTAGE;
	bank_run_ms(&bank, 1100);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert(!bank_reason(&bank,
			       REASON_BATTERY_PROTECTS)->forbids_charge);
	bank.sample[1].charge_switch_on = known_i32(1);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atc_high);
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[1].discharge_switch_on = known_i32(0);
	bank.sample[1].protections = 1u << PROTECTION_CELL_UNDERVOLTAGE;
	bank_run_ms(&bank, 1100);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank.sample[1].discharge_switch_on = UNKNOWN_I32;
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* D1: the end of the debounce is named; fitting the terminals drops nothing */
START_TEST(the_debounce_has_an_end_that_is_named)
{
	healthy(1);
	bank_run_ms(&bank, 20000);
	bank.input.remote_fitted = true;
	bank.input.remote_h = known_i32(1);
	bank_run_ms(&bank, 10);
	ck_assert(bank.out.remote_on && bank.out.atd_high);
	bank_read(&bank, 0);
	ck_assert_uint_eq(bank.out.next.us, bank.input.now.us + 5000000);
	bank.input.remote_h = known_i32(0);
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.next.us, bank.input.now.us + 100000);
	bank.input.now.us += 99999;
	bank_step_only(&bank);
	ck_assert(bank.out.remote_on);
	bank.input.now.us += 1;
	bank_step_only(&bank);
	ck_assert(!bank.out.remote_on && !bank.out.atd_high);
}
END_TEST

/* B12: room for every row, every bit and the three causes of a battery,
 * every row and the three causes of the bank, one bypass and an update */
START_TEST(there_is_room_for_every_reason)
{
	const size_t each = PROTECTION_ROW_COUNT + PROTECTION_COUNT + 3;

	ck_assert_uint_eq(bms_reasons_max(0), BANK_ROW_COUNT + 5);
	ck_assert_uint_eq(bms_reasons_max(7), BANK_ROW_COUNT + 5 + 7 * each);
}
END_TEST

/* A4, B7: unknown is no evidence */
START_TEST(an_unknown_bank_voltage_releases_nothing)
{
	healthy(2);
	bank_cells(&bank, 0, 3740);
	bank_cells(&bank, 1, 3740);
	bank_run_ms(&bank, 2000);
	bank.sample[0].voltage_mv = known_i32(60100);
	bank.sample[1].voltage_mv = known_i32(60100);
	bank_run_ms(&bank, 1100);
	ck_assert(bank_has_code(&bank, CODE_E_B09));
	bank.silent[1] = true;
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.voltage_mv.known);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_BANK_VOLTAGE));
}
END_TEST

/* D1, B12 */
START_TEST(remote_off_is_a_reason_of_its_own_and_no_code)
{
	mono_t off;

	healthy(2);
	bank_run_ms(&bank, 20000);
	bank.input.remote_fitted = true;
	bank_step_only(&bank);
	off = bank.input.now;
	bank_run_ms(&bank, 200);
	ck_assert_uint_eq(bank.out.codes, 0);
	ck_assert_uint_eq(bank.out.n_reasons, 1);
	ck_assert_uint_eq(bank_reason(&bank, REASON_REMOTE_OFF)->since.us,
			  off.us);
	/* No battery is to blame. */
	ck_assert(!bank.battery[0].forbids_charge);
	bank.input.remote_fitted = false;
	bank_cell(&bank, 1, 0, 3760);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.battery[0].forbids_charge);
	ck_assert(bank.battery[1].forbids_charge);
	ck_assert(!bank.battery[1].forbids_discharge);
}
END_TEST

/* B5, C2 */
START_TEST(the_discharge_guard_makes_the_unit_a_charger)
{
	struct inverter_reading reading = { .connected = true };

	healthy(1);
	bank.input.inverter = &reading;
	bank_run_ms(&bank, 20000);
	bank.settings.protection.discharge_temperature_guard = true;
	bank_temperature(&bank, 0, _i ? 551 : -201);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_CHARGER_ONLY);
}
END_TEST

/* B1 */
START_TEST(one_reading_without_a_pack_voltage_is_enough)
{
	/* What was in the memory before does not count. */
	memset(&bank, 0xa5, sizeof(bank));
	bank_init(&bank, 1);
	memset(bank.battery, 0xa5, sizeof(bank.battery));
	memset(bank.reason, 0xa5, sizeof(bank.reason));
	bms_init(&bank.state, bank.battery, 1, bank.reason);
	bank.sample[0].voltage_mv = UNKNOWN_I32;
	bank_read(&bank, 0);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

static void bypass_second(void)
{
	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BYPASS, .value = 3600, .battery = 2,
	};
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

/* B13, B11: silence does not take back what no bypass lifts */
START_TEST(who_falls_silent_under_the_floor_is_not_stood_in_for)
{
	healthy(2);
	bypass_second();
	bank_cell(&bank, 1, 4, 2810);
	bank_run_ms(&bank, 2000);
	bank_cell(&bank, 1, 4, 2499);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atc_high && !bank.out.atd_high);
	bank.silent[1] = true;
	bank_run_ms(&bank, 70000);
	ck_assert(bank.out.atc_high && !bank.out.atd_high);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 84000);
	/* An operator who asks again has been told. */
	bypass_second();
	bank_run_ms(&bank, 1000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	/* The same above the ceiling. */
	healthy(2);
	bypass_second();
	bank_cells(&bank, 1, 3700);
	bank_run_ms(&bank, 2000);
	bank_cell(&bank, 1, 4, 3810);
	bank_run_ms(&bank, 2000);
	bank.silent[1] = true;
	bank_run_ms(&bank, 70000);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	/* The guard of the discharge temperature is off. */
	healthy(2);
	bypass_second();
	bank_temperature(&bank, 1, 560);
	bank_run_ms(&bank, 2000);
	bank.silent[1] = true;
	bank_run_ms(&bank, 70000);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: edges");
	TCase *tc = tcase_create("edges");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_single_battery_is_never_left_out);
	tcase_add_test(tc,
		       a_doubt_does_not_outlive_a_good_reading_or_a_clock_step);
	tcase_add_test(tc, switching_off_gives_reasons_and_no_code);
	tcase_add_test(tc,
		       the_wait_for_the_inverter_has_an_end_that_is_named);
	tcase_add_test(tc,
		       an_inverter_lost_within_the_wait_is_missed_at_once);
	tcase_add_test(tc,
		a_pack_may_tell_no_voltage_no_serial_and_other_sensors);
	tcase_add_test(tc, readings_of_a_wrong_size_or_age_are_not_used);
	tcase_add_test(tc,
		       the_own_bits_of_a_left_out_battery_forbid_nothing);
	tcase_add_test(tc, the_debounce_has_an_end_that_is_named);
	tcase_add_test(tc, there_is_room_for_every_reason);
	tcase_add_test(tc, an_unknown_bank_voltage_releases_nothing);
	tcase_add_test(tc, remote_off_is_a_reason_of_its_own_and_no_code);
	tcase_add_loop_test(tc, the_discharge_guard_makes_the_unit_a_charger,
			    0, 2);
	tcase_add_test(tc, one_reading_without_a_pack_voltage_is_enough);
	tcase_add_test(tc,
		       who_falls_silent_under_the_floor_is_not_stood_in_for);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
