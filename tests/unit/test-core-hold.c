/* SPDX-License-Identifier: MIT */
/* H2: what a restart of this program within an update keeps, and how long. */
#include "lib/core/update.h"
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void hand_in(enum bms_command_kind kind)
{
	bank.input.command = (struct bms_command){ .kind = kind };
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

/* The first step of a program that takes over; everybody is silent yet. */
static void take_over(uint32_t n, uint32_t window_ms, uint32_t held_ms)
{
	bank_init(&bank, n);
	for (uint32_t i = 0; i < n; i++)
		bank.silent[i] = true;
	bank.input.left_over.window_ms = window_ms;
	bank.input.left_over.held_ms = held_ms;
	bank_step_only(&bank);
	bank.input.left_over = (struct bms_left_over){ 0 };
}

static void hear_all(void)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank.silent[i] = false;
	bank_run_ms(&bank, 2500);
}

/* H1, H2: ATC floats until the window is over, ATD never does */
START_TEST(a_restart_within_an_update_drops_no_loads)
{
	take_over(3, 600000, 119500);
	ck_assert(bank.out.updating && bank.out.held);
	for (int i = 0; i < 100; i++) {
		ck_assert(bank.out.atd_high && !bank.out.atc_high);
		bank_run_ms(&bank, 1000);
	}
	ck_assert(bank_reason(&bank, REASON_UNKNOWN)->forbids_charge);
	ck_assert(!bank_reason(&bank, REASON_UNKNOWN)->forbids_discharge);
	/* Told all the same. */
	ck_assert(bank_has_code(&bank, CODE_A_B05));
	hear_all();
	ck_assert(!bank.out.held && bank.out.updating);
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
	bank_run_ms(&bank, 60000);
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high && bank.out.atc_high);
}
END_TEST

/* H1: its window ends by itself at the instant it would have ended */
START_TEST(the_window_has_the_rest_of_its_time)
{
	mono_t end;

	take_over(2, 500000, 0);
	end = mono_add_ms(bank.input.now, 500000);
	ck_assert_uint_eq(update_left_ms(&bank.state), 500000);
	ck_assert(!bank.out.atd_high && !bank.out.held);
	hear_all();
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
	bank_run_ms(&bank, 497499);
	ck_assert(bank.out.updating && !bank.out.atc_high);
	ck_assert_uint_eq(bank.out.next.us, end.us);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.updating && bank.out.atc_high);
}
END_TEST

/* H1, H2: one that is not heard in time opens ATD, to the microsecond */
START_TEST(what_is_not_heard_in_time_opens_atd)
{
	mono_t end;

	take_over(2, 600000, 100000);
	end = mono_add_ms(bank.input.now, 100000);
	bank.silent[0] = false;
	while (mono_before(bank.out.next, end)) {
		bank.input.now = bank.out.next;
		bank_read(&bank, 0);
		ck_assert(bank.out.atd_high && bank.out.held);
	}
	ck_assert_uint_eq(bank.out.next.us, end.us);
	bank.input.now.us = end.us - 1;
	bank_step_only(&bank);
	ck_assert(bank.out.atd_high);
	bank.input.now = end;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high && !bank.out.held);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
	/* As after any start. */
	hear_all();
	ck_assert(bank.out.atd_high && !bank.out.held);
}
END_TEST

/* H1, H2: a command that restarts the program ends the window at once */
START_TEST(the_end_of_the_window_does_not_end_the_hold)
{
	take_over(2, 600000, 119000);
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert(!bank.out.updating && bank.out.held);
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
	bank_run_ms(&bank, 20000);
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
	hear_all();
	ck_assert(bank.out.atd_high && bank.out.atc_high);
	/* From now on a silence is one. */
	bank.silent[1] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* H1, H2: whoever is heard counts as ever */
START_TEST(what_is_heard_and_bad_opens_atd_at_once)
{
	take_over(2, 600000, 119000);
	bank_cell(&bank, 0, 3, 2490);
	bank_read(&bank, 0);
	ck_assert(!bank.out.atd_high && !bank.out.held);
	/* For good: the other one is heard no sooner for it. */
	bank_cell(&bank, 0, 3, 3300);
	bank.silent[0] = false;
	bank_run_ms(&bank, 100000);
	ck_assert(!bank.out.atd_high);

	take_over(2, 600000, 119000);
	bank.sample[1].protections = 1u << PROTECTION_DISCHARGE_OVERCURRENT;
	bank_read(&bank, 1);
	ck_assert(!bank.out.atd_high && !bank.out.held);

	/* What cannot be is nothing to go on with. */
	take_over(2, 600000, 119000);
	bank_cell(&bank, 1, 2, 6000);
	bank_read(&bank, 1);
	ck_assert(!bank.out.atd_high && !bank.out.held);

	/* Heard, and silent with the window over. */
	take_over(2, 600000, 119000);
	bank_read(&bank, 0);
	hand_in(BMS_COMMAND_END_UPDATE);
	bank_run_ms(&bank, 14000);
	ck_assert(bank.out.atd_high && bank.out.held);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high && !bank.out.held);
}
END_TEST

