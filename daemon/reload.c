/* SPDX-License-Identifier: MIT */
/* From settings to what runs, at the start and at SIGHUP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/json.h"
#include "daemon/log.h"

enum { MK3_BAUD = 2400 }; /* mk3.md 1 */

static const char loss_of_bus[] =
	"its batteries count as silent and forbid charge and discharge";
static const char loss_of_inverter[] =
	"the inverter/charger is not commanded, the lines go on deciding";

/* What bmsd_apply() makes, before it takes the place of what was. */
struct made {
	struct spine *spine;
	struct port *port;
	struct view_bus *view_bus;
	struct repeat *silence;
	char (*serial)[BMS_SERIAL_SIZE];
	uint32_t *kept;
	char *text;
	size_t text_size;
};

static void made_free(struct made *m)
{
	m->spine = spine_free(m->spine);
	free(m->port);
	free(m->view_bus);
	free(m->silence);
	free(m->serial);
	free(m->kept);
	free(m->text);
}

static int made_new(struct made *m, const struct settings *settings)
{
	uint32_t n;
	size_t ports;

	*m = (struct made){ .spine = spine_new(settings) };
	if (!m->spine)
		return -ENOMEM;
	n = m->spine->state.n_batteries;
	ports = (size_t)m->spine->n_ports + 1;
	m->text_size = json_decision_size(bms_reasons_max(n));
	m->port = calloc(ports, sizeof(*m->port));
	m->view_bus = calloc(ports, sizeof(*m->view_bus));
	m->silence = calloc((size_t)n + 1, sizeof(*m->silence));
	m->serial = calloc((size_t)n + 1, sizeof(*m->serial));
	m->kept = calloc(ports, sizeof(*m->kept));
	m->text = malloc(m->text_size);
	if (m->port && m->view_bus && m->silence && m->serial && m->kept &&
	    m->text)
		return 0;
	made_free(m);
	return -ENOMEM;
}

static void made_port(struct bmsd *d, struct made *m, uint32_t i,
		      const struct settings *settings)
{
	struct spine_port *port = &m->spine->port[i];
	struct port setup = {
		.loop = d->loop,
		.name = port->name,
		.talk = &port->talk,
		.hooks = &d->hooks,
		.device = settings->inverter.device,
		.baud = MK3_BAUD,
		.loss = loss_of_inverter,
	};

	if (port->proto) {
		setup.device = settings->bus[i].device;
		setup.baud = settings->bus[i].baud;
		setup.loss = loss_of_bus;
		if (setup.baud == 0)
			setup.baud = port->proto->default_baud;
	}
	port_init(&m->port[i], &setup);
}

static void made_view(struct made *m, uint32_t i)
{
	const struct spine_port *port = &m->spine->port[i];

	m->view_bus[i] = (struct view_bus){
		.name = port->name,
		.device = m->port[i].device,
		.protocol = port->proto ? port->proto->name : "mk3",
		.counters = port->talk.ops->counters(port->talk.state),
	};
}

/* Moves what stays from the ports that run now; the others are closed. */
static void made_take(struct bmsd *d, struct made *m, mono_t now)
{
	spine_adopt(m->spine, d->spine, m->kept);
	for (uint32_t i = 0; i < m->spine->n_ports; i++) {
		uint32_t old = m->kept[i];

		if (old != UINT32_MAX)
			port_adopt(&m->port[i], &d->port[old]);
	}
	for (uint32_t i = 0; i < d->spine->n_ports; i++)
		port_close(&d->port[i], now);
	for (uint32_t i = 0; i < m->spine->state.n_batteries; i++)
		memcpy(m->serial[i], m->spine->state.battery[i].serial,
		       BMS_SERIAL_SIZE);
}

void bmsd_forget(struct bmsd *d)
{
	struct made m = {
		.spine = d->spine,
		.port = d->port,
		.view_bus = d->view_bus,
		.silence = d->silence,
		.serial = d->serial,
		.text = d->text,
	};

	made_free(&m);
	free(d->settings);
	d->spine = NULL;
	d->settings = NULL;
}

