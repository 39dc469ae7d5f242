/* SPDX-License-Identifier: MIT */
/* I3: ttys that go, come back as others, or are missing at first. */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

/* I3: the tty goes and comes back as another one behind the same name */
START_TEST(an_unplugged_bus_floats_in_time_and_comes_back)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-2 shed:1",
					     .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "unplug 2");
	rig_until(rig, "bus/shed.Connected", "no", 3000);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 17000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
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
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
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
					     .settings = RIG_QUICK });
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
	Suite *suite = suite_create("end to end: plug");
	TCase *tc = tcase_create("plug");

	tcase_set_timeout(tc, 200);
	tcase_add_test(tc, an_unplugged_bus_floats_in_time_and_comes_back);
	tcase_add_test(tc, a_quick_replug_drops_nothing);
	tcase_add_test(tc, a_missing_mk3_is_said_and_taken_when_it_appears);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
