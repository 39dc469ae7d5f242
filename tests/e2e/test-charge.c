/* SPDX-License-Identifier: MIT */
/*
 * B11 and B4 as a closed loop with the whole daemon: what it commands charges
 * the bank, and the bank is what it measures. The bank lives faster than the
 * daemon does, so that readings and commands that are a second late count as
 * many; in a real bank the taper has more time.
 */
#include <string.h>

#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

#define PLANT "--capacity 50 --soc 96 --speed 10"

enum { COMMANDED_MS = 20000, FULL_MS = 240000, STUCK_MS = 120000 };

static struct rig *rig;

/* One cell has 1.5 % more than the others. */
static void begin(void)
{
	rig = rig_new(&(struct rig_options){ .sim = PLANT });
	rig_sim(rig, "cell 1 3 soc-offset 1.5");
	rig_allowed(rig);
}

static long apart_mv(void)
{
	return rig_sim_long(rig, "bank.max_cell_mv") -
	       rig_sim_long(rig, "bank.min_cell_mv");
}

/* Until the charger has its first limit: it is the one that the daemon
 * has, and 0.3C of 100 Ah at most. */
static void until_commanded(void)
{
	uint64_t end = rig_now_us() + COMMANDED_MS * 1000ULL;

	while (rig_sim_long(rig, "mk.charge_current_a") > 30) {
		ck_assert_msg(rig_now_us() < end, "no charge limit comes");
		rig_stays(rig, "AllowedToCharge", "yes", 50);
	}
}

/* B11, B4, C3 */
START_TEST(an_imbalanced_bank_is_charged_full_and_atc_stays_high)
{
	uint64_t start = rig_now_us();
	long highest_mv = 0, apart_most_mv = 0;

	begin();
	until_commanded();
	rig_sim(rig, "ac on");
	while (rig_sim_long(rig, "bank.soc") < 99) {
		long mv = rig_sim_long(rig, "bank.max_cell_mv");
		long apart = apart_mv();

		highest_mv = mv > highest_mv ? mv : highest_mv;
		apart_most_mv = apart > apart_most_mv ? apart : apart_most_mv;
		ck_assert_msg(rig_now_us() - start < FULL_MS * 1000ULL,
			      "not full: %s %%", rig_sim(rig, "get bank.soc"));
		rig_stays(rig, "AllowedToCharge", "yes", 200);
	}
	printf("%ld s, highest cell %ld mV, apart %ld mV at most and %ld mV "
	       "at the end\n", (long)((rig_now_us() - start) / 1000000),
	       highest_mv, apart_most_mv, apart_mv());
	/* It was the imbalance that was worked off, and not for nothing. */
	ck_assert_int_gt(highest_mv, 3500);
	ck_assert_int_lt(highest_mv, 3700);
	ck_assert_int_lt(apart_mv(), apart_most_mv);
	ck_assert(!rig_log_has(rig, "A-X02"));
	rig_free(rig);
}
END_TEST

/* B4: nobody but the line can stop that charger */
START_TEST(a_charger_that_obeys_nobody_trips_atc)
{
	begin();
	rig_sim(rig, "dc 30");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', STUCK_MS);
	printf("highest cell %ld mV\n",
	       rig_sim_long(rig, "bank.max_cell_mv"));
	ck_assert_int_ge(rig_sim_long(rig, "bank.max_cell_mv"), 3750);
	rig_until(rig, "Alarms", "A-X02", 3000);
	rig_until_has(rig, "ChargeReasons", "cell-high:1.3:", 3000);
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: charging");
	TCase *tc = tcase_create("charge");

	tcase_set_timeout(tc, 360);
	tcase_add_test(tc,
		       an_imbalanced_bank_is_charged_full_and_atc_stays_high);
	tcase_add_test(tc, a_charger_that_obeys_nobody_trips_atc);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
