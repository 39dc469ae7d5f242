/* SPDX-License-Identifier: MIT */
/*
 * Which of many like failures are worth a line in the log: the first 10,
 * then 1 in 100, then the recovery (requirement I5). Pure; one struct per
 * thing that can fail, all zero at start.
 */
#ifndef BMS_REPEAT_H
#define BMS_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

enum {
	REPEAT_FIRST = 10,  /* failures that are all told */
	REPEAT_EVERY = 100, /* after those, one in so many */
};

struct repeat {
	uint64_t failures; /* since the last success */
};

/* Counts a failure; true where this one is to be told. */
bool repeat_failed(struct repeat *repeat);

/*
 * Counts a success. Returns how many failures went before it, so that the
 * recovery is told once: 0 where there is nothing to tell.
 */
uint64_t repeat_recovered(struct repeat *repeat);

#endif
