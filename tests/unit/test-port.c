/* SPDX-License-Identifier: MIT */
/*
 * A port on a pty of its own, with a session that does as it is told. Time
 * is an argument: nothing here waits for a clock. Requirements I3 (unplugged
 * and babbling ttys), design section 9 (wake-ups).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "daemon/port.h"
#include "daemon/tty.h"
#include "tests/unit/unit.h"

enum { HEARD_MAX = 1 << 17, BIG_SEND = 60000 };

/* What the session was told, and what it answers. */
struct fake {
	int n[SESSION_LOST + 1];
	uint8_t heard[HEARD_MAX];
	size_t n_heard;
	/* The answers. */
	const uint8_t *send; /* once, at the next event but TX_DONE */
	size_t send_len;
	mono_t until;
	mono_t read_after;
	struct session_counters counters;
};

struct place {
	char dir[64];
	char link[128];
	int master;
	struct ev_loop *loop;
	struct fake fake;
	struct talk talk;
	struct port port;
	uint8_t shown[HEARD_MAX];
	size_t n_shown;
	mono_t now;
};

static struct place place;
static uint8_t big[BIG_SEND];

static struct session_action fake_step(void *state, mono_t now,
				       const struct session_event *event)
{
	struct fake *f = state;
	struct session_action action = { .type = SESSION_WAIT };

	(void)now;
	f->n[event->type]++;
	if (event->type == SESSION_RX) {
		ck_assert_uint_le(f->n_heard + event->len, HEARD_MAX);
		memcpy(f->heard + f->n_heard, event->bytes, event->len);
		f->n_heard += event->len;
	}
	if (f->send_len > 0 && event->type != SESSION_TX_DONE &&
	    event->type != SESSION_LOST) {
		action.type = SESSION_SEND;
		action.bytes = f->send;
		action.len = f->send_len;
		f->send_len = 0;
		return action;
	}
	action.until = f->until;
	action.read_after = f->read_after;
	return action;
}

static const struct session_counters *fake_counters(const void *state)
{
	return &((const struct fake *)state)->counters;
}

/* 's' is the secret. */
static void fake_redact(void *state, uint8_t *bytes, size_t len)
{
	(void)state;
	for (size_t i = 0; i < len; i++)
		bytes[i] = bytes[i] == 's' ? '*' : bytes[i];
}

static const struct session_ops fake_ops = {
	.step = fake_step, .counters = fake_counters, .redact = fake_redact
};

static void told(void *data, const char *port, mono_t now,
		 const struct session_event *event)
{
	struct place *p = data;

	ck_assert_str_eq(port, "rack");
	ck_assert_uint_eq(now.us, p->now.us);
	if (event->type != SESSION_RX)
		return;
	memcpy(p->shown + p->n_shown, event->bytes, event->len);
	p->n_shown += event->len;
}

static const struct port_hooks hooks = { &place, NULL, told };

/* A new pty; its slave's path goes behind the link. */
static int plug(const char *link)
{
	char slave[64];
	struct termios tio;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	ck_assert_int_eq(ptsname_r(master, slave, sizeof(slave)), 0);
	/* Raw before the first byte, so that nothing is echoed. */
	ck_assert_int_eq(tcgetattr(master, &tio), 0);
	cfmakeraw(&tio);
	ck_assert_int_eq(tcsetattr(master, TCSANOW, &tio), 0);
	(void)unlink(link);
	ck_assert_int_eq(symlink(slave, link), 0);
	return master;
}

/* One turn at that many milliseconds after the one before. */
static void turn(uint32_t ms)
{
	place.now = mono_add_ms(place.now, ms);
	ev_run(place.loop, EVRUN_NOWAIT);
	port_turn(&place.port, place.now);
}

/* Waits until so many bytes can be read, or for the end where 0: both take
 * their time through the kernel. */
static void settle(int bytes)
{
	struct pollfd p = { place.port.fd, POLLIN, 0 };
	time_t limit = time(NULL) + 10;
	int ready = 0;

	do {
		ck_assert_int_eq(poll(&p, 1, 5000), 1);
		if (bytes == 0)
			return;
		ck_assert_int_eq(ioctl(place.port.fd, FIONREAD, &ready), 0);
		ck_assert_int_lt(time(NULL), limit);
	} while (ready < bytes);
}

/* The other side says so much more. */
static void say(const char *text)
{
	int n = (int)strlen(text), before = 0;

	ck_assert_int_eq(ioctl(place.port.fd, FIONREAD, &before), 0);
	ck_assert_int_eq(write(place.master, text, strlen(text)), n);
	settle(before + n);
}

