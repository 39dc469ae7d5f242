/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is on a JK-PB bus and when: the polling half of B8, the
 * reading of identity for A5, that nothing survives the loss of a tty (I3),
 * and the slower pace of D3. All in virtual time.
 */
#include "tests/unit/jk_pb_world.h"

static struct world w;

static void present(uint8_t first, uint8_t last)
{
	for (uint8_t a = first; a <= last; a++)
		w.pack[a].present = true;
}

/* A1, A5: samples come first, identity and wishes soon after. */
START_TEST(every_pack_gives_samples_with_identity_and_wishes)
{
	world_init(&w, 1, 3);
	w.seed = unit_seed();
	present(1, 3);
	world_open(&w);
	world_run(&w, 1000000);
	for (int a = 1; a <= 3; a++)
		ck_assert_uint_gt(w.pack[a].samples, 0);
	world_run(&w, 4000000);
	for (int a = 1; a <= 3; a++) {
		const struct sample *s = &w.pack[a].last;

		ck_assert_uint_eq(s->address, a);
		ck_assert_uint_eq(s->cell_mv[0], 3200 + a);
		ck_assert_int_eq(s->serial[10], '0' + a);
		ck_assert_str_eq(s->model, "JK_PB2A16S20P");
		ck_assert_str_eq(s->firmware, "15.41");
		ck_assert(s->design_mah.known);
		ck_assert_int_eq(s->design_mah.value, 280000);
		ck_assert_int_eq(s->charge_limit_ma.value, 60000);
		ck_assert_int_eq(s->discharge_limit_ma.value, 100000);
		/* 3.45 V a cell, 16 cells */
		ck_assert_int_eq(s->charge_voltage_mv.value, 55200);
		ck_assert_uint_eq(w.pack[a].requests[JK_PB_ABOUT], 1);
		ck_assert_uint_eq(w.pack[a].requests[JK_PB_SETTINGS], 1);
	}
	for (int i = 0; i < SESSION_FAULT_COUNT; i++)
		ck_assert_uint_eq(w.bus.counters.faults[i], 0);
	ck_assert_uint_eq(w.bus.counters.garbage_bytes, 0);
	ck_assert_uint_eq(w.bus.counters.requests, w.sends);
	/* 10 min on they are read once more. */
	world_run(&w, 600000000);
	ck_assert_uint_eq(w.pack[2].requests[JK_PB_ABOUT], 2);
	ck_assert_uint_eq(w.pack[2].requests[JK_PB_SETTINGS], 2);
}
END_TEST

/* B8: as fast as the gap allows, and never faster (checked at each send). */
START_TEST(fifteen_packs_are_swept_in_less_than_two_seconds)
{
	world_init(&w, 1, 15);
	w.seed = unit_seed();
	present(1, 15);
	world_open(&w);
	world_run(&w, 15000000);
	world_measure(&w);
	world_run(&w, 60000000);
	ck_assert_uint_ge(w.shortest_gap, 120000);
	ck_assert_uint_le(w.longest_gap, 121000);
	/* Requests start 0..2 ms later here, as on a busy machine. */
	ck_assert_uint_ge(w.samples, 490);
	for (int a = 1; a <= 15; a++)
		ck_assert_uint_le(w.pack[a].longest, 2000000);
}
END_TEST

/* B8: silent addresses may cost time, but never an answering pack's. */
START_TEST(answering_packs_are_never_starved_by_silent_ones)
{
	uint64_t seed = unit_seed();

	for (int absent = 0; absent <= 14; absent++) {
		world_init(&w, 1, 15);
		w.seed = seed;
		present(1, (uint8_t)(15 - absent));
		for (int a = 1; a <= 15; a += 2)
			w.pack[a].silent_errands = true;
		world_open(&w);
		world_run(&w, 10000000);
		world_measure(&w);
		world_run(&w, 60000000);
		for (int a = 1; a <= 15 - absent; a++)
			ck_assert_msg(w.pack[a].longest < 5000000,
				      "%d absent: %d waits %llu us", absent,
				      a, (unsigned long long)
				      w.pack[a].longest);
	}
}
END_TEST

