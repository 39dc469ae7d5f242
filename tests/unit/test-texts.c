/* SPDX-License-Identifier: MIT */
/* Texts of the tree that come from tables are what the tables say (F4, G2,
 * I1). */
#include <stdlib.h>
#include <string.h>

#include "lib/base/maybe.h"
#include "tests/unit/unit.h"

enum { TEXT_SIZE = 1 << 18 };

static const struct made {
	const char *file;
	const char *what; /* of gen-texts */
	bool from_file;   /* which fills its lists */
} texts[] = {
	{ "etc/vebus-bms-ng.conf", "conf", false },
	{ "systemd/vebus-bms-ng.catalog", "catalog", false },
	{ "man/vebus-bms-ng.conf.5.in", "man", true },
	{ "man/vebus-bms-ng-gatt.7", "man", true },
	{ "man/vebus-bms-ngd.8", "man", true },
	{ "tools/web/vebus-bms-ng.html", "web", true },
};

static char *read_whole(FILE *file)
{
	char *text = calloc(1, TEXT_SIZE);

	ck_assert(file && text);
	ck_assert_uint_gt(fread(text, 1, TEXT_SIZE - 1, file), 0);
	ck_assert(feof(file));
	return text;
}

START_TEST(a_text_is_what_its_table_says)
{
	const struct made *made = &texts[_i];
	const char *src = getenv("BMS_SRCDIR");
	const char *built = getenv("BMS_BUILDDIR");
	FILE *shipped = unit_open(made->file), *now;
	char input[512] = "/dev/null", command[1200];
	char *a, *b;

	if (made->from_file)
		snprintf(input, sizeof(input), "%s/%s", src ? src : ".",
			 made->file);
	snprintf(command, sizeof(command), "'%s/etc/gen-texts' %s <'%s'",
		 built ? built : ".", made->what, input);
	now = popen(command, "r");
	a = read_whole(shipped);
	b = read_whole(now);
	ck_assert_msg(strcmp(a, b) == 0, "%s: run \"make update-texts\"",
		      made->file);
	fclose(shipped);
	ck_assert_int_eq(pclose(now), 0);
	free(a);
	free(b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("texts");
	TCase *tcase = tcase_create("texts");

	tcase_add_loop_test(tcase, a_text_is_what_its_table_says, 0,
			    (int)ARRAY_SIZE(texts));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
