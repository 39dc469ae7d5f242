/* SPDX-License-Identifier: MIT */
/*
 * The rows of every setting. Each range is chosen so that no allowed value
 * makes the product unsafe; what only a pair of values can break is in
 * settings_check.c. Sources: requirement ids; bms-facts.md by section.
 */
#include "lib/base/settings.h"

static const struct setting_choice choices_auto[] = {
	{ "auto", 0 },
	{ NULL, 0 },
};

static const struct setting_choice choices_voltage[] = {
	{ "auto", 0 },
	{ "12", 12 },
	{ "24", 24 },
	{ "48", 48 },
	{ NULL, 0 },
};

/* What a tty can be set to. */
static const struct setting_choice choices_baud[] = {
	{ "auto", 0 },
	{ "2400", 2400 },
	{ "4800", 4800 },
	{ "9600", 9600 },
	{ "19200", 19200 },
	{ "38400", 38400 },
	{ "57600", 57600 },
	{ "115200", 115200 },
	{ "230400", 230400 },
	{ NULL, 0 },
};

static const struct setting_choice choices_readout[] = {
	{ "bms", INSTANT_READOUT_BMS },
	{ "battery-monitor", INSTANT_READOUT_BATTERY_MONITOR },
	{ "smart-lithium", INSTANT_READOUT_SMART_LITHIUM },
	{ "off", INSTANT_READOUT_OFF },
	{ NULL, 0 },
};

static const struct setting_choice choices_adapter[] = {
	{ "auto", -1 },
	{ "hci0", 0 },
	{ "hci1", 1 },
	{ "hci2", 2 },
	{ "hci3", 3 },
	{ "hci4", 4 },
	{ "hci5", 5 },
	{ "hci6", 6 },
	{ "hci7", 7 },
	{ NULL, 0 },
};

/* type, unit, decimals, scale, min, max, choices */
#define NUMBER(unit, decimals, scale, min, max) \
	SETTING_NUMBER, unit, decimals, scale, min, max, NULL
#define NUMBER_OR(choices, unit, decimals, scale, min, max) \
	SETTING_NUMBER, unit, decimals, scale, min, max, choices
#define VOLT(min, max) NUMBER("V", 2, 1000, min, max)
#define CELSIUS(min, max) NUMBER("degC", 1, 10, min, max)
#define SECONDS(decimals, min, max) NUMBER("s", decimals, 1000, min, max)
#define PERCENT(decimals, min, max) NUMBER("%", decimals, 10, min, max)
#define HEX(min, max) SETTING_HEX, "", 0, 1, min, max, NULL
#define CHOICE(choices) SETTING_CHOICE, "", 0, 1, 0, 0, choices
/* design.md 5: the lines are the safe path, neither may be left out. */
#define FITTED_LINE SETTING_LINE, "", 0, 1, 1, 1, NULL
#define OTHER(type) type, "", 0, 1, 0, 0, NULL

/* offset, size */
#define FIELD(member) \
	offsetof(struct settings, member), \
	sizeof(((struct settings *)0)->member)
#define BUS_FIELD(member) \
	offsetof(struct settings_bus, member), \
	sizeof(((struct settings_bus *)0)->member)

