/* SPDX-License-Identifier: MIT */
/*
 * The session against a model of an MK3 in virtual time: start-up, rhythm,
 * commands and their read-back, the reading. C1, C2, C7
 */
#include "tests/unit/test-mk3-model.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct rig rig;

static void setup(void)
{
	rig_open(&rig);
}

static void teardown(void)
{
	rig_close(&rig);
}

/* The longest pause between two S frames from there on, in ms. */
static uint64_t longest_pause(size_t from)
{
	uint64_t longest = 0;
	uint64_t last = 0;

	for (size_t i = from; i < rig.n_sent; i++) {
		if (rig.sent[i].bytes[2] != 'S')
			continue;
		if (last != 0 && rig.sent[i].us - last > longest)
			longest = rig.sent[i].us - last;
		last = rig.sent[i].us;
	}
	ck_assert_uint_ne(last, 0);
	return longest / 1000;
}

/* mk3.md 11: version, lines, address, limit, firmware of the first unit, is
 * there a BMS (three times), and only then a state; C1, C6 */
START_TEST(start_up_looks_around_and_commands_within_three_seconds)
{
	static const uint8_t order[] = { 'V', 'H', 'A', 'F', 'Y', 'Z', 0xff,
					 0xff, 0xff, 'S' };
	const struct inverter_reading *r = rig_reading(&rig);

	rig_command(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 2500);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		ck_assert_uint_eq(rig.sent[i].bytes[2], order[i]);
	ck_assert_uint_eq(rig_queries(&rig, 0, 0x83), 3);
	ck_assert(r->connected);
	ck_assert_int_eq(r->mk_version.value, 1170212);
	ck_assert_uint_eq(rig.model.lines, 0x03);
	ck_assert_uint_eq(rig.model.switch_state, 1);
	/* the limit that the unit told, not "do not change" (18.6) */
	ck_assert_uint_eq(rig.model.switch_limit, 160);
	ck_assert_uint_eq(r->mk_resets, 0);
}
END_TEST

/* 18.6: what the limit is nobody told, so it is not touched */
START_TEST(an_unknown_limit_is_left_as_it_is)
{
	rig.model.drop_letter = 'F';
	rig.model.drop_count = 1000;
	rig_command(&rig, INVERTER_ON, -1);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 4000);
	ck_assert_uint_eq(rig.model.switch_state, 3);
	ck_assert_uint_eq(rig.model.switch_limit, 0x8000);
	rig.model.drop_count = 0;
	rig_run(&rig, 4000);
	ck_assert_uint_eq(rig.model.switch_limit, 160);
}
END_TEST

/* C7 */
START_TEST(the_reading_is_in_units)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig.model.inverter_da = 12;
	rig.model.error = 11;
	rig_up(&rig, INVERTER_ON, -1);
	rig_run(&rig, 3000);
	ck_assert_int_eq(r->dc_mv.value, 13200);
	ck_assert_int_eq(r->dc_ma.value, 28800);
	ck_assert_uint_eq(r->n_phases, 1);
	ck_assert_int_eq(r->ac_in_mv[0].value, 230500);
	ck_assert_int_eq(r->ac_in_ma[0].value, -3000);
	ck_assert_int_eq(r->ac_out_mv[0].value, 230000);
	ck_assert_int_eq(r->ac_out_ma[0].value, 2010);
	ck_assert_int_eq(r->mains_present.value, 1);
	ck_assert_int_eq(r->state_main.value, 9);
	ck_assert_int_eq(r->state_sub.value, 1);
	ck_assert_int_eq(r->leds_on.value, 1);
	ck_assert_int_eq(r->alarm_bits.value, 0x20);
	ck_assert_int_eq(r->error.value, 11);
	ck_assert_uint_eq(r->n_units, 1);
	ck_assert_int_eq(r->unit[0].product.value, 2648);
	ck_assert_int_eq(r->unit[0].firmware.value, 492);
	ck_assert_int_eq(r->unit[0].stored_charge_current_ma.value, 120000);
	ck_assert(!r->unit[0].written_charge_current_ma.known);
	ck_assert(!r->ac_in_mv[1].known);
}
END_TEST

START_TEST(discharging_is_negative)
{
	rig.model.charger_da = 0;
	rig.model.inverter_da = 1234;
	rig_up(&rig, INVERTER_ON, -1);
	ck_assert_int_eq(rig_reading(&rig)->dc_ma.value, -123400);
}
END_TEST

START_TEST(three_phases_are_read_one_by_one)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig.model.phases = 3;
	rig_up(&rig, INVERTER_ON, -1);
	rig_run(&rig, 3000);
	ck_assert_uint_eq(r->n_phases, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(r->ac_out_ma[i].value, (201 + i) * 10);
	ck_assert(!r->ac_out_ma[3].known);
	rig.model.phases = 1;
	rig_run(&rig, 5000);
	ck_assert_uint_eq(r->n_phases, 1);
	ck_assert(!r->ac_out_ma[1].known);
}
END_TEST

