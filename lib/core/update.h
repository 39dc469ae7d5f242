/* SPDX-License-Identifier: MIT */
/*
 * The window for an update of this program or of a battery (requirement H1;
 * reference manual, 4.4): while it is open charge is forbidden, and the
 * silence of a battery does not yet forbid discharge, so that a battery
 * whose BMS restarts does not drop the loads. An operator opens and ends
 * it; it ends by itself, and with a clock that runs back. Charge returns with
 * the first reading after it.
 *
 * The window only ever keeps. A silence is kept from forbidding
 *  - for a battery that was heard in the window, or at its beginning, and
 *    whose last reading gave neither pre-alarm nor anything that forbids
 *    discharge;
 *  - until 120 s after its last reading, no longer than the window is open;
 *  - as long as ATD has not floated, for whatever reason.
 * A battery that is heard again waits out its hold without forbidding
 * discharge. Everything else that forbids does so at once, as ever.
 *
 * Over a restart of this program (requirement H2) the window goes on for
 * what is left of it, and ATD, where the program before has left its line
 * driven, is held: a battery that has not been heard since does not yet
 * forbid discharge, nor does it that nobody has yet told the bank's nominal
 * voltage,
 *  - until all have been heard: from then on they are judged as ever;
 *  - no longer than 120 s from the end of the program before, whatever
 *    becomes of the window: the command that has restarted this program
 *    ends it before the batteries can have been heard;
 *  - for good no more once ATD has floated, for whatever reason.
 * A first reading that is doubted is no reason to hold on.
 */
#ifndef BMS_UPDATE_H
#define BMS_UPDATE_H

#include "lib/core/bms.h"

enum {
	UPDATE_KEEP_MS = 120000, /* manual 4.4: 120 seconds */
	UPDATE_MAX_MS = 900000,  /* of a window that nobody ends (ours) */
};

/* Takes over what the program before has left. At the first step, before
 * anything else; more than is possible is nothing. */
void update_begin(struct bms_state *state, const struct bms_input *input);

/*
 * Takes a command (BEGIN_UPDATE in an open window begins its time anew),
 * ends what has run out, and judges whose silence is kept. Once a step, when
 * the ages and the bank have been judged.
 */
void update_step(struct bms_state *state, const struct bms_input *input);

/* Every battery is online, bypassed, or kept; there is at least one. */
bool update_keeps_all(const struct bms_state *state);

/* False where that the batteries do not make up a bank is only not known
 * yet, and ATD is held. */
bool update_knows(const struct bms_state *state);

/*
 * For how long ATD may stay driven from the last step on without any program
 * that decides, in ms; 0: not at all. 120 s within an open window and no
 * longer than that; with every battery kept, none bypassed; 120 s from its
 * last reading where one is late; what is left where ATD is held already.
 * Not with anything under way that would open it.
 */
uint32_t update_hold_ms(const struct bms_state *state);

/* How long the window will still be open, in ms; 0 where there is none. */
uint32_t update_left_ms(const struct bms_state *state);

/* When it, or what it keeps, will be over. */
mono_t update_next(const struct bms_state *state);

#endif
