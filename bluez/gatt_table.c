/* SPDX-License-Identifier: MIT */
/*
 * The tables of lib/gatt as objects: ".../s0" a service, ".../s0/c7" a
 * characteristic (numbered over all of them), ".../s0/c7/d0" its name for
 * people (0x2901), "d1" its presentation format (0x2904). BlueZ reads them
 * once, when the application is registered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bluez/gatt.h"
#include "lib/base/maybe.h"

#define UNUSED __attribute__((unused))
/* Of a UUID that Bluetooth itself has given. */
#define ASSIGNED "0000%04x-0000-1000-8000-00805f9b34fb"

enum {
	FLAGS_MAX = 4,
	USER_DESCRIPTION = 0x2901,
	PRESENTATION_FORMAT = 0x2904,
};

struct gatt_service {
	uint16_t standard; /* 0: a page of ours */
	enum service_page page;
};

static const struct gatt_service services[] = {
	{ STANDARD_BATTERY, SERVICE_PAGE_COUNT },
	{ STANDARD_DEVICE_INFORMATION, SERVICE_PAGE_COUNT },
	{ 0, SERVICE_STATUS },
	{ 0, SERVICE_BATTERIES },
	{ 0, SERVICE_HISTORY },
	{ 0, SERVICE_SETTINGS },
};

_Static_assert(ARRAY_SIZE(services) == 2 + SERVICE_PAGE_COUNT,
	       "a service for every page");

static void assigned(uint16_t uuid, char ret[SERVICE_UUID_SIZE])
{
	snprintf(ret, SERVICE_UUID_SIZE, ASSIGNED, (unsigned int)uuid);
}

/* --- what there is -------------------------------------------------------- */

static uint8_t service_of(uint16_t standard, enum service_page page)
{
	uint8_t i = 0;

	while (services[i].standard != standard || services[i].page != page)
		i++;
	return i;
}

int gatt_init(struct bluez *b)
{
	size_t n = STANDARD_COUNT + n_service_rows;

	b->characteristic = calloc(n, sizeof(*b->characteristic));
	if (!b->characteristic)
		return -ENOMEM;
	b->n_characteristics = n;
	for (size_t i = 0; i < n; i++) {
		struct gatt_characteristic *c = &b->characteristic[i];

		c->b = b;
		if (i < STANDARD_COUNT) {
			c->standard_id = (enum standard_id)i;
			c->standard = &standard_rows[i];
			c->service = service_of(c->standard->service,
						SERVICE_PAGE_COUNT);
		} else {
			c->row = &service_rows[i - STANDARD_COUNT];
			c->service = service_of(0, c->row->page);
		}
		for (size_t k = 0; k < GATT_DESCRIPTORS; k++)
			c->descriptor[k].of = c;
	}
	return 0;
}

static void service_path(size_t service, char ret[BLUEZ_PATH_SIZE])
{
	snprintf(ret, BLUEZ_PATH_SIZE, BLUEZ_GATT "/s%zu", service);
}

void gatt_path(const struct gatt_characteristic *c, char ret[BLUEZ_PATH_SIZE])
{
	snprintf(ret, BLUEZ_PATH_SIZE, BLUEZ_GATT "/s%u/c%td",
		 (unsigned int)c->service, c - c->b->characteristic);
}

static void descriptor_path(const struct gatt_descriptor *d,
			    char ret[BLUEZ_PATH_SIZE])
{
	size_t len;

	gatt_path(d->of, ret);
	len = strlen(ret);
	snprintf(ret + len, BLUEZ_PATH_SIZE - len, "/d%td",
		 d - d->of->descriptor);
}

/* --- services ------------------------------------------------------------- */

#define GETTER(name) \
	static int name(sd_bus *bus UNUSED, const char *path UNUSED, \
			const char *interface UNUSED, \
			const char *property UNUSED, \
			sd_bus_message *reply, void *userdata, \
			sd_bus_error *error UNUSED)

GETTER(get_service_uuid)
{
	const struct gatt_service *s = userdata;
	char uuid[SERVICE_UUID_SIZE];

	if (s->standard)
		assigned(s->standard, uuid);
	else
		service_uuid(service_pages[s->page].uuid, uuid);
	return sd_bus_message_append(reply, "s", uuid);
}

GETTER(get_primary)
{
	(void)userdata;
	return sd_bus_message_append(reply, "b", 1);
}

