/* SPDX-License-Identifier: MIT */
/* B13: what an operator may take on himself, and what he may not. */
#include <string.h>

#include "lib/core/bypass.h"
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

/* Four batteries of 4 cells in one string. */
static void healthy_string(void)
{
	bank_init(&bank, 4);
	bank.settings.general.nominal_voltage_v = 48;
	for (uint32_t i = 0; i < 4; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	bank_start(&bank);
}

static void hand_in(uint32_t battery, int32_t seconds)
{
	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BYPASS, .value = seconds,
		.battery = battery,
	};
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

/* As an operator does: the answer first. */
static void bypass(uint32_t battery, uint32_t seconds)
{
	ck_assert_int_eq(bypass_judge(&bank.state, battery, seconds),
			 BYPASS_ACCEPTED);
	hand_in(battery, (int32_t)seconds);
}

static void silence(uint32_t battery)
{
	bank.silent[battery] = true;
	bank_run_ms(&bank, 20000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
}

static void reads_as(const char *text)
{
	char buf[BMS_REASON_TEXT_SIZE];

	reason_text(bank_reason(&bank, REASON_BYPASSED), buf);
	ck_assert_str_eq(buf, text);
}

/* B13: the ship comes home; it is shown, and is over by itself */
START_TEST(a_dead_battery_in_parallel_is_bypassed_for_its_time)
{
	mono_t end;

	healthy(3);
	silence(1);
	bypass(2, 600);
	end = mono_add_ms(bank.input.now, 600000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert(bank.battery[1].bypassed && !bank.battery[0].bypassed);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_X07) |
			  CODE_BIT(CODE_W_B05) | CODE_BIT(CODE_A_B05));
	reads_as("bypassed:2:600.0:600.0");
	/* Told all the same. */
	ck_assert_uint_eq(bank_reason(&bank, REASON_SILENT)->battery, 2);
	bank_run_ms(&bank, 60001);
	reads_as("bypassed:2:540.0:600.0");
	bank_run_ms(&bank, 538999);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank_read(&bank, 0);
	ck_assert_uint_eq(bank.out.next.us, end.us);
	bank.input.now = end;
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert(!bank.battery[1].bypassed);
	ck_assert(!bank_has_code(&bank, CODE_W_X07));
	ck_assert_ptr_null(bank_reason(&bank, REASON_BYPASSED));
}
END_TEST

/* B13, B8: heard again it waits out its hold without forbidding */
START_TEST(a_bypassed_battery_that_returns_is_judged_by_what_it_says)
{
	healthy(2);
	silence(1);
	bypass(2, 600);
	bank.silent[1] = false;
	for (int i = 0; i < 40; i++) {
		bank_run_ms(&bank, 1000);
		ck_assert(bank.out.atc_high && bank.out.atd_high);
	}
	ck_assert(!bank_has_code(&bank, CODE_A_B05));
	hand_in(2, 0);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert(!bank_has_code(&bank, CODE_W_X07));
}
END_TEST

/* B13: the others' cells stand in for what is not known */
START_TEST(the_others_stand_in_for_cells_that_are_not_known)
{
	healthy(3);
	silence(1);
	bypass(2, 3600);
	bank_cell(&bank, 0, 3, 3200);
	bank_cell(&bank, 2, 3, 3450);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank_cell(&bank, 0, 3, 3199);
	bank_read(&bank, 0);
	ck_assert(bank.out.atc_high && !bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_CHARGER_ONLY);
	ck_assert_int_eq(bank_reason(&bank, REASON_BYPASS_LOW)->value, 3199);
	ck_assert_int_eq(bank_reason(&bank, REASON_BYPASS_LOW)->limit, 3200);
	bank_cell(&bank, 0, 3, 3249);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	bank_cell(&bank, 0, 3, 3250);
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 3000);
	ck_assert(bank.out.atd_high);
	bank_cell(&bank, 2, 3, 3451);
	bank_read(&bank, 2);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.value, 0);
	ck_assert_int_eq(bank_reason(&bank, REASON_BYPASS_HIGH)->value, 3451);
	ck_assert_int_eq(bank_reason(&bank, REASON_BYPASS_HIGH)->limit, 3450);
	bank_cell(&bank, 2, 3, 3401);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atc_high);
	bank_cell(&bank, 2, 3, 3400);
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atc_high);
	bank_run_ms(&bank, 3000);
	ck_assert(bank.out.atc_high);
	/* Heard again it speaks for itself. */
	bank_cell(&bank, 0, 3, 3100);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
	bank.silent[1] = false;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* B13: in a string nobody has its voltage */
