/* SPDX-License-Identifier: MIT */
/*
 * F5: what the LEDs show in every state that the manual's 5.3 names, how
 * each pattern looks, and how often it wakes the loop.
 */
#include <string.h>

#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;
static struct inverter_reading reading;

/* One that is on, heard, and as its bank's step commands it. */
static void setup(void)
{
	memset(&reading, 0, sizeof(reading));
	reading.connected = true;
	reading.switch_register = known_i32(SWITCH_ACTIVE_CHARGE |
					    SWITCH_ACTIVE_INVERT);
	reading.charge_current_applied = true;
	bank_init(&bank, 2);
	bank.settings.general.nominal_voltage_v = 48;
	bank.input.inverter = &reading;
}

/* What an LED shows of codes and command alone. */
static enum led_pattern shown(enum led led, code_set codes,
			      enum inverter_switch state)
{
	struct bms_output out = { .codes = codes, .inverter.state = state };

	leds_decide(&bank.input, &out);
	return out.led[led];
}

/* F5: the manual has the 10 s; on and off are of equal length elsewhere. */
START_TEST(every_pattern_is_lit_as_long_and_as_often_as_its_row_says)
{
	static const struct {
		enum led_pattern pattern;
		uint32_t lit_ms;  /* in 20 s */
		uint32_t flashes;
	} rows[] = {
		{ LED_OFF, 0, 0 },
		{ LED_ON, 20000, 0 },
		{ LED_BLINKING, 10000, 20 },
		{ LED_ONE_BLINK, 1000, 2 },
		{ LED_RAPID, 10000, 100 },
	};

	_Static_assert(ARRAY_SIZE(rows) == LED_PATTERN_COUNT, "every one");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t lit = 0;
		uint32_t flashes = 0;

		for (uint32_t ms = 0; ms < 20000; ms++) {
			mono_t now = { 7000000 + (uint64_t)ms * 1000 };
			mono_t before = { now.us - 1000 };
			bool high = led_high(rows[i].pattern, now);

			lit += high;
			flashes += high && !led_high(rows[i].pattern, before);
		}
		ck_assert_uint_eq(lit, rows[i].lit_ms);
		ck_assert_uint_eq(flashes, rows[i].flashes);
	}
}
END_TEST

/* F5 */
START_TEST(a_steady_led_never_wakes_the_loop)
{
	ck_assert_uint_eq(led_next(LED_OFF, (mono_t){ 5 }).us, UINT64_MAX);
	ck_assert_uint_eq(led_next(LED_ON, (mono_t){ 5 }).us, UINT64_MAX);
}
END_TEST

/* F5 */
START_TEST(a_blinking_led_wakes_the_loop_at_its_edges_and_never_else)
{
	uint64_t seed = unit_seed();

	for (int i = 0; i < 20000; i++) {
		enum led_pattern pattern = (enum led_pattern)
			unit_between(&seed, LED_BLINKING, LED_RAPID);
		mono_t now = { (uint64_t)unit_between(&seed, 0, 1LL << 50) };
		mono_t next = led_next(pattern, now);
		mono_t before = { next.us - 1 };
		bool high = led_high(pattern, now);

		ck_assert_uint_gt(next.us, now.us);
		ck_assert_int_eq(led_high(pattern, before), high);
		ck_assert_int_eq(led_high(pattern, next), !high);
		ck_assert_uint_le(next.us - now.us,
				  led_patterns[pattern].period_ms * 1000);
	}
}
END_TEST

/* F5: what a minute of each costs, every edge waking the loop once. */
START_TEST(all_leds_together_wake_the_loop_twice_a_second_at_most)
{
	mono_t now = { 60000001 };
	mono_t end = mono_add_ms(now, 60000);
	int wakes = 0;

	for (;;) {
		now = mono_min(led_next(LED_BLINKING, now),
			       mono_min(led_next(LED_ONE_BLINK, now),
					led_next(LED_ON, now)));
		if (!mono_before(now, end))
			break;
		wakes++;
	}
	ck_assert_int_eq(wakes, 120);
	for (wakes = 0, now.us = 60000001;; wakes++) {
		now = led_next(LED_ONE_BLINK, now);
		if (!mono_before(now, mono_add_ms((mono_t){ 60000001 },
						  60000)))
			break;
	}
	ck_assert_int_eq(wakes, 12);
}
END_TEST

START_TEST(at_the_end_of_time_there_is_no_next_edge)
{
	mono_t now = { UINT64_MAX - 1 };

	ck_assert_uint_eq(led_next(LED_BLINKING, now).us, UINT64_MAX);
}
END_TEST

