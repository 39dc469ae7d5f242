/* SPDX-License-Identifier: MIT */
/*
 * The balancer's status (F2) and the thirteen values of the history (F3),
 * each by a bank that does what makes it.
 */
#include <string.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;
static bool filled; /* within the last later() */

static void current(int32_t ma)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank.sample[i].current_ma = known_i32(ma);
}

static void later_us(uint64_t us)
{
	filled = false;
	bank.input.now = mono_add_us(bank.input.now, us);
	for (uint32_t i = 0; i < bank.n; i++) {
		bank_read(&bank, i);
		filled |= bank.state.filled;
	}
}

static void later(uint32_t ms)
{
	later_us((uint64_t)ms * 1000);
}

static void seconds(int n)
{
	while (n-- > 0)
		later(1000);
}

static void begin(uint32_t n)
{
	bank_init(&bank, n);
	later(1000);
}

static void command(enum bms_command_kind kind, int32_t value)
{
	bank.input.command = (struct bms_command){ .kind = kind,
						    .value = value };
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

/* Cells of 3.51 V at 5 A a battery until the bank counts as full. */
static void fill(void)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank_cells(&bank, i, 3510);
	current(5000);
	for (int i = 0; i < 200; i++) {
		later(1000);
		if (filled)
			return;
	}
	ck_abort_msg("the bank is not full");
}

static void rest(void)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank_cells(&bank, i, 3330);
	current(0);
	later(1000);
}

static void status_is(enum balancer_status status)
{
	ck_assert_str_eq(balancer_names[bank.out.balancer],
			 balancer_names[status]);
}

/* Nothing but time, in days and milliseconds; all stay online at the end. */
static void days_later(uint64_t days, int64_t ms)
{
	bank.input.now.us += days * 86400000000 + (uint64_t)(ms * 1000);
	later(0);
}

/* --- F2 ------------------------------------------------------------------ */

/* F2: a bank that has never been full, and one that has */
START_TEST(a_full_charge_ends_what_is_unknown)
{
	begin(2);
	status_is(BALANCER_UNKNOWN);
	command(BMS_COMMAND_SYNCHRONISE, 0);
	status_is(BALANCER_UNKNOWN);
	fill();
	status_is(BALANCER_BALANCED);
	rest();
	status_is(BALANCER_BALANCED);
}
END_TEST

/* F2: more than 30 days without a full charge */
START_TEST(after_30_days_without_a_full_charge_it_is_unknown)
{
	begin(1);
	fill();
	days_later(30, 0);
	status_is(BALANCER_BALANCED);
	later_us(999);
	status_is(BALANCER_BALANCED);
	later_us(1);
	status_is(BALANCER_UNKNOWN);
	fill();
	status_is(BALANCER_BALANCED);
	/* A clock that has run back takes nothing off the age. */
	days_later(20, 0);
	bank.input.now.us -= 86400000000;
	later(0);
	status_is(BALANCER_BALANCED);
	days_later(10, 0);
	status_is(BALANCER_BALANCED);
	days_later(0, 1);
	status_is(BALANCER_UNKNOWN);
}
END_TEST

/* F2: a battery that was not there at the last full charge */
START_TEST(a_battery_that_is_swapped_makes_it_unknown)
{
	begin(2);
	fill();
	rest();
	status_is(BALANCER_BALANCED);
	strcpy(bank.sample[1].serial, "another");
	later(1000);
	status_is(BALANCER_UNKNOWN);
	fill();
	status_is(BALANCER_BALANCED);
}
END_TEST

/* F2: without a state of charge */
START_TEST(without_a_state_of_charge_it_is_unknown)
{
	begin(1);
	fill();
	bank.silent[0] = true;
	bank_run_ms(&bank, 16000);
	status_is(BALANCER_UNKNOWN);
	bank.silent[0] = false;
	later(1000);
	status_is(BALANCER_BALANCED);
}
END_TEST

