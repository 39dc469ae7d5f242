/* SPDX-License-Identifier: MIT */
/*
 * B1, B2, B3, B4, D1, I3 on the lines of a simulated chip, levels and
 * directions read from the chip: outputs are load-disconnect,
 * charge-disconnect and pre-alarm, 'H' driven high, '.' not driven.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/unit/unit.h"
#include "tests/vm/chip.h"

static struct rig *rig;

static void start(const struct rig_options *options)
{
	struct rig_options o = *options;

	chip_make();
	o.chip = CHIP_LABEL;
	if (!o.settings)
		o.settings = RIG_QUICK;
	rig = rig_new(&o);
}

/* B1 */
START_TEST(outputs_float_until_every_battery_has_been_heard)
{
	start(&(struct rig_options){ .no_daemon = true });
	rig_sim(rig, "silence 2 on");
	rig_start_daemon(rig);
	rig_until(rig, "battery/1.Online", "yes", 10000);
	chip_stays(rig, "...", 2000);
	rig_sim(rig, "silence 2 off");
	chip_until(rig, "HH.", 30000);
	ck_assert_str_eq(rig_get(rig, "AllowedToCharge"), "yes");
	chip_stays(rig, "HH.", 2000);
	rig_free(rig);
	ck_assert_str_eq(chip_outputs(), "...");
}
END_TEST

/* B4 */
START_TEST(a_high_cell_floats_charge_disconnect_alone)
{
	uint64_t forced;
	uint64_t seen;

	start(&(struct rig_options){ 0 });
	chip_until(rig, "HH.", 30000);
	rig_sim(rig, "cell 2 7 force 3760");
	forced = rig_now_us();
	seen = chip_until(rig, "H..", 2000);
	printf("high cell: charge-disconnect floats after %u ms\n",
	       (unsigned int)((seen - forced) / 1000));
	chip_stays(rig, "H..", 1000);
	rig_sim(rig, "cell 2 7 force 3590");
	chip_until(rig, "HH.", 15000);
	rig_free(rig);
}
END_TEST

/* B2, B3 */
START_TEST(a_low_cell_raises_the_pre_alarm_30_s_before_the_loads_float)
{
	uint64_t high;
	uint64_t floated;

	start(&(struct rig_options){ 0 });
	chip_until(rig, "HH.", 30000);
	rig_sim(rig, "cell 1 4 force 2750");
	high = chip_until(rig, "HHH", 3000);
	floated = chip_until(rig, ".H*", 35000);
	ck_assert_uint_ge(floated - high, 29900000);
	ck_assert_uint_le(floated - high, 31500000);
	rig_sim(rig, "cell 1 4 force 3210");
	chip_until(rig, "HH.", 15000);
	rig_free(rig);
}
END_TEST

/* B3 */
START_TEST(under_the_hard_floor_load_disconnect_floats_at_once)
{
	uint64_t forced;

	start(&(struct rig_options){ 0 });
	chip_until(rig, "HH.", 30000);
	rig_sim(rig, "cell 2 16 force 2900");
	chip_until(rig, "HHH", 3000);
	rig_sim(rig, "cell 2 16 force 2490");
	forced = rig_now_us();
	ck_assert_uint_le(chip_until(rig, ".H*", 2500) - forced, 2000000);
	rig_free(rig);
}
END_TEST

/* I3 */
START_TEST(a_stop_floats_every_line_and_says_so_with_0)
{
	int status;

	start(&(struct rig_options){ 0 });
	chip_until(rig, "HH.", 30000);
	status = rig_end_daemon(rig, SIGTERM);
	ck_assert_str_eq(chip_outputs(), "...");
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	rig_free(rig);
}
END_TEST

/* I3: nobody is left to float them, so the kernel has to. */
START_TEST(a_kill_leaves_no_line_driven)
{
	int status;

	start(&(struct rig_options){ 0 });
	chip_until(rig, "HH.", 30000);
	rig_sim(rig, "cell 1 4 force 2900");
	chip_until(rig, "HHH", 3000);
	status = rig_end_daemon(rig, SIGKILL);
	ck_assert_str_eq(chip_outputs(), "...");
	ck_assert(WIFSIGNALED(status));
	rig_sim(rig, "cell 1 4 auto");
	rig_start_daemon(rig);
	chip_until(rig, "HH.", 30000);
	rig_free(rig);
}
END_TEST

