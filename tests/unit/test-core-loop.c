/* SPDX-License-Identifier: MIT */
/*
 * B11 as a closed loop: cells on paper, a charger that follows the limit and
 * the lines, and the core between them. The cells are a model of their own
 * and no copy of the simulator's: a rested voltage by state of charge, a
 * resistance that is felt at once and one that is felt slowly, both more in
 * the cold, and a balancer that takes current from the cells that are ahead.
 */
#include <math.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

enum { CELLS = 16, BATTERIES = 2, HOURS_MAX = 16 };

/* Rested voltage of LiFePO4, mV by thousandths of charge; beyond 1000 there
 * is nowhere left for the charge to go. */
static const struct {
	double permille;
	double mv;
} rested[] = {
	{ 0, 2500 },   { 20, 2950 },  { 50, 3120 },  { 100, 3200 },
	{ 200, 3250 }, { 300, 3275 }, { 400, 3290 }, { 600, 3300 },
	{ 700, 3320 }, { 900, 3335 }, { 950, 3345 }, { 970, 3360 },
	{ 980, 3375 }, { 990, 3400 }, { 995, 3430 }, { 1000, 3470 },
	{ 1005, 3560 }, { 1010, 3720 }, { 1015, 3950 }, { 1030, 4500 },
};

struct cell {
	double permille;
	double slow_mv; /* what builds up within a minute or so */
};

/* One installation, drawn at random. */
struct plant {
	struct bank bank;
	struct cell cell[BATTERIES][CELLS];
	double capacity_ah;
	double ohm;         /* of a cell, felt at once; half of it slowly */
	double balance_a;
	double absorb_mv;   /* of a cell, on average */
	double ahead;       /* of the one cell, in thousandths */
	unsigned int lag_s; /* of the charger behind its limit */
	bool deaf;          /* it ignores limit and voltage */
	bool chained;       /* but not the line */
	double order_a[16]; /* on its way to the charger */
	double charger_a;
	double highest_mv;
	bool tripped;
	uint64_t s;
};

static struct plant plant;
static uint64_t seed;

static double between(double low, double high)
{
	return low + (high - low) *
	       (double)unit_between(&seed, 0, 1000000) / 1e6;
}

static double rested_mv(double permille)
{
	const size_t n = ARRAY_SIZE(rested);

	for (size_t i = 1; i < n; i++) {
		if (permille <= rested[i].permille || i == n - 1)
			return rested[i - 1].mv +
			       (rested[i].mv - rested[i - 1].mv) *
			       (permille - rested[i - 1].permille) /
			       (rested[i].permille - rested[i - 1].permille);
	}
	return 0;
}

static double cell_mv(const struct plant *p, const struct cell *c, double a)
{
	return rested_mv(c->permille) + c->slow_mv + a * p->ohm * 1000;
}

/* The battery's own voltage, as if its cells were all the same. */
static double own_mv(const struct plant *p, uint32_t battery)
{
	double sum = 0;

	for (int k = 0; k < CELLS; k++)
		sum += cell_mv(p, &p->cell[battery][k], 0);
	return sum / CELLS;
}

/* What the charger gives all of them together, and where it stops. */
static double given_a(const struct plant *p)
{
	bool heeds = p->chained || !p->deaf;

	return heeds && !p->bank.out.atc_high ? 0 : p->charger_a;
}

/*
 * What all terminals have, mV of a cell: batteries in parallel have one
 * voltage. It is where their currents add up to what the charger gives, or
 * what it holds, where that is lower; and never so low that it would be
 * discharging them.
 */
static double common_mv(const struct plant *p)
{
	double rest_mv = 0;
	double mv;

	for (uint32_t i = 0; i < p->bank.n; i++)
		rest_mv += own_mv(p, i) / p->bank.n;
	mv = rest_mv + given_a(p) / p->bank.n * p->ohm * 1000;
	return p->deaf ? mv : fmax(rest_mv, fmin(mv, p->absorb_mv));
}

