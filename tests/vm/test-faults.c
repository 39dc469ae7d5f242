/* SPDX-License-Identifier: MIT */
/*
 * I3, B8, B14: what breaks, and how long after it the lines of a simulated
 * chip float; a table of figures and their bounds. Without systemd: nobody
 * restarts the daemon and no watchdog looks after it.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"
#include "tests/vm/chip.h"
#include "tests/vm/row.h"

enum { YEAR_S = 366 * 86400 };

static struct rig *rig;

static void start_with(const struct rig_options *options)
{
	struct rig_options o = *options;

	chip_make();
	o.chip = CHIP_LABEL;
	o.settings = RIG_QUICK;
	rig = rig_new(&o);
	if (!o.no_daemon)
		chip_until(rig, "HH.", 30000);
}

static void start(void)
{
	start_with(&(struct rig_options){ 0 });
}

static const struct {
	const char *name;
	int signal;
	uint32_t bound_ms;
} deaths[] = {
	{ "SIGKILL", SIGKILL, 500 },
	{ "SIGABRT", SIGABRT, 500 },
	{ "SIGSEGV", SIGSEGV, 500 },
	{ "SIGTERM", SIGTERM, 1000 },
};

START_TEST(its_death_floats_the_lines)
{
	uint64_t at;
	uint64_t us;

	start();
	at = rig_now_us();
	rig_signal_daemon(rig, deaths[_i].signal);
	us = chip_until(rig, "...", 5000) - at;
	row(deaths[_i].name, "lines float", us, deaths[_i].bound_ms);
	(void)rig_reap(rig->daemon_pid, 5000);
	rig->daemon_pid = 0;
	at = rig_now_us();
	rig_start_daemon(rig);
	row("and started again", "lines high",
	    chip_until(rig, "HH.", 30000) - at, 20000);
	rig_free(rig);
}
END_TEST

START_TEST(an_unplugged_tty_floats_both_in_time)
{
	uint64_t at;

	start();
	rig_sim(rig, "unplug 1");
	at = rig_now_us();
	row("tty unplugged", "lines float",
	    chip_until(rig, "..*", 30000) - at, 16500);
	rig_sim(rig, "plug 1");
	at = rig_now_us();
	row("tty plugged in", "lines high",
	    chip_until(rig, "HH*", 40000) - at, 20000);
	rig_free(rig);
}
END_TEST

START_TEST(a_silent_battery_floats_both_in_time)
{
	uint64_t at;

	start();
	rig_sim(rig, "silence 2 on");
	at = rig_now_us();
	row("battery silent", "lines float",
	    chip_until(rig, "..*", 30000) - at, 16500);
	rig_sim(rig, "silence 2 off");
	at = rig_now_us();
	row("battery back", "lines high",
	    chip_until(rig, "HH*", 40000) - at, 20000);
	rig_free(rig);
}
END_TEST

START_TEST(noise_at_full_speed_never_hides_a_high_cell_for_long)
{
	uint64_t at;

	start();
	rig_sim(rig, "garbage 1 on 11520");
	rig_sim(rig, "cell 2 7 force 3760");
	at = rig_now_us();
	row("bus babbles, then a high cell", "charge line floats",
	    chip_until(rig, "*.*", 30000) - at, 16500);
	rig_sim(rig, "garbage 1 off");
	rig_sim(rig, "cell 2 7 auto");
	at = rig_now_us();
	row("bus quiet again", "lines high",
	    chip_until(rig, "HH*", 40000) - at, 20000);
	rig_free(rig);
}
END_TEST

START_TEST(a_restart_of_the_bus_moves_no_line)
{
	uint64_t at;

	start();
	rig_end(rig->bus_pid, SIGKILL);
	chip_stays(rig, "HH.", 3000);
	rig->bus = sd_bus_close_unref(rig->bus);
	unlink(rig_path(rig, "bus"));
	at = rig_now_us();
	rig_bus_address(rig);
	rig_start_bus(rig);
	chip_stays(rig, "HH.", 3000);
	row_nothing("D-Bus killed and restarted", 6000);
	/* The socket is there before anybody listens. */
	poll(NULL, 0, 100);
	rig_connect_bus(rig);
	row("D-Bus back", "name taken",
	    rig_until(rig, "AllowedToCharge", "yes", 30000) - at, 15000);
	chip_stays(rig, "HH.", 1000);
	rig_free(rig);
}
END_TEST

