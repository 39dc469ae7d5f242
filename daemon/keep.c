/* SPDX-License-Identifier: MIT */
/* What survives a restart: the rows of keep_rows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "daemon/lock.h"
#include "daemon/log.h"
#include "daemon/store.h"
#include "lib/base/identities.h"
#include "lib/core/memory.h"
#include "lib/core/show.h"

enum {
	KEEP_AGAIN_MS = 60000, /* after the disk has not taken it */
	KEEP_END_MS = 2000,    /* at the end a save may take so long */
	KEEP_MODE_SIZE = 32,
	KEEP_SAVED_SIZE = 32,
	KEEP_KEY_SIZE = 64,
	KEEP_MEMORY_MS = 300000, /* F3: every 5 min and at every event */
};

/* Year 2286; more than that is no time. */
#define KEEP_WALL_MAX_MS UINT64_C(9999999999999)

static const char memory_saved[] = "saved ";
static const char memory_key[] = "key ";

/* --- what is kept --------------------------------------------------------- */

static int encode_mode(const struct bmsd *d, struct text *t)
{
	text_str(t, show_mode_name(d->input.mode));
	return 0;
}

static int encode_batteries(const struct bmsd *d, struct text *t)
{
	for (uint32_t i = 0; i < d->spine->state.n_batteries; i++) {
		struct identity id = { 0 };
		uint32_t bus;

		if (*d->serial[i] == '\0')
			continue;
		settings_battery(d->settings, i, &bus, &id.address);
		memcpy(id.bus, d->settings->bus[bus].name, sizeof(id.bus));
		memcpy(id.serial, d->serial[i], sizeof(id.serial));
		(void)identities_encode(t, &id);
	}
	return 0;
}

static int encode_settings(const struct bmsd *d, struct text *t)
{
	overrides_encode(&d->overrides, t);
	return 0;
}

/* When it was, and then what the decision remembers. */
static int encode_memory(const struct bmsd *d, struct text *t)
{
	text_str(t, memory_saved);
	text_uint(t, clock_wall().us / 1000);
	text_char(t, '\n');
	return memory_encode(&d->spine->state, d->settings, t) < 0 ?
		-EFBIG : 0;
}

static int encode_bluetooth(const struct bmsd *d, struct text *t)
{
	char key[BLUETOOTH_KEY_TEXT_SIZE];

	bluetooth_key_text(d, key);
	text_str(t, memory_key);
	text_str(t, key);
	text_char(t, '\n');
	return 0;
}

static int encode_bonds(const struct bmsd *d, struct text *t)
{
	bonds_encode(&d->bluetooth.bonds, t);
	return 0;
}

static size_t size_bonds(const struct bmsd *d)
{
	(void)d;
	return BONDS_TEXT_SIZE;
}

static size_t size_bluetooth(const struct bmsd *d)
{
	(void)d;
	return KEEP_KEY_SIZE;
}

static size_t size_mode(const struct bmsd *d)
{
	(void)d;
	return KEEP_MODE_SIZE;
}

static size_t size_settings(const struct bmsd *d)
{
	(void)d;
	return OVERRIDES_TEXT_SIZE;
}

static size_t size_memory(const struct bmsd *d)
{
	return memory_size_max(d->spine->state.n_batteries) +
	       KEEP_SAVED_SIZE;
}

static size_t size_batteries(const struct bmsd *d)
{
	return (size_t)d->spine->state.n_batteries * IDENTITY_LINE_SIZE + 1;
}

struct keep_row {
	const char *name; /* in the state folder */
	const char *what; /* for people */
	uint32_t delay_ms; /* what comes meanwhile goes with it */
	size_t (*size)(const struct bmsd *d);
	int (*encode)(const struct bmsd *d, struct text *t);
};

static const struct keep_row keep_rows[KEEP_COUNT] = {
	[KEEP_MODE] = { "mode", "the mode", 0, size_mode, encode_mode },
	[KEEP_SETTINGS] = { "settings", "the changed settings", 0,
			    size_settings, encode_settings },
	[KEEP_MEMORY] = { "memory", "state of charge and history", 1000,
			  size_memory, encode_memory },
	[KEEP_BLUETOOTH] = { "bluetooth", "the key for Instant Readout", 0,
			     size_bluetooth, encode_bluetooth },
	[KEEP_BONDS] = { "bonds", "who may change settings over Bluetooth", 0,
			 size_bonds, encode_bonds },
	[KEEP_BATTERIES] = { "batteries", "the serial numbers", 10000,
			     size_batteries, encode_batteries },
};

