/* SPDX-License-Identifier: MIT */
/*
 * A pseudo terminal that behaves like a serial line: bytes take 10 bit times
 * each in both directions, a symlink that can be put behind a stable name leads
 * to it, and it can be unplugged and plugged again. Bytes sent while nobody has
 * the port open are lost, and closing it discards what was unread, as on a real
 * port; an exclusive lock left by a client dies with the client too.
 */
#ifndef SIM_PTY_H
#define SIM_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTY_QUEUE 8192
#define PTY_LINK_MAX 256

struct pty_queue {
	int64_t due_ns[PTY_QUEUE];	/* end of the byte on the wire */
	uint8_t byte[PTY_QUEUE];
	unsigned head, count;
	int64_t last_due_ns;
};

struct pty {
	char link[PTY_LINK_MAX];
	char slave_path[64];
	int master, slave, notify;
	unsigned baud;
	bool plugged;
	int64_t piece_ns;	/* bytes of so long are handed over at once */
	bool quiet;		/* poll(2) has just found nothing to read */
	int openers;		/* other processes; -1 when unknown */
	unsigned lost_bytes;
	struct pty_queue rx, tx;
};

/* 0 or negative errno. The baud rate paces and is set on the slave. */
int pty_open(struct pty *pty, const char *link, unsigned baud,
	     int64_t piece_ns);
int pty_plug(struct pty *pty);
void pty_unplug(struct pty *pty);

int64_t pty_byte_ns(const struct pty *pty);
/* Speed the client has set, in baud; 0 when it is not a usual one. */
unsigned pty_client_baud(const struct pty *pty);

/* Reads, unless quiet, what the client wrote and stamps it with its times on
 * the wire. */
void pty_receive(struct pty *pty, int64_t now_ns);
/* Next received byte whose wire time is over; its end in ret_at_ns. */
bool pty_next(struct pty *pty, int64_t now_ns, uint8_t *ret_byte,
	      int64_t *ret_at_ns);
/* Puts bytes on the wire, not before start_ns nor before earlier bytes. */
void pty_send(struct pty *pty, int64_t start_ns, const uint8_t *p, size_t n);
/* Hands over to the client what is due, in pieces. */
void pty_flush(struct pty *pty, int64_t now_ns);
/* When pty_flush or pty_next have something to do; INT64_MAX for never. */
int64_t pty_deadline(const struct pty *pty);
bool pty_sending(const struct pty *pty, int64_t now_ns);

#endif
