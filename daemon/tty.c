/* SPDX-License-Identifier: MIT */
#include "daemon/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/maybe.h"

static const struct baud_row {
	uint32_t baud;
	speed_t speed;
} baud_rows[] = {
	{ 1200, B1200 },     { 2400, B2400 },     { 4800, B4800 },
	{ 9600, B9600 },     { 19200, B19200 },   { 38400, B38400 },
	{ 57600, B57600 },   { 115200, B115200 }, { 230400, B230400 },
	{ 460800, B460800 }, { 500000, B500000 }, { 921600, B921600 },
	{ 1000000, B1000000 },
};

static int baud_speed(uint32_t baud, speed_t *ret_speed)
{
	for (size_t i = 0; i < ARRAY_SIZE(baud_rows); i++) {
		if (baud_rows[i].baud == baud) {
			*ret_speed = baud_rows[i].speed;
			return 0;
		}
	}
	return -EINVAL;
}

static void tty_raw(struct termios *tio, speed_t speed)
{
	cfmakeraw(tio);
	tio->c_cflag &= ~(tcflag_t)(CSTOPB | PARENB | CRTSCTS | HUPCL);
	tio->c_cflag |= CLOCAL | CREAD | CS8;
	tio->c_iflag &= ~(tcflag_t)(IXOFF | IXANY | INPCK);
	/* With 0, "nothing there" would look like "unplugged". */
	tio->c_cc[VMIN] = 1;
	tio->c_cc[VTIME] = 0;
	(void)cfsetispeed(tio, speed);
	(void)cfsetospeed(tio, speed);
}

static bool tty_same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag &&
	       a->c_cc[VMIN] == b->c_cc[VMIN] &&
	       a->c_cc[VTIME] == b->c_cc[VTIME] &&
	       cfgetospeed(a) == cfgetospeed(b);
}

int tty_verify(int fd, uint32_t baud)
{
	struct termios now, want, got;
	speed_t speed;

	if (baud_speed(baud, &speed) < 0)
		return -EINVAL;
	if (tcgetattr(fd, &now) < 0)
		return -errno;
	want = now;
	tty_raw(&want, speed);
	if (tty_same(&now, &want))
		return 0;
	if (tcsetattr(fd, TCSANOW, &want) < 0)
		return -errno;
	/* tcsetattr(3) succeeds where any one of the changes was made. */
	if (tcgetattr(fd, &got) < 0)
		return -errno;
	return tty_same(&got, &want) ? 1 : -EINVAL;
}

bool tty_moved(int fd, const char *path)
{
	struct stat ours, named;

	if (fstat(fd, &ours) < 0 || stat(path, &named) < 0)
		return false;
	return ours.st_rdev != named.st_rdev;
}

static const char *tty_advice(int error)
{
	if (error == EACCES)
		return " (is this user in the group dialout?)";
	if (error == EBUSY)
		return " (another program has it; try fuser -v)";
	return "";
}

static int tty_claim(int fd, char error[TTY_ERROR_SIZE])
{
	if (!isatty(fd)) {
		snprintf(error, TTY_ERROR_SIZE, "is not a serial device");
		return -ENOTTY;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = -errno;

		if (r == -EWOULDBLOCK)
			r = -EBUSY;
		snprintf(error, TTY_ERROR_SIZE, "cannot be locked: %s%s",
			 strerror(-r), tty_advice(-r));
		return r;
	}
	if (ioctl(fd, TIOCEXCL) < 0) {
		int r = -errno;

		snprintf(error, TTY_ERROR_SIZE, "cannot be had alone: %s",
			 strerror(-r));
		return r;
	}
	return 0;
}

static int tty_setup(int fd, uint32_t baud, char error[TTY_ERROR_SIZE])
{
	int r;

	r = tty_claim(fd, error);
	if (r < 0)
		return r;
	r = tty_verify(fd, baud);
	if (r < 0) {
		snprintf(error, TTY_ERROR_SIZE,
			 "does not take %u baud 8N1: %s", (unsigned int)baud,
			 strerror(-r));
		return r;
	}
	(void)tcflush(fd, TCIOFLUSH);
	return 0;
}

int tty_open(const char *path, uint32_t baud, int *ret_fd,
	     char error[TTY_ERROR_SIZE])
{
	int fd, r;

	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		snprintf(error, TTY_ERROR_SIZE, "cannot be opened: %s%s",
			 strerror(-r), tty_advice(-r));
		return r;
	}
	r = tty_setup(fd, baud, error);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

void tty_close(int fd)
{
	if (fd < 0)
		return;
	/* The mark stays as long as anybody has the device open. */
	(void)ioctl(fd, TIOCNXCL);
	close(fd);
}
