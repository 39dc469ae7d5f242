/* SPDX-License-Identifier: MIT */
/* Noise on the wires and adapters that echo: counted, and never trusted. */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

static long sum_of_faults(const char *bus)
{
	static const char *const names[] = {
		"Timeouts", "ChecksumErrors", "LengthErrors",
		"AddressErrors", "UnknownFrames", "ContentErrors",
		"GarbageBytes",
	};
	char property[64];
	long sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(property, sizeof(property), "%s.%s", bus, names[i]);
		sum += (long)rig_get_double(rig, property);
	}
	return sum;
}

/* A minute of noise: what is good gets through, what is bad is counted,
 * and a high cell is still seen. */
START_TEST(a_minute_of_garbage_is_survived)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-3",
					     .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "garbage 1 on 300");
	rig_stays(rig, "OutputsVirtual", "yes", 60000);
	ck_assert_int_gt(sum_of_faults("bus/rack"), 100);
	/* Never a false cell: extremes stay those of the bank. */
	ck_assert_double_gt(rig_get_double(rig, "MinCellVoltage"), 3.0);
	ck_assert_double_lt(rig_get_double(rig, "MaxCellVoltage"), 3.5);
	rig_sim(rig, "garbage 1 off");
	rig_allowed(rig);
	rig_sim(rig, "cell 3 9 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 3000);
	rig_free(rig);
}
END_TEST

/* An adapter that echoes what is sent is tolerated, and the gap between
 * requests is kept: no two packs ever talk at once. */
START_TEST(echo_is_tolerated_and_packs_never_collide)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-4",
					     .settings = RIG_QUICK });
	rig_sim(rig, "echo 1 on");
	rig_allowed(rig);
	rig_stays(rig, "AllowedToCharge", "yes", 10000);
	ck_assert_int_eq(rig_sim_long(rig, "bus.1.collisions"), 0);
	/* 120 are meant, batteries.md wants 100; on a busy machine the
	 * simulator hears one request later than the next. */
	ck_assert_int_ge(rig_sim_long(rig, "batt.1.min_gap_ms"), 100);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: noise");
	TCase *tc = tcase_create("noise");

	tcase_set_timeout(tc, 200);
	tcase_add_test(tc, a_minute_of_garbage_is_survived);
	tcase_add_test(tc, echo_is_tolerated_and_packs_never_collide);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
