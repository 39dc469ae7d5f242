/* SPDX-License-Identifier: MIT */
/*
 * The loop's turn and what goes around it, over the virtual chip, without a
 * bus and without batteries: B14, the heartbeat, a reload, what is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "gpio/virtual.h"
#include "lib/base/settings.h"
#include "tests/unit/journal.h"

static char dir[64], config[128];

static void write_config(const char *addresses, const char *more)
{
	FILE *f = fopen(config, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "[general]\nbatteries = 2\n"
		"[bus rack]\ndevice = %s/none\nprotocol = jk-pb\n"
		"addresses = %s\n"
		"[gpio]\nchip = virtual\nload-disconnect = 17\n"
		"charge-disconnect = 27\npre-alarm = 22\nremote-l = 23\n"
		"remote-h =\nheartbeat = 5\n%s", dir, addresses, more);
	fclose(f);
}

/* What bmsd_start() does, without taking a name on D-Bus. */
static void start(struct bmsd *d)
{
	static const struct bus_handler handler;
	struct settings *settings = calloc(1, sizeof(*settings));

	memset(d, 0, sizeof(*d));
	d->options.config = config;
	d->options.state_dir = dir;
	d->options.session_bus = true;
	ck_assert_int_eq(config_load(config, settings, stderr), 0);
	ck_assert_int_eq(keep_open(d), 0);
	d->loop = ev_loop_new(EVBACKEND_POLL);
	d->hooks = (struct port_hooks){ d, bmsd_wake, bmsd_told };
	ck_assert_int_eq(bmsd_apply(d, settings, clock_mono()), 0);
	d->view.settings = d->settings;
	d->view.state = &d->spine->state;
	d->view.output = &d->spine->output;
	ck_assert_int_eq(bus_new(&d->bus, d->loop, &d->view, &handler, true),
			 0);
	keep_load(d, clock_mono());
}

static void stop(struct bmsd *d)
{
	lines_close(d);
	d->bus = bus_free(d->bus);
	keep_close(d);
	ev_loop_destroy(d->loop);
	bmsd_forget(d);
}

static void setup(void)
{
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	strcpy(dir, "/tmp/bms-turn-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(config, sizeof(config), "%s/conf", dir);
	write_config("1-2", "");
}

static void teardown(void)
{
	static const char *const names[] = { "conf", "lock", "mode",
					     "mode.bad", "batteries",
					     NULL };

	for (int i = 0; names[i]; i++) {
		char path[192];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

static bool has_code(const struct bmsd *d, enum code code)
{
	return d->spine->output.codes & CODE_BIT(code);
}

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

/* B14 */
START_TEST(a_line_that_reads_back_wrong_is_an_error_in_the_same_turn)
{
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	ck_assert(!has_code(&d, CODE_E_B11));
	gpio_virtual_set_stuck(d.gpio, LINE_CHARGE_DISCONNECT, true);
	bmsd_turn(&d);
	ck_assert(has_code(&d, CODE_E_B11));
	ck_assert(!d.spine->output.atc_high && !d.spine->output.atd_high);
	ck_assert(d.input.lines_failed_now);
	ck_assert_ptr_null(d.gpio);
	ck_assert(!d.view.lines_ok);
	stop(&d);
}
END_TEST

/* B14 */
START_TEST(a_write_that_fails_gives_the_lines_back_and_takes_them_again)
{
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	gpio_virtual_fail_next_write(d.gpio, -EIO);
	d.heartbeat.us -= 500000;
	bmsd_turn(&d);
	ck_assert(has_code(&d, CODE_E_B11));
	ck_assert_ptr_null(d.gpio);
	/* Not before a second is over ... */
	bmsd_turn(&d);
	ck_assert_ptr_null(d.gpio);
	ck_assert(d.input.lines_failed && !d.input.lines_failed_now);
	ck_assert(has_code(&d, CODE_E_B11));
	/* ... and then all of them. */
	d.lines_retry = d.now;
	bmsd_turn(&d);
	ck_assert_ptr_nonnull(d.gpio);
	ck_assert(!d.input.lines_failed && d.view.lines_ok);
	stop(&d);
}
END_TEST

/* I5: lines that can be taken but not kept have not come back. */
START_TEST(lines_that_fail_each_time_are_counted_on_until_they_stay)
{
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	for (int i = 1; i <= 20; i++) {
		gpio_virtual_set_stuck(d.gpio, LINE_PRE_ALARM, true);
		bmsd_turn(&d);
		ck_assert_ptr_null(d.gpio);
		ck_assert_uint_eq(d.lines_failures.failures, i);
		d.lines_retry = d.now;
		bmsd_turn(&d);
		ck_assert_ptr_nonnull(d.gpio);
	}
	d.lines_retry.us -= 12000000;
	bmsd_turn(&d);
	ck_assert_uint_eq(d.lines_failures.failures, 0);
	stop(&d);
}
END_TEST

START_TEST(the_heartbeat_toggles_twice_a_second_and_stops_with_the_lines)
{
	struct bmsd d;
	bool before;

	start(&d);
	bmsd_turn(&d);
	ck_assert_uint_le(lines_period_ms(&d), 500);
	before = gpio_virtual_is_high(d.gpio, LINE_HEARTBEAT);
	bmsd_turn(&d);
	ck_assert_int_eq(gpio_virtual_is_high(d.gpio, LINE_HEARTBEAT),
			 before);
	d.heartbeat.us -= 500000;
	bmsd_turn(&d);
	ck_assert_int_eq(gpio_virtual_is_high(d.gpio, LINE_HEARTBEAT),
			 !before);
	gpio_virtual_set_stuck(d.gpio, LINE_PRE_ALARM, true);
	bmsd_turn(&d);
	ck_assert(!d.lines.high[LINE_HEARTBEAT]);
	stop(&d);
}
END_TEST

/* D1: remote L at plus is off, joined to minus is on after 100 ms. */
START_TEST(the_remote_terminals_are_read_each_turn)
{
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	ck_assert(d.input.remote_l.known && d.input.remote_l.value == 1);
	gpio_virtual_set_input(d.gpio, LINE_REMOTE_L, false);
	bmsd_turn(&d);
	ck_assert(d.input.remote_l.known && d.input.remote_l.value == 0);
	ck_assert(!d.input.remote_h.known);
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
	struct bmsd d, other = { .options.state_dir = dir };

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
	snprintf(path, sizeof(path), "%s/mode", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "o", 1), 1);
	close(fd);
	start(&d);
	ck_assert_int_eq(d.input.mode, BMS_MODE_OFF);
	bmsd_turn(&d);
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
	d.keep_mode = true;
	bmsd_turn(&d);
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
	ck_assert(d.keep_serials);
	d.keep_after = clock_mono();
	keep_save(&d, clock_mono());
	ck_assert(!d.keep_serials);
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
		a_line_that_reads_back_wrong_is_an_error_in_the_same_turn,
		a_write_that_fails_gives_the_lines_back_and_takes_them_again,
		lines_that_fail_each_time_are_counted_on_until_they_stay,
		the_heartbeat_toggles_twice_a_second_and_stops_with_the_lines,
		the_remote_terminals_are_read_each_turn,
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
