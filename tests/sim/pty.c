/* SPDX-License-Identifier: MIT */
#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "wire.h"

static const struct {
	unsigned baud;
	speed_t speed;
} speeds[] = {
	{ 1200, B1200 },	{ 2400, B2400 },	{ 4800, B4800 },
	{ 9600, B9600 },	{ 19200, B19200 },	{ 38400, B38400 },
	{ 57600, B57600 },	{ 115200, B115200 },	{ 230400, B230400 },
	{ 460800, B460800 },	{ 921600, B921600 },	{ 1000000, B1000000 },
};

static void queue_clear(struct pty_queue *q)
{
	q->head = 0;
	q->count = 0;
	q->last_due_ns = 0;
}

static bool queue_push(struct pty_queue *q, int64_t start_ns, int64_t byte_ns,
		       uint8_t byte)
{
	unsigned at = (q->head + q->count) % PTY_QUEUE;

	if (q->count == PTY_QUEUE)
		return false;
	if (q->last_due_ns < start_ns)
		q->last_due_ns = start_ns;
	q->last_due_ns += byte_ns;
	q->due_ns[at] = q->last_due_ns;
	q->byte[at] = byte;
	q->count++;
	return true;
}

static void queue_pop(struct pty_queue *q)
{
	q->head = (q->head + 1) % PTY_QUEUE;
	q->count--;
}

static void set_raw(const struct pty *pty)
{
	struct termios tio;

	if (tcgetattr(pty->slave, &tio) < 0)
		return;
	cfmakeraw(&tio);
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].baud == pty->baud)
			cfsetspeed(&tio, speeds[i].speed);
	tcsetattr(pty->slave, TCSANOW, &tio);
}

/* rename() makes the name change over at once: nobody sees it missing. */
static int make_link(const struct pty *pty)
{
	char temp[PTY_LINK_MAX + 32];

	snprintf(temp, sizeof(temp), "%s.tmp%ld", pty->link, (long)getpid());
	unlink(temp);
	if (symlink(pty->slave_path, temp) < 0)
		return -errno;
	if (rename(temp, pty->link) < 0) {
		int err = -errno;

		unlink(temp);
		return err;
	}
	return 0;
}

static void watch_openers(struct pty *pty)
{
	pty->openers = -1;
	pty->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (pty->notify < 0)
		return;
	if (inotify_add_watch(pty->notify, pty->slave_path,
			      IN_OPEN | IN_CLOSE) >= 0)
		pty->openers = 0;
}

static int open_pair(struct pty *pty)
{
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->master < 0)
		return -errno;
	if (grantpt(pty->master) < 0 || unlockpt(pty->master) < 0)
		return -errno;
	if (ptsname_r(pty->master, pty->slave_path, sizeof(pty->slave_path)))
		return -ENOTTY;
	/* Held open so that the master never sees the line hang up. */
	pty->slave = open(pty->slave_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->slave < 0)
		return -errno;
	return 0;
}

static void close_pair(struct pty *pty)
{
	int *fds[] = { &pty->master, &pty->slave, &pty->notify };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int pty_plug(struct pty *pty)
{
	int err;

	if (pty->plugged)
		return 0;
	err = open_pair(pty);
	if (!err)
		err = make_link(pty);
	if (err) {
		close_pair(pty);
		return err;
	}
	set_raw(pty);
	watch_openers(pty);
	queue_clear(&pty->rx);
	queue_clear(&pty->tx);
	pty->plugged = true;
	return 0;
}

int pty_open(struct pty *pty, const char *link, unsigned baud,
	     int64_t piece_ns)
{
	memset(pty, 0, sizeof(*pty));
	pty->master = pty->slave = pty->notify = -1;
	pty->baud = baud;
	pty->piece_ns = piece_ns;
	if (strlen(link) >= sizeof(pty->link))
		return -ENAMETOOLONG;
	strcpy(pty->link, link);
	return pty_plug(pty);
}

void pty_unplug(struct pty *pty)
{
	char target[sizeof(pty->slave_path)];
	ssize_t n;

	if (!pty->plugged)
		return;
	/* Another simulator may have taken the name over by now. */
	n = readlink(pty->link, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		if (!strcmp(target, pty->slave_path))
			unlink(pty->link);
	}
	close_pair(pty);
	pty->plugged = false;
}

int64_t pty_byte_ns(const struct pty *pty)
{
	return 10 * NS_PER_S / pty->baud;
}

unsigned pty_client_baud(const struct pty *pty)
{
	struct termios tio;

	if (!pty->plugged || tcgetattr(pty->slave, &tio) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].speed == cfgetospeed(&tio))
			return speeds[i].baud;
	return 0;
}

