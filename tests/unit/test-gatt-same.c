/* SPDX-License-Identifier: MIT */
/*
 * The pages on Bluetooth show what D-Bus shows (G2, F1-F3): banks are brought
 * into states, and the bytes of every characteristic are read and compared
 * with what D-Bus publishes of the same moment.
 */
#include <math.h>
#include <string.h>

#include "daemon/bus_snapshot.h"
#include "lib/core/arrangement.h"
#include "lib/gatt/fill.h"
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

enum { REASONS = 600 };

static struct bank bank;
static struct fill_source source;
static struct fill_texts texts;
static struct service_values values;
static struct view view;
/* As D-Bus shows them. */
static struct snapshot_bms bms;
static struct snapshot_battery battery;
static struct snapshot_history history;
static struct snapshot_settings settings;
static struct reason reasons[3][REASONS];

static const struct service_row *row_of(uint16_t uuid)
{
	for (size_t i = 0; i < n_service_rows; i++)
		if (service_rows[i].uuid == uuid)
			return &service_rows[i];
	ck_abort_msg("no characteristic %04x", uuid);
	return NULL;
}

static void setup(void)
{
	bank_init(&bank, 2);
	strcpy(bank.settings.bus[0].name, "rack");
	bank.settings.n_buses = 1;
	bank.settings.bus[0].n_addresses = 2;
	strcpy(bank.sample[1].model, "B\xe9la");
	strcpy(bank.sample[1].firmware, "15.38");
	bank.sample[1].cycles = known_i32(12);
	bank.sample[1].temperature[0].dc = known_i32(185);
	view = (struct view){ .settings = &bank.settings,
			      .state = &bank.state, .output = &bank.out,
			      .mode = BMS_MODE_CHARGER_ONLY,
			      .lines_ok = true };
	source = (struct fill_source){ .settings = &bank.settings,
		.state = &bank.state, .output = &bank.out,
		.mode = BMS_MODE_CHARGER_ONLY, .version = "1" };
}

static void show(uint32_t number)
{
	static const struct snapshot_history none;

	view.now = bank.input.now;
	view.lines.high[LINE_PRE_ALARM] = bank.out.pre_alarm_high;
	source.now = bank.input.now;
	source.pre_alarm = snapshot_line(&view, LINE_PRE_ALARM);
	bms.charge_reasons = (struct snapshot_reasons){ 0, REASONS,
							reasons[0] };
	bms.discharge_reasons = (struct snapshot_reasons){ 0, REASONS,
							   reasons[1] };
	battery.reasons = (struct snapshot_reasons){ 0, REASONS, reasons[2] };
	snapshot_bms(&view, &bms);
	snapshot_battery(&view, number - 1, &battery);
	snapshot_history(&view, &none, &history);
	snapshot_settings(&view, &settings);
	fill_service(&source, number, &texts, &values);
}

/* NAN where it is the mark for unknown. */
static double number_in(const uint8_t *p, enum service_format format,
			int exponent)
{
	unsigned int bytes = service_formats[format].bytes;
	bool is_signed = service_formats[format].is_signed;
	uint64_t raw = 0, top = (uint64_t)1 << (8 * bytes - 1);
	double value;

	for (unsigned int i = bytes; i-- > 0;)
		raw = raw << 8 | p[i];
	if (is_signed ? raw == top : raw == top * 2 - 1)
		return NAN;
	value = (double)raw - (is_signed && raw & top ? 2.0 * top : 0);
	return value * pow(10, exponent);
}

static void check_same(double got, double want)
{
	if (isnan(want))
		ck_assert_double_nan(got);
	else
		ck_assert_double_eq_tol(got, want, 1e-6 + fabs(want) * 1e-9);
}

/* D-Bus has 0 where it is unknown. */
static double unless_0(uint32_t n)
{
	return n ? n : NAN;
}

