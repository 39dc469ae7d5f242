/* SPDX-License-Identifier: MIT */
#include "daemon/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/json.h"
#include "daemon/spine.h"
#include "lib/base/capture.h"

enum {
	/* Between two instants that nobody recorded; the live loop's. */
	REPLAY_GAP_US = 1000,
	/* A capture of bytes alone: the ttys are open for so long before its
	 * first line, which is when the sessions have something to ask. */
	REPLAY_LEAD_US = 1000000,
	/* Of a long silence only so much is gone through step by step: by
	 * then every delay has run out. */
	REPLAY_SILENCE_MS = 600000,
};

/*
 * Of a port in a capture of bytes alone: the event that made its session
 * want to send. Such an event is taken back, and given when the capture
 * has the next bytes of the port: so the session stays in step with the
 * one that was recorded, whose delays nobody knows.
 */
struct replay_hold {
	bool held;
	enum session_event_type type;
	uint8_t *state;     /* room for a copy of the session */
	bool opened;        /* has been open */
	bool opens;         /* the capture tells when */
};

struct replay {
	struct spine *spine;
	struct spine_input input;
	FILE *out;
	bool exact;         /* the capture has its turns */
	bool started;
	mono_t now;
	uint8_t *kept;      /* as far as the capture has told it */
	size_t kept_len;
	uint32_t *printed;  /* per port: reports that are printed */
	struct replay_hold *hold; /* per port */
	char *text;
	size_t text_size;
};

static void replay_print(struct replay *r, const struct text *t)
{
	fwrite(t->buf, 1, t->len, r->out);
	fputc('\n', r->out);
}

/* What the session of a port has told and is not printed yet. */
static void replay_port(struct replay *r, uint32_t i)
{
	struct spine_port *port = &r->spine->port[i];

	for (; r->printed[i] < port->talk.n_reports; r->printed[i]++) {
		struct talk_report *told = &port->talk.report[r->printed[i]];
		struct text t = text_in(r->text, r->text_size);

		if (!told->is_sample)
			continue;
		json_sample(&t, r->now, port->name, &told->sample);
		replay_print(r, &t);
	}
	if (port->talk.reading && !port->proto) {
		struct text t = text_in(r->text, r->text_size);

		json_reading(&t, r->now, port->name,
			     mk3_reading(r->spine->mk3));
		replay_print(r, &t);
	}
	port->talk.reading = false;
}

static void replay_event(struct replay *r, uint32_t i,
			 enum session_event_type type,
			 const struct capture_record *record)
{
	bool rx = type == SESSION_RX;

	/* A capture that begins in the middle of a conversation. */
	if (!r->hold[i].opened && type != SESSION_OPENED &&
	    type != SESSION_LOST)
		replay_event(r, i, SESSION_OPENED, NULL);
	r->hold[i].opened = true;
	talk_event(&r->spine->port[i].talk, r->now, type,
		   rx ? record->bytes : NULL, rx ? record->len : 0);
	replay_port(r, i);
}

/* The same, where it does not make the session send. */
static void replay_offer(struct replay *r, uint32_t i,
			 enum session_event_type type)
{
	struct spine_port *port = &r->spine->port[i];
	struct replay_hold *hold = &r->hold[i];
	struct talk *talk = &port->talk;
	bool open = talk->open;

	if (hold->held)
		return;
	memcpy(hold->state, talk->state, port->state_size);
	talk_event(talk, r->now, type, NULL, 0);
	if (talk->tx_len == 0) {
		hold->opened |= talk->open;
		replay_port(r, i);
		return;
	}
	memcpy(talk->state, hold->state, port->state_size);
	talk->open = open;
	talk->tx_len = 0;
	talk->until = MONO_NEVER;
	talk->reading = false;
	talk->n_reports = r->printed[i];
	hold->held = true;
	hold->type = type;
}

/* The capture has bytes of the port: it was about to send, or had sent. */
static void replay_release(struct replay *r, uint32_t i)
{
	struct replay_hold *hold = &r->hold[i];
	struct talk *talk = &r->spine->port[i].talk;

	if (hold->held)
		replay_event(r, i, hold->type, NULL);
	else if (talk_due(talk, r->now))
		replay_event(r, i, SESSION_TICK, NULL);
	hold->held = false;
	if (talk->tx_len > 0)
		replay_offer(r, i, SESSION_TX_DONE);
}

static void replay_tell(struct replay *r)
{
	struct text t = text_in(r->text, r->text_size);

	if (spine_tell(r->spine, r->now, &t))
		replay_print(r, &t);
}

