/* SPDX-License-Identifier: MIT */
/*
 * Who may write on D-Bus, and that neither callers nor the bus itself can
 * hold the loop up (D2, I3, I4).
 */
#include "tests/unit/bus_probe.h"

#include <errno.h>
#include <grp.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/bus_table.h"
#include "daemon/bus_write.h"
#include "tests/unit/unit.h"

/* D2 */
START_TEST(mode_can_be_written_and_is_read_back_when_answered)
{
	static const char *const modes[] = { "off", "charger-only",
					     "inverter-only", "on" };
	struct fixture f;
	sd_bus_message *reply;
	char value[64];
	char wanted[64];

	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		reply = fixture_set_mode(&f, modes[i]);
		ck_assert(!sd_bus_message_is_method_error(reply, NULL));
		sd_bus_message_unref(reply);
		ck_assert_int_eq(f.n_orders, (int)i + 1);
		ck_assert_int_eq(f.order.mode, (int)i);
		reply = fixture_get_all(&f, BUS_ROOT, BUS_BMS);
		probe_find(reply, "Mode", value, sizeof(value));
		snprintf(wanted, sizeof(wanted), "s:%s", modes[i]);
		ck_assert_str_eq(value, wanted);
		sd_bus_message_unref(reply);
	}
	fixture_stop(&f);
}
END_TEST

/* I4 */
START_TEST(a_wrong_mode_is_refused_and_told_what_is_allowed)
{
	struct fixture f;
	sd_bus_message *m = NULL;

	fixture_start(&f);
	probe_check_error(fixture_set_mode(&f, "ON"), SD_BUS_ERROR_INVALID_ARGS,
			  "on, charger-only, inverter-only or off");
	probe_check_error(fixture_set_mode(&f, ""), SD_BUS_ERROR_INVALID_ARGS,
			  "on, charger-only, inverter-only or off");
	sd_bus_message_new_method_call(f.client, &m, BUS_NAME, BUS_ROOT,
				       "org.freedesktop.DBus.Properties",
				       "Set");
	sd_bus_message_append(m, "ssv", BUS_BMS, "Mode", "i", 3);
	probe_check_error(fixture_call(&f, m), SD_BUS_ERROR_INVALID_ARGS,
			  "on, charger-only, inverter-only or off");
	sd_bus_message_new_method_call(f.client, &m, BUS_NAME, BUS_ROOT,
				       "org.freedesktop.DBus.Properties",
				       "Set");
	sd_bus_message_append(m, "ssv", BUS_BMS, "Voltage", "d", 3.0);
	probe_check_error(fixture_call(&f, m), SD_BUS_ERROR_PROPERTY_READ_ONLY,
			  "Voltage");
	ck_assert_int_eq(f.n_orders, 0);
	fixture_stop(&f);
}
END_TEST

START_TEST(what_the_handler_refuses_is_told_in_its_words)
{
	struct fixture f;

	fixture_start(&f);
	f.order_result = -EACCES;
	f.order_error = "The panel owns the switch.";
	probe_check_error(fixture_set_mode(&f, "off"),
			  SD_BUS_ERROR_ACCESS_DENIED,
			  "The panel owns the switch.");
	f.order_result = -EIO;
	f.order_error = "";
	probe_check_error(fixture_set_mode(&f, "off"), SD_BUS_ERROR_FAILED,
			  "Input/output error");
	ck_assert_int_eq(f.n_orders, 2);
	fixture_stop(&f);
}
END_TEST

/* Another user, who may be in the group. Exits with 0: accepted, 1: refused
 * as it should be, 2: anything else. */
static void write_as_other(const char *name, gid_t group)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	int r;

	if (setgroups(group ? 1 : 0, &group) < 0 || setgid(65534) < 0 ||
	    setuid(65534) < 0 || sd_bus_open_user(&bus) < 0)
		_exit(2);
	r = sd_bus_set_property(bus, name, BUS_ROOT, BUS_BMS, "Mode",
				&error, "s", "off");
	if (r >= 0)
		_exit(0);
	if (sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED) &&
	    strstr(error.message, "group vebus-bms-ng") &&
	    strstr(error.message, "65534"))
		_exit(1);
	fprintf(stderr, "%s\n", error.message);
	_exit(2);
}

