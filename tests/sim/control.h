/* SPDX-License-Identifier: MIT */
/*
 * Control socket: several clients at once, a command per line, each answered by
 * exactly one line.
 */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include <poll.h>

#include "command.h"

#define CONTROL_CLIENTS 16

struct control {
	int listener;		/* -1: no socket */
	char path[108];
	struct {
		int fd;		/* -1: free */
		size_t n;
		char line[COMMAND_LINE_MAX];
	} client[CONTROL_CLIENTS];
};

/* path NULL: a control without a socket. 0 or negative errno. */
int control_open(struct control *control, const char *path);
void control_close(struct control *control);
/* Adds what to poll; at most CONTROL_CLIENTS + 1 entries. */
nfds_t control_poll(const struct control *control, struct pollfd *fds);
void control_run(struct control *control, struct sim *sim);

#endif
