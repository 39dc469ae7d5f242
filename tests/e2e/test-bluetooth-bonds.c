/* SPDX-License-Identifier: MIT */
/*
 * Who may write over Bluetooth: whoever was paired in a window that was
 * opened on purpose, and nobody else whom bluetoothd lets in (G2, G3).
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store.h"
#include "lib/base/bonds.h"
#include "tests/e2e/fake_bluez.h"
#include "tests/e2e/rig_bluez.h"
#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"

#define ADAPTER "00:AA:01:00:00:00"
#define PRIVATE "4A:BB:CC:DD:EE:FF" /* resolvable, of a phone for minutes */
#define REFUSED "error org.bluez.Error.NotAuthorized"

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

/* The floor for discharging, which is 10 % at first. */
static void writes(const char *device, const char *said)
{
	char arguments[64];

	snprintf(arguments, sizeof(arguments), "3200 %s", device);
	rig_expect(rig, "write", 0x0405, arguments, said);
}

/* --- paired elsewhere ----------------------------------------------------- */

/* G2, G3: bluetoothd lets every local user pair, with an agent of his own. */
START_TEST(who_was_paired_by_another_program_may_not_write)
{
	rig_bluez(rig, "bond " PHONE " phone");
	rig_until(rig, "bluetooth.OtherBonds", PHONE " phone", SOON_MS);
	ck_assert_str_eq(rig_get(rig, "bluetooth.Bonds"), "");
	rig_until_log(rig, PHONE " has been paired by another program",
		      SOON_MS);
	rig_expect(rig, "read", 0x0102, PHONE, "6f6e");
	rig_expect(rig, "write", 0x0210, "0200 " PHONE, "ok");
	for (int i = 0; i < 3; i++)
		rig_expect(rig, "write", 0x0102, "6f6666 " PHONE, REFUSED);
	writes(PHONE, REFUSED);
	ck_assert_str_eq(rig_get(rig, "Mode"), "on");
	ck_assert_str_eq(rig_get(rig, "settings.DischargeFloor"), "10.000");
	ck_assert_uint_eq(rig_log_count(rig, "an order by " PHONE
					" is refused"), 1);
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth"), 0);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "Paired elsewhere      "
				     PHONE " phone (may change nothing)"));
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth remove " PHONE), 0);
	ck_assert_str_eq(rig_get(rig, "bluetooth.OtherBonds"), "");
}
END_TEST

/* G3: nor who bonds while the window is open for somebody else. */
START_TEST(a_window_lets_in_only_who_was_shown_its_passkey)
{
	rig_bluez_window(rig);
	rig_bluez(rig, "bond " OTHER " other");
	rig_until(rig, "bluetooth.OtherBonds", OTHER " other", SOON_MS);
	writes(OTHER, REFUSED);
	ck_assert_str_eq(rig_get(rig, "bluetooth.PairingOpen"), "yes");
	rig_bluez_pair(rig, PHONE, "phone");
	writes(PHONE, "ok");
	writes(OTHER, REFUSED);
}
END_TEST

/* G3: it may be the same address, and is another's key. */
START_TEST(a_bond_that_is_made_anew_elsewhere_is_another_one)
{
	rig_bluez_pair(rig, PHONE, "phone");
	writes(PHONE, "ok");
	rig_bluez(rig, "unbond " PHONE);
	rig_until(rig, "bluetooth.Bonds", "", SOON_MS);
	rig_bluez(rig, "bond " PHONE " phone");
	rig_until(rig, "bluetooth.OtherBonds", PHONE " phone", SOON_MS);
	writes(PHONE, REFUSED);
	/* Removed, and back with a bond that nobody saw being made. */
	rig_bluez_pair(rig, OTHER, "other");
	writes(OTHER, "ok");
	rig_bluez(rig, "reappear " OTHER);
	rig_bluez(rig, "reappear " OTHER);
	rig_until_has(rig, "bluetooth.OtherBonds", OTHER, SOON_MS);
	writes(OTHER, REFUSED);
	ck_assert_str_eq(rig_get(rig, "bluetooth.Bonds"), "");
}
END_TEST

/* G3 */
START_TEST(a_device_that_bluez_removes_leaves_the_list)
{
	rig_bluez_pair(rig, PHONE, "phone");
	rig_bluez(rig, "reappear " PHONE);
	rig_until(rig, "bluetooth.Bonds", "", SOON_MS);
	rig_until_log(rig, PHONE " is paired no more", SOON_MS);
}
END_TEST

/* --- who a device is ------------------------------------------------------ */

/* G3: a phone connects with an address of some minutes, and says only while
 * it pairs who it is; after its next start BlueZ has it by that name. */
