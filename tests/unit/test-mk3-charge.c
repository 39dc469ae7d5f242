/* SPDX-License-Identifier: MIT */
/*
 * The charge current: shared over the units, in RAM only, never above what
 * the installer stored, re-applied whenever it may have been lost. C3, C8
 */
#include "tests/unit/test-mk3-model.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct rig rig;

/* All 31 other addresses are asked once by then. */
enum { SWEPT_MS = 55000 };

static void setup(void)
{
	rig_open(&rig);
	rig.burst = true;
}

static void teardown(void)
{
	rig_close(&rig);
}

static void units(const uint8_t *addresses, size_t n)
{
	struct model_unit unit = rig.model.unit[0];

	memset(rig.model.unit, 0, sizeof(rig.model.unit));
	for (size_t i = 0; i < n; i++)
		rig.model.unit[addresses[i]] = unit;
}

static void up(int32_t charge_current_ma)
{
	rig_command(&rig, INVERTER_ON, charge_current_ma);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, SWEPT_MS);
}

static void expect(const uint8_t *addresses, size_t n, uint16_t raw)
{
	const struct inverter_reading *r = rig_reading(&rig);

	ck_assert_uint_eq(r->n_units, n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(rig.model.unit[addresses[i]].ram, raw);
		ck_assert_uint_eq(r->unit[i].address, addresses[i]);
		ck_assert(r->unit[i].written_charge_current_ma.known);
	}
	ck_assert(r->charge_current_applied);
}

START_TEST(one_unit_gets_it_all)
{
	static const uint8_t at[] = { 0 };

	units(at, 1);
	up(35999);
	expect(at, 1, 35);
}
END_TEST

START_TEST(two_units_get_half_each)
{
	static const uint8_t at[] = { 0, 3 };

	units(at, 2);
	up(5000);
	expect(at, 2, 2);
	ck_assert_int_eq(rig_reading(&rig)->unit[1].
			 written_charge_current_ma.value, 2000);
}
END_TEST

START_TEST(three_phases_get_a_third_each)
{
	static const uint8_t at[] = { 0, 1, 2 };

	units(at, 3);
	rig.model.phases = 3;
	up(100000);
	expect(at, 3, 33);
	ck_assert_uint_eq(rig_reading(&rig)->n_phases, 3);
	ck_assert_int_eq(rig_reading(&rig)->ac_in_mv[2].value, 230500);
	rig_command(&rig, INVERTER_ON, 0);
	rig_run(&rig, 2500);
	expect(at, 3, 0);
}
END_TEST

START_TEST(the_last_address_is_found)
{
	static const uint8_t at[] = { 0, 31 };

	units(at, 2);
	up(20000);
	expect(at, 2, 10);
}
END_TEST

START_TEST(less_than_an_ampere_a_unit_is_none)
{
	static const uint8_t at[] = { 0, 1 };

	units(at, 2);
	up(1999);
	expect(at, 2, 0);
}
END_TEST

