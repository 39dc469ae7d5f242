/* SPDX-License-Identifier: MIT */
#include "lib/gatt/readout.h"

#include <string.h>

enum {
	PREFIX = 0x10, /* a product's advertisement */
	FLAGS = 0x02,  /* as a SmartShunt has it; readers ignore it */
};

#define VALUE(name) offsetof(struct readout_values, name)
#define CELL(n) (VALUE(cell_mv) + (n) * sizeof(maybe_i32))
#define COUNT_FIELD(start, bits, name, max, unknown, title) \
	{ start, bits, VALUE(name), 1, 1, 0, 0, max, unknown, \
	  READOUT_NEAREST, title }
/* 1 is yes, 2 is no. */
#define YES_NO(start, name, title) \
	{ start, 2, VALUE(name), -1, 1, 2, 1, 2, 0, READOUT_NEAREST, \
	  title ": 1 yes, 2 no" }
/* 1 is fine, 2 a warning, 3 an alarm. */
#define LEVEL(start, name, title) \
	{ start, 2, VALUE(name), 1, 1, 1, 1, 3, 0, READOUT_NEAREST, \
	  title ": 1 fine, 2 warning, 3 alarm" }
/* Rounded down: less time is promised, never more. */
#define MINUTES(start) \
	{ start, 16, VALUE(time_remaining_s), 1, 60, 0, 0, 0xfffe, 0xffff, \
	  READOUT_DOWN, "Time remaining, min" }
#define CENTIVOLTS(start) \
	{ start, 16, VALUE(voltage_mv), 1, 10, 0, -0x8000, 0x7ffe, 0x7fff, \
	  READOUT_NEAREST, "Voltage, 0.01 V, signed" }
#define CONSUMED(start) \
	{ start, 20, VALUE(consumed_mah), 1, 100, 0, 0, 0xffffe, 0xfffff, \
	  READOUT_NEAREST, "Consumed, 0.1 Ah" }
#define SOC(start) \
	COUNT_FIELD(start, 10, soc_permille, 1000, 0x3ff, \
		    "State of charge, 0.1 %")
#define CELSIUS(start) \
	{ start, 7, VALUE(temperature_dc), 1, 10, 40, 0, 0x7e, 0x7f, \
	  READOUT_NEAREST, "Temperature, degC, plus 40" }
/* Spare ones of a group are 0, unlike those behind the last field. */
#define SPARE(start) \
	{ start, 2, VALUE(error), 0, 1, 0, 0, 0, 0, READOUT_NEAREST, \
	  "Spare" }
/* 0 is below 2.61 V, 0x7e above 3.85 V. */
#define CELL_VOLTS(start, n) \
	{ start, 7, CELL(n), 1, 10, -260, 0, 0x7e, 0x7f, READOUT_NEAREST, \
	  "Cell voltage, 0.01 V, less 2.60 V; 0 is below that, " \
	  "0x7e above 3.85 V" }

static const struct readout_field bms_fields[] = {
	COUNT_FIELD(0, 8, error, 0xff, 0, "Error number, see below"),
	MINUTES(8),
	CENTIVOLTS(24),
	{ 40, 16, VALUE(current_ma), 1, 100, 0, -0x8000, 0x7ffe, 0x7fff,
	  READOUT_NEAREST, "Current, 0.1 A, signed, + is charging" },
	YES_NO(56, contactor_closed, "Contactor closed"),
	YES_NO(58, charge_allowed, "Allowed to charge (ATC)"),
	YES_NO(60, discharge_allowed, "Allowed to discharge (ATD)"),
	YES_NO(62, relay_on, "Relay on"),
	YES_NO(64, aux_on, "AUX on"),
	YES_NO(66, remote_on, "Remote on"),
	YES_NO(68, alternator_allowed, "Alternator allowed"),
	SPARE(70),
	LEVEL(72, low_cell, "Low cell"),
	LEVEL(74, high_current, "High current"),
	LEVEL(76, high_bms_temperature, "Hot BMS"),
	LEVEL(78, contactor_resistance, "Contactor"),
	LEVEL(80, cable, "Battery communication lost"),
	LEVEL(82, load_disconnect, "Load disconnect"),
	LEVEL(84, low_soc, "Low state of charge"),
	SPARE(86),
	LEVEL(88, high_temperature, "Hot battery"),
	SOC(90),
	CONSUMED(100),
	CELSIUS(120),
};

static const struct readout_field monitor_fields[] = {
	MINUTES(0),
	CENTIVOLTS(16),
	{ 32, 16, VALUE(alarm_reason), 1, 1, 0, 0, 0x2000, 0,
	  READOUT_ONE_BIT, "Alarm reason, one bit" },
	/* Hundredths of a kelvin ... */
	{ 48, 16, VALUE(temperature_dc), 10, 1, 27315, 0, 0xfffe, 0xffff,
	  READOUT_NEAREST, "Temperature, 0.01 K" },
	/* ... which is what kind 2 says: the same for every value. */
	{ 64, 2, VALUE(temperature_dc), 0, 1, 2, 2, 2, 2, READOUT_NEAREST,
	  "Kind of the field before" },
	/* The mark is a real device's, not the page's of its maker. */
	{ 66, 22, VALUE(current_ma), 1, 1, 0, -0x200000, 0x1ffffe, 0x1fffff,
	  READOUT_NEAREST, "Current, 0.001 A, signed, + is charging" },
	CONSUMED(88),
	SOC(108),
};

