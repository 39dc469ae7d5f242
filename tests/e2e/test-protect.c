/* SPDX-License-Identifier: MIT */
/* B1, B4, B5, B8, B10, D1 through ttys, daemon, lines and bus. */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

/* B1 */
START_TEST(outputs_float_until_every_battery_has_been_heard)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-3",
					     .no_daemon = true });
	rig_sim(rig, "silence 3 on");
	rig_start_daemon(rig);
	rig_until(rig, "battery/1.Online", "yes", 10000);
	rig_until(rig, "battery/2.Online", "yes", 10000);
	rig_stays(rig, "AllowedToCharge", "no", 2000);
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '.');
	ck_assert_int_eq(rig_line(rig, LINE_CHARGE_DISCONNECT), '.');
	rig_until_has(rig, "ChargeReasons", "unknown:3::", 1000);
	rig_sim(rig, "silence 3 off");
	rig_allowed(rig);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, 'H', 1000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, 'H', 1000);
	rig_until(rig, "ChargeReasons", "", 1000);
	rig_free(rig);
}
END_TEST

/* B4, B11, B12 */
START_TEST(a_high_cell_floats_atc_until_all_are_below_3600)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "cell 2 7 force 3600");
	rig_stays(rig, "AllowedToCharge", "yes", 1500);
	rig_sim(rig, "cell 2 7 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 1000);
	rig_until(rig, "AllowedToCharge", "no", 2000);
	rig_until_has(rig, "ChargeReasons", "cell-high:2.7:3.760:3.750",
		      1000);
	ck_assert_str_eq(rig_get(rig, "AllowedToDischarge"), "yes");
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	ck_assert_str_eq(rig_get(rig, "ChargeDisconnect"), "floating");
	rig_sim(rig, "cell 2 7 force 3610");
	rig_stays(rig, "AllowedToCharge", "no", 7000);
	rig_sim(rig, "cell 2 7 force 3590");
	rig_stays(rig, "AllowedToCharge", "no", 4000);
	rig_until(rig, "AllowedToCharge", "yes", 5000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, 'H', 2000);
	rig_free(rig);
}
END_TEST

/* B5 */
START_TEST(charging_waits_for_5_to_50_degrees)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_sim(rig, "temp all 20");
	rig_allowed(rig);
	rig_sim(rig, "temp 1 4.5");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	rig_until_has(rig, "ChargeReasons", "charge-cold:1.", 1000);
	rig_sim(rig, "temp 1 6.5");
	rig_stays(rig, "AllowedToCharge", "no", 7000);
	rig_sim(rig, "temp 1 7.5");
	rig_until(rig, "AllowedToCharge", "yes", 9000);
	rig_sim(rig, "temp 1 -20");
	rig_until(rig, "AllowedToCharge", "no", 2000);
	ck_assert_double_lt(rig_get_double(rig, "MinCellTemperature"), -19.0);
	rig_sim(rig, "temp 1 51");
	rig_until_has(rig, "Alarms", "A-B09", 2000);
	rig_until_has(rig, "ChargeReasons", "charge-hot:1.", 1000);
	ck_assert_str_eq(rig_get(rig, "AllowedToDischarge"), "yes");
	rig_free(rig);
}
END_TEST

/* B8 */
START_TEST(silence_warns_after_5_s_and_floats_both_after_15_s)
{
	uint64_t silent;
	uint64_t warned;
	uint64_t floated;

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "silence 2 on");
	silent = rig_now_us();
	warned = rig_until_has(rig, "Warnings", "W-B05", 8000);
	ck_assert_uint_ge(warned - silent, 4500000);
	ck_assert_uint_le(warned - silent, 6000000);
	rig_stays(rig, "LoadDisconnect", "high", 5000);
	floated = rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 8000);
	ck_assert_uint_ge(floated - silent, 14500000);
	ck_assert_uint_le(floated - silent, 16000000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 1000);
	rig_until_has(rig, "Alarms", "A-B05", 2000);
	rig_until(rig, "battery/2.Online", "no", 2000);
	/* What is not known is not shown as a number. */
	rig_until(rig, "battery/2.Voltage", "nan", 2000);
	rig_until(rig, "Voltage", "nan", 2000);
	rig_sim(rig, "silence 2 off");
	rig_until(rig, "battery/2.Online", "yes", 5000);
	rig_until(rig, "AllowedToDischarge", "yes", 10000);
	rig_until_has_not(rig, "Alarms", "A-B05", 2000);
	rig_free(rig);
}
END_TEST

