/* SPDX-License-Identifier: MIT */
/* The settings with where each comes from; and changing one. */
#include <errno.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/print_text.h"
#include "daemon/ctl/write_json.h"
#include "lib/base/maybe.h"

/* In the order of the answer. */
struct listed {
	const char *section;
	const char *key;
	const char *value;
	const char *unit;
	const char *origin; /* default, file, changed */
	const char *allowed;
	const char *help;
};

/* KEY, SECTION.KEY, or of a bus NAME.KEY. */
static bool is_named(const struct listed *s, const char *name)
{
	const char *sections[] = { s->section, s->section };

	if (strncmp(s->section, "bus ", 4) == 0)
		sections[1] += 4;
	if (strcmp(s->key, name) == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		size_t n = strlen(sections[i]);

		if (strncmp(sections[i], name, n) == 0 && name[n] == '.' &&
		    strcmp(s->key, name + n + 1) == 0)
			return true;
	}
	return false;
}

/* With its unit where it is a number: "auto" has none. */
static void value_text(const struct listed *s, char *buf, size_t size)
{
	bool number = *s->value && *s->unit && s->value[0] < ':';

	snprintf(buf, size, "%s%s%s", *s->value ? s->value : "-",
		 number ? " " : "", number ? s->unit : "");
}

static void print_row(const struct ctl *ctl, const struct listed *s)
{
	struct printer printer = { stdout, ctl->color };
	char value[320];

	value_text(s, value, sizeof(value));
	printf("  %-28s %-20s ", s->key, value);
	print_colored(&printer, strcmp(s->origin, "changed") == 0 ?
		      PRINT_WARN : PRINT_PLAIN, s->origin);
	putchar('\n');
}

static void print_one(const struct listed *s)
{
	char value[320];

	value_text(s, value, sizeof(value));
	printf("[%s] %s = %s\n  %s\n  allowed: %s\n  origin: %s\n",
	       s->section, s->key, value, s->help, s->allowed, s->origin);
}

static void json_row(const struct listed *s)
{
	const struct {
		const char *name;
		const char *value;
	} fields[] = {
		{ "section", s->section }, { "key", s->key },
		{ "value", s->value }, { "unit", s->unit },
		{ "origin", s->origin }, { "allowed", s->allowed },
		{ "help", s->help },
	};

	putchar('{');
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		printf("%s\"%s\":", i ? "," : "", fields[i].name);
		json_text(stdout, fields[i].value);
	}
	puts("}");
}

/* Walks the answer: all rows, or those that are named so. Returns how many
 * there were, or -errno. */
static int print_rows(const struct ctl *ctl, sd_bus_message *reply,
		      const char *name)
{
	char section[64] = "";
	struct listed s;
	int n = 0;
	int r = sd_bus_message_enter_container(reply, 'a', "(sssssss)");

	while (r >= 0 &&
	       (r = sd_bus_message_read(reply, "(sssssss)", &s.section,
					&s.key, &s.value, &s.unit, &s.origin,
					&s.allowed, &s.help)) > 0) {
		if (name && !is_named(&s, name))
			continue;
		n++;
		if (ctl->json) {
			json_row(&s);
			continue;
		}
		if (name) {
			print_one(&s);
			continue;
		}
		if (strcmp(section, s.section) != 0)
			printf("%s[%s]\n", n > 1 ? "\n" : "", s.section);
		snprintf(section, sizeof(section), "%s", s.section);
		print_row(ctl, &s);
	}
	return r < 0 ? r : n;
}

/* The section of the one setting with that name. */
static int find_section(sd_bus_message *reply, const char *name,
			char section[64], char key[64])
{
	struct listed s;
	int n = 0;
	int r = sd_bus_message_enter_container(reply, 'a', "(sssssss)");

	while (r >= 0 &&
	       (r = sd_bus_message_read(reply, "(sssssss)", &s.section,
					&s.key, &s.value, &s.unit, &s.origin,
					&s.allowed, &s.help)) > 0) {
		if (!is_named(&s, name))
			continue;
		n++;
		snprintf(section, 64, "%s", s.section);
		snprintf(key, 64, "%s", s.key);
	}
	return r < 0 ? r : n;
}

static int complain_name(const char *name, int n)
{
	if (n == 0)
		ctl_complain("no setting is called \"%s\"; vebus-bms-ngctl "
			     "settings lists all", name);
	else
		ctl_complain("%d sections have a setting \"%s\"; write "
			     "SECTION.%s", n, name, name);
	return CTL_FAILED;
}

static int change(const struct ctl *ctl, sd_bus *bus, sd_bus_message *list,
		  const char *name, const char *value)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char section[64], key[64];
	int r = find_section(list, name, section, key);

	if (r >= 0 && r != 1)
		return complain_name(name, r);
	if (r >= 0)
		r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_SETTINGS,
				       "Set", &error, NULL, "sss", section,
				       key, value);
	if (r < 0)
		ctl_complain_call(ctl, r, &error);
	sd_bus_error_free(&error);
	return r < 0 ? CTL_FAILED : CTL_OK;
}

static int list(const struct ctl *ctl, sd_bus_message *reply,
		const char *name)
{
	int r = print_rows(ctl, reply, name);

	if (r == 0)
		return complain_name(name ? name : "", 0);
	if (r < 0)
		ctl_complain("%s", strerror(-r));
	return r < 0 ? CTL_FAILED : CTL_OK;
}

int ctl_settings(const struct ctl *ctl, char *const arguments[])
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *name = arguments[0];
	const char *value = name ? arguments[1] : NULL;
	int status = CTL_FAILED;
	sd_bus *bus;
	int r;

	if (value && arguments[2]) {
		ctl_complain("\"%s\" is one argument too many", arguments[2]);
		return CTL_USAGE;
	}
	bus = ctl_connect(ctl);
	if (!bus)
		return CTL_FAILED;
	r = sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_SETTINGS, "List",
			       &error, &reply, "");
	if (r < 0)
		ctl_complain_call(ctl, r, &error);
	else if (value)
		status = change(ctl, bus, reply, name, value);
	else
		status = list(ctl, reply, name);
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return status;
}
