/* SPDX-License-Identifier: MIT */
/* The one turn of the loop. */
#include <string.h>

#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/window.h"

enum {
	TURN_GAP_US = 1000,     /* the loop never turns faster by itself */
	CAPTURE_FLUSH_MS = 1000,
	PERSISTS_MS = 60000,    /* a kernel setting may have been cured */
};

void bmsd_wake(void *data)
{
	struct bmsd *d = data;

	d->due = true;
}

static void turn_note(struct bmsd *d, mono_t now, const char *port,
		      enum capture_word word, const uint8_t *bytes, size_t len)
{
	int r = capture_note(d->capture, now, port, word, bytes, len);

	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "capture",
			 "%s ends here: %s, everything else goes on",
			 d->settings->capture.file, strerror(-r));
}

void bmsd_told(void *data, const char *port, mono_t now,
	       const struct session_event *event)
{
	struct bmsd *d = data;

	if (!d->capture)
		return;
	switch (event->type) {
	case SESSION_TICK:
		turn_note(d, now, port, CAPTURE_TICK, NULL, 0);
		return;
	case SESSION_RX:
		turn_note(d, now, port, CAPTURE_RX, event->bytes, event->len);
		return;
	case SESSION_TX_DONE:
		turn_note(d, now, port, CAPTURE_TX, event->bytes, event->len);
		turn_note(d, now, port, CAPTURE_SENT, NULL, 0);
		return;
	case SESSION_OPENED:
		turn_note(d, now, port, CAPTURE_OPEN, NULL, 0);
		return;
	case SESSION_LOST:
		turn_note(d, now, port, CAPTURE_LOST, NULL, 0);
		return;
	}
}

static const char *const fault_texts[] = {
	[FAULT_TIMEOUT] = "no answer in time",
	[FAULT_CHECKSUM] = "the checksum of its answer does not close",
	[FAULT_LENGTH] = "its answer has the wrong length",
	[FAULT_ADDRESS] = "another battery answered",
	[FAULT_UNKNOWN] = "an answer that was not asked for",
	[FAULT_CONTENT] = "its answer cannot be a reading",
};

_Static_assert(ARRAY_SIZE(fault_texts) == SESSION_FAULT_COUNT, "every fault");

static void turn_report(struct bmsd *d, const struct spine_port *port,
			const struct talk_report *report)
{
	uint32_t battery = port->battery[report->address];
	struct repeat *silence;
	uint64_t failures;

	if (battery == 0)
		return;
	silence = &d->silence[battery - 1];
	if (!report->is_sample) {
		if (repeat_failed(silence))
			log_line(LOG_LEVEL_WARNING, port->name,
				 "battery %u (address %u): %s, asking again",
				 (unsigned int)battery,
				 (unsigned int)report->address,
				 fault_texts[report->fault]);
		return;
	}
	failures = repeat_recovered(silence);
	if (failures > 0)
		log_line(LOG_LEVEL_NOTICE, port->name,
			 "battery %u (address %u) answers again after %llu "
			 "failures", (unsigned int)battery,
			 (unsigned int)report->address,
			 (unsigned long long)failures);
}

static void turn_ports(struct bmsd *d, mono_t now)
{
	for (uint32_t i = 0; i < d->spine->n_ports; i++) {
		const struct spine_port *port = &d->spine->port[i];

		port_turn(&d->port[i], now);
		for (uint32_t k = 0; k < port->talk.n_reports; k++)
			turn_report(d, port, &port->talk.report[k]);
	}
}

/* The very line that a replay prints for this decision. */
static void turn_tell(struct bmsd *d, mono_t now)
{
	struct text t = text_in(d->text, d->text_size);

	if (spine_tell(d->spine, now, &t))
		log_line(LOG_LEVEL_INFO, "decision", "%s", t.buf);
}

/* Decides, and carries it out on the lines. Where they fail, that is the
 * second decision's input at once (B14). */
static void turn_decide(struct bmsd *d, mono_t now)
{
	bool failed;

	d->input.lines_failed = !d->gpio;
	d->input.lines_failed_now = false;
	spine_step(d->spine, now, &d->input, d->input.lines_failed);
	/* The lines first: a log takes its time. */
	failed = d->gpio && lines_write(d, now) != 0;
	turn_tell(d, now);
	if (!failed)
		return;
	spine_step_failed(d->spine, now, &d->input);
	turn_tell(d, now);
	d->input.lines_failed = false;
	d->input.lines_failed_now = true;
}

/* H2: from now on nobody else is to let the line float. */
static void turn_relieve(struct bmsd *d)
{
	if (!d->gpio || d->spine->output.held || !hold_decided(&d->hold))
		return;
	log_line(LOG_LEVEL_NOTICE, "update", "load-disconnect is decided anew "
		 "after the restart: %s", d->spine->output.atd_high ?
		 "it stays driven" : "it floats");
}

static void turn_capture(struct bmsd *d, mono_t now)
{
	uint8_t bytes[SPINE_INPUT_SIZE];
	size_t len;

	if (!d->capture)
		return;
	len = spine_input_encode(&d->input, bytes);
	if (d->input.command.kind != BMS_COMMAND_NONE ||
	    len != d->captured_len ||
	    memcmp(bytes, d->captured_input, len) != 0) {
		memcpy(d->captured_input, bytes, len);
		d->captured_len = len;
		turn_note(d, now, "gpio", CAPTURE_IN, bytes, len);
	}
	turn_note(d, now, "gpio", CAPTURE_TURN, NULL, 0);
}

