/* SPDX-License-Identifier: MIT */
/*
 * Bluetooth against a fake bluetoothd that registers, reads, pairs, fails,
 * hangs, floods and dies (G1 to G5).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lib/gatt/service.h"
#include "tests/e2e/fake_bluez.h"
#include "tests/e2e/rig_bluez.h"
#include "tests/unit/unit.h"

static struct rig *rig;
static pid_t bluez;

static void setup(void)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	bluez = rig_bluez_start(rig);
}

static void teardown(void)
{
	if (bluez > 0)
		rig_bluez_end(bluez, SIGKILL);
	rig_free(rig);
}

/* "vebus-bms-ng 737 1002e4a30a..." of the fake; its counter. */
static unsigned int counter_of(const char *said)
{
	unsigned int low, high;
	const char *data = strstr(said, " 737 ");

	ck_assert_msg(data && strlen(data) > 48, "%s", said);
	ck_assert_int_eq(sscanf(data + 5 + 10, "%2x%2x", &low, &high), 2);
	return low | high << 8;
}

/* G1: found by name and company, and never twice with the same counter. */
START_TEST(the_advertisement_is_there_and_moves_once_a_second)
{
	uint64_t since_us = rig_now_us();
	unsigned int first, refreshes;
	const char *said = rig_bluez_until(rig, "advertised", NULL, 10000);

	ck_assert_msg(strncmp(said, "vebus-bms-ng 737 1002e4a30a",
			      strlen("vebus-bms-ng 737 1002e4a30a")) == 0,
		      "%s", said);
	first = counter_of(said);
	do {
		rig_get(rig, "Version");
		said = rig_bluez(rig, "advertised");
		ck_assert_int_eq(sscanf(said, "%*s %*s %*s %u", &refreshes), 1);
	} while (refreshes < 4);
	ck_assert_uint_eq((counter_of(said) - first) & 0xffff, refreshes);
	/* A late one may be followed by one that is on time. */
	ck_assert_uint_le((refreshes - 1) * UINT64_C(1000000),
			  rig_now_us() - since_us);
}
END_TEST

enum {
	BACK_MS = 10000, /* G5: so soon it is on the air again */
	REACTION_MS = 1000, /* of a line, as without Bluetooth */
};

/* Protection as if there were no Bluetooth. */
static void a_high_cell_still_floats_atc(void)
{
	rig_sim(rig, "cell 2 7 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', REACTION_MS);
	rig_sim(rig, "cell 2 7 force 3400");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, 'H', 20000);
}

/* Also while it is taken back and registered anew. */
static bool has_moved(const char *said, unsigned int before)
{
	return strstr(said, " 737 ") && !strstr(said, " stale") &&
	       counter_of(said) != before;
}

/* The advertisement moves: it is not one from before. */
static void until_it_moves(void)
{
	uint64_t deadline = rig_now_us() + BACK_MS * UINT64_C(1000);
	unsigned int before = counter_of(rig_bluez_until(
		rig, "advertised", "vebus-bms-ng 737 1002", BACK_MS));

	while (!has_moved(rig_bluez(rig, "advertised"), before)) {
		ck_assert_msg(rig_now_us() < deadline, "it does not move: %s",
			      rig_bluez(rig, "advertised"));
		rig_get(rig, "Version");
	}
	rig_until(rig, "bluetooth.State", "advertising", BACK_MS);
}

/* G5 */
START_TEST(it_is_back_after_bluetoothd_was_killed)
{
	uint64_t since_us;

	rig_allowed(rig);
	until_it_moves();
	rig_bluez_end(bluez, SIGKILL);
	bluez = 0;
	rig_until(rig, "bluetooth.State", "no-service", SOON_MS);
	a_high_cell_still_floats_atc();
	bluez = rig_bluez_start(rig);
	since_us = rig_now_us();
	until_it_moves();
	printf("back after %llu ms\n", (unsigned long long)
	       (rig_now_us() - since_us) / 1000);
	ck_assert_int_gt(atoi(rig_bluez(rig, "attributes")), 100);
	rig_until_log(rig, "bluetooth: advertising again", SOON_MS);
}
END_TEST

/* G5 */
START_TEST(it_is_back_after_the_adapter_was)
{
	until_it_moves();
	ck_assert_str_eq(rig_get(rig, "bluetooth.Address"),
			 "00:AA:01:00:00:00");
	rig_bluez(rig, "unplug");
	rig_until(rig, "bluetooth.State", "no-adapter", SOON_MS);
	ck_assert_str_eq(rig_get(rig, "bluetooth.Address"), "");
	rig_bluez(rig, "plug");
	until_it_moves();
	rig_bluez(rig, "power off");
	rig_until(rig, "bluetooth.State", "powered-off", SOON_MS);
	rig_bluez(rig, "power on");
	until_it_moves();
}
END_TEST

