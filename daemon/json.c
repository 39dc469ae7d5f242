/* SPDX-License-Identifier: MIT */
#include "daemon/json.h"

#include "lib/mk3/mk3.h"

enum {
	JSON_DECISION_FIXED = 512, /* everything but the reasons */
	JSON_REASON_QUOTES = 4,
};

/* Members, each with the comma before it. */
static void json_maybe(struct text *t, const char *key, maybe_i32 value)
{
	text_str(t, ",\"");
	text_str(t, key);
	text_str(t, "\":");
	if (value.known)
		text_int(t, value.value);
	else
		text_str(t, "null");
}

static void json_text(struct text *t, const char *key, const char *value)
{
	text_str(t, ",\"");
	text_str(t, key);
	text_str(t, "\":");
	text_json_str(t, value);
}

static void json_uint(struct text *t, const char *key, uint64_t value)
{
	text_str(t, ",\"");
	text_str(t, key);
	text_str(t, "\":");
	text_uint(t, value);
}

static void json_bool(struct text *t, const char *key, bool value)
{
	text_str(t, ",\"");
	text_str(t, key);
	text_str(t, value ? "\":true" : "\":false");
}

/* ,"key":[1,null,3] of count numbers. */
static void json_list(struct text *t, const char *key, const maybe_i32 *values,
		      size_t count)
{
	text_str(t, ",\"");
	text_str(t, key);
	text_str(t, "\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			text_char(t, ',');
		if (values[i].known)
			text_int(t, values[i].value);
		else
			text_str(t, "null");
	}
	text_char(t, ']');
}

static void json_protections(struct text *t, uint32_t protections)
{
	bool first = true;

	text_str(t, ",\"protections\":[");
	for (uint32_t i = 0; i < PROTECTION_COUNT; i++) {
		if (!(protections & UINT32_C(1) << i))
			continue;
		if (!first)
			text_char(t, ',');
		first = false;
		text_json_str(t, battery_protection_name(i));
	}
	text_char(t, ']');
}

static void json_cells(struct text *t, const struct sample *sample)
{
	maybe_i32 values[BMS_CELLS_MAX] = { 0 };

	for (size_t i = 0; i < sample->n_cells && i < BMS_CELLS_MAX; i++)
		values[i] = known_i32(sample->cell_mv[i]);
	json_list(t, "cells_mv", values, sample->n_cells);
}

static const char *const role_names[] = {
	[TEMPERATURE_CELL] = "cell",
	[TEMPERATURE_MOS] = "mos",
	[TEMPERATURE_AMBIENT] = "ambient",
};

_Static_assert(ARRAY_SIZE(role_names) == TEMPERATURE_ROLE_COUNT, "every role");

static void json_temperatures(struct text *t, const struct sample *sample)
{
	maybe_i32 values[BMS_TEMPERATURES_MAX] = { 0 };
	size_t n = sample->n_temperatures;

	for (size_t i = 0; i < n; i++)
		values[i] = sample->temperature[i].dc;
	json_list(t, "temperatures_dc", values, n);
	text_str(t, ",\"temperature_roles\":[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			text_char(t, ',');
		text_json_str(t, role_names[sample->temperature[i].role]);
	}
	text_char(t, ']');
}

static void json_begin(struct text *t, mono_t now)
{
	text_str(t, "{\"t\":");
	text_uint(t, now.us);
}

void json_sample(struct text *t, mono_t now, const char *port,
		 const struct sample *sample)
{
	json_begin(t, now);
	json_text(t, "port", port);
	text_str(t, ",\"sample\":{\"address\":");
	text_uint(t, sample->address);
	json_text(t, "serial", sample->serial);
	json_cells(t, sample);
	json_temperatures(t, sample);
	json_maybe(t, "current_ma", sample->current_ma);
	json_maybe(t, "voltage_mv", sample->voltage_mv);
	json_maybe(t, "soc_permille", sample->soc_permille);
	json_maybe(t, "soh_permille", sample->soh_permille);
	json_maybe(t, "remaining_mah", sample->remaining_mah);
	json_maybe(t, "full_mah", sample->full_mah);
	json_maybe(t, "design_mah", sample->design_mah);
	json_maybe(t, "cycles", sample->cycles);
	json_protections(t, sample->protections);
	json_uint(t, "vendor_alarms", sample->vendor_alarms);
	json_maybe(t, "charge_switch_on", sample->charge_switch_on);
	json_maybe(t, "discharge_switch_on", sample->discharge_switch_on);
	json_maybe(t, "balancing", sample->balancing);
	json_maybe(t, "charge_limit_ma", sample->charge_limit_ma);
	json_maybe(t, "discharge_limit_ma", sample->discharge_limit_ma);
	json_maybe(t, "charge_voltage_mv", sample->charge_voltage_mv);
	json_text(t, "model", sample->model);
	json_text(t, "firmware", sample->firmware);
	text_str(t, "}}");
}

