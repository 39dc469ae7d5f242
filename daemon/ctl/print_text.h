/* SPDX-License-Identifier: MIT */
/* The pieces that all pages of the ctl tool are printed with. */
#ifndef BMS_CTL_PRINT_TEXT_H
#define BMS_CTL_PRINT_TEXT_H

#include "daemon/ctl/print.h"

enum print_color {
	PRINT_PLAIN,
	PRINT_GOOD,
	PRINT_WARN,
	PRINT_BAD,
	PRINT_COLOR_COUNT
};

enum { PRINT_NUMBER_SIZE = 48, PRINT_LABEL_WIDTH = 22 };

/* "2.791 V", or "-" for NaN. */
const char *print_number(char buf[PRINT_NUMBER_SIZE], double value,
			 int decimals, const char *unit);
/* "-" for MODEL_UNKNOWN. */
const char *print_count(char buf[PRINT_NUMBER_SIZE], uint64_t value);
/* "-" for "". */
const char *print_or_dash(const char *text);

/* The label, padded; the value is printed behind it by the caller. */
void print_label(const struct printer *printer, const char *label);
void print_colored(const struct printer *printer, enum print_color color,
		   const char *text);
/* yes is good, no is bad, anything else a warning. */
enum print_color print_color_of(const char *allowed);
/* One line each, indented. */
void print_reasons(const struct printer *printer,
		   const struct object *object, const char *property,
		   int indent);

/* What the reference's battery page says of the bank: extremes, balancer,
 * arrangement. bms may be NULL. */
void print_bank_info(const struct printer *printer,
		     const struct object *bms);

#endif