/* H2: for whatever reason it floats, it does so for good */
START_TEST(a_hold_ends_when_atd_floats)
{
	take_over(2, 600000, 119000);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high && !bank.out.held);
	bank.input.mode = BMS_MODE_ON;
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.out.atd_high);

	take_over(2, 600000, 119000);
	bank.input.lines_failed = true;
	bank_step_only(&bank);
	bank.input.lines_failed = false;
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.out.atd_high && !bank.out.held);

	take_over(2, 600000, 119000);
	bank.input.now.us -= 1000;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high && !bank.out.updating);

	/* Said twice is said once. */
	take_over(2, 600000, 119000);
	bank.input.mode = BMS_MODE_OFF;
	bank.input.left_over.held_ms = 119000;
	bank_step_only(&bank);
	bank.input.mode = BMS_MODE_ON;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high);
}
END_TEST

static void take_over_with_remote(int32_t l)
{
	bank_init(&bank, 1);
	bank.silent[0] = true;
	bank.input.left_over.held_ms = 119000;
	bank.input.remote_fitted = true;
	bank.input.remote_l = known_i32(l);
	bank.input.remote_h = known_i32(0);
	bank_step_only(&bank);
	bank.input.left_over = (struct bms_left_over){ 0 };
}

/* D1, H2: it was on; that it is off has to last as long as ever */
START_TEST(remote_off_ends_a_hold_and_remote_on_does_not)
{
	take_over_with_remote(0);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 5000);
	ck_assert(bank.out.atd_high);
	take_over_with_remote(1);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 99);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 1);
	ck_assert(!bank.out.atd_high);
	bank.input.remote_l = known_i32(0);
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* D1, H2: off, but not yet for as long as it takes */
START_TEST(a_remote_switch_that_is_being_switched_off_is_not_held)
{
	bank_init(&bank, 1);
	bank.input.remote_fitted = true;
	bank.input.remote_l = known_i32(0);
	bank.input.remote_h = known_i32(0);
	bank_start(&bank);
	hand_in(BMS_COMMAND_BEGIN_UPDATE);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 120000);
	bank.input.remote_l = known_i32(1);
	bank_step_only(&bank);
	ck_assert(bank.out.atd_high);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);
}
END_TEST

/* C4, H2 */
START_TEST(the_inverter_is_left_as_it_is_while_held)
{
	take_over(2, 600000, 119000);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(bank.out.inverter.state, INVERTER_LEAVE);
		ck_assert_int_eq(bank.out.inverter.charge_current_ma.value,
				 0);
		bank_run_ms(&bank, 1000);
	}
	hear_all();
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.value, 0);
	take_over(2, 600000, 119000);
	bank_run_ms(&bank, 119000);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
}
END_TEST

