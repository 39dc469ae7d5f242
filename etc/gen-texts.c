/* SPDX-License-Identifier: MIT */
/*
 * Writes what is derived from tables, on its standard output:
 *
 *	gen-texts conf       the configuration file with every key
 *	gen-texts catalog    the journal's catalog with every code and message
 *	gen-texts man < PAGE the manual page with its lists made anew: what
 *	                     stands between .\" begin: keys SECTION (or
 *	                     .\" begin: codes, or leds, or one of gen-gatt.c)
 *	                     and .\" end
 *	gen-texts web < PAGE the page for a browser, its tables made anew
 *
 * Its results are part of the tree, so that nothing built has to be run to
 * build; "make update-texts" writes them, and a test compares.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bluetooth_message.h"
#include "etc/gen-texts.h"
#include "lib/base/settings.h"
#include "lib/core/code.h"
#include "lib/core/leds.h"

enum { COLUMNS = 78, WORDS_SIZE = 512 };

struct section {
	const char *name;
	const char *heading;  /* as it stands in the file */
	const char *about;
};

/* A heading that switches something on stands there as a comment. */
static const struct section sections[] = {
	{ "general", "[general]", "The bank as a whole." },
	{ "bus", ";[bus rack]", "A tty with batteries on it: one such section "
	  "for each tty, with a name of your own." },
	{ "inverter", ";[inverter]", "The MK3 interface to the "
	  "inverter/charger. Without this section there is none." },
	{ "gpio", "[gpio]", "The lines, by number or name. An output that "
	  "may be missing and an input are left out by an empty value." },
	{ "protection", "[protection]", "When loads and chargers are "
	  "disconnected." },
	{ "battery-monitor", "[battery-monitor]", "State of charge." },
	{ "bluetooth", "[bluetooth]", "What is on the air." },
	{ "capture", "[capture]", "A recording of what the ports said, for "
	  "bug reports." },
};

struct example {
	const char *section;
	const char *key;
	const char *value;
};

/* Where there is no default that could be shown. */
static const struct example examples[] = {
	{ "general", "batteries", "4" },
	{ "bus", "device", "/dev/serial/by-id/usb-..." },
	{ "bus", "protocol", "jk-pb" },
	{ "bus", "addresses", "1-4" },
};

static const char *shown_value(const struct setting_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		if (strcmp(examples[i].section, row->section) == 0 &&
		    strcmp(examples[i].key, row->key) == 0)
			return examples[i].value;
	return row->default_text;
}

/* "Allowed: ...; default: ..." */
static void describe(const struct setting_row *row, char words[WORDS_SIZE])
{
	struct text t = text_in(words, WORDS_SIZE);

	text_str(&t, "Allowed: ");
	settings_allowed(row, &t);
	if (row->required)
		text_str(&t, ". Must be given.");
	else if (!*row->default_text)
		text_str(&t, ". Not set by default.");
	else {
		text_str(&t, ". Default: ");
		text_str(&t, row->default_text);
		if (*row->unit && row->default_text[0] < ':')
			text_char(&t, ' ');
		if (row->default_text[0] < ':')
			text_str(&t, row->unit);
		text_char(&t, '.');
	}
}

/* A paragraph of as many lines as it takes; each begins with start. */
static void print_paragraph(const char *start, const char *words)
{
	size_t column = 0;

	while (*words) {
		size_t len = strcspn(words, " ");

		if (column > 0 && column + 1 + len > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column ? " " : start,
					 (int)len, words);
		words += len;
		words += strspn(words, " ");
	}
	putchar('\n');
}

static void print_comment(const char *words)
{
	print_paragraph("; ", words);
}

static void print_conf_section(const struct section *section)
{
	char words[WORDS_SIZE];

	putchar('\n');
	print_comment(section->about);
	printf("%s\n", section->heading);
	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];
		const char *value = shown_value(row);

		if (strcmp(row->section, section->name) != 0)
			continue;
		putchar('\n');
		print_comment(row->help);
		describe(row, words);
		print_comment(words);
		printf(";%s =%s%s\n", row->key, *value ? " " : "", value);
	}
}

static void print_conf(void)
{
	print_comment("Configuration of vebus-bms-ngd; see "
		      "vebus-bms-ng.conf(5). Lines that start with \";\" are "
		      "comments: each key stands behind one with its default "
		      "(or an example, where it must be given). Take the "
		      "\";\" away to set it. Check with: vebus-bms-ngd "
		      "--check-config");
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		print_conf_section(&sections[i]);
}

static void print_labelled(const char *label, const char *words)
{
	char paragraph[WORDS_SIZE];
	struct text t = text_in(paragraph, sizeof(paragraph));

	text_str(&t, label);
	text_str(&t, words);
	putchar('\n');
	print_paragraph("", paragraph);
}

/* The format is catalog(7)'s; journalctl puts the fields of the entry in
 * place of their names between two @. */