static const struct readout_field lithium_fields[] = {
	COUNT_FIELD(0, 32, bms_flags, INT32_MAX, 0, "BMS flags"),
	COUNT_FIELD(32, 16, error_flags, 0xffff, 0, "Error flags"),
	CELL_VOLTS(48, 0), CELL_VOLTS(55, 1), CELL_VOLTS(62, 2),
	CELL_VOLTS(69, 3), CELL_VOLTS(76, 4), CELL_VOLTS(83, 5),
	CELL_VOLTS(90, 6), CELL_VOLTS(97, 7),
	/* Made for 12 and 24 V: no room for 48 V. */
	{ 104, 12, VALUE(voltage_mv), 1, 10, 0, 0, 0xffe, 0xfff,
	  READOUT_OR_UNKNOWN, "Voltage, 0.01 V" },
	COUNT_FIELD(116, 4, balancer, 3, 0xf,
		    "Balancer: 0 unknown, 1 balanced, 2 balancing, "
		    "3 imbalanced"),
	CELSIUS(120),
};

static const struct readout_record records[] = {
	[INSTANT_READOUT_BMS] =
		{ 0x0a, 16, ARRAY_SIZE(bms_fields), bms_fields },
	[INSTANT_READOUT_BATTERY_MONITOR] =
		{ 0x02, 15, ARRAY_SIZE(monitor_fields), monitor_fields },
	[INSTANT_READOUT_SMART_LITHIUM] =
		{ 0x05, 16, ARRAY_SIZE(lithium_fields), lithium_fields },
};

_Static_assert(ARRAY_SIZE(records) == INSTANT_READOUT_OFF,
	       "a record for everything but off");

static int64_t divide(int64_t value, int64_t over, bool down)
{
	int64_t half = down ? 0 : over / 2;

	return (value < 0 ? value - half : value + half) / over;
}

static uint32_t sent(const struct readout_field *field, maybe_i32 value)
{
	int64_t n;

	if (!value.known)
		return (uint32_t)field->unknown;
	n = divide((int64_t)value.value * field->times, field->over,
		   field->how == READOUT_DOWN) + field->plus;
	if (field->how == READOUT_OR_UNKNOWN &&
	    (n < field->min || n > field->max))
		return (uint32_t)field->unknown;
	if (n < field->min)
		n = field->min;
	if (n > field->max)
		n = field->max;
	if (field->how == READOUT_ONE_BIT)
		n &= -n;
	return (uint32_t)n;
}

/* Least significant bit first, into bits that are 1. */
static void put(uint8_t *payload, const struct readout_field *field,
		uint32_t bits)
{
	for (size_t i = 0; i < field->bits; i++) {
		size_t at = field->start + i;

		if (!(bits >> i & 1))
			payload[at / 8] &= (uint8_t)~(1u << at % 8);
	}
}

const struct readout_record *readout_record(enum instant_readout record)
{
	if ((size_t)record >= ARRAY_SIZE(records))
		return NULL;
	return &records[record];
}

static void fill(const struct readout_record *row,
		 const struct readout_values *values, uint8_t *payload)
{
	memset(payload, 0xff, row->size);
	for (size_t i = 0; i < row->n_fields; i++) {
		const struct readout_field *field = &row->field[i];
		maybe_i32 value;

		memcpy(&value, (const char *)values + field->value,
		       sizeof(value));
		put(payload, field, sent(field, value));
	}
}

int readout_payload(enum instant_readout record,
		    const struct readout_values *values,
		    uint8_t ret_payload[READOUT_PAYLOAD_MAX])
{
	const struct readout_record *row = readout_record(record);

	if (!row)
		return -1;
	fill(row, values, ret_payload);
	return row->size;
}

int readout_encode(enum instant_readout record,
		   const struct readout_values *values, uint16_t product,
		   uint16_t counter, const uint8_t key[AES128_KEY_SIZE],
		   uint8_t *ret_data, size_t size)
{
	const struct readout_record *row = readout_record(record);
	const uint8_t nonce[AES_BLOCK_SIZE] = { (uint8_t)counter,
						(uint8_t)(counter >> 8) };
	uint8_t header[READOUT_HEADER_SIZE] = {
		PREFIX, FLAGS, (uint8_t)product, (uint8_t)(product >> 8), 0,
		nonce[0], nonce[1], key[0],
	};

	if (!row || size < READOUT_HEADER_SIZE + (size_t)row->size)
		return -1;
	header[4] = row->type;
	memcpy(ret_data, header, sizeof(header));
	ret_data += sizeof(header);
	fill(row, values, ret_data);
	(void)aes128_ctr(key, nonce, ret_data, row->size);
	return READOUT_HEADER_SIZE + row->size;
}
