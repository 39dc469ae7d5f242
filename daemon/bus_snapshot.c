/* SPDX-License-Identifier: MIT */
#include "daemon/bus_snapshot.h"

#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/core/arrangement.h"
#include "lib/core/show.h"
#include "lib/mk3/mk3.h"

/* Of one LiFePO4 cell. */
#define CELL_NOMINAL_V 3.2

static double milli(maybe_i32 value)
{
	return value.known ? value.value / 1000.0 : NAN;
}

static double deci(maybe_i32 value)
{
	return value.known ? value.value / 10.0 : NAN;
}

static uint32_t unsigned_of(maybe_i32 value)
{
	if (!value.known || value.value < 0)
		return SNAPSHOT_UNKNOWN_U;
	return (uint32_t)value.value;
}

static void cell_id(char id[SNAPSHOT_CELL_ID_SIZE],
		    const struct bms_extreme *extreme)
{
	struct text t = text_in(id, SNAPSHOT_CELL_ID_SIZE);

	if (!extreme->value.known)
		return;
	text_uint(&t, extreme->battery);
	text_char(&t, '.');
	text_uint(&t, extreme->cell);
}

const char *snapshot_line(const struct view *view,
			  enum settings_line line)
{
	if (!view->lines_ok || view->settings->gpio.line[line][0] == '\0')
		return "";
	return view->lines.high[line] ? "high" : "floating";
}

static void add_reason(struct snapshot_reasons *reasons,
		       const struct reason *reason)
{
	if (reasons->n < reasons->max)
		reasons->item[reasons->n++] = *reason;
}

static void fill_reasons(const struct bms_output *output,
			 struct snapshot_bms *ret)
{
	struct snapshot_reasons *charge = &ret->charge_reasons;
	struct snapshot_reasons *discharge = &ret->discharge_reasons;

	charge->n = 0;
	discharge->n = 0;
	for (size_t i = 0; i < output->n_reasons; i++) {
		const struct reason *reason = &output->reasons[i];

		if (show_reason(output, reason, SHOW_REASONS_CHARGE, 0))
			add_reason(charge, reason);
		if (show_reason(output, reason, SHOW_REASONS_DISCHARGE, 0))
			add_reason(discharge, reason);
	}
}

static void fill_codes(code_set codes, struct snapshot_bms *ret)
{
	ret->warnings = 0;
	ret->alarms = 0;
	ret->errors = 0;
	for (uint32_t i = 0; i < CODE_COUNT; i++) {
		code_set bit = codes & CODE_BIT(i);

		if (code_rows[i].name[0] == 'W')
			ret->warnings |= bit;
		else if (code_rows[i].name[0] == 'A')
			ret->alarms |= bit;
		else
			ret->errors |= bit;
	}
}

static void fill_bank(const struct bms_output *output,
		      struct snapshot_bms *ret)
{
	ret->state_of_charge = deci(output->soc_permille);
	ret->batteries_state_of_charge = deci(output->own_soc_permille);
	ret->consumed_amp_hours = milli(output->consumed_mah);
	ret->time_remaining = output->time_remaining_s.known ?
			      (double)output->time_remaining_s.value : NAN;
	ret->balancer_status = balancer_names[output->balancer];
	ret->voltage = milli(output->voltage_mv);
	ret->current = milli(output->current_ma);
	ret->power = ret->voltage * ret->current;
	ret->min_cell_voltage = milli(output->min_cell.value);
	ret->max_cell_voltage = milli(output->max_cell.value);
	cell_id(ret->min_cell_id, &output->min_cell);
	cell_id(ret->max_cell_id, &output->max_cell);
	ret->min_cell_temperature = deci(output->min_temperature.value);
	ret->max_cell_temperature = deci(output->max_temperature.value);
	ret->batteries = output->batteries;
	ret->cells = output->cells;
	ret->series = output->series;
	ret->parallel = output->parallel;
	ret->nominal_voltage = milli(output->nominal_mv);
	ret->installed_capacity = milli(output->capacity_mah);
	ret->max_charge_current = milli(output->charge_limit_ma);
	ret->max_discharge_current = milli(output->discharge_limit_ma);
}

