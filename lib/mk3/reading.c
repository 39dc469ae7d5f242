/* SPDX-License-Identifier: MIT */
#include "lib/mk3/reading.h"

maybe_i32 inverter_lowest_firmware(const struct inverter_reading *reading)
{
	maybe_i32 lowest = UNKNOWN_I32;

	for (size_t i = 0; i < reading->n_units && i < BMS_UNITS_MAX; i++) {
		maybe_i32 firmware = reading->unit[i].firmware;

		if (firmware.known &&
		    (!lowest.known || firmware.value < lowest.value))
			lowest = firmware;
	}
	return lowest;
}

enum inverter_bar inverter_bar(const struct inverter_reading *reading)
{
	maybe_i32 firmware = inverter_lowest_firmware(reading);

	if (reading->bms_present.known && reading->bms_present.value)
		return INVERTER_BAR_BMS;
	if (firmware.known && firmware.value < INVERTER_FIRMWARE_MIN)
		return INVERTER_BAR_FIRMWARE;
	return reading->bms_present.known ? INVERTER_BAR_NONE :
					    INVERTER_BAR_NOT_LOOKED;
}

bool inverter_waits_for_bms(const struct inverter_reading *reading)
{
	if (!reading->bms_present.known || reading->bms_present.value)
		return false;
	for (size_t i = 0; i < reading->n_units && i < BMS_UNITS_MAX; i++) {
		maybe_i32 expects = reading->unit[i].expects_bms;

		if (expects.known && expects.value)
			return true;
	}
	return false;
}
