/* SPDX-License-Identifier: MIT */
/*
 * Everything that makes the session start again or doubt what it knows:
 * resets, silence, a lost tty, late answers, noise. C1, C10
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

static void expect_everything_applied(int turn)
{
	const struct inverter_reading *r = rig_reading(&rig);

	ck_assert_msg(r->connected, "turn %d: not connected", turn);
	ck_assert_msg(rig.model.lines == 0x03, "turn %d: lines", turn);
	ck_assert_msg(rig.model.mode < 32, "turn %d: address", turn);
	ck_assert_msg(rig.model.switch_state == 1, "turn %d: state", turn);
	ck_assert_msg(rig.model.unit[0].ram == 20 &&
		      rig.model.unit[1].ram == 20, "turn %d: current", turn);
	ck_assert_msg(r->dc_mv.known && r->dc_mv.value == 13200,
		      "turn %d: voltage", turn);
	ck_assert_msg(r->switch_register.known, "turn %d: register", turn);
}

/* C1: at each of the first 250 requests, which is start-up, polls, probes
 * and writes, the MK forgets everything */
START_TEST(a_reset_at_any_request_is_repaired)
{
	for (int turn = 0; turn < 250; turn++) {
		rig_close(&rig);
		rig_open(&rig);
		rig.burst = turn % 8 != 0;
		rig.model.unit[1] = rig.model.unit[0];
		rig.model.reset_at = turn;
		rig_up(&rig, INVERTER_CHARGER_ONLY, 40000);
		while (rig.model.resets == 0)
			rig_run(&rig, 500);
		rig_run(&rig, 4000);
		ck_assert_msg(rig.model.switch_state == 1 &&
			      rig.model.lines == 0x03, "turn %d: slow", turn);
		rig_run(&rig, 8000);
		expect_everything_applied(turn);
		if (turn > 10)
			ck_assert_msg(rig_reading(&rig)->mk_resets == 1,
				      "turn %d: not noticed", turn);
	}
}
END_TEST

/* The V before an address was good, then the MK is reset by whatever comes
 * in between; the new address must not hide it. */
START_TEST(a_reset_between_version_and_address_is_noticed)
{
	unsigned int hit = 0;

	rig_up(&rig, INVERTER_CHARGER_ONLY, -1);
	while (hit < 10) {
		uint32_t resets = rig_reading(&rig)->mk_resets;

		rig_run(&rig, 1);
		if (rig.sent[rig.n_sent - 1].bytes[2] != 'V' ||
		    rig.answer_at < rig.now || rig.answer_at == 0)
			continue;
		rig_command(&rig, hit % 2 ? INVERTER_CHARGER_ONLY :
					    INVERTER_ON, -1);
		rig.model.reset_at = (int)rig.model.requests;
		rig_run(&rig, 4000);
		ck_assert_uint_eq(rig_reading(&rig)->mk_resets, resets + 1);
		hit++;
	}
}
END_TEST

/* An unsolicited V tells of the reset before anything is asked. */
START_TEST(a_version_frame_without_address_is_a_reset)
{
	static const uint8_t lost[] = { 0x07, 0xff, 0x56, 0x24, 0xdb, 0x11,
					0x00, 0x42, 0x52 };
	uint64_t reset;

	rig.model.unit[1] = rig.model.unit[0];
	rig_up(&rig, INVERTER_CHARGER_ONLY, 40000);
	rig_run(&rig, 45000);
	while (rig.n_bytes > 0)
		rig_run(&rig, 1);
	rig_model_reset(&rig);
	/* What is asked while it starts is lost. */
	rig.model.dead = true;
	rig_inject(&rig, lost, sizeof(lost));
	reset = rig.now;
	rig_run(&rig, 40);
	rig.model.dead = false;
	rig_run(&rig, 160);
	ck_assert_uint_eq(rig_reading(&rig)->mk_resets, 1);
	rig_run(&rig, 3000);
	/* The MK's panel state counts from when it was sent again. */
	ck_assert_uint_gt(rig_reading(&rig)->sent_since.us, reset);
	expect_everything_applied(0);
}
END_TEST

