/* SPDX-License-Identifier: MIT */
/* The project's own service: what is shown, and what a phone writes (G2). */
#include <string.h>

#include "lib/gatt/service.h"
#include "tests/unit/gatt_unit.h"

#define K(n) { true, n }

static const struct service_row *row_of(uint16_t uuid)
{
	for (size_t i = 0; i < n_service_rows; i++)
		if (service_rows[i].uuid == uuid)
			return &service_rows[i];
	ck_abort_msg("no characteristic %04x", uuid);
	return NULL;
}

static void *number_at(struct service_values *v,
		       const struct service_row *row)
{
	return (char *)v + row->value;
}

static uint64_t read_le(const uint8_t *p, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | p[n];
	return value;
}

static void check_number(const struct service_row *row,
			 struct service_number n, uint64_t want)
{
	struct service_values v = { .mode = NULL };
	uint8_t got[8];
	int bytes = service_formats[row->format].bytes;

	memcpy(number_at(&v, row), &n, sizeof(n));
	ck_assert_int_eq(service_read(row, &v, 0, got, sizeof(got)), bytes);
	if (bytes < 8)
		want &= ((uint64_t)1 << 8 * bytes) - 1;
	ck_assert_uint_eq(read_le(got, (size_t)bytes), want);
}

/* In range it is itself, outside the nearest that is no mark. */
START_TEST(a_number_is_itself_the_nearest_or_the_mark)
{
	static const struct {
		uint16_t uuid;
		int64_t low, high;
		uint64_t unknown;
	} rows[] = {
		{ 0x010e, 0, 0xfe, 0xff },
		{ 0x0101, 0, 0xfffe, 0xffff },
		{ 0x0105, 0, 0xfffffffe, 0xffffffff },
		{ 0x0302, 0, INT64_MAX, UINT64_MAX },
		{ 0x0204, -0x7fff, 0x7fff, 0x8000 },
		{ 0x0106, -0x7fffffff, 0x7fffffff, 0x80000000 },
	};
	const struct service_row *row = row_of(rows[_i].uuid);
	int64_t low = rows[_i].low, high = rows[_i].high;
	uint64_t seed = unit_seed();

	check_number(row, (struct service_number){ false, 5 },
		     rows[_i].unknown);
	check_number(row, (struct service_number)K(INT64_MIN),
		     (uint64_t)low);
	check_number(row, (struct service_number)K(INT64_MAX),
		     (uint64_t)high);
	check_number(row, (struct service_number)K(low - 1), (uint64_t)low);
	check_number(row, (struct service_number)K(low), (uint64_t)low);
	check_number(row, (struct service_number)K(high), (uint64_t)high);
	if (high < INT64_MAX)
		check_number(row, (struct service_number)K(high + 1),
			     (uint64_t)high);
	for (int i = 0; i < 1000; i++) {
		int64_t value = low + (int64_t)(unit_random(&seed) %
						((uint64_t)(high - low) + 1 ?
						 (uint64_t)(high - low) + 1 :
						 1));

		check_number(row, (struct service_number)K(value),
			     (uint64_t)value);
	}
}
END_TEST

START_TEST(a_text_is_shown_whole_up_to_512_bytes)
{
	char text[600];
	uint8_t got[600];
	struct service_values v = { .mode = NULL };
	const struct service_row *row = row_of(0x0102);

	ck_assert_int_eq(service_read(row, &v, 0, got, sizeof(got)), 0);
	v.mode = "charger-only";
	ck_assert_int_eq(service_read(row, &v, 0, got, sizeof(got)), 12);
	ck_assert_mem_eq(got, v.mode, 12);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	v.mode = text;
	ck_assert_int_eq(service_read(row, &v, 0, got, sizeof(got)), 512);
}
END_TEST

START_TEST(a_list_holds_what_there_is_and_no_more)
{
	struct service_values v = { .cell_dc = { 3, { known_i32(251),
		UNKNOWN_I32, known_i32(-100000) } } };
	uint8_t got[SERVICE_VALUE_MAX];
	static const uint8_t want[] = { 0xfb, 0x00, 0x00, 0x80, 0x01, 0x80 };

	ck_assert_int_eq(service_read(row_of(0x021a), &v, 0, got,
				      sizeof(got)), 0);
	ck_assert_int_eq(service_read(row_of(0x021b), &v, 0, got,
				      sizeof(got)), 6);
	ck_assert_mem_eq(got, want, 6);
	v.cell_mv.n = 255;
	ck_assert_int_eq(service_read(row_of(0x021a), &v, 0, got,
				      sizeof(got)), 2 * BMS_CELLS_MAX);
}
END_TEST

