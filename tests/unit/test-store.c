/* SPDX-License-Identifier: MIT */
/*
 * State files: what was saved last or before it, never half of both, never
 * believed without its checksum (requirements A5, E3, F3, I3); and the text
 * that identities are kept as.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store.h"
#include "lib/base/crc.h"
#include "lib/base/identities.h"
#include "lib/base/maybe.h"

static char folder[40];
static int dir;

static void make_folder(void)
{
	strcpy(folder, "/tmp/test-store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	dir = store_open(folder);
	ck_assert_int_ge(dir, 0);
}

static void remove_folder(void)
{
	static const char *const names[] = {
		"x.0", "x.1", "x.0.bad", "x.1.bad", "x.new"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (unlinkat(dir, names[i], 0) < 0)
			unlinkat(dir, names[i], AT_REMOVEDIR);
	close(dir);
	rmdir(folder);
}

static bool exists(const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The slot as raw bytes. */
static size_t read_raw(const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, buf, size);
	close(fd);
	ck_assert_int_ge(n, 0);
	return (size_t)n;
}

static void write_raw(const char *name, const char *buf, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, buf, len), (ssize_t)len);
	close(fd);
}

static void save(const char *content)
{
	ck_assert_int_eq(store_save(dir, "x", content, strlen(content)), 0);
}

/* What is loaded, or NULL with the error in *ret. */
static const char *load(int *ret)
{
	static char buf[300];
	size_t len = 0;

	*ret = store_load(dir, "x", buf, sizeof(buf) - 1, &len);
	buf[len] = '\0';
	return *ret == 0 ? buf : NULL;
}

static void check_loads(const char *content)
{
	int error;
	const char *loaded = load(&error);

	ck_assert_int_eq(error, 0);
	ck_assert_str_eq(loaded, content);
}

START_TEST(what_is_saved_is_loaded)
{
	static const char content[] = "rack 1 \0 \xff\n";
	char buf[100];
	size_t len = 0;

	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len),
			 -ENOENT);
	ck_assert_int_eq(store_save(dir, "x", content, sizeof(content)), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len), 0);
	ck_assert_uint_eq(len, sizeof(content));
	ck_assert_mem_eq(buf, content, len);
	/* Shorter than before, and nothing at all. */
	ck_assert_int_eq(store_save(dir, "x", "ab", 2), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, 2, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_int_eq(store_save(dir, "x", NULL, 0), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, 0, &len), 0);
	ck_assert_uint_eq(len, 0);
	for (int i = 0; i < 5; i++) {
		char number[] = { (char)('0' + i), '\0' };

		save(number);
		check_loads(number);
	}
}
END_TEST

START_TEST(the_file_is_as_documented)
{
	char buf[100] = "";

	/* 123456789 has this checksum in every table of CRC-32. */
	ck_assert_uint_eq(crc32_ieee(0, (const uint8_t *)"123456789", 9),
			  0xcbf43926);
	ck_assert_uint_eq(crc32_ieee(crc32_ieee(0, (const uint8_t *)"1234", 4),
				     (const uint8_t *)"56789", 5),
			  0xcbf43926);
	save("123456789");
	read_raw("x.0", buf, sizeof(buf) - 1);
	/* By an independent program, over "1 9\n123456789". */
	ck_assert_str_eq(buf, "vebus-bms-ng state 2 1 9 A4526108\n123456789");
	ck_assert(!exists("x.1"));
	save("second");
	ck_assert(exists("x.1"));
}
END_TEST

/* Every single bit, and every cut. */
START_TEST(a_damaged_file_is_never_believed)
{
	char good[200], bad[200];
	int error;
	size_t n;

	save("rack 1 12345\n");
	n = read_raw("x.0", good, sizeof(good) - 1);
	for (size_t bit = 0; bit < n * 8; bit++) {
		memcpy(bad, good, n);
		bad[bit / 8] = (char)(bad[bit / 8] ^ 1 << bit % 8);
		write_raw("x.0", bad, n);
		ck_assert_msg(!load(&error) && error == -EBADMSG, "bit %zu",
			      bit);
	}
	for (size_t cut = 0; cut < n; cut++) {
		write_raw("x.0", good, cut);
		ck_assert_msg(!load(&error) && error == -EBADMSG, "cut %zu",
			      cut);
	}
}
END_TEST

/*
 * F3: a save that ends after any byte, by a power cut or by a kill, in a
 * slot that was longer, as long, shorter, or new: what was saved before it
 * is still there, and so is the next one.
 */
