/* SPDX-License-Identifier: MIT */
/*
 * Values of the services that Bluetooth itself has defined (G2): Battery
 * Service 1.1 and Device Information. One table says which characteristics
 * there are, what may be done with them and how each is written.
 *
 * Fields: GATT Specification Supplement, each characteristic's section, as
 * interop.md 2.2 gives them.
 */
#ifndef BMS_STANDARD_H
#define BMS_STANDARD_H

#include "lib/base/maybe.h"

enum {
	STANDARD_BATTERY = 0x180f,
	STANDARD_DEVICE_INFORMATION = 0x180a,
	/* More than any of the values but the texts; those are cut to it. */
	STANDARD_SIZE_MAX = 64,
};

enum standard_id {
	STANDARD_LEVEL,
	STANDARD_LEVEL_STATUS,
	STANDARD_CRITICAL_STATUS, /* the pre-alarm */
	STANDARD_ENERGY_STATUS,
	STANDARD_TIME_STATUS,
	STANDARD_HEALTH_STATUS,
	STANDARD_MAKER,
	STANDARD_MODEL,
	STANDARD_SERIAL,
	STANDARD_SOFTWARE,
	STANDARD_COUNT
};

/* Values are those of the field Battery Charge State. */
enum standard_charge {
	STANDARD_CHARGE_UNKNOWN,
	STANDARD_CHARGING,
	STANDARD_DISCHARGING,
	STANDARD_IDLE,
};

/* Those of Battery Charge Level. */
enum standard_level {
	STANDARD_LEVEL_UNKNOWN,
	STANDARD_LEVEL_GOOD,
	STANDARD_LEVEL_LOW,
	STANDARD_LEVEL_CRITICAL,
};

struct standard_values {
	maybe_i32 soc_permille;
	maybe_i32 voltage_mv;
	maybe_i32 current_ma; /* + is charging */
	maybe_i32 energy_wh;  /* that can still be had */
	maybe_i32 time_remaining_s;
	maybe_i32 temperature_dc;
	maybe_i32 health_permille;
	maybe_i32 cycles;
	maybe_i32 mains; /* 0 or 1: power from outside is there */
	enum standard_charge charge;
	enum standard_level level;
	bool critical; /* the pre-alarm is given */
	bool service;  /* somebody should look after it now */
	bool battery_fault;
	bool other_fault;
	const char *maker; /* UTF-8; NULL is an empty text */
	const char *model;
	const char *serial;
	const char *software;
};

struct standard_row {
	uint16_t service;
	uint16_t uuid;
	bool notify;
	bool indicate;
	const char *name;
	const char *help; /* what its bytes are, for people */
};

extern const struct standard_row standard_rows[STANDARD_COUNT];

/*
 * Writes a value. Returns its length, or -1 where size is less or where
 * what must be said is unknown: the Battery Level has no mark for that.
 */
int standard_encode(enum standard_id id, const struct standard_values *values,
		    uint8_t *ret_value, size_t size);

/*
 * Writes text without its NUL; where size or max is less, whole characters
 * of it. Returns the length.
 */
int standard_text(const char *text, size_t max, uint8_t *ret_value,
		  size_t size);

#endif
