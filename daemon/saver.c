/* SPDX-License-Identifier: MIT */
#include "daemon/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/store.h"

/*
 * The new process: first of all it lets go of the lines, ttys and locks,
 * which must not outlive the daemon in a process that hangs on a disk. A
 * signal to the whole service does not end it half-way, the daemon's end
 * does: two that save would write the same slot.
 */
static void save_and_exit(pid_t daemon, int dirfd, const char *name,
			  const void *content, size_t len)
{
	enum { FOLDER = 3 };
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(errno & 0xff);
	if (getppid() != daemon)
		_exit(ESRCH);

	if (dup2(dirfd, FOLDER) < 0)
		_exit(errno & 0xff);
	if (close_range(FOLDER + 1, ~0U, 0) < 0)
		_exit(errno & 0xff);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	r = store_save(FOLDER, name, content, len);
	_exit(-r & 0xff);
}

int saver_start(struct saver *saver, mono_t now, int dirfd, const char *name,
		const char *what, const void *content, size_t len)
{
	pid_t daemon = getpid();
	pid_t pid;

	if (saver->pid != 0)
		return -EBUSY;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		save_and_exit(daemon, dirfd, name, content, len);
	*saver = (struct saver){ .pid = pid, .what = what, .since = now };
	return 0;
}

/* Of a wait status: 0 or -errno. */
static int result_of(int status)
{
	if (!WIFEXITED(status))
		return -EIO;
	return -WEXITSTATUS(status);
}

static bool has_ended(struct saver *saver, int *ret_result)
{
	int status = 0;
	pid_t pid = waitpid(saver->pid, &status, WNOHANG);

	if (pid == 0)
		return false;
	/* Somebody else's SIGCHLD handling cannot be asked how it went. */
	*ret_result = pid < 0 ? -errno : result_of(status);
	saver->pid = 0;
	return true;
}

bool saver_poll(struct saver *saver, mono_t now, int *ret_result)
{
	if (saver->pid == 0)
		return false;
	if (has_ended(saver, ret_result))
		return true;
	if (!saver->told &&
	    mono_elapsed_ms(saver->since, now) >= SAVER_SLOW_MS) {
		saver->told = true;
		log_line(LOG_LEVEL_WARNING, "state",
			 "the disk has been taking %s for 30 s and has not "
			 "finished, newer values wait, protection is not "
			 "touched by that", saver->what);
	}
	return false;
}

bool saver_wait(struct saver *saver, int timeout_ms, int *ret_result)
{
	struct pollfd fd = { .events = POLLIN };

	*ret_result = 0;
	if (saver->pid == 0)
		return true;
	fd.fd = (int)syscall(SYS_pidfd_open, saver->pid, 0);
	if (fd.fd >= 0) {
		(void)poll(&fd, 1, timeout_ms);
		close(fd.fd);
	}
	return has_ended(saver, ret_result);
}
