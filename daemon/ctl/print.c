/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/print_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "daemon/ctl/words.h"
#include "lib/base/maybe.h"

/* Below this, a current is none, A. */
#define CURRENT_NONE 0.05

static const struct object *bms_of(const struct model *model)
{
	return model_find(model, BUS_ROOT, BUS_BMS);
}

static const struct object *inverter_of(const struct model *model)
{
	return model_find(model, BUS_ROOT "/inverter", BUS_INVERTER);
}

static void number_line(const struct printer *p, const char *label,
			const struct object *object, const char *property,
			int decimals, const char *unit)
{
	char buf[PRINT_NUMBER_SIZE];

	print_label(p, label);
	fprintf(p->out, "%s\n",
		print_number(buf, object_number(object, property), decimals,
			     unit));
}

/* "5 h 20 min"; "-" while it is not being discharged. */
static void print_remaining(const struct printer *p,
			    const struct object *object)
{
	double s = object_number(object, "TimeRemaining");
	unsigned int minutes;

	print_label(p, "Time remaining");
	if (isnan(s) || s < 0.0 || s > 1e8) {
		fputs("-\n", p->out);
		return;
	}
	minutes = (unsigned int)(s / 60.0);
	if (minutes >= 48 * 60)
		fprintf(p->out, "%u days\n", minutes / (24 * 60));
	else
		fprintf(p->out, "%u h %u min\n", minutes / 60, minutes % 60);
}

static void print_current(const struct printer *p,
			  const struct object *object)
{
	double current = object_number(object, "Current");
	char buf[PRINT_NUMBER_SIZE];

	print_label(p, "Current");
	fputs(print_number(buf, current, 1, "A"), p->out);
	if (current >= CURRENT_NONE)
		fputs(" (charging)", p->out);
	else if (current <= -CURRENT_NONE)
		fputs(" (discharging)", p->out);
	fputc('\n', p->out);
}

static void print_allowed(const struct printer *p,
			  const struct object *object, const char *label,
			  const char *property, const char *reasons)
{
	const char *allowed = object_text(object, property);

	print_label(p, label);
	print_colored(p, print_color_of(allowed), print_or_dash(allowed));
	fputc('\n', p->out);
	print_reasons(p, object, reasons, PRINT_LABEL_WIDTH);
}

static void print_cell(const struct printer *p, const struct object *object,
		       const char *label, const char *voltage,
		       const char *id)
{
	char buf[PRINT_NUMBER_SIZE];
	char place[64];

	words_of_place(object_text(object, id), place, sizeof(place));
	print_label(p, label);
	fprintf(p->out, "%s%s%s\n",
		print_number(buf, object_number(object, voltage), 3, "V"),
		place[0] ? "  " : "", place);
}

static void print_temperatures(const struct printer *p,
			       const struct object *object)
{
	char low[PRINT_NUMBER_SIZE];
	char high[PRINT_NUMBER_SIZE];

	print_label(p, "Cell temperature");
	fprintf(p->out, "%s to %s\n",
		print_number(low, object_number(object,
						"MinCellTemperature"),
			     1, "°C"),
		print_number(high, object_number(object,
						 "MaxCellTemperature"),
			     1, "°C"));
}

/* 0 is unknown here: a bank has at least one of each. */
static const char *arranged(char buf[PRINT_NUMBER_SIZE],
			    const struct object *object,
			    const char *property)
{
	uint64_t n = object_count(object, property);

	return print_count(buf, n > 0 ? n : MODEL_UNKNOWN);
}

static void print_bank(const struct printer *p, const struct object *object)
{
	char batteries[PRINT_NUMBER_SIZE];
	char cells[PRINT_NUMBER_SIZE];
	char series[PRINT_NUMBER_SIZE];
	char parallel[PRINT_NUMBER_SIZE];
	char voltage[PRINT_NUMBER_SIZE];
	char capacity[PRINT_NUMBER_SIZE];

	print_label(p, "Bank");
	fprintf(p->out,
		"%s batteries, %s cells; %s in series, %s in parallel; "
		"%s, %s\n",
		arranged(batteries, object, "Batteries"),
		arranged(cells, object, "Cells"),
		arranged(series, object, "BatteriesInSeries"),
		arranged(parallel, object, "BatteriesInParallel"),
		print_number(voltage,
			     object_number(object, "NominalVoltage"), 1,
			     "V"),
		print_number(capacity,
			     object_number(object, "InstalledCapacity"), 0,
			     "Ah"));
}

