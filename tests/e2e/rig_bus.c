/* SPDX-License-Identifier: MIT */
#include "tests/e2e/rig_private.h"

#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int on_signal(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct rig *rig = data;

	(void)m;
	(void)error;
	rig->changes++;
	return 0;
}

/* Refused while the socket is there but nobody listens yet. */
static int start_bus(struct rig *rig)
{
	int r;

	ck_assert_int_ge(sd_bus_new(&rig->bus), 0);
	ck_assert_int_ge(sd_bus_set_address(rig->bus, rig->text), 0);
	ck_assert_int_ge(sd_bus_set_bus_client(rig->bus, 1), 0);
	r = sd_bus_start(rig->bus);
	if (r < 0)
		rig->bus = sd_bus_unref(rig->bus);
	return r;
}

void rig_connect_bus(struct rig *rig)
{
	uint64_t end = rig_now_us() + 10000000;
	int r;

	rig_bus_address(rig);
	do {
		r = start_bus(rig);
	} while (r == -ECONNREFUSED && rig_now_us() < end &&
		 poll(NULL, 0, 5) == 0);
	ck_assert_int_ge(r, 0);
	ck_assert_int_ge(sd_bus_add_match(rig->bus, NULL,
		"type='signal',path_namespace='" RIG_ROOT "'", on_signal, rig),
		0);
	ck_assert_int_ge(sd_bus_add_match(rig->bus, NULL,
		"type='signal',sender='org.freedesktop.DBus',"
		"member='NameOwnerChanged',arg0='" RIG_NAME "'",
		on_signal, rig), 0);
}

/* Splits "battery/2.Online" into path and interface; the member's name. */
static const char *locate(const char *property, char path[256],
			  char interface[64])
{
	static const struct {
		const char *prefix;
		const char *interface;
		bool root; /* an interface of the root, not an object */
	} kinds[] = {
		{ "battery/", RIG_NAME ".Battery1", false },
		{ "inverter", RIG_NAME ".Inverter1", false },
		{ "bus/", RIG_NAME ".Bus1", false },
		{ "settings", RIG_NAME ".Settings1", true },
		{ "history", RIG_NAME ".History1", true },
		{ "bluetooth", RIG_NAME ".Bluetooth1", true },
	};
	const char *dot = strchr(property, '.');

	snprintf(path, 256, "%s", RIG_ROOT);
	snprintf(interface, 64, "%s", RIG_NAME ".Bms1");
	if (!dot)
		return property;
	snprintf(path, 256, "%s/%.*s", RIG_ROOT, (int)(dot - property),
		 property);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(property, kinds[i].prefix,
			    strlen(kinds[i].prefix)) != 0)
			continue;
		snprintf(interface, 64, "%s", kinds[i].interface);
		if (kinds[i].root)
			snprintf(path, 256, "%s", RIG_ROOT);
	}
	return dot + 1;
}

static void print_basic(sd_bus_message *m, char type, FILE *out)
{
	union {
		int b;
		double d;
		uint32_t u;
		uint64_t t;
		const char *s;
	} v;

	ck_assert_int_gt(sd_bus_message_read_basic(m, type, &v), 0);
	switch (type) {
	case 'b':
		fputs(v.b ? "yes" : "no", out);
		break;
	case 'd':
		fprintf(out, "%.3f", v.d);
		break;
	case 'u':
		fprintf(out, "%" PRIu32, v.u);
		break;
	case 't':
		fprintf(out, "%" PRIu64, v.t);
		break;
	case 's':
		fputs(v.s, out);
		break;
	default:
		ck_abort_msg("a property of type %c", type);
	}
}

/* "address name" of a bond. */
static void print_pair(sd_bus_message *m, FILE *out)
{
	const char *a, *b;

	ck_assert_int_gt(sd_bus_message_read(m, "(ss)", &a, &b), 0);
	fprintf(out, "%s %s", a, b);
}

static void print_property(sd_bus_message *m, FILE *out)
{
	const char *contents;
	char type;
	bool first = true;

	ck_assert_int_gt(sd_bus_message_peek_type(m, &type, &contents), 0);
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'v', contents), 0);
	ck_assert_int_gt(sd_bus_message_peek_type(m, &type, &contents), 0);
	if (type != 'a') {
		print_basic(m, type, out);
		return;
	}
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', contents), 0);
	while (!sd_bus_message_at_end(m, 0)) {
		if (!first)
			fputc(' ', out);
		if (contents[0] == '(')
			print_pair(m, out);
		else
			print_basic(m, contents[0], out);
		first = false;
	}
}

