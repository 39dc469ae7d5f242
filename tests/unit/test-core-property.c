/* SPDX-License-Identifier: MIT */
/*
 * Random histories of a bank. After every step the rules that must hold
 * whatever has happened are checked against what the test itself knows of
 * the bank, not against what the core says of it (B1-B12, D1, E1-E4).
 */
#include <string.h>

#include "lib/core/bypass.h"
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

enum { N_MAX = 6, STEPS = 4000, HISTORIES = 60 };

static uint64_t seed;
static struct bank bank;

static int64_t pick(int64_t low, int64_t high)
{
	return unit_between(&seed, low, high);
}

/* The test's own memory of what each battery last said and when. */
static struct model {
	bool heard;
	mono_t time;
	struct sample said;
} model[N_MAX];

static mono_t pre_alarm_since;
static bool pre_alarm;

static uint32_t bypassed; /* from 1; 0: none */
static mono_t bypass_end;

static bool updating; /* H1 */
static mono_t update_end;
static unsigned int kept;

static void random_cells(struct sample *s)
{
	static const uint16_t levels[] = {
		2400, 2499, 2500, 2501, 2700, 2800, 2801, 3000, 3100, 3101,
		3149, 3150, 3199, 3200, 3300, 3599, 3600, 3700, 3749, 3750,
		3800, 3801, 3900,
	};
	int32_t sum = 0;
	uint16_t base = (uint16_t)pick(3200, 3500);

	for (size_t i = 0; i < s->n_cells; i++)
		s->cell_mv[i] = base;
	if (pick(0, 3) == 0)
		s->cell_mv[pick(0, s->n_cells - 1)] =
			levels[pick(0, ARRAY_SIZE(levels) - 1)];
	for (size_t i = 0; i < s->n_cells; i++)
		sum += s->cell_mv[i];
	s->voltage_mv = known_i32(sum);
}

