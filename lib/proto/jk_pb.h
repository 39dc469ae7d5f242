/* SPDX-License-Identifier: MIT */
/*
 * Frames of the JK-PB "inverter BMS" (JK-PBxAyySzz, protocol 001) over
 * RS485, 115200 8N1: requests to it, and what its answers say. Pure codec.
 *
 * An answer is a block of 300 bytes that carries no address, then a Modbus
 * acknowledge that does; a block counts only together with its acknowledge.
 * Source of every offset and figure here: references, batteries.md 2.1 as
 * corrected by 2.1.1. Tested against captures of firmware 15.41.
 *
 * The pass codes of the about block (offsets 62 and 118) are never read.
 */
#ifndef BMS_JK_PB_H
#define BMS_JK_PB_H

#include "lib/base/sample.h"

enum {
	JK_PB_BAUD = 115200,
	JK_PB_ADDRESS_MIN = 1, /* DIP 0 is a bus master, it does not answer */
	JK_PB_ADDRESS_MAX = 15,
	JK_PB_BLOCK_SIZE = 300,
	JK_PB_ACK_SIZE = 8,
	JK_PB_PAD_MAX = 3, /* zero bytes between block and acknowledge */
	JK_PB_REQUEST_SIZE = 11,
	JK_PB_ANSWER_MIN = JK_PB_BLOCK_SIZE + JK_PB_ACK_SIZE,
	JK_PB_ANSWER_MAX = JK_PB_ANSWER_MIN + JK_PB_PAD_MAX,
	JK_PB_CELL_SLOTS = 32,
	JK_PB_SERIAL_LEN = 11
};

/* Byte offsets in the blocks that more than one place needs. */
enum {
	JK_PB_AT_TYPE = 4,
	JK_PB_AT_SUM = 299,
	JK_PB_STATUS_AT_CELLS = 6,
	JK_PB_STATUS_AT_MASK = 70,
	JK_PB_STATUS_AT_LEAD_MOHM = 80,
	JK_PB_STATUS_AT_ALARMS = 166,
	JK_PB_ABOUT_AT_SERIAL = 86
};

/* The three blocks that may be asked for. No other 16xx register is ever
 * sent: 1604 shuts the pack down, 1626 starts a firmware update (2.1.1). */
enum jk_pb_kind {
	JK_PB_STATUS,
	JK_PB_SETTINGS,
	JK_PB_ABOUT,
	JK_PB_KIND_COUNT
};

enum jk_pb_type {
	JK_PB_U8,
	JK_PB_U16,
	JK_PB_I16,
	JK_PB_U32,
	JK_PB_I32,
	JK_PB_BOOL /* one byte, 0 or 1 */
};

/*
 * One number of a block. min..max (as on the wire) is what a sample takes,
 * anything else is unknown there; into is the offset of the maybe_i32 it
 * goes to, times scale, or JK_PB_NOWHERE.
 */
struct jk_pb_field {
	const char *name; /* with its unit, for people */
	uint16_t at;
	uint8_t type; /* enum jk_pb_type */
	uint8_t scale;
	int32_t min;
	int32_t max;
	uint16_t into;
};

enum { JK_PB_NOWHERE = UINT16_MAX };

/* Ended by a row without a name. */
extern const struct jk_pb_field jk_pb_status_fields[];
extern const struct jk_pb_field jk_pb_settings_fields[];

/* A bit of the alarm word at 166 and what it stands for. */
struct jk_pb_alarm {
	const char *name;
	uint32_t protections; /* bits per enum battery_protection */
};

enum { JK_PB_ALARM_COUNT = 24 };

extern const struct jk_pb_alarm jk_pb_alarms[JK_PB_ALARM_COUNT];

struct jk_pb_about {
	char serial[BMS_SERIAL_SIZE]; /* eleven digits, or empty */
	char model[BMS_MODEL_SIZE];
	char firmware[BMS_FIRMWARE_SIZE];
};

