/* SPDX-License-Identifier: MIT */
#include "lib/core/latch.h"

static void latch_clear(struct latch *latch, mono_t time, uint32_t hold_ms,
			uint32_t gap_ms)
{
	if (!latch->clearing || mono_elapsed_ms(latch->seen, time) > gap_ms) {
		latch->clearing = true;
		latch->clear_since = time;
		return;
	}
	if (mono_elapsed_ms(latch->clear_since, time) < hold_ms)
		return;
	latch->tripped = false;
	latch->clearing = false;
}

void latch_take(struct latch *latch, mono_t time, enum latch_evidence what,
		uint32_t hold_ms, uint32_t gap_ms)
{
	if (what != LATCH_CLEAR)
		latch->clearing = false;
	else if (latch->tripped)
		latch_clear(latch, time, hold_ms, gap_ms);
	if (what == LATCH_TRIP && !latch->tripped) {
		latch->tripped = true;
		latch->since = time;
	}
	latch->seen = time;
}

enum latch_evidence latch_delay(struct latch *latch, mono_t time,
				enum latch_evidence what, uint32_t delay_ms,
				uint32_t gap_ms)
{
	bool goes_on = latch->over &&
		       mono_elapsed_ms(latch->seen, time) <= gap_ms;

	latch->over = what == LATCH_TRIP;
	if (!latch->over)
		return what;
	if (!goes_on)
		latch->over_since = time;
	return mono_elapsed_ms(latch->over_since, time) >= delay_ms ?
		LATCH_TRIP : LATCH_BETWEEN;
}

void latch_forget_times(struct latch *latch, mono_t now)
{
	latch->clearing = false;
	latch->over = false;
	latch->since = mono_min(latch->since, now);
}