START_TEST(in_a_string_silence_goes_on_forbidding)
{
	healthy_string();
	silence(1);
	ck_assert_int_eq(bypass_judge(&bank.state, 2, 60), BYPASS_UNSEEN);
	hand_in(2, 60);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert(!bank_has_code(&bank, CODE_W_X07));
	/* Nor where it falls silent while it is bypassed. */
	healthy_string();
	bypass(2, 600);
	silence(1);
	ck_assert(bank.battery[1].bypassed);
	ck_assert_int_eq(bank.out.charge_limit_ma.known, false);
}
END_TEST

/* B13, B11: what it carries unseen is not counted on */
START_TEST(the_limits_count_without_a_battery_that_is_not_heard)
{
	healthy(3);
	bank.sample[1].charge_limit_ma = known_i32(1000);
	bank.sample[0].discharge_limit_ma = known_i32(100000);
	bank_run_ms(&bank, 2000);
	silence(1);
	bypass(2, 3600);
	bank_run_ms(&bank, 70000);
	/* 0.3C of two of 280 Ah; two strings of what the first wants. */
	ck_assert_int_eq(bank.out.charge_limit_ma.value, 168000);
	ck_assert_int_eq(bank.out.discharge_limit_ma.value, 200000);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.value, 168000);
	/* The bank as a whole is not known. */
	ck_assert(!bank.out.current_ma.known);
	ck_assert(!bank.out.capacity_mah.known);
}
END_TEST

/* B13: a battery that was dead at the start can be bypassed, too */
START_TEST(a_battery_that_was_never_heard_can_be_bypassed_in_parallel)
{
	bank_init(&bank, 2);
	bank.silent[0] = true;
	ck_assert_int_eq(bypass_judge(&bank.state, 1, 60), BYPASS_UNSEEN);
	bank_run_ms(&bank, 20000);
	ck_assert_uint_eq(bank.out.series, 0);
	bypass(1, 60);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank_run_ms(&bank, 1100);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert_uint_eq(bank.out.parallel, 2);
	ck_assert_uint_eq(bank.out.n_reasons, 2);
	bank.silent[0] = false;
	bank_run_ms(&bank, 1100);
	hand_in(1, 0);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	/* One that turns out to be part of a string stays forbidding. */
	bank_init(&bank, 4);
	bank.settings.general.nominal_voltage_v = 48;
	bank.silent[0] = true;
	for (uint32_t i = 0; i < 4; i++) {
		bank.sample[i].n_cells = 4;
		bank_cells(&bank, i, 3300);
	}
	bank_run_ms(&bank, 20000);
	bypass(1, 60);
	bank_run_ms(&bank, 5000);
	ck_assert_uint_eq(bank.out.series, 4);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
}
END_TEST