START_TEST(a_line_that_somebody_holds_is_named_and_taken_when_free)
{
	uint64_t at;
	int fd;

	start_with(&(struct rig_options){ .no_daemon = true });
	fd = chip_hold(LINE_LOAD_DISCONNECT, "somebody");
	rig_start_daemon(rig);
	rig_until_log(rig, "is held by \"somebody\"", 5000);
	rig_until(rig, "battery/2.Online", "yes", 10000);
	rig_until_has(rig, "Errors", "E-B11", 5000);
	chip_stays(rig, "...", 6000);
	row_nothing("line held by somebody at start", 6000);
	close(fd);
	at = rig_now_us();
	row("line free", "lines high", chip_until(rig, "HH.", 30000) - at,
	    15000);
	rig_until_has_not(rig, "Errors", "E-B11", 15000);
	rig_free(rig);
}
END_TEST

START_TEST(a_chip_that_goes_is_an_error_and_is_taken_when_it_is_back)
{
	uint64_t at;

	start();
	at = rig_now_us();
	chip_live(false);
	row("chip removed", "E-B11",
	    rig_until_has(rig, "Errors", "E-B11", 10000) - at, 2500);
	/* Nobody knows how they are. */
	rig_until(rig, "LoadDisconnect", "", 3000);
	rig_until(rig, "ChargeDisconnect", "", 1000);
	rig_stays(rig, "AllowedToDischarge", "no", 3000);
	chip_live(true);
	at = rig_now_us();
	row("chip back", "lines high", chip_until(rig, "HH.", 30000) - at,
	    15000);
	rig_until_has_not(rig, "Errors", "E-B11", 15000);
	rig_free(rig);
}
END_TEST

/* A name of our own for one of the simulator's ttys. */
static void name_tty(const char *name, const char *tty)
{
	char path[256];

	snprintf(path, sizeof(path), "%s", rig_path(rig, name));
	(void)unlink(path);
	ck_assert_int_eq(symlink(rig_path(rig, tty), path), 0);
}

/* A5, I3: adapters are named in the order in which they are found, so each
 * battery may come back where the other one was: that is told, and both are
 * guarded. */
START_TEST(two_ttys_that_change_their_names_are_told_and_guarded)
{
	char text[4096];
	uint64_t at;

	start_with(&(struct rig_options){ .no_daemon = true,
					  .buses = "rack:1 shed:1" });
	snprintf(text, sizeof(text), "%s", rig_settings(rig));
	memcpy(strstr(text, "/rack\n"), "/tty0", strlen("/tty0"));
	memcpy(strstr(text, "/shed\n"), "/tty1", strlen("/tty1"));
	rig_write_settings(rig, text);
	name_tty("tty0", "rack");
	name_tty("tty1", "shed");
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
	rig_until_has(rig, "battery/1.Serial", "0", 10000);
	rig_until_has(rig, "battery/2.Serial", "0", 10000);
	rig_sim(rig, "unplug 1");
	rig_sim(rig, "unplug 2");
	at = rig_now_us();
	row("both ttys unplugged", "lines float",
	    chip_until(rig, "..*", 30000) - at, 16500);
	name_tty("tty0", "shed");
	name_tty("tty1", "rack");
	rig_sim(rig, "plug 1");
	rig_sim(rig, "plug 2");
	at = rig_now_us();
	row("back under each other's names", "lines high",
	    chip_until(rig, "HH*", 40000) - at, 20000);
	rig_until_has(rig, "Warnings", "W-X02", 5000);
	rig_sim(rig, "cell 1 7 force 3760");
	at = rig_now_us();
	row("and then a high cell", "charge line floats",
	    chip_until(rig, "H.*", 10000) - at, 2500);
	rig_until_has(rig, "ChargeReasons", "cell-high:2.7", 1000);
	rig_free(rig);
}
END_TEST

enum { BUSY = 20 };

