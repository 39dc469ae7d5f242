/* SPDX-License-Identifier: MIT */
/*
 * The history page (F3; manual 5.2): thirteen values since the history was
 * last reset. One table says of each what it is called, its unit and its
 * range; D-Bus, the ctl tool, the manual page and the stored form come from
 * it.
 */
#ifndef BMS_HISTORY_H
#define BMS_HISTORY_H

#include "lib/base/maybe.h"
#include "lib/base/mono.h"

struct bms_input;
struct bms_output;
struct bms_state;

/* Where the manual gives no definition it is that of the same maker's
 * battery monitors (SmartShunt manual, 5.5.2, history). */
enum history_id {
	HISTORY_DEEPEST_DISCHARGE, /* most that was gone of a full bank */
	HISTORY_AH_DRAWN,          /* all that was discharged */
	HISTORY_DISCHARGED_ENERGY,
	HISTORY_CHARGED_ENERGY,
	HISTORY_SYNCHRONISATIONS,  /* full charges after less than 90 % */
	HISTORY_CYCLES,            /* below 65 %, then above 90 % */
	HISTORY_FULL_CHARGE_AGE,   /* not touched by a reset */
	HISTORY_MIN_VOLTAGE,       /* of the bank */
	HISTORY_MAX_VOLTAGE,
	HISTORY_MIN_CELL,
	HISTORY_MAX_CELL,
	HISTORY_MIN_TEMPERATURE,
	HISTORY_MAX_TEMPERATURE,
	HISTORY_COUNT
};

enum history_kind {
	HISTORY_KIND_MIN, /* unknown until there was one */
	HISTORY_KIND_MAX,
	HISTORY_KIND_SUM, /* begins with 0 */
	HISTORY_KIND_AGE, /* grows by itself; unknown until there was one */
};

struct history_row {
	const char *name; /* property of org.vebusbmsng.History1 */
	enum history_kind kind;
	const char *unit; /* "Ah", "kWh", "V", "degC", "s"; "" is a number */
	/* value / 10^decimals is in that unit. 0: a whole number, on D-Bus
	 * of type t; else d. */
	uint8_t decimals;
	int64_t min;      /* what a stored value may be */
	int64_t max;
	int64_t per;      /* parts to one of the value; 1: only whole ones */
	const char *help; /* one line */
};

extern const struct history_row history_rows[HISTORY_COUNT];

struct history_entry {
	bool known; /* a sum always is */
	int64_t value;
	int64_t part; /* of a sum, 0 to per - 1 */
};

struct history {
	struct history_entry entry[HISTORY_COUNT];
	bool below_65;   /* a cycle has begun */
	bool below_90;   /* a full charge would be counted */
	/* Of the reading before; unknown after a gap. */
	maybe_i32 current_ma;
	maybe_i32 voltage_mv;
	mono_t time;
};

/*
 * Once a step, after charge_step() and balance_step(). Charge and energy
 * are summed exactly, as a straight line between two steps that brought a
 * reading and know the bank's current and voltage; a gap longer than
 * lost-alarm between them is left out. A value outside its row's range is
 * no value. Carries out the operator's reset, after which all begins anew
 * but the age of the last full charge, which the balancer needs.
 */
void history_step(struct bms_state *state, const struct bms_input *input,
		  const struct bms_output *output);

/*
 * A value as of the last step, in the row's unit times 10^decimals: true
 * where it is known.
 */
bool history_read(const struct bms_state *state, enum history_id id,
		  int64_t *ret);

#endif
