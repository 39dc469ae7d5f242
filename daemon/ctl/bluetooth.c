/* SPDX-License-Identifier: MIT */
/* What Bluetooth does, who is paired, and pairing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "daemon/clock.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/print_text.h"
#include "daemon/ctl/write_json.h"

enum {
	KEY_SIZE = 40,
	REMOVE_S = 10, /* so long BlueZ may take to forget a device */
};

/* The interface as it is now. */
struct page {
	char state[32];
	char text[BLUEZ_TEXT_SIZE];
	char address[BLUEZ_ADDRESS_SIZE];
	uint32_t clients;
	int pairing;
	struct snapshot_bonds bonds;
	struct snapshot_bonds others; /* paired, but not by us */
	char key[KEY_SIZE]; /* "" where it may not be seen, or is none */
	char no_key[BLUEZ_TEXT_SIZE]; /* why */
};

struct field {
	const char *name;
	char type;
	size_t offset;
	size_t size; /* of a text */
};

#define TEXT(name, field) \
	{ name, 's', offsetof(struct page, field), \
	  sizeof(((struct page *)NULL)->field) }

static const struct field fields[] = {
	TEXT("State", state),
	TEXT("StateText", text),
	TEXT("Address", address),
	{ "Clients", 'u', offsetof(struct page, clients), 0 },
	{ "PairingOpen", 'b', offsetof(struct page, pairing), 0 },
	{ "Bonds", 'a', offsetof(struct page, bonds), 0 },
	{ "OtherBonds", 'a', offsetof(struct page, others), 0 },
};

/* --- reading -------------------------------------------------------------- */

static int read_bonds(sd_bus_message *m, struct snapshot_bonds *bonds)
{
	const char *address, *name;
	int r = sd_bus_message_enter_container(m, 'v', "a(ss)");

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "(ss)");
	while (r >= 0 &&
	       (r = sd_bus_message_read(m, "(ss)", &address, &name)) > 0) {
		struct bluez_bond *bond = &bonds->bond[bonds->n];

		if (bonds->n == BLUEZ_DEVICES_MAX)
			continue;
		snprintf(bond->address, sizeof(bond->address), "%s", address);
		snprintf(bond->name, sizeof(bond->name), "%s", name);
		bonds->n++;
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int read_field(sd_bus_message *m, const struct field *field,
		      struct page *page)
{
	void *to = (char *)page + field->offset;
	const char *text;
	int r;

	if (field->type == 'a')
		return read_bonds(m, to);
	if (field->type == 'u')
		return sd_bus_message_read(m, "v", "u", to);
	if (field->type == 'b')
		return sd_bus_message_read(m, "v", "b", to);
	r = sd_bus_message_read(m, "v", "s", &text);
	if (r >= 0)
		snprintf(to, field->size, "%s", text);
	return r;
}

static int read_entry(sd_bus_message *m, struct page *page)
{
	const char *name;
	int r = sd_bus_message_read(m, "s", &name);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return read_field(m, &fields[i], page);
	}
	return sd_bus_message_skip(m, "v");
}

static int load(sd_bus *bus, struct page *ret, sd_bus_error *error)
{
	sd_bus_message *m = NULL;
	int r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT,
				   "org.freedesktop.DBus.Properties",
				   "GetAll", error, &m, "s", BUS_BLUETOOTH);

	*ret = (struct page){ 0 };
	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = read_entry(m, ret);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	sd_bus_message_unref(m);
	return r < 0 ? r : 0;
}

/* GetKey(), RenewKey() or GetPasskey(); "" where there is an error. */
static int ask(sd_bus *bus, const char *method, char ret[KEY_SIZE],
	       sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	const char *text = "";
	int r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_BLUETOOTH,
				   method, error, &reply, "");

	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &text);
	snprintf(ret, KEY_SIZE, "%s", r < 0 ? "" : text);
	sd_bus_message_unref(reply);
	return r;
}

/* --- showing -------------------------------------------------------------- */

static void print_bonds(const struct printer *printer, const char *label,
			const struct snapshot_bonds *bonds, const char *note)
{
	for (uint32_t i = 0; i < bonds->n; i++) {
		print_label(printer, i == 0 ? label : "");
		printf("%s %s%s\n", bonds->bond[i].address,
		       bonds->bond[i].name, note);
	}
}

