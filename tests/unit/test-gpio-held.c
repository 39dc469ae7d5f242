/* SPDX-License-Identifier: MIT */
/*
 * H2: an output that goes on being driven from one owner to the next, over a
 * virtual chip whose lines are a file. tests/vm/test-hold does it with those
 * of a kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpio/gpio.h"
#include "gpio/virtual.h"
#include "tests/unit/unit.h"

enum { ATD = 17, ATC = 27 };

static char file[40];
static struct settings_gpio settings;
static char error[GPIO_ERROR_SIZE];
static struct gpio_held held;

static const struct gpio_levels both_high = {
	.high = {
		[LINE_LOAD_DISCONNECT] = true,
		[LINE_CHARGE_DISCONNECT] = true,
	},
};

static void setup(void)
{
	int fd;

	strcpy(file, "/tmp/test-held-XXXXXX");
	fd = mkstemp(file);
	ck_assert_int_ge(fd, 0);
	close(fd);
	memset(&settings, 0, sizeof(settings));
	snprintf(settings.chip, sizeof(settings.chip), "virtual:%s", file);
	strcpy(settings.line[LINE_LOAD_DISCONNECT], "17");
	strcpy(settings.line[LINE_CHARGE_DISCONNECT], "27");
	strcpy(settings.line[LINE_PRE_ALARM], "22");
	held = (struct gpio_held){ .fd = -1 };
}

static void teardown(void)
{
	if (held.fd >= 0)
		close(held.fd);
	unlink(file);
}

static char at(unsigned int offset)
{
	int fd = open(file, O_RDONLY);
	char c = '?';

	ck_assert_int_eq(pread(fd, &c, 1, offset), 1);
	close(fd);
	return c;
}

static struct gpio *opened(struct gpio_held *with)
{
	struct gpio *gpio = NULL;

	ck_assert_msg(gpio_open(&gpio, &settings, with, error) == 0, "%s",
		      error);
	return gpio;
}

/* What a process that holds on leaves behind. */
static void leave(void)
{
	struct gpio *gpio = opened(NULL);

	ck_assert_int_eq(gpio_write(gpio, &both_high, false), 0);
	ck_assert_int_eq(gpio_share(gpio, &held), 0);
	ck_assert_int_eq(held.offset, ATD);
	ck_assert_int_eq(held.abi, GPIO_ABI_VIRTUAL);
	ck_assert_str_eq(held.chip, settings.chip);
	held.fd = dup(held.fd);
	gpio_close_but_shared(gpio);
	ck_assert_int_eq(at(ATD), 'H');
	ck_assert_int_eq(at(ATC), '.');
}

START_TEST(a_line_that_is_taken_over_is_never_let_go)
{
	enum settings_line line;
	struct gpio *gpio;

	leave();
	gpio = opened(&held);
	ck_assert_int_eq(held.fd, -1);
	ck_assert_int_eq(at(ATD), 'H');
	ck_assert_int_eq(gpio_verify(gpio, &line), 0);
	ck_assert_int_eq(gpio_write(gpio, &both_high, false), 0);
	ck_assert_int_eq(gpio_verify(gpio, &line), 0);
	ck_assert_int_eq(at(ATC), 'H');
	/* It may be handed on again. */
	ck_assert_int_eq(gpio_share(gpio, &held), 0);
	held.fd = dup(held.fd);
	gpio_close_but_shared(gpio);
	ck_assert_int_eq(at(ATD), 'H');
	gpio = opened(&held);
	ck_assert_int_eq(at(ATD), 'H');
	gpio_close(gpio);
	ck_assert_int_eq(at(ATD), '.');
}
END_TEST

START_TEST(a_line_that_is_taken_over_is_written_and_read_back)
{
	static const struct gpio_levels none;
	enum settings_line line;
	struct gpio *gpio;

	leave();
	gpio = opened(&held);
	ck_assert_int_eq(gpio_write(gpio, &none, false), 0);
	ck_assert_int_eq(at(ATD), '.');
	ck_assert_int_eq(gpio_verify(gpio, &line), 0);
	ck_assert_int_eq(gpio_write(gpio, &both_high, false), 0);
	ck_assert_int_eq(at(ATD), 'H');
	/* Somebody else moves it. */
	ck_assert_int_eq(gpio_share(gpio, &held), 0);
	ck_assert_int_eq(gpio_float_held(&held), 0);
	ck_assert_int_eq(at(ATD), '.');
	held.fd = -1;
	ck_assert_int_eq(gpio_verify(gpio, &line), 1);
	ck_assert_int_eq(line, LINE_LOAD_DISCONNECT);
	gpio_close(gpio);
}
END_TEST

