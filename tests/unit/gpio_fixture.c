/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/gpio_fixture.h"

struct fixture fx;

const unsigned int gpio_outputs[N_OUTPUTS] = { ATD, ATC, PRE, LED };

void add_chip(const char *file, const char *label, unsigned int n_lines)
{
	char path[128];
	int fd;

	fake_add_chip(file, label, n_lines);
	snprintf(path, sizeof(path), "%s/%s", fx.dev, file);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

void add_link(const char *file, const char *target)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fx.dev, file);
	ck_assert_int_eq(symlink(target, path), 0);
}

void remove_file(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fx.dev, file);
	(void)unlink(path);
}

void set_line(enum settings_line line, const char *text)
{
	snprintf(fx.settings.line[line], sizeof(fx.settings.line[line]), "%s",
		 text);
}

void set_chip(const char *text)
{
	snprintf(fx.settings.chip, sizeof(fx.settings.chip), "%s", text);
}

void gpio_setup(void)
{
	strcpy(fx.dev, "/tmp/test-gpio-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fx.dev));
	memset(&fake, 0, sizeof(fake));
	memset(&fx.settings, 0, sizeof(fx.settings));
	add_chip("gpiochip0", "pinctrl-bcm2711", 58);
	fx.pi = &fake.chip[0];
	set_chip("auto");
	set_line(LINE_LOAD_DISCONNECT, "17");
	set_line(LINE_CHARGE_DISCONNECT, "GPIO27");
	set_line(LINE_PRE_ALARM, "22");
	set_line(LINE_LED_ERROR, "GPIO5");
	set_line(LINE_REMOTE_L, "23");
	set_line(LINE_REMOTE_H, "24");
	fx.gpio = NULL;
}

void gpio_teardown(void)
{
	fx.gpio = gpio_close(fx.gpio);
	remove_file("gpiochip0");
	remove_file("gpiochip1");
	remove_file("gpiochip2");
	remove_file("gpiochip4");
	rmdir(fx.dev);
}

int try_open(void)
{
	memset(fx.error, 'x', sizeof(fx.error));
	return gpio_open_in(fx.dev, &fx.settings, NULL, fx.error, &fx.gpio);
}

void open_it(void)
{
	ck_assert_msg(try_open() == 0, "%s", fx.error);
}

int write_levels(bool atd, bool atc, bool pre, bool led, bool force)
{
	const struct gpio_levels levels = {
		.high = {
			[LINE_LOAD_DISCONNECT] = atd,
			[LINE_CHARGE_DISCONNECT] = atc,
			[LINE_PRE_ALARM] = pre,
			[LINE_LED_ERROR] = led,
		},
	};

	int r = gpio_write(fx.gpio, &levels, force);

	if (r < 0)
		return r;
	fx.wrong = LINE_COUNT;
	fx.indicated = gpio_indicate(fx.gpio, &levels, &fx.wrong);
	return 0;
}

bool all_float(void)
{
	for (size_t i = 0; i < N_OUTPUTS; i++) {
		if (fx.pi->line[gpio_outputs[i]].driven)
			return false;
	}
	return true;
}

void assert_nothing_held(void)
{
	ck_assert_uint_eq(fake.n_objects, 0);
	for (unsigned int i = 0; i < fx.pi->n_lines; i++)
		ck_assert_msg(!fx.pi->line[i].held, "line %u is held", i);
	ck_assert(all_float());
}

void assert_refused(int why, const char *part)
{
	ck_assert_int_eq(try_open(), why);
	ck_assert_ptr_nonnull(memchr(fx.error, '\0', sizeof(fx.error)));
	ck_assert_msg(strstr(fx.error, part), "\"%s\" lacks \"%s\"", fx.error,
		      part);
	ck_assert_ptr_null(fx.gpio);
	assert_nothing_held();
}

size_t count_log(size_t first, enum fake_op op)
{
	size_t n = 0;

	for (size_t i = first; i < fake.n_log; i++)
		n += fake.log[i].op == op;
	return n;
}

