/* SPDX-License-Identifier: MIT */
/*
 * State of charge: the count against exact arithmetic of another kind
 * (E1), gaps (E3), consumption and time remaining (E4).
 */
#include "tests/unit/account.h"
#include "tests/unit/unit.h"

/* --- E1 ------------------------------------------------------------------ */

/*
 * The same account in other arithmetic: whole milliampere-hours, seconds
 * and microseconds apart, and what is left of each.
 */
struct exact {
	int64_t mah;
	int64_t rest; /* 0 to 7199999999 half nanocoulombs */
	int32_t ma;
	mono_t time;
};

static void exact_add(struct exact *e, int32_t ma, mono_t time)
{
	int64_t us = (int64_t)(time.us - e->time.us);
	int64_t sum = (int64_t)e->ma + ma;
	int64_t seconds = us / 1000000;

	/* 7200 half-mA seconds to the mAh. */
	e->mah += sum * seconds / 7200;
	e->rest += sum * seconds % 7200 * 1000000;
	e->rest += sum * (us % 1000000);
	e->mah += e->rest / 7200000000;
	e->rest %= 7200000000;
	if (e->rest < 0) {
		e->rest += 7200000000;
		e->mah--;
	}
	if (e->mah < 0) {
		e->mah = 0;
		e->rest = 0;
	}
	if (e->mah >= FULL_MAH) {
		e->mah = FULL_MAH;
		e->rest = 0;
	}
	e->ma = ma;
	e->time = time;
}

static uint64_t random_interval_us(uint64_t *seed)
{
	switch (unit_between(seed, 0, 3)) {
	case 0:
		return (uint64_t)unit_between(seed, 0, 1000);
	case 1:
		return (uint64_t)unit_between(seed, 1, 15000000);
	default:
		return (uint64_t)unit_between(seed, 100000, 2000000);
	}
}

/* E1: one of the batteries after the other, never at the same instants */
START_TEST(a_random_day_is_counted_to_the_last_half_nanocoulomb)
{
	uint64_t seed = unit_seed();
	struct exact exact[3];
	mono_t end;

	begin(3);
	for (uint32_t i = 0; i < 3; i++)
		exact[i] = (struct exact){ 168000, 0, 0, bank.input.now };
	end = mono_add_ms(bank.input.now, 86400000);
	while (mono_before(bank.input.now, end)) {
		uint32_t i = (uint32_t)unit_between(&seed, 0, 2);
		int32_t ma = (int32_t)unit_between(&seed, -280000, 280000);

		bank.input.now = mono_add_us(bank.input.now,
					     random_interval_us(&seed));
		bank.sample[i].current_ma = known_i32(ma);
		/* Too long for a straight line: the battery itself says
		 * that nothing has flowed. */
		if (bank.input.now.us - exact[i].time.us > 15000000)
			exact[i] = (struct exact){ exact[i].mah,
				exact[i].rest, ma, bank.input.now };
		else
			exact_add(&exact[i], ma, bank.input.now);
		bank_read(&bank, i);
		ck_assert_int_eq(charge(i)->count,
				 mah(exact[i].mah) + exact[i].rest);
	}
}
END_TEST

/* A full bank, then one at rest at 60 % with an empty history. */
static void begin_after_a_full_charge(void)
{
	begin(1);
	bank_cells(&bank, 0, 3510);
	for (int i = 0; i < 181; i++)
		later(1000);
	ck_assert(filled);
	bank_cells(&bank, 0, 3300);
	later(1000);
	command(BMS_COMMAND_SET_SOC, 600);
	command(BMS_COMMAND_RESET_HISTORY, 0);
	later(1000);
}

/* E1, F2, F3: ten hours at -7.014 A and fourteen at 5.010 A are nothing,
 * and no full charge. */
