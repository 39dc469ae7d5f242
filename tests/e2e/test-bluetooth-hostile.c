/* SPDX-License-Identifier: MIT */
/*
 * Bluetooth against those who mean no good: a phone near the boat, and a
 * local process that pretends to be somebody (G2 to G4, I4, I5).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bluez/bluez.h"
#include "daemon/repeat.h"
#include "lib/gatt/service.h"
#include "tests/e2e/fake_bluez.h"
#include "tests/e2e/rig_bluez.h"
#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"

#define BUS_DAEMON "org.freedesktop.DBus"

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

/* The fake's answer comes to be that one. */
static void until_said(const char *line, const char *said)
{
	uint64_t deadline = rig_now_us() + UINT64_C(5000000);
	const char *is;

	while (strcmp(is = rig_bluez(rig, "%s", line), said) != 0) {
		ck_assert_msg(rig_now_us() < deadline,
			      "%s: \"%s\", not \"%s\"", line, is, said);
		rig_turn(rig);
	}
}

/* --- a local process ------------------------------------------------------ */

/* That this test has org.bluez now, to the daemon's connection only. */
static void lie_about_the_owner(const char *to)
{
	sd_bus_message *m = NULL;
	const char *me;

	ck_assert_int_ge(sd_bus_get_unique_name(rig->bus, &me), 0);
	ck_assert_int_ge(sd_bus_message_new_signal(rig->bus, &m,
		"/org/freedesktop/DBus", BUS_DAEMON, "NameOwnerChanged"), 0);
	ck_assert_int_ge(sd_bus_message_append(m, "sss", "org.bluez", "",
					       me), 0);
	ck_assert_int_ge(sd_bus_send_to(rig->bus, m, to, NULL), 0);
	sd_bus_message_unref(m);
}

static void write_mode_off(const char *to)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	int r;

	ck_assert_int_ge(sd_bus_message_new_method_call(rig->bus, &m, to,
		"/org/vebusbmsng_bluez/gatt/s2/c11",
		"org.bluez.GattCharacteristic1", "WriteValue"), 0);
	ck_assert_int_ge(sd_bus_message_append_array(m, 'y', "off", 3), 0);
	ck_assert_int_ge(sd_bus_message_append(m, "a{sv}", 1, "device", "o",
		"/org/bluez/hci0/dev_00_11_22_33_44_55"), 0);
	r = sd_bus_call(rig->bus, m, 3000000, &error, NULL);
	ck_assert_int_lt(r, 0);
	ck_assert_str_eq(error.name, SD_BUS_ERROR_ACCESS_DENIED);
	sd_bus_error_free(&error);
	sd_bus_message_unref(m);
}

/* G2, I4: whoever says that he is BlueZ is not believed. */
START_TEST(only_the_bus_says_who_bluez_is)
{
	char owner[FAKE_NAME_SIZE];

	snprintf(owner, sizeof(owner), "%s", rig_bluez(rig, "owner"));
	ck_assert_int_eq(*owner, ':');
	lie_about_the_owner(owner);
	write_mode_off(owner);
	rig_stays(rig, "bluetooth.State", "advertising", 1500);
	ck_assert_str_eq(rig_get(rig, "Mode"), "on");
	ck_assert_str_eq(rig_bluez(rig, "owner"), owner);
}
END_TEST

/* --- pairing -------------------------------------------------------------- */

/* G3: BlueZ ignores what the agent answers. */
START_TEST(a_passkey_outside_of_the_window_ends_the_connection)
{
	rig_bluez(rig, "connect " PHONE " phone");
	rig_until(rig, "bluetooth.State", "connected", SOON_MS);
	ck_assert_int_eq(strncmp(rig_bluez(rig, "agent DisplayPasskey " PHONE),
				 "error org.bluez.Error.Rejected", 30), 0);
	until_said("state " PHONE, "");
	ck_assert(!rig_log_has(rig, "passkey"));
}
END_TEST

