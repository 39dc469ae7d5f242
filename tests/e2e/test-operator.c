/* SPDX-License-Identifier: MIT */
/*
 * What an operator does with vebus-bms-ngctl, and what of it survives a kill
 * -9: state of charge (E1, E2, E3), settings (F1, I1), history (F3), probe
 * (I6); and a battery's update (H1).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

static void setup(void)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
}

static void teardown(void)
{
	rig_free(rig);
}

/* Runs the tool; its status must be that, and the words among what it
 * printed. */
static void ctl(const char *arguments, int status, const char *printed)
{
	ck_assert_msg(rig_run_ctl(rig, arguments) == status, "%s: %s",
		      arguments, rig_printed(rig));
	ck_assert_msg(strstr(rig_printed(rig), printed), "%s: no \"%s\" in "
		      "\"%s\"", arguments, printed, rig_printed(rig));
}

/* Ends the daemon with no time to tidy up, and starts it again. */
static void kill_and_start(void)
{
	ck_assert_int_eq(WTERMSIG(rig_end_daemon(rig, SIGKILL)), SIGKILL);
	rig_start_daemon(rig);
	rig_allowed(rig);
}

/* Waits for a file of the state folder that holds the text. */
static void until_kept(const char *name, const char *text)
{
	uint64_t deadline = rig_now_us() + UINT64_C(10000000);
	char command[512];

	snprintf(command, sizeof(command), "cat %s/%s.[01] | grep -aq '%s'",
		 rig_path(rig, "state"), name, text);
	while (system(command) != 0) {
		ck_assert_msg(rig_now_us() < deadline, "%s: no \"%s\"", name,
			      text);
		(void)rig_get(rig, "Version");
	}
}

static void until_soc_between(double low, double high)
{
	uint64_t deadline = rig_now_us() + UINT64_C(20000000);
	double soc = rig_get_double(rig, "StateOfCharge");

	while (!(soc > low && soc < high)) {
		ck_assert_msg(rig_now_us() < deadline, "%f", soc);
		soc = rig_get_double(rig, "StateOfCharge");
	}
}

/* E2, E3; a battery may tell who it is only after its first readings. */
START_TEST(a_state_of_charge_that_was_set_survives_a_kill)
{
	ctl("soc 83.5", 0, "");
	rig_until(rig, "StateOfCharge", "83.500", 3000);
	ctl("soc", 0, "83.5 %");
	ck_assert(rig_get_double(rig, "BatteriesStateOfCharge") < 80.0);
	until_kept("memory", "saved");
	kill_and_start();
	until_soc_between(83.0, 84.0);
	ctl("sync", 0, "");
	rig_until(rig, "StateOfCharge", "100.000", 3000);
	rig_until(rig, "ConsumedAmpHours", "0.000", 3000);
	ctl("soc 101", 2, "0 to 100 %");
	ctl("soc full", 2, "0 to 100 %");
}
END_TEST

/* E3, F3: what was kept of a larger bank is longer, and no less worth. */
START_TEST(a_bank_that_has_become_smaller_keeps_its_account)
{
	char text[8192];

	rig_free(rig);
	rig = rig_new(&(struct rig_options){
		.settings = RIG_QUICK, .buses = "rack:1-15 shed:1-15" });
	rig_allowed(rig);
	ctl("soc 83.5", 0, "");
	rig_until(rig, "StateOfCharge", "83.500", 3000);
	until_kept("memory", "battery shed 15");
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	snprintf(text, sizeof(text), "[general]\nbatteries = 1\n[bus rack]\n"
		 "device = %s\n", rig_path(rig, "rack"));
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		 "protocol = jk-pb\naddresses = 1\n[gpio]\n"
		 "chip = virtual:%s\nremote-l =\nremote-h =\n" RIG_QUICK,
		 rig_path(rig, "chip"));
	rig_write_settings(rig, text);
	rig_start_daemon(rig);
	rig_allowed(rig);
	until_soc_between(83.0, 84.0);
	ck_assert(!rig_log_has(rig, "both begin anew"));
}
END_TEST

