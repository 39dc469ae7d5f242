/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the life of a bank: readings sane and insane, faults, time
 * that passes, jumps and runs back, settings reloaded within and a little
 * outside their ranges, remote, mode, lines, inverter, an operator's
 * commands (A1-A5, B1-B12, C2-C4, D1, E1-E4, F3). After every step the rules
 * that must hold whatever has happened are checked against what this file
 * itself knows of the bank.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/core/bms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BATTERIES_MAX = 4, STEPS_MAX = 4000 };

/* What a battery would say, what it was heard to say, and when. */
struct pack {
	struct sample sample;
	bool heard;
	mono_t heard_at;
	bool said_known; /* given twice under the settings in force */
	struct sample said;
};

struct life {
	const uint8_t *data;
	size_t size;
	struct settings settings;
	struct bms_state state;
	struct bms_battery *battery;
	struct reason *reason;
	uint32_t n;
	struct pack pack[BATTERIES_MAX];
	struct inverter_reading inverter;
	struct bms_input input;
	struct bms_output out;
	bool pre_alarm;
	mono_t pre_alarm_since;
};

static void must(bool rule)
{
	if (!rule)
		abort();
}

static uint8_t take_byte(struct life *life)
{
	if (life->size == 0)
		return 0;
	life->size--;
	return *life->data++;
}

static int32_t take_i32(struct life *life)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | take_byte(life);
	return (int32_t)value;
}

/* low..high in 256 steps, both included. */
static int32_t take_between(struct life *life, int32_t low, int32_t high)
{
	return low + (high - low) * take_byte(life) / 255;
}

/* A setting of the protection from a little below to a little above. */
static const struct {
	size_t offset;
	int32_t low;
	int32_t high;
} ranges[] = {
#define RANGE(name, low, high) \
	{ offsetof(struct settings_protection, name), low, high }
	RANGE(cell_pre_alarm_mv, 2750, 3250),
	RANGE(cell_low_mv, 2500, 2900),
	RANGE(cell_low_clear_mv, 2800, 3500),
	RANGE(cell_low_hard_mv, 2400, 2700),
	RANGE(cell_high_mv, 3450, 3850),
	RANGE(cell_high_clear_mv, 3250, 3750),
	RANGE(cell_high_hard_mv, 3500, 3900),
	RANGE(charge_temperature_low_dc, -50, 250),
	RANGE(charge_temperature_high_dc, 350, 600),
	RANGE(discharge_temperature_low_dc, -250, 150),
	RANGE(discharge_temperature_high_dc, 350, 600),
	RANGE(release_hold_ms, 0, 60000),
	RANGE(pre_alarm_lead_ms, 0, 60000),
	RANGE(lost_warning_ms, 0, 20000),
	RANGE(lost_alarm_ms, 1000, 40000),
	RANGE(charge_rate_permille, 0, 1100),
	RANGE(discharge_rate_permille, 0, 1100),
#undef RANGE
};

static void reload(struct life *life)
{
	struct settings *s = &life->settings;
	size_t i = take_byte(life) % (ARRAY_SIZE(ranges) + 6);

	/* The readings in use were judged by the settings before. */
	for (uint32_t k = 0; k < life->n; k++)
		life->pack[k].said_known = false;
	if (i < ARRAY_SIZE(ranges)) {
		int32_t value = take_between(life, ranges[i].low,
					     ranges[i].high);

		memcpy((char *)&s->protection + ranges[i].offset, &value,
		       sizeof(value));
		return;
	}
	switch (i - ARRAY_SIZE(ranges)) {
	case 0:
		s->general.nominal_voltage_v = take_byte(life) % 5 * 12;
		break;
	case 1:
		s->general.self_isolating = take_byte(life) & 1;
		break;
	case 2:
		s->protection.discharge_temperature_guard =
			take_byte(life) & 1;
		break;
	case 3:
		s->monitor.low_soc_warning_permille =
			take_between(life, -10, 1010);
		break;
	case 4:
		s->monitor.discharge_floor_permille =
			take_between(life, -10, 1010);
		break;
	default:
		s->inverter.reduced_charge_current_ma =
			take_between(life, 0, 11000);
		break;
	}
}

