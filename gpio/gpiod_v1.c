/* SPDX-License-Identifier: MIT */
/* libgpiod 1.6 (Debian 12); a line handle is its struct gpiod_line. */
#include <fcntl.h>
#include <gpiod.h>
#include <stdio.h>

#include "gpio/backend.h"

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

static int v1_line_request(void *handle, unsigned int offset,
			   enum gpio_line_kind kind, bool edges,
			   void **ret_line)
{
	struct gpiod_line_request_config config = request_config(kind, edges);
	struct gpiod_line *line = gpiod_chip_get_line(handle, offset);
	int r = 0;

	if (!line || gpiod_line_request(line, &config, 0) < 0)
		return gpio_errno();
	if (edges) {
		int fd = gpiod_line_event_get_fd(line);

		r = fd < 0 ? gpio_errno() : set_nonblocking(fd);
	}
	if (r < 0) {
		gpiod_line_release(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

static void v1_line_release(void *line)
{
	gpiod_line_release(line);
}

static int v1_line_drive(void *line, bool high)
{
	int flags = GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
	int direction = GPIOD_LINE_REQUEST_DIRECTION_INPUT;

	if (high) {
		flags |= GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE;
		direction = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
	}
	if (gpiod_line_set_config(line, direction, flags, high) < 0)
		return gpio_errno();
	return 0;
}

static int v1_line_level(void *line)
{
	int value = gpiod_line_get_value(line);

	return value < 0 ? gpio_errno() : value != 0;
}

static int v1_line_fd(void *line)
{
	/* Fails where the line was taken without edges. */
	return gpiod_line_event_get_fd(line);
}

static void v1_line_drain(void *line)
{
	struct gpiod_line_event events[GPIO_EVENTS_READ_MAX];
	int fd = gpiod_line_event_get_fd(line);

	/* One round only: an input that chatters must not hold the loop,
	 * and what is left makes the descriptor readable again. */
	if (fd >= 0)
		(void)gpiod_line_event_read_fd_multiple(fd, events,
							ARRAY_SIZE(events));
}

const struct gpio_backend gpio_backend_gpiod = {
	.chip_open = v1_chip_open,
	.chip_close = v1_chip_close,
	.line_info = v1_line_info,
	.line_request = v1_line_request,
	.line_release = v1_line_release,
	.line_drive = v1_line_drive,
	.line_level = v1_line_level,
	.line_fd = v1_line_fd,
	.line_drain = v1_line_drain,
};
