/* SPDX-License-Identifier: MIT */
/*
 * The simulated MK3 and its units against captures of real ones and, where
 * there are none, against the sections of the description that are named.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mk3.h"
#include "test-sim.h"

static struct bank bank;
static struct multi multi;
static struct mk3 mk3;

static void make_mk3(void)
{
	struct rng rng = { 1 };

	bank_init(&bank, 1, 1, 16, 280, &rng);
	bank_set_soc(&bank.battery[0], 50);
	multi_init(&multi, &bank, 16);
	mk3_init(&mk3, &multi, 1);
	/* A wire that nobody listens on keeps what was sent in its queue. */
	mk3.pty.plugged = true;
	mk3.pty.baud = 2400;
	for (int i = 1; i < 5; i++)
		multi_step(&multi, 0.02, i * 20 * NS_PER_MS);
}

static size_t ask(const char *request, uint8_t *ret_answer)
{
	uint8_t frame[BYTES_MAX];
	struct pty_queue *q = &mk3.pty.tx;
	size_t n = from_hex(request, frame), got = 0;

	q->head = q->count = 0;
	mk3.version_ns = INT64_MAX / 2;		/* no heartbeat in between */
	mk3_request(&mk3, frame + 1, n - 2, NS_PER_S);
	while (got < q->count) {
		ret_answer[got] = q->byte[(q->head + got) % PTY_QUEUE];
		got++;
	}
	return got;
}

static void ck_answer(const char *request, const char *wanted)
{
	uint8_t answer[BYTES_MAX], bytes[BYTES_MAX];
	size_t n = ask(request, answer);

	ck_assert_msg(n == from_hex(wanted, bytes) &&
			      !memcmp(answer, bytes, n),
		      "%s: %zu bytes, wanted %s", request, n, wanted);
}

/* Only the beginning is given; the checksum must close. */
static void ck_answer_shape(const char *request, const char *wanted)
{
	uint8_t answer[BYTES_MAX], bytes[BYTES_MAX];
	size_t n = ask(request, answer), shown = from_hex(wanted, bytes);

	ck_assert_msg(n > shown && !memcmp(answer, bytes, shown),
		      "%s: wanted %s", request, wanted);
	ck_assert_uint_eq(answer[0] + 2U, n);
	ck_assert_uint_eq(mk3_checksum(answer, n - 1), answer[n - 1]);
}

START_TEST(mk_commands_are_answered_as_captured)
{
	ck_answer("02FF56A9", "07FF5628DB1100424E");		/* V06 */
	ck_answer("04FF410100BB", "04FF410100BB");		/* A01 */
	ck_answer("02FF56A9", "07FF5628DB11000090");		/* V07 */
	ck_answer("02FF48B7", "03FF4805B1");			/* H02 H03 */
	ck_answer("03FF4803B3", "03FF4803B3");			/* H01 */
	ck_answer("07FF530300800180A3", "02FF53AC");		/* S05 S09 */
	ck_answer_shape("02FF4CB3", "08FF4C05000000");		/* L */
}
END_TEST

START_TEST(info_frames_have_the_captured_shape)
{
	uint8_t answer[BYTES_MAX];

	ck_answer_shape("03FF4600B8", "0F20");			/* F01 */
	ck_assert_uint_eq(ask("03FF4600B8", answer), 17);
	ck_assert_uint_eq(answer[6], 0x0C);
	ck_assert_int_eq(get_le(answer + 7, 2),
			 lround(bank.terminal_v * 100));
	ck_assert_int_eq(get_le(answer + 12, 3), 700);
	ck_answer_shape("03FF4601B7", "0F20");			/* F02 */
	ck_assert_uint_eq(ask("03FF4601B7", answer), 17);
	ck_assert_uint_eq(answer[5], STATE_CHARGE);
	ck_assert_uint_eq(answer[6], 0x08);
	ck_assert_uint_eq(ask("03FF4602B6", answer), 0);
	ck_answer_shape("03FF4605B3", "0D4110050000");		/* F15 */
	ck_assert_uint_eq(ask("03FF4605B3", answer), 15);
	ck_assert_uint_eq(answer[13], 0x77);
}
END_TEST

