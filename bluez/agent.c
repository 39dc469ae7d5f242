/* SPDX-License-Identifier: MIT */
/*
 * org.bluez.Agent(5) with the capability DisplayOnly: the kernel makes up a
 * passkey, which is shown here and typed in on the phone; so a bond is an
 * authenticated one or none. Whatever else is asked, and all that is asked
 * outside of the window, is refused (G3). That the adapter is not pairable
 * keeps nobody out who asks for no bond.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bluez/private.h"

#define INTERFACE "org.bluez.Agent1"
#define REJECTED "org.bluez.Error.Rejected"

enum { PASSKEY_MAX = 999999 };

/* BlueZ takes no answer to a passkey that it shows, and CancelPairing only
 * for what was begun here: a pairing ends with its connection. */
static void end_pairing(struct bluez *b, const char *path)
{
	(void)sd_bus_call_method_async(b->bus, NULL, b->owner, path,
				       BLUEZ_DEVICE, "Disconnect", NULL, NULL,
				       "");
}

void agent_forget(struct bluez *b)
{
	b->pairing[0] = '\0';
	b->status.passkey[0] = '\0';
}

void agent_close(struct bluez *b)
{
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		struct bluez_device *d = &b->device[i];

		if (!d->path[0] || !d->shown)
			continue;
		d->shown = false;
		if (b->bus && b->owner[0])
			end_pairing(b, d->path);
	}
	agent_forget(b);
	b->window = (mono_t){ 0 };
}

/* Where a new bond takes the place of an old one BlueZ tells nothing, neither
 * that it was made nor by whose passkey. So the old one, which the phone has
 * forgotten, goes first and the connection with it: the next try in the window
 * is like anybody's. */
static int begin_anew(struct bluez *b, const struct bluez_device *d,
		      sd_bus_error *error)
{
	char address[BLUEZ_ADDRESS_SIZE];

	strcpy(address, d->address);
	if (bluez_remove(b, address) < 0)
		end_pairing(b, d->path);
	b->hooks.tell(b->hooks.data, BLUEZ_BOND_RENEWED, address);
	return sd_bus_error_set(error, REJECTED,
				"Its bond of before is removed first.");
}

static int on_passkey(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;
	char text[BLUEZ_PASSKEY_SIZE];
	struct bluez_device *d;
	const char *path;
	uint32_t passkey;
	uint16_t entered;
	int r;

	if (!bluez_is_from(b, m, error))
		return -EACCES;
	r = sd_bus_message_read(m, "ouq", &path, &passkey, &entered);
	if (r < 0)
		return r;
	d = b->window.us > 0 ? devices_at(b, path) : NULL;
	if (!d || passkey > PASSKEY_MAX) {
		end_pairing(b, path);
		return sd_bus_error_set(error, REJECTED,
					"The pairing window is closed.");
	}
	if (d->bonded)
		return begin_anew(b, d, error);
	snprintf(text, sizeof(text), "%06u", (unsigned int)passkey % 1000000);
	d->shown = true;
	/* Told again with every digit that is typed in. */
	if (strcmp(text, b->status.passkey) != 0 ||
	    strcmp(path, b->pairing) != 0) {
		strcpy(b->status.passkey, text);
		strcpy(b->pairing, d->path);
		b->hooks.tell(b->hooks.data, BLUEZ_PASSKEY_SHOWN, d->address);
	}
	return sd_bus_reply_method_return(m, NULL);
}

static int on_refused(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	if (!bluez_is_from(userdata, m, error))
		return -EACCES;
	return sd_bus_error_set(error, REJECTED, "Only a passkey that is "
				"shown here is accepted.");
}

static int on_cancel(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;

	if (!bluez_is_from(b, m, error))
		return -EACCES;
	agent_forget(b);
	return sd_bus_reply_method_return(m, NULL);
}

/* BlueZ has unregistered it. */
static int on_release(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bluez *b = userdata;

	if (!bluez_is_from(b, m, error))
		return -EACCES;
	tasks_forget(b, BLUEZ_TASK_DEFAULT);
	tasks_lost(b, BLUEZ_TASK_AGENT);
	return sd_bus_reply_method_return(m, NULL);
}

#define METHOD(name, in, out, handler) \
	SD_BUS_METHOD(name, in, out, handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Release", "", "", on_release),
	METHOD("Cancel", "", "", on_cancel),
	METHOD("DisplayPasskey", "ouq", "", on_passkey),
	METHOD("RequestPinCode", "o", "s", on_refused),
	METHOD("DisplayPinCode", "os", "", on_refused),
	METHOD("RequestPasskey", "o", "u", on_refused),
	METHOD("RequestConfirmation", "ou", "", on_refused),
	METHOD("RequestAuthorization", "o", "", on_refused),
	METHOD("AuthorizeService", "os", "", on_refused),
	SD_BUS_VTABLE_END
};

int agent_add(struct bluez *b)
{
	return sd_bus_add_object_vtable(b->bus, bluez_slot(b), BLUEZ_AGENT,
					INTERFACE, vtable, b);
}
