/* SPDX-License-Identifier: MIT */
/* Bytes as text, for the tests of the simulator. */
#ifndef SIM_TEST_SIM_H
#define SIM_TEST_SIM_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 320

/* Pairs of hex digits without blanks; the number of bytes. */
static inline size_t from_hex(const char *hex, uint8_t *ret_bytes)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		ret_bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

#endif
