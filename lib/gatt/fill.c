/* SPDX-License-Identifier: MIT */
#include "lib/gatt/fill.h"

#include <string.h>

#include "lib/core/charge.h"

static const char maker[] = "vebus-bms-ng";
static const char model[] = "BMS for LiFePO4 and VE.Bus";

/* Bits of the alarm reason, interop.md 1.5; of record 02. */
enum {
	REASON_BIT_LOW_V = 0x0001,
	REASON_BIT_HIGH_V = 0x0002,
	REASON_BIT_LOW_SOC = 0x0004,
	REASON_BIT_LOW_T = 0x0020,
	REASON_BIT_HIGH_T = 0x0040,
	/* BMS lockout: more than 0x2000 breaks readers (1.7). */
	REASON_BIT_LOCKOUT = 0x2000,
};

/* BMS flags, VREG 0x2100, interop.md 1.5; of record 05. */
enum {
	FLAG_FULL = 1 << 0,
	FLAG_CHARGING = 1 << 4,
	FLAG_DISCHARGING = 1 << 5,
	FLAG_BALANCING = 1 << 6,
	FLAG_ALARM_HIGH_CELL = 1 << 9,
	FLAG_ALARM_LOW_CELL = 1 << 11,
	FLAG_WARN_LOW_CELL = 1 << 12,
	FLAG_WARN_CHARGE_CURRENT = 1 << 13,
	FLAG_WARN_DISCHARGE_CURRENT = 1 << 14,
	FLAG_ALARM_HIGH_T = 1 << 15,
	FLAG_ALARM_CHARGE_LOW_T = 1 << 18,
	FLAG_ALARM_DISCHARGE_LOW_T = 1 << 20,
	FLAG_LOW_SOC = 1 << 21,
	FLAG_HARDWARE = 1 << 24,
	FLAG_ATC = 1 << 25,
	FLAG_ATD = 1 << 26,
	FLAG_PRE_ALARM = 1 << 27,
};

/* Errors of a SmartLithium, there. */
enum { ERROR_LINK = 1 << 1, ERROR_VOLTAGE = 1 << 3, ERROR_SETTINGS = 1 << 7 };

enum fault { NO_FAULT, BATTERY_FAULT, OTHER_FAULT };

#define LEVEL(name) offsetof(struct readout_values, name)

/* What a code is called elsewhere. The first that is active gives the error
 * number; of two levels the worse counts. */
