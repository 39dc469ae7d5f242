/* SPDX-License-Identifier: MIT */
/*
 * Reads the configuration file. Every error is told with file, line, key
 * and what is allowed, all of them at once, so that nobody has to start the
 * daemon ten times to find ten mistakes. Nothing half read is ever handed
 * out.
 */
#ifndef BMS_CONFIG_H
#define BMS_CONFIG_H

#include <stdio.h>

#include "lib/base/settings.h"

/*
 * Reads path into *ret. 0, or -errno with lines on errors, each
 * "file:line: key: what is wrong; what is allowed": -EINVAL for a wrong
 * content, else why the file could not be read. *ret is untouched on
 * failure. Waits for nothing: only a regular file of up to 1 MiB is read.
 */
int config_load(const char *path, struct settings *ret, FILE *errors);

/* The same from an open stream; name is what the errors call it. */
int config_read(FILE *file, const char *name, struct settings *ret,
		FILE *errors);

#endif
