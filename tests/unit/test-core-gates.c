/* SPDX-License-Identifier: MIT */
/*
 * Who may be commanded, who else may, and what is handed over, on the core
 * alone. C5, C6, C9, C11, C12
 */
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;
static struct inverter_reading reading;

enum {
	ALL = SWITCH_ACTIVE_CHARGE | SWITCH_ACTIVE_INVERT,
	CHARGING = SWITCH_ACTIVE_CHARGE,
	INVERTING = SWITCH_ACTIVE_INVERT,
};

/* Time passes with the switch read back every 100 ms. */
static void run(uint32_t ms, int32_t bits)
{
	for (uint32_t i = 0; i < ms; i += 100) {
		reading.connected = true;
		reading.switch_register = known_i32(bits);
		reading.switch_asked = bank.input.now;
		reading.switch_time = bank.input.now;
		bank_run_ms(&bank, 100);
	}
}

static void healthy(void)
{
	bank_init(&bank, 1);
	reading = (struct inverter_reading){
		.n_units = 2, .connected = true,
		.bms_present = known_i32(0), .dmc_present = known_i32(0),
		.unit[0].firmware = known_i32(508),
		.unit[1].firmware = known_i32(508),
		.charge_current_applied = true,
	};
	bank.settings.inverter.present = true;
	bank.input.inverter = &reading;
	bank_start(&bank);
	run(40000, ALL);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	ck_assert_uint_eq(bank.out.codes, 0);
}

struct gate_case {
	maybe_i32 first;
	maybe_i32 second;
	maybe_i32 bms;
	enum inverter_switch state;
	code_set codes;
};

#define K(v) { (v), true }
#define U { 0, false }

/* manual.txt 3.2.1 */
static const struct gate_case gates[] = {
	{ K(414), K(508), K(0), INVERTER_LEAVE, CODE_BIT(CODE_E_X01) },
	{ K(508), K(414), K(0), INVERTER_LEAVE, CODE_BIT(CODE_E_X01) },
	{ K(159), U, U, INVERTER_LEAVE, CODE_BIT(CODE_E_X01) },
	{ K(415), K(508), K(0), INVERTER_ON, CODE_BIT(CODE_W_X06) },
	{ K(508), K(488), K(0), INVERTER_ON, CODE_BIT(CODE_W_X06) },
	{ K(489), K(489), K(0), INVERTER_ON, 0 },
	{ K(508), K(508), K(1), INVERTER_LEAVE, CODE_BIT(CODE_A_X03) },
	{ K(430), K(508), K(1), INVERTER_LEAVE,
	  CODE_BIT(CODE_A_X03) | CODE_BIT(CODE_W_X06) },
	{ K(414), K(414), K(1), INVERTER_LEAVE, CODE_BIT(CODE_A_X03) },
	/* What is not known yet bars nothing; the session waits for it. */
	{ U, U, K(0), INVERTER_ON, 0 },
	{ K(508), K(508), U, INVERTER_ON, 0 },
};

/* C6 */
START_TEST(firmware_and_a_bms_decide_whether_it_is_commanded)
{
	const struct gate_case *c = &gates[_i];

	healthy();
	reading.unit[0].firmware = c->first;
	reading.unit[1].firmware = c->second;
	reading.bms_present = c->bms;
	run(10000, ALL);
	ck_assert_int_eq(bank.out.inverter.state, c->state);
	ck_assert_int_eq(bank.out.inverter_wanted, INVERTER_ON);
	ck_assert_uint_eq(bank.out.codes, c->codes);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.known,
			 c->state != INVERTER_LEAVE);
	/* The lines go on deciding. */
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	/* Updated, or the BMS taken off: as before. */
	reading.unit[0].firmware = known_i32(508);
	reading.unit[1].firmware = known_i32(508);
	reading.bms_present = known_i32(0);
	run(200, ALL);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	ck_assert_uint_eq(bank.out.codes, 0);
}
END_TEST