START_TEST(winmon_answers_match_captures)
{
	uint8_t answer[BYTES_MAX];

	ck_assert_uint_eq(ask("03FF5805A1", answer), 0);	/* no address */
	ask("04FF410100BB", answer);
	multi.unit[0].firmware = 2648304;
	ck_answer("03FF5805A1", "05FF5882F068CA");		/* W02 W03 */
	ck_answer("03FF59069F", "05FF59832800F8");		/* W04 W05 */
	ck_answer("05FF57360D0062", "08FF578E387F8F0000CE");	/* R13T R09 */
	ck_answer("05FF5A360A0062", "03FF5A8E16");		/* R11 */
	ck_answer("05FF570E000097", "05FF5794090107");
	ck_answer("05FF57328100F2", "04FF57800026");		/* X07 X09 */
	ck_answer("07FF583703041E0046", "03FF58881E");		/* Y02 */
	ck_answer("03FF58386E", "03FF58990D");			/* P01, empty */
	ck_answer_shape("05FF58308000F4", "07FF58850000");	/* M03 */
	ck_assert_uint_eq(multi.unit[0].acting[4], 30);
	ck_assert_uint_eq(multi.unit[0].eeprom[4], 70);
	ck_assert_uint_eq(multi.eeprom_writes, 0);
	ck_answer("07FF5837010414004E", "03FF58881E");
	ck_assert_uint_eq(multi.eeprom_writes, 1);
}
END_TEST

START_TEST(snapshot_holds_the_variables_asked_for)
{
	uint8_t answer[BYTES_MAX];

	ask("04FF410100BB", answer);
	ck_assert_uint_eq(ask("06FF4606" "0E100F" "82", answer), 0);
	ck_assert_uint_eq(ask("03FF58386E", answer), 11);	/* P02 */
	ck_assert_uint_eq(answer[3], 0x99);
}
END_TEST

START_TEST(the_remote_is_obeyed_while_panel_detect_is_pulled)
{
	multi.remote = SW_CHARGER;
	ck_assert_int_eq(multi_active(&multi), SW_CHARGER);
	ck_assert_uint_eq(multi_switch_register(&multi), 0x55);
	multi.panel_detect = false;
	ck_assert_int_eq(multi_active(&multi), SW_ON);
	multi.front = SW_CHARGER;
	multi.panel_detect = true;
	multi.remote = SW_INVERTER;
	ck_assert_int_eq(multi_active(&multi), SW_OFF);
}
END_TEST

START_TEST(an_off_unit_sleeps_after_ten_seconds_and_wakes_with_ac)
{
	multi_set_ac(&multi, false);
	multi.remote = SW_OFF;
	multi_step(&multi, 0, 1 * NS_PER_S);
	multi_step(&multi, 0, 10 * NS_PER_S);
	ck_assert(multi.alive);
	multi_step(&multi, 0, 11 * NS_PER_S);
	ck_assert(!multi.alive);
	multi_set_ac(&multi, true);
	multi_step(&multi, 0, 12 * NS_PER_S);
	ck_assert(multi.alive);
	ck_assert_int_eq(multi_state(&multi), STATE_OFF);
}
END_TEST

/* --- several units ------------------------------------------------------ */

static int64_t step_ns;

static void settle(void)
{
	for (int i = 0; i < 5; i++) {
		step_ns += 20 * NS_PER_MS;
		multi_step(&multi, 0.02, NS_PER_S + step_ns);
	}
}

static void arrange(unsigned n_units, unsigned n_phases)
{
	ck_assert(multi_arrange(&multi, n_units, n_phases));
	settle();
}

/* Sends n counted bytes; the answer's counted bytes in ret_answer. */
static size_t ask_counted(const uint8_t *counted, size_t n,
			  uint8_t *ret_answer)
{
	struct pty_queue *q = &mk3.pty.tx;
	size_t got = 0;

	q->head = q->count = 0;
	mk3.version_ns = INT64_MAX / 2;
	mk3_request(&mk3, counted, n, NS_PER_S);
	while (got + 2 < q->count) {
		ret_answer[got] = q->byte[(q->head + got + 1) % PTY_QUEUE];
		got++;
	}
	return got;
}

static void choose(uint8_t address)
{
	const uint8_t set[] = { 0xFF, 'A', 1, address };
	uint8_t answer[BYTES_MAX];

	ck_assert_uint_eq(ask_counted(set, sizeof(set), answer), 4);
	ck_assert_uint_eq(answer[3], address);
}

