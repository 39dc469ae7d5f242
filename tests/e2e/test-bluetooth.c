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

int main(void)
{
	Suite *suite = suite_create("Bluetooth");
	TCase *tcase = tcase_create("air");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase,
		       the_advertisement_is_there_and_moves_once_a_second);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
