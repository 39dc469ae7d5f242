/* SPDX-License-Identifier: MIT */
/* The commands that change something in the daemon. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "daemon/ctl/ctl.h"
#include "lib/core/show.h"

#define MODES "on, charger-only, inverter-only or off"

static int too_many(const char *argument)
{
	ctl_complain("\"%s\" is one argument too many", argument);
	return CTL_USAGE;
}

/* Asks for one property of Bms1 and prints it as it is. */
static int show_mode(sd_bus *bus, sd_bus_error *error)
{
	char *mode = NULL;
	int r = sd_bus_get_property_string(bus, BUS_NAME, BUS_ROOT, BUS_BMS,
					   "Mode", error, &mode);

	if (r < 0)
		return r;
	puts(mode);
	free(mode);
	return 0;
}

static int show_soc(sd_bus *bus, sd_bus_error *error)
{
	double soc;
	int r = sd_bus_get_property_trivial(bus, BUS_NAME, BUS_ROOT, BUS_BMS,
					    "StateOfCharge", error, 'd',
					    &soc);

	if (r < 0)
		return r;
	if (isnan(soc))
		puts("-");
	else
		printf("%.1f %%\n", soc);
	return 0;
}

static int finish(const struct ctl *ctl, sd_bus *bus, int r,
		  sd_bus_error *error)
{
	if (r < 0)
		ctl_complain_call(ctl, r, error);
	sd_bus_error_free(error);
	sd_bus_flush_close_unref(bus);
	return r < 0 ? CTL_FAILED : CTL_OK;
}

int ctl_mode(const struct ctl *ctl, char *const arguments[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	enum bms_mode mode;
	sd_bus *bus;
	int r;

	if (arguments[0] && (arguments[1] ||
			     !show_mode_find(arguments[0], &mode))) {
		ctl_complain("mode takes one of " MODES);
		return CTL_USAGE;
	}
	bus = ctl_connect(ctl);
	if (!bus)
		return CTL_FAILED;
	if (arguments[0])
		r = sd_bus_set_property(bus, BUS_NAME, BUS_ROOT, BUS_BMS,
					"Mode", &error, "s", arguments[0]);
	else
		r = show_mode(bus, &error);
	return finish(ctl, bus, r, &error);
}

/* False where it is no number from 0 to 100, with an optional "%". */
static bool read_percent(const char *text, double *ret)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || (*end && strcmp(end, "%") != 0) ||
	    !(percent >= 0.0 && percent <= 100.0))
		return false;
	*ret = percent;
	return true;
}

int ctl_soc(const struct ctl *ctl, char *const arguments[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	double percent = 0.0;
	sd_bus *bus;
	int r;

	if (arguments[0] && arguments[1])
		return too_many(arguments[1]);
	if (arguments[0] && !read_percent(arguments[0], &percent)) {
		ctl_complain("\"%s\" is no state of charge; allowed: 0 to "
			     "100 %%", arguments[0]);
		return CTL_USAGE;
	}
	bus = ctl_connect(ctl);
	if (!bus)
		return CTL_FAILED;
	if (arguments[0])
		r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_BMS,
				       "SetStateOfCharge", &error, NULL, "d",
				       percent);
	else
		r = show_soc(bus, &error);
	return finish(ctl, bus, r, &error);
}

int ctl_sync(const struct ctl *ctl, char *const arguments[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus;
	int r;

	if (arguments[0])
		return too_many(arguments[0]);
	bus = ctl_connect(ctl);
	if (!bus)
		return CTL_FAILED;
	r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_BMS,
			       "SynchroniseStateOfCharge", &error, NULL, "");
	return finish(ctl, bus, r, &error);
}

/* False where it is no number of 32 bits. */
static bool read_count(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long long count;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	count = strtoull(text, &end, 10);
	*ret = (uint32_t)count;
	return !*end && count <= UINT32_MAX;
}

int ctl_bypass(const struct ctl *ctl, char *const arguments[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint32_t battery, seconds;
	sd_bus *bus;
	int r;

	if (!read_count(arguments[0], &battery) ||
	    !read_count(arguments[1], &seconds)) {
		ctl_complain("bypass takes the number of a battery and "
			     "seconds, 0 to end it");
		return CTL_USAGE;
	}
	if (arguments[2])
		return too_many(arguments[2]);
	bus = ctl_connect(ctl);
	if (!bus)
		return CTL_FAILED;
	r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_BMS, "Bypass",
			       &error, NULL, "uu", battery, seconds);
	return finish(ctl, bus, r, &error);
}

int ctl_reset_history(const struct ctl *ctl)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = ctl_connect(ctl);
	int r;

	if (!bus)
		return CTL_FAILED;
	r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_HISTORY, "Reset",
			       &error, NULL, "");
	return finish(ctl, bus, r, &error);
}
