/* SPDX-License-Identifier: MIT */
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/log.h"

/* Who holds the lock wrote its process id into it. */
static void lock_tell(int fd, const char *dir)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	log_line(LOG_LEVEL_ERROR, "start",
		 "another instance is running (process %s holds %s/lock), "
		 "this one ends, outputs not touched", *pid ? pid : "unknown",
		 dir);
}

int lock_take(int dirfd, const char *dir)
{
	char pid[16];
	int fd, len;

	fd = openat(dirfd, "lock",
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		fd = openat(dirfd, "lock",
			    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno == EWOULDBLOCK ? -EEXIST : -errno;

		if (r == -EEXIST)
			lock_tell(fd, dir);
		close(fd);
		return r;
	}
	len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	/* Only for people: on a read-only disk it says nobody. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)len, 0) < len)
		log_line(LOG_LEVEL_WARNING, "state",
			 "cannot write the process id into the lock");
	return fd;
}
