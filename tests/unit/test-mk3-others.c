/* SPDX-License-Identifier: MIT */
/*
 * Who else is on the bus, and units that may not be commanded; units that
 * have to be woken; the state of charge handed over. C5, C6, C9, C11
 */
#include "tests/unit/test-mk3-model.h"
#include "tests/unit/unit.h"

static struct rig rig;

static void setup(void)
{
	rig_open(&rig);
	rig.burst = true;
}

static void teardown(void)
{
	rig_close(&rig);
}

/* Nothing that would switch or limit anything, from there on. */
static void nothing_commanded(size_t from)
{
	for (size_t i = from; i < rig.n_sent; i++) {
		const uint8_t *b = rig.sent[i].bytes;

		ck_assert_uint_ne(b[1], 0x3f);
		ck_assert_uint_ne(b[2], 'S');
		ck_assert(!(b[2] >= 'W' && b[2] <= 'Z' && b[3] == 0x37));
	}
}

/* --- a VE.Bus BMS --------------------------------------------------------- */

/* C6 */
START_TEST(beside_a_bms_nothing_is_commanded)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig.model.bms = true;
	rig_up(&rig, INVERTER_OFF, 0);
	rig_run(&rig, 60000);
	nothing_commanded(0);
	ck_assert(r->bms_present.known && r->bms_present.value == 1);
	ck_assert_int_eq(inverter_bar(r), INVERTER_BAR_BMS);
	ck_assert(!r->sent_known && !r->charge_current_applied);
	/* What is read is read all the same. */
	ck_assert_int_eq(r->dc_mv.value, 13200);
	ck_assert_int_eq(r->unit[0].firmware.value, 492);
	ck_assert(r->switch_register.known);
}
END_TEST

/* C6: one lost answer, or two, do not hide it */
START_TEST(a_bms_that_answers_the_third_query_is_found)
{
	rig.model.bms = true;
	rig.model.drop_raw = 2;
	rig_up(&rig, INVERTER_ON, 50000);
	rig_run(&rig, 10000);
	nothing_commanded(0);
	ck_assert_int_eq(rig_reading(&rig)->bms_present.value, 1);
}
END_TEST

/* C6 */
START_TEST(a_bms_that_comes_later_stops_every_command)
{
	const struct inverter_reading *r = rig_reading(&rig);
	size_t from;

	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig_run(&rig, 10000);
	ck_assert(r->sent_known && r->charge_current_applied);
	ck_assert_int_eq(r->bms_present.value, 0);
	rig.model.bms = true;
	from = rig.n_sent;
	while (!r->bms_present.value)
		rig_run(&rig, 1);
	ck_assert(!r->sent_known && !r->charge_current_applied);
	ck_assert_uint_le(rig.sent[rig.n_sent - 1].us - rig.sent[from].us,
			  35000000);
	from = rig.n_sent;
	rig_command(&rig, INVERTER_ON, 100000);
	rig_run(&rig, 120000);
	nothing_commanded(from);
}
END_TEST

/* C6: gone after three queries without an answer, ten seconds apart */
START_TEST(a_bms_that_goes_is_missed)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig.model.bms = true;
	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig.model.bms = false;
	rig_run(&rig, 19000);
	ck_assert_int_eq(r->bms_present.value, 1);
	nothing_commanded(0);
	rig_run(&rig, 15000);
	ck_assert_int_eq(r->bms_present.value, 0);
	ck_assert_uint_eq(rig.model.switch_state, 1);
	ck_assert(r->charge_current_applied);
}
END_TEST

/* C6, 10.1: one that has switched the units off has no supply any more */
START_TEST(a_bms_silent_beside_units_that_are_off_is_still_there)
{
	rig.model.bms = true;
	rig.model.main = 2;
	rig_up(&rig, INVERTER_ON, 50000);
	rig.model.bms = false;
	rig_run(&rig, 120000);
	ck_assert_int_eq(rig_reading(&rig)->bms_present.value, 1);
	nothing_commanded(0);
	rig.model.main = 4;
	rig_run(&rig, 40000);
	ck_assert_int_eq(rig_reading(&rig)->bms_present.value, 0);
	ck_assert_uint_eq(rig.model.switch_state, 3);
}
END_TEST

