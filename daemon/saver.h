/* SPDX-License-Identifier: MIT */
/*
 * Saves to the state folder without ever waiting for the disk: each save is
 * a short-lived process of its own, which holds nothing of the daemon's but
 * the folder. A memory card that stalls for seconds, as they do, then costs
 * a late save and not a late decision. One save at a time.
 */
#ifndef BMS_SAVER_H
#define BMS_SAVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/mono.h"

enum { SAVER_SLOW_MS = 30000 }; /* a save that takes longer is told */

/* All zero: none is under way. */
struct saver {
	pid_t pid;        /* 0: none */
	const char *what; /* is being saved, for people */
	mono_t since;
	bool told;        /* that it takes long */
};

/*
 * Begins to save as store_save() does; content is copied. what is a static
 * text. 0, -EBUSY while another save is under way, or -errno where there can
 * be no process.
 */
int saver_start(struct saver *saver, mono_t now, int dirfd, const char *name,
		const char *what, const void *content, size_t len);

/*
 * Looks whether the save has ended; to be called once a turn. True once
 * where it has, with 0 or -errno in *ret_result. Says so in the log where it
 * takes long.
 */
bool saver_poll(struct saver *saver, mono_t now, int *ret_result);

/* Waits until it has ended, timeout_ms at most. True where none is under way
 * any more, with the result as above (0 where there was none). */
bool saver_wait(struct saver *saver, int timeout_ms, int *ret_result);

#endif
