/* SPDX-License-Identifier: MIT */
/*
 * State of charge: the count against exact arithmetic of another kind
 * (E1), the full charge and the operator (E2), gaps (E3), consumption and
 * time remaining (E4), and what of it B6 believes.
 */
#include <string.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

enum { FULL_MAH = 280000 };

static struct bank bank;
static bool filled; /* within the last later() */

static const struct charge *charge(uint32_t battery)
{
	return &bank.battery[battery].charge;
}

static void current(int32_t ma)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank.sample[i].current_ma = known_i32(ma);
}

static void own(int32_t permille)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank.sample[i].soc_permille = known_i32(permille);
}

/* Every battery gives a reading so much later. */
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

/* A bank of n batteries that has begun to count, at rest. */
static void begin(uint32_t n)
{
	bank_init(&bank, n);
	later(1000);
	ck_assert(bank.out.soc_permille.known);
}

static void command(enum bms_command_kind kind, int32_t value)
{
	bank.input.command = (struct bms_command){ .kind = kind,
						    .value = value };
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

static int64_t mah(int64_t value)
{
	return value * INT64_C(7200000000);
}

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

/* --- E2 ------------------------------------------------------------------ */

/* A bank of one battery that reads each second: 3.51 V a cell, 11.1 A. The
 * tail is 11.2 A. */
static void begin_charging(void)
{
	begin(1);
	bank_cells(&bank, 0, 3510);
	current(11100);
}

static bool fills_within(int seconds)
{
	while (seconds-- > 0) {
		later(1000);
		if (filled)
			return true;
	}
	return false;
}

/* E2: from the first reading that shows it, for 3 minutes */
START_TEST(a_full_charge_sets_every_count_to_100)
{
	begin(3);
	current(3000);
	for (uint32_t i = 0; i < 3; i++)
		bank_cells(&bank, i, 3501);
	ck_assert(!fills_within(180));
	ck_assert_int_lt(bank.out.soc_permille.value, 700);
	ck_assert_uint_eq(bank.out.events, 0);
	ck_assert(fills_within(1));
	/* The full charge, and a cycle from 60 % to above 90 %. */
	ck_assert_uint_eq(bank.out.events, 2);
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
	ck_assert_int_eq(bank.out.consumed_mah.value, 0);
	ck_assert(bank.out.soc_anchored);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_int_eq(charge(i)->count, mah(FULL_MAH));
	/* It is one full charge, however long it is kept so. */
	ck_assert(!fills_within(1000));
	/* What a sensor makes of no current at all does not empty it. */
	current(-300);
	ck_assert(!fills_within(1000));
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
}
END_TEST

/* E2: each condition at its edge */
START_TEST(voltage_and_current_have_their_edges)
{
	static const struct {
		uint16_t cell_mv;
		int32_t ma;
		bool full;
	} cases[] = {
		{ 3501, 11199, true },
		{ 3500, 11199, false }, /* above, not at, 56.0 V */
		{ 3501, 11200, false }, /* below, not at, 4 % */
		{ 3501, 0, true },
		{ 3501, -1120, true },  /* a tenth of the tail */
		{ 3501, -1121, false }, /* a discharge */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(1);
		bank_cells(&bank, 0, cases[i].cell_mv);
		current(cases[i].ma);
		ck_assert_int_eq(fills_within(200), cases[i].full);
	}
}
END_TEST

/* E2: any other reading, or none for longer than lost-warning, starts the
 * wait again */
START_TEST(a_full_charge_needs_all_of_its_readings)
{
	begin_charging();
	ck_assert(!fills_within(180));
	current(11200);
	later(1000);
	current(11100);
	ck_assert(!fills_within(180));
	bank_cells(&bank, 0, 3500);
	later(1000);
	bank_cells(&bank, 0, 3510);
	ck_assert(!fills_within(180));
	bank.sample[0].current_ma = UNKNOWN_I32;
	later(1000);
	current(11100);
	ck_assert(!fills_within(180));
	later(5001);
	ck_assert(!filled);
	ck_assert(!fills_within(179));
	/* Time alone fills nothing. */
	bank.input.now = mono_add_ms(bank.input.now, 4000);
	bank_step_only(&bank);
	ck_assert(!bank.state.filled);
	later(1000);
	ck_assert(bank.state.filled);
	bank_step_only(&bank);
	ck_assert(!bank.state.filled);
}
END_TEST

/* E2: after something else the next full charge takes its time again */
START_TEST(a_full_charge_that_has_ended_may_come_again)
{
	begin_charging();
	ck_assert(fills_within(181));
	bank_cells(&bank, 0, 3400);
	later(1000);
	bank_cells(&bank, 0, 3510);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(1));
	bank.sample[0].current_ma = UNKNOWN_I32;
	later(1000);
	current(11100);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(1));
	/* So it does where the clock has run back. */
	bank.input.now.us -= 1000;
	bank_step_only(&bank);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(1));
}
END_TEST