/* A change of the world, rarely a drastic one. */
static void mutate(uint32_t battery)
{
	struct sample *s = &bank.sample[battery];

	switch (pick(0, 21)) {
	case 0:
		bank_temperature(&bank, battery, (int32_t)pick(-300, 700));
		break;
	case 1:
		s->charge_switch_on = known_i32(pick(0, 3) > 0);
		break;
	case 2:
		s->discharge_switch_on = known_i32(pick(0, 3) > 0);
		break;
	case 3:
		s->protections = pick(0, 2) ? 0 :
			1u << pick(0, PROTECTION_COUNT - 1);
		break;
	case 4:
		s->soc_permille = pick(0, 4) ?
			known_i32((int32_t)pick(0, 1000)) : UNKNOWN_I32;
		break;
	case 5:
		bank.silent[battery] = pick(0, 1);
		break;
	case 6:
		s->temperature[pick(0, 1)].dc =
			pick(0, 3) ? known_i32(250) : UNKNOWN_I32;
		break;
	case 7:
	case 8:
	case 9:
		random_cells(s);
		break;
	case 10:
		bank_temperature(&bank, battery, 250);
		s->charge_switch_on = known_i32(1);
		s->discharge_switch_on = known_i32(1);
		s->protections = 0;
		s->soc_permille = known_i32(600);
		bank.silent[battery] = false;
		bank_cells(&bank, battery, 3300);
		break;
	case 11:
		s->current_ma = pick(0, 9) ?
			known_i32((int32_t)pick(-600000, 600000)) :
			UNKNOWN_I32;
		break;
	case 12:
		/* Where a bank becomes full. */
		for (uint32_t i = 0; i < bank.n; i++) {
			bank.sample[i].current_ma = known_i32(5000);
			bank_cells(&bank, i, 3510);
		}
		break;
	default:
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

static bool temperature_forbids_charge(const struct sample *s)
{
	for (size_t i = 0; i < s->n_temperatures; i++) {
		const maybe_i32 *dc = &s->temperature[i].dc;

		if (!dc->known || dc->value < 50 || dc->value > 500)
			return true;
	}
	return s->n_temperatures == 0;
}

static bool is_heard(uint32_t i)
{
	return model[i].heard &&
	       mono_elapsed_ms(model[i].time, bank.input.now) < 15000;
}

/* B13: a battery that is not heard needs others with room to spare. */
static void check_others(uint32_t i)
{
	for (uint32_t k = 0; k < bank.n; k++) {
		if (k == i)
			continue;
		ck_assert(!bank.out.atd_high ||
			  !any_cell(&model[k].said, false, 3200));
		ck_assert(!bank.out.atc_high ||
			  !any_cell(&model[k].said, true, 3451));
	}
	ck_assert(bank.n > 1 || (!bank.out.atc_high && !bank.out.atd_high));
}

/* B13: whatever an operator has asked for. */
static void check_bypassed(uint32_t i)
{
	const struct sample *s = &model[i].said;

	if (!is_heard(i)) {
		check_others(i);
		return;
	}
	ck_assert(!bank.out.atd_high || !any_cell(s, false, 2500));
	ck_assert(!bank.out.atc_high || !any_cell(s, true, 3801));
	for (size_t k = 0; bank.out.atc_high && k < s->n_temperatures; k++) {
		const maybe_i32 *dc = &s->temperature[k].dc;

		ck_assert(!dc->known || (dc->value >= 50 && dc->value <= 500));
	}
}

/* H1: an update forbids charge, and keeps who was allowed to discharge. */
static void follow_update(void)
{
	if (bank.input.command.kind == BMS_COMMAND_BEGIN_UPDATE) {
		updating = true;
		update_end = mono_add_ms(bank.input.now, 900000);
	} else if (bank.input.command.kind == BMS_COMMAND_END_UPDATE ||
		   mono_reached(bank.input.now, update_end)) {
		updating = false;
	}
	ck_assert_int_eq(bank.out.updating, updating);
	ck_assert(!updating || !bank.out.atc_high);
}

static bool may_be_kept(uint32_t i, bool before)
{
	return updating && before && model[i].heard &&
	       mono_elapsed_ms(model[i].time, bank.input.now) < 120000 &&
	       !any_cell(&model[i].said, false, 3101);
}

/* What a reading that was taken forbids, by the words of the contract. */
static void check_battery(uint32_t i, bool before)
{
	const struct model *m = &model[i];
	const struct sample *s = &m->said;
	bool charge = bank.out.atc_high;
	bool discharge = bank.out.atd_high;

	if (!is_heard(i) && may_be_kept(i, before)) {
		kept += discharge;
		return;
	}
	if (bypassed == i + 1 && mono_before(bank.input.now, bypass_end)) {
		check_bypassed(i);
		return;
	}
	if (!is_heard(i)) {
		ck_assert_msg(!charge && !discharge,
			      "battery %u unheard, yet allowed", i + 1);
		return;
	}
	ck_assert_msg(!charge || !any_cell(s, true, 3750),
		      "battery %u: high cell, yet charge", i + 1);
	ck_assert_msg(!charge || !temperature_forbids_charge(s),
		      "battery %u: temperature, yet charge", i + 1);
	ck_assert_msg(!discharge || !any_cell(s, false, 2500),
		      "battery %u: under the hard floor, yet discharge",
		      i + 1);
	ck_assert(!charge || s->charge_switch_on.value);
	ck_assert(!discharge || s->discharge_switch_on.value);
	ck_assert(!charge ||
		  !(s->protections & 1u << PROTECTION_CELL_OVERVOLTAGE));
	ck_assert(!discharge ||
		  !(s->protections & 1u << PROTECTION_CELL_UNDERVOLTAGE));
	if (any_cell(s, false, 2801) && pre_alarm &&
	    mono_elapsed_ms(pre_alarm_since, bank.input.now) > 30100)
		ck_assert_msg(!discharge, "battery %u: low after the lead",
			      i + 1);
}

/* F4: codes come with the reasons that give them, except a warning of what
 * forbids nothing and what is not of the batteries or the lines. */
static void check_codes(void)
{
	const code_set alone = CODE_BIT(CODE_W_B05) | CODE_BIT(CODE_W_X01) |
			       CODE_BIT(CODE_W_X02) | CODE_BIT(CODE_W_X03) |
			       CODE_BIT(CODE_A_X01);
	code_set given = 0;

	for (size_t i = 0; i < bank.out.n_reasons; i++)
		given |= bank.out.reasons[i].codes;
	ck_assert_uint_eq(given | (bank.out.codes & alone), bank.out.codes);
}

/* Any forbidden direction says why; the inverter follows the lines. */
static void check_output(void)
{
	const struct bms_output *out = &bank.out;
	bool why_charge = false;
	bool why_discharge = false;

	for (size_t i = 0; i < out->n_reasons; i++) {
		why_charge |= out->reasons[i].forbids_charge;
		why_discharge |= out->reasons[i].forbids_discharge;
	}
	ck_assert_int_eq(out->atc_high, !why_charge);
	ck_assert_int_eq(out->atd_high, !why_discharge);
	ck_assert_uint_le(out->n_reasons, bms_reasons_max(bank.n));
	if (!out->atd_high)
		ck_assert(out->inverter.state != INVERTER_ON &&
			  out->inverter.state != INVERTER_INVERTER_ONLY);
	if (!out->atc_high)
		ck_assert_int_le(out->inverter.charge_current_ma.value, 5000);
	if (!out->atc_high && out->charge_limit_ma.known)
		ck_assert_int_eq(out->charge_limit_ma.value, 0);
	ck_assert(mono_before(bank.input.now, out->next) ||
		  out->next.us == UINT64_MAX);
}

/* B3: low cells alone open ATD only after 30 s of pre-alarm. */
static void check_lead(bool before)
{
	const struct bms_output *out = &bank.out;
	bool low = false;

	for (size_t i = 0; before && i < out->n_reasons; i++) {
		const struct reason *r = &out->reasons[i];

		if (r->forbids_discharge && r->kind != REASON_CELL_LOW)
			return;
		low |= r->forbids_discharge;
	}
	ck_assert_msg(!low || (pre_alarm && mono_elapsed_us(
		pre_alarm_since, bank.input.now) >= 30000000),
		"the lead was cut short");
}

/* B6, E1-E4: an operator's word or a full charge is believed alone, else
 * no figure at or below the floor lets the loads on. */
static void check_charge(void)
{
	const struct bms_output *out = &bank.out;
	maybe_i32 own = out->own_soc_permille;
	maybe_i32 soc = out->soc_permille;

	for (uint32_t i = 0; i < bank.n; i++) {
		const struct bms_battery *b = &bank.battery[i];

		ck_assert(!b->charge.known ||
			  (b->charge.count >= 0 &&
			   b->charge.count <= 280000 * CHARGE_PER_MAH));
	}
	ck_assert(!soc.known || (soc.value >= 0 && soc.value <= 1000));
	ck_assert_msg(!out->atd_high || !soc.known || soc.value > 100,
		      "at the floor, yet discharge");
	ck_assert_msg(!out->atd_high || out->soc_anchored || !own.known ||
		      own.value > 100, "the packs are empty, yet discharge");
	if (out->consumed_mah.known)
		ck_assert(out->consumed_mah.value >= 0 &&
			  out->consumed_mah.value <=
			  out->capacity_mah.value);
	if (out->time_remaining_s.known)
		ck_assert(out->time_remaining_s.value >= 0 &&
			  out->time_remaining_s.value <=
			  CHARGE_REMAINING_MAX_S);
	ck_assert(out->balancer == BALANCER_UNKNOWN || soc.known);
}

static void check_all(bool atd_before)
{
	check_lead(atd_before);
	check_charge();
	follow_update();
	for (uint32_t i = 0; i < bank.n; i++)
		check_battery(i, atd_before);
	check_output();
	check_codes();
	if (bank.out.pre_alarm_high && !pre_alarm)
		pre_alarm_since = bank.input.now;
	pre_alarm = bank.out.pre_alarm_high;
}

static void begin(void)
{
	bank_init(&bank, (uint32_t)pick(1, N_MAX));
	memset(model, 0, sizeof(model));
	pre_alarm = false;
	bypassed = 0;
	updating = false;
}

/* Only readings that the contract says are used at once are made here:
 * one that jumps needs a second, so it is given twice. */
static void read_twice(uint32_t battery)
{
	for (int k = 0; k < 2; k++) {
		bool before = bank.out.atd_high;

		bank.input.now = mono_add_ms(bank.input.now, 1);
		bank_read(&bank, battery);
		if (k == 1) {
			model[battery].heard = true;
			model[battery].time = bank.input.now;
			model[battery].said = bank.sample[battery];
			check_all(before);
		} else {
			check_lead(before);
			if (bank.out.pre_alarm_high && !pre_alarm)
				pre_alarm_since = bank.input.now;
			pre_alarm = bank.out.pre_alarm_high;
		}
	}
}

/* B13: an operator bypasses some battery, or ends that. */
static void operate(void)
{
	uint32_t battery = (uint32_t)pick(1, bank.n);
	uint32_t seconds = (uint32_t)pick(0, 100);
	bool before = bank.out.atd_high;
	bool taken = bypass_judge(&bank.state, battery, seconds) ==
		     BYPASS_ACCEPTED;

	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BYPASS, .value = (int32_t)seconds,
		.battery = battery,
	};
	bank_step_only(&bank);
	if (taken) {
		bypassed = battery;
		bypass_end = mono_add_ms(bank.input.now, seconds * 1000);
	}
	check_all(before);
}

static void live(void)
{
	uint32_t battery = (uint32_t)pick(0, bank.n - 1);
	bool before, charge_before;

	if (pick(0, 60) == 0)
		operate();
	before = bank.out.atd_high;
	charge_before = bank.out.atc_high;
	mutate(battery);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	if (pick(0, 30) == 0)
		bank.input.command = (struct bms_command){
			.kind = (enum bms_command_kind)
				pick(0, BMS_COMMAND_COUNT),
			.value = (int32_t)pick(-10, 1010),
		};
	bank.input.now = mono_add_ms(bank.input.now, (uint32_t)pick(0, 400));
	if (pick(0, 200) == 0)
		bank.input.now = mono_add_ms(bank.input.now,
					     (uint32_t)pick(0, 100000));
	if (bank.silent[battery]) {
		bank_step_only(&bank);
		/* Without a reading nothing new is ever allowed. */
		ck_assert(before || !bank.out.atd_high);
		ck_assert(charge_before || !bank.out.atc_high);
		check_all(before);
	} else {
		read_twice(battery);
	}
}

/* B1-B9, B11, B12 */
START_TEST(nothing_is_allowed_that_any_battery_forbids)
{
	seed = unit_seed();
	for (int h = 0; h < HISTORIES; h++) {
		begin();
		for (int i = 0; i < STEPS / 4; i++)
			live();
	}
}
END_TEST

/* A bank that is allowed both, and then an update with one silent. */
static void begin_update(void)
{
	begin();
	for (int i = 0; i < 80; i++) {
		bank.input.now = mono_add_ms(bank.input.now, 500);
		for (uint32_t b = 0; b < bank.n; b++)
			read_twice(b);
	}
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BEGIN_UPDATE,
	};
	bank_step_only(&bank);
	check_all(true);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	bank.silent[pick(0, bank.n - 1)] = true;
}

