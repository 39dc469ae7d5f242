/* SPDX-License-Identifier: MIT */
/*
 * What D-Bus shows and tells (F1, F4; design section 6).
 */
#include "tests/unit/bus_probe.h"

#include <string.h>

#include "daemon/bus_table.h"
#include "tests/unit/unit.h"

#define BATTERY_2 BUS_ROOT "/battery/2"
#define INVERTER BUS_ROOT "/inverter"
#define RACK BUS_ROOT "/bus/rack"

/* The picture of picture_fill(), name by name and type by type as in
 * design section 6. */
static const struct expected filled[] = {
	{ BUS_ROOT, BUS_BMS, "StateOfCharge", "d:11.500" },
	{ BUS_ROOT, BUS_BMS, "Mode", "s:on" },
	{ BUS_ROOT, BUS_BMS, "RemoteOn", "b:1" },
	{ BUS_ROOT, BUS_BMS, "AllowedToCharge", "s:yes" },
	{ BUS_ROOT, BUS_BMS, "AllowedToDischarge", "s:no" },
	{ BUS_ROOT, BUS_BMS, "ChargeReasons", "as:" },
	{ BUS_ROOT, BUS_BMS, "DischargeReasons",
	  "as:cell-low:2.7:2.791:2.800" },
	{ BUS_ROOT, BUS_BMS, "Voltage", "d:25.600" },
	{ BUS_ROOT, BUS_BMS, "Current", "d:-21.000" },
	{ BUS_ROOT, BUS_BMS, "Power", "d:-537.600" },
	{ BUS_ROOT, BUS_BMS, "MinCellVoltage", "d:2.791" },
	{ BUS_ROOT, BUS_BMS, "MinCellId", "s:2.7" },
	{ BUS_ROOT, BUS_BMS, "MaxCellVoltage", "d:3.207" },
	{ BUS_ROOT, BUS_BMS, "MaxCellId", "s:1.8" },
	{ BUS_ROOT, BUS_BMS, "MinCellTemperature", "d:-1.200" },
	{ BUS_ROOT, BUS_BMS, "MaxCellTemperature", "d:21.500" },
	{ BUS_ROOT, BUS_BMS, "Batteries", "u:2" },
	{ BUS_ROOT, BUS_BMS, "Cells", "u:16" },
	{ BUS_ROOT, BUS_BMS, "BatteriesInSeries", "u:1" },
	{ BUS_ROOT, BUS_BMS, "BatteriesInParallel", "u:2" },
	{ BUS_ROOT, BUS_BMS, "NominalVoltage", "d:25.600" },
	{ BUS_ROOT, BUS_BMS, "InstalledCapacity", "d:560.000" },
	{ BUS_ROOT, BUS_BMS, "MaxChargeCurrent", "d:168.000" },
	{ BUS_ROOT, BUS_BMS, "MaxDischargeCurrent", "d:0.000" },
	{ BUS_ROOT, BUS_BMS, "Warnings", "as:W-B07" },
	{ BUS_ROOT, BUS_BMS, "Alarms", "as:A-B01" },
	{ BUS_ROOT, BUS_BMS, "Errors", "as:" },
	{ BUS_ROOT, BUS_BMS, "LoadDisconnect", "s:floating" },
	{ BUS_ROOT, BUS_BMS, "ChargeDisconnect", "s:high" },
	{ BUS_ROOT, BUS_BMS, "PreAlarm", "s:high" },
	{ BUS_ROOT, BUS_BMS, "OutputsVirtual", "b:1" },
	{ BUS_ROOT, BUS_BMS, "Updating", "b:0" },
	{ BATTERY_2, BUS_BATTERY, "Serial", "s:JK-0002" },
	{ BATTERY_2, BUS_BATTERY, "Model", "s:JK_PB2A16S20P" },
	{ BATTERY_2, BUS_BATTERY, "FirmwareVersion", "s:15.38" },
	{ BATTERY_2, BUS_BATTERY, "Bus", "s:rack" },
	{ BATTERY_2, BUS_BATTERY, "Address", "u:5" },
	{ BATTERY_2, BUS_BATTERY, "NominalCapacity", "d:280.000" },
	{ BATTERY_2, BUS_BATTERY, "NominalVoltage", "d:25.600" },
	{ BATTERY_2, BUS_BATTERY, "Voltage", "d:25.630" },
	{ BATTERY_2, BUS_BATTERY, "Current", "d:-10.500" },
	{ BATTERY_2, BUS_BATTERY, "Temperature", "d:21.500" },
	{ BATTERY_2, BUS_BATTERY, "StateOfCharge", "d:11.500" },
	{ BATTERY_2, BUS_BATTERY, "CellVoltages",
	  "ad:3.200,3.201,3.202,3.203,3.204,3.205,2.791,3.207" },
	{ BATTERY_2, BUS_BATTERY, "CellTemperatures", "ad:21.500,-1.200" },
	{ BATTERY_2, BUS_BATTERY, "Cycles", "u:12" },
	{ BATTERY_2, BUS_BATTERY, "ChargeSwitch", "s:on" },
	{ BATTERY_2, BUS_BATTERY, "DischargeSwitch", "s:off" },
	{ BATTERY_2, BUS_BATTERY, "Balancing", "b:1" },
	{ BATTERY_2, BUS_BATTERY, "Online", "b:1" },
	{ BATTERY_2, BUS_BATTERY, "Bypassed", "b:0" },
	{ BATTERY_2, BUS_BATTERY, "AllowedToCharge", "b:1" },
	{ BATTERY_2, BUS_BATTERY, "AllowedToDischarge", "b:0" },
	{ BATTERY_2, BUS_BATTERY, "Reasons",
	  "as:cell-low:2.7:2.791:2.800" },
	{ BATTERY_2, BUS_BATTERY, "LastSampleAge", "d:0.500" },
	{ INVERTER, BUS_INVERTER, "Connected", "b:1" },
	{ INVERTER, BUS_INVERTER, "State", "s:Bulk" },
	{ INVERTER, BUS_INVERTER, "Mode", "s:charger-only" },
	{ INVERTER, BUS_INVERTER, "FirmwareVersion", "u:506" },
	{ INVERTER, BUS_INVERTER, "DcVoltage", "d:25.550" },
	{ INVERTER, BUS_INVERTER, "DcCurrent", "d:-20.500" },
	{ INVERTER, BUS_INVERTER, "AcInputVoltage", "ad:230.100,nan" },
	{ INVERTER, BUS_INVERTER, "AcInputCurrent", "ad:-1.610,nan" },
	{ INVERTER, BUS_INVERTER, "AcOutputVoltage", "ad:nan,229.900" },
	{ INVERTER, BUS_INVERTER, "AcOutputCurrent", "ad:nan,0.080" },
	{ INVERTER, BUS_INVERTER, "MainsPresent", "b:1" },
	{ INVERTER, BUS_INVERTER, "MaxChargeCurrent", "d:105.000" },
	{ INVERTER, BUS_INVERTER, "Error", "u:0" },
	{ INVERTER, BUS_INVERTER, "ErrorText", "s:" },
	{ INVERTER, BUS_INVERTER, "Leds",
	  "as:mains,bulk,low-battery:blinking" },
	{ INVERTER, BUS_INVERTER, "Alarms", "as:low-battery-warning" },
	{ INVERTER, BUS_INVERTER, "Units", "u:2" },
	{ INVERTER, BUS_INVERTER, "SwitchOwner", "s:digital-multi-control" },
	{ RACK, BUS_BUS, "Name", "s:rack" },
	{ RACK, BUS_BUS, "Device", "s:/dev/ttyUSB0" },
	{ RACK, BUS_BUS, "Protocol", "s:jk-pb" },
	{ RACK, BUS_BUS, "Connected", "b:1" },
	{ RACK, BUS_BUS, "Requests", "t:1000" },
	{ RACK, BUS_BUS, "Answers", "t:990" },
	{ RACK, BUS_BUS, "Timeouts", "t:4" },
	{ RACK, BUS_BUS, "ChecksumErrors", "t:3" },
	{ RACK, BUS_BUS, "LengthErrors", "t:2" },
	{ RACK, BUS_BUS, "AddressErrors", "t:1" },
	{ RACK, BUS_BUS, "UnknownFrames", "t:5" },
	{ RACK, BUS_BUS, "ContentErrors", "t:6" },
	{ RACK, BUS_BUS, "GarbageBytes", "t:77" },
};