void snapshot_bms(const struct view *view, struct snapshot_bms *ret)
{
	const struct bms_output *output = view->output;

	fill_bank(output, ret);
	fill_reasons(output, ret);
	fill_codes(output->codes, ret);
	ret->mode = show_mode_name(view->mode);
	ret->remote_on = output->remote_on;
	ret->allowed_to_charge = show_allowed_to_charge(output);
	ret->allowed_to_discharge = show_allowed_to_discharge(output);
	ret->load_disconnect = snapshot_line(view, LINE_LOAD_DISCONNECT);
	ret->charge_disconnect = snapshot_line(view, LINE_CHARGE_DISCONNECT);
	ret->pre_alarm = snapshot_line(view, LINE_PRE_ALARM);
	ret->outputs_virtual = view->lines_virtual;
	ret->updating = output->updating;
	ret->version = PACKAGE_VERSION;
}

static double counted_soc(const struct bms_battery *battery)
{
	maybe_i32 capacity = battery_capacity_mah(battery);

	if (!battery->charge.known || !capacity.known || capacity.value <= 0)
		return NAN;
	return 100.0 * (double)battery->charge.count /
	       ((double)capacity.value * (double)CHARGE_PER_MAH);
}

/* Returns the warmest. */
static double fill_temperatures(const struct sample *sample,
				struct snapshot_doubles *ret)
{
	maybe_i32 dc[BMS_TEMPERATURES_MAX];
	maybe_i32 warmest;

	ret->n = show_cell_temperatures(sample, dc, &warmest);
	for (uint32_t i = 0; i < ret->n; i++)
		ret->value[i] = deci(dc[i]);
	return deci(warmest);
}

static void fill_cells(const struct sample *sample,
		       struct snapshot_doubles *ret)
{
	ret->n = 0;
	for (uint32_t i = 0; i < sample->n_cells && i < BMS_CELLS_MAX; i++)
		ret->value[ret->n++] = sample->cell_mv[i] / 1000.0;
}

static const char *switch_text(maybe_i32 on)
{
	return !on.known ? "" : on.value ? "on" : "off";
}

/* What the battery is, as long as it was ever heard of. */
static void fill_identity(const struct bms_battery *battery,
			  struct snapshot_battery *ret)
{
	const struct sample *sample = &battery->sample;

	utf8_copy(ret->serial, sizeof(ret->serial), sample->serial);
	utf8_copy(ret->model, sizeof(ret->model), sample->model);
	utf8_copy(ret->firmware, sizeof(ret->firmware), sample->firmware);
	ret->nominal_capacity = milli(battery_capacity_mah(battery));
	ret->nominal_voltage = battery->used ?
			       sample->n_cells * CELL_NOMINAL_V : NAN;
	ret->cycles = unsigned_of(sample->cycles);
}

static void fill_reading(const struct sample *sample,
			 struct snapshot_battery *ret)
{
	ret->voltage = milli(sample->voltage_mv);
	ret->current = milli(sample->current_ma);
	ret->state_of_charge = deci(sample->soc_permille);
	fill_cells(sample, &ret->cell_voltages);
	ret->temperature = fill_temperatures(sample,
					     &ret->cell_temperatures);
	ret->charge_switch = switch_text(sample->charge_switch_on);
	ret->discharge_switch = switch_text(sample->discharge_switch_on);
	ret->balancing = sample->balancing.known &&
			 sample->balancing.value != 0;
}

void snapshot_battery(const struct view *view, uint32_t index,
		      struct snapshot_battery *ret)
{
	const struct bms_battery *battery = &view->state->battery[index];
	struct snapshot_reasons *reasons = &ret->reasons;
	uint32_t bus = 0;
	uint8_t address = 0;

	settings_battery(view->settings, index, &bus, &address);
	utf8_copy(ret->bus, sizeof(ret->bus), view->settings->bus[bus].name);
	ret->address = address;
	fill_identity(battery, ret);
	fill_reading(show_sample(battery), ret);
	ret->counted_state_of_charge = counted_soc(battery);
	ret->online = battery->online;
	ret->bypassed = battery->bypassed;
	ret->allowed_to_charge = show_battery_charge(battery);
	ret->allowed_to_discharge = show_battery_discharge(battery);
	ret->age = (struct snapshot_age){ view, battery->sample.time,
					  battery->used };
	reasons->n = 0;
	for (size_t i = 0; i < view->output->n_reasons; i++) {
		const struct reason *reason = &view->output->reasons[i];

		if (show_reason(view->output, reason, SHOW_REASONS_BATTERY,
				index + 1))
			add_reason(reasons, reason);
	}
}

double snapshot_age(const struct snapshot_age *age)
{
	if (!age->known)
		return NAN;
	return (double)mono_elapsed_us(age->time, age->view->now) / 1e6;
}

/* The last RAM-only write that a unit accepted, else what its installer
 * stored, summed over the units; unknown where one of them is. */
