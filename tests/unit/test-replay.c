/* SPDX-License-Identifier: MIT */
/*
 * Capture and replay (design section 8, requirement I6): a live run over a
 * make-believe bus, with a loop that always wakes a little late, is written
 * down call by call; its replay must say the same at the same microseconds.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/json.h"
#include "daemon/replay.h"
#include "daemon/spine.h"
#include "lib/base/capture.h"
#include "lib/core/memory.h"
#include "tests/unit/jk_pb_unit.h"
#include "tests/unit/unit.h"

enum { TEXT_SIZE = 4 << 20, OUT_SIZE = 8 << 20, PACKS = 2 };

static char capture_buf[TEXT_SIZE], decisions_buf[TEXT_SIZE];
static char out1[OUT_SIZE], out2[OUT_SIZE];
static struct settings settings;

/* The live side. */
struct live {
	uint64_t seed;
	struct spine *spine;
	struct spine_input input;
	struct text capture;
	struct text decisions;
	mono_t now;
	/* An answer on its way. */
	uint8_t answer[UNIT_ANSWER_SIZE];
	size_t answer_len;
	size_t answer_at;
	mono_t answer_time;
	bool silent;
};

static void setup(void)
{
	static const char *const lines[][3] = {
		{ "general", "batteries", "2" },
		{ "bus rack", "device", "/dev/nowhere" },
		{ "bus rack", "protocol", "jk-pb" },
		{ "bus rack", "addresses", "1-2" },
		{ "gpio", "chip", "virtual" },
		{ "gpio", "remote-l", "" },
		{ "gpio", "remote-h", "" },
	};
	char error[SETTINGS_ERROR_SIZE];

	settings_init(&settings);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		ck_assert_msg(settings_set(&settings, lines[i][0],
					   lines[i][1], lines[i][2],
					   error) == 0, "%s", error);
}

static void note(struct live *l, const char *port, enum capture_word word,
		 const uint8_t *bytes, size_t len)
{
	ck_assert_int_eq(capture_encode(&l->capture, l->now, port, word,
					bytes, len), 0);
}

static struct talk *live_talk(struct live *l)
{
	return &l->spine->port[0].talk;
}

/* The pack that was asked makes its answer ready. */
static void live_asked(struct live *l, const uint8_t *request, size_t len)
{
	static const uint8_t reg[] = { 0x20, 0x1e, 0x1c };

	l->answer_len = 0;
	if (len < 4 || l->silent)
		return;
	for (unsigned int kind = 0; kind < JK_PB_KIND_COUNT; kind++) {
		if (request[3] == reg[kind])
			l->answer_len = unit_answer(
				request[0], (enum jk_pb_kind)kind, l->answer);
	}
	if (l->answer_len > 0 && request[3] == reg[JK_PB_ABOUT]) {
		/* No two packs have the same serial number. */
		l->answer[JK_PB_ABOUT_AT_SERIAL] = (uint8_t)('0' + request[0]);
		unit_close_block(l->answer);
	}
	l->answer_at = 0;
	l->answer_time = mono_add_us(
		l->now, (uint64_t)unit_between(&l->seed, 5000, 40000));
}

static void live_event(struct live *l, enum session_event_type type,
		       const uint8_t *bytes, size_t len)
{
	struct talk *talk = live_talk(l);

	talk_event(talk, l->now, type, bytes, len);
	while (talk->tx_len > 0) {
		note(l, "rack", CAPTURE_TX, talk->tx, talk->tx_len);
		note(l, "rack", CAPTURE_SENT, NULL, 0);
		live_asked(l, talk->tx, talk->tx_len);
		talk_event(talk, l->now, SESSION_TX_DONE, NULL, 0);
	}
}

static void live_tell(struct live *l)
{
	char line[JSON_LINE_SIZE];
	struct text t = text_in(line, sizeof(line));

	if (!spine_tell(l->spine, l->now, &t))
		return;
	text_str(&l->decisions, line);
	text_char(&l->decisions, '\n');
}

static void live_decide(struct live *l)
{
	uint8_t bytes[SPINE_INPUT_SIZE];
	size_t len;

	spine_step(l->spine, l->now, &l->input, l->input.lines_failed);
	live_tell(l);
	if (l->input.lines_failed_now) {
		spine_step_failed(l->spine, l->now, &l->input);
		live_tell(l);
	}
	len = spine_input_encode(&l->input, bytes);
	note(l, "gpio", CAPTURE_IN, bytes, len);
	note(l, "gpio", CAPTURE_TURN, NULL, 0);
	(void)spine_command(l->spine);
}

