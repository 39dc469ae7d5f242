/* SPDX-License-Identifier: MIT */
#include "lib/base/overrides.h"

#include <string.h>

enum { FIELDS = 4, FIELD_SIZE = 40 };

/* Manual 4.3: what its user may adjust; and Bluetooth, 4.5. */
static const struct {
	const char *section;
	const char *key;
} changeable[] = {
	{ "battery-monitor", "charged-voltage" },
	{ "battery-monitor", "tail-current" },
	{ "battery-monitor", "charged-detection-time" },
	{ "battery-monitor", "low-soc-warning" },
	{ "battery-monitor", "discharge-floor" },
	{ "bluetooth", "enabled" },
};

_Static_assert(ARRAY_SIZE(changeable) <= OVERRIDES_MAX, "room for all");

bool override_allowed(const struct setting_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(changeable); i++) {
		if (strcmp(changeable[i].section, row->section) == 0 &&
		    strcmp(changeable[i].key, row->key) == 0)
			return true;
	}
	return false;
}

static size_t find(const struct overrides *o, const struct setting_row *row)
{
	size_t i = 0;

	while (i < o->n && o->item[i].row != row)
		i++;
	return i;
}

const struct override *override_find(const struct overrides *o,
				     const struct setting_row *row)
{
	size_t i = find(o, row);

	return i < o->n ? &o->item[i] : NULL;
}

static void drop(struct overrides *o, size_t i)
{
	o->item[i] = o->item[--o->n];
}

static int complain(char error[SETTINGS_ERROR_SIZE], const char *key,
		    const char *text)
{
	struct text t = text_in(error, SETTINGS_ERROR_SIZE);

	text_str(&t, key);
	text_str(&t, text);
	return -1;
}

/* Sets it where the whole stays free of contradictions. */
static int set_checked(struct settings *s, const struct setting_row *row,
		       const char *value, char error[SETTINGS_ERROR_SIZE])
{
	char before[OVERRIDE_VALUE_SIZE];
	char ignored[SETTINGS_ERROR_SIZE];
	uint64_t given = s->given;
	const char *section, *key;
	int r;

	settings_text(s, row, 0, before, sizeof(before));
	r = settings_set(s, row->section, row->key, value, error);
	if (r == 0)
		r = settings_check(s, &section, &key, error);
	if (r < 0)
		(void)settings_set(s, row->section, row->key, before, ignored);
	s->given = given;
	return r;
}

int override_set(struct overrides *o, struct settings *s,
		 const struct setting_row *row, const char *value,
		 char error[SETTINGS_ERROR_SIZE])
{
	struct override item = { .row = row };
	size_t i = find(o, row);

	if (!override_allowed(row))
		return complain(error, row->key, ": can only be changed in "
				"the file; then reload the daemon");
	settings_text(s, row, 0, item.file, sizeof(item.file));
	if (i < o->n)
		memcpy(item.file, o->item[i].file, sizeof(item.file));
	else if (o->n == OVERRIDES_MAX)
		return complain(error, row->key, ": too many changes");
	if (set_checked(s, row, value, error) < 0)
		return -1;
	/* As it is stored, not as it was typed. */
	settings_text(s, row, 0, item.value, sizeof(item.value));
	if (i == o->n)
		o->n++;
	o->item[i] = item;
	if (strcmp(item.value, item.file) == 0)
		drop(o, i);
	return 0;
}

/* Puts those that hold into s; without any check of the whole. */
static size_t apply_each(struct overrides *o, struct settings *s)
{
	char error[SETTINGS_ERROR_SIZE];
	char file[OVERRIDE_VALUE_SIZE];
	uint64_t given = s->given;
	size_t n = o->n;

	for (size_t i = o->n; i-- > 0;) {
		const struct override *item = &o->item[i];

		settings_text(s, item->row, 0, file, sizeof(file));
		if (strcmp(file, item->file) != 0 ||
		    settings_set(s, item->row->section, item->row->key,
				 item->value, error) < 0)
			drop(o, i);
	}
	s->given = given;
	return n - o->n;
}

size_t overrides_apply(struct overrides *o, struct settings *s)
{
	char error[SETTINGS_ERROR_SIZE];
	uint64_t given = s->given;
	const char *section, *key;
	size_t n = o->n;

	(void)apply_each(o, s);
	if (settings_check(s, &section, &key, error) < 0) {
		while (o->n > 0) {
			const struct override *item = &o->item[0];

			(void)settings_set(s, item->row->section,
					   item->row->key, item->file, error);
			drop(o, 0);
		}
		s->given = given;
	}
	return n - o->n;
}

void overrides_encode(const struct overrides *o, struct text *t)
{
	for (size_t i = 0; i < o->n; i++) {
		const struct override *item = &o->item[i];

		text_str(t, item->row->section);
		text_char(t, ' ');
		text_str(t, item->row->key);
		text_char(t, ' ');
		text_str(t, item->file);
		text_char(t, ' ');
		text_str(t, item->value);
		text_char(t, '\n');
	}
}

/* Cuts one line into its fields; false where there are not four. */
static bool cut(const char *line, size_t len, char field[FIELDS][FIELD_SIZE])
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == ' ' && at > 0 && n < FIELDS - 1) {
			field[n++][at] = '\0';
			at = 0;
		} else if (line[i] <= ' ' || at == FIELD_SIZE - 1) {
			return false;
		} else {
			field[n][at++] = line[i];
		}
	}
	field[n][at] = '\0';
	return n == FIELDS - 1 && at > 0;
}

static void take_line(struct overrides *o, const char *line, size_t len)
{
	char field[FIELDS][FIELD_SIZE];
	struct override *item = &o->item[o->n];
	const struct setting_row *row;

	if (o->n == OVERRIDES_MAX || !cut(line, len, field) ||
	    strlen(field[2]) >= OVERRIDE_VALUE_SIZE ||
	    strlen(field[3]) >= OVERRIDE_VALUE_SIZE)
		return;
	row = settings_row(field[0], field[1]);
	if (!row || !override_allowed(row) || override_find(o, row))
		return;
	*item = (struct override){ .row = row };
	memcpy(item->file, field[2], strlen(field[2]));
	memcpy(item->value, field[3], strlen(field[3]));
	o->n++;
}

void overrides_decode(struct overrides *o, const char *text, size_t len)
{
	memset(o, 0, sizeof(*o));
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		size_t used = end ? line + 1 : line;

		take_line(o, text, line);
		text += used;
		len -= used;
	}
}
