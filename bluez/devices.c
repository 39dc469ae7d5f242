/* SPDX-License-Identifier: MIT */
/*
 * Which devices there are, which of them are bonded, and which of those may
 * write: only who was shown a passkey by our agent and bonded within the
 * window. bluetoothd lets other local users pair as well, with agents of
 * their own (on Debian all of them), so that a link is authenticated says
 * nothing of who let the device in.
 *
 * A bond is known by its adapter's address and the device's. Of a bond that
 * was taken away and made anew elsewhere BlueZ tells both, while the daemon
 * listens; what it did not hear it cannot tell apart.
 */
#include <stdio.h>
#include <string.h>

#include "bluez/private.h"
#include "lib/base/maybe.h"

/* Devices go before their adapter does, and come behind it, all at once. */
enum { SETTLE_MS = 3000 };

static bool is_on(const struct bluez_adapter *a, const struct bluez_device *d)
{
	size_t n = strlen(a->path);

	return n > 0 && strncmp(d->path, a->path, n) == 0 &&
	       d->path[n] == '/';
}

bool devices_is_ours(const struct bluez *b, const struct bluez_device *d)
{
	return b->chosen && is_on(b->chosen, d);
}

/* NULL where BlueZ has not told of it. */
static const char *adapter_address(const struct bluez *b,
				   const struct bluez_device *d)
{
	for (size_t i = 0; i < BLUEZ_ADAPTERS_MAX; i++) {
		const struct bluez_adapter *a = &b->adapter[i];

		if (is_on(a, d) && a->address[0])
			return a->address;
	}
	return NULL;
}

bool devices_may_write(const struct bluez *b, const struct bluez_device *d)
{
	return devices_is_ours(b, d) && d->bonded &&
	       bonds_has(b->hooks.bonds, b->chosen->address, d->address);
}

static void tell(struct bluez *b, enum bluez_event event,
		 const struct bluez_device *d)
{
	if (devices_is_ours(b, d))
		b->hooks.tell(b->hooks.data, event, d->address);
}

/* --- places --------------------------------------------------------------- */

/* "00:11:22:33:44:55" of ".../dev_00_11_22_33_44_55"; "" of another. */
static void address_of(const char *path, char ret[BLUEZ_ADDRESS_SIZE])
{
	const char *name = strrchr(path, '/');

	ret[0] = '\0';
	if (!name || strncmp(name, "/dev_", 5) != 0 ||
	    strlen(name + 5) != BLUEZ_ADDRESS_SIZE - 1)
		return;
	strcpy(ret, name + 5);
	for (char *c = ret; *c; c++) {
		if (*c == '_')
			*c = ':';
	}
}

static struct bluez_device *find(struct bluez *b, const char *path)
{
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		if (b->device[i].path[0] &&
		    strcmp(b->device[i].path, path) == 0)
			return &b->device[i];
	}
	return NULL;
}

static bool is_kept(const struct bluez_device *d)
{
	return d->connected || d->bonded || d->shown || d->gone;
}

static struct bluez_device *make(struct bluez *b, const char *path)
{
	struct bluez_device *d = find(b, path);
	char address[BLUEZ_ADDRESS_SIZE];

	address_of(path, address);
	if (d || !address[0] || strlen(path) >= BLUEZ_PATH_SIZE)
		return d;
	/* One that is gone and was asked for late may be given up. */
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		struct bluez_device *at = &b->device[i];

		if (!at->path[0] || (!d && !is_kept(at)))
			d = at;
		if (!at->path[0])
			break;
	}
	if (d) {
		memset(d, 0, sizeof(*d));
		strcpy(d->path, path);
		strcpy(d->address, address);
	}
	return d;
}

struct bluez_device *devices_at(struct bluez *b, const char *path)
{
	struct bluez_device *d = make(b, path);

	return d && devices_is_ours(b, d) ? d : NULL;
}

struct bluez_device *devices_bonded(struct bluez *b, const char *address)
{
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		struct bluez_device *d = &b->device[i];

		if (d->path[0] && d->bonded && devices_is_ours(b, d) &&
		    strcmp(d->address, address) == 0)
			return d;
	}
	return NULL;
}

/* --- who may write -------------------------------------------------------- */

static bool has_bond(const struct bluez *b, const char *adapter,
		     const char *address)
{
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		const struct bluez_device *d = &b->device[i];
		const char *of = adapter_address(b, d);

		if (d->bonded && of && strcmp(of, adapter) == 0 &&
		    strcmp(d->address, address) == 0)
			return true;
	}
	return false;
}

