/* SPDX-License-Identifier: MIT */
/*
 * A line that another process has taken, by its descriptor alone: the
 * kernel's own calls (linux/gpio.h), of the first ABI for a libgpiod 1.6 and
 * of the second for a libgpiod 2, whichever this program was built with. A
 * change made through one duplicate is there for all of them. Floating is
 * what backend.h says it is.
 */
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gpio/backend.h"

struct adopted {
	enum gpio_abi abi;
	int fd;
	unsigned int offset;
};

static int drive_virtual(const struct adopted *line, bool high)
{
	return pwrite(line->fd, high ? "H" : ".", 1, (off_t)line->offset) ==
		1 ? 0 : gpio_errno();
}

static int drive_v1(const struct adopted *line, bool high)
{
	struct gpiohandle_config config = {
		.flags = GPIOHANDLE_REQUEST_BIAS_DISABLE |
			 (high ? GPIOHANDLE_REQUEST_OUTPUT |
				 GPIOHANDLE_REQUEST_OPEN_SOURCE :
				 GPIOHANDLE_REQUEST_INPUT),
		.default_values = { high },
	};

	return ioctl(line->fd, GPIOHANDLE_SET_CONFIG_IOCTL, &config) < 0 ?
		gpio_errno() : 0;
}

static int drive_v2(const struct adopted *line, bool high)
{
	struct gpio_v2_line_config config = {
		.flags = GPIO_V2_LINE_FLAG_BIAS_DISABLED |
			 (high ? GPIO_V2_LINE_FLAG_OUTPUT |
				 GPIO_V2_LINE_FLAG_OPEN_SOURCE :
				 GPIO_V2_LINE_FLAG_INPUT),
	};

	if (high) {
		config.num_attrs = 1;
		config.attrs[0].mask = 1;
		config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
		config.attrs[0].attr.values = 1;
	}
	return ioctl(line->fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, &config) < 0 ?
		gpio_errno() : 0;
}

static int level_virtual(const struct adopted *line)
{
	char c = 0;

	if (pread(line->fd, &c, 1, (off_t)line->offset) != 1)
		return gpio_errno();
	return c == 'H' || c == '1';
}

static int level_v1(const struct adopted *line)
{
	struct gpiohandle_data data = { 0 };

	return ioctl(line->fd, GPIOHANDLE_GET_LINE_VALUES_IOCTL, &data) < 0 ?
		gpio_errno() : data.values[0] != 0;
}

static int level_v2(const struct adopted *line)
{
	struct gpio_v2_line_values values = { .mask = 1 };

	return ioctl(line->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0 ?
		gpio_errno() : (values.bits & 1) != 0;
}

/* Whether the line's direction is out, by its chip. */

static int driven_v1(int chip, unsigned int offset)
{
	struct gpioline_info info = { .line_offset = offset };

	return ioctl(chip, GPIO_GET_LINEINFO_IOCTL, &info) < 0 ?
		gpio_errno() : (info.flags & GPIOLINE_FLAG_IS_OUT) != 0;
}

static int driven_v2(int chip, unsigned int offset)
{
	struct gpio_v2_line_info info = { .offset = offset };

	return ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info) < 0 ?
		gpio_errno() : (info.flags & GPIO_V2_LINE_FLAG_OUTPUT) != 0;
}

static const struct {
	int (*drive)(const struct adopted *line, bool high);
	int (*level)(const struct adopted *line);
	int (*driven)(int chip, unsigned int offset); /* NULL: by level */
} abis[] = {
	[GPIO_ABI_VIRTUAL] = { drive_virtual, level_virtual, NULL },
	[GPIO_ABI_V1] = { drive_v1, level_v1, driven_v1 },
	[GPIO_ABI_V2] = { drive_v2, level_v2, driven_v2 },
};

_Static_assert(ARRAY_SIZE(abis) == GPIO_ABI_COUNT, "a row for every ABI");

static int adopted_drive(void *handle, bool high)
{
	const struct adopted *line = handle;

	return abis[line->abi].drive(line, high);
}

static int adopted_level(void *handle)
{
	const struct adopted *line = handle;

	return abis[line->abi].level(line);
}

static void adopted_release(void *handle)
{
	struct adopted *line = handle;

	close(line->fd);
	free(line);
}

static int adopted_fd(void *handle)
{
	(void)handle;
	return -1;
}

static void adopted_drain(void *handle)
{
	(void)handle;
}

static int adopted_share(void *handle, enum gpio_abi *ret_abi)
{
	const struct adopted *line = handle;

	*ret_abi = line->abi;
	return line->fd;
}

const struct gpio_line_ops gpio_adopted_ops = {
	.release = adopted_release,
	.drive = adopted_drive,
	.level = adopted_level,
	.fd = adopted_fd,
	.drain = adopted_drain,
	.share = adopted_share,
};

int gpio_adopt(enum gpio_abi abi, int fd, unsigned int offset,
	       void **ret_line)
{
	struct adopted *line = calloc(1, sizeof(*line));

	if (!line)
		return -ENOMEM;
	*line = (struct adopted){ abi, fd, offset };
	*ret_line = line;
	return 0;
}

int gpio_float_held(const struct gpio_held *held)
{
	const struct adopted line = { held->abi, held->fd, held->offset };
	int r = abis[line.abi].drive(&line, false);
	int chip;

	if (r < 0)
		return r;
	if (!abis[line.abi].driven) {
		r = abis[line.abi].level(&line);
		return r > 0 ? -EIO : r;
	}
	chip = open(held->chip, O_RDWR | O_CLOEXEC);
	if (chip < 0)
		return gpio_errno();
	r = abis[line.abi].driven(chip, line.offset);
	close(chip);
	return r > 0 ? -EIO : r;
}
