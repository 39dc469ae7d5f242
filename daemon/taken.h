/* SPDX-License-Identifier: MIT */
/*
 * Which lines of which chip were taken last, for --float-outputs: where a
 * kernel keeps outputs driven after a crash (gpio_persists()), those are to
 * float that were taken, whatever the configuration says by then or whether
 * it can be read at all.
 *
 * Kept in the folder that systemd makes in memory (RuntimeDirectory= in
 * systemd.exec(5)): a restart of the machine resets the lines as well.
 */
#ifndef BMS_TAKEN_H
#define BMS_TAKEN_H

#include "lib/base/settings.h"

/* Keeps chip and lines in the folder dir; NULL: there is none, nothing is
 * kept. 0, or -errno. */
int taken_keep(const char *dir, const struct settings_gpio *gpio);

/* Chip and lines as kept, all else as settings_init() has it. 0; -ENOENT:
 * none were taken since the machine's start (or dir is NULL), or -errno. */
int taken_find(const char *dir, struct settings *ret);

#endif
