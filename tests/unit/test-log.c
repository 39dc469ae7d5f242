/* SPDX-License-Identifier: MIT */
/* What is told of many like failures (requirement I5), and how a line of
 * the log looks. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/repeat.h"
#include "tests/unit/unit.h"

START_TEST(ten_failures_are_told_then_one_in_a_hundred)
{
	struct repeat repeat = { 0 };
	int told = 0;

	for (int i = 1; i <= 1000; i++) {
		bool tell = repeat_failed(&repeat);

		ck_assert_int_eq(tell, i <= 10 || i % 100 == 0);
		told += tell;
	}
	ck_assert_int_eq(told, 20);
}
END_TEST

START_TEST(the_recovery_is_told_once_with_the_count)
{
	struct repeat repeat = { 0 };

	ck_assert_uint_eq(repeat_recovered(&repeat), 0);
	for (int i = 0; i < 37; i++)
		(void)repeat_failed(&repeat);
	ck_assert_uint_eq(repeat_recovered(&repeat), 37);
	ck_assert_uint_eq(repeat_recovered(&repeat), 0);
	ck_assert(repeat_failed(&repeat));
}
END_TEST

START_TEST(the_count_of_failures_does_not_run_over)
{
	struct repeat repeat = { UINT64_MAX };

	(void)repeat_failed(&repeat);
	ck_assert_uint_eq(repeat_recovered(&repeat), UINT64_MAX);
}
END_TEST

/* Runs log_line() with stderr in a file that is the journal, or is not. */
static void logged(bool journal, const char *what, char *buf, size_t size)
{
	char path[] = "/tmp/bms-log-XXXXXX", stream[64];
	int saved = dup(STDERR_FILENO);
	int fd = mkstemp(path);
	struct stat st;
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + (journal ? 0 : 1));
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(fd, STDERR_FILENO);
	log_init();
	log_line(LOG_LEVEL_WARNING, "rack", "%s", what);
	dup2(saved, STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	log_init();
	n = pread(fd, buf, size - 1, 0);
	buf[n > 0 ? n : 0] = '\0';
	close(saved);
	close(fd);
	unlink(path);
}

START_TEST(a_line_for_the_journal_starts_with_its_priority)
{
	char line[256];

	logged(true, "gone", line, sizeof(line));
	ck_assert_str_eq(line, "<4>rack: gone\n");
}
END_TEST

START_TEST(a_line_elsewhere_starts_with_the_program)
{
	char line[256];

	logged(false, "gone", line, sizeof(line));
	ck_assert_str_eq(line, "vebus-bms-ngd: rack: gone\n");
}
END_TEST

/* A serial number from a bus must not be able to write lines of its own. */
START_TEST(a_received_text_cannot_forge_a_second_line)
{
	char line[256];

	logged(true, "A\n<0>kernel: lie\x1b[2J", line, sizeof(line));
	ck_assert_str_eq(line, "<4>rack: A?<0>kernel: lie?[2J\n");
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut_and_stays_one_line)
{
	static char text[20000], line[20000];

	memset(text, 'x', sizeof(text) - 1);
	logged(true, text, line, sizeof(line));
	ck_assert_uint_gt(strlen(line), 8000);
	ck_assert_uint_le(strlen(line), 8192);
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
}
END_TEST

/* I3: a pipe whose reader has stopped, with room for half a line. */
START_TEST(a_reader_that_has_stopped_does_not_stop_the_program)
{
	static char text[8000], page[4096];
	int saved = dup(STDERR_FILENO);
	int ends[2], size;

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_int_eq(pipe(ends), 0);
	size = fcntl(ends[1], F_GETPIPE_SZ);
	for (int i = 1; i < size / (int)sizeof(page); i++)
		ck_assert_int_eq(write(ends[1], page, sizeof(page)),
				 sizeof(page));
	dup2(ends[1], STDERR_FILENO);
	log_init();
	for (int i = 0; i < 3; i++)
		log_line(LOG_LEVEL_WARNING, "rack", "%s", text);
	dup2(saved, STDERR_FILENO);
	log_init();
	ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tcase = tcase_create("log");

	tcase_add_test(tcase, ten_failures_are_told_then_one_in_a_hundred);
	tcase_add_test(tcase, the_recovery_is_told_once_with_the_count);
	tcase_add_test(tcase, the_count_of_failures_does_not_run_over);
	tcase_add_test(tcase, a_line_for_the_journal_starts_with_its_priority);
	tcase_add_test(tcase, a_line_elsewhere_starts_with_the_program);
	tcase_add_test(tcase, a_received_text_cannot_forge_a_second_line);
	tcase_add_test(tcase,
		       a_line_that_is_too_long_is_cut_and_stays_one_line);
	tcase_add_test(tcase,
		       a_reader_that_has_stopped_does_not_stop_the_program);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
