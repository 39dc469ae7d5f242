/* SPDX-License-Identifier: MIT */
/* C1-C3, C8: each of several units is found and limited; some do not obey. */
#include "tests/e2e/rig.h"
#include "tests/unit/unit.h"

static struct rig *rig;

static void start_with(const char *commands)
{
	rig = rig_new_mk(&(struct rig_options){ .settings = RIG_QUICK },
			 commands);
}

/* They are asked one after the other, and told their limits meanwhile. */
/* One whose answer was lost is looked for again a minute later. */
static void until_found(const char *units)
{
	rig_until(rig, "inverter.Units", units, 180000);
}

/* Addresses, not the number in a row: 0, 3 and 6 are three in parallel. */
static long unit_is(unsigned address, const char *what)
{
	char key[48];

	snprintf(key, sizeof(key), "mk.unit.%u.%s", address, what);
	return rig_sim_long(rig, key);
}

static void until_unit(unsigned address, const char *what, const char *value,
		       uint32_t ms)
{
	char key[48];

	snprintf(key, sizeof(key), "mk.unit.%u.%s", address, what);
	rig_until_sim(rig, key, value, ms);
}

/* C3, C8: the reduced current is the system's, and each unit has its part */
START_TEST(the_reduced_current_is_divided_over_master_and_followers)
{
	static const unsigned address[] = { 0, 3, 6 };

	rig = rig_new_mk(&(struct rig_options){
		.settings = RIG_QUICK,
		.inverter = "reduced-charge-current = 6\n",
	}, "mk units 3");
	until_found("3");
	rig_sim(rig, "cell 1 1 force 3760");
	for (size_t i = 0; i < ARRAY_SIZE(address); i++)
		until_unit(address[i], "charge_current_a", "2", 6000);
	rig_until(rig, "inverter.MaxChargeCurrent", "6.000", 2000);
	ck_assert_int_le(rig_sim_long(rig, "mk.charger_ma"), 6000);
	rig_sim(rig, "cell 1 1 force 3810");
	for (size_t i = 0; i < ARRAY_SIZE(address); i++)
		until_unit(address[i], "charge_current_a", "0", 6000);
	ck_assert_str_eq(rig_sim(rig, "get mk.active"), "on");
	ck_assert_int_eq(rig_sim_long(rig, "mk.eeprom_writes"), 0);
	ck_assert_int_eq(rig_sim_long(rig, "mk.refused_writes"), 0);
	rig_free(rig);
}
END_TEST

/* C8: on three phases with a follower, and nobody tells the addresses */
START_TEST(units_without_a_map_are_found_and_limited)
{
	start_with("mk units 4 3\nmk map off");
	until_found("4");
	rig_sim(rig, "cell 1 1 force 3810");
	for (unsigned a = 0; a < 4; a++)
		until_unit(a, "charge_current_a", "0", 8000);
	ck_assert_int_eq(rig_sim_long(rig, "mk.eeprom_writes"), 0);
	rig_free(rig);
}
END_TEST

/* C8: what the installer allowed a unit is its most */
START_TEST(a_unit_is_never_given_more_than_was_installed)
{
	uint64_t end_us;

	start_with("mk units 2\nmk unit 3 setting 4 4");
	until_found("2");
	end_us = rig_now_us() + 60000000;
	while (unit_is(0, "charge_current_a") == 70 ||
	       unit_is(0, "charge_current_a") < 8) {
		ck_assert_int_le(unit_is(3, "charge_current_a"), 4);
		ck_assert_uint_lt(rig_now_us(), end_us);
		rig_stays(rig, "OutputsVirtual", "yes", 50);
	}
	ck_assert_int_le(unit_is(3, "charge_current_a"), 4);
	ck_assert_int_eq(rig_sim_long(rig, "mk.refused_writes"), 0);
	rig_free(rig);
}
END_TEST

