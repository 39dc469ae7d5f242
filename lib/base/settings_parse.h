/* SPDX-License-Identifier: MIT */
/*
 * One value of the settings table from text and back. Part of the settings
 * module; everybody else uses settings.h.
 */
#ifndef BMS_SETTINGS_PARSE_H
#define BMS_SETTINGS_PARSE_H

#include "lib/base/settings.h"
#include "lib/base/text.h"

/*
 * Stores value into the row's field; base is the struct settings, or the
 * struct settings_bus for a row of "bus". 0, or -1 with the rest of the
 * sentence "VALUE ..." in why; then nothing is stored.
 */
int setting_store(const struct setting_row *row, void *base,
		  const char *value, struct text *why);

/* The stored value as text that would set it. */
void setting_load(const struct setting_row *row, const void *base,
		  struct text *t);

/* A stored number as it is written, without its unit. */
void setting_number(const struct setting_row *row, int32_t value,
		    struct text *t);

/* A stored number of base 16 as it is written. */
void setting_hex(int32_t value, struct text *t);

/* True for an empty value that the row takes as "none". */
bool setting_may_be_empty(const struct setting_row *row);

#endif
