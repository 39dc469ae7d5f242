/* SPDX-License-Identifier: MIT */
/* The core's small parts: latch (B11), texts (B12), codes (F4). */
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/latch.h"
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static mono_t at(uint64_t s)
{
	return (mono_t){ s * 1000000 };
}

/* B11 */
START_TEST(latch_trips_at_once_and_releases_after_the_hold)
{
	struct latch l = { 0 };

	latch_take(&l, at(1), LATCH_CLEAR, 30000, 5000);
	ck_assert(!l.tripped);
	latch_take(&l, at(2), LATCH_TRIP, 30000, 5000);
	ck_assert(l.tripped);
	ck_assert_uint_eq(l.since.us, at(2).us);
	latch_take(&l, at(3), LATCH_TRIP, 30000, 5000);
	ck_assert_uint_eq(l.since.us, at(2).us);
	for (uint64_t s = 4; s < 34; s++)
		latch_take(&l, at(s), LATCH_CLEAR, 30000, 5000);
	ck_assert(l.tripped);
	latch_take(&l, at(34), LATCH_CLEAR, 30000, 5000);
	ck_assert(!l.tripped);
}
END_TEST

/* B11 */
START_TEST(latch_hold_restarts_between_the_levels_and_after_a_gap)
{
	struct latch l = { 0 };

	latch_take(&l, at(0), LATCH_TRIP, 10000, 5000);
	latch_take(&l, at(1), LATCH_CLEAR, 10000, 5000);
	latch_take(&l, at(5), LATCH_BETWEEN, 10000, 5000);
	for (uint64_t s = 6; s < 16; s++)
		latch_take(&l, at(s), LATCH_CLEAR, 10000, 5000);
	ck_assert(l.tripped);
	latch_take(&l, at(21), LATCH_CLEAR, 10000, 5000); /* 6 s: a gap */
	ck_assert(l.tripped);
	latch_take(&l, at(26), LATCH_CLEAR, 10000, 5000);
	ck_assert(l.tripped);
	latch_take(&l, at(31), LATCH_CLEAR, 10000, 5000);
	ck_assert(!l.tripped);
}
END_TEST

/* B12 */
START_TEST(reason_text_reads_kind_where_value_limit)
{
	struct reason r = {
		.kind = REASON_CELL_LOW, .battery = 2, .cell = 7,
		.has_value = true, .value = 2791, .limit = 2800,
	};
	char text[BMS_REASON_TEXT_SIZE];

	reason_text(&r, text);
	ck_assert_str_eq(text, "cell-low:2.7:2.791:2.800");
	r = (struct reason){ .kind = REASON_REMOTE_OFF };
	reason_text(&r, text);
	ck_assert_str_eq(text, "remote-off:::");
	r = (struct reason){
		.kind = REASON_CHARGE_COLD, .battery = 1, .cell = 1,
		.has_value = true, .value = -5, .limit = 50,
	};
	reason_text(&r, text);
	ck_assert_str_eq(text, "charge-cold:1.1:-0.5:5.0");
	r = (struct reason){
		.kind = REASON_SILENT, .battery = 12,
		.has_value = true, .value = 15234, .limit = 15000,
	};
	reason_text(&r, text);
	ck_assert_str_eq(text, "silent:12:15.2:15.0");
	r = (struct reason){
		.kind = REASON_ARRANGEMENT, .has_value = true,
		.value = 3, .limit = 2,
	};
	reason_text(&r, text);
	ck_assert_str_eq(text, "arrangement::3:2");
	r = (struct reason){
		.kind = REASON_SOC_FLOOR, .has_value = true,
		.value = 95, .limit = 100,
	};
	reason_text(&r, text);
	ck_assert_str_eq(text, "soc-floor::9.5:10.0");
	r = (struct reason){
		.kind = REASON_CHARGE_SWITCH, .battery = 2,
		.has_value = true, .value = 1, .limit = 1,
	};
	reason_text(&r, text);
	ck_assert_str_eq(text, "battery-charge-switch:2::");
}
END_TEST

