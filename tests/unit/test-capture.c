/* SPDX-License-Identifier: MIT */
/*
 * The capture format and its file (requirement I6; design.md 8): what is
 * written reads back as itself, no length is believed, a full or failing
 * disk ends the capture with whole lines and nothing else (I3).
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/capture.h"
#include "lib/base/maybe.h"

static int decode(const char *line, struct capture_record *record)
{
	const char *why = NULL;
	int result = capture_decode(line, strlen(line), record, &why);

	ck_assert(result >= 0 || why);
	return result;
}

/* --- the format --------------------------------------------------------- */

START_TEST(a_line_says_what_happened)
{
	struct capture_record r;

	ck_assert_int_eq(decode("1234567 rack rx 55AAEB90", &r), 0);
	ck_assert_uint_eq(r.time.us, 1234567);
	ck_assert_str_eq(r.port, "rack");
	ck_assert_int_eq(r.word, CAPTURE_RX);
	ck_assert_uint_eq(r.len, 4);
	ck_assert_mem_eq(r.bytes, "\x55\xaa\xeb\x90", 4);
	ck_assert_int_eq(decode("18446744073709551615 inverter tx 0f\r", &r),
			 0);
	ck_assert_uint_eq(r.time.us, UINT64_MAX);
	ck_assert_int_eq(r.word, CAPTURE_TX);
	ck_assert_int_eq(decode("0 gpio in 01FF", &r), 0);
	ck_assert_int_eq(r.word, CAPTURE_IN);
	ck_assert_int_eq(decode("5 rack open", &r), 0);
	ck_assert_int_eq(r.word, CAPTURE_OPEN);
	ck_assert_uint_eq(r.len, 0);
}
END_TEST

START_TEST(lines_that_mean_nothing_are_passed_over)
{
	struct capture_record r;

	ck_assert_int_eq(decode("", &r), 1);
	ck_assert_int_eq(decode("\r", &r), 1);
	ck_assert_int_eq(decode("#", &r), 1);
	ck_assert_int_eq(decode("# anything 1 2 3", &r), 1);
}
END_TEST

