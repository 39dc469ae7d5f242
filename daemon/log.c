/* SPDX-License-Identifier: MIT */
#include "daemon/log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_LINE_SIZE = 8192 };

static bool log_to_journal;
static int log_fd = STDERR_FILENO;

/* A pipe or a terminal that says it has room may have it for less than a
 * line, and the rest would wait. O_NONBLOCK belongs to the open file, which
 * others share; so it is opened once more. */
static void log_open(void)
{
	struct stat st;
	int fd;

	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = STDERR_FILENO;
	if (fstat(STDERR_FILENO, &st) < 0 ||
	    (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode)))
		return;
	fd = open("/proc/self/fd/2",
		  O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		log_fd = fd;
}

/* systemd.exec(5), JOURNAL_STREAM: device and inode of the descriptor that
 * leads to the journal; anything else has been redirected. */
void log_init(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	log_open();
	log_to_journal = false;
	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return;
	if (sscanf(stream, "%llu:%llu", &device, &inode) != 2)
		return;
	log_to_journal = st.st_dev == device && st.st_ino == inode;
}

/* A received name must not be able to forge a second line. */
static void log_tame(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

void log_line(enum log_level level, const char *token, const char *format, ...)
{
	struct pollfd out = { .fd = log_fd, .events = POLLOUT };
	char line[LOG_LINE_SIZE];
	va_list args;
	size_t len;
	int n;

	if (log_to_journal)
		n = snprintf(line, sizeof(line), "<%d>%s: ", (int)level, token);
	else
		n = snprintf(line, sizeof(line), "vebus-bms-ngd: %s: ", token);
	if (n < 0 || (size_t)n >= sizeof(line) - 2)
		return;
	va_start(args, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
	va_end(args);
	log_tame(line);
	len = strlen(line);
	line[len++] = '\n';
	/* Whoever reads must not be able to stop the loop by not reading. */
	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return;
	if (write(log_fd, line, len) < 0)
		return;
}