/* Both are shown a passkey, PHONE first. */
static void show_two_passkeys(void)
{
	rig_bluez_window(rig);
	rig_bluez(rig, "connect " PHONE " phone");
	rig_bluez(rig, "connect " OTHER " other");
	ck_assert_str_eq(rig_bluez(rig, "pair " PHONE), "shown 007421");
	ck_assert_str_eq(rig_bluez(rig, "pair " OTHER), "shown 007422");
}

/* G3: it closes with the first bond, whoever was shown a passkey last, and
 * that one is sent away. */
START_TEST(two_phones_get_one_bond_of_a_window)
{
	show_two_passkeys();
	rig_bluez(rig, "bond " PHONE " phone");
	rig_until(rig, "bluetooth.PairingOpen", "no", SOON_MS);
	until_said("state " OTHER, "");
	until_said("pairable", "no");
	ck_assert_str_eq(rig_bluez(rig, "state " PHONE), "connected bonded");
}
END_TEST

/* G3: so is the one who was shown the first. */
START_TEST(the_later_phones_bond_ends_the_earlier_ones_pairing)
{
	show_two_passkeys();
	rig_bluez(rig, "bond " OTHER " other");
	rig_until(rig, "bluetooth.PairingOpen", "no", SOON_MS);
	until_said("state " PHONE, "");
	ck_assert_str_eq(rig_bluez(rig, "state " OTHER), "connected bonded");
}
END_TEST

/* G3: whatever closes it. */
START_TEST(a_window_that_closes_ends_every_pairing)
{
	show_two_passkeys();
	rig_bluez(rig, "power off");
	rig_until(rig, "bluetooth.PairingOpen", "no", SOON_MS);
	until_said("state " PHONE, "");
	until_said("state " OTHER, "");
}
END_TEST

/* G3: anybody near may pair without a bond, as often as he likes. */
START_TEST(who_is_paired_without_a_bond_is_not_told_as_paired)
{
	for (int i = 0; i < 3; i++) {
		rig_bluez(rig, "connect " OTHER " other");
		rig_until(rig, "bluetooth.State", "connected", SOON_MS);
		rig_bluez(rig, "justpair " OTHER);
		rig_stays(rig, "bluetooth.Bonds", "", 500);
		rig_bluez(rig, "disconnect " OTHER);
		rig_until(rig, "bluetooth.State", "advertising", SOON_MS);
	}
	ck_assert(!rig_log_has(rig, "has been paired"));
	rig_bluez_pair(rig, PHONE, "phone");
	rig_until_log(rig, PHONE " has been paired", SOON_MS);
}
END_TEST

/* G3: a BlueZ that does not tell the two apart is believed. */
START_TEST(an_old_bluez_says_paired_where_it_means_bonded)
{
	rig_bluez(rig, "old");
	rig_bluez_pair(rig, PHONE, "phone");
	rig_until_log(rig, PHONE " has been paired", SOON_MS);
}
END_TEST

/* --- a phone -------------------------------------------------------------- */

/* G4: BlueZ may be slow to take the services back, or refuse to. */
START_TEST(nobody_is_answered_while_it_is_off)
{
	rig_bluez(rig, "connect " PHONE " phone");
	rig_bluez(rig, "bond " PHONE " phone");
	rig_expect(rig, "read", 0x0102, PHONE, "6f6e");
	/* The 30 s of the start are over, and the guest is gone. */
	rig_bluez(rig, "disconnect " PHONE);
	rig_until(rig, "bluetooth.Clients", "0", 10000);
	rig_stays(rig, "bluetooth.Clients", "0", 31000);
	rig_bluez(rig, "fail UnregisterApplication org.bluez.Error.Failed");
	ck_assert_int_eq(rig_run_ctl(rig, "settings bluetooth.enabled no"),
			 0);
	rig_until(rig, "bluetooth.State", "off", SOON_MS);
	rig_expect(rig, "read", 0x0102, PHONE,
		   "error org.bluez.Error.Failed 0x81");
	rig_expect(rig, "write", 0x0102, "6f6666 " PHONE,
		   "error org.bluez.Error.Failed 0x81");
	ck_assert_str_eq(rig_get(rig, "Mode"), "on");
}
END_TEST

