/* SPDX-License-Identifier: MIT */
/*
 * Instant Readout: the manufacturer data of an advertisement that existing
 * apps and programs show without a connection (G1). One table a record says
 * where each value lies; everything comes from plain values that may be
 * unknown. What is unknown is sent as the record's mark for that, what is
 * out of its field's range as the end of the range that is next to it; but
 * a voltage for which record 05 has no room as unknown.
 *
 * Layouts, marks and names: interop.md 1.1 to 1.5.
 */
#ifndef BMS_READOUT_H
#define BMS_READOUT_H

#include "lib/base/maybe.h"
#include "lib/base/settings.h"
#include "lib/gatt/aes.h"

enum {
	/* Of Bluetooth's assigned numbers: whose data it is. */
	READOUT_COMPANY = 0x02e1,
	READOUT_HEADER_SIZE = 8,
	READOUT_PAYLOAD_MAX = AES_BLOCK_SIZE,
	READOUT_SIZE_MAX = READOUT_HEADER_SIZE + READOUT_PAYLOAD_MAX,
	READOUT_CELLS = 8, /* as many as record 05 has room for */
};

enum readout_level { READOUT_OK, READOUT_WARNING, READOUT_ALARM };

/* Any of them may be unknown. */
struct readout_values {
	maybe_i32 voltage_mv;
	maybe_i32 current_ma; /* + is charging */
	maybe_i32 soc_permille;
	maybe_i32 consumed_mah; /* missing from full: not negative */
	maybe_i32 time_remaining_s;
	maybe_i32 temperature_dc;
	maybe_i32 error; /* BMS error, interop.md 1.5; 0 is none */
	/* 0 or 1 */
	maybe_i32 contactor_closed;
	maybe_i32 charge_allowed;
	maybe_i32 discharge_allowed;
	maybe_i32 relay_on;
	maybe_i32 aux_on;
	maybe_i32 remote_on;
	maybe_i32 alternator_allowed;
	/* enum readout_level */
	maybe_i32 low_cell;
	maybe_i32 high_current;
	maybe_i32 high_bms_temperature;
	maybe_i32 contactor_resistance;
	maybe_i32 cable; /* the link to a battery is lost */
	maybe_i32 load_disconnect;
	maybe_i32 low_soc;
	maybe_i32 high_temperature;
	/* Alarm reason, interop.md 1.5, up to 0x2000. Of more than one bit
	 * the lowest is sent: readers refuse two (1.7). */
	maybe_i32 alarm_reason;
	maybe_i32 bms_flags;   /* VREG 0x2100, interop.md 1.5 */
	maybe_i32 error_flags; /* of a SmartLithium, there */
	maybe_i32 cell_mv[READOUT_CELLS];
	/* 1 balanced, 2 balancing, 3 imbalance */
	maybe_i32 balancer;
};

enum readout_how {
	READOUT_NEAREST,
	READOUT_DOWN,       /* rounded down */
	READOUT_ONE_BIT,    /* of several the lowest */
	READOUT_OR_UNKNOWN, /* out of range is unknown */
};

/*
 * sent = value * times / over + plus, rounded to the nearest, within min and
 * max. The mark for unknown is outside of these, except where a field has
 * none and sends what is harmless.
 */
struct readout_field {
	uint8_t start; /* bit, from 0 */
	uint8_t bits;  /* up to 32; negative values in two's complement */
	size_t value;  /* of a maybe_i32 in struct readout_values */
	int32_t times;
	int32_t over;
	int32_t plus;
	int32_t min;   /* as it is sent */
	int32_t max;
	int32_t unknown;
	enum readout_how how;
	const char *title; /* with its unit, for people */
};

struct readout_record {
	uint8_t type;
	uint8_t size; /* bytes; bits behind the last field are 1 */
	uint8_t n_fields;
	const struct readout_field *field; /* in order */
};

/* NULL where there is none (INSTANT_READOUT_OFF). */
const struct readout_record *readout_record(enum instant_readout record);

/*
 * The record as it is before encryption. Returns its length, or -1 where
 * there is no such record (INSTANT_READOUT_OFF).
 */
int readout_payload(enum instant_readout record,
		    const struct readout_values *values,
		    uint8_t ret_payload[READOUT_PAYLOAD_MAX]);

/*
 * The manufacturer data behind the company's number. counter must be
 * another one whenever a value is; it is the nonce. Returns the length, or
 * -1 where there is no such record or size is less (READOUT_SIZE_MAX is
 * always enough); then nothing is written.
 */
int readout_encode(enum instant_readout record,
		   const struct readout_values *values, uint16_t product,
		   uint16_t counter, const uint8_t key[AES128_KEY_SIZE],
		   uint8_t *ret_data, size_t size);

#endif
