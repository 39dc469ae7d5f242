/* SPDX-License-Identifier: MIT */
#include "bluez/bluez.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bluez/private.h"
#include "lib/base/maybe.h"

const char *const bluez_state_names[BLUEZ_STATE_COUNT] = {
	[BLUEZ_OFF] = "off",
	[BLUEZ_NO_SERVICE] = "no-service",
	[BLUEZ_NO_ADAPTER] = "no-adapter",
	[BLUEZ_POWERED_OFF] = "powered-off",
	[BLUEZ_DEGRADED] = "degraded",
	[BLUEZ_ADVERTISING] = "advertising",
	[BLUEZ_CONNECTED] = "connected",
};

_Static_assert(ARRAY_SIZE(bluez_state_names) == BLUEZ_STATE_COUNT,
	       "a name for every state");

/* More unsent messages than that: nothing is told that can wait. */
enum { QUEUE_MAX = 16 };

void bluez_copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

bool bluez_is_from(const struct bluez *b, sd_bus_message *m,
		   sd_bus_error *error)
{
	const char *sender = sd_bus_message_get_sender(m);

	if (b->owner[0] && sender && strcmp(sender, b->owner) == 0)
		return true;
	sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
			 "Only " BLUEZ_NAME " may call this.");
	return false;
}

sd_bus_slot **bluez_slot(struct bluez *b)
{
	return &b->object[b->n_objects++];
}

struct bluez *bluez_new(const struct bluez_hooks *hooks)
{
	struct bluez *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->hooks = *hooks;
	strcpy(b->wanted, "auto");
	tasks_init(b);
	if (gatt_init(b) < 0)
		return bluez_free(b);
	return b;
}

struct bluez *bluez_free(struct bluez *b)
{
	if (!b)
		return NULL;
	bluez_detach(b);
	free(b->characteristic);
	free(b);
	return NULL;
}

void bluez_detach(struct bluez *b)
{
	objects_forget(b);
	tasks_forget(b, BLUEZ_TASK_OBJECTS);
	gatt_forget(b);
	agent_close(b);
	b->owner[0] = '\0';
	b->paired_by_us = false;
	b->owner_call = sd_bus_slot_unref(b->owner_call);
	b->remove_call = sd_bus_slot_unref(b->remove_call);
	for (size_t i = 0; i < ARRAY_SIZE(b->match); i++)
		b->match[i] = sd_bus_slot_unref(b->match[i]);
	for (size_t i = 0; i < ARRAY_SIZE(b->object); i++)
		b->object[i] = sd_bus_slot_unref(b->object[i]);
	b->n_objects = 0;
	b->bus = NULL;
}

int bluez_attach(struct bluez *b, sd_bus *bus)
{
	int r;

	b->bus = bus;
	r = objects_watch(b);
	if (r >= 0)
		r = advertisement_add(b);
	if (r >= 0)
		r = gatt_add(b);
	if (r >= 0)
		r = agent_add(b);
	if (r < 0)
		bluez_detach(b);
	return r;
}

/* Those that have used our services; another's headphones are left alone.
 * Nothing is done where it fails: the services are gone anyway. */
static void disconnect_clients(struct bluez *b)
{
	for (size_t i = 0; b->bus && i < BLUEZ_DEVICES_MAX; i++) {
		const struct bluez_device *d = &b->device[i];

		if (d->path[0] && d->connected && d->used)
			(void)sd_bus_call_method_async(
				b->bus, NULL, b->owner, d->path,
				BLUEZ_DEVICE, "Disconnect", NULL, NULL, "");
	}
}

void bluez_want(struct bluez *b, bool on, const char *adapter)
{
	bluez_copy(b->wanted, sizeof(b->wanted), adapter);
	if (b->on && !on) {
		disconnect_clients(b);
		agent_close(b);
	}
	b->on = on;
}

/* --- what is shown -------------------------------------------------------- */

static void judge(struct bluez *b, enum bluez_state state, const char *text)
{
	b->status.state = state;
	bluez_copy(b->status.text, sizeof(b->status.text), text);
}

static void judge_failed(struct bluez *b, const char *what, const char *error)
{
	b->status.state = BLUEZ_DEGRADED;
	snprintf(b->status.text, sizeof(b->status.text),
		 "BlueZ refuses %s, trying again: %.180s", what, error);
}

static void judge_waiting(struct bluez *b)
{
	judge(b, BLUEZ_DEGRADED, "bluetoothd has not answered yet");
	b->status.waiting = true;
}

static void judge_state(struct bluez *b)
{
	const char *what = NULL;
	const char *error = tasks_error(b, &what);

	b->status.waiting = false;
	if (!b->on)
		judge(b, BLUEZ_OFF, "it is switched off");
	else if (!b->bus)
		judge(b, BLUEZ_NO_SERVICE, "no connection to the bus");
	else if (!b->owner[0])
		judge(b, BLUEZ_NO_SERVICE, "bluetoothd is not running");
	else if (error)
		judge_failed(b, what, error);
	else if (!b->task[BLUEZ_TASK_OBJECTS].is)
		judge_waiting(b);
	else if (!b->chosen)
		judge(b, BLUEZ_NO_ADAPTER, "no adapter that can advertise "
		      "and serve");
	else if (!b->chosen->powered)
		judge(b, BLUEZ_POWERED_OFF, "the adapter is switched off");
	else if (!b->task[BLUEZ_TASK_ADVERTISEMENT].is ||
		 !b->task[BLUEZ_TASK_APPLICATION].is)
		judge_waiting(b);
	else if (b->status.clients > 0)
		judge(b, BLUEZ_CONNECTED, "");
	else
		judge(b, BLUEZ_ADVERTISING, "");
}