/* Nothing heard yet: NaN, "", empty lists, the largest number; and what
 * is not known to be allowed is not. */
static const struct expected unknown[] = {
	{ BUS_ROOT, BUS_BMS, "StateOfCharge", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "AllowedToCharge", "s:no" },
	{ BUS_ROOT, BUS_BMS, "AllowedToDischarge", "s:no" },
	{ BUS_ROOT, BUS_BMS, "ChargeReasons", "as:unknown:1::,unknown:2::" },
	{ BUS_ROOT, BUS_BMS, "Voltage", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "Current", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "Power", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "MinCellVoltage", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "MinCellId", "s:" },
	{ BUS_ROOT, BUS_BMS, "MaxCellTemperature", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "NominalVoltage", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "InstalledCapacity", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "MaxChargeCurrent", "d:nan" },
	{ BUS_ROOT, BUS_BMS, "LoadDisconnect", "s:floating" },
	{ BATTERY_2, BUS_BATTERY, "Serial", "s:" },
	{ BATTERY_2, BUS_BATTERY, "NominalCapacity", "d:nan" },
	{ BATTERY_2, BUS_BATTERY, "NominalVoltage", "d:nan" },
	{ BATTERY_2, BUS_BATTERY, "Voltage", "d:nan" },
	{ BATTERY_2, BUS_BATTERY, "Temperature", "d:nan" },
	{ BATTERY_2, BUS_BATTERY, "CellVoltages", "ad:" },
	{ BATTERY_2, BUS_BATTERY, "CellTemperatures", "ad:" },
	{ BATTERY_2, BUS_BATTERY, "Cycles", "u:4294967295" },
	{ BATTERY_2, BUS_BATTERY, "ChargeSwitch", "s:" },
	{ BATTERY_2, BUS_BATTERY, "Online", "b:0" },
	{ BATTERY_2, BUS_BATTERY, "AllowedToCharge", "b:0" },
	{ BATTERY_2, BUS_BATTERY, "AllowedToDischarge", "b:0" },
	{ BATTERY_2, BUS_BATTERY, "LastSampleAge", "d:nan" },
	{ INVERTER, BUS_INVERTER, "Connected", "b:0" },
	{ INVERTER, BUS_INVERTER, "State", "s:" },
	{ INVERTER, BUS_INVERTER, "Mode", "s:" },
	{ INVERTER, BUS_INVERTER, "FirmwareVersion", "u:4294967295" },
	{ INVERTER, BUS_INVERTER, "DcVoltage", "d:nan" },
	{ INVERTER, BUS_INVERTER, "AcInputVoltage", "ad:" },
	{ INVERTER, BUS_INVERTER, "AcOutputCurrent", "ad:" },
	{ INVERTER, BUS_INVERTER, "Leds", "as:" },
	{ INVERTER, BUS_INVERTER, "Alarms", "as:" },
	{ INVERTER, BUS_INVERTER, "SwitchOwner", "s:" },
	{ INVERTER, BUS_INVERTER, "MainsPresent", "b:0" },
	{ INVERTER, BUS_INVERTER, "MaxChargeCurrent", "d:nan" },
	{ INVERTER, BUS_INVERTER, "Error", "u:4294967295" },
	{ INVERTER, BUS_INVERTER, "ErrorText", "s:" },
	{ RACK, BUS_BUS, "Connected", "b:0" },
	{ RACK, BUS_BUS, "Requests", "t:0" },
};

