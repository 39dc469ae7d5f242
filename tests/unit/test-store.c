/* SPDX-License-Identifier: MIT */
/*
 * State files: the old one or the new one, never half of both, never
 * believed without their checksum (requirements A5, F3, I3); and the text
 * that identities are kept as.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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
	static const char *const names[] = { "x", "x.new", "x.bad" };

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

/* The file as raw bytes. */
static size_t read_raw(char *buf, size_t size)
{
	int fd = openat(dir, "x", O_RDONLY);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, buf, size);
	close(fd);
	ck_assert_int_ge(n, 0);
	return (size_t)n;
}

static void write_raw(const char *buf, size_t len)
{
	int fd = openat(dir, "x", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, buf, len), (ssize_t)len);
	close(fd);
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
	ck_assert(!exists("x.new"));
	/* Shorter than before, and nothing at all. */
	ck_assert_int_eq(store_save(dir, "x", "ab", 2), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, 2, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_int_eq(store_save(dir, "x", NULL, 0), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, 0, &len), 0);
	ck_assert_uint_eq(len, 0);
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
	ck_assert_int_eq(store_save(dir, "x", "123456789", 9), 0);
	read_raw(buf, sizeof(buf) - 1);
	ck_assert_str_eq(buf, "vebus-bms-ng state 1 9 CBF43926\n123456789");
}
END_TEST

/* Every single bit, every cut, and more than there should be. */
START_TEST(a_damaged_file_is_never_believed)
{
	static const char content[] = "rack 1 12345\n";
	char good[200], bad[200], buf[200];
	size_t n, len = 0;

	ck_assert_int_eq(store_save(dir, "x", content, sizeof(content) - 1),
			 0);
	n = read_raw(good, sizeof(good) - 1);
	for (size_t bit = 0; bit < n * 8; bit++) {
		memcpy(bad, good, n);
		bad[bit / 8] = (char)(bad[bit / 8] ^ 1 << bit % 8);
		write_raw(bad, n);
		ck_assert_msg(store_load(dir, "x", buf, sizeof(buf), &len) ==
			      -EBADMSG, "bit %zu", bit);
	}
	for (size_t cut = 0; cut < n; cut++) {
		write_raw(good, cut);
		ck_assert_msg(store_load(dir, "x", buf, sizeof(buf), &len) ==
			      -EBADMSG, "cut %zu", cut);
	}
	memcpy(bad, good, n);
	bad[n] = 'x';
	write_raw(bad, n + 1);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len),
			 -EBADMSG);
	ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(a_damaged_file_is_told_once_and_kept_for_a_look)
{
	char buf[100];
	size_t len;

	write_raw("nonsense", 8);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len),
			 -EBADMSG);
	ck_assert(exists("x.bad"));
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len),
			 -ENOENT);
	ck_assert_int_eq(store_save(dir, "x", "new", 3), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len), 0);
}
END_TEST

START_TEST(a_length_is_not_believed)
{
	static const char *const heads[] = {
		"vebus-bms-ng state 1 99999999 00000000\n",
		"vebus-bms-ng state 1 -1 00000000\n",
		"vebus-bms-ng state 1 1048577 00000000\n",
		"vebus-bms-ng state 2 0 00000000\n",
		"vebus-bms-ng state 1 0 00000000",
		"vebus-bms-ng state 1 00 00000000\n",
		"vebus-bms-ng state 1 0 0\n",
	};
	char buf[10];
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		write_raw(heads[i], strlen(heads[i]));
		ck_assert_msg(store_load(dir, "x", buf, sizeof(buf), &len) ==
			      -EBADMSG, "%s", heads[i]);
	}
	ck_assert_int_eq(store_save(dir, "x", "eleven chars", 11), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len),
			 -EFBIG);
	ck_assert(exists("x"));
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
START_TEST(a_full_disk_leaves_the_old_file)
{
	struct rlimit limit = { 40, 40 };
	char buf[100];
	size_t len = 0;

	ck_assert_int_eq(store_save(dir, "x", "old", 3), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(store_save(dir, "x", buf, 100), -EFBIG);
	ck_assert(!exists("x.new"));
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len), 0);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(buf, "old", 3);
}
END_TEST

START_TEST(what_a_power_cut_left_does_not_stand_in_the_way)
{
	int fd = openat(dir, "x.new", O_WRONLY | O_CREAT, 0400);
	char buf[10];
	size_t len;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(store_save(dir, "x", "new", 3), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len), 0);
	/* Something that cannot be replaced. */
	ck_assert_int_eq(mkdirat(dir, "x.new", 0700), 0);
	ck_assert_int_lt(store_save(dir, "x", "newer", 5), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len), 0);
	ck_assert_uint_eq(len, 3);
}
END_TEST

START_TEST(a_link_is_not_followed)
{
	char buf[100];
	size_t len;

	ck_assert_int_eq(symlinkat("/etc/hostname", dir, "x"), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len),
			 -ELOOP);
	ck_assert_int_eq(store_save(dir, "x", "new", 3), 0);
	ck_assert_int_eq(store_load(dir, "x", buf, sizeof(buf), &len), 0);
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
	tcase_add_test(files, a_damaged_file_is_told_once_and_kept_for_a_look);
	tcase_add_test(files, a_length_is_not_believed);
	tcase_add_test(files, a_name_stays_in_its_folder);
	tcase_add_test(files, a_full_disk_leaves_the_old_file);
	tcase_add_test(files, what_a_power_cut_left_does_not_stand_in_the_way);
	tcase_add_test(files, a_link_is_not_followed);
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