/* H1: whatever the others say meanwhile */
START_TEST(an_update_only_keeps_what_was_allowed)
{
	seed = unit_seed();
	kept = 0;
	for (int h = 0; h < HISTORIES; h++) {
		begin_update();
		for (int i = 0; i < 400; i++) {
			uint32_t b = (uint32_t)pick(0, bank.n - 1);
			bool before = bank.out.atd_high;

			bank.input.command.kind = BMS_COMMAND_NONE;
			bank.input.now = mono_add_ms(bank.input.now,
						     (uint32_t)pick(1, 1000));
			if (pick(0, 200) == 0)
				live();
			else if (!bank.silent[b])
				read_twice(b);
			else
				bank_step_only(&bank);
			if (bank.silent[b])
				check_all(before);
		}
	}
	/* Or nothing was tried. */
	ck_assert_uint_gt(kept, 1000);
}
END_TEST

/* B11: neither steps nor jumps of time allow */
START_TEST(time_alone_never_allows)
{
	seed = unit_seed();
	for (int h = 0; h < HISTORIES; h++) {
		begin();
		for (int i = 0; i < STEPS / 8; i++)
			live();
		for (int i = 0; i < 200; i++) {
			bool atc = bank.out.atc_high;
			bool atd = bank.out.atd_high;
			uint64_t jump = unit_random(&seed) >> pick(20, 63);

			if (pick(0, 9) == 0)
				bank.input.now.us -= jump <
					bank.input.now.us / 2 ? jump : 0;
			else
				bank.input.now = mono_add_us(bank.input.now,
							     jump);
			if (bank.input.now.us > UINT64_MAX / 2)
				bank.input.now.us = UINT64_MAX / 2;
			bank_step_only(&bank);
			ck_assert(atc || !bank.out.atc_high);
			ck_assert(atd || !bank.out.atd_high);
		}
	}
}
END_TEST

