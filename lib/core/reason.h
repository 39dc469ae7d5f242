/* SPDX-License-Identifier: MIT */
/*
 * Why something is forbidden or warned of: one row of a table per kind, and
 * the text that people and programs read: "kind:where:value:limit", for
 * example "cell-low:2.7:2.791:2.800" (battery 2, cell 7).
 */
#ifndef BMS_REASON_H
#define BMS_REASON_H

#include "lib/base/limits.h"
#include "lib/base/mono.h"
#include "lib/base/text.h"
#include "lib/core/code.h"

enum reason_kind {
	/* Per battery. */
	REASON_UNKNOWN,          /* B1: no complete reading yet */
	REASON_SILENT,           /* B8, A-B05 */
	REASON_UNREADABLE,       /* B10: it answers, but not to be used */
	REASON_TEMPERATURE_UNKNOWN,
	REASON_CELL_IMPLAUSIBLE, /* B10: confirmed, and still no cell */
	REASON_CELL_PRE_ALARM,   /* B2: forbids nothing */
	REASON_CELL_LOW,         /* B3 */
	REASON_CELL_LOW_HARD,    /* B3 */
	REASON_CELL_HIGH,        /* B4 */
	REASON_CELL_HIGH_HARD,   /* C3: charge current 0 A */
	REASON_CHARGE_COLD,      /* B5 */
	REASON_CHARGE_HOT,       /* B5, A-B09 */
	REASON_CHARGE_HOT_HARD,  /* C3: charge current 0 A */
	REASON_DISCHARGE_COLD,   /* B5, the guard */
	REASON_DISCHARGE_HOT,
	REASON_CHARGE_SWITCH,    /* B9: the battery's own switch is open */
	REASON_DISCHARGE_SWITCH,
	REASON_BATTERY_PROTECTS, /* B9: a protection bit of the battery */
	REASON_CHARGE_CURRENT,   /* B15: forbid nothing */
	REASON_CHARGE_PULSE,
	REASON_DISCHARGE_CURRENT,
	REASON_DISCHARGE_PULSE,
	REASON_BYPASSED,         /* B13: forbids nothing */
	REASON_MISMATCH,         /* A3: does not fit the others */
	/* Of the bank. */
	REASON_ARRANGEMENT,      /* A2: cannot be put together, E-B01 */
	REASON_BANK_VOLTAGE,     /* A4, E-B09 */
	REASON_BANK_LOW,         /* B7, A-B08 */
	REASON_SOC_WARNING,      /* B6: forbids nothing */
	REASON_SOC_FLOOR,        /* B6, A-B07 */
	REASON_BYPASS_LOW,       /* B13: no room for a battery not seen */
	REASON_BYPASS_HIGH,
	REASON_UPDATE,           /* H1: its window is open */
	REASON_REMOTE_OFF,       /* D1 */
	REASON_MODE,             /* D2: switched so by an operator */
	REASON_LINES,            /* B14, E-B11 */
	REASON_KIND_COUNT
};

enum reason_unit {
	REASON_NO_UNIT,
	REASON_MILLIVOLT,   /* printed in V, three decimals */
	REASON_DECIDEGREE,  /* printed in degC, one decimal */
	REASON_PERMILLE,    /* printed in %, one decimal */
	REASON_MILLISECOND, /* printed in s, one decimal */
	REASON_MILLIAMPERE, /* printed in A, one decimal; + is charging */
	REASON_COUNT_OF,    /* printed as it is */
	REASON_PROTECTION,  /* value is an enum battery_protection */
};

struct reason_row {
	const char *name;
	enum reason_unit unit;
};

extern const struct reason_row reason_rows[REASON_KIND_COUNT];

struct reason {
	enum reason_kind kind;
	uint32_t battery; /* from 1; 0: the bank */
	uint8_t cell;     /* cell or sensor, from 1; 0: none */
	bool has_value;
	bool forbids_charge;
	bool forbids_discharge;
	code_set codes; /* that it gives */
	int32_t value; /* the worst now seen, in the kind's unit */
	int32_t limit;
	mono_t since;  /* continuously */
};

/* "kind:where:value:limit"; fields that do not apply are empty. */
void reason_text(const struct reason *reason,
		 char buf[BMS_REASON_TEXT_SIZE]);

/* Appends a value or limit of that kind as reason_text() writes it. */
void reason_number(struct text *t, enum reason_kind kind, int32_t value);

/* "cell-overvoltage", ... of an enum battery_protection. */
const char *battery_protection_name(uint32_t protection);

#endif