START_TEST(another_process_s_line_is_left_alone)
{
	struct gpio_held theirs;

	leave();
	theirs = held;
	theirs.fd = -1;
	gpio_close(opened(&theirs));
	ck_assert_int_eq(at(ATD), 'H');
	gpio_close(opened(NULL));
	ck_assert_int_eq(at(ATD), '.');
}
END_TEST

/* The configuration has been edited meanwhile. */
START_TEST(what_is_not_load_disconnect_is_not_taken_over)
{
	struct gpio *gpio;

	leave();
	strcpy(settings.line[LINE_LOAD_DISCONNECT], "5");
	gpio = opened(&held);
	ck_assert_int_ge(held.fd, 0);
	ck_assert_int_eq(at(ATD), 'H');
	ck_assert_int_eq(at(5), '.');
	gpio_close(gpio);
	strcpy(settings.line[LINE_PRE_ALARM], "17");
	ck_assert_int_eq(gpio_open(&gpio, &settings, &held, error), -EBUSY);
	ck_assert_ptr_nonnull(strstr(error, "pre-alarm = 17"));
	ck_assert_int_ge(held.fd, 0);
	/* Another chip's line of the same number. */
	strcpy(settings.line[LINE_PRE_ALARM], "22");
	strcpy(settings.line[LINE_LOAD_DISCONNECT], "17");
	strcpy(held.chip, "virtual:/elsewhere");
	gpio_close(opened(&held));
	ck_assert_int_ge(held.fd, 0);
}
END_TEST

START_TEST(where_another_line_fails_what_was_taken_over_floats)
{
	struct gpio *gpio = NULL;

	leave();
	strcpy(settings.line[LINE_PRE_ALARM], "64");
	ck_assert_int_eq(gpio_open(&gpio, &settings, &held, error), -ENOENT);
	/* Before any line was touched. */
	ck_assert_int_ge(held.fd, 0);
	ck_assert_int_eq(at(ATD), 'H');
	ck_assert_int_eq(gpio_float_held(&held), 0);
	ck_assert_int_eq(at(ATD), '.');
}
END_TEST

START_TEST(only_what_others_can_reach_is_shared)
{
	struct gpio *gpio;

	strcpy(settings.chip, "virtual");
	gpio = opened(NULL);
	ck_assert_int_eq(gpio_share(gpio, &held), -ENOTSUP);
	gpio_close(gpio);
	snprintf(settings.chip, sizeof(settings.chip), "virtual:%s", file);
	settings.line[LINE_LOAD_DISCONNECT][0] = '\0';
	gpio = opened(NULL);
	ck_assert_int_eq(gpio_share(gpio, &held), -ENODEV);
	gpio_close(gpio);
	ck_assert_int_eq(held.fd, -1);
}
END_TEST

START_TEST(a_float_that_fails_is_told)
{
	held = (struct gpio_held){ .abi = GPIO_ABI_VIRTUAL, .offset = ATD };
	held.fd = open(file, O_RDONLY);
	ck_assert_int_eq(gpio_float_held(&held), -EBADF);
	held.abi = GPIO_ABI_V1;
	ck_assert_int_eq(gpio_float_held(&held), -ENOTTY);
	held.abi = GPIO_ABI_V2;
	ck_assert_int_eq(gpio_float_held(&held), -ENOTTY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gpio-held");
	TCase *tc = tcase_create("held");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_line_that_is_taken_over_is_never_let_go);
	tcase_add_test(tc, a_line_that_is_taken_over_is_written_and_read_back);
	tcase_add_test(tc, another_process_s_line_is_left_alone);
	tcase_add_test(tc, what_is_not_load_disconnect_is_not_taken_over);
	tcase_add_test(tc,
		       where_another_line_fails_what_was_taken_over_floats);
	tcase_add_test(tc, only_what_others_can_reach_is_shared);
	tcase_add_test(tc, a_float_that_fails_is_told);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