/* F1: every single battery; of very many those that fit. */
START_TEST(all_batteries_are_listed_as_whole_records)
{
	static struct service_record record[60];
	struct service_values v = { .record = record, .n_records = 2 };
	const struct service_row *row = row_of(0x020c);
	uint8_t got[SERVICE_VALUE_MAX];
	static const uint8_t want[] = {
		0x01, 0x01, 0x00, 0xff, 0x6a, 0x03, 0xe4, 0x0c, 0xf8, 0x0c,
		0x06, 0xff, /* -250 */
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x00, 0x80,
	};

	record[0] = (struct service_record){
		.online = K(1), .charge_allowed = K(1),
		.discharge_allowed = K(0), .soc_permille = K(874),
		.min_cell_mv = K(3300), .max_cell_mv = K(3320),
		.temperature_dc = K(-250) };
	ck_assert_int_eq(service_read(row, &v, 0, got, sizeof(got)), 24);
	ck_assert_mem_eq(got, want, 24);
	v.n_records = 60;
	ck_assert_int_eq(service_read(row, &v, 0, got, sizeof(got)),
			 512 / 12 * 12);
}
END_TEST

START_TEST(a_long_value_is_read_in_pieces)
{
	struct service_values v = { .codes = "W-B07 A-B01 E-B05" };
	const struct service_row *row = row_of(0x010a);
	size_t len = strlen(v.codes);
	uint8_t got[64];

	for (size_t offset = 0; offset <= len; offset++) {
		for (size_t size = 0; size < 20; size++) {
			size_t n = len - offset < size ? len - offset : size;

			memset(got, 0xa5, sizeof(got));
			ck_assert_int_eq(service_read(row, &v, offset, got,
						      size), (int)n);
			ck_assert_mem_eq(got, v.codes + offset, n);
			ck_assert_uint_eq(got[n], 0xa5);
		}
	}
	ck_assert_int_eq(service_read(row, &v, len + 1, got, sizeof(got)),
			 SERVICE_INVALID_OFFSET);
	ck_assert_int_eq(service_read(row, &v, SIZE_MAX, got, sizeof(got)),
			 SERVICE_INVALID_OFFSET);
	ck_assert_int_eq(service_read(row_of(0x0112), &v, 0, got,
				      sizeof(got)), SERVICE_NOT_PERMITTED);
}
END_TEST

/* Exponents and units are those of the table the value comes from. */
START_TEST(the_table_says_the_same_as_those_it_shows)
{
	static const struct { const char *name; uint16_t unit; } units[] = {
		{ "", 0x2700 }, { "Ah", 0x27b0 }, { "kWh", 0x27ab },
		{ "V", 0x2728 }, { "degC", 0x272f }, { "s", 0x2703 },
	};

	for (int id = 0; id < HISTORY_COUNT; id++) {
		const struct service_row *row =
			row_of((uint16_t)(0x0301 + id));
		const struct history_row *history = &history_rows[id];
		size_t u = 0;

		ck_assert_uint_eq(row->value, offsetof(struct service_values,
						       history[id]));
		ck_assert_int_eq(row->exponent, -history->decimals);
		while (strcmp(units[u].name, history->unit) != 0)
			ck_assert_uint_lt(++u, ARRAY_SIZE(units));
		ck_assert_uint_eq(row->unit, units[u].unit);
	}
	for (size_t i = 0; i < n_service_rows; i++) {
		const struct service_row *row = &service_rows[i];

		ck_assert_uint_lt(row->page, SERVICE_PAGE_COUNT);
		ck_assert_uint_eq(row->uuid >> 8,
				  service_pages[row->page].uuid >> 8);
		ck_assert_int_eq(row->writes != SERVICE_WRITES_NOTHING,
				 (row->access & SERVICE_WRITE) != 0);
		ck_assert_int_eq(row->writes == SERVICE_WRITES_SETTING,
				 row->key != NULL);
		if (row->key)
			ck_assert_ptr_nonnull(settings_row(row->section,
							   row->key));
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(row->uuid, service_rows[j].uuid);
	}
}
END_TEST

START_TEST(a_characteristic_has_its_uuid_and_presentation)
{
	static const uint8_t want[] = { 0x10, 0xfd, 0x04, 0x27, 1, 0, 0 };
	char uuid[SERVICE_UUID_SIZE];
	uint8_t presentation[SERVICE_PRESENTATION_SIZE];

	service_uuid(0x01af, uuid);
	ck_assert_str_eq(uuid, "ee9b01af-c728-4d4f-b8b1-2a96f3541283");
	service_presentation(row_of(0x0106), presentation);
	ck_assert_mem_eq(presentation, want, sizeof(want));
}
END_TEST

