/* SPDX-License-Identifier: MIT */
/* The tables of the page for a browser, from those of lib. */
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/words.h"
#include "etc/gen-texts.h"
#include "lib/core/code.h"
#include "lib/core/reason.h"
#include "lib/core/show.h"
#include "lib/gatt/service.h"
#include "lib/gatt/standard.h"

/* A unit, as people write it. */
static const char *symbol_of(uint16_t unit)
{
	const char *name = unit_name(unit);

	return strcmp(name, "degC") == 0 ? "°C" : name;
}

/* A string, which ends neither itself nor the script. */
static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '<')
			printf("\\x%02x", (unsigned int)*text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void print_names(const char *name, size_t n,
			const char *(*word)(size_t i))
{
	printf("const %s = [", name);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", stdout);
		print_string(word(i));
	}
	puts("];");
}

static const char *mode_word(size_t i)
{
	return show_mode_name((enum bms_mode)i);
}

static const char *command_word(size_t i)
{
	return service_commands[i].word;
}

static void print_pages(void)
{
	char uuid[SERVICE_UUID_SIZE];

	service_uuid(0, uuid);
	printf("const UUID_BASE = \"%s\";\n"
	       "// Service, title.\n"
	       "const PAGES = [\n", uuid);
	for (size_t i = 0; i < SERVICE_PAGE_COUNT; i++) {
		printf("\t[0x%04x, ", service_pages[i].uuid);
		print_string(service_pages[i].name);
		puts("],");
	}
	puts("];");
}

static void print_formats(void)
{
	puts("// Bytes of a number (0: it is none), whether it has a sign.\n"
	     "const FORMATS = {");
	for (size_t i = 0; i < SERVICE_FORMAT_COUNT; i++)
		printf("\t\"%s\": [%u, %s],\n", service_formats[i].name,
		       service_formats[i].bytes,
		       service_formats[i].is_signed ? "true" : "false");
	puts("};");
}

/* What the row of a setting allows, as it is stored and thus written. */
static void print_range(const struct setting_row *row)
{
	int32_t step = row->scale;

	for (int i = 0; i < row->decimals; i++)
		step /= 10;
	printf(", [%d, %d, %d, {", row->min, row->max, step);
	for (const struct setting_choice *c = row->choices; c && c->name; c++)
		printf("%s\"%s\": %d", c == row->choices ? "" : ", ", c->name,
		       c->value);
	printf("}]");
}

static void print_row(const struct service_row *row)
{
	const struct setting_row *setting = NULL;

	if (row->writes == SERVICE_WRITES_SETTING)
		setting = settings_row(row->section, row->key);
	printf("\t[0x%04x, 0x%04x, ", service_pages[row->page].uuid,
	       row->uuid);
	print_string(row->name);
	printf(", \"%s\", %d, \"%s\", \"%s%s%s\", ",
	       service_formats[row->format].name, row->exponent,
	       symbol_of(row->unit), row->access & SERVICE_READ ? "r" : "",
	       row->access & SERVICE_NOTIFY ? "n" : "",
	       row->access & SERVICE_WRITE ? "w" : "");
	print_string(row->help ? row->help : setting ? setting->help : "");
	if (setting && setting->type == SETTING_NUMBER)
		print_range(setting);
	puts("],");
}

static void print_rows(void)
{
	puts("// Service, characteristic, name, format, exponent, unit,\n"
	     "// access (read, notify, write), help; of a setting that is a\n"
	     "// number also least, most, step, words beside that.\n"
	     "const ROWS = [");
	for (size_t i = 0; i < n_service_rows; i++)
		print_row(&service_rows[i]);
	for (size_t i = 0; i < STANDARD_COUNT; i++) {
		const struct standard_row *row = &standard_rows[i];

		/* Browsers do not read out serial numbers. */
		if (row->service != STANDARD_DEVICE_INFORMATION ||
		    i == STANDARD_SERIAL)
			continue;
		printf("\t[0x%04x, 0x%04x, ", row->service, row->uuid);
		print_string(row->name);
		printf(", \"%s\", 0, \"\", \"r\", \"\"],\n",
		       service_formats[SERVICE_TEXT].name);
	}
	puts("];\n"
	     "// Name, format, exponent, unit of a record's parts.\n"
	     "const RECORD = [");
	for (size_t i = 0; i < n_service_record_rows; i++) {
		const struct service_record_row *row = &service_record_rows[i];

		printf("\t[\"%s\", \"%s\", %d, \"%s\"],\n", row->name,
		       service_formats[row->format].name, row->exponent,
		       symbol_of(row->unit));
	}
	puts("];");
}

static void print_codes(void)
{
	puts("// Text, what it means, what to do.\n"
	     "const CODES = {");
	for (size_t i = 0; i < CODE_COUNT; i++) {
		printf("\t\"%s\": [", code_rows[i].name);
		print_string(code_rows[i].text);
		fputs(",\n\t\t", stdout);
		print_string(code_rows[i].means);
		fputs(",\n\t\t", stdout);
		print_string(code_rows[i].advice);
		puts("],");
	}
	puts("};");
}

static void print_reasons(void)
{
	puts("// Words, unit, side of the limit that is bad: -1 is below.\n"
	     "const REASONS = {");
	for (size_t i = 0; i < REASON_KIND_COUNT; i++) {
		const struct words_row *row = &words_rows[i];

		printf("\t\"%s\": [\"%s\", \"%s\", %d],\n",
		       reason_rows[i].name, row->words,
		       words_of_unit(reason_rows[i].unit),
		       row->side == WORDS_LOW ? -1 : row->side == WORDS_HIGH);
	}
	puts("};");
}

bool print_web_list(const char *line)
{
	if (strcmp(line, "// begin: tables\n") != 0)
		return false;
	print_pages();
	print_formats();
	print_rows();
	print_names("COMMANDS", n_service_commands, command_word);
	print_names("MODES", BMS_MODE_ON + 1, mode_word);
	print_codes();
	print_reasons();
	return true;
}
