/* SPDX-License-Identifier: MIT */
/* The calls of libgpiod 2.x that gpio/gpiod_v2.c makes. */
#include <check.h>
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_gpiod.h"

struct gpiod_chip {
	struct fake_chip *chip;
};

struct gpiod_chip_info {
	struct fake_chip *chip;
};

struct gpiod_line_info {
	struct fake_line seen;
};

struct gpiod_line_settings {
	enum gpiod_line_direction direction;
	enum gpiod_line_drive drive;
	enum gpiod_line_bias bias;
	enum gpiod_line_edge edge;
	enum gpiod_line_value value;
};

struct gpiod_line_config {
	bool filled;
	unsigned int offset;
	struct gpiod_line_settings settings;
};

struct gpiod_request_config {
	const char *consumer;
};

struct gpiod_line_request {
	struct fake_line *line;
	unsigned int offset;
};

struct gpiod_edge_event_buffer {
	size_t capacity;
};

/* A counted object, or NULL where this call is to fail. */
static void *object_new(size_t size)
{
	if (fake_call())
		return NULL;
	fake.n_objects++;
	return calloc(1, size);
}

static void object_free(void *object)
{
	if (!object)
		return;
	fake.n_objects--;
	free(object);
}

struct gpiod_chip *gpiod_chip_open(const char *path)
{
	struct gpiod_chip *chip = object_new(sizeof(*chip));

	if (!chip)
		return NULL;
	chip->chip = fake_chip_at(path);
	if (!chip->chip) {
		object_free(chip);
		return NULL;
	}
	return chip;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
	object_free(chip);
}

struct gpiod_chip_info *gpiod_chip_get_info(struct gpiod_chip *chip)
{
	struct gpiod_chip_info *info = object_new(sizeof(*info));

	if (info)
		info->chip = chip->chip;
	return info;
}

void gpiod_chip_info_free(struct gpiod_chip_info *info)
{
	object_free(info);
}

const char *gpiod_chip_info_get_label(struct gpiod_chip_info *info)
{
	return info->chip->label;
}

size_t gpiod_chip_info_get_num_lines(struct gpiod_chip_info *info)
{
	return info->chip->n_lines;
}

struct gpiod_line_info *gpiod_chip_get_line_info(struct gpiod_chip *chip,
						 unsigned int offset)
{
	struct gpiod_line_info *info;

	if (offset >= chip->chip->n_lines) {
		errno = EINVAL;
		return NULL;
	}
	info = object_new(sizeof(*info));
	if (info)
		info->seen = chip->chip->line[offset];
	return info;
}

void gpiod_line_info_free(struct gpiod_line_info *info)
{
	object_free(info);
}

const char *gpiod_line_info_get_name(struct gpiod_line_info *info)
{
	return info->seen.name[0] ? info->seen.name : NULL;
}

const char *gpiod_line_info_get_consumer(struct gpiod_line_info *info)
{
	const char *name = info->seen.held ? info->seen.consumer :
					     info->seen.other;

	return name[0] && name[0] != '?' ? name : NULL;
}

enum gpiod_line_direction
gpiod_line_info_get_direction(struct gpiod_line_info *info)
{
	return info->seen.output ? GPIOD_LINE_DIRECTION_OUTPUT :
				   GPIOD_LINE_DIRECTION_INPUT;
}

struct gpiod_line_settings *gpiod_line_settings_new(void)
{
	return object_new(sizeof(struct gpiod_line_settings));
}

void gpiod_line_settings_free(struct gpiod_line_settings *settings)
{
	object_free(settings);
}

int gpiod_line_settings_set_direction(struct gpiod_line_settings *settings,
				      enum gpiod_line_direction direction)
{
	settings->direction = direction;
	return fake_call() ? -1 : 0;
}

int gpiod_line_settings_set_edge_detection(
	struct gpiod_line_settings *settings, enum gpiod_line_edge edge)
{
	settings->edge = edge;
	return fake_call() ? -1 : 0;
}

int gpiod_line_settings_set_bias(struct gpiod_line_settings *settings,
				 enum gpiod_line_bias bias)
{
	settings->bias = bias;
	return fake_call() ? -1 : 0;
}

int gpiod_line_settings_set_drive(struct gpiod_line_settings *settings,
				  enum gpiod_line_drive drive)
{
	settings->drive = drive;
	return fake_call() ? -1 : 0;
}

int gpiod_line_settings_set_output_value(struct gpiod_line_settings *settings,
					 enum gpiod_line_value value)
{
	settings->value = value;
	return fake_call() ? -1 : 0;
}

struct gpiod_line_config *gpiod_line_config_new(void)
{
	return object_new(sizeof(struct gpiod_line_config));
}