/* B10 */
START_TEST(an_implausible_cell_counts_only_when_it_stays)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	/* Cells that never add up to the pack: used once confirmed, and a
	 * high cell among them counts. */
	rig_sim(rig, "pack 1 force 40000");
	rig_stays(rig, "AllowedToCharge", "yes", 1500);
	rig_sim(rig, "pack 1 auto");
	rig_sim(rig, "cell 1 3 force 4000");
	rig_until(rig, "AllowedToCharge", "no", 2000);
	rig_sim(rig, "cell 1 3 auto");
	rig_until(rig, "AllowedToCharge", "yes", 10000);
	rig_free(rig);
}
END_TEST

/* B9 */
START_TEST(an_open_switch_of_a_battery_forbids_its_direction)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "fet 1 charge off");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	rig_until_has(rig, "ChargeReasons", "battery-charge-switch:1", 1000);
	ck_assert_str_eq(rig_get(rig, "AllowedToDischarge"), "yes");
	rig_sim(rig, "fet 1 charge auto");
	rig_until(rig, "AllowedToCharge", "yes", 10000);
	rig_sim(rig, "alarm 2 00000800"); /* bit 11: cell undervoltage */
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 2000);
	rig_until_has(rig, "DischargeReasons",
		      "battery-protects:2:cell-undervoltage", 1000);
	rig_free(rig);
}
END_TEST

/* D1 */
START_TEST(remote_off_floats_both_and_switches_the_inverter_off)
{
	rig = rig_new(&(struct rig_options){ .remote = true });
	rig_until(rig, "RemoteOn", "no", 5000);
	rig_until(rig, "battery/1.Online", "yes", 5000);
	rig_stays(rig, "LoadDisconnect", "floating", 2000);
	rig_set_input(rig, LINE_REMOTE_L, false);
	rig_allowed(rig);
	rig_until(rig, "RemoteOn", "yes", 1000);
	rig_set_input(rig, LINE_REMOTE_L, true);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 2000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 1000);
	rig_until_has(rig, "DischargeReasons", "remote-off:::", 2000);
	rig_until(rig, "inverter.Mode", "off", 6000);
	ck_assert_str_eq(rig_sim(rig, "get mk.standby"), "1");
	rig_set_input(rig, LINE_REMOTE_H, true);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, 'H', 2000);
	rig_until(rig, "inverter.Mode", "on", 8000);
	rig_free(rig);
}
END_TEST

/* B14 */
START_TEST(a_line_that_is_not_as_written_floats_both)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_until_line(rig, LINE_PRE_ALARM, '.', 1000);
	/* Somebody else drives the pre-alarm line: H is read back. */
	rig_set_input(rig, LINE_PRE_ALARM, true);
	rig_until_has(rig, "Errors", "E-B11", 3000);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 2000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	/* The chip is opened anew, which takes the line back. */
	rig_until_has_not(rig, "Errors", "E-B11", 15000);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, 'H', 2000);
	rig_free(rig);
}
END_TEST

/* B14, F5: so it is with the protecting lines only. */
START_TEST(an_led_that_is_not_as_written_is_told_and_moves_no_line)
{
	rig = rig_new(&(struct rig_options){
		.settings = "led-error = 6\nheartbeat = 26\n" RIG_QUICK });
	rig_allowed(rig);
	rig_until_line(rig, LINE_LED_ERROR, '.', 1000);
	rig_set_input(rig, LINE_LED_ERROR, true);
	rig_until_log(rig, "led-error: is not as written", 3000);
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	ck_assert_int_eq(rig_line(rig, LINE_CHARGE_DISCONNECT), 'H');
	ck_assert_str_eq(rig_get(rig, "Errors"), "");
	/* It is taken back, and shows what there is to show. */
	rig_until_line(rig, LINE_LED_ERROR, '.', 2000);
	rig_sim(rig, "cell 1 1 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 3000);
	rig_until_line(rig, LINE_LED_ERROR, 'H', 2000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: protection");
	TCase *tc = tcase_create("protection");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, outputs_float_until_every_battery_has_been_heard);
	tcase_add_test(tc,
		       a_high_cell_floats_atc_until_all_are_below_3600);
	tcase_add_test(tc, charging_waits_for_5_to_50_degrees);
	tcase_add_test(tc,
		       silence_warns_after_5_s_and_floats_both_after_15_s);
	tcase_add_test(tc, an_implausible_cell_counts_only_when_it_stays);
	tcase_add_test(tc, an_open_switch_of_a_battery_forbids_its_direction);
	tcase_add_test(tc,
		       remote_off_floats_both_and_switches_the_inverter_off);
	tcase_add_test(tc, a_line_that_is_not_as_written_floats_both);
	tcase_add_test(tc,
		       an_led_that_is_not_as_written_is_told_and_moves_no_line);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
