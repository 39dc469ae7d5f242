/* SPDX-License-Identifier: MIT */
/*
 * A daemon without a loop of its own, over the virtual chip and without
 * batteries, so that a test makes it turn when it wants. Everything it keeps
 * is in a folder that ends with the test.
 */
#ifndef BMS_TESTS_TURN_FIXTURE_H
#define BMS_TESTS_TURN_FIXTURE_H

#include "daemon/daemon.h"

extern char turn_dir[64];

/* For tcase_add_checked_fixture(): makes the folder and a configuration of
 * two batteries, and takes them away. */
void setup(void);
void teardown(void);
/* Another configuration: the batteries' addresses, and text added behind
 * the section [gpio]. */
void write_config(const char *addresses, const char *more);

/* What bmsd_start() and its end do, without taking a name on D-Bus. */
void start(struct bmsd *d);
void stop(struct bmsd *d);

bool has_code(const struct bmsd *d, enum code code);

#endif