/* B13: only one at a time, and only its own reasons */
START_TEST(the_other_batteries_go_on_forbidding)
{
	healthy(3);
	bypass(2, 600);
	bank.silent[0] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank.silent[0] = false;
	bank_run_ms(&bank, 40000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank_cell(&bank, 2, 0, 2499);
	bank_cell(&bank, 0, 0, 3750);
	bank_run_ms(&bank, 2500);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	healthy(2);
	bypass(2, 600);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
}
END_TEST

static void open_charge(struct sample *s)
{
	s->charge_switch_on = known_i32(0);
}

static void open_discharge(struct sample *s)
{
	s->discharge_switch_on = known_i32(0);
}

static void protects(struct sample *s)
{
	s->protections = (1u << PROTECTION_COUNT) - 1;
}

static void loses_capacity(struct sample *s)
{
	s->design_mah = known_i32(100000);
}

static void loses_a_sensor(struct sample *s)
{
	s->temperature[1].dc = UNKNOWN_I32;
}

static void low_cell(struct sample *s)
{
	s->cell_mv[2] = 2500;
}

static void high_cell(struct sample *s)
{
	s->cell_mv[2] = 3800;
}

static void floor_cell(struct sample *s)
{
	s->cell_mv[2] = 2499;
}

static void ceiling_cell(struct sample *s)
{
	s->cell_mv[2] = 3801;
}

static void impossible_cell(struct sample *s)
{
	s->cell_mv[2] = 4501;
}

static void frozen(struct sample *s)
{
	s->temperature[0].dc = known_i32(49);
}

static void burning(struct sample *s)
{
	s->temperature[0].dc = known_i32(501);
}

static void double_serial(struct sample *s)
{
	strcpy(s->serial, "00000001000");
}

static const struct {
	const char *what;
	void (*happens)(struct sample *s);
	bool charge; /* allowed while bypassed */
	bool discharge;
} causes[] = {
	{ "charge switch", open_charge, true, true },
	{ "discharge switch", open_discharge, true, true },
	{ "own protections", protects, true, true },
	{ "unlike the others", loses_capacity, true, true },
	{ "lost sensor", loses_a_sensor, true, true },
	{ "low cell", low_cell, true, true },
	{ "high cell", high_cell, true, true },
	{ "hard floor", floor_cell, true, false },
	{ "hard ceiling", ceiling_cell, false, true },
	{ "impossible cell", impossible_cell, false, false },
	{ "cold", frozen, false, true },
	{ "heat", burning, false, true },
	{ "double", double_serial, false, false },
};

/* B13: every cause of a battery that is heard */
START_TEST(what_a_bypass_lifts_and_what_it_does_not)
{
	bool without;

	healthy(2);
	/* With it a lost sensor forbids both. */
	bank.settings.protection.discharge_temperature_guard = true;
	causes[_i].happens(&bank.sample[1]);
	bank.sample[1].voltage_mv = UNKNOWN_I32;
	bank_run_ms(&bank, 40000);
	without = bank.out.atc_high && bank.out.atd_high;
	ck_assert_msg(!without, "%s forbids nothing", causes[_i].what);
	bypass(2, 600);
	bank_run_ms(&bank, 35000);
	ck_assert_msg(bank.out.atc_high == causes[_i].charge,
		      "%s: charge", causes[_i].what);
	ck_assert_msg(bank.out.atd_high == causes[_i].discharge,
		      "%s: discharge", causes[_i].what);
	ck_assert_uint_gt(bank.out.n_reasons, 1);
	hand_in(2, 0);
	bank_run_ms(&bank, 2000);
	ck_assert_msg(!bank.out.atc_high || !bank.out.atd_high,
		      "%s: still bypassed", causes[_i].what);
}
END_TEST

/* B13, B3, B4: it does not keep the others from their release either */
START_TEST(a_bypassed_battery_holds_nobody_back)
{
	healthy(2);
	bank_cell(&bank, 0, 0, 2490);
	bank_run_ms(&bank, 3000);
	bank_cell(&bank, 0, 0, 3300);
	bank_cell(&bank, 1, 0, 3190);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atd_high);
	bypass(2, 600);
	bank_run_ms(&bank, 35000);
	/* The hard floor of the first waits for every cell. */
	ck_assert(!bank.out.atd_high);
	bank_cell(&bank, 1, 0, 3200);
	bank_run_ms(&bank, 35000);
	ck_assert(bank.out.atd_high);
	bank_cell(&bank, 0, 0, 3750);
	bank_run_ms(&bank, 1100);
	bank_cell(&bank, 0, 0, 3400);
	bank_cell(&bank, 1, 0, 3650);
	bank_run_ms(&bank, 35000);
	ck_assert(bank.out.atc_high);
}
END_TEST

