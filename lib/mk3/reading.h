/* SPDX-License-Identifier: MIT */
/*
 * What is known of the inverter/charger, as its MK3 tells it, and what it
 * may be asked to do. Every value carries whether it is known; "fresh" is
 * judged by whoever uses it, from the times given here.
 */
#ifndef BMS_READING_H
#define BMS_READING_H

#include "lib/base/limits.h"
#include "lib/base/maybe.h"
#include "lib/base/mono.h"

/*
 * What the core wants. The zero value is the safe one. LEAVE sends no
 * switch state at all: the unit stays as it was.
 */
enum inverter_switch {
	INVERTER_OFF,
	INVERTER_CHARGER_ONLY,
	INVERTER_INVERTER_ONLY,
	INVERTER_ON,
	INVERTER_LEAVE,
};

struct inverter_command {
	enum inverter_switch state;
	/* For the whole system; the session divides it over the units and
	 * never exceeds what the installer stored. Unknown: do not write. */
	maybe_i32 charge_current_ma;
	/* To be handed to the first unit, for others to show (C9), 0 to
	 * 1000. Unknown: do not write. */
	maybe_i32 soc_permille;
};

enum inverter_phase_limit { INVERTER_PHASES_MAX = 4 };

struct inverter_unit {
	uint8_t address;
	maybe_i32 product;          /* TTTT of the version, mk3.md 6.1 */
	maybe_i32 firmware;         /* version % 1000 */
	maybe_i32 expects_bms;      /* 0 or 1: will not run without one */
	maybe_i32 stored_charge_current_ma; /* setting 4 as stored */
	maybe_i32 written_charge_current_ma; /* last RAM-only write accepted */
};

struct inverter_reading {
	/* Link. connected: valid frames within 5 s and the MK addressed. */
	bool connected;
	mono_t time;       /* of the last valid frame */
	maybe_i32 mk_version;
	uint32_t mk_resets; /* noticed since start */

	uint8_t n_units;
	struct inverter_unit unit[BMS_UNITS_MAX];

	/* F 0 */
	mono_t dc_time;
	maybe_i32 dc_mv;
	maybe_i32 dc_ma; /* + is charging: charger minus inverter */

	/* F 1..4 */
	mono_t ac_time;
	uint8_t n_phases;
	maybe_i32 ac_in_mv[INVERTER_PHASES_MAX];
	maybe_i32 ac_in_ma[INVERTER_PHASES_MAX];
	maybe_i32 ac_out_mv[INVERTER_PHASES_MAX];
	maybe_i32 ac_out_ma[INVERTER_PHASES_MAX];
	maybe_i32 mains_present; /* 0 or 1 */

	/* 0E: main and sub state, mk3.md 6.4 */
	maybe_i32 state_main;
	maybe_i32 state_sub;

	/* L */
	maybe_i32 leds_on;
	maybe_i32 leds_blink;
	maybe_i32 alarm_bits;
	maybe_i32 error; /* VE.Bus error number, mk3.md 6.2 */

	/*
	 * Read-back of the switch register by F 5: the arbitrated result.
	 * switch_time is the time of the answer, switch_asked that of the
	 * request: a command given after switch_asked is not yet judged by it.
	 */
	mono_t switch_time;
	mono_t switch_asked;
	maybe_i32 switch_register;

	/* Who else is on the bus, mk3.md 9: 0 or 1, unknown until looked.
	 * A Digital Multi Control then owns the switch (10.1). */
	maybe_i32 bms_present;
	maybe_i32 dmc_present;

	/* What was last sent: state and since when it is being sent. */
	bool sent_known;
	enum inverter_switch sent;
	mono_t sent_since;
	/* All units acknowledged the wanted charge current. */
	bool charge_current_applied;
};

/* Bits of switch_register (mk3.md 4.3). */
enum {
	SWITCH_REMOTE_CHARGE = 0x01,
	SWITCH_REMOTE_INVERT = 0x02,
	SWITCH_FRONT_ON = 0x04,
	SWITCH_FRONT_CHARGER_ONLY = 0x08,
	SWITCH_ACTIVE_CHARGE = 0x10,
	SWITCH_ACTIVE_INVERT = 0x20,
};

/* Why nothing at all is commanded (C6). */
enum inverter_bar {
	INVERTER_BAR_NONE,
	INVERTER_BAR_NOT_LOOKED, /* not yet asked who is on the bus */
	INVERTER_BAR_BMS,        /* a VE.Bus BMS commands already */
	INVERTER_BAR_FIRMWARE,   /* a unit's is below INVERTER_FIRMWARE_MIN */
};

/* manual.txt 3.2.1: below the first a BMS of this kind cannot be used, from
 * there to the second it needs an assistant in the unit. */
enum {
	INVERTER_FIRMWARE_MIN = 415,
	INVERTER_FIRMWARE_FULL = 489,
};

/* A firmware that is not known bars nothing: what restricts must get out. */
enum inverter_bar inverter_bar(const struct inverter_reading *reading);

/* A unit waits for a VE.Bus BMS, and it is known that none is there. */
bool inverter_waits_for_bms(const struct inverter_reading *reading);

/* The lowest firmware that is known; unknown where none is. */
maybe_i32 inverter_lowest_firmware(const struct inverter_reading *reading);

#endif