START_TEST(a_save_torn_at_any_byte_loses_only_itself)
{
	static const char *const olds[] = {
		"an older state that is longer than what is torn!", "older!",
		"", NULL,
	};
	static const char before[] = "the state before";
	static const char torn[] = "torn 1";
	const char *slot = olds[_i] ? "x.0" : "x.1";
	char was[300], is[300], mixed[300];
	size_t n_was = 0, n_is;
	int error;

	if (olds[_i]) {
		save(olds[_i]);
		n_was = read_raw("x.0", was, sizeof(was));
	}
	save(before);
	save(torn);
	n_is = read_raw(slot, is, sizeof(is));
	for (size_t cut = 0; cut <= n_is; cut++) {
		size_t n = cut > n_was ? cut : n_was;
		const char *loaded;

		memcpy(mixed, was, n_was);
		memcpy(mixed, is, cut);
		write_raw(slot, mixed, n);
		loaded = load(&error);
		ck_assert_msg(loaded, "cut %zu: %s", cut, strerror(-error));
		ck_assert_str_eq(loaded, cut == n_is ? torn : before);
		write_raw(slot, mixed, cut);
		ck_assert_ptr_nonnull(load(&error));
		save("after");
		check_loads("after");
		/* Back to before the save. */
		ck_assert_int_eq(unlinkat(dir, "x.0", 0), 0);
		ck_assert_int_eq(unlinkat(dir, "x.1", 0), 0);
		if (olds[_i])
			save(olds[_i]);
		save(before);
	}
}
END_TEST

/* Saves one number after the other and tells of each, until it is killed. */
static void save_for_ever(long i, int done)
{
	char text[30];

	for (;; i++) {
		snprintf(text, sizeof(text), "%ld", i);
		if (store_save(dir, "x", text, strlen(text)) < 0 ||
		    write(done, &i, sizeof(i)) < 0)
			_exit(1);
	}
}

/* F3: ends a process that does nothing but save, at any moment. */
START_TEST(a_killed_process_loses_no_more_than_one_save)
{
	int done[2];
	long counted = 0;

	ck_assert_int_eq(pipe(done), 0);
	for (int round = 0; round < 40; round++) {
		const char *loaded;
		long last = 0;
		int error;
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			save_for_ever(counted + 1, done[1]);
		/* The fourth save is done; the next one may be under way. */
		for (int i = 0; i < 4; i++)
			ck_assert_int_eq(read(done[0], &last, sizeof(last)),
					 sizeof(last));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		fcntl(done[0], F_SETFL, O_NONBLOCK);
		while (read(done[0], &last, sizeof(last)) > 0)
			continue;
		fcntl(done[0], F_SETFL, 0);
		loaded = load(&error);
		ck_assert_ptr_nonnull(loaded);
		counted = atol(loaded);
		ck_assert_int_ge(counted, last);
		ck_assert_int_le(counted, last + 1);
	}
	close(done[0]);
	close(done[1]);
}
END_TEST

START_TEST(of_two_whole_slots_the_newer_counts_whichever_it_is)
{
	char slot[200];
	size_t n;

	save("one");
	save("two");
	check_loads("two");
	/* The slots change places. */
	n = read_raw("x.1", slot, sizeof(slot));
	ck_assert_int_eq(renameat(dir, "x.0", dir, "x.1"), 0);
	write_raw("x.0", slot, n);
	check_loads("two");
	save("three");
	check_loads("three");
}
END_TEST

START_TEST(a_damaged_file_is_told_once_and_kept_for_a_look)
{
	int error;

	write_raw("x.0", "nonsense", 8);
	write_raw("x.1", "", 0);
	ck_assert(!load(&error) && error == -EBADMSG);
	ck_assert(exists("x.0.bad"));
	ck_assert(exists("x.1.bad"));
	ck_assert(!load(&error) && error == -ENOENT);
	save("new");
	check_loads("new");
}
END_TEST

START_TEST(a_length_is_not_believed)
{
	static const char *const heads[] = {
		"vebus-bms-ng state 2 1 99999999 00000000\n",
		"vebus-bms-ng state 2 1 -1 00000000\n",
		"vebus-bms-ng state 2 1 1048577 00000000\n",
		"vebus-bms-ng state 1 0 00000000\n",
		"vebus-bms-ng state 2 1 0 00000000",
		"vebus-bms-ng state 2 1 00 00000000\n",
		"vebus-bms-ng state 2 0 0 00000000\n",
		"vebus-bms-ng state 2 18446744073709551615 0 00000000\n",
		"vebus-bms-ng state 2 1 0 0\n",
	};
	char buf[10];
	size_t len;
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		write_raw("x.0", heads[i], strlen(heads[i]));
		ck_assert_msg(!load(&error) && error == -EBADMSG, "%s",
			      heads[i]);
	}
	save("eleven chars");
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len),
			 -EFBIG);
	ck_assert(exists("x.0"));
}
END_TEST

