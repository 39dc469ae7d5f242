/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/print_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "daemon/ctl/words.h"
#include "lib/base/maybe.h"

static const char *const color_codes[] = {
	[PRINT_PLAIN] = "",
	[PRINT_GOOD] = "\033[32m",
	[PRINT_WARN] = "\033[33m",
	[PRINT_BAD] = "\033[31m",
};

_Static_assert(ARRAY_SIZE(color_codes) == PRINT_COLOR_COUNT,
	       "a code for every color");

const char *print_number(char buf[PRINT_NUMBER_SIZE], double value,
			 int decimals, const char *unit)
{
	if (isnan(value))
		return "-";
	snprintf(buf, PRINT_NUMBER_SIZE, "%.*f%s%s", decimals, value,
		 unit[0] ? " " : "", unit);
	return buf;
}

const char *print_count(char buf[PRINT_NUMBER_SIZE], uint64_t value)
{
	if (value == MODEL_UNKNOWN)
		return "-";
	snprintf(buf, PRINT_NUMBER_SIZE, "%" PRIu64, value);
	return buf;
}

const char *print_or_dash(const char *text)
{
	return text[0] ? text : "-";
}

void print_label(const struct printer *printer, const char *label)
{
	fprintf(printer->out, "%-*s", PRINT_LABEL_WIDTH, label);
}

void print_colored(const struct printer *printer, enum print_color color,
		   const char *text)
{
	if (printer->color && color != PRINT_PLAIN)
		fprintf(printer->out, "%s%s\033[0m", color_codes[color],
			text);
	else
		fputs(text, printer->out);
}

enum print_color print_color_of(const char *allowed)
{
	if (strcmp(allowed, "yes") == 0)
		return PRINT_GOOD;
	return strcmp(allowed, "no") == 0 ? PRINT_BAD : PRINT_WARN;
}

void print_reasons(const struct printer *printer,
		   const struct object *object, const char *property,
		   int indent)
{
	char *const *texts = NULL;
	size_t n = object_texts(object, property, &texts);
	char words[WORDS_SIZE];

	for (size_t i = 0; i < n; i++) {
		words_of_reason(texts[i], words);
		fprintf(printer->out, "%*s%s  [%s]\n", indent, "", words,
			texts[i]);
	}
}
