/* SPDX-License-Identifier: MIT */
/*
 * What a phone reads, is told, writes, and how it is paired, over a fake
 * bluetoothd (G2, G3).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/gatt/service.h"
#include "tests/e2e/fake_bluez.h"
#include "tests/e2e/rig_bluez.h"
#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"

static struct rig *rig;
static pid_t bluez;

static void setup(void)
{
	rig = rig_bluez_new(&bluez);
}

static void teardown(void)
{
	rig_bluez_end(bluez, SIGKILL);
	rig_free(rig);
}

static void hex_of(const char *text, char hex[64])
{
	*hex = '\0';
	for (size_t i = 0; text[i]; i++)
		sprintf(hex + 2 * i, "%02x",
			(unsigned int)(unsigned char)text[i]);
}

/* "WORD" as text, with what comes behind it. */
static void write_text(uint16_t number, const char *text, const char *device,
		       const char *said)
{
	char hex[64], arguments[128];

	hex_of(text, hex);
	snprintf(arguments, sizeof(arguments), "%s %s", hex, device);
	rig_expect(rig, "write", number, arguments, said);
}

/* --- reading -------------------------------------------------------------- */

/* G2: every row of the tables is there, with a name and a unit, and can be
 * read unless it can only be written. */
START_TEST(every_characteristic_is_there_with_its_name)
{
	for (size_t i = 0; i < n_service_rows; i++) {
		const struct service_row *row = &service_rows[i];
		char hex[128] = "";

		for (size_t k = 0; row->name[k]; k++)
			sprintf(hex + 2 * k, "%02x",
				(unsigned int)(unsigned char)row->name[k]);
		rig_expect(rig, "descriptor", row->uuid, "2901", hex);
		ck_assert_uint_eq(
			strlen(rig_ask(rig, "descriptor", row->uuid, "2904")),
			14);
		if (row->access & SERVICE_READ)
			ck_assert_ptr_null(
				strstr(rig_ask(rig, "read", row->uuid, PHONE),
				       "error"));
		ck_assert_int_eq(!!(row->access & SERVICE_WRITE),
				 !!strstr(rig_ask(rig, "flags", row->uuid, ""),
					  "write"));
	}
	ck_assert_str_eq(rig_ask(rig, "read", 0x0102, PHONE), "6f6e");
	ck_assert_int_lt(strtol(rig_bluez(rig, "read 00002a19-0000-1000-8000-"
					  "00805f9b34fb " PHONE), NULL, 16),
			 101);
}
END_TEST

/* G2: the later pieces are those of the value that the first one was of, for
 * this client; another one begins with what is now. */
START_TEST(a_long_value_is_read_in_pieces_of_one_moment)
{
	rig_expect(rig, "read", 0x0102, PHONE, "6f6e");
	ck_assert_int_eq(rig_run_ctl(rig, "mode charger-only"), 0);
	rig_expect(rig, "read", 0x0102, PHONE " 1", "6e");
	rig_expect(rig, "read", 0x0102, PHONE " 2", "");
	rig_expect(rig, "read", 0x0102, OTHER " 8", "6f6e6c79");
	rig_expect(rig, "read", 0x0102, PHONE, "636861726765722d6f6e6c79");
	rig_expect(rig, "read", 0x0102, PHONE " 12", "");
	rig_expect(rig, "read", 0x0102, PHONE " 13",
		   "error org.bluez.Error.InvalidOffset");
	rig_expect(rig, "read", 0x0102, PHONE " 65535",
		   "error org.bluez.Error.InvalidOffset");
}
END_TEST

/* A text may come only after the first readings. */
static void until_known(const char *property)
{
	uint64_t deadline = rig_now_us() + UINT64_C(20000000);

	while (!*rig_get(rig, property)) {
		ck_assert_msg(rig_now_us() < deadline, "no %s", property);
		rig_turn(rig);
	}
}

