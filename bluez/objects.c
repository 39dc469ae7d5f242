/* SPDX-License-Identifier: MIT */
/* What BlueZ has, as it tells of it, and its adapters. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bluez/private.h"
#include "lib/base/maybe.h"

#define BUS_DAEMON "org.freedesktop.DBus"
#define FROM_BLUEZ "type='signal',sender='" BLUEZ_NAME "',"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

/* They come in one message, and all else waits while it is read: so many
 * take 0.03 s on a fast machine. A harbour has some hundred devices. */
enum { OBJECTS_MAX = 2000 };

struct fact_row {
	const char *name;
	char type;
	size_t offset;
};

static const struct fact_row fact_rows[] = {
	{ "Powered", 'b', offsetof(struct bluez_facts, powered) },
	{ "Pairable", 'b', offsetof(struct bluez_facts, pairable) },
	{ "Connected", 'b', offsetof(struct bluez_facts, connected) },
	{ "Paired", 'b', offsetof(struct bluez_facts, paired) },
	{ "Bonded", 'b', offsetof(struct bluez_facts, bonded) },
	{ "Address", 's', offsetof(struct bluez_facts, address) },
	{ "Alias", 's', offsetof(struct bluez_facts, name) },
};

static const struct fact_row *fact_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fact_rows); i++) {
		if (strcmp(fact_rows[i].name, name) == 0)
			return &fact_rows[i];
	}
	return NULL;
}

static int read_fact(sd_bus_message *m, const struct fact_row *row,
		     struct bluez_facts *facts)
{
	const char signature[] = { row->type, '\0' };
	void *to = (char *)facts + row->offset;
	int yes, r;

	if (row->type == 's')
		return sd_bus_message_read(m, "v", signature, to);
	r = sd_bus_message_read(m, "v", signature, &yes);
	if (r >= 0)
		*(maybe_i32 *)to = known_i32(yes);
	return r;
}

int objects_facts(sd_bus_message *m, struct bluez_facts *ret)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		const struct fact_row *row;

		r = sd_bus_message_read(m, "s", &name);
		if (r < 0)
			return r;
		row = fact_row(name);
		r = row ? read_fact(m, row, ret) :
			  sd_bus_message_skip(m, "v");
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(m);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* --- adapters ------------------------------------------------------------- */

/* False for one that will never be used: there may be more of them than
 * places. */
static bool adapter_is_wanted(const struct bluez *b, const char *path)
{
	const char *name = strrchr(path, '/');

	return name && strlen(path) < BLUEZ_PATH_SIZE &&
	       (strcmp(b->wanted, "auto") == 0 ||
		strcmp(b->wanted, name + 1) == 0);
}

static bool adapter_suits(const struct bluez *b, const struct bluez_adapter *a)
{
	return adapter_is_wanted(b, a->path) && a->present && a->advertises &&
	       a->serves;
}

/* Where all places are taken, one that cannot be used makes room. */
static struct bluez_adapter *adapter_at(struct bluez *b, const char *path)
{
	struct bluez_adapter *place = NULL;

	if (!adapter_is_wanted(b, path))
		return NULL;
	for (size_t i = 0; i < BLUEZ_ADAPTERS_MAX; i++) {
		struct bluez_adapter *a = &b->adapter[i];

		if (strcmp(a->path, path) == 0)
			return a;
		if (!a->path[0])
			place = a;
		else if (!place && !adapter_suits(b, a))
			place = a;
	}
	if (place) {
		memset(place, 0, sizeof(*place));
		strcpy(place->path, path);
	}
	return place;
}

/* One that suits is kept, also where a better one comes. */
static void adapter_choose(struct bluez *b)
{
	if (b->chosen && adapter_suits(b, b->chosen))
		return;
	b->chosen = NULL;
	for (size_t i = 0; i < BLUEZ_ADAPTERS_MAX; i++) {
		const struct bluez_adapter *a = &b->adapter[i];

		if (a->path[0] && adapter_suits(b, a) &&
		    (!b->chosen || strcmp(a->path, b->chosen->path) < 0))
			b->chosen = a;
	}
	tasks_forget(b, BLUEZ_TASK_ADVERTISEMENT);
	gatt_forget(b);
}