START_TEST(mains_is_present_from_50_volts)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig_up(&rig, INVERTER_ON, -1);
	ck_assert_int_eq(r->mains_present.value, 1);
	rig.model.mains_cv = 4999;
	rig_run(&rig, 3000);
	ck_assert_int_eq(r->mains_present.value, 0);
	rig.model.mains_cv = 5000;
	rig_run(&rig, 3000);
	ck_assert_int_eq(r->mains_present.value, 1);
	/* 18.13: no period is no AC, whatever the voltage says */
	rig.model.mains_cv = 0;
	rig_run(&rig, 3000);
	ck_assert_int_eq(r->mains_present.value, 0);
}
END_TEST

/* C2: refreshed every second */
START_TEST(the_state_is_sent_every_second)
{
	size_t from;

	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	from = rig.n_sent;
	rig_run(&rig, 120000);
	ck_assert_uint_le(longest_pause(from), 1700);
	ck_assert_uint_ge(rig_count(&rig, from, 'S'), 119);
	ck_assert_uint_le(rig_count(&rig, from, 'S'), 121);
	ck_assert_uint_eq(rig.faults[FAULT_TIMEOUT], 0);
	ck_assert_uint_eq(rig.faults[FAULT_CONTENT], 0);
}
END_TEST

/* The same with nobody answering but the MK itself: the bus is down. */
START_TEST(the_state_is_sent_every_second_while_requests_time_out)
{
	size_t from;

	rig_up(&rig, INVERTER_CHARGER_ONLY, -1);
	rig.model.drop_letter = 'F';
	rig.model.drop_count = 100000;
	from = rig.n_sent;
	rig_run(&rig, 60000);
	ck_assert_uint_le(longest_pause(from), 2300);
	ck_assert_uint_ge(rig_count(&rig, from, 'S'), 55);
}
END_TEST

/* C2: the very next request, whatever is in flight */
START_TEST(a_changed_state_is_the_next_request)
{
	static const uint8_t wire[] = { 4, 1, 2, 3 };
	uint64_t seed = unit_seed();
	uint64_t worst = 0;

	rig_up(&rig, INVERTER_ON, 50000);
	for (int turn = 0; turn < 400; turn++) {
		enum inverter_switch state = (enum inverter_switch)
			(turn % 4);
		uint64_t asked;
		size_t from;

		rig_run(&rig, (uint64_t)unit_between(&seed, 1, 1500));
		rig_command(&rig, state, 50000);
		from = rig.n_sent;
		asked = rig.now;
		rig_run(&rig, 1100);
		ck_assert_uint_gt(rig.n_sent, from + 1);
		ck_assert_uint_eq(rig.sent[from].bytes[2], 'S');
		ck_assert_uint_eq(rig.sent[from].bytes[3], wire[state]);
		/* and then it is read back */
		ck_assert_uint_eq(rig.sent[from + 1].bytes[2], 'F');
		ck_assert_uint_eq(rig.sent[from + 1].bytes[3], 5);
		if (rig.sent[from].us - asked > worst)
			worst = rig.sent[from].us - asked;
		rig.n_sent = 0;
	}
	printf("command to wire: %llu ms at most\n",
	       (unsigned long long)worst / 1000);
	/* What is in flight may be a question that nobody answers: at most
	 * its own 12 bytes on the wire, and 500 ms. */
	ck_assert_uint_le(worst, 12 * 4167 + 500000);
}
END_TEST

/* C2: verified within 3 s */
START_TEST(the_read_back_tells_whether_it_was_obeyed)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig_up(&rig, INVERTER_ON, -1);
	ck_assert_str_eq(inverter_mode_text(r->switch_register), "on");
	rig_command(&rig, INVERTER_CHARGER_ONLY, -1);
	rig_run(&rig, 1000);
	ck_assert_str_eq(inverter_mode_text(r->switch_register),
			 "charger-only");
	ck_assert_uint_ge(r->switch_asked.us, r->sent_since.us);
	rig.model.ignores_switch = true;
	rig_run(&rig, 3000);
	ck_assert_str_eq(inverter_mode_text(r->switch_register), "on");
	ck_assert_uint_eq(r->sent, INVERTER_CHARGER_ONLY);
}
END_TEST

START_TEST(restricting_is_read_back_every_second)
{
	size_t from;
	unsigned int n = 0;

	rig_up(&rig, INVERTER_OFF, -1);
	from = rig.n_sent;
	rig_run(&rig, 20000);
	for (size_t i = from; i < rig.n_sent; i++)
		n += rig.sent[i].bytes[2] == 'F' && rig.sent[i].bytes[3] == 5;
	ck_assert_uint_ge(n, 18);
}
END_TEST

START_TEST(leaving_it_alone_sends_no_state)
{
	rig.model.unit[1] = rig.model.unit[0];
	rig_up(&rig, INVERTER_LEAVE, -1);
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig_count(&rig, 0, 'S'), 0);
	ck_assert(!rig_reading(&rig)->sent_known);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 2);
	rig_command(&rig, INVERTER_ON, -1);
	rig_run(&rig, 1500);
	ck_assert_uint_ge(rig_count(&rig, 0, 'S'), 1);
	ck_assert(rig_reading(&rig)->sent_known);
	rig_command(&rig, INVERTER_LEAVE, -1);
	ck_assert(!rig_reading(&rig)->sent_known);
}
END_TEST

