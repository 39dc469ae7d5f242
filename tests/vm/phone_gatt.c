/* SPDX-License-Identifier: MIT */
#include "tests/vm/phone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct object *)a)->path,
		      ((const struct object *)b)->path);
}

/* "read,write" */
static int read_flags(sd_bus_message *m, struct object *object)
{
	const char *flag;
	size_t n = 0;
	int r = sd_bus_message_enter_container(m, 'a', "s");

	object->flags[0] = '\0';
	while (r >= 0 && (r = sd_bus_message_read(m, "s", &flag)) > 0) {
		n += (size_t)snprintf(object->flags + n,
				      sizeof(object->flags) - n, "%s%s",
				      n ? "," : "", flag);
		if (n >= sizeof(object->flags))
			return -EMSGSIZE;
		object->is_readable |= strcmp(flag, "read") == 0;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_property(sd_bus_message *m, struct object *object)
{
	const char *name;
	const char *uuid;
	int r = sd_bus_message_read(m, "s", &name);

	if (r < 0)
		return r;
	if (strcmp(name, "UUID") == 0) {
		r = sd_bus_message_read(m, "v", "s", &uuid);
		if (r >= 0)
			snprintf(object->uuid, sizeof(object->uuid), "%s",
				 uuid);
		return r;
	}
	if (strcmp(name, "Flags") != 0)
		return sd_bus_message_skip(m, "v");
	r = sd_bus_message_enter_container(m, 'v', "as");
	if (r >= 0)
		r = read_flags(m, object);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* An interface and its properties: whether it is an attribute's. */
static int read_interface(sd_bus_message *m, struct object *object)
{
	const char *interface;
	bool is_attribute;
	int r = sd_bus_message_read(m, "s", &interface);

	if (r < 0)
		return r;
	object->is_descriptor |= strcmp(interface, DESCRIPTOR) == 0;
	is_attribute = object->is_descriptor ||
		strcmp(interface, CHARACTERISTIC) == 0;
	if (!is_attribute) {
		r = sd_bus_message_skip(m, "a{sv}");
		return r < 0 ? r : 0;
	}
	r = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = read_property(m, object);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r < 0 ? r : 1;
}

/* One object of an a{oa{sa{sv}}}, where it is an attribute of the device:
 * to ask for each of them takes seconds. */
static int add_object(struct phone *phone, sd_bus_message *m)
{
	struct object *object = &phone->objects[phone->n_objects];
	const char *path;
	bool is_ours = false;
	int r = sd_bus_message_read(m, "o", &path);

	if (r < 0 || phone->n_objects == N_ELEMENTS(phone->objects))
		return r < 0 ? r : -E2BIG;
	*object = (struct object){ .is_descriptor = false };
	snprintf(object->path, sizeof(object->path), "%s", path);
	r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		r = read_interface(m, object);
		is_ours |= r > 0;
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (is_ours &&
	    strncmp(object->path, phone->device, strlen(phone->device)) == 0)
		phone->n_objects++;
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_objects(struct phone *phone)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	int r = sd_bus_call_method(phone->bus, BLUEZ, "/",
				   "org.freedesktop.DBus.ObjectManager",
				   "GetManagedObjects", &error, &m, NULL);

	if (r < 0)
		r = phone_refused("GetManagedObjects", &error, r);
	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e',
						"oa{sa{sv}}")) > 0) {
		r = add_object(phone, m);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	qsort(phone->objects, phone->n_objects, sizeof(*phone->objects),
	      compare);
	sd_bus_message_unref(m);
	sd_bus_error_free(&error);
	return r;
}

/* NULL, and a word about it, where there is no such characteristic. */
static struct object *find_object(struct phone *phone, const char *uuid)
{
	if (phone->n_objects == 0 && read_objects(phone) < 0)
		return NULL;
	for (size_t i = 0; i < phone->n_objects; i++)
		if (!phone->objects[i].is_descriptor &&
		    strcmp(phone->objects[i].uuid, uuid) == 0)
			return &phone->objects[i];
	fprintf(stderr, "No characteristic %s\n", uuid);
	return NULL;
}

static int read_value(struct phone *phone, const struct object *object,
		      struct value *ret_value)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	int r = sd_bus_call_method(phone->bus, BLUEZ, object->path,
				   object->is_descriptor ? DESCRIPTOR :
				   CHARACTERISTIC, "ReadValue", &error, &m,
				   "a{sv}", 0);

	r = r < 0 ? phone_refused(object->uuid, &error, r) :
		phone_keep(ret_value, m);
	sd_bus_message_unref(m);
	sd_bus_error_free(&error);
	return r;
}