START_TEST(one_absent_address_is_asked_every_two_seconds_at_least)
{
	for (uint8_t others = 0; others <= 14; others++) {
		world_init(&w, 1, (uint8_t)(others + 1));
		present(2, (uint8_t)(others + 1));
		world_open(&w);
		world_run(&w, 10000000);
		world_measure(&w);
		world_run(&w, 60000000);
		/* Every second time settings are asked instead of status. */
		ck_assert_uint_le(w.pack[1].longest, 4000000);
		ck_assert_uint_ge(w.pack[1].requests[0] +
				  w.pack[1].requests[1], 30);
		/* And not in every round. */
		ck_assert_uint_le(w.pack[1].requests[0] +
				  w.pack[1].requests[1], 38);
	}
}
END_TEST

START_TEST(a_pack_just_fallen_silent_is_asked_every_round_for_30_s)
{
	world_init(&w, 1, 12);
	present(1, 12);
	world_open(&w);
	world_run(&w, 10000000);
	w.pack[3].present = false;
	world_measure(&w);
	world_run(&w, 29000000);
	/* Status or settings once for each status of the others. */
	ck_assert_int_le(llabs((long long)(w.pack[1].requests[0] -
					   w.pack[3].requests[0] -
					   w.pack[3].requests[1])), 3);
	ck_assert_uint_le(w.pack[1].longest, 3000000);
	ck_assert_uint_gt(w.faults[FAULT_TIMEOUT], 10);
	world_run(&w, 3000000);
	w.pack[3].requests[0] = w.pack[3].requests[1] = 0;
	world_run(&w, 30000000);
	ck_assert_uint_le(w.pack[3].requests[0] + w.pack[3].requests[1], 20);
	/* It comes back, and says again who it is. */
	world_measure(&w);
	w.pack[3].present = true;
	world_run(&w, 8000000);
	ck_assert_uint_gt(w.pack[3].samples, 3);
	ck_assert_uint_eq(w.pack[3].requests[JK_PB_ABOUT], 1);
	ck_assert_int_eq(w.pack[3].last.serial[10], '3');
}
END_TEST

static void forget_serial(struct world *world, const struct sample *s)
{
	(void)world;
	ck_assert_str_eq(s->serial, "");
	ck_assert(!s->design_mah.known);
}

/* A5: after 30 s of silence it may be another battery. */
START_TEST(identity_does_not_outlive_a_long_silence)
{
	world_init(&w, 1, 1);
	present(1, 1);
	world_open(&w);
	world_run(&w, 5000000);
	ck_assert_str_ne(w.pack[1].last.serial, "");
	w.pack[1].present = false;
	world_run(&w, 33000000);
	w.pack[1].present = true;
	w.pack[1].silent_errands = true;
	w.pack[1].samples = 0;
	w.on_sample = forget_serial;
	world_run(&w, 20000000);
	ck_assert_uint_gt(w.pack[1].samples, 10);
}
END_TEST

START_TEST(a_pack_back_after_three_seconds_is_asked_who_it_is)
{
	world_init(&w, 1, 2);
	present(1, 2);
	world_open(&w);
	world_run(&w, 5000000);
	ck_assert_uint_eq(w.pack[1].requests[JK_PB_ABOUT], 1);
	w.pack[1].present = false;
	world_run(&w, 3000000);
	w.pack[1].present = true;
	world_run(&w, 3000000);
	ck_assert_uint_eq(w.pack[1].requests[JK_PB_ABOUT], 2);
	ck_assert_uint_eq(w.pack[2].requests[JK_PB_ABOUT], 1);
}
END_TEST

