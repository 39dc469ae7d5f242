/* SPDX-License-Identifier: MIT */
/*
 * The bypass (requirement B13): for a limited time an operator takes it on
 * himself that one battery's reasons do not forbid, so that a ship with a
 * battery whose BMS has died comes home. Shown as W-X07, logged, and over by
 * itself; never kept over a restart, nor over a clock that runs back.
 *
 * While it lasts, these reasons of the battery are told, but forbid nothing:
 * its silence, its switches, its own protections, a sensor that does not
 * read, that it does not fit the others, and a low or high cell. These still
 * do: the hard floor and the hard ceiling of a cell, a cell that reads what
 * no cell can have, a temperature that is too low or too high, and a serial
 * number that another battery has as well. The limits (B11) go on tapering.
 *
 * A battery that is not heard does not tell its cells, and what is unknown
 * never allows. Where all batteries are in parallel, the others have its
 * voltage and stand in for it: as long as their lowest cell is above 3.20 V
 * for discharge and their highest below 3.45 V for charge, which leaves
 * room for how much its cells may differ. It carries a share of the current
 * unseen, but the limits count without it. In a bank with batteries in
 * series nobody stands in, and its silence goes on forbidding both. Nor does
 * anybody for one that had said what no bypass lifts when it fell silent.
 */
#ifndef BMS_BYPASS_H
#define BMS_BYPASS_H

#include "lib/core/bms.h"

/* All ours. */
enum {
	BYPASS_MAX_S = 3600,
	BYPASS_LOW_MV = 3200,  /* of the others' lowest cell */
	BYPASS_HIGH_MV = 3450, /* of the others' highest cell */
	BYPASS_CLEAR_MV = 50,  /* so much inside it returns */
};

enum bypass_answer {
	BYPASS_ACCEPTED,
	BYPASS_NO_BATTERY,
	BYPASS_TOO_LONG,
	BYPASS_ANOTHER, /* one at a time: the other has to be ended first */
	BYPASS_NONE,    /* nothing to end */
	BYPASS_UNSEEN,  /* silent, and nobody stands in for it */
	BYPASS_ANSWER_COUNT
};

/*
 * What becomes of BMS_COMMAND_BYPASS for that battery (from 1) and time, if
 * it is handed in now. 0 s ends the bypass; for a battery that is bypassed
 * already the time begins anew.
 */
enum bypass_answer bypass_judge(const struct bms_state *state,
				uint32_t battery, uint32_t seconds);

/* A sentence for whoever asked. */
extern const char *const bypass_texts[BYPASS_ANSWER_COUNT];

/* Ends what has run out and takes a command. Once a step. */
void bypass_step(struct bms_state *state, const struct bms_input *input);

/*
 * True for a bypassed battery that fell silent while it said what no bypass
 * lifts in that direction: time alone does not take that back, and nobody
 * stands in until it is heard or an operator, told of the silence, asks
 * again.
 */
bool bypass_is_stuck(const struct bms_state *state,
		     const struct bms_battery *battery, bool charge);

/* How long it will still last, in ms; 0 where there is none. */
uint32_t bypass_left_ms(const struct bms_state *state);

/* When it will be over. */
mono_t bypass_next(const struct bms_state *state);

#endif
