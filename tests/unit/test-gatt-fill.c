/* SPDX-License-Identifier: MIT */
/*
 * What is on the air about a bank (G1, G2): five states of one, brought
 * about by readings, are advertised and read back by a reader of the tests'
 * own; and what each code of ours is called there.
 */
#include <math.h>
#include <string.h>

#include "lib/gatt/fill.h"
#include "tests/unit/bank.h"
#include "tests/unit/gatt_record.h"

static struct bank bank;
static struct fill_source source;

static const uint8_t key[AES128_KEY_SIZE] = { 0x5a, 1, 2, 3, 4, 5 };

static void setup(void)
{
	bank_init(&bank, 2);
	source = (struct fill_source){
		.settings = &bank.settings, .state = &bank.state,
		.output = &bank.out, .mode = BMS_MODE_ON,
		.pre_alarm = "floating", .version = "1",
	};
}

static void advertise(enum instant_readout record, struct record *ret)
{
	struct readout_values values;
	uint8_t data[READOUT_SIZE_MAX];
	int n;

	fill_readout(&source, &values);
	n = readout_encode(record, &values, 0xa3e4, 0x1234, key, data,
			   sizeof(data));
	ck_assert_int_gt(n, 0);
	record_read(data, n, key, ret);
	ck_assert_uint_eq(ret->product, 0xa3e4);
	ck_assert_uint_eq(ret->counter, 0x1234);
}

/* Within half of the record's unit, or neither is known. */
static void check_near(double got, maybe_i32 want, double per, double unit)
{
	if (want.known)
		ck_assert_double_eq_tol(got, want.value / per, unit / 2 +
					1e-9);
	else
		ck_assert_double_nan(got);
}

static void check_bank(const struct record *r, double ampere_unit)
{
	const struct bms_output *out = &bank.out;

	/* Record 05 has no room for 48 V (interop.md 1.4). */
	if (r->type == 0x05 && out->voltage_mv.value > 40940)
		ck_assert_double_nan(r->volts);
	else
		check_near(r->volts, out->voltage_mv, 1000, 0.01);
	check_near(r->celsius, out->max_temperature.value, 10,
		   r->type == 0x02 ? 0.01 : 1);
	if (r->type == 0x05)
		return;
	check_near(r->amperes, out->current_ma, 1000, ampere_unit);
	check_near(r->soc, out->soc_permille, 10, 0.1);
	check_near(r->missing_ah, out->consumed_mah, 1000, 0.1);
	if (out->time_remaining_s.known)
		ck_assert_double_eq(r->minutes,
				    floor(out->time_remaining_s.value / 60));
	else
		ck_assert_double_nan(r->minutes);
}

enum { FINE = 1, WARNING, ALARM };

static const struct state {
	const char *name;
	uint16_t cell_mv; /* the first cell's; 0: its battery is silent */
	int32_t ma;
	uint32_t seconds;
	enum code code;   /* CODE_COUNT: none */
	bool atc, atd, pre_alarm;
	int error, low_cell, cable, load_disconnect;
	unsigned int reason, flags, errors;
} states[] = {
	{ "normal", 3300, -12345, 5, CODE_COUNT, true, true, false,
	  0, FINE, FINE, FINE, 0, 0x06000020, 0 },
	{ "pre-alarm", 3060, -45200, 5, CODE_W_B01, true, true, true,
	  0, WARNING, FINE, WARNING, 0, 0x0e001020, 0 },
	{ "cell low", 2750, -8000, 45, CODE_A_B01, true, false, true,
	  14, ALARM, FINE, ALARM, 1, 0x0a001820, 0 },
	{ "cell high", 3760, 20000, 5, CODE_A_X02, false, true, false,
	  13, FINE, FINE, FINE, 2, 0x04000210, 0 },
	{ "battery lost", 0, 500, 20, CODE_A_B05, false, false, false,
	  23, 0, ALARM, ALARM, 0x2000, 0, 2 },
};

static void bring_about(const struct state *state)
{
	bank_start(&bank);
	for (uint32_t i = 0; i < bank.n; i++)
		bank.sample[i].current_ma = known_i32(state->ma / 2);
	bank.silent[0] = state->cell_mv == 0;
	if (state->cell_mv)
		bank_cell(&bank, 0, 0, state->cell_mv);
	bank_run_ms(&bank, state->seconds * 1000);
	ck_assert_msg(bank.out.atc_high == state->atc &&
		      bank.out.atd_high == state->atd, "%s", state->name);
	if (state->code != CODE_COUNT)
		ck_assert(bank_has_code(&bank, state->code));
	else
		ck_assert_uint_eq(bank.out.codes & ~CODE_BIT(CODE_W_X01), 0);
}