/* F1 */
START_TEST(every_property_has_its_documented_type_and_value)
{
	struct fixture f;

	fixture_start(&f);
	probe_check(&f, filled, ARRAY_SIZE(filled));
	fixture_stop(&f);
}
END_TEST

START_TEST(unknown_is_nan_or_empty_and_never_zero)
{
	struct fixture f;

	fixture_start(&f);
	picture_fill_unknown(&f.picture);
	f.picture.view.now.us += 2000000;
	bus_publish(f.bus);
	probe_check(&f, unknown, ARRAY_SIZE(unknown));
	fixture_stop(&f);
}
END_TEST

START_TEST(each_object_tells_once_what_differs_and_only_that)
{
	struct fixture f;
	struct heard heard;

	fixture_start(&f);
	probe_listen(&f, &heard);
	f.picture.output.voltage_mv.value -= 10;
	f.picture.battery[0].sample.cell_mv[3]++;
	f.picture.battery[0].sample.current_ma = UNKNOWN_I32;
	f.picture.bus[1].connected = false;
	f.picture.inverter.dc_mv.value++;
	bus_publish(f.bus);
	fixture_settle(&f);
	ck_assert_uint_eq(heard.n, 4);
	ck_assert_str_eq(heard.line[0], BUS_ROOT " Voltage Power");
	ck_assert_str_eq(heard.line[1],
			 BUS_ROOT "/battery/1 Current CellVoltages");
	ck_assert_str_eq(heard.line[2], INVERTER " DcVoltage");
	ck_assert_str_eq(heard.line[3], BUS_ROOT "/bus/inverter Connected");
	fixture_stop(&f);
}
END_TEST