static const struct meaning {
	enum code code;
	uint8_t error;           /* interop.md 1.5; 0: none */
	size_t level;            /* which of struct readout_values ... */
	enum readout_level is;   /* ... is this; READOUT_OK: none of them */
	int32_t alarm_reason;
	int32_t flags;
	int32_t error_flags;
	enum standard_level charge;
	enum fault fault;
} meanings[] = {
	/* ATC/ATD output failure */
	{ .code = CODE_E_B11, .error = 36, .flags = FLAG_HARDWARE,
	  .alarm_reason = REASON_BIT_LOCKOUT, .fault = OTHER_FAULT },
	/* settings invalid */
	{ .code = CODE_E_B01, .error = 119, .error_flags = ERROR_SETTINGS,
	  .alarm_reason = REASON_BIT_LOCKOUT, .fault = BATTERY_FAULT },
	{ .code = CODE_E_B05, .error = 119, .error_flags = ERROR_SETTINGS,
	  .alarm_reason = REASON_BIT_LOCKOUT, .fault = BATTERY_FAULT },
	/* wrong system voltage */
	{ .code = CODE_E_B09, .error = 34, .error_flags = ERROR_VOLTAGE,
	  .alarm_reason = REASON_BIT_LOCKOUT, .fault = BATTERY_FAULT },
	/* battery communication */
	{ .code = CODE_A_B05, .error = 23, .error_flags = ERROR_LINK,
	  .level = LEVEL(cable), .is = READOUT_ALARM,
	  .alarm_reason = REASON_BIT_LOCKOUT, .fault = BATTERY_FAULT },
	/* under-voltage */
	{ .code = CODE_A_B01, .error = 14, .flags = FLAG_ALARM_LOW_CELL,
	  .level = LEVEL(low_cell), .is = READOUT_ALARM,
	  .alarm_reason = REASON_BIT_LOW_V,
	  .charge = STANDARD_LEVEL_CRITICAL },
	{ .code = CODE_A_B08, .error = 14, .flags = FLAG_ALARM_LOW_CELL,
	  .alarm_reason = REASON_BIT_LOW_V,
	  .charge = STANDARD_LEVEL_CRITICAL },
	/* over-voltage */
	{ .code = CODE_A_X02, .error = 13, .flags = FLAG_ALARM_HIGH_CELL,
	  .alarm_reason = REASON_BIT_HIGH_V },
	/* over-temperature */
	{ .code = CODE_A_B09, .error = 15, .flags = FLAG_ALARM_HIGH_T,
	  .level = LEVEL(high_temperature), .is = READOUT_ALARM,
	  .alarm_reason = REASON_BIT_HIGH_T },
	{ .code = CODE_A_B07, .flags = FLAG_LOW_SOC,
	  .level = LEVEL(low_soc), .is = READOUT_ALARM,
	  .alarm_reason = REASON_BIT_LOW_SOC,
	  .charge = STANDARD_LEVEL_CRITICAL },
	{ .code = CODE_E_X01, .fault = OTHER_FAULT },
	{ .code = CODE_A_X01, .fault = OTHER_FAULT },
	{ .code = CODE_A_X03, .fault = OTHER_FAULT },
	{ .code = CODE_W_B01, .flags = FLAG_WARN_LOW_CELL,
	  .level = LEVEL(low_cell), .is = READOUT_WARNING,
	  .charge = STANDARD_LEVEL_LOW },
	{ .code = CODE_W_B05, .error_flags = ERROR_LINK,
	  .level = LEVEL(cable), .is = READOUT_WARNING },
	{ .code = CODE_W_B07, .flags = FLAG_LOW_SOC,
	  .level = LEVEL(low_soc), .is = READOUT_WARNING,
	  .charge = STANDARD_LEVEL_LOW },
	{ .code = CODE_W_X04, .flags = FLAG_WARN_CHARGE_CURRENT,
	  .level = LEVEL(high_current), .is = READOUT_WARNING },
	{ .code = CODE_W_X05, .flags = FLAG_WARN_DISCHARGE_CURRENT,
	  .level = LEVEL(high_current), .is = READOUT_WARNING },
	/* Readers have no word for these. */
	{ .code = CODE_W_X01 }, { .code = CODE_W_X02 },
	{ .code = CODE_W_X03 }, { .code = CODE_W_X06 },
	{ .code = CODE_W_X07 }, { .code = CODE_W_X08 },
};

_Static_assert(ARRAY_SIZE(meanings) == CODE_COUNT, "a row for every code");

/* Cold gives no code: charging waits for spring. Where it disconnects the
 * loads, it is told. */
static const struct cold {
	enum reason_kind kind;
	uint8_t error; /* under-temperature */
	int32_t alarm_reason;
	int32_t flags;
} colds[] = {
	{ REASON_DISCHARGE_COLD, 16, REASON_BIT_LOW_T,
	  FLAG_ALARM_DISCHARGE_LOW_T },
	{ REASON_CHARGE_COLD, 0, 0, FLAG_ALARM_CHARGE_LOW_T },
};

/* Nothing is wrong where one of these forbids discharge. */
static const enum reason_kind harmless[] = {
	REASON_UNKNOWN, REASON_UPDATE, REASON_REMOTE_OFF, REASON_MODE,
};

static const int32_t balancers[] = {
	[BALANCER_UNKNOWN] = 0,
	[BALANCER_BALANCED] = 1,
	[BALANCER_BALANCING] = 2,
	[BALANCER_IMBALANCED] = 3,
};

_Static_assert(ARRAY_SIZE(balancers) == BALANCER_STATUS_COUNT,
	       "a number for every status");

uint8_t fill_error(enum code code)
{
	uint8_t error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].code == code)
			error = meanings[i].error;
	return error;
}

static bool is_active(const struct fill_source *source,
		      const struct meaning *meaning)
{
	return source->output->codes & CODE_BIT(meaning->code);
}

/* Fine, where what it is about is known at all. */
static maybe_i32 fine_if(bool known)
{
	return known ? known_i32(READOUT_OK) : UNKNOWN_I32;
}