/* --- firmware ------------------------------------------------------------- */

struct firmware_case {
	uint32_t version;
	bool commanded;
};

/* manual.txt 3.2.1 */
static const struct firmware_case firmwares[] = {
	{ 2648159, false }, { 2648414, false }, { 2648415, true },
	{ 2648488, true }, { 2648489, true }, { 2648508, true },
};

/* C6 */
START_TEST(a_unit_below_415_is_not_commanded)
{
	const struct firmware_case *c = &firmwares[_i];

	rig.model.unit[0].version = c->version;
	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig_run(&rig, 20000);
	ck_assert_int_eq(inverter_bar(rig_reading(&rig)), c->commanded ?
			 INVERTER_BAR_NONE : INVERTER_BAR_FIRMWARE);
	if (!c->commanded)
		nothing_commanded(0);
	else
		ck_assert_uint_eq(rig.model.switch_state, 1);
}
END_TEST

/* C6: per unit; a system is only as new as its oldest */
START_TEST(one_old_unit_of_three_bars_them_all)
{
	size_t from;

	rig.model.unit[1] = rig.model.unit[0];
	rig.model.unit[2] = rig.model.unit[0];
	rig.model.unit[2].version = 2648414;
	rig_up(&rig, INVERTER_ON, 60000);
	rig_run(&rig, 5000);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 3);
	ck_assert_int_eq(inverter_lowest_firmware(rig_reading(&rig)).value,
			 414);
	from = rig.n_sent;
	rig_run(&rig, 60000);
	nothing_commanded(from);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
}
END_TEST

/* C6: what restricts must get out, whatever is not known */
START_TEST(a_unit_that_tells_no_version_is_commanded)
{
	rig_command(&rig, INVERTER_OFF, -1);
	rig.model.unit[0].present = false;
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 5000);
	ck_assert_uint_eq(rig.model.switch_state, 4);
	ck_assert(!inverter_lowest_firmware(rig_reading(&rig)).known);
}
END_TEST

struct flags_case {
	uint16_t flags2;
	bool silent;
	maybe_i32 expects;
};

static const struct flags_case flagses[] = {
	{ 0x0010, false, { 0, true } },
	{ 0x0090, false, { 1, true } },
	{ 0x0080, true, { 0, false } },
	{ 0xffff, false, { 0, false } },
};

/* C6, mk3.md 7: what a unit was configured for is read, once */
START_TEST(a_unit_that_waits_for_a_bms_is_told)
{
	const struct flags_case *c = &flagses[_i];
	const struct inverter_reading *r = rig_reading(&rig);

	rig.model.unit[1] = rig.model.unit[0];
	rig.model.unit[1].flags2 = c->flags2;
	rig.model.unit[1].no_flags2 = c->silent;
	rig_up(&rig, INVERTER_ON, 50000);
	rig_run(&rig, 5000);
	ck_assert(r->unit[0].expects_bms.known);
	ck_assert_int_eq(r->unit[0].expects_bms.value, 0);
	ck_assert_int_eq(r->unit[1].expects_bms.known, c->expects.known);
	ck_assert_int_eq(r->unit[1].expects_bms.value, c->expects.value);
	ck_assert_int_eq(inverter_waits_for_bms(r), c->expects.value);
	ck_assert(r->charge_current_applied);
	rig.n_sent = 0;
	rig_run(&rig, 100000);
	for (size_t i = 0; i < rig.n_sent; i++)
		ck_assert(!(rig.sent[i].bytes[3] == 0x31 &&
			    rig.sent[i].bytes[4] == 60));
	ck_assert_uint_eq(rig.faults[FAULT_TIMEOUT], 0);
}
END_TEST

/* --- a Digital Multi Control ---------------------------------------------- */

/* C11 */
START_TEST(a_digital_multi_control_is_noticed_and_the_state_still_sent)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig_up(&rig, INVERTER_CHARGER_ONLY, -1);
	rig_run(&rig, 5000);
	ck_assert(r->dmc_present.known && !r->dmc_present.value);
	rig.model.dmc = true;
	rig_run(&rig, 40000);
	ck_assert_int_eq(r->dmc_present.value, 1);
	ck_assert_int_eq(inverter_bar(r), INVERTER_BAR_NONE);
	ck_assert(r->sent_known);
	rig.model.dmc = false;
	rig_run(&rig, 40000);
	ck_assert_int_eq(r->dmc_present.value, 0);
}
END_TEST