/* E2: nothing can be set that is not known of every battery. */
START_TEST(a_state_of_charge_is_not_set_while_a_battery_is_silent)
{
	rig_sim(rig, "silence 2 on");
	rig_until(rig, "battery/2.Online", "no", 20000);
	ctl("soc 50", 1, "every battery answers");
	ctl("sync", 1, "every battery answers");
}
END_TEST

/* F1, I1: kept, with its origin, until the file says something else. */
START_TEST(a_changed_setting_survives_until_the_file_is_edited)
{
	char text[8192];

	ctl("settings discharge-floor", 0, "origin: default");
	ctl("settings discharge-floor 7", 0, "");
	ctl("settings", 0, "7 %");
	ctl("settings battery-monitor.discharge-floor", 0,
	    "origin: changed");
	ck_assert_str_eq(rig_get(rig, "settings.DischargeFloor"), "7.000");
	until_kept("settings", "discharge-floor 10 7");
	/* Nothing dropped on the way. */
	ck_assert_str_eq(rig_get(rig, "LoadDisconnect"), "high");
	kill_and_start();
	ctl("settings discharge-floor", 0, "origin: changed");
	snprintf(text, sizeof(text), "%s[battery-monitor]\n"
		 "discharge-floor = 9\n", rig_settings(rig));
	rig_write_settings(rig, text);
	rig_signal_daemon(rig, SIGHUP);
	rig_until_log(rig, "has been edited", 5000);
	ctl("settings discharge-floor", 0, "= 9 %");
	ctl("settings discharge-floor", 0, "origin: file");
}
END_TEST

START_TEST(a_setting_that_is_not_allowed_is_refused_with_the_reason)
{
	ctl("settings discharge-floor 50", 1, "low-soc-warning");
	ctl("settings discharge-floor ten", 1, "allowed: 0 to 90 %");
	ctl("settings cell-high 3.70", 1, "only be changed in the file");
	ctl("settings rack.device /dev/null", 1, "only be changed");
	ctl("settings no-such", 1, "no setting is called");
	ctl("settings discharge-floor", 0, "origin: default");
}
END_TEST

/* Counts the answers, and those that are no error. */
static int on_answer(sd_bus_message *answer, void *data, sd_bus_error *error)
{
	const sd_bus_error *wrong = sd_bus_message_get_error(answer);
	int *good = data;

	(void)error;
	good[0]++;
	if (wrong)
		printf("answer %d: %s: %s\n", good[0], wrong->name,
		       wrong->message);
	else
		good[1]++;
	return 1;
}

enum { ANSWER_US = 60000000 }; /* of hundreds, on a machine that is busy */

static void call(sd_bus *bus, int *good, const char *member, const char *value)
{
	sd_bus_message *m = NULL;

	ck_assert_int_ge(sd_bus_message_new_method_call(bus, &m,
		"org.vebusbmsng", "/org/vebusbmsng",
		"org.vebusbmsng.Settings1", member), 0);
	if (value)
		ck_assert_int_ge(sd_bus_message_append(m, "sss",
			"battery-monitor", "discharge-floor", value), 0);
	ck_assert_int_ge(sd_bus_call_async(bus, NULL, m, on_answer, good,
					   ANSWER_US), 0);
	sd_bus_message_unref(m);
}

static sd_bus *connect_to_bus(void)
{
	char address[256];
	sd_bus *bus = NULL;

	snprintf(address, sizeof(address), "unix:path=%s",
		 rig_path(rig, "bus"));
	ck_assert_int_ge(sd_bus_new(&bus), 0);
	ck_assert_int_ge(sd_bus_set_address(bus, address), 0);
	ck_assert_int_ge(sd_bus_set_bus_client(bus, 1), 0);
	ck_assert_int_ge(sd_bus_start(bus), 0);
	return bus;
}

