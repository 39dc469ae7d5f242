/* SPDX-License-Identifier: MIT */
/*
 * vebus-bms-ngctl (F1, F4, D2) as it is run: what it prints of a bank filled
 * by hand, its exit status, and what it says on stderr.
 */
#include "tests/unit/ctl_run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/bus_table.h"
#include "tests/unit/ctl_golden.h"
#include "tests/unit/unit.h"

/* Until stdout has it. */
static void run_until(struct run *run, const char *text)
{
	ev_timer_again(run->f->loop, &run->f->deadline);
	while (!strstr(run->text[0], text)) {
		ck_assert_msg(run->open > 0, "ended without \"%s\": %s%s",
			      text, run->text[0], run->text[1]);
		fixture_turn(run->f);
	}
}

/* Nobody reads stdout any more. */
static void close_output(struct run *run)
{
	ev_io_stop(run->f->loop, &run->io[0]);
	close(run->io[0].fd);
	run->open--;
}

START_TEST(status_says_what_is_forbidden_and_why_in_words)
{
	struct fixture f;

	fixture_start(&f);
	check_run(&f, "--session-bus status", 0, status_text);
	fixture_stop(&f);
}
END_TEST

/* B11: what has tripped is held until it has recovered; that is said. */
START_TEST(a_reason_that_holds_beyond_its_limit_is_recovering)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_start(&f);
	f.picture.reason[0].value = 2801;
	fixture_settle(&f);
	run_tool(run, &f, "--session-bus status");
	ck_assert_ptr_nonnull(strstr(run->text[0],
		"battery 2 cell 7 low, recovering: 2.801 V (limit 2.800 V)"));
	f.picture.reason[0].kind = REASON_CELL_HIGH;
	f.picture.reason[0].limit = 2801;
	fixture_settle(&f);
	run_tool(run, &f, "--session-bus status");
	ck_assert_ptr_nonnull(strstr(run->text[0],
		"battery 2 cell 7 high: 2.801 V (limit 2.801 V)"));
	fixture_stop(&f);
	free(run);
}
END_TEST

START_TEST(what_is_unknown_is_a_dash_and_never_a_number)
{
	struct fixture f;

	fixture_start(&f);
	picture_fill_unknown(&f.picture);
	fixture_settle(&f);
	check_run(&f, "--session-bus status", 0, unknown_text);
	check_run(&f, "--session-bus --json inverter", 0,
		  unknown_inverter_json);
	fixture_stop(&f);
}
END_TEST

START_TEST(batteries_shows_every_cell_and_below_every_bus)
{
	struct fixture f;

	fixture_start(&f);
	check_run(&f, "--session-bus batteries", 0, batteries_text);
	fixture_stop(&f);
}
END_TEST

/* What the reference's three pages list. */
static const struct {
	const char *command;
	const char *label;
	const char *value; /* behind it on its line; NULL: not known here */
} page_values[] = {
	{ "status", "State of charge ", "%" },
	{ "status", "Mode ", "on" },
	{ "status", "Allowed to charge ", "yes" },
	{ "status", "Allowed to discharge ", "no" },
	{ "status", "Voltage ", " V" },
	{ "status", "Current ", " A" },
	{ "status", "Power ", " W" },
	{ "status", "Consumed ", NULL },
	{ "status", "Time remaining ", NULL },
	{ "batteries", "Balancer ", "unknown" },
	{ "batteries", "Lowest cell ", "2.791 V" },
	{ "batteries", "Highest cell ", "3.207 V" },
	{ "batteries", "Cell temperature ", "-1.2 °C to 21.5 °C" },
	{ "batteries", "Bank ", "2 batteries" },
	{ "batteries", "Bank ", "16 cells" },
	{ "batteries", "Bank ", "1 in series" },
	{ "batteries", "Bank ", "2 in parallel" },
	{ "batteries", "  is ", "serial JK-0001" },
	{ "batteries", "  is ", "firmware 15.38" },
	{ "batteries", "  has ", "of 280 Ah" },
	{ "batteries", "  has ", "25.63 V" },
	{ "batteries", "  has ", "-10.5 A" },
	{ "batteries", "  sensors ", "21.5 °C" },
	{ "batteries", "            3.200", "3.207" },
	{ "history", "Deepest discharge ", NULL },
	{ "history", "Cumulative Ah drawn ", NULL },
	{ "history", "Discharged energy ", NULL },
	{ "history", "Charged energy ", NULL },
	{ "history", "Synchronisations ", NULL },
	{ "history", "Cycles ", NULL },
	{ "history", "Time since last full charge ", NULL },
	{ "history", "Minimum battery voltage ", NULL },
	{ "history", "Maximum battery voltage ", NULL },
	{ "history", "Minimum cell voltage ", NULL },
	{ "history", "Maximum cell voltage ", NULL },
	{ "history", "Minimum battery temperature ", NULL },
	{ "history", "Maximum battery temperature ", NULL },
};