/* C1, C8: the others are commanded on, and it has its limit once it is back */
START_TEST(a_follower_that_dies_and_returns_is_limited_again)
{
	start_with("mk units 3");
	until_found("3");
	rig_sim(rig, "mk unit 3 gone on");
	rig_sim(rig, "mk unit 3 reset");
	rig_s_is_fresh_for(rig, 3000);
	rig_sim(rig, "cell 1 1 force 3760");
	rig_until_line(rig, LINE_CHARGE_DISCONNECT, '.', 2000);
	until_unit(0, "charge_current_a", "1", 8000);
	until_unit(6, "charge_current_a", "1", 8000);
	rig_s_is_fresh_for(rig, 3000);
	ck_assert_str_eq(rig_sim(rig, "get mk.active"), "on");
	rig_sim(rig, "mk unit 3 gone off");
	until_unit(3, "charge_current_a", "1", 15000);
	rig_free(rig);
}
END_TEST

/* C3, C8: it restarts alone, its RAM is lost, and only the current tells */
START_TEST(a_follower_that_restarts_alone_is_limited_again)
{
	start_with("mk units 3");
	until_found("3");
	rig_sim(rig, "cell 1 1 force 3760");
	until_unit(3, "charge_current_a", "1", 8000);
	rig_sim(rig, "mk unit 3 reset");
	ck_assert_int_eq(unit_is(3, "charge_current_a"), 70);
	until_unit(3, "charge_current_a", "1", 15000);
	ck_assert_int_eq(rig_sim_long(rig, "mk.eeprom_writes"), 0);
	rig_free(rig);
}
END_TEST

/* C2, C11: the register tells charger only, and one unit goes on */
START_TEST(a_follower_that_inverts_on_is_an_alarm)
{
	start_with("mk units 3\nac off\nload 2000");
	rig_until(rig, "inverter.State", "Inverting", 8000);
	rig_sim(rig, "mk unit 6 ignore-switch on");
	rig_sim(rig, "cell 1 1 force 2450");
	rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	rig_until(rig, "inverter.Mode", "charger-only", 4000);
	rig_until_has(rig, "Alarms", "A-X01", 13000);
	ck_assert_str_eq(rig_sim(rig, "get mk.unit.0.state"), "off");
	ck_assert_str_eq(rig_sim(rig, "get mk.unit.6.state"), "invert");
	rig_sim(rig, "mk unit 6 ignore-switch off");
	rig_until_has_not(rig, "Alarms", "A-X01", 4000);
	rig_free(rig);
}
END_TEST

/* C2, C8: one that is late or mute does not hold up what the others are told */
START_TEST(a_unit_that_answers_late_or_never_delays_nothing)
{
	uint64_t low;

	start_with("mk units 3\nmk unit 3 delay 300");
	until_found("3");
	rig_sim(rig, "mk unit 6 mute on");
	rig_s_is_fresh_for(rig, 4000);
	rig_sim(rig, "cell 1 1 force 2450");
	low = rig_until_line(rig, LINE_LOAD_DISCONNECT, '.', 3000);
	ck_assert_uint_le(rig_until_sim(rig, "mk.active", "charger", 3000),
			  low + 3000000);
	rig_until(rig, "inverter.Mode", "charger-only", 3000);
	rig_sim(rig, "cell 1 1 force 3810");
	until_unit(0, "charge_current_a", "0", 8000);
	until_unit(3, "charge_current_a", "0", 8000);
	rig_free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("end to end: several units");
	TCase *tc = tcase_create("units");

	tcase_set_timeout(tc, 400);
	tcase_add_test(tc,
		the_reduced_current_is_divided_over_master_and_followers);
	tcase_add_test(tc, units_without_a_map_are_found_and_limited);
	tcase_add_test(tc, a_unit_is_never_given_more_than_was_installed);
	tcase_add_test(tc, a_follower_that_dies_and_returns_is_limited_again);
	tcase_add_test(tc, a_follower_that_restarts_alone_is_limited_again);
	tcase_add_test(tc, a_follower_that_inverts_on_is_an_alarm);
	tcase_add_test(tc, a_unit_that_answers_late_or_never_delays_nothing);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
