/* SPDX-License-Identifier: MIT */
/*
 * Orders over D-Bus: what an operator may write and call arrives as it was
 * meant, and nothing else does (requirements E2, F3, I4); the pages of
 * history and settings (F1).
 */
#include "tests/unit/bus_probe.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "daemon/bus_order.h"
#include "daemon/bus_table.h"
#include "lib/core/history.h"
#include "tests/unit/unit.h"

static sd_bus_message *new_call(struct fixture *f, const char *interface,
				const char *member)
{
	sd_bus_message *m = NULL;

	ck_assert_int_ge(sd_bus_message_new_method_call(
		f->client, &m, BUS_NAME, BUS_ROOT, interface, member), 0);
	return m;
}

static void check_done(sd_bus_message *reply)
{
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	ck_assert_msg(!sd_bus_message_is_method_error(reply, NULL), "%s",
		      error ? error->message : "");
	sd_bus_message_unref(reply);
}

static sd_bus_message *set_number(struct fixture *f, const char *name,
				  double value)
{
	sd_bus_message *m = new_call(f, "org.freedesktop.DBus.Properties",
				     "Set");

	ck_assert_int_ge(sd_bus_message_append(m, "ssv", BUS_SETTINGS, name,
					       "d", value), 0);
	return fixture_call(f, m);
}

START_TEST(each_setting_that_may_be_written_arrives_as_the_file_would_say)
{
	static const struct {
		const char *name;
		double value;
		const char *key;
		const char *text;
	} rows[] = {
		{ "ChargedVoltage", 14.2, "charged-voltage", "14.20" },
		{ "TailCurrent", 3.5, "tail-current", "3.5" },
		{ "ChargedDetectionTime", 5, "charged-detection-time",
		  "5.0" },
		{ "LowSocWarning", 20, "low-soc-warning", "20" },
		{ "DischargeFloor", 0, "discharge-floor", "0" },
	};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double wanted, got;

		check_done(set_number(&f, rows[i].name, rows[i].value));
		ck_assert_int_eq(f.n_orders, (int)i + 1);
		ck_assert_int_eq(f.order.kind, ORDER_SETTING);
		ck_assert_str_eq(f.order.setting->key, rows[i].key);
		ck_assert_ptr_eq(bus_order_setting(rows[i].name),
				 f.order.setting);
		ck_assert_int_eq(sscanf(rows[i].text, "%lf", &wanted), 1);
		ck_assert_int_eq(sscanf(f.order.value, "%lf", &got), 1);
		ck_assert(fabs(wanted - got) < 1e-9);
	}
	ck_assert_ptr_null(bus_order_setting("Mode"));
	ck_assert_ptr_null(bus_order_setting("Nothing"));
	fixture_stop(&f);
}
END_TEST

START_TEST(a_switch_is_yes_or_no)
{
	struct fixture f;

	fixture_start(&f);
	for (int yes = 0; yes < 2; yes++) {
		sd_bus_message *m = new_call(
			&f, "org.freedesktop.DBus.Properties", "Set");

		sd_bus_message_append(m, "ssv", BUS_SETTINGS,
				      "BluetoothEnabled", "b", yes);
		check_done(fixture_call(&f, m));
		ck_assert_str_eq(f.order.setting->section, "bluetooth");
		ck_assert_str_eq(f.order.value, yes ? "yes" : "no");
	}
	fixture_stop(&f);
}
END_TEST

/* I4 */
START_TEST(numbers_that_cannot_be_settings_are_refused)
{
	static const double bad[] = { NAN, INFINITY, -INFINITY, 1e30,
				      10.12345, -1e10 };
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		probe_check_error(set_number(&f, "DischargeFloor", bad[i]),
				  SD_BUS_ERROR_INVALID_ARGS,
				  "discharge-floor");
	ck_assert_int_eq(f.n_orders, 0);
	fixture_stop(&f);
}
END_TEST

