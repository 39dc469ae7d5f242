/* SPDX-License-Identifier: MIT */
/*
 * A serial device as the sessions want it: raw 8N1, no flow control, ours
 * alone, never blocking. Opening toggles DTR and RTS only as the kernel
 * does; closing leaves them (no HUPCL); no BREAK is ever sent.
 */
#ifndef BMS_TTY_H
#define BMS_TTY_H

#include <stdbool.h>
#include <stdint.h>

enum { TTY_ERROR_SIZE = 400 };

/*
 * Opens path at baud (bit/s, one of the table's) and empties its buffers.
 * 0, or -errno with a sentence in error that says what is wrong with the
 * device and what would help: -ENOENT (not there), -EBUSY (somebody else
 * has it), -ENOTTY (no tty), -EINVAL (baud not possible), others.
 */
int tty_open(const char *path, uint32_t baud, int *ret_fd,
	     char error[TTY_ERROR_SIZE]);

/* Gives the device back. A negative fd is fine. */
void tty_close(int fd);

/*
 * Compares the line settings with what tty_open() had set, and sets them
 * again where another program has changed them. 0: were right; 1: were
 * wrong and have been set again; -errno: the device does not take them.
 */
int tty_verify(int fd, uint32_t baud);

/* True where path now names another device than fd is: unplugged and
 * plugged in again, behind the same symbolic link. */
bool tty_moved(int fd, const char *path);

#endif
