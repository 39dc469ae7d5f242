/* SPDX-License-Identifier: MIT */
/* I1, I3, I4, I6, A5: starting, reloading, being replayed, being ended. */
#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

#define LEDS "led-error = 6\nled-vebus = 13\nheartbeat = 26\n"
static struct rig *rig;
static char words[512];

static const char *with(const char *format)
{
	char path[256];

	snprintf(path, sizeof(path), "%s", rig_path(rig, "conf"));
	snprintf(words, sizeof(words), format, path);
	return words;
}

/* I1 */
START_TEST(a_wrong_configuration_says_where_and_touches_nothing)
{
	rig = rig_new(&(struct rig_options){ .no_daemon = true });
	rig_write_settings(rig, "[general]\nbatteries = 2\n"
			   "[protection]\ncell-low = 2.30\ncel-high = 3\n");
	ck_assert_int_eq(rig_run_daemon(rig, with("-c %s --session-bus")), 1);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "conf:4:"));
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "cell-low"));
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "2.60"));
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "conf:5:"));
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '?');
	ck_assert_int_eq(rig_run_daemon(rig, with("-c %s --check-config")), 1);
	ck_assert_int_eq(rig_run_daemon(rig, "-c /nonexistent"), 1);
	rig_write_settings(rig, rig_settings(rig));
	ck_assert_int_eq(rig_run_daemon(rig, with("-c %s --check-config")), 0);
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '?');
	rig_free(rig);
}
END_TEST

/* I1 */
START_TEST(a_broken_file_on_reload_keeps_the_old_settings)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_write_settings(rig, "[general]\nbatteries = x\n");
	rig_signal_daemon(rig, SIGHUP);
	rig_until_log(rig, "conf:2:", 3000);
	rig_stays(rig, "LoadDisconnect", "high", 3000);
	/* And a good one takes effect without dropping the lines. */
	char text[8192];

	snprintf(text, sizeof(text), "%s", rig_settings(rig));
	strcat(text, "cell-high = 3.55\ncell-high-clear = 3.45\n");
	rig_write_settings(rig, text);
	rig_signal_daemon(rig, SIGHUP);
	rig_sim(rig, "cell 1 1 force 3440");
	rig_stays(rig, "ChargeDisconnect", "high", 2000);
	rig_sim(rig, "cell 1 1 force 3560");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 3000);
	rig_free(rig);
}
END_TEST

START_TEST(a_second_instance_is_refused)
{
	char state[128];

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	snprintf(state, sizeof(state), "%s", rig_path(rig, "state"));
	snprintf(words, sizeof(words), "--session-bus --state-dir %s -c ",
		 state);
	strcat(words, rig_path(rig, "conf"));
	ck_assert_int_eq(rig_run_daemon(rig, words), 1);
	/* With a state folder of its own it is the name that is taken. */
	snprintf(words, sizeof(words), "--session-bus --state-dir %s2 -c ",
		 state);
	strcat(words, rig_path(rig, "conf"));
	ck_assert_int_eq(rig_run_daemon(rig, words), 1);
	rig_stays(rig, "LoadDisconnect", "high", 2000);
	rig_free(rig);
}
END_TEST

/* I3: a tty that is missing at start */
START_TEST(a_missing_tty_is_named_and_taken_when_it_appears)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK,
					     .no_daemon = true });
	rig_sim(rig, "unplug 1");
	rig_start_daemon(rig);
	rig_until_log(rig, "rack", 3000);
	rig_stays(rig, "LoadDisconnect", "floating", 3000);
	ck_assert_str_eq(rig_get(rig, "bus/rack.Connected"), "no");
	rig_sim(rig, "plug 1");
	rig_allowed(rig);
	rig_free(rig);
}
END_TEST

/* I3 */
START_TEST(after_kill_9_the_next_start_begins_afresh)
{
	int status;

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	status = rig_end_daemon(rig, SIGKILL);
	ck_assert(WIFSIGNALED(status));
	rig_start_daemon(rig);
	rig_allowed(rig);
	rig_free(rig);
}
END_TEST

