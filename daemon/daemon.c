/* SPDX-License-Identifier: MIT */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/check.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/replay.h"
#include "daemon/window.h"

static void bmsd_timer(struct ev_loop *loop, struct ev_timer *timer,
		       int events)
{
	(void)loop;
	(void)events;
	bmsd_wake(timer->data);
}

static void bmsd_signal(struct ev_loop *loop, struct ev_signal *sig,
			int events)
{
	struct bmsd *d = sig->data;

	(void)loop;
	(void)events;
	if (sig->signum == SIGHUP)
		d->reload = true;
	else
		d->stopping = true;
}

static void bmsd_watch(struct bmsd *d, struct ev_signal *sig, int number)
{
	ev_signal_init(sig, bmsd_signal, number);
	sig->data = d;
	ev_signal_start(d->loop, sig);
}

static int bmsd_loop(struct bmsd *d)
{
	/* A port that sleeps must not be woken by its bytes: poll(2) takes
	 * what is watched anew each time, epoll would wake once more. */
	d->loop = ev_loop_new(EVBACKEND_POLL);
	if (!d->loop) {
		log_line(LOG_LEVEL_ERROR, "start",
			 "no event loop: %s, outputs not touched",
			 strerror(errno));
		return -ENOMEM;
	}
	signal(SIGPIPE, SIG_IGN);
	bmsd_watch(d, &d->sigterm, SIGTERM);
	bmsd_watch(d, &d->sigint, SIGINT);
	bmsd_watch(d, &d->sighup, SIGHUP);
	ev_timer_init(&d->timer, bmsd_timer, 0., 0.);
	d->timer.data = d;
	return 0;
}

/* Before anything is touched: the lock, the name, the memory. */
static int bmsd_claim(struct bmsd *d, struct settings *settings)
{
	struct order_handler handler = { d, bmsd_carry_out };
	int r;

	r = keep_open(d);
	if (r < 0)
		return r;
	r = bmsd_loop(d);
	if (r < 0)
		return r;
	d->hooks = (struct port_hooks){ d, bmsd_wake, bmsd_told };
	keep_load_settings(d, settings);
	r = bmsd_apply(d, settings, clock_mono());
	if (r < 0) {
		log_line(LOG_LEVEL_ERROR, "start",
			 "no memory, outputs not touched");
		return r;
	}
	r = bus_new(&d->bus, d->loop, &d->view, &handler,
		    d->options.session_bus);
	if (r == -EEXIST)
		log_line(LOG_LEVEL_ERROR, "start",
			 "another instance has the name org.vebusbmsng on "
			 "D-Bus, this one ends, outputs not touched");
	else if (r < 0)
		log_line(LOG_LEVEL_ERROR, "start",
			 "D-Bus: %s, this one ends, outputs not touched",
			 strerror(-r));
	return r;
}

/* What the program before this one has left of an update (H1, H2). */
static void bmsd_take_over(struct bmsd *d, mono_t now)
{
	const char *dir = d->options.run_dir;
	uint32_t window_ms = window_left_ms(dir, now);
	int r = hold_take(&d->hold, dir, now);

	d->input.left_over.window_ms = window_ms;
	d->updating = window_ms > 0;
	if (d->updating)
		log_line(LOG_LEVEL_NOTICE, "update",
			 "goes on over the restart: charge is forbidden for "
			 "its time, %u s at most",
			 (unsigned int)(window_ms / 1000));
	if (r == 0)
		log_line(LOG_LEVEL_NOTICE, "update",
			 "load-disconnect is taken over driven, %u s are "
			 "left to hear every battery", (unsigned int)
			 (mono_elapsed_ms(now, d->hold.until) / 1000));
	else if (r != -ENOENT)
		log_line(LOG_LEVEL_WARNING, "update",
			 "load-disconnect is held over the restart and "
			 "cannot be taken over: %s, it floats now, or in "
			 "120 s at the latest", strerror(-r));
}

static void bmsd_run(struct bmsd *d)
{
	mono_t now = clock_mono();

	bmsd_capture(d);
	keep_load(d, now);
	/* That may have taken its time. */
	bmsd_take_over(d, clock_mono());
	bluetooth_start(d, now);
	lines_persist(d, now);
	notify_init(&d->notify);
	d->due = true;
	while (!d->stopping) {
		if (d->reload)
			bmsd_reload(d);
		if (d->due)
			bmsd_turn(d);
		ev_run(d->loop, d->due ? EVRUN_NOWAIT : EVRUN_ONCE);
	}
	/* What stays driven does so by a decision of now. */
	if (d->due || d->updating)
		bmsd_turn(d);
	notify_stopping();
	if (lines_hold(d))
		return;
	log_line(LOG_LEVEL_NOTICE, "stop", "ending, outputs float");
}

/* Outputs first: whatever hangs afterwards hangs with them floating. */
static void bmsd_done(struct bmsd *d)
{
	mono_t now = clock_mono();

	if (d->settings)
		lines_close(d);
	for (uint32_t i = 0; d->spine && i < d->spine->n_ports; i++)
		port_close(&d->port[i], now);
	bluetooth_stop(d);
	d->bus = bus_free(d->bus);
	d->capture = capture_close(d->capture);
	if (d->spine)
		keep_flush(d, now);
	keep_close(d);
	if (d->loop) {
		ev_timer_stop(d->loop, &d->timer);
		ev_loop_destroy(d->loop);
	}
	bmsd_forget(d);
}

static int bmsd_start(const struct options *options, struct settings *settings)
{
	struct bmsd *d = calloc(1, sizeof(*d));
	int r;

	if (!d) {
		free(settings);
		return EXIT_FAILURE;
	}
	d->options = *options;
	d->lock = -1;
	d->state_dir = -1;
	r = bmsd_claim(d, settings);
	if (r == 0)
		bmsd_run(d);
	else if (!d->settings)
		free(settings);
	bmsd_done(d);
	free(d);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int bmsd_configured(const struct options *options)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	int r = EXIT_SUCCESS;

	if (!settings)
		return EXIT_FAILURE;
	if (config_load(options->config, settings, stderr) < 0) {
		fprintf(stderr, "vebus-bms-ngd: %s is not usable, outputs "
			"not touched\n", options->config);
		free(settings);
		return EXIT_FAILURE;
	}
	if (options->action == OPTIONS_RUN)
		return bmsd_start(options, settings);
	if (options->action == OPTIONS_CHECK_CONFIG)
		check_print(options->config, settings);
	else
		r = replay_run(options->replay, settings, stdout);
	free(settings);
	return r;
}

int bmsd_main(int argc, char *argv[])
{
	struct options options;

	log_init(LOG_JOURNAL);
	if (options_parse(argc, argv, &options, stderr) < 0)
		return EXIT_FAILURE;
	switch (options.action) {
	case OPTIONS_VERSION:
		printf("vebus-bms-ngd %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	case OPTIONS_HELP:
		options_usage(stdout);
		return EXIT_SUCCESS;
	case OPTIONS_FLOAT_OUTPUTS:
		return check_float(&options);
	case OPTIONS_RUN:
	case OPTIONS_CHECK_CONFIG:
	case OPTIONS_REPLAY:
		return bmsd_configured(&options);
	}
	return EXIT_FAILURE;
}