/* G2 */
START_TEST(each_client_sees_the_battery_that_it_selected)
{
	char first[256], second[256];

	until_known("battery/1.Serial");
	until_known("battery/2.Serial");
	snprintf(first, sizeof(first), "%s",
		 rig_ask(rig, "read", 0x0211, PHONE));
	rig_expect(rig, "write", 0x0210, "0200 " PHONE, "ok");
	rig_expect(rig, "read", 0x0210, PHONE, "0200");
	snprintf(second, sizeof(second), "%s",
		 rig_ask(rig, "read", 0x0211, PHONE));
	ck_assert_str_ne(first, second);
	ck_assert_str_eq(rig_ask(rig, "read", 0x0211, OTHER), first);
	rig_expect(rig, "write", 0x0210, "0300 " PHONE,
		   "error org.bluez.Error.Failed 0x80");
	rig_expect(rig, "write", 0x0210, "0000 " PHONE,
		   "error org.bluez.Error.Failed 0x80");
	rig_expect(rig, "write", 0x0210, "01 " PHONE, "error");
	ck_assert_str_eq(rig_ask(rig, "read", 0x0211, PHONE), second);
}
END_TEST

/* Of "COUNT GAP HEX". */
static unsigned int told(uint16_t number, char hex[FAKE_SAID_SIZE])
{
	const char *said = rig_ask(rig, "told", number, "");
	unsigned int count, gap_ms;

	*hex = '\0';
	ck_assert_int_ge(sscanf(said, "%u %u %2047s", &count, &gap_ms, hex),
			 2);
	return count;
}

static void until_told(uint16_t number, const char *wanted)
{
	uint64_t deadline = rig_now_us() + UINT64_C(5000000);
	char hex[FAKE_SAID_SIZE];

	while (told(number, hex) == 0 || strcmp(hex, wanted) != 0) {
		ck_assert_msg(rig_now_us() < deadline, "%04x is %s, not %s",
			      number, hex, wanted);
		rig_get(rig, "Version");
	}
}

/* G2, B3: a pre-alarm reaches a phone that is subscribed, and a figure that
 * changes all the time does so once a second. */
START_TEST(a_pre_alarm_is_told_and_figures_once_a_second)
{
	uint64_t since_us;
	char hex[FAKE_SAID_SIZE], wanted[64];
	unsigned int count;

	rig_expect(rig, "subscribe", 0x0104, "", "ok");
	rig_expect(rig, "subscribe", 0x0202, "", "ok");
	since_us = rig_now_us();
	until_told(0x0104, "796573");
	rig_sim(rig, "cell 1 4 force 3090");
	rig_until_line(rig, LINE_PRE_ALARM, 'H', 2000);
	hex_of("pre-alarm", wanted);
	until_told(0x0104, wanted);
	for (int mv = 3090; mv < 3100; mv++) {
		rig_sim(rig, "cell 1 4 force %d", mv);
		snprintf(wanted, sizeof(wanted), "3.0%d", mv - 3000);
		rig_until(rig, "MinCellVoltage", wanted, SOON_MS);
	}
	count = told(0x0202, hex);
	ck_assert_uint_ge(count, 2);
	ck_assert_uint_le((count - 1) * UINT64_C(1000000),
			  rig_now_us() - since_us);
	rig_expect(rig, "unsubscribe", 0x0202, "", "ok");
	count = told(0x0202, hex);
	rig_sim(rig, "cell 1 4 force 3085");
	rig_until(rig, "MinCellVoltage", "3.085", SOON_MS);
	rig_stays(rig, "bluetooth.State", "advertising", 1500);
	ck_assert_uint_eq(told(0x0202, hex), count);
	/* And what stays as it is has been told once. */
	ck_assert_uint_eq(told(0x0104, hex), 2);
}
END_TEST

/* --- writing -------------------------------------------------------------- */