/* G1 */
START_TEST(a_bms_record_says_what_was_decided)
{
	const struct state *state = &states[_i];
	struct record r;

	bring_about(state);
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_uint_eq(r.type, 0x0a);
	check_bank(&r, 0.1);
	ck_assert_int_eq(r.error, state->error);
	ck_assert_int_eq(r.io[1], bank.out.atc_high ? 1 : 2);
	ck_assert_int_eq(r.io[2], bank.out.atd_high ? 1 : 2);
	ck_assert_int_eq(r.io[5], bank.out.remote_on ? 1 : 2);
	ck_assert_int_eq(r.alarm[0], state->low_cell);
	ck_assert_int_eq(r.alarm[4], state->cable);
	ck_assert_int_eq(r.alarm[5], state->load_disconnect);
	/* What we do not have is not supported. */
	ck_assert_int_eq(r.io[0] + r.io[3] + r.io[4] + r.io[6] + r.io[7], 0);
	ck_assert_int_eq(r.alarm[2] + r.alarm[3] + r.alarm[7], 0);
	/* Readers show an unknown one as 102.3 % (interop.md 1.7). */
	if (bank.out.soc_permille.known)
		ck_assert_double_le(r.soc, 100);
	else
		ck_assert_int_eq(r.alarm[6], 0);
}
END_TEST

/* G1 */
START_TEST(a_battery_monitors_record_says_what_was_decided)
{
	const struct state *state = &states[_i];
	struct record r;

	bring_about(state);
	advertise(INSTANT_READOUT_BATTERY_MONITOR, &r);
	ck_assert_uint_eq(r.type, 0x02);
	check_bank(&r, 0.001);
	ck_assert_uint_eq(r.reason, state->reason);
}
END_TEST

/* G1: two batteries of 16 cells are more than the record has room for. */
START_TEST(a_lithium_batterys_record_says_what_was_decided)
{
	const struct state *state = &states[_i];
	struct record r;

	bring_about(state);
	advertise(INSTANT_READOUT_SMART_LITHIUM, &r);
	ck_assert_uint_eq(r.type, 0x05);
	check_bank(&r, 0);
	ck_assert_uint_eq(r.flags & ~(unsigned int)(1 << 21), state->flags);
	ck_assert_uint_eq(r.errors, state->errors);
	ck_assert_int_eq(r.balancer, 0);
	check_near(r.cell[0], bank.out.min_cell.value, 1000, 0.01);
	check_near(r.cell[1], bank.out.max_cell.value, 1000, 0.01);
	for (int i = 2; i < RECORD_CELLS; i++)
		ck_assert_double_nan(r.cell[i]);
}
END_TEST

/* G1: four cells each are all shown, in the order of the batteries. */
START_TEST(eight_cells_are_shown_one_by_one)
{
	struct record r;

	for (uint32_t b = 0; b < 2; b++) {
		bank.sample[b].n_cells = 4;
		for (uint32_t i = 0; i < 4; i++)
			bank_cell(&bank, b, i, (uint16_t)(3300 + 40 * b +
							  10 * i));
	}
	bank.settings.general.nominal_voltage_v = 12;
	bank_start(&bank);
	advertise(INSTANT_READOUT_SMART_LITHIUM, &r);
	check_bank(&r, 0);
	for (int i = 0; i < RECORD_CELLS; i++)
		ck_assert_double_eq_tol(r.cell[i], 3.3 + 0.01 * i, 1e-9);
	/* Of an older reading nothing. */
	bank.silent[0] = true;
	bank_run_ms(&bank, 20000);
	bank.out.cells = 8;
	advertise(INSTANT_READOUT_SMART_LITHIUM, &r);
	ck_assert_double_eq_tol(r.cell[0], 3.34, 1e-9);
	ck_assert_double_nan(r.cell[4]);
}
END_TEST

/* A pack may say that it has more cells than it had. */
START_TEST(no_more_cells_are_shown_than_there_is_room_for)
{
	struct readout_values values;

	for (uint32_t i = 0; i < 2; i++) {
		bank.battery[i].online = true;
		bank.battery[i].sample.n_cells = 6;
	}
	bank.out.cells = 8;
	fill_readout(&source, &values);
	ck_assert(values.cell_mv[RECORD_CELLS - 1].known);
}
END_TEST

