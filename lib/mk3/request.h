/* SPDX-License-Identifier: MIT */
/*
 * What is asked of an MK, as bytes (mk3.md 3, 4, 5).
 *
 * There is no way here to write a setting to EEPROM: the only write is the
 * RAM-only one (5.2), and mk3_request_spares_eeprom() is asked once more
 * for every frame before it leaves.
 */
#ifndef BMS_MK3_REQUEST_H
#define BMS_MK3_REQUEST_H

#include "lib/mk3/frame.h"

struct mk3_request {
	uint8_t bytes[MK3_WIRE_MAX];
	uint8_t len;
};

/* Commands of a winmon frame and codes of its reply, mk3.md 5.1. */
enum mk3_winmon {
	MK3_VERSION_LOW = 0x05,
	MK3_VERSION_HIGH = 0x06,
	MK3_DEVICE_STATE = 0x0e,
	MK3_READ_RAM = 0x30,
	MK3_READ_SETTING = 0x31,
	MK3_WRITE_RAM_SELECT = 0x32,
	MK3_WRITE_SETTING_SELECT = 0x33,
	MK3_WRITE_DATA = 0x34,
	MK3_SETTING_INFO = 0x35,
	MK3_RAM_INFO = 0x36,
	MK3_WRITE_VIA_ID = 0x37,
	MK3_READ_SNAPSHOT = 0x38,

	MK3_CODE_FIRST = 0x80,
	MK3_NOT_RECOGNISED = 0x80,
	MK3_IS_VERSION_LOW = 0x82,
	MK3_IS_VERSION_HIGH = 0x83,
	MK3_IS_RAM = 0x85,
	MK3_IS_SETTING = 0x86,
	MK3_RAM_WRITTEN = 0x87,
	MK3_SETTING_WRITTEN = 0x88,
	MK3_IS_SETTING_INFO = 0x89,
	MK3_TAG_OFFSET = 0x8a,
	MK3_TAG_DEFAULT = 0x8b,
	MK3_TAG_MINIMUM = 0x8c,
	MK3_TAG_MAXIMUM = 0x8d,
	MK3_IS_RAM_INFO = 0x8e,
	MK3_TAG_RAM_OFFSET = 0x8f,
	MK3_NO_SUCH_RAM = 0x90,
	MK3_NO_SUCH_SETTING = 0x91,
	MK3_IS_DEVICE_STATE = 0x94,
	MK3_IS_SNAPSHOT = 0x99,
	MK3_ACCESS_NEEDED = 0x9b,
};

/* WriteViaID flags, mk3.md 5.2. */
enum {
	MK3_WRITE_IS_SETTING = 0x01,
	MK3_WRITE_RAM_ONLY = 0x02,
};

/* Flags and switch states of 'S', mk3.md 3.6. */
enum {
	MK3_S_DO_NOT_SEND_STATE = 0x10,
	MK3_S_NEW_FORMAT = 0x80,

	MK3_S_CHARGER_ONLY = 1,
	MK3_S_INVERTER_ONLY = 2,
	MK3_S_ON = 3,
	MK3_S_OFF = 4,

	/* AC input limit: leave it as it is */
	MK3_LIMIT_KEEP = 0x8000,
};

struct mk3_switch {
	uint8_t state;
	uint16_t limit_da; /* AC input limit, 0.1 A, or MK3_LIMIT_KEEP */
	uint8_t flags;
	uint8_t extra; /* bit 0: short winmon frames */
};

/* RAM ids and settings that are asked for, mk3.md 5.3 and 7. */
enum {
	MK3_RAM_MAINS_V = 0,
	MK3_RAM_MAINS_A = 1,
	MK3_RAM_INVERTER_V = 2,
	MK3_RAM_INVERTER_A = 3,
	MK3_RAM_BATTERY_V = 4,
	MK3_RAM_BATTERY_A = 5,
	MK3_RAM_INVERTER_PERIOD = 7,
	MK3_RAM_MAINS_PERIOD = 8,

	MK3_RAM_SOC = 13,

	MK3_SETTING_CHARGE_CURRENT = 4,
	MK3_SETTING_FLAGS2 = 60,
	MK3_SETTING_CAPACITY = 64, /* 0: the unit's own monitor is off */
};

/* What an unknown setting may be told as, mk3.md 18.12. */
enum { MK3_NO_SETTING = 0xffff };

/* Of Flags2, mk3.md 7 (B): the unit runs beside a VE.Bus BMS only. */
enum { MK3_FLAGS2_EXPECTS_BMS = 0x80 };

/* Whom a query of the bus is for, mk3.md 9. */
enum {
	MK3_QUERY_DMC = 0x80, /* Digital Multi Control */
	MK3_QUERY_BMS = 0x83, /* VE.Bus BMS */
};

/* First byte of a raw switch frame, mk3.md 9: 04, and what is allowed. */
enum {
	MK3_RAW_SWITCH = 0x04,
	MK3_RAW_CHARGE = 0x01,
	MK3_RAW_INVERT = 0x02,
};

/* Lines of 'H' that are pulled, mk3.md 3.7: panel detect and standby. */
enum { MK3_LINES = 0x03 };

struct mk3_request mk3_request_version(void);              /* V, 3.1 */
struct mk3_request mk3_request_address(uint8_t address);   /* A, 3.2 */
struct mk3_request mk3_request_reset(void);                /* R, 3.3 */
struct mk3_request mk3_request_leds(void);                 /* L, 3.4 */
/* S in the 9-byte form, 3.6: the longest that the maker's own library and
 * tool both send, and the shortest that carries the winmon form. */
struct mk3_request mk3_request_switch(const struct mk3_switch *state);
struct mk3_request mk3_request_lines(uint8_t bits);        /* H, 3.7 */
/* F 0 to F 5: DC, AC phases 1..4, configuration; 4. */
struct mk3_request mk3_request_info(uint8_t number);
/* F 7 of the unit at address: who it is, and which addresses are in use. */
struct mk3_request mk3_request_map(uint8_t address);
/* Asks the bus for a panel or a BMS: MK3_QUERY_...; 9. */
struct mk3_request mk3_request_query(uint8_t whom);
/* The raw switch frame with which a GX wakes units, 9; bits are MK3_RAW_.
 * Nothing answers it. */
struct mk3_request mk3_request_wake(uint8_t bits);

/* Winmon frames, 5; letter is one of W X Y Z. */
struct mk3_request mk3_request_winmon(char letter, enum mk3_winmon command);
/* Commands that carry an id or argument and a zero: 0E 30 31 35 36. */
struct mk3_request mk3_request_winmon_id(char letter, enum mk3_winmon command,
					 uint8_t id);
/* WriteViaID with flags 03: setting, RAM only. */
struct mk3_request mk3_request_write_setting(char letter, uint8_t id,
					     uint16_t raw);

/* WriteViaID with flags 02: RAM variable, not to be stored. */
struct mk3_request mk3_request_write_ram(char letter, uint8_t id,
					 uint16_t raw);

/* False for every frame that could write EEPROM: WriteViaID without the
 * RAM-only flag, and the two-step writes. */
bool mk3_request_spares_eeprom(const struct mk3_request *request);

#endif