static const struct {
	uint16_t uuid;
	const char *data; /* hex */
	int want;
	enum bms_command_kind command;
	int32_t value; /* of the command, setting or battery */
} writes[] = {
	{ 0x0101, "6a03", 0, BMS_COMMAND_SET_SOC, 874 },
	{ 0x0101, "e803", 0, BMS_COMMAND_SET_SOC, 1000 },
	{ 0x0101, "e903", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0101, "ffff", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0101, "", SERVICE_INVALID_LENGTH, 0, 0 },
	{ 0x0101, "6a", SERVICE_INVALID_LENGTH, 0, 0 },
	{ 0x0101, "6a0300", SERVICE_INVALID_LENGTH, 0, 0 },
	{ 0x0105, "00000000", SERVICE_NOT_PERMITTED, 0, 0 },
	{ 0x0102, "6f66660a", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0102, "6f00", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0102, "6f7f", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0102, "6fff", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0102, "", SERVICE_INVALID_LENGTH, 0, 0 },
	{ 0x0102, "61616161616161616161616161616161616161616161616161",
	  SERVICE_INVALID_LENGTH, 0, 0 },
	/* synchronise, and almost */
	{ 0x0112, "73796e6368726f6e697365", 0, BMS_COMMAND_SYNCHRONISE, 0 },
	{ 0x0112, "73796e6368726f6e6973", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0112, "656e642d757064617465", 0, BMS_COMMAND_END_UPDATE, 0 },
	{ 0x0210, "0100", 0, BMS_COMMAND_NONE, 1 },
	{ 0x0210, "feff", 0, BMS_COMMAND_NONE, 0xfffe },
	{ 0x0210, "0000", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0210, "ffff", SERVICE_INVALID_VALUE, 0, 0 },
	/* charged voltage: auto, 13.4 to 14.6 V by 0.01 V */
	{ 0x0401, "0000", 0, BMS_COMMAND_NONE, 0 },
	{ 0x0401, "5834", 0, BMS_COMMAND_NONE, 13400 },
	{ 0x0401, "4e34", SERVICE_INVALID_VALUE, 0, 0 }, /* 13390 */
	{ 0x0401, "5934", SERVICE_INVALID_VALUE, 0, 0 }, /* 13401 */
	{ 0x0401, "0839", 0, BMS_COMMAND_NONE, 14600 },
	{ 0x0401, "1239", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0403, "20bf0200", 0, BMS_COMMAND_NONE, 180000 },
	{ 0x0403, "21bf0200", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0403, "20bf02ff", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0406, "00", 0, BMS_COMMAND_NONE, 0 },
	{ 0x0406, "01", 0, BMS_COMMAND_NONE, 1 },
	{ 0x0406, "02", SERVICE_INVALID_VALUE, 0, 0 },
	{ 0x0406, "ff", SERVICE_INVALID_VALUE, 0, 0 },
};

START_TEST(a_write_is_understood_or_changes_nothing)
{
	const struct service_row *row = row_of(writes[_i].uuid);
	struct service_order order, before;
	uint8_t data[64];
	size_t n = gatt_bytes(writes[_i].data, data, sizeof(data));

	memset(&order, 0x5a, sizeof(order));
	before = order;
	ck_assert_int_eq(service_write(row, data, n, 0, &order),
			 writes[_i].want);
	if (writes[_i].want < 0) {
		ck_assert_mem_eq(&order, &before, sizeof(order));
		return;
	}
	ck_assert_int_eq(order.writes, row->writes);
	ck_assert_int_eq(order.command.kind, writes[_i].command);
	ck_assert_int_eq(order.command.value + order.value +
			 (int32_t)order.battery, writes[_i].value);
	if (row->key)
		ck_assert_str_eq(order.setting->key, row->key);
	ck_assert_int_eq(service_write(row, data, n, 1, &before),
			 SERVICE_INVALID_OFFSET);
}
END_TEST

START_TEST(a_mode_is_handed_on_as_a_word)
{
	struct service_order order;

	ck_assert_int_eq(service_write(row_of(0x0102),
		(const uint8_t *)"charger-only", 12, 0, &order), 0);
	ck_assert_int_eq(order.writes, SERVICE_WRITES_MODE);
	ck_assert_str_eq(order.mode, "charger-only");
}
END_TEST

/* Rows that no table has: what could be wrong with one shows nothing and
 * does nothing. */