/* G2: addresses are free; what is asked behind a device's end leaves no
 * place taken and no say in what others are told. */
START_TEST(devices_that_are_gone_take_nothing_from_others)
{
	char arguments[64], told[FAKE_SAID_SIZE];

	for (int i = 0; i < BLUEZ_DEVICES_MAX + 6; i++) {
		snprintf(arguments, sizeof(arguments),
			 "0200 00:00:00:00:00:%02X", i);
		rig_expect(rig, "write", 0x0210, arguments, "ok");
	}
	rig_bluez(rig, "connect " PHONE " phone");
	rig_bluez_pair(rig, PHONE, "phone");
	rig_expect(rig, "write", 0x0405, "3200 " PHONE, "ok");
	rig_expect(rig, "subscribe", 0x0215, "", "ok");
	do {
		char uuid[SERVICE_UUID_SIZE];

		service_uuid(0x0215, uuid);
		snprintf(told, sizeof(told), "%s",
			 rig_bluez(rig, "told %s", uuid));
		rig_get(rig, "Version");
	} while (atoi(told) == 0);
}
END_TEST

/* G5: what is too much to be read in one go is not read. */
START_TEST(a_crowd_of_devices_delays_nothing)
{
	rig_bluez(rig, "crowd 1500");
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	rig_start_daemon(rig);
	rig_until(rig, "bluetooth.State", "advertising", SOON_MS);
	rig_bluez(rig, "crowd 10000");
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	rig_start_daemon(rig);
	rig_allowed(rig);
	rig_until(rig, "bluetooth.State", "degraded", 10000);
	rig_until_has(rig, "bluetooth.StateText", "the list of adapters",
		      10000);
	rig_sim(rig, "cell 2 7 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 1000);
}
END_TEST

/* --- the log -------------------------------------------------------------- */

/* I5, G5 */
START_TEST(an_adapter_that_comes_and_goes_is_not_told_each_time)
{
	for (int i = 0; i < REPEAT_FIRST + 5; i++) {
		rig_bluez(rig, "power off");
		rig_until(rig, "bluetooth.State", "powered-off", SOON_MS);
		rig_bluez(rig, "power on");
		rig_until(rig, "bluetooth.State", "advertising", SOON_MS);
	}
	ck_assert_uint_le(rig_log_count(rig, "bluetooth: powered-off"),
			  REPEAT_FIRST);
	ck_assert_uint_le(rig_log_count(rig, "bluetooth: advertising again"),
			  REPEAT_FIRST);
	ck_assert(rig_log_has(rig, "bluetooth: advertising again"));
}
END_TEST

/* I5, G2: here the floor would lie above the warning. */
START_TEST(an_order_that_is_refused_again_and_again_is_not_told_each_time)
{
	rig_bluez_pair(rig, PHONE, "phone");
	for (int i = 0; i < REPEAT_FIRST + 5; i++)
		rig_expect(rig, "write", 0x0405, "f401 " PHONE,
			   "error org.bluez.Error.Failed 0x80");
	rig_expect(rig, "write", 0x0405, "3200 " PHONE, "ok");
	rig_expect(rig, "write", 0x0405, "f401 " PHONE, "error");
	ck_assert_uint_eq(rig_log_count(rig, "is refused"), REPEAT_FIRST + 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		only_the_bus_says_who_bluez_is,
		a_passkey_outside_of_the_window_ends_the_connection,
		two_phones_get_one_bond_of_a_window,
		the_later_phones_bond_ends_the_earlier_ones_pairing,
		a_window_that_closes_ends_every_pairing,
		who_is_paired_without_a_bond_is_not_told_as_paired,
		an_old_bluez_says_paired_where_it_means_bonded,
		nobody_is_answered_while_it_is_off,
		devices_that_are_gone_take_nothing_from_others,
		a_crowd_of_devices_delays_nothing,
		an_adapter_that_comes_and_goes_is_not_told_each_time,
		an_order_that_is_refused_again_and_again_is_not_told_each_time,
	};
	Suite *suite = suite_create("Bluetooth, hostile");
	TCase *tcase = tcase_create("hostile");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 240);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
