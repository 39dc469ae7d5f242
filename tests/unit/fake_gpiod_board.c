/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/fake_gpiod.h"

struct fake_board fake;

struct fake_chip *fake_add_chip(const char *file, const char *label,
				unsigned int n_lines)
{
	struct fake_chip *chip = &fake.chip[fake.n_chips++];

	ck_assert(fake.n_chips <= FAKE_CHIPS_MAX);
	ck_assert(n_lines <= FAKE_LINES_MAX);
	snprintf(chip->file, sizeof(chip->file), "%s", file);
	snprintf(chip->label, sizeof(chip->label), "%s", label);
	chip->n_lines = n_lines;
	for (unsigned int i = 0; i < n_lines; i++)
		snprintf(chip->line[i].name, sizeof(chip->line[i].name),
			 "GPIO%u", i);
	return chip;
}

void fake_fail(size_t n, int error, bool and_all_later)
{
	fake.fail_at = fake.n_calls + n;
	fake.fail_on = and_all_later;
	fake.fail_errno = error;
	fake.failed = false;
}

bool fake_call(void)
{
	fake.n_calls++;
	if (fake.fail_at == 0 || fake.n_calls < fake.fail_at ||
	    (fake.n_calls > fake.fail_at && !fake.fail_on))
		return false;
	errno = fake.fail_errno;
	fake.failed = true;
	return true;
}

struct fake_chip *fake_chip_at(const char *path)
{
	char real[PATH_MAX];
	const char *file;

	if (!realpath(path, real))
		return NULL;
	file = strrchr(real, '/') + 1;
	for (size_t i = 0; i < fake.n_chips; i++) {
		if (strcmp(fake.chip[i].file, file) == 0)
			return &fake.chip[i];
	}
	errno = ENODEV;
	return NULL;
}

static void write_log(enum fake_op op, unsigned int offset)
{
	ck_assert_uint_lt(fake.n_log, FAKE_LOG_MAX);
	fake.log[fake.n_log].op = op;
	fake.log[fake.n_log].offset = offset;
	fake.n_log++;
}

int fake_request(struct fake_chip *chip, unsigned int offset, bool output,
		 bool open_source, enum fake_bias bias, bool both_edges,
		 const char *consumer)
{
	struct fake_line *line = &chip->line[offset];

	if (line->held || line->other[0] != '\0') {
		errno = EBUSY;
		return -1;
	}
	if (both_edges && pipe(line->events) < 0)
		return -1;
	line->held = true;
	line->output = output;
	line->open_source = open_source;
	line->bias = bias;
	line->both_edges = both_edges;
	snprintf(line->consumer, sizeof(line->consumer), "%s", consumer);
	fake.n_objects++;
	write_log(FAKE_REQUEST, offset);
	return 0;
}

int fake_set_config(struct fake_line *line, unsigned int offset, bool output,
		    bool open_source, enum fake_bias bias, bool high)
{
	ck_assert_msg(line->held, "line %u configured but not held", offset);
	if (output && !open_source)
		ck_abort_msg("line %u driven without open source", offset);
	line->output = output;
	line->open_source = open_source;
	line->bias = bias;
	line->driven = output && high;
	write_log(line->driven ? FAKE_HIGH : FAKE_FLOAT, offset);
	return 0;
}

int fake_value(const struct fake_line *line)
{
	ck_assert(line->held);
	if (line->driven)
		return line->shorted ? 0 : 1;
	return line->outside_high;
}

void fake_release(struct fake_line *line, unsigned int offset)
{
	ck_assert_msg(line->held, "line %u released twice", offset);
	line->held = false;
	line->consumer[0] = '\0';
	if (line->events[0] > 0) {
		close(line->events[0]);
		close(line->events[1]);
		line->events[0] = 0;
	}
	if (!fake.persist) {
		line->driven = false;
		line->output = false;
	}
	fake.n_objects--;
	write_log(FAKE_RELEASE, offset);
}

int fake_read_events(int fd, size_t max)
{
	char events[64];
	ssize_t n;

	ck_assert_uint_le(max, sizeof(events));
	n = read(fd, events, max);
	return n > 0 ? (int)n : -1;
}

void fake_edge(struct fake_line *line)
{
	ck_assert(line->both_edges);
	ck_assert_int_eq(write(line->events[1], "e", 1), 1);
}
