/* SPDX-License-Identifier: MIT */
/* D3: how often the batteries are asked while the system is down. */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

/* Requests to a battery while the property stays as it is for that long. */
static long asked_within(uint32_t battery, const char *property, uint32_t ms)
{
	char key[32];
	char value[512];
	long before;

	snprintf(key, sizeof(key), "batt.%u.requests", (unsigned)battery);
	snprintf(value, sizeof(value), "%s", rig_get(rig, property));
	before = rig_sim_long(rig, key);
	rig_stays(rig, property, value, ms);
	return rig_sim_long(rig, key) - before;
}

/* Asked again and again within the time, which need not pass. */
static void until_asked_quickly(uint32_t battery, uint32_t ms)
{
	uint64_t end = rig_now_us() + (uint64_t)ms * 1000;

	while (asked_within(battery, "Batteries", 1000) < 3)
		ck_assert_msg(rig_now_us() < end, "battery %u still rests",
			      (unsigned)battery);
}

/* D3, D1, B8: slow, and no silence is seen in it */
START_TEST(remote_off_asks_every_5_s_and_remote_on_at_once)
{
	uint64_t on;

	rig = rig_new(&(struct rig_options){
		.buses = "rack:1-2 shed:1", .remote = true,
		.settings = RIG_QUICK, .no_mk3 = true,
	});
	rig_set_input(rig, LINE_REMOTE_H, true);
	rig_allowed(rig);
	ck_assert_int_gt(asked_within(1, "Warnings", 2000), 4);
	rig_set_input(rig, LINE_REMOTE_H, false);
	rig_until(rig, "RemoteOn", "no", 2000);
	ck_assert_str_eq(rig_get(rig, "Warnings"), "");
	/* Five requests or six; settings or identity may be among them. */
	for (uint32_t n = 1; n <= 3; n++) {
		long asked = asked_within(n, "Warnings", 15000);

		ck_assert_int_ge(asked, 2);
		ck_assert_int_le(asked, 5);
	}
	/* What changes meanwhile is seen as soon as the system is to be on. */
	rig_sim(rig, "temp 3 2");
	rig_sim(rig, "cell 2 5 force 2480");
	rig_set_input(rig, LINE_REMOTE_H, true);
	/* A chip without interrupts is looked at every second. */
	on = rig_until(rig, "RemoteOn", "yes", 3000);
	ck_assert_uint_le(rig_until_has(rig, "DischargeReasons",
					"cell-low-hard:2.5", 3000) - on,
			  2500000);
	ck_assert_uint_le(rig_until_has(rig, "ChargeReasons", "charge-cold:3",
					3000) - on, 2000000);
	rig_free(rig);
}
END_TEST

/* D3, D2 */
START_TEST(mode_off_asks_every_5_s)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	ck_assert_int_eq(rig_run_ctl(rig, "--session-bus mode off"), 0);
	rig_until(rig, "AllowedToDischarge", "no", 2000);
	/* Until the unit has gone off it may charge. */
	rig_until(rig, "inverter.Mode", "off", 6000);
	rig_stays(rig, "AllowedToDischarge", "no", 6000);
	ck_assert_int_le(asked_within(2, "Warnings", 15000), 5);
	ck_assert_int_eq(rig_run_ctl(rig, "--session-bus mode on"), 0);
	rig_until(rig, "AllowedToDischarge", "yes", 2000);
	until_asked_quickly(2, 3000);
	rig_free(rig);
}
END_TEST

/* D3, B3, B11: it slows nothing down that would bring the loads back */
START_TEST(a_low_cell_asks_every_5_s_until_it_recovers_or_is_charged)
{
	uint64_t raised;
	uint64_t back;

	rig = rig_new(&(struct rig_options){
		.settings = RIG_QUICK, .no_mk3 = true,
	});
	rig_allowed(rig);
	rig_sim(rig, "cell 1 4 force 2480");
	rig_until(rig, "AllowedToDischarge", "no", 2000);
	ck_assert_int_le(asked_within(1, "Warnings", 15000), 5);
	ck_assert_str_eq(rig_get(rig, "AllowedToCharge"), "yes");
	/* The sun comes out, and goes. */
	rig_sim(rig, "dc 20");
	until_asked_quickly(1, 8000);
	rig_sim(rig, "dc 0");
	rig_stays(rig, "AllowedToDischarge", "no", 2000);
	ck_assert_int_le(asked_within(1, "Alarms", 10000), 4);
	rig_sim(rig, "cell 1 4 force 3210");
	raised = rig_now_us();
	back = rig_until(rig, "AllowedToDischarge", "yes", 15000);
	/* One pace until it is seen, then the hold at the usual pace. */
	ck_assert_uint_ge(back - raised, 5000000);
	ck_assert_uint_le(back - raised, 12000000);
	ck_assert_int_gt(asked_within(1, "Warnings", 2000), 4);
	rig_free(rig);
}
END_TEST

/* D3, B8: a battery that dies meanwhile forbids as soon as ever */
START_TEST(silence_in_low_power_forbids_after_15_s)
{
	uint64_t silent;
	uint64_t forbade;

	rig = rig_new(&(struct rig_options){
		.settings = RIG_QUICK, .no_mk3 = true,
	});
	rig_allowed(rig);
	ck_assert_int_eq(rig_run_ctl(rig, "--session-bus mode off"), 0);
	rig_until(rig, "AllowedToDischarge", "no", 2000);
	rig_stays(rig, "Warnings", "", 6000);
	rig_sim(rig, "silence 2 on");
	silent = rig_now_us();
	rig_until_has(rig, "Warnings", "W-B05", 11000);
	forbade = rig_until_has(rig, "DischargeReasons", "silent:2", 11000);
	ck_assert_uint_le(forbade - silent, 16000000);
	rig_sim(rig, "silence 2 off");
	rig_until(rig, "battery/2.Online", "yes", 8000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: low power");
	TCase *tc = tcase_create("power");

	tcase_set_timeout(tc, 150);
	tcase_add_test(tc, remote_off_asks_every_5_s_and_remote_on_at_once);
	tcase_add_test(tc, mode_off_asks_every_5_s);
	tcase_add_test(tc,
		a_low_cell_asks_every_5_s_until_it_recovers_or_is_charged);
	tcase_add_test(tc, silence_in_low_power_forbids_after_15_s);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
