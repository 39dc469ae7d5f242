/* SPDX-License-Identifier: MIT */
/*
 * The MultiPlus units themselves, seen from inside: who may switch them, what
 * each does with the AC of its phase, its load and the battery, its settings
 * and variables. One unit, several in parallel, or several phases with one or
 * more units each. What the MK3 makes of it on its serial side is another
 * module.
 *
 * The description says: the phase of an address is the address modulo 3, and 0,
 * 1 and 2 are the masters of L1, L2 and L3; settings and charge current belong
 * to a unit; switch, limit of the AC input and LEDs to the system; the state of
 * charge of the system is that of the master.
 *
 * It leaves open, and here it is so:
 * - Voltages (absorption, float, low battery) are those set in unit 0, for all.
 * - Mains that comes or goes on one phase concerns that phase only, or, with
 *   mains_as_group, all phases charge when all have mains and none otherwise.
 * - When a unit is gone, mute or has an error the others go on, until they are
 *   told an error of their own: no numbers are invented for a loss.
 * - A unit that is configured for a VE.Bus BMS is off while there is none.
 * - A Digital Multi Control takes the place of the remote switch, a VE.Bus BMS
 *   of version 1 leaves the remote switch without effect, one of version 2 does
 *   not; what a BMS forbids is forbidden to every unit.
 * - Flags0 of unit 0 has the leader's bit, of no other unit.
 * - The limit of the AC input holds for each phase.
 */
#ifndef SIM_MULTI_H
#define SIM_MULTI_H

#include <stdbool.h>
#include <stdint.h>

#include "bank.h"

#define MULTI_ADDRESSES 32
#define MULTI_PHASES 3
#define MULTI_SETTINGS 192
#define MULTI_MAINS_V 230.0
#define MULTI_EFFICIENCY 0.92		/* of charger and inverter */

/* As the S command numbers them; the result of the arbitration too. */
enum multi_switch {
	SW_NONE = 0, SW_CHARGER = 1, SW_INVERTER = 2, SW_ON = 3, SW_OFF = 4,
};

/* As the device state command numbers them. */
enum multi_state {
	STATE_DOWN = 0, STATE_OFF = 2, STATE_SLAVE = 3, STATE_INVERT = 4,
	STATE_BYPASS = 8, STATE_CHARGE = 9,
};

enum multi_stage {
	STAGE_BULK = 1, STAGE_ABSORPTION = 2, STAGE_FLOAT = 3,
	STAGE_EQUALISE = 7,
};

/* Settings that act here; others are only kept. */
enum multi_setting_id {
	SET_FLAGS0 = 0, SET_ABSORPTION = 2, SET_FLOAT = 3, SET_BULK_A = 4,
	SET_ABSORPTION_H = 9, SET_LOW_V = 11, SET_LOW_HYST = 12,
	SET_FLAGS2 = 60, SET_PREALARM = 63, SET_CAPACITY = 64,
};

enum multi_flags0 {
	FLAG_MULTI_PHASE = 0x0001, FLAG_LEADER = 0x0002,
	FLAG_DISABLE_CHARGE = 0x0040,
};

enum multi_flags2 {
	FLAG_EXPECTS_BMS = 0x0080,
};

struct multi_unit {
	uint16_t eeprom[MULTI_SETTINGS];
	uint16_t acting[MULTI_SETTINGS];	/* lost on reset */
	uint32_t firmware, unique;
	unsigned error;
	bool present;		/* the system has a unit of this address */
	bool gone;		/* taken off the bus, or dead */
	bool mute;		/* runs, and answers nobody */
	bool ignore_current, ignore_switch;
	enum multi_switch frozen_remote;	/* obeyed meanwhile */
	int64_t delay_ns;	/* of its answers */

	enum multi_state state;
	double want_a;		/* what it could charge with */
	double charger_a, inverter_a;	/* at DC, both positive */
	int soc_raw;		/* written SoC, or -1 */
	unsigned requests;
};

