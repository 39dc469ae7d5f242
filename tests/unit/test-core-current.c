/* SPDX-License-Identifier: MIT */
/* B15: a battery that carries more than it is made for is told of. */
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

enum { CAPACITY_MAH = 280000 };

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

static void carries(uint32_t battery, int32_t ma)
{
	bank.sample[battery].current_ma = known_i32(ma);
}

static const struct {
	int32_t sign;
	enum code code;
	enum reason_kind continuous;
	enum reason_kind pulse;
	const char *continuous_text;
	const char *pulse_text;
} directions[] = {
	{ 1, CODE_W_X04, REASON_CHARGE_CURRENT, REASON_CHARGE_PULSE,
	  "charge-current:2:280.1:280.0", "charge-pulse:2:560.1:560.0" },
	{ -1, CODE_W_X05, REASON_DISCHARGE_CURRENT, REASON_DISCHARGE_PULSE,
	  "discharge-current:2:-280.1:-280.0",
	  "discharge-pulse:2:-560.1:-560.0" },
};

static void reads_as(enum reason_kind kind, const char *text)
{
	char buf[BMS_REASON_TEXT_SIZE];

	ck_assert_ptr_nonnull(bank_reason(&bank, kind));
	reason_text(bank_reason(&bank, kind), buf);
	ck_assert_str_eq(buf, text);
}

/* B15, B12: named, and nothing forbidden */
START_TEST(over_1c_warns_after_10_s)
{
	healthy(2);
	carries(1, directions[_i].sign * CAPACITY_MAH);
	bank_run_ms(&bank, 60000);
	ck_assert_uint_eq(bank.out.codes, 0);
	carries(1, directions[_i].sign * (CAPACITY_MAH + 100));
	bank_read(&bank, 1);
	for (int i = 0; i < 9; i++) {
		bank.input.now = mono_add_ms(bank.input.now, 1000);
		bank_read(&bank, 0);
		bank_read(&bank, 1);
	}
	bank.input.now = mono_add_ms(bank.input.now, 999);
	bank_read(&bank, 1);
	ck_assert_uint_eq(bank.out.codes, 0);
	bank.input.now = mono_add_ms(bank.input.now, 1);
	bank_read(&bank, 1);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(directions[_i].code));
	reads_as(directions[_i].continuous, directions[_i].continuous_text);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert(!bank.out.pre_alarm_high);
	ck_assert_uint_eq(bank.out.n_reasons, 1);
}
END_TEST

/* B15 */
START_TEST(over_2c_warns_at_once)
{
	healthy(2);
	carries(1, directions[_i].sign * 2 * CAPACITY_MAH);
	bank_read(&bank, 1);
	ck_assert_uint_eq(bank.out.codes, 0);
	carries(1, directions[_i].sign * (2 * CAPACITY_MAH + 100));
	bank_read(&bank, 1);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(directions[_i].code));
	reads_as(directions[_i].pulse, directions[_i].pulse_text);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* B15, B11: back by 5 %, for the hold */
START_TEST(the_warning_ends_5_percent_lower_after_the_hold)
{
	healthy(1);
	carries(0, directions[_i].sign * (CAPACITY_MAH + 1000));
	bank_run_ms(&bank, 12000);
	ck_assert(bank_has_code(&bank, directions[_i].code));
	carries(0, directions[_i].sign * (CAPACITY_MAH * 95 / 100 + 1));
	bank_run_ms(&bank, 60000);
	ck_assert(bank_has_code(&bank, directions[_i].code));
	carries(0, directions[_i].sign * (CAPACITY_MAH * 95 / 100));
	bank_run_ms(&bank, 29000);
	ck_assert(bank_has_code(&bank, directions[_i].code));
	/* One peak while it is tripped begins the hold anew. */
	carries(0, directions[_i].sign * (CAPACITY_MAH + 1000));
	bank_run_ms(&bank, 1000);
	carries(0, 0);
	bank_run_ms(&bank, 29000);
	ck_assert(bank_has_code(&bank, directions[_i].code));
	bank_run_ms(&bank, 3000);
	ck_assert_uint_eq(bank.out.codes, 0);
}
END_TEST

/* B15: short peaks below 2C are what a battery is for */
START_TEST(peaks_with_pauses_do_not_add_up)
{
	healthy(1);
	for (int i = 0; i < 10; i++) {
		carries(0, directions[_i].sign * CAPACITY_MAH * 3 / 2);
		bank_run_ms(&bank, 9000);
		ck_assert_uint_eq(bank.out.codes, 0);
		carries(0, directions[_i].sign * CAPACITY_MAH);
		bank_run_ms(&bank, 2000);
		ck_assert_uint_eq(bank.out.codes, 0);
	}
}
END_TEST

