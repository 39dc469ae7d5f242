/* SPDX-License-Identifier: MIT */
/* The objects of the devices. */
#include <stdio.h>
#include <string.h>

#include "tests/e2e/fake_bluez.h"

static int disconnect(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct fake_device *d = data;

	(void)error;
	d->connected = 0;
	(void)sd_bus_emit_properties_changed(d->fake->bus, d->path, FAKE_DEVICE,
					     "Connected", NULL);
	return sd_bus_reply_method_return(call, NULL);
}

static int get_text(sd_bus *bus, const char *path, const char *interface,
		    const char *property, sd_bus_message *reply, void *data,
		    sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "s", data);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

#define DEVICE_ROWS \
	SD_BUS_PROPERTY("Address", "s", get_text, \
			offsetof(struct fake_device, address), CHANGES), \
	SD_BUS_PROPERTY("Alias", "s", get_text, \
			offsetof(struct fake_device, alias), CHANGES), \
	SD_BUS_PROPERTY("Connected", "b", NULL, \
			offsetof(struct fake_device, connected), CHANGES), \
	SD_BUS_PROPERTY("Paired", "b", NULL, \
			offsetof(struct fake_device, paired), CHANGES), \
	SD_BUS_METHOD("Disconnect", "", "", disconnect, \
		      SD_BUS_VTABLE_UNPRIVILEGED)

const sd_bus_vtable fake_device_vtable[] = {
	SD_BUS_VTABLE_START(0),
	DEVICE_ROWS,
	SD_BUS_PROPERTY("Bonded", "b", NULL,
			offsetof(struct fake_device, bonded), CHANGES),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable old_vtable[] = {
	SD_BUS_VTABLE_START(0),
	DEVICE_ROWS,
	SD_BUS_VTABLE_END
};

void fake_device_path(struct fake *f, const char *address,
			char path[FAKE_PATH_SIZE])
{
	size_t len;

	snprintf(path, FAKE_PATH_SIZE, "%.60s/dev_%.20s", f->adapter_path,
		 address);
	len = strlen(f->adapter_path);
	for (char *c = path + len; *c; c++) {
		if (*c == ':')
			*c = '_';
	}
}

struct fake_device *fake_device(struct fake *f, const char *address, bool make)
{
	struct fake_device *unused = NULL;

	for (size_t i = 0; i < FAKE_DEVICES_MAX; i++) {
		struct fake_device *d = &f->device[i];

		if (d->path[0] && strcmp(d->address, address) == 0)
			return d;
		if (!d->path[0])
			unused = d;
	}
	if (!make || !unused)
		return NULL;
	unused->fake = f;
	fake_device_path(f, address, unused->path);
	snprintf(unused->address, sizeof(unused->address), "%s", address);
	snprintf(unused->alias, sizeof(unused->alias), "%s", address);
	if (sd_bus_add_object_vtable(f->bus, &unused->slot, unused->path,
				     FAKE_DEVICE, f->old ? old_vtable :
						      fake_device_vtable,
				     unused) < 0)
		return NULL;
	(void)sd_bus_emit_object_added(f->bus, unused->path);
	return unused;
}

void fake_device_show(struct fake *f, struct fake_device *d)
{
	(void)sd_bus_add_object_vtable(f->bus, &d->slot, d->path, FAKE_DEVICE,
				       f->old ? old_vtable :
						fake_device_vtable, d);
	(void)sd_bus_emit_object_added(f->bus, d->path);
}

void fake_device_hide(struct fake *f, struct fake_device *d)
{
	(void)sd_bus_emit_object_removed(f->bus, d->path);
	d->slot = sd_bus_slot_unref(d->slot);
}

void fake_devices_come(struct fake *f)
{
	for (size_t i = 0; i < FAKE_DEVICES_MAX; i++) {
		struct fake_device *d = &f->device[i];

		if (!d->path[0] || d->slot)
			continue;
		fake_device_path(f, d->address, d->path);
		fake_device_show(f, d);
	}
}

void fake_devices_go(struct fake *f)
{
	for (size_t i = 0; i < FAKE_DEVICES_MAX; i++) {
		if (f->device[i].path[0] && f->device[i].slot)
			fake_device_hide(f, &f->device[i]);
	}
}