static void replay_turn(struct replay *r)
{
	struct spine *spine = r->spine;

	spine_step(spine, r->now, &r->input, r->input.lines_failed);
	replay_tell(r);
	if (r->input.lines_failed_now) {
		spine_step_failed(spine, r->now, &r->input);
		replay_tell(r);
	}
	r->input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	memset(r->printed, 0, spine->n_ports * sizeof(*r->printed));
	/* An exact capture has the ticks that follow. */
	if (spine_command(spine) && !r->exact &&
	    spine->port[spine->n_ports - 1].talk.open)
		replay_offer(r, spine->n_ports - 1, SESSION_TICK);
	for (uint32_t i = 0; i < spine->n_ports; i++) {
		if (spine_pace(spine, i) && !r->exact &&
		    spine->port[i].talk.open)
			replay_offer(r, i, SESSION_TICK);
	}
}

/* The next instant that a session or the core asks for. */
static mono_t replay_next(const struct replay *r)
{
	mono_t next = r->spine->output.next;

	for (uint32_t i = 0; i < r->spine->n_ports; i++) {
		const struct talk *talk = &r->spine->port[i].talk;

		if (talk->open && talk->tx_len == 0)
			next = mono_min(next, talk->until);
	}
	if (mono_elapsed_us(r->now, next) < REPLAY_GAP_US)
		next = mono_add_us(r->now, REPLAY_GAP_US);
	return next;
}

/* Ticks whoever is due, and decides. */
static void replay_step(struct replay *r)
{
	for (uint32_t i = 0; i < r->spine->n_ports; i++) {
		if (talk_due(&r->spine->port[i].talk, r->now))
			replay_offer(r, i, SESSION_TICK);
	}
	replay_turn(r);
}

/* Before the first line of a capture of bytes alone. */
static void replay_lead(struct replay *r, mono_t first)
{
	r->started = true;
	r->now.us = first.us > REPLAY_LEAD_US ? first.us - REPLAY_LEAD_US : 0;
	for (uint32_t i = 0; i < r->spine->n_ports; i++) {
		if (!r->hold[i].opens)
			replay_offer(r, i, SESSION_OPENED);
	}
	replay_turn(r);
}

/* Lets the time between two recorded instants pass. */
static void replay_pass(struct replay *r, mono_t until)
{
	mono_t end = mono_min(until, mono_add_ms(r->now, REPLAY_SILENCE_MS));
	mono_t next;

	while (next = replay_next(r), mono_before(next, end)) {
		r->now = next;
		replay_step(r);
	}
	r->now = until;
}

static void replay_known(struct replay *r, uint32_t i,
			 const struct capture_record *record)
{
	char serial[BMS_SERIAL_SIZE] = "";

	if (record->len < 2 || record->len > sizeof(serial))
		return;
	memcpy(serial, record->bytes + 1, record->len - 1);
	spine_known(r->spine, i, record->bytes[0], serial);
}

/* A piece more of what was kept. Only the whole of it is believed, which is
 * tried with each piece. */
static int replay_kept(struct replay *r, const struct capture_record *record)
{
	size_t len = r->kept_len + record->len;
	uint8_t *kept = realloc(r->kept, len);

	if (!kept)
		return -ENOMEM;
	memcpy(kept + r->kept_len, record->bytes, record->len);
	r->kept = kept;
	r->kept_len = len;
	(void)spine_remember(r->spine, kept, len, 0);
	return 0;
}

/* One line. 0, or -EINVAL for a port or an input that cannot be. */
static int replay_take(struct replay *r, const struct capture_record *record)
{
	uint32_t i = spine_find(r->spine, record->port);

	if (record->word == CAPTURE_TURN) {
		replay_turn(r);
		return 0;
	}
	if (record->word == CAPTURE_IN)
		return spine_input_decode(record->bytes, record->len,
					  &r->input);
	if (record->word == CAPTURE_KEPT)
		return replay_kept(r, record);
	if (i == UINT32_MAX)
		return -EINVAL;
	switch (record->word) {
	case CAPTURE_RX:
		if (!r->exact && r->hold[i].held)
			replay_release(r, i);
		replay_event(r, i, SESSION_RX, record);
		return 0;
	case CAPTURE_TX:
		if (!r->exact)
			replay_release(r, i);
		return 0;
	case CAPTURE_SENT:
		if (r->exact)
			replay_event(r, i, SESSION_TX_DONE, record);
		return 0;
	case CAPTURE_OPEN:
		r->hold[i].held = false;
		if (r->exact)
			replay_event(r, i, SESSION_OPENED, record);
		else
			replay_offer(r, i, SESSION_OPENED);
		return 0;
	case CAPTURE_LOST:
		r->hold[i].held = false;
		replay_event(r, i, SESSION_LOST, record);
		return 0;
	case CAPTURE_TICK:
		replay_event(r, i, SESSION_TICK, record);
		return 0;
	case CAPTURE_KNOWN:
		replay_known(r, i, record);
		return 0;
	case CAPTURE_KEPT:
	case CAPTURE_IN:
	case CAPTURE_TURN:
	case CAPTURE_WORD_COUNT:
		return -EINVAL;
	}
	return -EINVAL;
}