/* B15: nor does what was not seen, nor what a broken clock has timed */
START_TEST(the_10_seconds_are_seen_without_a_gap)
{
	healthy(1);
	carries(0, CAPACITY_MAH + 1000);
	bank_run_ms(&bank, 6000);
	bank.silent[0] = true;
	bank_run_ms(&bank, 6000);
	bank.silent[0] = false;
	bank_run_ms(&bank, 9000);
	ck_assert(!bank_has_code(&bank, CODE_W_X04));
	bank.sample[0].current_ma = UNKNOWN_I32;
	bank_run_ms(&bank, 1000);
	carries(0, CAPACITY_MAH + 1000);
	bank_run_ms(&bank, 9000);
	ck_assert(!bank_has_code(&bank, CODE_W_X04));
	bank.input.now.us -= 1000;
	bank_step_only(&bank);
	bank_run_ms(&bank, 9000);
	ck_assert(!bank_has_code(&bank, CODE_W_X04));
	bank_run_ms(&bank, 3000);
	ck_assert(bank_has_code(&bank, CODE_W_X04));
}
END_TEST

/* B15: a battery's own figure stands for 1C; 2C stays that of the cells */
START_TEST(a_batterys_own_limit_counts_instead_of_1c)
{
	healthy(1);
	bank.sample[0].charge_limit_ma = known_i32(100000);
	bank.sample[0].discharge_limit_ma = known_i32(300000);
	carries(0, 100001);
	bank_run_ms(&bank, 12000);
	ck_assert_int_eq(bank_reason(&bank, REASON_CHARGE_CURRENT)->limit,
			 100000);
	carries(0, -300000);
	bank_run_ms(&bank, 35000);
	ck_assert_uint_eq(bank.out.codes, 0);
	carries(0, -300001);
	bank_run_ms(&bank, 12000);
	ck_assert_int_eq(bank_reason(&bank, REASON_DISCHARGE_CURRENT)->limit,
			 -300000);
	/* "Nothing for now" is a wish, not what it is made for. */
	healthy(1);
	bank.sample[0].charge_limit_ma = known_i32(0);
	carries(0, 10000);
	bank_run_ms(&bank, 12000);
	ck_assert_uint_eq(bank.out.codes, 0);
}
END_TEST

/* B15: without capacity and figure there is no limit to be over */
START_TEST(an_unknown_limit_warns_of_nothing)
{
	healthy(1);
	bank.sample[0].design_mah = UNKNOWN_I32;
	bank.sample[0].full_mah = UNKNOWN_I32;
	carries(0, INT32_MAX);
	bank_run_ms(&bank, 20000);
	ck_assert_uint_eq(bank.out.codes, 0);
	carries(0, INT32_MIN);
	bank_run_ms(&bank, 20000);
	ck_assert_uint_eq(bank.out.codes, 0);
	/* Its own figure is one, without a pulse. */
	bank.sample[0].discharge_limit_ma = known_i32(100000);
	bank_run_ms(&bank, 12000);
	ck_assert_uint_eq(bank.out.n_reasons, 1);
	ck_assert_ptr_nonnull(bank_reason(&bank, REASON_DISCHARGE_CURRENT));
	/* A capacity that no battery has overflows nothing. */
	healthy(1);
	bank.sample[0].design_mah = known_i32(INT32_MAX);
	carries(0, INT32_MAX);
	bank_run_ms(&bank, 12000);
	carries(0, INT32_MIN);
	bank_run_ms(&bank, 12000);
	ck_assert_ptr_null(bank_reason(&bank, REASON_CHARGE_PULSE));
	ck_assert_ptr_null(bank_reason(&bank, REASON_DISCHARGE_PULSE));
}
END_TEST

/* B15: of a silent battery nothing is known, its current neither */
START_TEST(a_silent_battery_is_not_said_to_carry_too_much)
{
	healthy(2);
	carries(1, CAPACITY_MAH * 3);
	bank_run_ms(&bank, 2000);
	ck_assert(bank_has_code(&bank, CODE_W_X04));
	bank.silent[1] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank_has_code(&bank, CODE_W_X04));
}
END_TEST

int main(void)
{
	const int n = ARRAY_SIZE(directions);
	Suite *suite = suite_create("core: current");
	TCase *tc = tcase_create("current");

	tcase_add_loop_test(tc, over_1c_warns_after_10_s, 0, n);
	tcase_add_loop_test(tc, over_2c_warns_at_once, 0, n);
	tcase_add_loop_test(tc,
			    the_warning_ends_5_percent_lower_after_the_hold,
			    0, n);
	tcase_add_loop_test(tc, peaks_with_pauses_do_not_add_up, 0, n);
	tcase_add_test(tc, the_10_seconds_are_seen_without_a_gap);
	tcase_add_test(tc, a_batterys_own_limit_counts_instead_of_1c);
	tcase_add_test(tc, an_unknown_limit_warns_of_nothing);
	tcase_add_test(tc, a_silent_battery_is_not_said_to_carry_too_much);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
