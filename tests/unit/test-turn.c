/* SPDX-License-Identifier: MIT */
/*
 * The loop's turn and what goes around it, over the virtual chip, without a
 * bus and without batteries: a reload, what is kept, what is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "gpio/virtual.h"
#include "tests/unit/journal.h"
#include "tests/unit/turn_fixture.h"

/* B1: nothing has been heard. */
START_TEST(outputs_float_while_no_battery_has_been_heard)
{
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	ck_assert_ptr_nonnull(d.gpio);
	ck_assert(!gpio_virtual_is_high(d.gpio, LINE_LOAD_DISCONNECT));
	ck_assert(!gpio_virtual_is_high(d.gpio, LINE_CHARGE_DISCONNECT));
	ck_assert(!d.input.lines_failed && !d.input.lines_failed_now);
	stop(&d);
}
END_TEST

START_TEST(a_broken_file_on_reload_keeps_everything)
{
	struct settings *settings;
	struct spine *spine;
	struct gpio *gpio;
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	settings = d.settings;
	spine = d.spine;
	gpio = d.gpio;
	write_config("1-2", "[protection]\ncell-high = 9\n");
	bmsd_reload(&d);
	ck_assert_ptr_eq(d.settings, settings);
	ck_assert_ptr_eq(d.spine, spine);
	ck_assert_ptr_eq(d.gpio, gpio);
	stop(&d);
}
END_TEST

/* I6: the log of a run is what its capture gives, reloads or not. */
START_TEST(an_unchanged_file_on_reload_tells_no_decision_again)
{
	struct spine *spine;
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	ck_assert(d.spine->told);
	spine = d.spine;
	bmsd_reload(&d);
	ck_assert_ptr_ne(d.spine, spine);
	ck_assert(d.spine->told);
	write_config("1-2", "[protection]\ncell-high = 3.7\n");
	bmsd_reload(&d);
	ck_assert(!d.spine->told);
	stop(&d);
}
END_TEST

START_TEST(a_new_limit_takes_effect_and_the_lines_stay_held)
{
	struct gpio *gpio;
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	gpio = d.gpio;
	d.spine->state.battery[1].used = true;
	strcpy(d.spine->state.battery[1].serial, "KEPT");
	d.spine->state.pre_alarm_high = true;
	write_config("1-2", "[protection]\ncell-high = 3.7\n");
	bmsd_reload(&d);
	ck_assert_int_eq(d.settings->protection.cell_high_mv, 3700);
	ck_assert_ptr_eq(d.gpio, gpio);
	ck_assert(d.spine->state.battery[1].used);
	ck_assert_str_eq(d.spine->state.battery[1].serial, "KEPT");
	ck_assert(d.spine->state.pre_alarm_high);
	stop(&d);
}
END_TEST

START_TEST(batteries_that_keep_bus_and_address_keep_what_is_known)
{
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	strcpy(d.spine->state.battery[0].serial, "ONE");
	strcpy(d.spine->state.battery[1].serial, "TWO");
	d.spine->state.battery[1].used = true;
	write_config("2-3", "");
	bmsd_reload(&d);
	ck_assert_str_eq(d.spine->state.battery[0].serial, "TWO");
	ck_assert(d.spine->state.battery[0].used);
	ck_assert_str_eq(d.spine->state.battery[1].serial, "");
	ck_assert(!d.spine->state.battery[1].used);
	bmsd_turn(&d);
	stop(&d);
}
END_TEST

START_TEST(other_lines_are_taken_anew_on_reload)
{
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	write_config("1-2", "led-error = 6\n");
	bmsd_reload(&d);
	ck_assert_ptr_null(d.gpio);
	bmsd_turn(&d);
	ck_assert_ptr_nonnull(d.gpio);
	stop(&d);
}
END_TEST