static void cell(struct life *life, struct sample *s)
{
	uint8_t which = take_byte(life);
	uint16_t mv = (uint16_t)take_between(life, 2300, 4000);

	if (which & 0x80)
		mv = (uint16_t)take_i32(life);
	if (which & 0x40)
		for (size_t i = 0; i < s->n_cells && i < BMS_CELLS_MAX; i++)
			s->cell_mv[i] = mv;
	else
		s->cell_mv[which % BMS_CELLS_MAX] = mv;
}

/* Changes what a battery would say. */
static void change(struct life *life, struct sample *s)
{
	maybe_i32 *const figures[] = {
		&s->voltage_mv, &s->current_ma, &s->soc_permille,
		&s->full_mah, &s->design_mah, &s->charge_limit_ma,
		&s->discharge_limit_ma, &s->balancing,
	};
	uint8_t what = take_byte(life);
	struct sample_temperature *t =
		&s->temperature[what / 16 % BMS_TEMPERATURES_MAX];

	switch (what % 16) {
	case 0:
		s->n_cells = take_byte(life) % (BMS_CELLS_MAX + 2);
		break;
	case 1:
		s->n_temperatures = take_byte(life) %
				    (BMS_TEMPERATURES_MAX + 2);
		break;
	case 2:
		t->role = take_byte(life) % TEMPERATURE_ROLE_COUNT;
		break;
	case 3:
		t->dc = known_i32(take_between(life, -300, 700));
		break;
	case 4:
		t->dc = (maybe_i32){ take_i32(life), take_byte(life) & 1 };
		break;
	case 5:
		s->charge_switch_on = (maybe_i32){ take_byte(life) & 1,
						   what < 192 };
		break;
	case 6:
		s->discharge_switch_on = (maybe_i32){ take_byte(life) & 1,
						      what < 192 };
		break;
	case 7:
		s->protections = take_byte(life) & 1 ?
			(uint32_t)take_i32(life) : 0;
		break;
	case 8:
		s->soc_permille = known_i32(take_between(life, 0, 1000));
		break;
	case 9:
		s->serial[0] = (char)take_byte(life);
		break;
	case 10:
		*figures[what / 16 % ARRAY_SIZE(figures)] =
			(maybe_i32){ take_i32(life), take_byte(life) & 1 };
		break;
	default:
		s->voltage_mv = UNKNOWN_I32;
		cell(life, s);
		break;
	}
}

static bool any_cell(const struct sample *s, bool high, int32_t mv)
{
	for (size_t i = 0; i < s->n_cells; i++) {
		if (high ? s->cell_mv[i] >= mv : s->cell_mv[i] < mv)
			return true;
	}
	return false;
}

static bool temperature_forbids(const struct sample *s, int32_t low,
				int32_t high)
{
	bool any = false;

	for (size_t i = 0; i < s->n_temperatures; i++) {
		const struct sample_temperature *t = &s->temperature[i];

		if (t->role != TEMPERATURE_CELL)
			continue;
		any = true;
		if (!t->dc.known || t->dc.value < low || t->dc.value > high)
			return true;
	}
	return !any;
}

static bool is_open(maybe_i32 closed)
{
	return closed.known && !closed.value;
}

