/* SPDX-License-Identifier: MIT */
/*
 * The D-Bus side (F1, F4, I3, I4; design section 6): what is shown, when it
 * is told, who may write, and that nobody can hold the loop up.
 */
#include "tests/unit/bus_fixture.h"

#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/bus_table.h"
#include "tests/unit/unit.h"

#define BATTERY_2 BUS_ROOT "/battery/2"
#define INVERTER BUS_ROOT "/inverter"
#define RACK BUS_ROOT "/bus/rack"

struct expected {
	const char *path;
	const char *interface;
	const char *name;
	const char *value; /* as fixture_variant() prints it */
};

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
	{ INVERTER, BUS_INVERTER, "MainsPresent", "b:1" },
	{ INVERTER, BUS_INVERTER, "MaxChargeCurrent", "d:105.000" },
	{ INVERTER, BUS_INVERTER, "Error", "u:0" },
	{ INVERTER, BUS_INVERTER, "ErrorText", "s:" },
	{ INVERTER, BUS_INVERTER, "Units", "u:2" },
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
	{ INVERTER, BUS_INVERTER, "MainsPresent", "b:0" },
	{ INVERTER, BUS_INVERTER, "MaxChargeCurrent", "d:nan" },
	{ INVERTER, BUS_INVERTER, "Error", "u:4294967295" },
	{ INVERTER, BUS_INVERTER, "ErrorText", "s:" },
	{ RACK, BUS_BUS, "Connected", "b:0" },
	{ RACK, BUS_BUS, "Requests", "t:0" },
};

/* The value of one property out of "a{sv}". */
static void find_property(sd_bus_message *reply, const char *name,
			  char *buf, size_t size)
{
	const char *found;

	buf[0] = '\0';
	sd_bus_message_rewind(reply, true);
	ck_assert_int_gt(sd_bus_message_enter_container(reply, 'a', "{sv}"),
			 0);
	while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
		sd_bus_message_read_basic(reply, 's', &found);
		if (strcmp(found, name) == 0) {
			fixture_variant(reply, buf, size);
			return;
		}
		sd_bus_message_skip(reply, "v");
		sd_bus_message_exit_container(reply);
	}
}

static void check_all(struct fixture *f, const struct expected *rows,
		      size_t n)
{
	char value[1024];

	for (size_t i = 0; i < n; i++) {
		sd_bus_message *reply = fixture_get_all(f, rows[i].path,
							rows[i].interface);

		ck_assert_msg(!sd_bus_message_is_method_error(reply, NULL),
			      "%s is not there", rows[i].path);
		find_property(reply, rows[i].name, value, sizeof(value));
		ck_assert_msg(strcmp(value, rows[i].value) == 0,
			      "%s %s is %s, not %s", rows[i].path,
			      rows[i].name, value, rows[i].value);
		sd_bus_message_unref(reply);
	}
}

/* F1 */
START_TEST(every_property_has_its_documented_type_and_value)
{
	struct fixture f;

	fixture_start(&f);
	check_all(&f, filled, ARRAY_SIZE(filled));
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
	check_all(&f, unknown, ARRAY_SIZE(unknown));
	fixture_stop(&f);
}
END_TEST

static Suite *bus_suite(void)
{
	Suite *suite = suite_create("bus");
	TCase *shown = tcase_create("what is shown");

	tcase_set_timeout(shown, 60);
	tcase_add_test(shown,
		       every_property_has_its_documented_type_and_value);
	tcase_add_test(shown, unknown_is_nan_or_empty_and_never_zero);
	suite_add_tcase(suite, shown);
	return suite;
}

int main(void)
{
	return unit_run(bus_suite());
}