/* I4; the next one shows that it is not the user alone. */
START_TEST(another_user_may_read_and_not_write)
{
	struct fixture f;
	struct child child;

	fixture_start(&f);
	if (child_start(&f, &child) == 0)
		write_as_other(BUS_NAME, 0);
	ck_assert_int_eq(child_wait(&f, &child), 1);
	ck_assert_int_eq(f.n_orders, 0);
	fixture_stop(&f);
}
END_TEST

enum { TEST_GROUP = 54321 };

/* The group of this machine may be missing, so another one is taken. */
START_TEST(a_member_of_the_group_may_write)
{
	struct fixture f;
	struct child child;
	struct order_handler handler;
	struct bus_writes writes;

	fixture_start(&f);
	bus_writes_init(&writes, fixture_handler(&f, &handler));
	writes.group_known = true;
	writes.group = TEST_GROUP;
	ck_assert_int_ge(sd_bus_request_name(f.client, "org.example.Writes",
					     0), 0);
	ck_assert_int_ge(bus_writes_add(&writes, f.client), 0);
	if (child_start(&f, &child) == 0)
		write_as_other("org.example.Writes", TEST_GROUP);
	while (f.n_orders == 0 && !child.ended)
		fixture_turn(&f);
	bus_writes_answer(&writes);
	ck_assert_int_eq(child_wait(&f, &child), 0);
	ck_assert_int_eq(f.order.mode, BMS_MODE_OFF);
	if (child_start(&f, &child) == 0)
		write_as_other("org.example.Writes", TEST_GROUP + 1);
	ck_assert_int_eq(child_wait(&f, &child), 1);
	ck_assert_int_eq(f.n_orders, 1);
	bus_writes_drop(&writes);
	fixture_stop(&f);
}
END_TEST

START_TEST(a_flood_of_writes_is_bounded_and_all_are_answered)
{
	enum { FLOOD = 200 };
	struct fixture f;
	sd_bus_message *m;
	struct answers answers = { 0 };

	fixture_start(&f);
	for (int i = 0; i < FLOOD; i++) {
		ck_assert_int_ge(sd_bus_message_new_method_call(
			f.client, &m, BUS_NAME, BUS_ROOT,
			"org.freedesktop.DBus.Properties", "Set"), 0);
		sd_bus_message_append(m, "ssv", BUS_BMS, "Mode", "s", "off");
		ck_assert_int_ge(sd_bus_call_async(f.client, NULL, m,
						   probe_count, &answers,
						   0), 0);
		sd_bus_message_unref(m);
	}
	while (answers.all < FLOOD)
		fixture_turn(&f);
	ck_assert_int_ge(answers.good, BUS_WRITES_MAX);
	ck_assert_int_eq(answers.good, f.n_orders);
	fixture_stop(&f);
}
END_TEST

static void count_turn(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	(void)loop;
	(void)events;
	++*(int *)prepare->data;
}

static void ask_often(int n)
{
	struct answers answers = { 0 };
	sd_bus *bus = NULL;

	if (sd_bus_open_user(&bus) < 0)
		_exit(2);
	for (int i = 0; i < n; i++) {
		if (sd_bus_call_method_async(
			bus, NULL, BUS_NAME, BUS_ROOT,
			"org.freedesktop.DBus.Properties", "Get",
			probe_count, &answers, "ss", BUS_BMS,
			"Voltage") < 0)
			_exit(3);
	}
	/* All are on their way before the first is answered. */
	if (sd_bus_flush(bus) < 0)
		_exit(4);
	raise(SIGSTOP);
	while (answers.all < n) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0 || (r == 0 && sd_bus_wait(bus, UINT64_MAX) < 0))
			_exit(4);
	}
	_exit(answers.good == n ? 0 : 5);
}

/* I4: however many ask at once, the loop comes round after every few. */
START_TEST(ten_thousand_questions_do_not_stop_the_loop)
{
	enum { QUESTIONS = 10000, PER_TURN = 16 };
	struct fixture f;
	struct child child;
	ev_prepare prepare;
	int turns = 0;
	int status;

	fixture_start(&f);
	ev_prepare_init(&prepare, count_turn);
	prepare.data = &turns;
	ev_prepare_start(f.loop, &prepare);
	if (child_start(&f, &child) == 0)
		ask_often(QUESTIONS);
	ck_assert_int_eq(waitpid(child.pid, &status, WUNTRACED), child.pid);
	ck_assert(WIFSTOPPED(status));
	kill(child.pid, SIGCONT);
	ck_assert_int_eq(child_wait(&f, &child), 0);
	ck_assert_int_ge(turns, QUESTIONS / PER_TURN);
	ev_prepare_stop(f.loop, &prepare);
	fixture_stop(&f);
}
END_TEST

