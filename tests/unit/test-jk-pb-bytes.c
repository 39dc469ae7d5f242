/* SPDX-License-Identifier: MIT */
/*
 * What a JK-PB session takes from the bytes of a bus and what not: no sample
 * without a sum, an acknowledge and the address that was asked (design 4),
 * for any bytes in any split. Feeds B8 and B10, and I3's babbling tty.
 */
#include "tests/unit/jk_pb_world.h"

static struct world w;

/* Feeds bytes in chunks of that many (0: whole) and settles after each. */
static void feed(struct world *world, const uint8_t *bytes, size_t len,
		 size_t chunk)
{
	while (len > 0) {
		size_t n = chunk && chunk < len ? chunk : len;

		world_settle(world, world_step(world, SESSION_RX, bytes, n));
		bytes += n;
		len -= n;
	}
}

static void nobody(struct world *world, uint8_t address,
		   enum jk_pb_kind kind)
{
	(void)world;
	(void)address;
	(void)kind;
}

/* Pack 3 has been asked for its status, and only the test will answer. */
static void ask_three(void)
{
	world_init(&w, 3, 3);
	w.respond = nobody;
	world_until_sent(&w);
	ck_assert_uint_eq(w.request[0], 3);
	ck_assert_uint_eq(w.request[3], 0x20);
}

/* Lets the request in flight run out. */
static void run_out(void)
{
	w.now = w.bus.now.deadline.us;
	world_settle(&w, world_step(&w, SESSION_TICK, NULL, 0));
}

START_TEST(any_split_gives_the_same_sample)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	struct sample first;
	struct jk_pb_bus asked;

	ask_three();
	asked = w.bus;
	unit_answer(3, JK_PB_STATUS, answer);
	feed(&w, answer, 309, 0);
	ck_assert_uint_eq(w.samples, 1);
	first = w.pack[3].last;
	ck_assert_uint_eq(first.address, 3);
	ck_assert_int_eq(first.voltage_mv.value, 52695);
	for (size_t chunk = 1; chunk < 309; chunk++) {
		w.bus = asked;
		w.samples = 0;
		feed(&w, answer, 309, chunk);
		ck_assert_uint_eq(w.samples, 1);
		ck_assert(!memcmp(&w.pack[3].last, &first, sizeof(first)));
	}
	for (size_t cut = 1; cut < 309; cut++) {
		w.bus = asked;
		w.samples = 0;
		feed(&w, answer, cut, 0);
		feed(&w, answer + cut, 309 - cut, 0);
		ck_assert_uint_eq(w.samples, 1);
	}
}
END_TEST

/* With and without pad and final zero (batteries.md 2.1.1 no. 3). */
START_TEST(all_forms_of_an_answer_are_taken)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	struct jk_pb_bus asked;
	uint64_t now, sent;

	ask_three();
	asked = w.bus;
	now = w.now;
	sent = w.sent;
	unit_block(JK_PB_STATUS, answer);
	for (size_t pads = 0; pads <= JK_PB_PAD_MAX; pads++) {
		size_t len = unit_acknowledge(answer, 3, JK_PB_STATUS, pads);

		answer[len] = 0;
		for (size_t tail = 0; tail < 2; tail++) {
			w.bus = asked;
			w.samples = 0;
			feed(&w, answer, len + tail, 1);
			ck_assert_uint_eq(w.samples, 1);
			world_run(&w, 200000);
			ck_assert_uint_eq(w.bus.counters.garbage_bytes, 0);
			w.now = now;
			w.sent = sent;
		}
	}
}
END_TEST

/* The zero behind an answer is no garbage even where more follows. */
START_TEST(a_frame_behind_the_final_zero_is_seen)
{
	uint8_t bytes[2 * UNIT_ANSWER_SIZE];
	size_t len;

	ask_three();
	len = unit_answer(3, JK_PB_STATUS, bytes);
	bytes[len++] = 0;
	len += unit_answer(5, JK_PB_STATUS, bytes + len);
	feed(&w, bytes, len, 11);
	ck_assert_uint_eq(w.samples, 1);
	ck_assert_uint_eq(w.bus.counters.faults[FAULT_UNKNOWN], 1);
	ck_assert_uint_eq(w.bus.counters.garbage_bytes, 0);
}
END_TEST