/* Before the first reading nothing is said to be fine (B1). */
START_TEST(at_the_start_nothing_is_known)
{
	struct record r;

	bank_step_only(&bank);
	advertise(INSTANT_READOUT_BMS, &r);
	check_bank(&r, 0.1);
	ck_assert_double_nan(r.volts);
	ck_assert_double_nan(r.soc);
	ck_assert_int_eq(r.error, 0);
	ck_assert_int_eq(r.io[1], 2);
	ck_assert_int_eq(r.io[2], 2);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(r.alarm[i], 0);
	/* They answer, but tell nothing: that is fine, no value is. */
	bank.state.all_online = true;
	advertise(INSTANT_READOUT_BMS, &r);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(r.alarm[i], i == 4 ? FINE : 0);
}
END_TEST

/* What each code is called, one at a time. */
static const struct called {
	enum code code;
	int error;
	int alarm; /* which ... */
	int is;    /* ... is this; 0: none is anything */
	unsigned int reason, flags, errors;
	enum standard_level level;
	bool battery_fault, other_fault;
} calls[] = {
	{ CODE_W_B01, 0, 0, WARNING, 0, 1 << 12, 0, STANDARD_LEVEL_LOW, 0,
	  0 },
	{ CODE_W_B05, 0, 4, WARNING, 0, 0, 2, 0, 0, 0 },
	{ CODE_W_B07, 0, 6, WARNING, 0, 1 << 21, 0, STANDARD_LEVEL_LOW, 0,
	  0 },
	{ CODE_A_B01, 14, 0, ALARM, 1, 1 << 11, 0, STANDARD_LEVEL_CRITICAL,
	  0, 0 },
	{ CODE_A_B05, 23, 4, ALARM, 0x2000, 0, 2, 0, true, 0 },
	{ CODE_A_B07, 0, 6, ALARM, 4, 1 << 21, 0, STANDARD_LEVEL_CRITICAL, 0,
	  0 },
	{ CODE_A_B08, 14, 0, 0, 1, 1 << 11, 0, STANDARD_LEVEL_CRITICAL, 0,
	  0 },
	{ CODE_A_B09, 15, 8, ALARM, 0x40, 1 << 15, 0, 0, 0, 0 },
	{ CODE_E_B01, 119, 0, 0, 0x2000, 0, 1 << 7, 0, true, 0 },
	{ CODE_E_B05, 119, 0, 0, 0x2000, 0, 1 << 7, 0, true, 0 },
	{ CODE_E_B09, 34, 0, 0, 0x2000, 0, 1 << 3, 0, true, 0 },
	{ CODE_E_B11, 36, 0, 0, 0x2000, 1 << 24, 0, 0, 0, true },
	{ CODE_W_X01, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ CODE_W_X02, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ CODE_W_X03, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ CODE_W_X04, 0, 1, WARNING, 0, 1 << 13, 0, 0, 0, 0 },
	{ CODE_W_X05, 0, 1, WARNING, 0, 1 << 14, 0, 0, 0, 0 },
	{ CODE_W_X06, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ CODE_W_X07, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ CODE_W_X08, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ CODE_A_X01, 0, 0, 0, 0, 0, 0, 0, 0, true },
	{ CODE_A_X02, 13, 0, 0, 2, 1 << 9, 0, 0, 0, 0 },
	{ CODE_A_X03, 0, 0, 0, 0, 0, 0, 0, 0, true },
	{ CODE_E_X01, 0, 0, 0, 0, 0, 0, 0, 0, true },
};

_Static_assert(ARRAY_SIZE(calls) == CODE_COUNT, "every code");

START_TEST(every_code_is_called_what_readers_know)
{
	const struct called *c = &calls[_i];
	struct standard_values standard;
	struct record r;

	ck_assert_uint_eq(c->code, (unsigned int)_i);
	bank.out.codes = CODE_BIT(c->code);
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.error, c->error);
	ck_assert_uint_eq(fill_error(c->code), (unsigned int)c->error);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(r.alarm[i], i == c->alarm ? c->is : 0);
	advertise(INSTANT_READOUT_BATTERY_MONITOR, &r);
	ck_assert_uint_eq(r.reason, c->reason);
	advertise(INSTANT_READOUT_SMART_LITHIUM, &r);
	ck_assert_uint_eq(r.flags, c->flags);
	ck_assert_uint_eq(r.errors, c->errors);
	fill_standard(&source, &standard);
	ck_assert_int_eq(standard.level, c->level);
	ck_assert_int_eq(standard.critical,
			 c->level == STANDARD_LEVEL_CRITICAL);
	ck_assert_int_eq(standard.battery_fault, c->battery_fault);
	ck_assert_int_eq(standard.other_fault, c->other_fault);
	ck_assert_int_eq(standard.service, c->battery_fault ||
			 c->other_fault);
}
END_TEST