/* B13 */
START_TEST(every_answer_has_its_case_and_its_words)
{
	static const struct {
		uint32_t battery;
		uint32_t seconds;
		enum bypass_answer answer;
	} cases[] = {
		{ 0, 60, BYPASS_NO_BATTERY }, { 3, 60, BYPASS_NO_BATTERY },
		{ UINT32_MAX, 60, BYPASS_NO_BATTERY },
		{ 2, 0, BYPASS_NONE }, { 1, 0, BYPASS_ACCEPTED },
		{ 1, 3600, BYPASS_ACCEPTED }, { 1, 3601, BYPASS_TOO_LONG },
		{ 1, UINT32_MAX, BYPASS_TOO_LONG },
		{ 2, 60, BYPASS_ANOTHER },
	};

	healthy(2);
	bypass(1, 100);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_int_eq(bypass_judge(&bank.state, cases[i].battery,
					      cases[i].seconds),
				 cases[i].answer);
	for (int i = 0; i < BYPASS_ANSWER_COUNT; i++)
		ck_assert_uint_gt(strlen(bypass_texts[i]), 5);
	/* What is refused changes nothing. */
	hand_in(2, 60);
	hand_in(1, -1);
	hand_in(2, 0);
	ck_assert(bank.battery[0].bypassed && !bank.battery[1].bypassed);
	reads_as("bypassed:1:120.0:100.0");
	/* Asked for again, the time begins anew. */
	bank_run_ms(&bank, 90000);
	bypass(1, 100);
	bank_run_ms(&bank, 99000);
	ck_assert(bank.battery[0].bypassed);
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.battery[0].bypassed);
	bypass(2, 60);
	hand_in(2, 0);
	ck_assert(!bank.battery[1].bypassed);
	ck_assert_ptr_null(bank_reason(&bank, REASON_BYPASSED));
}
END_TEST

/* B13: alone or with all the others silent nobody stands in */
START_TEST(nobody_stands_in_where_nobody_is_heard)
{
	healthy(1);
	silence(0);
	ck_assert_int_eq(bypass_judge(&bank.state, 1, 60), BYPASS_UNSEEN);
	hand_in(1, 60);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	healthy(2);
	bypass(2, 600);
	bank.silent[0] = true;
	silence(1);
	ck_assert(!bank.battery[1].left_out_charge ||
		  !bank.battery[0].left_out_charge);
	/* With self-isolating ones none may be left over. */
	healthy(2);
	bank.settings.general.self_isolating = true;
	bank.sample[0].charge_switch_on = known_i32(0);
	bank.silent[1] = true;
	bank_run_ms(&bank, 16000);
	bypass(2, 600);
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* B13, B3: not even the end of a bypass cuts the lead short */
START_TEST(the_end_of_a_bypass_gives_the_lead)
{
	mono_t high;

	healthy(2);
	bypass(2, 600);
	bank_cell(&bank, 1, 3, 2790);
	bank.input.mode = BMS_MODE_OFF;
	bank_read(&bank, 1);
	bank_read(&bank, 1);
	ck_assert(bank_has_code(&bank, CODE_A_B01));
	bank.input.mode = BMS_MODE_ON;
	bank_step_only(&bank);
	ck_assert(bank.out.atd_high && bank.out.pre_alarm_high);
	high = bank.state.pre_alarm_since;
	hand_in(2, 0);
	ck_assert(bank.out.atd_high);
	while (bank.out.atd_high)
		bank_run_ms(&bank, 10);
	ck_assert_uint_ge(mono_elapsed_ms(high, bank.input.now), 30000);
	ck_assert_uint_le(mono_elapsed_ms(high, bank.input.now), 30100);
	/* With the lead long over it ends at once. */
	healthy(2);
	bypass(2, 600);
	bank_cell(&bank, 1, 3, 2790);
	bank_run_ms(&bank, 60000);
	ck_assert(bank.out.atd_high);
	hand_in(2, 0);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* B13, A5: nor for one of two that are the same battery */
START_TEST(nobody_stands_in_for_a_double_that_fell_silent)
{
	healthy(2);
	memcpy(bank.sample[1].serial, bank.sample[0].serial,
	       sizeof(bank.sample[1].serial));
	bank_run_ms(&bank, 3000);
	bypass(2, 600);
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	bank.silent[1] = true;
	bank_run_ms(&bank, 60000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	/* Told that it is silent, the operator may ask again. */
	bypass(2, 600);
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* B13, H1: nor does one whose silence an update keeps from forbidding */
START_TEST(an_update_lets_no_silent_battery_stand_in)
{
	healthy(2);
	bypass(2, 600);
	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BEGIN_UPDATE,
	};
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	bank.silent[1] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(bank.out.atd_high);
	bank.silent[0] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_BYPASS_LOW));
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_BYPASS_HIGH));
}
END_TEST