/* B8: noise costs as little time as it can. */
START_TEST(a_broken_answer_does_not_cost_the_whole_timeout)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	uint64_t sends;

	ask_three();
	unit_answer(3, JK_PB_STATUS, answer);
	feed(&w, answer, 309, 0);
	world_run(&w, 130000);
	ck_assert_uint_eq(w.request[3], 0x1c);
	unit_answer(3, JK_PB_ABOUT, answer);
	answer[20] ^= 1;
	feed(&w, answer, 309, 0);
	sends = w.sends;
	world_run(&w, 150000);
	ck_assert_uint_eq(w.sends, sends + 1);
}
END_TEST

START_TEST(no_flipped_bit_gives_a_sample)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	struct jk_pb_bus asked;
	uint64_t now;

	ask_three();
	asked = w.bus;
	now = w.now;
	unit_answer(3, JK_PB_STATUS, answer);
	for (size_t bit = 0; bit < 309 * 8; bit++) {
		uint64_t faults = w.faults[FAULT_CHECKSUM] +
				  w.faults[FAULT_LENGTH];

		w.bus = asked;
		w.now = now;
		answer[bit / 8] ^= 1u << bit % 8;
		feed(&w, answer, 309, 0);
		answer[bit / 8] ^= 1u << bit % 8;
		run_out();
		ck_assert_uint_eq(w.samples, 0);
		/* A broken start or type is no block at all. */
		ck_assert_uint_eq(w.faults[FAULT_CHECKSUM] +
				  w.faults[FAULT_LENGTH], faults + 1);
		if (bit / 8 > JK_PB_AT_TYPE)
			ck_assert_uint_eq(w.bus.counters.faults[
					  FAULT_CHECKSUM], 1);
	}
}
END_TEST

START_TEST(truncated_answers_are_faults_of_length)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	struct jk_pb_bus asked;
	uint64_t now;

	ask_three();
	asked = w.bus;
	now = w.now;
	unit_answer(3, JK_PB_STATUS, answer);
	for (size_t len = 0; len < 309; len++) {
		w.bus = asked;
		w.now = now;
		feed(&w, answer, len, 0);
		ck_assert_uint_eq(w.faults[FAULT_LENGTH], len ? len - 1 : 0);
		run_out();
		ck_assert_uint_eq(w.samples, 0);
		ck_assert_uint_eq(w.faults[FAULT_LENGTH], len);
		ck_assert_uint_eq(w.faults[FAULT_TIMEOUT], 1);
		ck_assert_uint_eq(w.bus.counters.garbage_bytes, len);
	}
}
END_TEST

START_TEST(nobody_else_may_answer_for_a_pack)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	struct jk_pb_bus asked;
	uint64_t now;

	ask_three();
	asked = w.bus;
	now = w.now;
	unit_block(JK_PB_STATUS, answer);
	for (int address = 0; address < 256; address++) {
		for (size_t pads = 0; pads < 2; pads++) {
			size_t len = unit_acknowledge(answer,
						      (uint8_t)address,
						      JK_PB_STATUS, pads);

			if (address == 3)
				continue;
			w.bus = asked;
			w.now = now;
			memset(w.faults, 0, sizeof(w.faults));
			feed(&w, answer, len, 0);
			ck_assert_uint_eq(w.bus.counters.faults[
					  FAULT_ADDRESS], 1);
			run_out();
			ck_assert_uint_eq(w.samples, 0);
			ck_assert_uint_eq(w.faults[FAULT_ADDRESS], 1);
		}
	}
	/* Without any acknowledge it is nobody's. */
	w.bus = asked;
	w.now = now;
	memset(answer + JK_PB_BLOCK_SIZE, 0xff, 20);
	feed(&w, answer, 320, 0);
	run_out();
	ck_assert_uint_eq(w.samples, 0);
	ck_assert_uint_eq(w.faults[FAULT_CHECKSUM], 1);
}
END_TEST