START_TEST(packs_without_about_and_settings_still_give_samples)
{
	world_init(&w, 1, 4);
	present(1, 4);
	for (int a = 1; a <= 4; a++)
		w.pack[a].silent_errands = true;
	world_open(&w);
	world_run(&w, 60000000);
	for (int a = 1; a <= 4; a++) {
		ck_assert_uint_gt(w.pack[a].samples, 50);
		ck_assert_str_eq(w.pack[a].last.serial, "");
		/* first and its repetition, then after 10, 20 and 40 s */
		ck_assert_uint_ge(w.pack[a].requests[JK_PB_ABOUT], 4);
		ck_assert_uint_le(w.pack[a].requests[JK_PB_ABOUT], 5);
	}
	world_measure(&w);
	world_run(&w, 600000000);
	for (int a = 1; a <= 4; a++)
		ck_assert_uint_le(w.pack[a].longest, 3000000);
}
END_TEST

/* Nothing in lib/ holds an old value for ever (design 4). */
START_TEST(wishes_that_cannot_be_read_again_are_dropped)
{
	world_init(&w, 1, 1);
	present(1, 1);
	world_open(&w);
	world_run(&w, 5000000);
	ck_assert(w.pack[1].last.charge_limit_ma.known);
	w.pack[1].silent_errands = true;
	world_run(&w, 1700000000);
	ck_assert(w.pack[1].last.charge_limit_ma.known);
	world_run(&w, 110000000);
	ck_assert(!w.pack[1].last.charge_limit_ma.known);
	ck_assert(!w.pack[1].last.charge_voltage_mv.known);
	ck_assert_str_ne(w.pack[1].last.serial, "");
}
END_TEST

/* Firmware 15.36 and later, batteries.md 2.1: from cold, and for ever. */
START_TEST(packs_that_ignore_a_lone_status_are_woken)
{
	for (uint8_t n = 2; n <= 15; n += 13) {
		world_init(&w, 1, n);
		present(1, n);
		for (int a = 1; a <= n; a++)
			w.pack[a].shy = true;
		world_open(&w);
		world_run(&w, 90000000);
		world_measure(&w);
		world_run(&w, 60000000);
		for (int a = 1; a <= n; a++)
			ck_assert_uint_ge(w.pack[a].samples, 12);
		ck_assert_uint_ge(w.shortest_gap, 120000);
	}
}
END_TEST

static void lose_one_in_four(struct world *world, uint8_t address,
			     enum jk_pb_kind kind)
{
	if (unit_random(&world->seed) % 4 != 0)
		world_answer(world, address, kind);
}

START_TEST(one_lost_request_is_repeated_at_once)
{
	world_init(&w, 1, 1);
	w.seed = unit_seed();
	present(1, 1);
	w.respond = lose_one_in_four;
	world_open(&w);
	world_run(&w, 200000000);
	/* A silence that the repeat mended is counted, but not reported. */
	ck_assert_uint_gt(w.faults[FAULT_TIMEOUT], 0);
	ck_assert_uint_gt(w.bus.counters.faults[FAULT_TIMEOUT],
			  w.faults[FAULT_TIMEOUT]);
	ck_assert_uint_ge(w.shortest_gap, 120000);
}
END_TEST

/* The port sleeps through an answer and finds it whole (design 9). */
START_TEST(a_reader_that_sleeps_needs_few_reads_and_is_not_late)
{
	world_init(&w, 1, 8);
	w.seed = unit_seed();
	present(1, 8);
	w.chunk = 1;
	w.sleeper = true;
	world_open(&w);
	world_run(&w, 60000000);
	ck_assert_uint_gt(w.samples, 400);
	ck_assert_uint_le(w.reads * 10, w.bus.counters.answers * 25);
	ck_assert_uint_le(w.latency_max, 1000);
}
END_TEST

