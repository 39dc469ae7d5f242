/* SPDX-License-Identifier: MIT */
/*
 * Monotonic and wall time as types that cannot be mixed.
 *
 * mono_t counts microseconds of CLOCK_BOOTTIME and is the only time a
 * decision, a timer or a protocol ever sees. wall_t counts microseconds of
 * CLOCK_REALTIME and labels events for people. Only daemon/clock.c makes
 * either from a clock; everywhere else time is an argument.
 */
#ifndef BMS_MONO_H
#define BMS_MONO_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	uint64_t us;
} mono_t;

typedef struct {
	uint64_t us;
} wall_t;

/* Later than any instant: "no deadline". */
#define MONO_NEVER ((mono_t){ UINT64_MAX })

/* t + us, or MONO_NEVER where that does not fit. */
static inline mono_t mono_add_us(mono_t t, uint64_t us)
{
	if (us > UINT64_MAX - t.us)
		return MONO_NEVER;
	return (mono_t){ t.us + us };
}

static inline mono_t mono_add_ms(mono_t t, uint32_t ms)
{
	return mono_add_us(t, (uint64_t)ms * 1000);
}

/* True from the deadline on. MONO_NEVER is never reached. */
static inline bool mono_reached(mono_t now, mono_t deadline)
{
	return deadline.us != UINT64_MAX && now.us >= deadline.us;
}

static inline bool mono_before(mono_t a, mono_t b)
{
	return a.us < b.us;
}

static inline mono_t mono_min(mono_t a, mono_t b)
{
	return a.us < b.us ? a : b;
}

static inline mono_t mono_max(mono_t a, mono_t b)
{
	return a.us < b.us ? b : a;
}

/* Microseconds from since to now; 0 where now is the earlier one. */
static inline uint64_t mono_elapsed_us(mono_t since, mono_t now)
{
	return now.us > since.us ? now.us - since.us : 0;
}

static inline uint64_t mono_elapsed_ms(mono_t since, mono_t now)
{
	return mono_elapsed_us(since, now) / 1000;
}

#endif