#define LONG_NAME "thirty-two-letters-and-one-more--"

START_TEST(a_name_stays_in_its_folder)
{
	static const char *const bad[] = {
		"", ".", "..", "../x", "/etc/passwd", "a/b", "A", "x.new",
		LONG_NAME LONG_NAME,
	};
	char buf[10];
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(store_save(dir, bad[i], "x", 1), -EINVAL);
		ck_assert_int_eq(store_load(dir, bad[i], buf, sizeof(buf),
					    &len), -EINVAL);
	}
}
END_TEST

/* RLIMIT_FSIZE stands for a full disk. */
START_TEST(a_full_disk_leaves_what_was_saved)
{
	struct rlimit limit = { 40, 40 };
	char buf[100] = "";

	save("older");
	save("old");
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(store_save(dir, "x", buf, 100), -EFBIG);
		check_loads("old");
	}
}
END_TEST

/* F3, I3: nothing had been kept, and nothing has been lost. A process that
 * is killed leaves what one does that may write no more. */
START_TEST(a_first_save_torn_at_any_byte_leaves_none)
{
	static const char content[] = "the first state of all";
	char whole[300];
	size_t n;
	int error;

	save(content);
	n = read_raw("x.0", whole, sizeof(whole));
	ck_assert_int_eq(unlinkat(dir, "x.0", 0), 0);
	signal(SIGXFSZ, SIG_IGN);
	for (size_t cut = 0; cut < n; cut++) {
		struct rlimit limit = { cut, RLIM_INFINITY };

		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
		ck_assert_int_eq(store_save(dir, "x", content,
					    strlen(content)), -EFBIG);
		ck_assert_ptr_null(load(&error));
		ck_assert_int_eq(error, -ENOENT);
		limit.rlim_cur = RLIM_INFINITY;
		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
		write_raw("x.new", whole, cut);
		ck_assert_ptr_null(load(&error));
		ck_assert_int_eq(error, -ENOENT);
	}
	save("after");
	check_loads("after");
	ck_assert(!exists("x.new"));
}
END_TEST

START_TEST(what_cannot_be_replaced_leaves_what_was_saved)
{
	save("old");
	ck_assert_int_eq(mkdirat(dir, "x.1", 0700), 0);
	ck_assert_int_lt(store_save(dir, "x", "newer", 5), 0);
	check_loads("old");
}
END_TEST

/* What a slot points at belongs to somebody else. */
START_TEST(a_link_is_not_followed_and_gives_way)
{
	char other[80];
	int error;

	snprintf(other, sizeof(other), "%s/x.0.bad", folder);
	write_raw("x.0.bad", "theirs", 6);
	ck_assert_int_eq(symlinkat(other, dir, "x.0"), 0);
	ck_assert(!load(&error) && error == -ELOOP);
	save("new");
	check_loads("new");
	ck_assert_int_eq(unlinkat(dir, "x.0", 0), 0);
	ck_assert_int_eq(linkat(dir, "x.0.bad", dir, "x.0", 0), 0);
	save("newer");
	check_loads("newer");
	ck_assert_uint_eq(read_raw("x.0.bad", other, sizeof(other)), 6);
	ck_assert_mem_eq(other, "theirs", 6);
}
END_TEST

START_TEST(a_missing_folder_is_made_but_not_its_parent)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/x", folder);
	fd = store_open(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/none/x", folder);
	ck_assert_int_eq(store_open(path), -ENOENT);
	ck_assert_int_eq(store_open("/dev/null"), -ENOTDIR);
}
END_TEST

/* --- identities --------------------------------------------------------- */

START_TEST(identities_read_back_as_themselves)
{
	static const struct identity written[] = {
		{ "rack", 1, "JK12345678" },
		{ "shed-2", 255, "a b%c\xff\n\x01" },
		{ "x", 0, "%41" },
	};
	char text[3 * IDENTITY_LINE_SIZE + 1];
	struct text t = text_in(text, sizeof(text));
	struct identity read;
	size_t offset = 0;

	for (size_t i = 0; i < ARRAY_SIZE(written); i++)
		ck_assert_int_eq(identities_encode(&t, &written[i]), 0);
	ck_assert_str_eq(text, "rack 1 JK12345678\n"
			 "shed-2 255 a%20b%25c%FF%0A%01\n"
			 "x 0 %2541\n");
	for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
		ck_assert_int_eq(identities_decode(text, t.len, &offset,
						   &read), 1);
		ck_assert_str_eq(read.bus, written[i].bus);
		ck_assert_uint_eq(read.address, written[i].address);
		ck_assert_str_eq(read.serial, written[i].serial);
	}
	ck_assert_int_eq(identities_decode(text, t.len, &offset, &read), 0);
}
END_TEST

