/* SPDX-License-Identifier: MIT */
/*
 * Writes what is derived from the settings table:
 *
 *	gen-conf conf           the configuration file with every key
 *	gen-conf man < TEMPLATE the manual page: each line "@keys SECTION@"
 *	                        becomes the list of that section's keys
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/settings.h"

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

/* A comment of as many lines as it takes. */
static void print_comment(const char *words)
{
	size_t column = 0;

	while (*words) {
		size_t len = strcspn(words, " ");

		if (column > 0 && column + 1 + len > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column ? " " : "; ",
					 (int)len, words);
		words += len;
		words += strspn(words, " ");
	}
	putchar('\n');
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
static void print_roff(const char *words)
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

static int print_man(void)
{
	char line[512];
	char section[32];
	char end;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "@keys %31[a-z-]%c", section, &end) == 2 &&
		    end == '@')
			print_man_keys(section);
		else
			fputs(line, stdout);
	}
	return ferror(stdin) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;

	if (argc == 2 && strcmp(argv[1], "conf") == 0) {
		print_conf();
		status = EXIT_SUCCESS;
	} else if (argc == 2 && strcmp(argv[1], "man") == 0) {
		status = print_man();
	} else {
		fputs("usage: gen-conf conf | gen-conf man < TEMPLATE\n",
		      stderr);
	}
	return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}
