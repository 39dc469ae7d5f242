/* SPDX-License-Identifier: MIT */
/*
 * F5 and the heartbeat on the lines of a simulated chip, their levels read
 * from the chip while time passes.
 */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "tests/vm/chip.h"

#define LEDS "led-bluetooth = 5\nled-error = 6\nled-vebus = 13\n"

enum { SOON_US = 500000 };

static struct rig *rig;

static void start(const struct rig_options *options)
{
	struct rig_options o = *options;

	chip_make();
	o.chip = CHIP_LABEL;
	rig = rig_new(&o);
}

/* What a line does while it is looked at every millisecond. */
struct wave {
	int edges;
	int rises;
	uint64_t first_rise; /* us, monotonic */
	uint64_t last_rise;
	uint64_t first_edge;
	uint64_t last_edge;
	uint64_t high_us;    /* of the last flash seen whole */
	char level;          /* at the end */
};

static struct wave watch(enum settings_line line, uint32_t ms)
{
	struct wave w = { .level = chip_line(line) };
	uint64_t end = rig_now_us() + (uint64_t)ms * 1000;

	while (rig_now_us() < end) {
		char now = chip_line(line);
		uint64_t at = rig_now_us();

		ck_assert(now == 'H' || now == '.');
		if (now != w.level) {
			w.last_edge = at;
			if (w.edges++ == 0)
				w.first_edge = at;
			if (now == 'H') {
				w.last_rise = at;
				if (w.rises++ == 0)
					w.first_rise = at;
			} else if (w.rises > 0) {
				w.high_us = at - w.last_rise;
			}
		}
		w.level = now;
		poll(NULL, 0, CHIP_LOOK_MS);
	}
	printf("%s: %d edges in %.1f s", settings_line_key(line), w.edges,
	       (double)ms / 1000);
	if (w.rises > 1)
		printf(", period %.3f s", (double)(w.last_rise - w.first_rise) /
		       (w.rises - 1) / 1e6);
	if (w.high_us > 0)
		printf(", lit %.3f s", (double)w.high_us / 1e6);
	printf("\n");
	return w;
}

/* From soon on: the other lines are written first. */
static void stays(enum settings_line line, char level, uint32_t ms)
{
	uint64_t end = rig_now_us() + SOON_US;
	struct wave w;

	while (chip_line(line) != level && rig_now_us() < end)
		poll(NULL, 0, CHIP_LOOK_MS);
	w = watch(line, ms);
	ck_assert_int_eq(w.level, level);
	ck_assert_int_eq(w.edges, 0);
}

static void blinks(enum settings_line line)
{
	struct wave w = watch(line, 5300);

	ck_assert_int_ge(w.rises, 4);
	ck_assert_int_le(w.rises, 6);
	ck_assert_uint_ge(w.last_rise - w.first_rise,
			  (uint64_t)(w.rises - 1) * 900000);
	ck_assert_uint_le(w.last_rise - w.first_rise,
			  (uint64_t)(w.rises - 1) * 1100000);
}

/* One flash of half a second each 10 s; the turns of a busy machine come
 * late, but never early, and the first one of a flash may. A second more than
 * whole periods has a whole flash in it wherever it begins. */
static void blinks_once(enum settings_line line, uint32_t ms)
{
	struct wave w = watch(line, ms);
	int whole = (int)(ms / 10000);

	ck_assert_int_ge(w.rises, whole);
	ck_assert_int_le(w.rises, whole + 1);
	ck_assert_uint_ge(w.high_us, 150000);
	ck_assert_uint_le(w.high_us, 2000000);
	ck_assert_uint_ge(w.last_rise - w.first_rise,
			  (uint64_t)(w.rises - 1) * 9000000);
	ck_assert_uint_le(w.last_rise - w.first_rise,
			  (uint64_t)(w.rises - 1) * 11000000);
}

/* F5; there is no bluetoothd. */
START_TEST(the_error_led_is_dark_or_blinks_or_is_on)
{
	start(&(struct rig_options){ .settings = LEDS RIG_QUICK });
	chip_until(rig, "HH.", 30000);
	stays(LINE_LED_ERROR, '.', 3000);
	stays(LINE_LED_BLUETOOTH, '.', 500);
	rig_sim(rig, "cell 1 4 force 3050");
	chip_until(rig, "HHH", 3000);
	ck_assert_str_eq(rig_get(rig, "Warnings"), "W-B01");
	blinks(LINE_LED_ERROR);
	rig_sim(rig, "cell 1 4 force 3760");
	chip_until(rig, "H.*", 5000);
	rig_until_has(rig, "Alarms", "A-X02", 1000);
	stays(LINE_LED_ERROR, 'H', 3000);
	rig_sim(rig, "cell 1 4 auto");
	chip_until(rig, "HH.", 20000);
	stays(LINE_LED_ERROR, '.', 3000);
	rig_end_daemon(rig, SIGTERM);
	ck_assert_int_eq(chip_line(LINE_LED_ERROR), '.');
	rig_free(rig);
}
END_TEST

