/* SPDX-License-Identifier: MIT */
#include "daemon/bus_order.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "lib/core/bypass.h"
#include "lib/core/show.h"

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define MODES_ALLOWED "on, charger-only, inverter-only or off"

struct order_row {
	const char *interface;
	const char *member;
	const char *signature; /* of a property: of its value */
	int (*read)(const struct order_row *row, sd_bus_message *call,
		    struct order *ret, sd_bus_error *error);
	enum bms_command_kind command;
	const char *section; /* of the setting */
	const char *key;
	enum order_kind kind; /* where read does not say it */
};

static int refuse(sd_bus_error *error, const char *text)
{
	return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, text);
}

static int read_mode(const struct order_row *row, sd_bus_message *call,
		     struct order *ret, sd_bus_error *error)
{
	const char *name;
	int r = sd_bus_message_read(call, "s", &name);

	(void)row;
	if (r < 0)
		return r;
	ret->kind = ORDER_MODE;
	if (show_mode_find(name, &ret->mode))
		return 0;
	return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
				 "Mode cannot be \"%.40s\"; allowed is "
				 MODES_ALLOWED ".", name);
}

/* As it would stand in the file; more digits than are kept are an error
 * and not a surprise. */
static int number_text(const struct setting_row *row, double number,
		       char value[OVERRIDE_VALUE_SIZE], sd_bus_error *error)
{
	double kept;

	if (!isfinite(number) || fabs(number) > 1e9)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "%s must be a number.", row->key);
	snprintf(value, OVERRIDE_VALUE_SIZE, "%.*f", row->decimals, number);
	if (sscanf(value, "%lf", &kept) != 1 || fabs(kept - number) > 1e-9)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "%s takes %d digits behind the "
					 "point.", row->key, row->decimals);
	return 0;
}

static int read_setting(const struct order_row *row, sd_bus_message *call,
			struct order *ret, sd_bus_error *error)
{
	double number = 0.0;
	int yes = 0;
	int r = *row->signature == 'b' ?
		sd_bus_message_read(call, "b", &yes) :
		sd_bus_message_read(call, "d", &number);

	if (r < 0)
		return r;
	ret->kind = ORDER_SETTING;
	ret->setting = settings_row(row->section, row->key);
	if (*row->signature == 'b') {
		strcpy(ret->value, yes ? "yes" : "no");
		return 0;
	}
	return number_text(ret->setting, number, ret->value, error);
}

static int read_set(const struct order_row *row, sd_bus_message *call,
		    struct order *ret, sd_bus_error *error)
{
	const char *section, *key, *value;
	int r = sd_bus_message_read(call, "sss", &section, &key, &value);

	(void)row;
	if (r < 0)
		return r;
	ret->kind = ORDER_SETTING;
	ret->setting = settings_row(section, key);
	if (!ret->setting)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "There is no setting %.40s in "
					 "[%.40s].", key, section);
	if (strlen(value) >= sizeof(ret->value))
		return refuse(error, "The value is too long.");
	strcpy(ret->value, value);
	return 0;
}

static int read_command(const struct order_row *row, sd_bus_message *call,
			struct order *ret, sd_bus_error *error)
{
	(void)call;
	(void)error;
	ret->kind = ORDER_COMMAND;
	ret->command.kind = row->command;
	return 0;
}

static int read_soc(const struct order_row *row, sd_bus_message *call,
		    struct order *ret, sd_bus_error *error)
{
	double percent;
	int r = sd_bus_message_read(call, "d", &percent);

	if (r < 0)
		return r;
	if (!(percent >= 0.0 && percent <= 100.0))
		return refuse(error, "The state of charge is 0 to 100 %.");
	ret->kind = ORDER_COMMAND;
	ret->command.kind = row->command;
	ret->command.value = (int32_t)lround(percent * 10.0);
	return 0;
}

static int read_bypass(const struct order_row *row, sd_bus_message *call,
		       struct order *ret, sd_bus_error *error)
{
	uint32_t battery, seconds;
	int r = sd_bus_message_read(call, "uu", &battery, &seconds);

	if (r < 0)
		return r;
	/* What fits is judged by the core. */
	if (seconds > INT32_MAX)
		return refuse(error, bypass_texts[BYPASS_TOO_LONG]);
	ret->kind = ORDER_COMMAND;
	ret->command.kind = row->command;
	ret->command.battery = battery;
	ret->command.value = (int32_t)seconds;
	return 0;
}

static int read_plain(const struct order_row *row, sd_bus_message *call,
		      struct order *ret, sd_bus_error *error)
{
	(void)call;
	(void)error;
	ret->kind = row->kind;
	return 0;
}

static int read_address(const struct order_row *row, sd_bus_message *call,
			struct order *ret, sd_bus_error *error)
{
	const char *address;
	int r = sd_bus_message_read(call, "s", &address);

	if (r < 0)
		return r;
	if (strlen(address) != sizeof(ret->address) - 1)
		return refuse(error, "An address reads 00:11:22:33:44:55.");
	ret->kind = row->kind;
	strcpy(ret->address, address);
	return 0;
}

#define SETTING(name, section, key) \
	{ BUS_SETTINGS, name, "d", read_setting, BMS_COMMAND_NONE, \
	  section, key, ORDER_SETTING }

