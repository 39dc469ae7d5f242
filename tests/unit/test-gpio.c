/* SPDX-License-Identifier: MIT */
/*
 * gpio/ over a libgpiod made of memory (fake_gpiod.h), once with the face
 * of 1.6 and once with that of 2.x. Proves B14 (read back every turn, a
 * mismatch, a lost chip, a failed write), D1 (the inputs) and I3 (outputs
 * float whatever fails).
 */
#include <poll.h>

#include "gpio/virtual.h"
#include "tests/unit/gpio_fixture.h"

START_TEST(open_leaves_all_outputs_floating)
{
	open_it();
	for (size_t i = 0; i < N_OUTPUTS; i++) {
		const struct fake_line *line = &fx.pi->line[gpio_outputs[i]];

		ck_assert(line->held);
		ck_assert(!line->driven);
		ck_assert(!line->output);
		ck_assert_int_eq(line->bias, FAKE_BIAS_NONE);
		ck_assert_str_eq(line->consumer, "vebus-bms-ng");
	}
	ck_assert_uint_eq(count_log(0, FAKE_HIGH), 0);
	ck_assert_uint_eq(count_log(0, FAKE_REQUEST), 6);
}
END_TEST

START_TEST(the_chip_is_described_by_label_and_path)
{
	char expected[128];

	open_it();
	snprintf(expected, sizeof(expected),
		 "pinctrl-bcm2711 (%s/gpiochip0)", fx.dev);
	ck_assert_str_eq(gpio_describe(fx.gpio), expected);
	ck_assert(!gpio_is_virtual(fx.gpio));
	/* The hooks of the virtual chip are without effect here. */
	gpio_virtual_set_input(fx.gpio, LINE_REMOTE_L, true);
	gpio_virtual_fail_next_write(fx.gpio, -EIO);
	ck_assert(!gpio_virtual_is_high(fx.gpio, LINE_LOAD_DISCONNECT));
	ck_assert_int_eq(write_levels(true, true, false, false, false), 0);
}
END_TEST

START_TEST(inputs_are_pulled_and_watch_both_edges)
{
	open_it();
	ck_assert_int_eq(fx.pi->line[RL].bias, FAKE_BIAS_UP);
	ck_assert_int_eq(fx.pi->line[RH].bias, FAKE_BIAS_DOWN);
	ck_assert(fx.pi->line[RL].both_edges && !fx.pi->line[RL].output);
	ck_assert(fx.pi->line[RH].both_edges && !fx.pi->line[RH].output);
}
END_TEST

static int readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0);
}

START_TEST(an_edge_wakes_and_draining_never_blocks)
{
	int fds[GPIO_EVENT_FDS_MAX];

	open_it();
	ck_assert_uint_eq(gpio_event_fds(fx.gpio, fds), 2);
	ck_assert_int_eq(readable(fds[0]), 0);
	fake_edge(&fx.pi->line[RL]);
	fake_edge(&fx.pi->line[RL]);
	ck_assert_int_eq(readable(fds[0]), 1);
	ck_assert_int_eq(readable(fds[1]), 0);
	fake_edge(&fx.pi->line[RH]);
	ck_assert_int_eq(readable(fds[1]), 1);
	gpio_event_drain(fx.gpio);
	ck_assert_int_eq(readable(fds[0]), 0);
	ck_assert_int_eq(readable(fds[1]), 0);
	gpio_event_drain(fx.gpio);
}
END_TEST

START_TEST(inputs_without_interrupts_are_read_all_the_same)
{
	struct gpio_inputs inputs;
	int fds[GPIO_EVENT_FDS_MAX];

	fx.pi->no_interrupts = true;
	open_it();
	ck_assert_int_eq(fx.pi->line[RL].bias, FAKE_BIAS_UP);
	ck_assert_int_eq(fx.pi->line[RH].bias, FAKE_BIAS_DOWN);
	ck_assert_uint_eq(gpio_event_fds(fx.gpio, fds), 0);
	gpio_event_drain(fx.gpio);
	fx.pi->line[RH].outside_high = true;
	ck_assert_int_eq(gpio_read(fx.gpio, &inputs), 0);
	ck_assert(inputs.remote_l.known && inputs.remote_l.value == 0);
	ck_assert(inputs.remote_h.known && inputs.remote_h.value == 1);
}
END_TEST