static void setup(void)
{
	struct port port = {
		.name = "rack",
		.device = place.link,
		.baud = 115200,
		.loss = "nothing is lost",
		.talk = &place.talk,
		.hooks = &hooks,
	};

	memset(&place, 0, sizeof(place));
	strcpy(place.dir, "/tmp/bms-port-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place.dir));
	snprintf(place.link, sizeof(place.link), "%s/tty", place.dir);
	place.loop = ev_loop_new(EVBACKEND_POLL);
	place.now.us = 1000000000;
	place.fake.until = MONO_NEVER;
	place.master = plug(place.link);
	talk_init(&place.talk, &fake_ops, &place.fake);
	port.loop = place.loop;
	port_init(&place.port, &port);
}

static void teardown(void)
{
	port_close(&place.port, place.now);
	ev_loop_destroy(place.loop);
	close(place.master);
	(void)unlink(place.link);
	(void)rmdir(place.dir);
}

/* Opens and sees the session told so. */
static void open_port(void)
{
	turn(0);
	ck_assert_int_ge(place.port.fd, 0);
	ck_assert_int_eq(place.fake.n[SESSION_OPENED], 1);
}

START_TEST(an_answer_is_read_once_when_it_can_be_complete)
{
	static const uint8_t request[] = "ask";
	uint64_t reads;

	place.fake.send = request;
	place.fake.send_len = 3;
	place.fake.read_after = mono_add_ms(place.now, 30);
	open_port();
	ck_assert_int_eq(place.fake.n[SESSION_TX_DONE], 1);
	reads = place.port.reads;
	say("a");
	turn(10);
	say("b");
	turn(10);
	say("c");
	turn(9);
	ck_assert_uint_eq(place.port.reads, reads);
	ck_assert_uint_eq(place.fake.n_heard, 0);
	ck_assert_uint_eq(port_next(&place.port).us,
			  place.fake.read_after.us);
	place.fake.read_after = (mono_t){ 0 };
	turn(1);
	ck_assert_uint_eq(place.port.reads, reads + 1);
	ck_assert_int_eq(place.fake.n[SESSION_RX], 1);
	ck_assert_mem_eq(place.fake.heard, "abc", 3);
}
END_TEST

START_TEST(bytes_are_read_at_once_where_nothing_is_to_be_waited_for)
{
	open_port();
	turn(1);
	say("now");
	turn(1);
	ck_assert_int_eq(place.fake.n[SESSION_RX], 1);
	ck_assert_mem_eq(place.fake.heard, "now", 3);
}
END_TEST

START_TEST(a_tick_comes_at_the_deadline_and_not_before)
{
	place.fake.until = mono_add_ms(place.now, 100);
	open_port();
	turn(99);
	ck_assert_int_eq(place.fake.n[SESSION_TICK], 0);
	ck_assert_uint_eq(port_next(&place.port).us, place.fake.until.us);
	place.fake.until = MONO_NEVER;
	turn(1);
	ck_assert_int_eq(place.fake.n[SESSION_TICK], 1);
}
END_TEST

START_TEST(what_lies_unread_is_dropped_before_a_request)
{
	static const uint8_t request[] = "ask";
	char got[16];

	place.fake.read_after = mono_add_ms(place.now, 1000);
	place.fake.until = mono_add_ms(place.now, 50);
	open_port();
	say("late answer");
	place.fake.send = request;
	place.fake.send_len = 3;
	turn(50);
	ck_assert_int_eq(place.fake.n[SESSION_TX_DONE], 1);
	ck_assert_int_eq(read(place.master, got, sizeof(got)), 3);
	place.fake.until = MONO_NEVER;
	turn(1000);
	ck_assert_int_eq(place.fake.n[SESSION_RX], 0);
}
END_TEST

START_TEST(a_request_goes_out_whole_though_the_tty_takes_it_in_pieces)
{
	uint8_t got[BIG_SEND];
	size_t n = 0;
	int turns = 0;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	place.fake.send = big;
	place.fake.send_len = sizeof(big);
	open_port();
	ck_assert_int_eq(place.fake.n[SESSION_TX_DONE], 0);
	while (n < sizeof(got)) {
		struct pollfd p[2] = {
			{ place.master, POLLIN, 0 },
			{ place.port.fd, POLLOUT, 0 },
		};
		bool done = place.fake.n[SESSION_TX_DONE] > 0;
		ssize_t r;

		ck_assert_int_gt(poll(p, done ? 1 : 2, 5000), 0);
		r = read(place.master, got + n, sizeof(got) - n);
		n += r > 0 ? (size_t)r : 0;
		turns += done ? 0 : 1;
		turn(0);
	}
	ck_assert_int_eq(place.fake.n[SESSION_TX_DONE], 1);
	ck_assert_mem_eq(got, big, sizeof(big));
	ck_assert_int_gt(turns, 1);
}
END_TEST

START_TEST(a_tty_that_takes_no_bytes_is_given_up_after_a_second)
{
	place.fake.send = big;
	place.fake.send_len = sizeof(big);
	open_port();
	turn(PORT_WRITE_MS - 1);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 0);
	turn(1);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 1);
	ck_assert_int_lt(place.port.fd, 0);
}
END_TEST

