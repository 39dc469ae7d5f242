/* SPDX-License-Identifier: MIT */
/*
 * The board that the tests of gpio/ start from: a Pi 4 whose device folder
 * is a temporary one, and settings that take four outputs and two inputs.
 */
#ifndef BMS_TESTS_GPIO_FIXTURE_H
#define BMS_TESTS_GPIO_FIXTURE_H

#include <errno.h>
#include <string.h>

#include "gpio/backend.h"
#include "tests/unit/fake_gpiod.h"
#include "tests/unit/unit.h"

/* Where the settings put the lines. */
enum { ATD = 17, ATC = 27, PRE = 22, LED = 5, RL = 23, RH = 24 };
enum { N_OUTPUTS = 4 };

struct fixture {
	char dev[64];
	struct settings_gpio settings;
	struct gpio *gpio;
	char error[GPIO_ERROR_SIZE];
	struct fake_chip *pi;
	int indicated;            /* by the last write_levels() */
	enum settings_line wrong;
};

extern struct fixture fx;
extern const unsigned int gpio_outputs[N_OUTPUTS];

void gpio_setup(void);
void gpio_teardown(void);

/* Another chip, and its file in the device folder. */
void add_chip(const char *file, const char *label, unsigned int n_lines);
void add_link(const char *file, const char *target);
void remove_file(const char *file);

void set_line(enum settings_line line, const char *text);
void set_chip(const char *text);

int try_open(void);
void open_it(void);
/* The decision's lines as gpio_write() says; where it did not fail also the
 * LED, as fx.indicated and fx.wrong say. */
int write_levels(bool atd, bool atc, bool pre, bool led, bool force);

bool all_float(void);
void assert_nothing_held(void);
/* Opening fails with that error and a sentence that has that part. */
void assert_refused(int why, const char *part);
/* How often op stands in the log from entry first on. */
size_t count_log(size_t first, enum fake_op op);

#endif