START_TEST(a_chattering_input_is_drained_in_rounds)
{
	int fds[GPIO_EVENT_FDS_MAX];

	open_it();
	gpio_event_fds(fx.gpio, fds);
	for (int i = 0; i < 20; i++)
		fake_edge(&fx.pi->line[RH]);
	gpio_event_drain(fx.gpio);
	ck_assert_int_eq(readable(fds[1]), 1);
	gpio_event_drain(fx.gpio);
	ck_assert_int_eq(readable(fds[1]), 0);
}
END_TEST

START_TEST(inputs_read_what_the_world_puts_on_them)
{
	struct gpio_inputs inputs;

	open_it();
	fx.pi->line[RL].outside_high = true;
	ck_assert_int_eq(gpio_read(fx.gpio, &inputs), 0);
	ck_assert(inputs.remote_l.known && inputs.remote_l.value == 1);
	ck_assert(inputs.remote_h.known && inputs.remote_h.value == 0);
	fx.pi->line[RL].outside_high = false;
	fx.pi->line[RH].outside_high = true;
	ck_assert_int_eq(gpio_read(fx.gpio, &inputs), 0);
	ck_assert(inputs.remote_l.known && inputs.remote_l.value == 0);
	ck_assert(inputs.remote_h.known && inputs.remote_h.value == 1);
}
END_TEST

START_TEST(an_input_that_is_not_fitted_is_unknown)
{
	struct gpio_inputs inputs;
	int fds[GPIO_EVENT_FDS_MAX];

	set_line(LINE_REMOTE_L, "");
	open_it();
	fx.pi->line[RH].outside_high = true;
	ck_assert_int_eq(gpio_read(fx.gpio, &inputs), 0);
	ck_assert(!inputs.remote_l.known);
	ck_assert(inputs.remote_h.known && inputs.remote_h.value == 1);
	ck_assert_uint_eq(gpio_event_fds(fx.gpio, fds), 1);
}
END_TEST

START_TEST(inputs_are_unknown_when_reading_fails)
{
	for (size_t n = 1; n <= 2; n++) {
		struct gpio_inputs inputs = { known_i32(1), known_i32(1) };

		open_it();
		fake_fail(n, EIO, false);
		ck_assert_int_eq(gpio_read(fx.gpio, &inputs), -EIO);
		ck_assert(!inputs.remote_l.known && !inputs.remote_h.known);
		fx.gpio = gpio_close(fx.gpio);
	}
}
END_TEST

START_TEST(write_drives_high_and_floats)
{
	enum settings_line line;

	open_it();
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert(fx.pi->line[ATD].driven && fx.pi->line[ATC].driven);
	ck_assert(fx.pi->line[LED].driven && !fx.pi->line[PRE].driven);
	ck_assert(fx.pi->line[ATD].open_source);
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
	ck_assert_int_eq(write_levels(true, false, true, false, false), 0);
	ck_assert(fx.pi->line[ATD].driven && !fx.pi->line[ATC].driven);
	ck_assert(!fx.pi->line[LED].driven && fx.pi->line[PRE].driven);
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
}
END_TEST

START_TEST(only_differences_are_written_unless_forced)
{
	size_t log;

	open_it();
	log = fake.n_log;
	ck_assert_int_eq(write_levels(true, true, false, false, false), 0);
	ck_assert_uint_eq(fake.n_log - log, 2);
	log = fake.n_log;
	ck_assert_int_eq(write_levels(true, true, false, false, false), 0);
	ck_assert_uint_eq(fake.n_log - log, 0);
	ck_assert_int_eq(write_levels(true, false, false, false, false), 0);
	ck_assert_uint_eq(fake.n_log - log, 1);
	ck_assert_int_eq(fake.log[log].op, FAKE_FLOAT);
	ck_assert_uint_eq(fake.log[log].offset, ATC);
	log = fake.n_log;
	ck_assert_int_eq(write_levels(true, false, false, false, true), 0);
	ck_assert_uint_eq(fake.n_log - log, N_OUTPUTS - 1);
}
END_TEST

START_TEST(what_is_to_float_is_written_before_what_is_to_be_high)
{
	size_t log;

	open_it();
	ck_assert_int_eq(write_levels(false, true, false, false, false), 0);
	log = fake.n_log;
	ck_assert_int_eq(write_levels(true, false, true, false, false), 0);
	ck_assert_int_eq(fake.log[log].op, FAKE_FLOAT);
	ck_assert_uint_eq(fake.log[log].offset, ATC);
	ck_assert_int_eq(fake.log[log + 1].op, FAKE_HIGH);
}
END_TEST

