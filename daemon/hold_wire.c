/* SPDX-License-Identifier: MIT */
#include "daemon/hold_wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Room for one descriptor; aligned as cmsg(3) wants it. */
union control {
	char buf[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int hold_address(const char *dir, struct sockaddr_un *ret)
{
	int n;

	if (!dir)
		return -ENOENT;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/hold", dir);
	return n < 0 || (size_t)n >= sizeof(ret->sun_path) ? -ENAMETOOLONG :
							     0;
}

int hold_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);

	return fd < 0 ? -errno : fd;
}

bool hold_is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return peer.uid == geteuid() || peer.uid == 0;
}

bool hold_poll(int fd, short events)
{
	struct pollfd event = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&event, 1, HOLD_ANSWER_MS);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* Its sockets may be gone before the line is: only the end of the process
 * says that all are. */
void hold_kill(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int pidfd;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ||
	    peer.pid <= 0)
		return;
	pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	(void)kill(peer.pid, SIGKILL);
	if (pidfd < 0)
		return;
	(void)hold_poll(pidfd, POLLIN);
	close(pidfd);
}

int hold_send(int fd, const struct hold_message *message, int line)
{
	uint8_t bytes[HOLD_MESSAGE_SIZE];
	struct iovec part = { bytes, hold_message_encode(message, bytes) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	union control control;
	struct cmsghdr *with;

	if (line >= 0) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.buf;
		header.msg_controllen = sizeof(control.buf);
		with = CMSG_FIRSTHDR(&header);
		with->cmsg_level = SOL_SOCKET;
		with->cmsg_type = SCM_RIGHTS;
		with->cmsg_len = CMSG_LEN(sizeof(line));
		memcpy(CMSG_DATA(with), &line, sizeof(line));
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ?
		-errno : 0;
}

/* There is room for one only; more of them the kernel closes itself, and
 * says MSG_CTRUNC. */
static int descriptor_of(struct msghdr *header)
{
	struct cmsghdr *with = CMSG_FIRSTHDR(header);
	int fd;

	if (!with || with->cmsg_level != SOL_SOCKET ||
	    with->cmsg_type != SCM_RIGHTS ||
	    with->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(with), sizeof(fd));
	return fd;
}

int hold_receive(int fd, struct hold_message *ret, int *ret_line)
{
	uint8_t bytes[HOLD_MESSAGE_SIZE];
	struct iovec part = { bytes, sizeof(bytes) };
	union control control;
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		/* Its padding has room for a second one. */
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int line, r;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN :
							   -ECONNRESET;
	if (n == 0)
		return -ECONNRESET;
	line = descriptor_of(&header);
	r = header.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? -EBADMSG :
		hold_message_decode(bytes, (size_t)n, ret);
	if (line >= 0 && (r < 0 || !ret_line)) {
		close(line);
		line = -1;
	}
	if (ret_line)
		*ret_line = line;
	return r;
}
