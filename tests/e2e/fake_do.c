/* SPDX-License-Identifier: MIT */
/*
 * What a test may ask of the fake: one line of words, one line back.
 *
 *	plug | unplug | power on|off
 *	adapters N                      so many others, that can do nothing
 *	blink                           off and on again in an instant
 *	fail METHOD ERROR|mute|none     RegisterAdvertisement, ...
 *	flood N                         so many signals, as fast as they go
 *	crowd N                         so many objects more, without a word
 *	connect ADDRESS [NAME] | disconnect ADDRESS | bond ADDRESS
 *	justpair ADDRESS                without a bond
 *	unbond ADDRESS                  its bond goes
 *	address ADDRESS NEW             it proves to have another one
 *	old                             from now on devices are of a BlueZ that
 *					does not tell what is bonded
 *	reappear ADDRESS                its object goes; and is back
 *	state ADDRESS                   "connected bonded", or less of it
 *	advertised                      "NAME COMPANY HEX REFRESHES GAP-MS",
 *					with " stale" where it was switched
 *					off since; or "none"
 *	attributes                      how many
 *	flags UUID
 *	read UUID ADDRESS [OFFSET]      HEX, or "error NAME TEXT"
 *	descriptor UUID 2901            likewise
 *	write UUID HEX|- ADDRESS [OFFSET]
 *	subscribe UUID | unsubscribe UUID
 *	told UUID                       "COUNT GAP-MS HEX"
 *	owner                           of the application
 *	pairable [on]                   "yes" or "no"
 *	pair ADDRESS                    "shown PASSKEY", "refused WHY"
 *	type ADDRESS PASSKEY            "paired" or "failed"
 *	agent METHOD ADDRESS            "ok" or "error NAME", registered or not
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/fake_bluez.h"

#define CHARACTERISTIC "org.bluez.GattCharacteristic1"
#define AGENT_PATH "/org/vebusbmsng_bluez/agent"

enum { CALL_US = 3000000, WORDS_MAX = 5, FIRST_PASSKEY = 7421 };

static void say_error(struct fake *f, const sd_bus_error *error)
{
	snprintf(f->said, sizeof(f->said), "error %s %s", error->name,
		 error->message ? error->message : "");
}

static void say_hex(char *to, size_t size, const uint8_t *data, size_t len)
{
	*to = '\0';
	for (size_t i = 0; i < len && 2 * i + 2 < size; i++)
		sprintf(to + 2 * i, "%02x", (unsigned int)data[i]);
}

/* --- devices -------------------------------------------------------------- */

static void do_device(struct fake *f, char *const w[])
{
	struct fake_device *d = fake_device(f, w[1],
					    strcmp(w[0], "state") != 0);

	if (!d)
		return;
	if (strcmp(w[0], "state") == 0) {
		snprintf(f->said, sizeof(f->said), "%s%s",
			 d->connected ? "connected " : "",
			 d->bonded ? "bonded" : "");
		return;
	}
	if (*w[2])
		snprintf(d->alias, sizeof(d->alias), "%s", w[2]);
	if (strstr(w[0], "bond"))
		d->paired = d->bonded = strcmp(w[0], "bond") == 0;
	else if (strcmp(w[0], "justpair") == 0)
		d->paired = 1;
	else
		d->connected = strcmp(w[0], "connect") == 0;
	if (!d->connected)
		d->paired = d->bonded;
	(void)sd_bus_emit_properties_changed(f->bus, d->path, FAKE_DEVICE,
					     "Alias", "Connected", "Paired",
					     f->old ? NULL : "Bonded", NULL);
}

static void do_reappear(struct fake *f, char *const w[])
{
	struct fake_device *d = fake_device(f, w[1], true);

	if (d->slot)
		fake_device_hide(f, d);
	else
		fake_device_show(f, d);
}

static void do_address(struct fake *f, char *const w[])
{
	struct fake_device *d = fake_device(f, w[1], true);

	snprintf(d->address, sizeof(d->address), "%s", w[2]);
	(void)sd_bus_emit_properties_changed(f->bus, d->path, FAKE_DEVICE,
					     "Address", NULL);
}

/* --- attributes ----------------------------------------------------------- */

