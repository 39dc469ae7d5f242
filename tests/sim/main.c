/* SPDX-License-Identifier: MIT */
/*
 * bms-sim: a battery bank on RS485 ptys and a MultiPlus behind an MK3 on
 * another, in one closed loop. See README.md.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "options.h"
#include "script.h"

#define EXIT_BAD_USAGE 2
/* What a USB adapter gathers before it hands it over. */
#define RS485_PIECE_NS (5 * NS_PER_MS)
#define MK3_PIECE_NS (16 * NS_PER_MS)
#define POLL_MAX (2 * (SIM_BUSES + 1) + CONTROL_CLIENTS + 1)

static volatile sig_atomic_t stopped;

static void on_signal(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

/* Signals arrive only inside ppoll, so that none is missed before it. */
static void catch_signals(sigset_t *ret_waiting)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, ret_waiting);
	sigdelset(ret_waiting, SIGTERM);
	sigdelset(ret_waiting, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* False when the parent is already gone. */
static bool die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	return getppid() == parent;
}

static bool make_bus(struct sim *sim, const struct options *o, unsigned index)
{
	const struct bus_option *option = &o->bus[index];
	struct bus *bus = &sim->bus[index];
	int err = pty_open(&bus->pty, option->link, o->baud,
			   RS485_PIECE_NS);

	if (err) {
		fprintf(stderr, "bms-sim: %s: %s\n", option->link,
			strerror(-err));
		return false;
	}
	sim->n_buses++;
	bus->log = o->log;
	bus->rng.state = o->seed + 1000 * (index + 1ULL);
	bus->garbage_bps = 200;
	for (unsigned a = option->first; a <= option->last; a++) {
		struct pack *pack = &sim->pack[sim->n_packs];

		pack_init(pack, &sim->bank.battery[sim->n_packs], (uint8_t)a,
			  sim->n_packs + 1, o->seed, o->capacity_ah,
			  sim->now_ns);
		sim->n_packs++;
		bus->pack[bus->n_packs++] = pack;
	}
	return true;
}

static bool make_mk3(struct sim *sim, const struct options *o)
{
	int err;

	multi_init(&sim->multi, &sim->bank, o->cells * o->series);
	if (!o->mk3) {
		/* No unit at all: nothing charges or loads but "dc". */
		sim->multi.front = SW_OFF;
		multi_set_ac(&sim->multi, false);
		return true;
	}
	mk3_init(&sim->mk3, &sim->multi, o->seed + 77);
	sim->mk3.log = o->log;
	sim->mk3.traffic_ns = sim->now_ns;
	err = pty_open(&sim->mk3.pty, o->mk3, o->mk3_baud, MK3_PIECE_NS);
	if (err) {
		fprintf(stderr, "bms-sim: %s: %s\n", o->mk3, strerror(-err));
		return false;
	}
	sim->has_mk3 = true;
	return true;
}

static bool make_sim(struct sim *sim, const struct options *o)
{
	struct rng rng = { o->seed };
	/* Without any bus the units still have a battery, a mute one. */
	unsigned n = o->n_batteries ? o->n_batteries : o->series;

	sim->start_ns = sim->now_ns = sim->tick_ns = clock_ns();
	sim->speed = o->speed;
	bank_init(&sim->bank, n, o->series, o->cells,
		  o->capacity_ah, &rng);
	for (unsigned i = 0; i < n; i++)
		bank_set_soc(&sim->bank.battery[i], o->soc_pct);
	/* Voltages must stand before anybody asks for them. */
	bank_step(&sim->bank, &(struct bank_demand){ 0 }, 0.001);
	for (unsigned i = 0; i < o->n_buses; i++)
		if (!make_bus(sim, o, i))
			return false;
	return make_mk3(sim, o);
}

static void unmake_sim(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_buses; i++)
		pty_unplug(&sim->bus[i].pty);
	if (sim->has_mk3)
		pty_unplug(&sim->mk3.pty);
}

static nfds_t add_pty(const struct pty *pty, struct pollfd *fds)
{
	if (!pty->plugged)
		return 0;
	fds[0] = (struct pollfd){ pty->master, POLLIN, 0 };
	fds[1] = (struct pollfd){ pty->notify, POLLIN, 0 };
	return 2;
}

/* What poll(2) said of those that add_pty() added. */
static nfds_t take_pty(struct pty *pty, const struct pollfd *fds)
{
	if (!pty->plugged)
		return 0;
	pty->quiet = !fds[0].revents && !fds[1].revents;
	return 2;
}

/* Most wake-ups are for bytes that are due: then nothing is read. Returns
 * whether the control socket has something. */
static bool wait_for_event(struct sim *sim, const struct control *control,
			   const sigset_t *waiting)
{
	struct pollfd fds[POLL_MAX] = { 0 };
	nfds_t n_control = control_poll(control, fds);
	nfds_t n = n_control;
	int64_t wait_ns = sim_deadline(sim) - clock_ns();
	struct timespec timeout;
	bool controlled = false;

	for (unsigned i = 0; i < sim->n_buses; i++)
		n += add_pty(&sim->bus[i].pty, fds + n);
	if (sim->has_mk3)
		n += add_pty(&sim->mk3.pty, fds + n);
	if (wait_ns < 0)
		wait_ns = 0;
	timeout.tv_sec = wait_ns / NS_PER_S;
	timeout.tv_nsec = wait_ns % NS_PER_S;
	(void)ppoll(fds, n, &timeout, waiting); /* a signal: nothing is there */
	for (n = 0; n < n_control; n++)
		controlled |= fds[n].revents != 0;
	for (unsigned i = 0; i < sim->n_buses; i++)
		n += take_pty(&sim->bus[i].pty, fds + n);
	if (sim->has_mk3)
		take_pty(&sim->mk3.pty, fds + n);
	return controlled;
}

static void run(struct sim *sim, struct control *control,
		struct script *script, const sigset_t *waiting)
{
	while (!sim->quit && !stopped) {
		bool controlled = wait_for_event(sim, control, waiting);

		sim_run(sim, clock_ns());
		if (controlled)
			control_run(control, sim);
		script_run(script, sim);
	}
}

static int start(struct sim *sim, const struct options *o,
		 const sigset_t *waiting)
{
	struct control control;
	struct script script;
	int err = control_open(&control, o->control);

	if (err) {
		fprintf(stderr, "bms-sim: %s: %s\n", o->control,
			strerror(-err));
		return EXIT_FAILURE;
	}
	if (script_load(&script, o->script, sim)) {
		puts("ready");
		fflush(stdout);
		run(sim, &control, &script, waiting);
	} else {
		sim->exit_code = SCRIPT_EXIT_BAD;
	}
	script_free(&script);
	control_close(&control);
	return sim->exit_code;
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct options options;
	struct sim *sim;
	sigset_t waiting;
	int code = EXIT_FAILURE;

	if (!options_parse(&options, argc, argv)) {
		options_usage();
		return EXIT_BAD_USAGE;
	}
	if (options.help) {
		options_usage();
		return EXIT_SUCCESS;
	}
	catch_signals(&waiting);
	if (!die_with_parent(parent))
		return EXIT_FAILURE;
	/* Where it is allowed: wires do not wait for busy processors. */
	(void)setpriority(PRIO_PROCESS, 0, -10);
	sim = calloc(1, sizeof(*sim));
	if (sim && make_sim(sim, &options))
		code = start(sim, &options, &waiting);
	if (sim)
		unmake_sim(sim);
	free(sim);
	return code;
}
