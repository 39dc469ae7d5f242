/* SPDX-License-Identifier: MIT */
/*
 * The virtual chip (chip = virtual): 64 lines, GPIO0 to GPIO63, that exist
 * in memory only. For simulation; nothing outside this process sees them.
 *
 * With chip = virtual:FILE the lines are the first 64 characters of a file,
 * so that a simulation outside can see the outputs (H high, . floating) and
 * put levels on inputs (1, 0). What it writes over an output is read back
 * as a mismatch is.
 *
 * These functions are what the world does to it: they push the inputs and
 * break the outputs. They are for simulations and tests, change nothing
 * where gpio_is_virtual() is false or the line is not fitted, and no
 * decision may call them.
 */
#ifndef BMS_GPIO_VIRTUAL_H
#define BMS_GPIO_VIRTUAL_H

#include <stdbool.h>

#include "gpio/gpio.h"

/* Sets what a remote input reads (untouched: remote-l 1, remote-h 0, as
 * their bias pulls them, and that is "off"). */
void gpio_virtual_set_input(struct gpio *gpio, enum settings_line line,
			    bool high);

/* Makes the next attempt to drive or float any output fail with error
 * (a negative errno), once. */
void gpio_virtual_fail_next_write(struct gpio *gpio, int error);

/* Makes an output read back as the opposite of what it was told, until
 * called with false. */
void gpio_virtual_set_stuck(struct gpio *gpio, enum settings_line line,
			    bool stuck);

/* What an output was told last: true drives high, false floats. */
bool gpio_virtual_is_high(const struct gpio *gpio, enum settings_line line);

#endif