_Static_assert(ARRAY_SIZE(keep_rows) == KEEP_COUNT, "a row for every item");

void keep_touch(struct bmsd *d, enum keep_item item, mono_t now)
{
	struct kept *kept = &d->kept[item];
	mono_t due = mono_add_ms(now, keep_rows[item].delay_ms);

	kept->due = kept->dirty ? mono_min(kept->due, due) : due;
	kept->dirty = true;
}

/* --- at the start -------------------------------------------------------  */

int keep_open(struct bmsd *d)
{
	int r;

	d->lock = -1;
	d->state_dir = store_open(d->options.state_dir);
	if (d->state_dir < 0)
		r = d->state_dir;
	else
		r = d->lock = lock_take(d->state_dir, d->options.state_dir);
	if (r == -EEXIST)
		return r;
	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "state",
			 "%s cannot be used: %s, nothing is kept over a "
			 "restart, protection is not touched by that",
			 d->options.state_dir, strerror(-r));
	return 0;
}

static void keep_load_mode(struct bmsd *d, mono_t now)
{
	char text[KEEP_MODE_SIZE];
	size_t len;
	int r;

	d->input.mode = BMS_MODE_ON;
	r = store_load(d->state_dir, "mode", text, sizeof(text) - 1, &len);
	if (r == -ENOENT)
		return;
	if (r == 0) {
		text[len] = '\0';
		if (show_mode_find(text, &d->input.mode))
			return;
		r = -EINVAL;
	}
	/* Somebody may have switched off to work on the system. */
	d->input.mode = BMS_MODE_OFF;
	keep_touch(d, KEEP_MODE, now);
	log_line(LOG_LEVEL_ERROR, "state",
		 "the kept mode cannot be read: %s, mode is off; "
		 "vebus-bms-ngctl mode on switches on", strerror(-r));
}

static void keep_known(struct bmsd *d, mono_t now, const struct identity *id)
{
	uint32_t port = spine_find(d->spine, id->bus);
	uint8_t bytes[1 + BMS_SERIAL_SIZE];
	uint32_t battery;
	size_t len = strlen(id->serial);

	if (port == UINT32_MAX || !d->spine->port[port].proto)
		return;
	battery = d->spine->port[port].battery[id->address];
	if (battery == 0)
		return;
	memcpy(d->serial[battery - 1], id->serial, len + 1);
	spine_known(d->spine, port, id->address, id->serial);
	bytes[0] = id->address;
	memcpy(bytes + 1, id->serial, len);
	(void)capture_note(d->capture, now, id->bus, CAPTURE_KNOWN, bytes,
			   len + 1);
}

static void keep_load_serials(struct bmsd *d, mono_t now)
{
	size_t size = (size_t)BMS_BUSES_MAX * BMS_BUS_ADDRESSES_MAX *
		      IDENTITY_LINE_SIZE;
	struct identity id;
	size_t len, offset = 0;
	char *text = malloc(size);
	int r;

	if (!text)
		return;
	r = store_load(d->state_dir, "batteries", text, size, &len);
	if (r == 0) {
		while ((r = identities_decode(text, len, &offset, &id)) != 0) {
			if (r > 0)
				keep_known(d, now, &id);
		}
	} else if (r != -ENOENT) {
		log_line(LOG_LEVEL_WARNING, "state",
			 "the kept serial numbers cannot be read: %s, a "
			 "battery swapped since is not noticed",
			 strerror(-r));
	}
	free(text);
}

/* Milliseconds since it was saved; 0 where the clocks cannot say. It only
 * labels: how long ago the last full charge was. */
static uint64_t saved_ago_ms(const char *text, size_t *ret_len)
{
	uint64_t saved_ms = 0, now_ms = clock_wall().us / 1000;
	size_t at = sizeof(memory_saved) - 1;

	*ret_len = 0;
	if (strncmp(text, memory_saved, at) != 0)
		return 0;
	for (; text[at] >= '0' && text[at] <= '9' &&
	       saved_ms < KEEP_WALL_MAX_MS; at++)
		saved_ms = saved_ms * 10 + (uint64_t)(text[at] - '0');
	if (text[at] != '\n')
		return 0;
	*ret_len = at + 1;
	return now_ms > saved_ms && saved_ms > 0 ? now_ms - saved_ms : 0;
}

