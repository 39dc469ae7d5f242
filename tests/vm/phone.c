/* SPDX-License-Identifier: MIT */
/*
 * A phone: what an app does, by BlueZ's D-Bus interface, on the second of
 * two controllers, with what the first one (hci0) has on the air.
 *
 *	phone [-t SECONDS] COMMAND
 *
 *	advertisement COUNT	what company 737 advertises: the bytes behind
 *				the company in hex, each time they change
 *	name			the name that is advertised with it, while
 *				another one listens
 *	connect			until its services are known
 *	table			every characteristic: UUID, handle, flags, its
 *				bytes in hex, and what its descriptors hold
 *	read UUID		its bytes in hex
 *	write UUID HEX
 *	subscribe UUID...	"subscribed", then "UUID HEX" for each that
 *				comes, until it is ended
 *	pair CAPABILITY		with an agent of it (KeyboardOnly); prints
 *				"passkey?" and reads it
 *	disconnect
 *	forget			the device, and the bond with it
 *	bondable yes|no		whether this side asks for a bond in a pairing
 *	back now|lost		"watching"; "on" when hci0 is there and on; how
 *				many ms later the BMS advertises; "lost": once
 *				it has not, first
 *
 * A UUID is told by its first eight digits. What BlueZ refuses is told in
 * its words; the exit status is 1 then, and 124 after SECONDS (60).
 *
 * One bluetoothd has both controllers, but keeps what it knows apart: a
 * device of hci1 is what came over the air. An incoming pairing goes to the
 * default agent, an outgoing one to the agent of who asked for it, which is
 * the phone's own on its own connection.
 */
#include "tests/vm/phone.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SERVER "/org/bluez/hci0"
#define PHONE "/org/bluez/hci1"
#define AGENT "/phone"
#define ADAPTER BLUEZ ".Adapter1"
#define DEVICE BLUEZ ".Device1"
#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

enum {
	COMPANY = 737,
	DEADLINE_S = 60,
	TRIES = 3,
};

int phone_refused(const char *what, const sd_bus_error *error, int r)
{
	fprintf(stderr, "%s: %s %s\n", what, error->name ? error->name :
		strerror(-r), error->message ? error->message : "");
	return -EIO;
}

/* A method without arguments or answer. */
int phone_call(struct phone *phone, const char *path, const char *interface,
		const char *method)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call_method(phone->bus, BLUEZ, path, interface, method,
				   &error, NULL, NULL);

	if (r < 0)
		r = phone_refused(method, &error, r);
	sd_bus_error_free(&error);
	return r;
}

bool phone_flag(struct phone *phone, const char *path, const char *interface,
		const char *name)
{
	int is = 0;

	return sd_bus_get_property_trivial(phone->bus, BLUEZ, path, interface,
					   name, NULL, 'b', &is) >= 0 && is;
}

static bool flag(struct phone *phone, const char *name)
{
	return phone_flag(phone, phone->device, DEVICE, name);
}

int phone_keep(struct value *value, sd_bus_message *m)
{
	const void *bytes;
	size_t n;
	int r = sd_bus_message_read_array(m, 'y', &bytes, &n);

	if (r < 0 || n > sizeof(value->bytes))
		return r < 0 ? r : -EMSGSIZE;
	memcpy(value->bytes, bytes, n);
	value->n = n;
	return 0;
}

void phone_print(const struct value *value)
{
	for (size_t i = 0; i < value->n; i++)
		printf("%02x", value->bytes[i]);
}