static struct fake_attribute *attribute(struct fake *f, const char *uuid)
{
	for (size_t i = 0; i < f->n_attributes; i++) {
		if (strcmp(f->attribute[i].interface, CHARACTERISTIC) == 0 &&
		    strcmp(f->attribute[i].uuid, uuid) == 0)
			return &f->attribute[i];
	}
	return NULL;
}

static bool has_flag(const struct fake_attribute *a, const char *flag)
{
	char word[FAKE_NAME_SIZE];

	snprintf(word, sizeof(word), " %s ", flag);
	return strstr(a->flags, word) != NULL;
}

static int options(struct fake *f, sd_bus_message *m, const char *address,
		   const char *offset)
{
	const struct fake_device *d = fake_device(f, address, false);
	char path[FAKE_PATH_SIZE];
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	fake_device_path(f, address, path);
	if (d)
		strcpy(path, d->path);
	if (r >= 0 && *address)
		r = sd_bus_message_append(m, "{sv}", "device", "o", path);
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}", "link", "s", "LE");
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}", "mtu", "q", 185);
	if (r >= 0 && *offset)
		r = sd_bus_message_append(m, "{sv}", "offset", "q",
					  (uint16_t)atoi(offset));
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static sd_bus_message *method(struct fake *f, const struct fake_attribute *a,
			      const char *name)
{
	sd_bus_message *m = NULL;

	(void)sd_bus_message_new_method_call(f->bus, &m,
					     f->application.owner, a->path,
					     a->interface, name);
	return m;
}

/* Takes the message over; what the answer holds goes into said. */
static void call(struct fake *f, sd_bus_message *m, bool reads)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const void *data;
	size_t len;
	int r = sd_bus_call(f->bus, m, CALL_US, &error, &reply);

	if (r < 0)
		say_error(f, &error);
	else if (reads && sd_bus_message_read_array(reply, 'y', &data,
						    &len) >= 0)
		say_hex(f->said, sizeof(f->said), data, len);
	else
		strcpy(f->said, "ok");
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	sd_bus_message_unref(m);
}

static void do_read(struct fake *f, char *const w[])
{
	struct fake_attribute *a = attribute(f, w[1]);
	sd_bus_message *m;

	if (!a || !has_flag(a, "read"))
		return;
	m = method(f, a, "ReadValue");
	(void)options(f, m, w[2], w[3]);
	call(f, m, true);
}

static void do_descriptor(struct fake *f, char *const w[])
{
	struct fake_attribute *of = attribute(f, w[1]);
	sd_bus_message *m;

	for (size_t i = 0; of && i < f->n_attributes; i++) {
		const struct fake_attribute *a = &f->attribute[i];

		if (strcmp(a->parent, of->path) != 0 ||
		    strncmp(a->uuid + 4, w[2], 4) != 0)
			continue;
		m = method(f, a, "ReadValue");
		(void)options(f, m, "", "");
		call(f, m, true);
		return;
	}
}

/* Who has not typed in a passkey does not get through bluetoothd. */
static bool may_write(struct fake *f, const struct fake_attribute *a,
		      const char *address)
{
	const struct fake_device *d = fake_device(f, address, false);

	return has_flag(a, "write") ||
	       (has_flag(a, "encrypt-authenticated-write") && d && d->paired);
}

static void do_write(struct fake *f, char *const w[])
{
	struct fake_attribute *a = attribute(f, w[1]);
	uint8_t data[FAKE_VALUE_MAX];
	sd_bus_message *m;
	size_t len = *w[2] == '-' ? 0 : strlen(w[2]) / 2;

	if (!a)
		return;
	if (!may_write(f, a, w[3])) {
		strcpy(f->said, "unauthenticated");
		return;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned int byte = 0;

		(void)sscanf(w[2] + 2 * i, "%2x", &byte);
		data[i] = (uint8_t)byte;
	}
	m = method(f, a, "WriteValue");
	(void)sd_bus_message_append_array(m, 'y', data, len);
	(void)options(f, m, w[3], w[4]);
	call(f, m, false);
}

static void do_subscribe(struct fake *f, char *const w[])
{
	struct fake_attribute *a = attribute(f, w[1]);

	if (!a || (!has_flag(a, "notify") && !has_flag(a, "indicate")))
		return;
	a->told = 0;
	a->gap_us = 0;
	call(f, method(f, a, *w[0] == 's' ? "StartNotify" : "StopNotify"),
	     false);
}