/* Not between the look at the address and the next one that is set. */
static void lose_address(uint8_t mode)
{
	do
		rig_run(&rig, 1);
	while (rig.sent[rig.n_sent - 1].bytes[2] != 'F');
	rig.model.mode = mode;
}

/* The address is lost now and then, as when another tool used the MK. */
START_TEST(a_lost_address_is_set_again)
{
	rig_up(&rig, INVERTER_CHARGER_ONLY, 20000);
	rig_run(&rig, 60000);
	lose_address('W');
	rig_run(&rig, 5000);
	ck_assert_uint_eq(rig_reading(&rig)->mk_resets, 1);
	ck_assert_uint_lt(rig.model.mode, 32);
	lose_address(31);
	rig_run(&rig, 5000);
	ck_assert_uint_eq(rig_reading(&rig)->mk_resets, 2);
	ck_assert_uint_lt(rig.model.mode, 32);
	ck_assert(rig_reading(&rig)->connected);
}
END_TEST

/* The answer to an A is lost, not the address. */
START_TEST(a_lost_answer_to_an_address_stops_nothing)
{
	rig_up(&rig, INVERTER_CHARGER_ONLY, 20000);
	rig.model.drop_letter = 'A';
	rig.model.drop_count = 1;
	rig_run(&rig, 8000);
	ck_assert_uint_eq(rig.model.drop_count, 0);
	ck_assert_uint_eq(rig_reading(&rig)->mk_resets, 0);
	rig.n_sent = 0;
	rig_run(&rig, 10000);
	ck_assert_uint_ge(rig_count(&rig, 0, 'F'), 20);
	ck_assert_uint_ge(rig_count(&rig, 0, 'A'), 5);
	ck_assert(rig_reading(&rig)->dc_mv.known);
}
END_TEST

START_TEST(an_mk_that_never_takes_the_address_is_still_commanded)
{
	rig.model.address_lost = true;
	rig_command(&rig, INVERTER_OFF, -1);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 60000);
	ck_assert_uint_eq(rig.model.switch_state, 4);
	ck_assert_uint_ge(rig_count(&rig, 0, 'S'), 15);
}
END_TEST

/* C10 and "nothing may hold an old value for ever" */
START_TEST(silence_makes_everything_unknown)
{
	const struct inverter_reading *r = rig_reading(&rig);
	uint64_t silent;

	rig_up(&rig, INVERTER_ON, 50000);
	rig_run(&rig, 60000);
	ck_assert(r->charge_current_applied);
	rig.model.dead = true;
	silent = rig.now;
	rig_run(&rig, 4000);
	ck_assert(r->connected);
	rig_run(&rig, 2000);
	ck_assert(!r->connected);
	ck_assert(!r->dc_mv.known && !r->dc_ma.known);
	ck_assert(!r->switch_register.known);
	ck_assert(!r->state_main.known && !r->error.known);
	ck_assert(!r->mains_present.known && !r->mk_version.known);
	ck_assert(!r->sent_known && !r->charge_current_applied);
	ck_assert_uint_eq(r->n_units, 0);
	ck_assert_uint_le(r->time.us, silent + 1000000);
	/* V each second, and nothing else */
	rig.n_sent = 0;
	rig_run(&rig, 30000);
	ck_assert_uint_eq(rig_count(&rig, 0, 'V'), rig.n_sent);
	ck_assert_uint_ge(rig.n_sent, 29);
	ck_assert_uint_le(rig.n_sent, 31);
}
END_TEST