START_TEST(answers_to_another_question_are_not_taken)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	size_t len;

	ask_three();
	len = unit_answer(3, JK_PB_SETTINGS, answer);
	feed(&w, answer, len, 0);
	len = unit_answer(3, JK_PB_ABOUT, answer);
	feed(&w, answer, len, 0);
	/* A settings block under a status acknowledge, and the reverse. */
	unit_block(JK_PB_SETTINGS, answer);
	len = unit_acknowledge(answer, 3, JK_PB_STATUS, 1);
	feed(&w, answer, len, 0);
	unit_block(JK_PB_STATUS, answer);
	len = unit_acknowledge(answer, 3, JK_PB_SETTINGS, 1);
	feed(&w, answer, len, 0);
	ck_assert_uint_eq(w.bus.counters.faults[FAULT_UNKNOWN], 4);
	ck_assert_uint_eq(w.samples, 0);
	/* The right one is still waited for. */
	len = unit_answer(3, JK_PB_STATUS, answer);
	feed(&w, answer, len, 0);
	ck_assert_uint_eq(w.samples, 1);
	/* The same once more was not asked for. */
	feed(&w, answer, len, 0);
	ck_assert_uint_eq(w.samples, 1);
	ck_assert_uint_eq(w.bus.counters.faults[FAULT_UNKNOWN], 5);
}
END_TEST

/* Adapters with a CH341 give back 0..11 of the 11 bytes sent. */
START_TEST(an_echo_of_the_request_is_tolerated)
{
	uint8_t bytes[UNIT_ANSWER_SIZE];
	struct jk_pb_bus asked;
	size_t len;

	ask_three();
	asked = w.bus;
	for (size_t from = 0; from <= JK_PB_REQUEST_SIZE; from++) {
		size_t n = JK_PB_REQUEST_SIZE - from;

		for (int end = 0; end < 2; end++) {
			w.bus = asked;
			w.samples = 0;
			memcpy(bytes, w.request + (end ? from : 0), n);
			len = n + unit_answer(3, JK_PB_STATUS, bytes + n);
			feed(&w, bytes, len, 1);
			ck_assert_uint_eq(w.samples, 1);
			ck_assert_uint_eq(w.bus.counters.faults[
					  FAULT_UNKNOWN], 0);
			if (from == 0)
				ck_assert_uint_eq(
					w.bus.counters.garbage_bytes, 0);
		}
	}
}
END_TEST

START_TEST(an_answer_behind_garbage_is_found)
{
	uint64_t seed = unit_seed();
	struct jk_pb_bus asked;

	ask_three();
	asked = w.bus;
	for (int i = 0; i < 3000; i++) {
		uint8_t bytes[2 * UNIT_ANSWER_SIZE];
		size_t n = (size_t)unit_between(&seed, 0, 300);
		size_t chunk = (size_t)unit_between(&seed, 0, 40);

		/* The beginning of an answer, or anything. */
		unit_answer(3, JK_PB_STATUS, bytes);
		for (size_t k = 0; i % 2 && k < n; k++)
			bytes[k] = (uint8_t)unit_random(&seed);
		unit_answer(3, JK_PB_STATUS, bytes + n);
		w.bus = asked;
		w.samples = 0;
		feed(&w, bytes, n + 309, chunk);
		ck_assert_uint_eq(w.samples, 1);
		ck_assert_uint_eq(w.pack[3].last.cell_mv[6], 3294);
	}
}
END_TEST

START_TEST(a_booting_pack_is_a_fault_of_content)
{
	uint8_t answer[UNIT_ANSWER_SIZE];

	ask_three();
	unit_block(JK_PB_STATUS, answer);
	memset(answer + JK_PB_STATUS_AT_CELLS, 0, 64);
	unit_close_block(answer);
	unit_acknowledge(answer, 3, JK_PB_STATUS, 1);
	feed(&w, answer, 309, 0);
	ck_assert_uint_eq(w.samples, 0);
	ck_assert_uint_eq(w.faults[FAULT_CONTENT], 1);
	ck_assert_uint_eq(w.bus.counters.faults[FAULT_CONTENT], 1);
	ck_assert_uint_eq(w.bus.counters.answers, 1);
}
END_TEST

