/* SPDX-License-Identifier: MIT */
/*
 * State of charge (E1, E2, E4): counts what flows in and out of every
 * battery, sets the counts to 100 % when the bank has been charged, and
 * tells how much is gone and how long the rest will last.
 *
 * The count. From one reading to the next the current is taken as a
 * straight line; the sum is exact, whatever the intervals, and stays within
 * 0 and the battery's capacity. Charging is counted like discharging:
 * LiFePO4 gives back 99 % and more of it, and E2 takes away what gathers.
 *
 * A gap. Two readings with a known current that are at most lost-alarm
 * apart are joined by the straight line, what came between them did not
 * know. Over a longer gap what has flowed is not known: the count goes by
 * as much as the battery's own state of charge has gone. It rises by no
 * more than that, and not above the battery's own figure, so that a
 * battery that corrects its own figure upward does not lift ours beyond
 * it. A battery that gave no own figure before the gap begins anew from
 * it; one that gives none after it is unknown (E3).
 *
 * A restart is a gap whose length nobody may ask (the wall clock never
 * enters the state of charge): the count that was remembered goes by as
 * much as the own figure has gone. A battery without own figure keeps the
 * remembered count: while nobody decides, both outputs float. A battery
 * that was never heard before, and one that takes another's place (another
 * serial number), begins from its own figure.
 *
 * Two witnesses. Where the curve of LiFePO4 is steep the cells tell, too: a
 * battery that says itself that it is at or below the low-SoC warning, with
 * a cell at or below the pre-alarm level, has no more than it says; one
 * that says that it is full, with all cells at or above 3.40 V at no more
 * than a tail current, has no less. The count follows it there. Neither
 * alone is believed: an own figure drifts, and a cell sags under load.
 *
 * Safety. B6 protects, and a count can drift: 0.2 A that a sensor makes up
 * are 5 Ah a day. So
 *  - a count that rests on nothing but the battery's own figure is not
 *    "anchored": B6 trips by the lower of the two and releases only by
 *    both (lib/core/bank.h);
 *  - a full charge (E2) and the operator's word anchor it: from then on it
 *    counts alone, else a battery whose own figure is wrong could never be
 *    put right;
 *  - a count that has drifted up, anchored or not, ends at the low one of
 *    the two places above; one that has drifted down (a bank whose chargers
 *    never reach the charged voltage) begins again at the high one, so that
 *    a full bank is not switched off;
 *  - the protections of the cells (B2, B3) know nothing of any count.
 */
#ifndef BMS_CHARGE_H
#define BMS_CHARGE_H

#include "lib/base/sample.h"

struct bms_input;
struct bms_output;
struct bms_state;
struct settings;
struct settings_monitor;

/* The unit of a count is half a nanocoulomb: the sum of two currents in mA
 * times microseconds, halved. 1 mAh = 3.6 C. */
#define CHARGE_PER_MAH INT64_C(7200000000)

enum {
	/* What is more than this is no capacity of a battery (ours): its
	 * count is unknown. */
	CHARGE_FULL_MAX_MAH = 10000000,
	/* More than so many times the capacity an hour is no current that a
	 * battery could carry (ours; 2C is the reference battery's pulse
	 * limit, manual 4.1): it is unknown. */
	CHARGE_RATE_MAX = 20,
	/* E2: nominal 12.8 V; charged-voltage "auto", bms-facts.md 6. */
	CHARGE_NOMINAL_MV = 12800,
	CHARGE_AUTO_MV = 14000,
	/* Two witnesses, at the top: what the battery says of itself, and
	 * its lowest cell (ours; a full cell at rest has less, float is
	 * 3.375 V, bms-facts.md 2). */
	CHARGE_TOP_PERMILLE = 990,
	CHARGE_TOP_CELL_MV = 3400,
	/* E2: a discharge of up to this share of the tail current is what
	 * sensors make of none (ours). */
	CHARGE_IDLE_SHARE = 10,
	/* E4: "present current" is a mean over so long (ours). */
	CHARGE_MEAN_MS = 180000,
	/* E4: less is no discharge; the current threshold of the same maker's
	 * monitors, bms-facts.md 6. */
	CHARGE_DRAWN_MA = 100,
	/* E4: told for this and more, ten days (ours). */
	CHARGE_REMAINING_MAX_S = 864000,
};

/* Of one battery, at the last instant that has been accounted for. */
struct charge {
	bool begun;    /* a reading has been taken ... */
	bool named;    /* ... and its serial number was known */
	bool known;
	bool anchored; /* by a full charge or the operator */
	int64_t count; /* CHARGE_PER_MAH; 0 to full */
	maybe_i32 own_permille;
	maybe_i32 current_ma;
	mono_t time;
};

/* What is remembered from before the start of one battery, until it has
 * been heard. One without a serial number is at its place; the others may
 * be at any. */
struct charge_memory {
	bool valid;
	bool fitted;  /* has been charged full with the bank (F2) */
	bool known;
	bool anchored;
	int64_t count;
	maybe_i32 own_permille;
	char serial[BMS_SERIAL_SIZE]; /* empty: it has none */
};

/* The state of charge that the battery tells itself; unknown where it tells
 * none, or one outside 0..1000. */
maybe_i32 charge_own_permille(const struct sample *sample);

/* Takes the reading that has just become the battery's (index from 0). */
void charge_take(struct bms_state *state, const struct settings *settings,
		 uint32_t battery);

/* The clock has run back: what has flowed since the last reading is not
 * known. */
void charge_forget_times(struct charge *charge);

/*
 * Once a step, after the aggregates: carries out the operator's command,
 * recognises the full charge (E2) and fills in soc_permille, soc_anchored,
 * usable, soc_settable, consumed_mah and time_remaining_s.
 *
 * E2: every count, but that of a battery left out of charging (B9), is
 * 100 % once the bank's voltage has been above the charged voltage and its
 * current below the tail current, in every reading for the detection time,
 * with no gap longer than lost-warning between them. A discharge is not a
 * tail: it ends the wait, unless it is as small as sensors make of no
 * current at all (CHARGE_IDLE_SHARE).
 */
void charge_step(struct bms_state *state, const struct settings *settings,
		 const struct bms_input *input,
		 struct bms_output *ret_output);

/* Above which voltage a bank of 12.8 V may be full, mV: also where that
 * setting is auto. */
int32_t charge_full_mv(const struct settings_monitor *monitor);

#endif