static size_t info(uint8_t what, uint8_t *ret_answer)
{
	const uint8_t request[] = { 0xFF, 'F', what };

	return ask_counted(request, sizeof(request), ret_answer);
}

/* RAM variable of the unit that was chosen; -1: no answer. */
static int32_t ram(uint8_t id)
{
	const uint8_t request[] = { 0xFF, 'X', 0x30, id };
	uint8_t answer[BYTES_MAX];

	if (ask_counted(request, sizeof(request), answer) < 5)
		return -1;
	ck_assert_uint_eq(answer[2], 0x85);
	return (int16_t)get_le(answer + 3, 2);
}

/* 11.6: the phase of an address is the address modulo 3. */
START_TEST(units_are_dealt_out_over_the_phases)
{
	static const struct {
		unsigned units, phases;
		uint32_t map;
	} rows[] = {
		{ 1, 1, 0x01 },	 { 2, 1, 0x09 },  { 3, 1, 0x49 },
		{ 2, 2, 0x03 },	 { 4, 2, 0x1B },  { 3, 3, 0x07 },
		{ 4, 3, 0x0F },	 { 9, 3, 0x1FF }, { 11, 1, 0x49249249 },
	};
	const uint8_t request[] = { 0xFF, 'F', 7, 0 };
	uint8_t answer[BYTES_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		arrange(rows[i].units, rows[i].phases);
		ck_assert_uint_eq(ask_counted(request, sizeof(request),
					      answer), 15);
		ck_assert_uint_eq(answer[5], 0x20);
		ck_assert_uint_eq(get_le(answer + 8, 4), rows[i].map);
		ck_assert_uint_eq(multi_units(&multi), rows[i].units);
	}
	ck_assert(!multi_arrange(&multi, 12, 1));
	ck_assert(!multi_arrange(&multi, 2, 3));
	mk3.no_map = true;
	ck_assert_uint_eq(ask_counted(request, sizeof(request), answer), 0);
}
END_TEST

/* 4.2: 0A is L1 of three, 07 is L2, 06 is L3; nobody is the fourth. */
START_TEST(each_phase_has_its_own_ac_frame)
{
	static const uint8_t codes[] = { 0x0A, 0x07, 0x06 };
	uint8_t answer[BYTES_MAX];

	arrange(4, 3);
	multi.load_w[1] = 460;
	multi.ac[1] = false;
	settle();
	for (uint8_t p = 0; p < 3; p++) {
		ck_assert_uint_eq(info(p + 1, answer), 15);
		ck_assert_uint_eq(answer[1], p == 0 ? 2 : 1);
		ck_assert_uint_eq(answer[5], codes[p]);
		ck_assert_uint_eq(answer[4], p == 1 ? STATE_INVERT
						    : STATE_CHARGE);
		ck_assert_uint_eq(get_le(answer + 6, 2), p == 1 ? 0 : 23000);
		ck_assert_uint_eq(answer[14], p == 1 ? 0 : 195);
	}
	ck_assert_uint_eq(info(2, answer), 15);
	ck_assert_uint_eq(get_le(answer + 12, 2), 200);
	ck_assert_uint_eq(info(4, answer), 0);
	arrange(2, 2);
	info(1, answer);
	ck_assert_uint_eq(answer[5], 0x09);
	ck_assert_uint_eq(info(3, answer), 0);
}
END_TEST

/* 13: winmon works on the unit that A has selected. */
START_TEST(settings_belong_to_the_unit_that_was_chosen)
{
	const uint8_t write[] = { 0xFF, 'X', 0x37, 3, 4, 17, 0 };
	const uint8_t read[] = { 0xFF, 'X', 0x31, 4 };
	const uint8_t version[] = { 0xFF, 'X', 0x05 };
	uint8_t answer[BYTES_MAX];

	arrange(3, 1);
	multi.unit[6].firmware = 2648414;
	multi.unit[3].eeprom[SET_BULK_A] = 35;
	choose(3);
	ck_assert_uint_eq(ask_counted(write, sizeof(write), answer), 3);
	ck_assert_uint_eq(answer[2], 0x88);
	ck_assert_uint_eq(multi.unit[0].acting[SET_BULK_A], 70);
	ck_assert_uint_eq(multi.unit[3].acting[SET_BULK_A], 17);
	ck_assert_uint_eq(ask_counted(read, sizeof(read), answer), 5);
	ck_assert_uint_eq(get_le(answer + 3, 2), 35);
	choose(6);
	ck_assert_uint_eq(ask_counted(version, sizeof(version), answer), 5);
	ck_assert_uint_eq(get_le(answer + 3, 2), 2648414 & 0xFFFF);
	choose(1);
	ck_assert_uint_eq(ask_counted(version, sizeof(version), answer), 0);
	ck_assert_uint_eq(mk3.nobody, 1);
}
END_TEST