static void adapter_facts(struct bluez *b, const char *path,
			  const struct bluez_facts *facts)
{
	struct bluez_adapter *a = adapter_at(b, path);

	if (!a)
		return;
	if (!a->present)
		devices_adapter_came(b);
	a->present = true;
	if (facts->address)
		bluez_copy(a->address, sizeof(a->address), facts->address);
	/* It stays registered in BlueZ and is never on the air again: BlueZ
	 * 5.66 says nothing of that. */
	if (a == b->chosen && facts->powered.known && !facts->powered.value)
		tasks_doubt(b, BLUEZ_TASK_ADVERTISEMENT);
	if (facts->powered.known)
		a->powered = facts->powered.value;
	if (facts->pairable.known)
		a->pairable = facts->pairable.value;
}

/* --- what is told --------------------------------------------------------- */

/* "a{sa{sv}}": the interfaces of one object. */
static int read_interfaces(struct bluez *b, sd_bus_message *m,
			   const char *path)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		struct bluez_facts facts = { 0 };
		struct bluez_adapter *a;

		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = objects_facts(m, &facts);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
		if (r < 0)
			return r;
		if (strcmp(name, BLUEZ_DEVICE) == 0) {
			devices_facts(b, path, &facts, false);
		} else if (strcmp(name, BLUEZ_ADAPTER) == 0) {
			adapter_facts(b, path, &facts);
		} else if (strcmp(name, BLUEZ_ADAPTER_ADVERTISES) == 0) {
			a = adapter_at(b, path);
			if (a)
				a->advertises = true;
		} else if (strcmp(name, BLUEZ_ADAPTER_SERVES) == 0) {
			a = adapter_at(b, path);
			if (a)
				a->serves = true;
		}
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

int objects_read(struct bluez *b, sd_bus_message *reply)
{
	const char *path;
	size_t n = 0;
	int r = sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(reply, 'e',
						   "oa{sa{sv}}")) > 0) {
		if (++n > OBJECTS_MAX)
			return -E2BIG;
		r = sd_bus_message_read(reply, "o", &path);
		if (r >= 0)
			r = read_interfaces(b, reply, path);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
		if (r < 0)
			return r;
	}
	adapter_choose(b);
	return r;
}

/* Signals may be sent to us by anybody, and sd-bus, which does not know who
 * has a name, lets them through whatever the match says. */
static bool is_from(sd_bus_message *m, const char *name)
{
	const char *sender = sd_bus_message_get_sender(m);

	return *name && sender && strcmp(sender, name) == 0;
}

static int on_added(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;
	const char *path;

	(void)error;
	if (!is_from(m, b->owner) ||
	    sd_bus_message_read(m, "o", &path) < 0 ||
	    read_interfaces(b, m, path) < 0)
		return 0;
	adapter_choose(b);
	return 0;
}

static void removed(struct bluez *b, const char *path, const char *interface)
{
	if (strcmp(interface, BLUEZ_DEVICE) == 0)
		devices_removed(b, path);
	for (size_t i = 0; i < BLUEZ_ADAPTERS_MAX; i++) {
		struct bluez_adapter *a = &b->adapter[i];

		if (strcmp(a->path, path) != 0)
			continue;
		if (strcmp(interface, BLUEZ_ADAPTER_ADVERTISES) == 0)
			a->advertises = false;
		if (strcmp(interface, BLUEZ_ADAPTER_SERVES) == 0)
			a->serves = false;
		if (strcmp(interface, BLUEZ_ADAPTER) == 0) {
			devices_adapter_removed(b, a);
			memset(a, 0, sizeof(*a));
		}
	}
}