START_TEST(a_row_that_is_wrong_does_nothing)
{
	struct service_row row = { .format = SERVICE_FORMAT_COUNT,
				   .access = SERVICE_READ };
	struct service_values v = { .mode = NULL };
	struct service_order order;
	uint8_t got[4] = { 1 };

	ck_assert_int_eq(service_read(&row, &v, 0, got, sizeof(got)), 0);
	row.format = (enum service_format)(SERVICE_FORMAT_COUNT + 1);
	ck_assert_int_eq(service_read(&row, &v, 0, got, sizeof(got)), 0);
	row = (struct service_row){ .format = SERVICE_BOOL,
				    .access = SERVICE_WRITE,
				    .writes = (enum service_writes)9 };
	ck_assert_int_eq(service_write(&row, got, 1, 0, &order),
			 SERVICE_NOT_PERMITTED);
	row = (struct service_row){ .format = SERVICE_BOOL,
				    .access = SERVICE_WRITE };
	ck_assert_int_eq(service_write(&row, got, 1, 0, &order),
			 SERVICE_NOT_PERMITTED);
	row.writes = SERVICE_WRITES_SETTING;
	row.section = "bluetooth";
	row.key = "no-such";
	ck_assert_int_eq(service_write(&row, got, 1, 0, &order),
			 SERVICE_INVALID_VALUE);
}
END_TEST

/* F4 */
START_TEST(codes_are_shown_by_their_names)
{
	char buf[SERVICE_VALUE_MAX + 1];
	struct text t = text_in(buf, sizeof(buf));

	service_codes(0, &t);
	ck_assert_str_eq(buf, "");
	service_codes(CODE_BIT(CODE_A_B01) | CODE_BIT(CODE_W_B07), &t);
	ck_assert_str_eq(buf, "W-B07 A-B01");
	t = text_in(buf, sizeof(buf));
	service_codes(CODE_BIT(CODE_COUNT - 1) * 2 - 1, &t);
	ck_assert(!t.cut);
}
END_TEST

START_TEST(reasons_are_shown_as_whole_lines)
{
	struct reason reasons[40];
	struct bms_output output = { .n_reasons = 0, .reasons = reasons };
	char buf[SERVICE_VALUE_MAX + 1];
	struct text t = text_in(buf, sizeof(buf));

	for (uint32_t i = 0; i < 40; i++)
		reasons[i] = (struct reason){
			.kind = REASON_CELL_LOW, .battery = 1 + i,
			.cell = 7, .has_value = true, .value = 2791,
			.limit = 2800, .forbids_discharge = true };
	reasons[1].forbids_charge = true;
	reasons[2].forbids_charge = true;
	service_reasons(&output, SHOW_REASONS_DISCHARGE, 0, &t);
	ck_assert_str_eq(buf, "");
	output.n_reasons = 40;
	service_reasons(&output, SHOW_REASONS_CHARGE, 0, &t);
	ck_assert_str_eq(buf, "cell-low:2.7:2.791:2.800\n"
			      "cell-low:3.7:2.791:2.800");
	t = text_in(buf, sizeof(buf));
	service_reasons(&output, SHOW_REASONS_BATTERY, 40, &t);
	ck_assert_str_eq(buf, "cell-low:40.7:2.791:2.800");
	t = text_in(buf, sizeof(buf));
	service_reasons(&output, SHOW_REASONS_DISCHARGE, 0, &t);
	ck_assert(!t.cut);
	ck_assert_ptr_nonnull(strstr(buf, "cell-low:19.7:2.791:2.800\n+21"));
	t = text_in(buf, 20);
	service_reasons(&output, SHOW_REASONS_DISCHARGE, 0, &t);
	ck_assert_str_eq(buf, "+40");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gatt-service");
	TCase *tcase = tcase_create("service");

	tcase_add_loop_test(tcase,
			    a_number_is_itself_the_nearest_or_the_mark, 0, 6);
	tcase_add_test(tcase, a_text_is_shown_whole_up_to_512_bytes);
	tcase_add_test(tcase, a_list_holds_what_there_is_and_no_more);
	tcase_add_test(tcase, all_batteries_are_listed_as_whole_records);
	tcase_add_test(tcase, a_long_value_is_read_in_pieces);
	tcase_add_test(tcase, the_table_says_the_same_as_those_it_shows);
	tcase_add_test(tcase,
		       a_characteristic_has_its_uuid_and_presentation);
	tcase_add_loop_test(tcase, a_write_is_understood_or_changes_nothing,
			    0, (int)ARRAY_SIZE(writes));
	tcase_add_test(tcase, a_mode_is_handed_on_as_a_word);
	tcase_add_test(tcase, a_row_that_is_wrong_does_nothing);
	tcase_add_test(tcase, codes_are_shown_by_their_names);
	tcase_add_test(tcase, reasons_are_shown_as_whole_lines);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
