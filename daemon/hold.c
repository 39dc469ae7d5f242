/* SPDX-License-Identifier: MIT */
/* The holder. */
#include "daemon/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/hold_wire.h"
#include "daemon/log.h"

enum {
	HOLD_PEERS_MAX = 4,
	HOLD_TRIES = 20, /* to make it float */
	HOLD_TRY_MS = 100,
	HOLD_FIRST_FD = 3, /* of what the holder keeps */
	HOLD_SPARE_FD = 64, /* above what it keeps */
};

enum hold_watched {
	WATCH_TIMER,
	WATCH_SIGNALS,
	WATCH_LISTENER,
	WATCH_PEERS,
	WATCH_COUNT = WATCH_PEERS + HOLD_PEERS_MAX
};

/* Whatever else ends a process that does not expect it would leave a line
 * driven where the kernel keeps it so. */
static const int hold_signals[] = {
	SIGTERM, SIGINT, SIGQUIT, SIGABRT, SIGALRM, SIGUSR1, SIGUSR2,
};

struct holder {
	struct gpio_held line;
	mono_t until;
	char path[HOLD_SOCKET_SIZE];
	struct pollfd fd[WATCH_COUNT];
	int taker; /* index of fd; 0: none */
};

/* The end: the line floats, whoever has a duplicate of it. */
static _Noreturn void holder_float(struct holder *h, const char *why)
{
	int r = -EAGAIN;

	for (int i = 0; r < 0 && i < HOLD_TRIES; i++) {
		if (i > 0)
			(void)poll(NULL, 0, HOLD_TRY_MS);
		r = gpio_float_held(&h->line);
	}
	close(h->line.fd);
	(void)unlink(h->path);
	if (r < 0)
		log_line(LOG_LEVEL_ERROR, "update",
			 "%s, and load-disconnect cannot be made to float: "
			 "%s, given back to the kernel", why, strerror(-r));
	else
		log_line(LOG_LEVEL_WARNING, "update",
			 "%s, load-disconnect floats", why);
	_exit(r < 0);
}

/* The end: another process has it. */
static _Noreturn void holder_hand_over(struct holder *h)
{
	(void)unlink(h->path);
	_exit(0);
}

static int holder_arm(struct holder *h, uint32_t grace_ms)
{
	mono_t at = mono_add_ms(h->until, grace_ms);
	struct itimerspec when = {
		.it_value.tv_sec = (time_t)(at.us / 1000000),
		.it_value.tv_nsec = (long)(at.us % 1000000 * 1000),
	};

	return timerfd_settime(h->fd[WATCH_TIMER].fd, TFD_TIMER_ABSTIME,
			       &when, NULL) < 0 ? -errno : 0;
}

static void holder_drop(struct holder *h, int peer)
{
	close(h->fd[peer].fd);
	h->fd[peer].fd = -1;
	if (h->taker != peer)
		return;
	h->taker = 0;
	if (holder_arm(h, 0) < 0)
		holder_float(h, "no timer");
}

static void holder_answer(struct holder *h, int peer, bool with_line)
{
	const struct hold_message answer = {
		HOLD_LINE, h->line, h->until
	};

	if (hold_send(h->fd[peer].fd, &answer,
		      with_line ? h->line.fd : -1) < 0) {
		holder_drop(h, peer);
		return;
	}
	if (!with_line)
		return;
	h->taker = peer;
	if (holder_arm(h, HOLD_GRACE_MS) < 0)
		holder_float(h, "no timer");
}

static void holder_hear(struct holder *h, int peer)
{
	struct hold_message message;
	int r = hold_receive(h->fd[peer].fd, &message, NULL);

	if (r == -EAGAIN)
		return;
	if (r == -ECONNRESET) {
		holder_drop(h, peer);
		return;
	}
	if (r < 0)
		holder_float(h, "a word that is none");
	switch (message.word) {
	case HOLD_ASK:
	case HOLD_TAKE:
		holder_answer(h, peer, message.word == HOLD_TAKE);
		return;
	case HOLD_DECIDED:
		if (h->taker == peer)
			holder_hand_over(h);
		break;
	case HOLD_FLOAT:
		holder_float(h, "not to be held any more");
	case HOLD_LINE:
	case HOLD_WORD_COUNT:
		break;
	}
	holder_float(h, "a word out of place");
}