/* The line that begins with the label has the value. */
static bool page_has(const char *page, const char *label, const char *value)
{
	const char *line = page;
	const char *found;

	while (strncmp(line, label, strlen(label)) != 0) {
		line = strchr(line, '\n');
		if (!line)
			return false;
		line++;
	}
	found = strstr(line, value ? value : "");
	return found && found < strchr(line, '\n');
}

/* F1 */
START_TEST(every_value_of_the_references_pages_is_there)
{
	struct run *run = calloc(1, sizeof(*run));
	const char *page = "";
	struct fixture f;
	char command[64];

	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(page_values); i++) {
		if (strcmp(page, page_values[i].command) != 0) {
			page = page_values[i].command;
			snprintf(command, sizeof(command),
				 "--session-bus %s", page);
			run_tool(run, &f, command);
		}
		ck_assert_msg(page_has(run->text[0], page_values[i].label,
				       page_values[i].value),
			      "%s shows no %s %s:\n%s", page,
			      page_values[i].label, page_values[i].value,
			      run->text[0]);
	}
	fixture_stop(&f);
	free(run);
}
END_TEST

START_TEST(inverter_shows_what_was_read_back_or_that_there_is_none)
{
	struct fixture f;

	fixture_start(&f);
	check_run(&f, "--session-bus inverter", 0, inverter_text);
	f.picture.view.inverter = NULL;
	fixture_settle(&f);
	check_run(&f, "--session-bus inverter", 0,
		  "No inverter/charger is configured.\n");
	check_run(&f, "--session-bus inverter --json", 0, "null\n");
	fixture_stop(&f);
}
END_TEST

START_TEST(json_has_the_names_and_values_of_d_bus)
{
	struct fixture f;
	char command[256];

	fixture_start(&f);
	check_run(&f, "--session-bus --json status", 0, status_json);
	snprintf(command, sizeof(command), "--bus %s status --json",
		 f.daemon.address);
	check_run(&f, command, 0, status_json);
	fixture_stop(&f);
}
END_TEST

/* D2 */
START_TEST(mode_shows_and_sets_and_passes_refusals_on)
{
	struct fixture f;

	fixture_start(&f);
	check_run(&f, "--session-bus mode", 0, "on\n");
	check_run(&f, "--session-bus mode charger-only", 0, "");
	ck_assert_int_eq(f.order.mode, BMS_MODE_CHARGER_ONLY);
	check_run(&f, "--session-bus mode", 0, "charger-only\n");
	f.order_result = -EACCES;
	f.order_error = "The panel owns the switch.";
	check_failure(&f, "--session-bus mode off", 1,
		      "The panel owns the switch.");
	f.order_error = "Rejected send message, 2 matched rules; type=...";
	check_failure(&f, "--session-bus mode off", 1,
		      "only root and members of the group vebus-bms-ng");
	check_failure(&f, "--session-bus mode away", 2,
		      "on, charger-only, inverter-only or off");
	fixture_stop(&f);
}
END_TEST

START_TEST(without_the_daemon_it_says_so)
{
	static const char *const commands[] = { "status", "batteries",
		"inverter", "monitor", "events", "mode", "mode off",
		"bluetooth", "pair" };
	struct fixture f;
	char command[64];

	fixture_prepare(&f);
	bus_daemon_start(&f.daemon);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(command, sizeof(command), "--session-bus %s",
			 commands[i]);
		check_failure(&f, command, 1, "vebus-bms-ngd is not running");
	}
	bus_daemon_kill(&f.daemon);
	check_failure(&f, "--session-bus status", 1,
		      "cannot reach the session bus");
	fixture_stop(&f);
}
END_TEST

START_TEST(monitor_appends_a_line_when_something_changes)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_start(&f);
	run_start(run, &f, "--session-bus monitor");
	run_until(run, "charge yes  discharge no  inverter charger-only, "
		       "Bulk, mains present  W-B07  A-B01  [discharge: "
		       "battery 2 cell 7 low: 2.791 V (limit 2.800 V)]\n");
	f.picture.output.atc_high = false;
	bus_publish(f.bus);
	run_until(run, "charge no  discharge no");
	f.picture.output.voltage_mv = known_i32(24120);
	bus_publish(f.bus);
	run_until(run, "24.12 V");
	ck_assert_ptr_null(strchr(run->text[0], '\033'));
	kill(run->pid, SIGTERM);
	run_wait(run);
	fixture_stop(&f);
	free(run);
}
END_TEST

static void restart_bus(struct fixture *f)
{
	struct order_handler handler;

	f->bus = bus_free(f->bus);
	ck_assert_int_eq(bus_new(&f->bus, f->loop, &f->picture.view,
				 fixture_handler(f, &handler), true), 0);
}