/* 13: F 0 tells the system's current, RAM 5 a unit's. */
START_TEST(current_of_the_system_is_that_of_its_units)
{
	uint8_t answer[BYTES_MAX];

	arrange(3, 1);
	multi.unit[3].acting[SET_BULK_A] = 10;
	multi.unit[6].error = 3;
	settle();
	ck_assert_uint_eq(info(0, answer), 15);
	ck_assert_uint_eq(get_le(answer + 11, 3), 800);
	choose(0);
	ck_assert_int_eq(ram(5), 700);
	choose(3);
	ck_assert_int_eq(ram(5), 100);
	choose(6);
	ck_assert_int_eq(ram(5), 0);
	multi_set_ac(&multi, false);
	multi_set_load(&multi, 1000);
	settle();
	ck_assert_uint_eq(info(0, answer), 15);
	choose(3);
	ck_assert_int_lt(ram(5), -90);
	ck_assert_int_eq((int32_t)lround(multi.inverter_a * 10),
			 (int32_t)get_le(answer + 8, 3));
}
END_TEST

START_TEST(a_unit_that_is_gone_or_mute_does_not_answer)
{
	uint8_t answer[BYTES_MAX];

	arrange(4, 3);
	choose(3);
	multi.unit[3].mute = true;
	ck_assert_int_eq(ram(4), -1);
	ck_assert_uint_eq(multi_units(&multi), 4);
	multi.unit[3].mute = false;
	multi.unit[3].gone = true;
	settle();
	ck_assert_int_eq(ram(4), -1);
	ck_assert_uint_eq(multi_units(&multi), 3);
	multi.unit[1].gone = true;
	settle();
	ck_assert_uint_eq(info(1, answer), 15);
	ck_assert_uint_eq(info(2, answer), 0);
	multi.unit[0].gone = true;
	ck_assert_uint_eq(info(0, answer), 0);
	ck_assert_uint_eq(info(5, answer), 0);
}
END_TEST

START_TEST(others_overtake_the_answer_of_a_late_unit)
{
	uint8_t answer[BYTES_MAX];

	arrange(2, 1);
	multi.unit[3].delay_ns = 700 * NS_PER_MS;
	choose(3);
	ck_assert_int_eq(ram(4), -1);
	ck_assert_int_eq(mk3.late[0].due_ns, NS_PER_S + 740 * NS_PER_MS);
	ck_assert_int_eq(mk3_deadline(&mk3), mk3.late[0].due_ns);
	ck_assert_uint_eq(info(5, answer), 13);
}
END_TEST

START_TEST(a_follower_that_runs_says_that_it_follows)
{
	const uint8_t request[] = { 0xFF, 'Y', 0x0E, 0, 0 };
	uint8_t answer[BYTES_MAX];

	arrange(2, 1);
	choose(0);
	ck_assert_uint_eq(ask_counted(request, sizeof(request), answer), 5);
	ck_assert_uint_eq(answer[3], STATE_CHARGE);
	choose(3);
	ask_counted(request, sizeof(request), answer);
	ck_assert_uint_eq(answer[3], STATE_SLAVE);
	mk3.slave_state = false;
	ask_counted(request, sizeof(request), answer);
	ck_assert_uint_eq(answer[3], STATE_CHARGE);
	multi.unit[3].error = 24;
	settle();
	ask_counted(request, sizeof(request), answer);
	ck_assert_uint_eq(answer[3], STATE_OFF);
	ck_assert_uint_eq(multi_error(&multi), 24);
}
END_TEST

