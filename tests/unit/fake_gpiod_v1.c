/* SPDX-License-Identifier: MIT */
/* The calls of libgpiod 1.6 that gpio/gpiod_v1.c makes. */
#include <check.h>
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

#include "tests/unit/fake_gpiod.h"

struct gpiod_line {
	struct fake_chip *chip;
	struct fake_line *line;
	unsigned int offset;
	bool got;
	struct fake_line seen; /* at the last update */
};

struct gpiod_chip {
	struct fake_chip *chip;
	struct gpiod_line line[FAKE_LINES_MAX];
};

struct gpiod_chip *gpiod_chip_open(const char *path)
{
	struct fake_chip *fake_chip = fake_call() ? NULL : fake_chip_at(path);
	struct gpiod_chip *chip;

	if (!fake_chip)
		return NULL;
	chip = calloc(1, sizeof(*chip));
	chip->chip = fake_chip;
	for (unsigned int i = 0; i < fake_chip->n_lines; i++) {
		chip->line[i].chip = fake_chip;
		chip->line[i].line = &fake_chip->line[i];
		chip->line[i].offset = i;
	}
	fake.n_objects++;
	return chip;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
	fake.n_objects--;
	free(chip);
}

const char *gpiod_chip_label(struct gpiod_chip *chip)
{
	return chip->chip->label;
}

unsigned int gpiod_chip_num_lines(struct gpiod_chip *chip)
{
	return chip->chip->n_lines;
}

struct gpiod_line *gpiod_chip_get_line(struct gpiod_chip *chip,
				       unsigned int offset)
{
	if (fake_call())
		return NULL;
	if (offset >= chip->chip->n_lines) {
		errno = EINVAL;
		return NULL;
	}
	/* Later calls may hand out what the first one saw. */
	if (!chip->line[offset].got)
		chip->line[offset].seen = *chip->line[offset].line;
	chip->line[offset].got = true;
	return &chip->line[offset];
}

int gpiod_line_update(struct gpiod_line *line)
{
	if (fake_call())
		return -1;
	line->seen = *line->line;
	return 0;
}

const char *gpiod_line_name(struct gpiod_line *line)
{
	return line->seen.name[0] ? line->seen.name : NULL;
}

const char *gpiod_line_consumer(struct gpiod_line *line)
{
	const char *name = line->seen.held ? line->seen.consumer :
					     line->seen.other;

	return name[0] && name[0] != '?' ? name : NULL;
}

int gpiod_line_direction(struct gpiod_line *line)
{
	return line->seen.output ? GPIOD_LINE_DIRECTION_OUTPUT :
				   GPIOD_LINE_DIRECTION_INPUT;
}

static enum fake_bias bias_of(int flags)
{
	if (flags & GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP)
		return FAKE_BIAS_UP;
	if (flags & GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN)
		return FAKE_BIAS_DOWN;
	ck_assert(flags & GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE);
	return FAKE_BIAS_NONE;
}

int gpiod_line_request(struct gpiod_line *line,
		       const struct gpiod_line_request_config *config,
		       int default_val)
{
	int type = config->request_type;

	if (fake_call())
		return -1;
	ck_assert_int_eq(default_val, 0);
	if (type == GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES &&
	    line->chip->no_interrupts) {
		errno = ENODEV;
		return -1;
	}
	return fake_request(line->chip, line->offset,
			    type == GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
			    config->flags & GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE,
			    bias_of(config->flags),
			    type == GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES,
			    config->consumer);
}

void gpiod_line_release(struct gpiod_line *line)
{
	fake_release(line->line, line->offset);
}

int gpiod_line_set_config(struct gpiod_line *line, int direction, int flags,
			  int value)
{
	if (fake_call())
		return -1;
	return fake_set_config(line->line, line->offset, direction ==
			       GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
			       flags & GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE,
			       bias_of(flags), value != 0);
}

int gpiod_line_get_value(struct gpiod_line *line)
{
	return fake_call() ? -1 : fake_value(line->line);
}

int gpiod_line_event_get_fd(struct gpiod_line *line)
{
	if (fake_call())
		return -1;
	if (!line->line->both_edges) {
		errno = EPERM;
		return -1;
	}
	return line->line->events[0];
}

int gpiod_line_event_read_fd_multiple(int fd,
				      struct gpiod_line_event *events,
				      unsigned int num_events)
{
	(void)events;
	return fake_call() ? -1 : fake_read_events(fd, num_events);
}