START_TEST(forty_days_do_not_drift)
{
	int64_t value;

	begin_after_a_full_charge();
	for (int day = 0; day < 40; day++) {
		for (int i = 0; i < 8640; i++) {
			current(i < 3600 ? -7014 : 5010);
			later(10000);
		}
		ck_assert_int_eq(bank.out.balancer, day < 29 ?
				 BALANCER_BALANCED : BALANCER_UNKNOWN);
	}
	ck_assert(history_read(&bank.state, HISTORY_FULL_CHARGE_AGE, &value));
	ck_assert_int_eq(value, 40 * 86400 + 2);
	ck_assert(history_read(&bank.state, HISTORY_CYCLES, &value));
	ck_assert_int_eq(value, 0);
	ck_assert(history_read(&bank.state, HISTORY_DEEPEST_DISCHARGE,
			       &value));
	/* 5 s and 35990 s at 7.014 A, and the way to 5.010 A; of a mAh that
	 * has begun to be missing the whole is told. */
	ck_assert_int_eq(value, 112000 + (35070 + 3599 * 70140 + 10020 +
					  3599) / 3600);
	current(-7014);
	later(10000);
	/* The first reading was 0 A, the last is -7.014 A. */
	ck_assert_int_eq(charge(0)->count,
			 mah(168000) + INT64_C(-7014) * 10000000);
	/* Between -7.014 A and 5.010 A half the difference was drawn. */
	ck_assert(history_read(&bank.state, HISTORY_AH_DRAWN, &value));
	ck_assert_int_eq(value, (INT64_C(40) * (3599 * 70140 + 20040) +
				 35070) / 3600);
	ck_assert(history_read(&bank.state, HISTORY_CHARGED_ENERGY, &value));
	ck_assert_int_eq(value, (int64_t)(40.0 * 5039 * 50.100 * 52.8 /
					  3600));
}
END_TEST

/* E1 */
START_TEST(a_count_stays_within_empty_and_full)
{
	begin(1);
	own(990);
	command(BMS_COMMAND_SET_SOC, 999);
	current(100000);
	for (int i = 0; i < 60; i++)
		later(1000);
	ck_assert_int_eq(charge(0)->count, mah(FULL_MAH));
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
	ck_assert_int_eq(bank.out.consumed_mah.value, 0);
	command(BMS_COMMAND_SET_SOC, 1);
	current(-280000);
	for (int i = 0; i < 60; i++)
		later(1000);
	ck_assert_int_eq(charge(0)->count, 0);
	ck_assert_int_eq(bank.out.soc_permille.value, 0);
	/* A battery that has learnt to hold less is no fuller than full. */
	command(BMS_COMMAND_SYNCHRONISE, 0);
	current(0);
	bank.sample[0].design_mah = known_i32(100000);
	later(1000);
	ck_assert_int_eq(charge(0)->count, mah(100000));
}
END_TEST

/* E1: in a string of two the smaller one weighs less */
START_TEST(the_banks_figure_weighs_the_batteries)
{
	bank_init(&bank, 2);
	bank.sample[0].design_mah = known_i32(200000);
	bank.sample[0].soc_permille = known_i32(500);
	bank.sample[1].design_mah = known_i32(209000);
	bank.sample[1].soc_permille = known_i32(1000);
	later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value,
			 (100000 + 209000) * 1000 / 409000);
	ck_assert_int_eq(bank.out.own_soc_permille.value,
			 bank.out.soc_permille.value);
	ck_assert(!bank.out.soc_anchored && bank.out.soc_settable);
	/* The batteries' own go on beside it. */
	own(400);
	later(1000);
	ck_assert_int_eq(bank.out.own_soc_permille.value, 400);
	ck_assert_int_eq(bank.out.soc_permille.value, 755);
}
END_TEST

/* E1: without a capacity, or with one that no battery has, nothing counts */
START_TEST(where_a_count_is_unknown_the_batteries_own_is_told)
{
	static const int32_t none[] = { 0, -1, CHARGE_FULL_MAX_MAH + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		bank_init(&bank, 2);
		bank.sample[1].design_mah = known_i32(none[i]);
		bank.sample[1].full_mah = UNKNOWN_I32;
		own(432);
		later(1000);
		ck_assert(!charge(1)->begun);
		ck_assert_int_eq(bank.out.soc_permille.value, 432);
		ck_assert(!bank.out.soc_settable);
		ck_assert(!bank.out.consumed_mah.known);
		ck_assert(!bank.out.time_remaining_s.known);
		command(BMS_COMMAND_SET_SOC, 700);
		later(1000);
		ck_assert_int_eq(bank.out.soc_permille.value, 432);
		bank.sample[1].soc_permille = UNKNOWN_I32;
		later(1000);
		ck_assert(!bank.out.soc_permille.known);
		bank.sample[1].design_mah = known_i32(CHARGE_FULL_MAX_MAH);
		bank.sample[0].design_mah = known_i32(CHARGE_FULL_MAX_MAH);
		later(1000);
		ck_assert(charge(1)->begun && !charge(1)->known);
		ck_assert(bank.out.soc_settable);
		bank.silent[1] = true;
		bank_run_ms(&bank, 16000);
		ck_assert(!bank.out.soc_settable);
	}
}
END_TEST

