/* SPDX-License-Identifier: MIT */
#include "lib/base/settings.h"

#include <string.h>

#include "lib/base/crc.h"
#include "lib/base/nearest.h"
#include "lib/base/settings_parse.h"

enum { VALUE_TEXT_SIZE = 256 };

static const char bus_prefix[] = "bus ";

/* Ports in a capture carry the names of buses beside these. */
static const char *const reserved_names[] = { "inverter", "gpio" };

static const char *bus_name(const char *section)
{
	if (strncmp(section, bus_prefix, sizeof(bus_prefix) - 1) != 0)
		return NULL;
	return section + sizeof(bus_prefix) - 1;
}

/* As the rows call it: "bus" for every bus. */
static const char *row_section(const char *section)
{
	return bus_name(section) ? "bus" : section;
}

static bool is_bus_row(const struct setting_row *row)
{
	return strcmp(row->section, "bus") == 0;
}

const struct setting_row *settings_row(const char *section, const char *key)
{
	section = row_section(section);
	for (size_t i = 0; i < n_setting_rows; i++)
		if (strcmp(setting_rows[i].section, section) == 0 &&
		    strcmp(setting_rows[i].key, key) == 0)
			return &setting_rows[i];
	return NULL;
}

static int complain(char error[SETTINGS_ERROR_SIZE], const char *a,
		    const char *b, const char *c)
{
	struct text t = text_in(error, SETTINGS_ERROR_SIZE);

	text_str(&t, a);
	text_str(&t, b);
	text_str(&t, c);
	return -1;
}

/* Rows with a default; those of a bus where bus, the others where not. */
static void set_defaults(void *base, bool bus)
{
	char ignored[SETTINGS_ERROR_SIZE];

	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];
		struct text why = text_in(ignored, sizeof(ignored));

		if (is_bus_row(row) == bus && *row->default_text)
			(void)setting_store(row, base, row->default_text,
					    &why);
	}
}

void settings_init(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	set_defaults(s, false);
}

static struct settings_bus *find_bus(struct settings *s, const char *name)
{
	for (uint32_t i = 0; i < s->n_buses; i++)
		if (strcmp(s->bus[i].name, name) == 0)
			return &s->bus[i];
	return NULL;
}

static bool is_bus_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= BMS_NAME_SIZE)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(reserved_names); i++)
		if (strcmp(name, reserved_names[i]) == 0)
			return false;
	for (; *name; name++)
		if (!(*name >= 'a' && *name <= 'z') &&
		    !(*name >= 'A' && *name <= 'Z') &&
		    !(*name >= '0' && *name <= '9') &&
		    *name != '-' && *name != '_')
			return false;
	return true;
}

static int open_bus(struct settings *s, const char *name,
		    char error[SETTINGS_ERROR_SIZE])
{
	struct settings_bus *bus;

	if (find_bus(s, name))
		return 0;
	if (!is_bus_name(name))
		return complain(error, "this cannot be the name of a bus; "
				"allowed: up to 31 letters, digits, \"-\" and "
				"\"_\", but not inverter or gpio", "", "");
	if (s->n_buses == BMS_BUSES_MAX)
		return complain(error, "one bus more than the 64 that are "
				"allowed", "", "");
	bus = &s->bus[s->n_buses++];
	memset(bus, 0, sizeof(*bus));
	memcpy(bus->name, name, strlen(name));
	set_defaults(bus, true);
	return 0;
}

/* Nearest of all sections, or of all keys of the section. */
static const char *nearest_word(const char *word, const char *section)
{
	const char *best = NULL;
	size_t best_distance = nearest_limit(word);

	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];
		const char *known = section ? row->key : row->section;
		size_t distance;

		if (section && strcmp(row->section, section) != 0)
			continue;
		distance = nearest_distance(word, known);
		if (distance > best_distance || (best &&
		    distance == best_distance))
			continue;
		best = known;
		best_distance = distance;
	}
	return best;
}