static void until_answered(sd_bus *bus, const int *answers, int n)
{
	while (answers[0] < n) {
		int r = sd_bus_process(bus, NULL);

		ck_assert_int_ge(r, 0);
		if (r == 0)
			ck_assert_int_gt(sd_bus_wait(bus, ANSWER_US), 0);
	}
}

/* I4: whoever asks while a setting is being changed is answered from what
 * there is, not from what there was */
START_TEST(settings_are_listed_while_they_are_changed)
{
	enum { ROUNDS = 6, LISTS = 100 };
	int answers[2] = { 0, 0 };
	sd_bus *bus = connect_to_bus();

	for (int i = 0; i < ROUNDS; i++) {
		call(bus, answers, "Set", i % 2 ? "7" : "8");
		for (int k = 0; k < LISTS; k++)
			call(bus, answers, "List", NULL);
		until_answered(bus, answers, (i + 1) * (LISTS + 1));
	}
	ck_assert_int_eq(answers[1], ROUNDS * (LISTS + 1));
	sd_bus_flush_close_unref(bus);
	ctl("settings discharge-floor", 0, "= 7 %");
	ck_assert_str_eq(rig_get(rig, "LoadDisconnect"), "high");
}
END_TEST

/* E2, C11: an order that comes right behind a changed setting is judged by
 * what the bank says, and not by nothing */
START_TEST(an_order_right_behind_a_changed_setting_is_carried_out)
{
	enum { ROUNDS = 10 };
	int answers[2] = { 0, 0 };
	sd_bus *bus = connect_to_bus();

	for (int i = 0; i < ROUNDS; i++) {
		sd_bus_message *m = NULL;

		call(bus, answers, "Set", i % 2 ? "7" : "8");
		ck_assert_int_ge(sd_bus_message_new_method_call(bus, &m,
			"org.vebusbmsng", "/org/vebusbmsng",
			"org.vebusbmsng.Bms1", "SetStateOfCharge"), 0);
		ck_assert_int_ge(sd_bus_message_append(m, "d", 50.0), 0);
		ck_assert_int_ge(sd_bus_call_async(bus, NULL, m, on_answer,
						   answers, 0), 0);
		sd_bus_message_unref(m);
		until_answered(bus, answers, 2 * (i + 1));
	}
	ck_assert_int_eq(answers[1], 2 * ROUNDS);
	sd_bus_flush_close_unref(bus);
}
END_TEST

/* E3, F3: whoever ends it in order loses nothing of the last minutes */
START_TEST(an_orderly_end_keeps_the_last_minutes)
{
	uint64_t deadline = rig_now_us() + UINT64_C(60000000);
	double gone, at_end;

	ctl("soc 60", 0, "");
	until_kept("memory", "battery.anchored 1");
	gone = rig_get_double(rig, "ConsumedAmpHours");
	at_end = gone;
	rig_sim(rig, "dc -200");
	while (at_end < gone + 0.2) {
		ck_assert(rig_now_us() < deadline);
		at_end = rig_get_double(rig, "ConsumedAmpHours");
	}
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	rig_sim(rig, "dc 0");
	rig_start_daemon(rig);
	rig_allowed(rig);
	gone = rig_get_double(rig, "ConsumedAmpHours");
	ck_assert_msg(gone >= at_end, "%f of %f", gone, at_end);
}
END_TEST

/* F3 */
START_TEST(the_history_is_shown_and_reset)
{
	ctl("history", 0, "Minimum cell voltage          3.");
	ctl("history", 0, "Cumulative Ah drawn");
	ctl("history", 0, "Cycles                        0");
	ctl("history --reset", 0, "");
	ctl("history --json", 0, "\"CumulativeAhDrawn\":");
	ctl("status --reset", 2, "belongs to history");
}
END_TEST

