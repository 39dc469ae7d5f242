/* SPDX-License-Identifier: MIT */
#include "daemon/log.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LOG_LINE_SIZE = 8192,
	LOG_TEXT_SIZE = LOG_LINE_SIZE - 32, /* without what goes around it */
	LOG_ENTRY_SIZE = LOG_LINE_SIZE + 1024
};

static bool log_to_journal;
static int log_fd = STDERR_FILENO;
static int log_socket = -1;
static struct sockaddr_un log_journal;

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

/* sd_journal_sendv() waits while the journal's queue is full, so its
 * protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL) is spoken here. By name each
 * time: the journal may be started anew. */
static void log_open_journal(const char *path)
{
	if (log_socket >= 0)
		close(log_socket);
	log_socket = -1;
	log_journal = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (!log_to_journal || strlen(path) >= sizeof(log_journal.sun_path))
		return;
	strcpy(log_journal.sun_path, path);
	log_socket = socket(AF_UNIX,
			    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* systemd.exec(5), JOURNAL_STREAM: device and inode of the descriptor that
 * leads to the journal; anything else has been redirected. */
static bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && fstat(STDERR_FILENO, &st) == 0 &&
	       sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       st.st_dev == device && st.st_ino == inode;
}

void log_init(const char *journal)
{
	log_open();
	log_to_journal = log_is_journal();
	log_open_journal(journal);
}

void log_reopen(const char *journal)
{
	log_fd = STDERR_FILENO;
	log_socket = -1;
	log_init(journal);
}

/* A received name must not be able to forge a second line. */
static void log_tame(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

/* Whoever reads must not be able to stop the loop by not reading. */
static void log_write(enum log_level level, const char *text)
{
	struct pollfd out = { .fd = log_fd, .events = POLLOUT };
	char line[LOG_LINE_SIZE];
	int n;

	if (log_to_journal)
		n = snprintf(line, sizeof(line), "<%d>%s\n", (int)level, text);
	else
		n = snprintf(line, sizeof(line), "vebus-bms-ngd: %s\n", text);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return;
	if (write(log_fd, line, (size_t)n) < 0)
		return;
}

/* "token: what", one line. */
__attribute__((format(printf, 3, 0)))
static void log_format(char text[LOG_TEXT_SIZE], const char *token,
		       const char *format, va_list args)
{
	int n = snprintf(text, LOG_TEXT_SIZE, "%s: ", token);

	if (n >= 0 && n < LOG_TEXT_SIZE)
		(void)vsnprintf(text + n, (size_t)(LOG_TEXT_SIZE - n), format,
				args);
	log_tame(text);
}

void log_line(enum log_level level, const char *token, const char *format, ...)
{
	char text[LOG_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	log_format(text, token, format, args);
	va_end(args);
	log_write(level, text);
}

/* False where the journal did not take it. No value has a newline in it. */
static bool log_send(enum log_level level, const char *fields,
		     const char *text)
{
	char entry[LOG_ENTRY_SIZE];
	ssize_t sent;
	int n;

	if (log_socket < 0)
		return false;
	n = snprintf(entry, sizeof(entry),
		     "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_FACILITY=3\n"
		     "SYSLOG_IDENTIFIER=vebus-bms-ngd\n%s",
		     text, (int)level, fields);
	if (n < 0 || (size_t)n >= sizeof(entry))
		return false;
	sent = sendto(log_socket, entry, (size_t)n, MSG_NOSIGNAL,
		      (const struct sockaddr *)&log_journal,
		      sizeof(log_journal));
	return sent == n;
}

void log_entry(enum log_level level, const char *fields, const char *token,
	       const char *format, ...)
{
	char text[LOG_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	log_format(text, token, format, args);
	va_end(args);
	if (!log_send(level, fields, text))
		log_write(level, text);
}
