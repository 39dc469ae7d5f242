/* SPDX-License-Identifier: MIT */
/*
 * The settings table and its parser (requirements I1, B2 to B8, D1;
 * design.md 7): every bound of every row from both sides, and texts that
 * read back as the value they came from.
 */
#include "settings_fixture.h"

static const char *section_of(const struct setting_row *row)
{
	return strcmp(row->section, "bus") == 0 ? "bus rack" : row->section;
}

static const char *text_of(const struct settings *s,
			   const struct setting_row *row)
{
	static char buf[256];

	settings_text(s, row, 0, buf, sizeof(buf));
	return buf;
}

/* A stored number with all digits that the row takes. */
static const char *number_text(const struct setting_row *row, int64_t stored)
{
	static char buf[40];
	struct text t = text_in(buf, sizeof(buf));
	int64_t count = stored;

	for (unsigned int i = 0; i < row->decimals; i++)
		count *= 10;
	ck_assert_int_eq(count % row->scale, 0);
	text_fixed(&t, count / row->scale, row->decimals);
	return buf;
}

/* Stored difference of one in the last digit. */
static int32_t step_of(const struct setting_row *row)
{
	int32_t step = row->scale;

	for (unsigned int i = 0; i < row->decimals; i++) {
		ck_assert_int_eq(step % 10, 0);
		step /= 10;
	}
	return step;
}

/* --- the contract: design.md 7 ------------------------------------------ */

static const struct {
	const char *section, *key, *value, *allowed;
} contract[] = {
	{ "general", "batteries", "", "1 to 2048" },
	{ "general", "nominal-voltage", "auto", "auto, 12, 24 or 48" },
	{ "general", "self-isolating", "no", "yes or no" },
	{ "bus", "device", "", "a path or name of up to 255 characters" },
	{ "bus", "protocol", "", "a name of up to 31 characters" },
	{ "bus", "baud", "auto", "auto, 2400, 4800, 9600, 19200, 38400, "
	  "57600, 115200 or 230400" },
	{ "bus", "addresses", "", "up to 32 numbers and ranges such as "
	  "1-4,7" },
	{ "inverter", "device", "/dev/vebus-mk3",
	  "a path or name of up to 255 characters" },
	{ "inverter", "reduced-charge-current", "5", "0 to 10 A" },
	{ "inverter", "hand-soc", "no", "yes or no" },
	{ "gpio", "chip", "auto", "a path or name of up to 255 characters" },
	{ "gpio", "load-disconnect", "17",
	  "a number such as 17 or a name such as GPIO17" },
	{ "gpio", "charge-disconnect", "27",
	  "a number such as 17 or a name such as GPIO17" },
	{ "gpio", "pre-alarm", "22", NULL },
	{ "gpio", "remote-l", "23", NULL },
	{ "gpio", "remote-h", "24", NULL },
	{ "gpio", "led-bluetooth", "", NULL },
	{ "gpio", "led-error", "", NULL },
	{ "gpio", "led-vebus", "", NULL },
	{ "gpio", "heartbeat", "", NULL },
	{ "protection", "cell-pre-alarm", "3.10", "2.85 to 3.15 V" },
	{ "protection", "cell-low", "2.80", "2.60 to 2.80 V" },
	{ "protection", "cell-low-clear", "3.20", "2.90 to 3.40 V" },
	{ "protection", "cell-low-hard", "2.50", "2.50 to 2.60 V" },
	{ "protection", "cell-high", "3.75", "3.55 to 3.75 V" },
	{ "protection", "cell-high-clear", "3.60", "3.35 to 3.65 V" },
	{ "protection", "cell-high-hard", "3.80", "3.60 to 3.80 V" },
	{ "protection", "charge-temperature-low", "5", "0 to 20 degC" },
	{ "protection", "charge-temperature-high", "50", "40 to 55 degC" },
	{ "protection", "discharge-temperature-guard", "no", "yes or no" },
	{ "protection", "discharge-temperature-low", "-20",
	  "-20 to 10 degC" },
	{ "protection", "discharge-temperature-high", "55",
	  "40 to 55 degC" },
	{ "protection", "release-hold", "30", "5 to 3600 s" },
	{ "protection", "pre-alarm-lead", "30", "30 to 600 s" },
	{ "protection", "lost-warning", "5", "2 to 10 s" },
	{ "protection", "lost-alarm", "15", "5 to 30 s" },
	{ "protection", "charge-rate", "0.30", "0.05 to 1 C" },
	{ "protection", "discharge-rate", "0.50", "0.05 to 1 C" },
	{ "battery-monitor", "charged-voltage", "auto",
	  "auto or 13.40 to 14.60 V" },
	{ "battery-monitor", "tail-current", "4", "0.5 to 10 %" },
	{ "battery-monitor", "charged-detection-time", "3", "1 to 50 min" },
	{ "battery-monitor", "low-soc-warning", "12", "1 to 95 %" },
	{ "battery-monitor", "discharge-floor", "10", "0 to 90 %" },
	{ "bluetooth", "enabled", "yes", "yes or no" },
	{ "bluetooth", "instant-readout", "bms",
	  "bms, battery-monitor, smart-lithium or off" },
	{ "bluetooth", "product-id", "0xa3e4", "0x0000 to 0xffff" },
	{ "bluetooth", "adapter", "auto", "auto, hci0, hci1, hci2, hci3, "
	  "hci4, hci5, hci6 or hci7" },
	{ "capture", "file", "",
	  "a path or name of up to 255 characters, or nothing" },
	{ "capture", "max-size", "16", "1 to 1024 MiB" },
};

