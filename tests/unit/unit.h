/* SPDX-License-Identifier: MIT */
/*
 * What every unit test program shares: the runner, the seed of random
 * tests, and where the vectors lie.
 *
 * A random test takes its seed from BMS_TEST_SEED, else from the clock, and
 * prints it; "BMS_TEST_SEED=123 ./test-x" runs it again.
 */
#ifndef BMS_TESTS_UNIT_H
#define BMS_TESTS_UNIT_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/*
 * libcheck writes a message for every assertion that holds, so that a crash
 * can be placed. Hundreds of thousands of them take minutes, and some
 * lengths of them it cannot read back ("Error in call to get_result").
 */
#define _mark_point(file, line) ((void)0)

/* Runs the suite; the closing line is "N%: Checks: ...". */
static inline int unit_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A case of the suite, whose tests may take a minute each. */
static inline TCase *unit_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return tcase;
}

static inline uint64_t unit_seed(void)
{
	const char *text = getenv("BMS_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) :
			       (uint64_t)time(NULL) * 2654435761u;

	printf("seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

/* splitmix64 */
static inline uint64_t unit_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* low..high, both included */
static inline int64_t unit_between(uint64_t *seed, int64_t low, int64_t high)
{
	return low + (int64_t)(unit_random(seed) %
			       (uint64_t)(high - low + 1));
}

/* A file below the source folder, for example "tests/vectors/mk3.psv". */
static inline FILE *unit_open(const char *path)
{
	const char *dir = getenv("BMS_SRCDIR");
	char full[1024];

	snprintf(full, sizeof(full), "%s/%s", dir ? dir : ".", path);
	return fopen(full, "r");
}

#endif