/* C11: F 5 says so too, and at once */
START_TEST(a_dedicated_control_is_noticed_by_the_configuration_frame)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig_up(&rig, INVERTER_ON, -1);
	rig.model.dmc_dedicated = true;
	rig_run(&rig, 3000);
	ck_assert_int_eq(r->dmc_present.value, 1);
	rig_run(&rig, 120000);
	ck_assert_int_eq(r->dmc_present.value, 1);
	rig.model.dmc_dedicated = false;
	rig_run(&rig, 40000);
	ck_assert_int_eq(r->dmc_present.value, 0);
}
END_TEST

/* C11: an answer to another question is none */
START_TEST(an_answer_of_somebody_else_is_not_a_control)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig.model.confused = true;
	rig_up(&rig, INVERTER_ON, -1);
	rig_run(&rig, 10000);
	ck_assert_int_eq(r->bms_present.value, 1);
	ck_assert(r->dmc_present.known && !r->dmc_present.value);
}
END_TEST

/* C6, C11: nothing is known of a bus that nobody asks any more */
START_TEST(with_the_link_all_that_is_known_of_the_bus_is_lost)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig.model.dmc_dedicated = true;
	rig_up(&rig, INVERTER_ON, -1);
	ck_assert(r->bms_present.known && r->dmc_present.known);
	rig.model.dead = true;
	rig_run(&rig, 7000);
	ck_assert(!r->bms_present.known && !r->dmc_present.known);
	ck_assert_int_eq(inverter_bar(r), INVERTER_BAR_NOT_LOOKED);
	rig.model.dead = false;
	rig.model.dmc_dedicated = false;
	rig_run(&rig, 9000);
	ck_assert(r->dmc_present.known && !r->dmc_present.value);
}
END_TEST

/* --- mains after a shutdown ----------------------------------------------- */

static void shut_down_by_a_low_cell(void)
{
	rig.model.mains_cv = 0;
	rig.model.main = 2;
	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig_run(&rig, 60000);
}

/* C5: standby is held and the state waits in the unit */
START_TEST(charging_waits_for_mains_with_the_lines_pulled)
{
	const struct inverter_reading *r = rig_reading(&rig);

	shut_down_by_a_low_cell();
	ck_assert_int_eq(r->mains_present.value, 0);
	ck_assert_uint_eq(rig.model.lines, 0x03);
	rig.model.mains_cv = 23000;
	rig.model.main = 9;
	rig_run(&rig, 20000);
	ck_assert_str_eq(inverter_mode_text(r->switch_register),
			 "charger-only");
	ck_assert_uint_eq(rig.model.wakes, 0);
	for (size_t i = 0; i < rig.n_sent; i++)
		if (rig.sent[i].bytes[2] == 'S')
			ck_assert_uint_eq(rig.sent[i].bytes[3], 1);
}
END_TEST

/* C5: a unit that was off has lost the current it was told */
START_TEST(the_charge_current_is_written_before_mains_does_its_work)
{
	shut_down_by_a_low_cell();
	rig.model.unit[0].ram = rig.model.unit[0].stored;
	rig.model.mains_cv = 23000;
	rig.model.main = 9;
	rig_run(&rig, 4000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
}
END_TEST

/* C5, 3.6, 9: where S has no effect, the frame with which a GX wakes it */
START_TEST(a_unit_deaf_to_the_state_is_woken_to_charge_only)
{
	uint64_t mains;

	rig.model.deaf = true;
	shut_down_by_a_low_cell();
	ck_assert_uint_eq(rig.model.wakes, 0);
	rig.model.mains_cv = 23000;
	mains = rig.now;
	while (rig.model.wakes == 0)
		rig_run(&rig, 100);
	ck_assert_uint_ge(rig.now - mains, 5000000);
	ck_assert_uint_le(rig.now - mains, 9000000);
	ck_assert_uint_eq(rig.model.woken_with, 0x05);
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.model.wakes, 1);
	ck_assert_str_eq(inverter_mode_text(rig_reading(&rig)->
					    switch_register), "charger-only");
}
END_TEST

