/* SPDX-License-Identifier: MIT */
/*
 * I1, I3: what can be wrong when the daemon starts. Where it ends, no line
 * has been high for one moment, or moved where they are another instance's;
 * where it goes on without, it has the lines all the same, and what was
 * missing is taken when it comes.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"
#include "tests/vm/chip.h"
#include "tests/vm/row.h"

#define CHIP_NAME "/sys/kernel/config/gpio-sim/bms/bank0/chip_name"

enum { END_MS = 5000, LOOKED_MS = 3000 };

static struct rig *rig;

static void prepare(void)
{
	chip_make();
	rig = rig_new(&(struct rig_options){ .chip = CHIP_LABEL,
		.settings = RIG_QUICK, .no_daemon = true });
}

/* A further daemon; it ends with status 1 and the outputs were as given
 * whenever somebody looked. */
static void ends(const char *fault, const char *conf, const char *state,
		 const char *outputs)
{
	char prog[1024];
	char paths[2][256];
	char *argv[] = { (char *)rig_program("vebus-bms-ngd", prog),
			 "--session-bus", "-c", paths[0], "--state-dir",
			 paths[1], NULL };
	uint64_t at = rig_now_us();
	int status = 0;
	pid_t pid;

	snprintf(paths[0], sizeof(paths[0]), "%s", rig_path(rig, conf));
	snprintf(paths[1], sizeof(paths[1]), "%s", rig_path(rig, state));
	rig_bus_address(rig);
	pid = rig_start(rig, "daemon.log", argv);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_str_eq(chip_outputs(), outputs);
		ck_assert_uint_lt(rig_now_us() - at, END_MS * 1000);
		poll(NULL, 0, CHIP_LOOK_MS);
	}
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	row(fault, "ends, no line has moved", rig_now_us() - at, END_MS);
	chip_stays(rig, outputs, 100);
}

START_TEST(without_a_good_configuration_it_ends)
{
	prepare();
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	rig_write_settings(rig, "[general]\nbatteries = many\n");
	ends("bad configuration at restart", "conf", "state", "...");
	ends("no configuration", "absent", "state", "...");
	rig_write_settings(rig, rig_settings(rig));
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
	rig_free(rig);
}
END_TEST

START_TEST(beside_another_instance_it_ends)
{
	prepare();
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
	ends("another instance", "conf", "state", "HH.");
	ends("another instance, other folder", "conf", "state2", "HH.");
	rig_free(rig);
}
END_TEST

/* I3: nothing is kept, that is all. */
START_TEST(without_a_state_folder_it_goes_on)
{
	uint64_t at;

	prepare();
	ck_assert_int_eq(rmdir(rig_path(rig, "state")), 0);
	fclose(fopen(rig_path(rig, "state"), "w"));
	at = rig_now_us();
	rig_launch_daemon(rig);
	row("state folder is a file", "lines high",
	    chip_until(rig, "HH.", 30000) - at, 20000);
	rig_await_daemon(rig);
	rig_until_log(rig, "nothing is kept over a restart", 1000);
	rig_free(rig);
}
END_TEST

#define OTHER "/sys/kernel/config/gpio-sim/other"

/* B14, I3: as when a driver comes late after boot, and somebody else's chip,
 * an expander on USB, has its number by then. */
START_TEST(a_chip_that_comes_late_is_taken)
{
	uint64_t at;

	prepare();
	chip_live(false);
	ck_assert_int_eq(system("mkdir -p " OTHER "/bank0 && "
				"echo 28 >" OTHER "/bank0/num_lines && "
				"echo 1 >" OTHER "/live"), 0);
	at = rig_now_us();
	rig_start_daemon(rig);
	row("no chip at start", "E-B11",
	    rig_until_has(rig, "Errors", "E-B11", 10000) - at, 5000);
	rig_until(rig, "battery/2.Online", "yes", 10000);
	rig_stays(rig, "AllowedToDischarge", "no", LOOKED_MS);
	chip_live(true);
	at = rig_now_us();
	row("chip there, another number", "lines high",
	    chip_until(rig, "HH.", 30000) - at, 15000);
	rig_until_has_not(rig, "Errors", "E-B11", 15000);
	ck_assert_int_ne(system("grep -q gpiochip0 " CHIP_NAME), 0);
	rig_free(rig);
	ck_assert_int_eq(system("echo 0 >" OTHER "/live && "
				"rmdir " OTHER "/bank0 " OTHER), 0);
}
END_TEST

/* The lines do not wait for it; mute: it is there and says nothing. */
static void without_a_bus(bool mute)
{
	uint64_t at;

	prepare();
	if (mute) {
		ck_assert_int_eq(kill(rig->bus_pid, SIGSTOP), 0);
	} else {
		rig_end(rig->bus_pid, SIGKILL);
		unlink(rig_path(rig, "bus"));
	}
	at = rig_now_us();
	rig_launch_daemon(rig);
	row(mute ? "D-Bus mute at start" : "no D-Bus at start", "lines high",
	    chip_until(rig, "HH.", 30000) - at, 20000);
	chip_stays(rig, "HH.", LOOKED_MS);
	at = rig_now_us();
	if (mute) {
		ck_assert_int_eq(kill(rig->bus_pid, SIGCONT), 0);
	} else {
		rig->bus = sd_bus_close_unref(rig->bus);
		rig_bus_address(rig);
		rig_start_bus(rig);
		rig_connect_bus(rig);
	}
	rig_until(rig, "AllowedToCharge", "yes", 30000);
	row("D-Bus there", "name taken", rig_now_us() - at, 15000);
	chip_stays(rig, "HH.", 500);
	rig_free(rig);
}

START_TEST(without_d_bus_it_goes_on)
{
	without_a_bus(false);
}
END_TEST

START_TEST(with_a_d_bus_that_says_nothing_it_goes_on)
{
	without_a_bus(true);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("start");
	TCase *tc = tcase_create("start");

	row_head();
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, without_a_good_configuration_it_ends);
	tcase_add_test(tc, beside_another_instance_it_ends);
	tcase_add_test(tc, without_a_state_folder_it_goes_on);
	tcase_add_test(tc, a_chip_that_comes_late_is_taken);
	tcase_add_test(tc, without_d_bus_it_goes_on);
	tcase_add_test(tc, with_a_d_bus_that_says_nothing_it_goes_on);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
