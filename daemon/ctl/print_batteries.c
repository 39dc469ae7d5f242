/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/print_text.h"

#include <math.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "lib/base/maybe.h"

enum { CELLS_PER_LINE = 8, INDENT = 12 };

static bool is_a(const struct object *object, const char *interface)
{
	return strcmp(object->interface, interface) == 0;
}

static const char *number_of(const struct object *battery)
{
	return strrchr(battery->path, '/') + 1;
}

/* "%-12s" for the lines below a battery's heading. */
static void sub_label(const struct printer *p, const char *label)
{
	fprintf(p->out, "  %-*s", INDENT - 2, label);
}

static void print_heading(const struct printer *p,
			  const struct object *battery)
{
	char age[PRINT_NUMBER_SIZE];
	char address[PRINT_NUMBER_SIZE];
	bool online = object_is(battery, "Online");

	fprintf(p->out, "Battery %s  ", number_of(battery));
	print_colored(p, online ? PRINT_GOOD : PRINT_BAD,
		      online ? "online" : "not online");
	if (object_is(battery, "Bypassed"))
		print_colored(p, PRINT_BAD, ", bypassed");
	fprintf(p->out, ", last sample %s%s\n",
		print_number(age, object_number(battery, "LastSampleAge"), 1,
			     "s"),
		isnan(object_number(battery, "LastSampleAge")) ? "" :
								 " ago");
	sub_label(p, "is");
	fprintf(p->out, "%s, serial %s, firmware %s, bus %s address %s\n",
		print_or_dash(object_text(battery, "Model")),
		print_or_dash(object_text(battery, "Serial")),
		print_or_dash(object_text(battery, "FirmwareVersion")),
		print_or_dash(object_text(battery, "Bus")),
		print_count(address, object_count(battery, "Address")));
}

static void print_figures(const struct printer *p,
			  const struct object *battery)
{
	char voltage[PRINT_NUMBER_SIZE];
	char current[PRINT_NUMBER_SIZE];
	char soc[PRINT_NUMBER_SIZE];
	char capacity[PRINT_NUMBER_SIZE];
	char cycles[PRINT_NUMBER_SIZE];

	sub_label(p, "has");
	fprintf(p->out, "%s, %s, %s of %s, %s cycles\n",
		print_number(voltage, object_number(battery, "Voltage"), 2,
			     "V"),
		print_number(current, object_number(battery, "Current"), 1,
			     "A"),
		print_number(soc, object_number(battery, "StateOfCharge"), 1,
			     "%"),
		print_number(capacity,
			     object_number(battery, "NominalCapacity"), 0,
			     "Ah"),
		print_count(cycles, object_count(battery, "Cycles")));
}

/* Index of the lowest (sign 1) or highest (sign -1); n where none is. */
static size_t extreme(const double *values, size_t n, double sign)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (!isnan(values[i]) &&
		    (best == n || sign * values[i] < sign * values[best]))
			best = i;
	}
	return best;
}

static void print_cells(const struct printer *p,
			const struct object *battery)
{
	const double *cells = NULL;
	size_t n = object_doubles(battery, "CellVoltages", &cells);
	size_t low = extreme(cells, n, 1);
	size_t high = extreme(cells, n, -1);
	char buf[PRINT_NUMBER_SIZE];

	sub_label(p, "cells");
	if (low == n || high == n) {
		fputs("-\n", p->out);
		return;
	}
	fprintf(p->out,
		"lowest %.3f V (%zu), highest %.3f V (%zu), apart %.0f mV\n",
		cells[low], low + 1, cells[high], high + 1,
		(cells[high] - cells[low]) * 1000);
	for (size_t i = 0; i < n; i++) {
		if (i % CELLS_PER_LINE == 0)
			fprintf(p->out, "%*s", INDENT, "");
		fprintf(p->out, "%s%s", print_number(buf, cells[i], 3, ""),
			i + 1 == n || i % CELLS_PER_LINE ==
				      CELLS_PER_LINE - 1 ? "\n" : "  ");
	}
}

static void print_sensors(const struct printer *p,
			  const struct object *battery)
{
	const double *sensors = NULL;
	size_t n = object_doubles(battery, "CellTemperatures", &sensors);
	char buf[PRINT_NUMBER_SIZE];

	sub_label(p, "sensors");
	for (size_t i = 0; i < n; i++)
		fprintf(p->out, "%s%s", i > 0 ? ", " : "",
			print_number(buf, sensors[i], 1, "°C"));
	fputs(n > 0 ? "\n" : "-\n", p->out);
}

static void print_switches(const struct printer *p,
			   const struct object *battery)
{
	sub_label(p, "switches");
	fprintf(p->out, "charge %s, discharge %s%s\n",
		print_or_dash(object_text(battery, "ChargeSwitch")),
		print_or_dash(object_text(battery, "DischargeSwitch")),
		object_is(battery, "Balancing") ? ", balancing" : "");
}

static const char *allowed(const struct object *battery,
			   const char *property)
{
	return object_is(battery, property) ? "yes" : "no";
}