START_TEST(a_setting_may_be_named_as_in_the_file)
{
	struct fixture f;
	sd_bus_message *m;

	fixture_start(&f);
	m = new_call(&f, BUS_SETTINGS, "Set");
	sd_bus_message_append(m, "sss", "battery-monitor", "tail-current",
			      "5");
	check_done(fixture_call(&f, m));
	ck_assert_str_eq(f.order.setting->key, "tail-current");
	ck_assert_str_eq(f.order.value, "5");
	m = new_call(&f, BUS_SETTINGS, "Set");
	sd_bus_message_append(m, "sss", "battery-monitor", "tail", "5");
	probe_check_error(fixture_call(&f, m), SD_BUS_ERROR_INVALID_ARGS,
			  "no setting tail");
	m = new_call(&f, BUS_SETTINGS, "Set");
	sd_bus_message_append(m, "sss", "battery-monitor", "tail-current",
			      "5555555555555555555555555555555555555555");
	probe_check_error(fixture_call(&f, m), SD_BUS_ERROR_INVALID_ARGS,
			  "too long");
	ck_assert_int_eq(f.n_orders, 1);
	fixture_stop(&f);
}
END_TEST

/* B13, E2, F3, H1 */
START_TEST(commands_arrive_once_with_their_value)
{
	struct fixture f;
	sd_bus_message *m;

	fixture_start(&f);
	m = new_call(&f, BUS_BMS, "SetStateOfCharge");
	sd_bus_message_append(m, "d", 79.96);
	check_done(fixture_call(&f, m));
	ck_assert_int_eq(f.order.kind, ORDER_COMMAND);
	ck_assert_int_eq(f.order.command.kind, BMS_COMMAND_SET_SOC);
	ck_assert_int_eq(f.order.command.value, 800);
	check_done(fixture_call(&f, new_call(&f, BUS_BMS,
					     "SynchroniseStateOfCharge")));
	ck_assert_int_eq(f.order.command.kind, BMS_COMMAND_SYNCHRONISE);
	check_done(fixture_call(&f, new_call(&f, BUS_HISTORY, "Reset")));
	ck_assert_int_eq(f.order.command.kind, BMS_COMMAND_RESET_HISTORY);
	check_done(fixture_call(&f, new_call(&f, BUS_BMS, "BeginUpdate")));
	ck_assert_int_eq(f.order.command.kind, BMS_COMMAND_BEGIN_UPDATE);
	check_done(fixture_call(&f, new_call(&f, BUS_BMS, "EndUpdate")));
	ck_assert_int_eq(f.order.command.kind, BMS_COMMAND_END_UPDATE);
	m = new_call(&f, BUS_BMS, "Bypass");
	sd_bus_message_append(m, "uu", 2, 600);
	check_done(fixture_call(&f, m));
	ck_assert_int_eq(f.order.command.kind, BMS_COMMAND_BYPASS);
	ck_assert_uint_eq(f.order.command.battery, 2);
	ck_assert_int_eq(f.order.command.value, 600);
	ck_assert_int_eq(f.n_orders, 6);
	fixture_stop(&f);
}
END_TEST