/* F2: charging, and a battery balances */
START_TEST(balancing_is_told_while_the_bank_charges)
{
	begin(2);
	fill();
	bank.sample[1].balancing = known_i32(1);
	later(1000);
	status_is(BALANCER_BALANCING);
	current(0);
	later(1000);
	status_is(BALANCER_BALANCED);
	current(1);
	later(1000);
	status_is(BALANCER_BALANCING);
	bank.sample[0].current_ma = UNKNOWN_I32;
	later(1000);
	status_is(BALANCER_BALANCED);
	current(1);
	bank.sample[1].balancing = known_i32(0);
	later(1000);
	status_is(BALANCER_BALANCED);
}
END_TEST

/* F2: at the end of a full charge the cells show how they are */
START_TEST(unlike_cells_at_full_are_imbalanced_until_alike)
{
	begin(2);
	fill();
	bank_cell(&bank, 1, 2, 3610);
	later(1000);
	status_is(BALANCER_BALANCED);
	bank_cell(&bank, 1, 2, 3611);
	later(1000);
	status_is(BALANCER_IMBALANCED);
	/* Neither less of it nor a rest makes it good. */
	bank_cell(&bank, 1, 2, 3561);
	later(1000);
	status_is(BALANCER_IMBALANCED);
	rest();
	status_is(BALANCER_IMBALANCED);
	for (uint32_t i = 0; i < 2; i++)
		bank_cells(&bank, i, 3510);
	bank_cell(&bank, 0, 2, 3500);
	bank_cell(&bank, 1, 2, 3551);
	current(5000);
	seconds(200);
	status_is(BALANCER_IMBALANCED);
	bank_cell(&bank, 1, 2, 3550);
	later(1000);
	status_is(BALANCER_BALANCED);
}
END_TEST

/* F2: a cell that is full long before another, with no full charge */
START_TEST(a_cell_that_runs_ahead_is_an_imbalance)
{
	static const struct {
		uint16_t high_mv;
		uint16_t low_mv;
		int32_t ma;
		bool imbalanced;
	} cases[] = {
		{ 3450, 3249, 5000, true },
		{ 3449, 3248, 5000, false }, /* not steep yet */
		{ 3450, 3250, 5000, false }, /* near enough */
		{ 3450, 3249, 0, false },    /* not charging */
		{ 3450, 3249, -5000, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(1);
		fill();
		rest();
		bank_cell(&bank, 0, 0, cases[i].high_mv);
		bank_cell(&bank, 0, 15, cases[i].low_mv);
		current(cases[i].ma);
		later(1000);
		status_is(cases[i].imbalanced ? BALANCER_IMBALANCED :
						BALANCER_BALANCED);
		rest();
		status_is(cases[i].imbalanced ? BALANCER_IMBALANCED :
						BALANCER_BALANCED);
	}
}
END_TEST

/* --- F3 ------------------------------------------------------------------ */

static int64_t value_of(enum history_id id)
{
	int64_t value;

	ck_assert_msg(history_read(&bank.state, id, &value), "%s is unknown",
		      history_rows[id].name);
	return value;
}

static bool is_known(enum history_id id)
{
	int64_t value;

	return history_read(&bank.state, id, &value);
}

/* F3: design.md's thirteen, each with a kind and a range */
START_TEST(every_row_is_complete)
{
	ck_assert_int_eq(HISTORY_COUNT, 13);
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_row *row = &history_rows[i];

		ck_assert(row->name && *row->name);
		ck_assert(row->help && *row->help);
		ck_assert(row->unit);
		ck_assert_int_lt(row->min, row->max);
		ck_assert_int_ge(row->per, 1);
		ck_assert(row->per == 1 || row->kind == HISTORY_KIND_SUM);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(row->name, history_rows[k].name);
	}
}
END_TEST

/* F3: before anything has been heard */
START_TEST(a_new_history_has_sums_and_nothing_else)
{
	bank_init(&bank, 1);
	bank_step_only(&bank);
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		bool sum = history_rows[i].kind == HISTORY_KIND_SUM;

		ck_assert_int_eq(is_known((enum history_id)i), sum);
		if (sum)
			ck_assert_int_eq(value_of((enum history_id)i), 0);
	}
}
END_TEST