static void show_bonds(struct bluez *b)
{
	const struct bonds *bonds = b->hooks.bonds;
	struct bluez_status *s = &b->status;

	s->n_bonds = bonds->n;
	for (uint32_t i = 0; i < bonds->n; i++) {
		const char *address = bonds->bond[i].device;
		const struct bluez_device *d = devices_bonded(b, address);

		strcpy(s->bond[i].address, address);
		strcpy(s->bond[i].name, d ? d->name : "");
	}
}

static void show_devices(struct bluez *b)
{
	struct bluez_status *s = &b->status;

	s->clients = 0;
	s->used = false;
	s->n_others = 0;
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		const struct bluez_device *d = &b->device[i];

		if (!d->path[0] || !devices_is_ours(b, d))
			continue;
		if (d->connected)
			s->clients++;
		if (d->connected && d->used)
			s->used = true;
		if (!d->bonded || devices_may_write(b, d))
			continue;
		strcpy(s->other[s->n_others].address, d->address);
		strcpy(s->other[s->n_others].name, d->name);
		s->n_others++;
	}
}

static void show(struct bluez *b)
{
	show_bonds(b);
	show_devices(b);
	bluez_copy(b->status.address, sizeof(b->status.address),
		   b->chosen ? b->chosen->address : "");
	b->status.pairing = b->window.us > 0;
	judge_state(b);
}

const struct bluez_status *bluez_status(const struct bluez *b)
{
	return &b->status;
}

/* --- turns ---------------------------------------------------------------- */

static bool is_told(const struct bluez *b)
{
	return b->task[BLUEZ_TASK_ADVERTISEMENT].is ||
	       b->task[BLUEZ_TASK_APPLICATION].is;
}

static void turn_refresh(struct bluez *b, mono_t now)
{
	uint64_t queued = 0;

	if (!is_told(b) || !mono_reached(now, b->refresh))
		return;
	b->refresh = mono_add_ms(now, BLUEZ_REFRESH_MS);
	if (sd_bus_get_n_queued_write(b->bus, &queued) < 0 ||
	    queued >= QUEUE_MAX)
		return;
	if (b->task[BLUEZ_TASK_ADVERTISEMENT].is)
		advertisement_refresh(b);
	if (b->task[BLUEZ_TASK_APPLICATION].is)
		gatt_refresh(b);
}

static void turn_window(struct bluez *b, mono_t now)
{
	if (b->window.us == 0)
		return;
	if (b->chosen && b->chosen->powered && !mono_reached(now, b->window))
		return;
	agent_close(b);
	b->hooks.tell(b->hooks.data, BLUEZ_WINDOW_CLOSED, "");
}

void bluez_turn(struct bluez *b, mono_t now)
{
	b->now = now;
	turn_window(b, now);
	if (b->bus) {
		tasks_turn(b);
		turn_refresh(b, now);
		devices_turn(b);
	}
	show(b);
}

mono_t bluez_next(const struct bluez *b)
{
	mono_t next = MONO_NEVER;

	if (b->window.us > 0)
		next = b->window;
	if (b->bus)
		next = mono_min(mono_min(next, tasks_next(b)),
				devices_next(b));
	if (b->bus && is_told(b))
		next = mono_min(next, b->refresh);
	return next;
}

/* --- orders --------------------------------------------------------------- */

int bluez_pair(struct bluez *b, mono_t now)
{
	if (b->status.state != BLUEZ_ADVERTISING &&
	    b->status.state != BLUEZ_CONNECTED)
		return -ENODEV;
	if (b->hooks.bonds->n == BONDS_MAX)
		return -ENOSPC;
	b->window = mono_add_ms(now, BLUEZ_WINDOW_MS);
	return 0;
}

static int on_removed(sd_bus_message *reply, void *userdata,
		      sd_bus_error *error)
{
	struct bluez *b = userdata;

	(void)error;
	b->remove_call = sd_bus_slot_unref(b->remove_call);
	b->hooks.tell(b->hooks.data,
		      sd_bus_message_is_method_error(reply, NULL) ?
		      BLUEZ_BOND_KEPT : BLUEZ_BOND_REMOVED, b->removing);
	return 1;
}

int bluez_remove(struct bluez *b, const char *address)
{
	const struct bluez_device *d;
	int r;

	if (b->remove_call)
		return -EBUSY;
	bluez_copy(b->removing, sizeof(b->removing), address);
	for (char *c = b->removing; *c; c++) {
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 'a' + 'A');
	}
	d = devices_bonded(b, b->removing);
	/* Whatever BlueZ answers. */
	if (bonds_remove(b->hooks.bonds, NULL, b->removing)) {
		b->hooks.keep(b->hooks.data);
		if (!d)
			b->hooks.tell(b->hooks.data, BLUEZ_BOND_REMOVED,
				      b->removing);
	} else if (!d) {
		return -ENOENT;
	}
	if (!d)
		return 0;
	r = sd_bus_call_method_async(b->bus, &b->remove_call, b->owner,
				     b->chosen->path, BLUEZ_ADAPTER,
				     "RemoveDevice", on_removed, b, "o",
				     d->path);
	return r < 0 ? r : 0;
}
