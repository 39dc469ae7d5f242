/* SPDX-License-Identifier: MIT */
/*
 * I2, I3: a kernel that keeps outputs driven after their owner has died, as
 * those of Raspberry Pis can (gpio_persists()): what stays high, what is
 * said about it, and that everything else makes the lines float. tests/vm
 * has given its simulated chip that setting.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"
#include "tests/vm/chip.h"
#include "tests/vm/row.h"

#define PARAMETER "/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs"
enum { LOOKED_MS = 3000 };

static struct rig *rig;

static void persist(bool yes)
{
	int fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, PARAMETER " is not in this kernel");
	ck_assert_int_eq(write(fd, yes ? "Y" : "N", 1), 1);
	close(fd);
}

/* The folder that systemd would have made. */
static void start(void)
{
	persist(true);
	chip_make();
	rig = rig_new(&(struct rig_options){ .chip = CHIP_LABEL,
		.settings = RIG_QUICK, .no_daemon = true });
	ck_assert_int_eq(setenv("RUNTIME_DIRECTORY", rig_path(rig, "state"),
				1), 0);
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
}

/* As they are while this kernel is asked nothing else. */
static void crash(void)
{
	rig_end_daemon(rig, SIGKILL);
	ck_assert_str_eq(chip_outputs(), "hh.");
}

static void start_again(void)
{
	uint64_t at = rig_now_us();

	rig_launch_daemon(rig);
	chip_until(rig, "HH.", 30000);
	row("and started again", "lines high", rig_now_us() - at, 20000);
	rig_await_daemon(rig);
}

static void stop(void)
{
	rig_free(rig);
	ck_assert_str_eq(chip_outputs(), "...");
	persist(false);
}

/* The status of --float-outputs, and its row. */
static int float_outputs(const char *fault)
{
	uint64_t at = rig_now_us();
	char words[300];
	int status;

	snprintf(words, sizeof(words), "--float-outputs -c %s",
		 rig_path(rig, "conf"));
	status = rig_run_daemon(rig, words);
	chip_until(rig, "...", 1000);
	row(fault, "--float-outputs floats", rig_now_us() - at, 3000);
	return status;
}

START_TEST(a_crash_leaves_them_high_and_the_start_says_so)
{
	uint64_t at;

	start();
	rig_until_has(rig, "Warnings", "W-X03", 5000);
	ck_assert(rig_log_has(rig, PARAMETER " is set"));
	ck_assert(rig_log_has(rig, "strict_gpiod"));
	crash();
	chip_stays(rig, "hh.", LOOKED_MS);
	row_stays("SIGKILL, the kernel persists", "lines stay high",
		  LOOKED_MS);
	at = rig_now_us();
	rig_launch_daemon(rig);
	row("and started again", "lines float",
	    chip_until(rig, "...", 10000) - at, 3000);
	row("and then", "lines high", chip_until(rig, "HH.", 30000) - at,
	    20000);
	rig_await_daemon(rig);
	stop();
}
END_TEST

START_TEST(an_orderly_end_floats_them)
{
	uint64_t at;

	start();
	at = rig_now_us();
	rig_signal_daemon(rig, SIGTERM);
	row("SIGTERM, the kernel persists", "lines float",
	    chip_until(rig, "...", 5000) - at, 1000);
	ck_assert_int_eq(rig_reap(rig->daemon_pid, 5000), 0);
	rig->daemon_pid = 0;
	start_again();
	stop();
}
END_TEST

START_TEST(floating_is_left_to_a_program_of_its_own)
{
	start();
	crash();
	ck_assert_int_eq(float_outputs("SIGKILL, the kernel persists"), 0);
	start_again();
	stop();
}
END_TEST

START_TEST(a_broken_configuration_keeps_none_of_them_high)
{
	start();
	crash();
	rig_write_settings(rig, "[general]\nbatteries = many\n");
	ck_assert_int_ne(float_outputs("the same, bad configuration"), 0);
	rig_write_settings(rig, rig_settings(rig));
	start_again();
	stop();
}
END_TEST

/* Changed while it ran: what was taken counts. */
START_TEST(other_lines_in_the_file_keep_none_of_them_high)
{
	char text[4096];

	start();
	snprintf(text, sizeof(text), "%s", rig_settings(rig));
	memcpy(strstr(text, "charge-disconnect = 27"),
	       "charge-disconnect = 16", strlen("charge-disconnect = 16"));
	rig_write_settings(rig, text);
	crash();
	ck_assert_int_eq(float_outputs("the same, other lines in file"), 0);
	rig_write_settings(rig, rig_settings(rig));
	start_again();
	stop();
}
END_TEST

/* It cannot be had, and nothing is allowed; the others are not left high
 * for that. */
START_TEST(a_line_that_is_held_keeps_no_other_one_high)
{
	uint64_t at;
	int fd;

	start();
	crash();
	fd = chip_hold(LINE_LOAD_DISCONNECT, "somebody");
	ck_assert_str_eq(chip_outputs(), ".h.");
	at = rig_now_us();
	rig_launch_daemon(rig);
	row("the same, one line held", "the other one floats",
	    chip_until(rig, "...", 10000) - at, 3000);
	rig_await_daemon(rig);
	chip_stays(rig, "...", LOOKED_MS);
	close(fd);
	at = rig_now_us();
	row("line free", "lines high", chip_until(rig, "HH.", 30000) - at,
	    15000);
	stop();
}
END_TEST

START_TEST(other_lines_after_a_reload_let_go_of_the_old_ones)
{
	char text[4096];
	uint64_t at;

	start();
	snprintf(text, sizeof(text), "%s", rig_settings(rig));
	memcpy(strstr(text, "load-disconnect = 17"), "load-disconnect = 16",
	       strlen("load-disconnect = 16"));
	rig_write_settings(rig, text);
	at = rig_now_us();
	rig_signal_daemon(rig, SIGHUP);
	row("reload with another line", "the old one floats",
	    chip_until(rig, ".H*", 10000) - at, 3000);
	chip_stays(rig, ".H.", 1000);
	stop();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("persist");
	TCase *tc = tcase_create("persist");

	/* A machine's own kernel is not for tests to set. */
	if (getenv("BMS_VM_HOST")) {
		puts("It takes a kernel of our own (kernel-persist.patch).");
		return 77;
	}
	row_head();
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, a_crash_leaves_them_high_and_the_start_says_so);
	tcase_add_test(tc, an_orderly_end_floats_them);
	tcase_add_test(tc, floating_is_left_to_a_program_of_its_own);
	tcase_add_test(tc, a_broken_configuration_keeps_none_of_them_high);
	tcase_add_test(tc, other_lines_in_the_file_keep_none_of_them_high);
	tcase_add_test(tc, a_line_that_is_held_keeps_no_other_one_high);
	tcase_add_test(tc, other_lines_after_a_reload_let_go_of_the_old_ones);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
