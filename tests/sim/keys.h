/* SPDX-License-Identifier: MIT */
/*
 * Names for what can be asked of a running simulator, and comparisons of the
 * values with what a script expects.
 */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H

#include "sim.h"

#define KEY_VALUE_MAX 64

/* Value as text; false when there is no such key. */
bool key_get(const struct sim *sim, const char *key, char *ret_value);

/* Whether op is one of < <= > >= = !=. */
bool key_op_valid(const char *op);
/*
 * Numbers compare as numbers, other text only for = and !=; an order between
 * text and a number never holds.
 */
bool key_compare(const char *value, const char *op, const char *wanted);

#endif