static void keep_load_memory(struct bmsd *d, mono_t now)
{
	/* More batteries may have been configured when it was kept. */
	const size_t size = STORE_CONTENT_MAX;
	char *text = calloc(1, size + 1);
	uint64_t away_ms;
	size_t len, used = 0;
	int r;

	if (!text)
		return;
	r = store_load(d->state_dir, "memory", text, size, &len);
	if (r == 0) {
		const uint8_t *bytes = (const uint8_t *)text;

		away_ms = saved_ago_ms(text, &used);
		r = spine_remember(d->spine, bytes + used, len - used,
				   away_ms);
		if (r == 0)
			(void)capture_note_kept(d->capture, now, bytes + used,
						len - used);
	}
	if (r < 0 && r != -ENOENT)
		log_line(LOG_LEVEL_WARNING, "state",
			 "the kept state of charge and history cannot be "
			 "read: %s, both begin anew", strerror(-r));
	free(text);
}

/* Whoever reads the advertisement knows the key, so a new one is made only
 * where there is none. */
static void keep_load_bluetooth(struct bmsd *d, mono_t now)
{
	char text[KEEP_KEY_SIZE];
	size_t at = sizeof(memory_key) - 1, len;
	int r = -ENOENT;

	if (d->state_dir >= 0)
		r = store_load(d->state_dir, "bluetooth", text,
			       sizeof(text) - 1, &len);
	if (r == 0) {
		text[len] = '\0';
		text[strcspn(text, "\n")] = '\0';
		r = strncmp(text, memory_key, at) == 0 ?
			bluetooth_key_set(d, text + at) : -EINVAL;
	}
	if (r == 0)
		return;
	if (r != -ENOENT)
		log_line(LOG_LEVEL_WARNING, "state",
			 "the kept key for Instant Readout cannot be read: "
			 "%s, a new one is made: vebus-bms-ngctl bluetooth "
			 "shows it", strerror(-r));
	r = bluetooth_key_make(d);
	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "bluetooth",
			 "no random bytes for a key: %s, no Instant Readout "
			 "until there are, trying again every second",
			 strerror(-r));
	else
		keep_touch(d, KEEP_BLUETOOTH, now);
}

/* Who cannot be read may not write: that is what is kept from then on. */
static void keep_load_bonds(struct bmsd *d, mono_t now)
{
	char text[BONDS_TEXT_SIZE];
	size_t len;
	int r = store_load(d->state_dir, "bonds", text, sizeof(text), &len);

	if (r == -ENOENT ||
	    (r == 0 && bonds_decode(text, len, &d->bluetooth.bonds) == 0))
		return;
	keep_touch(d, KEEP_BONDS, now);
	log_line(LOG_LEVEL_WARNING, "state",
		 "it cannot be read who may change settings over Bluetooth: "
		 "%s, nobody may; remove the bonds that vebus-bms-ngctl "
		 "bluetooth lists, and pair anew",
		 strerror(r < 0 ? -r : EBADMSG));
}

void keep_apply_settings(struct bmsd *d, struct settings *settings)
{
	size_t forgotten = overrides_apply(&d->overrides, settings);

	if (forgotten == 0)
		return;
	keep_touch(d, KEEP_SETTINGS, clock_mono());
	log_line(LOG_LEVEL_NOTICE, "settings",
		 "%s has been edited: %zu settings that were changed while "
		 "running are as the file says now", d->options.config,
		 forgotten);
}

void keep_load_settings(struct bmsd *d, struct settings *settings)
{
	char text[OVERRIDES_TEXT_SIZE];
	size_t len;
	int r = -ENOENT;

	if (d->state_dir >= 0)
		r = store_load(d->state_dir, "settings", text, sizeof(text),
			       &len);
	if (r == 0)
		overrides_decode(&d->overrides, text, len);
	else if (r != -ENOENT)
		log_line(LOG_LEVEL_WARNING, "state",
			 "the settings that were changed while running "
			 "cannot be read: %s, the file's hold",
			 strerror(-r));
	keep_apply_settings(d, settings);
}

void keep_load(struct bmsd *d, mono_t now)
{
	d->memory_touched = now;
	d->input.mode = BMS_MODE_ON;
	keep_load_bluetooth(d, now);
	if (d->state_dir < 0)
		return;
	keep_load_mode(d, now);
	keep_load_serials(d, now);
	keep_load_memory(d, now);
	keep_load_bonds(d, now);
}

static void keep_look_memory(struct bmsd *d, mono_t now)
{
	uint32_t events = d->spine->output.events;

	if (events == d->events &&
	    mono_elapsed_ms(d->memory_touched, now) < KEEP_MEMORY_MS)
		return;
	d->events = events;
	d->memory_touched = now;
	keep_touch(d, KEEP_MEMORY, now);
}

