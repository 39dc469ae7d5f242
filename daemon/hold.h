/* SPDX-License-Identifier: MIT */
/*
 * The loads over a restart of this program (requirements H1, H2). Who stops
 * within the window for an update leaves a holder behind: the same program,
 * already in memory and known to work, as a process of its own that has
 * nothing but the line load-disconnect, which it does not touch, and a
 * socket ("hold" in the runtime folder) for the program that follows.
 *
 *	holder				program that follows
 *					HOLD_TAKE
 *	HOLD_LINE and the descriptor
 *					drives, reads back, listens
 *					HOLD_DECIDED once it decides by what
 *					it knows itself
 *	ends, the line is the other's
 *
 * The holder makes the line float, and reads that back, at its deadline, at
 * HOLD_FLOAT, at a word that is none, at SIGTERM and its like and at any
 * error of its own. So nobody has to be there for that: a program that is
 * missing, ends at once or hangs, before or after it has taken the line,
 * changes nothing about the deadline, for a change made by the one is a
 * change for both.
 *
 * Closing a descriptor would not do: there are kernels that keep outputs
 * driven (gpio_persists()). Nor would systemd's descriptor store, which
 * floats nothing by itself.
 */
#ifndef BMS_HOLD_H
#define BMS_HOLD_H

#include "daemon/hold_message.h"

enum {
	/* Who has taken the line lets it float itself, at the deadline; its
	 * holder does where it has not by then. */
	HOLD_GRACE_MS = 1000,
};

/*
 * Leaves a holder behind, with a duplicate of the line's descriptor, until
 * that instant; dir is the runtime folder. 0 once it holds the line: then
 * the caller's descriptor may be closed. -errno: there is none; -ENOENT
 * where dir is NULL.
 */
int hold_begin(const char *dir, const struct gpio_held *line, mono_t until);

/* The side of the program that follows; all zero: there is no holder. */
struct hold {
	bool there;
	int fd;       /* to the holder */
	struct gpio_held line;
	mono_t until;
	bool decided; /* told so */
};

/*
 * Takes the line from its holder, where there is one: then hold->line has a
 * descriptor of its own. An answer that cannot be, or whose deadline is as
 * good as over, makes the line float, and it is as if there was none. 0, or
 * -errno: -ENOENT where there is no holder.
 */
int hold_take(struct hold *hold, const char *dir, mono_t now);

/* Which line is held, and until when. As hold_take(), and changes nothing;
 * but a holder that does not answer is none any more: it is killed. */
int hold_ask(const char *dir, mono_t now, struct gpio_held *ret_line,
	     mono_t *ret_until);

/* All three do nothing where there is no holder. */
/* Tells it, once, that the line is the caller's alone; true where it did. */
bool hold_decided(struct hold *hold);
/* Lets the line float, and waits until its holder has let go of it. One that
 * does not in time is killed. */
void hold_float(struct hold *hold);
/*
 * Leaves the line to its holder as it is. 0: it still has it, and has said
 * so; one that was told that it is the caller's is gone. -errno: it says
 * nothing, is gone, and the line is nobody's but the caller's.
 */
int hold_leave(struct hold *hold);

#endif
