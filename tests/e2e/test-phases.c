/* SPDX-License-Identifier: MIT */
/* C5-C8 with several units: modes, mains, errors and gates are everyone's. */
#include <string.h>

#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

static void start_with(const char *commands)
{
	rig = rig_new_mk(&(struct rig_options){ .settings = RIG_QUICK },
			 commands);
}

static void until_state(unsigned address, const char *state, uint32_t ms)
{
	char key[48];

	snprintf(key, sizeof(key), "mk.unit.%u.state", address);
	rig_until_sim(rig, key, state, ms);
}

/* C7, C8: currents are those of all units on a phase */
START_TEST(each_phase_is_read)
{
	start_with("mk units 4 3\nac off\nload 460 1\nload 690 2\n"
		   "load 230 3");
	rig_until(rig, "inverter.State", "Inverting", 8000);
	rig_until(rig, "inverter.AcInputVoltage", "0.000 0.000 0.000", 8000);
	rig_until(rig, "inverter.AcOutputVoltage", "230.000 230.000 230.000",
		  8000);
	rig_until(rig, "inverter.AcOutputCurrent", "2.000 3.000 1.000", 8000);
	rig_until(rig, "inverter.MainsPresent", "no", 2000);
	rig_until(rig, "inverter.Leds", "inverter", 4000);
	rig_sim(rig, "ac on 2");
	rig_until(rig, "inverter.AcInputVoltage", "0.000 230.000 0.000", 8000);
	rig_until(rig, "inverter.MainsPresent", "yes", 2000);
	ck_assert_int_eq(rig_sim_long(rig, "mk.bad_frames"), 0);
	ck_assert_int_eq(rig_sim_long(rig, "mk.eeprom_writes"), 0);
	rig_free(rig);
}
END_TEST

static void all_are(unsigned n, const char *state)
{
	for (unsigned a = 0; a < n; a++)
		until_state(a, state, 4000);
}

/* C8, D2 */
START_TEST(every_mode_reaches_every_unit)
{
	start_with("mk units 5 3\nload 900");
	ck_assert_int_eq(rig_run_ctl(rig, "mode inverter-only"), 0);
	all_are(5, "invert");
	ck_assert_int_eq(rig_run_ctl(rig, "mode charger-only"), 0);
	all_are(5, "charge");
	rig_sim(rig, "ac off");
	all_are(5, "off");
	ck_assert_int_eq(rig_run_ctl(rig, "mode on"), 0);
	all_are(5, "invert");
	ck_assert_int_eq(rig_run_ctl(rig, "mode off"), 0);
	all_are(5, "off");
	ck_assert_str_eq(rig_sim(rig, "get mk.standby"), "1");
	rig_free(rig);
}
END_TEST

/* C5, C8: the phase that has mains charges, the others rest */
START_TEST(mains_on_one_phase_of_three_charges_after_a_low_cell)
{
	start_with("mk units 3 3\nac off\nload 900");
	rig_until(rig, "inverter.State", "Inverting", 8000);
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	all_are(3, "off");
	rig_sim(rig, "ac on 2");
	until_state(1, "charge", 3000);
	rig_until(rig, "inverter.MainsPresent", "yes", 8000);
	ck_assert_str_eq(rig_sim(rig, "get mk.active"), "charger");
	ck_assert_str_eq(rig_sim(rig, "get mk.unit.0.state"), "off");
	ck_assert_str_eq(rig_sim(rig, "get mk.unit.2.state"), "off");
	ck_assert_int_gt(rig_sim_long(rig, "bank.current_ma"), 0);
	rig_stays(rig, "AllowedToDischarge", "no", 2000);
	/* Charged enough, the phases without mains invert again. */
	rig_sim(rig, "cell 1 1 auto");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, 'H', 15000);
	until_state(0, "invert", 5000);
	until_state(2, "invert", 1000);
	rig_free(rig);
}
END_TEST