/* C6, mk3.md 7: told where it is known that there is none to wait for */
START_TEST(a_unit_that_waits_for_a_bms_is_warned_of)
{
	healthy();
	reading.unit[1].expects_bms = known_i32(1);
	run(200, ALL);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_W_X08));
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	reading.bms_present = known_i32(1);
	run(200, ALL);
	ck_assert_uint_eq(bank.out.codes, CODE_BIT(CODE_A_X03));
	reading.bms_present = UNKNOWN_I32;
	run(200, ALL);
	ck_assert_uint_eq(bank.out.codes, 0);
	reading.bms_present = known_i32(0);
	reading.unit[1].expects_bms = known_i32(0);
	run(200, ALL);
	ck_assert_uint_eq(bank.out.codes, 0);
}
END_TEST

struct barred_case {
	bool low; /* a cell, else a high one */
	int32_t bits; /* as read back */
	bool alarm;
};

/* C6: what may not be commanded is judged by what the unit does */
static const struct barred_case barreds[] = {
	{ true, ALL, true },
	{ true, INVERTING, true },
	{ true, CHARGING, false },
	{ true, 0, false },
	{ false, ALL, true },
	{ false, CHARGING, true },
	{ false, INVERTING, false },
	{ false, 0, false },
};

/* C6 */
START_TEST(a_stop_that_cannot_be_commanded_is_an_alarm)
{
	const struct barred_case *c = &barreds[_i % (int)ARRAY_SIZE(barreds)];
	bool bms = _i < (int)ARRAY_SIZE(barreds);

	healthy();
	reading.charge_current_applied = false;
	if (bms)
		reading.bms_present = known_i32(1);
	else
		reading.unit[1].firmware = known_i32(414);
	run(10000, ALL);
	ck_assert(!bank_has_code(&bank, CODE_A_X01));
	bank_cell(&bank, 0, 0, c->low ? 2490 : 3810);
	bank_cell(&bank, 0, 1, c->low ? 2490 : 3300);
	run(2800, c->bits);
	ck_assert_int_eq(bank.out.atd_high, !c->low);
	ck_assert_int_eq(bank.out.atc_high, c->low);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_LEAVE);
	ck_assert(!bank_has_code(&bank, CODE_A_X01));
	run(3000, c->bits);
	ck_assert_int_eq(bank_has_code(&bank, CODE_A_X01), c->alarm);
}
END_TEST

/* C6: the step that raises it is asked for in time, with nothing else to
 * bring one about */
START_TEST(the_alarm_of_a_barred_stop_is_not_waited_for)
{
	bool low = _i > 0;
	mono_t since;

	healthy();
	reading.charge_current_applied = false;
	reading.bms_present = known_i32(1);
	bank_cell(&bank, 0, 0, low ? 2490 : 3810);
	bank_cell(&bank, 0, 1, low ? 2490 : 3300);
	run(2500, ALL);
	ck_assert_int_eq(bank.out.atc_high, low);
	ck_assert_int_eq(bank.out.atd_high, !low);
	since = low ? bank.state.obedience.since :
		      bank.state.obedience.charge_since;
	while (!bank_has_code(&bank, CODE_A_X01)) {
		bank.input.now = bank.out.next;
		ck_assert_uint_le(bank.input.now.us, since.us + 3000000);
		bank_step_only(&bank);
	}
}
END_TEST

/* C11 */
START_TEST(a_control_that_owns_the_switch_refuses_modes)
{
	healthy();
	ck_assert(!bank.out.mode_owned);
	reading.dmc_present = known_i32(1);
	run(200, ALL);
	ck_assert(bank.out.mode_owned);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	ck_assert_uint_eq(bank.out.codes, 0);
	reading.dmc_present = UNKNOWN_I32;
	run(200, ALL);
	ck_assert(!bank.out.mode_owned);
}
END_TEST

/* C11: it is commanded all the same, and what it does is looked at */
START_TEST(a_discharge_stop_that_a_control_overrides_is_an_alarm)
{
	healthy();
	reading.dmc_present = known_i32(1);
	bank_cell(&bank, 0, 0, 2490);
	bank_cell(&bank, 0, 1, 2490);
	run(2500, ALL);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_CHARGER_ONLY);
	run(2500, ALL);
	ck_assert(bank_has_code(&bank, CODE_A_X01));
	run(200, CHARGING);
	ck_assert(!bank_has_code(&bank, CODE_A_X01));
	run(10000, CHARGING);
	ck_assert(!bank_has_code(&bank, CODE_A_X01));
}
END_TEST

