/* SPDX-License-Identifier: MIT */
/*
 * The manual page vebus-bms-ng-dbus(5) and what the daemon shows are the
 * same: every interface, property and type of one is in the other (F1).
 */
#include "tests/unit/bus_probe.h"

#include <string.h>

#include "daemon/bus_table.h"
#include "tests/unit/unit.h"

enum { LINES_MAX = 256, LINE_SIZE = 128 };

/* "interface property type", one each. */
struct list {
	size_t n;
	char line[LINES_MAX][LINE_SIZE];
};

static void add(struct list *list, const char *interface, const char *name,
		const char *type)
{
	ck_assert_uint_lt(list->n, LINES_MAX);
	snprintf(list->line[list->n++], LINE_SIZE, "%s %s %s", interface,
		 name, type);
}

static bool has(const struct list *list, const char *line)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->line[i], line) == 0)
			return true;
	}
	return false;
}

static void read_page(struct list *list)
{
	FILE *file = unit_open("man/vebus-bms-ng-dbus.5");
	char interface[64] = "";
	char line[256];
	char name[64];
	char type[16];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, ".Ss %63s", interface) == 1)
			continue;
		if (sscanf(line, ".It Va %63s %15s", name, type) == 2)
			add(list, interface, name, type);
	}
	fclose(file);
}

/* Introspection XML as sd-bus writes it: a tag a line. */
static void read_xml(struct list *list, const char *xml)
{
	char interface[64] = "";
	char name[64];
	char type[16];

	for (const char *at = xml; at; at = strchr(at, '\n')) {
		at += strspn(at, "\n ");
		if (sscanf(at, "<interface name=\"%63[^\"]\"", interface) == 1)
			continue;
		if (strncmp(interface, BUS_NAME, strlen(BUS_NAME)) == 0 &&
		    sscanf(at, "<property name=\"%63[^\"]\" type=\"%7[^\"]\"",
			   name, type) == 2)
			add(list, interface, name, type);
	}
}

static void introspect(struct fixture *f, struct list *list,
		       const char *path)
{
	sd_bus_message *m = NULL;
	sd_bus_message *reply;
	const char *xml;

	ck_assert_int_ge(sd_bus_message_new_method_call(
		f->client, &m, BUS_NAME, path,
		"org.freedesktop.DBus.Introspectable", "Introspect"), 0);
	reply = fixture_call(f, m);
	ck_assert_int_ge(sd_bus_message_read(reply, "s", &xml), 0);
	read_xml(list, xml);
	sd_bus_message_unref(reply);
}

START_TEST(the_manual_page_lists_what_is_shown_and_nothing_else)
{
	struct fixture f;
	struct list *page = calloc(1, sizeof(*page));
	struct list *shown = calloc(1, sizeof(*shown));

	fixture_start(&f);
	read_page(page);
	introspect(&f, shown, BUS_ROOT);
	introspect(&f, shown, BUS_ROOT "/battery/1");
	introspect(&f, shown, BUS_ROOT "/inverter");
	introspect(&f, shown, BUS_ROOT "/bus/rack");
	ck_assert_uint_gt(shown->n, 70);
	for (size_t i = 0; i < shown->n; i++)
		ck_assert_msg(has(page, shown->line[i]),
			      "not in the page: %s", shown->line[i]);
	for (size_t i = 0; i < page->n; i++)
		ck_assert_msg(has(shown, page->line[i]),
			      "only in the page: %s", page->line[i]);
	fixture_stop(&f);
	free(page);
	free(shown);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus page");
	TCase *tcase = tcase_create("page");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       the_manual_page_lists_what_is_shown_and_nothing_else);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
