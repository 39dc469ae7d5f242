/* SPDX-License-Identifier: MIT */
/* Every figure and table row of the core: A2-A4, B5-B12. */
#include <string.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

static const struct {
	enum battery_protection bit;
	bool charge; /* forbidden */
	bool discharge;
} own[] = {
	{ PROTECTION_CELL_OVERVOLTAGE, true, false },
	{ PROTECTION_PACK_OVERVOLTAGE, true, false },
	{ PROTECTION_CELL_UNDERVOLTAGE, false, true },
	{ PROTECTION_PACK_UNDERVOLTAGE, false, true },
	{ PROTECTION_CHARGE_OVERCURRENT, true, false },
	{ PROTECTION_DISCHARGE_OVERCURRENT, false, true },
	{ PROTECTION_CHARGE_SHORT_CIRCUIT, true, true },
	{ PROTECTION_DISCHARGE_SHORT_CIRCUIT, true, true },
	{ PROTECTION_CHARGE_OVERTEMPERATURE, true, false },
	{ PROTECTION_CHARGE_UNDERTEMPERATURE, true, false },
	{ PROTECTION_DISCHARGE_OVERTEMPERATURE, false, true },
	{ PROTECTION_DISCHARGE_UNDERTEMPERATURE, false, true },
	{ PROTECTION_MOS_OVERTEMPERATURE, true, true },
	{ PROTECTION_CHARGE_SWITCH_FAULT, true, false },
	{ PROTECTION_DISCHARGE_SWITCH_FAULT, false, true },
	{ PROTECTION_SENSOR_FAULT, true, true },
	{ PROTECTION_INTERNAL_FAULT, true, true },
};

_Static_assert(ARRAY_SIZE(own) == PROTECTION_COUNT, "every protection");

/* B9, C2, C3 */
START_TEST(what_a_battery_protects_against_is_forbidden_and_no_more)
{
	struct inverter_reading reading = { .connected = true };
	const struct reason *r;

	healthy(2);
	bank.input.inverter = &reading;
	bank_run_ms(&bank, 20000);
	bank.sample[1].protections = 1u << own[_i].bit;
	bank_run_ms(&bank, 1100);
	ck_assert_int_eq(bank.out.atc_high, !own[_i].charge);
	ck_assert_int_eq(bank.out.atd_high, !own[_i].discharge);
	r = bank_reason(&bank, REASON_BATTERY_PROTECTS);
	ck_assert_uint_eq(r->battery, 2);
	ck_assert(r->has_value);
	ck_assert_int_eq(r->value, (int)own[_i].bit);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.value == 0,
			 own[_i].charge);
	ck_assert_int_eq(bank.out.inverter.state, own[_i].discharge ?
			 INVERTER_CHARGER_ONLY : INVERTER_ON);
}
END_TEST

static const struct {
	bool charge; /* which limit */
	uint16_t cell_mv;
	int32_t temperature_dc;
	int32_t permille;
} tapers[] = {
	{ true, 3450, 250, 1000 }, { true, 3451, 250, 994 },
	{ true, 3500, 250, 665 },  { true, 3550, 250, 330 },
	{ true, 3551, 250, 328 },  { true, 3650, 250, 50 },
	{ true, 3651, 250, 49 },   { true, 3699, 250, 1 },
	{ true, 3700, 250, 0 },    { true, 3749, 250, 0 },
	{ true, 3300, 50, 100 },   { true, 3300, 51, 109 },
	{ true, 3300, 149, 991 },  { true, 3300, 150, 1000 },
	{ true, 3300, 450, 1000 }, { true, 3300, 451, 982 },
	{ true, 3300, 499, 118 },  { true, 3300, 500, 100 },
	{ true, 3500, 100, 550 },
	{ false, 3100, 250, 1000 }, { false, 3099, 250, 997 },
	{ false, 2950, 250, 550 },  { false, 2801, 250, 103 },
	{ false, 2800, 250, 100 },
};