void print_bank_info(const struct printer *p, const struct object *bms)
{
	print_cell(p, bms, "Lowest cell", "MinCellVoltage", "MinCellId");
	print_cell(p, bms, "Highest cell", "MaxCellVoltage", "MaxCellId");
	print_temperatures(p, bms);
	print_label(p, "Balancer");
	fprintf(p->out, "%s\n",
		print_or_dash(object_text(bms, "BalancerStatus")));
	print_bank(p, bms);
}

static void print_limits(const struct printer *p,
			 const struct object *object)
{
	char charge[PRINT_NUMBER_SIZE];
	char discharge[PRINT_NUMBER_SIZE];

	print_label(p, "Current limits");
	fprintf(p->out, "charge %s, discharge %s\n",
		print_number(charge,
			     object_number(object, "MaxChargeCurrent"), 1,
			     "A"),
		print_number(discharge,
			     object_number(object, "MaxDischargeCurrent"), 1,
			     "A"));
}

static void print_outputs(const struct printer *p,
			  const struct object *object)
{
	print_label(p, "Outputs");
	fprintf(p->out,
		"load-disconnect %s, charge-disconnect %s, pre-alarm %s\n",
		print_or_dash(object_text(object, "LoadDisconnect")),
		print_or_dash(object_text(object, "ChargeDisconnect")),
		print_or_dash(object_text(object, "PreAlarm")));
	if (!object_is(object, "OutputsVirtual"))
		return;
	print_label(p, "");
	print_colored(p, PRINT_WARN,
		      "virtual: a simulation, no line is switched");
	fputc('\n', p->out);
}

/* "charger-only, Absorption, mains present, 25.55 V, -20.5 A" */
static void print_inverter_line(const struct printer *p,
				const struct model *model)
{
	const struct object *object = inverter_of(model);
	char voltage[PRINT_NUMBER_SIZE];
	char current[PRINT_NUMBER_SIZE];

	if (!object)
		return;
	print_label(p, "Inverter/charger");
	if (!object_is(object, "Connected")) {
		print_colored(p, PRINT_BAD, "not connected");
		fputc('\n', p->out);
		return;
	}
	fprintf(p->out, "%s, %s, %s, %s, %s\n",
		print_or_dash(object_text(object, "Mode")),
		print_or_dash(object_text(object, "State")),
		object_is(object, "MainsPresent") ? "mains present" :
						    "no mains",
		print_number(voltage, object_number(object, "DcVoltage"), 2,
			     "V"),
		print_number(current, object_number(object, "DcCurrent"), 1,
			     "A"));
}

static void print_codes(const struct printer *p, const struct object *object,
			const char *property, enum print_color color)
{
	char *const *codes = NULL;
	size_t n = object_texts(object, property, &codes);

	print_label(p, property);
	if (n == 0)
		fputs(object ? "none\n" : "-\n", p->out);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			print_label(p, "");
		print_colored(p, color, codes[i]);
		fprintf(p->out, "  %s\n", words_of_code(codes[i]));
	}
}

void print_status(const struct printer *p, const struct model *model)
{
	const struct object *bms = bms_of(model);

	number_line(p, "State of charge", bms, "StateOfCharge", 1, "%");
	number_line(p, "Voltage", bms, "Voltage", 2, "V");
	print_current(p, bms);
	number_line(p, "Power", bms, "Power", 0, "W");
	number_line(p, "Consumed", bms, "ConsumedAmpHours", 1, "Ah");
	print_remaining(p, bms);
	print_allowed(p, bms, "Allowed to charge", "AllowedToCharge",
		      "ChargeReasons");
	print_allowed(p, bms, "Allowed to discharge", "AllowedToDischarge",
		      "DischargeReasons");
	print_bank_info(p, bms);
	print_limits(p, bms);
	print_label(p, "Mode");
	fprintf(p->out, "%s, remote %s\n",
		print_or_dash(object_text(bms, "Mode")),
		object_is(bms, "RemoteOn") ? "on" : "off");
	print_outputs(p, bms);
	print_inverter_line(p, model);
	print_codes(p, bms, "Warnings", PRINT_WARN);
	print_codes(p, bms, "Alarms", PRINT_BAD);
	print_codes(p, bms, "Errors", PRINT_BAD);
	if (!object_is(bms, "Updating"))
		return;
	print_label(p, "Updating");
	print_colored(p, PRINT_WARN, "yes: charging is stopped meanwhile");
	fputc('\n', p->out);
}

