/* SPDX-License-Identifier: MIT */
/*
 * The table of faults that the programs of tests/vm print: what broke, what
 * came of it, after how long, and within what it has to.
 */
#ifndef BMS_TESTS_ROW_H
#define BMS_TESTS_ROW_H

#include <stdint.h>

void row_head(void);

/* Fails the test where it took longer than bound_ms. */
void row(const char *fault, const char *effect, uint64_t us,
	 uint32_t bound_ms);

/* Looked on for that long: it was so all the while; nothing: no line has
 * moved. */
void row_stays(const char *fault, const char *effect, uint32_t looked_ms);
void row_nothing(const char *fault, uint32_t looked_ms);

#endif