/* Called with each event of the capture; the first pass only looks. */
typedef const char *replay_line_fn(struct replay *r,
				   const struct capture_record *record);

static const char *replay_look(struct replay *r,
			       const struct capture_record *record)
{
	uint32_t i = spine_find(r->spine, record->port);

	if (record->word == CAPTURE_TURN)
		r->exact = true;
	if (record->word == CAPTURE_OPEN && i != UINT32_MAX)
		r->hold[i].opens = true;
	return NULL;
}

static const char *replay_line(struct replay *r,
			       const struct capture_record *record)
{
	int e;

	if (r->exact) {
		r->now = record->time;
	} else {
		if (mono_before(record->time, r->now))
			return "earlier than the line before";
		if (!r->started)
			replay_lead(r, record->time);
		replay_pass(r, record->time);
	}
	e = replay_take(r, record);
	if (!r->exact)
		replay_step(r);
	if (e == 0)
		return NULL;
	return record->word == CAPTURE_IN ? "not an input" :
	       "the configuration has no bus of that name";
}

/* A remark of the header: whose decisions are these? */
static void replay_remark(const struct replay *r, const char *path,
			  const char *line, size_t len)
{
	uint32_t config;

	if (capture_config(line, len, &config) &&
	    config != settings_identity(r->spine->settings))
		fprintf(stderr, "%s: was made with another configuration, "
			"decisions may differ\n", path);
}

/* Every line of the file. 0, or -EINVAL with file and line on stderr. */
static int replay_lines(struct replay *r, FILE *file, const char *path,
			replay_line_fn *take)
{
	struct capture_record record;
	char *line = NULL;
	size_t size = 0;
	unsigned long number = 0;
	const char *why = NULL;
	ssize_t len;

	rewind(file);
	while (!why && (len = getline(&line, &size, file)) >= 0) {
		int e;

		number++;
		/* What follows has been cut off by a crash. */
		if (len == 0 || line[len - 1] != '\n')
			break;
		e = capture_decode(line, (size_t)len - 1, &record, &why);
		if (e == 0)
			why = take(r, &record);
		else if (e > 0 && take == replay_look)
			replay_remark(r, path, line, (size_t)len - 1);
	}
	free(line);
	if (!why)
		return 0;
	fprintf(stderr, "%s:%lu: %s\n", path, number, why);
	return -EINVAL;
}

static void replay_done(struct replay *r)
{
	for (uint32_t i = 0; r->hold && i < r->spine->n_ports; i++)
		free(r->hold[i].state);
	free(r->hold);
	free(r->kept);
	free(r->printed);
	r->spine = spine_free(r->spine);
	free(r->text);
}

static int replay_holds(struct replay *r)
{
	r->hold = calloc((size_t)r->spine->n_ports + 1, sizeof(*r->hold));
	for (uint32_t i = 0; r->hold && i < r->spine->n_ports; i++) {
		r->hold[i].state = malloc(r->spine->port[i].state_size);
		if (!r->hold[i].state)
			return -ENOMEM;
	}
	return r->hold ? 0 : -ENOMEM;
}

static int replay_init(struct replay *r, const struct settings *settings,
		       FILE *out)
{
	size_t ports, decision;

	*r = (struct replay){
		.spine = spine_new(settings),
		.input = { .mode = BMS_MODE_ON },
		.out = out,
	};
	if (!r->spine)
		return -ENOMEM;
	ports = (size_t)r->spine->n_ports + 1;
	decision = json_decision_size(
		bms_reasons_max(r->spine->state.n_batteries));
	r->text_size = decision > JSON_LINE_SIZE ? decision : JSON_LINE_SIZE;
	r->printed = calloc(ports, sizeof(*r->printed));
	r->text = malloc(r->text_size);
	if (r->printed && r->text && replay_holds(r) == 0)
		return 0;
	replay_done(r);
	return -ENOMEM;
}

int replay_run(const char *path, const struct settings *settings, FILE *out)
{
	struct replay r;
	FILE *file = fopen(path, "re");
	int e;

	if (!file) {
		fprintf(stderr, "%s: cannot be read: %s\n", path,
			strerror(errno));
		return EXIT_FAILURE;
	}
	e = replay_init(&r, settings, out);
	if (e == 0) {
		e = replay_lines(&r, file, path, replay_look);
		if (e == 0)
			e = replay_lines(&r, file, path, replay_line);
		replay_done(&r);
	}
	fclose(file);
	if (fflush(out) != 0)
		e = -EIO;
	return e == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