static void print_page(const struct ctl *ctl, const struct page *page)
{
	struct printer printer = { stdout, ctl->color };
	bool well = strcmp(page->state, "advertising") == 0 ||
		    strcmp(page->state, "connected") == 0;

	print_label(&printer, "Bluetooth");
	print_colored(&printer, well ? PRINT_GOOD : PRINT_WARN, page->state);
	printf("%s%s\n", *page->text ? ": " : "", page->text);
	print_label(&printer, "Address");
	printf("%s\n", print_or_dash(page->address));
	print_label(&printer, "Instant Readout key");
	printf("%s\n", *page->key ? page->key : page->no_key);
	print_label(&printer, "Connected devices");
	printf("%u\n", (unsigned int)page->clients);
	print_label(&printer, "Pairing window");
	puts(page->pairing ? "open" : "closed");
	print_bonds(&printer, "Paired", &page->bonds, "");
	print_bonds(&printer, "Paired elsewhere", &page->others,
		    " (may change nothing)");
}

static void json_field(const char *name, const char *text)
{
	printf("\"%s\":", name);
	json_text(stdout, text);
	putchar(',');
}

static void json_bonds(const char *name, const struct snapshot_bonds *bonds)
{
	printf("\"%s\":[", name);
	for (uint32_t i = 0; i < bonds->n; i++) {
		printf("%s{", i ? "," : "");
		json_field("Address", bonds->bond[i].address);
		printf("\"Name\":");
		json_text(stdout, bonds->bond[i].name);
		putchar('}');
	}
	putchar(']');
}

static void json_page(const struct page *page)
{
	putchar('{');
	json_field("State", page->state);
	json_field("StateText", page->text);
	json_field("Address", page->address);
	if (*page->key)
		json_field("Key", page->key);
	else
		printf("\"Key\":null,");
	printf("\"Clients\":%u,\"PairingOpen\":%s,",
	       (unsigned int)page->clients, page->pairing ? "true" : "false");
	json_bonds("Bonds", &page->bonds);
	putchar(',');
	json_bonds("OtherBonds", &page->others);
	puts("}");
}

static void load_key(sd_bus *bus, struct page *page)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = ask(bus, "GetKey", page->key, &error);

	if (sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED))
		strcpy(page->no_key,
		       "for root and the group vebus-bms-ng only");
	else if (r < 0)
		snprintf(page->no_key, sizeof(page->no_key), "%s",
			 error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
}

static int show(const struct ctl *ctl, sd_bus *bus, sd_bus_error *error)
{
	struct page page;
	int r = load(bus, &page, error);

	if (r < 0)
		return r;
	load_key(bus, &page);
	if (ctl->json)
		json_page(&page);
	else
		print_page(ctl, &page);
	return 0;
}

static int renew_key(sd_bus *bus, sd_bus_error *error)
{
	char key[KEY_SIZE];
	int r = ask(bus, "RenewKey", key, error);

	if (r >= 0)
		printf("The new key for Instant Readout is %s;\n"
		       "readers with the old one see nothing any more.\n",
		       key);
	return r;
}

/* --- removing ------------------------------------------------------------- */

static bool has_bond(const struct snapshot_bonds *bonds, const char *address)
{
	for (uint32_t i = 0; i < bonds->n; i++) {
		if (strcasecmp(bonds->bond[i].address, address) == 0)
			return true;
	}
	return false;
}

/* Until something has come, a second at most. 0 or -errno. */
static int await(sd_bus *bus)
{
	int r = sd_bus_wait(bus, 1000000);

	while (r >= 0 && (r = sd_bus_process(bus, NULL)) > 0)
		;
	if (r == -EINTR)
		r = 0;
	return r >= 0 && sd_bus_is_open(bus) <= 0 ? -ECONNRESET : r;
}

static int remove_bond(sd_bus *bus, const char *address, sd_bus_error *error)
{
	uint64_t end_us = clock_monotonic_us() + REMOVE_S * UINT64_C(1000000);
	struct page page;
	int r = sd_bus_match_signal(bus, NULL, BUS_NAME, BUS_ROOT, NULL,
				    NULL, NULL, NULL);

	if (r >= 0)
		r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_BLUETOOTH,
				       "RemoveBond", error, NULL, "s",
				       address);
	while (r >= 0 && (r = load(bus, &page, error)) >= 0 &&
	       (has_bond(&page.bonds, address) ||
		has_bond(&page.others, address))) {
		if (clock_monotonic_us() > end_us)
			return sd_bus_error_setf(
				error, SD_BUS_ERROR_TIMEOUT,
				"BlueZ has not removed %.40s; the log says "
				"more", address);
		r = await(bus);
	}
	return r;
}