/* I3: others that want all of the processor, as a chart plotter does. */
START_TEST(a_processor_that_others_want_hides_no_high_cell)
{
	pid_t pid[BUSY];
	uint64_t at;

	start();
	for (int i = 0; i < BUSY; i++) {
		pid[i] = fork();
		ck_assert_int_ge(pid[i], 0);
		if (pid[i] == 0)
			for (;;)
				;
	}
	chip_stays(rig, "HH.", 5000);
	rig_sim(rig, "cell 2 7 force 3760");
	at = rig_now_us();
	row("20 busy processes, a high cell", "charge line floats",
	    chip_until(rig, "H.*", 30000) - at, 16500);
	for (int i = 0; i < BUSY; i++)
		rig_end(pid[i], SIGKILL);
	rig_sim(rig, "cell 2 7 auto");
	at = rig_now_us();
	row("processor free again", "lines high",
	    chip_until(rig, "HH.", 40000) - at, 20000);
	rig_free(rig);
}
END_TEST

static void step_clock(time_t seconds)
{
	struct timespec ts;
	time_t before;

	clock_gettime(CLOCK_REALTIME, &ts);
	before = ts.tv_sec;
	ts.tv_sec += seconds;
	ck_assert_int_eq(clock_settime(CLOCK_REALTIME, &ts), 0);
	/* It has really been set. */
	ck_assert_int_le(labs(time(NULL) - before - seconds), 2);
}

START_TEST(a_year_forth_and_back_moves_no_line)
{
	start();
	step_clock(YEAR_S);
	chip_stays(rig, "HH.", 4000);
	row_nothing("clock a year forth", 4000);
	step_clock(-2 * (time_t)YEAR_S);
	chip_stays(rig, "HH.", 4000);
	row_nothing("clock two years back", 4000);
	ck_assert_str_eq(rig_get(rig, "Errors"), "");
	step_clock(YEAR_S);
	rig_free(rig);
}
END_TEST

/* Values that are older than lost-alarm by the first turn after. */
START_TEST(stopped_past_the_alarm_it_floats_at_its_first_turn)
{
	uint64_t at;

	start();
	rig_signal_daemon(rig, SIGSTOP);
	/* Nobody is there to float them: that is the watchdog's part. */
	chip_stays(rig, "HH.", 20000);
	at = rig_now_us();
	rig_signal_daemon(rig, SIGCONT);
	row("SIGSTOP 20 s, then SIGCONT", "lines float",
	    chip_until(rig, "..*", 5000) - at, 500);
	at = rig_now_us();
	row("and then", "lines high", chip_until(rig, "HH*", 40000) - at,
	    20000);
	rig_free(rig);
}
END_TEST

/* Ten seconds are less than lost-alarm; then it has to hear them again, or
 * floats. */
START_TEST(stopped_for_10_s_it_goes_on_with_what_it_hears)
{
	uint64_t at;

	start();
	rig_signal_daemon(rig, SIGSTOP);
	chip_stays(rig, "HH.", 8000);
	rig_sim(rig, "cell 2 7 force 3760");
	chip_stays(rig, "HH.", 2000);
	at = rig_now_us();
	rig_signal_daemon(rig, SIGCONT);
	row("SIGSTOP 10 s and a high cell", "charge line floats",
	    chip_until(rig, "*.*", 10000) - at, 2500);
	rig_sim(rig, "cell 2 7 auto");
	chip_until(rig, "HH*", 40000);
	rig_free(rig);
}
END_TEST

START_TEST(a_full_and_a_read_only_state_folder_move_no_line)
{
	const char *state;
	char fill[256];

	start_with(&(struct rig_options){ .no_daemon = true });
	state = rig_path(rig, "state");
	ck_assert_int_eq(mount("full", state, "tmpfs", 0, "size=64k"), 0);
	snprintf(fill, sizeof(fill), "cat /dev/zero >%s/fill 2>/dev/null",
		 state);
	ck_assert_int_ne(system(fill), 0);
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
	chip_stays(rig, "HH.", 5000);
	row_nothing("state folder full", 5000);
	state = rig_path(rig, "state");
	ck_assert_int_eq(mount("ro", state, "tmpfs", MS_RDONLY, NULL), 0);
	chip_stays(rig, "HH.", 5000);
	row_nothing("state folder read-only", 5000);
	rig_end_daemon(rig, SIGTERM);
	ck_assert_str_eq(chip_outputs(), "...");
	ck_assert_int_eq(umount(rig_path(rig, "state")), 0);
	ck_assert_int_eq(umount(rig_path(rig, "state")), 0);
	rig_free(rig);
}
END_TEST