/* I4 */
START_TEST(commands_that_cannot_be_meant_are_refused)
{
	static const double bad[] = { -0.1, 100.1, NAN, INFINITY };
	struct fixture f;
	sd_bus_message *m;

	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		m = new_call(&f, BUS_BMS, "SetStateOfCharge");
		sd_bus_message_append(m, "d", bad[i]);
		probe_check_error(fixture_call(&f, m),
				  SD_BUS_ERROR_INVALID_ARGS, "0 to 100");
	}
	m = new_call(&f, BUS_BMS, "SetStateOfCharge");
	sd_bus_message_append(m, "s", "80");
	probe_check_error(fixture_call(&f, m), SD_BUS_ERROR_INVALID_ARGS,
			  "takes \"d\"");
	m = new_call(&f, BUS_BMS, "Bypass");
	sd_bus_message_append(m, "uu", 2, UINT32_MAX);
	probe_check_error(fixture_call(&f, m), SD_BUS_ERROR_INVALID_ARGS,
			  "an hour");
	m = new_call(&f, BUS_HISTORY, "Reset");
	sd_bus_message_append(m, "b", 1);
	probe_check_error(fixture_call(&f, m), SD_BUS_ERROR_INVALID_ARGS,
			  "takes \"\"");
	probe_check_error(fixture_call(&f, new_call(&f, BUS_BMS, "Reset")),
			  SD_BUS_ERROR_UNKNOWN_METHOD, "Reset");
	f.order_result = -EAGAIN;
	f.order_error = "not now";
	probe_check_error(fixture_call(&f, new_call(&f, BUS_HISTORY,
						    "Reset")),
			  SD_BUS_ERROR_FAILED, "not now");
	ck_assert_int_eq(f.n_orders, 1);
	fixture_stop(&f);
}
END_TEST

/* The row of a key in the list of all settings; the rest is skipped. */
static bool find_listed(sd_bus_message *list, const char *section,
			const char *key, const char *value[7])
{
	bool found = false;

	ck_assert_int_ge(sd_bus_message_rewind(list, true), 0);
	ck_assert_int_gt(sd_bus_message_enter_container(list, 'a',
							"(sssssss)"), 0);
	while (!found && sd_bus_message_read(list, "(sssssss)", &value[0],
					     &value[1], &value[2], &value[3],
					     &value[4], &value[5],
					     &value[6]) > 0)
		found = strcmp(value[0], section) == 0 &&
			strcmp(value[1], key) == 0;
	return found;
}

START_TEST(every_setting_is_listed_with_its_origin)
{
	struct overrides overrides = {
		.n = 1,
		.item[0] = { settings_row("battery-monitor",
					  "discharge-floor"), "10", "7" },
	};
	const char *value[7];
	sd_bus_message *reply;
	struct fixture f;

	fixture_start(&f);
	f.picture.settings.monitor.discharge_floor_permille = 70;
	f.picture.view.overrides = &overrides;
	reply = fixture_call(&f, new_call(&f, BUS_SETTINGS, "List"));
	ck_assert(!sd_bus_message_is_method_error(reply, NULL));
	ck_assert(find_listed(reply, "battery-monitor", "discharge-floor",
			      value));
	ck_assert_str_eq(value[2], "7");
	ck_assert_str_eq(value[3], "%");
	ck_assert_str_eq(value[4], "changed");
	ck_assert_str_eq(value[5], "0 to 90 %");
	ck_assert(find_listed(reply, "protection", "cell-high", value));
	ck_assert_str_eq(value[4], "default");
	for (uint32_t i = 0; i < f.picture.settings.n_buses; i++) {
		char section[64];

		snprintf(section, sizeof(section), "bus %s",
			 f.picture.settings.bus[i].name);
		ck_assert_msg(find_listed(reply, section, "device", value),
			      "%s", section);
		ck_assert_str_eq(value[2], f.picture.settings.bus[i].device);
	}
	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];

		if (strcmp(row->section, "bus") == 0 ||
		    (strcmp(row->section, "inverter") == 0 &&
		     !f.picture.settings.inverter.present))
			continue;
		ck_assert_msg(find_listed(reply, row->section, row->key,
					  value), "%s", row->key);
	}
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

/* F3: the page's names and types are those of the one table. */
START_TEST(the_history_is_shown_as_its_table_says)
{
	const sd_bus_vtable *vtable = bus_table_vtable(BUS_OBJECT_HISTORY);

	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const sd_bus_vtable *row = &vtable[i + 1];
		bool is_count = history_rows[i].decimals == 0 &&
				history_rows[i].kind == HISTORY_KIND_SUM;

		ck_assert_int_eq(row->type, _SD_BUS_VTABLE_PROPERTY);
		ck_assert_str_eq(row->x.property.member,
				 history_rows[i].name);
		ck_assert_str_eq(row->x.property.signature,
				 is_count ? "t" : "d");
	}
}
END_TEST

