/* SPDX-License-Identifier: MIT */
#include "lib/mk3/mk3.h"

/* mk3.md 6.4 */
enum { STATE_CHARGE = 9 };

static const char *const main_texts[] = {
	"Down", "Start-up", "Off", "Slave", "Inverting",
	"Inverting at half power", "Inverting (AES)", "Power assist",
	"Pass-through", "Charging",
};

static const char *const charge_texts[] = {
	"Initialising", "Bulk", "Absorption", "Float", "Storage",
	"Repeated absorption", "Forced absorption", "Equalise",
	"Bulk stopped",
};

_Static_assert(ARRAY_SIZE(main_texts) == STATE_CHARGE + 1, "one a state");
_Static_assert(ARRAY_SIZE(charge_texts) == 9, "one a sub state");

/* mk3.md 6.2 */
static const char *const error_texts[] = {
	[0] = "",
	[1] = "Another phase of the system was switched off",
	[2] = "New and old types are mixed",
	[3] = "Not all, or more than, the expected units were found",
	[4] = "No other unit was found",
	[5] = "Overvoltage on the AC output",
	[6] = "Error in an assistant",
	[7] = "A VE.Bus BMS needs an assistant, and none was found",
	[8] = "Ground relay test failed",
	[10] = "Time synchronisation problem",
	[11] = "Relay test failed",
	[14] = "A unit cannot transmit data",
	[15] = "These VE.Bus products, or their firmware, cannot be used "
	       "together: update every unit to firmware 489 or later, at "
	       "least to 415",
	[16] = "Dongle missing, or waiting to be configured",
	[17] = "Phase master missing",
	[18] = "Overvoltage on a slave while it was off",
	[22] = "This unit cannot be a slave",
	[24] = "Switch-over protection",
	[25] = "Firmware versions do not fit together",
	[26] = "Internal error",
	[31] = NULL,
};

_Static_assert(ARRAY_SIZE(error_texts) == 32, "5 bits of error number");

/* mk3.md 3.4, by bit */
static const char *const led_names[] = {
	"mains", "absorption", "bulk", "float", "inverter", "overload",
	"low-battery", "temperature",
};

static const char *const alarm_names[] = {
	"temperature-warning", "low-battery-warning", "overload-warning",
	"ripple-warning", "temperature", "low-battery", "overload", "ripple",
};

_Static_assert(ARRAY_SIZE(led_names) == INVERTER_BITS, "one a bit");
_Static_assert(ARRAY_SIZE(alarm_names) == INVERTER_BITS, "one a bit");

const char *inverter_led_name(unsigned int bit)
{
	return bit < INVERTER_BITS ? led_names[bit] : "unknown";
}

const char *inverter_alarm_name(unsigned int bit)
{
	return bit < INVERTER_BITS ? alarm_names[bit] : "unknown";
}

const char *inverter_state_text(maybe_i32 main, maybe_i32 sub)
{
	if (!main.known || main.value < 0 || main.value > STATE_CHARGE)
		return "unknown";
	if (main.value == STATE_CHARGE && sub.known && sub.value >= 0 &&
	    (size_t)sub.value < ARRAY_SIZE(charge_texts))
		return charge_texts[sub.value];
	return main_texts[main.value];
}

const char *inverter_mode_text(maybe_i32 switch_register)
{
	int32_t active = switch_register.value &
			 (SWITCH_ACTIVE_CHARGE | SWITCH_ACTIVE_INVERT);

	if (!switch_register.known)
		return "unknown";
	if (active == SWITCH_ACTIVE_CHARGE)
		return "charger-only";
	if (active == SWITCH_ACTIVE_INVERT)
		return "inverter-only";
	return active ? "on" : "off";
}

const char *inverter_error_text(maybe_i32 error)
{
	if (!error.known)
		return "unknown";
	if (error.value < 0 ||
	    (size_t)error.value >= ARRAY_SIZE(error_texts) ||
	    !error_texts[error.value])
		return "VE.Bus error without a published text";
	return error_texts[error.value];
}