START_TEST(monitor_goes_on_over_a_restart_of_the_daemon)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_start(&f);
	run_start(run, &f, "--session-bus monitor");
	run_until(run, "W-B07");
	f.bus = bus_free(f.bus);
	run_until(run, "vebus-bms-ngd has stopped\n");
	f.picture.output.voltage_mv = known_i32(24120);
	restart_bus(&f);
	run_until(run, "vebus-bms-ngd is running again\n");
	run_until(run, "24.12 V");
	kill(run->pid, SIGTERM);
	run_wait(run);
	fixture_stop(&f);
	free(run);
}
END_TEST

START_TEST(monitor_json_gives_all_once_and_then_what_changes)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_start(&f);
	run_start(run, &f, "--session-bus monitor --json");
	run_until(run, "\"path\":\"" BUS_ROOT "\",\"interface\":\"" BUS_BMS
		       "\",\"properties\":{\"StateOfCharge\":11.5,");
	run_until(run, "\"path\":\"" BUS_ROOT "/bus/inverter\"");
	f.picture.output.voltage_mv = known_i32(24120);
	bus_publish(f.bus);
	run_until(run, "\"path\":\"" BUS_ROOT "\",\"interface\":\"" BUS_BMS
		       "\",\"properties\":{\"Voltage\":24.12,"
		       "\"Power\":-506.52}}\n");
	kill(run->pid, SIGTERM);
	run_wait(run);
	fixture_stop(&f);
	free(run);
}
END_TEST

START_TEST(monitor_on_a_terminal_draws_the_page_again_in_place)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));
	const char *first;

	fixture_start(&f);
	run_on_terminal(run, &f, "--session-bus monitor");
	run_until(run, "\033[H");
	run_until(run, "Allowed to charge     \033[32myes\033[0m");
	run_until(run, "\033[J");
	f.picture.output.atc_high = false;
	bus_publish(f.bus);
	run_until(run, "Allowed to charge     \033[31mno\033[0m");
	first = strstr(run->text[0], "\033[H");
	ck_assert_ptr_nonnull(strstr(first + 1, "\033[H"));
	kill(run->pid, SIGTERM);
	run_wait(run);
	fixture_stop(&f);
	free(run);
}
END_TEST

/* F4 */
START_TEST(events_prints_each_as_it_comes_over_a_restart_too)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_start(&f);
	run_start(run, &f, "--session-bus events");
	/* Until it listens: nobody hears what was said before. */
	while (!strstr(run->text[0], "A-B01  active   Low cell voltage\n")) {
		bus_event(f.bus, "A-B01", "Low cell voltage", true);
		fixture_settle(&f);
	}
	bus_event(f.bus, "A-B01", "Low cell voltage", false);
	run_until(run, "A-B01  cleared  Low cell voltage\n");
	f.bus = bus_free(f.bus);
	run_until(run, "vebus-bms-ngd has stopped\n");
	restart_bus(&f);
	run_until(run, "vebus-bms-ngd is running again\n");
	bus_event(f.bus, "E-B11", "Hardware error", true);
	run_until(run, "E-B11  active   Hardware error\n");
	kill(run->pid, SIGTERM);
	run_wait(run);
	fixture_stop(&f);
	free(run);
}
END_TEST

START_TEST(events_json_is_one_object_a_line)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_start(&f);
	run_start(run, &f, "--session-bus --json events");
	while (!strstr(run->text[0], "\"code\":\"A-B01\",\"text\":"
				     "\"a \\\"b\\\"\",\"active\":true}\n")) {
		bus_event(f.bus, "A-B01", "a \"b\"", true);
		fixture_settle(&f);
	}
	ck_assert_int_eq(strncmp(run->text[0], "{\"time\":\"20", 11), 0);
	kill(run->pid, SIGTERM);
	run_wait(run);
	fixture_stop(&f);
	free(run);
}
END_TEST

START_TEST(a_reader_that_goes_ends_it_by_sigpipe)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_start(&f);
	run_start(run, &f, "--session-bus monitor --json");
	run_until(run, "\n");
	close_output(run);
	while (run->open > 0) {
		f.picture.output.voltage_mv.value ^= 1;
		bus_publish(f.bus);
		fixture_turn(&f);
	}
	run_wait(run);
	ck_assert_int_eq(run->status, 128 + SIGPIPE);
	fixture_stop(&f);
	free(run);
}
END_TEST

