/* SPDX-License-Identifier: MIT */
#include "daemon/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crc.h"

enum {
	HEADER_SIZE = 64,
	FILE_NAME_SIZE = STORE_NAME_MAX + 8, /* with ".new" or ".bad" */
};

static const char header_format[] = "vebus-bms-ng state 1 %zu %08" PRIX32 "\n";

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

static int header(char buf[HEADER_SIZE], const void *content, size_t len)
{
	return snprintf(buf, HEADER_SIZE, header_format, len,
			crc32_ieee(0, content, len));
}

static int write_file(int fd, const void *content, size_t len)
{
	char head[HEADER_SIZE];
	int error = write_all(fd, head,
			      (size_t)header(head, content, len));

	if (error == 0)
		error = write_all(fd, content, len);
	if (error == 0 && fsync(fd) < 0)
		error = -errno;
	return error;
}

int store_save(int dirfd, const char *name, const void *content, size_t len)
{
	char new_name[FILE_NAME_SIZE];
	int error;
	int fd;

	if (!is_name(name) || len > STORE_CONTENT_MAX)
		return -EINVAL;
	snprintf(new_name, sizeof(new_name), "%s.new", name);
	/* What an earlier run left half done. */
	if (unlinkat(dirfd, new_name, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dirfd, new_name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	error = write_file(fd, content, len);
	if (close(fd) < 0 && error == 0)
		error = -errno;
	if (error == 0 && renameat(dirfd, new_name, dirfd, name) < 0)
		error = -errno;
	if (error < 0) {
		(void)unlinkat(dirfd, new_name, 0);
		return error;
	}
	/* The new name is only on the disk when its folder is. */
	return fsync(dirfd) < 0 ? -errno : 0;
}

/* The content behind the header: its length, or -EBADMSG, or -EFBIG. */
static int read_content(int fd, const char *head, size_t head_len,
			size_t content_len, void *buf, size_t size)
{
	char expected[HEADER_SIZE];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != (off_t)(head_len + content_len))
		return -EBADMSG;
	if (content_len > size)
		return -EFBIG;
	if (lseek(fd, (off_t)head_len, SEEK_SET) < 0)
		return -errno;
	n = read_all(fd, buf, content_len);
	if (n < 0)
		return (int)n;
	if ((size_t)n != content_len)
		return -EBADMSG;
	if ((size_t)header(expected, buf, content_len) != head_len ||
	    memcmp(expected, head, head_len) != 0)
		return -EBADMSG;
	return 0;
}

static int read_file(int fd, void *buf, size_t size, size_t *ret_len)
{
	char head[HEADER_SIZE] = "";
	ssize_t n = read_all(fd, head, sizeof(head) - 1);
	uint32_t crc;
	size_t len;
	char *end;
	int error;

	if (n < 0)
		return (int)n;
	end = memchr(head, '\n', (size_t)n);
	if (!end || sscanf(head, "vebus-bms-ng state 1 %7zu %8" SCNx32,
			   &len, &crc) != 2 || len > STORE_CONTENT_MAX)
		return -EBADMSG;
	error = read_content(fd, head, (size_t)(end - head) + 1, len, buf,
			     size);
	if (error == 0)
		*ret_len = len;
	return error;
}

int store_load(int dirfd, const char *name, void *buf, size_t size,
	       size_t *ret_len)
{
	char bad_name[FILE_NAME_SIZE];
	int error;
	int fd;

	if (!is_name(name))
		return -EINVAL;
	fd = openat(dirfd, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = read_file(fd, buf, size, ret_len);
	close(fd);
	if (error != -EBADMSG)
		return error;
	snprintf(bad_name, sizeof(bad_name), "%s.bad", name);
	(void)renameat(dirfd, name, dirfd, bad_name);
	return error;
}