/* F5 */
START_TEST(the_vebus_led_blinks_once_in_10_s_while_the_unit_is_on)
{
	start(&(struct rig_options){ .settings = LEDS RIG_QUICK,
				     .remote = true });
	chip_pull(LINE_REMOTE_L, false);
	chip_until(rig, "HH.", 30000);
	rig_until(rig, "inverter.Mode", "on", 10000);
	blinks_once(LINE_LED_VEBUS, 21000);
	chip_pull(LINE_REMOTE_L, true);
	chip_until(rig, "...", 2500);
	stays(LINE_LED_VEBUS, '.', 11000);
	stays(LINE_LED_ERROR, '.', 500);
	chip_pull(LINE_REMOTE_L, false);
	chip_until(rig, "HH.", 10000);
	rig_until(rig, "inverter.Mode", "on", 10000);
	blinks_once(LINE_LED_VEBUS, 11000);
	rig_free(rig);
}
END_TEST

/* F5, D3 */
START_TEST(a_unit_that_a_low_cell_has_shut_down_has_a_dark_led)
{
	start(&(struct rig_options){ .settings = LEDS RIG_QUICK });
	chip_until(rig, "HH.", 30000);
	rig_sim(rig, "ac off");
	rig_until(rig, "inverter.MainsPresent", "no", 10000);
	rig_sim(rig, "cell 2 16 force 2900");
	chip_until(rig, "HHH", 3000);
	rig_sim(rig, "cell 2 16 force 2490");
	chip_until(rig, ".H*", 2500);
	rig_until(rig, "inverter.Mode", "charger-only", 5000);
	stays(LINE_LED_VEBUS, '.', 11000);
	stays(LINE_LED_ERROR, 'H', 500);
	rig_sim(rig, "ac on");
	rig_until(rig, "inverter.MainsPresent", "yes", 20000);
	blinks_once(LINE_LED_VEBUS, 11000);
	rig_free(rig);
}
END_TEST

/* B14, F5: a line that only shows something is worth no power. */
START_TEST(an_led_that_somebody_holds_keeps_no_output_low)
{
	int fd;

	start(&(struct rig_options){ .settings = LEDS RIG_QUICK,
				     .no_daemon = true });
	fd = chip_hold(LINE_LED_ERROR, "somebody");
	rig_start_daemon(rig);
	rig_until_log(rig, "led-error: Device or resource busy", 5000);
	rig_sim(rig, "cell 1 4 force 3050");
	chip_until(rig, "HHH", 30000);
	ck_assert_str_eq(rig_get(rig, "Errors"), "");
	stays(LINE_LED_ERROR, '.', 1500);
	close(fd);
	chip_until(rig, "HHH", 1000);
	blinks(LINE_LED_ERROR);
	rig_free(rig);
}
END_TEST

START_TEST(the_heartbeat_is_a_square_wave_of_1_hz)
{
	struct wave w;
	uint64_t half_us;

	start(&(struct rig_options){
		.settings = "heartbeat = 26\n" RIG_QUICK });
	chip_until(rig, "HH.", 30000);
	w = watch(LINE_HEARTBEAT, 6500);
	ck_assert_int_ge(w.edges, 8);
	half_us = (w.last_edge - w.first_edge) / (uint64_t)(w.edges - 1);
	ck_assert_uint_ge(half_us, 480000);
	ck_assert_uint_le(half_us, 700000);
	rig_free(rig);
	ck_assert_int_eq(chip_line(LINE_HEARTBEAT), '.');
}
END_TEST

/* I3: it is what the monostable goes by. */
START_TEST(the_heartbeat_stops_while_no_decision_is_made)
{
	start(&(struct rig_options){
		.settings = "heartbeat = 26\n" RIG_QUICK });
	chip_until(rig, "HH.", 30000);
	rig_signal_daemon(rig, SIGSTOP);
	stays(LINE_HEARTBEAT, chip_line(LINE_HEARTBEAT), 4000);
	rig_signal_daemon(rig, SIGCONT);
	ck_assert_int_ge(watch(LINE_HEARTBEAT, 4000).edges, 4);
	rig_end_daemon(rig, SIGKILL);
	stays(LINE_HEARTBEAT, '.', 2000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_error_led_is_dark_or_blinks_or_is_on,
		the_vebus_led_blinks_once_in_10_s_while_the_unit_is_on,
		a_unit_that_a_low_cell_has_shut_down_has_a_dark_led,
		an_led_that_somebody_holds_keeps_no_output_low,
		the_heartbeat_is_a_square_wave_of_1_hz,
		the_heartbeat_stops_while_no_decision_is_made,
	};
	Suite *suite = suite_create("LEDs of a simulated chip");
	TCase *tc = tcase_create("leds");

	tcase_set_timeout(tc, 120);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
