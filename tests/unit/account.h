/* SPDX-License-Identifier: MIT */
/*
 * A bank whose account is watched: what is counted of its batteries, and
 * short words for what happens to it.
 */
#ifndef BMS_TESTS_ACCOUNT_H
#define BMS_TESTS_ACCOUNT_H

#include "tests/unit/bank.h"

enum { FULL_MAH = 280000 }; /* of each battery */

extern struct bank bank;
extern bool filled; /* within the last later() */

/* The account of that battery, counted from 0. */
const struct charge *charge(uint32_t battery);

/* What every battery's next reading says. */
void current(int32_t ma);
void own(int32_t permille);

/* Every battery gives a reading so much later. */
void later_us(uint64_t us);
void later(uint32_t ms);

/* A bank of n batteries that has begun to count, at rest. */
void begin(uint32_t n);

/* One step with that command. */
void command(enum bms_command_kind kind, int32_t value);

/* Milliampere-hours in the unit of struct charge's count. */
int64_t mah(int64_t value);

#endif
