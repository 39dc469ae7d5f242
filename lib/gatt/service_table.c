/* SPDX-License-Identifier: MIT */
#include "lib/gatt/service.h"

/* Bluetooth's assigned numbers, units. */
enum unit {
	NONE = 0x2700,
	SECOND = 0x2703,
	AMPERE = 0x2704,
	WATT = 0x2726,
	VOLT = 0x2728,
	CELSIUS = 0x272f,
	KILOWATT_HOUR = 0x27ab,
	PERCENT = 0x27ad,
	AMPERE_HOUR = 0x27b0,
};

const struct service_unit_row service_units[] = {
	{ NONE, "" }, { SECOND, "s" }, { AMPERE, "A" }, { WATT, "W" },
	{ VOLT, "V" }, { CELSIUS, "degC" }, { KILOWATT_HOUR, "kWh" },
	{ PERCENT, "%" }, { AMPERE_HOUR, "Ah" },
};
const size_t n_service_units = ARRAY_SIZE(service_units);

const struct service_format_row service_formats[SERVICE_FORMAT_COUNT] = {
	[SERVICE_BOOL] = { "bool", 0x01, 1, false },
	[SERVICE_U16] = { "uint16", 0x06, 2, false },
	[SERVICE_U32] = { "uint32", 0x08, 4, false },
	[SERVICE_U64] = { "uint64", 0x0a, 8, false },
	[SERVICE_S16] = { "int16", 0x0e, 2, true },
	[SERVICE_S32] = { "int32", 0x10, 4, true },
	[SERVICE_TEXT] = { "text", 0x19, 0, false },
	[SERVICE_U16_LIST] = { "uint16 each", 0x06, 2, false },
	[SERVICE_S16_LIST] = { "int16 each", 0x0e, 2, true },
	[SERVICE_RECORDS] = { "records", 0x1b, 0, false },
};

_Static_assert(ARRAY_SIZE(service_formats) == SERVICE_FORMAT_COUNT,
	       "a row for every format");

const struct service_page_row service_pages[SERVICE_PAGE_COUNT] = {
	[SERVICE_STATUS] = { 0x0100, "Status" },
	[SERVICE_BATTERIES] = { 0x0200, "Batteries" },
	[SERVICE_HISTORY] = { 0x0300, "History" },
	[SERVICE_SETTINGS] = { 0x0400, "Settings" },
};

_Static_assert(ARRAY_SIZE(service_pages) == SERVICE_PAGE_COUNT,
	       "a row for every page");

const struct service_command_row service_commands[] = {
	{ "synchronise", BMS_COMMAND_SYNCHRONISE },
	{ "reset-history", BMS_COMMAND_RESET_HISTORY },
	{ "begin-update", BMS_COMMAND_BEGIN_UPDATE },
	{ "end-update", BMS_COMMAND_END_UPDATE },
};
const size_t n_service_commands = ARRAY_SIZE(service_commands);

#define IN_RECORD(name) offsetof(struct service_record, name)

const struct service_record_row service_record_rows[] = {
	{ "Online", SERVICE_BOOL, 0, NONE, IN_RECORD(online) },
	{ "Allowed to charge", SERVICE_BOOL, 0, NONE,
	  IN_RECORD(charge_allowed) },
	{ "Allowed to discharge", SERVICE_BOOL, 0, NONE,
	  IN_RECORD(discharge_allowed) },
	{ "Bypassed", SERVICE_BOOL, 0, NONE, IN_RECORD(bypassed) },
	{ "State of charge", SERVICE_U16, -1, PERCENT,
	  IN_RECORD(soc_permille) },
	{ "Lowest cell", SERVICE_U16, -3, VOLT, IN_RECORD(min_cell_mv) },
	{ "Highest cell", SERVICE_U16, -3, VOLT, IN_RECORD(max_cell_mv) },
	{ "Temperature", SERVICE_S16, -1, CELSIUS,
	  IN_RECORD(temperature_dc) },
};
const size_t n_service_record_rows = ARRAY_SIZE(service_record_rows);

#define IN_VALUES(name) offsetof(struct service_values, name)
#define SHOWN (SERVICE_READ | SERVICE_NOTIFY)
#define STATUS(uuid, name, format, exponent, unit, value) \
	{ SERVICE_STATUS, uuid, name, format, exponent, unit, SHOWN, \
	  IN_VALUES(value), SERVICE_WRITES_NOTHING, NULL, NULL, NULL }
#define BATTERY(uuid, name, format, exponent, unit, value) \
	{ SERVICE_BATTERIES, uuid, name, format, exponent, unit, SHOWN, \
	  IN_VALUES(value), SERVICE_WRITES_NOTHING, NULL, NULL, NULL }