/* The property as text into rig->text; "" where the daemon is not there. */
static const char *get(struct rig *rig, const char *property)
{
	char path[256];
	char interface[64];
	const char *member = locate(property, path, interface);
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	FILE *out;
	int r;

	r = sd_bus_call_method(rig->bus, RIG_NAME, path,
			       "org.freedesktop.DBus.Properties", "Get",
			       &error, &reply, "ss", interface, member);
	rig->text[0] = '\0';
	if (r >= 0) {
		out = fmemopen(rig->text, sizeof(rig->text), "w");
		print_property(reply, out);
		fputc('\0', out);
		fclose(out);
	}
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return rig->text;
}

const char *rig_get(struct rig *rig, const char *property)
{
	return get(rig, property);
}

double rig_get_double(struct rig *rig, const char *property)
{
	return strtod(get(rig, property), NULL);
}

/* Handles what has come; else sleeps until something comes or 100 ms. */
void rig_turn(struct rig *rig)
{
	int changes = rig->changes;

	while (sd_bus_process(rig->bus, NULL) > 0)
		;
	if (rig->changes == changes)
		(void)sd_bus_wait(rig->bus, 100000);
	while (sd_bus_process(rig->bus, NULL) > 0)
		;
}

void rig_show_log(struct rig *rig)
{
	static const char *const names[] = { "daemon.log", "sim.log" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len;

		rig_file_text(rig_path(rig, names[i]), rig->printed,
			  sizeof(rig->printed));
		len = strlen(rig->printed);
		printf("--- %s\n%s\n", names[i], len > 6000 ?
		       rig->printed + len - 6000 : rig->printed);
	}
	printf("--- reasons: %s\n", get(rig, "ChargeReasons"));
	printf("--- reasons: %s\n", get(rig, "DischargeReasons"));
	fflush(stdout);
}

typedef bool (*wish)(const char *text, const char *word);

static bool is(const char *text, const char *word)
{
	return strcmp(text, word) == 0;
}

static bool has(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

static bool has_not(const char *text, const char *word)
{
	return strstr(text, word) == NULL;
}

static uint64_t until(struct rig *rig, const char *property,
		      const char *word, uint32_t timeout_ms, wish suits)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;

	while (!suits(get(rig, property), word)) {
		if (rig_now_us() > deadline) {
			char was[TEXT_SIZE];

			snprintf(was, sizeof(was), "%s", rig->text);
			rig_show_log(rig);
			ck_abort_msg("%s is \"%s\" after %u ms, not \"%s\"",
				     property, was, timeout_ms, word);
		}
		rig_turn(rig);
	}
	return rig_now_us();
}

uint64_t rig_until(struct rig *rig, const char *property, const char *value,
		   uint32_t timeout_ms)
{
	return until(rig, property, value, timeout_ms, is);
}

uint64_t rig_until_has(struct rig *rig, const char *property,
		       const char *word, uint32_t timeout_ms)
{
	return until(rig, property, word, timeout_ms, has);
}

uint64_t rig_until_has_not(struct rig *rig, const char *property,
			   const char *word, uint32_t timeout_ms)
{
	return until(rig, property, word, timeout_ms, has_not);
}

void rig_stays(struct rig *rig, const char *property, const char *value,
	       uint32_t ms)
{
	uint64_t end_us = rig_now_us() + (uint64_t)ms * 1000;

	while (rig_now_us() < end_us) {
		const char *text = get(rig, property);

		if (strcmp(text, value) != 0) {
			char was[TEXT_SIZE];

			snprintf(was, sizeof(was), "%s", text);
			rig_show_log(rig);
			ck_abort_msg("%s became \"%s\"", property, was);
		}
		rig_turn(rig);
	}
}

unsigned int rig_log_count(struct rig *rig, const char *text)
{
	static char log[4 << 20];
	unsigned int n = 0;

	rig_file_text(rig_path(rig, "daemon.log"), log, sizeof(log));
	for (const char *at = log; (at = strstr(at, text)); at++)
		n++;
	return n;
}

bool rig_log_has(struct rig *rig, const char *text)
{
	return rig_log_count(rig, text) > 0;
}

void rig_until_log(struct rig *rig, const char *text, uint32_t timeout_ms)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;

	while (!rig_log_has(rig, text)) {
		if (rig_now_us() > deadline) {
			rig_show_log(rig);
			ck_abort_msg("the log does not say \"%s\"", text);
		}
		rig_turn(rig);
	}
}

