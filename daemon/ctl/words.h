/* SPDX-License-Identifier: MIT */
/*
 * The machine form of a reason, "cell-low:2.7:2.791:2.800", in words:
 * "battery 2 cell 7 low: 2.791 V (limit 2.800 V)".
 */
#ifndef BMS_CTL_WORDS_H
#define BMS_CTL_WORDS_H

#include <stddef.h>

#include "lib/core/reason.h"

enum { WORDS_SIZE = 256 };

/* On which side of its limit the trouble is. */
enum words_side { WORDS_NEITHER, WORDS_LOW, WORDS_HIGH };

/* Behind the place; the figures follow where the reason has any. */
struct words_row {
	const char *words;
	enum words_side side;
};

extern const struct words_row words_rows[REASON_KIND_COUNT];

/* What stands behind a reason's figures: " V", " °C"; "" where nothing. */
const char *words_of_unit(enum reason_unit unit);

/* Anything else than a reason is copied as it is, cut to the size. */
void words_of_reason(const char *reason, char words[WORDS_SIZE]);

/* "battery 2 cell 7" of "2.7"; "" of "". */
void words_of_place(const char *place, char *buf, size_t size);

/* The text of a code, "Low cell voltage" of "A-B01"; "" where unknown. */
const char *words_of_code(const char *code);

#endif