START_TEST(a_bad_line_is_refused_with_its_reason)
{
	static const struct {
		const char *line, *why;
	} bad[] = {
		{ "x rack rx 55", "time" },
		{ " 1 rack rx 55", "time" },
		{ "-1 rack rx 55", "time" },
		{ "18446744073709551616 rack rx 55", "time" },
		{ "1", "port" },
		{ "1 ", "port" },
		{ "1  rx 55", "port" },
		{ "1 a-name-that-is-one-too-long-here open", "port" },
		{ "1 ra\tck rx 55", "port" },
		{ "1 rack", "neither" },
		{ "1 rack RX 55", "neither" },
		{ "1 rack rxx 55", "neither" },
		{ "1 rack rx", "missing" },
		{ "1 rack rx ", "missing" },
		{ "1 rack open 55", "takes no bytes" },
		{ "1 rack rx 5", "half" },
		{ "1 rack rx 5g", "not hex" },
		{ "1 rack rx  55", "half" },
		{ "1 rack rx 55 ", "half" },
		{ "1 rack rx 55 5", "not hex" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct capture_record r, before;
		const char *why = NULL;

		memset(&r, 0x5a, sizeof(r));
		before = r;
		ck_assert_int_eq(capture_decode(bad[i].line,
						strlen(bad[i].line), &r,
						&why), -1);
		ck_assert_msg(strstr(why, bad[i].why) != NULL, "%s: %s",
			      bad[i].line, why);
		ck_assert_mem_eq(&r, &before, sizeof(r));
	}
}
END_TEST

START_TEST(the_longest_chunk_is_taken_and_one_byte_more_is_not)
{
	uint8_t bytes[CAPTURE_BYTES_MAX + 1] = { 0 };
	char line[CAPTURE_LINE_SIZE + 8];
	char name[BMS_NAME_SIZE];
	struct text t = text_in(line, CAPTURE_LINE_SIZE);
	struct capture_record r;
	mono_t last = { UINT64_MAX };

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(capture_encode(&t, last, name, CAPTURE_KNOWN, bytes,
					CAPTURE_BYTES_MAX), 0);
	line[t.len - 1] = '\0';
	ck_assert_int_eq(decode(line, &r), 0);
	ck_assert_uint_eq(r.len, CAPTURE_BYTES_MAX);
	strcat(line, "00");
	ck_assert_int_eq(decode(line, &r), -1);
	t = text_in(line, sizeof(line));
	ck_assert_int_eq(capture_encode(&t, last, "x", CAPTURE_RX, bytes,
					sizeof(bytes)), -1);
	ck_assert_uint_eq(t.len, 0);
}
END_TEST

START_TEST(what_cannot_be_a_line_is_not_written)
{
	char buf[64] = "";
	struct text t = text_in(buf, sizeof(buf));
	const uint8_t byte = 7;
	mono_t at = { 1 };

	text_str(&t, "kept");
	ck_assert_int_eq(capture_encode(&t, at, "", CAPTURE_OPEN, NULL, 0),
			 -1);
	ck_assert_int_eq(capture_encode(&t, at, "a b", CAPTURE_OPEN, NULL, 0),
			 -1);
	ck_assert_int_eq(capture_encode(&t, at, "a", CAPTURE_OPEN, &byte, 1),
			 -1);
	ck_assert_int_eq(capture_encode(&t, at, "a", CAPTURE_RX, &byte, 0),
			 -1);
	ck_assert_int_eq(capture_encode(&t, at, "a", CAPTURE_WORD_COUNT, NULL,
					0), -1);
	t.size = 10;
	ck_assert_int_eq(capture_encode(&t, at, "abc", CAPTURE_RX, &byte, 1),
			 -1);
	ck_assert_str_eq(buf, "kept");
	ck_assert(!t.cut);
}
END_TEST

START_TEST(any_record_reads_back_as_itself)
{
	uint64_t seed = unit_seed();

	for (int i = 0; i < 1000; i++) {
		char line[CAPTURE_LINE_SIZE];
		struct text t = text_in(line, sizeof(line));
		uint8_t bytes[CAPTURE_BYTES_MAX];
		struct capture_record r;
		enum capture_word word = (enum capture_word)
			unit_between(&seed, 0, CAPTURE_WORD_COUNT - 1);
		size_t len = (size_t)unit_between(&seed, 1, 40);
		mono_t at = { unit_random(&seed) };
		const char *why;

		for (size_t n = 0; n < len; n++)
			bytes[n] = (uint8_t)unit_random(&seed);
		if (capture_encode(&t, at, "b-1", word, bytes, len) < 0) {
			len = 0;
			ck_assert_int_eq(capture_encode(&t, at, "b-1", word,
							bytes, len), 0);
		}
		ck_assert_int_eq(line[t.len - 1], '\n');
		ck_assert_int_eq(capture_decode(line, t.len - 1, &r, &why), 0);
		ck_assert_uint_eq(r.time.us, at.us);
		ck_assert_int_eq(r.word, word);
		ck_assert_str_eq(r.port, "b-1");
		ck_assert_uint_eq(r.len, len);
		ck_assert_mem_eq(r.bytes, bytes, len);
	}
}
END_TEST

START_TEST(the_header_names_format_and_configuration)
{
	char buf[200];
	struct text t = text_in(buf, sizeof(buf));
	uint32_t config = 0;

	capture_header(&t, "0.1.0", 0x0123abcd);
	ck_assert_str_eq(buf, "# vebus-bms-ng capture 1\n"
			 "# program 0.1.0\n"
			 "# config 0123ABCD\n");
	ck_assert(capture_is_header("# vebus-bms-ng capture 1", 24));
	ck_assert(capture_is_header("# vebus-bms-ng capture 1\r", 25));
	ck_assert(!capture_is_header("# vebus-bms-ng capture 2", 24));
	ck_assert(!capture_is_header("# vebus-bms-ng capture 1", 23));
	ck_assert(capture_config("# config 0123ABCD", 17, &config));
	ck_assert_uint_eq(config, 0x0123abcd);
	ck_assert(!capture_config("# config 0123ABC", 16, &config));
	ck_assert(!capture_config("# config 0123ABCG", 17, &config));
	ck_assert(!capture_config("# confih 0123ABCD", 17, &config));
}
END_TEST

/* --- the file ----------------------------------------------------------- */

static char folder[32];
static char path[64];
static char old_path[80];

static void make_folder(void)
{
	strcpy(folder, "/tmp/test-capture.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/bms.capture", folder);
	snprintf(old_path, sizeof(old_path), "%s.old", path);
}

static void remove_folder(void)
{
	unlink(path);
	unlink(old_path);
	rmdir(folder);
}

static const uint8_t chunk[100] = { 1, 2, 3 };

static int note(struct capture *capture, uint64_t us)
{
	return capture_note(capture, (mono_t){ us }, "rack", CAPTURE_RX,
			    chunk, sizeof(chunk));
}

/* Every line of the file is whole and good; returns the number of events
 * and the last line. */
static unsigned int check_file(const char *name, char last[CAPTURE_LINE_SIZE])
{
	FILE *file = fopen(name, "r");
	char line[CAPTURE_LINE_SIZE];
	unsigned int n = 0, lines = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		struct capture_record r;
		size_t len = strlen(line);
		int result;

		ck_assert_int_eq(line[len - 1], '\n');
		line[len - 1] = '\0';
		if (lines++ == 0)
			ck_assert(capture_is_header(line, len - 1));
		result = decode(line, &r);
		ck_assert_int_ge(result, 0);
		n += result == 0;
		strcpy(last, line);
	}
	fclose(file);
	return n;
}