/* I6: with nobody else on the ttys. */
START_TEST(probe_finds_what_answers)
{
	char command[512];

	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	snprintf(command, sizeof(command), "probe %s", rig_path(rig, "mk3"));
	ck_assert_int_eq(rig_run_ctl(rig, command), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "MK3"));
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "[inverter]"));
	/* Asking was all: the switch was never touched. */
	ck_assert_int_eq(rig_sim_long(rig, "mk.s_frames"), 0);
	snprintf(command, sizeof(command), "probe %s", rig_path(rig, "rack"));
	ck_assert_int_eq(rig_run_ctl(rig, command), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "protocol = jk-pb"));
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "addresses = 1,2"));
	ck_assert_int_eq(rig_run_ctl(rig, "probe /nonexistent"), 1);
	ck_assert_int_eq(rig_run_ctl(rig, "probe"), 2);
	rig_start_daemon(rig);
}
END_TEST

/* H1: what a battery's own update looks like, and the tool's words for it */
START_TEST(a_battery_may_be_silent_while_a_command_updates_it)
{
	char fifo[256], command[1024];
	FILE *script = fopen(rig_path(rig, "update"), "w");
	pid_t pid;
	int status;

	snprintf(command, sizeof(command), "update -- sh %s",
		 rig_path(rig, "update"));
	snprintf(fifo, sizeof(fifo), "%s", rig_path(rig, "word"));
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_ptr_nonnull(script);
	fprintf(script, "read -r word <%s; exit 7\n", fifo);
	fclose(script);
	ck_assert_str_eq(rig_get(rig, "Updating"), "no");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(rig_run_ctl(rig, command));
	rig_until(rig, "Updating", "yes", 5000);
	rig_until(rig, "ChargeDisconnect", "floating", 2000);
	ctl("status", 0, "an update is under way");
	rig_sim(rig, "silence 2 on");
	rig_until(rig, "battery/2.Online", "no", 20000);
	rig_stays(rig, "LoadDisconnect", "high", 5000);
	ck_assert_str_eq(rig_get(rig, "ChargeDisconnect"), "floating");
	rig_sim(rig, "silence 2 off");
	rig_until(rig, "battery/2.Online", "yes", 5000);
	snprintf(command, sizeof(command), "echo end >%s", fifo);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	ck_assert_str_eq(rig_get(rig, "Updating"), "no");
	ck_assert_str_eq(rig_get(rig, "LoadDisconnect"), "high");
	rig_until(rig, "ChargeDisconnect", "high", 10000);
	ck_assert_str_eq(rig_get(rig, "LoadDisconnect"), "high");
	ctl("update", 2, "COMMAND");
	ctl("update -- /nonexistent", 127, "/nonexistent");
	ck_assert_str_eq(rig_get(rig, "Updating"), "no");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: operator");
	TCase *tcase = tcase_create("operator");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase,
		a_state_of_charge_that_was_set_survives_a_kill);
	tcase_add_test(tcase,
		a_bank_that_has_become_smaller_keeps_its_account);
	tcase_add_test(tcase,
		a_state_of_charge_is_not_set_while_a_battery_is_silent);
	tcase_add_test(tcase,
		a_changed_setting_survives_until_the_file_is_edited);
	tcase_add_test(tcase,
		a_setting_that_is_not_allowed_is_refused_with_the_reason);
	tcase_add_test(tcase, settings_are_listed_while_they_are_changed);
	tcase_add_test(tcase, the_history_is_shown_and_reset);
	tcase_add_test(tcase,
		an_order_right_behind_a_changed_setting_is_carried_out);
	tcase_add_test(tcase, an_orderly_end_keeps_the_last_minutes);
	tcase_add_test(tcase,
		       a_battery_may_be_silent_while_a_command_updates_it);
	tcase_add_test(tcase, probe_finds_what_answers);
	tcase_set_timeout(tcase, 180);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