/* A2, H2: batteries of four cells are arranged by what the inverter says */
START_TEST(a_bank_that_is_not_arranged_yet_is_held)
{
	struct inverter_reading unit = { .connected = true };

	take_over(4, 600000, 60000);
	for (uint32_t i = 0; i < 4; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	hear_all();
	ck_assert(bank.out.held && bank.out.atd_high);
	ck_assert(!bank_reason(&bank, REASON_ARRANGEMENT)->forbids_discharge);
	unit.dc_mv = known_i32(52800);
	unit.dc_time = bank.input.now;
	bank.input.inverter = &unit;
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.held && bank.out.atd_high);
	ck_assert_uint_eq(bank.out.series, 4);

	/* Known and wrong is wrong. */
	take_over(3, 600000, 60000);
	for (uint32_t i = 0; i < 3; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	unit.dc_time = bank.input.now;
	bank.input.inverter = &unit;
	hear_all();
	ck_assert(!bank.out.held && !bank.out.atd_high);

	/* Nobody tells. */
	take_over(4, 600000, 60000);
	for (uint32_t i = 0; i < 4; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	hear_all();
	bank_run_ms(&bank, 57000);
	ck_assert(bank.out.held && bank.out.atd_high);
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.out.held && !bank.out.atd_high);
}
END_TEST

/* H2: more than can be was not left by us */
START_TEST(more_than_can_be_left_is_nothing)
{
	take_over(2, 900001, 120001);
	ck_assert(!bank.out.updating && !bank.out.held);
	ck_assert(!bank.out.atd_high);
	take_over(2, 900000, 120000);
	ck_assert(bank.out.updating && bank.out.held && bank.out.atd_high);
	/* Of no battery nothing is held. */
	take_over(0, 900000, 120000);
	ck_assert(!bank.out.held && !bank.out.atd_high);
}
END_TEST

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);
	hand_in(BMS_COMMAND_BEGIN_UPDATE);
}

/* H2: how long the line may be without a program */
START_TEST(only_a_sound_bank_within_a_window_may_be_held)
{
	healthy(2);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 120000);
	/* No longer than the window. */
	bank_run_ms(&bank, 810000);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 90000);
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);

	/* One that is silent already has begun its 120 s. */
	healthy(2);
	bank.silent[1] = true;
	bank_run_ms(&bank, 4000);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 120000);
	bank_run_ms(&bank, 56000);
	ck_assert_uint_le(update_hold_ms(&bank.state), 61000);
	ck_assert_uint_ge(update_hold_ms(&bank.state), 59000);
	bank_run_ms(&bank, 61000);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);

	/* Nearly empty, */
	healthy(2);
	bank_cell(&bank, 1, 2, 3100);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);

	/* so after its return from a silence that was kept, */
	healthy(2);
	bank.silent[1] = true;
	bank_run_ms(&bank, 20000);
	bank_cell(&bank, 1, 2, 3100);
	bank.silent[1] = false;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high && bank.battery[1].kept);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);

	/* or by what it says of its charge, while the other is silent, */
	healthy(2);
	bank.silent[1] = true;
	bank_run_ms(&bank, 20000);
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].soc_permille = known_i32(110);
		bank.sample[i].remaining_mah = known_i32(30800);
	}
	bank.silent[1] = false;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);

	/* low as a whole, but not yet for 10 s, */
	healthy(2);
	for (uint32_t i = 0; i < 2; i++)
		bank.sample[i].voltage_mv = known_i32(44000);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);

	/* bypassed, */
	healthy(2);
	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BYPASS, .battery = 2, .value = 600,
	};
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);

	/* or not driven at all. */
	healthy(2);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 0);
}
END_TEST

/* H2: two restarts have no more time than one */
START_TEST(a_second_restart_has_what_is_left_of_the_first)
{
	take_over(2, 600000, 100000);
	bank_run_ms(&bank, 30000);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 70000);
	bank.silent[0] = false;
	bank_run_ms(&bank, 30000);
	ck_assert_uint_eq(update_hold_ms(&bank.state), 40000);
	hear_all();
	ck_assert_uint_eq(update_hold_ms(&bank.state), 120000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: hold");
	TCase *tc = tcase_create("hold");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_restart_within_an_update_drops_no_loads);
	tcase_add_test(tc, the_window_has_the_rest_of_its_time);
	tcase_add_test(tc, what_is_not_heard_in_time_opens_atd);
	tcase_add_test(tc, the_end_of_the_window_does_not_end_the_hold);
	tcase_add_test(tc, what_is_heard_and_bad_opens_atd_at_once);
	tcase_add_test(tc, a_hold_ends_when_atd_floats);
	tcase_add_test(tc, remote_off_ends_a_hold_and_remote_on_does_not);
	tcase_add_test(tc,
		a_remote_switch_that_is_being_switched_off_is_not_held);
	tcase_add_test(tc, the_inverter_is_left_as_it_is_while_held);
	tcase_add_test(tc, a_bank_that_is_not_arranged_yet_is_held);
	tcase_add_test(tc, more_than_can_be_left_is_nothing);
	tcase_add_test(tc, only_a_sound_bank_within_a_window_may_be_held);
	tcase_add_test(tc, a_second_restart_has_what_is_left_of_the_first);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
