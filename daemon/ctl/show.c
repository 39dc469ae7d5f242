/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "daemon/ctl/model.h"
#include "daemon/ctl/print.h"
#include "daemon/ctl/write_json.h"

void ctl_complain(const char *format, ...)
{
	va_list arguments;

	/* What was printed before belongs before it. */
	fflush(stdout);
	fputs("vebus-bms-ngctl: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static const char *bus_of(const struct ctl *ctl)
{
	if (ctl->address)
		return ctl->address;
	return ctl->session_bus ? "the session bus" : "the system bus";
}

static int open_address(sd_bus **ret_bus, const char *address)
{
	sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, 1);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r < 0) {
		sd_bus_unref(bus);
		return r;
	}
	*ret_bus = bus;
	return 0;
}

sd_bus *ctl_connect(const struct ctl *ctl)
{
	sd_bus *bus = NULL;
	const char *name;
	int r;

	if (ctl->address)
		r = open_address(&bus, ctl->address);
	else if (ctl->session_bus)
		r = sd_bus_open_user(&bus);
	else
		r = sd_bus_open_system(&bus);
	/* Opening only begins; a name there is once it has worked. */
	if (r >= 0)
		r = sd_bus_get_unique_name(bus, &name);
	if (r >= 0)
		return bus;
	ctl_complain("cannot reach %s: %s", bus_of(ctl), strerror(-r));
	sd_bus_close_unref(bus);
	return NULL;
}

/* The policy of the bus, which dbus-daemon and dbus-broker tell in words of
 * their own; what the daemon refuses, it explains. */
static bool bus_refused(const sd_bus_error *details)
{
	return sd_bus_error_has_name(details, SD_BUS_ERROR_ACCESS_DENIED) &&
	       details->message &&
	       (strstr(details->message, "Rejected send message") ||
		strstr(details->message, "is not authorized to send"));
}

void ctl_complain_call(const struct ctl *ctl, int error,
		       const sd_bus_error *details)
{
	if (sd_bus_error_has_name(details, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	    sd_bus_error_has_name(details, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		ctl_complain("vebus-bms-ngd is not running (nobody is %s on "
			     "%s)", BUS_NAME, bus_of(ctl));
	else if (bus_refused(details))
		ctl_complain("only root and members of the group vebus-bms-ng "
			     "may do this; nothing was changed");
	else
		ctl_complain("%s", details->message ? details->message :
						      strerror(-error));
}

/* 0, or -errno after a complaint. */
static int load(const struct ctl *ctl, struct model *ret_model)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = ctl_connect(ctl);
	int r;

	if (!bus)
		return -ENOTCONN;
	r = model_load(ret_model, bus, &error);
	if (r < 0)
		ctl_complain_call(ctl, r, &error);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return r;
}

static int show(const struct ctl *ctl, char *const arguments[],
		void (*print)(const struct printer *, const struct model *),
		void (*json)(FILE *, const struct model *))
{
	struct printer printer = { stdout, ctl->color };
	struct model model = { 0 };

	if (arguments[0]) {
		ctl_complain("\"%s\" is one argument too many",
			     arguments[0]);
		return CTL_USAGE;
	}
	if (load(ctl, &model) < 0)
		return CTL_FAILED;
	if (ctl->json)
		json(stdout, &model);
	else
		print(&printer, &model);
	model_done(&model);
	return CTL_OK;
}

int ctl_status(const struct ctl *ctl, char *const arguments[])
{
	return show(ctl, arguments, print_status, json_status);
}

int ctl_batteries(const struct ctl *ctl, char *const arguments[])
{
	return show(ctl, arguments, print_batteries, json_batteries);
}

int ctl_inverter(const struct ctl *ctl, char *const arguments[])
{
	return show(ctl, arguments, print_inverter, json_inverter);
}

int ctl_history(const struct ctl *ctl, char *const arguments[])
{
	if (ctl->reset && !arguments[0])
		return ctl_reset_history(ctl);
	return show(ctl, arguments, print_history, json_history);
}
