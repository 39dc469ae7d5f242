/* SPDX-License-Identifier: MIT */
/*
 * H2: a kernel's line in the hands of a second descriptor, of either ABI,
 * whichever libgpiod this was built with; levels and directions read from the
 * chip's side.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gpio/backend.h"
#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"
#include "tests/vm/chip.h"

static struct gpio_held held;
static struct settings_gpio settings;

static void setup(void)
{
	chip_make();
	held = (struct gpio_held){
		.offset = (unsigned int)rig_lines[LINE_LOAD_DISCONNECT].offset,
	};
	chip_path(held.chip);
	memset(&settings, 0, sizeof(settings));
	strcpy(settings.chip, CHIP_LABEL);
	for (int i = 0; i < 3; i++)
		snprintf(settings.line[i], sizeof(settings.line[i]), "%d",
			 rig_lines[i].offset);
}

static int chip(void)
{
	int fd = open(held.chip, O_RDWR | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s: %s", held.chip, strerror(errno));
	return fd;
}

/* As libgpiod 1.6 takes it. */
static void take_v1(void)
{
	struct gpiohandle_request request = {
		.lineoffsets = { held.offset },
		.lines = 1,
		.flags = GPIOHANDLE_REQUEST_OUTPUT |
			 GPIOHANDLE_REQUEST_OPEN_SOURCE |
			 GPIOHANDLE_REQUEST_BIAS_DISABLE,
		.default_values = { 1 },
	};
	int fd = chip();

	ck_assert_int_eq(ioctl(fd, GPIO_GET_LINEHANDLE_IOCTL, &request), 0);
	close(fd);
	held.abi = GPIO_ABI_V1;
	held.fd = request.fd;
}

/* As libgpiod 2 does. */
static void take_v2(void)
{
	struct gpio_v2_line_request request = {
		.offsets = { held.offset },
		.num_lines = 1,
		.config = {
			.flags = GPIO_V2_LINE_FLAG_OUTPUT |
				 GPIO_V2_LINE_FLAG_OPEN_SOURCE |
				 GPIO_V2_LINE_FLAG_BIAS_DISABLED,
			.num_attrs = 1,
			.attrs[0] = {
				.mask = 1,
				.attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES,
				.attr.values = 1,
			},
		},
	};
	int fd = chip();

	ck_assert_int_eq(ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request), 0);
	close(fd);
	held.abi = GPIO_ABI_V2;
	held.fd = request.fd;
}

static void (*const takes[])(void) = { take_v1, take_v2 };

/* H2 */
START_TEST(a_line_of_either_abi_is_taken_over_and_driven)
{
	static const struct gpio_levels none;
	static const struct gpio_levels driven = {
		.high = { [LINE_LOAD_DISCONNECT] = true },
	};
	char error[GPIO_ERROR_SIZE];
	enum settings_line wrong;
	struct gpio *gpio;
	int other;

	takes[_i]();
	ck_assert_int_eq(chip_line(LINE_LOAD_DISCONNECT), 'H');
	other = dup(held.fd);
	ck_assert_msg(gpio_open(&gpio, &settings, &held, error) == 0, "%s",
		      error);
	ck_assert_int_eq(held.fd, -1);
	ck_assert_str_eq(chip_outputs(), "H..");
	ck_assert_int_eq(gpio_verify(gpio, &wrong), 0);
	ck_assert_int_eq(gpio_write(gpio, &none, false), 0);
	ck_assert_str_eq(chip_outputs(), "...");
	ck_assert_int_eq(gpio_verify(gpio, &wrong), 0);
	ck_assert_int_eq(gpio_write(gpio, &driven, false), 0);
	ck_assert_str_eq(chip_outputs(), "H..");
	ck_assert_int_eq(gpio_verify(gpio, &wrong), 0);
	/* The other descriptor's change is this one's. */
	held.fd = other;
	ck_assert_int_eq(gpio_float_held(&held), 0);
	ck_assert_str_eq(chip_outputs(), "...");
	ck_assert_int_eq(gpio_verify(gpio, &wrong), 1);
	gpio_close(gpio);
	close(other);
}
END_TEST

/* H2: this build's own line is handed on, and with it the ABI it speaks. */
START_TEST(a_line_of_this_libgpiod_is_handed_on)
{
	static const struct gpio_levels driven = {
		.high = { [LINE_LOAD_DISCONNECT] = true,
			  [LINE_PRE_ALARM] = true },
	};
	char error[GPIO_ERROR_SIZE];
	struct gpio_held theirs;
	struct gpio *gpio;

	ck_assert_msg(gpio_open(&gpio, &settings, NULL, error) == 0, "%s",
		      error);
	ck_assert_int_eq(gpio_write(gpio, &driven, false), 0);
	ck_assert_int_eq(gpio_share(gpio, &held), 0);
	ck_assert_int_ne(held.abi, GPIO_ABI_VIRTUAL);
	held.fd = dup(held.fd);
	gpio_close_but_shared(gpio);
	ck_assert_str_eq(chip_outputs(), "H..");
	/* What another process holds stays as it is. */
	theirs = held;
	theirs.fd = -1;
	ck_assert_int_eq(gpio_open(&gpio, &settings, &theirs, error), 0);
	gpio_close(gpio);
	ck_assert_str_eq(chip_outputs(), "H..");
	ck_assert_int_eq(gpio_float_held(&held), 0);
	ck_assert_str_eq(chip_outputs(), "...");
	close(held.fd);
}
END_TEST

/* H1: that it floats is asked of the chip, which may be gone. */
START_TEST(a_float_that_cannot_be_proven_is_an_error)
{
	takes[_i]();
	strcpy(held.chip, "/dev/null");
	ck_assert_int_lt(gpio_float_held(&held), 0);
	strcpy(held.chip, "/nonexistent");
	ck_assert_int_eq(gpio_float_held(&held), -ENOENT);
	ck_assert_int_eq(chip_line(LINE_LOAD_DISCONNECT), '.');
	close(held.fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vm: hold");
	TCase *tc = tcase_create("hold");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, a_line_of_either_abi_is_taken_over_and_driven,
			    0, 2);
	tcase_add_test(tc, a_line_of_this_libgpiod_is_handed_on);
	tcase_add_loop_test(tc, a_float_that_cannot_be_proven_is_an_error, 0,
			    2);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