static const struct order_row property_rows[] = {
	{ BUS_BMS, "Mode", "s", read_mode, BMS_COMMAND_NONE, NULL, NULL,
	  ORDER_MODE },
	SETTING("ChargedVoltage", "battery-monitor", "charged-voltage"),
	SETTING("TailCurrent", "battery-monitor", "tail-current"),
	SETTING("ChargedDetectionTime", "battery-monitor",
		"charged-detection-time"),
	SETTING("LowSocWarning", "battery-monitor", "low-soc-warning"),
	SETTING("DischargeFloor", "battery-monitor", "discharge-floor"),
	{ BUS_SETTINGS, "BluetoothEnabled", "b", read_setting,
	  BMS_COMMAND_NONE, "bluetooth", "enabled", ORDER_SETTING },
};

#define COMMAND(interface, name, signature, read, command) \
	{ interface, name, signature, read, command, NULL, NULL, \
	  ORDER_COMMAND }
#define PLAIN(interface, name, signature, read, kind) \
	{ interface, name, signature, read, BMS_COMMAND_NONE, NULL, NULL, \
	  kind }

static const struct order_row method_rows[] = {
	COMMAND(BUS_BMS, "SetStateOfCharge", "d", read_soc,
		BMS_COMMAND_SET_SOC),
	COMMAND(BUS_BMS, "SynchroniseStateOfCharge", "", read_command,
		BMS_COMMAND_SYNCHRONISE),
	COMMAND(BUS_BMS, "BeginUpdate", "", read_command,
		BMS_COMMAND_BEGIN_UPDATE),
	COMMAND(BUS_BMS, "EndUpdate", "", read_command,
		BMS_COMMAND_END_UPDATE),
	COMMAND(BUS_BMS, "Bypass", "uu", read_bypass, BMS_COMMAND_BYPASS),
	COMMAND(BUS_HISTORY, "Reset", "", read_command,
		BMS_COMMAND_RESET_HISTORY),
	PLAIN(BUS_SETTINGS, "Set", "sss", read_set, ORDER_SETTING),
	PLAIN(BUS_BMS, "StartPairing", "", read_plain, ORDER_PAIR),
	PLAIN(BUS_BLUETOOTH, "RemoveBond", "s", read_address,
	      ORDER_REMOVE_BOND),
	PLAIN(BUS_BLUETOOTH, "GetKey", "", read_plain, ORDER_KEY),
	PLAIN(BUS_BLUETOOTH, "RenewKey", "", read_plain, ORDER_NEW_KEY),
	PLAIN(BUS_BLUETOOTH, "GetPasskey", "", read_plain, ORDER_PASSKEY),
};

const struct setting_row *bus_order_setting(const char *property)
{
	for (size_t i = 0; i < ARRAY_SIZE(property_rows); i++) {
		const struct order_row *row = &property_rows[i];

		if (row->key && strcmp(row->member, property) == 0)
			return settings_row(row->section, row->key);
	}
	return NULL;
}

static const struct order_row *find_row(const struct order_row *rows,
					size_t n, const char *interface,
					const char *member)
{
	for (size_t i = 0; i < n; i++) {
		/* A caller may leave the interface out. */
		if (strcmp(rows[i].member, member) == 0 &&
		    (!interface || strcmp(rows[i].interface, interface) == 0))
			return &rows[i];
	}
	return NULL;
}

/* Set of org.freedesktop.DBus.Properties: "ssv". */
static int read_property(sd_bus_message *call, struct order *ret,
			 sd_bus_error *error)
{
	const struct order_row *row = NULL;
	const char *interface;
	const char *property;
	int r;

	if (sd_bus_message_read(call, "ss", &interface, &property) >= 0)
		row = find_row(property_rows, ARRAY_SIZE(property_rows),
			       interface, property);
	if (!row) {
		(void)sd_bus_message_rewind(call, true);
		return 0;
	}
	r = sd_bus_message_enter_container(call, 'v', row->signature);
	if (r < 0)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "%s is of type \"%s\"%s.", property,
					 row->signature, row->key ? "" :
					 ": " MODES_ALLOWED);
	r = row->read(row, call, ret, error);
	return r < 0 ? r : 1;
}

int bus_order_read(sd_bus_message *call, struct order *ret,
		   sd_bus_error *error)
{
	const char *interface = sd_bus_message_get_interface(call);
	const char *member = sd_bus_message_get_member(call);
	const char *path = sd_bus_message_get_path(call);
	const struct order_row *row;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (!sd_bus_message_is_method_call(call, NULL, NULL) || !member ||
	    !path || strcmp(path, BUS_ROOT) != 0)
		return 0;
	if (strcmp(member, "Set") == 0 &&
	    (!interface || strcmp(interface, PROPERTIES) == 0) &&
	    sd_bus_message_has_signature(call, "ssv"))
		return read_property(call, ret, error);
	row = find_row(method_rows, ARRAY_SIZE(method_rows), interface,
		       member);
	if (!row)
		return 0;
	if (!sd_bus_message_has_signature(call, row->signature))
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
					 "%s takes \"%s\".", member,
					 row->signature);
	r = row->read(row, call, ret, error);
	return r < 0 ? r : 1;
}