/* E1: a sensor that makes up what no battery can carry is not counted */
START_TEST(an_impossible_current_is_unknown)
{
	begin(1);
	current(20 * FULL_MAH + 1);
	later(1000);
	current(-20 * FULL_MAH - 1);
	later(1000);
	current(0);
	later(1000);
	ck_assert_int_eq(charge(0)->count, mah(168000));
	current(-20 * FULL_MAH);
	later(1000);
	ck_assert_int_eq(charge(0)->count,
			 mah(168000) + INT64_C(-20) * FULL_MAH * 1000000);
	current(20 * FULL_MAH);
	later(1000);
	ck_assert_int_eq(charge(0)->current_ma.value, 20 * FULL_MAH);
}
END_TEST

/* --- E3 ------------------------------------------------------------------ */

/* E3: the line is drawn over lost-alarm, not a microsecond more */
START_TEST(a_gap_longer_than_lost_alarm_is_not_joined)
{
	begin(1);
	current(-36000);
	later_us(15000000);
	ck_assert_int_eq(charge(0)->count,
			 mah(168000) + INT64_C(-36000) * 15000000);
	later_us(15000001);
	ck_assert_int_eq(charge(0)->count,
			 mah(168000) + INT64_C(-36000) * 15000000);
}
END_TEST

/* E3: over a gap the count goes by as much as the battery's own figure */
START_TEST(over_a_gap_the_own_figure_tells)
{
	static const struct {
		int32_t count;
		int32_t own_before;
		int32_t own_after;
		int32_t expected;
	} cases[] = {
		{ 800, 600, 600, 800 },
		{ 800, 600, 550, 750 },   /* discharged */
		{ 800, 200, 0, 600 },
		{ 100, 800, 600, 0 },     /* never less than empty */
		{ 500, 800, 850, 550 },   /* charged */
		{ 500, 200, 1000, 1000 },
		{ 500, 200, 450, 500 },   /* not above the own figure */
		{ 500, 200, 600, 600 },   /* it had been wrong */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(1);
		own(cases[i].own_before);
		later(1000);
		command(BMS_COMMAND_SET_SOC, cases[i].count);
		own(cases[i].own_after);
		later(15001);
		ck_assert_int_eq(charge(0)->count,
				 mah(cases[i].expected * (FULL_MAH / 1000)));
		ck_assert(bank.out.soc_anchored);
	}
}
END_TEST

/* E3 */
START_TEST(after_a_gap_without_an_own_figure_it_is_unknown)
{
	begin(1);
	command(BMS_COMMAND_SET_SOC, 800);
	later(1000);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 800);
	ck_assert(!bank.out.own_soc_permille.known);
	later(15001);
	ck_assert(!bank.out.soc_permille.known);
	ck_assert(!bank.out.soc_anchored);
	/* The first figure that it gives is the new beginning. */
	later(1000);
	ck_assert(!bank.out.soc_permille.known);
	own(300);
	later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 300);
	ck_assert(!bank.out.soc_anchored);
}
END_TEST

/* E3: a figure that was not given before the gap says nothing of it */
START_TEST(a_gap_that_begins_without_an_own_figure_begins_anew)
{
	begin(1);
	command(BMS_COMMAND_SET_SOC, 800);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	later(1000);
	own(300);
	later(15001);
	ck_assert_int_eq(bank.out.soc_permille.value, 300);
	ck_assert(!bank.out.soc_anchored);
}
END_TEST

