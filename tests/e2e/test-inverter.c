/* SPDX-License-Identifier: MIT */
/* C1-C4, C7, C10 against a simulated MultiPlus behind an MK3. */
#include <string.h>

#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

/* An S frame has been sent just now. */
static void until_s_comes(uint32_t ms)
{
	uint64_t end = rig_now_us() + (uint64_t)ms * 1000;

	while (rig_sim_long(rig, "mk.s_age_ms") > 500) {
		ck_assert_msg(rig_now_us() < end, "no S frame comes");
		rig_stays(rig, "OutputsVirtual", "yes", 20);
	}
}

/* A figure that is told in turn with others has come and is that high. */
static void until_above(const char *property, double value, uint32_t ms)
{
	uint64_t end = rig_now_us() + (uint64_t)ms * 1000;

	while (!(rig_get_double(rig, property) > value)) {
		ck_assert_msg(rig_now_us() < end, "%s stays at %f", property,
			      rig_get_double(rig, property));
		rig_stays(rig, "OutputsVirtual", "yes", 20);
	}
}

/* C1, C7 */
START_TEST(the_unit_is_found_and_read)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_until(rig, "inverter.Connected", "yes", 15000);
	rig_until(rig, "inverter.FirmwareVersion", "508", 10000);
	rig_allowed(rig);
	rig_until(rig, "inverter.Mode", "on", 10000);
	rig_until_sim(rig, "mk.switch", "on", 5000);
	rig_sim(rig, "ac on");
	rig_until(rig, "inverter.MainsPresent", "yes", 8000);
	until_above("inverter.DcVoltage", 45.0, 8000);
	until_above("inverter.AcInputVoltage", 200.0, 8000);
	rig_sim(rig, "ac off");
	rig_sim(rig, "load 1000");
	rig_until(rig, "inverter.MainsPresent", "no", 8000);
	rig_until(rig, "inverter.State", "Inverting", 8000);
	rig_s_is_fresh_for(rig, 5000);
	ck_assert_int_eq(rig_sim_long(rig, "mk.eeprom_writes"), 0);
	ck_assert_int_eq(rig_sim_long(rig, "mk.bad_frames"), 0);
	rig_free(rig);
}
END_TEST

/* C2 */
START_TEST(discharge_forbidden_is_charger_only_within_3_s)
{
	uint64_t low;
	uint64_t obeyed;

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "load 2000");
	rig_until_sim(rig, "mk.active", "on", 15000);
	rig_sim(rig, "cell 1 1 force 2450");
	low = rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_until_sim(rig, "mk.active", "charger", 3000);
	obeyed = rig_now_us();
	printf("charger-only %ld ms after the line floated\n",
	       (long)(obeyed - low) / 1000);
	rig_until(rig, "inverter.Mode", "charger-only", 3000);
	rig_stays(rig, "Alarms", "A-B01", 4000);
	rig_sim(rig, "ac on");
	rig_until(rig, "inverter.MainsPresent", "yes", 8000);
	ck_assert_int_gt(rig_sim_long(rig, "bank.current_ma"), 0);
	rig_s_is_fresh_for(rig, 3000);
	rig_free(rig);
}
END_TEST

/* C2: not obeyed is an alarm of its own */
START_TEST(a_multiplus_that_ignores_the_command_is_an_alarm)
{
	uint64_t floated;
	uint64_t alarmed;

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_until_sim(rig, "mk.active", "on", 15000);
	rig_until(rig, "inverter.Mode", "on", 10000);
	rig_sim(rig, "mk ignore-switch on");
	rig_sim(rig, "cell 1 1 force 2450");
	floated = rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	alarmed = rig_until_has(rig, "Alarms", "A-X01", 6000);
	ck_assert_uint_le(alarmed - floated, 4000000);
	rig_sim(rig, "mk ignore-switch off");
	rig_until_has_not(rig, "Alarms", "A-X01", 6000);
	rig_free(rig);
}
END_TEST