START_TEST(verify_finds_a_driven_line_that_reads_low)
{
	enum settings_line line = LINE_COUNT;

	open_it();
	ck_assert_int_eq(write_levels(true, true, false, false, false), 0);
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
	ck_assert_int_eq(line, LINE_COUNT);
	fx.pi->line[ATC].shorted = true;
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 1);
	ck_assert_int_eq(line, LINE_CHARGE_DISCONNECT);
	fx.pi->line[ATC].shorted = false;
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
}
END_TEST

START_TEST(verify_finds_a_line_that_stopped_being_driven)
{
	enum settings_line line = LINE_COUNT;

	open_it();
	ck_assert_int_eq(write_levels(true, false, false, false, false), 0);
	fx.pi->line[ATD].driven = false;
	fx.pi->line[ATD].output = false;
	/* Even where the world happens to hold it high. */
	fx.pi->line[ATD].outside_high = true;
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 1);
	ck_assert_int_eq(line, LINE_LOAD_DISCONNECT);
}
END_TEST

START_TEST(verify_finds_a_floating_line_that_is_driven)
{
	enum settings_line line = LINE_COUNT;

	open_it();
	fx.pi->line[PRE].output = true;
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 1);
	ck_assert_int_eq(line, LINE_PRE_ALARM);
}
END_TEST

START_TEST(the_level_of_a_floating_line_belongs_to_the_outside)
{
	enum settings_line line;

	open_it();
	fx.pi->line[ATD].outside_high = true;
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
}
END_TEST

START_TEST(close_floats_every_output_before_releasing_any)
{
	size_t log;

	fake.persist = true;
	open_it();
	ck_assert_int_eq(write_levels(true, true, true, true, false), 0);
	log = fake.n_log;
	fx.gpio = gpio_close(fx.gpio);
	ck_assert_uint_eq(fake.n_log - log, N_OUTPUTS + 6);
	ck_assert_uint_eq(count_log(log, FAKE_FLOAT), N_OUTPUTS);
	for (size_t i = 0; i < N_OUTPUTS; i++)
		ck_assert_int_eq(fake.log[log + i].op, FAKE_FLOAT);
	assert_nothing_held();
	ck_assert_ptr_null(gpio_close(NULL));
}
END_TEST

START_TEST(close_floats_the_others_when_one_fails)
{
	open_it();
	ck_assert_int_eq(write_levels(true, true, true, true, false), 0);
	fake.persist = true;
	fake_fail(1, EIO, false);
	fx.gpio = gpio_close(fx.gpio);
	ck_assert(fx.pi->line[ATD].driven);
	ck_assert(!fx.pi->line[ATC].driven);
	ck_assert(!fx.pi->line[PRE].driven && !fx.pi->line[LED].driven);
	ck_assert_uint_eq(fake.n_objects, 0);
}
END_TEST

START_TEST(a_failed_write_floats_everything)
{
	open_it();
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	fake_fail(1, EIO, false);
	ck_assert_int_eq(write_levels(true, true, true, true, false), -EIO);
	ck_assert(all_float());
}
END_TEST

START_TEST(after_a_failed_write_all_lines_are_written_again)
{
	enum settings_line line;
	size_t log;

	open_it();
	fake_fail(1, EIO, false);
	ck_assert_int_eq(write_levels(true, true, false, false, false), -EIO);
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
	log = fake.n_log;
	ck_assert_int_eq(write_levels(false, false, false, false, false), 0);
	ck_assert_uint_eq(fake.n_log - log, N_OUTPUTS);
	log = fake.n_log;
	ck_assert_int_eq(write_levels(false, false, false, false, false), 0);
	ck_assert_uint_eq(fake.n_log - log, 0);
}
END_TEST

START_TEST(a_lost_chip_is_an_error_everywhere)
{
	enum settings_line line = LINE_COUNT;
	struct gpio_inputs inputs = { known_i32(1), known_i32(1) };

	open_it();
	ck_assert_int_eq(write_levels(true, true, false, false, false), 0);
	fake_fail(1, ENODEV, true);
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), -ENODEV);
	ck_assert_int_eq(line, LINE_COUNT);
	ck_assert_int_eq(gpio_read(fx.gpio, &inputs), -ENODEV);
	ck_assert(!inputs.remote_l.known && !inputs.remote_h.known);
	ck_assert_int_eq(write_levels(true, false, false, false, false),
			 -ENODEV);
	gpio_event_drain(fx.gpio);
	fx.gpio = gpio_close(fx.gpio);
	assert_nothing_held();
	assert_refused(-ENODEV, "No such device");
	fake_fail(0, 0, false);
	fake.fail_at = 0;
	open_it();
}
END_TEST