/* C5: what waits for mains is charger-only, with a current, whatever comes */
START_TEST(after_a_low_cell_it_charges_and_never_discharges)
{
	healthy();
	bank_cell(&bank, 0, 0, 2490);
	bank_cell(&bank, 0, 1, 2490);
	run(2500, CHARGING);
	for (int turn = 0; turn < 100; turn++) {
		reading.connected = turn % 7 != 0;
		reading.mains_present = turn % 3 == 0 ? UNKNOWN_I32 :
						known_i32(turn % 2);
		reading.state_main = known_i32(turn % 10);
		bank_run_ms(&bank, 300);
		ck_assert(!bank.out.atd_high);
		ck_assert_int_eq(bank.out.inverter.state,
				 INVERTER_CHARGER_ONLY);
		ck_assert(bank.out.inverter.charge_current_ma.known);
		ck_assert_int_gt(bank.out.inverter.charge_current_ma.value,
				 0);
	}
	bank_cell(&bank, 0, 0, 3300);
	bank_cell(&bank, 0, 1, 3300);
	run(29000, CHARGING);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_CHARGER_ONLY);
	run(5000, CHARGING);
	ck_assert(bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
}
END_TEST

/* C4: any input gives an answer, and the safe one */
START_TEST(a_mode_that_cannot_be_switches_off)
{
	healthy();
	bank.input.mode = (enum bms_mode)(BMS_MODE_ON + 1);
	run(200, ALL);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
}
END_TEST

/* C9 */
START_TEST(the_soc_is_handed_over_where_it_is_asked_for)
{
	healthy();
	ck_assert(bank.out.soc_permille.known);
	ck_assert(!bank.out.inverter.soc_permille.known);
	bank.settings.inverter.hand_soc = true;
	run(200, ALL);
	ck_assert(bank.out.inverter.soc_permille.known);
	ck_assert_int_eq(bank.out.inverter.soc_permille.value,
			 bank.out.soc_permille.value);
	reading.bms_present = known_i32(1);
	run(200, ALL);
	ck_assert(!bank.out.inverter.soc_permille.known);
	reading.bms_present = known_i32(0);
	bank.silent[0] = true;
	run(20000, ALL);
	ck_assert(!bank.out.soc_permille.known);
	ck_assert(!bank.out.inverter.soc_permille.known);
}
END_TEST

/* C12 */
START_TEST(without_an_inverter_nothing_bars_and_nobody_owns)
{
	bank_init(&bank, 1);
	bank.settings.inverter.hand_soc = true;
	bank_start(&bank);
	bank_run_ms(&bank, 20000);
	ck_assert_uint_eq(bank.out.codes, 0);
	ck_assert(!bank.out.mode_owned);
	bank_cell(&bank, 0, 0, 3810);
	bank_run_ms(&bank, 100000);
	ck_assert(!bank.out.atc_high);
	ck_assert(!bank_has_code(&bank, CODE_A_X01));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: who is commanded");
	TCase *tc = tcase_create("gates");

	tcase_add_loop_test(tc,
			    firmware_and_a_bms_decide_whether_it_is_commanded,
			    0, ARRAY_SIZE(gates));
	tcase_add_test(tc, a_unit_that_waits_for_a_bms_is_warned_of);
	tcase_add_loop_test(tc, a_stop_that_cannot_be_commanded_is_an_alarm, 0,
			    2 * ARRAY_SIZE(barreds));
	tcase_add_loop_test(tc, the_alarm_of_a_barred_stop_is_not_waited_for,
			    0, 2);
	tcase_add_test(tc, a_control_that_owns_the_switch_refuses_modes);
	tcase_add_test(tc,
		       a_discharge_stop_that_a_control_overrides_is_an_alarm);
	tcase_add_test(tc, after_a_low_cell_it_charges_and_never_discharges);
	tcase_add_test(tc, a_mode_that_cannot_be_switches_off);
	tcase_add_test(tc,
		       the_soc_is_handed_over_where_it_is_asked_for);
	tcase_add_test(tc,
		       without_an_inverter_nothing_bars_and_nobody_owns);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