static void check_pack(const struct life *life, const struct pack *p)
{
	const struct settings_protection *s = &life->settings.protection;
	bool isolates = life->settings.general.self_isolating;
	bool charge = life->out.atc_high;
	bool discharge = life->out.atd_high;

	/* B13 has its rules in tests/unit/test-core-property.c. */
	if (life->state.bypass.battery == (uint32_t)(p - life->pack) + 1)
		return;
	if (!p->heard || mono_elapsed_ms(p->heard_at, life->input.now) >=
	    (uint32_t)s->lost_alarm_ms) {
		must(!charge && !discharge);
		return;
	}
	if (!p->said_known)
		return;
	if (charge && !(isolates && is_open(p->said.charge_switch_on))) {
		must(!any_cell(&p->said, true, s->cell_high_mv));
		must(!temperature_forbids(&p->said,
					  s->charge_temperature_low_dc,
					  s->charge_temperature_high_dc));
		must(!is_open(p->said.charge_switch_on));
		must(!(p->said.protections &
		       1u << PROTECTION_CELL_OVERVOLTAGE));
		must(!(p->said.protections & 1u << PROTECTION_SENSOR_FAULT));
	}
	if (!discharge || (isolates && is_open(p->said.discharge_switch_on)))
		return;
	must(!any_cell(&p->said, false, s->cell_low_hard_mv));
	must(!is_open(p->said.discharge_switch_on));
	must(!(p->said.protections & 1u << PROTECTION_CELL_UNDERVOLTAGE));
	must(!s->discharge_temperature_guard ||
	     !temperature_forbids(&p->said, s->discharge_temperature_low_dc,
				  s->discharge_temperature_high_dc));
	if (!any_cell(&p->said, false, s->cell_low_mv + 1))
		return;
	/* B3: low, and yet allowed, only while the lead lasts. */
	must(life->out.pre_alarm_high);
	must(!life->pre_alarm ||
	     mono_elapsed_ms(life->pre_alarm_since, life->input.now) <
	     (uint32_t)s->pre_alarm_lead_ms + 100);
}

static void check_reasons(const struct life *life)
{
	const struct bms_output *out = &life->out;
	bool why_charge = false;
	bool why_discharge = false;
	char text[BMS_REASON_TEXT_SIZE];

	must(out->n_reasons <= bms_reasons_max(life->n));
	for (size_t i = 0; i < out->n_reasons; i++) {
		const struct reason *r = &out->reasons[i];

		why_charge |= r->forbids_charge;
		why_discharge |= r->forbids_discharge;
		must(r->battery <= life->n && r->cell <= BMS_CELLS_MAX);
		must(!mono_before(life->input.now, r->since));
		reason_text(r, text);
		must(memchr(text, '\0', sizeof(text)));
	}
	must(out->atc_high == !why_charge && out->atd_high == !why_discharge);
}

static void check_inverter(const struct life *life)
{
	const struct bms_output *out = &life->out;
	const struct inverter_command *c = &out->inverter;

	must(c->charge_current_ma.known && c->charge_current_ma.value >= 0);
	if (!out->atd_high)
		must(c->state != INVERTER_ON &&
		     c->state != INVERTER_INVERTER_ONLY);
	if (!out->atc_high) {
		must(c->charge_current_ma.value <=
		     life->settings.inverter.reduced_charge_current_ma);
		must(!out->charge_limit_ma.known ||
		     out->charge_limit_ma.value == 0);
	}
	if (c->state == INVERTER_LEAVE)
		must(!out->atd_high && !out->atc_high &&
		     c->charge_current_ma.value == 0);
	must(!out->charge_limit_ma.known || out->charge_limit_ma.value >= 0);
	must(!out->discharge_limit_ma.known ||
	     (out->discharge_limit_ma.value >= 0 &&
	      (out->atd_high || out->discharge_limit_ma.value == 0)));
}

/* B3: low cells alone open ATD only after the pre-alarm's lead. */
static void check_lead(const struct life *life, bool before)
{
	bool low = false;

	for (size_t i = 0; before && i < life->out.n_reasons; i++) {
		const struct reason *r = &life->out.reasons[i];

		if (r->forbids_discharge && r->kind != REASON_CELL_LOW)
			return;
		low |= r->forbids_discharge;
	}
	must(!low || (life->pre_alarm &&
		      mono_elapsed_ms(life->pre_alarm_since,
				      life->input.now) >=
		      (uint32_t)life->settings.protection.pre_alarm_lead_ms));
}

/* E1-E4, F3, B6: what is told can be; the floor is one, for the count and,
 * where nothing else supports that, for the batteries' own figure. */