/* One turn: part of an answer, a tick, the decision. */
static void live_turn(struct live *l)
{
	if (l->answer_len > 0 && mono_reached(l->now, l->answer_time)) {
		size_t n = (size_t)unit_between(
			&l->seed, 1, (int64_t)l->answer_len);
		const uint8_t *part = l->answer + l->answer_at;

		l->answer_at += n;
		l->answer_len -= n;
		note(l, "rack", CAPTURE_RX, part, n);
		live_event(l, SESSION_RX, part, n);
	}
	if (talk_due(live_talk(l), l->now)) {
		note(l, "rack", CAPTURE_TICK, NULL, 0);
		live_event(l, SESSION_TICK, NULL, 0);
	}
	live_decide(l);
}

/* Sleeps until something is due, and a little longer. */
static void live_sleep(struct live *l)
{
	mono_t next = mono_add_ms(l->now, 1000);

	next = mono_min(next, live_talk(l)->until);
	next = mono_min(next, l->spine->output.next);
	if (l->answer_len > 0)
		next = mono_min(next, l->answer_time);
	if (mono_before(next, l->now))
		next = l->now;
	l->now = mono_add_us(next,
			     (uint64_t)unit_between(&l->seed, 1, 3000));
}

static void live_run(struct live *l, uint32_t ms)
{
	mono_t end = mono_add_ms(l->now, ms);

	while (mono_before(l->now, end)) {
		live_turn(l);
		live_sleep(l);
	}
}

static void live_start(struct live *l)
{
	*l = (struct live){ .seed = unit_seed() };
	l->spine = spine_new(&settings);
	ck_assert_ptr_nonnull(l->spine);
	l->input.mode = BMS_MODE_ON;
	l->capture = text_in(capture_buf, sizeof(capture_buf));
	l->decisions = text_in(decisions_buf, sizeof(decisions_buf));
	l->now.us = 5000000;
	capture_header(&l->capture, "test", settings_identity(&settings));
	note(l, "rack", CAPTURE_OPEN, NULL, 0);
	live_event(l, SESSION_OPENED, NULL, 0);
}

/* Replays text; returns the exit status, the output in out. */
static int replay(const char *text, char out[OUT_SIZE])
{
	char path[] = "/tmp/bms-replay-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w"), *stream;
	int r;

	fputs(text, file);
	fclose(file);
	memset(out, 0, OUT_SIZE);
	stream = fmemopen(out, OUT_SIZE, "w");
	r = replay_run(path, &settings, stream);
	fclose(stream);
	unlink(path);
	return r;
}

/* Keeps only the lines of decisions. */
static void keep_decisions(char *text)
{
	char *to = text, *line = text, *end;

	while ((end = strchr(line, '\n'))) {
		size_t len = (size_t)(end - line) + 1;

		*end = '\0';
		if (strstr(line, "\"decision\"")) {
			*end = '\n';
			memmove(to, line, len);
			to += len;
		}
		line = end + 1;
	}
	*to = '\0';
}

static int count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

START_TEST(a_replay_decides_as_the_live_run_did_at_the_same_microsecond)
{
	struct live l;

	live_start(&l);
	live_run(&l, 5000);
	l.silent = true;
	live_run(&l, 20000);
	l.silent = false;
	live_run(&l, 60000);
	l.input.lines_failed_now = true;
	live_turn(&l);
	l.input.lines_failed_now = false;
	live_run(&l, 2000);
	ck_assert(!l.capture.cut);
	ck_assert_int_eq(replay(capture_buf, out1), 0);
	ck_assert_int_gt(count(out1, "\"sample\""), 100);
	keep_decisions(out1);
	ck_assert_str_eq(out1, decisions_buf);
	/* It was worth comparing: allowed, lost, allowed again, lines. */
	ck_assert_int_ge(count(out1, "\"atc\":true"), 2);
	ck_assert_int_ge(count(out1, "A-B05"), 1);
	ck_assert_int_ge(count(out1, "E-B11"), 1);
	spine_free(l.spine);
}
END_TEST

