/* SPDX-License-Identifier: MIT */
#include "daemon/repeat.h"

bool repeat_failed(struct repeat *repeat)
{
	if (repeat->failures < UINT64_MAX)
		repeat->failures++;
	return repeat->failures <= REPEAT_FIRST ||
	       repeat->failures % REPEAT_EVERY == 0;
}

uint64_t repeat_recovered(struct repeat *repeat)
{
	uint64_t failures = repeat->failures;

	repeat->failures = 0;
	return failures;
}