static void check_charge(const struct life *life)
{
	const struct bms_output *out = &life->out;
	int32_t level = life->settings.monitor.discharge_floor_permille;

	must(!out->soc_permille.known ||
	     (out->soc_permille.value >= 0 &&
	      out->soc_permille.value <= 1000));
	must(!out->consumed_mah.known || out->consumed_mah.value >= 0);
	must(!out->time_remaining_s.known ||
	     (out->time_remaining_s.value >= 0 &&
	      out->time_remaining_s.value <= CHARGE_REMAINING_MAX_S));
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_row *row = &history_rows[i];
		int64_t value;

		must(!history_read(&life->state, (enum history_id)i,
				   &value) ||
		     (value >= row->min && value <= row->max));
	}
	if (level == 0 || !out->atd_high)
		return;
	must(!out->soc_permille.known || out->soc_permille.value > level);
	must(out->soc_anchored || !out->own_soc_permille.known ||
	     out->own_soc_permille.value > level);
}

static void step(struct life *life, const struct bms_report *reports,
		 size_t n, bool only_time)
{
	bool charge = life->out.atc_high;
	bool discharge = life->out.atd_high;
	bool remote_on = life->out.remote_on;

	life->input.reports = reports;
	life->input.n_reports = n;
	memset(&life->out, 0xa5, sizeof(life->out));
	bms_step(&life->state, &life->settings, &life->input, &life->out);
	/* The end of the remote's debounce is news, too. */
	if (only_time && remote_on == life->out.remote_on)
		must((charge || !life->out.atc_high) &&
		     (discharge || !life->out.atd_high));
	check_lead(life, discharge);
	check_reasons(life);
	check_inverter(life);
	check_charge(life);
	for (uint32_t i = 0; i < life->n; i++)
		check_pack(life, &life->pack[i]);
	must(life->out.next.us > life->input.now.us ||
	     life->input.now.us == UINT64_MAX);
	if (life->out.pre_alarm_high && !life->pre_alarm)
		life->pre_alarm_since = life->input.now;
	life->pre_alarm = life->out.pre_alarm_high;
}

static bool can_be_taken(const struct life *life, const struct sample *s)
{
	return s->n_cells > 0 && s->n_cells <= BMS_CELLS_MAX &&
	       s->n_temperatures <= BMS_TEMPERATURES_MAX &&
	       !mono_before(life->input.now, s->time) &&
	       mono_elapsed_ms(s->time, life->input.now) <
	       (uint32_t)life->settings.protection.lost_alarm_ms;
}

static void reload_now(struct life *life)
{
	reload(life);
	step(life, NULL, 0, false);
}

/* One reading, old or from the future by a byte's worth of 100 ms. */
static void read_once(struct life *life, uint32_t battery)
{
	struct pack *p = &life->pack[battery];
	struct bms_report report = { battery, &p->sample, FAULT_TIMEOUT };
	uint64_t late_us = (uint64_t)take_byte(life) * 100000;

	p->sample.time.us = life->input.now.us > late_us ?
		life->input.now.us - late_us : late_us;
	p->said_known = false;
	if (can_be_taken(life, &p->sample)) {
		if (!p->heard || mono_before(p->heard_at, p->sample.time))
			p->heard_at = p->sample.time;
		p->heard = true;
	}
	step(life, &report, 1, false);
}

/* Two readings that agree: whatever they say is used. */
static void read_twice(struct life *life, uint32_t battery)
{
	struct pack *p = &life->pack[battery];
	struct bms_report report = { battery, &p->sample, FAULT_TIMEOUT };
	struct bms_report reports[2] = { report, report };

	p->sample.time = life->input.now;
	if (can_be_taken(life, &p->sample)) {
		p->heard = true;
		p->heard_at = life->input.now;
		p->said = p->sample;
		p->said_known = true;
	}
	step(life, reports, 2, false);
}

static void fault(struct life *life, uint32_t battery)
{
	struct bms_report report = {
		.battery = take_byte(life) & 1 ? battery : take_byte(life),
		.fault = take_byte(life) % SESSION_FAULT_COUNT,
	};

	step(life, &report, 1, true);
}

/* After a clock that ran back every battery has to be heard again. */
static void forget(struct life *life)
{
	for (uint32_t i = 0; i < life->n; i++) {
		life->pack[i].heard = false;
		life->pack[i].said_known = false;
	}
	life->pre_alarm_since = life->input.now;
}