static struct bank twin;

/* A copy whose pointers are its own. */
static void copy_bank(struct bank *to, const struct bank *from)
{
	*to = *from;
	to->state.battery = to->battery;
	to->state.reason = to->reason;
	to->out.reasons = to->reason;
}

static void same_output(const struct bms_output *a,
			const struct bms_output *b)
{
	struct bms_output x = *a;
	struct bms_output y = *b;

	ck_assert_uint_eq(x.n_reasons, y.n_reasons);
	for (size_t i = 0; i < x.n_reasons; i++) {
		char s[BMS_REASON_TEXT_SIZE];
		char t[BMS_REASON_TEXT_SIZE];

		reason_text(&x.reasons[i], s);
		reason_text(&y.reasons[i], t);
		ck_assert_str_eq(s, t);
	}
	x.reasons = NULL;
	y.reasons = NULL;
	ck_assert_mem_eq(&x, &y, sizeof(x));
}

/* The answer depends on its arguments only. */
START_TEST(the_same_arguments_give_the_same_answer)
{
	seed = unit_seed();
	for (int h = 0; h < HISTORIES / 4; h++) {
		begin();
		for (int i = 0; i < 300; i++) {
			live();
			copy_bank(&twin, &bank);
			/* Dirty memory below must not shine through. */
			memset(&twin.out, 0xa5, sizeof(twin.out));
			bank_step_only(&twin);
			bank_step_only(&bank);
			same_output(&bank.out, &twin.out);
		}
	}
}
END_TEST