static int unknown_section(const char *section,
			   char error[SETTINGS_ERROR_SIZE])
{
	struct text t = text_in(error, SETTINGS_ERROR_SIZE);
	const char *near = nearest_word(section, NULL);

	if (near) {
		text_str(&t, "no such section; [");
		text_str(&t, near);
		text_str(&t, strcmp(near, "bus") == 0 ? " NAME]" : "]");
		text_str(&t, " was probably meant");
		return -1;
	}
	text_str(&t, "no such section; allowed: ");
	for (size_t i = 0; i < n_setting_rows; i++) {
		const char *known = setting_rows[i].section;

		if (i > 0 && strcmp(known, setting_rows[i - 1].section) == 0)
			continue;
		text_str(&t, i > 0 ? ", [" : "[");
		text_str(&t, known);
		text_str(&t, is_bus_row(&setting_rows[i]) ? " NAME]" : "]");
	}
	return -1;
}

int settings_section(struct settings *s, const char *section,
		     char error[SETTINGS_ERROR_SIZE])
{
	const char *name = bus_name(section);

	if (name)
		return open_bus(s, name, error);
	if (strcmp(section, "bus") == 0)
		return complain(error, "a bus needs a name: [bus NAME]", "",
				"");
	for (size_t i = 0; i < n_setting_rows; i++) {
		if (strcmp(setting_rows[i].section, section) != 0)
			continue;
		if (strcmp(section, "inverter") == 0)
			s->inverter.present = true;
		return 0;
	}
	return unknown_section(section, error);
}

static int unknown_key(const char *section, const char *key,
		       char error[SETTINGS_ERROR_SIZE])
{
	struct text t = text_in(error, SETTINGS_ERROR_SIZE);
	const char *near = nearest_word(key, row_section(section));

	text_str(&t, key);
	for (size_t i = 0; i < n_setting_rows; i++) {
		if (strcmp(setting_rows[i].key, key) != 0)
			continue;
		text_str(&t, ": not a key of this section; it belongs into [");
		text_str(&t, setting_rows[i].section);
		text_str(&t, is_bus_row(&setting_rows[i]) ? " NAME]" : "]");
		return -1;
	}
	text_str(&t, ": no such key");
	if (near) {
		text_str(&t, "; ");
		text_str(&t, near);
		text_str(&t, " was probably meant");
		return -1;
	}
	text_str(&t, "; this section knows ");
	for (size_t i = 0, n = 0; i < n_setting_rows; i++) {
		if (strcmp(setting_rows[i].section, row_section(section)) != 0)
			continue;
		text_str(&t, n++ > 0 ? ", " : "");
		text_str(&t, setting_rows[i].key);
	}
	return -1;
}

static void allowed_choices(const struct setting_row *row, struct text *t)
{
	const struct setting_choice *c;

	for (c = row->choices; c->name; c++) {
		if (c != row->choices)
			text_str(t, c[1].name ? ", " : " or ");
		text_str(t, c->name);
	}
}

void settings_allowed(const struct setting_row *row, struct text *t)
{
	switch (row->type) {
	case SETTING_NUMBER:
		if (row->choices) {
			allowed_choices(row, t);
			text_str(t, " or ");
		}
		setting_number(row, row->min, t);
		text_str(t, " to ");
		setting_number(row, row->max, t);
		if (*row->unit)
			text_char(t, ' ');
		text_str(t, row->unit);
		return;
	case SETTING_HEX:
		setting_hex(row->min, t);
		text_str(t, " to ");
		setting_hex(row->max, t);
		return;
	case SETTING_BOOL:
		text_str(t, "yes or no");
		return;
	case SETTING_CHOICE:
		allowed_choices(row, t);
		return;
	case SETTING_TEXT:
		text_str(t, row->size > BMS_NAME_SIZE ? "a path or name" :
			 "a name");
		text_str(t, " of up to ");
		text_uint(t, row->size - 1);
		text_str(t, " characters");
		if (setting_may_be_empty(row))
			text_str(t, ", or nothing");
		return;
	case SETTING_LINE:
		text_str(t, "a number such as 17 or a name such as GPIO17");
		if (setting_may_be_empty(row))
			text_str(t, "; nothing where it is not fitted");
		return;
	case SETTING_ADDRESSES:
		text_str(t, "up to 32 numbers and ranges such as 1-4,7");
		return;
	}
}

