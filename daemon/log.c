/* SPDX-License-Identifier: MIT */
#include "daemon/log.h"

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

/* systemd.exec(5), JOURNAL_STREAM: device and inode of the descriptor that
 * leads to the journal; anything else has been redirected. */
void log_init(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

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
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
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
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
