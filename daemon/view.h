/* SPDX-License-Identifier: MIT */
/*
 * What the daemon shows: everything that D-Bus publishes comes from this
 * one picture, filled once a turn. Only pointers to what lives elsewhere;
 * nothing in it may be changed through it.
 */
#ifndef BMS_VIEW_H
#define BMS_VIEW_H

#include "bluez/bluez.h"
#include "gpio/gpio.h"
#include "lib/base/session.h"
#include "lib/base/overrides.h"
#include "lib/base/settings.h"
#include "lib/core/bms.h"
#include "lib/mk3/reading.h"

/* One tty, as it is now. */
struct view_bus {
	const char *name;     /* of its section, or "inverter" */
	const char *device;
	const char *protocol; /* "jk-pb", "mk3" */
	bool connected;       /* the tty is open */
	const struct session_counters *counters;
};

struct view {
	mono_t now;
	const struct settings *settings;
	const struct overrides *overrides; /* NULL: none */
	const struct bms_state *state;
	const struct bms_output *output;
	uint32_t n_buses;
	const struct view_bus *bus;
	/* NULL: no [inverter] section. */
	const struct inverter_reading *inverter;
	enum bms_mode mode;
	/* As last written and read back; false where a line floats. */
	struct gpio_levels lines;
	bool lines_ok;
	bool lines_virtual;
	const struct bluez_status *bluetooth; /* NULL: there is none */
};

#endif