START_TEST(every_key_has_its_promised_name_default_and_range)
{
	ck_assert_uint_eq(ARRAY_SIZE(contract), n_setting_rows);
	for (size_t i = 0; i < ARRAY_SIZE(contract); i++) {
		const struct setting_row *row =
			settings_row(contract[i].section, contract[i].key);
		char allowed[256];
		struct text t = text_in(allowed, sizeof(allowed));

		ck_assert_ptr_nonnull(row);
		ck_assert_str_eq(row->default_text, contract[i].value);
		settings_allowed(row, &t);
		if (contract[i].allowed)
			ck_assert_str_eq(allowed, contract[i].allowed);
		else
			ck_assert_str_eq(allowed, "a number such as 17 or a "
					 "name such as GPIO17; nothing where "
					 "it is not fitted");
		ck_assert_uint_gt(strlen(row->help), 10);
	}
}
END_TEST

START_TEST(defaults_are_the_figures_of_the_requirements)
{
	struct settings s;
	const struct settings_protection *p = &s.protection;

	settings_init(&s);
	ck_assert_int_eq(p->cell_pre_alarm_mv, 3100);
	ck_assert_int_eq(p->cell_low_mv, 2800);
	ck_assert_int_eq(p->cell_low_clear_mv, 3200);
	ck_assert_int_eq(p->cell_low_hard_mv, 2500);
	ck_assert_int_eq(p->cell_high_mv, 3750);
	ck_assert_int_eq(p->cell_high_clear_mv, 3600);
	ck_assert_int_eq(p->cell_high_hard_mv, 3800);
	ck_assert_int_eq(p->charge_temperature_low_dc, 50);
	ck_assert_int_eq(p->charge_temperature_high_dc, 500);
	ck_assert(!p->discharge_temperature_guard);
	ck_assert_int_eq(p->discharge_temperature_low_dc, -200);
	ck_assert_int_eq(p->discharge_temperature_high_dc, 550);
	ck_assert_int_eq(p->release_hold_ms, 30000);
	ck_assert_int_eq(p->pre_alarm_lead_ms, 30000);
	ck_assert_int_eq(p->lost_warning_ms, 5000);
	ck_assert_int_eq(p->lost_alarm_ms, 15000);
	ck_assert_int_eq(p->charge_rate_permille, 300);
	ck_assert_int_eq(p->discharge_rate_permille, 500);
	ck_assert_int_eq(s.monitor.charged_voltage_mv, 0);
	ck_assert_int_eq(s.monitor.tail_current_permille, 40);
	ck_assert_int_eq(s.monitor.charged_detection_time_ms, 180000);
	ck_assert_int_eq(s.monitor.low_soc_warning_permille, 120);
	ck_assert_int_eq(s.monitor.discharge_floor_permille, 100);
	ck_assert_int_eq(s.inverter.reduced_charge_current_ma, 5000);
	ck_assert_int_eq(s.bluetooth.product_id, 0xa3e4);
	ck_assert_int_eq(s.bluetooth.adapter, -1);
	ck_assert_int_eq(s.capture.max_size_mib, 16);
	ck_assert_str_eq(s.gpio.line[LINE_LOAD_DISCONNECT], "17");
	ck_assert_str_eq(s.gpio.line[LINE_CHARGE_DISCONNECT], "27");
	ck_assert_str_eq(s.gpio.line[LINE_PRE_ALARM], "22");
	ck_assert_str_eq(s.gpio.line[LINE_REMOTE_L], "23");
	ck_assert_str_eq(s.gpio.line[LINE_REMOTE_H], "24");
	ck_assert_str_eq(s.gpio.line[LINE_HEARTBEAT], "");
	ck_assert_str_eq(s.gpio.chip, "auto");
	ck_assert(!s.general.self_isolating);
	ck_assert(!s.inverter.present);
	ck_assert_uint_eq(s.n_buses, 0);
}
END_TEST

