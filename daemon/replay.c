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
	/* Of a long silence only so much is gone through step by step: by
	 * then every delay has run out. */
	REPLAY_SILENCE_MS = 600000,
};

struct replay {
	struct spine *spine;
	struct spine_input input;
	FILE *out;
	bool exact;         /* the capture has its turns */
	bool started;
	mono_t now;
	uint32_t *printed;  /* per port: reports that are printed */
	bool *opened;       /* per port: has been open */
	bool *sends;        /* per port: the capture tells what was sent */
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
	struct talk *talk = &r->spine->port[i].talk;

	/* A capture that begins in the middle of a conversation. */
	if (!r->opened[i] && type != SESSION_OPENED && type != SESSION_LOST)
		replay_event(r, i, SESSION_OPENED, record);
	r->opened[i] = true;
	talk_event(talk, r->now, type,
		   type == SESSION_RX ? record->bytes : NULL,
		   type == SESSION_RX ? record->len : 0);
	replay_port(r, i);
	/* Nobody recorded when it was sent: at once. */
	for (int k = 0; k < TALK_EVENTS_MAX && !r->exact && !r->sends[i] &&
			talk->tx_len > 0; k++) {
		talk_event(talk, r->now, SESSION_TX_DONE, NULL, 0);
		replay_port(r, i);
	}
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
		spine_step(spine, r->now, &r->input, true);
		replay_tell(r);
	}
	memset(r->printed, 0, spine->n_ports * sizeof(*r->printed));
	/* An exact capture has the tick that follows. */
	if (spine_command(spine) && !r->exact &&
	    spine->port[spine->n_ports - 1].talk.open)
		replay_event(r, spine->n_ports - 1, SESSION_TICK, NULL);
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
			replay_event(r, i, SESSION_TICK, NULL);
	}
	replay_turn(r);
}

/* Lets the time between two recorded instants pass. */
static void replay_pass(struct replay *r, mono_t until)
{
	mono_t end = mono_min(until, mono_add_ms(r->now, REPLAY_SILENCE_MS));
	mono_t next;

	if (!r->started) {
		r->started = true;
		r->now = until;
		replay_turn(r);
		return;
	}
	while (next = replay_next(r), mono_before(next, end)) {
		r->now = next;
		replay_step(r);
	}
	r->now = until;
}

/* A recorded request: the session's own goes out now. */
static void replay_sent(struct replay *r, uint32_t i,
			const struct capture_record *record)
{
	struct talk *talk = &r->spine->port[i].talk;

	if (!r->opened[i])
		replay_event(r, i, SESSION_OPENED, record);
	if (talk->tx_len == 0)
		replay_event(r, i, SESSION_TICK, record);
	if (talk->tx_len > 0)
		replay_event(r, i, SESSION_TX_DONE, record);
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
	if (i == UINT32_MAX)
		return -EINVAL;
	switch (record->word) {
	case CAPTURE_RX:
		replay_event(r, i, SESSION_RX, record);
		return 0;
	case CAPTURE_TX:
		if (!r->exact)
			replay_sent(r, i, record);
		return 0;
	case CAPTURE_SENT:
		if (r->exact)
			replay_event(r, i, SESSION_TX_DONE, record);
		return 0;
	case CAPTURE_OPEN:
		replay_event(r, i, SESSION_OPENED, record);
		return 0;
	case CAPTURE_LOST:
		replay_event(r, i, SESSION_LOST, record);
		return 0;
	case CAPTURE_TICK:
		replay_event(r, i, SESSION_TICK, record);
		return 0;
	case CAPTURE_KNOWN:
		replay_known(r, i, record);
		return 0;
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
	if (record->word == CAPTURE_TX && i != UINT32_MAX)
		r->sends[i] = true;
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
	}
	free(line);
	if (!why)
		return 0;
	fprintf(stderr, "%s:%lu: %s\n", path, number, why);
	return -EINVAL;
}

static void replay_done(struct replay *r)
{
	r->spine = spine_free(r->spine);
	free(r->printed);
	free(r->opened);
	free(r->sends);
	free(r->text);
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
	r->opened = calloc(ports, sizeof(*r->opened));
	r->sends = calloc(ports, sizeof(*r->sends));
	r->text = malloc(r->text_size);
	if (r->printed && r->opened && r->sends && r->text)
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
