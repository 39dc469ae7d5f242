/* SPDX-License-Identifier: MIT */
/* What is told of many like failures (requirement I5), and how a line of
 * the log and an entry of the journal look. */
#include <fcntl.h>

#include "daemon/repeat.h"
#include "tests/unit/journal.h"

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

static void logged(bool journal, const char *what, char *buf, size_t size)
{
	struct redirected r;

	redirect(&r, journal, LOG_JOURNAL);
	log_line(LOG_LEVEL_WARNING, "rack", "%s", what);
	restore(&r, buf, size);
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
	log_init(LOG_JOURNAL);
	for (int i = 0; i < 3; i++)
		log_line(LOG_LEVEL_WARNING, "rack", "%s", text);
	dup2(saved, STDERR_FILENO);
	log_init(LOG_JOURNAL);
	ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

static void entry(const char *what)
{
	log_entry(LOG_LEVEL_ERROR, "VEBUS_BMS_CODE=A-B01\n", "code", "%s",
		  what);
}

/* F4 */
START_TEST(an_entry_reaches_the_journal_once_with_its_fields)
{
	char lines[256], got[512];
	struct redirected r;
	struct journal j;

	journal_begin(&j);
	redirect(&r, true, j.path);
	entry("A-B01 active");
	restore(&r, lines, sizeof(lines));
	journal_next(&j, got, sizeof(got));
	ck_assert_str_eq(got, "MESSAGE=code: A-B01 active\nPRIORITY=3\n"
			 "SYSLOG_FACILITY=3\n"
			 "SYSLOG_IDENTIFIER=vebus-bms-ngd\n"
			 "VEBUS_BMS_CODE=A-B01\n");
	journal_next(&j, got, sizeof(got));
	ck_assert_str_eq(got, "");
	ck_assert_str_eq(lines, "");
	journal_end(&j);
}
END_TEST

/* F4 */
START_TEST(an_entry_elsewhere_is_a_line)
{
	char lines[256], got[512];
	struct redirected r;
	struct journal j;

	journal_begin(&j);
	redirect(&r, false, j.path);
	entry("A-B01 active");
	restore(&r, lines, sizeof(lines));
	ck_assert_str_eq(lines, "vebus-bms-ngd: code: A-B01 active\n");
	journal_next(&j, got, sizeof(got));
	ck_assert_str_eq(got, "");
	journal_end(&j);
}
END_TEST

START_TEST(a_received_text_cannot_forge_a_field)
{
	char lines[256], got[512];
	struct redirected r;
	struct journal j;

	journal_begin(&j);
	redirect(&r, true, j.path);
	entry("A\n_PID=1");
	restore(&r, lines, sizeof(lines));
	journal_next(&j, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, "MESSAGE=code: A?_PID=1\n"));
	journal_end(&j);
}
END_TEST

/* I3, F4: nobody reads; what finds no room is a line instead. */
START_TEST(a_journal_that_has_stopped_does_not_stop_the_program)
{
	enum { ENTRIES = 2000 };
	static char lines[ENTRIES * 64], got[512];
	size_t entries = 0, others = 0;
	struct redirected r;
	struct journal j;

	journal_begin(&j);
	redirect(&r, true, j.path);
	for (int i = 0; i < ENTRIES; i++)
		entry("A-B01 active");
	restore(&r, lines, sizeof(lines));
	for (const char *at = lines; (at = strchr(at, '\n')); at++)
		others++;
	for (journal_next(&j, got, sizeof(got)); *got;
	     journal_next(&j, got, sizeof(got)))
		entries++;
	ck_assert_uint_gt(entries, 0);
	ck_assert_uint_gt(others, 0);
	ck_assert_uint_eq(entries + others, ENTRIES);
	ck_assert_int_eq(strncmp(lines, "<3>code: A-B01 active\n", 22), 0);
	journal_end(&j);
}
END_TEST

/* F4: the socket is there again under its name, as after a restart. */
START_TEST(a_journal_that_is_gone_and_back_gets_the_next_entry)
{
	char lines[256], got[512];
	struct redirected r;
	struct journal j;

	journal_begin(&j);
	redirect(&r, true, j.path);
	close(j.fd);
	unlink(j.path);
	entry("while it is gone");
	journal_bind(&j);
	entry("and back");
	restore(&r, lines, sizeof(lines));
	ck_assert_str_eq(lines, "<3>code: while it is gone\n");
	journal_next(&j, got, sizeof(got));
	ck_assert_ptr_nonnull(strstr(got, "MESSAGE=code: and back\n"));
	journal_end(&j);
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
	tcase_add_test(tcase,
		       an_entry_reaches_the_journal_once_with_its_fields);
	tcase_add_test(tcase, an_entry_elsewhere_is_a_line);
	tcase_add_test(tcase, a_received_text_cannot_forge_a_field);
	tcase_add_test(tcase,
		       a_journal_that_has_stopped_does_not_stop_the_program);
	tcase_add_test(tcase,
		       a_journal_that_is_gone_and_back_gets_the_next_entry);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