/* B12, F4 */
START_TEST(names_are_there_and_unlike)
{
	for (size_t i = 0; i < REASON_KIND_COUNT; i++) {
		ck_assert_ptr_nonnull(reason_rows[i].name);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(reason_rows[i].name,
					 reason_rows[k].name);
	}
	for (size_t i = 0; i < CODE_COUNT; i++) {
		ck_assert_uint_eq(strlen(code_rows[i].name), 5);
		ck_assert_ptr_nonnull(strchr("WAE", code_rows[i].name[0]));
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(code_rows[i].name,
					 code_rows[k].name);
	}
	for (uint32_t i = 0; i < PROTECTION_COUNT; i++)
		ck_assert_str_ne(battery_protection_name(i), "unknown");
	ck_assert_str_eq(battery_protection_name(PROTECTION_COUNT),
			 "unknown");
}
END_TEST

/* F4: what the journal takes for an id is exactly this. */
START_TEST(codes_have_an_id_and_sentences)
{
	for (size_t i = 0; i < CODE_COUNT; i++) {
		const struct code_row *row = &code_rows[i];
		const char *const sentences[] = { row->means, row->outputs,
						  row->advice };

		ck_assert_uint_eq(strlen(row->id), 32);
		ck_assert_uint_eq(strspn(row->id, "0123456789abcdef"), 32);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(row->id, code_rows[k].id);
		for (size_t k = 0; k < ARRAY_SIZE(sentences); k++) {
			ck_assert_ptr_nonnull(sentences[k]);
			ck_assert(sentences[k][strlen(sentences[k]) - 1] ==
				  '.');
			/* The catalog would take it for a field. */
			ck_assert_ptr_null(strchr(sentences[k], '@'));
		}
	}
}
END_TEST

START_TEST(no_batteries_allow_nothing)
{
	static struct bank bank;

	bank_init(&bank, 0);
	bank_step_only(&bank);
	ck_assert(!bank.out.atc_high && !bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
}
END_TEST

START_TEST(reports_that_make_no_sense_change_nothing)
{
	static struct bank bank;
	struct bms_report report = { .battery = 7 };
	struct bms_output before;

	bank_init(&bank, 1);
	bank_start(&bank);
	before = bank.out;
	report.sample = &bank.sample[0];
	bank.input.reports = &report;
	bank.input.n_reports = 1;
	bms_step(&bank.state, &bank.settings, &bank.input, &bank.out);
	ck_assert_mem_eq(&before, &bank.out, offsetof(struct bms_output,
						       charge_limit_ma));
	/* From the future, too old, without cells, older than the last. */
	report.battery = 0;
	bank_cell(&bank, 0, 0, 3760);
	bank.sample[0].time = mono_add_ms(bank.input.now, 1);
	bms_step(&bank.state, &bank.settings, &bank.input, &bank.out);
	ck_assert(bank.out.atc_high);
	bank.sample[0].time = (mono_t){ bank.input.now.us - 1500000 };
	bms_step(&bank.state, &bank.settings, &bank.input, &bank.out);
	ck_assert(bank.out.atc_high);
	bank.sample[0].time = bank.input.now;
	bank.sample[0].n_cells = 0;
	bms_step(&bank.state, &bank.settings, &bank.input, &bank.out);
	ck_assert(bank.out.atc_high);
	bank.sample[0].n_cells = 16;
	bms_step(&bank.state, &bank.settings, &bank.input, &bank.out);
	ck_assert(!bank.out.atc_high);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: parts");
	TCase *tc = tcase_create("parts");

	tcase_add_test(tc, latch_trips_at_once_and_releases_after_the_hold);
	tcase_add_test(tc,
		       latch_hold_restarts_between_the_levels_and_after_a_gap);
	tcase_add_test(tc, reason_text_reads_kind_where_value_limit);
	tcase_add_test(tc, names_are_there_and_unlike);
	tcase_add_test(tc, codes_have_an_id_and_sentences);
	tcase_add_test(tc, no_batteries_allow_nothing);
	tcase_add_test(tc, reports_that_make_no_sense_change_nothing);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
