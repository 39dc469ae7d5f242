/* SPDX-License-Identifier: MIT */
/*
 * Warning (W), alarm (A) and error (E) codes. Those with B are the
 * reference product's (its manual, 5.3); those with X are ours, for what
 * the manual has no code. Everything that is said of a code anywhere comes
 * from this one table.
 */
#ifndef BMS_CODE_H
#define BMS_CODE_H

#include <stdint.h>

enum code {
	CODE_W_B01, /* low cell voltage: ATD will open */
	CODE_W_B05, /* communication with a battery lost */
	CODE_W_B07, /* low state of charge */
	CODE_A_B01, /* low cell voltage */
	CODE_A_B05, /* communication with a battery lost */
	CODE_A_B07, /* low state of charge */
	CODE_A_B08, /* low bank voltage */
	CODE_A_B09, /* high battery temperature */
	CODE_E_B01, /* battery configuration invalid: number, arrangement */
	CODE_E_B05, /* battery configuration invalid: unlike batteries */
	CODE_E_B09, /* battery voltage not allowed */
	CODE_E_B11, /* hardware error: output lines */
	CODE_W_X01, /* no connection to the inverter/charger */
	CODE_W_X02, /* a battery has been swapped */
	CODE_W_X03, /* outputs stay driven after a crash (kernel setting) */
	CODE_W_X04, /* high charge current of a battery */
	CODE_W_X05, /* high discharge current of a battery */
	CODE_W_X06, /* a unit's firmware needs an assistant: C6 */
	CODE_W_X07, /* a battery is bypassed by an operator */
	CODE_W_X08, /* a unit waits for a VE.Bus BMS */
	CODE_A_X01, /* inverter/charger does not obey */
	CODE_A_X02, /* high cell voltage */
	CODE_A_X03, /* a VE.Bus BMS is there, nothing is commanded: C6 */
	CODE_E_X01, /* a unit's firmware is too old, nothing is commanded: C6 */
	CODE_COUNT
};

/* A set of codes: bit per enum code. */
typedef uint32_t code_set;

#define CODE_BIT(code) ((code_set)1 << (code))

struct code_row {
	const char *name; /* "W-B01"; the letter is its class */
	const char *text;
	/* MESSAGE_ID in the journal: 32 lower-case hex digits, as
	 * "systemd-id128 new" makes them. Searched for, so never changed. */
	const char *id;
	/* Sentences for people, for the journal's catalog and the manual. */
	const char *means;   /* what has happened */
	const char *outputs; /* what the outputs do about it */
	const char *advice;  /* what a person can do */
};

extern const struct code_row code_rows[CODE_COUNT];

#endif