/* F3 */
START_TEST(lowest_and_highest_are_kept)
{
	begin(2);
	bank_cell(&bank, 1, 3, 3201);
	bank_cell(&bank, 0, 7, 3402);
	bank_temperature(&bank, 0, -103);
	bank_temperature(&bank, 1, 412);
	later(1000);
	bank_cells(&bank, 0, 3300);
	bank_cells(&bank, 1, 3300);
	bank_temperature(&bank, 0, 250);
	bank_temperature(&bank, 1, 250);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_MIN_CELL), 3201);
	ck_assert_int_eq(value_of(HISTORY_MAX_CELL), 3402);
	ck_assert_int_eq(value_of(HISTORY_MIN_TEMPERATURE), -103);
	ck_assert_int_eq(value_of(HISTORY_MAX_TEMPERATURE), 412);
	bank_cells(&bank, 0, 3200);
	bank_cells(&bank, 1, 3210);
	later(1000);
	bank_cells(&bank, 0, 3400);
	bank_cells(&bank, 1, 3410);
	later(1000);
	/* Mean of the two in parallel. */
	ck_assert_int_eq(value_of(HISTORY_MIN_VOLTAGE), 16 * 3205);
	ck_assert_int_eq(value_of(HISTORY_MAX_VOLTAGE), 16 * 3405);
}
END_TEST

/* F3: a sense wire that is off is no cell of 0 V, confirmed or not */
START_TEST(what_cannot_be_is_not_kept)
{
	begin(1);
	bank_cell(&bank, 0, 3, 0);
	bank_cell(&bank, 0, 4, 5000);
	bank.sample[0].voltage_mv = known_i32(100001);
	later(1000);
	later(1000);
	ck_assert_int_eq(bank.out.min_cell.value.value, 0);
	ck_assert_int_eq(bank.out.voltage_mv.value, 100001);
	ck_assert_int_eq(value_of(HISTORY_MIN_CELL), 3300);
	ck_assert_int_eq(value_of(HISTORY_MAX_CELL), 3300);
	ck_assert_int_eq(value_of(HISTORY_MAX_VOLTAGE), 16 * 3300);
}
END_TEST

/* F3: what was missing from a full bank at most */
START_TEST(the_deepest_discharge_is_kept)
{
	begin(1);
	command(BMS_COMMAND_SET_SOC, 400);
	later(1000);
	command(BMS_COMMAND_SET_SOC, 900);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_DEEPEST_DISCHARGE), 280 * 600);
	bank_init(&bank, 1);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	later(1000);
	ck_assert(!is_known(HISTORY_DEEPEST_DISCHARGE));
}
END_TEST

/* F3: an hour each way, by hand: 52.8 V at 30 A, then at 20 A */
START_TEST(charge_and_energy_are_summed)
{
	begin(1);
	current(-30000);
	seconds(3600);
	current(20000);
	seconds(3600);
	/* 3599 s at 30 A; half of that before, a sixth after (half of
	 * the difference between 30 A and 20 A). */
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN),
			 (3599 * 30000 + 15000 + 5000) / 3600);
	ck_assert_int_eq(value_of(HISTORY_DISCHARGED_ENERGY),
			 (3599 * 30000 + 15000 + 5000) / 3600 * 528 / 10000);
	ck_assert_int_eq(value_of(HISTORY_CHARGED_ENERGY),
			 3599 * 20000 / 3600 * 528 / 10000);
}
END_TEST

/* F3: neither the intervals nor the parts of a millisecond count */
START_TEST(sums_do_not_depend_on_the_intervals)
{
	uint64_t seed = unit_seed();
	mono_t start;
	uint64_t us;

	begin(1);
	current(-100000);
	later(1000);
	start = bank.input.now;
	for (int i = 0; i < 200000; i++)
		later_us((uint64_t)unit_between(&seed, 0, 30000));
	us = mono_elapsed_us(start, bank.input.now);
	/* 100 A, and half a second at the beginning; in the parts of which
	 * 7.2 million are 1 mAh. */
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN) * 7200000 +
			 bank.state.history.entry[HISTORY_AH_DRAWN].part,
			 (int64_t)(us / 1000) * 200000 + 100000000);
}
END_TEST