START_TEST(a_failure_without_errno_is_still_a_failure)
{
	open_it();
	fake_fail(1, 0, false);
	ck_assert_int_eq(write_levels(true, true, false, false, false), -EIO);
}
END_TEST

/* What only shows something takes nothing from what protects. */
START_TEST(an_led_that_somebody_holds_is_left_out_and_taken_when_free)
{
	enum settings_line line;

	strcpy(fx.pi->line[LED].other, "somebody");
	open_it();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(write_levels(true, true, false, true, false),
				 0);
		ck_assert_int_eq(fx.indicated, -EBUSY);
		ck_assert_int_eq(fx.wrong, LINE_LED_ERROR);
		ck_assert(fx.pi->line[ATD].driven && fx.pi->line[ATC].driven);
		ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
	}
	fx.pi->line[LED].other[0] = '\0';
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert_int_eq(fx.indicated, 0);
	ck_assert(fx.pi->line[LED].driven);
}
END_TEST

START_TEST(an_led_that_reads_back_wrong_is_named_and_the_outputs_stay)
{
	enum settings_line line = LINE_COUNT;
	size_t log;

	open_it();
	fx.pi->line[LED].shorted = true;
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert_int_eq(fx.indicated, 1);
	ck_assert_int_eq(fx.wrong, LINE_LED_ERROR);
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
	ck_assert(fx.pi->line[ATD].driven && fx.pi->line[ATC].driven);
	/* Tried again, and no more often than asked. */
	log = fake.n_log;
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert_uint_eq(fake.n_log - log, 1);
	fx.pi->line[LED].shorted = false;
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert_int_eq(fx.indicated, 0);
	log = fake.n_log;
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert_uint_eq(fake.n_log - log, 0);
}
END_TEST

START_TEST(an_led_whose_write_fails_is_written_again)
{
	open_it();
	ck_assert_int_eq(write_levels(true, true, false, false, false), 0);
	fake_fail(1, EIO, false);
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert_int_eq(fx.indicated, -EIO);
	ck_assert(fx.pi->line[ATD].driven && fx.pi->line[ATC].driven);
	ck_assert(!fx.pi->line[LED].driven);
	ck_assert_int_eq(write_levels(true, true, false, true, false), 0);
	ck_assert_int_eq(fx.indicated, 0);
	ck_assert(fx.pi->line[LED].driven);
}
END_TEST

START_TEST(each_indicator_is_written_whatever_the_others_do)
{
	static const struct gpio_levels levels = {
		.high = { [LINE_LED_ERROR] = true, [LINE_LED_VEBUS] = true,
			  [LINE_HEARTBEAT] = true },
	};
	enum settings_line line = LINE_COUNT;

	set_line(LINE_LED_VEBUS, "6");
	set_line(LINE_HEARTBEAT, "7");
	open_it();
	fx.pi->line[LED].shorted = true;
	fx.pi->line[7].shorted = true;
	ck_assert_int_eq(gpio_indicate(fx.gpio, &levels, &line), 1);
	ck_assert_int_eq(line, LINE_LED_ERROR);
	ck_assert(fx.pi->line[6].driven && fx.pi->line[7].driven);
	fx.pi->line[LED].shorted = false;
	ck_assert_int_eq(gpio_indicate(fx.gpio, &levels, &line), 1);
	ck_assert_int_eq(line, LINE_HEARTBEAT);
}
END_TEST

START_TEST(indicators_are_never_written_with_the_decision)
{
	static const struct gpio_levels levels = {
		.high = { [LINE_LOAD_DISCONNECT] = true,
			  [LINE_LED_ERROR] = true },
	};

	open_it();
	ck_assert_int_eq(gpio_write(fx.gpio, &levels, true), 0);
	ck_assert(fx.pi->line[ATD].driven && !fx.pi->line[LED].driven);
}
END_TEST

/* Everything that the daemon does with the lines, with call number n
 * failing. False: there is no call number n. */