/* G2, D2: what is written does what D-Bus would, and says whose it was. */
START_TEST(who_is_paired_may_write_and_the_log_names_him)
{
	write_text(0x0102, "charger-only", PHONE, "unauthenticated");
	ck_assert_str_eq(rig_get(rig, "Mode"), "on");
	rig_bluez_pair(rig, PHONE, "phone");
	write_text(0x0102, "charger-only", PHONE, "ok");
	rig_until(rig, "Mode", "charger-only", SOON_MS);
	rig_until_log(rig, "mode: set to charger-only by Bluetooth " PHONE,
		      SOON_MS);
	rig_expect(rig, "write", 0x0405, "3200 " PHONE, "ok");
	rig_until(rig, "settings.DischargeFloor", "5.000", SOON_MS);
	rig_until_log(rig, "discharge-floor set to 5 % by Bluetooth " PHONE,
		      SOON_MS);
	rig_expect(rig, "write", 0x0101, "4303 " PHONE, "ok");
	rig_until(rig, "StateOfCharge", "83.500", SOON_MS);
	rig_until_log(rig, "state of charge set to 83.5 % by Bluetooth " PHONE,
		      SOON_MS);
	write_text(0x0112, "reset-history", PHONE, "ok");
	rig_until_log(rig, "history begun anew by Bluetooth " PHONE, SOON_MS);
}
END_TEST

/* G2, I4: nothing that is written wrongly changes anything. */
START_TEST(a_malformed_write_changes_nothing)
{
	static const struct {
		uint16_t number;
		const char *written; /* hex and device */
	} rows[] = {
		{ 0x0102, "- " PHONE },
		{ 0x0102, "6f66 " PHONE },            /* "of" */
		{ 0x0102, "6f666600 " PHONE },        /* "off" and a NUL */
		{ 0x0102, "6f6666 " PHONE " 1" },     /* at an offset */
		{ 0x0102, "ffffffffffffffffffffffffffffffffffffffffffffffffff"
			  " " PHONE },
		{ 0x0101, "e9 " PHONE },
		{ 0x0101, "e903 " PHONE },            /* 100.1 % */
		{ 0x0101, "e80300 " PHONE },
		{ 0x0101, "ffff " PHONE },            /* unknown */
		{ 0x0405, "ffff " PHONE },
		{ 0x0405, "e903 " PHONE },
		{ 0x0406, "02 " PHONE },
		{ 0x0406, "ff " PHONE },
		{ 0x0112, "7374617274 " PHONE },      /* "start" */
		{ 0x0112, "- " PHONE },
	};
	char soc[64];

	rig_bluez_pair(rig, PHONE, "phone");
	snprintf(soc, sizeof(soc), "%s", rig_get(rig, "StateOfCharge"));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		rig_expect(rig, "write", rows[i].number, rows[i].written,
			   "error");
	ck_assert_str_eq(rig_get(rig, "Mode"), "on");
	ck_assert_str_eq(rig_get(rig, "settings.DischargeFloor"), "10.000");
	ck_assert_str_eq(rig_get(rig, "settings.BluetoothEnabled"), "yes");
	ck_assert_double_eq_tol(rig_get_double(rig, "StateOfCharge"),
				strtod(soc, NULL), 0.5);
	ck_assert(!rig_log_has(rig, "by Bluetooth"));
	/* Each was judged; a good one still goes. */
	write_text(0x0102, "off", PHONE, "ok");
	rig_until(rig, "Mode", "off", SOON_MS);
}
END_TEST

/* G2: only the owner of org.bluez is answered, whoever else may call. */
START_TEST(nobody_but_bluez_may_ask_or_write)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *owner;
	char path[] = "/org/vebusbmsng_bluez/gatt/s2/c11";
	sd_bus_message *m = NULL;
	int r;

	owner = rig_bluez(rig, "owner");
	ck_assert_int_eq(*owner, ':');
	ck_assert_int_ge(sd_bus_message_new_method_call(rig->bus, &m, owner,
		path, "org.bluez.GattCharacteristic1", "WriteValue"), 0);
	ck_assert_int_ge(sd_bus_message_append_array(m, 'y', "off", 3), 0);
	ck_assert_int_ge(sd_bus_message_append(m, "a{sv}", 1, "device", "o",
		"/org/bluez/hci0/dev_00_11_22_33_44_55"), 0);
	r = sd_bus_call(rig->bus, m, 3000000, &error, NULL);
	ck_assert_int_lt(r, 0);
	ck_assert_str_eq(error.name, SD_BUS_ERROR_ACCESS_DENIED);
	sd_bus_error_free(&error);
	sd_bus_message_unref(m);
	ck_assert_str_eq(rig_get(rig, "Mode"), "on");
}
END_TEST