static int on_removed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;
	const char *path, *interface;

	(void)error;
	if (!is_from(m, b->owner) ||
	    sd_bus_message_read(m, "o", &path) < 0 ||
	    sd_bus_message_enter_container(m, 'a', "s") < 0)
		return 0;
	while (sd_bus_message_read(m, "s", &interface) > 0)
		removed(b, path, interface);
	adapter_choose(b);
	return 0;
}

static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;
	const char *path = sd_bus_message_get_path(m);
	struct bluez_facts facts = { 0 };
	const char *interface;

	(void)error;
	if (!is_from(m, b->owner) || !path ||
	    sd_bus_message_read(m, "s", &interface) < 0 ||
	    objects_facts(m, &facts) < 0)
		return 0;
	if (strcmp(interface, BLUEZ_DEVICE) == 0)
		devices_facts(b, path, &facts, true);
	else if (strcmp(interface, BLUEZ_ADAPTER) == 0)
		adapter_facts(b, path, &facts);
	adapter_choose(b);
	return 0;
}

/* --- who BlueZ is --------------------------------------------------------- */

void objects_forget(struct bluez *b)
{
	devices_forget(b);
	memset(b->adapter, 0, sizeof(b->adapter));
	b->chosen = NULL;
	agent_forget(b);
}

static void set_owner(struct bluez *b, const char *owner)
{
	if (strcmp(b->owner, owner) == 0)
		return;
	objects_forget(b);
	tasks_forget(b, BLUEZ_TASK_OBJECTS);
	gatt_forget(b);
	bluez_copy(b->owner, sizeof(b->owner), owner);
}

static int on_owner(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;
	const char *name, *before, *after;

	(void)error;
	if (is_from(m, BUS_DAEMON) &&
	    sd_bus_message_read(m, "sss", &name, &before, &after) >= 0 &&
	    strcmp(name, BLUEZ_NAME) == 0)
		set_owner(b, after);
	return 0;
}

/* That there is none is an error, too. */
static int on_owner_told(sd_bus_message *reply, void *userdata,
			 sd_bus_error *error)
{
	struct bluez *b = userdata;
	const char *owner = "";

	(void)error;
	b->owner_call = sd_bus_slot_unref(b->owner_call);
	if (sd_bus_message_is_method_error(reply, NULL) ||
	    sd_bus_message_read(reply, "s", &owner) < 0)
		owner = "";
	set_owner(b, owner);
	return 1;
}

static int ask_owner(struct bluez *b)
{
	/* GetNameOwner starts nobody, other than a call of org.bluez. */
	return sd_bus_call_method_async(b->bus, &b->owner_call,
					BUS_DAEMON, "/org/freedesktop/DBus",
					BUS_DAEMON, "GetNameOwner",
					on_owner_told, b, "s", BLUEZ_NAME);
}

int objects_watch(struct bluez *b)
{
	static const struct {
		const char *match;
		sd_bus_message_handler_t handler;
	} rows[] = {
		{ "type='signal',sender='" BUS_DAEMON "',"
		  "member='NameOwnerChanged',arg0='" BLUEZ_NAME "'",
		  on_owner },
		{ FROM_BLUEZ "interface='" OBJECT_MANAGER "',"
		  "member='InterfacesAdded'", on_added },
		{ FROM_BLUEZ "interface='" OBJECT_MANAGER "',"
		  "member='InterfacesRemoved'", on_removed },
		{ FROM_BLUEZ "interface='" BLUEZ_PROPERTIES "',"
		  "arg0='" BLUEZ_ADAPTER "'", on_changed },
		{ FROM_BLUEZ "interface='" BLUEZ_PROPERTIES "',"
		  "arg0='" BLUEZ_DEVICE "'", on_changed },
	};

	_Static_assert(ARRAY_SIZE(rows) == ARRAY_SIZE(b->match),
		       "room for every match");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* Without a callback of its own a match that is refused
		 * closes the connection, and the next one is tried. */
		int r = sd_bus_add_match_async(b->bus, &b->match[i],
					       rows[i].match,
					       rows[i].handler, NULL, b);

		if (r < 0)
			return r;
	}
	return ask_owner(b);
}