/* F5: its own patterns, whatever else is going on. */
START_TEST(the_bluetooth_led_is_off_or_blinks_or_is_on_when_connected)
{
	ck_assert_int_eq(shown(LED_BLUETOOTH, 0, INVERTER_ON), LED_OFF);
	bank.input.bluetooth = BMS_BLUETOOTH_ADVERTISING;
	ck_assert_int_eq(shown(LED_BLUETOOTH, 0, INVERTER_ON), LED_BLINKING);
	ck_assert_int_eq(shown(LED_BLUETOOTH, ~(code_set)0, INVERTER_OFF),
			 LED_BLINKING);
	bank.input.bluetooth = BMS_BLUETOOTH_CONNECTED;
	ck_assert_int_eq(shown(LED_BLUETOOTH, 0, INVERTER_ON), LED_ON);
}
END_TEST

/* F5 */
START_TEST(the_error_led_blinks_for_a_warning_and_is_on_for_worse)
{
	code_set warnings = 0;

	ck_assert_int_eq(shown(LED_ERROR, 0, INVERTER_ON), LED_OFF);
	for (int i = 0; i < CODE_COUNT; i++) {
		bool warning = code_rows[i].name[0] == 'W';

		ck_assert_int_eq(shown(LED_ERROR, CODE_BIT(i), INVERTER_ON),
				 warning ? LED_BLINKING : LED_ON);
		warnings |= warning ? CODE_BIT(i) : 0;
	}
	ck_assert_int_eq(shown(LED_ERROR, warnings, INVERTER_ON),
			 LED_BLINKING);
	ck_assert_int_eq(shown(LED_ERROR, warnings | CODE_BIT(CODE_E_B11),
			       INVERTER_ON), LED_ON);
	ck_assert_int_eq(shown(LED_ERROR, warnings | CODE_BIT(CODE_A_B01),
			       INVERTER_ON), LED_ON);
}
END_TEST

/* F5 */
START_TEST(the_vebus_led_blinks_once_while_the_unit_is_on_and_hears_us)
{
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_ON), LED_ONE_BLINK);
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_INVERTER_ONLY),
			 LED_ONE_BLINK);
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_CHARGER_ONLY),
			 LED_ONE_BLINK);
	/* Warnings are the other LED's. */
	ck_assert_int_eq(shown(LED_VEBUS, ~(code_set)0, INVERTER_ON),
			 LED_ONE_BLINK);
}
END_TEST

/* F5, D3: commanded off, or nothing commanded yet. */
START_TEST(the_vebus_led_is_off_while_nothing_is_to_be_on)
{
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_OFF), LED_OFF);
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_LEAVE), LED_OFF);
}
END_TEST

/* F5, H1: whatever else there is to be shown. */
START_TEST(the_vebus_led_flashes_rapidly_until_an_update_is_ended)
{
	bank_start(&bank);
	bank.input.command.kind = BMS_COMMAND_BEGIN_UPDATE;
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_RAPID);
	bank.input.inverter = NULL;
	bank.input.command.kind = BMS_COMMAND_NONE;
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_RAPID);
	bank.input.inverter = &reading;
	bank.input.command.kind = BMS_COMMAND_END_UPDATE;
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_ONE_BLINK);
}
END_TEST

/* F5 */
START_TEST(the_vebus_led_is_off_without_a_unit_that_can_be_heard)
{
	reading.connected = false;
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_ON), LED_OFF);
	bank.input.inverter = NULL;
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_ON), LED_OFF);
}
END_TEST

/* F5: its front switch, or what it has not said. */
START_TEST(the_vebus_led_is_off_unless_the_unit_says_that_it_is_on)
{
	reading.switch_register = known_i32(SWITCH_REMOTE_CHARGE |
					    SWITCH_REMOTE_INVERT);
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_ON), LED_OFF);
	reading.switch_register.value = SWITCH_ACTIVE_INVERT;
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_ON), LED_ONE_BLINK);
	reading.switch_register.known = false;
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_ON), LED_OFF);
}
END_TEST

/* F5, D3: a charger without mains is a unit that is off. */
START_TEST(the_vebus_led_of_a_charger_follows_the_mains)
{
	reading.switch_register = known_i32(SWITCH_ACTIVE_CHARGE);
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_CHARGER_ONLY), LED_OFF);
	reading.mains_present.value = 1; /* of an unknown one */
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_CHARGER_ONLY), LED_OFF);
	reading.mains_present = known_i32(0);
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_CHARGER_ONLY), LED_OFF);
	reading.mains_present = known_i32(1);
	ck_assert_int_eq(shown(LED_VEBUS, 0, INVERTER_CHARGER_ONLY),
			 LED_ONE_BLINK);
}
END_TEST