START_TEST(the_longest_identity_fits_its_line)
{
	struct identity identity = { .address = 255 };
	char text[IDENTITY_LINE_SIZE + 1];
	struct text t = text_in(text, sizeof(text));

	memset(identity.bus, 'b', sizeof(identity.bus) - 1);
	memset(identity.serial, ' ', sizeof(identity.serial) - 1);
	ck_assert_int_eq(identities_encode(&t, &identity), 0);
	/* The second does not fit and leaves no half. */
	ck_assert_int_eq(identities_encode(&t, &identity), -1);
	ck_assert_int_eq(text[t.len - 1], '\n');
	ck_assert(!t.cut);
	identity.serial[0] = '\0';
	t = text_in(text, sizeof(text));
	ck_assert_int_eq(identities_encode(&t, &identity), -1);
	ck_assert_uint_eq(t.len, 0);
}
END_TEST

START_TEST(a_line_that_is_no_identity_is_skipped)
{
	static const char *const bad[] = {
		"", "rack", "rack 1", "rack 1 ", "rack  1 x", " rack 1 x",
		"rack 256 x", "rack -1 x", "rack x 1", "rack 1 x y",
		"rack 1 %", "rack 1 %4", "rack 1 %4g", "rack 1 %00",
		"rack 1 a%", "a-name-that-is-one-too-long-here 1 x",
		"rack 1 12345678901234567890123456789012",
	};
	struct identity read;
	char text[200];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t offset = 0;
		size_t len = (size_t)snprintf(text, sizeof(text),
					      "%s\nrack 7 good", bad[i]);

		ck_assert_msg(identities_decode(text, len, &offset, &read) ==
			      -1, "%s", bad[i]);
		ck_assert_int_eq(identities_decode(text, len, &offset, &read),
				 1);
		ck_assert_uint_eq(read.address, 7);
		ck_assert_str_eq(read.serial, "good");
		ck_assert_int_eq(identities_decode(text, len, &offset, &read),
				 0);
	}
}
END_TEST

START_TEST(any_bytes_as_identities_end)
{
	uint64_t seed = unit_seed();

	for (int i = 0; i < 20000; i++) {
		static const char letters[] = "rack 1%4\n\0F";
		size_t len = (size_t)unit_between(&seed, 1, 120);
		size_t offset = 0;
		struct identity read;
		/* Of that size, so that a sanitizer sees a step too far. */
		char *text = malloc(len);
		unsigned int n = 0;

		for (size_t c = 0; c < len; c++)
			text[c] = letters[unit_random(&seed) %
					  (sizeof(letters) - 1)];
		while (identities_decode(text, len, &offset, &read) != 0)
			n++;
		/* One assertion: each costs more than what it looks at. */
		ck_assert(n <= len && offset == len);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *files = tcase_create("files");
	TCase *identities = tcase_create("identities");

	tcase_add_checked_fixture(files, make_folder, remove_folder);
	tcase_add_test(files, what_is_saved_is_loaded);
	tcase_add_test(files, the_file_is_as_documented);
	tcase_add_test(files, a_damaged_file_is_never_believed);
	tcase_add_loop_test(files, a_save_torn_at_any_byte_loses_only_itself,
			    0, 4);
	tcase_add_test(files, a_killed_process_loses_no_more_than_one_save);
	tcase_add_test(files,
		of_two_whole_slots_the_newer_counts_whichever_it_is);
	tcase_add_test(files, a_damaged_file_is_told_once_and_kept_for_a_look);
	tcase_add_test(files, a_length_is_not_believed);
	tcase_add_test(files, a_name_stays_in_its_folder);
	tcase_add_test(files, a_full_disk_leaves_what_was_saved);
	tcase_add_test(files, a_first_save_torn_at_any_byte_leaves_none);
	tcase_add_test(files, what_cannot_be_replaced_leaves_what_was_saved);
	tcase_add_test(files, a_link_is_not_followed_and_gives_way);
	tcase_add_test(files, a_missing_folder_is_made_but_not_its_parent);
	tcase_set_timeout(files, 60);
	suite_add_tcase(suite, files);
	tcase_add_test(identities, identities_read_back_as_themselves);
	tcase_add_test(identities, the_longest_identity_fits_its_line);
	tcase_add_test(identities, a_line_that_is_no_identity_is_skipped);
	tcase_add_test(identities, any_bytes_as_identities_end);
	tcase_set_timeout(identities, 60);
	suite_add_tcase(suite, identities);
	return unit_run(suite);
}