/* E3: what came within a short gap did not know its current */
START_TEST(a_short_time_without_a_current_is_joined)
{
	begin(1);
	current(-36000);
	later(1000);
	bank.sample[0].current_ma = UNKNOWN_I32;
	own(500);
	for (int i = 0; i < 14; i++)
		later(1000);
	current(-36000);
	later(1000);
	/* Half the first second, and fifteen. */
	ck_assert_int_eq(charge(0)->count, mah(168000) +
			 INT64_C(-36000) * 1000000 +
			 INT64_C(-72000) * 15000000);
	/* One second more: the own figure has gone by nothing since. */
	bank.sample[0].current_ma = UNKNOWN_I32;
	for (int i = 0; i < 16; i++)
		later(1000);
	own(400);
	later(1000);
	ck_assert_int_eq(charge(0)->count, mah(140000) +
			 INT64_C(-36000) * 1000000 +
			 INT64_C(-72000) * 15000000);
	/* Without any current the count goes with the own figure. */
	own(900);
	later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 900);
}
END_TEST

/* E1, E3: with another serial number everything begins anew */
START_TEST(a_swapped_battery_begins_from_its_own_figure)
{
	begin(1);
	command(BMS_COMMAND_SET_SOC, 800);
	strcpy(bank.sample[0].serial, "another");
	own(300);
	later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 300);
	ck_assert(!bank.out.soc_anchored);
}
END_TEST

/* E3: whatever was timed with a clock that ran back is worth nothing */
START_TEST(a_clock_that_runs_back_is_a_gap)
{
	begin(1);
	current(-36000);
	later(1000);
	command(BMS_COMMAND_SET_SOC, 800);
	bank.input.now.us -= 500000;
	bank_step_only(&bank);
	own(590);
	later(10);
	ck_assert_int_eq(charge(0)->count, mah(790 * (FULL_MAH / 1000)));
}
END_TEST

/* --- E4 ------------------------------------------------------------------ */

