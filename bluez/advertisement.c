/* SPDX-License-Identifier: MIT */
/*
 * org.bluez.LEAdvertisement(5): flags and the manufacturer's data fill the 31
 * bytes of the packet, the name goes into the answer to a scan (interop.md
 * 1.2). A change is told by PropertiesChanged, which BlueZ follows.
 */
#include <errno.h>
#include <string.h>

#include "bluez/private.h"
#include "lib/gatt/readout.h"

#define INTERFACE "org.bluez.LEAdvertisement1"
#define LOCAL_NAME "vebus-bms-ng"
#define UNUSED __attribute__((unused))

_Static_assert((int)BLUEZ_ADVERTISE_MAX >= (int)READOUT_SIZE_MAX,
	       "room for a record");

/* Some phones want it oftener than BlueZ does it by itself (1.28 s). */
enum { INTERVAL_MIN_MS = 200, INTERVAL_MAX_MS = 300 };

#define GETTER(name) \
	static int name(sd_bus *bus UNUSED, const char *path UNUSED, \
			const char *interface UNUSED, \
			const char *property UNUSED, \
			sd_bus_message *reply, void *userdata UNUSED, \
			sd_bus_error *error UNUSED)

GETTER(get_type)
{
	return sd_bus_message_append(reply, "s", "peripheral");
}

GETTER(get_name)
{
	return sd_bus_message_append(reply, "s", LOCAL_NAME);
}

GETTER(get_discoverable)
{
	return sd_bus_message_append(reply, "b", 1);
}

GETTER(get_interval_min)
{
	return sd_bus_message_append(reply, "u", INTERVAL_MIN_MS);
}

GETTER(get_interval_max)
{
	return sd_bus_message_append(reply, "u", INTERVAL_MAX_MS);
}

/* "a{qv}" */
static int append_data(const struct bluez *b, sd_bus_message *m)
{
	int r = sd_bus_message_open_container(m, 'a', "{qv}");

	if (r >= 0 && b->advertise_len > 0) {
		r = sd_bus_message_open_container(m, 'e', "qv");
		if (r >= 0)
			r = sd_bus_message_append(m, "q", READOUT_COMPANY);
		if (r >= 0)
			r = sd_bus_message_open_container(m, 'v', "ay");
		if (r >= 0)
			r = sd_bus_message_append_array(m, 'y', b->advertise,
							b->advertise_len);
		if (r >= 0)
			r = sd_bus_message_close_container(m);
		if (r >= 0)
			r = sd_bus_message_close_container(m);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

GETTER(get_data)
{
	return append_data(userdata, reply);
}

/* Without the data there is room for what it is. */
GETTER(get_services)
{
	const struct bluez *b = userdata;

	return b->advertise_len > 0 ?
		sd_bus_message_append(reply, "as", 0) :
		sd_bus_message_append(reply, "as", 1, "180f");
}

static int on_release(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;

	if (!bluez_is_from(b, m, error))
		return -EACCES;
	tasks_lost(b, BLUEZ_TASK_ADVERTISEMENT);
	return sd_bus_reply_method_return(m, NULL);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Type", "s", get_type, 0, 0),
	SD_BUS_PROPERTY("LocalName", "s", get_name, 0, 0),
	SD_BUS_PROPERTY("Discoverable", "b", get_discoverable, 0, 0),
	SD_BUS_PROPERTY("MinInterval", "u", get_interval_min, 0, 0),
	SD_BUS_PROPERTY("MaxInterval", "u", get_interval_max, 0, 0),
	SD_BUS_PROPERTY("ManufacturerData", "a{qv}", get_data, 0, CHANGES),
	SD_BUS_PROPERTY("ServiceUUIDs", "as", get_services, 0, CHANGES),
	SD_BUS_METHOD("Release", "", "", on_release,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

int advertisement_add(struct bluez *b)
{
	return sd_bus_add_object_vtable(b->bus, bluez_slot(b),
					BLUEZ_ADVERTISEMENT, INTERFACE,
					vtable, b);
}

void advertisement_refresh(struct bluez *b)
{
	uint8_t data[BLUEZ_ADVERTISE_MAX];
	size_t len = b->hooks.advertise(b->hooks.data, data);
	bool services = (len == 0) != (b->advertise_len == 0);

	if (len == b->advertise_len && memcmp(data, b->advertise, len) == 0)
		return;
	memcpy(b->advertise, data, len);
	b->advertise_len = len;
	if (!b->task[BLUEZ_TASK_ADVERTISEMENT].is)
		return;
	(void)sd_bus_emit_properties_changed(b->bus, BLUEZ_ADVERTISEMENT,
					     INTERFACE, "ManufacturerData",
					     services ? "ServiceUUIDs" : NULL,
					     NULL);
}
