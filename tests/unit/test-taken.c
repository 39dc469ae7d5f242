/* SPDX-License-Identifier: MIT */
/* I2, I3: which lines were taken last is found again after a crash. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/taken.h"
#include "lib/base/maybe.h"
#include "tests/unit/unit.h"

static char folder[40];
static char file[60];

static void make_folder(void)
{
	strcpy(folder, "/tmp/test-taken.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/lines.0", folder);
}

static void remove_folder(void)
{
	static const char *const names[] = {
		"lines.0", "lines.1", "lines.0.bad"
	};
	char path[60];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

START_TEST(chip_and_lines_are_found_as_they_were_kept)
{
	struct settings kept;
	struct settings found;

	settings_init(&kept);
	memset(kept.gpio.chip, 'x', sizeof(kept.gpio.chip) - 1);
	for (int i = 0; i < LINE_COUNT; i++)
		memset(kept.gpio.line[i], 'A' + i,
		       sizeof(kept.gpio.line[i]) - 1);
	/* Not fitted, though its default is a line. */
	memset(kept.gpio.line[LINE_REMOTE_L], 0,
	       sizeof(kept.gpio.line[LINE_REMOTE_L]));
	ck_assert_int_eq(taken_keep(folder, &kept.gpio), 0);
	ck_assert_int_eq(taken_find(folder, &found), 0);
	ck_assert_str_eq(found.gpio.chip, kept.gpio.chip);
	for (int i = 0; i < LINE_COUNT; i++)
		ck_assert_str_eq(found.gpio.line[i], kept.gpio.line[i]);
	/* The later ones count. */
	strcpy(kept.gpio.line[LINE_LOAD_DISCONNECT], "5");
	ck_assert_int_eq(taken_keep(folder, &kept.gpio), 0);
	ck_assert_int_eq(taken_find(folder, &found), 0);
	ck_assert_str_eq(found.gpio.line[LINE_LOAD_DISCONNECT], "5");
}
END_TEST

START_TEST(without_a_folder_nothing_is_kept_and_nothing_found)
{
	struct settings settings;

	settings_init(&settings);
	ck_assert_int_eq(taken_find(folder, &settings), -ENOENT);
	ck_assert_int_eq(taken_keep(NULL, &settings.gpio), 0);
	ck_assert_int_eq(taken_find(NULL, &settings), -ENOENT);
	ck_assert_int_eq(taken_keep("/nonexistent/x", &settings.gpio),
			 -ENOENT);
	ck_assert_int_eq(taken_find("/nonexistent/x", &settings), -ENOENT);
}
END_TEST

START_TEST(what_is_damaged_is_not_believed)
{
	struct settings settings;

	settings_init(&settings);
	ck_assert_int_eq(taken_keep(folder, &settings.gpio), 0);
	ck_assert_int_eq(truncate(file, 70), 0);
	ck_assert_int_eq(taken_find(folder, &settings), -EBADMSG);
	ck_assert_int_eq(taken_find(folder, &settings), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("taken");
	TCase *tcase = tcase_create("taken");

	tcase_add_checked_fixture(tcase, make_folder, remove_folder);
	tcase_add_test(tcase, chip_and_lines_are_found_as_they_were_kept);
	tcase_add_test(tcase,
		       without_a_folder_nothing_is_kept_and_nothing_found);
	tcase_add_test(tcase, what_is_damaged_is_not_believed);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