/* C5: phases that wait for each other */
START_TEST(mains_on_all_phases_of_a_group_charges_after_a_low_cell)
{
	start_with("mk units 3 3\nmk mains-as-group on\nac off");
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	all_are(3, "off");
	rig_sim(rig, "ac on 2");
	rig_until(rig, "inverter.MainsPresent", "yes", 8000);
	ck_assert_str_eq(rig_sim(rig, "get mk.active"), "charger");
	rig_sim(rig, "ac on");
	all_are(3, "charge");
	rig_stays(rig, "AllowedToDischarge", "no", 1000);
	rig_free(rig);
}
END_TEST

/* C7: the unit that has it is off, the others run and are commanded */
START_TEST(an_error_of_one_unit_is_told_with_its_text)
{
	static const struct {
		const char *number;
		const char *text;
	} rows[] = {
		{ "1", "phase" }, { "3", "expected" }, { "17", "master" },
		{ "24", "protection" }, { "0", "" },
	};

	start_with("mk units 3 3");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig_sim(rig, "mk unit 1 error %s", rows[i].number);
		rig_until(rig, "inverter.Error", rows[i].number, 5000);
		ck_assert_ptr_nonnull(strstr(rig_get(rig, "inverter.ErrorText"),
					     rows[i].text));
	}
	rig_sim(rig, "mk unit 1 error 3");
	until_state(1, "off", 1000);
	ck_assert_str_eq(rig_sim(rig, "get mk.unit.0.state"), "charge");
	rig_s_is_fresh_for(rig, 2000);
	rig_free(rig);
}
END_TEST

/* C6: the oldest firmware decides, whichever unit has it */
START_TEST(a_follower_with_old_firmware_keeps_all_from_being_commanded)
{
	start_with("mk units 3\nmk unit 6 firmware 2648414");
	rig_until_has(rig, "Errors", "E-X01", 30000);
	/* One second for what was on its way, and then no more. */
	rig_stays(rig, "Errors", "E-X01", 1000);
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_stays(rig, "Errors", "E-X01", 4000);
	ck_assert_int_gt(rig_sim_long(rig, "mk.s_age_ms"), 3000);
	ck_assert_str_eq(rig_sim(rig, "get mk.active"), "on");
	rig_free(rig);
}
END_TEST

/* C6 */
START_TEST(one_unit_below_489_is_warned_of_and_all_are_commanded)
{
	start_with("mk units 3 3\nmk unit 2 firmware 2648488");
	rig_until_has(rig, "Warnings", "W-X06", 30000);
	rig_until_sim(rig, "mk.switch", "on", 5000);
	rig_s_is_fresh_for(rig, 2000);
	ck_assert_str_eq(rig_get(rig, "Errors"), "");
	rig_free(rig);
}
END_TEST

/* C6: it comes while units are commanded, and has its own opinion */
START_TEST(a_vebus_bms_that_comes_later_is_left_alone)
{
	start_with("mk units 2");
	rig_until_sim(rig, "mk.switch", "on", 5000);
	rig_sim(rig, "mk bms on");
	rig_until_has(rig, "Alarms", "A-X03", 45000);
	rig_stays(rig, "Alarms", "A-X03", 3000);
	ck_assert_int_gt(rig_sim_long(rig, "mk.s_age_ms"), 2500);
	rig_sim(rig, "mk bms-allows none");
	until_state(0, "off", 1000);
	until_state(3, "off", 1000);
	rig_stays(rig, "Alarms", "A-X03", 1000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: several phases");
	TCase *tc = tcase_create("units");

	tcase_set_timeout(tc, 150);
	tcase_add_test(tc, each_phase_is_read);
	tcase_add_test(tc, every_mode_reaches_every_unit);
	tcase_add_test(tc,
		mains_on_one_phase_of_three_charges_after_a_low_cell);
	tcase_add_test(tc,
		mains_on_all_phases_of_a_group_charges_after_a_low_cell);
	tcase_add_test(tc, an_error_of_one_unit_is_told_with_its_text);
	tcase_add_test(tc,
		a_follower_with_old_firmware_keeps_all_from_being_commanded);
	tcase_add_test(tc,
		one_unit_below_489_is_warned_of_and_all_are_commanded);
	tcase_add_test(tc, a_vebus_bms_that_comes_later_is_left_alone);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
