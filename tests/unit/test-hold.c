/* SPDX-License-Identifier: MIT */
/*
 * H1, H2: a holder as a process of its own, over a virtual chip whose line is
 * a character of a file; its deadline is a second or two here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/hold.h"
#include "daemon/hold_wire.h"
#include "lib/core/update.h"
#include "tests/unit/unit.h"

enum { ATD = 17, SOON_MS = 2500, LONG_MS = 60000 };

static char dir[40];
static struct gpio_held line;
static mono_t until;

static const char *path(const char *name)
{
	static char text[80];

	snprintf(text, sizeof(text), "%s/%s", dir, name);
	return text;
}

static char level(void)
{
	char c = '?';

	ck_assert_int_eq(pread(line.fd, &c, 1, ATD), 1);
	return c;
}

static void setup(void)
{
	/* Holders that lose their parent are ours to wait for. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	strcpy(dir, "/tmp/test-hold-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	line = (struct gpio_held){ .offset = ATD, .abi = GPIO_ABI_VIRTUAL };
	snprintf(line.chip, sizeof(line.chip), "virtual:%s", path("chip"));
	line.fd = open(path("chip"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(pwrite(line.fd, "H", 1, ATD), 1);
}

static void teardown(void)
{
	close(line.fd);
	unlink(path("chip"));
	unlink(path("hold"));
	ck_assert_int_eq(rmdir(dir), 0);
}

/* The holder is the one child. */
static void begin(uint32_t ms)
{
	ck_assert_int_eq(pwrite(line.fd, "H", 1, ATD), 1);
	until = mono_add_ms(clock_mono(), ms);
	ck_assert_int_eq(hold_begin(dir, &line, until), 0);
	ck_assert_int_eq(level(), 'H');
}

static pid_t holder(void)
{
	struct sockaddr_un address;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int fd = hold_socket();

	ck_assert_int_eq(hold_address(dir, &address), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address,
				 sizeof(address)), 0);
	ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer,
				    &len), 0);
	close(fd);
	return peer.pid;
}

/* Waits for its end: it has gone, with its socket. */
static int ended(uint32_t timeout_ms)
{
	mono_t end = mono_add_ms(clock_mono(), timeout_ms);
	int status = 0;

	while (waitpid(-1, &status, WNOHANG) == 0) {
		ck_assert(mono_before(clock_mono(), end));
		(void)poll(NULL, 0, 2);
	}
	ck_assert_int_eq(access(path("hold"), F_OK), -1);
	return status;
}

static void ends_floating(uint32_t timeout_ms)
{
	ck_assert_int_eq(ended(timeout_ms), 0);
	ck_assert_int_eq(level(), '.');
}

static struct hold taken(void)
{
	struct hold hold;

	ck_assert_int_eq(hold_take(&hold, dir, clock_mono()), 0);
	ck_assert(hold.there);
	ck_assert_str_eq(hold.line.chip, line.chip);
	ck_assert_uint_eq(hold.line.offset, ATD);
	ck_assert_int_eq(hold.line.abi, GPIO_ABI_VIRTUAL);
	ck_assert_uint_eq(hold.until.us, until.us);
	return hold;
}

/* H1: nobody ever comes */
START_TEST(a_line_that_nobody_takes_floats_at_the_deadline)
{
	begin(SOON_MS);
	while (mono_before(clock_mono(), until)) {
		char seen = level();

		ck_assert(seen == 'H' || !mono_before(clock_mono(), until));
		(void)poll(NULL, 0, 1);
	}
	ends_floating(5000);
}
END_TEST

/* H2: never let go on the way */
START_TEST(a_line_that_is_taken_and_decided_stays_driven)
{
	struct hold hold;

	begin(SOON_MS);
	hold = taken();
	ck_assert(hold_decided(&hold));
	ck_assert(!hold_decided(&hold));
	ck_assert_int_eq(ended(5000), 0);
	while (mono_before(clock_mono(), mono_add_ms(until, HOLD_GRACE_MS))) {
		ck_assert_int_eq(level(), 'H');
		(void)poll(NULL, 0, 5);
	}
	/* Its descriptor is the taker's own. */
	ck_assert_int_ne(hold.line.fd, line.fd);
	ck_assert_int_eq(gpio_float_held(&hold.line), 0);
	ck_assert_int_eq(level(), '.');
	hold_leave(&hold);
}
END_TEST