/* For the loads: about to be, or have been, disconnected for a cause. */
static maybe_i32 load_disconnect(const struct bms_output *output)
{
	bool wrong = false;

	if (output->atd_high)
		return known_i32(output->pre_alarm_high ? READOUT_WARNING :
							  READOUT_OK);
	for (size_t i = 0; i < output->n_reasons; i++) {
		const struct reason *reason = &output->reasons[i];
		bool is_harmless = !reason->forbids_discharge;

		for (size_t j = 0; j < ARRAY_SIZE(harmless); j++)
			is_harmless = is_harmless ||
				      reason->kind == harmless[j];
		wrong = wrong || !is_harmless;
	}
	return wrong ? known_i32(READOUT_ALARM) : UNKNOWN_I32;
}

static void fill_levels(const struct fill_source *source,
			struct readout_values *ret)
{
	const struct bms_output *output = source->output;
	bool all = source->state->all_online;

	/* The lowest cell of those that are heard may not be the lowest. */
	ret->low_cell = fine_if(all && output->min_cell.value.known);
	ret->high_current = fine_if(output->current_ma.known);
	ret->cable = fine_if(all);
	ret->low_soc = fine_if(output->soc_permille.known);
	ret->high_temperature =
		fine_if(all && output->max_temperature.value.known);
	ret->load_disconnect = load_disconnect(output);
	/* From the least to the worst. */
	for (size_t i = ARRAY_SIZE(meanings); i-- > 0;) {
		const struct meaning *m = &meanings[i];
		maybe_i32 is = known_i32((int32_t)m->is);

		if (m->is != READOUT_OK && is_active(source, m))
			memcpy((char *)ret + m->level, &is, sizeof(is));
	}
}

static int32_t flags_of(const struct bms_output *output)
{
	int32_t flags = 0;

	if (output->soc_permille.known && output->soc_permille.value >= 1000)
		flags |= FLAG_FULL;
	if (output->balancing)
		flags |= FLAG_BALANCING;
	if (output->atc_high)
		flags |= FLAG_ATC;
	if (output->atd_high)
		flags |= FLAG_ATD;
	if (output->pre_alarm_high)
		flags |= FLAG_PRE_ALARM;
	return flags;
}

/* What flows less than CHARGE_DRAWN_MA is what sensors make of none. */
static enum standard_charge charge_of(const struct bms_output *output)
{
	if (!output->current_ma.known)
		return STANDARD_CHARGE_UNKNOWN;
	if (output->current_ma.value >= CHARGE_DRAWN_MA)
		return STANDARD_CHARGING;
	return output->current_ma.value <= -CHARGE_DRAWN_MA ?
	       STANDARD_DISCHARGING : STANDARD_IDLE;
}

static void fill_numbers(const struct fill_source *source,
			 struct readout_values *ret)
{
	const struct bms_output *output = source->output;
	enum standard_charge charge = charge_of(output);
	int32_t error = 0, reason = 0, faults = 0;
	int32_t flags = flags_of(output);

	if (charge == STANDARD_CHARGING)
		flags |= FLAG_CHARGING;
	if (charge == STANDARD_DISCHARGING)
		flags |= FLAG_DISCHARGING;
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		const struct meaning *m = &meanings[i];

		if (!is_active(source, m))
			continue;
		error = error ? error : m->error;
		reason = reason ? reason : m->alarm_reason;
		flags |= m->flags;
		faults |= m->error_flags;
	}
	for (size_t i = 0; i < output->n_reasons; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(colds); j++) {
			if (output->reasons[i].kind != colds[j].kind)
				continue;
			error = error ? error : colds[j].error;
			reason = reason ? reason : colds[j].alarm_reason;
			flags |= colds[j].flags;
		}
	}
	ret->error = known_i32(error);
	ret->alarm_reason = known_i32(reason);
	ret->bms_flags = known_i32(flags);
	ret->error_flags = known_i32(faults);
}

static void fill_cells(const struct fill_source *source,
		       struct readout_values *ret)
{
	uint32_t n = 0;