/* Whether it might have written. Of an adapter that is not known: any. */
static bool forbid(struct bluez *b, const struct bluez_device *d,
		   const char *address)
{
	bool might = bonds_remove(b->hooks.bonds, adapter_address(b, d),
				  address);

	if (might)
		b->hooks.keep(b->hooks.data);
	return might;
}

static bool permit(struct bluez *b, const struct bluez_device *d,
		   const char *address)
{
	const char *adapter = adapter_address(b, d);

	if (!adapter || bonds_add(b->hooks.bonds, adapter, address) < 0)
		return false;
	b->hooks.keep(b->hooks.data);
	return true;
}

static bool is_permitted(const struct bluez *b, const struct bluez_device *d)
{
	const char *adapter = adapter_address(b, d);

	return adapter && bonds_has(b->hooks.bonds, adapter, d->address);
}

/* Its bond has gone with its object, and is another one if it returns. BlueZ
 * also drops one of two objects that prove to be the same device. */
static void lose(struct bluez *b, struct bluez_device *d)
{
	const char *adapter = adapter_address(b, d);

	if ((!adapter || !has_bond(b, adapter, d->address)) &&
	    forbid(b, d, d->address))
		tell(b, BLUEZ_BOND_REMOVED, d);
	d->path[0] = '\0';
}

/* Made under the eyes of BlueZ: it says who a device is once that has told
 * it, and from then on names it so, but for the path. */
static void take_address(struct bluez *b, struct bluez_device *d,
			 const char *address)
{
	bool lost = false;

	if (strcmp(d->address, address) == 0)
		return;
	if (d->bonded && is_permitted(b, d)) {
		(void)forbid(b, d, d->address);
		(void)permit(b, d, address);
	} else if (d->bonded) {
		/* Paired elsewhere, it takes that name upon itself. */
		lost = forbid(b, d, address);
	}
	bluez_copy(d->address, sizeof(d->address), address);
	if (lost)
		tell(b, BLUEZ_BOND_ELSEWHERE, d);
}

/* Anybody near may pair for as long as the connection lasts, without a
 * passkey, and whatever the adapter's Pairable says: that is no bond. A BlueZ
 * that does not tell the two apart (before 5.65) has to be believed. */
static maybe_i32 bond_of(struct bluez *b, const struct bluez_facts *facts)
{
	if (facts->bonded.known)
		b->tells_bonded = true;
	return b->tells_bonded ? facts->bonded : facts->paired;
}

static void bond_made(struct bluez *b, struct bluez_device *d)
{
	bool let_in = b->window.us > 0 && d->shown &&
		      devices_is_ours(b, d);

	if (!let_in || !permit(b, d, d->address)) {
		(void)forbid(b, d, d->address);
		tell(b, BLUEZ_BOND_ELSEWHERE, d);
		return;
	}
	tell(b, BLUEZ_BOND_MADE, d);
	d->shown = false;
	agent_close(b);
}

static void bond_ended(struct bluez *b, struct bluez_device *d)
{
	(void)forbid(b, d, d->address);
	/* Of the one that is being removed the answer will tell. */
	if (!b->remove_call || strcmp(b->removing, d->address) != 0)
		tell(b, BLUEZ_BOND_REMOVED, d);
}

/* An object that appears with a bond has had it before: BlueZ and adapters
 * come and go. So only a property that changes is news. */
static void take_bonded(struct bluez *b, struct bluez_device *d, bool bonded,
			bool news)
{
	if (d->bonded == bonded)
		return;
	d->bonded = bonded;
	if (!bonded)
		bond_ended(b, d);
	else if (news)
		bond_made(b, d);
}

/* --- what is told --------------------------------------------------------- */

static void take_connected(struct bluez *b, struct bluez_device *d,
			   bool connected)
{
	d->connected = connected;
	if (connected)
		return;
	d->used = false;
	d->shown = false;
	d->battery = 0;
	d->kept = NULL;
	if (strcmp(b->pairing, d->path) == 0)
		agent_forget(b);
}

static void take_identity(struct bluez *b, struct bluez_device *d,
			  const struct bluez_facts *facts)
{
	if (facts->address)
		take_address(b, d, facts->address);
	if (facts->name)
		bluez_copy(d->name, sizeof(d->name), facts->name);
	if (facts->address && facts->name)
		d->asked = true;
}

/* Of an adapter that may be used: those of others are none of ours. */
static bool is_minded(const struct bluez *b, const char *path)
{
	char part[BLUEZ_NAME_SIZE + 8];

	snprintf(part, sizeof(part), "/%s/dev_", b->wanted);
	return strcmp(b->wanted, "auto") == 0 || strstr(path, part);
}