/* B11 */
START_TEST(limits_taper_as_the_table_says)
{
	bank_init(&bank, 2);
	bank_start(&bank);
	bank_run_ms(&bank, 70000);
	bank_temperature(&bank, 1, tapers[_i].temperature_dc);
	bank_cell(&bank, 1, 2, tapers[_i].cell_mv);
	bank_run_ms(&bank, 1100);
	/* 0.3C and 0.5C of 560 Ah */
	if (tapers[_i].charge)
		ck_assert_int_eq(bank.out.charge_limit_ma.value,
				 168 * tapers[_i].permille);
	else
		ck_assert_int_eq(bank.out.discharge_limit_ma.value,
				 280 * tapers[_i].permille);
}
END_TEST

/* B11: one reading of the rise is one sixtieth a second */
START_TEST(limits_rise_by_a_sixtieth_a_second_and_not_over_gaps)
{
	healthy(1);
	bank_run_ms(&bank, 70000);
	bank_cell(&bank, 0, 0, 3720);
	bank_run_ms(&bank, 1000);
	bank_cell(&bank, 0, 0, 3300);
	bank.input.now = mono_add_ms(bank.input.now, 600);
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 840);
	bank.input.now = mono_add_ms(bank.input.now, 600);
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 840);
	bank.input.now = mono_add_ms(bank.input.now, 600);
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 2520);
	bank.input.now = mono_add_ms(bank.input.now, 5001);
	bank_read(&bank, 0);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 2520);
}
END_TEST

/* B11: a pack that wants nothing gets nothing; less than nothing is none */
START_TEST(a_packs_own_wish_of_0_counts_and_a_negative_one_does_not)
{
	healthy(2);
	bank_run_ms(&bank, 70000);
	bank.sample[1].charge_limit_ma = known_i32(0);
	bank.sample[0].discharge_limit_ma = known_i32(10);
	bank.sample[1].discharge_limit_ma = known_i32(11);
	bank_run_ms(&bank, 1100);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 0);
	ck_assert_int_eq(bank.out.discharge_limit_ma.value, 20);
	bank.sample[1].charge_limit_ma = known_i32(-1);
	bank.sample[0].discharge_limit_ma = UNKNOWN_I32;
	bank.sample[1].discharge_limit_ma = UNKNOWN_I32;
	bank_run_ms(&bank, 70000);
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 168000);
	ck_assert_int_eq(bank.out.discharge_limit_ma.value, 280000);
}
END_TEST

/* B9, B11: what one direction lacks is no figure for the other either */
START_TEST(limits_are_unknown_while_one_direction_knows_no_capacity)
{
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank_run_ms(&bank, 70000);
	bank.sample[1].charge_switch_on = known_i32(0);
	bank.sample[1].design_mah = UNKNOWN_I32;
	bank.sample[1].full_mah = UNKNOWN_I32;
	bank_run_ms(&bank, 1100);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert(!bank.out.charge_limit_ma.known);
	ck_assert(!bank.out.discharge_limit_ma.known);
	/* And then they rise from nothing. */
	bank.sample[1].design_mah = known_i32(280000);
	bank_run_ms(&bank, 1100);
	ck_assert_int_lt(bank.out.discharge_limit_ma.value, 280000 / 20);
}
END_TEST

/* B11: no sum of absurd capacities turns a limit round */
START_TEST(a_limit_ends_where_numbers_do)
{
	healthy(8);
	for (uint32_t i = 0; i < 8; i++) {
		bank.sample[i].design_mah = known_i32(INT32_MAX);
		bank.sample[i].full_mah = known_i32(INT32_MAX);
	}
	bank_run_ms(&bank, 110000); /* for a while they were unlike */
	ck_assert_int_eq(bank.out.charge_limit_ma.value, INT32_MAX);
	ck_assert_int_eq(bank.out.discharge_limit_ma.value, INT32_MAX);
}
END_TEST

