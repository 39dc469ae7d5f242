/* SPDX-License-Identifier: MIT */
/*
 * A protection that has tripped or not: trips at once, releases only after
 * it has been seen clear for the hold time, without a gap in the evidence
 * (requirement B11).
 */
#ifndef BMS_LATCH_H
#define BMS_LATCH_H

#include "lib/base/mono.h"

struct latch {
	bool tripped;
	bool clearing;      /* seen clear since clear_since */
	uint8_t cell;       /* the worst one, from 1; 0: none */
	int32_t value;      /* the worst now seen, as far as known */
	mono_t since;       /* tripped since */
	mono_t clear_since;
	mono_t seen;        /* last evidence */
	bool over;          /* the trip level is reached since over_since */
	mono_t over_since;
};

/* The stronger the lower. */
enum latch_evidence {
	LATCH_TRIP,    /* at or beyond the trip level */
	LATCH_BETWEEN, /* neither: keeps as it is, restarts the hold */
	LATCH_CLEAR,   /* at or beyond the release level */
};

/*
 * Takes one piece of evidence with its time. A gap of more than gap_ms
 * since the evidence before restarts the hold.
 */
void latch_take(struct latch *latch, mono_t time, enum latch_evidence what,
		uint32_t hold_ms, uint32_t gap_ms);

/*
 * For a trip level that counts only after delay_ms: LATCH_TRIP becomes
 * LATCH_BETWEEN until it has been seen for so long without a gap of more
 * than gap_ms. Hand the result to latch_take(), which keeps "seen".
 */
enum latch_evidence latch_delay(struct latch *latch, mono_t time,
				enum latch_evidence what, uint32_t delay_ms,
				uint32_t gap_ms);

/* The clock has run back to now: what was timed with it is worth nothing. */
void latch_forget_times(struct latch *latch, mono_t now);

/* The rows of the protection table, one per battery and protection. */
enum protection_row_id {
	ROW_CELL_PRE_ALARM,
	ROW_CELL_LOW,
	ROW_CELL_LOW_HARD,
	ROW_CELL_HIGH,
	ROW_CELL_HIGH_HARD,
	ROW_CHARGE_COLD,
	ROW_CHARGE_HOT,
	ROW_CHARGE_HOT_HARD,
	ROW_DISCHARGE_COLD,
	ROW_DISCHARGE_HOT,
	ROW_CHARGE_SWITCH,
	ROW_DISCHARGE_SWITCH,
	ROW_TEMPERATURE_UNKNOWN,
	ROW_TEMPERATURE_GUARD,
	ROW_CELL_IMPLAUSIBLE,
	ROW_CHARGE_CURRENT,
	ROW_CHARGE_PULSE,
	ROW_DISCHARGE_CURRENT,
	ROW_DISCHARGE_PULSE,
	PROTECTION_ROW_COUNT
};

/* The rows that judge the bank as a whole. */
enum bank_row_id {
	BANK_ROW_VOLTAGE,
	BANK_ROW_LOW,
	BANK_ROW_SOC_WARNING,
	BANK_ROW_SOC_FLOOR,
	BANK_ROW_LINES,
	BANK_ROW_BYPASS_LOW,
	BANK_ROW_BYPASS_HIGH,
	BANK_ROW_COUNT
};

#endif
