/* SPDX-License-Identifier: MIT */
/* The pages of the project's own service. */
#include "lib/gatt/fill.h"

#include <string.h>

#include "lib/base/utf8.h"
#include "lib/core/arrangement.h"
#include "lib/core/charge.h"

static struct service_number exactly(int64_t value)
{
	return (struct service_number){ true, value };
}

static struct service_number number(maybe_i32 value)
{
	return (struct service_number){ value.known, value.value };
}

/* Of a count that is 0 while it is unknown. */
static struct service_number count(uint32_t n)
{
	return (struct service_number){ n > 0, n };
}

/* In mW; unknown where one of the two is. */
static struct service_number power(const struct bms_output *output)
{
	maybe_i32 mv = output->voltage_mv, ma = output->current_ma;

	return (struct service_number){
		mv.known && ma.known, (int64_t)mv.value * ma.value / 1000
	};
}

static const char *reasons(const struct bms_output *output,
			   enum show_reasons which, uint32_t battery,
			   char buf[SERVICE_VALUE_MAX + 1])
{
	struct text t = text_in(buf, SERVICE_VALUE_MAX + 1);

	service_reasons(output, which, battery, &t);
	return buf;
}

static void fill_status(const struct fill_source *source,
			struct fill_texts *texts, struct service_values *ret)
{
	const struct bms_output *output = source->output;
	struct text codes = text_in(texts->codes, sizeof(texts->codes));

	service_codes(output->codes, &codes);
	ret->codes = texts->codes;
	ret->soc_permille = number(output->soc_permille);
	ret->voltage_mv = number(output->voltage_mv);
	ret->current_ma = number(output->current_ma);
	ret->power_mw = power(output);
	ret->consumed_mah = number(output->consumed_mah);
	ret->time_remaining_s = number(output->time_remaining_s);
	ret->mode = show_mode_name(source->mode);
	ret->allowed_to_charge = show_allowed_to_charge(output);
	ret->allowed_to_discharge = show_allowed_to_discharge(output);
	ret->charge_reasons = reasons(output, SHOW_REASONS_CHARGE, 0,
				      texts->charge_reasons);
	ret->discharge_reasons = reasons(output, SHOW_REASONS_DISCHARGE, 0,
					 texts->discharge_reasons);
	ret->pre_alarm = source->pre_alarm;
	ret->remote_on = exactly(output->remote_on);
	ret->updating = exactly(output->updating);
	ret->charge_limit_ma = number(output->charge_limit_ma);
	ret->discharge_limit_ma = number(output->discharge_limit_ma);
}

static void fill_bank(const struct bms_output *output,
		      struct service_values *ret)
{
	ret->balancer = balancer_names[output->balancer];
	ret->min_cell_mv = number(output->min_cell.value);
	ret->max_cell_mv = number(output->max_cell.value);
	ret->min_temperature_dc = number(output->min_temperature.value);
	ret->max_temperature_dc = number(output->max_temperature.value);
	ret->batteries = count(output->batteries);
	ret->cells = count(output->cells);
	ret->series = count(output->series);
	ret->parallel = count(output->parallel);
	ret->nominal_mv = number(output->nominal_mv);
	ret->capacity_mah = number(output->capacity_mah);
}

static void fill_record(const struct bms_battery *battery,
			struct service_record *ret)
{
	const struct sample *sample = show_sample(battery);
	maybe_i32 dc[BMS_TEMPERATURES_MAX];
	maybe_i32 warmest;
	uint16_t min = sample->cell_mv[0], max = sample->cell_mv[0];

	for (uint32_t i = 1; i < sample->n_cells && i < BMS_CELLS_MAX; i++) {
		if (sample->cell_mv[i] < min)
			min = sample->cell_mv[i];
		if (sample->cell_mv[i] > max)
			max = sample->cell_mv[i];
	}
	(void)show_cell_temperatures(sample, dc, &warmest);
	*ret = (struct service_record){
		.online = exactly(battery->online),
		.charge_allowed = exactly(show_battery_charge(battery)),
		.discharge_allowed = exactly(show_battery_discharge(battery)),
		.bypassed = exactly(battery->bypassed),
		.soc_permille = number(sample->soc_permille),
		.min_cell_mv = { sample->n_cells > 0, min },
		.max_cell_mv = { sample->n_cells > 0, max },
		.temperature_dc = number(warmest),
	};
}

static void fill_reading(const struct sample *sample,
			 struct service_values *ret)
{
	maybe_i32 warmest;

	ret->battery_mv = number(sample->voltage_mv);
	ret->battery_ma = number(sample->current_ma);
	ret->battery_soc_permille = number(sample->soc_permille);
	for (uint32_t i = 0; i < sample->n_cells && i < BMS_CELLS_MAX; i++)
		ret->cell_mv.value[ret->cell_mv.n++] =
			known_i32(sample->cell_mv[i]);
	ret->cell_dc.n = (uint8_t)show_cell_temperatures(
		sample, ret->cell_dc.value, &warmest);
	ret->battery_dc = number(warmest);
}

/* Who it is stays shown while it is silent. */
static void fill_battery(const struct fill_source *source, uint32_t n,
			 struct fill_texts *texts, struct service_values *ret)
{
	const struct bms_battery *battery;
	const struct sample *last;

	ret->selected = exactly(n);
	if (n < 1 || n > source->state->n_batteries)
		return;
	battery = &source->state->battery[n - 1];
	last = &battery->sample;
	utf8_copy(texts->serial, sizeof(texts->serial), last->serial);
	utf8_copy(texts->model, sizeof(texts->model), last->model);
	utf8_copy(texts->firmware, sizeof(texts->firmware), last->firmware);
	ret->serial = texts->serial;
	ret->model = texts->model;
	ret->firmware = texts->firmware;
	ret->reasons = reasons(source->output, SHOW_REASONS_BATTERY, n,
			       texts->reasons);
	ret->battery_capacity_mah = number(battery_capacity_mah(battery));
	ret->cycles = number(last->cycles);
	fill_reading(show_sample(battery), ret);
}

static void fill_history(const struct bms_state *state,
			 struct service_values *ret)
{
	for (uint32_t i = 0; i < HISTORY_COUNT; i++)
		ret->history[i].known = history_read(
			state, (enum history_id)i, &ret->history[i].value);
}

static void fill_settings(const struct settings *settings,
			  struct service_values *ret)
{
	const struct settings_monitor *m = &settings->monitor;

	ret->charged_voltage = exactly(charge_full_mv(m));
	ret->tail_current = exactly(m->tail_current_permille);
	ret->charged_time = exactly(m->charged_detection_time_ms);
	ret->low_soc_warning = exactly(m->low_soc_warning_permille);
	ret->discharge_floor = exactly(m->discharge_floor_permille);
	ret->bluetooth = exactly(settings->bluetooth.enabled);
}

void fill_service(const struct fill_source *source, uint32_t battery,
		  struct fill_texts *texts, struct service_values *ret)
{
	const struct bms_state *state = source->state;

	memset(ret, 0, sizeof(*ret));
	fill_status(source, texts, ret);
	fill_bank(source->output, ret);
	while (ret->n_records < state->n_batteries &&
	       ret->n_records < FILL_RECORDS_MAX) {
		fill_record(&state->battery[ret->n_records],
			    &texts->record[ret->n_records]);
		ret->n_records++;
	}
	ret->record = texts->record;
	fill_battery(source, battery, texts, ret);
	fill_history(state, ret);
	fill_settings(source->settings, ret);
}