static void json_units(struct text *t, const struct inverter_reading *reading)
{
	text_str(t, ",\"units\":[");
	for (size_t i = 0; i < reading->n_units; i++) {
		const struct inverter_unit *unit = &reading->unit[i];

		text_str(t, i > 0 ? ",{\"address\":" : "{\"address\":");
		text_uint(t, unit->address);
		json_maybe(t, "product", unit->product);
		json_maybe(t, "firmware", unit->firmware);
		json_maybe(t, "expects_vebus_bms", unit->expects_bms);
		json_maybe(t, "stored_charge_current_ma",
			   unit->stored_charge_current_ma);
		json_maybe(t, "written_charge_current_ma",
			   unit->written_charge_current_ma);
		text_char(t, '}');
	}
	text_char(t, ']');
}

void json_reading(struct text *t, mono_t now, const char *port,
		  const struct inverter_reading *reading)
{
	size_t phases = reading->n_phases;

	if (phases > INVERTER_PHASES_MAX)
		phases = INVERTER_PHASES_MAX;
	json_begin(t, now);
	json_text(t, "port", port);
	text_str(t, reading->connected ? ",\"reading\":{\"connected\":true" :
					 ",\"reading\":{\"connected\":false");
	json_maybe(t, "mk_version", reading->mk_version);
	json_uint(t, "mk_resets", reading->mk_resets);
	json_units(t, reading);
	json_maybe(t, "dc_mv", reading->dc_mv);
	json_maybe(t, "dc_ma", reading->dc_ma);
	json_list(t, "ac_in_mv", reading->ac_in_mv, phases);
	json_list(t, "ac_in_ma", reading->ac_in_ma, phases);
	json_list(t, "ac_out_mv", reading->ac_out_mv, phases);
	json_list(t, "ac_out_ma", reading->ac_out_ma, phases);
	json_maybe(t, "mains_present", reading->mains_present);
	json_maybe(t, "state_main", reading->state_main);
	json_maybe(t, "state_sub", reading->state_sub);
	json_text(t, "state", inverter_state_text(reading->state_main,
						  reading->state_sub));
	json_maybe(t, "leds_on", reading->leds_on);
	json_maybe(t, "leds_blink", reading->leds_blink);
	json_maybe(t, "alarm_bits", reading->alarm_bits);
	json_maybe(t, "error", reading->error);
	json_maybe(t, "switch_register", reading->switch_register);
	json_text(t, "mode", inverter_mode_text(reading->switch_register));
	json_maybe(t, "vebus_bms_present", reading->bms_present);
	json_maybe(t, "digital_multi_control_present", reading->dmc_present);
	json_bool(t, "charge_current_applied",
		  reading->charge_current_applied);
	text_str(t, "}}");
}

size_t json_decision_size(size_t n_reasons)
{
	return JSON_DECISION_FIXED +
	       n_reasons * (BMS_REASON_TEXT_SIZE + JSON_REASON_QUOTES);
}

static void json_codes(struct text *t, code_set codes)
{
	bool first = true;

	text_str(t, ",\"codes\":[");
	for (int i = 0; i < CODE_COUNT; i++) {
		if (!(codes & CODE_BIT(i)))
			continue;
		if (!first)
			text_char(t, ',');
		first = false;
		text_json_str(t, code_rows[i].name);
	}
	text_char(t, ']');
}

void json_decision(struct text *t, mono_t now, const struct bms_output *output)
{
	json_begin(t, now);
	text_str(t, output->atc_high ? ",\"decision\":{\"atc\":true" :
				       ",\"decision\":{\"atc\":false");
	json_bool(t, "atd", output->atd_high);
	json_bool(t, "pre_alarm", output->pre_alarm_high);
	json_codes(t, output->codes);
	text_str(t, ",\"reasons\":[");
	for (size_t i = 0; i < output->n_reasons; i++) {
		char reason[BMS_REASON_TEXT_SIZE];

		reason_text(&output->reasons[i], reason);
		if (i > 0)
			text_char(t, ',');
		text_json_str(t, reason);
	}
	text_str(t, "]}}");
}
