/* SPDX-License-Identifier: MIT */
/*
 * A board in memory behind a libgpiod that the test program defines itself:
 * fake_gpiod_v1.c and fake_gpiod_v2.c are two faces of it. Every call that
 * can fail is counted and can be made to fail.
 *
 * It follows Linux 6.1 (drivers/gpio/gpiolib.c, gpiolib-cdev.c) where that
 * matters: an open source output of value 0 floats but its info goes on
 * saying "output"; an input says "input"; a released line floats, unless
 * persist is set (Raspberry Pi kernels).
 */
#ifndef BMS_TESTS_FAKE_GPIOD_H
#define BMS_TESTS_FAKE_GPIOD_H

#include <stdbool.h>
#include <stddef.h>

enum { FAKE_CHIPS_MAX = 3, FAKE_LINES_MAX = 60, FAKE_LOG_MAX = 10000 };

enum fake_bias { FAKE_BIAS_NONE, FAKE_BIAS_UP, FAKE_BIAS_DOWN };

struct fake_line {
	char name[32];
	char other[32];    /* another process that holds it; "?": unnamed */
	bool held;         /* by the code under test */
	char consumer[32];
	bool output;       /* what its info says */
	bool open_source;
	bool driven;       /* really drives high */
	bool outside_high; /* what the world puts on it */
	bool shorted;      /* reads low even where driven */
	enum fake_bias bias;
	bool both_edges;
	int events[2];     /* pipe: [0] is what the code under test polls */
};

struct fake_chip {
	char file[32];     /* "gpiochip0" */
	char label[32];
	unsigned int n_lines;
	bool no_interrupts; /* requests with edges are refused */
	struct fake_line line[FAKE_LINES_MAX];
};

enum fake_op { FAKE_REQUEST, FAKE_HIGH, FAKE_FLOAT, FAKE_RELEASE };

struct fake_board {
	size_t n_chips;
	struct fake_chip chip[FAKE_CHIPS_MAX];
	bool persist;
	size_t n_objects;  /* chips, infos, requests... not freed yet */
	size_t n_calls;
	size_t fail_at;    /* number of the call that fails, from 1; 0: none */
	bool fail_on;      /* and all later ones */
	int fail_errno;
	bool failed;       /* one has */
	size_t n_log;
	struct {
		enum fake_op op;
		unsigned int offset;
	} log[FAKE_LOG_MAX];
};

extern struct fake_board fake;

/* The chip of that file; offsets 0..n_lines-1 are named GPIO0... */
struct fake_chip *fake_add_chip(const char *file, const char *label,
				unsigned int n_lines);
/* The n-th call from now fails with error (errno.h, positive). */
void fake_fail(size_t n, int error, bool and_all_later);

/* For the two faces. True: fail now, errno is set. */
bool fake_call(void);
/* NULL with errno where there is none at that path. */
struct fake_chip *fake_chip_at(const char *path);
/* 0, or -1 with errno. */
int fake_request(struct fake_chip *chip, unsigned int offset, bool output,
		 bool open_source, enum fake_bias bias, bool both_edges,
		 const char *consumer);
int fake_set_config(struct fake_line *line, unsigned int offset, bool output,
		    bool open_source, enum fake_bias bias, bool high);
int fake_value(const struct fake_line *line);
void fake_release(struct fake_line *line, unsigned int offset);
/* Like reading the kernel's events: how many, or -1 with errno. */
int fake_read_events(int fd, size_t max);

/* An edge at an input: its descriptor becomes readable. */
void fake_edge(struct fake_line *line);

#endif
