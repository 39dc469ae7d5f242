/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told (sd_notify(3)). Nothing happens where
 * there is none.
 */
#ifndef BMS_NOTIFY_H
#define BMS_NOTIFY_H

#include <stdbool.h>

#include "lib/base/mono.h"

enum { NOTIFY_STATUS_SIZE = 160 };

struct notify {
	bool ready;
	uint64_t watchdog_us; /* 0: not asked for */
	mono_t fed;
	char status[NOTIFY_STATUS_SIZE]; /* as last sent */
};

/* Asks whether a watchdog waits for us. */
void notify_init(struct notify *notify);

/*
 * A turn has been completed: READY=1 after the first one, the status where
 * it has changed, the watchdog at most every quarter of its time.
 */
void notify_turn(struct notify *notify, mono_t now, const char *status);

/* SIGHUP is being followed; notify_turn() says when it is done. */
void notify_reloading(struct notify *notify);

void notify_stopping(void);

#endif