static void print_catalog(void)
{
	puts("# SPDX-License-Identifier: MIT\n"
	     "# What journalctl -x says; from lib/core/code.c and "
	     "daemon/bluetooth_message.c\n# by \"make update-texts\".");
	for (size_t i = 0; i < CODE_COUNT; i++) {
		const struct code_row *row = &code_rows[i];

		printf("\n-- %s\n"
		       "Subject: %s %s (active: @VEBUS_BMS_ACTIVE@)\n"
		       "Defined-By: vebus-bms-ng\n"
		       "Documentation: man:vebus-bms-ngd(8)\n",
		       row->id, row->name, row->text);
		print_labelled("", row->means);
		print_labelled("Outputs: ", row->outputs);
		print_labelled("What to do: ", row->advice);
		print_labelled("First reason, where there is one: ",
			       "@VEBUS_BMS_REASON@");
	}
}

static void print_catalog_bluetooth(void)
{
	for (size_t i = 0; i < BLUETOOTH_MESSAGE_COUNT; i++) {
		const struct bluetooth_message_row *row =
			&bluetooth_messages[i];

		printf("\n-- %s\n"
		       "Subject: %s\n"
		       "Defined-By: vebus-bms-ng\n"
		       "Documentation: man:vebus-bms-ngd(8)\n",
		       row->id, row->subject);
		print_labelled("", row->means);
		print_labelled("Outputs: ", "No output changes.");
		print_labelled("What to do: ", row->advice);
	}
}

/* One word of a manual page, of that length. */
static void print_roff_word(const char *word, size_t len)
{
	if (*word == '.' || *word == '\'')
		fputs("\\&", stdout);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", stdout);
		else if (word[i] == '-')
			fputs("\\-", stdout);
		else
			putchar(word[i]);
	}
}

/* Text of a manual page: lines of a fair length, each sentence on its own,
 * as mdoc(7) wants it. */
void print_roff(const char *words)
{
	size_t column = 0;

	while (*words) {
		size_t len = strcspn(words, " ");
		bool sentence = words[len - 1] == '.';

		if (column > 0)
			putchar(column + len > COLUMNS - 20 ? '\n' : ' ');
		column = column + len > COLUMNS - 20 ? len : column + len + 1;
		print_roff_word(words, len);
		words += len;
		words += strspn(words, " ");
		if (sentence && *words) {
			putchar('\n');
			column = 0;
		}
	}
	putchar('\n');
}

static void print_man_keys(const char *section)
{
	char words[WORDS_SIZE];

	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];

		if (strcmp(row->section, section) != 0)
			continue;
		printf(".It Cm %s\n", row->key);
		print_roff(row->help);
		describe(row, words);
		puts(".br");
		print_roff(words);
	}
	puts(".El");
}

static void print_man_codes(void)
{
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < CODE_COUNT; i++) {
		const struct code_row *row = &code_rows[i];

		printf(".It Cm %s No \\&%s\n", row->name, row->text);
		print_roff(row->means);
		print_roff(row->outputs);
		print_roff(row->advice);
		printf(".br\n.Dv MESSAGE_ID=%s\n", row->id);
	}
	puts(".El");
}

/* The patterns that blink: each with its period and the time it is lit. */
static void print_man_leds(void)
{
	puts(".Bl -column \"one blink\" \"period, s\" \"lit, s\"\n"
	     ".It Sy pattern Ta Sy period, s Ta Sy lit, s");
	for (size_t i = 0; i < LED_PATTERN_COUNT; i++) {
		const struct led_pattern_row *row = &led_patterns[i];

		if (row->on_ms > 0 && row->on_ms < row->period_ms)
			printf(".It %s Ta %.1f Ta %.1f\n", row->name,
			       row->period_ms / 1e3, row->on_ms / 1e3);
	}
	puts(".El");
}

/* Prints a list where the line asks for one. */
static bool print_man_list(const char *line)
{
	char section[32];

	if (sscanf(line, ".\\\" begin: keys %31[a-z-]", section) == 1)
		print_man_keys(section);
	else if (strcmp(line, ".\\\" begin: codes\n") == 0)
		print_man_codes();
	else if (strcmp(line, ".\\\" begin: leds\n") == 0)
		print_man_leds();
	else
		return print_gatt_list(line);
	return true;
}

/* A text with its lists made anew: make prints one behind the line that
 * begins it, up to the line end. */
static int print_filled(bool (*make)(const char *line), const char *end)
{
	bool old = false; /* in a list as it was */
	char line[512];

	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, end) == 0)
			old = false;
		if (old)
			continue;
		fputs(line, stdout);
		old = make(line);
	}
	return old || ferror(stdin) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	int status = EXIT_SUCCESS;

	if (strcmp(what, "conf") == 0) {
		print_conf();
	} else if (strcmp(what, "catalog") == 0) {
		print_catalog();
		print_catalog_bluetooth();
	} else if (strcmp(what, "man") == 0) {
		status = print_filled(print_man_list, ".\\\" end\n");
	} else if (strcmp(what, "web") == 0) {
		status = print_filled(print_web_list, "// end\n");
	} else {
		fputs("usage: gen-texts conf | gen-texts catalog | "
		      "gen-texts man < PAGE | gen-texts web < PAGE\n",
		      stderr);
		status = EXIT_FAILURE;
	}
	return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}