static void closed_by_client(const struct pty *pty)
{
	tcflush(pty->slave, TCIOFLUSH);
	ioctl(pty->slave, TIOCNXCL);
	set_raw(pty);
}

static void count_openers(struct pty *pty)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool closed = false;
	ssize_t n;

	if (pty->openers < 0)
		return;
	while ((n = read(pty->notify, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			struct inotify_event ev;

			memcpy(&ev, buf + at, sizeof(ev));
			at += (ssize_t)(sizeof(ev) + ev.len);
			if (ev.mask & IN_OPEN)
				pty->openers++;
			if (ev.mask & IN_CLOSE) {
				pty->openers--;
				closed = true;
			}
		}
	}
	if (closed && pty->openers <= 0) {
		pty->openers = 0;
		closed_by_client(pty);
	}
}

void pty_receive(struct pty *pty, int64_t now_ns)
{
	uint8_t buf[512];
	ssize_t n;

	if (!pty->plugged || pty->quiet)
		return;
	count_openers(pty);
	do {
		n = read(pty->master, buf, sizeof(buf));
		for (ssize_t i = 0; i < n; i++)
			if (!queue_push(&pty->rx, now_ns, pty_byte_ns(pty),
					buf[i]))
				pty->lost_bytes++;
	} while (n == sizeof(buf));
}

bool pty_next(struct pty *pty, int64_t now_ns, uint8_t *ret_byte,
	      int64_t *ret_at_ns)
{
	struct pty_queue *q = &pty->rx;

	if (!q->count || q->due_ns[q->head] > now_ns)
		return false;
	*ret_byte = q->byte[q->head];
	*ret_at_ns = q->due_ns[q->head];
	queue_pop(q);
	return true;
}

void pty_send(struct pty *pty, int64_t start_ns, const uint8_t *p, size_t n)
{
	if (!pty->plugged)
		return;
	for (size_t i = 0; i < n; i++)
		if (!queue_push(&pty->tx, start_ns, pty_byte_ns(pty), p[i]))
			pty->lost_bytes++;
}

void pty_flush(struct pty *pty, int64_t now_ns)
{
	struct pty_queue *q = &pty->tx;

	while (q->count && q->due_ns[q->head] <= now_ns) {
		uint8_t buf[256];
		size_t n = 0;

		while (n < sizeof(buf) && q->count &&
		       q->due_ns[q->head] <= now_ns) {
			buf[n++] = q->byte[q->head];
			queue_pop(q);
		}
		/* A full buffer loses bytes, as a port nobody reads does. */
		if (pty->openers && pty->plugged &&
		    write(pty->master, buf, n) != (ssize_t)n)
			pty->lost_bytes += (unsigned)n;
	}
}

/* The last byte of the piece that begins with the queue's first. */
static int64_t piece_end(const struct pty_queue *q, int64_t piece_ns)
{
	int64_t limit = q->due_ns[q->head] + piece_ns;
	int64_t end = q->due_ns[q->head];

	for (unsigned i = 1; i < q->count; i++) {
		int64_t due = q->due_ns[(q->head + i) % PTY_QUEUE];

		if (due > limit)
			break;
		end = due;
	}
	return end;
}

int64_t pty_deadline(const struct pty *pty)
{
	int64_t deadline = INT64_MAX;

	if (pty->tx.count)
		deadline = piece_end(&pty->tx, pty->piece_ns);
	if (pty->rx.count && piece_end(&pty->rx, pty->piece_ns) < deadline)
		deadline = piece_end(&pty->rx, pty->piece_ns);
	return deadline;
}

bool pty_sending(const struct pty *pty, int64_t now_ns)
{
	return pty->tx.last_due_ns > now_ns;
}