/* C5: it may sleep through one */
START_TEST(waking_is_repeated_every_ten_seconds)
{
	rig.model.deaf = true;
	shut_down_by_a_low_cell();
	rig.model.mains_cv = 23000;
	for (int turn = 0; turn < 600; turn++) {
		rig_run(&rig, 100);
		rig.model.woken = false;
	}
	ck_assert_uint_ge(rig.model.wakes, 5);
	ck_assert_uint_le(rig.model.wakes, 6);
}
END_TEST

struct wake_case {
	enum inverter_switch state;
	uint8_t front;
	bool mains, dmc, bms;
	uint8_t with; /* 0: not at all */
};

static const struct wake_case wakings[] = {
	{ INVERTER_CHARGER_ONLY, 0x04, true, false, false, 0x05 },
	{ INVERTER_CHARGER_ONLY, 0x08, true, false, false, 0x05 },
	{ INVERTER_ON, 0x04, true, false, false, 0x07 },
	/* Never against whoever stands at the switch. */
	{ INVERTER_CHARGER_ONLY, 0x00, true, false, false, 0 },
	{ INVERTER_ON, 0x00, true, false, false, 0 },
	{ INVERTER_CHARGER_ONLY, 0x04, true, true, false, 0 },
	{ INVERTER_CHARGER_ONLY, 0x04, true, false, true, 0 },
	/* Nothing to charge from, or not to be charged. */
	{ INVERTER_CHARGER_ONLY, 0x04, false, false, false, 0 },
	{ INVERTER_ON, 0x04, false, false, false, 0 },
	{ INVERTER_OFF, 0x04, true, false, false, 0 },
	{ INVERTER_INVERTER_ONLY, 0x04, true, false, false, 0 },
	{ INVERTER_LEAVE, 0x04, true, false, false, 0 },
};

/* C5 */
START_TEST(waking_allows_no_more_than_is_commanded)
{
	const struct wake_case *c = &wakings[_i];

	rig.model.deaf = true;
	rig.model.front = c->front;
	rig.model.mains_cv = c->mains ? 23000 : 0;
	rig.model.dmc = c->dmc;
	rig.model.bms = c->bms;
	rig_up(&rig, c->state, -1);
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.model.woken_with, c->with);
}
END_TEST

/* --- the state of charge -------------------------------------------------- */

static void command_soc(maybe_i32 permille)
{
	const struct inverter_command command = {
		.state = INVERTER_ON, .charge_current_ma = known_i32(50000),
		.soc_permille = permille,
	};

	mk3_command(rig.state, &command);
}

static void up_with_soc(maybe_i32 permille)
{
	command_soc(permille);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 10000);
}

/* C9: off unless asked for */
START_TEST(no_state_of_charge_is_handed_over_by_itself)
{
	up_with_soc(UNKNOWN_I32);
	rig_run(&rig, 100000);
	ck_assert_uint_eq(rig.model.soc_writes, 0);
	ck_assert_int_eq(rig.model.soc_raw, -1);
	/* Nor is anything about it asked for. */
	for (size_t i = 0; i < rig.n_sent; i++)
		ck_assert(!(rig.sent[i].bytes[3] == 0x36 &&
			    rig.sent[i].bytes[4] == 13) &&
			  !(rig.sent[i].bytes[3] == 0x31 &&
			    rig.sent[i].bytes[4] == 64));
}
END_TEST

/* C9: scaled as the unit tells, RAM only (the model looks), seldom */
START_TEST(the_state_of_charge_is_written_to_ram_every_30_s)
{
	up_with_soc(known_i32(603));
	ck_assert_int_eq(rig.model.soc_raw, 121);
	for (int turn = 0; turn < 60; turn++) {
		command_soc(known_i32(600 - turn * 10));
		rig_run(&rig, 10000);
		rig.n_sent = 0;
	}
	ck_assert_int_le(rig.model.soc_raw, 8);
	ck_assert_uint_ge(rig.model.soc_writes, 19);
	ck_assert_uint_le(rig.model.soc_writes, 21);
	ck_assert(rig_reading(&rig)->charge_current_applied);
}
END_TEST

