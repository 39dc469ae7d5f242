/* SPDX-License-Identifier: MIT */
/*
 * C5, C6, C9, C11, C12: who is commanded, who else commands, what mains does,
 * and what goes on where there is nobody to command.
 */
#include <string.h>

#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

static void start_with(const char *commands)
{
	rig = rig_new_mk(&(struct rig_options){ .settings = RIG_QUICK },
			 commands);
}

/* Not one frame that would switch or limit. */
static void nothing_commanded(void)
{
	ck_assert_int_eq(rig_sim_long(rig, "mk.s_frames"), 0);
	ck_assert_int_eq(rig_sim_long(rig, "mk.raw_frames"), 0);
	ck_assert_str_eq(rig_sim(rig, "get mk.charge_current_a"), "70");
}

/* C6 */
START_TEST(beside_a_vebus_bms_nothing_is_commanded_and_it_is_an_alarm)
{
	start_with("mk bms on");
	rig_until_has(rig, "Alarms", "A-X03", 10000);
	rig_until(rig, "inverter.SwitchOwner", "vebus-bms", 2000);
	rig_stays(rig, "Alarms", "A-X03", 5000);
	nothing_commanded();
	/* The unit inverts on: that is told, and the lines decide. */
	rig_sim(rig, "load 500");
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_until_has(rig, "Alarms", "A-X01", 6000);
	nothing_commanded();
	/* Taken off, it is commanded at last. */
	rig_sim(rig, "mk bms off");
	rig_until_has_not(rig, "Alarms", "A-X03", 45000);
	rig_until_sim(rig, "mk.active", "charger", 5000);
	rig_until_has_not(rig, "Alarms", "A-X01", 5000);
	rig_free(rig);
}
END_TEST

/* C6 */
START_TEST(firmware_below_415_is_error_15_and_not_commanded)
{
	start_with("mk firmware 2648414");
	rig_until_has(rig, "Errors", "E-X01", 10000);
	rig_stays(rig, "Errors", "E-X01", 5000);
	nothing_commanded();
	ck_assert_int_eq(rig_run_ctl(rig, "status"), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "VE.Bus error 15"));
	rig_sim(rig, "mk error 15");
	rig_until(rig, "inverter.Error", "15", 8000);
	rig_until_has(rig, "inverter.ErrorText", "415", 1000);
	rig_free(rig);
}
END_TEST

/* C6 */
START_TEST(firmware_below_489_is_warned_of_and_commanded)
{
	start_with("mk firmware 2648488");
	rig_until_has(rig, "Warnings", "W-X06", 10000);
	rig_until_sim(rig, "mk.switch", "on", 5000);
	ck_assert_str_eq(rig_get(rig, "Errors"), "");
	rig_free(rig);
}
END_TEST

/* C11 */
START_TEST(a_digital_multi_control_refuses_modes)
{
	start_with("mk dmc on");
	rig_until(rig, "inverter.SwitchOwner", "digital-multi-control",
		  10000);
	ck_assert_int_ne(rig_run_ctl(rig, "mode charger-only"), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig),
				     "Digital Multi Control"));
	ck_assert_str_eq(rig_get(rig, "Mode"), "on");
	ck_assert_int_ne(rig_run_ctl(rig, "mode on"), 0);
	/* A stop is commanded all the same; not obeyed, it is told. */
	rig_sim(rig, "mk ignore-switch on");
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_until_sim(rig, "mk.switch", "charger", 3000);
	rig_until_has(rig, "Alarms", "A-X01", 6000);
	rig_free(rig);
}
END_TEST

/* C11: its own switch stands at on, and the command changes nothing */
START_TEST(a_discharge_stop_that_a_control_overrides_is_an_alarm)
{
	start_with("mk units 2\nac off\nload 900\nmk dmc on");
	rig_until(rig, "inverter.SwitchOwner", "digital-multi-control",
		  10000);
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_until_has(rig, "Alarms", "A-X01", 6000);
	ck_assert_str_eq(rig_sim(rig, "get mk.unit.3.state"), "invert");
	/* Somebody turns it. */
	rig_sim(rig, "mk dmc-switch off");
	rig_until_has_not(rig, "Alarms", "A-X01", 6000);
	rig_free(rig);
}
END_TEST

/* C11: what was set before it came can be taken back, and no more */
START_TEST(a_mode_of_before_can_be_taken_back)
{
	start_with("mk dmc off");
	ck_assert_int_eq(rig_run_ctl(rig, "mode off"), 0);
	rig_until(rig, "Mode", "off", 2000);
	rig_sim(rig, "mk dmc on");
	rig_until(rig, "inverter.SwitchOwner", "digital-multi-control",
		  45000);
	ck_assert_int_ne(rig_run_ctl(rig, "mode inverter-only"), 0);
	ck_assert_str_eq(rig_get(rig, "Mode"), "off");
	ck_assert_int_eq(rig_run_ctl(rig, "mode on"), 0);
	rig_until(rig, "Mode", "on", 2000);
	rig_free(rig);
}
END_TEST