/* The frame of a vector by its id: field 5 of tests/vectors/battery.tsv. */
static void battery_vector(const char *id, char *hex, size_t size)
{
	FILE *file = unit_open("tests/vectors/battery.tsv");
	char line[4096];

	ck_assert_ptr_nonnull(file);
	hex[0] = '\0';
	while (!hex[0] && fgets(line, sizeof(line), file)) {
		char *field = line;

		if (strncmp(line, id, strlen(id)) != 0)
			continue;
		for (int i = 0; i < 4 && field; i++) {
			field = strchr(field, '\t');
			field = field ? field + 1 : NULL;
		}
		ck_assert_ptr_nonnull(field);
		snprintf(hex, size, "%.*s", (int)strcspn(field, "\t\n"),
			 field);
	}
	fclose(file);
	ck_assert_msg(hex[0], "no vector %s", id);
}

START_TEST(decode_needs_no_daemon)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));
	char hex[2048];
	char command[2200];

	fixture_prepare(&f);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	battery_vector("jkpb-02", hex, sizeof(hex));
	snprintf(command, sizeof(command), "decode jk-pb %.30s %s", hex,
		 hex + 30);
	run_tool(run, &f, command);
	ck_assert_int_eq(run->status, 0);
	ck_assert_str_eq(run->text[1], "");
	ck_assert_ptr_nonnull(strstr(run->text[0], "\"cells_mv\":[3293,"));
	ck_assert_ptr_eq(strchr(run->text[0], '\n'),
			 run->text[0] + run->len[0] - 1);
	/* mk3.md, vector L02: LEDs. */
	run_tool(run, &f, "decode mk3 06 FF 4C 03 00 00 00 AC");
	ck_assert_int_eq(run->status, 0);
	ck_assert_int_eq(run->text[0][0], '{');
	hex[60] ^= 1;
	snprintf(command, sizeof(command), "decode jk-pb %s", hex);
	check_failure(&f, command, 1, "hecksum");
	check_failure(&f, "decode mk3 06FF4C03000000AD", 1, "hecksum");
	check_failure(&f, "decode mk3 06FF4C0300000", 1, "whole bytes");
	check_failure(&f, "decode mk3 06FG", 1, "not hex");
	check_failure(&f, "decode jbd DDA5", 2, "there are: mk3, jk-pb");
	check_failure(&f, "decode mk3", 2, "needs a protocol and a frame");
	ev_timer_stop(f.loop, &f.deadline);
	ev_loop_destroy(f.loop);
	free(run);
}
END_TEST

START_TEST(wrong_calls_are_told_and_end_with_two)
{
	struct fixture f;
	struct run *run = calloc(1, sizeof(*run));

	fixture_prepare(&f);
	check_failure(&f, "", 2, "--help");
	check_failure(&f, "dance", 2, "no command is called \"dance\"");
	check_failure(&f, "status now", 2, "one argument too many");
	check_failure(&f, "--loud", 2, "--loud");
	check_run(&f, "--version", 0, "vebus-bms-ngctl " PACKAGE_VERSION
				      "\n");
	run_tool(run, &f, "--help");
	ck_assert_int_eq(run->status, 0);
	ck_assert_int_eq(strncmp(run->text[0], "Usage: ", 7), 0);
	ev_timer_stop(f.loop, &f.deadline);
	ev_loop_destroy(f.loop);
	free(run);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("ctl");
	TCase *t = add_case(suite, "pages");

	tcase_add_test(t, status_says_what_is_forbidden_and_why_in_words);
	tcase_add_test(t,
		       a_reason_that_holds_beyond_its_limit_is_recovering);
	tcase_add_test(t, what_is_unknown_is_a_dash_and_never_a_number);
	tcase_add_test(t, batteries_shows_every_cell_and_below_every_bus);
	tcase_add_test(t,
		       every_value_of_the_references_pages_is_there);
	tcase_add_test(t,
		       inverter_shows_what_was_read_back_or_that_there_is_none);
	tcase_add_test(t, json_has_the_names_and_values_of_d_bus);
	tcase_add_test(t, mode_shows_and_sets_and_passes_refusals_on);
	t = add_case(suite, "following");
	tcase_add_test(t, monitor_appends_a_line_when_something_changes);
	tcase_add_test(t, monitor_goes_on_over_a_restart_of_the_daemon);
	tcase_add_test(t, monitor_json_gives_all_once_and_then_what_changes);
	tcase_add_test(t, monitor_on_a_terminal_draws_the_page_again_in_place);
	tcase_add_test(t, events_prints_each_as_it_comes_over_a_restart_too);
	tcase_add_test(t, events_json_is_one_object_a_line);
	t = add_case(suite, "as a tool");
	tcase_add_test(t, without_the_daemon_it_says_so);
	tcase_add_test(t, a_reader_that_goes_ends_it_by_sigpipe);
	tcase_add_test(t, decode_needs_no_daemon);
	tcase_add_test(t, wrong_calls_are_told_and_end_with_two);
	return unit_run(suite);
}
