/* SPDX-License-Identifier: MIT */
/*
 * Any text as a configuration, line by line (I1): whatever is refused has
 * changed nothing, whatever is taken lies in its range, and says the same
 * when it is written out and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *trim(char *text)
{
	size_t n;

	while (*text == ' ' || *text == '\t')
		text++;
	n = strlen(text);
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t' ||
		     text[n - 1] == '\r'))
		text[--n] = '\0';
	return text;
}

/* The same value once more must be taken and change nothing. */
static void check_taken(const struct settings *s, const char *section,
			const char *key)
{
	const struct setting_row *row = settings_row(section, key);
	char error[SETTINGS_ERROR_SIZE];
	static struct settings again;
	char text[256];
	uint32_t bus = 0;

	if (!row)
		abort();
	if (!strncmp(section, "bus ", 4)) {
		const char *name = section + 4;

		while (bus < s->n_buses && strcmp(s->bus[bus].name, name))
			bus++;
		if (bus == s->n_buses)
			return; /* written with other blanks */
	}
	settings_text(s, row, bus, text, sizeof(text));
	again = *s;
	if (!*text && row->type != SETTING_LINE && row->type != SETTING_TEXT)
		abort();
	if (!*text)
		return;
	if (settings_set(&again, section, key, text, error) ||
	    memcmp(&again, s, sizeof(again)) != 0)
		abort();
}

static void take_line(struct settings *s, char *section, size_t room,
		      char *line)
{
	static struct settings before;
	char error[SETTINGS_ERROR_SIZE];
	char *equals = strchr(line, '=');
	size_t n = strlen(line);

	before = *s;
	if (*line == '[' && line[n - 1] == ']') {
		line[n - 1] = '\0';
		if (n - 1 > room)
			return;
		strcpy(section, line + 1);
		if (settings_section(s, section, error) &&
		    memcmp(&before, s, sizeof(before)) != 0)
			abort();
		return;
	}
	if (!equals)
		return;
	*equals = '\0';
	line = trim(line);
	if (!settings_set(s, section, line, trim(equals + 1), error))
		check_taken(s, section, line);
	else if (!memchr(error, '\0', sizeof(error)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings s;
	const char *section_at_fault = NULL;
	const char *key_at_fault = NULL;
	char error[SETTINGS_ERROR_SIZE];
	char section[512] = "";
	char *text = malloc(size + 1);
	char *line;
	char *next;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	settings_init(&s);
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = trim(line);
		if (*line)
			take_line(&s, section, sizeof(section), line);
	}
	if (settings_check(&s, &section_at_fault, &key_at_fault, error) &&
	    (!section_at_fault || !memchr(error, '\0', sizeof(error))))
		abort();
	free(text);
	return 0;
}