/* --- one value ---------------------------------------------------------- */

START_TEST(every_default_is_taken_and_reads_back_as_itself)
{
	struct settings s;

	make_valid(&s);
	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];

		if (!*row->default_text)
			continue;
		ck_assert_str_eq(text_of(&s, row), row->default_text);
		must_set(&s, section_of(row), row->key, row->default_text);
		ck_assert_str_eq(text_of(&s, row), row->default_text);
	}
}
END_TEST

START_TEST(every_number_takes_its_bounds_and_nothing_beyond)
{
	unsigned int n = 0;

	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];
		int32_t step;
		struct settings s, before;

		if (row->type != SETTING_NUMBER)
			continue;
		n++;
		make_valid(&s);
		step = step_of(row);
		must_set(&s, section_of(row), row->key,
			 number_text(row, row->min));
		must_set(&s, section_of(row), row->key,
			 number_text(row, row->max));
		before = s;
		ck_assert_int_eq(set(&s, section_of(row), row->key,
				     number_text(row, row->min - step)), -1);
		ck_assert_ptr_nonnull(strstr(error, "is too low; allowed: "));
		ck_assert_ptr_eq(strstr(error, row->key), error);
		ck_assert_int_eq(set(&s, section_of(row), row->key,
				     number_text(row, row->max + step)), -1);
		ck_assert_ptr_nonnull(strstr(error, "is too high; allowed: "));
		ck_assert_mem_eq(&s, &before, sizeof(s));
	}
	ck_assert_uint_gt(n, 20);
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
	static const char *const bad[] = {
		"", "-", ".", "3.", ".5", "3,10", "3.1.0", "2.8V", "2.8 V",
		"+3", "0x3", "1e1", "nan", "inf", "--3", "3 3", "3.100",
		"99999999999999999999", "-99999999999999999999", "auto",
		"\xc2\xb2", "3\n",
	};
	struct settings s;

	make_valid(&s);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(set(&s, "protection", "cell-pre-alarm",
				  bad[i]) == -1, "%s", bad[i]);
		ck_assert_ptr_nonnull(strstr(error, "2.85 to 3.15 V"));
		ck_assert_int_eq(s.protection.cell_pre_alarm_mv, 3100);
	}
}
END_TEST

START_TEST(words_are_taken_letter_by_letter_only)
{
	static const struct {
		const char *section, *key, *value;
	} bad[] = {
		{ "general", "self-isolating", "Yes" },
		{ "general", "self-isolating", "true" },
		{ "general", "self-isolating", "1" },
		{ "general", "self-isolating", "" },
		{ "general", "nominal-voltage", "36" },
		{ "general", "nominal-voltage", "AUTO" },
		{ "bus rack", "baud", "115201" },
		{ "bus rack", "baud", "0" },
		{ "battery-monitor", "charged-voltage", "Auto" },
		{ "battery-monitor", "charged-voltage", "0" },
		{ "bluetooth", "instant-readout", "smart lithium" },
		{ "bluetooth", "adapter", "hci8" },
		{ "bluetooth", "adapter", "0" },
		{ "bus rack", "device", "" },
		{ "bus rack", "device", "/dev/x # the rack" },
		{ "bus rack", "device", ";/dev/x" },
		{ "bus rack", "device", "/dev/\tx" },
		{ "bus rack", "protocol",
		  "a-name-that-is-one-too-long-here" },
		{ "gpio", "chip", "" },
	};
	struct settings s, before;

	make_valid(&s);
	before = s;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(set(&s, bad[i].section, bad[i].key,
				  bad[i].value) == -1, "%s = %s",
			      bad[i].key, bad[i].value);
		ck_assert_ptr_nonnull(strstr(error, "allowed: "));
		ck_assert_mem_eq(&s, &before, sizeof(s));
	}
}
END_TEST

