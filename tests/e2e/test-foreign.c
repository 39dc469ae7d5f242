/* SPDX-License-Identifier: MIT */
/* Answers that are not what was asked for (users' second complaint). */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

/* Answers in somebody else's name, damaged and short ones are silence. */
START_TEST(foreign_damaged_and_short_answers_count_as_silence)
{
	rig = rig_new(&(struct rig_options){ .buses = "rack:1-3",
					     .settings = RIG_QUICK });
	rig_allowed(rig);
	rig_sim(rig, "answer-as 2 1");
	rig_until(rig, "battery/2.Online", "no", 20000);
	rig_until(rig, "AllowedToCharge", "no", 1000);
	ck_assert_double_gt(rig_get_double(rig, "bus/rack.AddressErrors"), 0);
	ck_assert_str_eq(rig_get(rig, "battery/1.Online"), "yes");
	rig_sim(rig, "answer-as 2 auto");
	rig_allowed(rig);
	rig_sim(rig, "corrupt 2 on");
	rig_until(rig, "battery/2.Online", "no", 20000);
	ck_assert_double_gt(rig_get_double(rig, "bus/rack.ChecksumErrors"),
			    0);
	rig_sim(rig, "corrupt 2 off");
	rig_allowed(rig);
	rig_sim(rig, "truncate 2 40");
	rig_until(rig, "battery/2.Online", "no", 20000);
	ck_assert_double_gt(rig_get_double(rig, "bus/rack.LengthErrors"), 0);
	rig_sim(rig, "truncate 2 off");
	rig_allowed(rig);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: foreign");
	TCase *tc = tcase_create("foreign");

	tcase_set_timeout(tc, 200);
	tcase_add_test(tc, foreign_damaged_and_short_answers_count_as_silence);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