static size_t memory_used(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void change_and_publish(struct fixture *f, int times)
{
	for (int i = 0; i < times; i++) {
		f->picture.output.voltage_mv.value ^= 1;
		f->picture.battery[0].sample.cell_mv[0] ^= 1;
		bus_publish(f->bus);
		bus_event(f->bus, "W-B07", "Low SoC", i & 1);
	}
}

static bool is_there(struct fixture *f)
{
	sd_bus_message *reply = fixture_get_all(f, BUS_ROOT, BUS_BMS);
	bool is = !sd_bus_message_is_method_error(reply, NULL);

	sd_bus_message_unref(reply);
	return is;
}

static void wait_until_there(struct fixture *f)
{
	for (;;) {
		int changed = f->names_changed;

		if (is_there(f))
			return;
		while (f->names_changed == changed)
			fixture_turn(f);
	}
}

enum { MEMORY_MAX = 4 * 1024 * 1024 };

/* I3: a bus that stands still is like none. */
START_TEST(a_bus_daemon_that_is_stopped_costs_bounded_memory)
{
	struct fixture f;
	sd_bus_message *reply;
	size_t before;
	char value[64];

	fixture_start(&f);
	fixture_settle(&f);
	before = memory_used();
	kill(f.daemon.pid, SIGSTOP);
	change_and_publish(&f, 20001);
	ck_assert_uint_lt(memory_used(), before + MEMORY_MAX);
	kill(f.daemon.pid, SIGCONT);
	/* On a slow machine it has left the bus and comes back. What found no
	 * room, a smaller socket buffer's without root, is told in the first
	 * turn that finds some. */
	wait_until_there(&f);
	bus_publish(f.bus);
	reply = fixture_get_all(&f, BUS_ROOT, BUS_BMS);
	probe_find(reply, "Voltage", value, sizeof(value));
	ck_assert_str_eq(value, "d:25.601");
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

static void listen_and_never_read(void)
{
	sd_bus *bus = NULL;

	if (sd_bus_open_user(&bus) < 0 ||
	    sd_bus_add_match(bus, NULL, "type='signal',sender='" BUS_NAME
			     "'", NULL, NULL) < 0)
		_exit(2);
	raise(SIGSTOP);
	_exit(0);
}

START_TEST(a_client_that_never_reads_costs_bounded_memory)
{
	struct fixture f;
	struct child child;
	size_t before;
	int status;

	fixture_start(&f);
	if (child_start(&f, &child) == 0)
		listen_and_never_read();
	ck_assert_int_eq(waitpid(child.pid, &status, WUNTRACED), child.pid);
	ck_assert(WIFSTOPPED(status));
	before = memory_used();
	for (int i = 0; i < 100; i++) {
		change_and_publish(&f, 101);
		fixture_settle(&f);
	}
	ck_assert_uint_lt(memory_used(), before + MEMORY_MAX);
	kill(child.pid, SIGKILL);
	ck_assert_int_eq(child_wait(&f, &child), -1);
	fixture_stop(&f);
}
END_TEST

/* Everything, again and again, and no answer is taken. */
static void ask_and_never_read(void)
{
	sd_bus_message *m;
	sd_bus *bus = NULL;
	uint64_t cookie; /* asked for, it makes sd-bus want an answer */

	if (sd_bus_open_user(&bus) < 0)
		_exit(2);
	for (;;) {
		if (sd_bus_message_new_method_call(
			bus, &m, BUS_NAME, BUS_ROOT,
			"org.freedesktop.DBus.ObjectManager",
			"GetManagedObjects") < 0 ||
		    sd_bus_send(bus, m, &cookie) < 0 ||
		    sd_bus_flush(bus) < 0)
			_exit(3);
		sd_bus_message_unref(m);
	}
}

/* I4: a bus daemon that holds too much of ours for somebody reads no more
 * from us (the system bus at 127 MB of each). Callers are not listened to
 * meanwhile, and everybody else has us back soon. */
START_TEST(a_caller_that_never_reads_silences_nobody_for_long)
{
	struct fixture f;
	struct child child;
	size_t before;
	int changed;

	fixture_start_limited(&f,
		"<limit name=\"max_incoming_bytes\">1000000</limit>"
		"<limit name=\"max_outgoing_bytes\">1000000</limit>");
	fixture_settle(&f);
	before = memory_used();
	changed = f.names_changed;
	if (child_start(&f, &child) == 0)
		ask_and_never_read();
	/* Its name; ours and the numbered one away, and both back. */
	for (int names = 1; names <= 5; names++) {
		ev_timer_again(f.loop, &f.deadline);
		while (f.names_changed < changed + names) {
			fixture_turn(&f);
			ck_assert_uint_lt(memory_used(), before + MEMORY_MAX);
		}
	}
	ck_assert(!child.ended);
	sd_bus_message_unref(fixture_get_all(&f, BUS_ROOT, BUS_BMS));
	kill(child.pid, SIGKILL);
	ck_assert_int_eq(child_wait(&f, &child), -1);
	sd_bus_message_unref(fixture_get_all(&f, BUS_ROOT, BUS_BMS));
	fixture_stop(&f);
}
END_TEST

START_TEST(a_second_instance_is_refused)
{
	struct fixture f;
	struct order_handler handler;
	struct bus *second = NULL;

	fixture_start(&f);
	ck_assert_int_eq(bus_new(&second, f.loop, &f.picture.view,
				 fixture_handler(&f, &handler), true),
			 -EEXIST);
	ck_assert_ptr_null(second);
	fixture_settle(&f);
	fixture_stop(&f);
}
END_TEST

static void disconnect_client(struct fixture *f)
{
	ev_io_stop(f->loop, &f->client_io);
	f->client = sd_bus_close_unref(f->client);
}

/* I3, G5: as long as it takes, without a word from anybody. */
START_TEST(a_bus_that_goes_and_comes_back_is_found_again)
{
	struct fixture f;

	fixture_start(&f);
	ck_assert(is_there(&f));
	disconnect_client(&f);
	bus_daemon_kill(&f.daemon);
	change_and_publish(&f, 10);
	bus_daemon_restart(&f.daemon);
	fixture_connect_client(&f);
	wait_until_there(&f);
	f.picture.output.voltage_mv = known_i32(12345);
	fixture_settle(&f);
	probe_check(&f, &(struct expected){ BUS_ROOT, BUS_BMS, "Voltage",
					  "d:12.345" }, 1);
	fixture_stop(&f);
}
END_TEST

START_TEST(a_bus_that_is_not_there_at_start_is_found_later)
{
	struct fixture f;
	struct order_handler handler;

	fixture_prepare(&f);
	bus_daemon_start(&f.daemon);
	bus_daemon_kill(&f.daemon);
	ck_assert_int_eq(bus_new(&f.bus, f.loop, &f.picture.view,
				 fixture_handler(&f, &handler), true), 0);
	change_and_publish(&f, 10);
	bus_daemon_restart(&f.daemon);
	fixture_connect_client(&f);
	wait_until_there(&f);
	probe_check(&f, &(struct expected){ BUS_ROOT, BUS_BMS, "Voltage",
					    "d:25.600" }, 1);
	fixture_stop(&f);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 240);
	suite_add_tcase(suite, tcase);
	return tcase;
}

static void add_written(Suite *suite)
{
	TCase *t = add_case(suite, "what is written");

	tcase_add_test(t, mode_can_be_written_and_is_read_back_when_answered);
	tcase_add_test(t, a_wrong_mode_is_refused_and_told_what_is_allowed);
	tcase_add_test(t, what_the_handler_refuses_is_told_in_its_words);
	tcase_add_test(t, a_flood_of_writes_is_bounded_and_all_are_answered);
	if (geteuid() != 0) {
		puts("not root: writes by other users are not tested");
		return;
	}
	tcase_add_test(t, another_user_may_read_and_not_write);
	tcase_add_test(t, a_member_of_the_group_may_write);
}

static void add_trouble(Suite *suite)
{
	TCase *t = add_case(suite, "trouble");

	tcase_add_test(t, ten_thousand_questions_do_not_stop_the_loop);
	tcase_add_test(t, a_bus_daemon_that_is_stopped_costs_bounded_memory);
	tcase_add_test(t, a_client_that_never_reads_costs_bounded_memory);
	tcase_add_test(t,
		       a_caller_that_never_reads_silences_nobody_for_long);
	tcase_add_test(t, a_second_instance_is_refused);
	tcase_add_test(t, a_bus_that_goes_and_comes_back_is_found_again);
	tcase_add_test(t, a_bus_that_is_not_there_at_start_is_found_later);
}

int main(void)
{
	Suite *suite = suite_create("bus trouble");

	add_written(suite);
	add_trouble(suite);
	return unit_run(suite);
}