/* A pack with DIP 0 polls the others and sends their frames (2.1). */
START_TEST(frames_of_a_bus_master_are_counted_and_not_trusted)
{
	uint8_t frame[UNIT_ANSWER_SIZE];

	world_init(&w, 3, 3);
	w.respond = nobody;
	world_open(&w);
	for (uint8_t address = 0; address < 16; address++) {
		jk_pb_request(address, JK_PB_STATUS, frame);
		feed(&w, frame, JK_PB_REQUEST_SIZE, 0);
		unit_answer(address, JK_PB_STATUS, frame);
		feed(&w, frame, 309, 5);
	}
	ck_assert_uint_eq(w.samples, 0);
	ck_assert_uint_eq(w.bus.counters.faults[FAULT_UNKNOWN], 32);
	ck_assert_uint_eq(w.bus.counters.garbage_bytes, 0);
}
END_TEST

static void two_talk(struct world *world, uint8_t address,
		     enum jk_pb_kind kind)
{
	uint8_t other = address == 1 ? 2 : 1;
	uint8_t mine[UNIT_ANSWER_SIZE], theirs[UNIT_ANSWER_SIZE];
	size_t n = world_frame(address, kind, mine);
	size_t m = world_frame(other, kind, theirs);
	uint64_t t = world->now + 9000;
	/* Never 300, the one place where two answers could be joined. */
	size_t cut = (size_t)unit_between(&world->seed, 1, 290);

	switch (unit_random(&world->seed) % 6) {
	case 0: /* a late answer first */
		world_wire(world, t, theirs, m);
		world_wire(world, t + 27000, mine, n);
		break;
	case 1: /* only the other one */
		world_wire(world, t, theirs, m);
		break;
	case 2: /* the other one, cut off by the right one */
		world_wire(world, t, theirs, cut);
		world_wire(world, t + 27000, mine, n);
		break;
	case 3: /* the right one, cut off by the other one */
		world_wire(world, t, mine, cut);
		world_wire(world, t + 27000, theirs, m);
		break;
	case 4: /* one cut out of the other */
		world_wire(world, t, mine, cut);
		world_wire(world, t + 27000, theirs + cut, m - cut);
		break;
	default:
		world_wire(world, t, mine, n);
		break;
	}
}

static void must_be_its_own(struct world *world, const struct sample *s)
{
	(void)world;
	WORLD_CHECK(s->cell_mv[0] == 3200 + s->address);
	WORLD_CHECK(s->serial[0] == '\0' ||
		    s->serial[10] == '0' + s->address);
}

/* One cut out of the other closes its sum only where both are the same
 * behind or before the cut, so it never shows a value of the wrong pack. */
START_TEST(two_packs_talking_at_once_are_never_mixed_up)
{
	world_init(&w, 1, 2);
	w.seed = unit_seed();
	w.respond = two_talk;
	w.on_sample = must_be_its_own;
	w.chunk = 13;
	world_open(&w);
	world_run(&w, 600000000);
	ck_assert_uint_gt(w.samples, 300);
	ck_assert_uint_gt(w.bus.counters.faults[FAULT_ADDRESS], 100);
	ck_assert_uint_ge(w.shortest_gap, 120000);
}
END_TEST