/* F5 */
START_TEST(a_healthy_system_shows_one_blink_and_no_error)
{
	bank_start(&bank);
	ck_assert_int_eq(bank.out.led[LED_BLUETOOTH], LED_OFF);
	ck_assert_int_eq(bank.out.led[LED_ERROR], LED_OFF);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_ONE_BLINK);
}
END_TEST

/* F5 */
START_TEST(a_low_cell_is_seen_first_as_blinking_and_then_as_on)
{
	bank_start(&bank);
	bank_cell(&bank, 0, 3, 2790);
	bank_run_ms(&bank, 5000);
	ck_assert(bank_has_code(&bank, CODE_W_B01) && bank.out.atd_high);
	ck_assert_int_eq(bank.out.led[LED_ERROR], LED_BLINKING);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_ONE_BLINK);
	bank_run_ms(&bank, 30000);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank.out.led[LED_ERROR], LED_ON);
	/* Shut down by it: it has no mains to charge from. */
	reading.switch_register = known_i32(SWITCH_ACTIVE_CHARGE);
	reading.mains_present = known_i32(0);
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_CHARGER_ONLY);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_OFF);
	/* And then it has. */
	reading.mains_present = known_i32(1);
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_ONE_BLINK);
}
END_TEST

/* F5: nothing is wrong, so the error LED stays dark. */
START_TEST(switched_off_all_leds_are_dark)
{
	bank_start(&bank);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	for (size_t i = 0; i < LED_COUNT; i++)
		ck_assert_int_eq(bank.out.led[i], LED_OFF);
	bank.input.mode = BMS_MODE_ON;
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_ONE_BLINK);
	bank.input.remote_fitted = true;
	bank_run_ms(&bank, 1000);
	for (size_t i = 0; i < LED_COUNT; i++)
		ck_assert_int_eq(bank.out.led[i], LED_OFF);
}
END_TEST

/* F5 */
START_TEST(a_lost_link_darkens_the_vebus_led_and_blinks_the_error_led)
{
	bank_start(&bank);
	reading.connected = false;
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.led[LED_VEBUS], LED_OFF);
	ck_assert_int_eq(bank.out.led[LED_ERROR], LED_BLINKING);
}
END_TEST

/* F5: blinking is no change of an answer, so it does not shorten "next". */
START_TEST(a_blinking_led_is_no_reason_to_decide_again)
{
	mono_t next;

	bank_start(&bank);
	bank.input.bluetooth = BMS_BLUETOOTH_CONNECTED;
	bank_step_only(&bank);
	next = bank.out.next;
	bank.input.bluetooth = BMS_BLUETOOTH_ADVERTISING;
	bank_step_only(&bank);
	ck_assert_int_eq(bank.out.led[LED_BLUETOOTH], LED_BLINKING);
	ck_assert_uint_eq(bank.out.next.us, next.us);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_pattern_is_lit_as_long_and_as_often_as_its_row_says,
		a_steady_led_never_wakes_the_loop,
		a_blinking_led_wakes_the_loop_at_its_edges_and_never_else,
		all_leds_together_wake_the_loop_twice_a_second_at_most,
		at_the_end_of_time_there_is_no_next_edge,
		the_bluetooth_led_is_off_or_blinks_or_is_on_when_connected,
		the_error_led_blinks_for_a_warning_and_is_on_for_worse,
		the_vebus_led_blinks_once_while_the_unit_is_on_and_hears_us,
		the_vebus_led_is_off_while_nothing_is_to_be_on,
		the_vebus_led_flashes_rapidly_until_an_update_is_ended,
		the_vebus_led_is_off_without_a_unit_that_can_be_heard,
		the_vebus_led_is_off_unless_the_unit_says_that_it_is_on,
		the_vebus_led_of_a_charger_follows_the_mains,
		a_healthy_system_shows_one_blink_and_no_error,
		a_low_cell_is_seen_first_as_blinking_and_then_as_on,
		switched_off_all_leds_are_dark,
		a_lost_link_darkens_the_vebus_led_and_blinks_the_error_led,
		a_blinking_led_is_no_reason_to_decide_again,
	};
	Suite *suite = suite_create("core: LEDs");
	TCase *tc = tcase_create("leds");

	tcase_add_checked_fixture(tc, setup, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
