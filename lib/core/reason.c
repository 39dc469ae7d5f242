/* SPDX-License-Identifier: MIT */
#include "lib/core/reason.h"

#include "lib/base/maybe.h"
#include "lib/base/sample.h"
#include "lib/base/text.h"

const struct reason_row reason_rows[REASON_KIND_COUNT] = {
	[REASON_UNKNOWN] = { "unknown", REASON_NO_UNIT },
	[REASON_SILENT] = { "silent", REASON_MILLISECOND },
	[REASON_UNREADABLE] = { "unreadable", REASON_MILLISECOND },
	[REASON_TEMPERATURE_UNKNOWN] = { "temperature-unknown",
					 REASON_NO_UNIT },
	[REASON_CELL_IMPLAUSIBLE] = { "cell-implausible", REASON_NO_UNIT },
	[REASON_CELL_PRE_ALARM] = { "cell-pre-alarm", REASON_MILLIVOLT },
	[REASON_CELL_LOW] = { "cell-low", REASON_MILLIVOLT },
	[REASON_CELL_LOW_HARD] = { "cell-low-hard", REASON_MILLIVOLT },
	[REASON_CELL_HIGH] = { "cell-high", REASON_MILLIVOLT },
	[REASON_CELL_HIGH_HARD] = { "cell-high-hard", REASON_MILLIVOLT },
	[REASON_CHARGE_COLD] = { "charge-cold", REASON_DECIDEGREE },
	[REASON_CHARGE_HOT] = { "charge-hot", REASON_DECIDEGREE },
	[REASON_CHARGE_HOT_HARD] = { "charge-hot-hard", REASON_DECIDEGREE },
	[REASON_DISCHARGE_COLD] = { "discharge-cold", REASON_DECIDEGREE },
	[REASON_DISCHARGE_HOT] = { "discharge-hot", REASON_DECIDEGREE },
	[REASON_CHARGE_SWITCH] = { "battery-charge-switch", REASON_NO_UNIT },
	[REASON_DISCHARGE_SWITCH] = { "battery-discharge-switch",
				      REASON_NO_UNIT },
	[REASON_BATTERY_PROTECTS] = { "battery-protects", REASON_PROTECTION },
	[REASON_CHARGE_CURRENT] = { "charge-current", REASON_MILLIAMPERE },
	[REASON_CHARGE_PULSE] = { "charge-pulse", REASON_MILLIAMPERE },
	[REASON_DISCHARGE_CURRENT] = { "discharge-current",
				       REASON_MILLIAMPERE },
	[REASON_DISCHARGE_PULSE] = { "discharge-pulse", REASON_MILLIAMPERE },
	[REASON_BYPASSED] = { "bypassed", REASON_MILLISECOND },
	[REASON_MISMATCH] = { "battery-mismatch", REASON_COUNT_OF },
	[REASON_ARRANGEMENT] = { "arrangement", REASON_COUNT_OF },
	[REASON_BANK_VOLTAGE] = { "bank-voltage", REASON_MILLIVOLT },
	[REASON_BANK_LOW] = { "bank-low", REASON_MILLIVOLT },
	[REASON_SOC_WARNING] = { "soc-low", REASON_PERMILLE },
	[REASON_SOC_FLOOR] = { "soc-floor", REASON_PERMILLE },
	[REASON_BYPASS_LOW] = { "bypass-low", REASON_MILLIVOLT },
	[REASON_BYPASS_HIGH] = { "bypass-high", REASON_MILLIVOLT },
	[REASON_UPDATE] = { "update", REASON_MILLISECOND },
	[REASON_REMOTE_OFF] = { "remote-off", REASON_NO_UNIT },
	[REASON_MODE] = { "mode-off", REASON_NO_UNIT },
	[REASON_LINES] = { "lines", REASON_NO_UNIT },
};

_Static_assert(ARRAY_SIZE(reason_rows) == REASON_KIND_COUNT,
	       "a row for every reason");

