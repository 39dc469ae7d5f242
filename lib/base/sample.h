/* SPDX-License-Identifier: MIT */
/*
 * One complete reading of one battery, the same for every protocol.
 *
 * A session hands out a sample only when every byte of it passed its
 * checksum and the address was proven. What a protocol or a pack does not
 * tell stays unknown (all zero), never a number. Current: + is charging.
 */
#ifndef BMS_SAMPLE_H
#define BMS_SAMPLE_H

#include "lib/base/limits.h"
#include "lib/base/maybe.h"
#include "lib/base/mono.h"

enum temperature_role {
	TEMPERATURE_CELL,    /* counts for the charge temperature limits */
	TEMPERATURE_MOS,     /* switch transistors: shown only */
	TEMPERATURE_AMBIENT, /* shown only */
	TEMPERATURE_ROLE_COUNT
};

/*
 * A sensor that is fitted but reads outside -50.0..150.0 degC is listed
 * with an unknown value (and so forbids charge); one that the pack does
 * not have is not listed.
 */
struct sample_temperature {
	enum temperature_role role;
	maybe_i32 dc; /* 0.1 degC */
};

/*
 * What a battery itself says it protects against, normalised. Names and
 * what each forbids are in lib/core/battery_protection.c.
 */
enum battery_protection {
	PROTECTION_CELL_OVERVOLTAGE,
	PROTECTION_PACK_OVERVOLTAGE,
	PROTECTION_CELL_UNDERVOLTAGE,
	PROTECTION_PACK_UNDERVOLTAGE,
	PROTECTION_CHARGE_OVERCURRENT,
	PROTECTION_DISCHARGE_OVERCURRENT,
	PROTECTION_CHARGE_SHORT_CIRCUIT,
	PROTECTION_DISCHARGE_SHORT_CIRCUIT,
	PROTECTION_CHARGE_OVERTEMPERATURE,
	PROTECTION_CHARGE_UNDERTEMPERATURE,
	PROTECTION_DISCHARGE_OVERTEMPERATURE,
	PROTECTION_DISCHARGE_UNDERTEMPERATURE,
	PROTECTION_MOS_OVERTEMPERATURE,
	PROTECTION_CHARGE_SWITCH_FAULT,
	PROTECTION_DISCHARGE_SWITCH_FAULT,
	PROTECTION_SENSOR_FAULT,   /* cell wire, temperature or current */
	PROTECTION_INTERNAL_FAULT, /* cell count, memory, communication */
	PROTECTION_COUNT
};

struct sample {
	mono_t time;      /* of the last byte of the answer */
	uint8_t address;  /* on its bus */

	/* Identity; an empty string where the battery has none. */
	char serial[BMS_SERIAL_SIZE];
	char model[BMS_MODEL_SIZE];
	char firmware[BMS_FIRMWARE_SIZE];

	uint8_t n_cells; /* 1..BMS_CELLS_MAX */
	uint8_t n_temperatures;
	uint16_t cell_mv[BMS_CELLS_MAX];
	struct sample_temperature temperature[BMS_TEMPERATURES_MAX];

	maybe_i32 voltage_mv; /* the pack's own figure, not the sum */
	maybe_i32 current_ma;
	maybe_i32 soc_permille;
	maybe_i32 soh_permille;
	maybe_i32 remaining_mah;
	maybe_i32 full_mah;
	maybe_i32 design_mah;
	maybe_i32 cycles;

	uint32_t protections; /* bit per enum battery_protection */
	uint32_t vendor_alarms; /* the raw word, for people */
	maybe_i32 charge_switch_on; /* 0 or 1: the charge FET */
	maybe_i32 discharge_switch_on;
	maybe_i32 balancing; /* 0 or 1 */

	/* The pack's own wishes, where it has any. */
	maybe_i32 charge_limit_ma;
	maybe_i32 discharge_limit_ma;
	maybe_i32 charge_voltage_mv;
};

#endif
