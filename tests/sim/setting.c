/* SPDX-License-Identifier: MIT */
#include "multi.h"

#include <string.h>

/* Voltages are those of 16 cells. Scales and ranges as units report them. */
static const struct multi_setting settings[] = {
	{ 0, 1, 0, 0x8134, 0, 0xFFFF, 0, false },
	{ 1, 1, 0, 0x1000, 0, 0xFFFF, 0, false },
	{ 2, -100, 0, 5680, 4800, 6400, 0, true },
	{ 3, -100, 0, 5400, 4800, 6400, 0, true },
	{ 4, 1, 0, 70, 0, 70, 0, false },
	{ 5, 1, 0, 230, 210, 245, 0, false },
	{ 6, -10, 0, 500, 94, 500, 0, false },
	{ 7, 15, 0, 4, 1, 96, 0, false },
	{ 8, 360, 0, 28, 1, 180, 0, false },
	{ 9, 60, 0, 1, 1, 8, 0, false },
	{ 10, 1, 0, 1, 1, 3, 0, false },
	{ 11, -100, 0, 3720, 3720, 5200, 0x80, true },
	{ 12, -100, 0, 640, 100, 2400, 0, true },
	{ 49, -10, 0, 500, 94, 500, 0, false },
	{ 60, 1, 0, 16, 0, 0xFFFF, 0, false },
	{ 61, 1, 0, 0, 0, 0xFFFF, 0, false },
	{ 63, -100, INT16_MIN, 32868, 32768, 33568, 0, false },
	{ 64, 1, 0, 0, 0, 10000, 0x80, false },
	{ 65, -2, 0, 190, 0, 200, 0, false },
	{ 72, -256, 1, 242, 128, 255, 0, false },
	{ 74, -2, 0, 200, 0, 200, 0, false },
	{ 81, 1, 0, 0, 0, 0xFFFF, 0x01, false },
	{ 87, -12800, 0, 0, 0, 5000, 0, false },
	{ 88, -100, 0, 4800, 4000, 5600, 0, true },
	{ 128, 1, 0, 0, 0, 0xFFFF, 0x01, false },
	{ 190, 1, 0, 0, 0, 0xFFFF, 0x01, false },
	{ 191, 1, 0, 0, 0, 0xFFFF, 0x01, false },
};

const struct multi_setting *multi_setting(unsigned id)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (settings[i].id == id)
			return &settings[i];
	return NULL;
}

uint16_t multi_scaled(const struct multi *multi,
		      const struct multi_setting *setting, uint16_t value)
{
	if (!setting->volts)
		return value;
	return (uint16_t)((value * multi->n_cells + 8) / 16);
}

void multi_unit_defaults(const struct multi *multi, struct multi_unit *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		unit->eeprom[settings[i].id] = multi_scaled(
			multi, &settings[i], settings[i].standard);
	multi_unit_reset(unit);
}

void multi_unit_reset(struct multi_unit *unit)
{
	memcpy(unit->acting, unit->eeprom, sizeof(unit->acting));
	unit->soc_raw = -1;
}

enum setting_result multi_write(struct multi *multi, struct multi_unit *unit,
				unsigned id, uint16_t value, bool ram_only)
{
	const struct multi_setting *s = multi_setting(id);

	if (!ram_only)
		multi->eeprom_writes++;
	if (!s)
		return SETTING_UNKNOWN;
	if (s->access == 0x01)
		return SETTING_GRID_CODE;
	if (s->access == 0x80 && ram_only)
		return SETTING_NEEDS_RESET;
	/* Accepted is not the same as obeyed. */
	if (value < multi_scaled(multi, s, s->min) ||
	    value > multi_scaled(multi, s, s->max)) {
		multi->refused_writes++;
		return SETTING_OK;
	}
	if (id == SET_BULK_A && unit->ignore_current)
		return SETTING_OK;
	if (!ram_only)
		unit->eeprom[id] = value;
	unit->acting[id] = value;
	return SETTING_OK;
}