/* I2, I3: after a crash, and whatever became of the configuration. A file of
 * virtual lines keeps them as they were. */
START_TEST(the_lines_that_were_taken_are_made_to_float)
{
	char text[8192];

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK,
					     .no_daemon = true });
	ck_assert_int_eq(setenv("RUNTIME_DIRECTORY", rig_path(rig, "state"),
				1), 0);
	for (int broken = 0; broken < 2; broken++) {
		rig_write_settings(rig, rig_settings(rig));
		rig_start_daemon(rig);
		rig_allowed(rig);
		rig_end_daemon(rig, SIGKILL);
		snprintf(text, sizeof(text), "%s%s", rig_settings(rig),
			 broken ? "[gpio]\n" : "");
		memcpy(strstr(text, "disconnect = 17"), "disconnect = 16",
		       strlen("disconnect = 16"));
		rig_write_settings(rig, text);
		ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
		ck_assert_int_eq(rig_run_daemon(rig,
			with("-c %s --float-outputs")), broken);
		ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '.');
		ck_assert_int_eq(rig_line(rig, LINE_CHARGE_DISCONNECT), '.');
	}
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "conf:"));
	unsetenv("RUNTIME_DIRECTORY");
	rig_free(rig);
}
END_TEST

/* A5 */
START_TEST(a_swapped_battery_is_noticed_even_over_a_restart)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_until_has(rig, "battery/2.Serial", "0", 5000);
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	rig_sim(rig, "serial 2 55555555555");
	rig_start_daemon(rig);
	rig_until(rig, "battery/2.Serial", "55555555555", 10000);
	rig_until_has(rig, "Warnings", "W-X02", 3000);
	rig_free(rig);
}
END_TEST

/* The word, not a part of a longer one: any six digits come up in the
 * microseconds of a capture. */
static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || !isalnum((unsigned char)at[-1])) &&
		    !isalnum((unsigned char)at[len]))
			return true;
	return false;
}

/* I4, secrets: the simulated packs' pass codes appear nowhere */
static void no_secret_in(const char *name)
{
	static char text[8 << 20];
	static const char *const codes[] = { "987654", "123456" };
	static const char *const hex[] = { "393837363534", "313233343536" };
	FILE *f = fopen(rig_path(rig, name), "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		ck_assert_msg(!has_word(text, codes[i]) &&
			      !strstr(text, hex[i]), "%s holds %s", name,
			      codes[i]);
}

/* The decision objects of a text, a line each; returns how many. */
static size_t decisions(const char *text, char *out, size_t size)
{
	size_t n = 0;
	size_t len = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t rest = strcspn(line, "\n");
		const char *from = memmem(line, rest, "{\"t\":", 5);

		if (from && memmem(line, rest, "\"decision\":{", 12)) {
			rest -= (size_t)(from - line);
			ck_assert_uint_lt(len + rest + 2, size);
			memcpy(out + len, from, rest);
			len += rest;
			out[len++] = '\n';
			n++;
			line = from;
		}
		if (!line[strcspn(line, "\n")])
			break;
	}
	out[len] = '\0';
	return n;
}

static char *read_all(const char *name)
{
	FILE *f = fopen(rig_path(rig, name), "r");
	char *text = calloc(1, 16 << 20);

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_gt(fread(text, 1, (16 << 20) - 1, f), 0);
	fclose(f);
	return text;
}

/* What a replay prints, kept under a name. */
static void replay_to(const char *name)
{
	char command[1024];
	const char *dir = getenv("BMS_BUILDDIR");
	size_t n;

	n = (size_t)snprintf(command, sizeof(command),
			     "%s/vebus-bms-ngd --replay ", dir ? dir : ".");
	n += (size_t)snprintf(command + n, sizeof(command) - n, "%s -c ",
			      rig_path(rig, "capture"));
	n += (size_t)snprintf(command + n, sizeof(command) - n, "%s > ",
			      rig_path(rig, "conf"));
	snprintf(command + n, sizeof(command) - n, "%s",
		 rig_path(rig, name));
	ck_assert_int_eq(system(command), 0);
}