START_TEST(an_mk_that_wakes_is_taken_at_once)
{
	rig.model.unit[1] = rig.model.unit[0];
	rig.model.dead = true;
	rig_up(&rig, INVERTER_CHARGER_ONLY, 40000);
	rig_run(&rig, 20000);
	ck_assert(!rig_reading(&rig)->connected);
	ck_assert_uint_eq(rig_count(&rig, 0, 'S'), 0);
	rig.model.dead = false;
	rig_run(&rig, 4000);
	ck_assert_uint_eq(rig.model.switch_state, 1);
	rig_run(&rig, 6000);
	expect_everything_applied(0);
}
END_TEST

START_TEST(a_unit_that_stops_answering_makes_its_values_unknown)
{
	const struct inverter_reading *r = rig_reading(&rig);

	rig_up(&rig, INVERTER_ON, -1);
	rig_run(&rig, 45000);
	rig.model.drop_letter = 'F';
	rig.model.drop_count = 1000000;
	rig_run(&rig, 9000);
	ck_assert(r->dc_mv.known);
	rig_run(&rig, 4000);
	ck_assert(r->connected);
	ck_assert(!r->dc_mv.known && !r->dc_ma.known);
	ck_assert(!r->ac_in_mv[0].known && !r->switch_register.known);
	ck_assert_uint_eq(r->n_phases, 0);
	/* the LED still tells */
	ck_assert_int_eq(r->mains_present.value, 1);
	rig.model.drop_count = 0;
	rig_run(&rig, 3000);
	ck_assert(r->dc_mv.known && r->switch_register.known);
}
END_TEST

START_TEST(a_lost_tty_makes_everything_unknown_and_comes_back)
{
	rig_up(&rig, INVERTER_ON, 50000);
	rig_run(&rig, 60000);
	rig_event(&rig, SESSION_LOST, NULL, 0);
	rig.n_bytes = 0;
	rig.answer_at = 0;
	rig.n_sent = 0;
	ck_assert(!rig_reading(&rig)->connected);
	ck_assert(!rig_reading(&rig)->dc_mv.known);
	rig_run(&rig, 10000);
	ck_assert_uint_eq(rig.n_sent, 0);
	rig_model_reset(&rig);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 4000);
	ck_assert(rig_reading(&rig)->connected);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
}
END_TEST

/* I3: the program was stopped between an answer and its reading. */
START_TEST(an_answer_that_lay_unread_past_its_deadline_is_not_taken)
{
	static const uint8_t request[] = { 'F', 0 };
	uint8_t old[64];
	size_t n;

	rig_up(&rig, INVERTER_ON, -1);
	rig_run(&rig, 45000);
	do
		rig_run(&rig, 1);
	while (memcmp(rig.sent[rig.n_sent - 1].bytes + 2, request, 2) != 0 ||
	       rig.n_bytes == 0);
	n = rig.n_bytes;
	ck_assert_uint_le(n, sizeof(old));
	memcpy(old, rig.byte, n);
	rig.n_bytes = 0;
	rig.model.dead = true;
	rig.now += 10000000;
	rig_event(&rig, SESSION_RX, old, n);
	ck_assert_uint_lt(rig_reading(&rig)->dc_time.us, rig.now - 10000000);
	ck_assert(!rig_reading(&rig)->dc_mv.known);
}
END_TEST

/* A late F 5 must not pass for the answer to a newer one. */
START_TEST(a_late_read_back_keeps_the_time_it_was_asked)
{
	static const uint8_t late[] = { 0x41, 0, 1, 0, 0, 0x90, 30, 0, 0xf4,
					0x01, 0xa0, 0x00, 0x37 };
	const struct inverter_reading *r = rig_reading(&rig);
	uint64_t first;

	rig_up(&rig, INVERTER_ON, -1);
	rig_run(&rig, 45000);
	rig.model.drop_letter = 'F';
	rig.model.drop_count = 1000;
	rig_command(&rig, INVERTER_OFF, -1);
	rig_run(&rig, 200);
	first = rig.now;
	rig_run(&rig, 1300);
	rig_command(&rig, INVERTER_CHARGER_ONLY, -1);
	rig_run(&rig, 700);
	rig_reply(&rig, late, sizeof(late), false);
	rig_run(&rig, 300);
	ck_assert_int_eq(r->switch_register.value, 0x37);
	ck_assert_uint_le(r->switch_asked.us, first);
	ck_assert_uint_gt(r->sent_since.us, r->switch_asked.us);
}
END_TEST

