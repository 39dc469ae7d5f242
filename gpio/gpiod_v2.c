/* SPDX-License-Identifier: MIT */
/*
 * libgpiod 2.x (Debian 13, Raspberry Pi OS). Each line is a request of its
 * own, so that writing one touches no other and a busy one has a name. Its
 * two configurations are made beforehand: writing allocates nothing here.
 */
#include <fcntl.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>

#include "gpio/backend.h"

struct v2_line {
	unsigned int offset;
	struct gpiod_line_request *request;
	struct gpiod_line_config *high;     /* of an output */
	struct gpiod_line_config *floating;
	struct gpiod_edge_event_buffer *events; /* of an input with edges */
};

struct v2_settings {
	enum gpiod_line_direction direction;
	enum gpiod_line_drive drive;
	enum gpiod_line_bias bias;
	enum gpiod_line_edge edge;
	enum gpiod_line_value value;
};

static const struct v2_settings output_low = {
	GPIOD_LINE_DIRECTION_OUTPUT, GPIOD_LINE_DRIVE_OPEN_SOURCE,
	GPIOD_LINE_BIAS_DISABLED, GPIOD_LINE_EDGE_NONE,
	GPIOD_LINE_VALUE_INACTIVE,
};
static const struct v2_settings output_high = {
	GPIOD_LINE_DIRECTION_OUTPUT, GPIOD_LINE_DRIVE_OPEN_SOURCE,
	GPIOD_LINE_BIAS_DISABLED, GPIOD_LINE_EDGE_NONE,
	GPIOD_LINE_VALUE_ACTIVE,
};
static const struct v2_settings output_floating = {
	GPIOD_LINE_DIRECTION_INPUT, GPIOD_LINE_DRIVE_PUSH_PULL,
	GPIOD_LINE_BIAS_DISABLED, GPIOD_LINE_EDGE_NONE,
	GPIOD_LINE_VALUE_INACTIVE,
};
static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return gpio_errno();
	return 0;
}

static void v2_chip_close(void *handle)
{
	gpiod_chip_close(handle);
}

static int v2_chip_open(struct gpio_chip *chip)
{
	struct gpiod_chip *handle = gpiod_chip_open(chip->path);
	struct gpiod_chip_info *info;

	if (!handle)
		return gpio_errno();
	info = gpiod_chip_get_info(handle);
	if (!info) {
		int r = gpio_errno();

		gpiod_chip_close(handle);
		return r;
	}
	snprintf(chip->label, sizeof(chip->label), "%s",
		 gpiod_chip_info_get_label(info));
	chip->n_lines = (unsigned int)gpiod_chip_info_get_num_lines(info);
	chip->handle = handle;
	gpiod_chip_info_free(info);
	return 0;
}

static int v2_line_info(void *handle, unsigned int offset,
			struct gpio_line_info *ret_info)
{
	struct gpiod_line_info *info =
		gpiod_chip_get_line_info(handle, offset);
	const char *name, *consumer;

	if (!info)
		return gpio_errno();
	name = gpiod_line_info_get_name(info);
	consumer = gpiod_line_info_get_consumer(info);
	snprintf(ret_info->name, sizeof(ret_info->name), "%s",
		 name ? name : "");
	snprintf(ret_info->consumer, sizeof(ret_info->consumer), "%s",
		 consumer ? consumer : "");
	ret_info->output = gpiod_line_info_get_direction(info) ==
			   GPIOD_LINE_DIRECTION_OUTPUT;
	gpiod_line_info_free(info);
	return 0;
}

static int apply(struct gpiod_line_settings *settings,
		 const struct v2_settings *wanted)
{
	if (gpiod_line_settings_set_direction(settings,
					      wanted->direction) < 0 ||
	    gpiod_line_settings_set_drive(settings, wanted->drive) < 0 ||
	    gpiod_line_settings_set_bias(settings, wanted->bias) < 0 ||
	    gpiod_line_settings_set_edge_detection(settings,
						   wanted->edge) < 0 ||
	    gpiod_line_settings_set_output_value(settings,
						 wanted->value) < 0)
		return gpio_errno();
	return 0;
}

static int config_new(unsigned int offset, const struct v2_settings *wanted,
		      struct gpiod_line_config **ret_config)
{
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	struct gpiod_line_config *config = NULL;
	int r;

	if (!settings)
		return gpio_errno();
	r = apply(settings, wanted);
	if (r == 0) {
		config = gpiod_line_config_new();
		if (!config ||
		    gpiod_line_config_add_line_settings(config, &offset, 1,
							settings) < 0)
			r = gpio_errno();
	}
	gpiod_line_settings_free(settings);
	if (r < 0) {
		gpiod_line_config_free(config);
		return r;
	}
	*ret_config = config;
	return 0;
}

