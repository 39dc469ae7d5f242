/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

enum option_id {
	OPT_BUS = 256, OPT_MK3, OPT_CONTROL, OPT_SCRIPT, OPT_SERIES, OPT_CELLS,
	OPT_CAPACITY, OPT_SOC, OPT_SPEED, OPT_SEED, OPT_BAUD, OPT_MK3_BAUD,
	OPT_LOG, OPT_HELP,
};

static const struct option long_options[] = {
	{ "bus", required_argument, NULL, OPT_BUS },
	{ "mk3", required_argument, NULL, OPT_MK3 },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "script", required_argument, NULL, OPT_SCRIPT },
	{ "series", required_argument, NULL, OPT_SERIES },
	{ "cells", required_argument, NULL, OPT_CELLS },
	{ "capacity", required_argument, NULL, OPT_CAPACITY },
	{ "soc", required_argument, NULL, OPT_SOC },
	{ "speed", required_argument, NULL, OPT_SPEED },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "baud", required_argument, NULL, OPT_BAUD },
	{ "mk3-baud", required_argument, NULL, OPT_MK3_BAUD },
	{ "log", no_argument, NULL, OPT_LOG },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

void options_usage(void)
{
	puts("bms-sim [--bus LINK:ADDR[-ADDR]]... [--mk3 LINK]\n"
	     "        [--control SOCKET] [--script FILE] [--series S]\n"
	     "        [--cells N] [--capacity AH] [--soc PCT] [--speed X]\n"
	     "        [--seed N] [--baud N] [--mk3-baud N] [--log]");
}

static bool bad(const char *what, const char *got, const char *allowed)
{
	fprintf(stderr, "bms-sim: --%s %s; allowed: %s\n", what, got, allowed);
	return false;
}

static bool parse_bus(struct options *o, const char *arg)
{
	static const char allowed[] =
		"LINK:ADDR[-ADDR] with addresses 1-15, at most 8 buses";
	struct bus_option *bus = &o->bus[o->n_buses];
	const char *colon = strrchr(arg, ':');
	size_t len = colon ? (size_t)(colon - arg) : 0;
	char *end;

	if (!len || len >= sizeof(bus->link) || o->n_buses == SIM_BUSES)
		return bad("bus", arg, allowed);
	memcpy(bus->link, arg, len);
	bus->link[len] = '\0';
	bus->first = bus->last = (unsigned)strtoul(colon + 1, &end, 10);
	if (*end == '-')
		bus->last = (unsigned)strtoul(end + 1, &end, 10);
	if (*end || bus->first < 1 || bus->last > BUS_PACKS ||
	    bus->first > bus->last)
		return bad("bus", arg, allowed);
	o->n_batteries += bus->last - bus->first + 1;
	o->n_buses++;
	return o->n_batteries <= BANK_BATTERIES ||
	       bad("bus", arg, "64 batteries in all");
}

static bool parse_number(const char *name, const char *arg, double min,
			 double max, double *ret)
{
	char allowed[64];

	if (command_number(arg, min, max, ret))
		return true;
	snprintf(allowed, sizeof(allowed), "%g to %g", min, max);
	return bad(name, arg, allowed);
}

static bool parse_whole(const char *name, const char *arg, double min,
			double max, unsigned *ret)
{
	double x;

	if (!parse_number(name, arg, min, max, &x))
		return false;
	if (x > floor(x))
		return bad(name, arg, "a whole number");
	*ret = (unsigned)x;
	return true;
}

static bool parse_one(struct options *o, enum option_id id, const char *arg)
{
	switch (id) {
	case OPT_BUS:
		return parse_bus(o, arg);
	case OPT_MK3:
		o->mk3 = arg;
		return true;
	case OPT_CONTROL:
		o->control = arg;
		return true;
	case OPT_SCRIPT:
		o->script = arg;
		return true;
	case OPT_SERIES:
		return parse_whole("series", arg, 1, BANK_BATTERIES,
				   &o->series);
	case OPT_CELLS:
		return parse_whole("cells", arg, 1, BANK_CELLS, &o->cells);
	case OPT_CAPACITY:
		return parse_number("capacity", arg, 1, 4000, &o->capacity_ah);
	case OPT_SOC:
		return parse_number("soc", arg, -5, 105, &o->soc_pct);
	case OPT_SPEED:
		return parse_number("speed", arg, 0, 100000, &o->speed);
	case OPT_SEED:
		return parse_whole("seed", arg, 0, UINT32_MAX, &o->seed);
	case OPT_BAUD:
		return parse_whole("baud", arg, 300, 10000000, &o->baud);
	case OPT_MK3_BAUD:
		return parse_whole("mk3-baud", arg, 300, 10000000,
				   &o->mk3_baud);
	case OPT_LOG:
		o->log = true;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	}
	return false;
}

bool options_parse(struct options *options, int argc, char **argv)
{
	int id;

	*options = (struct options){
		.series = 1, .cells = 16, .capacity_ah = 280, .soc_pct = 50,
		.speed = 1, .seed = 1, .baud = 115200, .mk3_baud = 2400,
	};
	while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		if (id == '?' || !parse_one(options, (enum option_id)id,
					    optarg))
			return false;
	if (optind < argc) {
		fprintf(stderr, "bms-sim: unexpected '%s'\n", argv[optind]);
		return false;
	}
	if (options->n_batteries % options->series) {
		fprintf(stderr, "bms-sim: %u batteries do not make strings of "
			"%u\n", options->n_batteries, options->series);
		return false;
	}
	return true;
}