START_TEST(the_installers_limit_is_never_exceeded)
{
	static const uint8_t at[] = { 0, 1 };

	units(at, 2);
	rig.model.unit[1].stored = 25;
	rig.model.unit[1].ram = 25;
	up(100000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
	ck_assert_uint_eq(rig.model.unit[1].ram, 25);
	ck_assert(rig_reading(&rig)->charge_current_applied);
	rig_command(&rig, INVERTER_ON, INT32_MAX);
	rig_run(&rig, 3000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 120);
	ck_assert_uint_eq(rig.model.unit[1].ram, 25);
}
END_TEST

START_TEST(another_scale_of_the_setting_is_obeyed)
{
	static const uint8_t at[] = { 0 };

	units(at, 1);
	rig.model.unit[0].setting_sc = -10;
	rig.model.unit[0].stored = 1200;
	up(35000);
	expect(at, 1, 350);
	rig_command(&rig, INVERTER_ON, 500000);
	rig_run(&rig, 2000);
	expect(at, 1, 1200);
}
END_TEST

/* Rounding to mA must not carry the word above the stored one. */
START_TEST(a_scale_finer_than_a_milliampere_exceeds_nothing)
{
	rig.model.unit[0].setting_sc = -7000;
	rig.model.unit[0].stored = 4;
	rig.model.unit[0].ram = 4;
	up(100000);
	ck_assert_uint_le(rig.model.unit[0].ram, 4);
	ck_assert_uint_eq(rig.model.unit[0].writes, 0);
}
END_TEST

/* Without the scale nothing can be written, and it is said so. */
START_TEST(a_unit_without_the_setting_is_not_written)
{
	rig.model.unit[0].setting_sc = 0;
	up(5000);
	ck_assert_uint_eq(rig.model.unit[0].writes, 0);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	ck_assert(!rig_reading(&rig)->unit[0].stored_charge_current_ma.known);
}
END_TEST

/* Not known means: leave it as it is. */
START_TEST(an_unknown_wish_is_not_written)
{
	up(-1);
	ck_assert_uint_eq(rig.model.unit[0].writes, 0);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
}
END_TEST

START_TEST(a_change_is_written_within_two_seconds)
{
	static const uint8_t at[] = { 0, 1 };

	units(at, 2);
	up(100000);
	for (int32_t ma = 0; ma <= 40000; ma += 4000) {
		rig_command(&rig, INVERTER_ON, ma);
		ck_assert(!rig_reading(&rig)->charge_current_applied);
		rig_run(&rig, 2000);
		expect(at, 2, (uint16_t)(ma / 2000));
	}
}
END_TEST

START_TEST(the_same_value_is_not_written_all_the_time)
{
	up(50000);
	rig.model.unit[0].writes = 0;
	rig_run(&rig, 600000);
	ck_assert_uint_ge(rig.model.unit[0].writes, 9);
	ck_assert_uint_le(rig.model.unit[0].writes, 11);
}
END_TEST

/* A unit that lost its RAM unnoticed has it back with the next refresh. */
START_TEST(a_refresh_repairs_what_was_lost_unnoticed)
{
	up(50000);
	rig.model.unit[0].ram = rig.model.unit[0].stored;
	rig_run(&rig, 62000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
}
END_TEST

/* C1, C3: nor is it waited for while more flows than all were told. */
START_TEST(more_current_than_all_shares_is_written_against_at_once)
{
	static const uint8_t at[] = { 0, 3 };

	units(at, 2);
	rig.model.charger_da = 100;
	up(10000);
	/* Just after a refresh the next is a minute away. */
	rig.model.unit[3].writes = 0;
	while (rig.model.unit[3].writes == 0)
		rig_run(&rig, 1000);
	rig.model.unit[3].ram = rig.model.unit[3].stored;
	rig.model.unit[0].writes = 0;
	rig.model.charger_da = 131;
	rig_run(&rig, 13000);
	expect(at, 2, 5);
	ck_assert_uint_ge(rig.model.unit[0].writes, 1);
	/* What does not obey is not written to without end. */
	rig.model.unit[0].writes = 0;
	rig_run(&rig, 55000);
	ck_assert_uint_ge(rig.model.unit[0].writes, 4);
	ck_assert_uint_le(rig.model.unit[0].writes, 6);
	/* Sensors may be that far off. */
	rig.model.charger_da = 130;
	rig_run(&rig, 11000);
	rig.model.unit[0].writes = 0;
	rig_run(&rig, 40000);
	ck_assert_uint_eq(rig.model.unit[0].writes, 0);
}
END_TEST

START_TEST(a_unit_that_was_off_is_written_again)
{
	/* just after a refresh */
	up(50000);
	rig_run(&rig, 15000);
	rig.model.main = 2;
	rig_run(&rig, 4000);
	rig.model.unit[0].ram = rig.model.unit[0].stored;
	rig.model.main = 9;
	rig_run(&rig, 4000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
}
END_TEST

/* 9B 80 */
START_TEST(a_refused_write_is_seen_and_tried_again)
{
	up(50000);
	rig.model.unit[0].refuses = true;
	rig_command(&rig, INVERTER_ON, 5000);
	rig_run(&rig, 60000);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	ck_assert(!rig_reading(&rig)->unit[0].
		  written_charge_current_ma.known);
	/* with back-off: 1 2 4 8 10 10 10 10 s, not at every turn */
	ck_assert_uint_ge(rig.faults[FAULT_CONTENT], 6);
	ck_assert_uint_le(rig.faults[FAULT_CONTENT], 9);
	rig.model.unit[0].refuses = false;
	rig_run(&rig, 11000);
	ck_assert(rig_reading(&rig)->charge_current_applied);
	ck_assert_uint_eq(rig.model.unit[0].ram, 5);
}
END_TEST

START_TEST(a_write_without_acknowledge_is_not_applied)
{
	static const uint8_t at[] = { 0, 1 };

	units(at, 2);
	up(50000);
	rig.model.unit[1].mute = true;
	rig_command(&rig, INVERTER_ON, 10000);
	rig_run(&rig, 5000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 5);
	ck_assert_uint_eq(rig.model.unit[1].ram, 25);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	rig.model.unit[1].mute = false;
	rig_run(&rig, 11000);
	expect(at, 2, 5);
}
END_TEST

/* A unit that fell silent may still be charging: it stays counted. */
START_TEST(a_unit_that_fell_silent_keeps_its_share)
{
	static const uint8_t at[] = { 0, 1 };

	units(at, 2);
	up(50000);
	rig.model.unit[1].present = false;
	rig_run(&rig, 400000);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 2);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	ck_assert_uint_eq(rig.model.unit[0].ram, 25);
	rig.model.unit[1].present = true;
	rig.model.unit[1].ram = 120;
	rig_run(&rig, 15000);
	expect(at, 2, 25);
}
END_TEST

START_TEST(a_unit_that_comes_later_is_found_and_shares)
{
	static const uint8_t at[] = { 0, 2 };

	up(50000);
	rig_run(&rig, 60000);
	rig.model.unit[2] = rig.model.unit[0];
	rig.model.unit[2].ram = 120;
	rig_run(&rig, 330000);
	expect(at, 2, 25);
}
END_TEST

/* As long as not every address was asked there may be more units. */
START_TEST(applied_is_said_when_all_addresses_were_asked)
{
	rig.model.maps = false;
	rig_command(&rig, INVERTER_ON, 50000);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 5000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 50);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	rig_run(&rig, 50000);
	ck_assert(rig_reading(&rig)->charge_current_applied);
}
END_TEST

/* Runs until every unit holds its share; the time that took, in ms. */
static uint64_t until_applied(uint32_t limit_ms)
{
	uint64_t start = rig.now;

	while (!rig_reading(&rig)->charge_current_applied) {
		ck_assert_uint_lt(rig.now - start, (uint64_t)limit_ms * 1000);
		rig_run(&rig, 100);
		rig.n_sent = 0;
	}
	return (rig.now - start) / 1000;
}

struct find_case {
	uint8_t n;
	uint8_t step; /* addresses 0, step, 2 * step and so on */
	bool maps;
	uint32_t limit_ms;
};

/* With F 7, which a unit may not answer, and without. */
static const struct find_case finds[] = {
	{ 1, 1, true, 4000 },   { 2, 1, true, 6000 },
	{ 3, 1, true, 7000 },   { 3, 3, true, 7000 },
	{ 6, 1, true, 15000 },  { 32, 1, true, 45000 },
	{ 1, 1, false, 60000 }, { 3, 3, false, 60000 },
	{ 32, 1, false, 85000 },
};

/* C8 */
START_TEST(units_are_found_by_their_map_or_one_by_one)
{
	const struct find_case *c = &finds[_i];
	uint8_t at[32];

	for (uint8_t i = 0; i < c->n; i++)
		at[i] = (uint8_t)(i * c->step);
	units(at, c->n);
	rig.model.maps = c->maps;
	rig_command(&rig, INVERTER_CHARGER_ONLY, c->n * 10000);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	printf("%d units, %s: %llu ms\n", c->n, c->maps ? "map" : "no map",
	       (unsigned long long)until_applied(c->limit_ms));
	expect(at, c->n, 10);
}
END_TEST

/* C8: nobody gets more than its share while the others are asked */
START_TEST(units_on_the_map_are_counted_before_they_answer)
{
	static const uint8_t at[] = { 0, 1, 2, 3 };

	units(at, 4);
	for (size_t i = 1; i < 4; i++)
		rig.model.unit[i].ram = 0;
	rig_command(&rig, INVERTER_ON, 40000);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	for (int turn = 0; turn < 100; turn++) {
		rig_run(&rig, 100);
		/* The first does not wait for the map. */
		for (size_t i = 1; i < 4; i++)
			ck_assert_uint_le(rig.model.unit[i].ram, 10);
	}
	expect(at, 4, 10);
}
END_TEST

/* C8: the map names one that is not there; waited for, then given up */
START_TEST(a_unit_that_is_only_on_the_map_is_given_up)
{
	static const uint8_t at[] = { 0, 1 };

	units(at, 2);
	rig.model.map_with = 1u << 7;
	rig_command(&rig, INVERTER_ON, 30000);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 10000);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	ck_assert_uint_eq(rig.model.unit[0].ram, 10);
	rig_run(&rig, 25000);
	expect(at, 2, 15);
	ck_assert_uint_eq(rig.faults[FAULT_TIMEOUT], 0);
}
END_TEST