static const sd_bus_vtable service_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_service_uuid, 0, 0),
	SD_BUS_PROPERTY("Primary", "b", get_primary, 0, 0),
	SD_BUS_VTABLE_END
};

static int find_service(sd_bus *bus UNUSED, const char *path,
			const char *interface UNUSED, void *userdata UNUSED,
			void **ret_found, sd_bus_error *error UNUSED)
{
	char own[BLUEZ_PATH_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		service_path(i, own);
		if (strcmp(own, path) != 0)
			continue;
		*ret_found = (void *)(uintptr_t)&services[i];
		return 1;
	}
	return 0;
}

/* --- characteristics ------------------------------------------------------ */

GETTER(get_uuid)
{
	const struct gatt_characteristic *c = userdata;
	char uuid[SERVICE_UUID_SIZE];

	if (c->standard)
		assigned(c->standard->uuid, uuid);
	else
		service_uuid(c->row->uuid, uuid);
	return sd_bus_message_append(reply, "s", uuid);
}

GETTER(get_service)
{
	const struct gatt_characteristic *c = userdata;
	char own[BLUEZ_PATH_SIZE];

	service_path(c->service, own);
	return sd_bus_message_append(reply, "o", own);
}

/* What is shown may be read and selected by all; what changes something is
 * for a link whose other end has typed in a passkey (G2). */
static size_t flags_of(const struct gatt_characteristic *c,
		       const char *flags[FLAGS_MAX])
{
	const struct service_row *row = c->row;
	size_t n = 0;

	if (c->standard || row->access & SERVICE_READ)
		flags[n++] = "read";
	if (c->standard ? c->standard->notify : row->access & SERVICE_NOTIFY)
		flags[n++] = "notify";
	if (c->standard && c->standard->indicate)
		flags[n++] = "indicate";
	if (row && row->access & SERVICE_WRITE)
		flags[n++] = row->writes == SERVICE_WRITES_BATTERY ?
			"write" : "encrypt-authenticated-write";
	return n;
}

GETTER(get_flags)
{
	const char *flags[FLAGS_MAX];
	size_t n = flags_of(userdata, flags);
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = sd_bus_message_append(reply, "s", flags[i]);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define METHOD(name, in, out, handler) \
	SD_BUS_METHOD(name, in, out, handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable characteristic_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_uuid, 0, 0),
	SD_BUS_PROPERTY("Service", "o", get_service, 0, 0),
	SD_BUS_PROPERTY("Flags", "as", get_flags, 0, 0),
	METHOD("ReadValue", "a{sv}", "ay", gatt_on_read),
	METHOD("WriteValue", "aya{sv}", "", gatt_on_write),
	METHOD("StartNotify", "", "", gatt_on_notify),
	METHOD("StopNotify", "", "", gatt_on_notify),
	METHOD("Confirm", "", "", gatt_on_confirm),
	SD_BUS_VTABLE_END
};

/* The number behind the last "/c" of the path says which it can be. */
static struct gatt_characteristic *characteristic_at(struct bluez *b,
						     const char *path)
{
	const char *name = strstr(path, "/c");
	unsigned long i;

	if (!name)
		return NULL;
	i = strtoul(name + 2, NULL, 10);
	return i < b->n_characteristics ? &b->characteristic[i] : NULL;
}

static int find_characteristic(sd_bus *bus UNUSED, const char *path,
			       const char *interface UNUSED, void *userdata,
			       void **ret_found, sd_bus_error *error UNUSED)
{
	struct gatt_characteristic *c = characteristic_at(userdata, path);
	char own[BLUEZ_PATH_SIZE];

	if (!c)
		return 0;
	gatt_path(c, own);
	if (strcmp(own, path) != 0)
		return 0;
	*ret_found = c;
	return 1;
}

/* --- descriptors ---------------------------------------------------------- */

static bool is_description(const struct gatt_descriptor *d)
{
	return d == d->of->descriptor;
}

GETTER(get_descriptor_uuid)
{
	char uuid[SERVICE_UUID_SIZE];

	assigned(is_description(userdata) ? USER_DESCRIPTION :
		 PRESENTATION_FORMAT, uuid);
	return sd_bus_message_append(reply, "s", uuid);
}

GETTER(get_characteristic)
{
	const struct gatt_descriptor *d = userdata;
	char own[BLUEZ_PATH_SIZE];

	gatt_path(d->of, own);
	return sd_bus_message_append(reply, "o", own);
}