/* I5: one that takes nothing is opened and lost again every two seconds. */
START_TEST(a_tty_lost_again_and_again_is_not_told_each_time)
{
	char path[] = "/tmp/bms-port-log-XXXXXX";
	int saved = dup(STDERR_FILENO), fd = mkstemp(path), lines = 0;
	FILE *f;

	ck_assert_int_ge(fd, 0);
	dup2(fd, STDERR_FILENO);
	for (int i = 0; i < 100; i++) {
		place.fake.send = big;
		place.fake.send_len = sizeof(big);
		turn(PORT_RETRY_MS);
		turn(PORT_WRITE_MS);
	}
	dup2(saved, STDERR_FILENO);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 100);
	f = fopen(path, "r");
	for (int c; (c = getc(f)) != EOF;)
		lines += c == '\n';
	ck_assert_int_ge(lines, 2 * REPEAT_FIRST);
	ck_assert_int_le(lines, 2 * REPEAT_FIRST + 2);
	fclose(f);
	close(fd);
	close(saved);
	unlink(path);
	/* That it stays is the recovery. */
	turn(PORT_RETRY_MS);
	turn(PORT_STAYS_MS);
	ck_assert_uint_eq(place.port.losses.failures, 0);
}
END_TEST

START_TEST(an_unplugged_tty_comes_back_behind_the_same_link)
{
	open_port();
	close(place.master);
	settle(0);
	turn(1);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 1);
	ck_assert_uint_eq(port_next(&place.port).us,
			  place.now.us + PORT_RETRY_MS * 1000);
	place.master = plug(place.link);
	turn(PORT_RETRY_MS - 1);
	ck_assert_int_eq(place.fake.n[SESSION_OPENED], 1);
	turn(1);
	ck_assert_int_eq(place.fake.n[SESSION_OPENED], 2);
	turn(1);
	say("back");
	turn(1);
	ck_assert_mem_eq(place.fake.heard, "back", 4);
}
END_TEST

START_TEST(a_silent_tty_is_left_when_its_link_names_another)
{
	int old = place.master;

	open_port();
	place.master = plug(place.link);
	turn(PORT_CHECK_MS);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 1);
	turn(0);
	ck_assert_int_eq(place.fake.n[SESSION_OPENED], 2);
	turn(1);
	say("new");
	turn(1);
	ck_assert_mem_eq(place.fake.heard, "new", 3);
	close(old);
}
END_TEST

START_TEST(a_tty_that_still_talks_is_kept_whatever_its_link_names)
{
	char other[160];
	int stray;

	snprintf(other, sizeof(other), "%s.other", place.link);
	open_port();
	turn(1);
	stray = plug(other);
	ck_assert_int_eq(rename(other, place.link), 0);
	say("still here");
	turn(PORT_CHECK_MS);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 0);
	close(stray);
}
END_TEST

START_TEST(a_missing_tty_is_tried_every_second_and_taken_when_it_appears)
{
	close(place.master);
	(void)unlink(place.link);
	turn(0);
	ck_assert_int_lt(place.port.fd, 0);
	for (int i = 0; i < 50; i++)
		turn(PORT_RETRY_MS);
	ck_assert_int_eq(place.fake.n[SESSION_OPENED], 0);
	place.master = plug(place.link);
	turn(PORT_RETRY_MS);
	ck_assert_int_eq(place.fake.n[SESSION_OPENED], 1);
}
END_TEST

