/* SPDX-License-Identifier: MIT */
/* What the files of gen-texts share. */
#ifndef BMS_GEN_TEXTS_H
#define BMS_GEN_TEXTS_H

#include <stdbool.h>

/* Text of a manual page: lines of a fair length, each sentence on its own,
 * as mdoc(7) wants it. */
void print_roff(const char *words);

/* A list of vebus-bms-ng-gatt(7); false where the line asks for none. */
bool print_gatt_list(const char *line);

#endif