/* F3: what nobody has seen is not summed */
START_TEST(gaps_are_left_out_of_the_sums)
{
	begin(1);
	current(-3600000);
	later(15000);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 7500);
	later(15001);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 7500);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 8500);
	bank.sample[0].current_ma = UNKNOWN_I32;
	later(1000);
	current(-3600000);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 8500);
	current(100000001);
	later(1000);
	current(-100000001);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_CHARGED_ENERGY), 0);
	current(-3600000);
	later(1000);
	/* The clock runs back. */
	bank.input.now.us -= 500000;
	bank_step_only(&bank);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 8500);
	bank.sample[0].voltage_mv = known_i32(100001);
	later(1000);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 8500);
}
END_TEST

/* F3: a sum that is as large as can be stored stays there */
START_TEST(a_sum_ends_at_its_range)
{
	struct history_entry *e;

	begin(1);
	e = &bank.state.history.entry[HISTORY_AH_DRAWN];
	e->value = history_rows[HISTORY_AH_DRAWN].max;
	current(-3600000);
	seconds(10);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN),
			 history_rows[HISTORY_AH_DRAWN].max);
}
END_TEST

/* F3 */
START_TEST(a_cycle_is_below_65_and_then_above_90)
{
	static const struct {
		int32_t permille;
		int64_t cycles;
	} steps[] = {
		{ 650, 0 }, { 901, 0 }, { 649, 0 }, { 900, 0 }, { 901, 1 },
		{ 1000, 1 }, { 700, 1 }, { 1000, 1 }, { 0, 1 }, { 500, 1 },
		{ 950, 2 },
	};
	uint32_t events;

	bank_init(&bank, 1);
	bank.sample[0].soc_permille = known_i32(700);
	later(1000);
	events = bank.out.events;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		bank.input.command.kind = BMS_COMMAND_SET_SOC;
		bank.input.command.value = steps[i].permille;
		later(1000);
		bank.input.command.kind = BMS_COMMAND_NONE;
		ck_assert_int_eq(value_of(HISTORY_CYCLES), steps[i].cycles);
	}
	/* One for each command, cycle, and alarm that came or went. */
	ck_assert_uint_ge(bank.out.events, events + 13);
	/* Counts need to be known. */
	bank_init(&bank, 1);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_CYCLES), 0);
}
END_TEST

/* F3: a full charge is counted after less than 90 % */
START_TEST(synchronisations_are_full_charges_after_use)
{
	bank_init(&bank, 1);
	bank.sample[0].soc_permille = known_i32(900);
	fill();
	ck_assert_int_eq(value_of(HISTORY_SYNCHRONISATIONS), 0);
	rest();
	fill();
	ck_assert_int_eq(value_of(HISTORY_SYNCHRONISATIONS), 0);
	rest();
	command(BMS_COMMAND_SET_SOC, 900);
	later(1000);
	fill();
	ck_assert_int_eq(value_of(HISTORY_SYNCHRONISATIONS), 0);
	rest();
	command(BMS_COMMAND_SET_SOC, 899);
	later(1000);
	fill();
	ck_assert_int_eq(value_of(HISTORY_SYNCHRONISATIONS), 1);
	command(BMS_COMMAND_SYNCHRONISE, 0);
	seconds(200);
	ck_assert_int_eq(value_of(HISTORY_SYNCHRONISATIONS), 1);
}
END_TEST

/* F3 */
START_TEST(the_time_since_the_last_full_charge_grows)
{
	begin(1);
	ck_assert(!is_known(HISTORY_FULL_CHARGE_AGE));
	fill();
	ck_assert_int_eq(value_of(HISTORY_FULL_CHARGE_AGE), 0);
	days_later(3, 1999);
	ck_assert_int_eq(value_of(HISTORY_FULL_CHARGE_AGE), 3 * 86400 + 1);
	fill();
	ck_assert_int_eq(value_of(HISTORY_FULL_CHARGE_AGE), 0);
}
END_TEST

