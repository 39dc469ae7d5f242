/* SPDX-License-Identifier: MIT */
#include "daemon/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crc.h"

enum {
	HEADER_SIZE = 80,
	FILE_NAME_SIZE = STORE_NAME_MAX + 8, /* with ".0.bad" or ".new" */
	SLOTS = 2,
};

static const char magic[] = "vebus-bms-ng state 2 ";

struct slot {
	uint64_t sequence; /* 0: not whole, or not there */
	size_t offset;     /* of the content */
	size_t len;
	int error;         /* why it is not whole: -errno */
};

static bool is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len <= STORE_NAME_MAX && !name[len];
}

int store_open(const char *path)
{
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* All of it, over interruptions. */
static int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Up to size bytes, fewer only at the end of the file. */
static ssize_t read_all(int fd, void *buf, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, (char *)buf + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* The header that content has with that sequence. */
static int header(char buf[HEADER_SIZE], uint64_t sequence,
		  const void *content, size_t len)
{
	char counts[HEADER_SIZE];
	int n = snprintf(counts, sizeof(counts), "%" PRIu64 " %zu\n",
			 sequence, len);
	uint32_t crc = crc32_ieee(0, (const uint8_t *)counts, (size_t)n);

	crc = crc32_ieee(crc, content, len);
	return snprintf(buf, HEADER_SIZE, "%s%" PRIu64 " %zu %08" PRIX32 "\n",
			magic, sequence, len, crc);
}

static void slot_name(char buf[FILE_NAME_SIZE], const char *name, int number)
{
	snprintf(buf, FILE_NAME_SIZE, "%s.%d", name, number);
}

/* What the first line says, which nothing proves yet. 0 or -EBADMSG. */
static int parse_header(const char *head, size_t n, struct slot *ret)
{
	const char *end = memchr(head, '\n', n);

	if (!end || sscanf(head, "vebus-bms-ng state 2 %20" SCNu64 " %7zu ",
			   &ret->sequence, &ret->len) != 2 ||
	    ret->sequence == 0 || ret->sequence > INT64_MAX ||
	    ret->len > STORE_CONTENT_MAX)
		return -EBADMSG;
	ret->offset = (size_t)(end - head) + 1;
	return 0;
}

/* Reads the whole slot into content, whose room is STORE_CONTENT_MAX. */
static int read_slot(int fd, char *content, struct slot *ret)
{
	char head[HEADER_SIZE] = "";
	char expected[HEADER_SIZE];
	ssize_t n = read_all(fd, head, sizeof(head) - 1);
	int error;

	if (n < 0)
		return (int)n;
	error = parse_header(head, (size_t)n, ret);
	if (error < 0)
		return error;
	if (lseek(fd, (off_t)ret->offset, SEEK_SET) < 0)
		return -errno;
	n = read_all(fd, content, ret->len);
	if (n < 0)
		return (int)n;
	if ((size_t)n != ret->len ||
	    (size_t)header(expected, ret->sequence, content, ret->len) !=
		    ret->offset ||
	    memcmp(expected, head, ret->offset) != 0)
		return -EBADMSG;
	return 0;
}

static struct slot look_at(int dirfd, const char *name, int number,
			   char *content)
{
	char file[FILE_NAME_SIZE];
	struct slot slot = { 0 };
	int fd;

	slot_name(file, name, number);
	fd = openat(dirfd, file,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return (struct slot){ .error = -errno };
	slot.error = read_slot(fd, content, &slot);
	close(fd);
	if (slot.error < 0)
		slot.sequence = 0;
	return slot;
}

static int write_slot(int fd, uint64_t sequence, const void *content,
		      size_t len)
{
	char head[HEADER_SIZE];
	int n = header(head, sequence, content, len);
	int error = write_all(fd, head, (size_t)n);

	if (error == 0)
		error = write_all(fd, content, len);
	if (error == 0 && ftruncate(fd, (off_t)len + n) < 0)
		error = -errno;
	if (error == 0 && fsync(fd) < 0)
		error = -errno;
	return error;
}

/* A slot that is no ordinary file of ours makes room for one. */
static int open_slot(int dirfd, const char *file)
{
	const int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
			  O_CLOEXEC;
	struct stat st;
	int fd;

	if (fstatat(dirfd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!S_ISREG(st.st_mode) || st.st_nlink != 1) &&
	    unlinkat(dirfd, file, 0) < 0)
		return -errno;
	fd = openat(dirfd, file, flags, 0600);
	return fd < 0 ? -errno : fd;
}

/* Writes a slot in place. A new file is only on the disk when its folder
 * is, which is left to the caller. */
static int put(int dirfd, const char *file, uint64_t sequence,
	       const void *content, size_t len)
{
	int fd = open_slot(dirfd, file);
	int error;

	if (fd < 0)
		return fd;
	error = write_slot(fd, sequence, content, len);
	if (close(fd) < 0 && error == 0)
		error = -errno;
	return error;
}

/* Where no slot is whole, what is torn must not look like a state that was
 * lost: it gets its name when it is whole. */
static int put_first(int dirfd, const char *name, const void *content,
		     size_t len)
{
	char file[FILE_NAME_SIZE];
	char made[FILE_NAME_SIZE];
	int error;

	slot_name(file, name, 0);
	snprintf(made, sizeof(made), "%s.new", name);
	error = put(dirfd, made, 1, content, len);
	if (error == 0 && renameat(dirfd, made, dirfd, file) < 0)
		error = -errno;
	if (error < 0)
		(void)unlinkat(dirfd, made, 0);
	return error;
}

/* The newest slot that is whole and its sequence, which is 0 where there is
 * none. 0 or -ENOMEM. */
static int find_newest(int dirfd, const char *name, int *ret_slot,
		       uint64_t *ret_sequence)
{
	char *old = malloc(STORE_CONTENT_MAX);

	*ret_slot = 0;
	*ret_sequence = 0;
	if (!old)
		return -ENOMEM;
	for (int i = 0; i < SLOTS; i++) {
		struct slot slot = look_at(dirfd, name, i, old);

		if (slot.sequence > *ret_sequence) {
			*ret_sequence = slot.sequence;
			*ret_slot = i;
		}
	}
	free(old);
	return 0;
}

int store_save(int dirfd, const char *name, const void *content, size_t len)
{
	char file[FILE_NAME_SIZE];
	uint64_t sequence;
	int newest, error;

	if (!is_name(name) || len > STORE_CONTENT_MAX)
		return -EINVAL;
	error = find_newest(dirfd, name, &newest, &sequence);
	if (error < 0)
		return error;
	if (sequence == 0) {
		error = put_first(dirfd, name, content, len);
	} else {
		slot_name(file, name, 1 - newest);
		error = put(dirfd, file, sequence + 1, content, len);
	}
	if (error == 0 && fsync(dirfd) < 0)
		error = -errno;
	return error;
}

static void move_aside(int dirfd, const char *name)
{
	for (int i = 0; i < SLOTS; i++) {
		char file[FILE_NAME_SIZE];
		char bad[FILE_NAME_SIZE];

		slot_name(file, name, i);
		snprintf(bad, sizeof(bad), "%s.%d.bad", name, i);
		(void)renameat(dirfd, file, dirfd, bad);
	}
}

/* Of the slots that are whole the newest, into buf. */
static int load(int dirfd, const char *name, char *content, void *buf,
		size_t size, size_t *ret_len)
{
	uint64_t newest = 0;
	int error = -ENOENT;

	for (int i = 0; i < SLOTS; i++) {
		struct slot slot = look_at(dirfd, name, i, content);

		/* A slot that is there tells more than one that is not. */
		if (newest == 0 && slot.error != -ENOENT)
			error = slot.error;
		if (slot.sequence <= newest)
			continue;
		newest = slot.sequence;
		error = slot.len > size ? -EFBIG : 0;
		if (error < 0)
			continue;
		memcpy(buf, content, slot.len);
		*ret_len = slot.len;
	}
	return error;
}

int store_load(int dirfd, const char *name, void *buf, size_t size,
	       size_t *ret_len)
{
	char *content;
	int error;

	if (!is_name(name))
		return -EINVAL;
	content = malloc(STORE_CONTENT_MAX);
	if (!content)
		return -ENOMEM;
	error = load(dirfd, name, content, buf, size, ret_len);
	free(content);
	if (error == -EBADMSG)
		move_aside(dirfd, name);
	return error;
}