static double read_number(uint16_t uuid)
{
	const struct service_row *row = row_of(uuid);
	uint8_t got[8];

	ck_assert_int_eq(service_read(row, &values, 0, got, sizeof(got)),
			 service_formats[row->format].bytes);
	return number_in(got, row->format, row->exponent);
}

static void check_numbers(void)
{
	const struct { uint16_t uuid; double want; } numbers[] = {
		{ 0x0101, bms.state_of_charge }, { 0x0105, bms.voltage },
		{ 0x0106, bms.current },
		{ 0x0108, bms.consumed_amp_hours },
		{ 0x0109, bms.time_remaining }, { 0x010e, bms.remote_on },
		{ 0x010f, bms.max_charge_current },
		{ 0x0110, bms.max_discharge_current },
		{ 0x0111, bms.updating }, { 0x0202, bms.min_cell_voltage },
		{ 0x0203, bms.max_cell_voltage },
		{ 0x0204, bms.min_cell_temperature },
		{ 0x0205, bms.max_cell_temperature },
		{ 0x0206, bms.batteries }, { 0x0207, unless_0(bms.cells) },
		{ 0x0208, unless_0(bms.series) },
		{ 0x0209, unless_0(bms.parallel) },
		{ 0x020a, bms.nominal_voltage },
		{ 0x020b, bms.installed_capacity },
		{ 0x0214, battery.nominal_capacity },
		{ 0x0215, battery.voltage }, { 0x0216, battery.current },
		{ 0x0217, battery.temperature },
		{ 0x0218, battery.state_of_charge },
		{ 0x0219, battery.cycles == SNAPSHOT_UNKNOWN_U ? NAN :
			  battery.cycles },
		{ 0x0401, settings.charged_voltage },
		{ 0x0402, settings.tail_current },
		{ 0x0403, settings.charged_detection_time * 60 },
		{ 0x0404, settings.low_soc_warning },
		{ 0x0405, settings.discharge_floor },
		{ 0x0406, settings.bluetooth_enabled },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		check_same(read_number(numbers[i].uuid), numbers[i].want);
	for (uint16_t id = 0; id < HISTORY_COUNT; id++)
		check_same(read_number((uint16_t)(0x0301 + id)),
			   history.number[id]);
	/* Cut to a milliwatt. */
	if (isnan(bms.power))
		ck_assert_double_nan(read_number(0x0107));
	else
		ck_assert_double_eq_tol(read_number(0x0107), bms.power,
					0.001);
}

static const char *lines_of(const struct snapshot_reasons *list)
{
	static char buf[SERVICE_VALUE_MAX + 1];
	struct text t = text_in(buf, sizeof(buf));
	char text[BMS_REASON_TEXT_SIZE];

	for (size_t i = 0; i < list->n; i++) {
		reason_text(&list->item[i], text);
		text_str(&t, i ? "\n" : "");
		text_str(&t, text);
	}
	ck_assert(!t.cut);
	return buf;
}

static void check_text(uint16_t uuid, const char *want)
{
	char got[SERVICE_VALUE_MAX + 1] = "";
	int n = service_read(row_of(uuid), &values, 0, (uint8_t *)got,
			     SERVICE_VALUE_MAX);

	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, want);
}

static void check_texts(void)
{
	char codes[SERVICE_VALUE_MAX];
	struct text t = text_in(codes, sizeof(codes));

	service_codes(bms.warnings | bms.alarms | bms.errors, &t);
	check_text(0x010a, codes);
	check_text(0x0102, bms.mode);
	check_text(0x0103, bms.allowed_to_charge);
	check_text(0x0104, bms.allowed_to_discharge);
	check_text(0x010b, lines_of(&bms.charge_reasons));
	check_text(0x010c, lines_of(&bms.discharge_reasons));
	check_text(0x010d, bms.pre_alarm);
	check_text(0x0201, bms.balancer_status);
	check_text(0x0211, battery.serial);
	check_text(0x0212, battery.model);
	check_text(0x0213, battery.firmware);
	check_text(0x021c, lines_of(&battery.reasons));
}