START_TEST(a_second_instance_is_refused)
{
	struct bmsd d, other = { .options.state_dir = turn_dir };

	start(&d);
	ck_assert_int_eq(keep_open(&other), -EEXIST);
	keep_close(&other);
	stop(&d);
	ck_assert_int_eq(keep_open(&other), 0);
	keep_close(&other);
}
END_TEST

/* I3: a folder that cannot be used costs nothing but what would be kept. */
START_TEST(a_state_folder_that_cannot_be_used_stops_nothing)
{
	struct bmsd d = { .options.state_dir = "/dev/null/nowhere" };

	ck_assert_int_eq(keep_open(&d), 0);
	ck_assert_int_lt(d.state_dir, 0);
	keep_load(&d, clock_mono());
	ck_assert_int_eq(d.input.mode, BMS_MODE_ON);
	keep_close(&d);
}
END_TEST

/* D2: it may have been "off", for work on the system. */
START_TEST(a_mode_that_cannot_be_read_is_off_and_stays_so)
{
	char path[256];
	struct bmsd d;
	int fd;

	start(&d);
	stop(&d);
	snprintf(path, sizeof(path), "%s/mode.0", turn_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "o", 1), 1);
	close(fd);
	start(&d);
	ck_assert_int_eq(d.input.mode, BMS_MODE_OFF);
	bmsd_turn(&d);
	keep_flush(&d, clock_mono());
	stop(&d);
	start(&d);
	ck_assert_int_eq(d.input.mode, BMS_MODE_OFF);
	stop(&d);
}
END_TEST

/* D2 */
START_TEST(the_mode_is_remembered)
{
	struct bmsd d;

	start(&d);
	ck_assert_int_eq(d.input.mode, BMS_MODE_ON);
	d.input.mode = BMS_MODE_CHARGER_ONLY;
	keep_touch(&d, KEEP_MODE, clock_mono());
	bmsd_turn(&d);
	keep_flush(&d, clock_mono());
	stop(&d);
	start(&d);
	ck_assert_int_eq(d.input.mode, BMS_MODE_CHARGER_ONLY);
	stop(&d);
}
END_TEST

/* A5 */
START_TEST(serial_numbers_are_remembered_by_bus_and_address)
{
	struct bms_battery *battery;
	struct bmsd d;

	start(&d);
	battery = &d.spine->state.battery[1];
	battery->used = true;
	strcpy(battery->sample.serial, "SN 2%");
	keep_look(&d, clock_mono());
	ck_assert(d.kept[KEEP_BATTERIES].dirty);
	keep_flush(&d, clock_mono());
	ck_assert(!d.kept[KEEP_BATTERIES].dirty);
	stop(&d);
	start(&d);
	ck_assert_str_eq(d.spine->state.battery[1].serial, "SN 2%");
	ck_assert_str_eq(d.spine->state.battery[0].serial, "");
	stop(&d);
}
END_TEST

/* F4: the lines' own failure, from the turn that sees it. */
START_TEST(a_code_that_comes_and_goes_is_an_entry_of_the_journal)
{
	char lines[2048], got[1024];
	struct redirected r;
	struct journal j;
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	journal_begin(&j);
	redirect(&r, true, j.path);
	gpio_virtual_set_stuck(d.gpio, LINE_CHARGE_DISCONNECT, true);
	bmsd_turn(&d);
	bmsd_turn(&d);
	d.spine->output.codes = 0;
	codes_tell(&d);
	restore(&r, lines, sizeof(lines));
	journal_next(&j, got, sizeof(got));
	ck_assert_str_eq(got,
			 "MESSAGE=code: E-B11 active: Hardware error\n"
			 "PRIORITY=3\nSYSLOG_FACILITY=3\n"
			 "SYSLOG_IDENTIFIER=vebus-bms-ngd\n"
			 "MESSAGE_ID=e273296474eb478d843ac9e5408c7f36\n"
			 "VEBUS_BMS_CODE=E-B11\nVEBUS_BMS_ACTIVE=yes\n"
			 "VEBUS_BMS_REASON=lines:::\n");
	journal_next(&j, got, sizeof(got));
	ck_assert_str_eq(got,
			 "MESSAGE=code: E-B11 gone: Hardware error\n"
			 "PRIORITY=5\nSYSLOG_FACILITY=3\n"
			 "SYSLOG_IDENTIFIER=vebus-bms-ngd\n"
			 "MESSAGE_ID=e273296474eb478d843ac9e5408c7f36\n"
			 "VEBUS_BMS_CODE=E-B11\nVEBUS_BMS_ACTIVE=no\n");
	journal_next(&j, got, sizeof(got));
	ck_assert_str_eq(got, "");
	ck_assert_ptr_null(strstr(lines, "code:"));
	journal_end(&j);
	stop(&d);
}
END_TEST

