/* SPDX-License-Identifier: MIT */
/* What survives a restart: the mode, and which battery was where. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/store.h"
#include "lib/base/identities.h"

enum {
	KEEP_DELAY_MS = 10000, /* new serials gather before they are written */
	KEEP_MODE_SIZE = 32,
};

/* Index is enum bms_mode. */
static const char *const mode_names[] = {
	[BMS_MODE_OFF] = "off",
	[BMS_MODE_CHARGER_ONLY] = "charger-only",
	[BMS_MODE_INVERTER_ONLY] = "inverter-only",
	[BMS_MODE_ON] = "on",
};

_Static_assert(ARRAY_SIZE(mode_names) == BMS_MODE_ON + 1, "every mode");

const char *keep_mode_name(enum bms_mode mode)
{
	return mode_names[mode];
}

/* Who holds the lock wrote its process id into it. */
static void lock_tell(int fd, const char *dir)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	log_line(LOG_LEVEL_ERROR, "start",
		 "another instance is running (process %s holds %s/lock), "
		 "this one ends, outputs not touched", *pid ? pid : "unknown",
		 dir);
}

static int lock_take(struct bmsd *d)
{
	char pid[16];
	int fd, len;

	fd = openat(d->state_dir, "lock",
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		fd = openat(d->state_dir, "lock",
			    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno == EWOULDBLOCK ? -EEXIST : -errno;

		if (r == -EEXIST)
			lock_tell(fd, d->options.state_dir);
		close(fd);
		return r;
	}
	len = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	/* Only for people: on a read-only disk it says nobody. */
	if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)len, 0) < len)
		log_line(LOG_LEVEL_WARNING, "state",
			 "cannot write the process id into the lock");
	d->lock = fd;
	return 0;
}

int keep_open(struct bmsd *d)
{
	int r;

	d->lock = -1;
	d->state_dir = store_open(d->options.state_dir);
	if (d->state_dir < 0)
		r = d->state_dir;
	else
		r = lock_take(d);
	if (r == -EEXIST)
		return r;
	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "state",
			 "%s cannot be used: %s, nothing is kept over a "
			 "restart, protection is not touched by that",
			 d->options.state_dir, strerror(-r));
	return 0;
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

static void keep_load_mode(struct bmsd *d)
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
		for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++) {
			if (strcmp(text, mode_names[i]) != 0)
				continue;
			d->input.mode = (enum bms_mode)i;
			return;
		}
		r = -EINVAL;
	}
	/* Somebody may have switched off to work on the system. */
	d->input.mode = BMS_MODE_OFF;
	d->keep_mode = true;
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

void keep_load(struct bmsd *d, mono_t now)
{
	d->input.mode = BMS_MODE_ON;
	if (d->state_dir < 0)
		return;
	keep_load_mode(d);
	keep_load_serials(d, now);
}

void keep_look(struct bmsd *d, mono_t now)
{
	const struct bms_state *state = &d->spine->state;

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
		if (!d->keep_serials)
			d->keep_after = mono_add_ms(now, KEEP_DELAY_MS);
		d->keep_serials = true;
	}
}

static int keep_save_serials(struct bmsd *d)
{
	uint32_t n = d->spine->state.n_batteries;
	size_t size = (size_t)n * IDENTITY_LINE_SIZE + 1;
	char *buf = malloc(size);
	struct text t;
	int r;

	if (!buf)
		return -ENOMEM;
	t = text_in(buf, size);
	for (uint32_t i = 0; i < n; i++) {
		struct identity id = { 0 };
		uint32_t bus;

		if (*d->serial[i] == '\0')
			continue;
		settings_battery(d->settings, i, &bus, &id.address);
		memcpy(id.bus, d->settings->bus[bus].name, sizeof(id.bus));
		memcpy(id.serial, d->serial[i], sizeof(id.serial));
		(void)identities_encode(&t, &id);
	}
	r = store_save(d->state_dir, "batteries", t.buf, t.len);
	free(buf);
	return r;
}

static void keep_told(int r, const char *what)
{
	if (r < 0)
		log_line(LOG_LEVEL_WARNING, "state",
			 "%s cannot be kept: %s, holds until the next start",
			 what, strerror(-r));
}

void keep_save(struct bmsd *d, mono_t now)
{
	const char *mode = keep_mode_name(d->input.mode);

	if (d->keep_mode && d->state_dir >= 0)
		keep_told(store_save(d->state_dir, "mode", mode, strlen(mode)),
			  "the mode");
	d->keep_mode = false;
	if (!d->keep_serials || !mono_reached(now, d->keep_after))
		return;
	d->keep_serials = false;
	if (d->state_dir >= 0)
		keep_told(keep_save_serials(d), "the serial numbers");
}