/* F3: after a reset it is as at first, but for the last full charge */
START_TEST(a_reset_begins_anew)
{
	uint32_t events;

	begin(1);
	fill();
	rest();
	current(-3600000);
	seconds(100);
	events = bank.out.events;
	command(BMS_COMMAND_RESET_HISTORY, 0);
	ck_assert_uint_eq(bank.out.events, events + 1);
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		bool sum = history_rows[i].kind == HISTORY_KIND_SUM;

		if (i == HISTORY_FULL_CHARGE_AGE)
			continue;
		ck_assert_int_eq(is_known((enum history_id)i), sum);
		if (sum)
			ck_assert_int_eq(value_of((enum history_id)i), 0);
	}
	ck_assert_int_eq(value_of(HISTORY_FULL_CHARGE_AGE), 101);
	status_is(BALANCER_BALANCED);
	later(1000);
	/* What was before the reset is not summed after it. */
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 0);
	later(1000);
	ck_assert_int_eq(value_of(HISTORY_AH_DRAWN), 1000);
	ck_assert_int_eq(value_of(HISTORY_MIN_CELL), 3330);
}
END_TEST

/* F3: what is worth saving at once: alarms and errors, not warnings */
START_TEST(alarms_are_events_and_warnings_are_none)
{
	uint32_t events;

	begin(1);
	bank_start(&bank);
	events = bank.out.events;
	bank_cell(&bank, 0, 3, 3100);
	later(1000);
	ck_assert(bank_has_code(&bank, CODE_W_B01));
	ck_assert_uint_eq(bank.out.events, events);
	bank_cell(&bank, 0, 3, 3750);
	later(1000);
	later(1000);
	ck_assert(bank_has_code(&bank, CODE_A_X02));
	ck_assert_uint_eq(bank.out.events, events + 1);
	later(1000);
	ck_assert_uint_eq(bank.out.events, events + 1);
	bank_cells(&bank, 0, 3300);
	later(1000);
	seconds(40);
	ck_assert(!bank_has_code(&bank, CODE_A_X02));
	ck_assert_uint_eq(bank.out.events, events + 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: balance and history");
	TCase *tc = tcase_create("balance");

	tcase_add_test(tc, a_full_charge_ends_what_is_unknown);
	tcase_add_test(tc, after_30_days_without_a_full_charge_it_is_unknown);
	tcase_add_test(tc, a_battery_that_is_swapped_makes_it_unknown);
	tcase_add_test(tc, without_a_state_of_charge_it_is_unknown);
	tcase_add_test(tc, balancing_is_told_while_the_bank_charges);
	tcase_add_test(tc, unlike_cells_at_full_are_imbalanced_until_alike);
	tcase_add_test(tc, a_cell_that_runs_ahead_is_an_imbalance);
	suite_add_tcase(suite, tc);
	tc = tcase_create("history");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_row_is_complete);
	tcase_add_test(tc, a_new_history_has_sums_and_nothing_else);
	tcase_add_test(tc, lowest_and_highest_are_kept);
	tcase_add_test(tc, what_cannot_be_is_not_kept);
	tcase_add_test(tc, the_deepest_discharge_is_kept);
	tcase_add_test(tc, charge_and_energy_are_summed);
	tcase_add_test(tc, sums_do_not_depend_on_the_intervals);
	tcase_add_test(tc, gaps_are_left_out_of_the_sums);
	tcase_add_test(tc, a_sum_ends_at_its_range);
	tcase_add_test(tc, a_cycle_is_below_65_and_then_above_90);
	tcase_add_test(tc, synchronisations_are_full_charges_after_use);
	tcase_add_test(tc, the_time_since_the_last_full_charge_grows);
	tcase_add_test(tc, a_reset_begins_anew);
	tcase_add_test(tc, alarms_are_events_and_warnings_are_none);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