int phone_read(struct phone *phone, char *words[])
{
	const struct object *object = find_object(phone, words[0]);
	struct value value;
	int r = object ? read_value(phone, object, &value) : -ENOENT;

	if (r < 0)
		return r;
	phone_print(&value);
	printf("\n");
	return 0;
}

static int parse_hex(const char *hex, struct value *ret_value)
{
	ret_value->n = strlen(hex) / 2;
	if (ret_value->n > sizeof(ret_value->bytes))
		return -EMSGSIZE;
	for (size_t i = 0; i < ret_value->n; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &ret_value->bytes[i]) != 1)
			return -EINVAL;
	return 0;
}

int phone_write(struct phone *phone, char *words[])
{
	const struct object *object = find_object(phone, words[0]);
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	struct value value;
	int r = object ? parse_hex(words[1], &value) : -ENOENT;

	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(phone->bus, &m, BLUEZ, object->path,
					   CHARACTERISTIC, "WriteValue");
	if (r >= 0)
		r = sd_bus_message_append_array(m, 'y', value.bytes, value.n);
	if (r >= 0)
		r = sd_bus_message_append(m, "a{sv}", 1, "type", "s",
					  "request");
	if (r >= 0)
		r = sd_bus_call(phone->bus, m, 0, &error, NULL);
	if (r < 0)
		r = phone_refused("WriteValue", &error, r);
	sd_bus_message_unref(m);
	sd_bus_error_free(&error);
	return r;
}

static int print_value(struct phone *phone, const struct object *object)
{
	struct value value;
	int r = read_value(phone, object, &value);

	if (r < 0)
		return r;
	printf(" ");
	phone_print(&value);
	return 0;
}

/* A path ends with the handle of the declaration; the value's is the next
 * (Core 5.4, vol 3, part G, 3.3). */
static unsigned int handle_of(const struct object *object)
{
	const char *end = strrchr(object->path, '/') + 1;

	return (unsigned int)strtoul(end + strlen("char"), NULL, 16) + 1;
}

/* A descriptor's path is below its characteristic's. */
int phone_table(struct phone *phone, char *words[])
{
	int r = read_objects(phone);

	(void)words;
	for (size_t i = 0; r >= 0 && i < phone->n_objects; i++) {
		const struct object *object = &phone->objects[i];

		if (object->is_descriptor)
			printf(" %s", object->uuid);
		else
			printf("%s%s %04x %s", i ? "\n" : "", object->uuid,
			       handle_of(object), object->flags);
		if (object->is_descriptor || object->is_readable)
			r = print_value(phone, object);
	}
	printf("\n");
	return r;
}

static int on_value(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const struct object *object = data;
	const char *name;
	struct value value;
	int r = sd_bus_message_skip(m, "s");

	(void)error;
	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0 && strcmp(name, "Value") == 0) {
			r = sd_bus_message_enter_container(m, 'v', "ay");
			if (r >= 0)
				r = phone_keep(&value, m);
			if (r < 0)
				break;
			printf("%s ", object->uuid);
			phone_print(&value);
			printf("\n");
			return 0;
		}
		if (r >= 0)
			r = sd_bus_message_skip(m, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

static bool never(struct phone *phone)
{
	(void)phone;
	return false;
}

/* A subscription lasts as long as the connection to the bus. */
int phone_subscribe(struct phone *phone, char *words[])
{
	int r = 0;

	for (size_t i = 0; r >= 0 && words[i]; i++) {
		struct object *object = find_object(phone, words[i]);

		if (!object)
			return -ENOENT;
		r = sd_bus_match_signal(phone->bus, NULL, BLUEZ, object->path,
					"org.freedesktop.DBus.Properties",
					"PropertiesChanged", on_value,
					object);
		if (r >= 0)
			r = phone_call(phone, object->path, CHARACTERISTIC,
				 "StartNotify");
	}
	if (r < 0)
		return r;
	printf("subscribed\n");
	return phone_wait(phone, never);
}