int bmsd_apply(struct bmsd *d, struct settings *settings, mono_t now)
{
	struct made m;
	int r;

	r = made_new(&m, settings);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < m.spine->n_ports; i++)
		made_port(d, &m, i, settings);
	if (d->spine)
		made_take(d, &m, now);
	for (uint32_t i = 0; i < m.spine->n_ports; i++)
		made_view(&m, i);
	bmsd_forget(d);
	d->settings = settings;
	d->spine = m.spine;
	d->port = m.port;
	d->view_bus = m.view_bus;
	d->silence = m.silence;
	d->serial = m.serial;
	d->text = m.text;
	d->text_size = m.text_size;
	free(m.kept);
	/* Who asks before the next turn is not shown what is freed. */
	bmsd_fill_view(d, now);
	return 0;
}

void bmsd_capture(struct bmsd *d)
{
	const struct settings_capture *c = &d->settings->capture;
	int r;

	d->captured_len = 0;
	if (!*c->file)
		return;
	r = capture_open(&d->capture, c->file, c->max_size_mib,
			 PACKAGE_VERSION, settings_identity(d->settings));
	if (r < 0) {
		d->capture = NULL;
		log_line(LOG_LEVEL_WARNING, "capture",
			 "%s cannot be written: %s, nothing is captured, "
			 "everything else goes on", c->file, strerror(-r));
		return;
	}
	log_line(LOG_LEVEL_NOTICE, "capture", "writing up to %d MiB to %s",
		 (int)c->max_size_mib, c->file);
}

/* Each line of the errors on its own, as the journal wants them. */
static void reload_tell(char *errors)
{
	char *rest = errors, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (*line)
			log_line(LOG_LEVEL_ERROR, "config", "%s", line);
	}
}

static struct settings *reload_read(struct bmsd *d)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	char *errors = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&errors, &size);
	int r = -ENOMEM;

	if (settings && stream)
		r = config_load(d->options.config, settings, stream);
	if (stream)
		fclose(stream);
	if (r < 0 && errors)
		reload_tell(errors);
	free(errors);
	if (r == 0)
		return settings;
	free(settings);
	return NULL;
}

static bool reload_gpio_same(const struct settings_gpio *a,
			     const struct settings_gpio *b)
{
	if (strcmp(a->chip, b->chip) != 0)
		return false;
	for (int i = 0; i < LINE_COUNT; i++) {
		if (strcmp(a->line[i], b->line[i]) != 0)
			return false;
	}
	return true;
}

int bmsd_change(struct bmsd *d, struct settings *settings)
{
	bool gpio_same = reload_gpio_same(&d->settings->gpio,
					  &settings->gpio);
	bool same = settings_identity(d->settings) ==
		    settings_identity(settings);
	mono_t now = clock_mono();
	int r = bmsd_apply(d, settings, now);

	if (r < 0)
		return r;
	if (!gpio_same) {
		lines_close(d);
		d->lines_retry = now;
	}
	if (!same) {
		d->capture = capture_close(d->capture);
		bmsd_capture(d);
	}
	d->due = true;
	return 0;
}

void bmsd_reload(struct bmsd *d)
{
	struct settings *settings;

	d->reload = false;
	d->due = true;
	notify_reloading(&d->notify);
	settings = reload_read(d);
	if (!settings) {
		log_line(LOG_LEVEL_ERROR, "config",
			 "%s has not been taken over, the settings from "
			 "before stay in force", d->options.config);
		return;
	}
	keep_apply_settings(d, settings);
	if (bmsd_change(d, settings) < 0) {
		free(settings);
		log_line(LOG_LEVEL_ERROR, "config",
			 "no memory, the settings from before stay in force");
		return;
	}
	log_line(LOG_LEVEL_NOTICE, "config", "%s taken over",
		 d->options.config);
}
