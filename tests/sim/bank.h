/* SPDX-License-Identifier: MIT */
/*
 * Physics of a LiFePO4 bank: strings of batteries in parallel, each battery a
 * row of cells with its own charge, capacity and resistance. Given what the
 * loads and the charger want, a step finds the current of each string that the
 * FETs let through, moves charge and warms the packs. Voltages are true ones;
 * what a BMS says about them is the business of the pack.
 */
#ifndef SIM_BANK_H
#define SIM_BANK_H

#include <stdbool.h>

#include "wire.h"

#define BANK_BATTERIES 64
#define BANK_CELLS 32

struct bank_cell {
	double capacity_ah, charge_ah;
	double r_ohm;
	double pol_v;		/* slow overvoltage, relaxes at rest */
	double spread_pct;	/* how far below its siblings it is kept */
};

struct bank_battery {
	struct bank_cell cell[BANK_CELLS];
	unsigned n_cells;
	bool charge_fet, discharge_fet;
	bool balancing;
	unsigned balance_from, balance_to;
	double balance_a;
	double current_a;	/* + charges */
	double temp_c, mos_c;
	double throughput_ah;
};

struct bank {
	struct bank_battery battery[BANK_BATTERIES];
	unsigned n_batteries, series, n_strings, n_cells;
	double capacity_ah, ambient_c;
	double terminal_v, current_a, charger_a;
};

struct bank_demand {
	double fixed_a;		/* loads and direct sources, + charges */
	double charger_a;	/* most that the charger may add */
	double charger_v;	/* voltage it does not exceed */
};

/* n_batteries must be a multiple of series, both at least 1. */
void bank_init(struct bank *bank, unsigned n_batteries, unsigned series,
	       unsigned n_cells, double capacity_ah, struct rng *rng);
void bank_set_soc(struct bank_battery *battery, double pct);
void bank_shift_cell(struct bank_cell *cell, double pct);
void bank_step(struct bank *bank, const struct bank_demand *demand,
	       double dt_s);

double bank_cell_v(const struct bank_battery *battery, unsigned cell);
double bank_battery_soc_pct(const struct bank_battery *battery);
double bank_soc_pct(const struct bank *bank);

#endif
