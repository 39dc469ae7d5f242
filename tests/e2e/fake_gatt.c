/* SPDX-License-Identifier: MIT */
/* What bluetoothd makes of an application and an advertisement. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/fake_bluez.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define MANAGER "org.freedesktop.DBus.ObjectManager"

/* doc/org.bluez.GattCharacteristic.rst and GattDescriptor.rst, "Flags". */
static const char *const known_flags[] = {
	"broadcast", "read", "write-without-response", "write", "notify",
	"indicate", "authenticated-signed-writes", "extended-properties",
	"reliable-write", "writable-auxiliaries", "encrypt-read",
	"encrypt-write", "encrypt-notify", "encrypt-indicate",
	"encrypt-authenticated-read", "encrypt-authenticated-write",
	"encrypt-authenticated-notify", "encrypt-authenticated-indicate",
	"secure-read", "secure-write", "secure-notify", "secure-indicate",
	"authorize",
};

static bool is_flag(const char *flag)
{
	for (size_t i = 0; i < sizeof(known_flags) / sizeof(*known_flags);
	     i++) {
		if (strcmp(known_flags[i], flag) == 0)
			return true;
	}
	return false;
}

static bool is_uuid(const char *uuid)
{
	size_t len = strlen(uuid);

	if (len != 4 && len != 36)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? uuid[i] != '-' : !isxdigit((unsigned char)uuid[i]))
			return false;
	}
	return true;
}

/* --- the application ------------------------------------------------------ */

