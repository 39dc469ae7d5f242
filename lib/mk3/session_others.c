/* SPDX-License-Identifier: MIT */
/*
 * Who else may be on the bus and wants to command it: a VE.Bus BMS, beside
 * which nothing is commanded, and a Digital Multi Control, which owns the
 * switch (mk3.md 9, 10.1, 11). Both answer a query; nobody answers for one
 * that is not there.
 */
#include "lib/mk3/session.h"

enum { STATE_OFF = 2 }; /* 0 down, 1 start-up, 2 off; mk3.md 6.4 */

static const uint8_t whom[] = {
	[OTHER_BMS] = MK3_QUERY_BMS,
	[OTHER_DMC] = MK3_QUERY_DMC,
};

_Static_assert(ARRAY_SIZE(whom) == OTHER_COUNT, "one query a kind");

uint8_t mk3_other_whom(uint8_t kind)
{
	return whom[kind];
}

maybe_i32 mk3_other_present(const struct mk3 *mk3, uint8_t kind)
{
	return kind == OTHER_BMS ? mk3->reading.bms_present :
				   mk3->reading.dmc_present;
}

static void set(struct mk3 *mk3, uint8_t kind, bool present)
{
	mk3->other_silent[kind] = 0;
	mk3_put(mk3, kind == OTHER_BMS ? &mk3->reading.bms_present :
					 &mk3->reading.dmc_present,
		known_i32(present));
	/* Beside a BMS no charge current is ours. */
	mk3_units_publish(mk3);
}

enum mk3_taken mk3_other_take(struct mk3 *mk3, const struct mk3_frame *frame)
{
	uint8_t kind = mk3->flight.want.id;
	struct mk3_other other;

	if (!mk3_reply_other(frame, &other) || other.whom != whom[kind])
		return TAKEN_NOT;
	set(mk3, kind, true);
	return TAKEN_DONE;
}

/* A BMS of the first version loses its supply with the units (10.1): its
 * silence beside units that are off says nothing. */
static bool may_be_gone(const struct mk3 *mk3, uint8_t kind)
{
	maybe_i32 present = mk3_other_present(mk3, kind);
	maybe_i32 state = mk3->reading.state_main;

	return kind == OTHER_DMC || !present.known || !present.value ||
	       (state.known && state.value > STATE_OFF);
}

void mk3_other_failed(struct mk3 *mk3)
{
	uint8_t kind = mk3->flight.want.id;

	if (may_be_gone(mk3, kind) &&
	    ++mk3->other_silent[kind] >= MK3_OTHER_TRIES)
		set(mk3, kind, false);
}

void mk3_other_dedicated(struct mk3 *mk3)
{
	set(mk3, OTHER_DMC, true);
}