static void check_list(uint16_t uuid, const struct snapshot_doubles *want)
{
	uint8_t got[SERVICE_VALUE_MAX];
	const struct service_row *row = row_of(uuid);
	int n = service_read(row, &values, 0, got, sizeof(got));

	ck_assert_int_eq(n, 2 * (int)want->n);
	for (uint32_t i = 0; i < want->n; i++)
		check_same(number_in(got + 2 * i, row->format,
				     row->exponent), want->value[i]);
}

static double extreme(const struct snapshot_doubles *list, bool highest)
{
	double found = NAN;

	for (uint32_t i = 0; i < list->n; i++)
		found = highest ? fmax(found, list->value[i]) :
				  fmin(found, list->value[i]);
	return found;
}

static void check_records(uint32_t number)
{
	double want[] = {
		battery.online, battery.allowed_to_charge,
		battery.allowed_to_discharge, battery.bypassed,
		battery.state_of_charge,
		extreme(&battery.cell_voltages, false),
		extreme(&battery.cell_voltages, true), battery.temperature,
	};
	uint8_t got[SERVICE_VALUE_MAX];
	const uint8_t *at = got + FILL_RECORD_SIZE * (number - 1);
	int n = service_read(row_of(0x020c), &values, 0, got, sizeof(got));

	ck_assert_int_eq(n, FILL_RECORD_SIZE * (int)bank.n);
	ck_assert_uint_eq(n_service_record_rows, ARRAY_SIZE(want));
	for (size_t i = 0; i < n_service_record_rows; i++) {
		const struct service_record_row *row =
			&service_record_rows[i];

		check_same(number_in(at, row->format, row->exponent),
			   want[i]);
		at += service_formats[row->format].bytes;
	}
	ck_assert_ptr_eq(at, got + FILL_RECORD_SIZE * number);
}

static void check_all(void)
{
	for (uint32_t number = 1; number <= bank.n; number++) {
		show(number);
		check_numbers();
		check_texts();
		check_list(0x021a, &battery.cell_voltages);
		check_list(0x021b, &battery.cell_temperatures);
		check_records(number);
		check_same(read_number(0x0210), number);
	}
}

START_TEST(every_page_shows_what_d_bus_shows)
{
	bank_step_only(&bank);
	check_all();
	bank_start(&bank);
	check_all();
	bank.sample[0].current_ma = known_i32(-4321);
	bank.settings.monitor.charged_voltage_mv = 14200;
	bank_run_ms(&bank, 400000);
	check_all();
	bank_cell(&bank, 1, 5, 3050);
	bank_run_ms(&bank, 5000);
	check_all();
	ck_assert_str_eq(bms.allowed_to_discharge, "pre-alarm");
	ck_assert_uint_gt(bms.discharge_reasons.n, 0);
	bank_cell(&bank, 1, 5, 2700);
	bank_cell(&bank, 0, 3, 3770);
	bank_run_ms(&bank, 60000);
	check_all();
	bank.silent[1] = true;
	bank.sample[0].temperature[1].dc = UNKNOWN_I32;
	bank.sample[0].cycles = known_i32(7);
	bank.sample[0].soc_permille = UNKNOWN_I32;
	bank_run_ms(&bank, 20000);
	check_all();
	ck_assert_str_eq(battery.model, "B?la");
	ck_assert_int_eq(battery.online, 0);
}
END_TEST