START_TEST(phases_wait_for_each_other_where_they_are_a_group)
{
	arrange(3, 3);
	multi_set_ac(&multi, false);
	multi.ac[2] = true;
	multi.remote = SW_CHARGER;
	settle();
	ck_assert_int_eq(multi.unit[0].state, STATE_OFF);
	ck_assert_int_eq(multi.unit[2].state, STATE_CHARGE);
	multi.mains_as_group = true;
	settle();
	ck_assert_int_eq(multi.unit[2].state, STATE_OFF);
	multi_set_ac(&multi, true);
	settle();
	ck_assert_int_eq(multi.unit[0].state, STATE_CHARGE);
}
END_TEST

/* 3.6: who takes the place of the panel. */
START_TEST(a_bms_and_a_digital_multi_control_decide_too)
{
	arrange(2, 1);
	multi.remote = SW_CHARGER;
	multi.dmc = true;
	ck_assert_int_eq(multi_active(&multi), SW_ON);
	multi.dmc_switch = SW_OFF;
	ck_assert_int_eq(multi_active(&multi), SW_OFF);
	multi.dmc = false;
	ck_assert_int_eq(multi_active(&multi), SW_CHARGER);
	multi.bms = 1140112;
	ck_assert_int_eq(multi_active(&multi), SW_ON);
	multi.bms_allows = 2;
	ck_assert_int_eq(multi_active(&multi), SW_INVERTER);
	multi.bms = 1146105;
	ck_assert_int_eq(multi_active(&multi), SW_OFF);
	multi.bms = 0;
	multi.remote = SW_ON;
	multi.unit[3].acting[SET_FLAGS2] |= FLAG_EXPECTS_BMS;
	settle();
	ck_assert_int_eq(multi.unit[0].state, STATE_CHARGE);
	ck_assert_int_eq(multi.unit[3].state, STATE_OFF);
}
END_TEST

START_TEST(one_unit_can_be_reset_or_disobey_by_itself)
{
	const uint8_t reset[] = { 0xFF, 'F', 8, 0xC0, 0x00, 0xF1, 0xFF };
	uint8_t answer[BYTES_MAX];

	arrange(2, 1);
	multi.unit[0].acting[SET_BULK_A] = 5;
	multi.unit[3].acting[SET_BULK_A] = 5;
	ask_counted(reset, sizeof(reset), answer);
	ck_assert_uint_eq(multi.unit[0].acting[SET_BULK_A], 5);
	ck_assert_uint_eq(multi.unit[3].acting[SET_BULK_A], 70);
	multi.unit[3].ignore_switch = true;
	multi.remote = SW_OFF;
	settle();
	ck_assert_int_eq(multi.unit[0].state, STATE_OFF);
	ck_assert_int_eq(multi.unit[3].state, STATE_CHARGE);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("simulated MK3");
	TCase *tc = tcase_create("mk3");

	tcase_add_checked_fixture(tc, make_mk3, NULL);
	tcase_add_test(tc, mk_commands_are_answered_as_captured);
	tcase_add_test(tc, info_frames_have_the_captured_shape);
	tcase_add_test(tc, winmon_answers_match_captures);
	tcase_add_test(tc, snapshot_holds_the_variables_asked_for);
	tcase_add_test(tc, the_remote_is_obeyed_while_panel_detect_is_pulled);
	tcase_add_test(tc,
		       an_off_unit_sleeps_after_ten_seconds_and_wakes_with_ac);
	tcase_add_test(tc, units_are_dealt_out_over_the_phases);
	tcase_add_test(tc, each_phase_has_its_own_ac_frame);
	tcase_add_test(tc, settings_belong_to_the_unit_that_was_chosen);
	tcase_add_test(tc, current_of_the_system_is_that_of_its_units);
	tcase_add_test(tc, a_unit_that_is_gone_or_mute_does_not_answer);
	tcase_add_test(tc, others_overtake_the_answer_of_a_late_unit);
	tcase_add_test(tc, a_follower_that_runs_says_that_it_follows);
	tcase_add_test(tc, phases_wait_for_each_other_where_they_are_a_group);
	tcase_add_test(tc, a_bms_and_a_digital_multi_control_decide_too);
	tcase_add_test(tc, one_unit_can_be_reset_or_disobey_by_itself);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