START_TEST(the_history_is_shown_in_its_units)
{
	struct fixture f;
	sd_bus_message *reply;
	struct history *h;
	char value[64];

	fixture_prepare(&f);
	h = &f.picture.state.history;
	h->entry[HISTORY_MIN_CELL] = (struct history_entry){
		.known = true, .value = 2791
	};
	h->entry[HISTORY_CYCLES].value = 12;
	fixture_start_prepared(&f);
	reply = fixture_get_all(&f, BUS_ROOT, BUS_HISTORY);
	probe_find(reply, "MinimumCellVoltage", value, sizeof(value));
	ck_assert_str_eq(value, "d:2.791");
	probe_find(reply, "Cycles", value, sizeof(value));
	ck_assert_str_eq(value, "t:12");
	probe_find(reply, "MaximumCellVoltage", value, sizeof(value));
	ck_assert_str_eq(value, "d:nan");
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

/* G3, I4: what is not for everybody is a method, and answered with a text. */
START_TEST(orders_of_bluetooth_arrive_and_are_answered)
{
	static const struct {
		const char *interface;
		const char *name;
		enum order_kind kind;
		const char *answer; /* NULL: nothing */
	} rows[] = {
		{ BUS_BMS, "StartPairing", ORDER_PAIR, NULL },
		{ BUS_BLUETOOTH, "GetKey", ORDER_KEY,
		  "000102030405060708090a0b0c0d0e0f" },
		{ BUS_BLUETOOTH, "RenewKey", ORDER_NEW_KEY,
		  "100102030405060708090a0b0c0d0e0f" },
		{ BUS_BLUETOOTH, "GetPasskey", ORDER_PASSKEY, "" },
		{ BUS_BLUETOOTH, "GetPasskey", ORDER_PASSKEY, "007421" },
	};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text;
		sd_bus_message *reply;

		f.order_error = rows[i].answer;
		reply = fixture_call(&f, new_call(&f, rows[i].interface,
						  rows[i].name));
		ck_assert_int_eq((int)f.order.kind, (int)rows[i].kind);
		ck_assert_int_eq(sd_bus_message_has_signature(
			reply, rows[i].answer ? "s" : ""), 1);
		if (rows[i].answer) {
			ck_assert_int_gt(sd_bus_message_read(reply, "s",
							     &text), 0);
			ck_assert_str_eq(text, rows[i].answer);
		}
		sd_bus_message_unref(reply);
	}
	ck_assert_int_eq(f.n_orders, (int)ARRAY_SIZE(rows));
	fixture_stop(&f);
}
END_TEST

/* I4 */
START_TEST(a_bond_is_named_by_an_address)
{
	static const char *const bad[] = { "", "phone", "00:11:22:33:44:5",
					   "00:11:22:33:44:555" };
	struct fixture f;
	sd_bus_message *m;

	fixture_start(&f);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		m = new_call(&f, BUS_BLUETOOTH, "RemoveBond");
		sd_bus_message_append(m, "s", bad[i]);
		probe_check_error(fixture_call(&f, m),
				  SD_BUS_ERROR_INVALID_ARGS,
				  "00:11:22:33:44:55");
	}
	ck_assert_int_eq(f.n_orders, 0);
	m = new_call(&f, BUS_BLUETOOTH, "RemoveBond");
	sd_bus_message_append(m, "s", "00:11:22:33:44:55");
	check_done(fixture_call(&f, m));
	ck_assert_int_eq((int)f.order.kind, ORDER_REMOVE_BOND);
	ck_assert_str_eq(f.order.address, "00:11:22:33:44:55");
	fixture_stop(&f);
}
END_TEST