START_TEST(a_babbling_tty_is_read_at_a_bounded_rate)
{
	static char noise[4096];
	uint64_t reads;

	memset(noise, 'n', sizeof(noise));
	open_port();
	reads = place.port.reads;
	for (int ms = 0; ms < 1000; ms++) {
		while (write(place.master, noise, sizeof(noise)) > 0)
			;
		turn(1);
	}
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 0);
	/* At least what a bus at 115200 baud can carry. */
	ck_assert_uint_ge(place.fake.n_heard, 11520);
	ck_assert_uint_le(place.fake.n_heard, 51 * 2 * PORT_READ_MAX);
	ck_assert_uint_le(place.port.reads - reads,
			  51 * PORT_WINDOW_READS);
}
END_TEST

START_TEST(single_bytes_without_end_do_not_wake_the_loop_for_each)
{
	open_port();
	for (int ms = 0; ms < 1000; ms++) {
		say("n");
		turn(1);
	}
	ck_assert_uint_le(place.port.reads, 51 * PORT_WINDOW_READS);
	ck_assert_uint_gt(place.fake.n_heard, 900);
}
END_TEST

START_TEST(secrets_are_masked_for_the_capture_and_not_for_the_session)
{
	open_port();
	turn(1);
	say("pass");
	turn(1);
	ck_assert_mem_eq(place.fake.heard, "pass", 4);
	ck_assert_uint_eq(place.n_shown, 4);
	ck_assert_mem_eq(place.shown, "pa**", 4);
}
END_TEST

START_TEST(a_tty_changed_by_another_program_is_set_again_after_a_fault)
{
	struct termios tio;

	open_port();
	ck_assert_int_eq(tcgetattr(place.master, &tio), 0);
	ck_assert_uint_eq(cfgetospeed(&tio), B115200);
	cfsetspeed(&tio, B9600);
	tio.c_lflag |= ICANON;
	ck_assert_int_eq(tcsetattr(place.master, TCSANOW, &tio), 0);
	place.fake.counters.faults[FAULT_TIMEOUT]++;
	turn(PORT_CHECK_MS);
	ck_assert_int_eq(tcgetattr(place.master, &tio), 0);
	ck_assert_uint_eq(cfgetospeed(&tio), B115200);
	ck_assert_uint_eq(tio.c_lflag & ICANON, 0);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 0);
}
END_TEST

START_TEST(a_tty_in_use_is_refused_with_a_sentence)
{
	char error[TTY_ERROR_SIZE] = "";
	int fd = -1;

	open_port();
	ck_assert_int_eq(tty_open(place.link, 115200, &fd, error), -EBUSY);
	ck_assert_ptr_nonnull(strstr(error, "another program"));
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(tty_open("/dev/null", 115200, &fd, error), -ENOTTY);
	ck_assert_int_eq(tty_open(place.dir, 115200, &fd, error), -EISDIR);
}
END_TEST

/* The old port of a reload lets go without the session noticing. */
START_TEST(a_port_is_handed_on_with_its_tty_open)
{
	struct port other, setup_of = place.port;

	open_port();
	turn(1);
	setup_of.loop = place.loop;
	port_init(&other, &setup_of);
	port_adopt(&other, &place.port);
	port_close(&place.port, place.now);
	ck_assert_int_eq(place.fake.n[SESSION_LOST], 0);
	place.port = other;
	turn(1);
	say("on");
	turn(1);
	ck_assert_mem_eq(place.fake.heard, "on", 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_answer_is_read_once_when_it_can_be_complete,
		bytes_are_read_at_once_where_nothing_is_to_be_waited_for,
		a_tick_comes_at_the_deadline_and_not_before,
		what_lies_unread_is_dropped_before_a_request,
		a_request_goes_out_whole_though_the_tty_takes_it_in_pieces,
		a_tty_that_takes_no_bytes_is_given_up_after_a_second,
		a_tty_lost_again_and_again_is_not_told_each_time,
		an_unplugged_tty_comes_back_behind_the_same_link,
		a_silent_tty_is_left_when_its_link_names_another,
		a_tty_that_still_talks_is_kept_whatever_its_link_names,
		a_missing_tty_is_tried_every_second_and_taken_when_it_appears,
		a_babbling_tty_is_read_at_a_bounded_rate,
		single_bytes_without_end_do_not_wake_the_loop_for_each,
		secrets_are_masked_for_the_capture_and_not_for_the_session,
		a_tty_changed_by_another_program_is_set_again_after_a_fault,
		a_tty_in_use_is_refused_with_a_sentence,
		a_port_is_handed_on_with_its_tty_open,
	};
	Suite *suite = suite_create("port");
	TCase *tcase = tcase_create("pty");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
