/* SPDX-License-Identifier: MIT */
/*
 * The MultiPlus itself, seen from inside: who may switch it, what it does with
 * AC, load and battery, its settings and variables. One unit or several in
 * parallel that act as one. What the MK3 makes of it on its serial side is
 * another module.
 */
#ifndef SIM_MULTI_H
#define SIM_MULTI_H

#include <stdbool.h>
#include <stdint.h>

#include "bank.h"

#define MULTI_UNITS 32
#define MULTI_SETTINGS 192

/* As the S command numbers them; the result of the arbitration too. */
enum multi_switch {
	SW_NONE = 0, SW_CHARGER = 1, SW_INVERTER = 2, SW_ON = 3, SW_OFF = 4,
};

/* As the device state command numbers them. */
enum multi_state {
	STATE_DOWN = 0, STATE_OFF = 2, STATE_INVERT = 4, STATE_BYPASS = 8,
	STATE_CHARGE = 9,
};

enum multi_stage {
	STAGE_BULK = 1, STAGE_ABSORPTION = 2, STAGE_FLOAT = 3,
	STAGE_EQUALISE = 7,
};

struct multi_unit {
	uint16_t eeprom[MULTI_SETTINGS];
	uint16_t acting[MULTI_SETTINGS];	/* lost on reset */
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
	unsigned n_units, n_cells;
	struct multi_unit unit[MULTI_UNITS];
	uint32_t firmware;
	unsigned error;

	bool ac;
	bool slept;		/* put to sleep by command */
	bool asleep;		/* went to sleep by itself */
	double load_w;
	enum multi_switch front, remote, frozen_remote;
	bool panel_detect, standby, raw_remote;
	bool ignore_switch, ignore_current;
	unsigned ac_limit_da;
	double extra_dc_a;

	bool alive;
	enum multi_state state;
	enum multi_stage stage;
	bool low_battery;
	int64_t off_since_ns, low_since_ns;	/* 0: not so */
	double stage_s, tail_s;
	double charger_a, inverter_a;	/* at DC, both positive */
	int soc_raw;			/* written SoC, or -1 */

	unsigned eeprom_writes, refused_writes;
};

void multi_init(struct multi *multi, struct bank *bank, unsigned n_cells);
/* Physical time dt_s passes; now_ns is for what the unit's clock decides. */
void multi_step(struct multi *multi, double dt_s, int64_t now_ns);
void multi_reset_units(struct multi *multi);
void multi_toggle_front(struct multi *multi, enum multi_switch front,
			int64_t now_ns);
void multi_force_stage(struct multi *multi, enum multi_stage stage);

enum multi_switch multi_active(const struct multi *multi);
bool multi_mains_used(const struct multi *multi);
uint8_t multi_switch_register(const struct multi *multi);
void multi_leds(const struct multi *multi, uint8_t *ret_on,
		uint8_t *ret_blink);
uint8_t multi_alarms(const struct multi *multi);
unsigned multi_soc_raw(const struct multi *multi);

enum setting_result {
	SETTING_OK, SETTING_UNKNOWN, SETTING_GRID_CODE, SETTING_NEEDS_RESET,
};

/* NULL when the units have no such setting. */
const struct multi_setting *multi_setting(unsigned id);
/* Range of a setting after scaling to the system voltage. */
uint16_t multi_scaled(const struct multi *multi,
		      const struct multi_setting *setting, uint16_t value);
enum setting_result multi_write(struct multi *multi, unsigned unit,
				unsigned id, uint16_t value, bool ram_only);

#endif