GETTER(get_descriptor_flags)
{
	(void)userdata;
	return sd_bus_message_append(reply, "as", 1, "read");
}

static int on_read_descriptor(sd_bus_message *m, void *userdata,
			      sd_bus_error *error)
{
	const struct gatt_descriptor *d = userdata;
	const char *name = d->of->row->name;
	uint8_t format[SERVICE_PRESENTATION_SIZE];
	struct gatt_options options = { 0 };
	const void *value = name;
	size_t len = strlen(name);
	int r;

	if (!bluez_is_from(d->of->b, m, error))
		return -EACCES;
	r = gatt_options_read(m, &options);
	if (r < 0)
		return r;
	if (!is_description(d)) {
		service_presentation(d->of->row, format);
		value = format;
		len = sizeof(format);
	}
	if (options.offset > len)
		return sd_bus_error_set(error,
					"org.bluez.Error.InvalidOffset", NULL);
	return gatt_answer(m, (const uint8_t *)value + options.offset,
			   len - options.offset);
}

static const sd_bus_vtable descriptor_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_descriptor_uuid, 0, 0),
	SD_BUS_PROPERTY("Characteristic", "o", get_characteristic, 0, 0),
	SD_BUS_PROPERTY("Flags", "as", get_descriptor_flags, 0, 0),
	METHOD("ReadValue", "a{sv}", "ay", on_read_descriptor),
	SD_BUS_VTABLE_END
};

static int find_descriptor(sd_bus *bus UNUSED, const char *path,
			   const char *interface UNUSED, void *userdata,
			   void **ret_found, sd_bus_error *error UNUSED)
{
	struct gatt_characteristic *c = characteristic_at(userdata, path);
	char own[BLUEZ_PATH_SIZE];

	for (size_t k = 0; c && c->row && k < GATT_DESCRIPTORS; k++) {
		descriptor_path(&c->descriptor[k], own);
		if (strcmp(own, path) != 0)
			continue;
		*ret_found = &c->descriptor[k];
		return 1;
	}
	return 0;
}

/* --- on the bus ----------------------------------------------------------- */

static size_t list_characteristic(struct gatt_characteristic *c,
				  char **paths)
{
	char own[BLUEZ_PATH_SIZE];
	size_t n = 0;

	gatt_path(c, own);
	paths[n++] = strdup(own);
	for (size_t k = 0; c->row && k < GATT_DESCRIPTORS; k++) {
		descriptor_path(&c->descriptor[k], own);
		paths[n++] = strdup(own);
	}
	return n;
}

static void strings_free(char **strings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

/* sd-bus frees the list. */
static int list(sd_bus *bus UNUSED, const char *prefix UNUSED,
		void *userdata, char ***ret_nodes, sd_bus_error *error UNUSED)
{
	struct bluez *b = userdata;
	size_t max = ARRAY_SIZE(services) +
		     b->n_characteristics * (1 + GATT_DESCRIPTORS);
	char **paths = calloc(max + 1, sizeof(*paths));
	size_t n = 0;

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(services); i++) {
		char own[BLUEZ_PATH_SIZE];

		service_path(i, own);
		paths[n++] = strdup(own);
	}
	for (size_t i = 0; i < b->n_characteristics; i++)
		n += list_characteristic(&b->characteristic[i], paths + n);
	for (size_t i = 0; i < n; i++) {
		if (paths[i])
			continue;
		strings_free(paths, n);
		return -ENOMEM;
	}
	*ret_nodes = paths;
	return 0;
}

int gatt_add(struct bluez *b)
{
	static const struct {
		const char *interface;
		const sd_bus_vtable *vtable;
		sd_bus_object_find_t find;
	} rows[] = {
		{ GATT_SERVICE, service_vtable, find_service },
		{ GATT_CHARACTERISTIC, characteristic_vtable,
		  find_characteristic },
		{ GATT_DESCRIPTOR, descriptor_vtable, find_descriptor },
	};
	int r = sd_bus_add_object_manager(b->bus, bluez_slot(b), BLUEZ_GATT);

	if (r >= 0)
		r = sd_bus_add_node_enumerator(b->bus, bluez_slot(b),
					       BLUEZ_GATT, list, b);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(rows); i++)
		r = sd_bus_add_fallback_vtable(b->bus, bluez_slot(b),
					       BLUEZ_GATT, rows[i].interface,
					       rows[i].vtable, rows[i].find,
					       b);
	return r;
}
