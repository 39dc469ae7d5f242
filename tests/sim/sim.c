/* SPDX-License-Identifier: MIT */
#include "sim.h"

#define TICK_NS (20 * NS_PER_MS)
#define LOOK_NS (10 * NS_PER_MS)	/* how often a used bus is looked at */
#define STARVED_NS (14 * NS_PER_MS)

static void tick(struct sim *sim, int64_t now_ns)
{
	double dt_s = (double)(now_ns - sim->tick_ns) / NS_PER_S * sim->speed;

	sim->tick_ns = now_ns;
	for (unsigned i = 0; i < sim->n_packs; i++)
		pack_step(&sim->pack[i], now_ns);
	multi_step(&sim->multi, dt_s, now_ns);
}

void sim_run(struct sim *sim, int64_t now_ns)
{
	int64_t slack_ns = now_ns - sim->now_ns;

	if (slack_ns < STARVED_NS)
		slack_ns = 0;
	sim->now_ns = now_ns;
	if (now_ns - sim->tick_ns >= TICK_NS)
		tick(sim, now_ns);
	for (unsigned i = 0; i < sim->n_buses; i++)
		bus_run(&sim->bus[i], now_ns, slack_ns);
	if (sim->has_mk3)
		mk3_run(&sim->mk3, now_ns);
}

int64_t sim_deadline(const struct sim *sim)
{
	int64_t deadline = sim->tick_ns + TICK_NS;

	for (unsigned i = 0; i < sim->n_buses; i++) {
		int64_t due = bus_deadline(&sim->bus[i]);

		if (due < deadline)
			deadline = due;
		if (sim->bus[i].pty.openers != 0 &&
		    sim->now_ns + LOOK_NS < deadline)
			deadline = sim->now_ns + LOOK_NS;
	}
	if (sim->has_mk3 && mk3_deadline(&sim->mk3) < deadline)
		deadline = mk3_deadline(&sim->mk3);
	return deadline;
}

double sim_elapsed_s(const struct sim *sim)
{
	return (double)(sim->now_ns - sim->start_ns) / NS_PER_S;
}
