/* SPDX-License-Identifier: MIT */
#include "keys-value.h"

#include <math.h>
#include <string.h>

static const char *const switch_names[] = {
	[SW_NONE] = "none",	    [SW_CHARGER] = "charger",
	[SW_INVERTER] = "inverter", [SW_ON] = "on",
	[SW_OFF] = "off",
};

static struct value mk_switch(const struct sim *sim)
{
	return text(switch_names[sim->mk3.asked]);
}

static struct value mk_active(const struct sim *sim)
{
	return text(switch_names[multi_active(&sim->multi)]);
}

static struct value mk_front(const struct sim *sim)
{
	return text(switch_names[sim->multi.front]);
}

static struct value state_name(enum multi_state state)
{
	switch (state) {
	case STATE_DOWN:
		return text("down");
	case STATE_OFF:
		return text("off");
	case STATE_SLAVE:
		return text("slave");
	case STATE_INVERT:
		return text("invert");
	case STATE_BYPASS:
		return text("bypass");
	case STATE_CHARGE:
		return text("charge");
	}
	return text("none");
}

static struct value mk_state(const struct sim *sim)
{
	return state_name(multi_state(&sim->multi));
}

static struct value mk_stage(const struct sim *sim)
{
	if (multi_state(&sim->multi) != STATE_CHARGE)
		return text("none");
	switch (sim->multi.stage) {
	case STAGE_BULK:
		return text("bulk");
	case STAGE_ABSORPTION:
		return text("absorption");
	case STAGE_FLOAT:
		return text("float");
	case STAGE_EQUALISE:
		return text("equalise");
	}
	return text("none");
}

static struct value mk_charge_current(const struct sim *sim)
{
	return number(sim->multi.unit[0].acting[SET_BULK_A]);
}

static struct value mk_charger(const struct sim *sim)
{
	return number(round(sim->multi.charger_a * 1000));
}

static struct value mk_inverter(const struct sim *sim)
{
	return number(round(sim->multi.inverter_a * 1000));
}

static struct value mk_eeprom_writes(const struct sim *sim)
{
	return number(sim->multi.eeprom_writes);
}

static struct value mk_refused_writes(const struct sim *sim)
{
	return number(sim->multi.refused_writes);
}

static struct value mk_bad_frames(const struct sim *sim)
{
	return number(sim->mk3.rx.bad + sim->mk3.malformed);
}

static struct value mk_s_age(const struct sim *sim)
{
	if (sim->mk3.asked_ns < 0)
		return text("none");
	return number(round((double)(sim->now_ns - sim->mk3.asked_ns) /
			    NS_PER_MS));
}

static struct value mk_panel_detect(const struct sim *sim)
{
	return number(sim->multi.panel_detect);
}

static struct value mk_standby(const struct sim *sim)
{
	return number(sim->multi.standby);
}

static struct value mk_alive(const struct sim *sim)
{
	return number(sim->mk3.powered && !sim->mk3.booting);
}

static struct value mk_addressed(const struct sim *sim)
{
	return sim->mk3.addressed ? number(sim->mk3.address) : text("none");
}

static struct value mk_winmon(const struct sim *sim)
{
	return text(sim->mk3.winmon_long ? "long" : "short");
}

static struct value mk_s_flags(const struct sim *sim)
{
	return number(sim->mk3.flags);
}

static struct value mk_requests(const struct sim *sim)
{
	return number(sim->mk3.requests);
}

static struct value mk_overlaps(const struct sim *sim)
{
	return number(sim->mk3.overlaps);
}

static struct value mk_s_frames(const struct sim *sim)
{
	return number(sim->mk3.s_frames);
}

static struct value mk_bol_frames(const struct sim *sim)
{
	return number(sim->mk3.bol_frames);
}

static struct value mk_raw_frames(const struct sim *sim)
{
	return number(sim->mk3.raw_frames);
}

static struct value mk_resets(const struct sim *sim)
{
	return number(sim->mk3.resets);
}

static struct value mk_ac_limit(const struct sim *sim)
{
	return decimals(sim->multi.ac_limit_da / 10.0, 1);
}