/* C3 */
START_TEST(a_high_cell_reduces_and_a_higher_one_stops_it)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_sim(rig, "ac on");
	rig_allowed(rig);
	rig_until(rig, "inverter.Mode", "on", 15000);
	rig_sim(rig, "cell 1 1 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	rig_until_sim(rig, "mk.charge_current_a", "5", 15000);
	rig_until_sim(rig, "mk.active", "on", 1000);
	rig_sim(rig, "cell 1 1 force 3810");
	rig_until_sim(rig, "mk.charge_current_a", "0", 15000);
	rig_sim(rig, "cell 1 1 force 3590");
	rig_until(rig, "AllowedToCharge", "yes", 10000);
	rig_sim(rig, "temp 2 3");
	rig_until_sim(rig, "mk.charge_current_a", "0", 15000);
	rig_sim(rig, "temp 2 52");
	rig_until_sim(rig, "mk.charge_current_a", "5", 15000);
	rig_sim(rig, "temp 2 56");
	rig_until_sim(rig, "mk.charge_current_a", "0", 15000);
	ck_assert_int_eq(rig_sim_long(rig, "mk.eeprom_writes"), 0);
	rig_free(rig);
}
END_TEST

/* C4 */
START_TEST(lost_data_switches_off_and_holds_standby)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_until_sim(rig, "mk.active", "on", 15000);
	rig_sim(rig, "silence 1 on");
	rig_until(rig, "AllowedToDischarge", "no", 20000);
	rig_until_sim(rig, "mk.active", "off", 4000);
	ck_assert_str_eq(rig_sim(rig, "get mk.standby"), "1");
	/* Kept alive, so it can be woken again. */
	rig_stays(rig, "inverter.Connected", "yes", 13000);
	rig_sim(rig, "silence 1 off");
	rig_until(rig, "AllowedToDischarge", "yes", 12000);
	rig_until_sim(rig, "mk.active", "on", 5000);
	rig_free(rig);
}
END_TEST

/* C1: an MK that is reset in the middle of everything */
START_TEST(after_a_reset_of_the_mk_everything_is_applied_again)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_sim(rig, "ac on");
	rig_allowed(rig);
	rig_sim(rig, "cell 1 1 force 3760");
	rig_until_sim(rig, "mk.charge_current_a", "5", 15000);
	for (int i = 0; i < 3; i++) {
		rig_sim(rig, "mk reset");
		rig_until_sim(rig, "mk.standby", "1", 10000);
		rig_until_sim(rig, "mk.panel_detect", "1", 10000);
		until_s_comes(5000);
		rig_s_is_fresh_for(rig, 2000);
	}
	rig_until_sim(rig, "mk.charge_current_a", "5", 5000);
	rig_sim(rig, "mk winmon long");
	rig_sim(rig, "mk reset");
	rig_sim(rig, "cell 1 1 force 3810");
	rig_until_sim(rig, "mk.charge_current_a", "0", 15000);
	rig_until(rig, "inverter.Connected", "yes", 5000);
	rig_free(rig);
}
END_TEST

/* C10 */
START_TEST(a_lost_mk3_warns_and_the_lines_go_on)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_until(rig, "inverter.Connected", "yes", 15000);
	rig_sim(rig, "unplug mk3");
	rig_until(rig, "inverter.Connected", "no", 8000);
	rig_until_has(rig, "Warnings", "W-X01", 8000);
	ck_assert_str_eq(rig_get(rig, "AllowedToDischarge"), "yes");
	rig_until(rig, "inverter.DcVoltage", "nan", 12000);
	rig_sim(rig, "cell 1 1 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	rig_sim(rig, "plug mk3");
	rig_until(rig, "inverter.Connected", "yes", 20000);
	rig_until_has_not(rig, "Warnings", "W-X01", 1000);
	rig_until_sim(rig, "mk.charge_current_a", "5", 10000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: inverter");
	TCase *tc = tcase_create("inverter");

	tcase_set_timeout(tc, 150);
	tcase_add_test(tc, the_unit_is_found_and_read);
	tcase_add_test(tc, discharge_forbidden_is_charger_only_within_3_s);
	tcase_add_test(tc, a_multiplus_that_ignores_the_command_is_an_alarm);
	tcase_add_test(tc, a_high_cell_reduces_and_a_higher_one_stops_it);
	tcase_add_test(tc, lost_data_switches_off_and_holds_standby);
	tcase_add_test(tc,
		       after_a_reset_of_the_mk_everything_is_applied_again);
	tcase_add_test(tc, a_lost_mk3_warns_and_the_lines_go_on);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
