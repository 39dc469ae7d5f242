/* SPDX-License-Identifier: MIT */
/* Who may write over Bluetooth, as it is kept (G3). */
#include <stdlib.h>
#include <string.h>

#include "lib/base/bonds.h"
#include "lib/base/maybe.h"
#include "tests/unit/unit.h"

#define HOUSE "00:AA:01:00:00:00"
#define DONGLE "00:AA:01:01:00:01"
#define PHONE "00:11:22:33:44:55"
#define OTHER "66:77:88:99:AA:BB"

static struct bonds bonds;

static void setup(void)
{
	memset(&bonds, 0, sizeof(bonds));
}

static void decoded(const char *text, int result)
{
	bonds.n = 1;
	ck_assert_msg(bonds_decode(text, strlen(text), &bonds) == result,
		      "\"%s\"", text);
}

/* G3: another adapter's bond is another bond. */
START_TEST(a_bond_is_of_an_adapter_and_a_device)
{
	ck_assert_int_eq(bonds_add(&bonds, HOUSE, PHONE), 0);
	ck_assert(bonds_has(&bonds, HOUSE, PHONE));
	ck_assert(!bonds_has(&bonds, DONGLE, PHONE));
	ck_assert(!bonds_has(&bonds, HOUSE, OTHER));
	ck_assert(!bonds_remove(&bonds, DONGLE, PHONE));
	ck_assert(!bonds_remove(&bonds, HOUSE, OTHER));
	ck_assert(bonds_remove(&bonds, HOUSE, PHONE));
	ck_assert(!bonds_has(&bonds, HOUSE, PHONE));
	ck_assert(!bonds_remove(&bonds, HOUSE, PHONE));
}
END_TEST

/* G3 */
START_TEST(a_device_is_removed_from_every_adapter_at_once)
{
	ck_assert_int_eq(bonds_add(&bonds, HOUSE, PHONE), 0);
	ck_assert_int_eq(bonds_add(&bonds, HOUSE, OTHER), 0);
	ck_assert_int_eq(bonds_add(&bonds, DONGLE, PHONE), 0);
	ck_assert_int_eq(bonds_add(&bonds, DONGLE, PHONE), 0);
	ck_assert_uint_eq(bonds.n, 3);
	ck_assert(bonds_remove(&bonds, NULL, PHONE));
	ck_assert_uint_eq(bonds.n, 1);
	ck_assert(bonds_has(&bonds, HOUSE, OTHER));
}
END_TEST

static void fill(void)
{
	char address[] = "00:00:00:00:00:00";

	for (int i = 0; i < BONDS_MAX; i++) {
		address[16] = "0123456789ABCDEF"[i % 16];
		ck_assert_int_eq(bonds_add(&bonds, HOUSE, address), 0);
	}
}

START_TEST(a_full_list_takes_no_more_until_one_is_removed)
{
	fill();
	ck_assert_int_eq(bonds_add(&bonds, HOUSE, PHONE), -1);
	ck_assert(!bonds_has(&bonds, HOUSE, PHONE));
	ck_assert_int_eq(bonds_add(&bonds, HOUSE, "00:00:00:00:00:03"), 0);
	ck_assert(bonds_remove(&bonds, HOUSE, "00:00:00:00:00:03"));
	ck_assert_int_eq(bonds_add(&bonds, HOUSE, PHONE), 0);
}
END_TEST

START_TEST(what_is_no_address_is_not_taken)
{
	static const char *const bad[] = {
		"", "phone", "00:11:22:33:44:5", "00:11:22:33:44:555",
		"00:11:22:33:44:aa", "00-11-22-33-44-55", "00:11:22:33:44:5G",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(bonds_add(&bonds, HOUSE, bad[i]), -1);
		ck_assert_int_eq(bonds_add(&bonds, bad[i], PHONE), -1);
	}
	ck_assert_uint_eq(bonds.n, 0);
}
END_TEST

START_TEST(what_is_kept_is_read_back)
{
	char text[BONDS_TEXT_SIZE];
	struct text t = text_in(text, sizeof(text));
	struct bonds again;

	fill();
	bonds_encode(&bonds, &t);
	ck_assert(!t.cut);
	ck_assert_int_eq(bonds_decode(t.buf, t.len, &again), 0);
	ck_assert_int_eq(memcmp(&again, &bonds, sizeof(bonds)), 0);
	ck_assert_int_eq(bonds_decode("", 0, &again), 0);
	ck_assert_uint_eq(again.n, 0);
}
END_TEST

/* G3: unknown forbids, so nothing of a text that is not whole is believed. */
START_TEST(one_line_that_is_none_makes_all_of_it_unreadable)
{
	static const char *const bad[] = {
		"\n", HOUSE " " PHONE, HOUSE " " PHONE "\n\n",
		HOUSE "  " PHONE "\n", HOUSE " " PHONE "\r\n",
		HOUSE " " PHONE "\n" HOUSE " " OTHER,
		HOUSE " " PHONE "\n" HOUSE " 66:77:88:99:AA:BG\n",
		HOUSE " " PHONE "\n" HOUSE "-" OTHER "\n",
		HOUSE " " PHONE " ", "00:AA:01:00:00:0x " PHONE "\n",
	};
	char text[BONDS_TEXT_SIZE + BONDS_LINE_SIZE];
	struct text t = text_in(text, sizeof(text));

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		decoded(bad[i], -1);
		ck_assert_uint_eq(bonds.n, 0);
	}
	setup();
	fill();
	bonds_encode(&bonds, &t);
	text_str(&t, HOUSE " " PHONE "\n");
	decoded(text, -1);
	ck_assert_uint_eq(bonds.n, 0);
	decoded(HOUSE " " PHONE "\n", 0);
	ck_assert_uint_eq(bonds.n, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bonds");
	TCase *tcase = tcase_create("list");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_bond_is_of_an_adapter_and_a_device);
	tcase_add_test(tcase, a_device_is_removed_from_every_adapter_at_once);
	tcase_add_test(tcase, a_full_list_takes_no_more_until_one_is_removed);
	tcase_add_test(tcase, what_is_no_address_is_not_taken);
	tcase_add_test(tcase, what_is_kept_is_read_back);
	tcase_add_test(tcase,
		       one_line_that_is_none_makes_all_of_it_unreadable);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
