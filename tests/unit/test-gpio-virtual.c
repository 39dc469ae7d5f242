/* SPDX-License-Identifier: MIT */
/*
 * The virtual chip and what can be done to it (B14, D1), and the check for
 * outputs that outlive their owner (I3, design.md section 5).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpio/virtual.h"
#include "tests/unit/unit.h"

static struct settings_gpio settings;
static struct gpio *gpio;
static char error[GPIO_ERROR_SIZE];

static void setup(void)
{
	memset(&settings, 0, sizeof(settings));
	strcpy(settings.chip, "virtual");
	strcpy(settings.line[LINE_LOAD_DISCONNECT], "17");
	strcpy(settings.line[LINE_CHARGE_DISCONNECT], "GPIO27");
	gpio = NULL;
}

static void teardown(void)
{
	gpio = gpio_close(gpio);
}

static void open_it(void)
{
	ck_assert_msg(gpio_open(&gpio, &settings, NULL, error) == 0, "%s",
		      error);
}

static const struct gpio_levels both_high = {
	.high = {
		[LINE_LOAD_DISCONNECT] = true,
		[LINE_CHARGE_DISCONNECT] = true,
	},
};

START_TEST(levels_are_remembered)
{
	enum settings_line line;
	int fds[GPIO_EVENT_FDS_MAX];

	open_it();
	ck_assert(gpio_is_virtual(gpio));
	ck_assert_str_eq(gpio_describe(gpio), "virtual");
	ck_assert(!gpio_virtual_is_high(gpio, LINE_LOAD_DISCONNECT));
	ck_assert_int_eq(gpio_write(gpio, &both_high, false), 0);
	ck_assert(gpio_virtual_is_high(gpio, LINE_LOAD_DISCONNECT));
	ck_assert(gpio_virtual_is_high(gpio, LINE_CHARGE_DISCONNECT));
	ck_assert(!gpio_virtual_is_high(gpio, LINE_PRE_ALARM));
	ck_assert_int_eq(gpio_verify(gpio, &line), 0);
	ck_assert_uint_eq(gpio_event_fds(gpio, fds), 0);
}
END_TEST

START_TEST(inputs_that_are_not_fitted_are_unknown)
{
	struct gpio_inputs inputs;

	open_it();
	gpio_virtual_set_input(gpio, LINE_REMOTE_L, false);
	ck_assert_int_eq(gpio_read(gpio, &inputs), 0);
	ck_assert(!inputs.remote_l.known && !inputs.remote_h.known);
}
END_TEST

START_TEST(inputs_read_off_until_steered)
{
	struct gpio_inputs inputs;

	strcpy(settings.line[LINE_REMOTE_L], "23");
	strcpy(settings.line[LINE_REMOTE_H], "24");
	open_it();
	ck_assert_int_eq(gpio_read(gpio, &inputs), 0);
	ck_assert(inputs.remote_l.known && inputs.remote_l.value == 1);
	ck_assert(inputs.remote_h.known && inputs.remote_h.value == 0);
	gpio_virtual_set_input(gpio, LINE_REMOTE_L, false);
	gpio_virtual_set_input(gpio, LINE_REMOTE_H, true);
	ck_assert_int_eq(gpio_read(gpio, &inputs), 0);
	ck_assert_int_eq(inputs.remote_l.value, 0);
	ck_assert_int_eq(inputs.remote_h.value, 1);
	gpio_event_drain(gpio);
}
END_TEST

START_TEST(a_write_can_be_made_to_fail_once)
{
	open_it();
	gpio_virtual_fail_next_write(gpio, -ENODEV);
	ck_assert_int_eq(gpio_write(gpio, &both_high, false), -ENODEV);
	ck_assert(!gpio_virtual_is_high(gpio, LINE_LOAD_DISCONNECT));
	ck_assert(!gpio_virtual_is_high(gpio, LINE_CHARGE_DISCONNECT));
	ck_assert_int_eq(gpio_write(gpio, &both_high, false), 0);
	ck_assert(gpio_virtual_is_high(gpio, LINE_CHARGE_DISCONNECT));
}
END_TEST

START_TEST(a_line_can_be_made_to_read_back_wrong)
{
	enum settings_line line = LINE_COUNT;

	open_it();
	gpio_virtual_set_stuck(gpio, LINE_CHARGE_DISCONNECT, true);
	ck_assert_int_eq(gpio_verify(gpio, &line), 1);
	ck_assert_int_eq(line, LINE_CHARGE_DISCONNECT);
	gpio_virtual_set_stuck(gpio, LINE_CHARGE_DISCONNECT, false);
	ck_assert_int_eq(gpio_verify(gpio, &line), 0);
	ck_assert_int_eq(gpio_write(gpio, &both_high, false), 0);
	gpio_virtual_set_stuck(gpio, LINE_LOAD_DISCONNECT, true);
	ck_assert_int_eq(gpio_verify(gpio, &line), 1);
	ck_assert_int_eq(line, LINE_LOAD_DISCONNECT);
}
END_TEST

START_TEST(the_hooks_keep_to_their_lines)
{
	enum settings_line line;

	strcpy(settings.line[LINE_REMOTE_L], "23");
	open_it();
	gpio_virtual_set_input(gpio, LINE_LOAD_DISCONNECT, true);
	ck_assert(!gpio_virtual_is_high(gpio, LINE_LOAD_DISCONNECT));
	gpio_virtual_set_stuck(gpio, LINE_REMOTE_L, true);
	gpio_virtual_set_stuck(gpio, LINE_PRE_ALARM, true);
	ck_assert_int_eq(gpio_verify(gpio, &line), 0);
}
END_TEST

START_TEST(wrong_lines_are_refused_as_on_a_real_chip)
{
	strcpy(settings.line[LINE_PRE_ALARM], "64");
	ck_assert_int_eq(gpio_open(&gpio, &settings, NULL, error), -ENOENT);
	ck_assert_ptr_nonnull(strstr(error, "Allowed: 0 to 63"));
	strcpy(settings.line[LINE_PRE_ALARM], "GPIO17");
	ck_assert_int_eq(gpio_open(&gpio, &settings, NULL, error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "both line 17 of virtual"));
	ck_assert_ptr_null(gpio);
}
END_TEST

static char root[64];

static void make_root(void)
{
	strcpy(root, "/tmp/test-sys-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	ck_assert_int_eq(system(command), 0);
}

static void parameter_path(const char *module, char *path, size_t size)
{
	snprintf(path, size, "%s/module/%s/parameters/persist_gpio_outputs",
		 root, module);
}

static void set_parameter(const char *module, const char *text)
{
	char path[256], command[600];
	FILE *file;

	parameter_path(module, path, sizeof(path));
	snprintf(command, sizeof(command), "mkdir -p %s/module/%s/parameters",
		 root, module);
	ck_assert_int_eq(system(command), 0);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(an_absent_parameter_says_no)
{
	char text[GPIO_ERROR_SIZE] = "untouched";

	ck_assert(!gpio_persists(root, text));
	ck_assert_str_eq(text, "untouched");
	ck_assert(!gpio_persists("/nowhere/at/all", text));
}
END_TEST

START_TEST(yes_and_no_are_read_for_every_controller)
{
	static const char *const modules[] = {
		"pinctrl_bcm2835", "pinctrl_rp1",
	};
	static const struct {
		const char *text;
		bool persists;
	} cases[] = {
		{ "Y\n", true }, { "1\n", true }, { "y", true },
		{ "N\n", false }, { "0\n", false }, { "n", false },
	};

	for (size_t m = 0; m < ARRAY_SIZE(modules); m++) {
		for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
			char text[GPIO_ERROR_SIZE] = "";
			char path[256];

			set_parameter(modules[m], cases[i].text);
			ck_assert_int_eq(gpio_persists(root, text),
					 cases[i].persists);
			if (!cases[i].persists)
				continue;
			parameter_path(modules[m], path, sizeof(path));
			ck_assert_ptr_nonnull(strstr(text, path));
			ck_assert_ptr_nonnull(strstr(text, " is set"));
			ck_assert_ptr_nonnull(
				strstr(text, "dtparam=strict_gpiod"));
		}
	}
}
END_TEST

START_TEST(one_controller_that_persists_is_enough)
{
	char text[GPIO_ERROR_SIZE] = "";

	set_parameter("pinctrl_bcm2835", "N\n");
	set_parameter("pinctrl_rp1", "Y\n");
	ck_assert(gpio_persists(root, text));
	ck_assert_ptr_nonnull(strstr(text, "pinctrl_rp1"));
}
END_TEST

START_TEST(what_cannot_be_read_is_not_taken_for_no)
{
	char text[GPIO_ERROR_SIZE] = "";
	char path[256];

	set_parameter("pinctrl_bcm2835", "");
	ck_assert(gpio_persists(root, text));
	ck_assert_ptr_nonnull(strstr(text, "cannot be read"));
	set_parameter("pinctrl_bcm2835", "maybe\n");
	ck_assert(gpio_persists(root, text));
	/* A folder in its place opens, but does not read. */
	parameter_path("pinctrl_bcm2835", path, sizeof(path));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(gpio_persists(root, text));
	ck_assert_ptr_nonnull(strstr(text, "cannot be read"));
	/* A link to itself is there, but does not open. */
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink(path, path), 0);
	ck_assert(gpio_persists(root, text));
	ck_assert_ptr_nonnull(strstr(text, "cannot be read"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gpio-virtual");
	TCase *lines = tcase_create("virtual: B14, D1");
	TCase *persist = tcase_create("persist_gpio_outputs: I3");

	tcase_add_checked_fixture(lines, setup, teardown);
	tcase_add_test(lines, levels_are_remembered);
	tcase_add_test(lines, inputs_that_are_not_fitted_are_unknown);
	tcase_add_test(lines, inputs_read_off_until_steered);
	tcase_add_test(lines, a_write_can_be_made_to_fail_once);
	tcase_add_test(lines, a_line_can_be_made_to_read_back_wrong);
	tcase_add_test(lines, the_hooks_keep_to_their_lines);
	tcase_add_test(lines, wrong_lines_are_refused_as_on_a_real_chip);
	suite_add_tcase(suite, lines);

	tcase_add_checked_fixture(persist, make_root, remove_root);
	tcase_add_test(persist, an_absent_parameter_says_no);
	tcase_add_test(persist, yes_and_no_are_read_for_every_controller);
	tcase_add_test(persist, one_controller_that_persists_is_enough);
	tcase_add_test(persist, what_cannot_be_read_is_not_taken_for_no);
	suite_add_tcase(suite, persist);
	return unit_run(suite);
}