void gpiod_line_config_free(struct gpiod_line_config *config)
{
	object_free(config);
}

int gpiod_line_config_add_line_settings(struct gpiod_line_config *config,
					const unsigned int *offsets,
					size_t num_offsets,
					struct gpiod_line_settings *settings)
{
	if (fake_call())
		return -1;
	ck_assert_uint_eq(num_offsets, 1);
	config->filled = true;
	config->offset = offsets[0];
	config->settings = *settings;
	return 0;
}

struct gpiod_request_config *gpiod_request_config_new(void)
{
	return object_new(sizeof(struct gpiod_request_config));
}

void gpiod_request_config_free(struct gpiod_request_config *config)
{
	object_free(config);
}

void gpiod_request_config_set_consumer(struct gpiod_request_config *config,
				       const char *consumer)
{
	config->consumer = consumer;
}

static enum fake_bias bias_of(enum gpiod_line_bias bias)
{
	switch (bias) {
	case GPIOD_LINE_BIAS_PULL_UP:
		return FAKE_BIAS_UP;
	case GPIOD_LINE_BIAS_PULL_DOWN:
		return FAKE_BIAS_DOWN;
	case GPIOD_LINE_BIAS_DISABLED:
		return FAKE_BIAS_NONE;
	case GPIOD_LINE_BIAS_AS_IS:
	case GPIOD_LINE_BIAS_UNKNOWN:
		break;
	}
	ck_abort_msg("bias %d asked for", (int)bias);
	return FAKE_BIAS_NONE;
}

struct gpiod_line_request *
gpiod_chip_request_lines(struct gpiod_chip *chip,
			 struct gpiod_request_config *req_cfg,
			 struct gpiod_line_config *line_cfg)
{
	const struct gpiod_line_settings *s = &line_cfg->settings;
	struct gpiod_line_request *request;

	if (fake_call())
		return NULL;
	ck_assert(line_cfg->filled);
	ck_assert(s->value == GPIOD_LINE_VALUE_INACTIVE);
	if (s->edge == GPIOD_LINE_EDGE_BOTH && chip->chip->no_interrupts) {
		errno = ENXIO;
		return NULL;
	}
	request = calloc(1, sizeof(*request));
	request->offset = line_cfg->offset;
	request->line = &chip->chip->line[request->offset];
	if (fake_request(chip->chip, request->offset,
			 s->direction == GPIOD_LINE_DIRECTION_OUTPUT,
			 s->drive == GPIOD_LINE_DRIVE_OPEN_SOURCE,
			 bias_of(s->bias), s->edge == GPIOD_LINE_EDGE_BOTH,
			 req_cfg->consumer) < 0) {
		free(request);
		return NULL;
	}
	return request;
}

void gpiod_line_request_release(struct gpiod_line_request *request)
{
	fake_release(request->line, request->offset);
	free(request);
}

int gpiod_line_request_reconfigure_lines(struct gpiod_line_request *request,
					 struct gpiod_line_config *config)
{
	const struct gpiod_line_settings *s = &config->settings;

	if (fake_call())
		return -1;
	ck_assert(config->filled);
	ck_assert_uint_eq(config->offset, request->offset);
	return fake_set_config(request->line, request->offset,
			       s->direction == GPIOD_LINE_DIRECTION_OUTPUT,
			       s->drive == GPIOD_LINE_DRIVE_OPEN_SOURCE,
			       bias_of(s->bias),
			       s->value == GPIOD_LINE_VALUE_ACTIVE);
}

enum gpiod_line_value
gpiod_line_request_get_value(struct gpiod_line_request *request,
			     unsigned int offset)
{
	if (fake_call())
		return GPIOD_LINE_VALUE_ERROR;
	ck_assert_uint_eq(offset, request->offset);
	return fake_value(request->line) ? GPIOD_LINE_VALUE_ACTIVE :
					   GPIOD_LINE_VALUE_INACTIVE;
}

int gpiod_line_request_get_fd(struct gpiod_line_request *request)
{
	return request->line->events[0];
}

struct gpiod_edge_event_buffer *gpiod_edge_event_buffer_new(size_t capacity)
{
	struct gpiod_edge_event_buffer *buffer = object_new(sizeof(*buffer));

	if (buffer)
		buffer->capacity = capacity;
	return buffer;
}

void gpiod_edge_event_buffer_free(struct gpiod_edge_event_buffer *buffer)
{
	object_free(buffer);
}

int gpiod_line_request_read_edge_events(
	struct gpiod_line_request *request,
	struct gpiod_edge_event_buffer *buffer, size_t max_events)
{
	if (fake_call())
		return -1;
	ck_assert_uint_le(max_events, buffer->capacity);
	return fake_read_events(request->line->events[0], max_events);
}
