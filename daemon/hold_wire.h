/* SPDX-License-Identifier: MIT */
/* What both ends of a holder's socket do alike. */
#ifndef BMS_HOLD_WIRE_H
#define BMS_HOLD_WIRE_H

#include <stdbool.h>
#include <sys/un.h>

#include "daemon/hold_message.h"

enum { HOLD_ANSWER_MS = 1000 }; /* the other side may take so long */
enum { HOLD_SOCKET_SIZE = sizeof(((struct sockaddr_un *)0)->sun_path) };

/* The socket's address in the runtime folder. 0; -ENOENT where dir is NULL,
 * -ENAMETOOLONG. */
int hold_address(const char *dir, struct sockaddr_un *ret);

/* A socket that never blocks, or -errno. */
int hold_socket(void);

/* Whoever is at the other end is our user, or root. */
bool hold_is_ours(int fd);

/* Waits HOLD_ANSWER_MS for these events of poll(2), or for the other end's
 * end: true where there are any. */
bool hold_poll(int fd, short events);

/* Ends it, and waits for that: whoever has called listen(2) there. */
void hold_kill(int fd);

/* Sends a message, with a descriptor where it is not -1. 0 or -errno. */
int hold_send(int fd, const struct hold_message *message, int line);

/*
 * The next message. 0, -EAGAIN: none yet, -ECONNRESET: the other end is
 * gone, -EBADMSG. A descriptor that comes along is the caller's, in
 * *ret_line (-1: none), else closed.
 */
int hold_receive(int fd, struct hold_message *ret, int *ret_line);

#endif
