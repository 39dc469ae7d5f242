/* SPDX-License-Identifier: MIT */
/*
 * Settings that are changed while the daemon runs (requirements E2, F1, I1):
 * kept beside the file, and a later edit of the file wins.
 */
#include "unit.h"

#include <string.h>

#include "lib/base/maybe.h"
#include "lib/base/overrides.h"

#define LONG_NUMBER "12345678901234567890"

static struct settings settings;
static struct overrides overrides;
static char error[SETTINGS_ERROR_SIZE];

static void set(struct settings *s, const char *section, const char *key,
		const char *value)
{
	ck_assert_msg(settings_set(s, section, key, value, error) == 0, "%s",
		      error);
}

/* As a file says it. */
static void file(struct settings *s, const char *floor)
{
	settings_init(s);
	set(s, "general", "batteries", "1");
	set(s, "bus rack", "device", "/dev/ttyUSB0");
	set(s, "bus rack", "protocol", "jk-pb");
	set(s, "bus rack", "addresses", "1");
	if (floor)
		set(s, "battery-monitor", "discharge-floor", floor);
}

static void setup(void)
{
	file(&settings, NULL);
	memset(&overrides, 0, sizeof(overrides));
	error[0] = '\0';
}

static const struct setting_row *row(const char *key)
{
	const struct setting_row *r = settings_row("battery-monitor", key);

	return r ? r : settings_row("protection", key);
}

static int change(const char *key, const char *value)
{
	return override_set(&overrides, &settings, row(key), value, error);
}

START_TEST(a_change_holds_and_is_noted)
{
	ck_assert_int_eq(change("discharge-floor", "7"), 0);
	ck_assert_int_eq(settings.monitor.discharge_floor_permille, 70);
	ck_assert_uint_eq(overrides.n, 1);
	ck_assert_str_eq(override_find(&overrides,
				       row("discharge-floor"))->file, "10");
	ck_assert_ptr_null(override_find(&overrides, row("tail-current")));
	/* A second one of the same still knows what the file said. */
	ck_assert_int_eq(change("discharge-floor", "8"), 0);
	ck_assert_uint_eq(overrides.n, 1);
	ck_assert_str_eq(overrides.item[0].file, "10");
	ck_assert_str_eq(overrides.item[0].value, "8");
	/* Back to the file's word: nothing is changed any more. */
	ck_assert_int_eq(change("discharge-floor", "10"), 0);
	ck_assert_uint_eq(overrides.n, 0);
	ck_assert(!settings_given(&settings, row("discharge-floor"), 0));
}
END_TEST

START_TEST(what_is_not_allowed_changes_nothing)
{
	struct settings before = settings;

	ck_assert_int_lt(change("discharge-floor", "91"), 0);
	ck_assert_ptr_nonnull(strstr(error, "allowed: 0"));
	ck_assert_int_lt(change("discharge-floor", "ten"), 0);
	/* Contradicts the warning level of 12 %. */
	ck_assert_int_lt(change("discharge-floor", "50"), 0);
	ck_assert_ptr_nonnull(strstr(error, "low-soc-warning"));
	/* What protects the cells is changed in the file, by somebody who
	 * sees it whole. */
	ck_assert_int_lt(change("cell-high", "3.70"), 0);
	ck_assert_ptr_nonnull(strstr(error, "only be changed in the file"));
	ck_assert_uint_eq(overrides.n, 0);
	ck_assert_mem_eq(&settings, &before, sizeof(before));
}
END_TEST

START_TEST(it_survives_as_text)
{
	char text[OVERRIDES_TEXT_SIZE];
	struct text t = text_in(text, sizeof(text));
	struct settings again;

	ck_assert_int_eq(change("discharge-floor", "8"), 0);
	ck_assert_int_eq(change("charged-voltage", "14.20"), 0);
	overrides_encode(&overrides, &t);
	ck_assert_str_eq(text, "battery-monitor discharge-floor 10 8\n"
			 "battery-monitor charged-voltage auto 14.20\n");
	memset(&overrides, 0xff, sizeof(overrides));
	overrides_decode(&overrides, text, t.len);
	file(&again, NULL);
	ck_assert_uint_eq(overrides_apply(&overrides, &again), 0);
	ck_assert_int_eq(again.monitor.discharge_floor_permille, 80);
	ck_assert_int_eq(again.monitor.charged_voltage_mv, 14200);
}
END_TEST