/* B13, B9: its switch may have tripped before; that keeps its hold */
START_TEST(a_bypass_shortens_no_hold)
{
	healthy(2);
	bank.sample[1].charge_switch_on = known_i32(0);
	bank_run_ms(&bank, 2000);
	bank.silent[1] = true;
	bank_run_ms(&bank, 16000);
	bypass(2, 600);
	ck_assert(bank.out.atc_high);
	bank.sample[1].charge_switch_on = known_i32(1);
	bank.silent[1] = false;
	bank_run_ms(&bank, 2000);
	hand_in(2, 0);
	ck_assert(!bank.out.atc_high);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_CHARGE_SWITCH));
}
END_TEST

/* B13: nothing of it outlives a broken clock or a start */
START_TEST(a_clock_that_runs_back_and_a_start_end_it)
{
	healthy(2);
	bypass(2, 600);
	bank.input.now.us -= 1000;
	bank_step_only(&bank);
	ck_assert(!bank.battery[1].bypassed);
	ck_assert(!bank_has_code(&bank, CODE_W_X07));
	bank_run_ms(&bank, 2000);
	bypass(2, 600);
	bms_init(&bank.state, bank.battery, 2, bank.reason);
	bank_step_only(&bank);
	ck_assert(!bank.battery[1].bypassed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: bypass");
	TCase *tc = tcase_create("bypass");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc,
		       a_dead_battery_in_parallel_is_bypassed_for_its_time);
	tcase_add_test(tc,
		a_bypassed_battery_that_returns_is_judged_by_what_it_says);
	tcase_add_test(tc, the_others_stand_in_for_cells_that_are_not_known);
	tcase_add_test(tc, in_a_string_silence_goes_on_forbidding);
	tcase_add_test(tc,
		       the_limits_count_without_a_battery_that_is_not_heard);
	tcase_add_test(tc,
		a_battery_that_was_never_heard_can_be_bypassed_in_parallel);
	tcase_add_test(tc, the_other_batteries_go_on_forbidding);
	tcase_add_loop_test(tc, what_a_bypass_lifts_and_what_it_does_not, 0,
			    ARRAY_SIZE(causes));
	tcase_add_test(tc, a_bypassed_battery_holds_nobody_back);
	tcase_add_test(tc, every_answer_has_its_case_and_its_words);
	tcase_add_test(tc, nobody_stands_in_where_nobody_is_heard);
	tcase_add_test(tc, nobody_stands_in_for_a_double_that_fell_silent);
	tcase_add_test(tc, an_update_lets_no_silent_battery_stand_in);
	tcase_add_test(tc, the_end_of_a_bypass_gives_the_lead);
	tcase_add_test(tc, a_bypass_shortens_no_hold);
	tcase_add_test(tc, a_clock_that_runs_back_and_a_start_end_it);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