/* At most once a minute on D-Bus, and nothing that one waits for. */
#define HISTORY(uuid, name, format, exponent, unit, id) \
	{ SERVICE_HISTORY, uuid, name, format, exponent, unit, \
	  SERVICE_READ, IN_VALUES(history[id]), SERVICE_WRITES_NOTHING, \
	  NULL, NULL, NULL }
#define SETTING(uuid, name, format, exponent, unit, value, section, key, \
		help) \
	{ SERVICE_SETTINGS, uuid, name, format, exponent, unit, \
	  SHOWN | SERVICE_WRITE, IN_VALUES(value), SERVICE_WRITES_SETTING, \
	  section, key, help }
#define MONITOR "battery-monitor"

/* A number that has been released stays what it is. */
const struct service_row service_rows[] = {
	{ SERVICE_STATUS, 0x0101, "State of charge", SERVICE_U16, -1, PERCENT,
	  SHOWN | SERVICE_WRITE, IN_VALUES(soc_permille), SERVICE_WRITES_SOC,
	  NULL, NULL, "Written: the state of charge is set to it." },
	{ SERVICE_STATUS, 0x0102, "Mode", SERVICE_TEXT, 0, NONE,
	  SHOWN | SERVICE_WRITE, IN_VALUES(mode), SERVICE_WRITES_MODE,
	  NULL, NULL, "on, charger-only, inverter-only or off." },
	STATUS(0x0103, "Allowed to charge", SERVICE_TEXT, 0, NONE,
	       allowed_to_charge),
	STATUS(0x0104, "Allowed to discharge", SERVICE_TEXT, 0, NONE,
	       allowed_to_discharge),
	STATUS(0x0105, "Voltage", SERVICE_U32, -3, VOLT, voltage_mv),
	STATUS(0x0106, "Current", SERVICE_S32, -3, AMPERE, current_ma),
	STATUS(0x0107, "Power", SERVICE_S32, -3, WATT, power_mw),
	STATUS(0x0108, "Consumed", SERVICE_U32, -3, AMPERE_HOUR,
	       consumed_mah),
	STATUS(0x0109, "Time remaining", SERVICE_U32, 0, SECOND,
	       time_remaining_s),
	STATUS(0x010a, "Warnings, alarms, errors", SERVICE_TEXT, 0, NONE,
	       codes),
	STATUS(0x010b, "Why not charge", SERVICE_TEXT, 0, NONE,
	       charge_reasons),
	STATUS(0x010c, "Why not discharge", SERVICE_TEXT, 0, NONE,
	       discharge_reasons),
	STATUS(0x010d, "Pre-alarm", SERVICE_TEXT, 0, NONE, pre_alarm),
	STATUS(0x010e, "Remote on", SERVICE_BOOL, 0, NONE, remote_on),
	STATUS(0x010f, "Max charge current", SERVICE_U32, -3, AMPERE,
	       charge_limit_ma),
	STATUS(0x0110, "Max discharge current", SERVICE_U32, -3, AMPERE,
	       discharge_limit_ma),
	STATUS(0x0111, "Updating", SERVICE_BOOL, 0, NONE, updating),
	{ SERVICE_STATUS, 0x0112, "Command", SERVICE_TEXT, 0, NONE,
	  SERVICE_WRITE, 0, SERVICE_WRITES_COMMAND, NULL, NULL, NULL },

	BATTERY(0x0201, "Balancer status", SERVICE_TEXT, 0, NONE, balancer),
	BATTERY(0x0202, "Min cell voltage", SERVICE_U16, -3, VOLT,
		min_cell_mv),
	BATTERY(0x0203, "Max cell voltage", SERVICE_U16, -3, VOLT,
		max_cell_mv),
	BATTERY(0x0204, "Min cell temperature", SERVICE_S16, -1, CELSIUS,
		min_temperature_dc),
	BATTERY(0x0205, "Max cell temperature", SERVICE_S16, -1, CELSIUS,
		max_temperature_dc),
	BATTERY(0x0206, "Batteries", SERVICE_U16, 0, NONE, batteries),
	BATTERY(0x0207, "Battery cells", SERVICE_U16, 0, NONE, cells),
	BATTERY(0x0208, "Batteries in series", SERVICE_U16, 0, NONE, series),
	BATTERY(0x0209, "Batteries in parallel", SERVICE_U16, 0, NONE,
		parallel),
	BATTERY(0x020a, "Nominal voltage", SERVICE_U32, -3, VOLT, nominal_mv),
	BATTERY(0x020b, "Installed capacity", SERVICE_U32, -3, AMPERE_HOUR,
		capacity_mah),
	BATTERY(0x020c, "All batteries", SERVICE_RECORDS, 0, NONE, record),
	{ SERVICE_BATTERIES, 0x0210, "Battery number", SERVICE_U16, 0, NONE,
	  SHOWN | SERVICE_WRITE, IN_VALUES(selected), SERVICE_WRITES_BATTERY,
	  NULL, NULL, "Selects, from 1, which battery the next ones show." },
	BATTERY(0x0211, "Serial number", SERVICE_TEXT, 0, NONE, serial),
	BATTERY(0x0212, "Model", SERVICE_TEXT, 0, NONE, model),
	BATTERY(0x0213, "Firmware version", SERVICE_TEXT, 0, NONE, firmware),
	BATTERY(0x0214, "Nominal capacity", SERVICE_U32, -3, AMPERE_HOUR,
		battery_capacity_mah),
	BATTERY(0x0215, "Battery voltage", SERVICE_U32, -3, VOLT, battery_mv),
	BATTERY(0x0216, "Battery current", SERVICE_S32, -3, AMPERE,
		battery_ma),
	BATTERY(0x0217, "Battery temperature", SERVICE_S16, -1, CELSIUS,
		battery_dc),
	BATTERY(0x0218, "Battery state of charge", SERVICE_U16, -1, PERCENT,
		battery_soc_permille),
	BATTERY(0x0219, "Battery cycles", SERVICE_U32, 0, NONE, cycles),
	BATTERY(0x021a, "Cell voltages", SERVICE_U16_LIST, -3, VOLT, cell_mv),
	BATTERY(0x021b, "Cell temperatures", SERVICE_S16_LIST, -1, CELSIUS,
		cell_dc),
	BATTERY(0x021c, "Reasons", SERVICE_TEXT, 0, NONE, reasons),

	HISTORY(0x0301, "Deepest discharge", SERVICE_U64, -3, AMPERE_HOUR,
		HISTORY_DEEPEST_DISCHARGE),
	HISTORY(0x0302, "Cumulative Ah drawn", SERVICE_U64, -3, AMPERE_HOUR,
		HISTORY_AH_DRAWN),
	HISTORY(0x0303, "Discharged energy", SERVICE_U64, -3, KILOWATT_HOUR,
		HISTORY_DISCHARGED_ENERGY),
	HISTORY(0x0304, "Charged energy", SERVICE_U64, -3, KILOWATT_HOUR,
		HISTORY_CHARGED_ENERGY),
	HISTORY(0x0305, "Synchronisations", SERVICE_U32, 0, NONE,
		HISTORY_SYNCHRONISATIONS),
	HISTORY(0x0306, "Cycles", SERVICE_U32, 0, NONE, HISTORY_CYCLES),
	HISTORY(0x0307, "Time since last full charge", SERVICE_U64, 0, SECOND,
		HISTORY_FULL_CHARGE_AGE),
	HISTORY(0x0308, "Min battery voltage", SERVICE_U32, -3, VOLT,
		HISTORY_MIN_VOLTAGE),
	HISTORY(0x0309, "Max battery voltage", SERVICE_U32, -3, VOLT,
		HISTORY_MAX_VOLTAGE),
	HISTORY(0x030a, "Min cell voltage", SERVICE_U16, -3, VOLT,
		HISTORY_MIN_CELL),
	HISTORY(0x030b, "Max cell voltage", SERVICE_U16, -3, VOLT,
		HISTORY_MAX_CELL),
	HISTORY(0x030c, "Min battery temperature", SERVICE_S16, -1, CELSIUS,
		HISTORY_MIN_TEMPERATURE),
	HISTORY(0x030d, "Max battery temperature", SERVICE_S16, -1, CELSIUS,
		HISTORY_MAX_TEMPERATURE),

	SETTING(0x0401, "Charged voltage", SERVICE_U16, -3, VOLT,
		charged_voltage, MONITOR, "charged-voltage",
		"For a 12 V bank. Written 0: auto, 14.00 V."),
	SETTING(0x0402, "Tail current", SERVICE_U16, -1, PERCENT,
		tail_current, MONITOR, "tail-current", NULL),
	SETTING(0x0403, "Charged detection time", SERVICE_U32, -3, SECOND,
		charged_time, MONITOR, "charged-detection-time", NULL),
	SETTING(0x0404, "Low SoC warning", SERVICE_U16, -1, PERCENT,
		low_soc_warning, MONITOR, "low-soc-warning", NULL),
	SETTING(0x0405, "Discharge floor", SERVICE_U16, -1, PERCENT,
		discharge_floor, MONITOR, "discharge-floor", "0 is off."),
	SETTING(0x0406, "Bluetooth enabled", SERVICE_BOOL, 0, NONE,
		bluetooth, "bluetooth", "enabled", NULL),
};
const size_t n_service_rows = ARRAY_SIZE(service_rows);
