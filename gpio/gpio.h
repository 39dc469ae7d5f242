/* SPDX-License-Identifier: MIT */
/*
 * The output and input lines behind one small interface. The back end is
 * libgpiod 1.6, libgpiod 2.x (chosen by configure) or "virtual" (chip =
 * virtual: levels are only remembered, for simulation).
 *
 * Outputs are open source: high drives, floating does not. All false is the
 * safe state. Nothing here decides anything; nobody but the loop's one turn
 * may call gpio_write() and gpio_indicate().
 *
 * The disconnect lines and the pre-alarm carry the decision: whatever is
 * wrong with one of them is an error. LEDs and heartbeat are indicators:
 * one that does not work is told of and costs nothing else.
 */
#ifndef BMS_GPIO_H
#define BMS_GPIO_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/limits.h"
#include "lib/base/settings.h"

struct gpio;

/* What each output does; index is enum settings_line (outputs first). */
struct gpio_levels {
	bool high[LINE_OUTPUT_COUNT];
};

/* What each input reads. */
struct gpio_inputs {
	maybe_i32 remote_l; /* 0 or 1; unknown: not fitted or not readable */
	maybe_i32 remote_h;
};

enum { GPIO_EVENT_FDS_MAX = 2, GPIO_ERROR_SIZE = 256 };

/* What a line's descriptor speaks. */
enum gpio_abi {
	GPIO_ABI_VIRTUAL, /* the file of a virtual chip */
	GPIO_ABI_V1,      /* a line handle, linux/gpio.h */
	GPIO_ABI_V2,      /* a line request, linux/gpio.h */
	GPIO_ABI_COUNT
};

/* An output that goes on being driven from one process to the next. */
struct gpio_held {
	char chip[BMS_PATH_SIZE]; /* its path */
	unsigned int offset;
	enum gpio_abi abi;
	int fd; /* -1: it is another process's, and none of ours */
};

/*
 * Opens the chip and takes every configured line: outputs floating, inputs
 * with their bias (remote-l pulled up, remote-h pulled down) and both edges
 * watched. 0, or -errno with a sentence in error (which chip, which line,
 * who holds it, what is allowed): then nothing is held. Where it is a line
 * that cannot be had, every other output floats all the same: a kernel may
 * have left it driven (gpio_persists()). An indicator that cannot be taken
 * is left to gpio_indicate().
 *
 * held, where it is not NULL, is an output that is driven: where it is the
 * line load-disconnect it is taken over as it is, high, and the chip then
 * owns its descriptor, which becomes -1. With fd -1 an output that it is
 * stays untouched, as if it was not fitted.
 */
int gpio_open(struct gpio **ret_gpio, const struct settings_gpio *settings,
	      struct gpio_held *held, char error[GPIO_ERROR_SIZE]);

/* Floats every output, then releases all lines. NULL is fine. */
struct gpio *gpio_close(struct gpio *gpio);

/*
 * Tells load-disconnect, which is driven, as it may be handed on: the
 * descriptor is still the chip's. -ENOTSUP: it cannot be, -ENODEV: it is not
 * fitted.
 */
int gpio_share(const struct gpio *gpio, struct gpio_held *ret_held);

/* gpio_close(), and load-disconnect stays as it is for whoever has a
 * duplicate of its descriptor. */
struct gpio *gpio_close_but_shared(struct gpio *gpio);

/* Floats a held line and reads it back from the line itself: 0, or -errno
 * where that cannot be said. */
int gpio_float_held(const struct gpio_held *held);

/* Writes the lines of the decision that differ from what was last written
 * (all of them where force). 0 or -errno; after an error all outputs have
 * been asked to float, and every line must be considered unknown. */
int gpio_write(struct gpio *gpio, const struct gpio_levels *levels,
	       bool force);

/*
 * Reads the lines of the decision back from the chip and compares. 0: all as
 * written; 1: a mismatch, *ret_line says which; -errno: cannot be read.
 * High means the level reads high; floating means the line is not driven
 * (its direction reads "in"): its level then belongs to the outside.
 */
int gpio_verify(struct gpio *gpio, enum settings_line *ret_line);

/*
 * Writes the indicators that differ and reads all of them back, each
 * whatever the others do; one that failed is written, or taken, again.
 * 0: all as written; else *ret_line is the first that is not, and 1 is a
 * mismatch, -errno why it cannot be taken, written or read.
 */
int gpio_indicate(struct gpio *gpio, const struct gpio_levels *levels,
		  enum settings_line *ret_line);

/* Reads the inputs. 0 or -errno (then both unknown). */
int gpio_read(struct gpio *gpio, struct gpio_inputs *ret_inputs);

/* Descriptors that become readable at an edge of an input; returns how many
 * (0 where no input is fitted, the chip has no interrupts or the back end is
 * virtual: then only gpio_read() sees a change). */
size_t gpio_event_fds(const struct gpio *gpio, int fds[GPIO_EVENT_FDS_MAX]);
/* Empties them. */
void gpio_event_drain(struct gpio *gpio);

bool gpio_is_virtual(const struct gpio *gpio);
/* "pinctrl-bcm2711 (/dev/gpiochip0)" or "virtual". */
const char *gpio_describe(const struct gpio *gpio);

/*
 * Raspberry Pi kernels keep outputs driven after their owner has died where
 * persist_gpio_outputs is set. True where the parameter below sysfs_root
 * ("/sys") says so for any pin controller; then text names the file and
 * the cure.
 */
bool gpio_persists(const char *sysfs_root, char text[GPIO_ERROR_SIZE]);

#endif
