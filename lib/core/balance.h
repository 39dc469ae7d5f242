/* SPDX-License-Identifier: MIT */
/*
 * Balancer status (F2), as the manual defines it in 5.2. Shown only: it
 * allows and forbids nothing, which is why time that the program was not
 * there may count.
 */
#ifndef BMS_BALANCE_H
#define BMS_BALANCE_H

#include "lib/base/mono.h"

struct bms_output;
struct bms_state;

/* The first that applies. */
enum balancer_status {
	/* No state of charge, no full charge within 30 days, or a battery
	 * that was not there at the last one. */
	BALANCER_UNKNOWN,
	/* Every cell was alike at the end of the last full charge. */
	BALANCER_BALANCED,
	/* Cells were seen unlike; until a full charge ends balanced. */
	BALANCER_IMBALANCED,
	/* The bank is being charged, and a battery balances its cells. */
	BALANCER_BALANCING,
	BALANCER_STATUS_COUNT
};

/* "unknown", "balanced", "imbalanced", "balancing". */
extern const char *const balancer_names[BALANCER_STATUS_COUNT];

enum {
	/* manual 5.2: "more than 30 days". */
	BALANCE_DAYS = 30,
	/*
	 * Highest cell less lowest of the bank. The manual has no figures;
	 * these are ours. Charged full: at most so much is balanced, more
	 * than that is not; between them it stays as it was.
	 */
	BALANCE_ALIKE_MV = 50,
	BALANCE_UNLIKE_MV = 100,
	/* While charging, with a cell on the steep end of its curve: one
	 * cell is full long before another. */
	BALANCE_STEEP_CELL_MV = 3450,
	BALANCE_STEEP_UNLIKE_MV = 200,
};

/* The last full charge, and what has been seen of the cells. */
struct balance {
	bool full_known;   /* there has been one */
	uint64_t full_ms;  /* its age ... */
	mono_t full_since; /* ... at this instant */
	bool imbalanced;
};

/* How long ago the last full charge was, where there was one. */
uint64_t balance_full_age_ms(const struct balance *balance, mono_t now);

/* Once a step, after charge_step(). Fills in balancer. */
void balance_step(struct bms_state *state, struct bms_output *ret_output);

/* The clock has run back to now; it had come to before. */
void balance_forget_times(struct balance *balance, mono_t before, mono_t now);

#endif
