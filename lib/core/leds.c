/* SPDX-License-Identifier: MIT */
#include "lib/core/leds.h"

#include "lib/core/bms.h"

/*
 * The 10 s are the manual's (5.3, VE.Bus status LED), the other figures are
 * ours: all but the rapid one change at the same half seconds.
 */
const struct led_pattern_row led_patterns[] = {
	[LED_OFF] = { "off", 1000, 0 },
	[LED_ON] = { "on", 1000, 1000 },
	[LED_BLINKING] = { "blinking", 1000, 500 },
	[LED_ONE_BLINK] = { "one blink", 10000, 500 },
	[LED_RAPID] = { "rapid", 200, 100 },
};

_Static_assert(ARRAY_SIZE(led_patterns) == LED_PATTERN_COUNT,
	       "a row for every pattern");

/* Manual 5.3, Bluetooth status LED. */
static const enum led_pattern bluetooth_patterns[] = {
	[BMS_BLUETOOTH_OFF] = LED_OFF,
	[BMS_BLUETOOTH_ADVERTISING] = LED_BLINKING,
	[BMS_BLUETOOTH_CONNECTED] = LED_ON,
};

_Static_assert(ARRAY_SIZE(bluetooth_patterns) == BMS_BLUETOOTH_COUNT,
	       "a row for every state");

/* Manual 5.3, error LED: blinks for a warning, is on for an alarm or an
 * error. */
static enum led_pattern error_pattern(code_set codes)
{
	enum led_pattern pattern = LED_OFF;

	for (size_t i = 0; i < CODE_COUNT; i++) {
		if (!(codes & CODE_BIT(i)))
			continue;
		if (code_rows[i].name[0] != 'W')
			return LED_ON;
		pattern = LED_BLINKING;
	}
	return pattern;
}

/* The commands under which there is something to be on. */
static const bool wanted_on[] = {
	[INVERTER_OFF] = false,
	[INVERTER_CHARGER_ONLY] = true,
	[INVERTER_INVERTER_ONLY] = true,
	[INVERTER_ON] = true,
	[INVERTER_LEAVE] = false, /* nothing is commanded yet */
};

_Static_assert(ARRAY_SIZE(wanted_on) == INVERTER_LEAVE + 1,
	       "a row for every command");

/* By its own words: it may invert, or it may charge and there is something
 * to charge from. A front switch that is off denies both. */
static bool is_on(const struct inverter_reading *r)
{
	int32_t active = r->switch_register.known ?
			 r->switch_register.value : 0;

	if (active & SWITCH_ACTIVE_INVERT)
		return true;
	return (active & SWITCH_ACTIVE_CHARGE) && r->mains_present.known &&
	       r->mains_present.value != 0;
}

/*
 * Manual 5.3, VE.Bus status LED: off while the inverter/charger is, for
 * whatever reason (D3), one blink while it is on and hears us; rapid is the
 * reference product's of an update that came to no end. Here it is that of
 * an update's window, which somebody has yet to end (H1).
 */
static enum led_pattern vebus_pattern(const struct bms_input *input,
				      const struct bms_output *out)
{
	const struct inverter_reading *r = input->inverter;

	if (out->updating)
		return LED_RAPID;
	if (!wanted_on[out->inverter.state] || !r || !r->connected)
		return LED_OFF;
	return is_on(r) ? LED_ONE_BLINK : LED_OFF;
}

void leds_decide(const struct bms_input *input, struct bms_output *out)
{
	out->led[LED_BLUETOOTH] = bluetooth_patterns[input->bluetooth];
	out->led[LED_ERROR] = error_pattern(out->codes);
	out->led[LED_VEBUS] = vebus_pattern(input, out);
}

static uint64_t phase_us(const struct led_pattern_row *row, mono_t now)
{
	return now.us % ((uint64_t)row->period_ms * 1000);
}

bool led_high(enum led_pattern pattern, mono_t now)
{
	const struct led_pattern_row *row = &led_patterns[pattern];

	return phase_us(row, now) < (uint64_t)row->on_ms * 1000;
}

mono_t led_next(enum led_pattern pattern, mono_t now)
{
	const struct led_pattern_row *row = &led_patterns[pattern];
	uint32_t edge_ms = led_high(pattern, now) ? row->on_ms :
						    row->period_ms;

	if (row->on_ms == 0 || row->on_ms == row->period_ms)
		return MONO_NEVER;
	return mono_add_us(now, (uint64_t)edge_ms * 1000 -
				phase_us(row, now));
}
