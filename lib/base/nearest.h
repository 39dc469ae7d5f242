/* SPDX-License-Identifier: MIT */
/* Which known word a mistyped one was probably meant to be. */
#ifndef BMS_NEAREST_H
#define BMS_NEAREST_H

#include <stddef.h>

enum { NEAREST_LEN_MAX = 40 };

/* How many letters have to be typed, left out or replaced to make b of a;
 * words longer than NEAREST_LEN_MAX are as far as can be. */
size_t nearest_distance(const char *a, const char *b);

/* The farthest distance at which a word is worth a suggestion. */
size_t nearest_limit(const char *word);

#endif