static void same_figure(maybe_i32 a, maybe_i32 b)
{
	ck_assert_int_eq(a.known, b.known);
	ck_assert_int_eq(a.value, b.value);
}

/* The mirror image of a bank: battery i is battery n-1-i. */
START_TEST(the_order_of_the_batteries_is_irrelevant)
{
	seed = unit_seed();
	for (int h = 0; h < HISTORIES / 2; h++) {
		begin();
		copy_bank(&twin, &bank);
		for (int i = 0; i < 600; i++) {
			uint32_t b = (uint32_t)pick(0, bank.n - 1);
			uint32_t mirror = bank.n - 1 - b;

			mutate(b);
			if (pick(0, 60) == 0)
				bank.sample[b].design_mah =
					known_i32((int32_t)pick(1, 3) *
						  100000);
			bank.input.now = mono_add_ms(bank.input.now,
						     (uint32_t)pick(1, 900));
			twin.input.now = bank.input.now;
			twin.sample[mirror] = bank.sample[b];
			if (bank.silent[b]) {
				bank_step_only(&bank);
				bank_step_only(&twin);
			} else {
				bank_read(&bank, b);
				bank_read(&twin, mirror);
			}
			ck_assert_int_eq(bank.out.atc_high, twin.out.atc_high);
			ck_assert_int_eq(bank.out.atd_high, twin.out.atd_high);
			ck_assert_int_eq(bank.out.pre_alarm_high,
					 twin.out.pre_alarm_high);
			ck_assert_uint_eq(bank.out.codes, twin.out.codes);
			ck_assert_uint_eq(bank.out.n_reasons,
					  twin.out.n_reasons);
			ck_assert_mem_eq(&bank.out.inverter,
					 &twin.out.inverter,
					 sizeof(bank.out.inverter));
			ck_assert_uint_eq(bank.out.next.us, twin.out.next.us);
			same_figure(bank.out.soc_permille,
				    twin.out.soc_permille);
			same_figure(bank.out.own_soc_permille,
				    twin.out.own_soc_permille);
			same_figure(bank.out.consumed_mah,
				    twin.out.consumed_mah);
			same_figure(bank.out.time_remaining_s,
				    twin.out.time_remaining_s);
			ck_assert_int_eq(bank.out.balancer,
					 twin.out.balancer);
			ck_assert_uint_eq(bank.out.events, twin.out.events);
			ck_assert_mem_eq(&bank.state.history,
					 &twin.state.history,
					 sizeof(bank.state.history));
		}
	}
}
END_TEST