/* C8: the map leaves one out: it is found all the same, and from then on
 * only an address that was asked counts as empty */
START_TEST(a_unit_that_the_map_leaves_out_is_found)
{
	static const uint8_t at[] = { 0, 1, 20 };

	units(at, 3);
	rig.model.map_without = 1u << 20;
	rig_command(&rig, INVERTER_ON, 30000);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 10000);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 2);
	while (rig_reading(&rig)->n_units < 3)
		rig_run(&rig, 100);
	rig_run(&rig, 5000);
	ck_assert_uint_eq(rig.model.unit[0].ram, 10);
	ck_assert_uint_eq(rig.model.unit[20].ram, 10);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	rig_run(&rig, 90000);
	expect(at, 3, 10);
}
END_TEST

/* A map without the first unit cannot be one. */
START_TEST(a_map_without_the_first_unit_is_not_used)
{
	rig.model.map_without = 1;
	rig_command(&rig, INVERTER_ON, 30000);
	rig_event(&rig, SESSION_OPENED, NULL, 0);
	rig_run(&rig, 20000);
	ck_assert(!rig_reading(&rig)->charge_current_applied);
	rig_run(&rig, 40000);
	ck_assert(rig_reading(&rig)->charge_current_applied);
}
END_TEST

/* C8: units that were there are asked first when the link is back */
START_TEST(units_are_remembered_over_a_lost_link)
{
	static const uint8_t at[] = { 0, 12, 24 };

	units(at, 3);
	rig.model.maps = false;
	up(30000);
	expect(at, 3, 10);
	rig.model.dead = true;
	rig_run(&rig, 10000);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 0);
	for (size_t i = 0; i < 3; i++)
		rig.model.unit[at[i]].ram = 120;
	rig_model_reset(&rig);
	rig.model.dead = false;
	rig_run(&rig, 9000);
	ck_assert_uint_eq(rig_reading(&rig)->n_units, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(rig.model.unit[at[i]].ram, 10);
	/* One that is gone for good is given up, and its share is free. */
	rig.model.dead = true;
	rig_run(&rig, 10000);
	rig.model.unit[24].present = false;
	rig_model_reset(&rig);
	rig.model.dead = false;
	rig_run(&rig, 60000);
	expect(at, 2, 15);
}
END_TEST

