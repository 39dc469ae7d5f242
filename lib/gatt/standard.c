/* SPDX-License-Identifier: MIT */
#include "lib/gatt/standard.h"

#include <string.h>

#include "lib/gatt/put.h"
#include "lib/gatt/sfloat.h"

const struct standard_row standard_rows[STANDARD_COUNT] = {
	[STANDARD_LEVEL] = { STANDARD_BATTERY, 0x2a19, true, false,
		"Battery Level",
		"uint8: %, rounded down. Cannot be read while it is "
		"unknown." },
	[STANDARD_LEVEL_STATUS] = { STANDARD_BATTERY, 0x2bed, true, false,
		"Battery Level Status",
		"uint8: 0x02 where the level follows, else 0. uint16: bit "
		"0, a battery is there; bits 1 and 2, mains (0 no, 1 yes, 2 "
		"unknown); bits 5 and 6, current (0 unknown, 1 charging, 2 "
		"discharging, 3 none); bits 7 and 8, level (0 unknown, 1 "
		"good, 2 low, 3 critical); bit 12, a battery is at fault; "
		"bit 14, something else is. uint8: the level in %." },
	[STANDARD_CRITICAL_STATUS] = { STANDARD_BATTERY, 0x2be9, false, true,
		"Battery Critical Status",
		"uint8: bit 0, the pre-alarm is given or the level is "
		"critical; bit 1, somebody should look after it now." },
	[STANDARD_ENERGY_STATUS] = { STANDARD_BATTERY, 0x2bf0, true, false,
		"Battery Energy Status",
		"uint8: 0x16. Three SFLOAT: voltage in V; energy that can "
		"still be had in kWh, by state of charge and nominal "
		"voltage; power in kW, negative while discharging." },
	[STANDARD_TIME_STATUS] = { STANDARD_BATTERY, 0x2bee, true, false,
		"Battery Time Status",
		"uint8: 0. uint24: minutes remaining; 0xffffff unknown, "
		"0xfffffe more than that." },
	[STANDARD_HEALTH_STATUS] = { STANDARD_BATTERY, 0x2bea, true, false,
		"Battery Health Status",
		"uint8: bits 0, 1 and 2 where the following are there. "
		"uint8: health in %, of the worst battery. uint16: cycles, "
		"see History. int8: temperature of the warmest cell in "
		"degC; 127 above 126, -128 below -127." },
	[STANDARD_MAKER] = { STANDARD_DEVICE_INFORMATION, 0x2a29, false,
		false, "Manufacturer Name String",
		"UTF-8." },
	[STANDARD_MODEL] = { STANDARD_DEVICE_INFORMATION, 0x2a24, false,
		false, "Model Number String",
		"UTF-8." },
	[STANDARD_SERIAL] = { STANDARD_DEVICE_INFORMATION, 0x2a25, false,
		false, "Serial Number String",
		"UTF-8; empty where there is none." },
	[STANDARD_SOFTWARE] = { STANDARD_DEVICE_INFORMATION, 0x2a28, false,
		false, "Software Revision String",
		"UTF-8; the version of the daemon." },
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

static int put_text(const struct put *p, const char *text)
{
	return standard_text(text, STANDARD_SIZE_MAX, p->at, p->left);
}

int standard_encode(enum standard_id id, const struct standard_values *values,
		    uint8_t *ret_value, size_t size)
{
	struct put p = put_in(ret_value, size);

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
		return put_text(&p, values->maker);
	case STANDARD_MODEL:
		return put_text(&p, values->model);
	case STANDARD_SERIAL:
		return put_text(&p, values->serial);
	case STANDARD_SOFTWARE:
		return put_text(&p, values->software);
	case STANDARD_COUNT:
		break;
	}
	return -1;
}
