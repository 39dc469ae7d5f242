/* SPDX-License-Identifier: MIT */
#include "lib/core/inverter.h"

/* What a reason asks of the inverter/charger, as a set. */
enum want {
	WANT_NOTHING = 0,
	WANT_REDUCED = 1 << 0,      /* a little current may flow: C3 */
	WANT_NO_CHARGE = 1 << 1,
	WANT_NO_DISCHARGE = 1 << 2,
	WANT_OFF = 1 << 3,     /* nothing is known, or all is off: C4 */
	WANT_UNKNOWN = 1 << 4, /* as OFF, but not at once after start */

	WANT_BY_DIRECTION = WANT_NO_CHARGE | WANT_NO_DISCHARGE,
	WANT_OF_CHARGE = WANT_REDUCED | WANT_NO_CHARGE | WANT_OFF |
			 WANT_UNKNOWN,
	WANT_OF_DISCHARGE = WANT_NO_DISCHARGE | WANT_OFF | WANT_UNKNOWN,
};

static const uint8_t wants[REASON_KIND_COUNT] = {
	[REASON_UNKNOWN] = WANT_UNKNOWN,
	[REASON_SILENT] = WANT_OFF,
	[REASON_UNREADABLE] = WANT_UNKNOWN,
	[REASON_TEMPERATURE_UNKNOWN] = WANT_BY_DIRECTION,
	[REASON_CELL_IMPLAUSIBLE] = WANT_OFF,
	[REASON_CELL_PRE_ALARM] = WANT_NOTHING,
	[REASON_CELL_LOW] = WANT_NO_DISCHARGE,
	[REASON_CELL_LOW_HARD] = WANT_NO_DISCHARGE,
	[REASON_CELL_HIGH] = WANT_REDUCED,
	[REASON_CELL_HIGH_HARD] = WANT_NO_CHARGE,
	[REASON_CHARGE_COLD] = WANT_NO_CHARGE,
	[REASON_CHARGE_HOT] = WANT_REDUCED,
	[REASON_CHARGE_HOT_HARD] = WANT_NO_CHARGE,
	[REASON_DISCHARGE_COLD] = WANT_NO_DISCHARGE,
	[REASON_DISCHARGE_HOT] = WANT_NO_DISCHARGE,
	[REASON_CHARGE_SWITCH] = WANT_NO_CHARGE,
	[REASON_DISCHARGE_SWITCH] = WANT_NO_DISCHARGE,
	[REASON_BATTERY_PROTECTS] = WANT_BY_DIRECTION,
	[REASON_CHARGE_CURRENT] = WANT_NOTHING,
	[REASON_CHARGE_PULSE] = WANT_NOTHING,
	[REASON_DISCHARGE_CURRENT] = WANT_NOTHING,
	[REASON_DISCHARGE_PULSE] = WANT_NOTHING,
	[REASON_BYPASSED] = WANT_NOTHING,
	[REASON_MISMATCH] = WANT_OFF,
	[REASON_ARRANGEMENT] = WANT_UNKNOWN,
	[REASON_BANK_VOLTAGE] = WANT_OFF,
	[REASON_BANK_LOW] = WANT_NO_DISCHARGE,
	[REASON_SOC_WARNING] = WANT_NOTHING,
	[REASON_SOC_FLOOR] = WANT_NO_DISCHARGE,
	[REASON_BYPASS_LOW] = WANT_NO_DISCHARGE,
	[REASON_BYPASS_HIGH] = WANT_NO_CHARGE,
	[REASON_UPDATE] = WANT_NO_CHARGE,
	[REASON_REMOTE_OFF] = WANT_OFF,
	[REASON_MODE] = WANT_OFF,
	[REASON_LINES] = WANT_OFF,
};

_Static_assert(ARRAY_SIZE(wants) == REASON_KIND_COUNT,
	       "a row for every reason");

static bool is_silence(enum reason_kind kind)
{
	return kind == REASON_SILENT || kind == REASON_UNREADABLE;
}

/* Only what goes with a direction that it forbids. */
static uint8_t wanted_by(const struct reason *reason)
{
	uint8_t mask = 0;

	if (reason->forbids_charge)
		mask |= WANT_OF_CHARGE;
	if (reason->forbids_discharge)
		mask |= WANT_OF_DISCHARGE;
	/* H1: a silence that is kept switches nothing off. */
	if (mask == WANT_OF_CHARGE && is_silence(reason->kind))
		return WANT_NO_CHARGE;
	return wants[reason->kind] & mask;
}

static const enum inverter_switch switch_of_mode[] = {
	[BMS_MODE_OFF] = INVERTER_OFF,
	[BMS_MODE_CHARGER_ONLY] = INVERTER_CHARGER_ONLY,
	[BMS_MODE_INVERTER_ONLY] = INVERTER_INVERTER_ONLY,
	[BMS_MODE_ON] = INVERTER_ON,
};

_Static_assert(ARRAY_SIZE(switch_of_mode) == BMS_MODE_ON + 1,
	       "a row for every mode");