/* H2: not even by a holder that wakes up behind its deadline */
START_TEST(a_line_that_is_decided_is_not_floated_late)
{
	struct hold hold;
	pid_t pid;

	begin(SOON_MS);
	hold = taken();
	pid = holder();
	kill(pid, SIGSTOP);
	ck_assert(hold_decided(&hold));
	while (mono_before(clock_mono(), mono_add_ms(until, HOLD_GRACE_MS)))
		(void)poll(NULL, 0, 5);
	kill(pid, SIGCONT);
	ck_assert_int_eq(ended(5000), 0);
	ck_assert_int_eq(level(), 'H');
	ck_assert_int_eq(hold_leave(&hold), 0);
}
END_TEST

/* H1: it has taken the line, and then hangs */
START_TEST(a_program_that_takes_and_never_decides_changes_nothing)
{
	struct hold hold;

	begin(SOON_MS);
	hold = taken();
	while (mono_before(clock_mono(), until)) {
		ck_assert_int_eq(level(), 'H');
		(void)poll(NULL, 0, 5);
	}
	/* A moment later, for who floats it itself. */
	ends_floating(HOLD_GRACE_MS + 5000);
	ck_assert(mono_reached(clock_mono(),
			       mono_add_ms(until, HOLD_GRACE_MS)));
	hold_leave(&hold);
}
END_TEST

/* H1, H2: it dies; the next one has what is left */
START_TEST(a_program_that_takes_and_dies_leaves_it_to_the_next)
{
	struct hold hold;
	mono_t taken_at;

	begin(LONG_MS);
	hold = taken();
	hold_leave(&hold);
	ck_assert_int_eq(level(), 'H');
	hold = taken();
	hold_leave(&hold);
	hold = taken();
	hold_float(&hold);
	ck_assert(!hold.there);
	ends_floating(5000);

	begin(SOON_MS);
	taken_at = clock_mono();
	hold = taken();
	hold_leave(&hold);
	ck_assert(mono_before(taken_at, until));
	ends_floating(SOON_MS + 5000);
	ck_assert(mono_before(clock_mono(),
			      mono_add_ms(until, HOLD_GRACE_MS)));
}
END_TEST

/* H1: whoever wants it to float gets it at once, and finds it free */
START_TEST(signals_and_wishes_float_it_at_once)
{
	static const int signals[] = {
		SIGTERM, SIGINT, SIGQUIT, SIGABRT, SIGALRM, SIGUSR1, SIGUSR2,
	};
	struct hold hold;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		begin(LONG_MS);
		kill(holder(), signals[i]);
		ends_floating(5000);
	}
	begin(LONG_MS);
	/* A terminal that closes is none of them. */
	kill(holder(), SIGHUP);
	hold = taken();
	hold_float(&hold);
	ck_assert_int_eq(level(), '.');
	ends_floating(5000);
}
END_TEST

START_TEST(who_asks_changes_nothing)
{
	struct gpio_held held = { .fd = 7 };
	mono_t is = { 0 };

	ck_assert_int_eq(hold_ask(dir, clock_mono(), &held, &is), -ENOENT);
	ck_assert_int_eq(hold_ask(NULL, clock_mono(), &held, &is), -ENOENT);
	begin(LONG_MS);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(hold_ask(dir, clock_mono(), &held, &is), 0);
		ck_assert_str_eq(held.chip, line.chip);
		ck_assert_uint_eq(held.offset, ATD);
		ck_assert_int_eq(held.fd, -1);
		ck_assert_uint_eq(is.us, until.us);
	}
	ck_assert_int_eq(level(), 'H');
	kill(holder(), SIGTERM);
	ends_floating(5000);
	/* Killed, it leaves its socket, behind which nobody is. */
	begin(LONG_MS);
	kill(holder(), SIGKILL);
	ck_assert_int_ge(wait(NULL), 0);
	ck_assert_int_eq(access(path("hold"), F_OK), 0);
	ck_assert_int_eq(hold_ask(dir, clock_mono(), &held, &is), -ENOENT);
	/* It is in nobody's way. */
	begin(LONG_MS);
	kill(holder(), SIGTERM);
	ends_floating(5000);
}
END_TEST

static int connected(void)
{
	struct sockaddr_un address;
	int fd = hold_socket();

	ck_assert_int_eq(hold_address(dir, &address), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address,
				 sizeof(address)), 0);
	return fd;
}