/* F4 */
START_TEST(an_entry_has_the_first_reason_of_its_code)
{
	struct reason reasons[] = {
		{ .kind = REASON_CELL_PRE_ALARM, .battery = 1, .cell = 3,
		  .has_value = true, .value = 3090, .limit = 3100,
		  .codes = CODE_BIT(CODE_W_B01) },
		{ .kind = REASON_CELL_LOW, .battery = 2, .cell = 7,
		  .has_value = true, .value = 2791, .limit = 2800,
		  .codes = CODE_BIT(CODE_A_B01) },
		{ .kind = REASON_CELL_LOW, .battery = 3, .cell = 1,
		  .has_value = true, .value = 2700, .limit = 2800,
		  .codes = CODE_BIT(CODE_A_B01) },
	};
	char lines[2048], got[1024];
	struct redirected r;
	struct journal j;
	struct bmsd d;

	start(&d);
	journal_begin(&j);
	redirect(&r, true, j.path);
	d.spine->output.reasons = reasons;
	d.spine->output.n_reasons = ARRAY_SIZE(reasons);
	d.spine->output.codes = CODE_BIT(CODE_W_X01) | CODE_BIT(CODE_A_B01);
	codes_tell(&d);
	restore(&r, lines, sizeof(lines));
	journal_next(&j, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, "PRIORITY=3\n"));
	ck_assert_ptr_nonnull(strstr(got,
				     "VEBUS_BMS_CODE=A-B01\n"
				     "VEBUS_BMS_ACTIVE=yes\n"
				     "VEBUS_BMS_REASON="
				     "cell-low:2.7:2.791:2.800\n"
				     "VEBUS_BMS_BATTERY=2\n"
				     "VEBUS_BMS_CELL=7\n"
				     "VEBUS_BMS_VALUE=2.791\n"
				     "VEBUS_BMS_LIMIT=2.800\n"));
	/* A warning without a reason. */
	journal_next(&j, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, "PRIORITY=4\n"));
	ck_assert_ptr_nonnull(strstr(got, "VEBUS_BMS_CODE=W-X01\n"
				     "VEBUS_BMS_ACTIVE=yes\n"));
	ck_assert_ptr_null(strstr(got, "VEBUS_BMS_REASON"));
	journal_end(&j);
	stop(&d);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		outputs_float_while_no_battery_has_been_heard,
		a_broken_file_on_reload_keeps_everything,
		an_unchanged_file_on_reload_tells_no_decision_again,
		a_new_limit_takes_effect_and_the_lines_stay_held,
		batteries_that_keep_bus_and_address_keep_what_is_known,
		other_lines_are_taken_anew_on_reload,
		a_second_instance_is_refused,
		a_state_folder_that_cannot_be_used_stops_nothing,
		a_mode_that_cannot_be_read_is_off_and_stays_so,
		the_mode_is_remembered,
		serial_numbers_are_remembered_by_bus_and_address,
		a_code_that_comes_and_goes_is_an_entry_of_the_journal,
		an_entry_has_the_first_reason_of_its_code,
	};
	Suite *suite = suite_create("turn");
	TCase *tcase = tcase_create("turn");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