/* B12 */
START_TEST(extremes_name_battery_and_cell)
{
	healthy(3);
	bank_cell(&bank, 2, 15, 3290);
	bank_cell(&bank, 1, 4, 3310);
	bank.sample[0].temperature[1].dc = known_i32(200);
	bank.sample[2].temperature[0].dc = known_i32(300);
	bank.sample[1].balancing = known_i32(1);
	bank_run_ms(&bank, 1100);
	ck_assert_int_eq(bank.out.min_cell.value.value, 3290);
	ck_assert_uint_eq(bank.out.min_cell.battery, 3);
	ck_assert_uint_eq(bank.out.min_cell.cell, 16);
	ck_assert_int_eq(bank.out.max_cell.value.value, 3310);
	ck_assert_uint_eq(bank.out.max_cell.battery, 2);
	ck_assert_uint_eq(bank.out.max_cell.cell, 5);
	ck_assert_int_eq(bank.out.min_temperature.value.value, 200);
	ck_assert_uint_eq(bank.out.min_temperature.battery, 1);
	ck_assert_uint_eq(bank.out.min_temperature.cell, 2);
	ck_assert_uint_eq(bank.out.max_temperature.battery, 3);
	ck_assert_uint_eq(bank.out.max_temperature.cell, 1);
	ck_assert(bank.out.balancing);
	bank.sample[1].balancing = known_i32(0);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.balancing);
}
END_TEST

/* B8: to the millisecond */
START_TEST(silence_counts_from_5_and_15_seconds_on)
{
	const struct reason *r;
	mono_t read;

	healthy(1);
	bank_read(&bank, 0);
	read = bank.input.now;
	ck_assert_uint_eq(bank.out.next.us, read.us + 5000000);
	bank.input.now.us = read.us + 4999999;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, 0);
	bank.input.now.us = read.us + 5000000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05));
	ck_assert_uint_eq(bank.out.next.us, read.us + 15000000);
	bank.input.now.us = read.us + 14999999;
	bank_step_only(&bank);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank.input.now.us = read.us + 15000000;
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	r = bank_reason(&bank, REASON_SILENT);
	ck_assert(r->has_value);
	ck_assert_int_eq(r->value, 15000);
	ck_assert_int_eq(r->limit, 15000);
	ck_assert_uint_eq(r->since.us, read.us + 15000000);
	bank.input.now.us = UINT64_MAX / 2;
	bank_step_only(&bank);
	ck_assert_int_eq(bank_reason(&bank, REASON_SILENT)->value, INT32_MAX);
}
END_TEST

/* B1, B8 */
START_TEST(the_first_wait_counts_from_the_start)
{
	bank_init(&bank, 1);
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, 0);
	ck_assert_uint_eq(bank.out.next.us, 6000000);
	bank.input.now.us = 6000000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05));
	ck_assert_uint_eq(bank.out.next.us, 16000000);
	bank.input.now.us = 15999999;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05));
	bank.input.now.us = 16000000;
	bank_step_only(&bank);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_B05) |
			  CODE_BIT(CODE_A_B05));
	ck_assert_uint_eq(bank_reason(&bank, REASON_UNKNOWN)->since.us,
			  1000000);
}
END_TEST

/* A3 */
START_TEST(capacities_may_differ_by_5_percent)
{
	healthy(3);
	bank.sample[0].design_mah = known_i32(266000);
	bank_run_ms(&bank, 1100);
	ck_assert(bank.out.atd_high);
	bank.sample[0].design_mah = known_i32(265999);
	bank_run_ms(&bank, 1100);
	ck_assert(!bank.out.atd_high);
	ck_assert_uint_eq(bank_reason(&bank, REASON_MISMATCH)->battery, 1);
	ck_assert(bank_reason(&bank, REASON_MISMATCH)->has_value);
	ck_assert_int_eq(bank_reason(&bank, REASON_MISMATCH)->value, 16);
	ck_assert_int_eq(bank_reason(&bank, REASON_MISMATCH)->limit, 16);
	bank.sample[0].design_mah = UNKNOWN_I32;
	bank.sample[0].full_mah = UNKNOWN_I32;
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
}
END_TEST

static const struct {
	int32_t mv;
	uint32_t series; /* of 4-cell batteries */
} windows[] = {
	{ 8999, 0 },  { 9000, 1 },  { 17000, 1 }, { 17001, 0 },
	{ 17999, 0 }, { 18000, 2 }, { 34000, 2 }, { 34001, 0 },
	{ 34999, 0 }, { 35000, 4 }, { 68000, 4 }, { 68001, 0 },
};

