/* SPDX-License-Identifier: MIT */
/* What the tests of lib/gatt share: bytes from hexadecimal digits. */
#ifndef BMS_TESTS_GATT_UNIT_H
#define BMS_TESTS_GATT_UNIT_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

/* Returns how many bytes the digits are; at most size. */
static inline size_t gatt_bytes(const char *hex, uint8_t *ret, size_t size)
{
	size_t n = strlen(hex) / 2;

	ck_assert_uint_le(n, size);
	for (size_t i = 0; i < n; i++) {
		unsigned int byte;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
		ret[i] = (uint8_t)byte;
	}
	return n;
}

#endif