static void pass(struct life *life)
{
	static const uint8_t shifts[] = { 10, 13, 16, 20 };
	uint8_t how = take_byte(life);
	uint64_t us = (uint64_t)take_byte(life) << shifts[how % 4];
	mono_t *now = &life->input.now;
	mono_t before = *now;

	if (how >= 250) {
		now->us = now->us > us ? now->us - us : 0;
		if (mono_before(*now, before))
			forget(life);
	} else if (how >= 248) {
		*now = mono_add_us(*now, us << take_byte(life) % 32);
	} else if (how >= 200 && life->out.next.us != UINT64_MAX &&
		   mono_before(*now, life->out.next)) {
		*now = life->out.next;
	} else {
		*now = mono_add_us(*now, us);
	}
	step(life, NULL, 0, true);
}

static void outside(struct life *life)
{
	struct bms_input *in = &life->input;
	uint8_t what = take_byte(life);

	switch (what % 5) {
	case 4:
		in->command.kind = (enum bms_command_kind)(what / 5 % 5);
		in->command.value = take_between(life, -50, 1050);
		in->command.battery = what / 25 % (BATTERIES_MAX + 1);
		break;
	case 0:
		in->remote_fitted = what & 4;
		in->remote_l = (maybe_i32){ what >> 3 & 1, what & 16 };
		in->remote_h = (maybe_i32){ what >> 5 & 1, what & 64 };
		break;
	case 1:
		in->mode = what >> 2 & 3;
		break;
	case 2:
		in->lines_failed = what & 4;
		in->lines_persist = what & 8;
		break;
	default:
		in->inverter = what & 4 ? &life->inverter : NULL;
		life->inverter.connected = what & 8;
		life->inverter.dc_mv = (maybe_i32){
			take_between(life, 0, 70000), what & 16 };
		life->inverter.dc_time = in->now;
		life->inverter.switch_register = (maybe_i32){
			take_byte(life), what & 32 };
		life->inverter.switch_asked.us = what & 64 ? in->now.us : 0;
		break;
	}
	step(life, NULL, 0, false);
	in->command.kind = BMS_COMMAND_NONE;
}

static void begin(struct life *life)
{
	life->n = take_byte(life) % (BATTERIES_MAX + 1);
	/* Exactly as much as promised, for the sanitizer's sake. */
	life->battery = malloc(life->n * sizeof(*life->battery) + 1);
	life->reason = malloc(bms_reasons_max(life->n) *
			      sizeof(*life->reason));
	must(life->battery && life->reason);
	settings_init(&life->settings);
	bms_init(&life->state, life->battery, life->n, life->reason);
	life->input.now.us = 1000000;
	life->input.mode = BMS_MODE_ON;
	for (uint32_t i = 0; i < life->n; i++) {
		struct sample *s = &life->pack[i].sample;

		s->n_cells = 16;
		s->n_temperatures = 2;
		s->serial[0] = (char)('a' + i);
		s->soc_permille = known_i32(600);
		s->design_mah = known_i32(280000);
		s->temperature[0].dc = known_i32(250);
		s->temperature[1].dc = known_i32(250);
		for (size_t k = 0; k < BMS_CELLS_MAX; k++)
			s->cell_mv[k] = 3300;
	}
}

static void live(struct life *life)
{
	for (int i = 0; life->size > 0 && i < STEPS_MAX; i++) {
		uint8_t what = take_byte(life);
		uint32_t battery = life->n ? what / 8 % life->n : 0;

		if (life->n == 0 || what % 8 == 0)
			pass(life);
		else if (what % 8 == 1)
			read_once(life, battery);
		else if (what % 8 <= 3)
			change(life, &life->pack[battery].sample);
		else if (what % 8 == 4)
			what & 0x80 ? outside(life) : reload_now(life);
		else if (what % 8 == 5)
			fault(life, battery);
		else
			read_twice(life, battery);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct life life;

	life = (struct life){ .data = data, .size = size };
	begin(&life);
	live(&life);
	free(life.battery);
	free(life.reason);
	return 0;
}