/* The outputs' failure comes before what they should have prevented. */
START_TEST(of_many_codes_the_worst_is_told)
{
	struct standard_values standard;
	struct record r;

	bank.out.codes = CODE_BIT(CODE_COUNT - 1) * 2 - 1;
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.error, 36);
	ck_assert_int_eq(r.alarm[0], ALARM);
	ck_assert_int_eq(r.alarm[1], WARNING);
	ck_assert_int_eq(r.alarm[4], ALARM);
	ck_assert_int_eq(r.alarm[6], ALARM);
	advertise(INSTANT_READOUT_BATTERY_MONITOR, &r);
	ck_assert_uint_eq(r.reason, 0x2000);
	bank.out.codes &= ~CODE_BIT(CODE_E_B11);
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.error, 119);
	fill_standard(&source, &standard);
	ck_assert_int_eq(standard.level, STANDARD_LEVEL_CRITICAL);
}
END_TEST

/* B5: that charging waits for warmth is no error, that loads do is. */
START_TEST(cold_is_an_error_where_it_disconnects_loads)
{
	struct record r;

	bank.settings.protection.discharge_temperature_guard = true;
	bank_start(&bank);
	bank_temperature(&bank, 0, 30);
	bank_run_ms(&bank, 5000);
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.io[1], 2);
	ck_assert_int_eq(r.io[2], 1);
	ck_assert_int_eq(r.error, 0);
	advertise(INSTANT_READOUT_SMART_LITHIUM, &r);
	ck_assert_uint_eq(r.flags, 0x04040000);
	bank_temperature(&bank, 0, -250);
	bank_run_ms(&bank, 5000);
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.io[2], 2);
	ck_assert_int_eq(r.error, 16);
	ck_assert_int_eq(r.alarm[5], ALARM);
	advertise(INSTANT_READOUT_BATTERY_MONITOR, &r);
	ck_assert_uint_eq(r.reason, 0x20);
	/* What is worse goes before. */
	bank.out.codes = CODE_BIT(CODE_A_B01);
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.error, 14);
	advertise(INSTANT_READOUT_BATTERY_MONITOR, &r);
	ck_assert_uint_eq(r.reason, 1);
}
END_TEST

/* D2: an operator's off is not a disconnect for a cause. */
START_TEST(what_was_switched_off_by_hand_is_no_alarm)
{
	struct record r;

	bank_start(&bank);
	bank.input.mode = BMS_MODE_CHARGER_ONLY;
	bank_run_ms(&bank, 2000);
	bank.out.atd_high = false;
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.alarm[5], 0);
	bank_cell(&bank, 0, 0, 2400);
	bank_run_ms(&bank, 3000);
	advertise(INSTANT_READOUT_BMS, &r);
	ck_assert_int_eq(r.io[2], 2);
	ck_assert_int_eq(r.alarm[5], ALARM);
}
END_TEST

START_TEST(a_full_bank_that_balances_says_so)
{
	struct record r;

	bank.out.soc_permille = known_i32(1000);
	bank.out.balancing = true;
	bank.out.balancer = BALANCER_BALANCING;
	advertise(INSTANT_READOUT_SMART_LITHIUM, &r);
	ck_assert_uint_eq(r.flags, 0x41);
	ck_assert_int_eq(r.balancer, 2);
	bank.out.balancer = BALANCER_IMBALANCED;
	advertise(INSTANT_READOUT_SMART_LITHIUM, &r);
	ck_assert_int_eq(r.balancer, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gatt-fill");
	TCase *tcase = tcase_create("fill");
	int n = (int)ARRAY_SIZE(states);

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, a_bms_record_says_what_was_decided, 0, n);
	tcase_add_loop_test(tcase,
			    a_battery_monitors_record_says_what_was_decided,
			    0, n);
	tcase_add_loop_test(tcase,
			    a_lithium_batterys_record_says_what_was_decided,
			    0, n);
	tcase_add_test(tcase, eight_cells_are_shown_one_by_one);
	tcase_add_test(tcase, no_more_cells_are_shown_than_there_is_room_for);
	tcase_add_test(tcase, at_the_start_nothing_is_known);
	tcase_add_loop_test(tcase, every_code_is_called_what_readers_know, 0,
			    CODE_COUNT);
	tcase_add_test(tcase, of_many_codes_the_worst_is_told);
	tcase_add_test(tcase, cold_is_an_error_where_it_disconnects_loads);
	tcase_add_test(tcase, what_was_switched_off_by_hand_is_no_alarm);
	tcase_add_test(tcase, a_full_bank_that_balances_says_so);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