/* D1: what is joined to what, as both inputs' levels, l and h. */
static void terminals(bool l, bool h)
{
	chip_pull(LINE_REMOTE_L, l);
	chip_pull(LINE_REMOTE_H, h);
}

START_TEST(there_are_three_ways_to_be_on_and_from_each_a_way_off)
{
	static const struct {
		const char *way;
		bool l;
		bool h;
	} ways[] = {
		{ "L to minus", false, false },
		{ "H to plus", true, true },
		/* Joined, whichever resistor wins. */
		{ "L and H joined, low", false, false },
		{ "L and H joined, high", true, true },
		{ "L to minus, H to plus", false, true },
	};

	start(&(struct rig_options){ .remote = true });
	rig_until(rig, "battery/2.Online", "yes", 10000);
	chip_stays(rig, "...", 2000);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		printf("%s\n", ways[i].way);
		terminals(ways[i].l, ways[i].h);
		chip_until(rig, "HH.", 10000);
		terminals(true, false);
		chip_until(rig, "...", 2500);
		ck_assert_str_eq(rig_get(rig, "RemoteOn"), "no");
		chip_stays(rig, "...", 500);
	}
	rig_free(rig);
}
END_TEST

enum { PULSE_MS = 30, QUIET_US = 300000, LATE_US = 60000 };

enum pulse { PULSE_STAYED, PULSE_LATE, PULSE_MOVED };

/*
 * A pulse on L, and then quiet. Edges of inputs do not exist here: a machine
 * that stands still meanwhile sees two pulses as one that is longer than the
 * debounce. Whether it did, or else whether the outputs have stayed.
 */
static enum pulse pulse(bool l, const char *outputs)
{
	uint64_t at = rig_now_us();
	uint64_t end_us;
	bool late;
	bool same = true;

	terminals(l, false);
	poll(NULL, 0, PULSE_MS);
	terminals(!l, false);
	late = rig_now_us() - at > LATE_US;
	end_us = rig_now_us() + QUIET_US;
	while (at = rig_now_us(), at < end_us) {
		same = same && strcmp(chip_outputs(), outputs) == 0;
		poll(NULL, 0, CHIP_LOOK_MS);
		late = late || rig_now_us() - at > LATE_US;
	}
	if (late)
		return PULSE_LATE;
	return same ? PULSE_STAYED : PULSE_MOVED;
}

static void pulses(bool l, const char *outputs)
{
	int good = 0, moved = 0;

	for (int i = 0; i < 150 && good < 12; i++) {
		enum pulse is = pulse(l, outputs);

		if (is == PULSE_STAYED) {
			good++;
			continue;
		}
		/* That the daemon alone stood still cannot be seen from
		 * here, and is rare. */
		moved += is == PULSE_MOVED;
		ck_assert_int_le(moved, 1);
		rig_until(rig, "RemoteOn", l ? "yes" : "no", 5000);
		chip_until(rig, outputs, 10000);
	}
	ck_assert_int_eq(good, 12);
}

/* D1 */
START_TEST(a_bounce_of_the_remote_switch_moves_no_line)
{
	start(&(struct rig_options){ .remote = true });
	rig_until(rig, "battery/2.Online", "yes", 10000);
	chip_stays(rig, "...", 1000);
	pulses(false, "...");
	terminals(false, false);
	chip_until(rig, "HH.", 10000);
	chip_stays(rig, "HH.", 1000);
	pulses(true, "HH.");
	terminals(true, false);
	chip_until(rig, "...", 2500);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lines of a simulated chip");
	TCase *tc = tcase_create("lines");

	tcase_set_timeout(tc, 240);
	tcase_add_test(tc, outputs_float_until_every_battery_has_been_heard);
	tcase_add_test(tc, a_high_cell_floats_charge_disconnect_alone);
	tcase_add_test(tc,
		a_low_cell_raises_the_pre_alarm_30_s_before_the_loads_float);
	tcase_add_test(tc,
		       under_the_hard_floor_load_disconnect_floats_at_once);
	tcase_add_test(tc, a_stop_floats_every_line_and_says_so_with_0);
	tcase_add_test(tc, a_kill_leaves_no_line_driven);
	tcase_add_test(tc,
		       there_are_three_ways_to_be_on_and_from_each_a_way_off);
	tcase_add_test(tc, a_bounce_of_the_remote_switch_moves_no_line);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