/* E4: strings of two share one current */
START_TEST(consumption_is_that_of_the_bank)
{
	bank_init(&bank, 4);
	bank.settings.general.nominal_voltage_v = 24;
	for (uint32_t i = 0; i < 4; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	own(750);
	later(1000);
	ck_assert_uint_eq(bank.out.series, 2);
	ck_assert_int_eq(bank.out.capacity_mah.value, 2 * FULL_MAH);
	ck_assert_int_eq(bank.out.consumed_mah.value, 2 * FULL_MAH / 4);
	/* 28 A from each of two strings; 65 % to the floor, after the
	 * first hour 55 %. */
	current(-28000);
	for (int i = 0; i < 3600; i++)
		later(1000);
	ck_assert_int_eq(bank.out.current_ma.value, -56000);
	/* The first second had half of it; no more than 1 mAh is hidden. */
	ck_assert_int_ge(bank.out.consumed_mah.value,
			 2 * FULL_MAH / 4 + 7199 * 28 / 3600);
	ck_assert_int_eq((bank.out.consumed_mah.value - 2 * FULL_MAH / 4) / 10,
			 INT64_C(7199) * 28000 / 36000);
	ck_assert_int_eq((bank.out.time_remaining_s.value + 30) / 60,
			 55 * 6);
	/* No arrangement, no bank. */
	bank_init(&bank, 1);
	bank.settings.general.nominal_voltage_v = 24;
	later(1000);
	ck_assert(!bank.out.consumed_mah.known);
	ck_assert(!bank.out.time_remaining_s.known);
	ck_assert(bank.out.soc_permille.known);
}
END_TEST

/* E4: to the floor, by the mean of three minutes */
START_TEST(the_time_remaining_goes_with_the_mean_current)
{
	int32_t before;

	begin(1);
	ck_assert(!bank.out.time_remaining_s.known);
	command(BMS_COMMAND_SET_SOC, 600);
	current(-100);
	later(16000); /* the mean begins anew */
	ck_assert_int_eq(bank.out.time_remaining_s.value,
			 CHARGE_REMAINING_MAX_S);
	current(-99);
	later(16000);
	ck_assert(!bank.out.time_remaining_s.known);
	current(-28000);
	later(16000);
	/* 140 Ah at 28 A. */
	ck_assert_int_eq(bank.out.time_remaining_s.value, 5 * 3600);
	/* Twice the current for as long as the mean: after three minutes
	 * it has gone by 63 %. */
	current(-56000);
	for (int i = 0; i < 180; i++)
		later(1000);
	before = bank.out.time_remaining_s.value;
	ck_assert_int_gt(before, 137 * 36000 / (280 + 184));
	ck_assert_int_lt(before, 138 * 36000 / (280 + 171));
	/* Charging ends it, though not within a moment. */
	current(100000);
	later(1000);
	ck_assert(bank.out.time_remaining_s.known);
	for (int i = 0; i < 180; i++)
		later(1000);
	ck_assert(!bank.out.time_remaining_s.known);
}
END_TEST

/* E4 */
START_TEST(at_the_floor_no_time_remains)
{
	begin(1);
	own(110);
	later(1000);
	command(BMS_COMMAND_SET_SOC, 101);
	current(-28000);
	later(16000);
	ck_assert_int_eq(bank.out.time_remaining_s.value, 36);
	command(BMS_COMMAND_SET_SOC, 100);
	ck_assert_int_eq(bank.out.time_remaining_s.value, 0);
	current(0);
	later(16000);
	ck_assert_int_eq(bank.out.time_remaining_s.value, 0);
	/* With the floor off it is to empty. */
	bank.settings.monitor.discharge_floor_permille = 0;
	current(-28000);
	later(16000);
	ck_assert_int_eq(bank.out.time_remaining_s.value, 3600);
}
END_TEST

/* E4: many small steps make the same mean as few large ones */
START_TEST(the_mean_does_not_depend_on_the_intervals)
{
	static const uint32_t steps_ms[] = { 10, 100, 1000, 5000 };

	for (size_t i = 0; i < ARRAY_SIZE(steps_ms); i++) {
		begin(1);
		current(-28000);
		later(16000);
		current(-56000);
		for (uint32_t t = 0; t < 180000; t += steps_ms[i])
			later(steps_ms[i]);
		/* -28 A - 28 A * (1 - 1/e) = -45.7 A, and 2 % */
		ck_assert_int_gt(-bank.state.mean.ma_4096 / 4096, 44800);
		ck_assert_int_lt(-bank.state.mean.ma_4096 / 4096, 46600);
	}
	/* Steps below a millisecond are not lost. */
	begin(1);
	current(-28000);
	later(16000);
	current(-56000);
	for (int i = 0; i < 360000; i++)
		later_us(500);
	ck_assert_int_gt(-bank.state.mean.ma_4096 / 4096, 44800);
	bank.sample[0].current_ma = UNKNOWN_I32;
	later(1000);
	ck_assert(!bank.out.time_remaining_s.known);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: charge");
	TCase *tc = unit_case(suite, "count");

	tcase_add_test(tc,
		a_random_day_is_counted_to_the_last_half_nanocoulomb);
	tcase_add_test(tc, forty_days_do_not_drift);
	tcase_add_test(tc, a_count_stays_within_empty_and_full);
	tcase_add_test(tc, the_banks_figure_weighs_the_batteries);
	tcase_add_test(tc,
		       where_a_count_is_unknown_the_batteries_own_is_told);
	tcase_add_test(tc, an_impossible_current_is_unknown);
	tc = unit_case(suite, "gaps");
	tcase_add_test(tc, a_gap_longer_than_lost_alarm_is_not_joined);
	tcase_add_test(tc, over_a_gap_the_own_figure_tells);
	tcase_add_test(tc, after_a_gap_without_an_own_figure_it_is_unknown);
	tcase_add_test(tc,
		       a_gap_that_begins_without_an_own_figure_begins_anew);
	tcase_add_test(tc, a_short_time_without_a_current_is_joined);
	tcase_add_test(tc, a_swapped_battery_begins_from_its_own_figure);
	tcase_add_test(tc, a_clock_that_runs_back_is_a_gap);
	tc = unit_case(suite, "remaining");
	tcase_add_test(tc, consumption_is_that_of_the_bank);
	tcase_add_test(tc, the_time_remaining_goes_with_the_mean_current);
	tcase_add_test(tc, at_the_floor_no_time_remains);
	tcase_add_test(tc, the_mean_does_not_depend_on_the_intervals);
	return unit_run(suite);
}