/* C9: a unit whose own battery monitor is off would show 100 % (10.5) */
START_TEST(a_unit_that_would_not_show_it_is_handed_nothing)
{
	rig.model.capacity = 0;
	up_with_soc(known_i32(600));
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.model.soc_writes, 0);
	rig.model.capacity = 280;
	rig_run(&rig, 300000);
	ck_assert_int_eq(rig.model.soc_raw, 120);
}
END_TEST

/* C9: an unknown setting may be told as FFFF (18.12) */
START_TEST(a_unit_without_a_battery_monitor_is_handed_nothing)
{
	rig.model.capacity = 0xffff;
	up_with_soc(known_i32(600));
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.model.soc_writes, 0);
}
END_TEST

/* C9 */
START_TEST(a_unit_that_refuses_it_is_left_alone_for_five_minutes)
{
	rig.model.soc_refused = true;
	up_with_soc(known_i32(600));
	rig_run(&rig, 280000);
	ck_assert_uint_eq(rig.model.soc_writes, 1);
	ck_assert_uint_eq(rig.faults[FAULT_CONTENT], 0);
	rig.model.soc_refused = false;
	rig_run(&rig, 30000);
	ck_assert_int_eq(rig.model.soc_raw, 120);
}
END_TEST

/* C6, C9 */
START_TEST(beside_a_bms_no_state_of_charge_is_handed_over)
{
	rig.model.bms = true;
	up_with_soc(known_i32(600));
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.model.soc_writes, 0);
}
END_TEST

static void add_bus(TCase *tcase)
{
	tcase_add_test(tcase, beside_a_bms_nothing_is_commanded);
	tcase_add_test(tcase, a_bms_that_answers_the_third_query_is_found);
	tcase_add_test(tcase, a_bms_that_comes_later_stops_every_command);
	tcase_add_test(tcase, a_bms_that_goes_is_missed);
	tcase_add_test(tcase,
		       a_bms_silent_beside_units_that_are_off_is_still_there);
	tcase_add_loop_test(tcase, a_unit_below_415_is_not_commanded, 0,
			    ARRAY_SIZE(firmwares));
	tcase_add_test(tcase, one_old_unit_of_three_bars_them_all);
	tcase_add_test(tcase, a_unit_that_tells_no_version_is_commanded);
	tcase_add_loop_test(tcase, a_unit_that_waits_for_a_bms_is_told, 0,
			    ARRAY_SIZE(flagses));
	tcase_add_test(tcase,
		a_digital_multi_control_is_noticed_and_the_state_still_sent);
	tcase_add_test(tcase,
		a_dedicated_control_is_noticed_by_the_configuration_frame);
	tcase_add_test(tcase, an_answer_of_somebody_else_is_not_a_control);
	tcase_add_test(tcase,
		       with_the_link_all_that_is_known_of_the_bus_is_lost);
}

static void add_units(TCase *tcase)
{
	tcase_add_test(tcase, charging_waits_for_mains_with_the_lines_pulled);
	tcase_add_test(tcase,
		the_charge_current_is_written_before_mains_does_its_work);
	tcase_add_test(tcase,
		       a_unit_deaf_to_the_state_is_woken_to_charge_only);
	tcase_add_test(tcase, waking_is_repeated_every_ten_seconds);
	tcase_add_loop_test(tcase, waking_allows_no_more_than_is_commanded, 0,
			    ARRAY_SIZE(wakings));
	tcase_add_test(tcase, no_state_of_charge_is_handed_over_by_itself);
	tcase_add_test(tcase, the_state_of_charge_is_written_to_ram_every_30_s);
	tcase_add_test(tcase, a_unit_that_would_not_show_it_is_handed_nothing);
	tcase_add_test(tcase,
		       a_unit_without_a_battery_monitor_is_handed_nothing);
	tcase_add_test(tcase,
		a_unit_that_refuses_it_is_left_alone_for_five_minutes);
	tcase_add_test(tcase,
		       beside_a_bms_no_state_of_charge_is_handed_over);
}

int main(void)
{
	Suite *suite = suite_create("mk3 others: C5 C6 C9 C11");
	TCase *tcase = tcase_create("others");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	add_bus(tcase);
	add_units(tcase);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
