/* SPDX-License-Identifier: MIT */
#include "bank.h"

#include <math.h>
#include <string.h>

#define POL_TAU_S 90.0		/* relaxation after a change of current */
#define STEP_MAX_S 1.0
#define AMBIENT_C 20.0
#define MOS_TAU_S 120.0
#define MOS_RISE_C 20.0		/* at 100 A */
#define COOLING_TAU_S 10800.0
#define CELL_HEAT_J_K_AH 19.3	/* 5.4 kg of a 280 Ah cell, 1 kJ/(kg K) */
#define R_OHM_AH 0.070		/* 0.25 mohm at 280 Ah */
#define POL_OHM_AH 0.098	/* 0.35 mohm at 280 Ah */

struct point {
	double x, y;
};

/*
 * Rested cell: flat in the middle, steep below 10 % and when overfull. A full
 * cell rests at 3.40 V and reads 3.60 V while a tenth of C charges it.
 */
static const struct point ocv_v[] = {
	{ -5.0, 1.000 }, { -2.0, 1.900 }, { -1.0, 2.250 }, { 0.0, 2.500 },
	{ 1.0, 2.720 },	 { 2.0, 2.860 },  { 4.0, 2.990 },  { 7.0, 3.110 },
	{ 10.0, 3.190 }, { 15.0, 3.225 }, { 20.0, 3.250 }, { 30.0, 3.275 },
	{ 40.0, 3.290 }, { 60.0, 3.300 }, { 70.0, 3.322 }, { 90.0, 3.334 },
	{ 97.0, 3.345 }, { 98.5, 3.358 }, { 99.5, 3.375 }, { 100.0, 3.400 },
	{ 101.0, 3.450 }, { 102.0, 3.550 }, { 103.0, 3.750 },
	{ 104.0, 4.100 }, { 106.0, 5.000 },
};

/* The slow overvoltage grows where the electrodes run out of places. */
static const struct point pol_factor[] = {
	{ 0.0, 6.0 },  { 5.0, 3.0 },  { 10.0, 1.5 }, { 20.0, 1.0 },
	{ 90.0, 1.0 }, { 97.0, 2.0 }, { 98.5, 8.0 },  { 100.0, 20.0 },
	{ 101.0, 40.0 }, { 102.0, 60.0 },
};

static double interpolate(const struct point *p, size_t n, double x)
{
	size_t i = 1;

	if (x <= p[0].x)
		return p[0].y;
	while (i < n - 1 && x > p[i].x)
		i++;
	if (x >= p[i].x)
		return p[i].y;
	return p[i - 1].y + (p[i].y - p[i - 1].y) * (x - p[i - 1].x) /
				    (p[i].x - p[i - 1].x);
}

static double cell_soc_pct(const struct bank_cell *cell)
{
	return 100.0 * cell->charge_ah / cell->capacity_ah;
}

/* Voltage without the ohmic part: the source of the equivalent circuit. */
static double cell_source_v(const struct bank_cell *cell)
{
	return interpolate(ocv_v, ARRAY_SIZE(ocv_v), cell_soc_pct(cell)) +
	       cell->pol_v;
}

void bank_init(struct bank *bank, unsigned n_batteries, unsigned series,
	       unsigned n_cells, double capacity_ah, struct rng *rng)
{
	memset(bank, 0, sizeof(*bank));
	bank->n_batteries = n_batteries;
	bank->series = series;
	bank->n_strings = n_batteries / series;
	bank->n_cells = n_cells;
	bank->capacity_ah = capacity_ah;
	bank->ambient_c = AMBIENT_C;
	for (unsigned b = 0; b < n_batteries; b++) {
		struct bank_battery *battery = &bank->battery[b];

		battery->n_cells = n_cells;
		battery->charge_fet = battery->discharge_fet = true;
		battery->temp_c = battery->mos_c = AMBIENT_C;
		for (unsigned c = 0; c < n_cells; c++) {
			struct bank_cell *cell = &battery->cell[c];

			/* Only upwards: the pack has its nominal capacity. */
			cell->capacity_ah =
				capacity_ah * (1 + 0.01 * rng_unit(rng));
			cell->r_ohm = R_OHM_AH / capacity_ah *
				      (0.95 + 0.1 * rng_unit(rng));
			cell->spread_pct = 0.3 * rng_unit(rng);
		}
	}
}