/* G5: however many others there are, and were there first. */
START_TEST(it_is_back_among_many_adapters)
{
	until_it_moves();
	rig_bluez(rig, "unplug");
	rig_until(rig, "bluetooth.State", "no-adapter", SOON_MS);
	rig_bluez(rig, "adapters 20");
	rig_bluez(rig, "plug");
	until_it_moves();
}
END_TEST

/* G5: BlueZ 5.66 keeps what it does not send any more, so it has to be taken
 * back even where it was only for an instant. */
START_TEST(an_adapter_that_was_off_for_an_instant_advertises_anew)
{
	until_it_moves();
	/* So that it hears of both at once. */
	rig_signal_daemon(rig, SIGSTOP);
	rig_bluez(rig, "blink");
	rig_signal_daemon(rig, SIGCONT);
	until_it_moves();
}
END_TEST

/* G5 */
START_TEST(a_bluetoothd_that_hangs_delays_nothing)
{
	rig_allowed(rig);
	until_it_moves();
	ck_assert_int_eq(kill(bluez, SIGSTOP), 0);
	a_high_cell_still_floats_atc();
	ck_assert_int_eq(kill(bluez, SIGCONT), 0);
	until_it_moves();
	/* And one that hangs while it is asked. */
	rig_bluez(rig, "unplug");
	rig_until(rig, "bluetooth.State", "no-adapter", SOON_MS);
	rig_bluez(rig, "fail RegisterAdvertisement mute");
	rig_bluez(rig, "plug");
	rig_until_has(rig, "bluetooth.StateText", "not answered yet",
		      SOON_MS);
	ck_assert_str_eq(rig_get(rig, "bluetooth.State"), "degraded");
	a_high_cell_still_floats_atc();
	rig_bluez(rig, "fail RegisterAdvertisement none");
	rig_until_has(rig, "bluetooth.StateText", "the advertisement", 40000);
	until_it_moves();
}
END_TEST

/* G5 */
START_TEST(what_bluez_refuses_is_told_and_tried_again)
{
	static const char *const methods[] = { "RegisterAdvertisement",
					       "RegisterApplication" };

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		rig_bluez_until(rig, "advertised", "vebus-bms-ng", BACK_MS);
		rig_bluez(rig, "unplug");
		rig_until(rig, "bluetooth.State", "no-adapter", SOON_MS);
		rig_bluez(rig, "fail %s org.bluez.Error.NotPermitted",
			  methods[i]);
		rig_bluez(rig, "plug");
		rig_until(rig, "bluetooth.State", "degraded", SOON_MS);
		rig_until_has(rig, "bluetooth.StateText", "NotPermitted",
			      SOON_MS);
		rig_until_log(rig, "NotPermitted", SOON_MS);
		rig_bluez(rig, "fail %s none", methods[i]);
		rig_until(rig, "bluetooth.State", "advertising", BACK_MS);
	}
}
END_TEST

/* G5 */
START_TEST(a_flood_of_bluetoothd_delays_nothing)
{
	rig_allowed(rig);
	until_it_moves();
	rig_bluez(rig, "flood 20000");
	a_high_cell_still_floats_atc();
	until_it_moves();
}
END_TEST

/* G1: a reader takes the key once, and drops what steps back. */
START_TEST(key_and_counter_go_on_over_a_restart)
{
	char key[64];
	unsigned int before, after;

	rig_free(rig);
	rig_bluez_end(bluez, SIGKILL);
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK,
					     .runtime = true });
	bluez = rig_bluez_start(rig);
	until_it_moves();
	ck_assert_int_eq(rig_run_ctl(rig, "--json bluetooth"), 0);
	ck_assert_int_eq(sscanf(strstr(rig_printed(rig), "\"Key\":"),
				"\"Key\":\"%32[0-9a-f]\"", key), 1);
	ck_assert_uint_eq(strlen(key), 32);
	for (int i = 0; i < 2; i++) {
		before = counter_of(rig_bluez(rig, "advertised"));
		ck_assert_int_eq(WTERMSIG(rig_end_daemon(rig, SIGKILL)),
				 SIGKILL);
		rig_bluez_until(rig, "advertised", "none", SOON_MS);
		rig_start_daemon(rig);
		after = counter_of(rig_bluez_until(rig, "advertised",
						   "vebus", BACK_MS));
		/* The same one only where both were within one second. */
		ck_assert_uint_lt((after - before) & 0xffff, 300);
		ck_assert_int_eq(rig_run_ctl(rig, "bluetooth"), 0);
		ck_assert_ptr_nonnull(strstr(rig_printed(rig), key));
	}
}
END_TEST

/* The byte of the key that the advertisement shows, behind the counter. */
static unsigned int key_byte_of(const char *said)
{
	unsigned int byte;
	const char *data = strstr(said, " 737 ");

	ck_assert_msg(data && strlen(data) > 48, "%s", said);
	ck_assert_int_eq(sscanf(data + 5 + 14, "%2x", &byte), 1);
	return byte;
}

