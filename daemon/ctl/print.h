/* SPDX-License-Identifier: MIT */
/*
 * What people read: aligned columns with units, "-" for unknown, reasons
 * in words beside the machine form.
 */
#ifndef BMS_CTL_PRINT_H
#define BMS_CTL_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "daemon/ctl/model.h"

struct printer {
	FILE *out;
	bool color;
};

void print_status(const struct printer *printer, const struct model *model);
void print_batteries(const struct printer *printer,
		     const struct model *model);
void print_history(const struct printer *printer, const struct model *model);
void print_inverter(const struct printer *printer,
		    const struct model *model);
/* One line a battery, for the monitor. */
void print_battery_lines(const struct printer *printer,
			 const struct model *model);

/* The whole bank on one line, without a newline: what it does, and the
 * figures. Either may be left out. */
void print_summary(const struct printer *printer, const struct model *model,
		   bool states, bool figures);

#endif