/* It is the only one of that property. */
static void check_bond(struct fixture *f, const char *property,
		       const char *address, const char *name)
{
	const char *is_address, *is_name;
	sd_bus_message *m = new_call(f, "org.freedesktop.DBus.Properties",
				     "Get");
	sd_bus_message *reply;

	sd_bus_message_append(m, "ss", BUS_BLUETOOTH, property);
	reply = fixture_call(f, m);
	ck_assert_int_gt(sd_bus_message_enter_container(reply, 'v', "a(ss)"),
			 0);
	ck_assert_int_gt(sd_bus_message_enter_container(reply, 'a', "(ss)"),
			 0);
	ck_assert_int_gt(sd_bus_message_read(reply, "(ss)", &is_address,
					     &is_name), 0);
	ck_assert_str_eq(is_address, address);
	ck_assert_str_eq(is_name, name);
	ck_assert_int_eq(sd_bus_message_at_end(reply, 0), 1);
	sd_bus_message_unref(reply);
}

/* G3, G5: a name comes from a stranger's phone, and may be anything. */
START_TEST(bluetooth_is_shown_with_what_is_wrong_and_who_is_paired)
{
	static const struct bluez_status status = {
		.state = BLUEZ_DEGRADED, .text = "BlueZ refuses it",
		.address = "00:AA:01:00:00:00", .clients = 2,
		.pairing = true, .passkey = "007421", .n_bonds = 1,
		.bond = { { "00:11:22:33:44:55", "ph\xff\none" } },
		.n_others = 1, .other = { { "66:77:88:99:AA:BB", "k\x1b" } },
	};
	static const struct expected rows[] = {
		{ BUS_ROOT, BUS_BLUETOOTH, "State", "s:degraded" },
		{ BUS_ROOT, BUS_BLUETOOTH, "StateText", "s:BlueZ refuses it" },
		{ BUS_ROOT, BUS_BLUETOOTH, "Address", "s:00:AA:01:00:00:00" },
		{ BUS_ROOT, BUS_BLUETOOTH, "Clients", "u:2" },
		{ BUS_ROOT, BUS_BLUETOOTH, "PairingOpen", "b:1" },
	};
	static const struct expected none[] = {
		{ BUS_ROOT, BUS_BLUETOOTH, "State", "s:off" },
		{ BUS_ROOT, BUS_BLUETOOTH, "PairingOpen", "b:0" },
	};
	struct fixture f;

	fixture_start(&f);
	probe_check(&f, none, ARRAY_SIZE(none));
	f.picture.view.bluetooth = &status;
	fixture_settle(&f);
	probe_check(&f, rows, ARRAY_SIZE(rows));
	check_bond(&f, "Bonds", "00:11:22:33:44:55", "ph??one");
	check_bond(&f, "OtherBonds", "66:77:88:99:AA:BB", "k?");
	fixture_stop(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("orders over D-Bus");
	TCase *tcase = tcase_create("orders");

	tcase_add_test(tcase,
		each_setting_that_may_be_written_arrives_as_the_file_would_say);
	tcase_add_test(tcase, a_switch_is_yes_or_no);
	tcase_add_test(tcase, numbers_that_cannot_be_settings_are_refused);
	tcase_add_test(tcase, a_setting_may_be_named_as_in_the_file);
	tcase_add_test(tcase, commands_arrive_once_with_their_value);
	tcase_add_test(tcase, commands_that_cannot_be_meant_are_refused);
	tcase_add_test(tcase, every_setting_is_listed_with_its_origin);
	tcase_add_test(tcase, the_history_is_shown_as_its_table_says);
	tcase_add_test(tcase, the_history_is_shown_in_its_units);
	tcase_add_test(tcase, orders_of_bluetooth_arrive_and_are_answered);
	tcase_add_test(tcase, a_bond_is_named_by_an_address);
	tcase_add_test(tcase,
		       bluetooth_is_shown_with_what_is_wrong_and_who_is_paired);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
