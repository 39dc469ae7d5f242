/* SPDX-License-Identifier: MIT */
/*
 * A number that may be unknown. All zero is unknown, and the value of an
 * unknown one is not to be read: unknown is a state of its own, never 0.
 */
#ifndef BMS_MAYBE_H
#define BMS_MAYBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	int32_t value;
	bool known;
} maybe_i32;

#define UNKNOWN_I32 ((maybe_i32){ 0, false })

static inline maybe_i32 known_i32(int32_t value)
{
	return (maybe_i32){ value, true };
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
