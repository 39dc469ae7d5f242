/* SPDX-License-Identifier: MIT */
/*
 * A bank on paper for tests of the core: batteries with values that a test
 * sets, a clock that the test moves, and bms_step() called as the daemon
 * does: once for every battery's reading.
 */
#ifndef BMS_TESTS_BANK_H
#define BMS_TESTS_BANK_H

#include "lib/core/bms.h"

enum { BANK_BATTERIES_MAX = 64 };

struct bank {
	struct settings settings;
	struct bms_state state;
	struct bms_battery battery[BANK_BATTERIES_MAX];
	struct reason reason[4096];
	struct sample sample[BANK_BATTERIES_MAX]; /* what each would say */
	bool silent[BANK_BATTERIES_MAX];
	uint32_t n;
	struct bms_input input;
	struct bms_output out;
	uint32_t period_ms; /* of each battery's reading */
};

/* n batteries of 16 cells, 280 Ah, 3.300 V, 25 degC, all healthy. */
void bank_init(struct bank *bank, uint32_t n);
/* All cells of a battery (index from 0). */
void bank_cells(struct bank *bank, uint32_t battery, uint16_t mv);
void bank_cell(struct bank *bank, uint32_t battery, uint32_t cell,
	       uint16_t mv);
void bank_temperature(struct bank *bank, uint32_t battery, int32_t dc);
/* One step without readings. */
void bank_step_only(struct bank *bank);
/* A reading of one battery now, and a step. */
void bank_read(struct bank *bank, uint32_t battery);
void bank_fault(struct bank *bank, uint32_t battery, enum session_fault f);
/* Moves the clock; every battery that is not silent reads each period. */
void bank_run_ms(struct bank *bank, uint64_t ms);
/* Runs until everything is allowed, at most 70 s; fails otherwise. */
void bank_start(struct bank *bank);
/* A reason of that kind is among those of the last step. */
const struct reason *bank_reason(const struct bank *bank,
				 enum reason_kind kind);
bool bank_has_code(const struct bank *bank, enum code code);

#endif