START_TEST(a_phone_is_known_by_its_identity)
{
	rig_bluez(rig, "connect " PRIVATE " phone");
	rig_bluez_window(rig);
	rig_bluez_until(rig, "pair " PRIVATE, "shown", SOON_MS);
	rig_bluez(rig, "address " PRIVATE " " PHONE);
	rig_bluez(rig, "bond " PHONE " phone");
	rig_until(rig, "bluetooth.Bonds", PHONE " phone", SOON_MS);
	writes(PHONE, "ok");
	rig_bluez(rig, "unplug");
	rig_until(rig, "bluetooth.State", "no-adapter", SOON_MS);
	rig_bluez(rig, "plug");
	rig_until(rig, "bluetooth.Bonds", PHONE " phone", SOON_MS);
	rig_bluez_until(rig, "advertised", NULL, SOON_MS);
	writes(PHONE, "ok");
}
END_TEST

/* G3: also where BlueZ says it after the bond. */
START_TEST(an_identity_that_is_told_late_is_followed)
{
	rig_bluez_pair(rig, PRIVATE, "phone");
	rig_bluez(rig, "address " PRIVATE " " PHONE);
	rig_until(rig, "bluetooth.Bonds", PHONE " phone", SOON_MS);
	writes(PHONE, "ok");
}
END_TEST

/* G3: whoever is paired elsewhere may say that he is somebody else. */
START_TEST(an_identity_that_is_taken_is_believed_of_nobody)
{
	rig_bluez_pair(rig, PHONE, "phone");
	rig_bluez(rig, "disconnect " PHONE);
	rig_bluez(rig, "bond " OTHER " other");
	rig_until(rig, "bluetooth.OtherBonds", OTHER " other", SOON_MS);
	rig_bluez(rig, "reappear " PHONE);
	rig_bluez(rig, "address " OTHER " " PHONE);
	rig_until(rig, "bluetooth.Bonds", "", SOON_MS);
	rig_until_log(rig, PHONE " has been paired by another program",
		      SOON_MS);
	writes(PHONE, REFUSED);
}
END_TEST

/* --- what is kept --------------------------------------------------------- */

static void restart_daemon(void)
{
	(void)rig_end_daemon(rig, SIGKILL);
	rig_bluez_until(rig, "advertised", "none", SOON_MS);
	rig_start_daemon(rig);
	rig_until(rig, "bluetooth.State", "advertising", SOON_MS);
	rig_bluez_until(rig, "advertised", NULL, SOON_MS);
}

static void until_kept(void)
{
	uint64_t deadline = rig_now_us() + SOON_MS * UINT64_C(1000);

	while (access(rig_path(rig, "state/bonds.0"), F_OK) < 0) {
		ck_assert_msg(rig_now_us() < deadline, "it is not kept");
		rig_turn(rig);
	}
}

/* G2, G3 */
START_TEST(who_may_write_is_kept_over_a_kill)
{
	rig_bluez_pair(rig, PHONE, "phone");
	rig_bluez(rig, "bond " OTHER " other");
	rig_until(rig, "bluetooth.OtherBonds", OTHER " other", SOON_MS);
	until_kept();
	restart_daemon();
	rig_until(rig, "bluetooth.Bonds", PHONE " phone", SOON_MS);
	rig_until(rig, "bluetooth.OtherBonds", OTHER " other", SOON_MS);
	writes(PHONE, "ok");
	writes(OTHER, REFUSED);
	/* A bond that was removed meanwhile is none, also before it is seen
	 * that it was. */
	(void)rig_end_daemon(rig, SIGTERM);
	rig_bluez(rig, "unbond " PHONE);
	rig_bluez(rig, "connect " PHONE);
	rig_bluez(rig, "justpair " PHONE);
	rig_start_daemon(rig);
	rig_until(rig, "bluetooth.Bonds", PHONE " ", SOON_MS);
	rig_bluez_until(rig, "advertised", NULL, SOON_MS);
	writes(PHONE, REFUSED);
	rig_until(rig, "bluetooth.Bonds", "", SOON_MS);
}
END_TEST

static void spoil(const char *name)
{
	int fd = open(rig_path(rig, name), O_WRONLY);

	if (fd < 0)
		return;
	ck_assert_int_eq(pwrite(fd, "?", 1, 0), 1);
	close(fd);
}

/* G3, I4: unknown forbids. */
START_TEST(where_the_list_cannot_be_read_nobody_may_write)
{
	rig_bluez_pair(rig, PHONE, "phone");
	(void)rig_end_daemon(rig, SIGTERM);
	ck_assert_int_eq(access(rig_path(rig, "state/bonds.0"), F_OK), 0);
	spoil("state/bonds.0");
	spoil("state/bonds.1");
	rig_start_daemon(rig);
	rig_until(rig, "bluetooth.OtherBonds", PHONE " phone", SOON_MS);
	ck_assert_str_eq(rig_get(rig, "bluetooth.Bonds"), "");
	rig_bluez_until(rig, "advertised", NULL, SOON_MS);
	writes(PHONE, REFUSED);
	restart_daemon();
	ck_assert_uint_eq(rig_log_count(rig, "cannot be read who may change"),
			  1);
}
END_TEST

