/* SPDX-License-Identifier: MIT */
/*
 * Everything that one run of the simulator holds, and the step that moves it
 * on. The commands and keys work on this.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "bus.h"
#include "mk3.h"

#define SIM_BUSES 8

struct sim {
	struct bank bank;
	struct multi multi;
	struct mk3 mk3;
	bool has_mk3;
	struct pack pack[BANK_BATTERIES];
	unsigned n_packs;
	struct bus bus[SIM_BUSES];
	unsigned n_buses;
	double speed;
	int64_t start_ns, now_ns, tick_ns;
	bool quit;
	int exit_code;
};

/* Time goes on to now_ns: wires always, physics when its tick is due. */
void sim_run(struct sim *sim, int64_t now_ns);
int64_t sim_deadline(const struct sim *sim);
double sim_elapsed_s(const struct sim *sim);

#endif