static bool in_start(const struct bms_state *state,
		     const struct settings *settings, mono_t now)
{
	if (state->update.held)
		return true;
	return !state->clock_failed &&
	       mono_elapsed_ms(state->start, now) <
	       (uint32_t)settings->protection.lost_alarm_ms;
}

/*
 * While batteries have not yet been heard after a start, or the unit itself
 * has not yet told the voltage that arranges them, the unit is left as it
 * is, for as long as a silent battery would be given (B8): a restart of
 * this program alone does not take a ship's mains down. So it is as long as
 * ATD is held over such a restart (H2).
 */
static enum inverter_switch state_for(uint8_t w, bool start,
				      enum bms_mode mode)
{
	if ((w & WANT_OFF) || ((w & WANT_UNKNOWN) && !start))
		return INVERTER_OFF;
	if (w & WANT_NO_DISCHARGE)
		return mode == BMS_MODE_INVERTER_ONLY ?
			INVERTER_OFF : INVERTER_CHARGER_ONLY;
	if (w & WANT_UNKNOWN)
		return INVERTER_LEAVE;
	return (size_t)mode < ARRAY_SIZE(switch_of_mode) ?
		switch_of_mode[mode] : INVERTER_OFF;
}

static maybe_i32 charge_current(uint8_t w, const struct settings *settings,
				const struct bms_output *out)
{
	if (w & (WANT_OFF | WANT_UNKNOWN | WANT_NO_CHARGE))
		return known_i32(0);
	if (w & WANT_REDUCED)
		return known_i32(settings->inverter.reduced_charge_current_ma);
	/* No limit of ours: the installer's holds. */
	if (!out->charge_limit_ma.known)
		return known_i32(INT32_MAX);
	return out->charge_limit_ma;
}

/* None while it has not been looked: the session waits for that itself. */
static const code_set bar_codes[] = {
	[INVERTER_BAR_NONE] = 0,
	[INVERTER_BAR_NOT_LOOKED] = 0,
	[INVERTER_BAR_BMS] = CODE_BIT(CODE_A_X03),
	[INVERTER_BAR_FIRMWARE] = CODE_BIT(CODE_E_X01),
};

_Static_assert(ARRAY_SIZE(bar_codes) == INVERTER_BAR_FIRMWARE + 1,
	       "a code for every bar");

/*
 * C6, C11: what the bus and its units allow. Where they bar it nothing is
 * commanded, not even what would restrict: a VE.Bus BMS has its own batteries
 * to protect, and old firmware is told nothing it does not know.
 */
static void apply_bar(const struct inverter_reading *r, struct bms_output *out)
{
	maybe_i32 firmware = inverter_lowest_firmware(r);
	code_set code = bar_codes[inverter_bar(r)];

	out->mode_owned = r->dmc_present.known && r->dmc_present.value;
	if (firmware.known && firmware.value >= INVERTER_FIRMWARE_MIN &&
	    firmware.value < INVERTER_FIRMWARE_FULL)
		out->codes |= CODE_BIT(CODE_W_X06);
	if (inverter_waits_for_bms(r))
		out->codes |= CODE_BIT(CODE_W_X08);
	if (!code)
		return;
	out->codes |= code;
	out->inverter = (struct inverter_command){ .state = INVERTER_LEAVE };
}

void inverter_decide(const struct bms_state *state,
		     const struct settings *settings,
		     const struct bms_input *input, struct bms_output *out)
{
	uint8_t w = state->n_batteries == 0 ? WANT_OFF : WANT_NOTHING;

	for (size_t i = 0; i < out->n_reasons; i++)
		w |= wanted_by(&out->reasons[i]);
	out->inverter_wanted = state_for(w, in_start(state, settings,
						      input->now),
					 input->mode);
	out->inverter.state = out->inverter_wanted;
	out->inverter.charge_current_ma = charge_current(w, settings, out);
	if (settings->inverter.hand_soc)
		out->inverter.soc_permille = out->soc_permille;
	if (input->inverter)
		apply_bar(input->inverter, out);
}

/* What the read-back register must not show under each command. */
static const int32_t forbidden_bits[] = {
	[INVERTER_OFF] = SWITCH_ACTIVE_CHARGE | SWITCH_ACTIVE_INVERT,
	[INVERTER_CHARGER_ONLY] = SWITCH_ACTIVE_INVERT,
	[INVERTER_INVERTER_ONLY] = SWITCH_ACTIVE_CHARGE,
	[INVERTER_ON] = 0,
	[INVERTER_LEAVE] = 0,
};

/* The units' own DC current is one that the command forbids. */
static bool flows_against(const struct inverter_reading *r,
			  enum inverter_switch wanted)
{
	int32_t forbidden = forbidden_bits[wanted];

	if (!r->connected || !r->dc_ma.known)
		return false;
	return ((forbidden & SWITCH_ACTIVE_INVERT) &&
		r->dc_ma.value < -INVERTER_AGAINST_MA) ||
	       ((forbidden & SWITCH_ACTIVE_CHARGE) &&
		r->dc_ma.value > INVERTER_AGAINST_MA);
}

