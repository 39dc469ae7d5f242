/* SPDX-License-Identifier: MIT */
/*
 * A journal for tests: its socket, and stderr in a file that leads to it or
 * does not.
 */
#ifndef BMS_TESTS_JOURNAL_H
#define BMS_TESTS_JOURNAL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log.h"
#include "tests/unit/unit.h"

/* stderr in a file that is the journal, or is not. */
struct redirected {
	char path[32];
	int fd, saved;
};

static inline void redirect(struct redirected *r, bool journal,
			    const char *socket)
{
	char stream[64];
	struct stat st;

	strcpy(r->path, "/tmp/bms-log-XXXXXX");
	r->saved = dup(STDERR_FILENO);
	r->fd = mkstemp(r->path);
	ck_assert_int_ge(r->fd, 0);
	ck_assert_int_eq(fstat(r->fd, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + (journal ? 0 : 1));
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(r->fd, STDERR_FILENO);
	log_init(socket);
}

/* Back again; buf is what was written meanwhile. */
static inline void restore(struct redirected *r, char *buf, size_t size)
{
	ssize_t n;

	dup2(r->saved, STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	log_init(LOG_JOURNAL);
	n = pread(r->fd, buf, size - 1, 0);
	buf[n > 0 ? n : 0] = '\0';
	close(r->saved);
	close(r->fd);
	unlink(r->path);
}

/* A journal's socket; folder and name are taken away by journal_end(). */
struct journal {
	char folder[32], path[48];
	int fd;
};

static inline void journal_bind(struct journal *j)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	strcpy(name.sun_path, j->path);
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(j->fd, (struct sockaddr *)&name, sizeof(name)),
			 0);
}

static inline void journal_begin(struct journal *j)
{
	strcpy(j->folder, "/tmp/bms-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(j->folder));
	snprintf(j->path, sizeof(j->path), "%s/socket", j->folder);
	journal_bind(j);
}

static inline void journal_end(struct journal *j)
{
	close(j->fd);
	unlink(j->path);
	ck_assert_int_eq(rmdir(j->folder), 0);
}

/* The next entry, "" where there is none. */
static inline void journal_next(struct journal *j, char *buf, size_t size)
{
	ssize_t n = recv(j->fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
}

#endif