/* --- pairing -------------------------------------------------------------- */

/* The daemon removes it where the phone has forgotten its own. */
static void print_removed(const struct snapshot_bonds *before,
			  const struct snapshot_bonds *after)
{
	for (uint32_t i = 0; i < before->n; i++) {
		if (!has_bond(after, before->bond[i].address))
			printf("%s was paired before, that bond is removed: "
			       "pair it once more\n",
			       before->bond[i].address);
	}
}

static void print_paired(const struct page *before, const struct page *after)
{
	for (uint32_t i = 0; i < after->bonds.n; i++) {
		const struct bluez_bond *bond = &after->bonds.bond[i];

		if (!has_bond(&before->bonds, bond->address))
			printf("Paired with %s %s\n", bond->address,
			       bond->name);
	}
}

/* Until the window is closed. 1 where somebody was paired meanwhile, 0, or
 * -errno. */
static int follow(sd_bus *bus, struct page *before, sd_bus_error *error)
{
	char shown[KEY_SIZE] = "", passkey[KEY_SIZE];
	struct page page;
	int r;

	while ((r = load(bus, &page, error)) >= 0) {
		print_removed(&before->bonds, &page.bonds);
		print_removed(&before->others, &page.others);
		print_paired(before, &page);
		if (page.bonds.n > before->bonds.n)
			return 1;
		*before = page;
		if (!page.pairing)
			return 0;
		(void)ask(bus, "GetPasskey", passkey, NULL);
		if (*passkey && strcmp(passkey, shown) != 0)
			printf("Passkey: %s\n", passkey);
		strcpy(shown, passkey);
		r = await(bus);
		if (r < 0)
			return r;
	}
	return r;
}

static int pair(sd_bus *bus, sd_bus_error *error)
{
	struct page before;
	int r = sd_bus_match_signal(bus, NULL, BUS_NAME, BUS_ROOT, NULL,
				    NULL, NULL, NULL);

	if (r >= 0)
		r = load(bus, &before, error);
	if (r >= 0)
		r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_BMS,
				       "StartPairing", error, NULL, "");
	if (r < 0)
		return r;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("The pairing window is open for 2 minutes: pair with "
	     "vebus-bms-ng on the\nphone now, and type in the passkey that "
	     "is shown here.");
	r = follow(bus, &before, error);
	if (r == 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_TIMEOUT,
					"the pairing window is closed; nobody "
					"was paired");
	return r;
}

/* --- commands ------------------------------------------------------------- */

static int finish(const struct ctl *ctl, sd_bus *bus, int r,
		  sd_bus_error *error)
{
	if (r < 0)
		ctl_complain_call(ctl, r, error);
	sd_bus_error_free(error);
	sd_bus_flush_close_unref(bus);
	return r < 0 ? CTL_FAILED : CTL_OK;
}

static int run_bluetooth(const struct ctl *ctl, sd_bus *bus,
			 char *const arguments[], sd_bus_error *error)
{
	if (!arguments[0])
		return show(ctl, bus, error);
	if (!arguments[1])
		return renew_key(bus, error);
	return remove_bond(bus, arguments[1], error);
}

/* Nothing, or "new-key", or "remove ADDRESS". */
static bool is_bluetooth(char *const arguments[])
{
	if (!arguments[0])
		return true;
	if (!arguments[1])
		return strcmp(arguments[0], "new-key") == 0;
	return strcmp(arguments[0], "remove") == 0 && !arguments[2];
}

int ctl_bluetooth(const struct ctl *ctl, char *const arguments[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus;

	if (!is_bluetooth(arguments)) {
		ctl_complain("bluetooth takes nothing, or: remove ADDRESS, "
			     "or: new-key");
		return CTL_USAGE;
	}
	bus = ctl_connect(ctl);
	if (!bus)
		return CTL_FAILED;
	return finish(ctl, bus, run_bluetooth(ctl, bus, arguments, &error),
		      &error);
}

int ctl_pair(const struct ctl *ctl, char *const arguments[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus;

	if (arguments[0]) {
		ctl_complain("\"%s\" is one argument too many", arguments[0]);
		return CTL_USAGE;
	}
	bus = ctl_connect(ctl);
	if (!bus)
		return CTL_FAILED;
	return finish(ctl, bus, pair(bus, &error), &error);
}