START_TEST(a_replay_gives_the_same_bytes_each_time)
{
	struct live l;

	live_start(&l);
	live_run(&l, 3000);
	ck_assert_int_eq(replay(capture_buf, out1), 0);
	ck_assert_int_eq(replay(capture_buf, out2), 0);
	ck_assert_str_eq(out1, out2);
	spine_free(l.spine);
}
END_TEST

/* Removes what only this daemon writes, as another tool's capture would
 * look: bytes with their times. */
static void keep_bytes(char *text)
{
	char *to = text, *line = text, *end;

	while ((end = strchr(line, '\n'))) {
		size_t len = (size_t)(end - line) + 1;

		*end = '\0';
		if (strstr(line, " rx ") || strstr(line, " tx ")) {
			*end = '\n';
			memmove(to, line, len);
			to += len;
		}
		line = end + 1;
	}
	*to = '\0';
}

START_TEST(a_capture_of_bytes_alone_is_replayed_too)
{
	struct live l;
	int samples;

	live_start(&l);
	live_run(&l, 5000);
	ck_assert_int_eq(replay(capture_buf, out1), 0);
	samples = count(out1, "\"sample\"");
	keep_bytes(capture_buf);
	ck_assert_int_eq(replay(capture_buf, out2), 0);
	ck_assert_int_eq(count(out2, "\"sample\""), samples);
	ck_assert_int_eq(count(out2, "\"atc\":true"), 1);
	spine_free(l.spine);
}
END_TEST

/* Between two lines the deadlines run: 15 s of silence forbid, B8. */
START_TEST(silence_between_two_lines_of_bytes_is_judged_in_time)
{
	struct live l;
	uint64_t last, lost;
	const char *at;
	char line[64];

	live_start(&l);
	live_run(&l, 5000);
	keep_bytes(capture_buf);
	snprintf(line, sizeof(line), "%llu rack lost\n",
		 (unsigned long long)l.now.us + 60000000);
	strcat(capture_buf, line);
	ck_assert_int_eq(replay(capture_buf, out1), 0);
	at = strstr(out1, "A-B05");
	ck_assert_ptr_nonnull(at);
	while (at > out1 && at[-1] != '\n')
		at--;
	ck_assert_int_eq(sscanf(at, "{\"t\":%llu", (unsigned long long *)&lost),
			 1);
	last = l.now.us;
	ck_assert_uint_gt(lost, last + 14000000);
	ck_assert_uint_lt(lost, last + 15100000);
	spine_free(l.spine);
}
END_TEST

START_TEST(a_known_serial_makes_a_swapped_battery_noticed)
{
	static const uint8_t known[] = "\001SOMEBODYELSE";
	struct live l;

	live_start(&l);
	l.capture = text_in(capture_buf, sizeof(capture_buf));
	note(&l, "rack", CAPTURE_KNOWN, known, sizeof(known) - 1);
	note(&l, "rack", CAPTURE_OPEN, NULL, 0);
	spine_free(l.spine);
	l.spine = spine_new(&settings);
	spine_known(l.spine, 0, 1, "SOMEBODYELSE");
	live_event(&l, SESSION_OPENED, NULL, 0);
	live_run(&l, 15000);
	ck_assert_int_eq(replay(capture_buf, out1), 0);
	ck_assert_int_ge(count(out1, "W-X02"), 1);
	keep_decisions(out1);
	ck_assert_str_eq(out1, decisions_buf);
	spine_free(l.spine);
}
END_TEST

START_TEST(a_last_line_cut_by_a_crash_is_left_out)
{
	ck_assert_int_eq(replay("# vebus-bms-ng capture 1\n"
				"1000 rack open\n"
				"1000 gpio turn\n"
				"2000 rack rx 55A", out1), 0);
	ck_assert_int_eq(count(out1, "\"decision\""), 1);
	ck_assert_int_eq(strncmp(out1, "{\"t\":1000,", 10), 0);
}
END_TEST