/* G3: the bonds of another adapter, which is not there, say nothing. */
START_TEST(no_more_are_let_in_than_can_be_kept)
{
	char text[BONDS_TEXT_SIZE] = "";
	struct text t = text_in(text, sizeof(text));
	struct bonds bonds = { 0 };
	char address[] = "00:00:00:00:00:00";
	int fd;

	for (int i = 1; i < BONDS_MAX; i++) {
		address[16] = "0123456789ABCDEF"[i];
		ck_assert_int_eq(bonds_add(&bonds, "00:AA:01:01:00:01",
					   address), 0);
	}
	ck_assert_int_eq(bonds_add(&bonds, "00:AA:01:01:00:01", PHONE), 0);
	bonds_encode(&bonds, &t);
	(void)rig_end_daemon(rig, SIGTERM);
	fd = store_open(rig_path(rig, "state"));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(store_save(fd, "bonds", t.buf, t.len), 0);
	close(fd);
	rig_bluez(rig, "bond " PHONE " phone");
	rig_start_daemon(rig);
	rig_until(rig, "bluetooth.OtherBonds", PHONE " phone", SOON_MS);
	rig_bluez_until(rig, "advertised", NULL, SOON_MS);
	writes(PHONE, REFUSED);
	/* 3 s after it has seen the adapter they are compared. */
	rig_stays(rig, "bluetooth.OtherBonds", PHONE " phone", 5000);
	ck_assert(!rig_log_has(rig, "is paired no more"));
	ck_assert_int_eq(rig_run_ctl(rig, "pair"), 1);
	ck_assert_ptr_nonnull(strstr(rig_printed(rig), "remove one of them"));
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth remove "
				     "00:00:00:00:00:0a"), 0);
	rig_bluez_pair(rig, OTHER, "other");
	writes(OTHER, "ok");
}
END_TEST

/* G3: what a list did not come to is not gone. */
START_TEST(a_list_that_breaks_off_takes_no_bond)
{
	rig_bluez_pair(rig, PHONE, "phone");
	(void)rig_end_daemon(rig, SIGTERM);
	rig_bluez(rig, "crowd 2500");
	rig_start_daemon(rig);
	rig_until_has(rig, "bluetooth.StateText", "the list of adapters",
		      SOON_MS);
	/* 3 s after it has seen the adapter it would be compared. */
	rig_stays(rig, "bluetooth.Bonds", PHONE " ", 5000);
	ck_assert(!rig_log_has(rig, PHONE " is paired no more"));
}
END_TEST

/* G3: while the removal of another is under way. */
START_TEST(a_bond_that_goes_meanwhile_is_told)
{
	rig_bluez_pair(rig, PHONE, "phone");
	rig_bluez_pair(rig, OTHER, "other");
	rig_bluez(rig, "fail RemoveDevice mute");
	ck_assert_int_ge(sd_bus_call_method(rig->bus, RIG_NAME, RIG_ROOT,
					    RIG_NAME ".Bluetooth1",
					    "RemoveBond", NULL, NULL, "s",
					    PHONE), 0);
	rig_until(rig, "bluetooth.Bonds", OTHER " other", SOON_MS);
	rig_bluez(rig, "unbond " OTHER);
	rig_until(rig, "bluetooth.Bonds", "", SOON_MS);
	rig_until_log(rig, OTHER " is paired no more", SOON_MS);
}
END_TEST

/* G3: what BlueZ does not forget may write no more all the same. */
START_TEST(a_bond_that_bluez_keeps_is_forbidden_to_write)
{
	rig_bluez_pair(rig, PHONE, "phone");
	rig_bluez(rig, "fail RemoveDevice org.bluez.Error.Failed");
	ck_assert_int_ge(sd_bus_call_method(rig->bus, RIG_NAME, RIG_ROOT,
					    RIG_NAME ".Bluetooth1",
					    "RemoveBond", NULL, NULL, "s",
					    PHONE), 0);
	rig_until(rig, "bluetooth.Bonds", "", SOON_MS);
	rig_until(rig, "bluetooth.OtherBonds", PHONE " phone", SOON_MS);
	rig_until_log(rig, "did not remove the bond of " PHONE, SOON_MS);
	writes(PHONE, REFUSED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		who_was_paired_by_another_program_may_not_write,
		a_window_lets_in_only_who_was_shown_its_passkey,
		a_bond_that_is_made_anew_elsewhere_is_another_one,
		a_device_that_bluez_removes_leaves_the_list,
		a_phone_is_known_by_its_identity,
		an_identity_that_is_told_late_is_followed,
		an_identity_that_is_taken_is_believed_of_nobody,
		who_may_write_is_kept_over_a_kill,
		where_the_list_cannot_be_read_nobody_may_write,
		no_more_are_let_in_than_can_be_kept,
		a_list_that_breaks_off_takes_no_bond,
		a_bond_that_goes_meanwhile_is_told,
		a_bond_that_bluez_keeps_is_forbidden_to_write,
	};
	Suite *suite = suite_create("Bluetooth bonds");
	TCase *tcase = tcase_create("bonds");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 240);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