/* --- pairing -------------------------------------------------------------- */

/* G3 */
START_TEST(outside_of_the_window_nobody_can_pair)
{
	static const char *const methods[] = { "DisplayPasskey",
		"RequestPinCode", "RequestPasskey", "RequestConfirmation",
		"RequestAuthorization" };

	ck_assert_str_eq(rig_bluez(rig, "pairable"), "no");
	ck_assert_str_eq(rig_bluez(rig, "pair " PHONE),
			 "refused not pairable");
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const char *said = rig_bluez(rig, "agent %s " PHONE,
					     methods[i]);

		ck_assert_msg(strncmp(said, "error org.bluez.Error.Rejected",
				      30) == 0, "%s: %s", methods[i], said);
	}
	ck_assert_str_eq(rig_get(rig, "bluetooth.PairingOpen"), "no");
	ck_assert(!rig_log_has(rig, "passkey"));
}
END_TEST

/* What the tool has printed so far. */
static bool printed(const char *name, const char *text)
{
	static char buf[4096];

	rig_file_text(rig_path(rig, name), buf, sizeof(buf));
	return strstr(buf, text) != NULL;
}

static void until_printed(const char *name, const char *text)
{
	uint64_t deadline = rig_now_us() + UINT64_C(30000000);

	while (!printed(name, text)) {
		ck_assert_msg(rig_now_us() < deadline, "no \"%s\"", text);
		rig_turn(rig);
	}
}

static pid_t start_pair(void)
{
	char prog[1024];
	char *argv[] = { (char *)rig_program("vebus-bms-ngctl", prog),
			 "--session-bus", "pair", NULL };

	rig_bus_address(rig);
	return rig_start(rig, "pair.log", argv);
}

/* G3 */
START_TEST(within_the_window_the_shown_passkey_pairs)
{
	char shown[64], line[96];
	pid_t pid = start_pair();

	rig_until(rig, "bluetooth.PairingOpen", "yes", SOON_MS);
	rig_bluez_until(rig, "pairable", "yes", 5000);
	ck_assert_int_eq(
		sscanf(rig_bluez_until(rig, "pair " PHONE, "shown", SOON_MS),
		       "shown %6s", shown),
		1);
	ck_assert_str_eq(shown, "007421");
	until_printed("pair.log", "Passkey: 007421");
	rig_until_log(rig, PHONE " wants to pair: type in the passkey 007421",
		      SOON_MS);
	ck_assert_str_eq(rig_bluez(rig, "type " PHONE " 000000"), "failed");
	ck_assert_str_eq(rig_get(rig, "bluetooth.Bonds"), "");
	ck_assert_int_eq(sscanf(rig_bluez(rig, "pair " PHONE), "shown %6s",
				shown), 1);
	until_printed("pair.log", shown);
	snprintf(line, sizeof(line), "type " PHONE " %s", shown);
	ck_assert_str_eq(rig_bluez(rig, "%s", line), "paired");
	rig_until(rig, "bluetooth.Bonds", PHONE " " PHONE, SOON_MS);
	ck_assert_int_eq(rig_reap(pid, 5000), 0);
	until_printed("pair.log", "Paired with " PHONE);
	rig_until(rig, "bluetooth.PairingOpen", "no", SOON_MS);
	rig_bluez_until(rig, "pairable", "no", 5000);
	rig_until_log(rig, PHONE " has been paired", SOON_MS);
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth"), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), PHONE));
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth remove " OTHER), 1);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "no bond"));
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth remove " PHONE), 0);
	ck_assert_str_eq(rig_get(rig, "bluetooth.Bonds"), "");
	rig_until_log(rig, PHONE " is paired no more", SOON_MS);
}
END_TEST

/* G3: BlueZ would not tell that a bond has taken the place of another, so a
 * phone that has forgotten its own is like a new one, with its next try. */
