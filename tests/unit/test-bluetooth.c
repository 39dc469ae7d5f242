/* SPDX-License-Identifier: MIT */
/*
 * Of Bluetooth in the daemon what needs no bluetoothd: the key where the
 * kernel has no random bytes yet (G1).
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

int main(void)
{
	const TTest *const tests[] = {
		where_there_is_no_key_yet_none_is_told,
		a_key_is_tried_every_second_until_there_is_one,
	};
	Suite *suite = suite_create("Bluetooth in the daemon");
	TCase *tcase = tcase_create("bluetooth");

	tcase_add_checked_fixture(tcase, setup, teardown);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