const struct setting_row setting_rows[] = {
	/* No default: a missing battery must be noticed (A2). */
	{ "general", "batteries",
	  NUMBER("", 0, 1, 1, BMS_BUSES_MAX * BMS_BUS_ADDRESSES_MAX),
	  "", true, "How many batteries there must be; one that is missing "
	  "forbids charge and discharge.", FIELD(general.batteries) },
	{ "general", "nominal-voltage", CHOICE(choices_voltage),
	  "auto", false, "Nominal voltage of the bank; auto finds it from the "
	  "batteries and the inverter/charger.",
	  FIELD(general.nominal_voltage_v) },
	{ "general", "self-isolating", OTHER(SETTING_BOOL),
	  "no", false, "For batteries in parallel with their own switches: one "
	  "that reports its switch open is left out of that direction's "
	  "decision.", FIELD(general.self_isolating) },

	{ "bus", "device", OTHER(SETTING_TEXT),
	  "", true, "The tty of this bus; best a name below "
	  "/dev/serial/by-id, which does not change at boot.",
	  BUS_FIELD(device) },
	{ "bus", "protocol", OTHER(SETTING_TEXT),
	  "", true, "What the batteries on this bus speak: jk-pb.",
	  BUS_FIELD(protocol) },
	{ "bus", "baud", CHOICE(choices_baud),
	  "auto", false, "Speed of the tty; auto is what the protocol uses "
	  "(jk-pb: 115200).", BUS_FIELD(baud) },
	{ "bus", "addresses", OTHER(SETTING_ADDRESSES),
	  "", true, "The addresses of the batteries on this bus; jk-pb has 1 "
	  "to 15.", BUS_FIELD(addresses) },

	{ "inverter", "device", OTHER(SETTING_TEXT),
	  "/dev/vebus-mk3", false, "The tty of the MK3 interface; the udev "
	  "rule gives it the default name.", FIELD(inverter.device) },
	/* C3: goes on flowing while a cell is at 3.75 to 3.80 V, so it has
	 * to stay what balancers can pass by. */
	{ "inverter", "reduced-charge-current", NUMBER("A", 1, 1000, 0, 10000),
	  "5", false, "Charge current of the whole system while a high cell "
	  "is balanced.", FIELD(inverter.reduced_charge_current_ma) },
	{ "inverter", "hand-soc", OTHER(SETTING_BOOL),
	  "no", false, "Experimental: hands the state of charge to the "
	  "inverter/charger, whose battery monitor is on, so that a GX shows "
	  "it.", FIELD(inverter.hand_soc) },

	{ "gpio", "chip", OTHER(SETTING_TEXT),
	  "auto", false, "auto (the Raspberry Pi's header), a label, a path, "
	  "or virtual (virtual:FILE shows them there): no real lines, for "
	  "simulation only.",
	  FIELD(gpio.chip) },
	{ "gpio", "load-disconnect", FITTED_LINE,
	  "17", false, "ATD: high while discharge is allowed, floating while "
	  "it is not.", FIELD(gpio.line[LINE_LOAD_DISCONNECT]) },
	{ "gpio", "charge-disconnect", FITTED_LINE,
	  "27", false, "ATC: high while charge is allowed, floating while it "
	  "is not.", FIELD(gpio.line[LINE_CHARGE_DISCONNECT]) },
	{ "gpio", "pre-alarm", OTHER(SETTING_LINE),
	  "22", false, "High before the loads will be disconnected.",
	  FIELD(gpio.line[LINE_PRE_ALARM]) },
	{ "gpio", "remote-l", OTHER(SETTING_LINE),
	  "23", false, "Input, pulled up: on while it is low. Without "
	  "remote-l and remote-h the system is always on.",
	  FIELD(gpio.line[LINE_REMOTE_L]) },
	{ "gpio", "remote-h", OTHER(SETTING_LINE),
	  "24", false, "Input, pulled down: on while it is high.",
	  FIELD(gpio.line[LINE_REMOTE_H]) },
	{ "gpio", "led-bluetooth", OTHER(SETTING_LINE),
	  "", false, "On: connected; blinking: active.",
	  FIELD(gpio.line[LINE_LED_BLUETOOTH]) },
	{ "gpio", "led-error", OTHER(SETTING_LINE),
	  "", false, "Blinking: warning; on: alarm or error.",
	  FIELD(gpio.line[LINE_LED_ERROR]) },
	{ "gpio", "led-vebus", OTHER(SETTING_LINE),
	  "", false, "One blink in 10 s: the inverter/charger is on and "
	  "commanded.",
	  FIELD(gpio.line[LINE_LED_VEBUS]) },
	{ "gpio", "heartbeat", OTHER(SETTING_LINE),
	  "", false, "Square wave while decisions are made, for an external "
	  "monostable.", FIELD(gpio.line[LINE_HEARTBEAT]) },

	/* B2, B3; bms-facts.md 3. */
	{ "protection", "cell-pre-alarm", VOLT(2850, 3150),
	  "3.10", false, "A cell at or below this gives the pre-alarm.",
	  FIELD(protection.cell_pre_alarm_mv) },
	{ "protection", "cell-low", VOLT(2600, 2800),
	  "2.80", false, "A cell at or below this disconnects the loads, once "
	  "the pre-alarm has lasted pre-alarm-lead.",
	  FIELD(protection.cell_low_mv) },
	/* Not so high that a bank at rest never comes back. */
	{ "protection", "cell-low-clear", VOLT(2900, 3400),
	  "3.20", false, "The loads come back when every cell has reached "
	  "this.", FIELD(protection.cell_low_clear_mv) },
	/* The floor without a lead may be raised, never lowered (B3). */
	{ "protection", "cell-low-hard", VOLT(2500, 2600),
	  "2.50", false, "A cell below this disconnects the loads at once.",
	  FIELD(protection.cell_low_hard_mv) },
	/* B4, C3. Below 3.55 V the bank could not be charged full
	 * (bms-facts.md 2: 3.50 to 3.55 V a cell). */
	{ "protection", "cell-high", VOLT(3550, 3750),
	  "3.75", false, "A cell at or above this forbids charge at once.",
	  FIELD(protection.cell_high_mv) },
	{ "protection", "cell-high-clear", VOLT(3350, 3650),
	  "3.60", false, "Charge is allowed again when every cell is below "
	  "this.", FIELD(protection.cell_high_clear_mv) },
	{ "protection", "cell-high-hard", VOLT(3600, 3800),
	  "3.80", false, "A cell above this stops even the reduced charge "
	  "current.", FIELD(protection.cell_high_hard_mv) },
	/* B5. Charging a frozen cell ruins it: never below 0 degC. */
	{ "protection", "charge-temperature-low", CELSIUS(0, 200),
	  "5", false, "A cell colder than this forbids charge.",
	  FIELD(protection.charge_temperature_low_dc) },
	{ "protection", "charge-temperature-high", CELSIUS(400, 550),
	  "50", false, "A cell warmer than this forbids charge.",
	  FIELD(protection.charge_temperature_high_dc) },
	{ "protection", "discharge-temperature-guard", OTHER(SETTING_BOOL),
	  "no", false, "Whether temperature disconnects the loads too.",
	  FIELD(protection.discharge_temperature_guard) },
	/* bms-facts.md 2: discharge from -20 degC; 3: our guard 55 degC. */
	{ "protection", "discharge-temperature-low", CELSIUS(-200, 100),
	  "-20", false, "With the guard: a cell colder than this disconnects "
	  "the loads.", FIELD(protection.discharge_temperature_low_dc) },
	{ "protection", "discharge-temperature-high", CELSIUS(400, 550),
	  "55", false, "With the guard: a cell warmer than this disconnects "
	  "the loads.", FIELD(protection.discharge_temperature_high_dc) },
	{ "protection", "release-hold", SECONDS(0, 5000, 3600000),
	  "30", false, "How long a cause must be gone before an output is "
	  "allowed again.", FIELD(protection.release_hold_ms) },
	/* B3: never sooner than 30 s. */
	{ "protection", "pre-alarm-lead", SECONDS(0, 30000, 600000),
	  "30", false, "How long the pre-alarm must have been given before a "
	  "low cell disconnects the loads.",
	  FIELD(protection.pre_alarm_lead_ms) },
	/* B8. */
	{ "protection", "lost-warning", SECONDS(1, 2000, 10000),
	  "5", false, "A battery silent for so long gives a warning.",
	  FIELD(protection.lost_warning_ms) },
	{ "protection", "lost-alarm", SECONDS(1, 5000, 30000),
	  "15", false, "A battery silent for so long forbids charge and "
	  "discharge; no older value is ever used.",
	  FIELD(protection.lost_alarm_ms) },
	/* bms-facts.md 2: 1C is the continuous limit, 0.3C and 0.5C are
	 * recommended. */
	{ "protection", "charge-rate", NUMBER("C", 2, 1000, 50, 1000),
	  "0.30", false, "Highest recommended charge current, in capacities "
	  "an hour.", FIELD(protection.charge_rate_permille) },
	{ "protection", "discharge-rate", NUMBER("C", 2, 1000, 50, 1000),
	  "0.50", false, "Highest recommended discharge current, in capacities "
	  "an hour.", FIELD(protection.discharge_rate_permille) },

	/* E2, B6; bms-facts.md 6 and 7. 13.40 V is a hair under float: less
	 * would call a bank full that is not. */
	{ "battery-monitor", "charged-voltage",
	  NUMBER_OR(choices_auto, "V", 2, 1000, 13400, 14600),
	  "auto", false, "Above this the bank may be full; for a 12 V bank, "
	  "doubled for 24 V and so on. auto is 14.00 V.",
	  FIELD(monitor.charged_voltage_mv) },
	{ "battery-monitor", "tail-current", PERCENT(1, 5, 100),
	  "4", false, "Below this charge current, in percent of the capacity, "
	  "the bank may be full.", FIELD(monitor.tail_current_permille) },
	{ "battery-monitor", "charged-detection-time",
	  NUMBER("min", 1, 60000, 60000, 3000000),
	  "3", false, "How long both must hold before the state of charge is "
	  "set to 100 %.", FIELD(monitor.charged_detection_time_ms) },
	{ "battery-monitor", "low-soc-warning", PERCENT(0, 10, 950),
	  "12", false, "At this state of charge the warning and the pre-alarm "
	  "are given.", FIELD(monitor.low_soc_warning_permille) },
	{ "battery-monitor", "discharge-floor", PERCENT(0, 0, 900),
	  "10", false, "At this state of charge the loads are disconnected at "
	  "once; 0 is off.", FIELD(monitor.discharge_floor_permille) },

	{ "bluetooth", "enabled", OTHER(SETTING_BOOL),
	  "yes", false, "Whether Bluetooth stays on after its first 30 s.",
	  FIELD(bluetooth.enabled) },
	{ "bluetooth", "instant-readout", CHOICE(choices_readout),
	  "bms", false, "What the Instant Readout advertisement looks like.",
	  FIELD(bluetooth.instant_readout) },
	/* That of a Lynx Smart BMS NG 500, which readers know with record
	 * 0A; a VE.Bus BMS NG has none that is known (interop.md 1.6). */
	{ "bluetooth", "product-id", HEX(0, 0xffff),
	  "0xa3e4", false, "As which product the Instant Readout is sent. The "
	  "default belongs to a Lynx Smart BMS NG 500: apps that know that "
	  "one show the values.", FIELD(bluetooth.product_id) },
	{ "bluetooth", "adapter", CHOICE(choices_adapter),
	  "auto", false, "The Bluetooth adapter that is used; auto is the "
	  "first one that there is.", FIELD(bluetooth.adapter) },

	{ "capture", "file", OTHER(SETTING_TEXT),
	  "", false, "Records every byte of every port into this file; nothing "
	  "is off.", FIELD(capture.file) },
	{ "capture", "max-size", NUMBER("MiB", 0, 1, 1, 1024),
	  "16", false, "The recording ends at this size.",
	  FIELD(capture.max_size_mib) },
};

const size_t n_setting_rows = ARRAY_SIZE(setting_rows);

_Static_assert(ARRAY_SIZE(setting_rows) ==
	       3 + 4 + 3 + 1 + LINE_COUNT + 18 + 5 + 4 + 2,
	       "a row for every setting");
_Static_assert(ARRAY_SIZE(setting_rows) <= 64, "given has a bit for each");
