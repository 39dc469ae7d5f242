/* SPDX-License-Identifier: MIT */
/*
 * What the three LEDs show (F5), after "manual": the VE.Bus BMS NG's, 5.3.
 *
 * Which pattern an LED shows is part of a decision. How it blinks is none:
 * a pattern's level depends on the instant alone, so that nothing has to be
 * remembered, all LEDs blink in step, and a loop that has only this to do
 * is woken by as few edges as there can be.
 */
#ifndef BMS_LEDS_H
#define BMS_LEDS_H

#include "lib/base/mono.h"

struct bms_input;
struct bms_output;

enum led { LED_BLUETOOTH, LED_ERROR, LED_VEBUS, LED_COUNT };

enum led_pattern {
	LED_OFF,
	LED_ON,
	LED_BLINKING,
	LED_ONE_BLINK, /* every 10 s */
	LED_RAPID,     /* of an update's window that nobody has ended yet */
	LED_PATTERN_COUNT
};

/* High for the first on_ms of every period_ms. */
struct led_pattern_row {
	const char *name;
	uint32_t period_ms;
	uint32_t on_ms;
};

extern const struct led_pattern_row led_patterns[LED_PATTERN_COUNT];

/* Fills in out->led from the codes and the command in out, and from what
 * is known of Bluetooth and of the inverter/charger. */
void leds_decide(const struct bms_input *input, struct bms_output *out);

/* Whether an LED with that pattern is lit at that instant. */
bool led_high(enum led_pattern pattern, mono_t now);

/* The first instant after now at which that changes; MONO_NEVER for a
 * steady one. */
mono_t led_next(enum led_pattern pattern, mono_t now);

#endif
