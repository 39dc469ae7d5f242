/* SPDX-License-Identifier: MIT */
/*
 * vebus-bms-ngctl: looks at the daemon over D-Bus, and decodes frames
 * without it. Exit status: 0 done, 1 failed, 2 wrongly called.
 */
#ifndef BMS_CTL_CTL_H
#define BMS_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-bus.h>

enum ctl_exit { CTL_OK, CTL_FAILED, CTL_USAGE };

struct ctl {
	const char *address; /* NULL: of the system or session bus */
	bool session_bus;
	bool json;
	bool reset; /* --reset, of the history */
	bool color;
	bool terminal; /* stdout is one */
};

/* "vebus-bms-ngctl: ..." on stderr, with a newline. */
void ctl_complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* NULL and a sentence on stderr where the bus cannot be reached. */
sd_bus *ctl_connect(const struct ctl *ctl);

/* Says why a call failed: that the daemon is not running, where nobody owns
 * its name. */
void ctl_complain_call(const struct ctl *ctl, int error,
		       const sd_bus_error *details);

/* The commands; arguments are what follows the command, ended by NULL. */
int ctl_status(const struct ctl *ctl, char *const arguments[]);
int ctl_batteries(const struct ctl *ctl, char *const arguments[]);
int ctl_inverter(const struct ctl *ctl, char *const arguments[]);
int ctl_mode(const struct ctl *ctl, char *const arguments[]);
int ctl_history(const struct ctl *ctl, char *const arguments[]);
int ctl_soc(const struct ctl *ctl, char *const arguments[]);
int ctl_sync(const struct ctl *ctl, char *const arguments[]);
int ctl_bypass(const struct ctl *ctl, char *const arguments[]);
int ctl_settings(const struct ctl *ctl, char *const arguments[]);
int ctl_monitor(const struct ctl *ctl, char *const arguments[]);
int ctl_events(const struct ctl *ctl, char *const arguments[]);
int ctl_bluetooth(const struct ctl *ctl, char *const arguments[]);
/* Ends when a phone has been paired, or its window is closed: that failed. */
int ctl_pair(const struct ctl *ctl, char *const arguments[]);
/* Gives the status of the command that was run. */
int ctl_update(const struct ctl *ctl, char *const arguments[]);
int ctl_probe(const struct ctl *ctl, char *const arguments[]);
int ctl_decode(const struct ctl *ctl, char *const arguments[]);

/* What history --reset does. */
int ctl_reset_history(const struct ctl *ctl);

#endif