/* E2: 14.0 V for every 12 V, also with 15 cells; or as configured */
START_TEST(the_charged_voltage_goes_with_the_bank)
{
	static const struct {
		uint8_t cells;
		uint32_t n;
		int32_t nominal_v;
		int32_t charged_mv;
		uint16_t not_mv;
	} cases[] = {
		{ 4, 1, 12, 0, 3500 },
		{ 4, 2, 24, 0, 3500 },
		{ 8, 1, 24, 0, 3500 },
		{ 4, 4, 48, 0, 3500 },
		{ 15, 1, 48, 0, 3500 },
		{ 16, 2, 48, 0, 3500 },
		{ 16, 1, 48, 13600, 3400 },
		{ 4, 2, 24, 14400, 3600 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint16_t mv = cases[i].not_mv;

		bank_init(&bank, cases[i].n);
		bank.settings.general.nominal_voltage_v = cases[i].nominal_v;
		bank.settings.monitor.charged_voltage_mv =
			cases[i].charged_mv;
		for (uint32_t k = 0; k < bank.n; k++) {
			bank.sample[k].n_cells = cases[i].cells;
			bank_cells(&bank, k, mv);
		}
		ck_assert(!fills_within(200));
		for (uint32_t k = 0; k < bank.n; k++)
			bank_cells(&bank, k, mv + 1);
		ck_assert(fills_within(200));
	}
}
END_TEST

/* E2, B9: a battery that has taken itself out of the charge is not full */
START_TEST(a_battery_left_out_is_not_filled)
{
	begin(2);
	bank.settings.general.self_isolating = true;
	bank.sample[1].charge_switch_on = known_i32(0);
	for (uint32_t i = 0; i < 2; i++)
		bank_cells(&bank, i, 3510);
	ck_assert(fills_within(200));
	ck_assert_int_eq(charge(0)->count, mah(FULL_MAH));
	ck_assert_int_eq(charge(1)->count, mah(168000));
	ck_assert_int_eq(bank.out.balancer, BALANCER_UNKNOWN);
	ck_assert(!bank.out.soc_anchored);
	bank.sample[1].charge_switch_on = known_i32(1);
	later(1000);
	ck_assert_int_eq(charge(1)->count, mah(FULL_MAH));
}
END_TEST

/* E2: a bank whose voltage is not known is not full */
START_TEST(an_impossible_voltage_fills_nothing)
{
	bank_init(&bank, 2);
	bank.settings.general.nominal_voltage_v = 48;
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].n_cells = 8;
		bank_cells(&bank, i, 3510);
		bank.sample[i].voltage_mv = known_i32(INT32_MAX);
	}
	ck_assert(!fills_within(200));
	ck_assert_uint_eq(bank.out.series, 2);
	ck_assert(bank.out.soc_settable && !bank.out.voltage_mv.known);
	for (uint32_t i = 0; i < 2; i++)
		bank_cells(&bank, i, 3510);
	ck_assert(!fills_within(180));
	ck_assert(fills_within(2));
}
END_TEST