/* The loop may sleep until "next": in between nothing changes (D3: in low
 * power neither). */
START_TEST(nothing_changes_before_the_instant_that_was_named)
{
	seed = unit_seed();
	for (int h = 0; h < HISTORIES / 2; h++) {
		begin();
		for (int i = 0; i < 200; i++) {
			bool atc, atd, pre;
			enum led_pattern led[LED_COUNT];
			code_set codes;
			mono_t until;

			live();
			if (pick(0, 20) == 0)
				bank.input.mode = (enum bms_mode)
					pick(BMS_MODE_OFF, BMS_MODE_ON);
			bank_step_only(&bank);
			atc = bank.out.atc_high;
			atd = bank.out.atd_high;
			pre = bank.out.pre_alarm_high;
			codes = bank.out.codes;
			memcpy(led, bank.out.led, sizeof(led));
			until = bank.out.next;
			if (until.us == UINT64_MAX)
				until = mono_add_ms(bank.input.now, 3600000);
			bank.input.now.us = until.us - 1;
			bank_step_only(&bank);
			ck_assert_int_eq(atc, bank.out.atc_high);
			ck_assert_int_eq(atd, bank.out.atd_high);
			ck_assert_int_eq(pre, bank.out.pre_alarm_high);
			ck_assert_uint_eq(codes, bank.out.codes);
			ck_assert_mem_eq(led, bank.out.led, sizeof(led));
			follow_update();
			pre_alarm = pre;
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: properties");
	TCase *tc = tcase_create("properties");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, nothing_is_allowed_that_any_battery_forbids);
	tcase_add_test(tc, an_update_only_keeps_what_was_allowed);
	tcase_add_test(tc, time_alone_never_allows);
	tcase_add_test(tc, the_same_arguments_give_the_same_answer);
	tcase_add_test(tc, the_order_of_the_batteries_is_irrelevant);
	tcase_add_test(tc, nothing_changes_before_the_instant_that_was_named);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