START_TEST(events_reach_the_file_in_order)
{
	struct capture *capture = NULL;
	char text[400] = "";
	struct stat st;
	FILE *file;

	ck_assert_int_eq(capture_open(&capture, path, 1, "9.9", 0xab), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(capture_note(capture, (mono_t){ 1 }, "rack",
				      CAPTURE_OPEN, NULL, 0), 0);
	ck_assert_int_eq(capture_note(capture, (mono_t){ 2 }, "rack",
				      CAPTURE_TX, chunk, 2), 0);
	ck_assert_int_eq(capture_flush(capture), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, 70);
	ck_assert_int_eq(capture_note(capture, (mono_t){ 3 }, "inverter",
				      CAPTURE_RX, chunk, 3), 0);
	ck_assert_ptr_null(capture_close(capture));
	file = fopen(path, "r");
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, file), 0);
	fclose(file);
	ck_assert_str_eq(text, "# vebus-bms-ng capture 1\n# program 9.9\n"
			 "# config 000000AB\n1 rack open\n2 rack tx 0102\n"
			 "3 inverter rx 010203\n# end\n");
}
END_TEST

/* What was kept may be longer than a line. */
START_TEST(what_was_kept_is_noted_in_pieces)
{
	uint8_t kept[2 * CAPTURE_BYTES_MAX + 3];
	struct capture_record r = { .len = 0 };
	struct capture *capture = NULL;
	char line[CAPTURE_LINE_SIZE];
	size_t got = 0;
	const char *why;
	FILE *file;

	for (size_t i = 0; i < sizeof(kept); i++)
		kept[i] = (uint8_t)(i * 7);
	ck_assert_int_eq(capture_open(&capture, path, 1, "9.9", 0), 0);
	ck_assert_int_eq(capture_note_kept(capture, (mono_t){ 5 }, kept,
					   sizeof(kept)), 0);
	ck_assert_ptr_null(capture_close(capture));
	ck_assert_int_eq(capture_note_kept(NULL, (mono_t){ 5 }, kept,
					   sizeof(kept)), 0);
	file = fopen(path, "r");
	while (fgets(line, sizeof(line), file)) {
		if (capture_decode(line, strlen(line) - 1, &r, &why) != 0)
			continue;
		ck_assert_int_eq(r.word, CAPTURE_KEPT);
		ck_assert_str_eq(r.port, "gpio");
		ck_assert_mem_eq(kept + got, r.bytes, r.len);
		got += r.len;
	}
	fclose(file);
	ck_assert_uint_eq(got, sizeof(kept));
}
END_TEST