static int read_flags(sd_bus_message *m, struct fake_attribute *a)
{
	const char *flag;
	int r = sd_bus_message_enter_container(m, 'v', "as");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "s");
	strcpy(a->flags, " ");
	while (r >= 0 && (r = sd_bus_message_read(m, "s", &flag)) > 0) {
		if (!is_flag(flag))
			return -1;
		strncat(a->flags, flag, sizeof(a->flags) - 40);
		strcat(a->flags, " ");
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_attribute(sd_bus_message *m, struct fake_attribute *a)
{
	const char *name, *text;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r < 0)
			return r;
		if (strcmp(name, "UUID") == 0) {
			r = sd_bus_message_read(m, "v", "s", &text);
			if (r >= 0 && !is_uuid(text))
				return -1;
			if (r >= 0)
				snprintf(a->uuid, sizeof(a->uuid), "%s",
					 text);
		} else if (strcmp(name, "Service") == 0 ||
			   strcmp(name, "Characteristic") == 0) {
			r = sd_bus_message_read(m, "v", "o", &text);
			if (r >= 0)
				snprintf(a->parent, sizeof(a->parent), "%s",
					 text);
		} else if (strcmp(name, "Flags") == 0) {
			r = read_flags(m, a);
		} else {
			r = sd_bus_message_skip(m, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_object(struct fake *f, sd_bus_message *m, const char *path)
{
	const char *interface;
	int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");

	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		struct fake_attribute *a = &f->attribute[f->n_attributes];

		r = sd_bus_message_read(m, "s", &interface);
		if (r < 0)
			return r;
		if (strncmp(interface, "org.bluez.Gatt", 14) == 0 &&
		    f->n_attributes < FAKE_ATTRIBUTES_MAX) {
			memset(a, 0, sizeof(*a));
			snprintf(a->path, sizeof(a->path), "%s", path);
			snprintf(a->interface, sizeof(a->interface), "%s",
				 interface);
			r = read_attribute(m, a);
			f->n_attributes++;
		} else {
			r = sd_bus_message_skip(m, "a{sv}");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_objects(struct fake *f, sd_bus_message *m)
{
	const char *path;
	int r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

	f->n_attributes = 0;
	while (r >= 0 && (r = sd_bus_message_enter_container(
				  m, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_read(m, "o", &path);
		if (r >= 0)
			r = read_object(f, m, path);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r;
}

static struct fake_attribute *attribute_at(struct fake *f, const char *path)
{
	for (size_t i = 0; i < f->n_attributes; i++) {
		if (strcmp(f->attribute[i].path, path) == 0)
			return &f->attribute[i];
	}
	return NULL;
}

/* Whatever has a parent has one that is there. */
static bool is_complete(struct fake *f)
{
	for (size_t i = 0; i < f->n_attributes; i++) {
		const struct fake_attribute *a = &f->attribute[i];

		if (!a->uuid[0] || (a->parent[0] &&
				    !attribute_at(f, a->parent)))
			return false;
	}
	return f->n_attributes > 0;
}

/* "sa{sv}as" with Value ay. */
static int on_value(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct fake *f = data;
	struct fake_attribute *a =
		attribute_at(f, sd_bus_message_get_path(m));
	uint64_t now_us = fake_now_us();
	const char *interface, *name;
	const void *value;
	size_t len;

	(void)error;
	if (!a || sd_bus_message_read(m, "s", &interface) < 0 ||
	    sd_bus_message_enter_container(m, 'a', "{sv}") < 0 ||
	    sd_bus_message_enter_container(m, 'e', "sv") < 0 ||
	    sd_bus_message_read(m, "s", &name) < 0 ||
	    strcmp(name, "Value") != 0 ||
	    sd_bus_message_enter_container(m, 'v', "ay") < 0 ||
	    sd_bus_message_read_array(m, 'y', &value, &len) < 0 ||
	    len > sizeof(a->value))
		return 0;
	if (a->told > 0 && (a->gap_us == 0 ||
			    now_us - a->told_us < a->gap_us))
		a->gap_us = now_us - a->told_us;
	a->told_us = now_us;
	a->told++;
	a->len = len;
	memcpy(a->value, value, len);
	return 0;
}

static int take(struct fake_client *client, sd_bus_message *call,
		const char *path, const char *more,
		sd_bus_message_handler_t handler, struct fake *f)
{
	char match[512];

	snprintf(client->owner, sizeof(client->owner), "%s",
		 sd_bus_message_get_sender(call));
	snprintf(client->path, sizeof(client->path), "%s", path);
	snprintf(match, sizeof(match), "type='signal',sender='%s',"
		 "member='PropertiesChanged',path%s='%s'", client->owner,
		 more, path);
	return sd_bus_add_match_async(f->bus, &client->match, match, handler,
				      NULL, f);
}

/* As bluetoothd does it: everything is read while the caller waits. */
int fake_register_application(sd_bus_message *call, void *data,
			      sd_bus_error *error)
{
	struct fake *f = data;
	sd_bus_message *reply = NULL;
	const char *path;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0 || fake_fails(f, call, "RegisterApplication", &r))
		return r;
	if (f->application.owner[0])
		return sd_bus_error_set(error, "org.bluez.Error.AlreadyExists",
					"Already Exists");
	r = sd_bus_call_method(f->bus, sd_bus_message_get_sender(call), path,
			       MANAGER, "GetManagedObjects", error, &reply,
			       "");
	if (r >= 0)
		r = read_objects(f, reply);
	sd_bus_message_unref(reply);
	if (r < 0 || !is_complete(f))
		return sd_bus_error_set(error,
					"org.bluez.Error.InvalidArguments",
					"an object is not as it must be");
	r = take(&f->application, call, path, "_namespace", on_value, f);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

/* --- the advertisement ---------------------------------------------------- */

/* "a{qv}" in a variant */
static int read_data(struct fake *f, sd_bus_message *m)
{
	const void *bytes;
	size_t len;
	int r = sd_bus_message_enter_container(m, 'v', "a{qv}");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "{qv}");
	f->data_len = 0;
	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "qv")) > 0) {
		r = sd_bus_message_read(m, "q", &f->company);
		if (r >= 0)
			r = sd_bus_message_enter_container(m, 'v', "ay");
		if (r >= 0)
			r = sd_bus_message_read_array(m, 'y', &bytes, &len);
		/* 31 bytes hold flags (3), a header (2), the company (2). */
		if (r >= 0 && len > 24)
			return -1;
		if (r >= 0) {
			memcpy(f->data, bytes, len);
			f->data_len = len;
			r = sd_bus_message_exit_container(m);
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_advertisement(struct fake *f, sd_bus_message *m)
{
	const char *name, *text;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r < 0)
			return r;
		if (strcmp(name, "ManufacturerData") == 0) {
			r = read_data(f, m);
		} else if (strcmp(name, "LocalName") == 0) {
			r = sd_bus_message_read(m, "v", "s", &text);
			if (r >= 0)
				snprintf(f->name, sizeof(f->name), "%s",
					 text);
		} else if (strcmp(name, "Type") == 0) {
			r = sd_bus_message_read(m, "v", "s", &text);
			if (r >= 0 && strcmp(text, "peripheral") != 0)
				return -1;
		} else {
			r = sd_bus_message_skip(m, "v");
		}
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int on_refresh(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct fake *f = data;
	uint64_t now_us = fake_now_us();
	const char *interface;

	(void)error;
	if (sd_bus_message_read(m, "s", &interface) < 0 ||
	    read_advertisement(f, m) < 0)
		return 0;
	if (f->refreshes > 0 && (f->refresh_gap_us == 0 ||
				 now_us - f->refreshed_us < f->refresh_gap_us))
		f->refresh_gap_us = now_us - f->refreshed_us;
	f->refreshed_us = now_us;
	f->refreshes++;
	return 0;
}

int fake_register_advertisement(sd_bus_message *call, void *data,
				sd_bus_error *error)
{
	struct fake *f = data;
	sd_bus_message *reply = NULL;
	const char *path;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0 || fake_fails(f, call, "RegisterAdvertisement", &r))
		return r;
	if (f->advertisement.owner[0])
		return sd_bus_error_set(error, "org.bluez.Error.AlreadyExists",
					"Already Exists");
	r = sd_bus_call_method(f->bus, sd_bus_message_get_sender(call), path,
			       PROPERTIES, "GetAll", error, &reply, "s",
			       "org.bluez.LEAdvertisement1");
	if (r >= 0)
		r = read_advertisement(f, reply);
	sd_bus_message_unref(reply);
	if (r < 0)
		return sd_bus_error_set(error, "org.bluez.Error.InvalidLength",
					"the advertisement is not as it "
					"must be");
	f->stale = false;
	f->refreshes = 0;
	f->refresh_gap_us = 0;
	r = take(&f->advertisement, call, path, "", on_refresh, f);
	return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}
