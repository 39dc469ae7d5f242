/* SPDX-License-Identifier: MIT */
/* What a turn of the loop does with the lines, over the virtual chip. */
#include <errno.h>

#include "gpio/virtual.h"
#include "tests/unit/turn_fixture.h"
#include "tests/unit/unit.h"

#define LEDS "led-bluetooth = 13\nled-error = 6\nled-vebus = 19\n"

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
	static const struct gpio_levels alarmed = {
		.high = { [LINE_PRE_ALARM] = true },
	};
	struct bmsd d;

	start(&d);
	bmsd_turn(&d);
	/* The pre-alarm has to be written. */
	ck_assert_int_eq(gpio_write(d.gpio, &alarmed, false), 0);
	gpio_virtual_fail_next_write(d.gpio, -EIO);
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
	before = gpio_virtual_is_high(d.gpio, LINE_HEARTBEAT);
	ck_assert_uint_eq(lines_next(&d, d.now).us, d.heartbeat.us + 500000);
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

/* B14, F5: which of the lines is it? */
static const struct {
	enum settings_line line;
	bool is_error;
} broken[] = {
	{ LINE_LOAD_DISCONNECT, true }, { LINE_CHARGE_DISCONNECT, true },
	{ LINE_PRE_ALARM, true },	{ LINE_LED_BLUETOOTH, false },
	{ LINE_LED_ERROR, false },	{ LINE_LED_VEBUS, false },
	{ LINE_HEARTBEAT, false },
};

_Static_assert(ARRAY_SIZE(broken) == LINE_OUTPUT_COUNT, "every output");

START_TEST(only_a_line_of_the_decision_is_an_error_when_it_reads_wrong)
{
	struct bmsd d;

	write_config("1-2", LEDS);
	start(&d);
	bmsd_turn(&d);
	gpio_virtual_set_stuck(d.gpio, broken[_i].line, true);
	bmsd_turn(&d);
	ck_assert_int_eq(has_code(&d, CODE_E_B11), broken[_i].is_error);
	ck_assert_int_eq(!d.gpio, broken[_i].is_error);
	ck_assert_uint_eq(d.lines_failures.failures, broken[_i].is_error);
	ck_assert_uint_eq(d.indicator_failures.failures,
			  !broken[_i].is_error);
	stop(&d);
}
END_TEST

/* I5 */
START_TEST(an_led_that_fails_is_counted_until_it_has_worked_for_30_s)
{
	struct bmsd d;

	write_config("1-2", LEDS);
	start(&d);
	bmsd_turn(&d);
	gpio_virtual_set_stuck(d.gpio, LINE_LED_VEBUS, true);
	for (int i = 1; i <= 20; i++) {
		bmsd_turn(&d);
		ck_assert_uint_eq(d.indicator_failures.failures, i);
	}
	gpio_virtual_set_stuck(d.gpio, LINE_LED_VEBUS, false);
	bmsd_turn(&d);
	ck_assert_uint_eq(d.indicator_failures.failures, 20);
	d.indicator_failed.us -= 30000000;
	bmsd_turn(&d);
	ck_assert_uint_eq(d.indicator_failures.failures, 0);
	stop(&d);
}
END_TEST

/* Whether the lines ask for a turn before they are to be read back. */
static bool wakes(const struct bmsd *d, mono_t now)
{
	return lines_next(d, now).us < now.us + 1000000;
}

/* F5: nothing but a fitted LED that blinks costs a turn. */
START_TEST(the_lines_want_a_turn_a_second_and_at_the_edges_of_fitted_leds)
{
	const mono_t now = { 5300000 };
	struct bmsd d;

	write_config("1-2", LEDS "heartbeat =\n");
	start(&d);
	bmsd_turn(&d);
	for (size_t i = 0; i < LED_COUNT; i++)
		d.spine->output.led[i] = LED_ON;
	ck_assert(!wakes(&d, now));
	for (size_t i = 0; i < LED_COUNT; i++) {
		d.spine->output.led[i] = LED_BLINKING;
		ck_assert_uint_eq(lines_next(&d, now).us, 5500000);
		d.spine->output.led[i] = LED_OFF;
	}
	ck_assert(!wakes(&d, now));
	d.spine->output.led[LED_VEBUS] = LED_ONE_BLINK;
	ck_assert(!wakes(&d, now));
	ck_assert_uint_eq(lines_next(&d, (mono_t){ 9300000 }).us, 10000000);
	stop(&d);
}
END_TEST

START_TEST(leds_that_are_not_fitted_or_not_held_want_no_turn)
{
	const mono_t now = { 5300000 };
	struct bmsd d;

	write_config("1-2", "heartbeat =\n");
	start(&d);
	bmsd_turn(&d);
	ck_assert(!wakes(&d, d.now));
	for (size_t i = 0; i < LED_COUNT; i++)
		d.spine->output.led[i] = LED_BLINKING;
	ck_assert(!wakes(&d, now));
	write_config("1-2", LEDS);
	bmsd_reload(&d);
	bmsd_turn(&d);
	for (size_t i = 0; i < LED_COUNT; i++)
		d.spine->output.led[i] = LED_BLINKING;
	ck_assert(wakes(&d, now));
	lines_close(&d);
	ck_assert(!wakes(&d, now));
	stop(&d);
}
END_TEST

/* F5: a link that is missed is a warning. */
START_TEST(the_lines_of_the_leds_show_what_has_been_decided)
{
	struct bmsd d;

	write_config("1-2", LEDS "[inverter]\ndevice = /dev/null/none\n");
	start(&d);
	bmsd_turn(&d);
	ck_assert(!gpio_virtual_is_high(d.gpio, LINE_LED_ERROR));
	d.spine->state.start.us -= 10000000;
	bmsd_turn(&d);
	ck_assert(has_code(&d, CODE_W_X01));
	ck_assert_int_eq(d.spine->output.led[LED_ERROR], LED_BLINKING);
	ck_assert_int_eq(gpio_virtual_is_high(d.gpio, LINE_LED_ERROR),
			 led_high(LED_BLINKING, d.now));
	d.spine->output.led[LED_BLUETOOTH] = LED_ON;
	ck_assert_int_eq(lines_write(&d, d.now), 0);
	ck_assert(gpio_virtual_is_high(d.gpio, LINE_LED_BLUETOOTH));
	ck_assert(!gpio_virtual_is_high(d.gpio, LINE_LED_VEBUS));
	lines_close(&d);
	ck_assert(!d.lines.high[LINE_LED_BLUETOOTH]);
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

int main(void)
{
	const TTest *const tests[] = {
		a_line_that_reads_back_wrong_is_an_error_in_the_same_turn,
		a_write_that_fails_gives_the_lines_back_and_takes_them_again,
		lines_that_fail_each_time_are_counted_on_until_they_stay,
		the_heartbeat_toggles_twice_a_second_and_stops_with_the_lines,
		an_led_that_fails_is_counted_until_it_has_worked_for_30_s,
		the_lines_want_a_turn_a_second_and_at_the_edges_of_fitted_leds,
		leds_that_are_not_fitted_or_not_held_want_no_turn,
		the_lines_of_the_leds_show_what_has_been_decided,
		the_remote_terminals_are_read_each_turn,
	};
	Suite *suite = suite_create("turn: lines");
	TCase *tcase = tcase_create("lines");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase,
		only_a_line_of_the_decision_is_an_error_when_it_reads_wrong,
		0, ARRAY_SIZE(broken));
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