/* A2 */
START_TEST(the_inverters_voltage_has_windows)
{
	struct inverter_reading reading = {
		.connected = true, .dc_mv = { windows[_i].mv, true },
	};

	bank_init(&bank, 4);
	for (uint32_t i = 0; i < 4; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	bank.input.inverter = &reading;
	bank_run_ms(&bank, 2000);
	ck_assert_uint_eq(bank.out.series, windows[_i].series);
	ck_assert_int_eq(bank.out.nominal_mv.value,
			 12800 * (int)windows[_i].series);
	if (windows[_i].series == 0)
		ck_assert(bank_reason(&bank, REASON_ARRANGEMENT)->has_value);
}
END_TEST

/* C3 */
START_TEST(the_hard_heat_stop_returns_2_k_below_itself)
{
	healthy(1);
	bank_temperature(&bank, 0, 551);
	bank_run_ms(&bank, 1100);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_CHARGE_HOT_HARD));
	bank_temperature(&bank, 0, 531);
	bank_run_ms(&bank, 40000);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_CHARGE_HOT_HARD));
	bank_temperature(&bank, 0, 530);
	bank_run_ms(&bank, 33000);
	ck_assert_ptr_null(bank_reason(&bank, REASON_CHARGE_HOT_HARD));
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_CHARGE_HOT));
}
END_TEST

/* B6 */
START_TEST(state_of_charge_is_known_from_0_to_100)
{
	static const struct {
		int32_t permille;
		bool known;
	} cases[] = {
		{ -1, false }, { 0, true }, { 1000, true }, { 1001, false },
	};

	healthy(1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bank.sample[0].soc_permille = known_i32(cases[i].permille);
		bank_run_ms(&bank, 1100);
		ck_assert_int_eq(bank.out.own_soc_permille.known,
				 cases[i].known);
	}
}
END_TEST

/* B7: a cell at its own limit speaks for itself */
START_TEST(a_low_bank_with_a_low_cell_is_left_to_the_cell)
{
	healthy(1);
	bank_cells(&bank, 0, 2820);
	bank_run_ms(&bank, 2100);
	bank_cell(&bank, 0, 0, 2800);
	bank.sample[0].voltage_mv = known_i32(44700);
	bank_run_ms(&bank, 20000);
	ck_assert(bank.out.atd_high);
	ck_assert(!bank_has_code(&bank, CODE_A_B08));
	bank_cell(&bank, 0, 0, 2801);
	bank.sample[0].voltage_mv = known_i32(44800); /* not below */
	bank_run_ms(&bank, 5000);
	ck_assert(!bank_has_code(&bank, CODE_A_B08));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: figures");
	TCase *tc = tcase_create("figures");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc,
		what_a_battery_protects_against_is_forbidden_and_no_more, 0,
		ARRAY_SIZE(own));
	tcase_add_loop_test(tc, limits_taper_as_the_table_says, 0,
			    ARRAY_SIZE(tapers));
	tcase_add_test(tc,
		       limits_rise_by_a_sixtieth_a_second_and_not_over_gaps);
	tcase_add_test(tc,
		a_packs_own_wish_of_0_counts_and_a_negative_one_does_not);
	tcase_add_test(tc,
		limits_are_unknown_while_one_direction_knows_no_capacity);
	tcase_add_test(tc, a_limit_ends_where_numbers_do);
	tcase_add_test(tc, extremes_name_battery_and_cell);
	tcase_add_test(tc, silence_counts_from_5_and_15_seconds_on);
	tcase_add_test(tc, the_first_wait_counts_from_the_start);
	tcase_add_test(tc, capacities_may_differ_by_5_percent);
	tcase_add_loop_test(tc, the_inverters_voltage_has_windows, 0,
			    ARRAY_SIZE(windows));
	tcase_add_test(tc, the_hard_heat_stop_returns_2_k_below_itself);
	tcase_add_test(tc, state_of_charge_is_known_from_0_to_100);
	tcase_add_test(tc, a_low_bank_with_a_low_cell_is_left_to_the_cell);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
