/* SPDX-License-Identifier: MIT */
/* What the decision means for the lines, and what their failure means. */
#include <errno.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/taken.h"
#include "lib/core/update.h"

enum {
	LINES_RETRY_MS = 1000,
	HEARTBEAT_HALF_MS = 500, /* 1 Hz */
	TURN_MS = 1000,          /* a turn at least so often */
	LINES_STAY_MS = 10000,   /* held so long: they have recovered */
	/* The same of an LED: longer than its longest period. */
	INDICATORS_STAY_MS = 30000,
};

static const enum settings_line led_lines[] = {
	[LED_BLUETOOTH] = LINE_LED_BLUETOOTH,
	[LED_ERROR] = LINE_LED_ERROR,
	[LED_VEBUS] = LINE_LED_VEBUS,
};

_Static_assert(ARRAY_SIZE(led_lines) == LED_COUNT, "a line for every LED");

static bool lines_fitted(const struct bmsd *d, enum settings_line line)
{
	return d->settings->gpio.line[line][0] != '\0';
}

mono_t lines_next(const struct bmsd *d, mono_t now)
{
	mono_t next = mono_add_ms(now, TURN_MS);

	if (!d->gpio)
		return next;
	if (lines_fitted(d, LINE_HEARTBEAT))
		next = mono_min(next, mono_add_ms(d->heartbeat,
						  HEARTBEAT_HALF_MS));
	for (size_t i = 0; i < LED_COUNT; i++) {
		if (lines_fitted(d, led_lines[i]))
			next = mono_min(next,
					led_next(d->spine->output.led[i],
						 now));
	}
	return next;
}

static void lines_edge(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct bmsd *d = io->data;

	(void)loop;
	(void)events;
	d->gpio_edge = true;
	bmsd_wake(d);
}

static void lines_watch(struct bmsd *d)
{
	int fds[GPIO_EVENT_FDS_MAX];
	size_t n = gpio_event_fds(d->gpio, fds);

	for (size_t i = 0; i < n; i++) {
		ev_io_init(&d->gpio_io[i], lines_edge, fds[i], EV_READ);
		d->gpio_io[i].data = d;
		ev_io_start(d->loop, &d->gpio_io[i]);
	}
	d->n_gpio_io = n;
}

/* What a holder has handed over goes on as it is, where it is still wanted;
 * else it floats before anything is taken. */
static int lines_take(struct bmsd *d, mono_t now, char error[GPIO_ERROR_SIZE])
{
	struct gpio_held *held = d->hold.there ? &d->hold.line : NULL;
	int r = gpio_open(&d->gpio, &d->settings->gpio, held, error);

	if (!held)
		return r;
	if (r == 0 && held->fd < 0) {
		d->input.left_over.held_ms =
			(uint32_t)mono_elapsed_ms(now, d->hold.until);
		return 0;
	}
	hold_float(&d->hold);
	log_line(LOG_LEVEL_WARNING, "update",
		 "load-disconnect was held over the restart and is not taken "
		 "over: %s, it floats", r < 0 ? error :
		 "the configuration names another line");
	return r;
}

void lines_open(struct bmsd *d, mono_t now)
{
	char error[GPIO_ERROR_SIZE];
	int r;

	if (d->gpio || !mono_reached(now, d->lines_retry))
		return;
	d->lines_retry = mono_add_ms(now, LINES_RETRY_MS);
	r = lines_take(d, now, error);
	if (r < 0) {
		d->gpio = NULL;
		if (repeat_failed(&d->lines_failures))
			log_line(LOG_LEVEL_ERROR, "lines",
				 "%s, outputs float as far as the hardware "
				 "lets them, trying again every second",
				 error);
		return;
	}
	lines_watch(d);
	/* Before any of them is driven. */
	r = taken_keep(d->options.run_dir, &d->settings->gpio);
	if (d->lines_failures.failures > REPEAT_FIRST)
		return;
	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "lines",
			 "%s cannot be written: %s, after a crash the lines "
			 "that the configuration names by then are made to "
			 "float", d->options.run_dir, strerror(-r));
	log_line(LOG_LEVEL_NOTICE, "lines", "%s: lines taken, %s",
		 gpio_describe(d->gpio), d->hold.there ?
		 "load-disconnect is driven, every other output floats" :
		 "outputs float");
	if (gpio_is_virtual(d->gpio))
		log_line(LOG_LEVEL_WARNING, "lines",
			 "the chip is virtual: simulation only, no output "
			 "leaves this program");
}

/* What fails again at the next turn has not come back. */
static void lines_stay(struct bmsd *d, mono_t now)
{
	uint64_t failures;

	if (d->lines_failures.failures == 0 ||
	    mono_elapsed_ms(d->lines_retry, now) < LINES_STAY_MS)
		return;
	failures = repeat_recovered(&d->lines_failures);
	log_line(LOG_LEVEL_NOTICE, "lines",
		 "all lines work again after %llu failures",
		 (unsigned long long)failures);
}

static void lines_unwatch(struct bmsd *d)
{
	for (size_t i = 0; i < d->n_gpio_io; i++)
		ev_io_stop(d->loop, &d->gpio_io[i]);
	d->n_gpio_io = 0;
}

void lines_close(struct bmsd *d)
{
	lines_unwatch(d);
	d->gpio = gpio_close(d->gpio);
	/* It must not be taken from us by its holder. */
	hold_float(&d->hold);
	memset(&d->lines, 0, sizeof(d->lines));
	d->heartbeat_high = false;
}

/* An earlier holder that has not been relieved goes on with what is left;
 * else a new one begins. 0, or -errno. */