static bool session_survives(size_t n, bool and_all_later)
{
	enum settings_line line;
	struct gpio_inputs inputs;
	bool reported = false;
	bool healed;
	size_t failed_before_close;

	fake_fail(n, EIO, and_all_later);
	if (try_open() < 0) {
		ck_assert(fake.failed);
		ck_assert_ptr_null(fx.gpio);
		ck_assert_uint_gt(strlen(fx.error), 20);
		assert_nothing_held();
		return true;
	}
	/* The LED's alone is no reason to give up: the first write takes
	 * it again. */
	healed = fake.failed;
	for (int turn = 0; turn < 2 && !reported; turn++) {
		int r = write_levels(turn == 0, true, turn == 1, true, false);

		if (r < 0)
			ck_assert(and_all_later || all_float());
		reported = r < 0 || fx.indicated != 0;
		if (!reported)
			reported = gpio_verify(fx.gpio, &line) < 0;
		if (!reported)
			reported = gpio_read(fx.gpio, &inputs) < 0;
		ck_assert(reported == (fake.failed && !healed));
		if (healed)
			ck_assert(fx.pi->line[LED].driven);
	}
	failed_before_close = fake.failed;
	fx.gpio = gpio_close(fx.gpio);
	assert_nothing_held();
	return failed_before_close || fake.failed;
}

START_TEST(whichever_call_fails_it_is_reported_and_all_lines_float)
{
	size_t n = 1;

	while (session_survives(n, false))
		n++;
	printf("%zu calls failed one by one\n", n - 1);
	ck_assert_uint_gt(n, 40);
}
END_TEST

START_TEST(wherever_the_chip_is_lost_it_is_reported_and_released)
{
	size_t n = 1;

	while (session_survives(n, true))
		n++;
	ck_assert_uint_gt(n, 40);
}
END_TEST

static TCase *lines_case(void)
{
	TCase *tc = tcase_create("lines: B14, D1, I3");

	tcase_add_checked_fixture(tc, gpio_setup, gpio_teardown);
	tcase_add_test(tc, open_leaves_all_outputs_floating);
	tcase_add_test(tc, the_chip_is_described_by_label_and_path);
	tcase_add_test(tc, inputs_are_pulled_and_watch_both_edges);
	tcase_add_test(tc, an_edge_wakes_and_draining_never_blocks);
	tcase_add_test(tc, a_chattering_input_is_drained_in_rounds);
	tcase_add_test(tc, inputs_without_interrupts_are_read_all_the_same);
	tcase_add_test(tc, inputs_read_what_the_world_puts_on_them);
	tcase_add_test(tc, an_input_that_is_not_fitted_is_unknown);
	tcase_add_test(tc, inputs_are_unknown_when_reading_fails);
	tcase_add_test(tc, write_drives_high_and_floats);
	tcase_add_test(tc, only_differences_are_written_unless_forced);
	tcase_add_test(tc,
		what_is_to_float_is_written_before_what_is_to_be_high);
	tcase_add_test(tc, verify_finds_a_driven_line_that_reads_low);
	tcase_add_test(tc, verify_finds_a_line_that_stopped_being_driven);
	tcase_add_test(tc, verify_finds_a_floating_line_that_is_driven);
	tcase_add_test(tc,
		the_level_of_a_floating_line_belongs_to_the_outside);
	tcase_add_test(tc, close_floats_every_output_before_releasing_any);
	tcase_add_test(tc, close_floats_the_others_when_one_fails);
	tcase_add_test(tc, a_failed_write_floats_everything);
	tcase_add_test(tc, after_a_failed_write_all_lines_are_written_again);
	tcase_add_test(tc, a_lost_chip_is_an_error_everywhere);
	tcase_add_test(tc, a_failure_without_errno_is_still_a_failure);
	tcase_add_test(tc,
		an_led_that_somebody_holds_is_left_out_and_taken_when_free);
	tcase_add_test(tc,
		an_led_that_reads_back_wrong_is_named_and_the_outputs_stay);
	tcase_add_test(tc, an_led_whose_write_fails_is_written_again);
	tcase_add_test(tc, each_indicator_is_written_whatever_the_others_do);
	tcase_add_test(tc, indicators_are_never_written_with_the_decision);
	tcase_add_test(tc,
		whichever_call_fails_it_is_reported_and_all_lines_float);
	tcase_add_test(tc,
		wherever_the_chip_is_lost_it_is_reported_and_released);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("gpio");

	suite_add_tcase(suite, lines_case());
	return unit_run(suite);
}
