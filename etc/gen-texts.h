/* SPDX-License-Identifier: MIT */
/* What the files of gen-texts share. */
#ifndef BMS_GEN_TEXTS_H
#define BMS_GEN_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

/* Text of a manual page: lines of a fair length, each sentence on its own,
 * as mdoc(7) wants it. */
void print_roff(const char *words);

/* A list of vebus-bms-ng-gatt(7); false where the line asks for none. */
bool print_gatt_list(const char *line);

/* The tables of the page for a browser (tools/web), as JavaScript: what
 * characteristics there are, how each is written, what may be written, and
 * the words for codes and reasons; false where the line asks for none. */
bool print_web_list(const char *line);

/* "V"; "" where there is none. */
const char *unit_name(uint16_t unit);

#endif