/* E2: tail current and detection time as configured */
START_TEST(tail_and_detection_time_are_settings)
{
	begin_charging();
	bank.settings.monitor.tail_current_permille = 39;
	ck_assert(!fills_within(200));
	bank.settings.monitor.tail_current_permille = 50;
	bank.settings.monitor.charged_detection_time_ms = 60000;
	ck_assert(!fills_within(60));
	ck_assert(fills_within(1));
}
END_TEST

/* E2 */
START_TEST(an_operator_sets_and_synchronises)
{
	static const int32_t wrong[] = { -1, 1001, INT32_MIN, INT32_MAX };
	uint32_t events;

	begin(2);
	events = bank.out.events;
	command(BMS_COMMAND_SET_SOC, 423);
	ck_assert_int_eq(bank.out.soc_permille.value, 423);
	ck_assert(bank.out.soc_anchored);
	ck_assert_uint_eq(bank.out.events, events + 1);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		command(BMS_COMMAND_SET_SOC, wrong[i]);
	command(BMS_COMMAND_COUNT, 500);
	ck_assert_int_eq(bank.out.soc_permille.value, 423);
	ck_assert_uint_eq(bank.out.events, events + 1);
	command(BMS_COMMAND_SET_SOC, 0);
	ck_assert_int_eq(bank.out.soc_permille.value, 0);
	command(BMS_COMMAND_SYNCHRONISE, 0);
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
	ck_assert(!bank.state.filled && !bank.state.balance.full_known);
	/* And it counts on from there. */
	current(-28000);
	for (int i = 0; i < 360; i++)
		later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 990);
}
END_TEST

/* E2: his word stands while a bank that was full is seen full again */
START_TEST(an_operators_word_holds_for_the_detection_time)
{
	begin_charging();
	ck_assert(fills_within(181));
	current(0);
	command(BMS_COMMAND_SET_SOC, 500);
	ck_assert(!fills_within(180));
	ck_assert_int_eq(bank.out.soc_permille.value, 500);
	ck_assert(fills_within(1));
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
}
END_TEST

/* E2: a battery that tells no figure of its own can be set all the same */
START_TEST(an_operator_sets_what_was_unknown)
{
	bank_init(&bank, 1);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	later(1000);
	ck_assert(!bank.out.soc_permille.known && bank.out.soc_settable);
	command(BMS_COMMAND_SET_SOC, 500);
	ck_assert_int_eq(bank.out.soc_permille.value, 500);
	current(-28000);
	for (int i = 0; i < 360; i++)
		later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 490);
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

/* --- B6 ------------------------------------------------------------------ */

