/* SPDX-License-Identifier: MIT */
/* An installation with a fake bluetoothd (fake_bluez.h) on its bus. */
#ifndef BMS_TESTS_RIG_BLUEZ_H
#define BMS_TESTS_RIG_BLUEZ_H

#include <sys/types.h>

#include "tests/e2e/rig.h"

/* Two devices, as the fake is told of them. */
#define PHONE "00:11:22:33:44:55"
#define OTHER "66:77:88:99:AA:BB"

/* What a loaded machine may take where no requirement says how long. */
enum { SOON_MS = 10000 };

/* An installation that is allowed everything and advertises. */
struct rig *rig_bluez_new(pid_t *ret_pid);
/* Starts it on the rig's bus and waits until it is there; its pid, which
 * rig_bluez_end() ends with a signal. */
pid_t rig_bluez_start(struct rig *rig);
void rig_bluez_end(pid_t pid, int signal);

/* One line to it, printf-like; its answer, valid until the next call. */
const char *rig_bluez(struct rig *rig, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Until an answer begins with that (or, for NULL, is not "none"). */
const char *rig_bluez_until(struct rig *rig, const char *line,
			    const char *begins, uint32_t timeout_ms);

/* Opens the pairing window, until a device can pair. */
void rig_bluez_window(struct rig *rig);
/* Pairs a device in a window; its name is one word. */
void rig_bluez_pair(struct rig *rig, const char *address, const char *name);

/* "WORD UUID ARGUMENTS" of our characteristic with that number, and how its
 * answer has to begin ("" is all of it). */
const char *rig_ask(struct rig *rig, const char *word, uint16_t number,
		    const char *arguments);
void rig_expect(struct rig *rig, const char *word, uint16_t number,
		const char *arguments, const char *said);

#endif