int64_t phone_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until it is so; whatever is minded is a reason to look again. */
int phone_wait(struct phone *phone, bool (*is_so)(struct phone *phone))
{
	int r;

	while (phone->looked_ms = phone_now_ms(), !is_so(phone)) {
		while ((r = sd_bus_process(phone->bus, NULL)) == 0) {
			r = sd_bus_wait(phone->bus, UINT64_MAX);
			if (r < 0 && r != -EINTR)
				return r;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- on the air --------------------------------------------------------- */

static bool is_powered(struct phone *phone)
{
	return phone_flag(phone, PHONE, ADAPTER, "Powered");
}

static int scan(struct phone *phone)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = phone_wait(phone, is_powered);

	if (r < 0)
		return r;
	r = sd_bus_call_method(phone->bus, BLUEZ, PHONE, ADAPTER,
			       "SetDiscoveryFilter", &error, NULL, "a{sv}",
			       2, "Transport", "s", "le",
			       "DuplicateData", "b", 1);
	if (r < 0)
		r = phone_refused("SetDiscoveryFilter", &error, r);
	else
		r = phone_call(phone, PHONE, ADAPTER, "StartDiscovery");
	sd_bus_error_free(&error);
	return r;
}

/* The company's bytes of an a{qv}. */
static int read_company(sd_bus_message *m, struct value *ret_value)
{
	uint16_t company;
	int r = sd_bus_message_enter_container(m, 'a', "{qv}");

	while (r >= 0 &&
	       (r = sd_bus_message_enter_container(m, 'e', "qv")) > 0) {
		r = sd_bus_message_read(m, "q", &company);
		if (r >= 0 && company == COMPANY &&
		    (r = sd_bus_message_enter_container(m, 'v', "ay")) >= 0)
			return phone_keep(ret_value, m);
		if (r >= 0)
			r = sd_bus_message_skip(m, "v");
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : -ENOENT;
}

static bool has_changed(struct phone *phone)
{
	struct value value = { .n = 0 };
	sd_bus_message *m = NULL;
	int r = sd_bus_get_property(phone->bus, BLUEZ, phone->device, DEVICE,
				    "ManufacturerData", NULL, &m, "a{qv}");

	if (r >= 0)
		r = read_company(m, &value);
	sd_bus_message_unref(m);
	if (r < 0 || (value.n == phone->seen.n &&
		      memcmp(value.bytes, phone->seen.bytes, value.n) == 0))
		return false;
	phone->seen = value;
	return true;
}

/* What has been heard before this scan is no news. */
static int show_advertisement(struct phone *phone, char *words[])
{
	long n = strtol(words[0], NULL, 10);
	int r;

	(void)has_changed(phone);
	r = scan(phone);
	for (; r >= 0 && n > 0; n--) {
		r = phone_wait(phone, has_changed);
		if (r >= 0) {
			phone_print(&phone->seen);
			printf("\n");
		}
	}
	return r;
}

static bool has_name(struct phone *phone)
{
	char *name = NULL;
	int r = sd_bus_get_property_string(phone->bus, BLUEZ, phone->device,
					   DEVICE, "Name", NULL, &name);

	if (r >= 0)
		printf("%s\n", name);
	free(name);
	return r >= 0;
}

/* Who listens scans already. Of two that began and ended at once BlueZ 5.82
 * was seen to leave one without anything. */
static int show_name(struct phone *phone, char *words[])
{
	(void)words;
	return phone_wait(phone, has_name);
}

/* --- connected ---------------------------------------------------------- */

static bool is_found(struct phone *phone)
{
	char *address = NULL;
	int r = sd_bus_get_property_string(phone->bus, BLUEZ, phone->device,
					   DEVICE, "Address", NULL, &address);

	free(address);
	return r >= 0;
}

static bool is_resolved(struct phone *phone)
{
	return flag(phone, "ServicesResolved");
}

/* A device is only there for as long as it is heard of, or bonded. */
static int find(struct phone *phone)
{
	int r;

	if (is_found(phone))
		return 0;
	r = scan(phone);
	if (r >= 0)
		r = phone_wait(phone, is_found);
	return r < 0 ? r : phone_call(phone, PHONE, ADAPTER, "StopDiscovery");
}

static bool is_settled(struct phone *phone)
{
	return is_resolved(phone) || !flag(phone, "Connected");
}

/* A link may be about to go, such as after a write that was refused. Where
 * there is one and a bond, Connect would try BR/EDR as well. */
static int do_connect(struct phone *phone, char *words[])
{
	int r = find(phone);

	(void)words;
	for (int i = 0; i < TRIES && r >= 0 && !is_resolved(phone); i++) {
		if (!flag(phone, "Connected"))
			r = phone_call(phone, phone->device, DEVICE,
				       "Connect");
		if (r >= 0)
			r = phone_wait(phone, is_settled);
	}
	return r >= 0 && !is_resolved(phone) ? -ENOTCONN : r;
}

static int do_disconnect(struct phone *phone, char *words[])
{
	(void)words;
	return phone_call(phone, phone->device, DEVICE, "Disconnect");
}

static int forget(struct phone *phone, char *words[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_call_method(phone->bus, BLUEZ, PHONE, ADAPTER,
				   "RemoveDevice", &error, NULL, "o",
				   phone->device);

	(void)words;
	if (r < 0)
		r = phone_refused("RemoveDevice", &error, r);
	sd_bus_error_free(&error);
	return r;
}

/* --- pairing ------------------------------------------------------------ */

static int on_passkey(sd_bus_message *m, void *data, sd_bus_error *error)
{
	unsigned int passkey;
	char line[16];

	(void)data;
	(void)error;
	printf("passkey?\n");
	if (!fgets(line, sizeof(line), stdin) ||
	    sscanf(line, "%u", &passkey) != 1)
		return sd_bus_reply_method_errorf(m, BLUEZ ".Error.Canceled",
						  "no passkey");
	return sd_bus_reply_method_return(m, "u", (uint32_t)passkey);
}

/* What a phone says yes to without being asked to look at anything. */
static int on_question(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)data;
	(void)error;
	printf("%s\n", sd_bus_message_get_member(m));
	return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable agent[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RequestPasskey", "o", "u", on_passkey,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DisplayPasskey", "ouq", NULL, on_question,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestConfirmation", "ou", NULL, on_question,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestAuthorization", "o", NULL, on_question,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Cancel", NULL, NULL, on_question,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Release", NULL, NULL, on_question,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int on_paired(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct phone *phone = data;

	(void)error;
	phone->paired = sd_bus_message_is_method_error(m, NULL) ?
		phone_refused("Pair", sd_bus_message_get_error(m), 0) : 1;
	return 0;
}

static bool is_answered(struct phone *phone)
{
	return phone->paired != 0;
}

static bool is_alone(struct phone *phone)
{
	return !flag(phone, "Connected");
}

/* Without a link: in one that is there, BlueZ 5.82 has the kernel pair by
 * what the default agent can do instead of this one. */
static int do_pair(struct phone *phone, char *words[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = find(phone);

	if (r >= 0 && flag(phone, "Connected"))
		r = do_disconnect(phone, words);
	if (r >= 0)
		r = phone_wait(phone, is_alone);
	if (r >= 0)
		r = sd_bus_add_object_vtable(phone->bus, NULL, AGENT,
					     BLUEZ ".Agent1", agent, phone);
	if (r < 0)
		return r;
	r = sd_bus_call_method(phone->bus, BLUEZ, "/org/bluez",
			       BLUEZ ".AgentManager1", "RegisterAgent", &error,
			       NULL, "os", AGENT, words[0]);
	if (r < 0)
		r = phone_refused("RegisterAgent", &error, r);
	sd_bus_error_free(&error);
	if (r >= 0)
		r = sd_bus_call_method_async(phone->bus, NULL, BLUEZ,
					     phone->device, DEVICE, "Pair",
					     on_paired, phone, NULL);
	if (r >= 0)
		r = phone_wait(phone, is_answered);
	if (r < 0 || phone->paired < 0)
		return r < 0 ? r : phone->paired;
	printf("paired\n");
	return 0;
}

static int set_bondable(struct phone *phone, char *words[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = sd_bus_set_property(phone->bus, BLUEZ, PHONE, ADAPTER,
				    "Pairable", &error, "b",
				    strcmp(words[0], "yes") == 0);

	if (r < 0)
		r = phone_refused("Pairable", &error, r);
	sd_bus_error_free(&error);
	return r;
}

/* --- commands ----------------------------------------------------------- */

static const struct command {
	const char *name;
	int words; /* or more */
	bool server; /* has to be there */
	int (*run)(struct phone *phone, char *words[]);
} commands[] = {
	{ "advertisement", 1, true, show_advertisement },
	{ "back", 1, false, phone_back },
	{ "bondable", 1, true, set_bondable },
	{ "connect", 0, true, do_connect },
	{ "disconnect", 0, true, do_disconnect },
	{ "forget", 0, true, forget },
	{ "name", 0, true, show_name },
	{ "pair", 1, true, do_pair },
	{ "read", 1, true, phone_read },
	{ "subscribe", 1, true, phone_subscribe },
	{ "table", 0, true, phone_table },
	{ "write", 2, true, phone_write },
};

/* It has woken phone_wait(). */
static int on_signal(sd_bus_message *m, void *data, sd_bus_error *error)
{
	(void)m;
	(void)data;
	(void)error;
	return 0;
}

int phone_mind(struct phone *phone, const char *match)
{
	return sd_bus_add_match(phone->bus, NULL, match, on_signal, NULL);
}

/* The server, as the phone's adapter knows it. */
static int find_server(struct phone *phone)
{
	char *address = NULL;
	int r = sd_bus_get_property_string(phone->bus, BLUEZ, SERVER, ADAPTER,
					   "Address", NULL, &address);

	if (r < 0) {
		fprintf(stderr, SERVER ": %s\n", strerror(-r));
		return -EIO;
	}
	snprintf(phone->device, sizeof(phone->device), PHONE "/dev_%s",
		 address);
	for (char *c = strrchr(phone->device, '/'); *c; c++)
		if (*c == ':')
			*c = '_';
	free(address);
	return 0;
}

static int run(struct phone *phone, const struct command *command,
	       char *words[])
{
	int r = sd_bus_open_system(&phone->bus);

	if (r >= 0)
		r = phone_mind(phone, "type='signal',sender='" BLUEZ "'");
	if (r >= 0 && command->server)
		r = find_server(phone);
	if (r >= 0)
		r = command->run(phone, words);
	sd_bus_flush_close_unref(phone->bus);
	return r;
}

static void on_alarm(int signal)
{
	static const char text[] = "phone: not within the time\n";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(125);
	_exit(124);
}

int main(int argc, char *argv[])
{
	static struct phone phone;
	const struct command *command = NULL;
	unsigned int deadline_s = DEADLINE_S;
	int r;

	if (argc > 2 && strcmp(argv[1], "-t") == 0) {
		deadline_s = (unsigned int)strtoul(argv[2], NULL, 10);
		argc -= 2;
		argv += 2;
	}
	for (size_t i = 0; argc > 1 && i < N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			command = &commands[i];
	if (!command || argc - 2 < command->words)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, on_alarm);
	alarm(deadline_s);
	r = run(&phone, command, argv + 2);
	if (r < 0 && r != -EIO)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
	return r < 0;
}