/* A file system in a file, as the rig's state folder; it can be frozen: who
 * writes to it then waits where not even SIGKILL ends it, as with a memory
 * card that no longer answers. */
static void run_in(const char *format)
{
	char command[600];
	char state[256];

	snprintf(state, sizeof(state), "%s", rig_path(rig, "state"));
	snprintf(command, sizeof(command), format, state, state);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static void write_mode(const char *mode)
{
	ck_assert_int_ge(sd_bus_set_property(rig->bus, RIG_NAME, RIG_ROOT,
					     RIG_NAME ".Bms1", "Mode", NULL,
					     "s", mode), 0);
}

/* I3: what is saved while the card hangs, and ends only with it. */
START_TEST(a_disk_that_hangs_delays_no_decision)
{
	uint64_t at;

	start_with(&(struct rig_options){ .no_daemon = true });
	run_in("truncate -s 4M %s.disk && mke2fs -q -F %s.disk");
	run_in("mount -o loop %s.disk %s");
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
	run_in("fsfreeze -f %s");
	write_mode("on");
	chip_stays(rig, "HH.", 5000);
	rig_sim(rig, "cell 2 7 force 3760");
	at = rig_now_us();
	row("disk hangs, then a high cell", "charge line floats",
	    chip_until(rig, "H.*", 10000) - at, 2500);
	rig_sim(rig, "cell 2 7 auto");
	chip_until(rig, "HH.", 40000);
	at = rig_now_us();
	rig_signal_daemon(rig, SIGTERM);
	row("disk hangs, SIGTERM", "lines float",
	    chip_until(rig, "...", 5000) - at, 1000);
	ck_assert_int_eq(rig_reap(rig->daemon_pid, 10000), 0);
	rig->daemon_pid = 0;
	run_in("fsfreeze -u %s");
	at = rig_now_us();
	rig_launch_daemon(rig);
	row("disk works again", "lines high",
	    chip_until(rig, "HH.", 30000) - at, 20000);
	rig_await_daemon(rig);
	rig_end_daemon(rig, SIGTERM);
	run_in("umount %s");
	rig_free(rig);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 120);
	suite_add_tcase(suite, tc);
	return tc;
}

static void add_daemon(Suite *suite)
{
	TCase *tc = add_case(suite, "daemon");

	tcase_add_loop_test(tc, its_death_floats_the_lines, 0,
			    ARRAY_SIZE(deaths));
	tcase_add_test(tc,
		       stopped_past_the_alarm_it_floats_at_its_first_turn);
	tcase_add_test(tc, stopped_for_10_s_it_goes_on_with_what_it_hears);
}

static void add_wires(Suite *suite)
{
	TCase *tc = add_case(suite, "wires");

	tcase_add_test(tc, an_unplugged_tty_floats_both_in_time);
	tcase_add_test(tc, a_silent_battery_floats_both_in_time);
	tcase_add_test(tc,
		       noise_at_full_speed_never_hides_a_high_cell_for_long);
	tcase_add_test(tc,
		       two_ttys_that_change_their_names_are_told_and_guarded);
	tcase_add_test(tc,
		a_line_that_somebody_holds_is_named_and_taken_when_free);
	tcase_add_test(tc,
		a_chip_that_goes_is_an_error_and_is_taken_when_it_is_back);
}

static void add_machine(Suite *suite)
{
	TCase *tc = add_case(suite, "machine");

	tcase_add_test(tc, a_restart_of_the_bus_moves_no_line);
	tcase_add_test(tc, a_processor_that_others_want_hides_no_high_cell);
	/* A machine's own clock is not for tests. */
	if (getenv("BMS_VM_HOST"))
		puts("not tested here: a clock that is set");
	else
		tcase_add_test(tc, a_year_forth_and_back_moves_no_line);
	tcase_add_test(tc,
		       a_full_and_a_read_only_state_folder_move_no_line);
	tcase_add_test(tc, a_disk_that_hangs_delays_no_decision);
}

int main(void)
{
	Suite *suite = suite_create("faults");

	row_head();
	add_daemon(suite);
	add_wires(suite);
	add_machine(suite);
	return unit_run(suite);
}
