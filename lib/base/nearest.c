/* SPDX-License-Identifier: MIT */
#include "lib/base/nearest.h"

#include <stdint.h>
#include <string.h>

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t low = a < b ? a : b;

	return low < c ? low : c;
}

/* Levenshtein's distance, one row of his matrix at a time. */
size_t nearest_distance(const char *a, const char *b)
{
	size_t len_a = strlen(a);
	size_t len_b = strlen(b);
	size_t row[NEAREST_LEN_MAX + 1];

	if (len_a > NEAREST_LEN_MAX || len_b > NEAREST_LEN_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 0; i < len_a; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < len_b; j++) {
			size_t replaced = diagonal + (a[i] != b[j]);

			diagonal = row[j + 1];
			row[j + 1] = min3(replaced, row[j] + 1, row[j + 1] + 1);
		}
	}
	return row[len_b];
}

size_t nearest_limit(const char *word)
{
	return 1 + strlen(word) / 4;
}
