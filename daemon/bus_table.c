/* SPDX-License-Identifier: MIT */
#include "daemon/bus_table.h"

#include <math.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/mk3/mk3.h"

#define UNUSED __attribute__((unused))

/* What sd-bus calls to read one property; userdata is the value. */
#define GETTER(name) \
	static int name(sd_bus *bus UNUSED, const char *path UNUSED, \
			const char *interface UNUSED, \
			const char *property UNUSED, \
			sd_bus_message *reply, void *userdata, \
			sd_bus_error *error UNUSED)

GETTER(get_text)
{
	return sd_bus_message_append_basic(reply, 's', userdata);
}

GETTER(get_doubles)
{
	const struct snapshot_doubles *doubles = userdata;

	return sd_bus_message_append_array(reply, 'd', doubles->value,
					   doubles->n * sizeof(double));
}

GETTER(get_reasons)
{
	const struct snapshot_reasons *reasons = userdata;
	char text[BMS_REASON_TEXT_SIZE];
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (size_t i = 0; r >= 0 && i < reasons->n; i++) {
		reason_text(&reasons->item[i], text);
		r = sd_bus_message_append_basic(reply, 's', text);
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_codes)
{
	const code_set *codes = userdata;
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (uint32_t i = 0; r >= 0 && i < CODE_COUNT; i++) {
		if (*codes & CODE_BIT(i))
			r = sd_bus_message_append_basic(reply, 's',
							code_rows[i].name);
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Address and name of each. */
GETTER(get_bonds)
{
	const struct snapshot_bonds *bonds = userdata;
	int r = sd_bus_message_open_container(reply, 'a', "(ss)");

	for (uint32_t i = 0; r >= 0 && i < bonds->n; i++)
		r = sd_bus_message_append(reply, "(ss)",
					  bonds->bond[i].address,
					  bonds->bond[i].name);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* "mains", or "inverter:blinking" */
static int append_bits(sd_bus_message *reply, const struct snapshot_bits *bits,
		       const char *(*name)(unsigned int bit))
{
	int r = sd_bus_message_open_container(reply, 'a', "s");

	for (unsigned int i = 0; r >= 0 && i < INVERTER_BITS; i++) {
		char buf[32];
		struct text t = text_in(buf, sizeof(buf));

		if (!((bits->on | bits->blink) >> i & 1))
			continue;
		text_str(&t, name(i));
		if (bits->blink >> i & 1)
			text_str(&t, ":blinking");
		r = sd_bus_message_append_basic(reply, 's', buf);
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

GETTER(get_leds)
{
	return append_bits(reply, userdata, inverter_led_name);
}

GETTER(get_alarms)
{
	return append_bits(reply, userdata, inverter_alarm_name);
}

GETTER(get_age)
{
	double age = snapshot_age(userdata);

	return sd_bus_message_append_basic(reply, 'd', &age);
}

/* Writes are taken before they get here, in bus_write.c, because whether
 * the caller may is only known later; without this setter sd-bus would
 * write into the snapshot. */
static int set_refused(sd_bus *bus UNUSED, const char *path UNUSED,
		       const char *interface UNUSED, const char *property,
		       sd_bus_message *value UNUSED, void *userdata UNUSED,
		       sd_bus_error *error)
{
	return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
				 "%s cannot be written this way.", property);
}

/* Methods that are orders are taken before they get here, too. */
static int method_refused(sd_bus_message *call UNUSED, void *userdata UNUSED,
			  sd_bus_error *error)
{
	return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
				"This cannot be called this way.");
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define BMS(name, signature, get, field) \
	SD_BUS_PROPERTY(name, signature, get, \
			offsetof(struct snapshot_bms, field), CHANGES)

static const sd_bus_vtable bms_vtable[] = {
	SD_BUS_VTABLE_START(0),
	BMS("StateOfCharge", "d", NULL, state_of_charge),
	SD_BUS_WRITABLE_PROPERTY("Mode", "s", NULL, set_refused,
				 offsetof(struct snapshot_bms, mode),
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED),
	BMS("RemoteOn", "b", NULL, remote_on),
	BMS("AllowedToCharge", "s", NULL, allowed_to_charge),
	BMS("AllowedToDischarge", "s", NULL, allowed_to_discharge),
	BMS("ChargeReasons", "as", get_reasons, charge_reasons),
	BMS("DischargeReasons", "as", get_reasons, discharge_reasons),
	BMS("Voltage", "d", NULL, voltage),
	BMS("Current", "d", NULL, current),
	BMS("Power", "d", NULL, power),
	BMS("BatteriesStateOfCharge", "d", NULL, batteries_state_of_charge),
	BMS("ConsumedAmpHours", "d", NULL, consumed_amp_hours),
	BMS("TimeRemaining", "d", NULL, time_remaining),
	BMS("BalancerStatus", "s", NULL, balancer_status),
	BMS("MinCellVoltage", "d", NULL, min_cell_voltage),
	BMS("MinCellId", "s", get_text, min_cell_id),
	BMS("MaxCellVoltage", "d", NULL, max_cell_voltage),
	BMS("MaxCellId", "s", get_text, max_cell_id),
	BMS("MinCellTemperature", "d", NULL, min_cell_temperature),
	BMS("MaxCellTemperature", "d", NULL, max_cell_temperature),
	BMS("Batteries", "u", NULL, batteries),
	BMS("Cells", "u", NULL, cells),
	BMS("BatteriesInSeries", "u", NULL, series),
	BMS("BatteriesInParallel", "u", NULL, parallel),
	BMS("NominalVoltage", "d", NULL, nominal_voltage),
	BMS("InstalledCapacity", "d", NULL, installed_capacity),
	BMS("MaxChargeCurrent", "d", NULL, max_charge_current),
	BMS("MaxDischargeCurrent", "d", NULL, max_discharge_current),
	BMS("Warnings", "as", get_codes, warnings),
	BMS("Alarms", "as", get_codes, alarms),
	BMS("Errors", "as", get_codes, errors),
	BMS("LoadDisconnect", "s", NULL, load_disconnect),
	BMS("ChargeDisconnect", "s", NULL, charge_disconnect),
	BMS("PreAlarm", "s", NULL, pre_alarm),
	BMS("OutputsVirtual", "b", NULL, outputs_virtual),
	BMS("Updating", "b", NULL, updating),
	SD_BUS_PROPERTY("Version", "s", NULL,
			offsetof(struct snapshot_bms, version), CONST),
	SD_BUS_METHOD_WITH_ARGS("SetStateOfCharge",
				SD_BUS_ARGS("d", percent), SD_BUS_NO_RESULT,
				method_refused, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("SynchroniseStateOfCharge", "", "", method_refused,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("BeginUpdate", "", "", method_refused,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("EndUpdate", "", "", method_refused,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Bypass", SD_BUS_ARGS("u", battery,
						      "u", seconds),
				SD_BUS_NO_RESULT, method_refused,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartPairing", "", "", method_refused,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL_WITH_ARGS("Event", SD_BUS_ARGS("s", code, "s", text,
						     "b", active), 0),
	SD_BUS_VTABLE_END
};

#define HISTORY_D(name, id) \
	SD_BUS_PROPERTY(name, "d", NULL, \
			offsetof(struct snapshot_history, number[id]), CHANGES)
#define HISTORY_T(name, id) \
	SD_BUS_PROPERTY(name, "t", NULL, \
			offsetof(struct snapshot_history, count[id]), CHANGES)

/* The rows of history_rows[], in its order. */
static const sd_bus_vtable history_vtable[] = {
	SD_BUS_VTABLE_START(0),
	HISTORY_D("DeepestDischarge", HISTORY_DEEPEST_DISCHARGE),
	HISTORY_D("CumulativeAhDrawn", HISTORY_AH_DRAWN),
	HISTORY_D("DischargedEnergy", HISTORY_DISCHARGED_ENERGY),
	HISTORY_D("ChargedEnergy", HISTORY_CHARGED_ENERGY),
	HISTORY_T("Synchronisations", HISTORY_SYNCHRONISATIONS),
	HISTORY_T("Cycles", HISTORY_CYCLES),
	HISTORY_D("TimeSinceLastFullCharge", HISTORY_FULL_CHARGE_AGE),
	HISTORY_D("MinimumBatteryVoltage", HISTORY_MIN_VOLTAGE),
	HISTORY_D("MaximumBatteryVoltage", HISTORY_MAX_VOLTAGE),
	HISTORY_D("MinimumCellVoltage", HISTORY_MIN_CELL),
	HISTORY_D("MaximumCellVoltage", HISTORY_MAX_CELL),
	HISTORY_D("MinimumBatteryTemperature", HISTORY_MIN_TEMPERATURE),
	HISTORY_D("MaximumBatteryTemperature", HISTORY_MAX_TEMPERATURE),
	SD_BUS_METHOD("Reset", "", "", method_refused,
		      SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

_Static_assert(ARRAY_SIZE(history_vtable) == HISTORY_COUNT + 3,
	       "a property for every value of the history");

/* Every setting as (section, key, value, unit, origin, allowed, help). */
static int list_settings(sd_bus_message *call, void *userdata,
			 sd_bus_error *error UNUSED)
{
	const struct snapshot_settings *settings = userdata;
	struct snapshot_setting s;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sssssss)");
	for (size_t i = 0; r >= 0 &&
			   snapshot_setting(settings->view, i, &s); i++)
		r = sd_bus_message_append(reply, "(sssssss)", s.section,
					  s.key, s.value, s.unit, s.origin,
					  s.allowed, s.help);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

#define SETTING(name, signature, field) \
	SD_BUS_WRITABLE_PROPERTY(name, signature, NULL, set_refused, \
				 offsetof(struct snapshot_settings, field), \
				 CHANGES | SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable settings_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SETTING("ChargedVoltage", "d", charged_voltage),
	SETTING("TailCurrent", "d", tail_current),
	SETTING("ChargedDetectionTime", "d", charged_detection_time),
	SETTING("LowSocWarning", "d", low_soc_warning),
	SETTING("DischargeFloor", "d", discharge_floor),
	SETTING("BluetoothEnabled", "b", bluetooth_enabled),
	SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS,
				SD_BUS_RESULT("a(sssssss)", settings),
				list_settings, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Set", SD_BUS_ARGS("s", section, "s", key,
						   "s", value),
				SD_BUS_NO_RESULT, method_refused,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

#define BLUETOOTH(name, signature, get, field) \
	SD_BUS_PROPERTY(name, signature, get, \
			offsetof(struct snapshot_bluetooth, field), CHANGES)

/* The key and the passkey are not for every local user: no properties. */
static const sd_bus_vtable bluetooth_vtable[] = {
	SD_BUS_VTABLE_START(0),
	BLUETOOTH("State", "s", NULL, state),
	BLUETOOTH("StateText", "s", get_text, text),
	BLUETOOTH("Address", "s", get_text, address),
	BLUETOOTH("Clients", "u", NULL, clients),
	BLUETOOTH("PairingOpen", "b", NULL, pairing_open),
	BLUETOOTH("Bonds", "a(ss)", get_bonds, bonds),
	BLUETOOTH("OtherBonds", "a(ss)", get_bonds, others),
	SD_BUS_METHOD_WITH_ARGS("RemoveBond", SD_BUS_ARGS("s", address),
				SD_BUS_NO_RESULT, method_refused,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetKey", SD_BUS_NO_ARGS,
				SD_BUS_RESULT("s", key), method_refused,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("RenewKey", SD_BUS_NO_ARGS,
				SD_BUS_RESULT("s", key), method_refused,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetPasskey", SD_BUS_NO_ARGS,
				SD_BUS_RESULT("s", passkey), method_refused,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("PasskeyShown", "", 0),
	SD_BUS_VTABLE_END
};

#define BATTERY(name, signature, get, field, flags) \
	SD_BUS_PROPERTY(name, signature, get, \
			offsetof(struct snapshot_battery, field), flags)

static const sd_bus_vtable battery_vtable[] = {
	SD_BUS_VTABLE_START(0),
	BATTERY("Serial", "s", get_text, serial, CHANGES),
	BATTERY("Model", "s", get_text, model, CHANGES),
	BATTERY("FirmwareVersion", "s", get_text, firmware, CHANGES),
	BATTERY("Bus", "s", get_text, bus, CONST),
	BATTERY("Address", "u", NULL, address, CONST),
	BATTERY("NominalCapacity", "d", NULL, nominal_capacity, CHANGES),
	BATTERY("NominalVoltage", "d", NULL, nominal_voltage, CHANGES),
	BATTERY("Voltage", "d", NULL, voltage, CHANGES),
	BATTERY("Current", "d", NULL, current, CHANGES),
	BATTERY("Temperature", "d", NULL, temperature, CHANGES),
	BATTERY("StateOfCharge", "d", NULL, state_of_charge, CHANGES),
	BATTERY("CountedStateOfCharge", "d", NULL, counted_state_of_charge,
		CHANGES),
	BATTERY("CellVoltages", "ad", get_doubles, cell_voltages, CHANGES),
	BATTERY("CellTemperatures", "ad", get_doubles, cell_temperatures,
		CHANGES),
	BATTERY("Cycles", "u", NULL, cycles, CHANGES),
	BATTERY("ChargeSwitch", "s", NULL, charge_switch, CHANGES),
	BATTERY("DischargeSwitch", "s", NULL, discharge_switch, CHANGES),
	BATTERY("Balancing", "b", NULL, balancing, CHANGES),
	BATTERY("Online", "b", NULL, online, CHANGES),
	BATTERY("Bypassed", "b", NULL, bypassed, CHANGES),
	BATTERY("AllowedToCharge", "b", NULL, allowed_to_charge, CHANGES),
	BATTERY("AllowedToDischarge", "b", NULL, allowed_to_discharge,
		CHANGES),
	BATTERY("Reasons", "as", get_reasons, reasons, CHANGES),
	BATTERY("LastSampleAge", "d", get_age, age, 0),
	SD_BUS_VTABLE_END
};

#define INVERTER(name, signature, get, field) \
	SD_BUS_PROPERTY(name, signature, get, \
			offsetof(struct snapshot_inverter, field), CHANGES)

static const sd_bus_vtable inverter_vtable[] = {
	SD_BUS_VTABLE_START(0),
	INVERTER("Connected", "b", NULL, connected),
	INVERTER("State", "s", NULL, state),
	INVERTER("Mode", "s", NULL, mode),
	INVERTER("FirmwareVersion", "u", NULL, firmware),
	INVERTER("DcVoltage", "d", NULL, dc_voltage),
	INVERTER("DcCurrent", "d", NULL, dc_current),
	INVERTER("AcInputVoltage", "ad", get_doubles, ac_input_voltage),
	INVERTER("AcInputCurrent", "ad", get_doubles, ac_input_current),
	INVERTER("AcOutputVoltage", "ad", get_doubles, ac_output_voltage),
	INVERTER("AcOutputCurrent", "ad", get_doubles, ac_output_current),
	INVERTER("MainsPresent", "b", NULL, mains_present),
	INVERTER("MaxChargeCurrent", "d", NULL, max_charge_current),
	INVERTER("Error", "u", NULL, error),
	INVERTER("ErrorText", "s", NULL, error_text),
	INVERTER("Leds", "as", get_leds, leds),
	INVERTER("Alarms", "as", get_alarms, alarms),
	INVERTER("Units", "u", NULL, units),
	INVERTER("SwitchOwner", "s", NULL, switch_owner),
	SD_BUS_VTABLE_END
};

#define BUS(name, signature, get, field, flags) \
	SD_BUS_PROPERTY(name, signature, get, \
			offsetof(struct snapshot_bus, field), flags)

static const sd_bus_vtable bus_vtable[] = {
	SD_BUS_VTABLE_START(0),
	BUS("Name", "s", get_text, name, CONST),
	BUS("Device", "s", get_text, device, CHANGES),
	BUS("Protocol", "s", get_text, protocol, CHANGES),
	BUS("Connected", "b", NULL, connected, CHANGES),
	BUS("Requests", "t", NULL, requests, CHANGES),
	BUS("Answers", "t", NULL, answers, CHANGES),
	BUS("Timeouts", "t", NULL, faults[FAULT_TIMEOUT], CHANGES),
	BUS("ChecksumErrors", "t", NULL, faults[FAULT_CHECKSUM], CHANGES),
	BUS("LengthErrors", "t", NULL, faults[FAULT_LENGTH], CHANGES),
	BUS("AddressErrors", "t", NULL, faults[FAULT_ADDRESS], CHANGES),
	BUS("UnknownFrames", "t", NULL, faults[FAULT_UNKNOWN], CHANGES),
	BUS("ContentErrors", "t", NULL, faults[FAULT_CONTENT], CHANGES),
	BUS("GarbageBytes", "t", NULL, garbage_bytes, CHANGES),
	SD_BUS_VTABLE_END
};

static const struct kind_row {
	const char *interface;
	const sd_bus_vtable *vtable;
	size_t size;
} kind_rows[] = {
	[BUS_OBJECT_BMS] = { BUS_BMS, bms_vtable,
			     ARRAY_SIZE(bms_vtable) },
	[BUS_OBJECT_HISTORY] = { BUS_HISTORY, history_vtable,
				 ARRAY_SIZE(history_vtable) },
	[BUS_OBJECT_SETTINGS] = { BUS_SETTINGS, settings_vtable,
				  ARRAY_SIZE(settings_vtable) },
	[BUS_OBJECT_BLUETOOTH] = { BUS_BLUETOOTH, bluetooth_vtable,
				   ARRAY_SIZE(bluetooth_vtable) },
	[BUS_OBJECT_BATTERY] = { BUS_BATTERY, battery_vtable,
				 ARRAY_SIZE(battery_vtable) },
	[BUS_OBJECT_INVERTER] = { BUS_INVERTER, inverter_vtable,
				  ARRAY_SIZE(inverter_vtable) },
	[BUS_OBJECT_BUS] = { BUS_BUS, bus_vtable,
			     ARRAY_SIZE(bus_vtable) },
};

_Static_assert(ARRAY_SIZE(kind_rows) == BUS_OBJECT_KIND_COUNT,
	       "a row for every kind");
_Static_assert(ARRAY_SIZE(bms_vtable) <= BUS_PROPERTIES_MAX &&
	       ARRAY_SIZE(battery_vtable) <= BUS_PROPERTIES_MAX &&
	       ARRAY_SIZE(inverter_vtable) <= BUS_PROPERTIES_MAX &&
	       ARRAY_SIZE(bus_vtable) <= BUS_PROPERTIES_MAX,
	       "room for the names of all properties");

static bool same_double(double a, double b)
{
	return (isnan(a) && isnan(b)) || (a >= b && a <= b);
}

static bool same_doubles(const struct snapshot_doubles *a,
			 const struct snapshot_doubles *b)
{
	for (uint32_t i = 0; i < a->n && a->n == b->n; i++) {
		if (!same_double(a->value[i], b->value[i]))
			return false;
	}
	return a->n == b->n;
}

/* What their texts are made of; not since when. */
static bool same_reason(const struct reason *a, const struct reason *b)
{
	return a->kind == b->kind && a->battery == b->battery &&
	       a->cell == b->cell && a->has_value == b->has_value &&
	       (!a->has_value ||
		(a->value == b->value && a->limit == b->limit));
}

static bool same_reasons(const struct snapshot_reasons *a,
			 const struct snapshot_reasons *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++) {
		if (!same_reason(&a->item[i], &b->item[i]))
			return false;
	}
	return a->n == b->n;
}

static bool same_bonds(const struct snapshot_bonds *a,
		       const struct snapshot_bonds *b)
{
	for (uint32_t i = 0; i < a->n && a->n == b->n; i++) {
		if (strcmp(a->bond[i].address, b->bond[i].address) != 0 ||
		    strcmp(a->bond[i].name, b->bond[i].name) != 0)
			return false;
	}
	return a->n == b->n;
}

/* A text that was never filled in is like no other. */
static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool same_basic(char type, const void *a, const void *b)
{
	switch (type) {
	case 'd':
		return same_double(*(const double *)a, *(const double *)b);
	case 'b':
	case 'u':
		return memcmp(a, b, sizeof(uint32_t)) == 0;
	case 't':
		return memcmp(a, b, sizeof(uint64_t)) == 0;
	case 's':
		return same_text(*(const char *const *)a,
				 *(const char *const *)b);
	}
	return false;
}

/* How a value lies in memory follows from its getter. */
static bool same_value(const sd_bus_vtable *row, const void *a,
		       const void *b)
{
	sd_bus_property_get_t get = row->x.property.get;

	if (!get)
		return same_basic(row->x.property.signature[0], a, b);
	if (get == get_text)
		return strcmp(a, b) == 0;
	if (get == get_codes)
		return *(const code_set *)a == *(const code_set *)b;
	if (get == get_leds || get == get_alarms)
		return memcmp(a, b, sizeof(struct snapshot_bits)) == 0;
	if (get == get_doubles)
		return same_doubles(a, b);
	if (get == get_bonds)
		return same_bonds(a, b);
	return same_reasons(a, b);
}

size_t bus_table_changes(enum bus_object_kind kind,
			 const union snapshot *shown,
			 const union snapshot *next,
			 const char *names[BUS_PROPERTIES_MAX])
{
	const struct kind_row *table = &kind_rows[kind];
	size_t n = 0;

	for (size_t i = 0; i < table->size; i++) {
		const sd_bus_vtable *row = &table->vtable[i];
		size_t offset = row->x.property.offset;

		if ((row->type != _SD_BUS_VTABLE_PROPERTY &&
		     row->type != _SD_BUS_VTABLE_WRITABLE_PROPERTY) ||
		    !(row->flags & CHANGES))
			continue;
		if (!same_value(row, (const char *)shown + offset,
				(const char *)next + offset))
			names[n++] = row->x.property.member;
	}
	names[n] = NULL;
	return n;
}

const char *bus_table_interface(enum bus_object_kind kind)
{
	return kind_rows[kind].interface;
}

const sd_bus_vtable *bus_table_vtable(enum bus_object_kind kind)
{
	return kind_rows[kind].vtable;
}
