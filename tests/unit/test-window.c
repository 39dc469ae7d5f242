/* SPDX-License-Identifier: MIT */
/* H1: until when the window for an update is open is known after a restart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store.h"
#include "daemon/window.h"
#include "lib/core/update.h"
#include "tests/unit/unit.h"

static char dir[40];
static const mono_t now = { UINT64_C(7000000000) };

static void setup(void)
{
	strcpy(dir, "/tmp/test-window-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static uint32_t left_of(uint64_t us)
{
	ck_assert_int_eq(window_keep(dir, (mono_t){ us }), 0);
	return window_left_ms(dir, now);
}

START_TEST(what_is_left_is_found_again)
{
	ck_assert_uint_eq(window_left_ms(dir, now), 0);
	ck_assert_uint_eq(left_of(now.us + 1000), 1);
	ck_assert_uint_eq(left_of(now.us + UINT64_C(900000999)),
			  UPDATE_MAX_MS);
	/* Over, ended, and what no window can be. */
	ck_assert_uint_eq(left_of(now.us), 0);
	ck_assert_uint_eq(left_of(0), 0);
	ck_assert_uint_eq(left_of(now.us + UINT64_C(900001000)), 0);
	ck_assert_uint_eq(left_of(UINT64_MAX), 0);
}
END_TEST

START_TEST(what_is_no_window_is_none)
{
	static const char *const texts[] = {
		"", "until", "until x", "until  ", "7000500000",
	};
	int fd = store_open(dir);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		ck_assert_int_eq(store_save(fd, "window", texts[i],
					    strlen(texts[i])), 0);
		ck_assert_uint_eq(window_left_ms(dir, now), 0);
	}
	close(fd);
	ck_assert_int_eq(window_keep(NULL, now), 0);
	ck_assert_uint_eq(window_left_ms(NULL, now), 0);
	ck_assert_int_lt(window_keep("/nonexistent/x", now), 0);
	ck_assert_uint_eq(window_left_ms("/nonexistent/x", now), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("window");
	TCase *tc = tcase_create("window");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_left_is_found_again);
	tcase_add_test(tc, what_is_no_window_is_none);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
