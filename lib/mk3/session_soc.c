/* SPDX-License-Identifier: MIT */
/*
 * The state of charge, handed to the first unit so that a GX reads it there
 * (C9). The bytes follow from mk3.md 5.2 and 10.5; that a unit takes them so
 * is not proven by a capture: experimental, and never sent unless asked for.
 */
#include "lib/mk3/session.h"

#include "lib/base/bytes.h"

bool mk3_soc_wanted(const struct mk3 *mk3)
{
	return mk3->command.soc_permille.known &&
	       inverter_bar(&mk3->reading) == INVERTER_BAR_NONE;
}

bool mk3_soc_next(const struct mk3 *mk3, mono_t now,
		  struct mk3_want *ret_want)
{
	const struct mk3_scale_slot *slot = &mk3->scale[SCALE_SOC];
	struct mk3_want want = { .ask = ASK_SOC_WRITE, .quiet = true };
	maybe_i32 raw;

	if (!mk3_soc_wanted(mk3) || !mono_reached(now, mk3->soc.due))
		return false;
	if (!mk3->soc.shown) {
		want.ask = ASK_SOC_SETTING;
		*ret_want = want;
		return true;
	}
	if (!slot->known)
		return false;
	raw = mk3_scale_raw_of(&slot->scale,
			       mk3->command.soc_permille.value);
	if (!raw.known)
		return false;
	want.raw = (uint16_t)raw.value;
	*ret_want = want;
	return true;
}

/* A unit whose own battery monitor is off tells 100 % whatever it was
 * handed (10.5): asked again later, for that can be switched on. */
static void capacity_told(struct mk3 *mk3, mono_t now, uint16_t capacity)
{
	mk3->soc.shown = capacity != 0 && capacity != MK3_NO_SETTING;
	mk3->soc.due = mk3->soc.shown ? now :
		       mono_add_ms(now, MK3_SOC_REFUSED_MS);
}

enum mk3_taken mk3_soc_take(struct mk3 *mk3, mono_t now,
			    const struct mk3_winmon_frame *winmon)
{
	struct bytes data = bytes_of(winmon->data, winmon->len);

	if (mk3->flight.want.ask == ASK_SOC_WRITE) {
		if (winmon->code != MK3_RAM_WRITTEN)
			return TAKEN_NOT;
		mk3->soc.due = mono_add_ms(now, MK3_SOC_MS);
		return TAKEN_DONE;
	}
	if (winmon->code != MK3_IS_SETTING || data.left < 2)
		return TAKEN_NOT;
	capacity_told(mk3, now, bytes_le16(&data));
	return TAKEN_DONE;
}

void mk3_soc_failed(struct mk3 *mk3, mono_t now, bool refused)
{
	mk3->soc.due = mono_add_ms(now, refused ? MK3_SOC_REFUSED_MS :
						  MK3_SOC_MS);
}