/* B8, I3: the program was stopped between the answer and its reading. */
START_TEST(an_answer_that_lay_unread_past_its_deadline_is_no_sample)
{
	uint8_t buf[WORLD_PIECE_SIZE * 4];
	uint64_t samples;
	size_t n;

	world_init(&w, 1, 1);
	present(1, 1);
	world_open(&w);
	world_run(&w, 5000000);
	for (uint64_t sends = w.sends; w.sends == sends;)
		world_run(&w, 1000);
	samples = w.samples;
	w.now += 10000000;
	n = world_read(&w, buf, sizeof(buf));
	ck_assert_uint_ge(n, JK_PB_ANSWER_MIN);
	world_settle(&w, world_step(&w, SESSION_RX, buf, n));
	ck_assert_uint_eq(w.samples, samples);
	world_run(&w, 500000);
	ck_assert_uint_gt(w.samples, samples);
}
END_TEST

START_TEST(nothing_is_sent_or_kept_after_the_tty_is_lost)
{
	/* Some instant in every state: gap, in flight, mid-answer. */
	for (uint64_t at = 0; at < 400000; at += 1700) {
		uint8_t answer[UNIT_ANSWER_SIZE];
		struct session_action action;
		uint64_t sends, opened, garbage;
		size_t len;

		world_init(&w, 1, 2);
		present(1, 2);
		w.chunk = 7;
		world_open(&w);
		world_run(&w, at);
		sends = w.sends;
		action = world_step(&w, SESSION_LOST, NULL, 0);
		ck_assert_int_eq(action.type, SESSION_WAIT);
		ck_assert_uint_eq(action.until.us, UINT64_MAX);
		len = unit_answer(w.request[0], JK_PB_STATUS, answer);
		garbage = w.bus.counters.garbage_bytes;
		action = world_step(&w, SESSION_RX, answer, len);
		ck_assert_int_eq(action.type, SESSION_WAIT);
		ck_assert_uint_eq(w.bus.counters.garbage_bytes, garbage);
		ck_assert_uint_eq(w.bus.counters.faults[FAULT_UNKNOWN], 0);
		w.now += 10000000;
		action = world_step(&w, SESSION_TICK, NULL, 0);
		ck_assert_int_eq(action.type, SESSION_WAIT);
		action = world_step(&w, SESSION_TX_DONE, NULL, 0);
		ck_assert_int_eq(action.type, SESSION_WAIT);
		ck_assert_uint_eq(w.sends, sends);
		w.n_pieces = 0;
		w.samples = 0;
		opened = w.now;
		world_open(&w);
		while (w.sends == sends)
			world_run(&w, 1000);
		ck_assert_uint_ge(w.now - opened, 120000);
		world_run(&w, 3000000);
		ck_assert_uint_gt(w.samples, 15);
	}
}
END_TEST

/* D3: every pack, and at once when the pace is taken back */
START_TEST(a_slow_pace_asks_each_pack_every_5_s)
{
	uint64_t before;

	for (uint8_t n = 1; n <= 15; n = (uint8_t)(n + 7)) {
		world_init(&w, 1, n);
		present(1, n);
		world_open(&w);
		world_run(&w, 10000000);
		jk_pb_session_ops.pace(&w.bus, 5000);
		world_run(&w, 10000000);
		world_measure(&w);
		world_run(&w, 60000000);
		for (int a = 1; a <= n; a++) {
			ck_assert_uint_ge(w.pack[a].samples, 11);
			ck_assert_uint_le(w.pack[a].requests[0], 12);
			ck_assert_uint_le(w.pack[a].longest, 5400000);
		}
		/* A session that rests need not be woken. */
		if (n == 1)
			ck_assert_uint_le(w.reads, 200);
		jk_pb_session_ops.pace(&w.bus, 0);
		before = w.samples;
		world_run(&w, 2000000);
		ck_assert_uint_ge(w.samples - before, n > 1 ? n : 14);
	}
}
END_TEST