START_TEST(a_million_random_bytes_give_no_sample_and_end)
{
	static const uint8_t start[] = { 0x55, 0xaa, 0xeb, 0x90, 0x02 };
	uint64_t seed = unit_seed();
	uint8_t bytes[2000];
	size_t total = 0;

	world_init(&w, 1, 4);
	w.respond = nobody;
	world_open(&w);
	while (total < 1000000) {
		size_t n = (size_t)unit_between(&seed, 1, sizeof(bytes));

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)unit_random(&seed);
		for (size_t i = 0; i + 5 < n && total % 3 == 0; i += 31)
			memcpy(bytes + i, start, sizeof(start));
		world_settle(&w, world_step(&w, SESSION_RX, bytes, n));
		ck_assert_uint_le(w.bus.rx_len, JK_PB_ANSWER_MAX);
		w.now += (uint64_t)unit_between(&seed, 0, 20000);
		total += n;
	}
	ck_assert_uint_eq(w.samples, 0);
	ck_assert_uint_gt(w.sends, 10);
	ck_assert_uint_gt(w.bus.counters.garbage_bytes, 900000);
}
END_TEST

/* I3: bytes that never stop neither delay requests nor hide answers. */
START_TEST(a_babbling_bus_does_not_stop_the_polling)
{
	static const uint8_t babble[] = { 0x00, 0x55, 0xff, 0x01, 0x10 };
	static const uint8_t start[] = { 0x55, 0xaa, 0xeb, 0x90, 0x02 };

	for (size_t i = 0; i <= sizeof(babble); i++) {
		world_init(&w, 1, 2);
		w.respond = nobody;
		world_open(&w);
		for (int ms = 0; ms < 30000; ms++) {
			uint8_t bytes[10];

			memset(bytes, babble[i % sizeof(babble)], 10);
			if (i == sizeof(babble)) {
				memcpy(bytes, start, 5);
				memcpy(bytes + 5, start, 5);
			}
			w.now += 1000;
			feed(&w, bytes, sizeof(bytes), 0);
		}
		ck_assert_uint_eq(w.samples, 0);
		ck_assert_uint_ge(w.sends, 30);
		ck_assert_uint_le(w.longest_gap, 1700000);
		w.respond = NULL;
		w.pack[1].present = true;
		w.pack[2].present = true;
		world_run(&w, 5000000);
		ck_assert_uint_gt(w.pack[1].samples, 5);
		ck_assert_uint_gt(w.pack[2].samples, 5);
	}
}
END_TEST

START_TEST(the_deadline_is_never_later_than_the_timeout)
{
	uint64_t seed = unit_seed();
	uint8_t bytes[64];

	world_init(&w, 1, 3);
	w.respond = nobody;
	world_open(&w);
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)unit_between(&seed, 1, sizeof(bytes));
		uint64_t sends = w.sends;
		struct session_action a;

		for (size_t k = 0; k < n; k++)
			bytes[k] = (uint8_t)unit_random(&seed);
		a = world_settle(&w, world_step(&w, SESSION_RX, bytes, n));
		if (w.bus.now.in_flight && w.sends == sends)
			ck_assert_uint_le(a.until.us, w.sent + 500000);
		w.now += (uint64_t)unit_between(&seed, 0, 30000);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("jk-pb-bytes");
	TCase *t = tcase_create("session");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, any_split_gives_the_same_sample);
	tcase_add_test(t, all_forms_of_an_answer_are_taken);
	tcase_add_test(t, a_frame_behind_the_final_zero_is_seen);
	tcase_add_test(t, a_broken_answer_does_not_cost_the_whole_timeout);
	tcase_add_test(t, no_flipped_bit_gives_a_sample);
	tcase_add_test(t, truncated_answers_are_faults_of_length);
	tcase_add_test(t, nobody_else_may_answer_for_a_pack);
	tcase_add_test(t, answers_to_another_question_are_not_taken);
	tcase_add_test(t, an_echo_of_the_request_is_tolerated);
	tcase_add_test(t, an_answer_behind_garbage_is_found);
	tcase_add_test(t, a_booting_pack_is_a_fault_of_content);
	tcase_add_test(t, frames_of_a_bus_master_are_counted_and_not_trusted);
	tcase_add_test(t, two_packs_talking_at_once_are_never_mixed_up);
	tcase_add_test(t, a_million_random_bytes_give_no_sample_and_end);
	tcase_add_test(t, a_babbling_bus_does_not_stop_the_polling);
	tcase_add_test(t, the_deadline_is_never_later_than_the_timeout);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(suite());
}