START_TEST(lines_are_numbers_names_or_nothing)
{
	static const char *const good[] = {
		"0", "17", "1023", "GPIO17", "ID_SDA", "a.b-c:d+e/f"
	};
	static const char *const bad[] = {
		"017", "1024", "-1", "1 7", "GPIO 17", "17x", "#17",
		"Name_of_a_line_that_is_far_too_long"
	};
	struct settings s;

	make_valid(&s);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		must_set(&s, "gpio", "pre-alarm", good[i]);
		ck_assert_str_eq(s.gpio.line[LINE_PRE_ALARM], good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(set(&s, "gpio", "pre-alarm", bad[i]), -1);
	must_set(&s, "gpio", "pre-alarm", "");
	ck_assert_str_eq(s.gpio.line[LINE_PRE_ALARM], "");
	/* The safe path cannot be left out. */
	ck_assert_int_eq(set(&s, "gpio", "load-disconnect", ""), -1);
	ck_assert_int_eq(set(&s, "gpio", "charge-disconnect", ""), -1);
	ck_assert_str_eq(s.gpio.line[LINE_CHARGE_DISCONNECT], "27");
}
END_TEST

/* G1 */
START_TEST(a_product_id_is_0x_and_up_to_four_digits)
{
	static const char *const good[][2] = {
		{ "0xBA77", "0xba77" }, { "0x0", "0x0000" },
		{ "0xffff", "0xffff" }, { "0x0f9", "0x00f9" },
	};
	static const char *const bad[] = {
		"", "0x", "0xg", "0x@", "0x`", "0x/", "0xG1", "a3e4", "41956",
		"0X1", "0x10000", "0x00001", "0x a", "0x1 ", "0x-1", "-0x1",
		"0xa3e4e4e4e4e4e4e4e4e4",
	};
	const struct setting_row *row = settings_row("bluetooth",
						     "product-id");
	struct settings s;

	make_valid(&s);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		must_set(&s, "bluetooth", "product-id", good[i][0]);
		ck_assert_str_eq(text_of(&s, row), good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(set(&s, "bluetooth", "product-id",
				  bad[i]) == -1, "%s", bad[i]);
		ck_assert_ptr_nonnull(strstr(error, "0x0000 to 0xffff"));
		ck_assert_int_eq(s.bluetooth.product_id, 0xf9);
	}
}
END_TEST

START_TEST(addresses_are_lists_and_ranges)
{
	static const struct {
		const char *value, *text;
	} good[] = {
		{ "1", "1" },
		{ "1-4", "1-4" },
		{ "4, 1 - 2 ,3", "1-4" },
		{ "0,255", "0,255" },
		{ "1,2,3,5,7-9", "1-3,5,7-9" },
		{ "1-32", "1-32" },
		{ " 7 ", "7" },
	};
	static const char *const bad[] = {
		"", " ", ",", "1,", ",1", "1-", "-1", "1--2", "4-1", "1,1",
		"1-3,2", "256", "1-256", "1 2", "a", "1-33", "1;2",
		"99999999999999999999",
	};
	struct settings s, before;
	const struct setting_row *row = settings_row("bus", "addresses");

	make_valid(&s);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		must_set(&s, "bus rack", "addresses", good[i].value);
		ck_assert_str_eq(text_of(&s, row), good[i].text);
	}
	before = s;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(set(&s, "bus rack", "addresses", bad[i]) == -1,
			      "%s", bad[i]);
		ck_assert_mem_eq(&s, &before, sizeof(s));
	}
}
END_TEST