START_TEST(a_capture_that_cannot_be_one_is_refused)
{
	static const char *const wrong[] = {
		"1000 rack rx 5\n",
		"1000 attic open\n",
		"1000 gpio in 07FF\n",
		"1000 gpio in FFFF09\n",
		"1000 gpio in FFFF030000010000\n",
		"1000 gpio in FFFF030000FF00000000\n",
		"1000 gpio in FFFF0300000000000000000000000000\n",
		"nonsense\n",
		"2000 rack open\n1000 rack rx 55\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_msg(replay(wrong[i], out1) != 0, "%s", wrong[i]);
	ck_assert_int_ne(replay_run("/nonexistent", &settings, stdout), 0);
}
END_TEST

/* Every input survives the capture. */
START_TEST(an_input_is_decoded_as_it_was_encoded)
{
	static const int32_t values[] = { 0, 1000, -1, INT32_MIN, INT32_MAX };

	for (unsigned int i = 0; i < 3 * 3 * 4 * 8; i++) {
		struct spine_input in = { .mode = (enum bms_mode)(i / 9 % 4) };
		struct spine_input out = { 0 };
		uint8_t bytes[SPINE_INPUT_SIZE];
		size_t len;

		if (i % 3 > 0)
			in.remote_l = known_i32((int32_t)(i % 3) - 1);
		if (i / 3 % 3 > 0)
			in.remote_h = known_i32((int32_t)(i / 3 % 3) - 1);
		in.lines_failed = i / 36 & 1;
		in.lines_failed_now = i / 36 & 2;
		in.lines_persist = i / 36 & 4;
		in.command.kind = (enum bms_command_kind)
				  (i % BMS_COMMAND_COUNT);
		in.command.value = in.command.kind == BMS_COMMAND_NONE ? 0 :
			values[i % ARRAY_SIZE(values)];
		in.command.battery = in.command.kind == BMS_COMMAND_NONE ? 0 :
			(uint16_t)(0x102 * i);
		if (i % 5 == 4)
			in.left_over = (struct bms_left_over){ 900000, i };
		len = spine_input_encode(&in, bytes);
		/* As captures were before there was more to say. */
		if (i % 5 != 4)
			ck_assert_uint_eq(len, in.command.kind ==
					  BMS_COMMAND_NONE ? 5 : 12);
		ck_assert_int_eq(spine_input_decode(bytes, len, &out), 0);
		ck_assert_int_eq(out.remote_l.known, in.remote_l.known);
		ck_assert_int_eq(out.remote_l.value, in.remote_l.value);
		ck_assert_int_eq(out.remote_h.known, in.remote_h.known);
		ck_assert_int_eq(out.remote_h.value, in.remote_h.value);
		ck_assert_int_eq(out.mode, in.mode);
		ck_assert_int_eq(out.lines_failed, in.lines_failed);
		ck_assert_int_eq(out.lines_failed_now, in.lines_failed_now);
		ck_assert_int_eq(out.lines_persist, in.lines_persist);
		ck_assert_uint_eq(out.left_over.window_ms,
				  in.left_over.window_ms);
		ck_assert_uint_eq(out.left_over.held_ms,
				  in.left_over.held_ms);
		ck_assert_int_eq(out.command.kind, in.command.kind);
		ck_assert_int_eq(out.command.value, in.command.value);
		ck_assert_uint_eq(out.command.battery,
				  in.command.battery);
	}
}
END_TEST

static int32_t anchored_permille(const struct live *l)
{
	ck_assert(l->spine->output.soc_anchored);
	return l->spine->output.soc_permille.value;
}

/* E2, I6: a state of charge that an operator sets is part of the
 * capture, also where the turn decides twice. */
START_TEST(an_operators_command_is_replayed)
{
	struct live l;

	live_start(&l);
	live_run(&l, 5000);
	l.input.command = (struct bms_command){
		.kind = BMS_COMMAND_SET_SOC, .value = 90 };
	l.input.lines_failed_now = true;
	live_turn(&l);
	ck_assert_int_eq(anchored_permille(&l), 90);
	/* The command, once, and two alarms: the floor and the lines. */
	ck_assert_uint_eq(l.spine->output.events, 3);
	l.input.command.kind = BMS_COMMAND_NONE;
	l.input.lines_failed_now = false;
	live_run(&l, 40000);
	l.input.command = (struct bms_command){
		.kind = BMS_COMMAND_SET_SOC, .value = 700 };
	live_turn(&l);
	l.input.command.kind = BMS_COMMAND_NONE;
	live_run(&l, 40000);
	ck_assert_int_eq(anchored_permille(&l), 700);
	ck_assert(!l.capture.cut);
	ck_assert_int_eq(replay(capture_buf, out1), 0);
	keep_decisions(out1);
	ck_assert_str_eq(out1, decisions_buf);
	ck_assert_int_ge(count(out1, "A-B07"), 1);
	spine_free(l.spine);
}
END_TEST

/* E3, I6: what was kept of the bank is part of the capture, too. */
START_TEST(a_capture_that_begins_with_a_memory_is_replayed)
{
	static char kept[16384];
	struct text t = text_in(kept, sizeof(kept));
	struct live l;

	live_start(&l);
	live_run(&l, 5000);
	l.input.command = (struct bms_command){
		.kind = BMS_COMMAND_SET_SOC, .value = 90 };
	live_turn(&l);
	ck_assert_int_eq(memory_encode(&l.spine->state, &settings, &t), 0);
	spine_free(l.spine);
	live_start(&l);
	spine_free(l.spine);
	l.spine = spine_new(&settings);
	l.capture = text_in(capture_buf, sizeof(capture_buf));
	ck_assert_int_eq(spine_remember(l.spine, (const uint8_t *)kept,
					t.len - 1, 0), -EINVAL);
	ck_assert_int_eq(spine_remember(l.spine, (const uint8_t *)kept,
					t.len, 0), 0);
	for (size_t i = 0; i < t.len; i += 100)
		note(&l, "gpio", CAPTURE_KEPT, (const uint8_t *)kept + i,
		     t.len - i < 100 ? t.len - i : 100);
	note(&l, "rack", CAPTURE_OPEN, NULL, 0);
	live_event(&l, SESSION_OPENED, NULL, 0);
	live_run(&l, 40000);
	ck_assert_int_eq(anchored_permille(&l), 90);
	ck_assert(!l.capture.cut);
	ck_assert_int_eq(replay(capture_buf, out1), 0);
	keep_decisions(out1);
	ck_assert_str_eq(out1, decisions_buf);
	ck_assert_int_ge(count(out1, "A-B07"), 1);
	spine_free(l.spine);
}
END_TEST

/* F3, E1: a reload that renames a bus keeps the bank's history, one that
 * renames none the counts, too. */
START_TEST(a_reload_keeps_counts_and_history)
{
	static struct settings renamed;
	struct spine *to;
	uint32_t kept[2];
	struct live l;

	live_start(&l);
	live_run(&l, 5000);
	l.input.command = (struct bms_command){
		.kind = BMS_COMMAND_SET_SOC, .value = 700 };
	live_turn(&l);
	to = spine_new(&settings);
	spine_adopt(to, l.spine, kept);
	ck_assert(to->state.battery[0].charge.anchored);
	ck_assert_mem_eq(&to->state.history, &l.spine->state.history,
			 sizeof(to->state.history));
	spine_free(l.spine);
	l.spine = to;
	renamed = settings;
	memcpy(renamed.bus[0].name, "renamed", 8);
	to = spine_new(&renamed);
	spine_adopt(to, l.spine, kept);
	ck_assert(!to->state.battery[0].charge.begun);
	ck_assert_mem_eq(&to->state.history, &l.spine->state.history,
			 sizeof(to->state.history));
	ck_assert_uint_eq(to->state.events, l.spine->state.events);
	spine_free(to);
	spine_free(l.spine);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay");
	TCase *tcase = tcase_create("replay");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase,
		a_replay_decides_as_the_live_run_did_at_the_same_microsecond);
	tcase_add_test(tcase, a_replay_gives_the_same_bytes_each_time);
	tcase_add_test(tcase, a_capture_of_bytes_alone_is_replayed_too);
	tcase_add_test(tcase,
		       silence_between_two_lines_of_bytes_is_judged_in_time);
	tcase_add_test(tcase, a_known_serial_makes_a_swapped_battery_noticed);
	tcase_add_test(tcase, a_last_line_cut_by_a_crash_is_left_out);
	tcase_add_test(tcase, a_capture_that_cannot_be_one_is_refused);
	tcase_add_test(tcase, an_input_is_decoded_as_it_was_encoded);
	tcase_add_test(tcase, an_operators_command_is_replayed);
	tcase_add_test(tcase, a_reload_keeps_counts_and_history);
	tcase_add_test(tcase,
		       a_capture_that_begins_with_a_memory_is_replayed);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
