/* SPDX-License-Identifier: MIT */
/*
 * A simulated GPIO chip of the kernel (gpio-sim, through configfs): made,
 * taken away, its inputs pulled, its lines read from the chip's side. Only
 * for a kernel made for tests (tests/vm/run): it needs root, configfs on
 * /sys/kernel/config and debugfs on /sys/kernel/debug.
 */
#ifndef BMS_TESTS_CHIP_H
#define BMS_TESTS_CHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/e2e/rig.h"

#define CHIP_LABEL "bms"
enum {
	CHIP_LINES = 128,
	/* Between two looks at it: they cost the daemon time. */
	CHIP_LOOK_MS = 4,
};

/* Makes the chip with that label, every line pulled down. Fails the test
 * where this kernel has no gpio-sim. */
void chip_make(void);
/* Takes it out of the system under whoever uses it, or puts it back (with
 * every line pulled down). */
void chip_live(bool live);

/* A descriptor of the chip from which struct gpio_v2_line_info_changed can
 * be read for each change of these n lines, of no others. */
int chip_watch(int first, int n);

/* The chip's file in /dev. */
void chip_path(char path[256]);

/* Takes a line as an input in somebody else's name; a descriptor, and the
 * line is let go when it is closed. */
int chip_hold(enum settings_line line, const char *consumer);

/* An input's resistor; the daemon sets its own when it takes the line. */
void chip_pull(enum settings_line line, bool up);

/*
 * A line as the chip has it: 'H' driven high, 'L' driven low, '.' not
 * driven: its direction is in, or nobody holds it and it has gone back to
 * its resistor; '?' there is no such chip. Of nobody's line that reads high
 * without an owner: 'h'.
 */
char chip_line(enum settings_line line);
/* The same of the chip's line with that number, 0 to CHIP_LINES - 1. */
char chip_number(int offset);
/* load-disconnect, charge-disconnect and pre-alarm in this order, as in
 * "HH."; valid until the next call. */
const char *chip_outputs(void);

/* Waits, looking every CHIP_LOOK_MS, until these three are so ('*': either
 * way); microseconds (monotonic) when it was seen. After timeout_ms it
 * shows the rig's logs and fails the test. */
uint64_t chip_until(struct rig *rig, const char *outputs,
		    uint32_t timeout_ms);
/* Looks every CHIP_LOOK_MS for that long, and fails the test where they are
 * ever otherwise. */
void chip_stays(struct rig *rig, const char *outputs, uint32_t ms);

#endif