static uint64_t row_bit(const struct setting_row *row)
{
	return (uint64_t)1 << (row - setting_rows);
}

bool settings_given(const struct settings *s, const struct setting_row *row,
		    uint32_t bus)
{
	if (!is_bus_row(row))
		return s->given & row_bit(row);
	return bus < s->n_buses && (s->bus[bus].given & row_bit(row));
}

int settings_set(struct settings *s, const char *section, const char *key,
		 const char *value, char error[SETTINGS_ERROR_SIZE])
{
	const struct setting_row *row;
	char why_buf[120];
	struct text why = text_in(why_buf, sizeof(why_buf));
	struct text t;
	void *base = s;
	uint64_t *given = &s->given;

	if (settings_section(s, section, error) < 0)
		return -1;
	row = settings_row(section, key);
	if (!row)
		return unknown_key(section, key, error);
	if (is_bus_row(row)) {
		base = find_bus(s, bus_name(section));
		given = &find_bus(s, bus_name(section))->given;
	}
	if (setting_store(row, base, value, &why) == 0) {
		*given |= row_bit(row);
		return 0;
	}
	t = text_in(error, SETTINGS_ERROR_SIZE);
	text_str(&t, key);
	text_str(&t, ": \"");
	for (size_t i = 0; value[i] && i < 120; i++)
		text_char(&t, (unsigned char)value[i] < 0x20 ? '?' : value[i]);
	text_str(&t, "\" ");
	text_str(&t, why_buf);
	text_str(&t, "; allowed: ");
	settings_allowed(row, &t);
	return -1;
}

void settings_text(const struct settings *s, const struct setting_row *row,
		   uint32_t bus, char *buf, size_t size)
{
	struct text t = text_in(buf, size);

	if (!is_bus_row(row))
		setting_load(row, s, &t);
	else if (bus < s->n_buses)
		setting_load(row, &s->bus[bus], &t);
}

static uint32_t crc_text(uint32_t crc, const char *text)
{
	/* With the NUL, so that neighbours cannot swap letters. */
	return crc32_ieee(crc, (const uint8_t *)text, strlen(text) + 1);
}

uint32_t settings_identity(const struct settings *s)
{
	char buf[VALUE_TEXT_SIZE];
	uint32_t crc = crc_text(0, s->inverter.present ? "inverter" : "");

	for (uint32_t bus = 0; bus < s->n_buses; bus++)
		crc = crc_text(crc, s->bus[bus].name);
	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];
		uint32_t n = is_bus_row(row) ? s->n_buses : 1;

		if (strcmp(row->section, "capture") == 0)
			continue;
		for (uint32_t bus = 0; bus < n; bus++) {
			settings_text(s, row, bus, buf, sizeof(buf));
			crc = crc_text(crc, buf);
		}
	}
	return crc;
}

const char *settings_line_key(enum settings_line line)
{
	size_t offset = offsetof(struct settings, gpio.line) +
			(size_t)line * BMS_LINE_NAME_SIZE;

	for (size_t i = 0; i < n_setting_rows; i++) {
		if (setting_rows[i].type == SETTING_LINE &&
		    setting_rows[i].offset == offset)
			return setting_rows[i].key;
	}
	return "";
}

uint32_t settings_n_batteries(const struct settings *s)
{
	uint32_t n = 0;

	for (uint32_t bus = 0; bus < s->n_buses; bus++)
		n += s->bus[bus].n_addresses;
	return n;
}

void settings_battery(const struct settings *s, uint32_t battery,
		      uint32_t *ret_bus, uint8_t *ret_address)
{
	for (uint32_t bus = 0; bus < s->n_buses; bus++) {
		if (battery < s->bus[bus].n_addresses) {
			*ret_bus = bus;
			*ret_address = s->bus[bus].addresses[battery];
			return;
		}
		battery -= s->bus[bus].n_addresses;
	}
}
