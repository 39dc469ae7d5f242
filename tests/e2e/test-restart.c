/* SPDX-License-Identifier: MIT */
/*
 * A restart of the daemon within the window for an update: H1, H2. The line
 * is a character of the virtual chip's file; a thread looks at it all the
 * while. That nothing at all happens to a kernel's line, and the whole 120 s,
 * are for tests/vm/test-update.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/hold.h"
#include "daemon/hold_wire.h"
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

enum { ATD = 17, ATC = 27 };

static struct rig *rig;
static char chip[128];
static char runtime[128];

/* --- whoever looks at the line all the while ------------------------------ */

static struct {
	pthread_t thread;
	atomic_bool stop;
	atomic_uint dropped; /* seen otherwise than driven */
	atomic_uint charged; /* the other line seen driven */
} watch;

static void *look(void *unused)
{
	int fd = open(chip, O_RDONLY | O_CLOEXEC);
	char level[ATC + 1];

	(void)unused;
	while (!watch.stop) {
		if (pread(fd, level, sizeof(level), 0) != sizeof(level))
			continue;
		watch.dropped += level[ATD] != 'H';
		watch.charged += level[ATC] == 'H';
		(void)poll(NULL, 0, 1);
	}
	close(fd);
	return NULL;
}

static void watch_begin(void)
{
	watch.stop = false;
	watch.dropped = 0;
	watch.charged = 0;
	ck_assert_int_eq(pthread_create(&watch.thread, NULL, look, NULL), 0);
}

static void watch_end(void)
{
	watch.stop = true;
	ck_assert_int_eq(pthread_join(watch.thread, NULL), 0);
}

/* --- the bed -------------------------------------------------------------- */

static void setup(void)
{
	/* Holders that are left are ours, and found again. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK,
					     .runtime = true });
	snprintf(chip, sizeof(chip), "%s", rig_path(rig, "chip"));
	snprintf(runtime, sizeof(runtime), "%s", rig_path(rig, "runtime"));
	rig_allowed(rig);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, 'H', 2000);
}

static bool is_held(void)
{
	struct gpio_held line;
	mono_t until;

	return hold_ask(runtime, clock_mono(), &line, &until) == 0;
}

static pid_t holder_of(const char *dir)
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

static void teardown(void)
{
	rig_free(rig);
	ck_assert(!is_held());
}

static void stop(void)
{
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
}

/* "vebus-bms-ngctl update" with a command that ends when it is told so. */
static pid_t updating(void)
{
	char command[1024];
	FILE *script = fopen(rig_path(rig, "update"), "w");
	pid_t pid;

	ck_assert_ptr_nonnull(script);
	fprintf(script, "read -r word <%s; exit 7\n", rig_path(rig, "word"));
	fclose(script);
	ck_assert_int_eq(mkfifo(rig_path(rig, "word"), 0600), 0);
	snprintf(command, sizeof(command), "update -- sh %s",
		 rig_path(rig, "update"));
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(rig_run_ctl(rig, command));
	rig_until(rig, "Updating", "yes", 5000);
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	return pid;
}

static void updated(pid_t pid)
{
	char command[256];
	int status;

	snprintf(command, sizeof(command), "echo end >%s",
		 rig_path(rig, "word"));
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	ck_assert_str_eq(rig_get(rig, "Updating"), "no");
	unlink(rig_path(rig, "word"));
}

/* --- the tests ------------------------------------------------------------ */

/* H1, H2 */
START_TEST(a_restart_within_an_update_drops_no_loads)
{
	pid_t pid = updating();

	watch_begin();
	stop();
	ck_assert(is_held());
	ck_assert_int_eq(rig_line(rig, LINE_CHARGE_DISCONNECT), '.');
	rig_start_daemon(rig);
	ck_assert_str_eq(rig_get(rig, "Updating"), "yes");
	ck_assert(rig_log_has(rig, "lines taken, load-disconnect is driven"));
	rig_until_log(rig, "decided anew after the restart: it stays driven",
		      20000);
	ck_assert_str_eq(rig_get(rig, "battery/2.Online"), "yes");
	ck_assert_str_eq(rig_get(rig, "LoadDisconnect"), "high");
	rig_stays(rig, "ChargeDisconnect", "floating", 3000);
	ck_assert(!is_held());
	/* And once more, from a line that was taken over. */
	stop();
	rig_start_daemon(rig);
	rig_until(rig, "battery/2.Online", "yes", 20000);
	ck_assert_int_eq(watch.charged, 0);
	updated(pid);
	rig_until(rig, "ChargeDisconnect", "high", 10000);
	watch_end();
	ck_assert_int_eq(watch.dropped, 0);
}
END_TEST

/* H1, H2: as "systemctl restart" returns before a battery can answer */
START_TEST(a_command_that_ends_before_the_batteries_answer_drops_no_loads)
{
	pid_t pid = updating();

	watch_begin();
	stop();
	rig_sim(rig, "silence 1 on");
	rig_sim(rig, "silence 2 on");
	rig_start_daemon(rig);
	updated(pid);
	rig_stays(rig, "LoadDisconnect", "high", 17000);
	/* Whoever restarts it now has left the update. */
	ck_assert_str_eq(rig_get(rig, "inverter.Mode"), "on");
	rig_sim(rig, "silence 1 off");
	rig_sim(rig, "silence 2 off");
	rig_until(rig, "ChargeDisconnect", "high", 20000);
	watch_end();
	ck_assert_int_eq(watch.dropped, 0);
}
END_TEST

/* H1, H2: what is left of the first 120 s, and the same holder */
START_TEST(a_restart_before_the_batteries_answer_goes_on_with_the_holder)
{
	pid_t pid = updating();
	struct gpio_held line;
	mono_t first, second;

	watch_begin();
	stop();
	ck_assert_int_eq(hold_ask(runtime, clock_mono(), &line, &first), 0);
	rig_sim(rig, "silence 1 on");
	rig_start_daemon(rig);
	rig_stays(rig, "LoadDisconnect", "high", 3000);
	stop();
	ck_assert_int_eq(hold_ask(runtime, clock_mono(), &line, &second), 0);
	ck_assert_uint_eq(second.us, first.us);
	rig_start_daemon(rig);
	rig_sim(rig, "silence 1 off");
	rig_until(rig, "battery/1.Online", "yes", 20000);
	updated(pid);
	rig_until(rig, "ChargeDisconnect", "high", 20000);
	watch_end();
	ck_assert_int_eq(watch.dropped, 0);
}
END_TEST

/* H1: whoever is heard counts at once */
START_TEST(a_battery_that_is_bad_after_the_restart_floats_at_once)
{
	pid_t pid = updating();

	stop();
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	rig_sim(rig, "silence 2 on");
	rig_sim(rig, "cell 1 4 force 2490");
	rig_start_daemon(rig);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 5000);
	rig_until_log(rig, "decided anew after the restart: it floats", 2000);
	rig_sim(rig, "cell 1 4 auto");
	rig_stays(rig, "LoadDisconnect", "floating", 3000);
	updated(pid);
	ck_assert(!is_held());
}
END_TEST