START_TEST(before_any_command_nothing_is_commanded)
{
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 20000);
	ck_assert(rig_reading(&rig)->connected);
	ck_assert_uint_eq(rig_count(&rig, 0, 'S'), 0);
	ck_assert_uint_eq(rig.model.unit[0].writes, 0);
}
END_TEST

/* 3.7 and 3.1: the MK2 has no lines */
START_TEST(an_mk2_is_not_asked_for_lines)
{
	rig.model.version = 1130134;
	rig_up(&rig, INVERTER_ON, -1);
	rig_run(&rig, 20000);
	ck_assert_uint_eq(rig_count(&rig, 0, 'H'), 0);
	ck_assert_uint_eq(rig.model.switch_state, 3);
}
END_TEST

START_TEST(lines_are_pulled_again_and_again)
{
	rig_up(&rig, INVERTER_ON, -1);
	rig.model.lines = 0;
	rig_run(&rig, 6000);
	ck_assert_uint_eq(rig.model.lines, 0x03);
}
END_TEST

/* An MK that keeps to short winmon frames whatever S asks; 14.12 */
START_TEST(short_winmon_frames_are_understood)
{
	rig.model.obeys_form = false;
	rig_up(&rig, INVERTER_ON, 50000);
	rig_run(&rig, 60000);
	ck_assert(rig.model.short_form);
	ck_assert_int_eq(rig_reading(&rig)->dc_mv.value, 13200);
	ck_assert_int_eq(rig_reading(&rig)->unit[0].firmware.value, 492);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
	ck_assert(rig_reading(&rig)->charge_current_applied);
	ck_assert_uint_eq(rig.faults[FAULT_TIMEOUT], 0);
}
END_TEST

START_TEST(long_winmon_frames_are_asked_for_and_understood)
{
	rig_up(&rig, INVERTER_ON, 50000);
	rig_run(&rig, 60000);
	ck_assert(!rig.model.short_form);
	ck_assert_int_eq(rig_reading(&rig)->dc_mv.value, 13200);
	ck_assert_int_eq(rig_reading(&rig)->unit[0].firmware.value, 492);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
	ck_assert(rig_reading(&rig)->charge_current_applied);
}
END_TEST

START_TEST(late_answers_with_another_letter_are_ignored)
{
	rig.model.wrong_letter = true;
	rig.model.obeys_form = false;
	rig_up(&rig, INVERTER_ON, 50000);
	rig_run(&rig, 60000);
	ck_assert_int_eq(rig_reading(&rig)->unit[0].firmware.value, 492);
	ck_assert_int_eq(rig_reading(&rig)->unit[0].product.value, 2648);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 1);
	ck_assert_uint_gt(mk3_session_ops.counters(rig.state)->
			  faults[FAULT_UNKNOWN], 0);
}
END_TEST

START_TEST(version_frames_may_come_before_any_answer)
{
	rig.model.chatty = true;
	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.model.switch_state, 1);
	ck_assert_uint_eq(rig_reading(&rig)->mk_resets, 0);
	ck_assert_uint_eq(rig.faults[FAULT_TIMEOUT], 0);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
}
END_TEST

START_TEST(reading_as_late_as_allowed_loses_nothing)
{
	rig.burst = true;
	rig.model.delay_us = 0;
	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.faults[FAULT_TIMEOUT], 0);
	ck_assert_int_eq(rig_reading(&rig)->dc_mv.value, 13200);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mk3 session: C1 C2 C7");
	TCase *tcase = tcase_create("session");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase,
		       start_up_looks_around_and_commands_within_three_seconds);
	tcase_add_test(tcase, an_unknown_limit_is_left_as_it_is);
	tcase_add_test(tcase, the_reading_is_in_units);
	tcase_add_test(tcase, discharging_is_negative);
	tcase_add_test(tcase, three_phases_are_read_one_by_one);
	tcase_add_test(tcase, mains_is_present_from_50_volts);
	tcase_add_test(tcase, the_state_is_sent_every_second);
	tcase_add_test(tcase,
		       the_state_is_sent_every_second_while_requests_time_out);
	tcase_add_test(tcase, a_changed_state_is_the_next_request);
	tcase_add_test(tcase, the_read_back_tells_whether_it_was_obeyed);
	tcase_add_test(tcase, restricting_is_read_back_every_second);
	tcase_add_test(tcase, leaving_it_alone_sends_no_state);
	tcase_add_test(tcase, before_any_command_nothing_is_commanded);
	tcase_add_test(tcase, an_mk2_is_not_asked_for_lines);
	tcase_add_test(tcase, lines_are_pulled_again_and_again);
	tcase_add_test(tcase, short_winmon_frames_are_understood);
	tcase_add_test(tcase, long_winmon_frames_are_asked_for_and_understood);
	tcase_add_test(tcase, late_answers_with_another_letter_are_ignored);
	tcase_add_test(tcase, version_frames_may_come_before_any_answer);
	tcase_add_test(tcase, reading_as_late_as_allowed_loses_nothing);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
