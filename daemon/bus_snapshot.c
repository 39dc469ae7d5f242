/* SPDX-License-Identifier: MIT */
#include "daemon/bus_snapshot.h"

#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/arrangement.h"
#include "lib/mk3/mk3.h"

/* Of one LiFePO4 cell. */
#define CELL_NOMINAL_V 3.2

static const struct {
	enum bms_mode mode;
	const char *name;
} mode_names[] = {
	{ BMS_MODE_OFF, "off" },
	{ BMS_MODE_CHARGER_ONLY, "charger-only" },
	{ BMS_MODE_INVERTER_ONLY, "inverter-only" },
	{ BMS_MODE_ON, "on" },
};

_Static_assert(ARRAY_SIZE(mode_names) == BMS_MODE_ON + 1,
	       "a name for every mode");

const char *snapshot_mode_name(enum bms_mode mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++) {
		if (mode_names[i].mode == mode)
			return mode_names[i].name;
	}
	return "";
}

bool snapshot_mode_find(const char *name, enum bms_mode *ret_mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++) {
		if (strcmp(mode_names[i].name, name) != 0)
			continue;
		*ret_mode = mode_names[i].mode;
		return true;
	}
	return false;
}

/* Length of the well-formed UTF-8 sequence at s (Unicode, table 3-7), or 0
 * where there is none. Never reads past the NUL. */
