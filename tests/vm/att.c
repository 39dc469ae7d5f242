/* SPDX-License-Identifier: MIT */
/*
 * Clients of the attributes behind a Bluetooth controller, below bluetoothd,
 * which hears of them from the server's side only:
 *
 *	att ask SERVER CLIENT PDU...
 *	att crowd SERVER CLIENT...
 *
 * SERVER and CLIENT are addresses (00:AA:01:00:00:00), a PDU is hex. ask:
 * connects, sends each request and prints the answer to it. What a phone's
 * own bluetoothd would make of an error is left out that way: upon
 * "insufficient authentication" it begins to pair.
 *
 * crowd: each client connects, asks for its first services twenty times as
 * fast as it is answered, lets go, rests, and does it again. Whoever is
 * connected keeps the others out, on this air. Prints how often they have
 * been in, all together, each time that one goes; until it is ended.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	CLIENTS_MAX = 16,
	PDU_MAX = 600,
	BTPROTO_L2CAP = 0,
	CID_ATT = 4, /* Core 5.4, vol 3, part A, 2.1 */
	LE_PUBLIC = 1,
	TURN_MS = 100,
	QUESTIONS = 20,
	REST_MS = 5000, /* the kernel keeps the link 2 s longer */
	ANSWER_MS = 15000,
};

/* As in the kernel's net/bluetooth/l2cap.h. */
struct sockaddr_l2 {
	sa_family_t family;
	uint16_t psm;
	uint8_t address[6]; /* last byte first */
	uint16_t cid;
	uint8_t address_type;
};

struct client {
	struct sockaddr_l2 address;
	int fd; /* -1: resting */
	uint64_t rests_until_ms;
	bool asked;
	int answers;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int parse(const char *text, struct sockaddr_l2 *ret_address)
{
	uint8_t *b = ret_address->address;

	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->family = AF_BLUETOOTH;
	ret_address->cid = CID_ATT;
	ret_address->address_type = LE_PUBLIC;
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &b[5],
		      &b[4], &b[3], &b[2], &b[1], &b[0]) == 6 ? 0 : -EINVAL;
}

static void leave(struct client *client)
{
	close(client->fd);
	client->fd = -1;
	client->asked = false;
	client->answers = 0;
	client->rests_until_ms = now_ms() + REST_MS;
}

static void enter(struct client *client, const struct sockaddr_l2 *server)
{
	client->fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_NONBLOCK |
			    SOCK_CLOEXEC, BTPROTO_L2CAP);
	if (client->fd < 0)
		return;
	if (bind(client->fd, (const struct sockaddr *)&client->address,
		 sizeof(client->address)) < 0 ||
	    (connect(client->fd, (const struct sockaddr *)server,
		     sizeof(*server)) < 0 && errno != EINPROGRESS))
		leave(client);
}

/* Read By Group Type, all primary services (vol 3, part F, 3.4.4.9). */
static void ask(struct client *client)
{
	static const uint8_t request[] = { 0x10, 0x01, 0x00, 0xff, 0xff, 0x00,
					   0x28 };

	client->asked = send(client->fd, request, sizeof(request),
			     MSG_NOSIGNAL) == sizeof(request);
	if (!client->asked)
		leave(client);
}

/* True where it has had all its answers. */
static bool hear(struct client *client)
{
	uint8_t answer[64];
	ssize_t n = recv(client->fd, answer, sizeof(answer), 0);

	if (n <= 0) {
		leave(client);
		return false;
	}
	if (answer[0] != 0x11) /* the server's own requests come as well */
		return false;
	client->asked = false;
	if (++client->answers < QUESTIONS)
		return false;
	leave(client);
	return true;
}

/* How many have had all their answers. */
static unsigned int turn(struct client *client, size_t n,
			 const struct sockaddr_l2 *server)
{
	struct pollfd fds[CLIENTS_MAX];
	unsigned int served = 0;

	for (size_t i = 0; i < n; i++) {
		if (client[i].fd < 0 && now_ms() >= client[i].rests_until_ms)
			enter(&client[i], server);
		fds[i] = (struct pollfd){ client[i].fd, client[i].asked ?
					  POLLIN : POLLOUT, 0 };
	}
	poll(fds, (nfds_t)n, TURN_MS);
	for (size_t i = 0; i < n; i++) {
		if (client[i].fd < 0 || fds[i].revents == 0)
			continue;
		if (fds[i].revents & (POLLERR | POLLHUP))
			leave(&client[i]);
		else if (client[i].asked)
			served += hear(&client[i]);
		else
			ask(&client[i]);
	}
	return served;
}

static int crowd(const struct sockaddr_l2 *server, char *addresses[],
		 size_t n)
{
	static struct client client[CLIENTS_MAX];
	unsigned int served = 0;

	if (n > CLIENTS_MAX)
		return 2;
	for (size_t i = 0; i < n; i++) {
		if (parse(addresses[i], &client[i].address) < 0)
			return 2;
		client[i].fd = -1;
	}
	for (;;) {
		unsigned int more = turn(client, n, server);

		served += more;
		if (more)
			printf("%u\n", served);
	}
}

/* --- one client ----------------------------------------------------------- */

static int wait_for(int fd, short events)
{
	struct pollfd pfd = { fd, events, 0 };

	if (poll(&pfd, 1, ANSWER_MS) > 0 && pfd.revents & events)
		return 0;
	fprintf(stderr, "no answer\n");
	return -ETIMEDOUT;
}

static int tell(int fd, const char *hex)
{
	uint8_t pdu[PDU_MAX];
	size_t n = strlen(hex) / 2;

	if (n > sizeof(pdu))
		return -EMSGSIZE;
	for (size_t i = 0; i < n; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &pdu[i]) != 1)
			return -EINVAL;
	return send(fd, pdu, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : -EIO;
}

/* Requests have even numbers but for errors, answers odd ones, and what has
 * not been asked for is 0x1b and above (vol 3, part F, 3.4.8). */
static bool is_answer(uint8_t opcode)
{
	return opcode % 2 == 1 && opcode < 0x1b;
}

static int show_answer(int fd)
{
	uint8_t pdu[PDU_MAX];
	ssize_t n;

	do {
		if (wait_for(fd, POLLIN) < 0)
			return -ETIMEDOUT;
		n = recv(fd, pdu, sizeof(pdu), 0);
	} while (n > 0 && !is_answer(pdu[0]));
	if (n <= 0)
		return -EPIPE;
	for (ssize_t i = 0; i < n; i++)
		printf("%02x", pdu[i]);
	printf("\n");
	return 0;
}

static int ask_all(const struct sockaddr_l2 *server, char *words[], size_t n)
{
	struct client client = { .fd = -1 };
	int r = n > 1 ? parse(words[0], &client.address) : -EINVAL;

	if (r < 0)
		return 2;
	enter(&client, server);
	r = client.fd >= 0 ? wait_for(client.fd, POLLOUT) : -EIO;
	for (size_t i = 1; i < n && r >= 0; i++) {
		r = tell(client.fd, words[i]);
		if (r >= 0)
			r = show_answer(client.fd);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", strerror(-r));
	return r < 0;
}

int main(int argc, char *argv[])
{
	struct sockaddr_l2 server;

	if (argc < 4 || parse(argv[2], &server) < 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(argv[1], "crowd") == 0)
		return crowd(&server, argv + 3, (size_t)argc - 3);
	if (strcmp(argv[1], "ask") == 0)
		return ask_all(&server, argv + 3, (size_t)argc - 3);
	return 2;
}