/* D3: silent packs are asked no more often, and come back within the pace */
START_TEST(a_slow_pace_holds_for_silent_packs_too)
{
	world_init(&w, 1, 3);
	present(1, 2);
	world_open(&w);
	world_run(&w, 10000000);
	jk_pb_session_ops.pace(&w.bus, 5000);
	w.pack[2].present = false;
	world_run(&w, 10000000);
	world_measure(&w);
	world_run(&w, 60000000);
	/* Half of the tries of a silent one are with settings first. */
	for (int a = 2; a <= 3; a++) {
		ck_assert_uint_ge(w.pack[a].requests[0] +
				  w.pack[a].requests[1], 11);
		ck_assert_uint_le(w.pack[a].requests[0] +
				  w.pack[a].requests[1], 12);
	}
	ck_assert_uint_ge(w.pack[1].samples, 11);
	world_measure(&w);
	w.pack[2].present = true;
	world_run(&w, 5500000);
	ck_assert_uint_ge(w.pack[2].samples, 1);
	/* All of them silent: no request is out of turn. */
	w.pack[1].present = w.pack[2].present = false;
	world_run(&w, 60000000);
	world_measure(&w);
	world_run(&w, 60000000);
	for (int a = 1; a <= 3; a++)
		ck_assert_uint_le(w.pack[a].requests[0] +
				  w.pack[a].requests[1], 12);
}
END_TEST

/* D3: one lost answer costs no 5 s; a new tty is asked at once */
START_TEST(a_slow_pace_still_repeats_and_begins_at_once)
{
	world_init(&w, 1, 1);
	present(1, 1);
	jk_pb_session_ops.pace(&w.bus, 5000);
	world_open(&w);
	world_run(&w, 500000);
	ck_assert_uint_eq(w.samples, 1);
	world_run(&w, 4000000);
	w.pack[1].present = false;
	while (w.pack[1].requests[0] < 2)
		world_run(&w, 1000);
	w.pack[1].present = true;
	world_run(&w, 1000000);
	ck_assert_uint_eq(w.samples, 2);
	ck_assert_uint_eq(w.pack[1].requests[0], 3);
	world_step(&w, SESSION_LOST, NULL, 0);
	world_open(&w);
	world_run(&w, 500000);
	ck_assert_uint_eq(w.samples, 3);
}
END_TEST

START_TEST(a_session_without_addresses_waits_for_ever)
{
	struct session_action action;

	world_init(&w, 2, 1);
	world_open(&w);
	w.now += 1000000;
	action = world_step(&w, SESSION_TICK, NULL, 0);
	ck_assert_int_eq(action.type, SESSION_WAIT);
	ck_assert_uint_eq(action.until.us, UINT64_MAX);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("jk-pb-turns");
	TCase *t = tcase_create("session");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, every_pack_gives_samples_with_identity_and_wishes);
	tcase_add_test(t, fifteen_packs_are_swept_in_less_than_two_seconds);
	tcase_add_test(t, answering_packs_are_never_starved_by_silent_ones);
	tcase_add_test(t,
		one_absent_address_is_asked_every_two_seconds_at_least);
	tcase_add_test(t,
		a_pack_just_fallen_silent_is_asked_every_round_for_30_s);
	tcase_add_test(t, identity_does_not_outlive_a_long_silence);
	tcase_add_test(t, a_pack_back_after_three_seconds_is_asked_who_it_is);
	tcase_add_test(t, packs_without_about_and_settings_still_give_samples);
	tcase_add_test(t, wishes_that_cannot_be_read_again_are_dropped);
	tcase_add_test(t, packs_that_ignore_a_lone_status_are_woken);
	tcase_add_test(t, one_lost_request_is_repeated_at_once);
	tcase_add_test(t,
		a_reader_that_sleeps_needs_few_reads_and_is_not_late);
	tcase_add_test(t,
		an_answer_that_lay_unread_past_its_deadline_is_no_sample);
	tcase_add_test(t, nothing_is_sent_or_kept_after_the_tty_is_lost);
	tcase_add_test(t, a_slow_pace_asks_each_pack_every_5_s);
	tcase_add_test(t, a_slow_pace_holds_for_silent_packs_too);
	tcase_add_test(t, a_slow_pace_still_repeats_and_begins_at_once);
	tcase_add_test(t, a_session_without_addresses_waits_for_ever);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(suite());
}
