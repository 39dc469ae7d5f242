/* SPDX-License-Identifier: MIT */
/*
 * Of Bluetooth in the daemon what needs no bluetoothd: the key where the
 * kernel has no random bytes yet (G1), and how long it is on (G4).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/daemon.h"
#include "tests/unit/unit.h"

/* The kernel's, of which the daemon is linked with these. */
static bool has_bytes;
static unsigned int asked;

ssize_t getrandom(void *buf, size_t size, unsigned int flags)
{
	asked++;
	if (!has_bytes) {
		errno = EAGAIN;
		return -1;
	}
	ck_assert_uint_eq(flags, GRND_NONBLOCK);
	memset(buf, 0x5a, size);
	return (ssize_t)size;
}

static struct bmsd *d;

static void setup(void)
{
	d = calloc(1, sizeof(*d));
	ck_assert_ptr_nonnull(d);
	has_bytes = false;
	asked = 0;
}

static void teardown(void)
{
	free(d);
}

static mono_t at_ms(uint32_t ms)
{
	return mono_add_ms((mono_t){ 0 }, ms);
}

static int ask_key(char text[ORDER_ERROR_SIZE])
{
	const struct order order = { .kind = ORDER_KEY };

	*text = '\0';
	return bmsd_carry_out(d, &order, text);
}

/* G1: a key of zeros would be everybody's. */
START_TEST(where_there_is_no_key_yet_none_is_told)
{
	char text[ORDER_ERROR_SIZE];

	ck_assert_int_eq(bluetooth_key_make(d), -EAGAIN);
	ck_assert_int_eq(ask_key(text), -EAGAIN);
	ck_assert_ptr_nonnull(strstr(text, "there is no key yet"));
	has_bytes = true;
	ck_assert_int_eq(bluetooth_key_make(d), 0);
	ck_assert_int_eq(ask_key(text), 0);
	ck_assert_str_eq(text, "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
}
END_TEST

/* G1: a first boot may have none for some time. */
START_TEST(a_key_is_tried_every_second_until_there_is_one)
{
	bluetooth_key_turn(d, at_ms(5000));
	ck_assert_uint_eq(asked, 1);
	bluetooth_key_turn(d, at_ms(5999));
	ck_assert_uint_eq(asked, 1);
	bluetooth_key_turn(d, at_ms(6000));
	ck_assert_uint_eq(asked, 2);
	ck_assert(!d->bluetooth.keyed);
	ck_assert(!d->kept[KEEP_BLUETOOTH].dirty);
	has_bytes = true;
	bluetooth_key_turn(d, at_ms(6999));
	ck_assert(!d->bluetooth.keyed);
	bluetooth_key_turn(d, at_ms(7000));
	ck_assert(d->bluetooth.keyed);
	ck_assert(d->kept[KEEP_BLUETOOTH].dirty);
	asked = 0;
	bluetooth_key_turn(d, at_ms(9000));
	ck_assert_uint_eq(asked, 0);
}
END_TEST

/* G4: where it is switched off. */
START_TEST(it_is_on_for_30_s_and_for_a_guest_300_s_at_most)
{
	static const struct {
		uint32_t since_ms;
		bool guest;
		bool on;
	} rows[] = {
		{ 0, false, true }, { 0, true, true },
		{ 29999, false, true }, { 30000, false, false },
		{ 30000, true, true }, { 299999, true, true },
		{ 299999, false, false }, { 300000, true, false },
		{ 4000000000, true, false },
	};
	const mono_t start = at_ms(123456);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		mono_t now = mono_add_ms(start, rows[i].since_ms);

		ck_assert_int_eq(bluetooth_wanted(false, rows[i].guest, start,
						  now), rows[i].on);
		ck_assert(bluetooth_wanted(true, rows[i].guest, start, now));
	}
}
END_TEST

/* G4: nothing else may wake the loop then. */
START_TEST(it_is_judged_again_when_its_time_is_over)
{
	const mono_t start = at_ms(123456);
	mono_t grace = mono_add_ms(start, 30000);
	mono_t guest = mono_add_ms(start, 300000);

	ck_assert_uint_eq(bluetooth_wanted_until(start, start).us, grace.us);
	ck_assert_uint_eq(bluetooth_wanted_until(
		start, mono_add_ms(start, 29999)).us, grace.us);
	ck_assert_uint_eq(bluetooth_wanted_until(start, grace).us, guest.us);
	ck_assert_uint_eq(bluetooth_wanted_until(
		start, mono_add_ms(start, 299999)).us, guest.us);
	ck_assert_uint_eq(bluetooth_wanted_until(start, guest).us,
			  MONO_NEVER.us);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		where_there_is_no_key_yet_none_is_told,
		a_key_is_tried_every_second_until_there_is_one,
		it_is_on_for_30_s_and_for_a_guest_300_s_at_most,
		it_is_judged_again_when_its_time_is_over,
	};
	Suite *suite = suite_create("Bluetooth in the daemon");
	TCase *tcase = tcase_create("bluetooth");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
