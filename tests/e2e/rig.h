/* SPDX-License-Identifier: MIT */
/*
 * A whole installation for end-to-end tests: a private bus, the simulator
 * of batteries and inverter/charger on ptys, and the real daemon with
 * virtual lines (or those of a simulated chip in a kernel of our own, see
 * tests/vm/chip.h). Everything lives in one temporary folder and ends with
 * the test; every wait is for an event and has a deadline.
 */
#ifndef BMS_TESTS_RIG_H
#define BMS_TESTS_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/settings.h"

struct rig;

struct rig_options {
	const char *buses;     /* of the simulator: "rack:1-2" or
				  "rack:1-2 shed:1"; NULL: "rack:1-2" */
	bool no_mk3;
	bool remote;           /* remote-l and remote-h are fitted */
	bool mk3_late;         /* its pty is unplugged at first */
	const char *sim;       /* further words for bms-sim, or NULL */
	const char *settings;  /* text added to the configuration, or NULL */
	const char *inverter;  /* lines for its section, or NULL */
	const char *general;   /* likewise */
	const char *chip;      /* a real one's label; NULL: virtual */
	bool capture;          /* to the file rig_path("capture") */
	bool runtime;          /* with the runtime folder
				  rig_path("runtime") */
	bool no_daemon;        /* rig_start_daemon() comes later */
};

/* For rig_options.settings: what may be allowed again is so 5 s later. */
#define RIG_QUICK "[protection]\nrelease-hold = 5\n"

/* Starts it all and waits for the daemon's name on the bus. Fails the test
 * where anything does not come up. */
struct rig *rig_new(const struct rig_options *options);
/* Ends the daemon with SIGTERM (exit status 0 is asserted), the simulator
 * and the bus; removes the folder. */
void rig_free(struct rig *rig);

/* A path within the folder; valid until the next call. */
const char *rig_path(struct rig *rig, const char *name);

void rig_start_daemon(struct rig *rig);
/* The same without waiting for it. */
void rig_launch_daemon(struct rig *rig);
/* Until it is on the bus. */
void rig_await_daemon(struct rig *rig);
/* Waits for its exit: the status as waitpid() gives it. */
int rig_end_daemon(struct rig *rig, int signal);
void rig_signal_daemon(struct rig *rig, int signal);
/* Runs the daemon's program with these words; its exit status, and what it
 * printed on stdout and stderr together in rig_printed(). */
int rig_run_daemon(struct rig *rig, const char *words);
int rig_run_ctl(struct rig *rig, const char *words);
const char *rig_printed(struct rig *rig);
/* Replaces the text of the configuration file. */
void rig_write_settings(struct rig *rig, const char *text);
/* The configuration as rig_new() wrote it. */
const char *rig_settings(struct rig *rig);

/* One command to the simulator, printf-like; its answer behind "ok ", valid
 * until the next call. Fails the test where it answers "error". */
const char *rig_sim(struct rig *rig, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
long rig_sim_long(struct rig *rig, const char *key);

/*
 * A property as text: "AllowedToCharge" (of Bms1), "battery/2.Online",
 * "inverter.Connected", "bus/rack.Timeouts", "settings.TailCurrent".
 * Booleans are yes and no, arrays are joined with spaces, doubles have three
 * decimals, NaN is "nan".
 */
const char *rig_get(struct rig *rig, const char *property);
double rig_get_double(struct rig *rig, const char *property);

/* Waits until the property reads so; returns the microseconds (monotonic)
 * when it was first seen to. Fails the test after timeout_ms. */
uint64_t rig_until(struct rig *rig, const char *property, const char *value,
		   uint32_t timeout_ms);
/* Waits until the property (an array or a text) contains the word. */
uint64_t rig_until_has(struct rig *rig, const char *property,
		       const char *word, uint32_t timeout_ms);
uint64_t rig_until_has_not(struct rig *rig, const char *property,
			   const char *word, uint32_t timeout_ms);
/* Lets the installation run for that long and fails where the property
 * ever reads otherwise: for what must not happen. */
void rig_stays(struct rig *rig, const char *property, const char *value,
	       uint32_t ms);

/* The daemon's log so far contains the text / comes to contain it. */
void rig_until_log(struct rig *rig, const char *text, uint32_t timeout_ms);
bool rig_log_has(struct rig *rig, const char *text);
/* How often it contains it. */
unsigned int rig_log_count(struct rig *rig, const char *text);

/* Level of an output as the virtual chip has it: 'H' high, '.' floating. */
char rig_line(struct rig *rig, enum settings_line line);
uint64_t rig_until_line(struct rig *rig, enum settings_line line, char level,
			uint32_t timeout_ms);
/* Puts a level on an input of the virtual chip. */
void rig_set_input(struct rig *rig, enum settings_line line, bool high);

/* Waits until both directions are allowed. */
void rig_allowed(struct rig *rig);

uint64_t rig_now_us(void);

/*
 * What tests of the inverter/charger share (rig_mk.c).
 */

/* An installation whose simulator is told these commands, one a line, before
 * the daemon starts; then waits until both directions are allowed and the
 * units have been heard. */
struct rig *rig_new_mk(const struct rig_options *options,
		       const char *commands);
/* Waits until the simulator's key reads so; the time as with rig_until(). */
uint64_t rig_until_sim(struct rig *rig, const char *key, const char *value,
		       uint32_t timeout_ms);
/* Fails where an S frame is ever older than a second and a bit. */
void rig_s_is_fresh_for(struct rig *rig, uint32_t ms);

#endif
