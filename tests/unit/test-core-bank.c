/* SPDX-License-Identifier: MIT */
/* Requirements A1-A5, B14, D1 on the core alone. */
#include <string.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

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

/* A2: what was recognised was that of the cells of before */
START_TEST(batteries_of_other_cells_are_arranged_anew)
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
	bank.input.inverter = NULL;
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].n_cells = 8;
		bank.sample[i].serial[0] = '9';
		bank_cells(&bank, i, 3300);
	}
	bank_run_ms(&bank, 70000);
	ck_assert_uint_eq(bank.out.series, 0);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	reading.dc_time = bank.input.now;
	bank.input.inverter = &reading;
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.series, 1);
	ck_assert_uint_eq(bank.out.parallel, 2);
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

/* A3: what was measured once and is no more is not forgotten */
START_TEST(a_battery_that_loses_a_cell_is_named_and_forbids)
{
	healthy(1);
	bank.sample[0].n_cells = 15;
	bank_cells(&bank, 0, 3300);
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert(bank_has_code(&bank, CODE_E_B05));
	/* Another battery in its place may have as many as it likes. */
	strcpy(bank.sample[0].serial, "77777777777");
	bank_run_ms(&bank, 34000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
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
	bank.sample[1].serial[0] = '\0';
	bank_run_ms(&bank, 2000);
	ck_assert(!bank_has_code(&bank, CODE_W_X02));
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
	Suite *suite = suite_create("core: bank");
	TCase *tc = tcase_create("bank");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, failed_lines_float_both);
	tcase_add_test(tc, fifty_batteries_make_a_bank);
	tcase_add_loop_test(tc, the_arrangement_is_recognised, 0,
			    ARRAY_SIZE(arrangements));
	tcase_add_test(tc, the_arrangement_outlives_the_inverters_silence);
	tcase_add_test(tc, batteries_of_other_cells_are_arranged_anew);
	tcase_add_test(tc, an_unlike_battery_is_named_and_forbids);
	tcase_add_test(tc,
		       a_battery_that_loses_a_cell_is_named_and_forbids);
	tcase_add_test(tc, bank_voltage_outside_9_to_60_forbids_both);
	tcase_add_test(tc, a_swapped_battery_and_a_double_are_noticed);
	tcase_add_test(tc, remote_off_floats_both_after_the_debounce);
	tcase_add_test(tc,
		       a_clock_running_back_has_every_battery_heard_again);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
