/* SPDX-License-Identifier: MIT */
#include "daemon/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_SIZE = 64 << 10 };

static const char full_line[] = "# end: max-size is reached\n";
static const char end_line[] = "# end\n";

struct capture {
	int fd;        /* negative: ended */
	off_t size;    /* of the file, always whole lines */
	off_t max;     /* with room for the closing line */
	size_t len;    /* what waits in buf: whole lines */
	char buf[BUFFER_SIZE];
};

/* Moves what was there aside; only where it is an ordinary file. */
static int make_room(const char *path)
{
	char old[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return -EEXIST;
	if (snprintf(old, sizeof(old), "%s.old", path) >= (int)sizeof(old))
		return -ENAMETOOLONG;
	return rename(path, old) < 0 ? -errno : 0;
}

int capture_open(struct capture **ret_capture, const char *path,
		 int32_t max_size_mib, const char *program, uint32_t config)
{
	struct capture *capture;
	struct text t;
	int error = make_room(path);

	if (error < 0)
		return error;
	capture = malloc(sizeof(*capture));
	if (!capture)
		return -ENOMEM;
	capture->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			   0600);
	if (capture->fd < 0) {
		error = -errno;
		free(capture);
		return error;
	}
	capture->size = 0;
	capture->max = ((off_t)max_size_mib << 20) -
		       (off_t)sizeof(full_line);
	t = text_in(capture->buf, sizeof(capture->buf));
	capture_header(&t, program, config);
	capture->len = t.len;
	*ret_capture = capture;
	return 0;
}

static int end_with(struct capture *capture, int error)
{
	if (capture->fd >= 0)
		close(capture->fd);
	capture->fd = -1;
	capture->len = 0;
	return error;
}

int capture_flush(struct capture *capture)
{
	size_t done = 0;

	if (!capture || capture->fd < 0)
		return 0;
	while (done < capture->len) {
		ssize_t n = write(capture->fd, capture->buf + done,
				  capture->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int error = n < 0 ? -errno : -EIO;

			/* Back to the last whole line. */
			(void)!ftruncate(capture->fd, capture->size);
			return end_with(capture, error);
		}
		done += (size_t)n;
	}
	capture->size += (off_t)capture->len;
	capture->len = 0;
	return 0;
}

/* Room in the buffer for one more line of that length, or why not. */
static int reserve(struct capture *capture, size_t len)
{
	off_t size = capture->size + (off_t)capture->len + (off_t)len;
	int error;

	if (size <= capture->max && capture->len + len < BUFFER_SIZE)
		return 0;
	error = capture_flush(capture);
	if (error < 0 || size <= capture->max)
		return error;
	memcpy(capture->buf, full_line, sizeof(full_line) - 1);
	capture->len = sizeof(full_line) - 1;
	error = capture_flush(capture);
	return end_with(capture, error < 0 ? error : -EFBIG);
}

int capture_note(struct capture *capture, mono_t time, const char *port,
		 enum capture_word word, const uint8_t *bytes, size_t len)
{
	char line[CAPTURE_LINE_SIZE];
	struct text t = text_in(line, sizeof(line));
	int error;

	if (!capture || capture->fd < 0)
		return 0;
	if (capture_encode(&t, time, port, word, bytes, len) < 0)
		return end_with(capture, -EINVAL);
	error = reserve(capture, t.len);
	if (error < 0)
		return error;
	memcpy(capture->buf + capture->len, line, t.len);
	capture->len += t.len;
	return 0;
}

int capture_note_kept(struct capture *capture, mono_t time,
		      const uint8_t *bytes, size_t len)
{
	int error = 0;

	while (len > 0 && error == 0) {
		size_t n = len < CAPTURE_BYTES_MAX ? len : CAPTURE_BYTES_MAX;

		error = capture_note(capture, time, "gpio", CAPTURE_KEPT,
				     bytes, n);
		bytes += n;
		len -= n;
	}
	return error;
}

struct capture *capture_close(struct capture *capture)
{
	if (!capture)
		return NULL;
	if (capture_flush(capture) == 0 && capture->fd >= 0) {
		memcpy(capture->buf, end_line, sizeof(end_line) - 1);
		capture->len = sizeof(end_line) - 1;
		(void)capture_flush(capture);
	}
	(void)end_with(capture, 0);
	free(capture);
	return NULL;
}
