/* SPDX-License-Identifier: MIT */
/* Bad lines and bad company: garbage, cross-talk, unplugging (I3, users'
 * first and second complaint), and that nothing of it is trusted. */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

#define QUICK "[protection]\nrelease-hold = 5\n"

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
					     .settings = QUICK });
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

/* Answers in somebody else's name, damaged and short ones are silence. */
START_TEST(foreign_damaged_and_short_answers_count_as_silence)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-3",
					     .settings = QUICK });
	rig_allowed(rig);
	rig_sim(rig, "answer-as 2 1");
	rig_until(rig, "battery/2.Online", "no", 20000);
	rig_until(rig, "AllowedToCharge", "no", 1000);
	ck_assert_double_gt(rig_get_double(rig, "bus/rack.AddressErrors"), 0);
	ck_assert_str_eq(rig_get(rig, "battery/1.Online"), "yes");
	rig_sim(rig, "answer-as 2 auto");
	rig_allowed(rig);
	rig_sim(rig, "corrupt 2 on");
	rig_until(rig, "battery/2.Online", "no", 20000);
	ck_assert_double_gt(rig_get_double(rig, "bus/rack.ChecksumErrors"),
			    0);
	rig_sim(rig, "corrupt 2 off");
	rig_allowed(rig);
	rig_sim(rig, "truncate 2 40");
	rig_until(rig, "battery/2.Online", "no", 20000);
	ck_assert_double_gt(rig_get_double(rig, "bus/rack.LengthErrors"), 0);
	rig_sim(rig, "truncate 2 off");
	rig_allowed(rig);
	rig_free(rig);
}
END_TEST

/* An adapter that echoes what is sent is tolerated, and the gap between
 * requests is kept: no two packs ever talk at once. */
START_TEST(echo_is_tolerated_and_packs_never_collide)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-4",
					     .settings = QUICK });
	rig_sim(rig, "echo 1 on");
	rig_allowed(rig);
	rig_stays(rig, "AllowedToCharge", "yes", 10000);
	ck_assert_int_eq(rig_sim_long(rig, "bus.1.collisions"), 0);
	ck_assert_int_ge(rig_sim_long(rig, "batt.1.min_gap_ms"), 115);
	rig_free(rig);
}
END_TEST

/* I3: the tty goes and comes back as another one behind the same name */
START_TEST(an_unplugged_bus_floats_in_time_and_comes_back)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-2 shed:1",
					     .settings = QUICK });
	rig_allowed(rig);
	rig_sim(rig, "unplug 2");
	rig_until(rig, "bus/shed.Connected", "no", 3000);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 17000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 500);
	rig_until_has(rig, "DischargeReasons", "silent:3", 1000);
	ck_assert_str_eq(rig_get(rig, "battery/1.Online"), "yes");
	rig_sim(rig, "plug 2");
	rig_until(rig, "bus/shed.Connected", "yes", 5000);
	rig_allowed(rig);
	rig_free(rig);
}
END_TEST

/* A short unplugging within the alarm delay opens nothing. */
START_TEST(a_quick_replug_drops_nothing)
{
	rig = rig_new(&(struct rig_options){ .settings = QUICK });
	rig_allowed(rig);
	rig_sim(rig, "unplug 1");
	rig_until(rig, "bus/rack.Connected", "no", 3000);
	rig_sim(rig, "plug 1");
	rig_until(rig, "bus/rack.Connected", "yes", 5000);
	rig_stays(rig, "LoadDisconnect", "high", 15000);
	rig_free(rig);
}
END_TEST

/* The MK3's tty missing at start, and noise on it. */
START_TEST(a_missing_mk3_is_said_and_taken_when_it_appears)
{
	rig = rig_new(&(struct rig_options){ .mk3_late = true,
					     .settings = QUICK });
	rig_allowed(rig);
	ck_assert_str_eq(rig_get(rig, "inverter.Connected"), "no");
	rig_until_log(rig, "mk3", 2000);
	rig_sim(rig, "plug mk3");
	rig_until(rig, "inverter.Connected", "yes", 15000);
	rig_sim(rig, "mk garbage on");
	rig_stays(rig, "AllowedToDischarge", "yes", 10000);
	rig_sim(rig, "mk garbage off");
	rig_until(rig, "inverter.Mode", "on", 15000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: trouble");
	TCase *tc = tcase_create("trouble");

	tcase_set_timeout(tc, 200);
	tcase_add_test(tc, a_minute_of_garbage_is_survived);
	tcase_add_test(tc,
		       foreign_damaged_and_short_answers_count_as_silence);
	tcase_add_test(tc, echo_is_tolerated_and_packs_never_collide);
	tcase_add_test(tc, an_unplugged_bus_floats_in_time_and_comes_back);
	tcase_add_test(tc, a_quick_replug_drops_nothing);
	tcase_add_test(tc, a_missing_mk3_is_said_and_taken_when_it_appears);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