START_TEST(a_full_file_ends_with_a_whole_line)
{
	struct capture *capture = NULL;
	char last[CAPTURE_LINE_SIZE];
	unsigned int n = 0;
	struct stat st;
	int result;

	ck_assert_int_eq(capture_open(&capture, path, 1, "9.9", 0), 0);
	do
		result = note(capture, n++);
	while (result == 0);
	ck_assert_int_eq(result, -EFBIG);
	/* Told once. */
	ck_assert_int_eq(note(capture, n), 0);
	ck_assert_int_eq(capture_flush(capture), 0);
	capture_close(capture);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_le(st.st_size, 1 << 20);
	ck_assert_int_gt(st.st_size, (1 << 20) - 1000);
	ck_assert_uint_eq(check_file(path, last), n - 1);
	ck_assert_str_eq(last, "# end: max-size is reached");
}
END_TEST

START_TEST(what_was_there_is_kept_once)
{
	struct capture *capture = NULL;
	char last[CAPTURE_LINE_SIZE];

	for (unsigned int run = 0; run < 3; run++) {
		ck_assert_int_eq(capture_open(&capture, path, 1, "9.9", 0), 0);
		for (unsigned int i = 0; i <= run; i++)
			ck_assert_int_eq(note(capture, i), 0);
		capture_close(capture);
	}
	ck_assert_uint_eq(check_file(path, last), 3);
	ck_assert_uint_eq(check_file(old_path, last), 2);
}
END_TEST

START_TEST(what_is_no_ordinary_file_is_left_alone)
{
	struct capture *capture = NULL;
	struct stat st;

	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert_int_eq(capture_open(&capture, path, 1, "9.9", 0), -EEXIST);
	ck_assert_int_eq(capture_open(&capture, folder, 1, "9.9", 0),
			 -EEXIST);
	ck_assert_int_eq(capture_open(&capture, "/nowhere/at/all", 1, "9.9",
				      0), -ENOENT);
	ck_assert_ptr_null(capture);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

/* RLIMIT_FSIZE stands for a full disk: a write is cut short, then fails. */
START_TEST(a_disk_that_fails_loses_the_capture_and_breaks_no_line)
{
	struct rlimit limit = { 100000, 100000 };
	struct capture *capture = NULL;
	char last[CAPTURE_LINE_SIZE];
	unsigned int n = 0;
	int result;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(capture_open(&capture, path, 16, "9.9", 0), 0);
	do {
		ck_assert_uint_lt(n, 10000);
		result = note(capture, n++);
	} while (result == 0);
	ck_assert_int_eq(result, -EFBIG);
	ck_assert_int_eq(note(capture, n), 0);
	ck_assert_ptr_null(capture_close(capture));
	ck_assert_uint_gt(check_file(path, last), 100);
}
END_TEST

START_TEST(no_capture_is_fine)
{
	ck_assert_int_eq(note(NULL, 1), 0);
	ck_assert_int_eq(capture_flush(NULL), 0);
	ck_assert_ptr_null(capture_close(NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture");
	TCase *format = tcase_create("format");
	TCase *file = tcase_create("file");

	tcase_add_test(format, a_line_says_what_happened);
	tcase_add_test(format, lines_that_mean_nothing_are_passed_over);
	tcase_add_test(format, a_bad_line_is_refused_with_its_reason);
	tcase_add_test(format,
		       the_longest_chunk_is_taken_and_one_byte_more_is_not);
	tcase_add_test(format, what_cannot_be_a_line_is_not_written);
	tcase_add_test(format, any_record_reads_back_as_itself);
	tcase_add_test(format, the_header_names_format_and_configuration);
	tcase_set_timeout(format, 60);
	suite_add_tcase(suite, format);
	tcase_add_checked_fixture(file, make_folder, remove_folder);
	tcase_add_test(file, events_reach_the_file_in_order);
	tcase_add_test(file, what_was_kept_is_noted_in_pieces);
	tcase_add_test(file, a_full_file_ends_with_a_whole_line);
	tcase_add_test(file, what_was_there_is_kept_once);
	tcase_add_test(file, what_is_no_ordinary_file_is_left_alone);
	tcase_add_test(file,
		       a_disk_that_fails_loses_the_capture_and_breaks_no_line);
	tcase_add_test(file, no_capture_is_fine);
	tcase_set_timeout(file, 60);
	suite_add_tcase(suite, file);
	return unit_run(suite);
}