struct multi_setting {
	uint8_t id;
	int16_t scale, offset;
	uint16_t standard, min, max;
	uint8_t access;
	bool volts;		/* follows the number of cells in series */
};

struct multi {
	struct bank *bank;
	unsigned n_cells, n_phases;
	struct multi_unit unit[MULTI_ADDRESSES];

	bool ac[MULTI_PHASES];
	double load_w[MULTI_PHASES];
	bool mains_as_group;
	bool slept;		/* put to sleep by command */
	bool asleep;		/* went to sleep by itself */
	enum multi_switch front, remote, dmc_switch;
	bool dmc;
	unsigned bms;		/* version of the VE.Bus BMS; 0: none */
	unsigned bms_allows;	/* 1: to charge, 2: to discharge */
	bool panel_detect, standby, raw_remote;
	unsigned ac_limit_da;
	double extra_dc_a;

	bool alive;
	enum multi_stage stage;
	bool low_battery;
	int64_t off_since_ns, low_since_ns;	/* 0: not so */
	double stage_s, tail_s;
	double charger_a, inverter_a;	/* of all units */

	unsigned eeprom_writes, refused_writes;
};

void multi_init(struct multi *multi, struct bank *bank, unsigned n_cells);
/*
 * Makes it a system of so many units over 1..MULTI_PHASES phases, dealt out in
 * turn; the load is spread evenly. False where the addresses do not suffice.
 */
bool multi_arrange(struct multi *multi, unsigned n_units, unsigned n_phases);
/* Physical time dt_s passes; now_ns is for what the unit's clock decides. */
void multi_step(struct multi *multi, double dt_s, int64_t now_ns);
void multi_reset_units(struct multi *multi);
void multi_toggle_front(struct multi *multi, enum multi_switch front,
			int64_t now_ns);
void multi_force_stage(struct multi *multi, enum multi_stage stage);
void multi_set_load(struct multi *multi, double watts);
void multi_set_ac(struct multi *multi, bool on);

unsigned multi_phase(unsigned address);
/* NULL where no unit of that address is alive on the bus. */
const struct multi_unit *multi_at(const struct multi *multi, unsigned address);
unsigned multi_units(const struct multi *multi);
/* Units alive on that phase. */
unsigned multi_units_of(const struct multi *multi, unsigned phase);
bool multi_has_mains(const struct multi *multi, unsigned phase);

/* Of the system, which is unit 0's. */
enum multi_switch multi_active(const struct multi *multi);
enum multi_state multi_state(const struct multi *multi);
bool multi_mains_used(const struct multi_unit *unit);
/* Current at AC in and out of one unit, amperes. */
double multi_mains_a(const struct multi *multi, unsigned address);
double multi_load_a(const struct multi *multi, unsigned address);
uint8_t multi_switch_register(const struct multi *multi);
void multi_leds(const struct multi *multi, uint8_t *ret_on,
		uint8_t *ret_blink);
uint8_t multi_alarms(const struct multi *multi);
/* The error of the first unit that has one. */
unsigned multi_error(const struct multi *multi);
unsigned multi_soc_raw(const struct multi *multi,
		       const struct multi_unit *unit);

enum setting_result {
	SETTING_OK, SETTING_UNKNOWN, SETTING_GRID_CODE, SETTING_NEEDS_RESET,
};

/* setting.c: NULL when the units have no such setting. */
const struct multi_setting *multi_setting(unsigned id);
/* Range of a setting after scaling to the system voltage. */
uint16_t multi_scaled(const struct multi *multi,
		      const struct multi_setting *setting, uint16_t value);
void multi_unit_defaults(const struct multi *multi, struct multi_unit *unit);
/* Forgets what was written to RAM only. */
void multi_unit_reset(struct multi_unit *unit);
enum setting_result multi_write(struct multi *multi, struct multi_unit *unit,
				unsigned id, uint16_t value, bool ram_only);

#endif