/* A value that the row takes, chosen by chance. */
static void random_value(uint64_t *seed, const struct setting_row *row,
			 char value[64])
{
	size_t n = 0;

	switch (row->type) {
	case SETTING_NUMBER:
		n = (size_t)((row->max - row->min) / step_of(row));
		snprintf(value, 64, "%s", number_text(row, row->min +
			 step_of(row) * unit_between(seed, 0, (int64_t)n)));
		return;
	case SETTING_HEX:
		snprintf(value, 64, "0x%X", (unsigned int)
			 unit_between(seed, row->min, row->max));
		return;
	case SETTING_BOOL:
		strcpy(value, unit_between(seed, 0, 1) ? "yes" : "no");
		return;
	case SETTING_CHOICE:
		while (row->choices[n].name)
			n++;
		n = (size_t)unit_between(seed, 0, (int64_t)n - 1);
		strcpy(value, row->choices[n].name);
		return;
	case SETTING_TEXT:
	case SETTING_LINE:
		snprintf(value, 64, "x%u", (unsigned int)
			 unit_between(seed, 0, 999999));
		return;
	case SETTING_ADDRESSES:
		n = (size_t)unit_between(seed, 0, 100);
		snprintf(value, 64, "%zu-%zu,%zu", n,
			 n + (size_t)unit_between(seed, 0, 20),
			 n + (size_t)unit_between(seed, 21, 99));
		return;
	}
}

START_TEST(any_allowed_value_reads_back_as_itself)
{
	uint64_t seed = unit_seed();

	for (int round = 0; round < 100; round++) {
		struct settings s, again;

		make_valid(&s);
		make_valid(&again);
		for (size_t i = 0; i < n_setting_rows; i++) {
			const struct setting_row *row = &setting_rows[i];
			char value[64];

			random_value(&seed, row, value);
			must_set(&s, section_of(row), row->key, value);
			must_set(&again, section_of(row), row->key,
				 text_of(&s, row));
		}
		ck_assert_mem_eq(&s, &again, sizeof(s));
		ck_assert_uint_eq(settings_identity(&s),
				  settings_identity(&again));
	}
}
END_TEST

/* --- sections and keys -------------------------------------------------- */

START_TEST(an_unknown_word_is_answered_with_the_nearest)
{
	static const struct {
		const char *section, *key, *answer;
	} cases[] = {
		{ "protection", "cell-hihg", "cell-high was probably meant" },
		{ "protection", "cell_low", "cell-low was probably meant" },
		{ "protection", "prealarm-lead",
		  "pre-alarm-lead was probably meant" },
		{ "gpio", "cell-low", "it belongs into [protection]" },
		{ "general", "addresses", "it belongs into [bus NAME]" },
		{ "bus rack", "adresses", "addresses was probably meant" },
		{ "capture", "zzz", "this section knows file, max-size" },
		{ "genral", "batteries", "[general] was probably meant" },
		{ "buss", "device", "[bus NAME] was probably meant" },
		{ "bus", "device", "[bus NAME]" },
		{ "zzzzzz", "device", "allowed: [general], [bus NAME]" },
	};
	struct settings s;

	make_valid(&s);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_eq(set(&s, cases[i].section, cases[i].key, "1"),
				 -1);
		ck_assert_msg(strstr(error, cases[i].answer) != NULL,
			      "%s/%s: %s", cases[i].section, cases[i].key,
			      error);
	}
}
END_TEST

START_TEST(a_bus_has_a_name_that_captures_can_carry)
{
	static const char *const bad[] = {
		"bus ", "bus inverter", "bus gpio", "bus a b", "bus  rack",
		"bus ra:ck", "bus \xc3\xa9", "bus a/b",
		"bus a234567890123456789012345678901x",
	};
	struct settings s;

	make_valid(&s);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(settings_section(&s, bad[i], error) == -1, "%s",
			      bad[i]);
	ck_assert_uint_eq(s.n_buses, 1);
	ck_assert_int_eq(settings_section(
		&s, "bus a23456789012345678901234567890x", error), 0);
	ck_assert_uint_eq(s.n_buses, 2);
}
END_TEST