static const struct {
	const char *name;
} protection_names[PROTECTION_COUNT] = {
	[PROTECTION_CELL_OVERVOLTAGE] = { "cell-overvoltage" },
	[PROTECTION_PACK_OVERVOLTAGE] = { "pack-overvoltage" },
	[PROTECTION_CELL_UNDERVOLTAGE] = { "cell-undervoltage" },
	[PROTECTION_PACK_UNDERVOLTAGE] = { "pack-undervoltage" },
	[PROTECTION_CHARGE_OVERCURRENT] = { "charge-overcurrent" },
	[PROTECTION_DISCHARGE_OVERCURRENT] = { "discharge-overcurrent" },
	[PROTECTION_CHARGE_SHORT_CIRCUIT] = { "charge-short-circuit" },
	[PROTECTION_DISCHARGE_SHORT_CIRCUIT] = { "discharge-short-circuit" },
	[PROTECTION_CHARGE_OVERTEMPERATURE] = { "charge-overtemperature" },
	[PROTECTION_CHARGE_UNDERTEMPERATURE] = { "charge-undertemperature" },
	[PROTECTION_DISCHARGE_OVERTEMPERATURE] = {
		"discharge-overtemperature" },
	[PROTECTION_DISCHARGE_UNDERTEMPERATURE] = {
		"discharge-undertemperature" },
	[PROTECTION_MOS_OVERTEMPERATURE] = { "mos-overtemperature" },
	[PROTECTION_CHARGE_SWITCH_FAULT] = { "charge-switch-fault" },
	[PROTECTION_DISCHARGE_SWITCH_FAULT] = { "discharge-switch-fault" },
	[PROTECTION_SENSOR_FAULT] = { "sensor-fault" },
	[PROTECTION_INTERNAL_FAULT] = { "internal-fault" },
};

_Static_assert(ARRAY_SIZE(protection_names) == PROTECTION_COUNT,
	       "a name for every protection");

const char *battery_protection_name(uint32_t protection)
{
	if (protection >= PROTECTION_COUNT)
		return "unknown";
	return protection_names[protection].name;
}

/* The protections of batteries have names, and what has no unit no number. */
static const struct {
	int32_t divisor;
	unsigned int decimals;
} unit_rows[] = {
	[REASON_MILLIVOLT] = { 1, 3 },
	[REASON_DECIDEGREE] = { 1, 1 },
	[REASON_PERMILLE] = { 1, 1 },
	[REASON_MILLISECOND] = { 100, 1 },
	[REASON_MILLIAMPERE] = { 100, 1 },
	[REASON_COUNT_OF] = { 1, 0 },
};

_Static_assert(ARRAY_SIZE(unit_rows) == REASON_PROTECTION,
	       "a row for every unit before the names");

void reason_number(struct text *t, enum reason_kind kind, int32_t value)
{
	enum reason_unit unit = reason_rows[kind].unit;

	if (unit == REASON_PROTECTION)
		text_str(t, battery_protection_name((uint32_t)value));
	else if (unit != REASON_NO_UNIT)
		text_fixed(t, value / unit_rows[unit].divisor,
			   unit_rows[unit].decimals);
}

void reason_text(const struct reason *reason, char buf[BMS_REASON_TEXT_SIZE])
{
	const struct reason_row *row = &reason_rows[reason->kind];
	struct text t = text_in(buf, BMS_REASON_TEXT_SIZE);

	text_str(&t, row->name);
	text_char(&t, ':');
	if (reason->battery > 0)
		text_uint(&t, reason->battery);
	if (reason->cell > 0) {
		text_char(&t, '.');
		text_uint(&t, reason->cell);
	}
	text_char(&t, ':');
	if (reason->has_value)
		reason_number(&t, reason->kind, reason->value);
	text_char(&t, ':');
	if (reason->has_value && row->unit != REASON_PROTECTION)
		reason_number(&t, reason->kind, reason->limit);
}