/* H1: whatever cannot be is the end of it */
START_TEST(a_word_that_is_none_floats_it)
{
	static const struct {
		const char *bytes;
		size_t len;
	} words[] = {
		{ "x", 1 },
		{ "BMSH\1", 5 },
		{ "BMSH\2\1", 6 },     /* another version */
		{ "BMSH\1\2", 6 },     /* decided, and never taken */
		{ "BMSH\1\4", 6 },
		{ "BMSH\1\5", 6 },
		{ "BMSH\1\1\1", 7 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		int fd;

		begin(LONG_MS);
		fd = connected();
		ck_assert_int_eq(send(fd, words[i].bytes, words[i].len, 0),
				 words[i].len);
		ends_floating(5000);
		close(fd);
	}
}
END_TEST

/* More than it hears at a time; the others are not waited for. */
START_TEST(a_crowd_of_callers_does_not_matter)
{
	struct sockaddr_un address;
	int fd[20];
	struct hold hold;

	ck_assert_int_eq(hold_address(dir, &address), 0);
	begin(LONG_MS);
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = hold_socket();
		(void)connect(fd[i], (struct sockaddr *)&address,
			      sizeof(address));
	}
	for (size_t i = 0; i < ARRAY_SIZE(fd); i++)
		close(fd[i]);
	ck_assert_int_eq(level(), 'H');
	hold = taken();
	hold_float(&hold);
	ends_floating(5000);
}
END_TEST

/* H1: a holder that has stopped does not keep the line */
START_TEST(a_holder_that_does_not_answer_is_killed)
{
	struct hold hold;

	begin(LONG_MS);
	kill(holder(), SIGSTOP);
	ck_assert_int_eq(hold_take(&hold, dir, clock_mono()), -ETIMEDOUT);
	ck_assert(!hold.there);
	ck_assert_int_ge(wait(NULL), 0);

	begin(LONG_MS);
	hold = taken();
	kill(holder(), SIGSTOP);
	hold_float(&hold);
	ck_assert_int_eq(level(), '.');
	ck_assert_int_ge(wait(NULL), 0);
}
END_TEST

/* It has gone by now, and left no descriptor of the line. */
static void is_killed(void)
{
	int status;

	ck_assert_int_gt(waitpid(-1, &status, WNOHANG), 0);
	ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}

/* H1: nor one that has stopped, when it is to be left behind: what it would
 * do with the socket, or with the line, when it goes on is another's */
START_TEST(a_holder_that_does_not_end_is_killed)
{
	struct hold_message ask = { .word = HOLD_ASK };
	struct pollfd answered = { .events = POLLIN };
	struct hold hold;

	begin(LONG_MS);
	hold = taken();
	kill(holder(), SIGSTOP);
	ck_assert(hold_decided(&hold));
	ck_assert_int_eq(hold_leave(&hold), 0);
	is_killed();
	/* Whatever it has said before. */
	begin(LONG_MS);
	hold = taken();
	ck_assert_int_eq(hold_send(hold.fd, &ask, -1), 0);
	answered.fd = hold.fd;
	ck_assert_int_eq(poll(&answered, 1, 5000), 1);
	kill(holder(), SIGSTOP);
	hold_float(&hold);
	is_killed();
	ck_assert_int_eq(level(), '.');
}
END_TEST

/* H1: one that has stopped is no reason to leave the line alone */
START_TEST(a_holder_that_does_not_say_what_it_holds_is_killed)
{
	struct gpio_held held;
	mono_t is;

	begin(LONG_MS);
	kill(holder(), SIGSTOP);
	ck_assert_int_eq(hold_ask(dir, clock_mono(), &held, &is), -ETIMEDOUT);
	is_killed();
}
END_TEST

/* H1: nothing is left to who holds nothing any more */
START_TEST(a_line_is_left_to_none_but_a_holder_that_answers)
{
	struct hold hold;

	begin(LONG_MS);
	hold = taken();
	ck_assert_int_eq(hold_leave(&hold), 0);
	hold = taken();
	kill(holder(), SIGKILL);
	ck_assert_int_gt(wait(NULL), 0);
	ck_assert_int_lt(hold_leave(&hold), 0);
	ck_assert(!hold.there);

	begin(LONG_MS);
	hold = taken();
	kill(holder(), SIGSTOP);
	ck_assert_int_eq(hold_leave(&hold), -ETIMEDOUT);
	is_killed();
}
END_TEST

/* A holder of another's making: its answer, to HOLD_TAKE. */
static void answers(const struct hold_message *answer, int with,
		    int listener)
{
	struct hold_message asked;
	int fd = -1;

	while (fd < 0)
		fd = accept(listener, NULL, NULL);
	while (hold_receive(fd, &asked, NULL) == -EAGAIN)
		(void)poll(NULL, 0, 1);
	(void)hold_send(fd, answer, with);
	while (hold_receive(fd, &asked, NULL) == -EAGAIN)
		(void)poll(NULL, 0, 1);
	_exit(asked.word);
}

