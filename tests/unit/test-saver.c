/* SPDX-License-Identifier: MIT */
/*
 * Saves that never wait for the disk (requirements F3, I3). A process that
 * is stopped stands for a memory card that stalls.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/saver.h"
#include "daemon/store.h"
#include "lib/base/maybe.h"

enum { DEADLINE_MS = 10000 };

static char folder[40];
static int dir;
static struct saver saver;

static void setup(void)
{
	strcpy(folder, "/tmp/test-saver.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	dir = store_open(folder);
	ck_assert_int_ge(dir, 0);
	saver = (struct saver){ 0 };
}

static void teardown(void)
{
	static const char *const names[] = { "x.0", "x.1" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(dir, names[i], 0);
	close(dir);
	rmdir(folder);
}

static int start(const char *content)
{
	return saver_start(&saver, clock_mono(), dir, "x", "the test",
			   content, strlen(content));
}

static void check_loads(const char *content)
{
	char buf[100] = "";
	size_t len;

	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf) - 1, &len), 0);
	ck_assert_str_eq(buf, content);
}

START_TEST(what_is_saved_is_on_the_disk_when_it_says_so)
{
	int r = -1;

	ck_assert(!saver_poll(&saver, clock_mono(), &r));
	ck_assert(saver_wait(&saver, 0, &r));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(start("one"), 0);
	ck_assert_int_eq(start("two"), -EBUSY);
	ck_assert(saver_wait(&saver, DEADLINE_MS, &r));
	ck_assert_int_eq(r, 0);
	check_loads("one");
	ck_assert_int_eq(start("two"), 0);
	ck_assert(saver_wait(&saver, DEADLINE_MS, &r));
	check_loads("two");
}
END_TEST

START_TEST(a_disk_that_stalls_holds_up_nobody)
{
	mono_t now, late;
	int r = -1;

	ck_assert_int_eq(start("one"), 0);
	now = clock_mono();
	late = mono_add_ms(now, SAVER_SLOW_MS);
	ck_assert_int_eq(kill(saver.pid, SIGSTOP), 0);
	/* It may have been done before it was stopped. */
	if (!saver_poll(&saver, now, &r)) {
		ck_assert(!saver_poll(&saver, now, &r));
		ck_assert(!saver.told);
		ck_assert(!saver_poll(&saver, late, &r));
		ck_assert(saver.told);
		ck_assert(!saver_wait(&saver, 1, &r));
		ck_assert_int_eq(start("two"), -EBUSY);
		ck_assert_int_eq(kill(saver.pid, SIGCONT), 0);
		ck_assert(saver_wait(&saver, DEADLINE_MS, &r));
	}
	ck_assert_int_eq(r, 0);
	check_loads("one");
}
END_TEST

START_TEST(a_failure_comes_back_with_its_reason)
{
	int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int r = 0;

	ck_assert_int_eq(saver_start(&saver, clock_mono(), none, "x", "x", "",
				     0), 0);
	ck_assert(saver_wait(&saver, DEADLINE_MS, &r));
	ck_assert_int_eq(r, -ENOTDIR);
	ck_assert_int_eq(saver_start(&saver, clock_mono(), dir, "../x", "x",
				     "", 0), 0);
	ck_assert(saver_wait(&saver, DEADLINE_MS, &r));
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_int_eq(start("one"), 0);
	kill(saver.pid, SIGKILL);
	ck_assert(saver_wait(&saver, DEADLINE_MS, &r));
	ck_assert(r == 0 || r == -EIO);
	close(none);
}
END_TEST

/* Whether the process has the descriptor open; it must be there. */
static bool has_descriptor(pid_t pid, int fd)
{
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	return readlink(path, target, sizeof(target)) >= 0;
}

/* Stops the save again and again, until it is one that is under way without
 * the descriptor (true), or has ended (false). */
static bool lets_go(int fd)
{
	for (;;) {
		siginfo_t info = { 0 };

		kill(saver.pid, SIGSTOP);
		ck_assert_int_eq(waitid(P_PID, (id_t)saver.pid, &info,
					WSTOPPED | WEXITED | WNOWAIT), 0);
		if (info.si_code != CLD_STOPPED)
			return false;
		if (!has_descriptor(saver.pid, fd))
			return true;
		waitid(P_PID, (id_t)saver.pid, &info, WSTOPPED);
		kill(saver.pid, SIGCONT);
	}
}

/* A line that a stalled save held would stay driven after a kill -9. */
START_TEST(a_stalled_save_holds_no_line)
{
	int line = open("/dev/null", O_RDONLY);
	bool seen = false;
	int r;

	ck_assert_int_gt(line, 3);
	for (int i = 0; i < 1000 && !seen; i++) {
		ck_assert_int_eq(start("one"), 0);
		seen = lets_go(line);
		kill(saver.pid, SIGCONT);
		ck_assert(saver_wait(&saver, DEADLINE_MS, &r));
	}
	ck_assert(seen);
	close(line);
}
END_TEST

/* A daemon that begins a save and dies in the middle of it: how the save
 * ended. */
static int orphaned(void)
{
	pid_t daemon, save;
	int status, ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	daemon = fork();
	if (daemon == 0) {
		if (start("one") < 0)
			_exit(1);
		kill(saver.pid, SIGSTOP);
		_exit(write(ends[1], &saver.pid, sizeof(saver.pid)) !=
		      sizeof(saver.pid));
	}
	ck_assert_int_eq(waitpid(daemon, &status, 0), daemon);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(ends[0], &save, sizeof(save)), sizeof(save));
	close(ends[0]);
	close(ends[1]);
	/* It may have been stopped at its very beginning. */
	kill(save, SIGCONT);
	ck_assert_int_eq(waitpid(save, &status, 0), save);
	return status;
}

/* Nobody else ends it (KillMode=), and the next daemon saves as well. */
START_TEST(a_save_ends_with_its_daemon)
{
	bool seen = false;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	for (int i = 0; i < 1000 && !seen; i++) {
		int status = orphaned();

		seen = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	}
	ck_assert(seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("saver");
	TCase *tcase = tcase_create("saver");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_saved_is_on_the_disk_when_it_says_so);
	tcase_add_test(tcase, a_disk_that_stalls_holds_up_nobody);
	tcase_add_test(tcase, a_failure_comes_back_with_its_reason);
	tcase_add_test(tcase, a_stalled_save_holds_no_line);
	tcase_add_test(tcase, a_save_ends_with_its_daemon);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
