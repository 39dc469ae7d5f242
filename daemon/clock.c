/* SPDX-License-Identifier: MIT */
#include "daemon/clock.h"

#include <time.h>

static uint64_t clock_us(clockid_t id)
{
	struct timespec ts = { 0 };

	/* Cannot fail for these clocks; 0 would be a clock that stands
	 * still, which never allows anything. */
	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

mono_t clock_mono(void)
{
	return (mono_t){ clock_us(CLOCK_BOOTTIME) };
}

uint64_t clock_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

wall_t clock_wall(void)
{
	return (wall_t){ clock_us(CLOCK_REALTIME) };
}