START_TEST(one_bus_too_many_is_refused)
{
	struct settings s;
	char section[32];

	settings_init(&s);
	for (int i = 0; i < BMS_BUSES_MAX; i++) {
		snprintf(section, sizeof(section), "bus b%d", i);
		ck_assert_int_eq(settings_section(&s, section, error), 0);
	}
	ck_assert_int_eq(settings_section(&s, "bus more", error), -1);
	ck_assert_ptr_nonnull(strstr(error, "64"));
	/* One that is there may be opened again. */
	ck_assert_int_eq(settings_section(&s, "bus b63", error), 0);
	ck_assert_uint_eq(s.n_buses, BMS_BUSES_MAX);
}
END_TEST

START_TEST(batteries_are_counted_in_the_order_of_the_file)
{
	struct settings s;
	uint32_t bus = 99;
	uint8_t address = 99;

	make_valid(&s);
	must_set(&s, "bus shed", "addresses", "2,9");
	ck_assert_uint_eq(settings_n_batteries(&s), 6);
	settings_battery(&s, 3, &bus, &address);
	ck_assert_uint_eq(bus, 0);
	ck_assert_uint_eq(address, 4);
	settings_battery(&s, 5, &bus, &address);
	ck_assert_uint_eq(bus, 1);
	ck_assert_uint_eq(address, 9);
}
END_TEST

START_TEST(the_identity_is_of_what_decides)
{
	struct settings a, b;

	make_valid(&a);
	make_valid(&b);
	must_set(&b, "capture", "file", "/tmp/x");
	ck_assert_uint_eq(settings_identity(&a), settings_identity(&b));
	must_set(&b, "protection", "cell-low", "2.79");
	ck_assert_uint_ne(settings_identity(&a), settings_identity(&b));
	make_valid(&b);
	ck_assert_int_eq(settings_section(&b, "inverter", error), 0);
	ck_assert_uint_ne(settings_identity(&a), settings_identity(&b));
}
END_TEST

/* Every line has its key, from the table and from nowhere else. */
START_TEST(every_line_has_the_key_of_its_row)
{
	ck_assert_str_eq(settings_line_key(LINE_LOAD_DISCONNECT),
			 "load-disconnect");
	ck_assert_str_eq(settings_line_key(LINE_CHARGE_DISCONNECT),
			 "charge-disconnect");
	ck_assert_str_eq(settings_line_key(LINE_PRE_ALARM), "pre-alarm");
	ck_assert_str_eq(settings_line_key(LINE_LED_BLUETOOTH),
			 "led-bluetooth");
	ck_assert_str_eq(settings_line_key(LINE_LED_ERROR), "led-error");
	ck_assert_str_eq(settings_line_key(LINE_LED_VEBUS), "led-vebus");
	ck_assert_str_eq(settings_line_key(LINE_HEARTBEAT), "heartbeat");
	ck_assert_str_eq(settings_line_key(LINE_REMOTE_L), "remote-l");
	ck_assert_str_eq(settings_line_key(LINE_REMOTE_H), "remote-h");
	ck_assert_str_eq(settings_line_key(LINE_COUNT), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *c = tcase_create("settings");

	tcase_add_test(c, every_line_has_the_key_of_its_row);
	tcase_add_test(c, every_key_has_its_promised_name_default_and_range);
	tcase_add_test(c, defaults_are_the_figures_of_the_requirements);
	tcase_add_test(c, every_default_is_taken_and_reads_back_as_itself);
	tcase_add_test(c, every_number_takes_its_bounds_and_nothing_beyond);
	tcase_add_test(c, what_is_no_number_is_refused);
	tcase_add_test(c, words_are_taken_letter_by_letter_only);
	tcase_add_test(c, lines_are_numbers_names_or_nothing);
	tcase_add_test(c, addresses_are_lists_and_ranges);
	tcase_add_test(c, a_product_id_is_0x_and_up_to_four_digits);
	tcase_add_test(c, any_allowed_value_reads_back_as_itself);
	tcase_add_test(c, an_unknown_word_is_answered_with_the_nearest);
	tcase_add_test(c, a_bus_has_a_name_that_captures_can_carry);
	tcase_add_test(c, one_bus_too_many_is_refused);
	tcase_add_test(c, batteries_are_counted_in_the_order_of_the_file);
	tcase_add_test(c, the_identity_is_of_what_decides);
	tcase_set_timeout(c, 60);
	suite_add_tcase(suite, c);
	return unit_run(suite);
}