START_TEST(a_phone_that_pairs_anew_closes_the_window)
{
	pid_t pid;

	rig_bluez_pair(rig, PHONE, "phone");
	rig_bluez(rig, "connect " PHONE);
	pid = start_pair();
	rig_bluez_until(rig, "pairable", "yes", SOON_MS);
	rig_bluez_until(rig, "pair " PHONE, "refused", SOON_MS);
	until_printed("pair.log", PHONE " was paired before");
	rig_until(rig, "bluetooth.Bonds", "", SOON_MS);
	rig_until_log(rig, PHONE " was paired before: that bond is removed",
		      SOON_MS);
	ck_assert_str_eq(rig_get(rig, "bluetooth.PairingOpen"), "yes");
	rig_bluez_until(rig, "pair " PHONE, "shown", SOON_MS);
	rig_bluez(rig, "bond " PHONE " phone");
	rig_until(rig, "bluetooth.Bonds", PHONE " phone", SOON_MS);
	rig_until(rig, "bluetooth.PairingOpen", "no", SOON_MS);
	ck_assert_int_eq(rig_reap(pid, 5000), 0);
	until_printed("pair.log", "Paired with " PHONE);
}
END_TEST

/* G3: a bond from before is no news when BlueZ or the adapter is back. */
START_TEST(a_bond_is_told_once)
{
	rig_bluez_pair(rig, PHONE, "phone");
	rig_until_log(rig, PHONE " has been paired", SOON_MS);
	rig_bluez(rig, "unplug");
	rig_until(rig, "bluetooth.State", "no-adapter", SOON_MS);
	rig_until(rig, "bluetooth.Bonds", PHONE " ", SOON_MS);
	rig_bluez(rig, "plug");
	rig_until(rig, "bluetooth.Bonds", PHONE " phone", SOON_MS);
	/* As long as it may take to see that it was not removed. */
	rig_stays(rig, "bluetooth.Bonds", PHONE " phone", 4000);
	ck_assert_uint_eq(rig_log_count(rig, PHONE " has been paired"), 1);
	ck_assert_uint_eq(rig_log_count(rig, "paired no more"), 0);
}
END_TEST

/* G3 */
START_TEST(the_window_closes_after_two_minutes)
{
	pid_t pid = start_pair();

	rig_until(rig, "bluetooth.PairingOpen", "yes", SOON_MS);
	rig_bluez_until(rig, "pairable", "yes", 5000);
	rig_stays(rig, "bluetooth.PairingOpen", "yes", 115000);
	rig_until(rig, "bluetooth.PairingOpen", "no", 8000);
	rig_bluez_until(rig, "pairable", "no", 5000);
	ck_assert_int_eq(rig_reap(pid, 5000) >> 8, 1);
	until_printed("pair.log", "nobody was paired");
	ck_assert_msg(strncmp(rig_bluez(rig, "agent DisplayPasskey " PHONE),
			      "error org.bluez.Error.Rejected", 30) == 0,
		      "after the window");
}
END_TEST

/* G3: others may switch it on, and what is no window stays none. */
START_TEST(pairable_is_switched_off_again_where_others_switch_it_on)
{
	rig_bluez(rig, "pairable on");
	rig_bluez_until(rig, "pairable", "no", 5000);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_characteristic_is_there_with_its_name,
		a_long_value_is_read_in_pieces_of_one_moment,
		each_client_sees_the_battery_that_it_selected,
		a_pre_alarm_is_told_and_figures_once_a_second,
		who_is_paired_may_write_and_the_log_names_him,
		a_malformed_write_changes_nothing,
		nobody_but_bluez_may_ask_or_write,
		outside_of_the_window_nobody_can_pair,
		within_the_window_the_shown_passkey_pairs,
		a_phone_that_pairs_anew_closes_the_window,
		a_bond_is_told_once,
		the_window_closes_after_two_minutes,
		pairable_is_switched_off_again_where_others_switch_it_on,
	};
	Suite *suite = suite_create("Bluetooth clients");
	TCase *tcase = tcase_create("client");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 240);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