void bank_set_soc(struct bank_battery *battery, double pct)
{
	for (unsigned c = 0; c < battery->n_cells; c++) {
		struct bank_cell *cell = &battery->cell[c];
		double soc = pct - cell->spread_pct;

		/* An empty bank is empty, not over-discharged by the spread. */
		if (pct >= 0 && soc < 0)
			soc = 0;
		cell->charge_ah = soc / 100.0 * cell->capacity_ah;
		cell->pol_v = 0;
	}
}

void bank_shift_cell(struct bank_cell *cell, double pct)
{
	cell->charge_ah += pct / 100.0 * cell->capacity_ah;
}

double bank_cell_v(const struct bank_battery *battery, unsigned cell)
{
	const struct bank_cell *c = &battery->cell[cell];

	return cell_source_v(c) + battery->current_a * c->r_ohm;
}

double bank_battery_soc_pct(const struct bank_battery *battery)
{
	double sum = 0;

	for (unsigned c = 0; c < battery->n_cells; c++)
		sum += cell_soc_pct(&battery->cell[c]);
	return sum / battery->n_cells;
}

double bank_soc_pct(const struct bank *bank)
{
	double sum = 0;

	for (unsigned b = 0; b < bank->n_batteries; b++)
		sum += bank_battery_soc_pct(&bank->battery[b]);
	return sum / bank->n_batteries;
}

struct string {
	double source_v, r_ohm, current_a;
	bool charge, discharge, conducts;
};

static void string_of(const struct bank *bank, unsigned index,
		      struct string *ret)
{
	struct string s = { .charge = true, .discharge = true };

	for (unsigned i = 0; i < bank->series; i++) {
		const struct bank_battery *b =
			&bank->battery[index * bank->series + i];

		s.charge = s.charge && b->charge_fet;
		s.discharge = s.discharge && b->discharge_fet;
		for (unsigned c = 0; c < b->n_cells; c++) {
			s.source_v += cell_source_v(&b->cell[c]);
			s.r_ohm += b->cell[c].r_ohm;
		}
		s.r_ohm += 0.0005;	/* FETs, shunt and leads */
	}
	s.conducts = s.charge || s.discharge;
	*ret = s;
}

/* All conducting strings together as one source. */
static bool combine(const struct string *s, unsigned n, double *ret_v,
		    double *ret_siemens)
{
	double siemens = 0, amps = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!s[i].conducts)
			continue;
		siemens += 1 / s[i].r_ohm;
		amps += s[i].source_v / s[i].r_ohm;
	}
	if (siemens <= 0)
		return false;
	*ret_v = amps / siemens;
	*ret_siemens = siemens;
	return true;
}

/* Takes out the strings that would carry a current their FETs block. */
static bool drop_blocked(struct string *s, unsigned n, double terminal_v)
{
	bool dropped = false;

	for (unsigned i = 0; i < n; i++) {
		double a = (terminal_v - s[i].source_v) / s[i].r_ohm;

		s[i].current_a = s[i].conducts ? a : 0;
		if (!s[i].conducts || fabs(a) < 1e-6)
			continue;
		if ((a > 0 && !s[i].charge) || (a < 0 && !s[i].discharge)) {
			s[i].conducts = false;
			s[i].current_a = 0;
			dropped = true;
		}
	}
	return dropped;
}

/* With no path at all: the charger's own voltage, or nothing. */
static void open_circuit(struct bank *bank, const struct string *s,
			 const struct bank_demand *demand)
{
	double v = 0;

	for (unsigned i = 0; i < bank->n_strings; i++)
		if (s[i].discharge && s[i].source_v > v)
			v = s[i].source_v;
	if (demand->charger_a > 0)
		v = demand->charger_v;
	else if (demand->fixed_a < 0)
		v = 0;
	bank->terminal_v = v;
	bank->charger_a = 0;
	bank->current_a = 0;
}