/* I6 */
START_TEST(a_capture_replays_to_the_same_bytes_and_decisions)
{
	static char live[1 << 20];
	static char replayed[1 << 20];
	char *log;
	char *first;
	char *second;
	size_t n;

	rig = rig_new(&(struct rig_options){ .buses = "rack:1-3",
					     .settings = LEDS RIG_QUICK,
					     .capture = true });
	rig_allowed(rig);
	rig_sim(rig, "cell 1 1 force 3760");
	rig_until(rig, "AllowedToCharge", "no", 3000);
	rig_sim(rig, "cell 1 1 auto");
	rig_until(rig, "AllowedToCharge", "yes", 12000);
	rig_sim(rig, "cell 2 1 force 3050");
	rig_until(rig, "AllowedToDischarge", "pre-alarm", 3000);
	rig_sim(rig, "cell 2 1 force 2450");
	rig_until(rig, "AllowedToDischarge", "no", 3000);
	rig_sim(rig, "silence 3 on");
	rig_sim(rig, "garbage 1 on 300");
	rig_until(rig, "AllowedToCharge", "no", 25000);
	rig_sim(rig, "garbage 1 off");
	rig_sim(rig, "unplug 1");
	rig_until(rig, "bus/rack.Connected", "no", 5000);
	rig_sim(rig, "plug 1");
	rig_until(rig, "battery/1.Online", "yes", 20000);
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);

	replay_to("first");
	replay_to("second");
	first = read_all("first");
	second = read_all("second");
	ck_assert_str_eq(first, second);
	log = read_all("daemon.log");
	n = decisions(log, live, sizeof(live));
	ck_assert_uint_ge(n, 6);
	decisions(first, replayed, sizeof(replayed));
	ck_assert_str_eq(live, replayed);
	no_secret_in("capture");
	no_secret_in("daemon.log");
	no_secret_in("first");
	free(log);
	free(first);
	free(second);
	rig_free(rig);
}
END_TEST

/* The ctl tool as a person uses it. */
START_TEST(the_ctl_tool_shows_and_says)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	ck_assert_int_eq(rig_run_ctl(rig, "status"), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "virtual"));
	ck_assert_int_eq(rig_run_ctl(rig, "batteries"), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "rack"));
	ck_assert_int_eq(rig_run_ctl(rig, "inverter"), 0);
	ck_assert_int_eq(rig_run_ctl(rig, "--json status"), 0);
	ck_assert_int_eq(rig_printed(rig)[0], '{');
	ck_assert_int_eq(rig_run_ctl(rig, "decode mk3 02FF56A9"), 0);
	ck_assert_int_eq(rig_run_ctl(rig, "decode mk3 02FF56AA"), 1);
	ck_assert_int_eq(rig_run_ctl(rig, "no-such-word"), 2);
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	ck_assert_int_eq(rig_run_ctl(rig, "status"), 1);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: life");
	TCase *tc = tcase_create("life");

	tcase_set_timeout(tc, 150);
	tcase_add_test(tc,
		       a_wrong_configuration_says_where_and_touches_nothing);
	tcase_add_test(tc, a_broken_file_on_reload_keeps_the_old_settings);
	tcase_add_test(tc, a_second_instance_is_refused);
	tcase_add_test(tc, a_missing_tty_is_named_and_taken_when_it_appears);
	tcase_add_test(tc, after_kill_9_the_next_start_begins_afresh);
	tcase_add_test(tc, the_lines_that_were_taken_are_made_to_float);
	tcase_add_test(tc,
		       a_swapped_battery_is_noticed_even_over_a_restart);
	tcase_add_test(tc,
		       a_capture_replays_to_the_same_bytes_and_decisions);
	tcase_add_test(tc, the_ctl_tool_shows_and_says);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