/* A second of one battery; it reports what it has at its end. */
static void live(struct plant *p, uint32_t i, double a)
{
	struct sample *s = &p->bank.sample[i];
	double lowest = 5000, highest = 0;
	bool balances = false;

	for (int k = 0; k < CELLS; k++) {
		double mv = cell_mv(p, &p->cell[i][k], a);

		lowest = fmin(lowest, mv);
		highest = fmax(highest, mv);
	}
	for (int k = 0; k < CELLS; k++) {
		struct cell *c = &p->cell[i][k];
		double mv = cell_mv(p, c, a);
		double own_a = a;

		if (mv > 3400 && mv > lowest + 10 && mv > highest - 10) {
			own_a -= p->balance_a;
			balances = true;
		}
		c->permille += own_a / p->capacity_ah / 3.6;
		c->slow_mv += (a * p->ohm * 500 - c->slow_mv) / 60;
		bank_cell(&p->bank, i, (uint32_t)k, (uint16_t)lround(mv));
	}
	s->current_ma = known_i32((int32_t)lround(a * 1000));
	s->balancing = known_i32(balances);
	p->highest_mv = fmax(p->highest_mv, highest);
}

/* The charger does whole amperes, some seconds after it was told. */
static void obey(struct plant *p)
{
	maybe_i32 limit = p->bank.out.charge_limit_ma;
	double told = limit.known ? floor(limit.value / 1000.0) : 0;

	if (p->deaf)
		return;
	p->charger_a = p->order_a[p->s % (p->lag_s + 1)];
	p->order_a[p->s % (p->lag_s + 1)] = told;
}

static void pass_second(struct plant *p)
{
	double mv;

	obey(p);
	mv = common_mv(p);
	for (uint32_t i = 0; i < p->bank.n; i++)
		live(p, i, (mv - own_mv(p, i)) / p->ohm / 1000);
	bank_run_ms(&p->bank, 1000);
	p->s++;
	p->tripped |= bank_has_code(&p->bank, CODE_A_X02);
}

static void extremes(const struct plant *p, double *ret_lowest,
		     double *ret_highest)
{
	*ret_lowest = 2000;
	*ret_highest = 0;
	for (uint32_t i = 0; i < p->bank.n; i++) {
		for (int k = 0; k < CELLS; k++) {
			double permille = p->cell[i][k].permille;

			*ret_lowest = fmin(*ret_lowest, permille);
			*ret_highest = fmax(*ret_highest, permille);
		}
	}
}

/* Every cell is full, and the core has seen that of the bank (E2) where the
 * charger holds more than the 56.0 V that this takes. */
static bool is_full(const struct plant *p)
{
	double lowest, highest;

	extremes(p, &lowest, &highest);
	return lowest >= 985 &&
	       (p->absorb_mv < 3510 || p->bank.state.full);
}

/* Every cell a little different, one of them ahead. */
static void build(struct plant *p, double temperature)
{
	uint32_t n = (uint32_t)unit_between(&seed, 1, BATTERIES);
	double start = between(600, 900);

	bank_init(&p->bank, n);
	/* A cell of 100 Ah has half a milliohm, and twice that at 0 degC. */
	p->ohm = between(0.03, 0.08) / p->capacity_ah *
		 (temperature < 25 ? 2 - temperature / 25 : 1);
	p->highest_mv = 0;
	p->tripped = false;
	p->charger_a = 0;
	p->s = 0;
	for (size_t i = 0; i < ARRAY_SIZE(p->order_a); i++)
		p->order_a[i] = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct sample *s = &p->bank.sample[i];

		s->design_mah = known_i32((int32_t)(p->capacity_ah * 1000));
		s->full_mah = s->design_mah;
		bank_temperature(&p->bank, i, (int32_t)(temperature * 10));
		for (int k = 0; k < CELLS; k++)
			p->cell[i][k] = (struct cell){
				start + between(-5, 5), 0
			};
	}
	p->cell[n - 1][unit_between(&seed, 0, CELLS - 1)].permille +=
		p->ahead;
}

static void tell(const struct plant *p, double temperature)
{
	printf("%.0f Ah x %u, %.1f degC, %.1f mohm, one cell %.1f %% ahead, "
	       "balancer %.2f A, absorption %.3f V, lag %u s: ",
	       p->capacity_ah, (unsigned int)p->bank.n, temperature,
	       p->ohm * 1000, p->ahead / 10, p->balance_a,
	       p->absorb_mv / 1000, p->lag_s);
	fflush(stdout);
}