static void do_told(struct fake *f, char *const w[])
{
	const struct fake_attribute *a = attribute(f, w[1]);
	char hex[2 * FAKE_VALUE_MAX + 1];

	if (!a)
		return;
	say_hex(hex, sizeof(hex), a->value, a->len);
	snprintf(f->said, sizeof(f->said), "%u %llu %s", a->told,
		 (unsigned long long)a->gap_us / 1000, hex);
}

static void do_flags(struct fake *f, char *const w[])
{
	const struct fake_attribute *a = attribute(f, w[1]);

	if (a)
		snprintf(f->said, sizeof(f->said), "%s", a->flags);
}

static void do_advertised(struct fake *f, char *const w[])
{
	char hex[2 * FAKE_VALUE_MAX + 1];

	(void)w;
	if (!f->advertisement.owner[0]) {
		strcpy(f->said, "none");
		return;
	}
	say_hex(hex, sizeof(hex), f->data, f->data_len);
	snprintf(f->said, sizeof(f->said), "%s %u %s %u %llu%s", f->name,
		 (unsigned int)f->company, hex, f->refreshes,
		 (unsigned long long)f->refresh_gap_us / 1000,
		 f->stale ? " stale" : "");
}

static void do_attributes(struct fake *f, char *const w[])
{
	(void)w;
	snprintf(f->said, sizeof(f->said), "%zu", f->application.owner[0] ?
		 f->n_attributes : 0);
}

/* --- pairing -------------------------------------------------------------- */

/* The call of an agent's method; for whom it is not, error says why. */
static int ask_agent(struct fake *f, const char *owner, const char *name,
		     const char *address, sd_bus_error *error)
{
	char path[FAKE_PATH_SIZE];
	sd_bus_message *m = NULL;
	int r = sd_bus_message_new_method_call(f->bus, &m, owner, AGENT_PATH,
					       "org.bluez.Agent1", name);

	fake_device_path(f, address, path);
	if (r >= 0 && strcmp(name, "Cancel") != 0)
		r = sd_bus_message_append(m, "o", path);
	if (r >= 0 && strcmp(name, "DisplayPasskey") == 0)
		r = sd_bus_message_append(m, "uq", f->passkey, 0);
	if (r >= 0 && strcmp(name, "RequestConfirmation") == 0)
		r = sd_bus_message_append(m, "u", f->passkey);
	if (r >= 0)
		r = sd_bus_call(f->bus, m, CALL_US, error, NULL);
	sd_bus_message_unref(m);
	return r;
}

