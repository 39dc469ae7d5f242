/* SPDX-License-Identifier: MIT */
/* The history page, row for row as the table of the values has it. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "daemon/ctl/print_text.h"
#include "lib/core/history.h"

enum { DAY_S = 86400, HOUR_S = 3600, LABEL_WIDTH = 30 };

/* "DeepestDischarge" as "Deepest discharge"; Ah stays a unit. */
static void print_name(FILE *out, const char *name)
{
	int n = 0;

	for (size_t i = 0; name[i]; i++) {
		bool word = i > 0 && isupper((unsigned char)name[i]);
		bool unit = strncmp(name + i, "Ah", 2) == 0;

		n += fprintf(out, "%s%c", word ? " " : "",
			     word && !unit ? tolower((unsigned char)name[i]) :
					     name[i]);
	}
	fprintf(out, "%*s", n < LABEL_WIDTH ? LABEL_WIDTH - n : 1, "");
}

/* "12 days", "5 hours": nobody counts seconds since a full charge. */
static void print_age(FILE *out, double age_s)
{
	if (isnan(age_s))
		fputs("-\n", out);
	else if (age_s >= 2 * DAY_S)
		fprintf(out, "%.0f days\n", floor(age_s / DAY_S));
	else if (age_s >= 2 * HOUR_S)
		fprintf(out, "%.0f hours\n", floor(age_s / HOUR_S));
	else
		fprintf(out, "%.0f minutes\n", floor(age_s / 60));
}

static void print_row(const struct printer *p, const struct object *object,
		      const struct history_row *row)
{
	char buf[PRINT_NUMBER_SIZE];

	print_name(p->out, row->name);
	if (row->kind == HISTORY_KIND_AGE)
		print_age(p->out, object_number(object, row->name));
	else if (row->decimals == 0)
		fprintf(p->out, "%s\n",
			print_count(buf, object_count(object, row->name)));
	else
		fprintf(p->out, "%s\n",
			print_number(buf, object_number(object, row->name),
				     row->decimals > 3 ? 3 : row->decimals,
				     row->unit));
}

void print_history(const struct printer *printer, const struct model *model)
{
	const struct object *object = model_find(model, BUS_ROOT,
						 BUS_HISTORY);

	for (size_t i = 0; i < HISTORY_COUNT; i++)
		print_row(printer, object, &history_rows[i]);
}