/* Of what vebus-bms-ngctl has printed. */
static void key_of(const char *before, char key[64])
{
	const char *at = strstr(rig_printed(rig), before);

	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(sscanf(at + strlen(before), " %32[0-9a-f]", key), 1);
	ck_assert_uint_eq(strlen(key), 32);
}

/* G1: with whom the key is that was, he loses it; and it is kept. */
START_TEST(a_new_key_takes_the_place_of_the_old_one_for_good)
{
	char old[64], new[64], key[64];
	unsigned int before, byte;
	uint64_t deadline;

	until_it_moves();
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth"), 0);
	key_of("Instant Readout key", old);
	before = counter_of(rig_bluez(rig, "advertised"));
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth new-key"), 0);
	key_of("The new key for Instant Readout is", new);
	ck_assert_int_ne(strncmp(old, new, 2), 0);
	ck_assert_int_eq(sscanf(new, "%2x", &byte), 1);
	deadline = rig_now_us() + SOON_MS * UINT64_C(1000);
	while (key_byte_of(rig_bluez(rig, "advertised")) != byte) {
		ck_assert_msg(rig_now_us() < deadline, "the old key is used");
		rig_get(rig, "Version");
	}
	ck_assert_uint_lt((counter_of(rig_bluez(rig, "advertised")) - before) &
			  0xffff, 60);
	ck_assert_int_eq(rig_end_daemon(rig, SIGTERM), 0);
	rig_start_daemon(rig);
	until_it_moves();
	ck_assert_uint_eq(key_byte_of(rig_bluez(rig, "advertised")), byte);
	ck_assert_int_eq(rig_run_ctl(rig, "bluetooth"), 0);
	key_of("Instant Readout key", key);
	ck_assert_str_eq(key, new);
}
END_TEST

/* G4, F5 */
START_TEST(what_is_switched_off_is_on_for_the_first_30_s_only)
{
	rig_free(rig);
	rig_bluez_end(bluez, SIGKILL);
	rig = rig_new(&(struct rig_options){
		.settings = "led-bluetooth = 5\n" RIG_QUICK
			    "[bluetooth]\nenabled = no\n" });
	bluez = rig_bluez_start(rig);
	rig_until(rig, "bluetooth.State", "advertising", BACK_MS);
	rig_until_line(rig, LINE_LED_BLUETOOTH, 'H', SOON_MS);
	rig_until(rig, "bluetooth.State", "off", 35000);
	rig_bluez_until(rig, "advertised", "none", SOON_MS);
	ck_assert_str_eq(rig_bluez(rig, "attributes"), "0");
	rig_until_line(rig, LINE_LED_BLUETOOTH, '.', SOON_MS);
	rig_stays(rig, "bluetooth.State", "off", 3000);
	ck_assert_int_eq(rig_run_ctl(rig, "settings bluetooth.enabled yes"),
			 0);
	until_it_moves();
}
END_TEST

/* G4: who came in time to switch it on again is not thrown out, and whoever
 * is connected without asking for anything is no reason to stay on. */
START_TEST(a_guest_keeps_it_on_until_he_leaves)
{
	char uuid[SERVICE_UUID_SIZE];

	rig_free(rig);
	rig_bluez_end(bluez, SIGKILL);
	rig = rig_new(&(struct rig_options){
		.settings = RIG_QUICK "[bluetooth]\nenabled = no\n" });
	bluez = rig_bluez_start(rig);
	rig_until(rig, "bluetooth.State", "advertising", BACK_MS);
	rig_bluez(rig, "connect " PHONE);
	service_uuid(0x0102, uuid);
	ck_assert_str_eq(rig_bluez(rig, "read %s " PHONE, uuid), "6f6e");
	rig_until(rig, "bluetooth.State", "connected", SOON_MS);
	rig_stays(rig, "bluetooth.State", "connected", 33000);
	rig_bluez(rig, "disconnect " PHONE);
	rig_until(rig, "bluetooth.State", "off", SOON_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Bluetooth");
	TCase *tcase = tcase_create("air");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase,
		       the_advertisement_is_there_and_moves_once_a_second);
	tcase_add_test(tcase, it_is_back_after_bluetoothd_was_killed);
	tcase_add_test(tcase, it_is_back_after_the_adapter_was);
	tcase_add_test(tcase, it_is_back_among_many_adapters);
	tcase_add_test(tcase,
		       an_adapter_that_was_off_for_an_instant_advertises_anew);
	tcase_add_test(tcase, a_bluetoothd_that_hangs_delays_nothing);
	tcase_add_test(tcase, what_bluez_refuses_is_told_and_tried_again);
	tcase_add_test(tcase, a_flood_of_bluetoothd_delays_nothing);
	tcase_add_test(tcase, key_and_counter_go_on_over_a_restart);
	tcase_add_test(tcase,
		       a_new_key_takes_the_place_of_the_old_one_for_good);
	tcase_add_test(tcase,
		       what_is_switched_off_is_on_for_the_first_30_s_only);
	tcase_add_test(tcase, a_guest_keeps_it_on_until_he_leaves);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
