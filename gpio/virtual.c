/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "gpio/backend.h"
#include "gpio/virtual.h"

enum { VIRTUAL_LINES = 64 };

struct virtual_line {
	struct virtual_chip *chip;
	bool taken;
	bool high;
	bool stuck;
};

struct virtual_chip {
	struct virtual_line line[VIRTUAL_LINES];
	int fail_next_write; /* negative errno; 0: it will work */
};

static int virtual_chip_open(struct gpio_chip *chip)
{
	struct virtual_chip *handle = calloc(1, sizeof(*handle));

	if (!handle)
		return -ENOMEM;
	snprintf(chip->label, sizeof(chip->label), "virtual");
	chip->n_lines = VIRTUAL_LINES;
	chip->handle = handle;
	return 0;
}

static void virtual_chip_close(void *handle)
{
	free(handle);
}

static int virtual_line_info(void *handle, unsigned int offset,
			     struct gpio_line_info *ret_info)
{
	const struct virtual_chip *chip = handle;
	const struct virtual_line *line = &chip->line[offset];

	*ret_info = (struct gpio_line_info){
		.output = line->high != line->stuck,
	};
	snprintf(ret_info->name, sizeof(ret_info->name), "GPIO%u", offset);
	if (line->taken)
		snprintf(ret_info->consumer, sizeof(ret_info->consumer),
			 GPIO_CONSUMER);
	return 0;
}

static int virtual_line_request(void *handle, unsigned int offset,
				enum gpio_line_kind kind, bool edges,
				void **ret_line)
{
	struct virtual_chip *chip = handle;
	struct virtual_line *line = &chip->line[offset];

	(void)edges;
	line->chip = chip;
	line->taken = true;
	line->high = kind == GPIO_LINE_INPUT_UP;
	*ret_line = line;
	return 0;
}

static void virtual_line_release(void *handle)
{
	struct virtual_line *line = handle;

	line->taken = false;
}

static int virtual_line_drive(void *handle, bool high)
{
	struct virtual_line *line = handle;
	int error = line->chip->fail_next_write;

	line->chip->fail_next_write = 0;
	if (error < 0)
		return error;
	line->high = high;
	return 0;
}

static int virtual_line_level(void *handle)
{
	const struct virtual_line *line = handle;

	return line->high != line->stuck;
}

static int virtual_line_fd(void *handle)
{
	(void)handle;
	return -1;
}

static void virtual_line_drain(void *handle)
{
	(void)handle;
}

const struct gpio_backend gpio_backend_virtual = {
	.chip_open = virtual_chip_open,
	.chip_close = virtual_chip_close,
	.line_info = virtual_line_info,
	.line_request = virtual_line_request,
	.line_release = virtual_line_release,
	.line_drive = virtual_line_drive,
	.line_level = virtual_line_level,
	.line_fd = virtual_line_fd,
	.line_drain = virtual_line_drain,
};

static struct virtual_line *find(const struct gpio *gpio,
				 enum settings_line line)
{
	return gpio_is_virtual(gpio) ? gpio_line_handle(gpio, line) : NULL;
}

void gpio_virtual_set_input(struct gpio *gpio, enum settings_line line,
			    bool high)
{
	struct virtual_line *l = find(gpio, line);

	if (l && line >= LINE_OUTPUT_COUNT)
		l->high = high;
}

void gpio_virtual_fail_next_write(struct gpio *gpio, int error)
{
	for (enum settings_line i = 0; i < LINE_OUTPUT_COUNT; i++) {
		struct virtual_line *l = find(gpio, i);

		if (l)
			l->chip->fail_next_write = error;
	}
}

void gpio_virtual_set_stuck(struct gpio *gpio, enum settings_line line,
			    bool stuck)
{
	struct virtual_line *l = find(gpio, line);

	if (l && line < LINE_OUTPUT_COUNT)
		l->stuck = stuck;
}

bool gpio_virtual_is_high(const struct gpio *gpio, enum settings_line line)
{
	const struct virtual_line *l = find(gpio, line);

	return l && l->high;
}