static size_t utf8_len(const unsigned char *s)
{
	size_t len = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
		     s[0] < 0xf5 ? 4 : 0;

	if (s[0] >= 0x20 && s[0] < 0x7f)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

void snapshot_text(char *buf, size_t size, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t used = 0;

	while (s && *s) {
		size_t len = utf8_len(s);

		if (used + (len ? len : 1) >= size)
			break;
		if (len)
			memcpy(buf + used, s, len);
		else
			buf[used] = '?';
		used += len ? len : 1;
		s += len ? len : 1;
	}
	buf[used] = '\0';
}

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

/* "" where nobody can say: line not fitted, or not read back as written. */
static const char *line_text(const struct view *view,
			     enum settings_line line)
{
	if (!view->lines_ok || view->settings->gpio.line[line][0] == '\0')
		return "";
	return view->lines.high[line] ? "high" : "floating";
}

/* Low, but not (yet) forbidden: what the pre-alarm is about. */
static bool is_pre_alarm(const struct reason *reason)
{
	switch (reason->kind) {
	case REASON_CELL_PRE_ALARM:
	case REASON_CELL_LOW:
	case REASON_CELL_LOW_HARD:
	case REASON_SOC_WARNING:
	case REASON_SOC_FLOOR:
		return true;
	case REASON_UNKNOWN:
	case REASON_SILENT:
	case REASON_UNREADABLE:
	case REASON_TEMPERATURE_UNKNOWN:
	case REASON_CELL_IMPLAUSIBLE:
	case REASON_CELL_HIGH:
	case REASON_CELL_HIGH_HARD:
	case REASON_CHARGE_COLD:
	case REASON_CHARGE_HOT:
	case REASON_CHARGE_HOT_HARD:
	case REASON_DISCHARGE_COLD:
	case REASON_DISCHARGE_HOT:
	case REASON_CHARGE_SWITCH:
	case REASON_DISCHARGE_SWITCH:
	case REASON_BATTERY_PROTECTS:
	case REASON_CHARGE_CURRENT:
	case REASON_CHARGE_PULSE:
	case REASON_DISCHARGE_CURRENT:
	case REASON_DISCHARGE_PULSE:
	case REASON_BYPASSED:
	case REASON_MISMATCH:
	case REASON_ARRANGEMENT:
	case REASON_BANK_VOLTAGE:
	case REASON_BANK_LOW:
	case REASON_BYPASS_LOW:
	case REASON_BYPASS_HIGH:
	case REASON_UPDATE:
	case REASON_REMOTE_OFF:
	case REASON_MODE:
	case REASON_LINES:
	case REASON_KIND_COUNT:
		return false;
	}
	return false;
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
	bool pre_alarm = output->atd_high && output->pre_alarm_high;
	struct snapshot_reasons *charge = &ret->charge_reasons;
	struct snapshot_reasons *discharge = &ret->discharge_reasons;

	charge->n = 0;
	discharge->n = 0;
	for (size_t i = 0; i < output->n_reasons; i++) {
		const struct reason *reason = &output->reasons[i];

		if (reason->forbids_charge)
			add_reason(charge, reason);
		if (reason->forbids_discharge ||
		    (pre_alarm && is_pre_alarm(reason)))
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
	ret->mode = snapshot_mode_name(view->mode);
	ret->remote_on = output->remote_on;
	ret->allowed_to_charge = output->atc_high ? "yes" : "no";
	ret->allowed_to_discharge = !output->atd_high ? "no" :
				    output->pre_alarm_high ? "pre-alarm" :
				    "yes";
	ret->load_disconnect = line_text(view, LINE_LOAD_DISCONNECT);
	ret->charge_disconnect = line_text(view, LINE_CHARGE_DISCONNECT);
	ret->pre_alarm = line_text(view, LINE_PRE_ALARM);
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

/* Sensors of the cells only; the warmest, NaN where one cannot be read. */
static double fill_temperatures(const struct sample *sample,
				struct snapshot_doubles *ret)
{
	double warmest = NAN;
	bool all_known = true;

	ret->n = 0;
	for (uint32_t i = 0; i < sample->n_temperatures &&
			     i < BMS_TEMPERATURES_MAX; i++) {
		const struct sample_temperature *t = &sample->temperature[i];

		if (t->role != TEMPERATURE_CELL)
			continue;
		ret->value[ret->n++] = deci(t->dc);
		warmest = fmax(warmest, deci(t->dc));
		all_known = all_known && t->dc.known;
	}
	return all_known ? warmest : NAN;
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

	snapshot_text(ret->serial, sizeof(ret->serial), sample->serial);
	snapshot_text(ret->model, sizeof(ret->model), sample->model);
	snapshot_text(ret->firmware, sizeof(ret->firmware),
		      sample->firmware);
	ret->nominal_capacity = milli(sample->design_mah.known ?
				      sample->design_mah : sample->full_mah);
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
	static const struct sample nothing;
	const struct bms_battery *battery = &view->state->battery[index];
	struct snapshot_reasons *reasons = &ret->reasons;
	uint32_t bus = 0;
	uint8_t address = 0;

	settings_battery(view->settings, index, &bus, &address);
	snapshot_text(ret->bus, sizeof(ret->bus),
		      view->settings->bus[bus].name);
	ret->address = address;
	fill_identity(battery, ret);
	fill_reading(battery->online ? &battery->sample : &nothing, ret);
	ret->counted_state_of_charge = counted_soc(battery);
	ret->online = battery->online;
	ret->bypassed = battery->bypassed;
	ret->allowed_to_charge = battery->online && !battery->forbids_charge;
	ret->allowed_to_discharge = battery->online &&
				    !battery->forbids_discharge;
	ret->age = (struct snapshot_age){ view, battery->sample.time,
					  battery->used };
	reasons->n = 0;
	for (size_t i = 0; i < view->output->n_reasons; i++) {
		if (view->output->reasons[i].battery == index + 1)
			add_reason(reasons, &view->output->reasons[i]);
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
	return view->inverter->connected &&
	       mono_elapsed_ms(time, view->now) <= SNAPSHOT_INVERTER_MS;
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
	snapshot_text(ret->name, sizeof(ret->name), bus->name);
	snapshot_text(ret->device, sizeof(ret->device), bus->device);
	snapshot_text(ret->protocol, sizeof(ret->protocol), bus->protocol);
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