/* B6, E2: an anchored count decides alone */
START_TEST(an_anchored_count_decides_alone)
{
	begin(2);
	bank_start(&bank);
	command(BMS_COMMAND_SET_SOC, 500);
	own(50);
	bank_run_ms(&bank, 5000);
	ck_assert(bank.out.atd_high && !bank.out.pre_alarm_high);
	ck_assert_int_eq(bank.out.soc_permille.value, 500);
	own(900);
	command(BMS_COMMAND_SET_SOC, 100);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	command(BMS_COMMAND_SET_SOC, 129);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	command(BMS_COMMAND_SET_SOC, 130);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* B6, E1: one that is not, gives no more trust than the own figure */
START_TEST(a_count_that_is_not_anchored_trips_by_the_lower_figure)
{
	begin(1);
	bank_start(&bank);
	own(100);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank.out.soc_permille.value, 600);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	own(600);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.atd_high);
	/* The count goes down, the own figure does not. */
	current(-280000);
	bank_run_ms(&bank, 1800000);
	own(600);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_le(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	current(0);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

static void isolate(uint32_t battery, bool isolated)
{
	bank.sample[battery].discharge_switch_on = known_i32(!isolated);
	bank_run_ms(&bank, 2000);
}

/* B6, B9: what a battery left out of discharge still holds nobody can have,
 * and one that is empty and gone takes nothing from the others */
START_TEST(a_battery_left_out_is_not_in_the_floors_figure)
{
	begin(2);
	bank.settings.general.self_isolating = true;
	bank_start(&bank);
	bank.sample[0].soc_permille = known_i32(1000);
	bank.sample[1].soc_permille = known_i32(100);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	isolate(0, true);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 100);
	ck_assert_int_eq(bank.out.own_soc_permille.value, 550);
	bank.sample[1].soc_permille = known_i32(600);
	isolate(0, false);
	bank_run_ms(&bank, 40000);
	ck_assert(bank.out.atd_high);
	/* By the counts alone: of the second 42 % are drawn. */
	command(BMS_COMMAND_SET_SOC, 600);
	bank.sample[1].current_ma = known_i32(-252 * FULL_MAH / 100);
	bank_run_ms(&bank, 600000);
	bank.sample[1].current_ma = known_i32(0);
	bank_run_ms(&bank, 2000);
	bank.settings.monitor.discharge_floor_permille = 300;
	bank.settings.monitor.low_soc_warning_permille = 320;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high && !bank.out.pre_alarm_high);
	isolate(0, true);
	ck_assert(!bank.out.atd_high && bank.out.pre_alarm_high);
	ck_assert_int_gt(bank.out.soc_permille.value, 380);
	ck_assert_int_lt(bank_reason(&bank, REASON_SOC_FLOOR)->value, 190);
	/* The empty one goes, and the loads come back with the other. */
	bank.settings.monitor.discharge_floor_permille = 400;
	bank.settings.monitor.low_soc_warning_permille = 420;
	isolate(0, false);
	ck_assert(!bank.out.atd_high);
	isolate(1, true);
	bank_run_ms(&bank, 40000);
	ck_assert(bank.out.atd_high && !bank.out.pre_alarm_high);
}
END_TEST

/* B6: a count that has drifted up is given up where battery and cell agree
 * that it is empty; neither alone is believed */
START_TEST(two_witnesses_contradict_a_count)
{
	begin(2);
	bank_start(&bank);
	command(BMS_COMMAND_SET_SOC, 500);
	bank.sample[0].soc_permille = known_i32(120);
	bank_cell(&bank, 0, 3, 3101);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored);
	bank.sample[0].soc_permille = known_i32(121);
	bank_cell(&bank, 0, 3, 3100);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored && bank.out.atd_high);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored && bank.out.atd_high);
	bank.sample[0].soc_permille = known_i32(120);
	bank.sample[1].soc_permille = known_i32(40);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.soc_anchored);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(charge(0)->count, mah(12 * FULL_MAH / 100));
	ck_assert(charge(1)->anchored);
	ck_assert_int_eq(bank_reason(&bank, REASON_SOC_FLOOR)->value, 80);
	/* A count that is lower already stays. */
	command(BMS_COMMAND_SET_SOC, 119);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.soc_anchored);
}
END_TEST

/* E1, B6: a count that has drifted down begins again where battery, cells
 * and current agree that it is full; one of them missing, it stays */
