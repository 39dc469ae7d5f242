/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpio/backend.h"
#include "gpio/virtual.h"

#define FILE_PREFIX "virtual:"

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
	int fd; /* of the file that shows the lines; -1: none */
};

static void virtual_chip_close(void *handle)
{
	struct virtual_chip *chip = handle;

	if (chip->fd >= 0)
		close(chip->fd);
	free(chip);
}

static int virtual_chip_open(struct gpio_chip *chip)
{
	struct virtual_chip *handle = calloc(1, sizeof(*handle));
	const char *file = chip->path + strlen(FILE_PREFIX);

	if (!handle)
		return -ENOMEM;
	handle->fd = -1;
	if (strncmp(chip->path, FILE_PREFIX, strlen(FILE_PREFIX)) == 0) {
		handle->fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (handle->fd < 0) {
			int r = gpio_errno();

			virtual_chip_close(handle);
			return r;
		}
	}
	snprintf(chip->label, sizeof(chip->label), "virtual");
	chip->n_lines = VIRTUAL_LINES;
	chip->handle = handle;
	return 0;
}

/* The character of a line in the file; 0 where there is none. */
static char shown(const struct virtual_chip *chip, unsigned int offset)
{
	char c = 0;

	if (chip->fd < 0 || pread(chip->fd, &c, 1, (off_t)offset) != 1)
		return 0;
	return c;
}

static int show(const struct virtual_line *line, bool high)
{
	const struct virtual_chip *chip = line->chip;

	if (chip->fd < 0)
		return 0;
	return pwrite(chip->fd, high ? "H" : ".", 1, line - chip->line) == 1 ?
		0 : gpio_errno();
}

/* What the line is at: as the file has it, else as it was last set. */
static bool is_high(const struct virtual_chip *chip, unsigned int offset)
{
	const struct virtual_line *line = &chip->line[offset];
	char c = shown(chip, offset);
	bool high = line->high;

	if (c == 'H' || c == '1')
		high = true;
	else if (c == '.' || c == '0')
		high = false;
	return high != line->stuck;
}

static int virtual_line_info(void *handle, unsigned int offset,
			     struct gpio_line_info *ret_info)
{
	const struct virtual_chip *chip = handle;
	const struct virtual_line *line = &chip->line[offset];

	*ret_info = (struct gpio_line_info){
		.output = is_high(chip, offset),
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
	return kind == GPIO_LINE_OUTPUT ? show(line, false) : 0;
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
	return show(line, high);
}

static int virtual_line_level(void *handle)
{
	const struct virtual_line *line = handle;

	return is_high(line->chip, (unsigned int)(line - line->chip->line));
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

static int virtual_line_share(void *handle, enum gpio_abi *ret_abi)
{
	const struct virtual_line *line = handle;

	*ret_abi = GPIO_ABI_VIRTUAL;
	return line->chip->fd < 0 ? -ENOTSUP : line->chip->fd;
}

const struct gpio_backend gpio_backend_virtual = {
	.chip_open = virtual_chip_open,
	.chip_close = virtual_chip_close,
	.line_info = virtual_line_info,
	.line_request = virtual_line_request,
	.line = {
		.release = virtual_line_release,
		.drive = virtual_line_drive,
		.level = virtual_line_level,
		.fd = virtual_line_fd,
		.drain = virtual_line_drain,
		.share = virtual_line_share,
	},
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