/* H1: without an update nothing is held */
START_TEST(a_stop_without_an_update_floats_all)
{
	stop();
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '.');
	ck_assert_int_eq(rig_line(rig, LINE_CHARGE_DISCONNECT), '.');
	ck_assert(!is_held());
	rig_start_daemon(rig);
	ck_assert_str_eq(rig_get(rig, "Updating"), "no");
	rig_until(rig, "LoadDisconnect", "high", 20000);
}
END_TEST

/* H1: a crash holds nothing; that an update is under way is known all the
 * same */
START_TEST(a_kill_within_an_update_floats_the_line_and_keeps_the_window)
{
	pid_t pid = updating();

	ck_assert_int_eq(WTERMSIG(rig_end_daemon(rig, SIGKILL)), SIGKILL);
	ck_assert(!is_held());
	rig_start_daemon(rig);
	ck_assert_str_eq(rig_get(rig, "Updating"), "yes");
	rig_until(rig, "LoadDisconnect", "high", 20000);
	rig_stays(rig, "ChargeDisconnect", "floating", 3000);
	updated(pid);
	rig_until(rig, "ChargeDisconnect", "high", 20000);
}
END_TEST

/* I2: what the service runs after each end */
START_TEST(float_outputs_leaves_the_held_line_alone)
{
	char words[300];
	pid_t pid = updating();

	snprintf(words, sizeof(words), "--float-outputs -c %s",
		 rig_path(rig, "conf"));
	stop();
	ck_assert_int_eq(rig_run_daemon(rig, words), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "is held over"));
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	rig_start_daemon(rig);
	rig_until(rig, "battery/2.Online", "yes", 20000);
	rig_until_log(rig, "decided anew", 5000);
	updated(pid);
	stop();
	ck_assert_int_eq(rig_run_daemon(rig, words), 0);
	ck_assert_ptr_null(strstr(rig_printed(rig), "is held over"));
	rig_start_daemon(rig);
}
END_TEST

/* H1: it is not the line of load-disconnect any more */
START_TEST(a_line_that_is_named_no_more_floats)
{
	char text[4096];
	char *key;
	pid_t pid = updating();

	stop();
	snprintf(text, sizeof(text), "%s", rig_settings(rig));
	key = strstr(text, "load-disconnect = 17");
	ck_assert_ptr_nonnull(key);
	memcpy(key, "load-disconnect = 18", 20);
	rig_write_settings(rig, text);
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	rig_start_daemon(rig);
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '.');
	ck_assert(!is_held());
	updated(pid);
}
END_TEST

/*
 * The line left driven by a holder whose deadline is soon: in the place of
 * one that has 120 s.
 */