/* Shown only where there is something to show. */
static void print_inverter_extras(const struct printer *p,
				  const struct object *object)
{
	const char *owner = object_text(object, "SwitchOwner");
	char *const *alarms = NULL;
	size_t n = object_texts(object, "Alarms", &alarms);

	for (size_t i = 0; i < n; i++) {
		print_label(p, i == 0 ? "Alarms" : "");
		print_colored(p, PRINT_BAD, alarms[i]);
		fputc('\n', p->out);
	}
	if (owner && *owner) {
		print_label(p, "Switch owner");
		print_colored(p, PRINT_WARN, owner);
		fputc('\n', p->out);
	}
}

void print_inverter(const struct printer *p, const struct model *model)
{
	const struct object *object = inverter_of(model);
	const double *ac = NULL;
	size_t n = object_doubles(object, "AcInputVoltage", &ac);
	char buf[PRINT_NUMBER_SIZE];

	if (!object) {
		fputs("No inverter/charger is configured.\n", p->out);
		return;
	}
	print_label(p, "Connected");
	print_colored(p, object_is(object, "Connected") ? PRINT_GOOD :
							  PRINT_BAD,
		      object_is(object, "Connected") ? "yes" : "no");
	fputc('\n', p->out);
	print_label(p, "Mode");
	fprintf(p->out, "%s\n", print_or_dash(object_text(object, "Mode")));
	print_label(p, "State");
	fprintf(p->out, "%s\n", print_or_dash(object_text(object, "State")));
	number_line(p, "DC voltage", object, "DcVoltage", 2, "V");
	number_line(p, "DC current", object, "DcCurrent", 1, "A");
	print_label(p, "AC input");
	for (size_t i = 0; i < n; i++)
		fprintf(p->out, "%s, ", print_number(buf, ac[i], 0, "V"));
	fprintf(p->out, "%s\n", object_is(object, "MainsPresent") ?
				"mains present" : "no mains");
	number_line(p, "Charge current limit", object, "MaxChargeCurrent", 1,
		    "A");
	print_label(p, "Error");
	if (object_count(object, "Error") == 0)
		fputs("none\n", p->out);
	else
		fprintf(p->out, "%s  %s\n",
			print_count(buf, object_count(object, "Error")),
			object_text(object, "ErrorText"));
	print_label(p, "Units");
	fprintf(p->out, "%s", print_count(buf, object_count(object,
							    "Units")));
	fprintf(p->out, ", firmware %s\n",
		print_count(buf, object_count(object, "FirmwareVersion")));
	print_inverter_extras(p, object);
}

static void summary_states(const struct printer *p,
			   const struct model *model)
{
	static const char *const lists[] = { "Warnings", "Alarms",
					     "Errors" };
	const struct object *bms = bms_of(model);
	const struct object *inverter = inverter_of(model);
	const char *charge = object_text(bms, "AllowedToCharge");
	const char *discharge = object_text(bms, "AllowedToDischarge");
	char *const *codes = NULL;

	fputs("charge ", p->out);
	print_colored(p, print_color_of(charge), print_or_dash(charge));
	fputs("  discharge ", p->out);
	print_colored(p, print_color_of(discharge),
		      print_or_dash(discharge));
	if (inverter && !object_is(inverter, "Connected"))
		fputs("  inverter not connected", p->out);
	else if (inverter)
		fprintf(p->out, "  inverter %s, %s, %s",
			print_or_dash(object_text(inverter, "Mode")),
			print_or_dash(object_text(inverter, "State")),
			object_is(inverter, "MainsPresent") ?
			"mains present" : "no mains");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t n = object_texts(bms, lists[i], &codes);

		for (size_t k = 0; k < n; k++)
			fprintf(p->out, "  %s", codes[k]);
	}
}

static void summary_figures(const struct printer *p,
			    const struct model *model)
{
	const struct object *bms = bms_of(model);
	char soc[PRINT_NUMBER_SIZE];
	char voltage[PRINT_NUMBER_SIZE];
	char current[PRINT_NUMBER_SIZE];
	char low[PRINT_NUMBER_SIZE];
	char high[PRINT_NUMBER_SIZE];

	fprintf(p->out, "%s  %s  %s  cells %s to %s",
		print_number(soc, object_number(bms, "StateOfCharge"), 1,
			     "%"),
		print_number(voltage, object_number(bms, "Voltage"), 2, "V"),
		print_number(current, object_number(bms, "Current"), 1, "A"),
		print_number(low, object_number(bms, "MinCellVoltage"), 3,
			     "V"),
		print_number(high, object_number(bms, "MaxCellVoltage"), 3,
			     "V"));
}

void print_summary(const struct printer *p, const struct model *model,
		   bool states, bool figures)
{
	if (figures)
		summary_figures(p, model);
	if (states && figures)
		fputs("  ", p->out);
	if (states)
		summary_states(p, model);
}
