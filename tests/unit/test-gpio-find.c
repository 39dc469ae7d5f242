/* SPDX-License-Identifier: MIT */
/*
 * How gpio/ finds the chip and the lines, and what it says where it does
 * not: never a guess, and nothing stays taken (design.md section 5).
 */
#include "tests/unit/gpio_fixture.h"

START_TEST(a_held_line_names_its_holder_and_nothing_stays_taken)
{
	strcpy(fx.pi->line[PRE].other, "spi0 CS1");
	assert_refused(-EBUSY, "\"spi0 CS1\"");
	ck_assert_ptr_nonnull(strstr(fx.error, "pre-alarm = 22"));
	ck_assert_ptr_nonnull(strstr(fx.error, "line 22 of pinctrl-bcm2711"));
	ck_assert_ptr_nonnull(strstr(fx.error, "all lines are released"));
	strcpy(fx.pi->line[PRE].other, "?");
	assert_refused(-EBUSY, "held by somebody without a name");
	fx.pi->line[PRE].other[0] = '\0';
	open_it();
}
END_TEST

/* I3: what a kernel left driven floats, though one line cannot be had. */
START_TEST(where_one_line_is_held_the_others_float_all_the_same)
{
	static const unsigned int held[] = { ATD, PRE, RL };

	fake.persist = true;
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		for (size_t k = 0; k < N_OUTPUTS; k++) {
			struct fake_line *line =
				&fx.pi->line[gpio_outputs[k]];

			line->output = true;
			line->driven = gpio_outputs[k] != held[i];
		}
		strcpy(fx.pi->line[held[i]].other, "somebody");
		assert_refused(-EBUSY, "\"somebody\"");
		ck_assert(all_float());
		fx.pi->line[held[i]].other[0] = '\0';
	}
}
END_TEST

START_TEST(auto_refuses_to_guess_and_lists_the_chips)
{
	strcpy(fx.pi->label, "gpio-sim.0-node0");
	add_chip("gpiochip1", "raspberrypi-exp-gpio", 8);
	assert_refused(-ENODEV, "pinctrl-rp1 or pinctrl-bcm2711 or "
				"pinctrl-bcm2835");
	ck_assert_ptr_nonnull(
		strstr(fx.error, "gpiochip0 (gpio-sim.0-node0), "));
	ck_assert_ptr_nonnull(strstr(fx.error, "gpiochip1 (raspberrypi-exp-"));
}
END_TEST

START_TEST(a_machine_without_any_chip_is_told_so)
{
	remove_file("gpiochip0");
	assert_refused(-ENODEV, "this machine shows no GPIO chip");
	strcpy(fx.dev + strlen(fx.dev), "-absent");
	assert_refused(-ENODEV, "this machine shows no GPIO chip");
	fx.dev[strlen(fx.dev) - strlen("-absent")] = '\0';
}
END_TEST

START_TEST(a_long_list_is_cut_and_says_so)
{
	strcpy(fx.pi->label, "a-label-of-thirty-one-letters-a");
	add_chip("gpiochip1", "a-label-of-thirty-one-letters-b", 8);
	add_chip("gpiochip2", "a-label-of-thirty-one-letters-c", 8);
	assert_refused(-ENODEV, "...");
	ck_assert_str_eq(fx.error + strlen(fx.error) - 3, "...");
}
END_TEST

START_TEST(auto_prefers_the_newest_board)
{
	add_chip("gpiochip1", "pinctrl-rp1", 54);
	add_chip("gpiochip2", "pinctrl-bcm2835", 54);
	open_it();
	ck_assert_ptr_nonnull(strstr(gpio_describe(fx.gpio), "pinctrl-rp1"));
	ck_assert(fake.chip[1].line[ATD].held);
	ck_assert(!fx.pi->line[ATD].held);
}
END_TEST

START_TEST(a_chip_is_found_by_label_or_path)
{
	char path[128];

	add_chip("gpiochip1", "gpio-sim.0-node0", 32);
	set_chip("gpio-sim.0-node0");
	open_it();
	ck_assert(fake.chip[1].line[ATD].held);
	fx.gpio = gpio_close(fx.gpio);
	snprintf(path, sizeof(path), "%s/gpiochip1", fx.dev);
	set_chip(path);
	open_it();
	ck_assert(fake.chip[1].line[ATD].held);
	fx.gpio = gpio_close(fx.gpio);
	set_chip("gpiochip1");
	assert_refused(-ENODEV, "no GPIO chip with the label gpiochip1");
}
END_TEST

START_TEST(a_link_to_a_chip_is_the_same_chip)
{
	char path[128];

	add_link("gpiochip4", "gpiochip0");
	open_it();
	fx.gpio = gpio_close(fx.gpio);
	snprintf(path, sizeof(path), "%s/gpiochip4", fx.dev);
	set_chip(path);
	open_it();
	ck_assert(fx.pi->line[ATD].held);
}
END_TEST

START_TEST(two_chips_with_one_label_are_refused)
{
	add_chip("gpiochip1", "pinctrl-bcm2711", 58);
	assert_refused(-ENOTUNIQ, "two GPIO chips have the label "
				  "pinctrl-bcm2711");
	ck_assert_ptr_nonnull(strstr(fx.error, "gpiochip0, "));
	ck_assert_ptr_nonnull(strstr(fx.error, "gpiochip1"));
	/* A better match makes the twins irrelevant. */
	add_chip("gpiochip2", "pinctrl-rp1", 54);
	open_it();
	ck_assert(fake.chip[2].line[ATD].held);
}
END_TEST