void devices_facts(struct bluez *b, const char *path,
		   const struct bluez_facts *facts, bool news)
{
	maybe_i32 bonded = bond_of(b, facts);
	bool matters = (facts->connected.known && facts->connected.value) ||
		       (bonded.known && bonded.value);
	struct bluez_device *d = find(b, path);

	if (!is_minded(b, path))
		return;
	if (d && d->gone) {
		lose(b, d);
		d = NULL;
	}
	if (!d && matters)
		d = make(b, path);
	if (!d)
		return;
	take_identity(b, d, facts);
	/* First: a bond may be made and the connection end in one message. */
	if (bonded.known)
		take_bonded(b, d, bonded.value, news);
	if (facts->connected.known)
		take_connected(b, d, facts->connected.value);
	if (!is_kept(d))
		d->path[0] = '\0';
}

void devices_removed(struct bluez *b, const char *path)
{
	struct bluez_device *d = find(b, path);

	if (!d)
		return;
	take_connected(b, d, false);
	d->gone = d->bonded && is_permitted(b, d);
	d->bonded = false;
	if (!d->gone)
		d->path[0] = '\0';
}

void devices_adapter_removed(struct bluez *b, const struct bluez_adapter *a)
{
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		struct bluez_device *d = &b->device[i];

		if (is_on(a, d))
			d->path[0] = '\0';
	}
}

static bool has_adapter(const struct bluez *b, const char *address)
{
	for (size_t i = 0; i < BLUEZ_ADAPTERS_MAX; i++) {
		const struct bluez_adapter *a = &b->adapter[i];

		if (a->path[0] && a->present &&
		    strcmp(a->address, address) == 0)
			return true;
	}
	return false;
}

void devices_adapter_came(struct bluez *b)
{
	b->settling = true;
	b->settled = (mono_t){ 0 };
}

/* A list that broke off says nothing of what it did not come to. */
static bool is_listed(const struct bluez *b)
{
	return b->settling && b->task[BLUEZ_TASK_OBJECTS].is;
}

/* All bonds of the adapters have been told: what is no bond any more was
 * removed while nobody listened. */
static void compare(struct bluez *b)
{
	struct bonds *bonds = b->hooks.bonds;

	b->settling = false;
	for (uint32_t i = bonds->n; i-- > 0;) {
		struct bond bond = bonds->bond[i];

		if (!has_adapter(b, bond.adapter) ||
		    has_bond(b, bond.adapter, bond.device))
			continue;
		(void)bonds_remove(bonds, bond.adapter, bond.device);
		b->hooks.keep(b->hooks.data);
		b->hooks.tell(b->hooks.data, BLUEZ_BOND_REMOVED, bond.device);
	}
}

void devices_forget(struct bluez *b)
{
	b->ask_call = sd_bus_slot_unref(b->ask_call);
	memset(b->device, 0, sizeof(b->device));
	b->settling = false;
	b->tells_bonded = false;
}

/* --- turns ---------------------------------------------------------------- */

static int on_asked(sd_bus_message *reply, void *userdata,
		    sd_bus_error *error)
{
	struct bluez *b = userdata;
	struct bluez_device *d = find(b, b->ask_path);
	struct bluez_facts facts = { 0 };

	(void)error;
	b->ask_call = sd_bus_slot_unref(b->ask_call);
	if (d && !sd_bus_message_is_method_error(reply, NULL) &&
	    objects_facts(reply, &facts) >= 0)
		take_identity(b, d, &facts);
	return 1;
}

static void ask(struct bluez *b, struct bluez_device *d)
{
	d->asked = true;
	strcpy(b->ask_path, d->path);
	(void)sd_bus_call_method_async(b->bus, &b->ask_call, b->owner,
				       d->path, BLUEZ_PROPERTIES, "GetAll",
				       on_asked, b, "s", BLUEZ_DEVICE);
}

/* Whether that time has passed since it was first called for this. */
static bool has_settled(const struct bluez *b, mono_t *until)
{
	if (until->us == 0)
		*until = mono_add_ms(b->now, SETTLE_MS);
	return mono_reached(b->now, *until);
}

void devices_turn(struct bluez *b)
{
	if (is_listed(b) && has_settled(b, &b->settled))
		compare(b);
	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		struct bluez_device *d = &b->device[i];

		if (!d->path[0])
			continue;
		if (!b->ask_call && !d->asked && (d->bonded || d->shown))
			ask(b, d);
		if (d->gone && has_settled(b, &d->gone_until))
			lose(b, d);
	}
}

mono_t devices_next(const struct bluez *b)
{
	mono_t next = is_listed(b) ? b->settled : MONO_NEVER;

	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		if (b->device[i].path[0] && b->device[i].gone)
			next = mono_min(next, b->device[i].gone_until);
	}
	return next;
}