START_TEST(lists_are_told_when_an_item_differs_not_when_time_passes)
{
	struct fixture f;
	struct heard heard;

	fixture_start(&f);
	probe_listen(&f, &heard);
	f.picture.reason[0].since.us += 1000;
	fixture_settle(&f);
	ck_assert_uint_eq(heard.n, 0);
	f.picture.reason[0].value = 2790;
	f.picture.output.codes |= CODE_BIT(CODE_E_B11);
	fixture_settle(&f);
	ck_assert_uint_eq(heard.n, 2);
	ck_assert_str_eq(heard.line[0], BUS_ROOT " DischargeReasons Errors");
	ck_assert_str_eq(heard.line[1], BATTERY_2 " Reasons");
	fixture_stop(&f);
}
END_TEST

START_TEST(nothing_is_sent_while_nothing_changes)
{
	struct fixture f;
	struct heard heard;

	fixture_start(&f);
	picture_fill_unknown(&f.picture);
	bus_publish(f.bus);
	fixture_settle(&f);
	probe_listen(&f, &heard);
	for (int i = 0; i < 100; i++)
		bus_publish(f.bus);
	fixture_settle(&f);
	ck_assert_uint_eq(heard.n, 0);
	fixture_stop(&f);
}
END_TEST

START_TEST(the_age_of_a_sample_is_computed_when_asked_and_never_told)
{
	struct fixture f;
	struct heard heard;
	sd_bus_message *reply;
	char value[64];

	fixture_start(&f);
	probe_listen(&f, &heard);
	f.picture.view.now.us += 700000;
	fixture_settle(&f);
	ck_assert_uint_eq(heard.n, 0);
	reply = fixture_get_all(&f, BATTERY_2, BUS_BATTERY);
	probe_find(reply, "LastSampleAge", value, sizeof(value));
	ck_assert_str_eq(value, "d:1.200");
	sd_bus_message_unref(reply);
	/* A new sample with the same content. */
	f.picture.battery[1].sample.time = f.picture.view.now;
	fixture_settle(&f);
	reply = fixture_get_all(&f, BATTERY_2, BUS_BATTERY);
	probe_find(reply, "LastSampleAge", value, sizeof(value));
	ck_assert_str_eq(value, "d:0.000");
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

START_TEST(counters_are_told_at_most_once_a_second)
{
	struct fixture f;
	struct heard heard;

	fixture_start(&f);
	probe_listen(&f, &heard);
	for (int i = 0; i < 30; i++) {
		f.picture.counters[0].requests++;
		f.picture.counters[0].answers++;
		f.picture.view.now.us += 100000;
		bus_publish(f.bus);
	}
	fixture_settle(&f);
	ck_assert_uint_eq(heard.n, 3);
	ck_assert_str_eq(heard.line[2], RACK " Requests Answers");
	fixture_stop(&f);
}
END_TEST

START_TEST(an_old_reading_of_the_inverter_is_not_shown)
{
	struct fixture f;
	sd_bus_message *reply;
	char value[64];

	fixture_start(&f);
	f.picture.view.now.us += 4500000;
	f.picture.inverter.dc_time = f.picture.view.now;
	f.picture.view.now.us += 1000000;
	fixture_settle(&f);
	reply = fixture_get_all(&f, INVERTER, BUS_INVERTER);
	probe_find(reply, "DcVoltage", value, sizeof(value));
	ck_assert_str_eq(value, "d:25.550");
	probe_find(reply, "AcInputVoltage", value, sizeof(value));
	ck_assert_str_eq(value, "ad:");
	probe_find(reply, "MainsPresent", value, sizeof(value));
	ck_assert_str_eq(value, "b:0");
	probe_find(reply, "Mode", value, sizeof(value));
	ck_assert_str_eq(value, "s:");
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

/* B2: the warning's reasons are there before anything is forbidden. */
START_TEST(pre_alarm_shows_its_reasons)
{
	struct fixture f;
	sd_bus_message *reply;
	char value[256];

	fixture_start(&f);
	f.picture.output.atd_high = true;
	f.picture.reason[0].forbids_discharge = false;
	fixture_settle(&f);
	reply = fixture_get_all(&f, BUS_ROOT, BUS_BMS);
	probe_find(reply, "AllowedToDischarge", value, sizeof(value));
	ck_assert_str_eq(value, "s:pre-alarm");
	probe_find(reply, "DischargeReasons", value, sizeof(value));
	ck_assert_str_eq(value,
			 "as:cell-low:2.7:2.791:2.800,soc-low::11.5:12.0");
	sd_bus_message_unref(reply);
	f.picture.output.pre_alarm_high = false;
	fixture_settle(&f);
	reply = fixture_get_all(&f, BUS_ROOT, BUS_BMS);
	probe_find(reply, "AllowedToDischarge", value, sizeof(value));
	ck_assert_str_eq(value, "s:yes");
	probe_find(reply, "DischargeReasons", value, sizeof(value));
	ck_assert_str_eq(value, "as:");
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

/* B14: what cannot be read back is not claimed. */
START_TEST(lines_that_are_not_known_or_not_fitted_show_nothing)
{
	struct fixture f;
	sd_bus_message *reply;
	char value[64];

	fixture_start(&f);
	f.picture.settings.gpio.line[LINE_PRE_ALARM][0] = '\0';
	fixture_settle(&f);
	reply = fixture_get_all(&f, BUS_ROOT, BUS_BMS);
	probe_find(reply, "PreAlarm", value, sizeof(value));
	ck_assert_str_eq(value, "s:");
	probe_find(reply, "ChargeDisconnect", value, sizeof(value));
	ck_assert_str_eq(value, "s:high");
	sd_bus_message_unref(reply);
	f.picture.view.lines_ok = false;
	fixture_settle(&f);
	reply = fixture_get_all(&f, BUS_ROOT, BUS_BMS);
	probe_find(reply, "ChargeDisconnect", value, sizeof(value));
	ck_assert_str_eq(value, "s:");
	probe_find(reply, "LoadDisconnect", value, sizeof(value));
	ck_assert_str_eq(value, "s:");
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

/* A5, B8: who a silent battery is stays; what it said does not. */
START_TEST(a_battery_that_went_silent_shows_who_it_is_and_no_values)
{
	struct fixture f;
	sd_bus_message *reply;
	char value[64];

	fixture_start(&f);
	f.picture.battery[1].online = false;
	fixture_settle(&f);
	reply = fixture_get_all(&f, BATTERY_2, BUS_BATTERY);
	probe_find(reply, "Serial", value, sizeof(value));
	ck_assert_str_eq(value, "s:JK-0002");
	probe_find(reply, "Voltage", value, sizeof(value));
	ck_assert_str_eq(value, "d:nan");
	probe_find(reply, "CellVoltages", value, sizeof(value));
	ck_assert_str_eq(value, "ad:");
	probe_find(reply, "AllowedToCharge", value, sizeof(value));
	ck_assert_str_eq(value, "b:0");
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

/* F4 */
START_TEST(events_say_what_came_and_went)
{
	struct fixture f;
	struct heard heard;

	fixture_start(&f);
	probe_listen(&f, &heard);
	bus_event(f.bus, "A-B01", "Low cell voltage", true);
	bus_event(f.bus, "A-B01", "Low \xff\xc3\xa4", false);
	fixture_settle(&f);
	ck_assert_uint_eq(heard.n, 2);
	ck_assert_str_eq(heard.line[0], "Event A-B01 Low cell voltage 1");
	ck_assert_str_eq(heard.line[1], "Event A-B01 Low ?\xc3\xa4 0");
	fixture_stop(&f);
}
END_TEST

/* A bus throws out who sends anything but UTF-8. */
START_TEST(junk_from_a_pack_does_not_cost_the_connection)
{
	static const char *const junk[] = { "\xff\xfe", "\xc0\x80",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "a\x01\x7f",
		"\xe2\x82", "\xf0\x80\x80\x80" };
	struct fixture f;
	struct heard heard;

	fixture_start(&f);
	probe_listen(&f, &heard);
	for (size_t i = 0; i < ARRAY_SIZE(junk); i++) {
		strcpy(f.picture.battery[0].sample.serial, junk[i]);
		memset(f.picture.battery[0].sample.model, 0x80 + (int)i,
		       BMS_MODEL_SIZE - 1);
		fixture_settle(&f);
	}
	ck_assert_uint_gt(heard.n, 0);
	fixture_stop(&f);
}
END_TEST

/* A reload with other batteries and buses. */
START_TEST(objects_come_and_go_with_the_configuration)
{
	struct fixture f;
	struct heard heard;
	sd_bus_message *reply;

	fixture_start(&f);
	probe_listen(&f, &heard);
	f.picture.state.n_batteries = 1;
	f.picture.settings.bus[0].n_addresses = 1;
	f.picture.view.inverter = NULL;
	f.picture.view.n_buses = 1;
	strcpy(f.picture.settings.bus[0].name, "shelf 2");
	f.picture.bus[0].name = "shelf 2";
	fixture_settle(&f);
	ck_assert_str_eq(heard.line[0],
			 "InterfacesRemoved " BUS_ROOT "/battery/1");
	reply = fixture_get_all(&f, BATTERY_2, BUS_BATTERY);
	ck_assert(sd_bus_message_is_method_error(reply, NULL));
	sd_bus_message_unref(reply);
	reply = fixture_get_all(&f, INVERTER, BUS_INVERTER);
	ck_assert(sd_bus_message_is_method_error(reply, NULL));
	sd_bus_message_unref(reply);
	reply = fixture_get_all(&f, BUS_ROOT "/bus/shelf_202", BUS_BUS);
	ck_assert(!sd_bus_message_is_method_error(reply, NULL));
	sd_bus_message_unref(reply);
	fixture_stop(&f);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	return tcase;
}

static void add_shown(Suite *suite)
{
	TCase *t = add_case(suite, "what is shown");

	tcase_add_test(t, every_property_has_its_documented_type_and_value);
	tcase_add_test(t, unknown_is_nan_or_empty_and_never_zero);
	tcase_add_test(t, an_old_reading_of_the_inverter_is_not_shown);
	tcase_add_test(t, pre_alarm_shows_its_reasons);
	tcase_add_test(t,
		       lines_that_are_not_known_or_not_fitted_show_nothing);
	tcase_add_test(
		t, a_battery_that_went_silent_shows_who_it_is_and_no_values);
}

static void add_told(Suite *suite)
{
	TCase *t = add_case(suite, "what is told");

	tcase_add_test(t, each_object_tells_once_what_differs_and_only_that);
	tcase_add_test(
		t, lists_are_told_when_an_item_differs_not_when_time_passes);
	tcase_add_test(t, nothing_is_sent_while_nothing_changes);
	tcase_add_test(
		t, the_age_of_a_sample_is_computed_when_asked_and_never_told);
	tcase_add_test(t, counters_are_told_at_most_once_a_second);
	tcase_add_test(t, events_say_what_came_and_went);
	tcase_add_test(t, junk_from_a_pack_does_not_cost_the_connection);
	tcase_add_test(t, objects_come_and_go_with_the_configuration);
}

int main(void)
{
	Suite *suite = suite_create("bus");

	add_shown(suite);
	add_told(suite);
	return unit_run(suite);
}