START_TEST(a_path_that_does_not_open_says_why)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/gpiochip9", fx.dev);
	set_chip(path);
	assert_refused(-ENOENT, "No such file or directory; no line");
	ck_assert_ptr_nonnull(strstr(fx.error, path));
	snprintf(path, sizeof(path), "%s/gpiochip0", fx.dev);
	set_chip(path);
	fake_fail(1, EACCES, false);
	assert_refused(-EACCES, "group gpio?");
}
END_TEST

START_TEST(a_chip_that_does_not_open_is_listed_with_the_reason)
{
	set_chip("pinctrl-rp1");
	fake_fail(1, EACCES, false);
	assert_refused(-ENODEV, "gpiochip0 (Permission denied)");
}
END_TEST

START_TEST(a_line_that_the_chip_lacks_is_refused)
{
	static const char *const wrong[] = {
		"58", "4294967313", "99999999999999999999999999999", "GPIO58",
		"gpio17", "-1", "17 ", "0x11",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		set_line(LINE_PRE_ALARM, wrong[i]);
		assert_refused(-ENOENT, "no such line on pinctrl-bcm2711");
		ck_assert_ptr_nonnull(strstr(fx.error, "Allowed: 0 to 57"));
		ck_assert_ptr_nonnull(strstr(fx.error, "pre-alarm = "));
	}
	ck_assert_uint_eq(count_log(0, FAKE_REQUEST), 0);
	set_line(LINE_PRE_ALARM, "57");
	open_it();
	ck_assert(fx.pi->line[57].held);
}
END_TEST

START_TEST(a_name_that_two_lines_have_is_refused)
{
	strcpy(fx.pi->line[40].name, "GPIO27");
	assert_refused(-ENOTUNIQ, "two lines have that name");
	ck_assert_uint_eq(count_log(0, FAKE_REQUEST), 0);
}
END_TEST

START_TEST(lines_without_a_name_are_passed_over)
{
	fx.pi->line[3].name[0] = '\0';
	open_it();
	ck_assert(fx.pi->line[LED].held && !fx.pi->line[3].held);
}
END_TEST

START_TEST(one_line_for_two_purposes_is_refused_untouched)
{
	set_line(LINE_CHARGE_DISCONNECT, "17");
	assert_refused(-EINVAL, "load-disconnect and charge-disconnect are "
				"both line 17");
	set_line(LINE_CHARGE_DISCONNECT, "GPIO17");
	assert_refused(-EINVAL, "are both line 17");
	set_line(LINE_CHARGE_DISCONNECT, "GPIO27");
	set_line(LINE_REMOTE_H, "027");
	assert_refused(-EINVAL, "charge-disconnect and remote-h");
	ck_assert_uint_eq(fake.n_log, 0);
}
END_TEST

START_TEST(no_line_at_all_is_an_empty_board)
{
	enum settings_line line;
	struct gpio_inputs inputs;
	int fds[GPIO_EVENT_FDS_MAX];

	memset(fx.settings.line, 0, sizeof(fx.settings.line));
	open_it();
	ck_assert_int_eq(write_levels(true, true, true, true, true), 0);
	ck_assert_int_eq(gpio_verify(fx.gpio, &line), 0);
	ck_assert_int_eq(gpio_read(fx.gpio, &inputs), 0);
	ck_assert(!inputs.remote_l.known && !inputs.remote_h.known);
	ck_assert_uint_eq(gpio_event_fds(fx.gpio, fds), 0);
	ck_assert_uint_eq(fake.n_log, 0);
}
END_TEST

static TCase *finding_case(void)
{
	TCase *tc = tcase_create("finding chips and lines");

	tcase_add_checked_fixture(tc, gpio_setup, gpio_teardown);
	tcase_add_test(tc,
		a_held_line_names_its_holder_and_nothing_stays_taken);
	tcase_add_test(tc,
		where_one_line_is_held_the_others_float_all_the_same);
	tcase_add_test(tc, auto_refuses_to_guess_and_lists_the_chips);
	tcase_add_test(tc, a_machine_without_any_chip_is_told_so);
	tcase_add_test(tc, a_long_list_is_cut_and_says_so);
	tcase_add_test(tc, auto_prefers_the_newest_board);
	tcase_add_test(tc, a_chip_is_found_by_label_or_path);
	tcase_add_test(tc, a_link_to_a_chip_is_the_same_chip);
	tcase_add_test(tc, two_chips_with_one_label_are_refused);
	tcase_add_test(tc, a_path_that_does_not_open_says_why);
	tcase_add_test(tc,
		a_chip_that_does_not_open_is_listed_with_the_reason);
	tcase_add_test(tc, a_line_that_the_chip_lacks_is_refused);
	tcase_add_test(tc, a_name_that_two_lines_have_is_refused);
	tcase_add_test(tc, lines_without_a_name_are_passed_over);
	tcase_add_test(tc, one_line_for_two_purposes_is_refused_untouched);
	tcase_add_test(tc, no_line_at_all_is_an_empty_board);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("gpio-find");

	suite_add_tcase(suite, finding_case());
	return unit_run(suite);
}
