/* SPDX-License-Identifier: MIT */
/* The adapter, the devices, the agents, and main(). */
#include "tests/e2e/fake_bluez.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>

#define ADAPTER "org.bluez.Adapter1"

enum { FLOOD_QUEUE_MAX = 64 };

uint64_t fake_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void fake_drop(struct fake_client *client)
{
	sd_bus_slot_unref(client->match);
	memset(client, 0, sizeof(*client));
}

bool fake_fails(struct fake *f, sd_bus_message *call, const char *method,
		int *ret)
{
	if (strcmp(f->fails, method) != 0)
		return false;
	*ret = 1;
	if (strcmp(f->failure, "mute") != 0)
		*ret = sd_bus_reply_method_errorf(call, f->failure,
						  "as the test wants it");
	return true;
}

static void adapter_changed(struct fake *f, const char *property)
{
	if (f->adapter)
		(void)sd_bus_emit_properties_changed(f->bus, f->adapter_path,
						     ADAPTER, property, NULL);
}

static int is_owner(const struct fake_client *client, sd_bus_message *call,
		    const char *path)
{
	return strcmp(client->owner, sd_bus_message_get_sender(call)) == 0 &&
	       strcmp(client->path, path) == 0;
}

/* --- agents --------------------------------------------------------------- */

static int register_agent(sd_bus_message *call, void *data,
			  sd_bus_error *error)
{
	struct fake *f = data;
	const char *path, *capability;
	int r = sd_bus_message_read(call, "os", &path, &capability);

	if (r < 0 || fake_fails(f, call, "RegisterAgent", &r))
		return r;
	if (strcmp(capability, "DisplayOnly") != 0)
		return sd_bus_error_set(error,
					"org.bluez.Error.InvalidArguments",
					"capability");
	if (f->agent.owner[0])
		return sd_bus_error_set(error, "org.bluez.Error.AlreadyExists",
					"Already Exists");
	snprintf(f->agent.owner, sizeof(f->agent.owner), "%s",
		 sd_bus_message_get_sender(call));
	snprintf(f->agent.path, sizeof(f->agent.path), "%s", path);
	strcpy(f->last_agent, f->agent.owner);
	return sd_bus_reply_method_return(call, NULL);
}

static void set_pairable(struct fake *f, int pairable)
{
	if (f->pairable == pairable)
		return;
	f->pairable = pairable;
	adapter_changed(f, "Pairable");
}

static void drop_agent(struct fake *f)
{
	fake_drop(&f->agent);
	f->agent_default = false;
	set_pairable(f, 0);
}

static int unregister_agent(sd_bus_message *call, void *data,
			    sd_bus_error *error)
{
	struct fake *f = data;
	const char *path;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0 || fake_fails(f, call, "UnregisterAgent", &r))
		return r;
	if (!is_owner(&f->agent, call, path))
		return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist",
					"Does Not Exist");
	drop_agent(f);
	return sd_bus_reply_method_return(call, NULL);
}

/* That it makes all adapters pairable is how bluetoothd does it. */
static int default_agent(sd_bus_message *call, void *data,
			 sd_bus_error *error)
{
	struct fake *f = data;
	const char *path;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0 || fake_fails(f, call, "RequestDefaultAgent", &r))
		return r;
	if (!is_owner(&f->agent, call, path))
		return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist",
					"Does Not Exist");
	f->agent_default = true;
	set_pairable(f, 1);
	return sd_bus_reply_method_return(call, NULL);
}

static const sd_bus_vtable agents_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterAgent", "os", "", register_agent,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("UnregisterAgent", "o", "", unregister_agent,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestDefaultAgent", "o", "", default_agent,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

/* --- the adapter ---------------------------------------------------------- */

static int unregister(struct fake_client *client, sd_bus_message *call,
		      sd_bus_error *error)
{
	const char *path;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0)
		return r;
	if (!is_owner(client, call, path))
		return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist",
					"Does Not Exist");
	fake_drop(client);
	return sd_bus_reply_method_return(call, NULL);
}

static int unregister_advertisement(sd_bus_message *call, void *data,
				    sd_bus_error *error)
{
	struct fake *f = data;
	int r = 0;

	if (fake_fails(f, call, "UnregisterAdvertisement", &r))
		return r;
	return unregister(&f->advertisement, call, error);
}

static int unregister_application(sd_bus_message *call, void *data,
				  sd_bus_error *error)
{
	struct fake *f = data;
	int r = 0;

	if (fake_fails(f, call, "UnregisterApplication", &r))
		return r;
	return unregister(&f->application, call, error);
}

static int get_address(sd_bus *bus, const char *path, const char *interface,
		       const char *property, sd_bus_message *reply,
		       void *data, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)data;
	(void)error;
	return sd_bus_message_append(reply, "s", "00:AA:01:00:00:00");
}

static int set_flag(sd_bus *bus, const char *path, const char *interface,
		    const char *property, sd_bus_message *value, void *data,
		    sd_bus_error *error)
{
	int r = sd_bus_message_read(value, "b", data);

	(void)error;
	return r < 0 ? r : sd_bus_emit_properties_changed(bus, path, interface,
							  property, NULL);
}

