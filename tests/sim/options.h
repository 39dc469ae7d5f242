/* SPDX-License-Identifier: MIT */
/*
 * The command line of bms-sim.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>

#include "pty.h"
#include "sim.h"

struct bus_option {
	char link[PTY_LINK_MAX];
	unsigned first, last;	/* JK addresses */
};

struct options {
	struct bus_option bus[SIM_BUSES];
	unsigned n_buses, n_batteries;
	const char *mk3, *control, *script;
	unsigned series, cells, seed, baud, mk3_baud;
	double capacity_ah, soc_pct, speed;
	bool log, help;
};

void options_usage(void);
/* False after having said on stderr what is wrong. */
bool options_parse(struct options *options, int argc, char **argv);

#endif