/* What came of taking from it: hold_take()'s, and the word that followed. */
static int take_from(const struct hold_message *answer, int with,
		     int *ret_word)
{
	struct sockaddr_un address;
	struct hold hold;
	int listener = hold_socket();
	int r, status;
	pid_t pid;

	ck_assert_int_eq(hold_address(dir, &address), 0);
	unlink(address.sun_path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	pid = fork();
	if (pid == 0)
		answers(answer, with, listener);
	close(listener);
	r = hold_take(&hold, dir, clock_mono());
	if (r == 0)
		hold_decided(&hold);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	*ret_word = WEXITSTATUS(status);
	if (r == 0)
		hold_leave(&hold);
	return r;
}

/* H1: an answer that cannot be is made to float */
START_TEST(an_answer_that_cannot_be_is_not_believed)
{
	struct hold_message m = { HOLD_LINE, line, { 0 } };
	int word;

	m.until = mono_add_ms(clock_mono(), 100000);
	ck_assert_int_eq(take_from(&m, line.fd, &word), 0);
	ck_assert_int_eq(word, HOLD_DECIDED);
	ck_assert_int_eq(level(), 'H');
	/* No line. */
	ck_assert_int_eq(take_from(&m, -1, &word), -EBADMSG);
	ck_assert_int_eq(word, HOLD_FLOAT);
	/* More than 120 s, as good as none. */
	m.until = mono_add_ms(clock_mono(), UPDATE_KEEP_MS + 1000);
	ck_assert_int_eq(take_from(&m, line.fd, &word), -EBADMSG);
	ck_assert_int_eq(word, HOLD_FLOAT);
	ck_assert_int_eq(level(), '.');
	m.until = mono_add_ms(clock_mono(), 900);
	ck_assert_int_eq(take_from(&m, line.fd, &word), -EBADMSG);
	ck_assert_int_eq(word, HOLD_FLOAT);
	m.word = HOLD_TAKE;
	ck_assert_int_eq(take_from(&m, line.fd, &word), -EBADMSG);
	ck_assert_int_eq(word, HOLD_FLOAT);
}
END_TEST

START_TEST(without_a_folder_nothing_is_held)
{
	struct hold hold;
	char deep[200];

	until = mono_add_ms(clock_mono(), LONG_MS);
	ck_assert_int_eq(hold_begin(NULL, &line, until), -ENOENT);
	ck_assert_int_eq(hold_begin("/nonexistent", &line, until), -ENOENT);
	memset(deep, 'x', sizeof(deep));
	deep[sizeof(deep) - 1] = '\0';
	ck_assert_int_eq(hold_begin(deep, &line, until), -ENAMETOOLONG);
	ck_assert_int_eq(hold_take(&hold, NULL, until), -ENOENT);
	ck_assert(!hold.there);
	/* These three find nothing to do. */
	hold_float(&hold);
	hold_leave(&hold);
	ck_assert(!hold_decided(&hold));
	ck_assert_int_eq(level(), 'H');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hold");
	TCase *tc = tcase_create("hold");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_line_that_nobody_takes_floats_at_the_deadline);
	tcase_add_test(tc, a_line_that_is_taken_and_decided_stays_driven);
	tcase_add_test(tc, a_line_that_is_decided_is_not_floated_late);
	tcase_add_test(tc,
		       a_program_that_takes_and_never_decides_changes_nothing);
	tcase_add_test(tc, a_program_that_takes_and_dies_leaves_it_to_the_next);
	tcase_add_test(tc, signals_and_wishes_float_it_at_once);
	tcase_add_test(tc, who_asks_changes_nothing);
	tcase_add_test(tc, a_word_that_is_none_floats_it);
	tcase_add_test(tc, a_crowd_of_callers_does_not_matter);
	tcase_add_test(tc, a_holder_that_does_not_answer_is_killed);
	tcase_add_test(tc, a_holder_that_does_not_end_is_killed);
	tcase_add_test(tc,
		       a_holder_that_does_not_say_what_it_holds_is_killed);
	tcase_add_test(tc, a_line_is_left_to_none_but_a_holder_that_answers);
	tcase_add_test(tc, an_answer_that_cannot_be_is_not_believed);
	tcase_add_test(tc, without_a_folder_nothing_is_held);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
