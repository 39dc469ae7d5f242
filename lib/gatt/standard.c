/* SPDX-License-Identifier: MIT */
#include "lib/gatt/standard.h"

#include <string.h>

#include "lib/gatt/put.h"
#include "lib/gatt/sfloat.h"

const struct standard_row standard_rows[STANDARD_COUNT] = {
	[STANDARD_LEVEL] = { STANDARD_BATTERY, 0x2a19, true, false,
		"Battery Level" },
	[STANDARD_LEVEL_STATUS] = { STANDARD_BATTERY, 0x2bed, true, false,
		"Battery Level Status" },
	[STANDARD_CRITICAL_STATUS] = { STANDARD_BATTERY, 0x2be9, false, true,
		"Battery Critical Status" },
	[STANDARD_ENERGY_STATUS] = { STANDARD_BATTERY, 0x2bf0, true, false,
		"Battery Energy Status" },
	[STANDARD_TIME_STATUS] = { STANDARD_BATTERY, 0x2bee, true, false,
		"Battery Time Status" },
	[STANDARD_HEALTH_STATUS] = { STANDARD_BATTERY, 0x2bea, true, false,
		"Battery Health Status" },
	[STANDARD_MAKER] = { STANDARD_DEVICE_INFORMATION, 0x2a29, false,
		false, "Manufacturer Name String" },
	[STANDARD_MODEL] = { STANDARD_DEVICE_INFORMATION, 0x2a24, false,
		false, "Model Number String" },
	[STANDARD_SERIAL] = { STANDARD_DEVICE_INFORMATION, 0x2a25, false,
		false, "Serial Number String" },
	[STANDARD_SOFTWARE] = { STANDARD_DEVICE_INFORMATION, 0x2a28, false,
		false, "Software Revision String" },
};

_Static_assert(ARRAY_SIZE(standard_rows) == STANDARD_COUNT,
	       "a row for every value");

/* Bits of Battery Level Status: flags, then Power State. */
enum {
	LEVEL_PRESENT = 0x02,
	STATE_BATTERY = 0x0001,
	STATE_WIRED_AT = 1,
	STATE_WIRED_UNKNOWN = 2,
	STATE_CHARGE_AT = 5,
	STATE_LEVEL_AT = 7,
	STATE_FAULT_BATTERY = 0x1000,
	STATE_FAULT_OTHER = 0x4000,
};

enum { ENERGY_VOLTAGE = 0x02, ENERGY_AVAILABLE = 0x04, ENERGY_RATE = 0x10 };
enum { HEALTH_SUMMARY = 0x01, HEALTH_CYCLES = 0x02, HEALTH_CELSIUS = 0x04 };

enum { MINUTES_MAX = 0xfffffd, MINUTES_MORE, MINUTES_UNKNOWN };

static int32_t within(int64_t value, int32_t low, int32_t high)
{
	if (value < low)
		return low;
	return value > high ? high : (int32_t)value;
}

/* Rounded down, so that no charge is shown that is not there. */
static uint8_t percent(int32_t permille)
{
	return (uint8_t)within(permille / 10, 0, 100);
}

static void put_level_status(struct put *p, const struct standard_values *v)
{
	unsigned int wired = STATE_WIRED_UNKNOWN;
	unsigned int state = STATE_BATTERY;

	if (v->mains.known)
		wired = v->mains.value ? 1 : 0;
	state |= wired << STATE_WIRED_AT;
	state |= (unsigned int)v->charge << STATE_CHARGE_AT;
	state |= (unsigned int)v->level << STATE_LEVEL_AT;
	if (v->battery_fault)
		state |= STATE_FAULT_BATTERY;
	if (v->other_fault)
		state |= STATE_FAULT_OTHER;
	put_u8(p, v->soc_permille.known ? LEVEL_PRESENT : 0);
	put_le(p, state, 2);
	if (v->soc_permille.known)
		put_u8(p, percent(v->soc_permille.value));
}