static void turn_command(struct bmsd *d, mono_t now)
{
	uint32_t i = d->spine->n_ports - 1;

	if (!spine_command(d->spine))
		return;
	port_tick(&d->port[i], now);
	/* What it told on the way is for the next decision, at once. */
	if (d->spine->port[i].talk.reading)
		d->due = true;
}

/* Where batteries are to be asked sooner than planned, that begins now. */
static void turn_pace(struct bmsd *d, mono_t now)
{
	for (uint32_t i = 0; i < d->spine->n_ports; i++) {
		if (spine_pace(d->spine, i))
			port_tick(&d->port[i], now);
	}
}

/* H1: whoever has opened it, and however it ends. */
static void turn_update(struct bmsd *d)
{
	bool updating = d->spine->output.updating;
	mono_t until = { updating ? d->spine->state.update.until.us : 0 };
	int r = 0;

	if (until.us != d->window.us)
		r = window_keep(d->options.run_dir, until);
	d->window = until;
	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "update",
			 "%s cannot be written: %s, a restart ends it",
			 d->options.run_dir, strerror(-r));
	if (updating == d->updating)
		return;
	d->updating = updating;
	log_line(LOG_LEVEL_NOTICE, "update", "%s", updating ?
		 "begun by an operator: charge is forbidden for its time, "
		 "15 min at most; a battery may be silent for 120 s" :
		 "over: charge returns with the next reading");
}

void bmsd_fill_view(struct bmsd *d, mono_t now)
{
	for (uint32_t i = 0; i < d->spine->n_ports; i++)
		d->view_bus[i].connected = d->port[i].fd >= 0;
	d->view.now = now;
	d->view.settings = d->settings;
	d->view.overrides = &d->overrides;
	d->view.state = &d->spine->state;
	d->view.output = &d->spine->output;
	d->view.n_buses = d->spine->n_ports;
	d->view.bus = d->view_bus;
	d->view.inverter = d->spine->mk3 ? mk3_reading(d->spine->mk3) : NULL;
	d->view.mode = d->input.mode;
	d->view.lines = d->lines;
	d->view.lines_ok = d->gpio;
	d->view.lines_virtual = d->gpio && gpio_is_virtual(d->gpio);
	d->view.bluetooth = bluetooth_status(d);
}

static void turn_notify(struct bmsd *d, mono_t now)
{
	const struct bms_output *out = &d->spine->output;
	char buf[NOTIFY_STATUS_SIZE];
	struct text t = text_in(buf, sizeof(buf));
	uint32_t online = 0;

	for (uint32_t i = 0; i < d->spine->state.n_batteries; i++)
		online += d->spine->state.battery[i].online ? 1 : 0;
	text_str(&t, out->atc_high ? "charge allowed, " :
				     "charge forbidden, ");
	text_str(&t, out->atd_high ? "discharge allowed, " :
				     "discharge forbidden, ");
	text_uint(&t, online);
	text_str(&t, " of ");
	text_uint(&t, out->batteries);
	text_str(&t, " batteries");
	notify_turn(&d->notify, now, buf);
}

/* Arms the one timer with the earliest instant that wants a turn. */
static void turn_arm(struct bmsd *d, mono_t now)
{
	mono_t next = mono_min(d->spine->output.next, lines_next(d, now));
	uint64_t us;

	for (uint32_t i = 0; i < d->spine->n_ports; i++)
		next = mono_min(next, port_next(&d->port[i]));
	us = mono_elapsed_us(now, next);
	if (us < TURN_GAP_US)
		us = TURN_GAP_US;
	/* What this turn took is not to be slept again. */
	ev_now_update(d->loop);
	now = clock_mono();
	us = mono_elapsed_us(now, mono_add_us(d->now, us));
	ev_timer_stop(d->loop, &d->timer);
	ev_timer_set(&d->timer, (double)us / 1e6, 0.);
	ev_timer_start(d->loop, &d->timer);
}

/* Nobody waits now: what may wait for a disk. */
static void turn_idle(struct bmsd *d, mono_t now)
{
	keep_save(d, now);
	if (mono_elapsed_ms(d->persists_seen, now) >= PERSISTS_MS)
		lines_persist(d, now);
	if (!d->capture ||
	    mono_elapsed_ms(d->flushed, now) < CAPTURE_FLUSH_MS)
		return;
	d->flushed = now;
	if (capture_flush(d->capture) < 0)
		log_line(LOG_LEVEL_WARNING, "capture",
			 "%s ends here: the disk does not take it, "
			 "everything else goes on",
			 d->settings->capture.file);
}

void bmsd_turn(struct bmsd *d)
{
	mono_t now = clock_mono();

	d->due = false;
	d->now = now;
	lines_open(d, now);
	/* Near to the clock: the debounce measures between the two. */
	lines_read(d);
	turn_ports(d, now);
	turn_decide(d, now);
	turn_relieve(d);
	turn_capture(d, now);
	/* It has been carried out. */
	d->input.left_over = (struct bms_left_over){ 0 };
	d->input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	turn_command(d, now);
	turn_pace(d, now);
	codes_tell(d);
	turn_update(d);
	bluetooth_turn(d, now);
	bmsd_fill_view(d, now);
	bus_publish(d->bus);
	keep_look(d, now);
	turn_notify(d, now);
	turn_idle(d, now);
	turn_arm(d, now);
}
