/* SPDX-License-Identifier: MIT */
/* The lists of vebus-bms-ng-gatt(7), from the tables of lib/gatt. */
#include <stdio.h>
#include <string.h>

#include "etc/gen-texts.h"
#include "lib/gatt/fill.h"

enum { WORDS_SIZE = 512 };

const char *unit_name(uint16_t unit)
{
	for (size_t i = 0; i < n_service_units; i++)
		if (service_units[i].unit == unit)
			return service_units[i].name;
	return "";
}

static void add_hex(struct text *t, uint64_t value, unsigned int bytes)
{
	char digits[20];

	snprintf(digits, sizeof(digits), "0x%0*llx", (int)(2 * bytes),
		 (unsigned long long)value);
	text_str(t, digits);
}

/* "uint16, 0.1 %; unknown 0xffff" */
static void add_format(struct text *t, enum service_format format,
		       int8_t exponent, uint16_t unit)
{
	const struct service_format_row *row = &service_formats[format];
	uint64_t top = row->bytes ? (uint64_t)1 << (8 * row->bytes - 1) : 0;

	text_str(t, row->name);
	if (exponent < 0 || *unit_name(unit))
		text_str(t, ", ");
	if (exponent < 0) {
		text_fixed(t, 1, (unsigned int)-exponent);
		text_char(t, ' ');
	}
	text_str(t, unit_name(unit));
	if (!row->bytes)
		return;
	text_str(t, "; unknown ");
	add_hex(t, row->is_signed ? top : top | (top - 1), row->bytes);
}

static void add_access(struct text *t, const struct service_row *row)
{
	const char *between = "";

	if (row->access & SERVICE_READ) {
		text_str(t, "read");
		between = ", ";
	}
	if (row->access & SERVICE_NOTIFY) {
		text_str(t, between);
		text_str(t, "notified");
		between = ", ";
	}
	if (row->access & SERVICE_WRITE) {
		text_str(t, between);
		text_str(t, row->writes == SERVICE_WRITES_BATTERY ?
			 "written by anybody" : "written");
	}
}

static void add_help(struct text *t, const struct service_row *row)
{
	const struct setting_row *setting;

	if (row->help) {
		text_char(t, ' ');
		text_str(t, row->help);
	}
	if (row->writes != SERVICE_WRITES_SETTING)
		return;
	setting = settings_row(row->section, row->key);
	text_str(t, " The key ");
	text_str(t, row->key);
	text_str(t, " of [");
	text_str(t, row->section);
	text_str(t, "]: ");
	settings_allowed(setting, t);
	text_char(t, '.');
}

static void print_page(int page)
{
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < n_service_rows; i++) {
		const struct service_row *row = &service_rows[i];
		char words[WORDS_SIZE];
		struct text t = text_in(words, sizeof(words));

		if (row->page != (enum service_page)page)
			continue;
		add_format(&t, row->format, row->exponent, row->unit);
		text_str(&t, "; ");
		add_access(&t, row);
		text_char(&t, '.');
		add_help(&t, row);
		printf(".It Cm %04x No \\&%s\n", row->uuid, row->name);
		print_roff(words);
	}
	puts(".El");
}

static void print_pages(int all)
{
	(void)all;
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < SERVICE_PAGE_COUNT; i++) {
		char uuid[SERVICE_UUID_SIZE];

		service_uuid(service_pages[i].uuid, uuid);
		printf(".It %s\n", service_pages[i].name);
		print_roff(uuid);
	}
	puts(".El");
}

static void print_battery_record(int all)
{
	unsigned int at = 0;

	(void)all;
	puts(".Bl -column \"byte\" \"Allowed to discharge\"\n"
	     ".It Sy byte Ta Sy value Ta Sy format");
	for (size_t i = 0; i < n_service_record_rows; i++) {
		const struct service_record_row *row =
			&service_record_rows[i];
		char words[WORDS_SIZE];
		struct text t = text_in(words, sizeof(words));

		add_format(&t, row->format, row->exponent, row->unit);
		printf(".It %u Ta %s Ta %s\n", at, row->name, words);
		at += service_formats[row->format].bytes;
	}
	puts(".El");
}

static void print_commands(int all)
{
	(void)all;
	puts(".Bl -item -compact -offset indent");
	for (size_t i = 0; i < n_service_commands; i++)
		printf(".It\n.Cm %s\n", service_commands[i].word);
	puts(".El");
}

static void print_standard(int service)
{
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < STANDARD_COUNT; i++) {
		const struct standard_row *row = &standard_rows[i];

		if (row->service != service)
			continue;
		printf(".It Cm %04x No \\&%s\n%s.\n", row->uuid, row->name,
		       row->notify ? "Read, notified" :
		       row->indicate ? "Read, indicated" : "Read");
		print_roff(row->help);
	}
	puts(".El");
}

static void print_record(int which)
{
	const struct readout_record *record =
		readout_record((enum instant_readout)which);

	printf("Record %02X, %d bytes:\n"
	       ".Bl -column \"bit\" \"bits\" \"unknown\"\n"
	       ".It Sy bit Ta Sy bits Ta Sy unknown Ta Sy value\n",
	       record->type, record->size);
	for (size_t i = 0; i < record->n_fields; i++) {
		const struct readout_field *field = &record->field[i];

		printf(".It %d Ta %d Ta 0x%x Ta %s\n", field->start,
		       field->bits, (unsigned int)field->unknown,
		       field->title);
	}
	puts(".El");
}

static void print_errors(int all)
{
	(void)all;
	puts(".Bl -column \"W-B01\" \"error\"\n"
	     ".It Sy code Ta Sy error Ta Sy text");
	for (size_t i = 0; i < CODE_COUNT; i++)
		if (fill_error((enum code)i))
			printf(".It %s Ta %d Ta %s\n", code_rows[i].name,
			       fill_error((enum code)i), code_rows[i].text);
	puts(".El");
}

static const struct list {
	const char *what;
	void (*print)(int which);
	int which;
} lists[] = {
	{ "readout bms", print_record, INSTANT_READOUT_BMS },
	{ "readout battery-monitor", print_record,
	  INSTANT_READOUT_BATTERY_MONITOR },
	{ "readout smart-lithium", print_record,
	  INSTANT_READOUT_SMART_LITHIUM },
	{ "errors", print_errors, 0 },
	{ "service battery", print_standard, STANDARD_BATTERY },
	{ "service device", print_standard, STANDARD_DEVICE_INFORMATION },
	{ "pages", print_pages, 0 },
	{ "page status", print_page, SERVICE_STATUS },
	{ "page batteries", print_page, SERVICE_BATTERIES },
	{ "page history", print_page, SERVICE_HISTORY },
	{ "page settings", print_page, SERVICE_SETTINGS },
	{ "commands", print_commands, 0 },
	{ "battery record", print_battery_record, 0 },
};

bool print_gatt_list(const char *line)
{
	char what[40];

	if (sscanf(line, ".\\\" begin: %39[^\n]", what) != 1)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (strcmp(lists[i].what, what) != 0)
			continue;
		lists[i].print(lists[i].which);
		return true;
	}
	return false;
}