	if (source->output->cells > READOUT_CELLS) {
		ret->cell_mv[0] = source->output->min_cell.value;
		ret->cell_mv[1] = source->output->max_cell.value;
		return;
	}
	for (uint32_t b = 0; b < source->state->n_batteries; b++) {
		const struct sample *sample =
			show_sample(&source->state->battery[b]);

		for (uint32_t i = 0; i < sample->n_cells &&
				     n < READOUT_CELLS; i++)
			ret->cell_mv[n++] = known_i32(sample->cell_mv[i]);
	}
}

void fill_readout(const struct fill_source *source,
		  struct readout_values *ret)
{
	const struct bms_output *output = source->output;

	memset(ret, 0, sizeof(*ret));
	ret->voltage_mv = output->voltage_mv;
	ret->current_ma = output->current_ma;
	ret->soc_permille = output->soc_permille;
	ret->consumed_mah = output->consumed_mah;
	ret->time_remaining_s = output->time_remaining_s;
	ret->temperature_dc = output->max_temperature.value;
	ret->charge_allowed = known_i32(output->atc_high);
	ret->discharge_allowed = known_i32(output->atd_high);
	ret->remote_on = known_i32(output->remote_on);
	ret->balancer = known_i32(balancers[output->balancer]);
	fill_levels(source, ret);
	fill_numbers(source, ret);
	fill_cells(source, ret);
}

/* What the counts say is left, at the nominal voltage. */
static maybe_i32 energy_wh(const struct bms_output *output)
{
	int64_t wh;

	if (!output->soc_permille.known || !output->capacity_mah.known ||
	    !output->nominal_mv.known)
		return UNKNOWN_I32;
	wh = (int64_t)output->capacity_mah.value * output->nominal_mv.value /
	     1000000 * output->soc_permille.value / 1000;
	return known_i32(wh > INT32_MAX ? INT32_MAX : (int32_t)wh);
}

/* The least of all; unknown where a battery does not tell. */
static maybe_i32 health_permille(const struct bms_state *state)
{
	maybe_i32 least = UNKNOWN_I32;

	for (uint32_t i = 0; i < state->n_batteries; i++) {
		maybe_i32 soh = show_sample(&state->battery[i])->soh_permille;

		if (!soh.known)
			return UNKNOWN_I32;
		if (!least.known || soh.value < least.value)
			least = soh;
	}
	return least;
}

static maybe_i32 cycles(const struct bms_state *state)
{
	int64_t n = 0;

	/* A sum is always known, and no more than its row allows. */
	(void)history_read(state, HISTORY_CYCLES, &n);
	return known_i32((int32_t)n);
}

static maybe_i32 mains(const struct fill_source *source)
{
	const struct inverter_reading *reading = source->inverter;

	if (!reading || !show_inverter_fresh(reading, reading->ac_time,
					     source->now))
		return UNKNOWN_I32;
	return reading->mains_present;
}

static void fill_state(const struct fill_source *source,
		       struct standard_values *ret)
{
	const struct bms_output *output = source->output;

	ret->charge = charge_of(output);
	ret->level = output->soc_permille.known ? STANDARD_LEVEL_GOOD :
						  STANDARD_LEVEL_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		const struct meaning *m = &meanings[i];

		if (!is_active(source, m))
			continue;
		if (m->charge > ret->level)
			ret->level = m->charge;
		ret->battery_fault |= m->fault == BATTERY_FAULT;
		ret->other_fault |= m->fault == OTHER_FAULT;
		ret->service |= m->fault != NO_FAULT;
	}
	ret->critical = output->pre_alarm_high ||
			ret->level == STANDARD_LEVEL_CRITICAL;
}

void fill_standard(const struct fill_source *source,
		   struct standard_values *ret)
{
	const struct bms_output *output = source->output;

	memset(ret, 0, sizeof(*ret));
	ret->soc_permille = output->soc_permille;
	ret->voltage_mv = output->voltage_mv;
	ret->current_ma = output->current_ma;
	ret->energy_wh = energy_wh(output);
	ret->time_remaining_s = output->time_remaining_s;
	ret->temperature_dc = output->max_temperature.value;
	ret->health_permille = health_permille(source->state);
	ret->cycles = cycles(source->state);
	ret->mains = mains(source);
	fill_state(source, ret);
	ret->maker = maker;
	ret->model = model;
	ret->serial = source->serial;
	ret->software = source->version;
}