START_TEST(a_later_edit_of_the_file_wins)
{
	struct settings edited;

	ck_assert_int_eq(change("discharge-floor", "8"), 0);
	ck_assert_int_eq(change("tail-current", "5"), 0);
	file(&edited, "9");
	ck_assert_uint_eq(overrides_apply(&overrides, &edited), 1);
	ck_assert_int_eq(edited.monitor.discharge_floor_permille, 90);
	ck_assert_int_eq(edited.monitor.tail_current_permille, 50);
	/* The same value written out is no edit. */
	file(&edited, NULL);
	set(&edited, "battery-monitor", "tail-current", "4");
	ck_assert_uint_eq(overrides_apply(&overrides, &edited), 0);
	ck_assert_int_eq(edited.monitor.tail_current_permille, 50);
	ck_assert(settings_given(&edited, row("tail-current"), 0));
}
END_TEST

START_TEST(changes_that_contradict_an_edited_file_are_forgotten)
{
	struct settings edited;

	file(&settings, "8");
	ck_assert_int_eq(change("discharge-floor", "11"), 0);
	ck_assert_int_eq(change("tail-current", "5"), 0);
	file(&edited, "8");
	set(&edited, "battery-monitor", "low-soc-warning", "10");
	ck_assert_uint_eq(overrides_apply(&overrides, &edited), 2);
	ck_assert_uint_eq(overrides.n, 0);
	ck_assert_int_eq(edited.monitor.discharge_floor_permille, 80);
	ck_assert_int_eq(edited.monitor.tail_current_permille, 40);
}
END_TEST

START_TEST(lines_that_are_not_understood_are_left_out)
{
	static const char *const bad[] = {
		"", "battery-monitor", "battery-monitor discharge-floor",
		"battery-monitor discharge-floor 10",
		"battery-monitor discharge-floor 10 8 x",
		"battery-monitor discharge-floor  8",
		"battery-monitor  10 8", " discharge-floor 10 8",
		"battery-monitor discharge-floor 10 \x01",
		"battery-monitor nothing 10 8", "protection cell-high 3.75 3.6",
		"battery-monitor discharge-floor 10 "
			LONG_NUMBER LONG_NUMBER LONG_NUMBER,
	};
	char text[300];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int len = snprintf(text, sizeof(text), "%s\nbattery-monitor "
				   "tail-current 4 5", bad[i]);

		overrides_decode(&overrides, text, (size_t)len);
		ck_assert_msg(overrides.n == 1, "%s", bad[i]);
		ck_assert_str_eq(overrides.item[0].value, "5");
	}
	/* The first of two counts. */
	strcpy(text, "battery-monitor tail-current 4 5\n"
	       "battery-monitor tail-current 4 6\n");
	overrides_decode(&overrides, text, strlen(text));
	ck_assert_uint_eq(overrides.n, 1);
	ck_assert_str_eq(overrides.item[0].value, "5");
}
END_TEST

START_TEST(any_bytes_end_and_leave_the_settings_valid)
{
	static const char *const words[] = {
		"battery-monitor ", "tail-current ", "discharge-floor ", "4 ",
		"10 ", "12", "\n", "bluetooth enabled yes no\n", "\xff", " ",
	};
	uint64_t seed = unit_seed();

	for (int i = 0; i < 5000; i++) {
		const char *section, *key;
		struct settings s;
		char text[400] = "";

		for (int n = (int)unit_between(&seed, 0, 20); n > 0; n--)
			strcat(text, words[unit_between(&seed, 0,
						ARRAY_SIZE(words) - 1)]);
		overrides_decode(&overrides, text, strlen(text));
		file(&s, NULL);
		(void)overrides_apply(&overrides, &s);
		ck_assert_int_eq(settings_check(&s, &section, &key, error),
				 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("overrides");
	TCase *tcase = tcase_create("overrides");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_change_holds_and_is_noted);
	tcase_add_test(tcase, what_is_not_allowed_changes_nothing);
	tcase_add_test(tcase, it_survives_as_text);
	tcase_add_test(tcase, a_later_edit_of_the_file_wins);
	tcase_add_test(tcase,
		changes_that_contradict_an_edited_file_are_forgotten);
	tcase_add_test(tcase, lines_that_are_not_understood_are_left_out);
	tcase_add_test(tcase, any_bytes_end_and_leave_the_settings_valid);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
