/* SPDX-License-Identifier: MIT */
#include "tests/vm/row.h"

#include <check.h>
#include <stdio.h>

void row_head(void)
{
	printf("| %-32s | %-26s | %8s | %6s |\n", "fault", "then",
	       "after ms", "bound");
	fflush(stdout);
}

void row(const char *fault, const char *effect, uint64_t us,
	 uint32_t bound_ms)
{
	printf("| %-32s | %-26s | %8.1f | %6u |\n", fault, effect,
	       (double)us / 1000, bound_ms);
	fflush(stdout);
	ck_assert_uint_le(us, (uint64_t)bound_ms * 1000);
}

void row_stays(const char *fault, const char *effect, uint32_t looked_ms)
{
	printf("| %-32s | %-26s | %8s | %6u |\n", fault, effect, "",
	       looked_ms);
	fflush(stdout);
}

void row_nothing(const char *fault, uint32_t looked_ms)
{
	row_stays(fault, "nothing, looked on for", looked_ms);
}