START_TEST(a_battery_that_is_full_lifts_its_count)
{
	static const struct {
		int32_t own;
		uint16_t cell_mv;
		maybe_i32 ma;
		bool lifted;
	} cases[] = {
		{ 990, 3400, { 5000, true }, true },
		{ 1000, 3450, { 0, true }, true },
		{ 989, 3400, { 5000, true }, false },
		{ 990, 3399, { 5000, true }, false },
		{ 990, 3400, { 11200, true }, false },
		{ 990, 3400, { -1121, true }, false },
		{ 990, 3400, { 0, false }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(2);
		own(cases[i].own);
		later(1000);
		command(BMS_COMMAND_SET_SOC, 50);
		bank.sample[0].current_ma = cases[i].ma;
		bank_cells(&bank, 0, 3500);
		bank_cell(&bank, 0, 15, cases[i].cell_mv);
		later(1000);
		ck_assert_int_eq(charge(0)->count > mah(FULL_MAH / 2),
				 cases[i].lifted);
		if (cases[i].lifted)
			ck_assert_int_eq(charge(0)->count, mah(FULL_MAH / 1000)
					 * cases[i].own);
		/* It is the count that is wrong, not who set it. */
		ck_assert(bank.out.soc_anchored);
		ck_assert_int_lt(charge(1)->count, mah(FULL_MAH / 2));
	}
	/* One that is higher already stays. */
	begin(1);
	own(990);
	later(1000);
	command(BMS_COMMAND_SYNCHRONISE, 0);
	bank_cells(&bank, 0, 3400);
	later(1000);
	ck_assert_int_eq(bank.out.soc_permille.value, 1000);
}
END_TEST

static TCase *group(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("core: charge");
	TCase *tc = group(suite, "count");

	tcase_add_test(tc,
		a_random_day_is_counted_to_the_last_half_nanocoulomb);
	tcase_add_test(tc, forty_days_do_not_drift);
	tcase_add_test(tc, a_count_stays_within_empty_and_full);
	tcase_add_test(tc, the_banks_figure_weighs_the_batteries);
	tcase_add_test(tc,
		       where_a_count_is_unknown_the_batteries_own_is_told);
	tcase_add_test(tc, an_impossible_current_is_unknown);
	tc = group(suite, "gaps");
	tcase_add_test(tc, a_gap_longer_than_lost_alarm_is_not_joined);
	tcase_add_test(tc, over_a_gap_the_own_figure_tells);
	tcase_add_test(tc, after_a_gap_without_an_own_figure_it_is_unknown);
	tcase_add_test(tc,
		       a_gap_that_begins_without_an_own_figure_begins_anew);
	tcase_add_test(tc, a_short_time_without_a_current_is_joined);
	tcase_add_test(tc, a_swapped_battery_begins_from_its_own_figure);
	tcase_add_test(tc, a_clock_that_runs_back_is_a_gap);
	tc = group(suite, "full");
	tcase_add_test(tc, a_full_charge_sets_every_count_to_100);
	tcase_add_test(tc, voltage_and_current_have_their_edges);
	tcase_add_test(tc, a_full_charge_needs_all_of_its_readings);
	tcase_add_test(tc, a_full_charge_that_has_ended_may_come_again);
	tcase_add_test(tc, the_charged_voltage_goes_with_the_bank);
	tcase_add_test(tc, a_battery_left_out_is_not_filled);
	tcase_add_test(tc, an_impossible_voltage_fills_nothing);
	tcase_add_test(tc, tail_and_detection_time_are_settings);
	tcase_add_test(tc, an_operator_sets_and_synchronises);
	tcase_add_test(tc, an_operators_word_holds_for_the_detection_time);
	tcase_add_test(tc, an_operator_sets_what_was_unknown);
	tc = group(suite, "remaining");
	tcase_add_test(tc, consumption_is_that_of_the_bank);
	tcase_add_test(tc, the_time_remaining_goes_with_the_mean_current);
	tcase_add_test(tc, at_the_floor_no_time_remains);
	tcase_add_test(tc, the_mean_does_not_depend_on_the_intervals);
	tc = group(suite, "believed");
	tcase_add_test(tc, an_anchored_count_decides_alone);
	tcase_add_test(tc,
		       a_count_that_is_not_anchored_trips_by_the_lower_figure);
	tcase_add_test(tc, a_battery_left_out_is_not_in_the_floors_figure);
	tcase_add_test(tc, two_witnesses_contradict_a_count);
	tcase_add_test(tc, a_battery_that_is_full_lifts_its_count);
	return unit_run(suite);
}
