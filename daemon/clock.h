/* SPDX-License-Identifier: MIT */
/*
 * The only maker of mono_t and wall_t. Everything else gets time as an
 * argument.
 */
#ifndef BMS_CLOCK_H
#define BMS_CLOCK_H

#include "lib/base/mono.h"

/* CLOCK_BOOTTIME: goes on through suspend, never steps. */
mono_t clock_mono(void);

/* CLOCK_MONOTONIC, microseconds: for what sd-bus and systemd count in it, and
 * for programs that decide nothing. */
uint64_t clock_monotonic_us(void);

/* CLOCK_REALTIME: for labels that people read. */
wall_t clock_wall(void);

#endif