static struct value mk_low_battery(const struct sim *sim)
{
	return number(sim->multi.low_battery);
}

static struct value mk_soc(const struct sim *sim)
{
	return decimals(multi_soc_raw(&sim->multi, &sim->multi.unit[0]) /
			2.0, 1);
}

static struct value mk_baud(const struct sim *sim)
{
	return number(pty_client_baud(&sim->mk3.pty));
}

static struct value mk_units(const struct sim *sim)
{
	return number(multi_units(&sim->multi));
}

static struct value mk_nobody(const struct sim *sim)
{
	return number(sim->mk3.nobody);
}

static const struct {
	const char *name;
	struct value (*get)(const struct sim *sim);
} plain_keys[] = {
	{ "mk.switch", mk_switch },
	{ "mk.active", mk_active },
	{ "mk.front", mk_front },
	{ "mk.state", mk_state },
	{ "mk.stage", mk_stage },
	{ "mk.charge_current_a", mk_charge_current },
	{ "mk.charger_ma", mk_charger },
	{ "mk.inverter_ma", mk_inverter },
	{ "mk.eeprom_writes", mk_eeprom_writes },
	{ "mk.refused_writes", mk_refused_writes },
	{ "mk.bad_frames", mk_bad_frames },
	{ "mk.s_age_ms", mk_s_age },
	{ "mk.panel_detect", mk_panel_detect },
	{ "mk.standby", mk_standby },
	{ "mk.alive", mk_alive },
	{ "mk.address", mk_addressed },
	{ "mk.winmon", mk_winmon },
	{ "mk.s_flags", mk_s_flags },
	{ "mk.requests", mk_requests },
	{ "mk.overlaps", mk_overlaps },
	{ "mk.s_frames", mk_s_frames },
	{ "mk.bol_frames", mk_bol_frames },
	{ "mk.raw_frames", mk_raw_frames },
	{ "mk.resets", mk_resets },
	{ "mk.ac_limit_a", mk_ac_limit },
	{ "mk.low_battery", mk_low_battery },
	{ "mk.soc", mk_soc },
	{ "mk.baud", mk_baud },
	{ "mk.units", mk_units },
	{ "mk.nobody", mk_nobody },
};

static struct value unit_charge_current(const struct multi_unit *unit)
{
	return number(unit->acting[SET_BULK_A]);
}

static struct value unit_stored_current(const struct multi_unit *unit)
{
	return number(unit->eeprom[SET_BULK_A]);
}

static struct value unit_state(const struct multi_unit *unit)
{
	return state_name(unit->state);
}

static struct value unit_charger(const struct multi_unit *unit)
{
	return number(round(unit->charger_a * 1000));
}

static struct value unit_inverter(const struct multi_unit *unit)
{
	return number(round(unit->inverter_a * 1000));
}

static struct value unit_requests(const struct multi_unit *unit)
{
	return number(unit->requests);
}

static const struct {
	const char *name;
	struct value (*get)(const struct multi_unit *unit);
} unit_keys[] = {
	{ "charge_current_a", unit_charge_current },
	{ "stored_current_a", unit_stored_current },
	{ "state", unit_state },
	{ "charger_ma", unit_charger },
	{ "inverter_ma", unit_inverter },
	{ "requests", unit_requests },
};

static bool get_unit(const struct sim *sim, const char *key, char *ret_value)
{
	unsigned n;
	const char *name = value_numbered(key, "mk.unit.", 0,
					  MULTI_ADDRESSES - 1, &n);

	if (!name || !sim->multi.unit[n].present)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(unit_keys); i++) {
		if (!strcmp(name, unit_keys[i].name)) {
			value_text(unit_keys[i].get(&sim->multi.unit[n]),
				   ret_value);
			return true;
		}
	}
	return false;
}

bool key_get_mk(const struct sim *sim, const char *key, char *ret_value)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain_keys); i++) {
		if (!strcmp(key, plain_keys[i].name)) {
			value_text(plain_keys[i].get(sim), ret_value);
			return true;
		}
	}
	return get_unit(sim, key, ret_value);
}