static int lines_hand_on(struct bmsd *d, mono_t until)
{
	struct gpio_held line;
	int r;

	if (d->hold.there && !d->hold.decided) {
		mono_t latest = mono_add_ms(until, HOLD_GRACE_MS);

		if (mono_before(latest, d->hold.until))
			return -ETIME;
		return hold_leave(&d->hold);
	}
	(void)hold_leave(&d->hold);
	r = gpio_share(d->gpio, &line);
	if (r == 0)
		r = hold_begin(d->options.run_dir, &line, until);
	return r;
}

bool lines_hold(struct bmsd *d)
{
	uint32_t ms = d->spine ? update_hold_ms(&d->spine->state) : 0;
	int r;

	if (ms == 0 || !d->gpio || !d->lines.high[LINE_LOAD_DISCONNECT])
		return false;
	r = lines_hand_on(d, mono_add_ms(d->now, ms));
	if (r < 0) {
		log_line(LOG_LEVEL_WARNING, "update",
			 "load-disconnect cannot be held over the restart: "
			 "%s, it floats", strerror(-r));
		return false;
	}
	lines_unwatch(d);
	d->gpio = gpio_close_but_shared(d->gpio);
	log_line(LOG_LEVEL_NOTICE, "update",
		 "ending, load-disconnect stays driven for the program that "
		 "follows, %u s at most, every other output floats",
		 (unsigned int)(ms / 1000));
	return true;
}

void lines_persist(struct bmsd *d, mono_t now)
{
	char text[GPIO_ERROR_SIZE];
	bool persist = strcmp(d->settings->gpio.chip, "virtual") != 0 &&
		       gpio_persists("/sys", text);

	d->persists_seen = now;
	if (persist == d->input.lines_persist)
		return;
	d->input.lines_persist = persist;
	if (persist)
		log_line(LOG_LEVEL_WARNING, "lines", "%s", text);
	else
		log_line(LOG_LEVEL_NOTICE, "lines", "the kernel lets outputs "
			 "float after a crash now");
}

void lines_read(struct bmsd *d)
{
	struct gpio_inputs inputs = { 0 };

	if (d->gpio && d->gpio_edge)
		gpio_event_drain(d->gpio);
	d->gpio_edge = false;
	if (d->gpio && gpio_read(d->gpio, &inputs) < 0)
		inputs = (struct gpio_inputs){ 0 };
	d->input.remote_l = inputs.remote_l;
	d->input.remote_h = inputs.remote_h;
}

/*
 * The square wave says that decisions are being made. Unlike an LED it
 * counts from its own last edge: a turn that comes late makes a half longer
 * and never swallows one.
 */
static bool heartbeat_level(struct bmsd *d, mono_t now)
{
	if (mono_elapsed_ms(d->heartbeat, now) >= HEARTBEAT_HALF_MS) {
		d->heartbeat = now;
		d->heartbeat_high = !d->heartbeat_high;
	}
	return d->heartbeat_high;
}

static int lines_lost(struct bmsd *d, mono_t now, int error,
		      const char *what)
{
	static const struct gpio_levels floating;

	if (repeat_failed(&d->lines_failures))
		log_line(LOG_LEVEL_ERROR, "lines",
			 "%s: %s, both outputs asked to float, taking the "
			 "lines again in a second", what, strerror(-error));
	(void)gpio_write(d->gpio, &floating, true);
	lines_close(d);
	d->lines_retry = mono_add_ms(now, LINES_RETRY_MS);
	return error;
}

/* No indicator is worth the power of a boat: what is wrong with one is told,
 * and the outputs go on. */
static void lines_indicate(struct bmsd *d, mono_t now,
			   const struct gpio_levels *levels)
{
	enum settings_line wrong = LINE_DECISION_COUNT;
	uint64_t failures;
	int r = gpio_indicate(d->gpio, levels, &wrong);

	if (r != 0) {
		d->indicator_failed = now;
		if (repeat_failed(&d->indicator_failures))
			log_line(LOG_LEVEL_WARNING, "lines",
				 "%s: %s, the outputs go on, trying it again",
				 settings_line_key(wrong), r < 0 ?
				 strerror(-r) : "is not as written");
		return;
	}
	if (d->indicator_failures.failures == 0 ||
	    mono_elapsed_ms(d->indicator_failed, now) < INDICATORS_STAY_MS)
		return;
	failures = repeat_recovered(&d->indicator_failures);
	log_line(LOG_LEVEL_NOTICE, "lines",
		 "LEDs and heartbeat are as written again after %llu failures",
		 (unsigned long long)failures);
}

int lines_write(struct bmsd *d, mono_t now)
{
	const struct bms_output *out = &d->spine->output;
	struct gpio_levels levels = { 0 };
	enum settings_line wrong = LINE_LOAD_DISCONNECT;
	int r;

	if (!d->gpio)
		return -ENODEV;
	levels.high[LINE_LOAD_DISCONNECT] = out->atd_high;
	levels.high[LINE_CHARGE_DISCONNECT] = out->atc_high;
	levels.high[LINE_PRE_ALARM] = out->pre_alarm_high;
	levels.high[LINE_HEARTBEAT] = heartbeat_level(d, now);
	for (size_t i = 0; i < LED_COUNT; i++)
		levels.high[led_lines[i]] = led_high(out->led[i], now);
	r = gpio_write(d->gpio, &levels, false);
	if (r < 0)
		return lines_lost(d, now, r, "cannot be written");
	r = gpio_verify(d->gpio, &wrong);
	if (r > 0)
		return lines_lost(d, now, -EIO,
				  settings_line_key(wrong));
	if (r < 0)
		return lines_lost(d, now, r, "cannot be read back");
	lines_indicate(d, now, &levels);
	d->lines = levels;
	lines_stay(d, now);
	return 0;
}
