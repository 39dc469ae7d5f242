/* SPDX-License-Identifier: MIT */
/*
 * What a back end does for gpio.c: the few calls that differ between
 * libgpiod 1.6, libgpiod 2.x and the virtual chip. A back end keeps no
 * policy and remembers no level; order, comparison and wording are gpio.c.
 *
 * A floating output is made an input, and is an open source output only
 * while it drives. Electrically that is what the kernel does with an open
 * source line it was told to make low (gpiod_direction_output() in
 * drivers/gpio/gpiolib.c), but told so explicitly
 *  - the direction in the line's info is then "in", so that a read-back
 *    proves the float; after a mere "low" Linux 6.1 goes on saying "out";
 *  - a driver's error comes back, which setting a value swallows there;
 *  - it still works after somebody has read /sys/kernel/debug/gpio, which
 *    makes setting a value of a floating line fail with EPERM.
 */
#ifndef BMS_GPIO_BACKEND_H
#define BMS_GPIO_BACKEND_H

#include <errno.h>
#include <stdbool.h>

#include "gpio/gpio.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

#define GPIO_CONSUMER "vebus-bms-ng"

/* Labels, line names and consumers: 31 characters in the kernel's ABI. */
enum { GPIO_KERNEL_NAME_SIZE = 32, GPIO_EVENTS_READ_MAX = 16 };

enum gpio_line_kind {
	GPIO_LINE_OUTPUT,     /* open source, no bias */
	GPIO_LINE_INPUT_UP,   /* pulled up */
	GPIO_LINE_INPUT_DOWN, /* pulled down */
};

struct gpio_line_info {
	char name[GPIO_KERNEL_NAME_SIZE];     /* empty: it has none */
	char consumer[GPIO_KERNEL_NAME_SIZE]; /* empty: none, or unnamed */
	bool output;                          /* its direction */
};

struct gpio_chip {
	const struct gpio_backend *backend;
	void *handle; /* the back end's; NULL: not open */
	char path[BMS_PATH_SIZE];
	char label[GPIO_KERNEL_NAME_SIZE];
	unsigned int n_lines;
};

/* What is done with a line that has been taken. Every function that returns
 * int returns 0 or negative errno. */
struct gpio_line_ops {
	void (*release)(void *line);
	/* An output: drives high, or floats. */
	int (*drive)(void *line, bool high);
	/* 0 or 1, or negative errno. */
	int (*level)(void *line);
	/* Of an input: readable at an edge, never blocks; -1: edges are not
	 * watched. */
	int (*fd)(void *line);
	void (*drain)(void *line);
	/* Of an output: the descriptor that goes on holding it wherever it is
	 * duplicated to, with what it speaks; it stays the line's. -ENOTSUP:
	 * there is none, or none that is known for certain. */
	int (*share)(void *line, enum gpio_abi *ret_abi);
};

/* The same. */
struct gpio_backend {
	/* Opens chip->path and fills in handle, label and n_lines. */
	int (*chip_open)(struct gpio_chip *chip);
	void (*chip_close)(void *handle);
	/* Asks the kernel, never a memory of it. */
	int (*line_info)(void *handle, unsigned int offset,
			 struct gpio_line_info *ret_info);
	/* Takes the line; an output must not drive high in between. Where
	 * both edges are to be watched and the line has no interrupt, the
	 * kernel says ENODEV (v1 ABI) or ENXIO (v2). */
	int (*line_request)(void *handle, unsigned int offset,
			    enum gpio_line_kind kind, bool edges,
			    void **ret_line);
	struct gpio_line_ops line;
};

extern const struct gpio_backend gpio_backend_gpiod;
extern const struct gpio_backend gpio_backend_virtual;

/* Of lines that another process has taken, whichever its libgpiod was. */
extern const struct gpio_line_ops gpio_adopted_ops;

/* The line of a descriptor that gpio_line_ops.share() gave; owns fd where it
 * is 0, else -errno. */
int gpio_adopt(enum gpio_abi abi, int fd, unsigned int offset,
	       void **ret_line);

/* errno of a failed call as a return value; a library that fails without
 * setting errno must not look like success. */
static inline int gpio_errno(void)
{
	return errno > 0 ? -errno : -EIO;
}

/*
 * Finds the chip that settings mean ("auto", a label, a path) among
 * gpiochip* in the folder dev, and opens it. 0; -ENODEV: none, -ENOTUNIQ:
 * two with that label, or why the path did not open; then error has a
 * sentence that lists the chips there are, and ret_chip is untouched.
 */
int gpio_chip_find(const struct gpio_backend *backend, const char *dev,
		   const char *wanted, struct text *error,
		   struct gpio_chip *ret_chip);

/* gpio_open() with another folder than /dev. */
int gpio_open_in(const char *dev, const struct settings_gpio *settings,
		 struct gpio_held *held, char error[GPIO_ERROR_SIZE],
		 struct gpio **ret_gpio);

/* For gpio/virtual.h: what the back end knows a line as; NULL where it is
 * not taken, or adopted. */
void *gpio_line_handle(const struct gpio *gpio, enum settings_line line);

#endif
