/* SPDX-License-Identifier: MIT */
#include "daemon/notify.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/clock.h"

void notify_init(struct notify *notify)
{
	memset(notify, 0, sizeof(*notify));
	if (sd_watchdog_enabled(0, &notify->watchdog_us) <= 0)
		notify->watchdog_us = 0;
}

void notify_turn(struct notify *notify, mono_t now, const char *status)
{
	if (!notify->ready) {
		notify->ready = true;
		(void)sd_notify(0, "READY=1");
	}
	if (strcmp(notify->status, status) != 0) {
		snprintf(notify->status, sizeof(notify->status), "%s", status);
		(void)sd_notifyf(0, "STATUS=%s", notify->status);
	}
	if (notify->watchdog_us > 0 &&
	    mono_elapsed_us(notify->fed, now) >= notify->watchdog_us / 4) {
		notify->fed = now;
		(void)sd_notify(0, "WATCHDOG=1");
	}
}

void notify_reloading(struct notify *notify)
{
	notify->ready = false;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
			 (unsigned long long)clock_monotonic_us());
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}