static double charge_current(const struct inverter_reading *reading)
{
	double sum = 0;

	for (uint32_t i = 0; i < reading->n_units && i < BMS_UNITS_MAX; i++) {
		const struct inverter_unit *unit = &reading->unit[i];

		sum += milli(unit->written_charge_current_ma.known ?
			     unit->written_charge_current_ma :
			     unit->stored_charge_current_ma);
	}
	return reading->n_units > 0 ? sum : NAN;
}

static bool is_fresh(const struct view *view, mono_t time)
{
	return show_inverter_fresh(view->inverter, time, view->now);
}

static maybe_i32 where(bool fresh, maybe_i32 value)
{
	return fresh ? value : UNKNOWN_I32;
}

static void phases(const struct inverter_reading *reading, bool fresh,
		   const maybe_i32 value[INVERTER_PHASES_MAX],
		   struct snapshot_doubles *ret)
{
	ret->n = 0;
	for (uint32_t i = 0; fresh && i < reading->n_phases &&
			     i < INVERTER_PHASES_MAX; i++)
		ret->value[ret->n++] = milli(value[i]);
}

static uint8_t bits_of(maybe_i32 value)
{
	return value.known ? (uint8_t)value.value : 0;
}

static const char *switch_owner(const struct inverter_reading *reading)
{
	if (reading->bms_present.known && reading->bms_present.value)
		return "vebus-bms";
	if (reading->dmc_present.known && reading->dmc_present.value)
		return "digital-multi-control";
	return "";
}

void snapshot_inverter(const struct view *view,
		       struct snapshot_inverter *ret)
{
	const struct inverter_reading *reading = view->inverter;
	bool connected = reading->connected;
	bool dc = is_fresh(view, reading->dc_time);
	bool ac = is_fresh(view, reading->ac_time);
	bool mode = is_fresh(view, reading->switch_time);
	maybe_i32 state = where(connected, reading->state_main);
	maybe_i32 error = where(connected, reading->error);
	maybe_i32 mains = where(ac, reading->mains_present);

	ret->connected = connected;
	ret->state = state.known ?
		     inverter_state_text(state, reading->state_sub) : "";
	ret->mode = mode && reading->switch_register.known ?
		    inverter_mode_text(reading->switch_register) : "";
	ret->firmware = reading->n_units > 0 ?
			unsigned_of(reading->unit[0].firmware) :
			SNAPSHOT_UNKNOWN_U;
	ret->dc_voltage = milli(where(dc, reading->dc_mv));
	ret->dc_current = milli(where(dc, reading->dc_ma));
	phases(reading, ac, reading->ac_in_mv, &ret->ac_input_voltage);
	phases(reading, ac, reading->ac_in_ma, &ret->ac_input_current);
	phases(reading, ac, reading->ac_out_mv, &ret->ac_output_voltage);
	phases(reading, ac, reading->ac_out_ma, &ret->ac_output_current);
	ret->mains_present = mains.known && mains.value != 0;
	ret->max_charge_current = connected ? charge_current(reading) : NAN;
	ret->error = unsigned_of(error);
	ret->error_text = error.known ? inverter_error_text(error) : "";
	ret->leds.on = bits_of(where(connected, reading->leds_on));
	ret->leds.blink = bits_of(where(connected, reading->leds_blink));
	ret->alarms.on = bits_of(where(connected, reading->alarm_bits));
	ret->alarms.blink = 0;
	ret->units = reading->n_units;
	ret->switch_owner = connected ? switch_owner(reading) : "";
}

void snapshot_bus(const struct view *view, uint32_t index,
		  const struct snapshot_bus *last, struct snapshot_bus *ret)
{
	static const struct session_counters none;
	const struct view_bus *bus = &view->bus[index];
	const struct session_counters *counters =
		bus->counters ? bus->counters : &none;

	*ret = *last;
	utf8_copy(ret->name, sizeof(ret->name), bus->name);
	utf8_copy(ret->device, sizeof(ret->device), bus->device);
	utf8_copy(ret->protocol, sizeof(ret->protocol), bus->protocol);
	ret->connected = bus->connected;
	if (last->counted.us > 0 &&
	    mono_elapsed_ms(last->counted, view->now) < SNAPSHOT_COUNTERS_MS)
		return;
	ret->counted = view->now;
	ret->requests = counters->requests;
	ret->answers = counters->answers;
	memcpy(ret->faults, counters->faults, sizeof(ret->faults));
	ret->garbage_bytes = counters->garbage_bytes;
}