/* The commands do not suffer from the writes, nor the other way round. */
START_TEST(thirty_two_units_and_the_state_every_second)
{
	uint8_t at[32];
	uint64_t last = 0;
	uint64_t worst = 0;

	for (uint8_t i = 0; i < 32; i++)
		at[i] = i;
	units(at, 32);
	up(320000);
	rig_run(&rig, 200000);
	expect(at, 32, 10);
	rig.n_sent = 0;
	for (int turn = 0; turn < 60; turn++) {
		rig_command(&rig, INVERTER_CHARGER_ONLY,
			    320000 - turn * 1000);
		rig_run(&rig, 1000);
	}
	for (size_t i = 0; i < rig.n_sent; i++) {
		if (rig.sent[i].bytes[2] != 'S')
			continue;
		if (last != 0 && rig.sent[i].us - last > worst)
			worst = rig.sent[i].us - last;
		last = rig.sent[i].us;
	}
	ck_assert_uint_le(worst, 1200000);
	ck_assert(rig_reading(&rig)->dc_mv.known);
	rig_run(&rig, 15000);
	expect(at, 32, 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mk3 charge current: C3 C8");
	TCase *tcase = tcase_create("charge");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_unit_gets_it_all);
	tcase_add_test(tcase, two_units_get_half_each);
	tcase_add_test(tcase, three_phases_get_a_third_each);
	tcase_add_test(tcase, the_last_address_is_found);
	tcase_add_test(tcase, less_than_an_ampere_a_unit_is_none);
	tcase_add_test(tcase, the_installers_limit_is_never_exceeded);
	tcase_add_test(tcase, another_scale_of_the_setting_is_obeyed);
	tcase_add_test(tcase,
		       a_scale_finer_than_a_milliampere_exceeds_nothing);
	tcase_add_test(tcase, a_unit_without_the_setting_is_not_written);
	tcase_add_test(tcase, an_unknown_wish_is_not_written);
	tcase_add_test(tcase, a_change_is_written_within_two_seconds);
	tcase_add_test(tcase, the_same_value_is_not_written_all_the_time);
	tcase_add_test(tcase, a_refresh_repairs_what_was_lost_unnoticed);
	tcase_add_test(tcase,
		more_current_than_all_shares_is_written_against_at_once);
	tcase_add_test(tcase, a_unit_that_was_off_is_written_again);
	tcase_add_test(tcase, a_refused_write_is_seen_and_tried_again);
	tcase_add_test(tcase, a_write_without_acknowledge_is_not_applied);
	tcase_add_test(tcase, a_unit_that_fell_silent_keeps_its_share);
	tcase_add_test(tcase, a_unit_that_comes_later_is_found_and_shares);
	tcase_add_test(tcase, applied_is_said_when_all_addresses_were_asked);
	tcase_add_test(tcase, thirty_two_units_and_the_state_every_second);
	tcase_add_loop_test(tcase, units_are_found_by_their_map_or_one_by_one,
			    0, ARRAY_SIZE(finds));
	tcase_add_test(tcase, units_on_the_map_are_counted_before_they_answer);
	tcase_add_test(tcase, a_unit_that_is_only_on_the_map_is_given_up);
	tcase_add_test(tcase, a_unit_that_the_map_leaves_out_is_found);
	tcase_add_test(tcase, a_map_without_the_first_unit_is_not_used);
	tcase_add_test(tcase, units_are_remembered_over_a_lost_link);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
