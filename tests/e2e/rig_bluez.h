/* SPDX-License-Identifier: MIT */
/* An installation with a fake bluetoothd (fake_bluez.h) on its bus. */
#ifndef BMS_TESTS_RIG_BLUEZ_H
#define BMS_TESTS_RIG_BLUEZ_H

#include <sys/types.h>

#include "tests/e2e/rig.h"

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

#endif