/* Any bytes in any split: it comes to rest, and is not fooled. */
START_TEST(a_million_bytes_of_garbage_end)
{
	uint64_t seed = unit_seed();
	uint8_t bytes[1000];

	rig_up(&rig, INVERTER_CHARGER_ONLY, 50000);
	rig.model.dead = true;
	for (int turn = 0; turn < 1000; turn++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)unit_random(&seed);
		for (size_t at = 0, n; at < sizeof(bytes); at += n) {
			n = (size_t)unit_between(&seed, 1, (int64_t)
						 (sizeof(bytes) - at));
			rig.now += 1000;
			rig_event(&rig, SESSION_RX, bytes + at, n);
		}
		rig.answer_at = 0;
		rig.n_sent = 0;
	}
	ck_assert_uint_gt(mk3_session_ops.counters(rig.state)->garbage_bytes,
			  900000);
	rig.model.dead = false;
	rig_run(&rig, 12000);
	ck_assert(rig_reading(&rig)->connected);
	ck_assert_uint_eq(rig.model.switch_state, 1);
}
END_TEST

/* Noise between and within answers, for ten minutes. */
START_TEST(a_noisy_line_is_survived)
{
	uint64_t seed = unit_seed();

	rig_up(&rig, INVERTER_CHARGER_ONLY, 40000);
	rig.noisy = true;
	for (int turn = 0; turn < 600; turn++) {
		uint8_t noise[8];
		size_t n = (size_t)unit_between(&seed, 1, sizeof(noise));

		for (size_t i = 0; i < n; i++)
			noise[i] = (uint8_t)unit_random(&seed);
		rig_run(&rig, (uint64_t)unit_between(&seed, 500, 1500));
		rig_inject(&rig, noise, n);
		rig.n_sent = rig.n_sent > 1 ? 1 : rig.n_sent;
		rig.answer_at = 0;
	}
	rig_run(&rig, 5000);
	ck_assert(rig_reading(&rig)->connected);
	ck_assert_uint_eq(rig.model.switch_state, 1);
	ck_assert_uint_eq(rig.model.unit[0].ram, 40);
	ck_assert_int_eq(rig_reading(&rig)->dc_mv.value, 13200);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mk3 trouble: C1 C10");
	TCase *tcase = tcase_create("trouble");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_reset_at_any_request_is_repaired);
	tcase_add_test(tcase, a_reset_between_version_and_address_is_noticed);
	tcase_add_test(tcase, a_version_frame_without_address_is_a_reset);
	tcase_add_test(tcase, a_lost_address_is_set_again);
	tcase_add_test(tcase, a_lost_answer_to_an_address_stops_nothing);
	tcase_add_test(tcase,
		       an_mk_that_never_takes_the_address_is_still_commanded);
	tcase_add_test(tcase, silence_makes_everything_unknown);
	tcase_add_test(tcase, an_mk_that_wakes_is_taken_at_once);
	tcase_add_test(tcase,
		       a_unit_that_stops_answering_makes_its_values_unknown);
	tcase_add_test(tcase,
		       a_lost_tty_makes_everything_unknown_and_comes_back);
	tcase_add_test(tcase, a_late_read_back_keeps_the_time_it_was_asked);
	tcase_add_test(tcase,
		an_answer_that_lay_unread_past_its_deadline_is_not_taken);
	tcase_add_test(tcase, a_million_bytes_of_garbage_end);
	tcase_add_test(tcase, a_noisy_line_is_survived);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