/* What a settings block adds to a sample. */
struct jk_pb_settings {
	maybe_i32 cells;
	maybe_i32 design_mah;
	maybe_i32 charge_limit_ma;
	maybe_i32 discharge_limit_ma;
	maybe_i32 charge_cell_mv; /* requested, for one cell */
};

/* What the bytes at some place of a stream can be. */
enum jk_pb_look_result {
	JK_PB_LOOK_NOTHING, /* no frame starts here: go on one byte */
	JK_PB_LOOK_PART,    /* may become one */
	JK_PB_LOOK_ANSWER,  /* a block and its acknowledge, both good */
	JK_PB_LOOK_BAD_SUM, /* a block whose sum does not close */
	JK_PB_LOOK_BAD_ACK, /* a good block, but no good acknowledge */
	JK_PB_LOOK_REQUEST, /* a good trigger request for a block */
	JK_PB_LOOK_ACK      /* a good acknowledge without a block */
};

struct jk_pb_look {
	enum jk_pb_look_result result;
	size_t len;      /* ANSWER, REQUEST, ACK: bytes of the frame */
	size_t missing;  /* PART: bytes still to come, at least */
	uint8_t address; /* ANSWER, REQUEST, ACK */
	enum jk_pb_kind kind;     /* of the register in the Modbus part */
	enum jk_pb_kind block;    /* ANSWER: of the block itself */
};

/* Writes the request for one block of the pack at address. */
void jk_pb_request(uint8_t address, enum jk_pb_kind kind,
		   uint8_t ret_request[JK_PB_REQUEST_SIZE]);

/*
 * Judges the bytes at data, of which len have come. Reads nothing past len;
 * work is bounded by one answer. The acknowledge is found by its CRC behind
 * the block, after any zero to three zero bytes: units send one or none, and
 * a pad looks like address 0 until the CRC is checked (2.1.1 no. 3).
 */
struct jk_pb_look jk_pb_look(const uint8_t *data, size_t len);

/* True where the block's sum over 0..298 equals byte 299. */
bool jk_pb_sum_closes(const uint8_t block[JK_PB_BLOCK_SIZE]);

/* The raw value of one field of a block. */
int64_t jk_pb_field_value(const uint8_t block[JK_PB_BLOCK_SIZE],
			  const struct jk_pb_field *field);

/*
 * Decodes a good status block: cells, temperatures, figures, switches and
 * protections; time, address, identity and wishes stay zero. Cells are those
 * of the present mask, in order. false, and *ret_sample untouched, where
 * there is no cell or all read 0 mV: the pack is still booting
 * (batteries.md 1.2).
 *
 * Temperatures: T1 and T2 are fitted cell sensors, T4 and T5 are listed
 * only while they read -50.0..150.0 degC (the sensor bits at 214 read FF on
 * live packs and prove nothing), then the MOS sensor.
 */
bool jk_pb_status_decode(const uint8_t block[JK_PB_BLOCK_SIZE],
			 struct sample *ret_sample);

void jk_pb_settings_decode(const uint8_t block[JK_PB_BLOCK_SIZE],
			   struct jk_pb_settings *ret_settings);

/* The serial is offset 86..96 only; the name at 46 may be set by the user
 * and is the same on many packs (2.1.1 no. 4). */
void jk_pb_about_decode(const uint8_t block[JK_PB_BLOCK_SIZE],
			struct jk_pb_about *ret_about);

/* Copies a text of a block: printable ASCII up to a NUL or n bytes, other
 * bytes as '?', cut to size, blanks at the end dropped. */
void jk_pb_string(const uint8_t *at, size_t n, char *buf, size_t size);

/* Normalises the alarm word at 166. */
uint32_t jk_pb_protections(uint32_t alarms);

/* "15.41" is 1541; 0 where it does not read like that. */
uint32_t jk_pb_firmware_number(const char *firmware);

#endif
