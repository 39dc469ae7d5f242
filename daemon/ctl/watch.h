/* SPDX-License-Identifier: MIT */
/*
 * Follows what the daemon tells by itself, without ever asking again while
 * nothing changes; also over a restart of the daemon. What monitor and
 * events have in common.
 */
#ifndef BMS_CTL_WATCH_H
#define BMS_CTL_WATCH_H

#include <stdint.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/model.h"

struct watch;

struct watch_ops {
	/* A signal from the daemon. */
	void (*on_signal)(struct watch *watch, sd_bus_message *message);
	/* The daemon is there and the model has been loaded (true), or it
	 * is gone (false). Also called at the start, where it is there. */
	void (*on_running)(struct watch *watch, bool running);
	/* After everything that came in; returns when to be called again at
	 * the latest, in us from now, or UINT64_MAX. */
	uint64_t (*on_quiet)(struct watch *watch);
};

struct watch {
	const struct ctl *ctl;
	const struct watch_ops *ops;
	void *data;
	sd_bus *bus;
	struct model model;
	bool running;
	bool first; /* still the first time that it is running */
	bool stale; /* the model is to be loaded again */
};

/* Runs until the bus or stdout is gone. An enum ctl_exit. */
int watch_run(const struct ctl *ctl, const struct watch_ops *ops,
	      void *data);

/* "2024-02-29 12:00:00", now, local. */
enum { WATCH_TIME_SIZE = 32 };
void watch_time(char buf[WATCH_TIME_SIZE]);

#endif
