/* SPDX-License-Identifier: MIT */
/*
 * The core alone as the world of a scenario: the bank of the unit tests in
 * virtual time, and an inverter/charger that does as it is told.
 */
#ifndef BMS_TESTS_SCENARIO_CORE_H
#define BMS_TESTS_SCENARIO_CORE_H

#include "tests/scenario/script.h"
#include "tests/unit/bank.h"

struct core {
	struct bank bank;
	mono_t start;
	int64_t back_us; /* the clock has run back by so much */
	bool garbled[BANK_BATTERIES_MAX];
	uint64_t garbled_ms; /* when it was last reported */
	bool inverter;
	bool disobeys;
	struct inverter_reading reading;
};

/* The contracts of struct world_ops. */
bool core_act(void *world, const struct action *action);
bool core_holds(void *world, const struct fact *fact);
void core_describe(void *world, char *buf, unsigned int size);

#endif