/* In mW; unknown where one of the two is. */
static maybe_i32 power(const struct standard_values *v)
{
	if (!v->voltage_mv.known || !v->current_ma.known)
		return UNKNOWN_I32;
	return known_i32(within((int64_t)v->voltage_mv.value *
				v->current_ma.value / 1000,
				INT32_MIN, INT32_MAX));
}

static void put_time_status(struct put *p, maybe_i32 seconds)
{
	int32_t minutes = MINUTES_UNKNOWN;

	if (seconds.known)
		minutes = within(seconds.value / 60, 0, MINUTES_MORE);
	put_u8(p, 0);
	put_le(p, (uint32_t)minutes, 3);
}

static void put_health_status(struct put *p, const struct standard_values *v)
{
	uint8_t flags = 0;

	if (v->health_permille.known)
		flags |= HEALTH_SUMMARY;
	if (v->cycles.known)
		flags |= HEALTH_CYCLES;
	if (v->temperature_dc.known)
		flags |= HEALTH_CELSIUS;
	put_u8(p, flags);
	if (v->health_permille.known)
		put_u8(p, percent(v->health_permille.value));
	if (v->cycles.known)
		put_le(p, (uint32_t)within(v->cycles.value, 0, UINT16_MAX),
		       2);
	/* 127 stands for above 126 degC, -128 for below -127. */
	if (v->temperature_dc.known)
		put_u8(p, (uint8_t)within(v->temperature_dc.value / 10,
					  INT8_MIN, INT8_MAX));
}

static void put_energy_status(struct put *p, const struct standard_values *v)
{
	put_u8(p, ENERGY_VOLTAGE | ENERGY_AVAILABLE | ENERGY_RATE);
	put_le(p, sfloat_of(v->voltage_mv, -3), 2);
	put_le(p, sfloat_of(v->energy_wh, -3), 2); /* kWh */
	put_le(p, sfloat_of(power(v), -3), 2);
}

int standard_text(const char *text, size_t max, uint8_t *ret_value,
		  size_t size)
{
	size_t len = text ? strlen(text) : 0;

	if (max > size)
		max = size;
	if (len > max) {
		/* Not within a character: 10xxxxxx is one's later part. */
		for (len = max; len && ((uint8_t)text[len] & 0xc0) == 0x80;)
			len--;
	}
	if (len)
		memcpy(ret_value, text, len);
	return (int)len;
}

int standard_encode(enum standard_id id, const struct standard_values *values,
		    uint8_t *ret_value, size_t size)
{
	struct put p = put_in(ret_value, size);
	const char *text = NULL;

	switch (id) {
	case STANDARD_LEVEL:
		if (!values->soc_permille.known)
			return -1;
		put_u8(&p, percent(values->soc_permille.value));
		return put_end(&p);
	case STANDARD_LEVEL_STATUS:
		put_level_status(&p, values);
		return put_end(&p);
	case STANDARD_CRITICAL_STATUS:
		put_u8(&p, (uint8_t)(values->critical |
				     values->service << 1));
		return put_end(&p);
	case STANDARD_ENERGY_STATUS:
		put_energy_status(&p, values);
		return put_end(&p);
	case STANDARD_TIME_STATUS:
		put_time_status(&p, values->time_remaining_s);
		return put_end(&p);
	case STANDARD_HEALTH_STATUS:
		put_health_status(&p, values);
		return put_end(&p);
	case STANDARD_MAKER:
		text = values->maker;
		break;
	case STANDARD_MODEL:
		text = values->model;
		break;
	case STANDARD_SERIAL:
		text = values->serial;
		break;
	case STANDARD_SOFTWARE:
		text = values->software;
		break;
	case STANDARD_COUNT:
		return -1;
	}
	return standard_text(text, STANDARD_SIZE_MAX, ret_value, size);
}