static int remove_device(sd_bus_message *call, void *data,
			 sd_bus_error *error)
{
	struct fake *f = data;
	const char *path;
	int r = sd_bus_message_read(call, "o", &path);

	if (r < 0 || fake_fails(f, call, "RemoveDevice", &r))
		return r;
	for (size_t i = 0; i < FAKE_DEVICES_MAX; i++) {
		struct fake_device *d = &f->device[i];

		if (strcmp(d->path, path) != 0)
			continue;
		(void)sd_bus_emit_object_removed(f->bus, d->path);
		sd_bus_slot_unref(d->slot);
		memset(d, 0, sizeof(*d));
		return sd_bus_reply_method_return(call, NULL);
	}
	return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist",
				"Does Not Exist");
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable adapter_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Address", "s", get_address, 0, 0),
	SD_BUS_PROPERTY("Powered", "b", NULL, offsetof(struct fake, powered),
			CHANGES),
	SD_BUS_WRITABLE_PROPERTY("Pairable", "b", NULL, set_flag,
				 offsetof(struct fake, pairable),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RemoveDevice", "o", "", remove_device,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable gatt_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterApplication", "oa{sv}", "",
		      fake_register_application, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("UnregisterApplication", "o", "",
		      unregister_application, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable advertising_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterAdvertisement", "oa{sv}", "",
		      fake_register_advertisement,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("UnregisterAdvertisement", "o", "",
		      unregister_advertisement, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

int fake_adapter_plug(struct fake *f, const char *path)
{
	static const struct {
		const char *interface;
		const sd_bus_vtable *vtable;
	} rows[] = {
		{ ADAPTER, adapter_vtable },
		{ "org.bluez.GattManager1", gatt_vtable },
		{ "org.bluez.LEAdvertisingManager1", advertising_vtable },
	};
	int r = 0;

	if (path != f->adapter_path)
		snprintf(f->adapter_path, sizeof(f->adapter_path), "%s",
			 path);
	for (size_t i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_add_object_vtable(f->bus, &f->slots[i], path,
					     rows[i].interface,
					     rows[i].vtable, f);
	f->adapter = true;
	if (r >= 0)
		r = sd_bus_emit_object_added(f->bus, path);
	fake_devices_come(f);
	return r;
}

int fake_adapter_add(struct fake *f, const char *path)
{
	int r = sd_bus_add_object_vtable(f->bus, NULL, path, ADAPTER,
					 adapter_vtable, f);

	return r < 0 ? r : sd_bus_emit_object_added(f->bus, path);
}

void fake_adapter_unplug(struct fake *f)
{
	fake_drop(&f->advertisement);
	fake_drop(&f->application);
	fake_devices_go(f);
	(void)sd_bus_emit_object_removed(f->bus, f->adapter_path);
	for (size_t i = 0; i < 3; i++)
		f->slots[i] = sd_bus_slot_unref(f->slots[i]);
	f->adapter = false;
}

/* --- main ----------------------------------------------------------------- */

/* Whoever leaves the bus takes with it what it has registered. */
static int on_owner(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct fake *f = data;
	const char *name, *before, *after;

	(void)error;
	if (sd_bus_message_read(m, "sss", &name, &before, &after) < 0 ||
	    *after)
		return 0;
	if (strcmp(f->advertisement.owner, name) == 0)
		fake_drop(&f->advertisement);
	if (strcmp(f->application.owner, name) == 0)
		fake_drop(&f->application);
	if (strcmp(f->agent.owner, name) == 0)
		drop_agent(f);
	return 0;
}

static const sd_bus_vtable fake_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Do", "s", "s", fake_do, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

static int start(struct fake *f, const char *adapter)
{
	int r = sd_bus_open_user(&f->bus);

	if (r >= 0)
		r = sd_bus_add_object_manager(f->bus, NULL, "/");
	if (r >= 0)
		r = sd_bus_add_object_vtable(f->bus, NULL, "/org/bluez",
					     "org.bluez.AgentManager1",
					     agents_vtable, f);
	if (r >= 0)
		r = sd_bus_add_object_vtable(f->bus, NULL, FAKE_PATH,
					     FAKE_INTERFACE, fake_vtable, f);
	if (r >= 0)
		r = sd_bus_match_signal(f->bus, NULL, "org.freedesktop.DBus",
					NULL, "org.freedesktop.DBus",
					"NameOwnerChanged", on_owner, f);
	if (r >= 0 && *adapter)
		r = fake_adapter_plug(f, adapter);
	if (r >= 0)
		r = sd_bus_request_name(f->bus, "org.bluez", 0);
	return r;
}

/* Some of the signals that are to be sent; as much as the bus takes. */
static void flood(struct fake *f)
{
	uint64_t queued = 0;

	while (f->flood > 0 &&
	       sd_bus_get_n_queued_write(f->bus, &queued) >= 0 &&
	       queued < FLOOD_QUEUE_MAX) {
		f->flood--;
		(void)sd_bus_emit_properties_changed(f->bus, f->adapter_path,
						     ADAPTER, "Powered",
						     "Pairable", NULL);
	}
}

/* fake-bluez [ADAPTER-PATH]: until it is ended. */
int main(int argc, char *argv[])
{
	struct fake *f = calloc(1, sizeof(*f));
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!f)
		return EXIT_FAILURE;
	f->powered = 1;
	r = start(f, argc > 1 ? argv[1] : "/org/bluez/hci0");
	while (r >= 0) {
		r = sd_bus_process(f->bus, NULL);
		flood(f);
		if (r == 0)
			r = sd_bus_wait(f->bus, UINT64_MAX);
		if (r == -EINTR)
			r = 0;
	}
	fprintf(stderr, "fake-bluez: %s\n", strerror(-r));
	return EXIT_FAILURE;
}