static void v2_line_release(void *handle)
{
	struct v2_line *line = handle;

	if (line->request)
		gpiod_line_request_release(line->request);
	gpiod_line_config_free(line->high);
	gpiod_line_config_free(line->floating);
	if (line->events)
		gpiod_edge_event_buffer_free(line->events);
	free(line);
}

/* Takes the line as wanted says. */
static int take(struct gpiod_chip *chip, struct v2_line *line,
		const struct v2_settings *wanted)
{
	struct gpiod_request_config *request = gpiod_request_config_new();
	struct gpiod_line_config *config = NULL;
	int r;

	if (!request)
		return gpio_errno();
	gpiod_request_config_set_consumer(request, GPIO_CONSUMER);
	r = config_new(line->offset, wanted, &config);
	if (r == 0) {
		line->request = gpiod_chip_request_lines(chip, request,
							 config);
		if (!line->request)
			r = gpio_errno();
	}
	gpiod_line_config_free(config);
	gpiod_request_config_free(request);
	return r;
}

static int take_output(struct gpiod_chip *chip, struct v2_line *line)
{
	int r = config_new(line->offset, &output_high, &line->high);

	if (r == 0)
		r = config_new(line->offset, &output_floating,
			       &line->floating);
	if (r == 0)
		r = take(chip, line, &output_low);
	return r;
}

static int take_input(struct gpiod_chip *chip, struct v2_line *line,
		      enum gpiod_line_bias bias, bool edges)
{
	const struct v2_settings wanted = {
		GPIOD_LINE_DIRECTION_INPUT, GPIOD_LINE_DRIVE_PUSH_PULL, bias,
		edges ? GPIOD_LINE_EDGE_BOTH : GPIOD_LINE_EDGE_NONE,
		GPIOD_LINE_VALUE_INACTIVE,
	};
	int r;

	if (!edges)
		return take(chip, line, &wanted);
	line->events = gpiod_edge_event_buffer_new(GPIO_EVENTS_READ_MAX);
	if (!line->events)
		return gpio_errno();
	r = take(chip, line, &wanted);
	if (r < 0)
		return r;
	return set_nonblocking(gpiod_line_request_get_fd(line->request));
}

static int v2_line_request(void *handle, unsigned int offset,
			   enum gpio_line_kind kind, bool edges,
			   void **ret_line)
{
	struct v2_line *line = calloc(1, sizeof(*line));
	int r = -EINVAL;

	if (!line)
		return -ENOMEM;
	line->offset = offset;
	switch (kind) {
	case GPIO_LINE_OUTPUT:
		r = take_output(handle, line);
		break;
	case GPIO_LINE_INPUT_UP:
		r = take_input(handle, line, GPIOD_LINE_BIAS_PULL_UP, edges);
		break;
	case GPIO_LINE_INPUT_DOWN:
		r = take_input(handle, line, GPIOD_LINE_BIAS_PULL_DOWN,
			       edges);
		break;
	}
	if (r < 0) {
		v2_line_release(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

static int v2_line_drive(void *handle, bool high)
{
	struct v2_line *line = handle;

	if (gpiod_line_request_reconfigure_lines(line->request, high ?
						 line->high :
						 line->floating) < 0)
		return gpio_errno();
	return 0;
}

static int v2_line_level(void *handle)
{
	struct v2_line *line = handle;

	switch (gpiod_line_request_get_value(line->request, line->offset)) {
	case GPIOD_LINE_VALUE_INACTIVE:
		return 0;
	case GPIOD_LINE_VALUE_ACTIVE:
		return 1;
	case GPIOD_LINE_VALUE_ERROR:
		break;
	}
	return gpio_errno();
}

static int v2_line_fd(void *handle)
{
	struct v2_line *line = handle;

	return line->events ? gpiod_line_request_get_fd(line->request) : -1;
}

static void v2_line_drain(void *handle)
{
	struct v2_line *line = handle;

	if (!line->events)
		return;
	/* One round only: an input that chatters must not hold the loop,
	 * and what is left makes the descriptor readable again. */
	(void)gpiod_line_request_read_edge_events(line->request,
						  line->events,
						  GPIO_EVENTS_READ_MAX);
}

static int v2_line_share(void *handle, enum gpio_abi *ret_abi)
{
	struct v2_line *line = handle;
	int fd = gpiod_line_request_get_fd(line->request);

	*ret_abi = GPIO_ABI_V2;
	return fd < 0 ? -ENOTSUP : fd;
}

const struct gpio_backend gpio_backend_gpiod = {
	.chip_open = v2_chip_open,
	.chip_close = v2_chip_close,
	.line_info = v2_line_info,
	.line_request = v2_line_request,
	.line = {
		.release = v2_line_release,
		.drive = v2_line_drive,
		.level = v2_line_level,
		.fd = v2_line_fd,
		.drain = v2_line_drain,
		.share = v2_line_share,
	},
};