/* C5: the unit is off for longer than its bus would stay up by itself */
START_TEST(mains_that_returns_after_a_low_cell_charges_again)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_sim(rig, "ac off");
	rig_sim(rig, "load 500");
	rig_allowed(rig);
	rig_until(rig, "inverter.State", "Inverting", 10000);
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_sim(rig, "mk.active", "charger", 6000);
	rig_until_sim(rig, "mk.state", "off", 3000);
	ck_assert_str_eq(rig_sim(rig, "get mk.standby"), "1");
	rig_until(rig, "inverter.Mode", "charger-only", 4000);
	rig_stays(rig, "inverter.Mode", "charger-only", 15000);
	ck_assert_str_eq(rig_sim(rig, "get mk.alive"), "1");
	rig_sim(rig, "ac on");
	rig_until_sim(rig, "mk.state", "charge", 5000);
	rig_stays(rig, "AllowedToDischarge", "no", 2000);
	ck_assert_int_gt(rig_sim_long(rig, "bank.current_ma"), 0);
	ck_assert_str_eq(rig_sim(rig, "get mk.active"), "charger");
	/* Charged enough, the loads come back by themselves. */
	rig_sim(rig, "cell 1 1 auto");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, 'H', 15000);
	rig_until_sim(rig, "mk.active", "on", 5000);
	rig_free(rig);
}
END_TEST

/* C5: standby did not keep it awake, and the MK is dead until mains is */
START_TEST(a_unit_that_slept_until_mains_came_charges_again)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_sim(rig, "ac off");
	rig_allowed(rig);
	rig_until(rig, "inverter.Connected", "yes", 15000);
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_sim(rig, "mk.active", "charger", 6000);
	rig_sim(rig, "mk sleep on");
	rig_until(rig, "inverter.Connected", "no", 10000);
	rig_until_has(rig, "Warnings", "W-X01", 2000);
	rig_sim(rig, "ac on");
	rig_sim(rig, "mk sleep off");
	rig_until_sim(rig, "mk.switch", "charger", 10000);
	rig_until_sim(rig, "mk.state", "charge", 5000);
	ck_assert_str_eq(rig_sim(rig, "get mk.active"), "charger");
	rig_until(rig, "inverter.Connected", "yes", 5000);
	rig_free(rig);
}
END_TEST

/* C9: to the master, into RAM, and only where it is asked for */
START_TEST(the_soc_is_handed_to_the_master_where_it_is_asked_for)
{
	rig = rig_new_mk(&(struct rig_options){
		.settings = RIG_QUICK, .inverter = "hand-soc = yes\n",
	}, "mk units 2\nmk unit all setting 64 560");
	ck_assert_int_eq(rig_run_ctl(rig, "soc 42"), 0);
	rig_until_sim(rig, "mk.soc", "42.0", 45000);
	ck_assert_int_eq(rig_sim_long(rig, "mk.eeprom_writes"), 0);
	ck_assert_int_eq(rig_sim_long(rig, "mk.bol_frames"), 0);
	rig_free(rig);
}
END_TEST

/* C12 */
START_TEST(without_an_inverter_everything_else_is_there)
{
	rig = rig_new(&(struct rig_options){
		.settings = RIG_QUICK, .no_mk3 = true,
	});
	rig_allowed(rig);
	ck_assert_str_eq(rig_get(rig, "battery/2.Online"), "yes");
	ck_assert_int_eq(rig_run_ctl(rig, "soc 42"), 0);
	/* From then on it is counted. */
	ck_assert_double_gt(rig_get_double(rig, "StateOfCharge"), 41);
	ck_assert_double_le(rig_get_double(rig, "StateOfCharge"), 42);
	ck_assert_int_eq(rig_run_ctl(rig, "status"), 0);
	ck_assert_ptr_null(strstr(rig_printed(rig), "X0"));
	ck_assert_int_eq(rig_run_ctl(rig, "inverter"), 0);
	ck_assert_ptr_null(strstr(rig_printed(rig), "Connected"));
	rig_sim(rig, "cell 1 1 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_stays(rig, "Warnings", "W-B01", 1000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: who is commanded");
	TCase *tc = tcase_create("gates");

	tcase_set_timeout(tc, 150);
	tcase_add_test(tc,
		beside_a_vebus_bms_nothing_is_commanded_and_it_is_an_alarm);
	tcase_add_test(tc, firmware_below_415_is_error_15_and_not_commanded);
	tcase_add_test(tc, firmware_below_489_is_warned_of_and_commanded);
	tcase_add_test(tc, a_digital_multi_control_refuses_modes);
	tcase_add_test(tc,
		a_discharge_stop_that_a_control_overrides_is_an_alarm);
	tcase_add_test(tc, a_mode_of_before_can_be_taken_back);
	tcase_add_test(tc, mains_that_returns_after_a_low_cell_charges_again);
	tcase_add_test(tc, a_unit_that_slept_until_mains_came_charges_again);
	tcase_add_test(tc,
		the_soc_is_handed_to_the_master_where_it_is_asked_for);
	tcase_add_test(tc, without_an_inverter_everything_else_is_there);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
