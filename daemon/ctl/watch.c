/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/bus_table.h"

enum { MESSAGES_PER_ROUND = 256 };

#define MATCH_DAEMON \
	"type='signal',sender='" BUS_NAME "',path_namespace='" BUS_ROOT "'"
#define MATCH_OWNER \
	"type='signal',sender='org.freedesktop.DBus'," \
	"member='NameOwnerChanged',arg0='" BUS_NAME "'"

void watch_time(char buf[WATCH_TIME_SIZE])
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	strftime(buf, WATCH_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm);
}

static int on_daemon(sd_bus_message *message, void *userdata,
		     sd_bus_error *error)
{
	struct watch *watch = userdata;
	const char *member = sd_bus_message_get_member(message);

	(void)error;
	if (strcmp(member, "InterfacesAdded") == 0 ||
	    strcmp(member, "InterfacesRemoved") == 0)
		watch->stale = true;
	else
		watch->ops->on_signal(watch, message);
	return 0;
}

static int on_owner(sd_bus_message *message, void *userdata,
		    sd_bus_error *error)
{
	struct watch *watch = userdata;
	const char *name;
	const char *before;
	const char *after;

	(void)error;
	if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0)
		return 0;
	if (after[0]) {
		watch->stale = true;
		return 0;
	}
	watch->stale = false;
	if (watch->running)
		watch->ops->on_running(watch, false);
	watch->running = false;
	return 0;
}

/* 0, or an error in which the daemon has gone again is none either. */
static int reload(struct watch *watch, sd_bus_error *error)
{
	struct model model = { 0 };
	int r = model_load(&model, watch->bus, error);

	watch->stale = false;
	if (r < 0)
		return r;
	model_done(&watch->model);
	watch->model = model;
	watch->running = true;
	watch->ops->on_running(watch, true);
	watch->first = false;
	return 0;
}

static int begin(struct watch *watch)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	/* Listening first: nothing is missed between the two. */
	r = sd_bus_add_match(watch->bus, NULL, MATCH_DAEMON, on_daemon,
			     watch);
	if (r >= 0)
		r = sd_bus_add_match(watch->bus, NULL, MATCH_OWNER, on_owner,
				     watch);
	if (r >= 0)
		r = reload(watch, &error);
	if (r < 0)
		ctl_complain_call(watch->ctl, r, &error);
	sd_bus_error_free(&error);
	return r;
}

static int one_round(struct watch *watch)
{
	int r = 1;

	for (int i = 0; i < MESSAGES_PER_ROUND && r > 0; i++)
		r = sd_bus_process(watch->bus, NULL);
	if (r < 0)
		return r;
	if (sd_bus_is_open(watch->bus) <= 0)
		return -ECONNRESET;
	/* Gone again before it could be asked: it will be back. */
	if (watch->stale)
		(void)reload(watch, NULL);
	r = sd_bus_wait(watch->bus, watch->ops->on_quiet(watch));
	return r == -EINTR ? 0 : r;
}

int watch_run(const struct ctl *ctl, const struct watch_ops *ops, void *data)
{
	struct watch watch = { .ctl = ctl, .ops = ops, .data = data,
			       .first = true };
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	watch.bus = ctl_connect(ctl);
	if (!watch.bus)
		return CTL_FAILED;
	r = begin(&watch);
	if (r >= 0) {
		while (r >= 0 && !ferror(stdout))
			r = one_round(&watch);
		if (r < 0)
			ctl_complain("the bus has gone: %s", strerror(-r));
	}
	model_done(&watch.model);
	sd_bus_close_unref(watch.bus);
	return CTL_FAILED;
}