/*
 * C2, C11: the register is that of the whole system. A single unit of
 * several that does not follow it shows by its current alone.
 */
static void watch_current(struct bms_obedience *o, mono_t now,
			  const struct inverter_reading *r,
			  enum inverter_switch wanted)
{
	if (wanted != o->wanted || !flows_against(r, wanted))
		o->current_since = now;
	o->current_disobeyed = mono_elapsed_ms(o->current_since, now) >=
			       INVERTER_AGAINST_MS;
}

static void watch_obedience(struct bms_obedience *o, mono_t now,
			    const struct inverter_reading *r,
			    enum inverter_switch wanted)
{
	int32_t forbidden = forbidden_bits[wanted];

	if (wanted != o->wanted) {
		o->wanted = wanted;
		o->since = now;
	}
	if (forbidden == 0) {
		o->disobeyed = false;
		o->since = now;
		return;
	}
	/* Without a link there is nothing to judge; W-X01 tells of it. */
	if (!r->connected) {
		o->since = now;
		return;
	}
	if (r->switch_register.known &&
	    !mono_before(r->switch_asked, o->since) &&
	    !mono_before(now, r->switch_asked) &&
	    !(r->switch_register.value & forbidden)) {
		o->since = r->switch_asked;
		o->disobeyed = false;
	}
	if (mono_elapsed_ms(o->since, now) >= INVERTER_OBEY_MS)
		o->disobeyed = true;
}

/* The session needs up to a minute and a half to ask all addresses before
 * it can say that every unit has acknowledged. Where nothing is commanded
 * there is nothing to wait for. */
static uint32_t charge_patience_ms(const struct bms_output *out)
{
	return out->inverter.state == out->inverter_wanted ?
		INVERTER_OBEY_CHARGE_MS : INVERTER_OBEY_MS;
}

static bool is_switched_off(const struct inverter_reading *r)
{
	return r->switch_register.known &&
	       !(r->switch_register.value & SWITCH_ACTIVE_CHARGE);
}

static bool exceeds_told(const struct inverter_reading *r,
			 const struct bms_output *out)
{
	maybe_i32 told = out->inverter.charge_current_ma;
	int64_t most_ma = INVERTER_AGAINST_MA + (int64_t)(told.known ?
							  told.value : 0);

	return r->dc_ma.known && r->dc_ma.value > most_ma;
}

/*
 * C3, C6: charge is forbidden, but a unit has not acknowledged the current
 * it was told, or may not be told any, and goes on charging by its switch;
 * or all have acknowledged it, and more flows.
 */
static void watch_charge(struct bms_obedience *o, mono_t now,
			 const struct inverter_reading *r,
			 const struct bms_output *out)
{
	if (out->atc_high || !r->connected || is_switched_off(r) ||
	    (r->charge_current_applied && !exceeds_told(r, out)) ||
	    out->inverter_wanted == INVERTER_LEAVE)
		o->charge_since = now;
	o->charge_disobeyed = mono_elapsed_ms(o->charge_since, now) >=
			      charge_patience_ms(out);
}

static bool link_is_missed(const struct bms_state *state, mono_t now)
{
	return state->obedience.ever_connected ||
	       mono_elapsed_ms(state->start, now) >= INVERTER_GRACE_MS;
}

void inverter_watch(struct bms_state *state, const struct bms_input *input,
		    struct bms_output *out)
{
	const struct inverter_reading *r = input->inverter;

	if (!r)
		return;
	if (r->connected)
		state->obedience.ever_connected = true;
	else if (link_is_missed(state, input->now))
		out->codes |= CODE_BIT(CODE_W_X01);
	/* By what is wanted: who may not be commanded is watched no less. */
	watch_current(&state->obedience, input->now, r, out->inverter_wanted);
	watch_obedience(&state->obedience, input->now, r,
			out->inverter_wanted);
	watch_charge(&state->obedience, input->now, r, out);
	if (state->obedience.disobeyed || state->obedience.current_disobeyed ||
	    state->obedience.charge_disobeyed)
		out->codes |= CODE_BIT(CODE_A_X01);
}

mono_t inverter_next(const struct bms_state *state,
		     const struct bms_input *input,
		     const struct bms_output *out)
{
	const struct bms_obedience *o = &state->obedience;
	mono_t next = MONO_NEVER;

	if (!input->inverter)
		return next;
	if (!o->ever_connected && !link_is_missed(state, input->now))
		next = mono_add_ms(state->start, INVERTER_GRACE_MS);
	if (input->inverter->connected && !o->disobeyed &&
	    forbidden_bits[out->inverter_wanted] != 0)
		next = mono_min(next, mono_add_ms(o->since,
						  INVERTER_OBEY_MS));
	if (flows_against(input->inverter, out->inverter_wanted) &&
	    !o->current_disobeyed)
		next = mono_min(next, mono_add_ms(o->current_since,
						  INVERTER_AGAINST_MS));
	if (!out->atc_high && !o->charge_disobeyed)
		next = mono_min(next, mono_add_ms(o->charge_since,
						  charge_patience_ms(out)));
	return next;
}
