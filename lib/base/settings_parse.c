/* SPDX-License-Identifier: MIT */
#include "lib/base/settings_parse.h"

#include <string.h>

enum { LINE_NUMBER_MAX = 1023, ADDRESS_MAX = 255, HEX_DIGITS = 4 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void *field(const struct setting_row *row, void *base)
{
	return (char *)base + row->offset;
}

static const void *const_field(const struct setting_row *row,
			       const void *base)
{
	return (const char *)base + row->offset;
}

static int32_t power_of_ten(unsigned int n)
{
	int32_t power = 1;

	while (n-- > 0)
		power *= 10;
	return power;
}

/* Digits at *at, which is moved behind them; -1 where there are none or
 * the number is above limit. */
static int64_t take_digits(const char **at, int64_t limit)
{
	int64_t n = 0;

	if (!is_digit(**at))
		return -1;
	for (; is_digit(**at); (*at)++) {
		n = n * 10 + (**at - '0');
		if (n > limit)
			return -1;
	}
	return n;
}

/* "-20", "3.10": counted in the last digit that the row takes. */
static int take_decimal(const struct setting_row *row, const char *text,
			int64_t *ret_count, struct text *why)
{
	bool negative = *text == '-';
	unsigned int behind = 0;
	int64_t count = 0;
	bool any = false;

	for (text += negative; is_digit(*text) || *text == '.'; text++) {
		if (*text == '.') {
			if (behind > 0 || !any)
				break;
			behind = 1;
			continue;
		}
		any = true;
		if (behind > 0 && behind++ > row->decimals) {
			text_str(why, "has more than ");
			text_uint(why, row->decimals);
			text_str(why, " digits behind the point");
			return -1;
		}
		count = count * 10 + (*text - '0');
		if (count > 1000000000) {
			text_str(why, "is too large");
			return -1;
		}
	}
	/* "3." is no number either. */
	if (!any || *text || behind == 1) {
		text_str(why, "is not a number");
		return -1;
	}
	for (behind = behind ? behind - 1 : 0; behind < row->decimals; behind++)
		count *= 10;
	*ret_count = negative ? -count : count;
	return 0;
}

static const struct setting_choice *find_choice(const struct setting_row *row,
						const char *name)
{
	const struct setting_choice *c;

	for (c = row->choices; c && c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int store_number(const struct setting_row *row, void *base,
			const char *value, struct text *why)
{
	const struct setting_choice *choice = find_choice(row, value);
	int64_t n;
	int32_t stored;

	if (choice) {
		memcpy(field(row, base), &choice->value, sizeof(choice->value));
		return 0;
	}
	if (take_decimal(row, value, &n, why) < 0)
		return -1;
	n = n * row->scale / power_of_ten(row->decimals);
	if (n < row->min || n > row->max) {
		text_str(why, n < row->min ? "is too low" : "is too high");
		return -1;
	}
	stored = (int32_t)n;
	memcpy(field(row, base), &stored, sizeof(stored));
	return 0;
}

/* The value of a digit of base 16, -1 where it is none. */
static int32_t hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int store_hex(const struct setting_row *row, void *base,
		     const char *value, struct text *why)
{
	int32_t n = 0;
	size_t digits = strncmp(value, "0x", 2) == 0 ? strlen(value + 2) : 0;

	for (size_t i = 0; i < digits && digits <= HEX_DIGITS && n >= 0; i++)
		n = hex_digit(value[2 + i]) < 0 ? -1 :
		    n * 16 + hex_digit(value[2 + i]);
	if (digits == 0 || digits > HEX_DIGITS || n < row->min ||
	    n > row->max) {
		text_str(why, "is not 0x and up to four digits of base 16");
		return -1;
	}
	memcpy(field(row, base), &n, sizeof(n));
	return 0;
}

static int store_bool(const struct setting_row *row, void *base,
		      const char *value, struct text *why)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0) {
		text_str(why, "is neither yes nor no");
		return -1;
	}
	memcpy(field(row, base), &yes, sizeof(yes));
	return 0;
}

static int store_choice(const struct setting_row *row, void *base,
			const char *value, struct text *why)
{
	const struct setting_choice *choice = find_choice(row, value);

	if (!choice) {
		text_str(why, "is none of the choices");
		return -1;
	}
	memcpy(field(row, base), &choice->value, sizeof(choice->value));
	return 0;
}

/* A comment that inih has not taken for one would become part of a path. */
static bool holds_comment(const char *value)
{
	for (size_t i = 0; value[i]; i++)
		if ((value[i] == ';' || value[i] == '#') &&
		    (i == 0 || value[i - 1] == ' ' || value[i - 1] == '\t'))
			return true;
	return false;
}

static bool is_printable(const char *value)
{
	for (; *value; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return false;
	return true;
}

static void copy_text(const struct setting_row *row, void *base,
		      const char *value)
{
	memset(field(row, base), 0, row->size);
	memcpy(field(row, base), value, strlen(value));
}

static int store_text(const struct setting_row *row, void *base,
		      const char *value, struct text *why)
{
	const char *wrong = NULL;

	if (!*value && !setting_may_be_empty(row))
		wrong = "must not be empty";
	else if (!is_printable(value))
		wrong = "has a control character";
	else if (holds_comment(value))
		wrong = "holds what looks like a comment; write \" ;\" "
			"before one";
	if (wrong) {
		text_str(why, wrong);
		return -1;
	}
	if (strlen(value) >= row->size) {
		text_str(why, "is longer than ");
		text_uint(why, row->size - 1);
		text_str(why, " characters");
		return -1;
	}
	copy_text(row, base, value);
	return 0;
}

static bool is_line_name(const char *value)
{
	if (!is_letter(*value) && *value != '_')
		return false;
	for (; *value; value++)
		if (!is_letter(*value) && !is_digit(*value) &&
		    !strchr("_-.:+/", *value))
			return false;
	return true;
}

static bool is_line_number(const char *value)
{
	const char *at = value;

	if (value[0] == '0' && value[1])
		return false;
	return take_digits(&at, LINE_NUMBER_MAX) >= 0 && !*at;
}

static int store_line(const struct setting_row *row, void *base,
		      const char *value, struct text *why)
{
	if (!*value && !setting_may_be_empty(row)) {
		text_str(why, "must be fitted, it is what protects the bank");
		return -1;
	}
	if (*value && !is_line_number(value) && !is_line_name(value)) {
		text_str(why, "is neither a line's number nor its name");
		return -1;
	}
	if (strlen(value) >= row->size) {
		text_str(why, "is longer than a line's name can be");
		return -1;
	}
	copy_text(row, base, value);
	return 0;
}

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* One number or range; marks its addresses. */
static int take_range(const char **at, bool marked[ADDRESS_MAX + 1],
		      struct text *why)
{
	int64_t first = take_digits(at, ADDRESS_MAX);
	int64_t last = first;

	*at = skip_blanks(*at);
	if (first >= 0 && **at == '-') {
		*at = skip_blanks(*at + 1);
		last = take_digits(at, ADDRESS_MAX);
		*at = skip_blanks(*at);
	}
	if (first < 0 || last < 0) {
		text_str(why, "is not a list of numbers up to 255");
		return -1;
	}
	if (last < first) {
		text_str(why, "has a range that runs backwards");
		return -1;
	}
	for (; first <= last; first++) {
		if (marked[first]) {
			text_str(why, "has address ");
			text_int(why, first);
			text_str(why, " twice");
			return -1;
		}
		marked[first] = true;
	}
	return 0;
}

static int store_addresses(void *base, const char *value, struct text *why)
{
	struct settings_bus *bus = base;
	bool marked[ADDRESS_MAX + 1] = { false };
	uint8_t addresses[BMS_BUS_ADDRESSES_MAX] = { 0 };
	uint8_t n = 0;
	const char *at = skip_blanks(value);

	for (;;) {
		if (take_range(&at, marked, why) < 0)
			return -1;
		if (!*at)
			break;
		if (*at != ',') {
			text_str(why, "is not a list of numbers up to 255");
			return -1;
		}
		at = skip_blanks(at + 1);
	}
	for (unsigned int i = 0; i <= ADDRESS_MAX; i++) {
		if (!marked[i])
			continue;
		if (n == BMS_BUS_ADDRESSES_MAX) {
			text_str(why, "has more addresses than one bus can "
				 "have");
			return -1;
		}
		addresses[n++] = (uint8_t)i;
	}
	memcpy(bus->addresses, addresses, sizeof(bus->addresses));
	bus->n_addresses = n;
	return 0;
}

int setting_store(const struct setting_row *row, void *base,
		  const char *value, struct text *why)
{
	switch (row->type) {
	case SETTING_NUMBER:
		return store_number(row, base, value, why);
	case SETTING_HEX:
		return store_hex(row, base, value, why);
	case SETTING_BOOL:
		return store_bool(row, base, value, why);
	case SETTING_CHOICE:
		return store_choice(row, base, value, why);
	case SETTING_TEXT:
		return store_text(row, base, value, why);
	case SETTING_LINE:
		return store_line(row, base, value, why);
	case SETTING_ADDRESSES:
		return store_addresses(base, value, why);
	}
	return -1;
}

bool setting_may_be_empty(const struct setting_row *row)
{
	if (row->type == SETTING_LINE)
		return row->min == 0;
	return row->type == SETTING_TEXT && !row->required &&
	       !*row->default_text;
}

void setting_number(const struct setting_row *row, int32_t value,
		    struct text *t)
{
	int64_t count = (int64_t)value * power_of_ten(row->decimals) /
			row->scale;

	/* Volts keep their zeros: 3.10 is what people call it. */
	if (strcmp(row->unit, "V") != 0 && value % row->scale == 0)
		text_int(t, value / row->scale);
	else
		text_fixed(t, count, row->decimals);
}

void setting_hex(int32_t value, struct text *t)
{
	static const char digits[] = "0123456789abcdef";

	text_str(t, "0x");
	for (int shift = 4 * (HEX_DIGITS - 1); shift >= 0; shift -= 4)
		text_char(t, digits[(uint32_t)value >> shift & 0xf]);
}

static void load_choice(const struct setting_row *row, int32_t value,
			struct text *t)
{
	const struct setting_choice *c;

	for (c = row->choices; c && c->name; c++) {
		if (c->value == value) {
			text_str(t, c->name);
			return;
		}
	}
	setting_number(row, value, t);
}

static void load_addresses(const void *base, struct text *t)
{
	const struct settings_bus *bus = base;

	for (unsigned int i = 0; i < bus->n_addresses; i++) {
		unsigned int first = i;

		while (i + 1 < bus->n_addresses &&
		       bus->addresses[i + 1] == bus->addresses[i] + 1)
			i++;
		if (first > 0)
			text_char(t, ',');
		text_uint(t, bus->addresses[first]);
		if (i == first)
			continue;
		text_char(t, '-');
		text_uint(t, bus->addresses[i]);
	}
}

void setting_load(const struct setting_row *row, const void *base,
		  struct text *t)
{
	int32_t value;
	bool yes;

	switch (row->type) {
	case SETTING_NUMBER:
	case SETTING_CHOICE:
		memcpy(&value, const_field(row, base), sizeof(value));
		load_choice(row, value, t);
		return;
	case SETTING_HEX:
		memcpy(&value, const_field(row, base), sizeof(value));
		setting_hex(value, t);
		return;
	case SETTING_BOOL:
		memcpy(&yes, const_field(row, base), sizeof(yes));
		text_str(t, yes ? "yes" : "no");
		return;
	case SETTING_TEXT:
	case SETTING_LINE:
		text_str(t, const_field(row, base));
		return;
	case SETTING_ADDRESSES:
		load_addresses(base, t);
		return;
	}
}