static mono_t leave_to_holder(uint32_t ms)
{
	struct gpio_held line = { .offset = ATD, .abi = GPIO_ABI_VIRTUAL };
	mono_t until;

	stop();
	rig_sim(rig, "silence 1 on");
	rig_sim(rig, "silence 2 on");
	snprintf(line.chip, sizeof(line.chip), "virtual:%s", chip);
	line.fd = open(chip, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(pwrite(line.fd, "H", 1, ATD), 1);
	until = mono_add_ms(clock_mono(), ms);
	ck_assert_int_eq(hold_begin(runtime, &line, until), 0);
	close(line.fd);
	return until;
}

static void is_driven_until(mono_t until)
{
	while (mono_before(clock_mono(), until)) {
		char level = rig_line(rig, LINE_LOAD_DISCONNECT);

		ck_assert(level == 'H' || !mono_before(clock_mono(), until));
		(void)poll(NULL, 0, 5);
	}
}

static void batteries_answer(void)
{
	rig_sim(rig, "silence 1 off");
	rig_sim(rig, "silence 2 off");
}

/* H1: nobody answers the new program */
START_TEST(batteries_that_do_not_answer_in_time_float_it)
{
	mono_t until = leave_to_holder(15000);

	rig_start_daemon(rig);
	is_driven_until(until);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_until_log(rig, "decided anew after the restart: it floats", 2000);
	ck_assert(!rig_log_has(rig, "E-B11"));
	batteries_answer();
	rig_until(rig, "LoadDisconnect", "high", 30000);
}
END_TEST

/* H1: it hangs with the line in its hands */
START_TEST(a_program_that_hangs_floats_at_the_deadline)
{
	mono_t until = leave_to_holder(15000);

	rig_start_daemon(rig);
	rig_until_log(rig, "is taken over driven", 5000);
	rig_signal_daemon(rig, SIGSTOP);
	is_driven_until(until);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', HOLD_GRACE_MS + 3000);
	rig_signal_daemon(rig, SIGCONT);
	batteries_answer();
	rig_until(rig, "LoadDisconnect", "high", 30000);
}
END_TEST

/* H1: it dies with the line in its hands, again and again */
START_TEST(a_program_that_dies_floats_at_the_deadline)
{
	mono_t until = leave_to_holder(15000);

	for (int i = 0; i < 2; i++) {
		rig_start_daemon(rig);
		rig_end_daemon(rig, SIGKILL);
		ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	}
	is_driven_until(until);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	batteries_answer();
	rig_start_daemon(rig);
}
END_TEST

/* H1: its holder is killed, and then it is stopped within the update: a kernel
 * that keeps outputs driven would for ever */
START_TEST(a_line_is_not_left_to_a_holder_that_is_gone)
{
	pid_t pid = updating();
	pid_t holder;

	stop();
	holder = holder_of(runtime);
	rig_sim(rig, "silence 1 on");
	rig_start_daemon(rig);
	rig_until_log(rig, "is taken over driven", 5000);
	ck_assert_int_eq(kill(holder, SIGKILL), 0);
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
	rig_stays(rig, "LoadDisconnect", "high", 2000);
	stop();
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '.');
	rig_sim(rig, "silence 1 off");
	rig_start_daemon(rig);
	updated(pid);
}
END_TEST

/* H1: it never gets as far as that */
START_TEST(a_program_that_ends_at_once_floats_at_the_deadline)
{
	char words[300];
	mono_t until = leave_to_holder(5000);

	rig_write_settings(rig, "batteries = many\n");
	snprintf(words, sizeof(words), "-c %s", rig_path(rig, "conf"));
	ck_assert_int_eq(rig_run_daemon(rig, words), 1);
	is_driven_until(until);
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_write_settings(rig, rig_settings(rig));
	batteries_answer();
	rig_start_daemon(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: restart");
	TCase *tc = tcase_create("restart");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_restart_within_an_update_drops_no_loads);
	tcase_add_test(tc,
	     a_command_that_ends_before_the_batteries_answer_drops_no_loads);
	tcase_add_test(tc,
	     a_restart_before_the_batteries_answer_goes_on_with_the_holder);
	tcase_add_test(tc,
		       a_battery_that_is_bad_after_the_restart_floats_at_once);
	tcase_add_test(tc, a_stop_without_an_update_floats_all);
	tcase_add_test(tc,
		a_kill_within_an_update_floats_the_line_and_keeps_the_window);
	tcase_add_test(tc, float_outputs_leaves_the_held_line_alone);
	tcase_add_test(tc, a_line_that_is_named_no_more_floats);
	tcase_add_test(tc, batteries_that_do_not_answer_in_time_float_it);
	tcase_add_test(tc, a_program_that_hangs_floats_at_the_deadline);
	tcase_add_test(tc, a_program_that_dies_floats_at_the_deadline);
	tcase_add_test(tc, a_line_is_not_left_to_a_holder_that_is_gone);
	tcase_add_test(tc, a_program_that_ends_at_once_floats_at_the_deadline);
	tcase_set_timeout(tc, 180);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
