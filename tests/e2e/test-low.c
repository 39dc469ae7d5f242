/* SPDX-License-Identifier: MIT */
/* B2, B3, B6, B7 and E2-less state of charge: what opens ATD. */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

/* B2, B3: the lead, and the way back */
START_TEST(a_low_cell_opens_atd_30_s_after_the_pre_alarm_went_high)
{
	uint64_t high;
	uint64_t floated;

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "cell 1 4 force 3090");
	high = rig_until_line(rig, LINE_PRE_ALARM, 'H', 2000);
	rig_until(rig, "AllowedToDischarge", "pre-alarm", 2000);
	rig_until_has(rig, "Warnings", "W-B01", 2000);
	ck_assert_str_eq(rig_get(rig, "PreAlarm"), "high");
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	rig_sim(rig, "cell 1 4 force 2750");
	rig_stays(rig, "LoadDisconnect", "high", 25000);
	floated = rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 10000);
	ck_assert_uint_ge(floated - high, 29900000);
	ck_assert_uint_le(floated - high, 31000000);
	rig_until(rig, "AllowedToDischarge", "no", 2000);
	rig_until_has(rig, "Alarms", "A-B01", 2000);
	rig_until_has(rig, "DischargeReasons", "cell-low:1.4:2.750:2.800",
		      500);
	ck_assert_str_eq(rig_get(rig, "AllowedToCharge"), "yes");
	rig_until(rig, "inverter.Mode", "charger-only", 6000);
	rig_sim(rig, "cell 1 4 force 3190");
	rig_stays(rig, "AllowedToDischarge", "no", 8000);
	rig_sim(rig, "cell 1 4 force 3210");
	rig_until(rig, "AllowedToDischarge", "yes", 10000);
	rig_until_line(rig, LINE_PRE_ALARM, '.', 2000);
	rig_free(rig);
}
END_TEST

/* B3: the hard floor */
START_TEST(under_the_hard_floor_atd_opens_at_once)
{
	uint64_t asked;
	uint64_t floated;

	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "cell 2 16 force 2900");
	rig_until_line(rig, LINE_PRE_ALARM, 'H', 2000);
	rig_sim(rig, "cell 2 16 force 2490");
	asked = rig_now_us();
	floated = rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 2000);
	ck_assert_uint_le(floated - asked, 1500000);
	rig_until_has(rig, "DischargeReasons", "cell-low-hard:2.16", 2000);
	rig_free(rig);
}
END_TEST

/* B6 */
START_TEST(a_low_state_of_charge_warns_and_then_opens_at_once)
{
	rig = rig_new(&(struct rig_options){ .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "cells all force 3250");
	rig_sim(rig, "soc all 11.6");
	rig_until_line(rig, LINE_PRE_ALARM, 'H', 3000);
	rig_until_has(rig, "Warnings", "W-B07", 2000);
	ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), 'H');
	rig_sim(rig, "soc all 9.4");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_until_has(rig, "Alarms", "A-B07", 2000);
	rig_sim(rig, "soc all 20");
	rig_until(rig, "AllowedToDischarge", "yes", 12000);
	rig_free(rig);
}
END_TEST

/* B7 */
START_TEST(a_low_bank_without_a_low_cell_opens_after_10_s)
{
	uint64_t asked;
	uint64_t floated;

	rig = rig_new(&(struct rig_options){
		.buses = "rack:1", .settings = RIG_QUICK,
	});
	rig_allowed(rig);
	rig_sim(rig, "cells all force 2840");
	rig_sim(rig, "pack 1 force 44600");
	asked = rig_now_us();
	floated = rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 16000);
	ck_assert_uint_ge(floated - asked, 9500000);
	rig_until_has(rig, "Alarms", "A-B08", 2000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: low");
	TCase *tc = tcase_create("low");

	tcase_set_timeout(tc, 150);
	tcase_add_test(tc,
		       a_low_cell_opens_atd_30_s_after_the_pre_alarm_went_high);
	tcase_add_test(tc, under_the_hard_floor_atd_opens_at_once);
	tcase_add_test(tc,
		       a_low_state_of_charge_warns_and_then_opens_at_once);
	tcase_add_test(tc, a_low_bank_without_a_low_cell_opens_after_10_s);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
