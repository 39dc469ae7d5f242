/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int control_open(struct control *control, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	memset(control, 0, sizeof(*control));
	control->listener = -1;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		control->client[i].fd = -1;
	if (!path)
		return 0;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	strcpy(control->path, path);
	control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
						    SOCK_CLOEXEC, 0);
	if (control->listener < 0)
		return -errno;
	unlink(path);
	if (bind(control->listener, (struct sockaddr *)&addr,
		 sizeof(addr)) < 0 ||
	    listen(control->listener, CONTROL_CLIENTS) < 0) {
		int err = -errno;

		close(control->listener);
		control->listener = -1;
		return err;
	}
	return 0;
}

static void drop_client(struct control *control, unsigned i)
{
	close(control->client[i].fd);
	control->client[i].fd = -1;
	control->client[i].n = 0;
}

void control_close(struct control *control)
{
	if (control->listener < 0)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (control->client[i].fd >= 0)
			drop_client(control, i);
	close(control->listener);
	control->listener = -1;
	unlink(control->path);
}

nfds_t control_poll(const struct control *control, struct pollfd *fds)
{
	nfds_t n = 0;

	if (control->listener < 0)
		return 0;
	fds[n++] = (struct pollfd){ control->listener, POLLIN, 0 };
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (control->client[i].fd >= 0)
			fds[n++] = (struct pollfd){ control->client[i].fd,
						    POLLIN, 0 };
	return n;
}

static void accept_client(struct control *control)
{
	int fd = accept4(control->listener, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->client[i].fd < 0) {
			control->client[i].fd = fd;
			return;
		}
	}
	close(fd);
}

static void answer(int fd, struct sim *sim, char *line)
{
	char reply[COMMAND_REPLY_MAX], out[COMMAND_REPLY_MAX + 16];
	char *words[COMMAND_WORDS];
	unsigned n = command_split(line, words, COMMAND_WORDS);
	bool ok = command_run(sim, words, n, true, reply);
	int len = snprintf(out, sizeof(out), "%s%s%s\n", ok ? "ok" : "error: ",
			   ok && reply[0] ? " " : "", reply);

	if (send(fd, out, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) != len)
		fprintf(stderr, "control: client does not read its answers\n");
}

static void take_lines(struct control *control, unsigned i, struct sim *sim)
{
	char *line = control->client[i].line;
	size_t *n = &control->client[i].n;
	char *end;

	while ((end = memchr(line, '\n', *n))) {
		size_t used = (size_t)(end - line) + 1;

		*end = '\0';
		answer(control->client[i].fd, sim, line);
		*n -= used;
		memmove(line, line + used, *n);
	}
}

static void read_client(struct control *control, unsigned i, struct sim *sim)
{
	size_t *n = &control->client[i].n;
	ssize_t got;

	for (;;) {
		got = recv(control->client[i].fd, control->client[i].line + *n,
			   COMMAND_LINE_MAX - *n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			drop_client(control, i);
			return;
		}
		*n += (size_t)got;
		take_lines(control, i, sim);
		if (*n == COMMAND_LINE_MAX) {
			/* A line without an end: not one of ours. */
			drop_client(control, i);
			return;
		}
	}
}

void control_run(struct control *control, struct sim *sim)
{
	if (control->listener < 0)
		return;
	accept_client(control);
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		if (control->client[i].fd >= 0)
			read_client(control, i, sim);
}
