/* SPDX-License-Identifier: MIT */
/* The command line of the daemon: what it takes and what it refuses. */
#include <string.h>

#include "daemon/options.h"
#include "tests/unit/unit.h"

enum { ARGS_MAX = 8 };

static char errors[512];

/* Parses words up to the first NULL. */
static int parse(struct options *ret, const char *const words[ARGS_MAX])
{
	static char copy[ARGS_MAX][64];
	char *argv[ARGS_MAX + 2] = { (char *)"vebus-bms-ngd" };
	FILE *stream = fmemopen(errors, sizeof(errors), "w");
	int argc = 1, r;

	for (int i = 0; words[i]; i++) {
		strcpy(copy[i], words[i]);
		argv[argc++] = copy[i];
	}
	errors[0] = '\0';
	r = options_parse(argc, argv, ret, stream);
	fclose(stream);
	return r;
}

#define PARSE(o, ...) parse((o), (const char *const[ARGS_MAX]){ __VA_ARGS__ })

START_TEST(nothing_given_means_run_with_the_built_in_paths)
{
	struct options o;

	unsetenv("STATE_DIRECTORY");
	unsetenv("RUNTIME_DIRECTORY");
	ck_assert_int_eq(PARSE(&o, NULL), 0);
	ck_assert_ptr_null(o.run_dir);
	ck_assert_int_eq(o.action, OPTIONS_RUN);
	ck_assert_ptr_nonnull(strstr(o.config, "/vebus-bms-ng.conf"));
	ck_assert_ptr_nonnull(strstr(o.state_dir, "/lib/vebus-bms-ng"));
	ck_assert(!o.session_bus);
}
END_TEST

START_TEST(every_documented_option_is_taken)
{
	struct options o;

	ck_assert_int_eq(PARSE(&o, "-c", "/x/y", "--session-bus",
			       "--state-dir", "/s", NULL), 0);
	ck_assert_str_eq(o.config, "/x/y");
	ck_assert_str_eq(o.state_dir, "/s");
	ck_assert(o.session_bus);
	ck_assert_int_eq(PARSE(&o, "--config=/z", "--check-config", NULL), 0);
	ck_assert_str_eq(o.config, "/z");
	ck_assert_int_eq(o.action, OPTIONS_CHECK_CONFIG);
	ck_assert_int_eq(PARSE(&o, "--replay", "cap", NULL), 0);
	ck_assert_int_eq(o.action, OPTIONS_REPLAY);
	ck_assert_str_eq(o.replay, "cap");
	ck_assert_int_eq(PARSE(&o, "--float-outputs", NULL), 0);
	ck_assert_int_eq(o.action, OPTIONS_FLOAT_OUTPUTS);
	ck_assert_int_eq(PARSE(&o, "--version", NULL), 0);
	ck_assert_int_eq(o.action, OPTIONS_VERSION);
	ck_assert_int_eq(PARSE(&o, "--help", NULL), 0);
	ck_assert_int_eq(o.action, OPTIONS_HELP);
}
END_TEST

START_TEST(the_folders_of_systemd_are_used)
{
	struct options o;

	setenv("STATE_DIRECTORY", "/var/lib/one", 1);
	ck_assert_int_eq(PARSE(&o, NULL), 0);
	ck_assert_str_eq(o.state_dir, "/var/lib/one");
	setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
	ck_assert_int_eq(PARSE(&o, NULL), 0);
	ck_assert_ptr_nonnull(strstr(o.state_dir, "/lib/vebus-bms-ng"));
	unsetenv("STATE_DIRECTORY");
	setenv("RUNTIME_DIRECTORY", "/run/one", 1);
	ck_assert_int_eq(PARSE(&o, NULL), 0);
	ck_assert_str_eq(o.run_dir, "/run/one");
	setenv("RUNTIME_DIRECTORY", "/run/one:/run/two", 1);
	ck_assert_int_eq(PARSE(&o, NULL), 0);
	ck_assert_ptr_null(o.run_dir);
	unsetenv("RUNTIME_DIRECTORY");
}
END_TEST

START_TEST(what_is_wrong_is_named)
{
	struct options o = { .config = "untouched" };

	ck_assert_int_lt(PARSE(&o, "--session-bus", "--nonsense", NULL), 0);
	ck_assert_ptr_nonnull(strstr(errors, "--nonsense"));
	ck_assert_int_lt(PARSE(&o, "-x", NULL), 0);
	ck_assert_ptr_nonnull(strstr(errors, "-x"));
	ck_assert_int_lt(PARSE(&o, "--replay", NULL), 0);
	ck_assert_ptr_nonnull(strstr(errors, "--replay wants a value"));
	ck_assert_int_lt(PARSE(&o, "-c", NULL), 0);
	ck_assert_ptr_nonnull(strstr(errors, "-c wants a value"));
	ck_assert_int_lt(PARSE(&o, "word", NULL), 0);
	ck_assert_ptr_nonnull(strstr(errors, "\"word\""));
	ck_assert_str_eq(o.config, "untouched");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *tcase = tcase_create("options");

	tcase_add_test(tcase, nothing_given_means_run_with_the_built_in_paths);
	tcase_add_test(tcase, every_documented_option_is_taken);
	tcase_add_test(tcase, the_folders_of_systemd_are_used);
	tcase_add_test(tcase, what_is_wrong_is_named);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