/* What a phone selects may not be there: the others stay. */
START_TEST(of_no_battery_nothing_is_shown)
{
	static const uint32_t none[] = { 0, 3, UINT16_MAX - 1, UINT32_MAX };

	bank_start(&bank);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		show(1);
		fill_service(&source, none[i], &texts, &values);
		for (uint16_t uuid = 0x0214; uuid <= 0x0219; uuid++)
			ck_assert_double_nan(read_number(uuid));
		for (uint16_t uuid = 0x0211; uuid <= 0x0213; uuid++)
			check_text(uuid, "");
		check_text(0x021c, "");
		check_list(0x021a, &(struct snapshot_doubles){ .n = 0 });
		check_same(read_number(0x0206), 2);
		check_same(read_number(0x0101), bms.state_of_charge);
	}
}
END_TEST

/* More batteries than a value of 512 bytes has room for. */
START_TEST(of_many_batteries_the_first_are_listed)
{
	uint8_t got[SERVICE_VALUE_MAX];

	bank_init(&bank, 50);
	bank_start(&bank);
	bank_cell(&bank, 41, 7, 3295);
	bank_run_ms(&bank, 2000);
	fill_service(&source, 50, &texts, &values);
	ck_assert_int_eq(service_read(row_of(0x020c), &values, 0, got,
				      sizeof(got)), 42 * FILL_RECORD_SIZE);
	check_same(number_in(got + 41 * FILL_RECORD_SIZE + 6, SERVICE_U16,
			     -3), 3.295);
	check_text(0x0211, "00000001049");
}
END_TEST

/* A pack may claim any number of cells. */
START_TEST(no_more_cells_are_listed_than_a_battery_can_have)
{
	show(1);
	bank.battery[0].online = true;
	bank.battery[0].sample.n_cells = 255;
	fill_service(&source, 1, &texts, &values);
	ck_assert_uint_eq(values.cell_mv.n, BMS_CELLS_MAX);
	ck_assert(texts.record[0].min_cell_mv.known);
}
END_TEST

START_TEST(power_needs_voltage_and_current)
{
	bank.out.voltage_mv = known_i32(13280);
	fill_service(&source, 1, &texts, &values);
	ck_assert(!values.power_mw.known);
	bank.out.current_ma = known_i32(-12345);
	fill_service(&source, 1, &texts, &values);
	ck_assert_int_eq(values.power_mw.value, -163941);
	bank.out.voltage_mv = UNKNOWN_I32;
	fill_service(&source, 1, &texts, &values);
	ck_assert(!values.power_mw.known);
}
END_TEST

/* --- Battery Service ---------------------------------------------------- */

START_TEST(the_battery_service_says_the_same)
{
	static struct inverter_reading reading;
	struct standard_values v;

	bank_start(&bank);
	bank.sample[0].soh_permille = known_i32(990);
	bank.sample[1].soh_permille = known_i32(970);
	bank.sample[1].current_ma = known_i32(-20000);
	bank_run_ms(&bank, 3000);
	source.now = bank.input.now;
	source.serial = "1234";
	fill_standard(&source, &v);
	ck_assert_int_eq(v.soc_permille.value, bank.out.soc_permille.value);
	ck_assert_int_eq(v.voltage_mv.value, bank.out.voltage_mv.value);
	ck_assert_int_eq(v.current_ma.value, -20000);
	ck_assert_int_eq(v.temperature_dc.value, 250);
	ck_assert_int_eq(v.time_remaining_s.value,
			 bank.out.time_remaining_s.value);
	/* 51.2 V, twice 280 Ah */
	ck_assert_int_eq(v.energy_wh.value,
			 28672 * bank.out.soc_permille.value / 1000);
	ck_assert_int_eq(v.health_permille.value, 970);
	ck_assert(v.cycles.known && v.cycles.value == 0);
	ck_assert(!v.mains.known);
	ck_assert_int_eq(v.charge, STANDARD_DISCHARGING);
	ck_assert_int_eq(v.level, STANDARD_LEVEL_GOOD);
	ck_assert(!v.critical && !v.service);
	ck_assert_str_eq(v.serial, "1234");
	ck_assert_str_eq(v.software, "1");
	ck_assert_str_eq(v.maker, "vebus-bms-ng");
	ck_assert_ptr_nonnull(v.model);
	reading.connected = true;
	reading.ac_time = bank.input.now;
	reading.mains_present = known_i32(1);
	source.inverter = &reading;
	fill_standard(&source, &v);
	ck_assert(v.mains.known && v.mains.value == 1);
	reading.connected = false;
	fill_standard(&source, &v);
	ck_assert(!v.mains.known);
}
END_TEST