static void print_battery(const struct printer *p,
			  const struct object *battery)
{
	const char *charge = allowed(battery, "AllowedToCharge");
	const char *discharge = allowed(battery, "AllowedToDischarge");

	print_heading(p, battery);
	print_figures(p, battery);
	print_cells(p, battery);
	print_sensors(p, battery);
	print_switches(p, battery);
	sub_label(p, "allows");
	fputs("charge ", p->out);
	print_colored(p, print_color_of(charge), charge);
	fputs(", discharge ", p->out);
	print_colored(p, print_color_of(discharge), discharge);
	fputc('\n', p->out);
	print_reasons(p, battery, "Reasons", INDENT);
	fputc('\n', p->out);
}

static const struct bus_column {
	const char *heading;
	const char *property;
} bus_columns[] = {
	{ "Requests", "Requests" },
	{ "Answers", "Answers" },
	{ "Timeouts", "Timeouts" },
	{ "Checksum", "ChecksumErrors" },
	{ "Length", "LengthErrors" },
	{ "Address", "AddressErrors" },
	{ "Unknown", "UnknownFrames" },
	{ "Content", "ContentErrors" },
	{ "Garbage", "GarbageBytes" },
};

static void print_bus(const struct printer *p, const struct object *bus,
		      int width)
{
	char buf[PRINT_NUMBER_SIZE];

	fprintf(p->out, "%-*s", width, object_text(bus, "Name"));
	for (size_t i = 0; i < ARRAY_SIZE(bus_columns); i++)
		fprintf(p->out, "  %*s",
			(int)strlen(bus_columns[i].heading),
			print_count(buf, object_count(
				bus, bus_columns[i].property)));
	fprintf(p->out, "  %s on %s, %s\n",
		print_or_dash(object_text(bus, "Protocol")),
		print_or_dash(object_text(bus, "Device")),
		object_is(bus, "Connected") ? "open" : "not open");
}

static void print_buses(const struct printer *p, const struct model *model)
{
	int width = (int)strlen("Bus");

	for (size_t i = 0; i < model->n; i++) {
		const struct object *bus = &model->object[i];

		if (is_a(bus, BUS_BUS) &&
		    (int)strlen(object_text(bus, "Name")) > width)
			width = (int)strlen(object_text(bus, "Name"));
	}
	fprintf(p->out, "%-*s", width, "Bus");
	for (size_t i = 0; i < ARRAY_SIZE(bus_columns); i++)
		fprintf(p->out, "  %s", bus_columns[i].heading);
	fputs("  Is\n", p->out);
	for (size_t i = 0; i < model->n; i++) {
		if (is_a(&model->object[i], BUS_BUS))
			print_bus(p, &model->object[i], width);
	}
}

void print_batteries(const struct printer *p, const struct model *model)
{
	print_bank_info(p, model_find(model, BUS_ROOT, BUS_BMS));
	fputc('\n', p->out);
	for (size_t i = 0; i < model->n; i++) {
		if (is_a(&model->object[i], BUS_BATTERY))
			print_battery(p, &model->object[i]);
	}
	print_buses(p, model);
}

static void battery_line(const struct printer *p,
			 const struct object *battery)
{
	const double *cells = NULL;
	size_t n = object_doubles(battery, "CellVoltages", &cells);
	size_t low = extreme(cells, n, 1);
	size_t high = extreme(cells, n, -1);
	char voltage[PRINT_NUMBER_SIZE];
	char current[PRINT_NUMBER_SIZE];
	char soc[PRINT_NUMBER_SIZE];
	char min[PRINT_NUMBER_SIZE];
	char max[PRINT_NUMBER_SIZE];

	fprintf(p->out, "%7s  %8s  %8s  %6s  %8s  %8s  %-9s  ",
		number_of(battery),
		print_number(voltage, object_number(battery, "Voltage"), 2,
			     "V"),
		print_number(current, object_number(battery, "Current"), 1,
			     "A"),
		print_number(soc, object_number(battery, "StateOfCharge"), 1,
			     "%"),
		print_number(min, low < n ? cells[low] : NAN, 3, "V"),
		print_number(max, high < n ? cells[high] : NAN, 3, "V"),
		object_is(battery, "Balancing") ? "balancing" : "");
	if (!object_is(battery, "Online"))
		print_colored(p, PRINT_BAD, "not online");
	else
		fprintf(p->out, "charge %s, discharge %s",
			allowed(battery, "AllowedToCharge"),
			allowed(battery, "AllowedToDischarge"));
	fputc('\n', p->out);
}

void print_battery_lines(const struct printer *p, const struct model *model)
{
	fprintf(p->out, "%7s  %8s  %8s  %6s  %8s  %8s\n", "Battery",
		"Voltage", "Current", "SoC", "Lowest", "Highest");
	for (size_t i = 0; i < model->n; i++) {
		if (is_a(&model->object[i], BUS_BATTERY))
			battery_line(p, &model->object[i]);
	}
}