/* Total current: what is drawn plus what the charger adds within its volts. */
static double total_a(const struct bank_demand *d, double source_v,
		      double siemens, double *ret_charger_a)
{
	double room_a = siemens * (d->charger_v - source_v) - d->fixed_a;

	*ret_charger_a = fmax(0, fmin(room_a, d->charger_a));
	return d->fixed_a + *ret_charger_a;
}

/* A blocked pack shows nothing at its terminals unless somebody charges. */
static bool shows_nothing(const struct bank *bank, const struct string *s,
			  const struct bank_demand *demand)
{
	if (demand->charger_a > 0 || demand->fixed_a > 0)
		return false;
	for (unsigned i = 0; i < bank->n_strings; i++)
		if (s[i].conducts && s[i].discharge)
			return false;
	return true;
}

static void solve(struct bank *bank, struct string *s,
		  const struct bank_demand *demand)
{
	double source_v, siemens, charger_a;

	do {
		if (!combine(s, bank->n_strings, &source_v, &siemens)) {
			open_circuit(bank, s, demand);
			return;
		}
		bank->current_a = total_a(demand, source_v, siemens,
					  &charger_a);
		bank->charger_a = charger_a;
		bank->terminal_v = source_v + bank->current_a / siemens;
	} while (drop_blocked(s, bank->n_strings, bank->terminal_v));
	if (shows_nothing(bank, s, demand))
		bank->terminal_v = 0;
}

static void balance(struct bank_battery *b, double dt_s)
{
	double moved_ah = b->balance_a * dt_s / 3600;

	if (!b->balancing)
		return;
	b->cell[b->balance_from].charge_ah -= moved_ah;
	b->cell[b->balance_to].charge_ah += 0.9 * moved_ah;
}

static void step_cells(struct bank_battery *b, double capacity_ah, double dt_s)
{
	double decay = exp(-dt_s / POL_TAU_S);

	for (unsigned c = 0; c < b->n_cells; c++) {
		struct bank_cell *cell = &b->cell[c];
		double ohm = POL_OHM_AH / capacity_ah *
			     interpolate(pol_factor, ARRAY_SIZE(pol_factor),
					 cell_soc_pct(cell));
		double goal_v = b->current_a * ohm;

		cell->pol_v = goal_v + (cell->pol_v - goal_v) * decay;
		cell->charge_ah += b->current_a * dt_s / 3600;
	}
}

static void step_heat(const struct bank *bank, struct bank_battery *b,
		      double dt_s)
{
	double heat_j_k = CELL_HEAT_J_K_AH * bank->capacity_ah * b->n_cells;
	double square = b->current_a * b->current_a;
	double r_ohm = b->n_cells * (R_OHM_AH + POL_OHM_AH) /
		       bank->capacity_ah;
	double mos_goal_c = b->temp_c + MOS_RISE_C * square / 1e4;

	b->temp_c += square * r_ohm * dt_s / heat_j_k;
	b->temp_c += (bank->ambient_c - b->temp_c) *
		     (1 - exp(-dt_s / COOLING_TAU_S));
	b->mos_c += (mos_goal_c - b->mos_c) * (1 - exp(-dt_s / MOS_TAU_S));
}

static void small_step(struct bank *bank, const struct bank_demand *demand,
		       double dt_s)
{
	struct string s[BANK_BATTERIES];

	for (unsigned i = 0; i < bank->n_strings; i++)
		string_of(bank, i, &s[i]);
	solve(bank, s, demand);
	for (unsigned i = 0; i < bank->n_batteries; i++) {
		struct bank_battery *b = &bank->battery[i];

		b->current_a = s[i / bank->series].current_a;
		b->throughput_ah += fabs(b->current_a) * dt_s / 3600;
		balance(b, dt_s);
		step_cells(b, bank->capacity_ah, dt_s);
		step_heat(bank, b, dt_s);
	}
}

void bank_step(struct bank *bank, const struct bank_demand *demand,
	       double dt_s)
{
	/* Long steps would make the charger's voltage limit overshoot. */
	while (dt_s > 0) {
		double part_s = fmin(dt_s, STEP_MAX_S);

		small_step(bank, demand, part_s);
		dt_s -= part_s;
	}
}