START_TEST(the_critical_state_is_the_pre_alarm)
{
	struct standard_values v;

	bank_start(&bank);
	bank_cell(&bank, 0, 0, 3050);
	bank_run_ms(&bank, 3000);
	ck_assert(bank.out.pre_alarm_high);
	fill_standard(&source, &v);
	ck_assert(v.critical && !v.service);
	ck_assert_int_eq(v.level, STANDARD_LEVEL_LOW);
}
END_TEST

/* What flows below 0.1 A is what sensors make of none. */
START_TEST(charge_has_a_direction_from_0_1_a_on)
{
	static const struct {
		int32_t ma;
		enum standard_charge charge;
	} currents[] = {
		{ -100, STANDARD_DISCHARGING }, { -99, STANDARD_IDLE },
		{ 0, STANDARD_IDLE }, { 99, STANDARD_IDLE },
		{ 100, STANDARD_CHARGING },
	};
	struct standard_values v;

	fill_standard(&source, &v);
	ck_assert_int_eq(v.charge, STANDARD_CHARGE_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(currents); i++) {
		bank.out.current_ma = known_i32(currents[i].ma);
		fill_standard(&source, &v);
		ck_assert_int_eq(v.charge, currents[i].charge);
	}
}
END_TEST

START_TEST(what_is_not_known_is_not_made_up)
{
	struct bms_output *out = &bank.out;
	struct standard_values v;

	fill_standard(&source, &v);
	ck_assert_int_eq(v.level, STANDARD_LEVEL_UNKNOWN);
	ck_assert(!v.energy_wh.known && !v.health_permille.known);
	out->soc_permille = known_i32(500);
	fill_standard(&source, &v);
	ck_assert(!v.energy_wh.known);
	out->capacity_mah = known_i32(280000);
	fill_standard(&source, &v);
	ck_assert(!v.energy_wh.known);
	out->nominal_mv = known_i32(12800);
	fill_standard(&source, &v);
	ck_assert_int_eq(v.energy_wh.value, 1792);
	out->capacity_mah = known_i32(INT32_MAX);
	out->nominal_mv = known_i32(INT32_MAX);
	fill_standard(&source, &v);
	ck_assert_int_eq(v.energy_wh.value, INT32_MAX);
	/* One that does not tell could be the worst. */
	bank.battery[0].online = true;
	bank.battery[0].sample.soh_permille = known_i32(900);
	bank.battery[1].online = true;
	fill_standard(&source, &v);
	ck_assert(!v.health_permille.known);
	bank.battery[1].sample.soh_permille = known_i32(950);
	fill_standard(&source, &v);
	ck_assert_int_eq(v.health_permille.value, 900);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gatt-same");
	TCase *tcase = tcase_create("same");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, every_page_shows_what_d_bus_shows);
	tcase_add_test(tcase, of_no_battery_nothing_is_shown);
	tcase_add_test(tcase, of_many_batteries_the_first_are_listed);
	tcase_add_test(tcase,
		       no_more_cells_are_listed_than_a_battery_can_have);
	tcase_add_test(tcase, power_needs_voltage_and_current);
	tcase_add_test(tcase, the_battery_service_says_the_same);
	tcase_add_test(tcase, the_critical_state_is_the_pre_alarm);
	tcase_add_test(tcase, charge_has_a_direction_from_0_1_a_on);
	tcase_add_test(tcase, what_is_not_known_is_not_made_up);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
