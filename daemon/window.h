/* SPDX-License-Identifier: MIT */
/*
 * The window for an update, kept over a restart of this program (H1): until
 * which instant it is open, in the folder that systemd makes in memory. The
 * clock that counts and the folder both begin anew with the machine.
 */
#ifndef BMS_WINDOW_H
#define BMS_WINDOW_H

#include <stdint.h>

#include "lib/base/mono.h"

/* Keeps until when it is open; an instant that is over: it is not. dir NULL:
 * there is no folder, nothing is kept. 0, or -errno. */
int window_keep(const char *dir, mono_t until);

/* How much of what was kept is left, in ms; 0 where there is none, or where
 * it cannot be. */
uint32_t window_left_ms(const char *dir, mono_t now);

#endif
