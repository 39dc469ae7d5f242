/* SPDX-License-Identifier: MIT */
/*
 * The BMS of one battery: measures its cells, protects them with its own FETs,
 * balances, and says what it sees in the terms of the JK-PB blocks. Every value
 * can be falsified, and the pack believes its own falsified measurements.
 */
#ifndef SIM_PACK_H
#define SIM_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "bank.h"
#include "jkpb.h"

#define PACK_AUTO INT32_MIN	/* an override that is not in force */

enum pack_limit {
	LIMIT_OVP_MV, LIMIT_UVP_MV, LIMIT_COT_DC, LIMIT_CUT_DC, LIMIT_DOT_DC,
	LIMIT_MOS_OT_DC,
	LIMIT_COUNT
};

enum pack_switch {
	SWITCH_CHARGE, SWITCH_DISCHARGE, SWITCH_BALANCE,
	SWITCH_COUNT
};

enum fet_override {
	FET_AUTO, FET_OFF, FET_ON,
};

struct limit {
	int32_t trip, release;
};

struct pack {
	uint8_t address;
	char serial[12];
	struct bank_battery *battery;
	double capacity_ah;
	uint32_t cycles, run_s, lifetime_ah;
	int64_t born_ns;
	uint8_t counter;

	bool enabled[SWITCH_COUNT];
	struct limit limit[LIMIT_COUNT];
	int64_t beyond_since_ns[LIMIT_COUNT];	/* 0: within */
	uint32_t alarms;

	int32_t cell_force_mv[BANK_CELLS];
	int32_t pack_force_mv, temp_force_dc, answer_as;
	enum fet_override fet[SWITCH_COUNT];
	uint32_t alarm_force;

	/* misbehaviour on the bus */
	bool silent, corrupt, picky;
	unsigned truncate, drop_next;

	unsigned requests, forbidden;
	double last_gap_ms, min_gap_ms;		/* negative: none seen */
	int64_t heard_ns;
};

/* number counts from 1; the serial number follows from it and the seed. */
void pack_init(struct pack *pack, struct bank_battery *battery,
	       uint8_t address, unsigned number, unsigned seed,
	       double capacity_ah, int64_t now_ns);
/* Protections and balancer; sets the battery's FETs. */
void pack_step(struct pack *pack, int64_t now_ns);
void pack_set_limit(struct pack *pack, enum pack_limit which, int32_t trip,
		    int32_t hysteresis);

int32_t pack_cell_mv(const struct pack *pack, unsigned cell);
int32_t pack_min_cell_mv(const struct pack *pack);
int32_t pack_max_cell_mv(const struct pack *pack);
int32_t pack_temp_dc(const struct pack *pack);
uint32_t pack_alarms(const struct pack *pack);

void pack_status(const struct pack *pack, int64_t now_ns,
		 struct jk_status *ret);
void pack_settings(const struct pack *pack, struct jk_settings *ret);
void pack_about(const struct pack *pack, int64_t now_ns,
		struct jk_about *ret);

#endif