void keep_look(struct bmsd *d, mono_t now)
{
	const struct bms_state *state = &d->spine->state;

	keep_look_memory(d, now);
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		const char *serial = state->battery[i].sample.serial;

		if (!state->battery[i].used || *serial == '\0' ||
		    strcmp(serial, d->serial[i]) == 0)
			continue;
		if (*d->serial[i])
			log_line(LOG_LEVEL_WARNING, "battery",
				 "battery %u is another one: %s was there, "
				 "%s is there now", (unsigned int)i + 1,
				 d->serial[i], serial);
		memcpy(d->serial[i], serial, BMS_SERIAL_SIZE);
		keep_touch(d, KEEP_BATTERIES, now);
	}
}

/* --- saving --------------------------------------------------------------- */

/* How a save went. What the disk did not take is tried again. */
static void keep_told(struct bmsd *d, mono_t now, enum keep_item item, int r)
{
	struct kept *kept = &d->kept[item];
	uint64_t failures;

	if (r == 0) {
		failures = repeat_recovered(&kept->failures);
		if (failures > 0)
			log_line(LOG_LEVEL_NOTICE, "state",
				 "%s is kept again after %llu failures",
				 keep_rows[item].what,
				 (unsigned long long)failures);
		return;
	}
	if (!kept->dirty)
		kept->due = mono_add_ms(now, KEEP_AGAIN_MS);
	kept->dirty = true;
	if (repeat_failed(&kept->failures))
		log_line(LOG_LEVEL_WARNING, "state",
			 "%s cannot be kept: %s, holds until the next start, "
			 "trying again in a minute", keep_rows[item].what,
			 strerror(-r));
}

/* Begins to save the item as it is now. 0 or -errno. */
static int keep_encoded(struct bmsd *d, mono_t now, enum keep_item item)
{
	const struct keep_row *row = &keep_rows[item];
	size_t size = row->size(d);
	char *buf = malloc(size);
	struct text t;
	int r;

	if (!buf)
		return -ENOMEM;
	t = text_in(buf, size);
	r = row->encode(d, &t);
	if (r == 0 && t.cut)
		r = -EFBIG;
	if (r == 0)
		r = saver_start(&d->saver, now, d->state_dir, row->name,
				row->what, t.buf, t.len);
	free(buf);
	return r;
}

void keep_save(struct bmsd *d, mono_t now)
{
	int r;

	if (d->state_dir < 0)
		return;
	if (saver_poll(&d->saver, now, &r))
		keep_told(d, now, d->saving, r);
	for (enum keep_item item = 0; item < KEEP_COUNT; item++) {
		struct kept *kept = &d->kept[item];

		if (d->saver.pid != 0)
			return;
		if (!kept->dirty || !mono_reached(now, kept->due))
			continue;
		kept->dirty = false;
		d->saving = item;
		r = keep_encoded(d, now, item);
		if (r < 0)
			keep_told(d, now, item, r);
	}
}

/* Waits for the save that is under way; two at once would write the same
 * slot. False where the disk does not finish: it is not waited for twice. */
static bool keep_wait(struct bmsd *d, mono_t now)
{
	pid_t pid = d->saver.pid;
	int r;

	if (!saver_wait(&d->saver, KEEP_END_MS, &r)) {
		log_line(LOG_LEVEL_WARNING, "state",
			 "the disk does not finish, what is newer is not "
			 "kept");
		return false;
	}
	if (pid != 0)
		keep_told(d, now, d->saving, r);
	return true;
}

void keep_flush(struct bmsd *d, mono_t now)
{
	if (d->state_dir < 0 || !keep_wait(d, now))
		return;
	/* What has been counted since it was saved last. */
	if (d->spine->state.started)
		keep_touch(d, KEEP_MEMORY, now);
	for (enum keep_item item = 0; item < KEEP_COUNT; item++) {
		int r;

		if (!d->kept[item].dirty)
			continue;
		d->kept[item].dirty = false;
		d->saving = item;
		r = keep_encoded(d, now, item);
		if (r < 0)
			keep_told(d, now, item, r);
		if (!keep_wait(d, now))
			return;
	}
}

void keep_close(struct bmsd *d)
{
	if (d->lock >= 0)
		close(d->lock);
	if (d->state_dir >= 0)
		close(d->state_dir);
	d->lock = -1;
	d->state_dir = -1;
}
