/* SPDX-License-Identifier: MIT */
/*
 * libgpiod 1.6 (Debian 12). It does not tell the descriptor of an output;
 * that is found as open(2) has it, the lowest one that was free, and by what
 * the kernel calls it (linehandle_create() in drivers/gpio/gpiolib-cdev.c).
 */
#include <fcntl.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gpio/backend.h"

struct v1_line {
	struct gpiod_line *line;
	int fd; /* of an output; -1: not known for certain */
};

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return gpio_errno();
	return 0;
}

static int v1_chip_open(struct gpio_chip *chip)
{
	struct gpiod_chip *handle = gpiod_chip_open(chip->path);

	if (!handle)
		return gpio_errno();
	snprintf(chip->label, sizeof(chip->label), "%s",
		 gpiod_chip_label(handle));
	chip->n_lines = gpiod_chip_num_lines(handle);
	chip->handle = handle;
	return 0;
}

static void v1_chip_close(void *handle)
{
	gpiod_chip_close(handle);
}

static int v1_line_info(void *handle, unsigned int offset,
			struct gpio_line_info *ret_info)
{
	struct gpiod_line *line = gpiod_chip_get_line(handle, offset);
	const char *name, *consumer;

	if (!line || gpiod_line_update(line) < 0)
		return gpio_errno();
	name = gpiod_line_name(line);
	consumer = gpiod_line_consumer(line);
	snprintf(ret_info->name, sizeof(ret_info->name), "%s",
		 name ? name : "");
	snprintf(ret_info->consumer, sizeof(ret_info->consumer), "%s",
		 consumer ? consumer : "");
	ret_info->output =
		gpiod_line_direction(line) == GPIOD_LINE_DIRECTION_OUTPUT;
	return 0;
}

static struct gpiod_line_request_config request_config(
	enum gpio_line_kind kind, bool edges)
{
	struct gpiod_line_request_config config = {
		.consumer = GPIO_CONSUMER,
		.request_type = edges ? GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES :
				GPIOD_LINE_REQUEST_DIRECTION_INPUT,
	};

	switch (kind) {
	case GPIO_LINE_OUTPUT:
		config.request_type = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
		config.flags = GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE |
			       GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
		break;
	case GPIO_LINE_INPUT_UP:
		config.flags = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
		break;
	case GPIO_LINE_INPUT_DOWN:
		config.flags = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
		break;
	}
	return config;
}

/* The descriptor that the next one to be opened will be; -1: none. */
static int lowest_free(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* fd where it is a line of the kernel's, else -1. */
static int proven(int fd)
{
	static const char is[] = "anon_inode:gpio-linehandle";
	char path[32];
	char link[sizeof(is)];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = fd < 0 ? -1 : readlink(path, link, sizeof(link));
	return n == (ssize_t)strlen(is) && memcmp(link, is, (size_t)n) == 0 ?
		fd : -1;
}

static int request(struct v1_line *line, enum gpio_line_kind kind, bool edges)
{
	struct gpiod_line_request_config config = request_config(kind, edges);
	int fd = kind == GPIO_LINE_OUTPUT ? lowest_free() : -1;
	int r = 0;

	line->fd = -1;
	if (gpiod_line_request(line->line, &config, 0) < 0)
		return gpio_errno();
	if (edges) {
		fd = gpiod_line_event_get_fd(line->line);
		r = fd < 0 ? gpio_errno() : set_nonblocking(fd);
	} else {
		line->fd = proven(fd);
	}
	if (r < 0)
		gpiod_line_release(line->line);
	return r;
}

static int v1_line_request(void *handle, unsigned int offset,
			   enum gpio_line_kind kind, bool edges,
			   void **ret_line)
{
	struct v1_line *line = calloc(1, sizeof(*line));
	int r;

	if (!line)
		return -ENOMEM;
	line->line = gpiod_chip_get_line(handle, offset);
	r = line->line ? request(line, kind, edges) : gpio_errno();
	if (r < 0) {
		free(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

static void v1_line_release(void *handle)
{
	struct v1_line *line = handle;

	gpiod_line_release(line->line);
	free(line);
}

static int v1_line_drive(void *handle, bool high)
{
	struct v1_line *line = handle;
	int flags = GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
	int direction = GPIOD_LINE_REQUEST_DIRECTION_INPUT;

	if (high) {
		flags |= GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE;
		direction = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
	}
	if (gpiod_line_set_config(line->line, direction, flags, high) < 0)
		return gpio_errno();
	return 0;
}

static int v1_line_level(void *handle)
{
	struct v1_line *line = handle;
	int value = gpiod_line_get_value(line->line);

	return value < 0 ? gpio_errno() : value != 0;
}

static int v1_line_fd(void *handle)
{
	struct v1_line *line = handle;

	/* Fails where the line was taken without edges. */
	return gpiod_line_event_get_fd(line->line);
}

static void v1_line_drain(void *handle)
{
	struct gpiod_line_event events[GPIO_EVENTS_READ_MAX];
	int fd = v1_line_fd(handle);

	/* One round only: an input that chatters must not hold the loop,
	 * and what is left makes the descriptor readable again. */
	if (fd >= 0)
		(void)gpiod_line_event_read_fd_multiple(fd, events,
							ARRAY_SIZE(events));
}

static int v1_line_share(void *handle, enum gpio_abi *ret_abi)
{
	struct v1_line *line = handle;

	*ret_abi = GPIO_ABI_V1;
	return line->fd < 0 ? -ENOTSUP : line->fd;
}

const struct gpio_backend gpio_backend_gpiod = {
	.chip_open = v1_chip_open,
	.chip_close = v1_chip_close,
	.line_info = v1_line_info,
	.line_request = v1_line_request,
	.line = {
		.release = v1_line_release,
		.drive = v1_line_drive,
		.level = v1_line_level,
		.fd = v1_line_fd,
		.drain = v1_line_drain,
		.share = v1_line_share,
	},
};