static void holder_accept(struct holder *h)
{
	int fd = accept4(h->fd[WATCH_LISTENER].fd, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = WATCH_PEERS; i < WATCH_COUNT; i++) {
		if (h->fd[i].fd >= 0 || !hold_is_ours(fd))
			continue;
		h->fd[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
		return;
	}
	close(fd);
}

static _Noreturn void holder_run(struct holder *h)
{
	for (;;) {
		int n = poll(h->fd, WATCH_COUNT, -1);

		if (n < 0 && errno != EINTR)
			holder_float(h, "nothing can be waited for");
		if (n <= 0)
			continue;
		/* First: one that has been stopped over its deadline may have
		 * been told that the line is another's. */
		for (int i = WATCH_PEERS; i < WATCH_COUNT; i++) {
			if (h->fd[i].fd >= 0 && h->fd[i].revents)
				holder_hear(h, i);
		}
		if (h->fd[WATCH_TIMER].revents)
			holder_float(h, "no program has decided in time");
		if (h->fd[WATCH_SIGNALS].revents)
			holder_float(h, "told to end");
		/* Last, for those who have gone have made room. */
		if (h->fd[WATCH_LISTENER].revents)
			holder_accept(h);
	}
}

/* Lets go of everything but three descriptors and stdin, stdout, stderr:
 * ttys, the bus, the lock are the next program's. */
static int keep_only(int *fds[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, HOLD_SPARE_FD);
		if (*fds[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < n; i++) {
		int to = HOLD_FIRST_FD + (int)i;

		if (dup3(*fds[i], to, O_CLOEXEC) < 0)
			return -errno;
		*fds[i] = to;
	}
	return close_range(HOLD_FIRST_FD + (unsigned int)n, ~0U, 0) < 0 ?
		-errno : 0;
}

static int holder_open(struct holder *h, int listener,
		       const sigset_t *signals)
{
	int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
	int signalled = signalfd(-1, signals, SFD_CLOEXEC);

	for (int i = 0; i < WATCH_COUNT; i++)
		h->fd[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	h->fd[WATCH_TIMER].fd = timer;
	h->fd[WATCH_SIGNALS].fd = signalled;
	h->fd[WATCH_LISTENER].fd = listener;
	if (timer < 0 || signalled < 0 ||
	    listen(listener, HOLD_PEERS_MAX) < 0)
		return -errno;
	return holder_arm(h, 0);
}

/* The new process. Without a signal of its own making it never ends but by
 * one of the two ends above. */
static _Noreturn void holder_main(struct holder *h, int listener, int ready,
				  const sigset_t *signals)
{
	int *fds[] = { &h->line.fd, &listener, &ready };

	signal(SIGHUP, SIG_IGN);
	/* An ignored one would be none. */
	for (size_t i = 0; i < ARRAY_SIZE(hold_signals); i++)
		signal(hold_signals[i], SIG_DFL);
	if (keep_only(fds, ARRAY_SIZE(fds)) < 0)
		holder_float(h, "no descriptors");
	log_reopen(LOG_JOURNAL);
	(void)prctl(PR_SET_NAME, "bms-hold");
	if (holder_open(h, listener, signals) < 0)
		holder_float(h, "the holder cannot work");
	if (write(ready, "", 1) != 1)
		holder_float(h, "nobody waits for the holder");
	close(ready);
	holder_run(h);
}

/* Whether it says that it holds, in time. */
static int await_holder(int ready)
{
	struct pollfd fd = { .fd = ready, .events = POLLIN };
	char byte;

	if (poll(&fd, 1, HOLD_ANSWER_MS) != 1)
		return -ETIMEDOUT;
	return read(ready, &byte, 1) == 1 ? 0 : -ECHILD;
}

static int start_holder(struct holder *h, int listener)
{
	int ready[2];
	sigset_t signals, before;
	pid_t pid;
	int r;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	/* From its first moment on the holder misses none; and it is waited
	 * for undisturbed. */
	sigemptyset(&signals);
	for (size_t i = 0; i < ARRAY_SIZE(hold_signals); i++)
		sigaddset(&signals, hold_signals[i]);
	sigprocmask(SIG_BLOCK, &signals, &before);
	pid = fork();
	if (pid == 0)
		holder_main(h, listener, ready[1], &signals);
	r = pid < 0 ? -errno : 0;
	close(ready[1]);
	if (r == 0)
		r = await_holder(ready[0]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(ready[0]);
	if (r < 0 && pid > 0) {
		kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	return r;
}

int hold_begin(const char *dir, const struct gpio_held *line, mono_t until)
{
	struct holder h = { .line = *line, .until = until };
	struct sockaddr_un address;
	int r = hold_address(dir, &address);
	int listener;

	if (r < 0)
		return r;
	memcpy(h.path, address.sun_path, sizeof(h.path));
	listener = hold_socket();
	if (listener < 0)
		return listener;
	/* Of a holder that was killed; a live one has gone by now. */
	(void)unlink(h.path);
	if (bind(listener, (const struct sockaddr *)&address,
		 sizeof(address)) < 0)
		r = -errno;
	if (r == 0)
		r = start_holder(&h, listener);
	if (r < 0)
		(void)unlink(h.path);
	close(listener);
	return r;
}