static void do_pair(struct fake *f, char *const w[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	if (!f->pairable || !f->agent_default) {
		strcpy(f->said, "refused not pairable");
		return;
	}
	(void)fake_device(f, w[1], true);
	f->passkey = f->passkey ? f->passkey + 1 : FIRST_PASSKEY;
	if (ask_agent(f, f->agent.owner, "DisplayPasskey", w[1], &error) < 0)
		snprintf(f->said, sizeof(f->said), "refused %s", error.name);
	else
		snprintf(f->said, sizeof(f->said), "shown %06u", f->passkey);
	sd_bus_error_free(&error);
}

static void do_type(struct fake *f, char *const w[])
{
	struct fake_device *d = fake_device(f, w[1], true);

	strcpy(f->said, "failed");
	if ((uint32_t)atoi(w[2]) != f->passkey) {
		(void)ask_agent(f, f->agent.owner, "Cancel", w[1], NULL);
		return;
	}
	d->paired = d->bonded = 1;
	(void)sd_bus_emit_properties_changed(f->bus, d->path, FAKE_DEVICE,
					     "Paired", f->old ? NULL : "Bonded",
					     NULL);
	strcpy(f->said, "paired");
}

static void do_agent(struct fake *f, char *const w[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *owner = f->last_agent[0] ? f->last_agent :
					       f->application.owner;

	if (ask_agent(f, owner, w[1], w[2], &error) < 0)
		say_error(f, &error);
	else
		strcpy(f->said, "ok");
	sd_bus_error_free(&error);
}

static void do_pairable(struct fake *f, char *const w[])
{
	if (strcmp(w[1], "on") == 0) {
		f->pairable = 1;
		(void)sd_bus_emit_properties_changed(f->bus, f->adapter_path,
						     "org.bluez.Adapter1",
						     "Pairable", NULL);
	}
	strcpy(f->said, f->pairable ? "yes" : "no");
}

static void do_old(struct fake *f, char *const w[])
{
	(void)w;
	f->old = true;
}

static void do_owner(struct fake *f, char *const w[])
{
	(void)w;
	strcpy(f->said, f->application.owner);
}

/* --- the adapter ---------------------------------------------------------- */

static void do_plug(struct fake *f, char *const w[])
{
	(void)w;
	(void)fake_adapter_plug(f, f->adapter_path);
}

static void do_unplug(struct fake *f, char *const w[])
{
	(void)w;
	fake_adapter_unplug(f);
}

/* What is registered stays so, and is not sent any more (5.66). */
static void set_power(struct fake *f, bool on)
{
	f->powered = on;
	f->stale = true;
	(void)sd_bus_emit_properties_changed(f->bus, f->adapter_path,
					     "org.bluez.Adapter1", "Powered",
					     NULL);
}

static void do_power(struct fake *f, char *const w[])
{
	set_power(f, strcmp(w[1], "on") == 0);
}

static void do_adapters(struct fake *f, char *const w[])
{
	for (int i = atoi(w[1]); i > 0; i--) {
		char path[FAKE_PATH_SIZE];

		snprintf(path, sizeof(path), "/org/bluez/hci%d", i);
		(void)fake_adapter_add(f, path);
	}
}

static void do_blink(struct fake *f, char *const w[])
{
	(void)w;
	set_power(f, false);
	set_power(f, true);
}

static void do_fail(struct fake *f, char *const w[])
{
	bool none = strcmp(w[2], "none") == 0;

	snprintf(f->fails, sizeof(f->fails), "%s", none ? "" : w[1]);
	snprintf(f->failure, sizeof(f->failure), "%s", w[2]);
}

static void do_flood(struct fake *f, char *const w[])
{
	f->flood = atoi(w[1]);
}

static void do_crowd(struct fake *f, char *const w[])
{
	static struct fake_device stranger;
	char path[FAKE_PATH_SIZE];

	for (int i = atoi(w[1]); i > 0; i--) {
		snprintf(path, sizeof(path), "%.60s/dev_00_00_00_00_%02X_%02X",
			 f->adapter_path, i >> 8 & 255, i & 255);
		(void)sd_bus_add_object_vtable(f->bus, NULL, path, FAKE_DEVICE,
					       fake_device_vtable, &stranger);
	}
}

static const struct {
	const char *word;
	void (*run)(struct fake *f, char *const words[]);
} rows[] = {
	{ "plug", do_plug }, { "unplug", do_unplug },
	{ "adapters", do_adapters }, { "power", do_power },
	{ "blink", do_blink }, { "fail", do_fail },
	{ "flood", do_flood }, { "crowd", do_crowd },
	{ "connect", do_device }, { "disconnect", do_device },
	{ "bond", do_device }, { "justpair", do_device },
	{ "unbond", do_device }, { "address", do_address },
	{ "state", do_device }, { "old", do_old },
	{ "reappear", do_reappear },
	{ "advertised", do_advertised }, { "attributes", do_attributes },
	{ "flags", do_flags }, { "read", do_read },
	{ "descriptor", do_descriptor }, { "write", do_write },
	{ "subscribe", do_subscribe }, { "unsubscribe", do_subscribe },
	{ "told", do_told }, { "pairable", do_pairable },
	{ "owner", do_owner },
	{ "pair", do_pair }, { "type", do_type }, { "agent", do_agent },
};

int fake_do(sd_bus_message *asked, void *data, sd_bus_error *error)
{
	struct fake *f = data;
	char none[] = "";
	char *words[WORDS_MAX];
	char line[FAKE_SAID_SIZE];
	const char *text;
	char *rest = line;
	int n = 0, r = sd_bus_message_read(asked, "s", &text);

	if (r < 0)
		return r;
	snprintf(line, sizeof(line), "%s", text);
	while (n < WORDS_MAX)
		words[n++] = rest ? strsep(&rest, " ") : none;
	f->said[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].word, words[0]) != 0)
			continue;
		rows[i].run(f, words);
		return sd_bus_reply_method_return(asked, "s", f->said);
	}
	return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
				 "no \"%s\"", words[0]);
}