/* Charges until it is full; the hours that took. */
static double fill(struct plant *p)
{
	double lowest, highest;

	while (!is_full(p) && p->s < HOURS_MAX * 3600)
		pass_second(p);
	extremes(p, &lowest, &highest);
	printf("%.1f h, highest cell %.3f V, cells %.1f..%.1f %% at the end\n",
	       (double)p->s / 3600, p->highest_mv / 1000, lowest / 10,
	       highest / 10);
	return (double)p->s / 3600;
}

/* The least time: the charge itself, with what the cold leaves of it, and
 * what the balancer has to move. */
static double hours_needed(const struct plant *p, double temperature)
{
	double share = fmin(1, 0.1 + (temperature - 5) / 10 * 0.9);

	return 0.4 / 0.3 / share +
	       p->ahead / 1000 * p->capacity_ah / p->balance_a;
}

/* B11, B4: whatever the imbalance, never as far as the trip, and not for
 * ever either */
START_TEST(an_imbalanced_bank_is_charged_full_without_a_trip)
{
	double temperature, hours;

	seed = unit_seed() + (uint64_t)_i;
	plant.capacity_ah = between(50, 320);
	plant.balance_a = between(0.2, 2);
	/* What the balancer can move in some hours. */
	plant.ahead = fmin(between(0, 50), plant.balance_a * 4 /
			   plant.capacity_ah * 1000);
	plant.absorb_mv = between(3450, 3600);
	plant.lag_s = (unsigned int)unit_between(&seed, 0, 8);
	plant.deaf = false;
	temperature = between(8, 45);
	build(&plant, temperature);
	tell(&plant, temperature);
	hours = fill(&plant);
	ck_assert(!plant.tripped);
	ck_assert_double_lt(plant.highest_mv, 3745);
	ck_assert_double_lt(hours, 2 + 2 * hours_needed(&plant, temperature));
}
END_TEST

/* The bank that the reference's users have: 100 Ah, a charger of 30 A, and
 * one cell 3 % ahead. */
static void typical(void)
{
	plant.capacity_ah = 100;
	plant.balance_a = 1;
	plant.ahead = 30;
	plant.absorb_mv = 3550;
	plant.lag_s = 3;
	plant.deaf = false;
	build(&plant, 25);
	tell(&plant, 25);
}

/* B11 */
START_TEST(one_cell_3_percent_ahead_at_0_3_c_is_charged_full)
{
	double hours;

	seed = unit_seed();
	typical();
	hours = fill(&plant);
	ck_assert(!plant.tripped);
	ck_assert_double_lt(plant.highest_mv, 3700);
	ck_assert_double_lt(hours, 7);
}
END_TEST

/* B4, C3: a charger that does not listen trips it, named and in time */
START_TEST(a_deaf_charger_trips_it)
{
	seed = unit_seed();
	typical();
	plant.deaf = true;
	plant.chained = _i == 0;
	plant.charger_a = 30;
	while (!plant.tripped && plant.s < HOURS_MAX * 3600)
		pass_second(&plant);
	printf("%.1f h, highest cell %.3f V\n", (double)plant.s / 3600,
	       plant.highest_mv / 1000);
	ck_assert(plant.tripped && !plant.bank.out.atc_high);
	ck_assert(plant.bank.out.atd_high);
	ck_assert_int_eq(plant.bank.out.charge_limit_ma.value, 0);
	ck_assert_double_ge(plant.highest_mv, 3749);
	ck_assert_double_lt(plant.highest_mv, 3765);
	for (int i = 0; i < 120; i++)
		pass_second(&plant);
	if (plant.chained)
		ck_assert_double_lt(plant.highest_mv, 3770);
	else
		ck_assert_ptr_nonnull(bank_reason(&plant.bank,
						  REASON_CELL_HIGH_HARD));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: closed loop");
	TCase *tc = tcase_create("loop");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc,
			    an_imbalanced_bank_is_charged_full_without_a_trip,
			    0, 12);
	tcase_add_test(tc, one_cell_3_percent_ahead_at_0_3_c_is_charged_full);
	tcase_add_loop_test(tc, a_deaf_charger_trips_it, 0, 2);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
