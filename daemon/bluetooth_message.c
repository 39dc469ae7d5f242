/* SPDX-License-Identifier: MIT */
#include "daemon/bluetooth_message.h"

#include <stdio.h>

#include "lib/base/maybe.h"

const struct bluetooth_message_row
	bluetooth_messages[BLUETOOTH_MESSAGE_COUNT] = {
	[BLUETOOTH_PASSKEY] = {
		"91d61b58637c4af08e5bf58daf1502f1",
		"A device wants to pair over Bluetooth",
		"The pairing window is open and the device at "
		"@VEBUS_BMS_ADDRESS@ wants to be paired. Once it is, whoever "
		"holds it may change settings and the mode.",
		"Type the passkey into it, if it is yours. If it is not, wait "
		"until the window is closed, 120 s after it was opened.",
	},
	[BLUETOOTH_BOND_MADE] = {
		"1f583f06d8bd4763bfc1574ffea96079",
		"A device has been paired over Bluetooth",
		"Whoever holds the device at @VEBUS_BMS_ADDRESS@ may change "
		"settings and the mode from now on, until the bond is removed.",
		"If it is not yours: vebus-bms-ngctl bluetooth remove "
		"@VEBUS_BMS_ADDRESS@.",
	},
	[BLUETOOTH_BOND_ELSEWHERE] = {
		"9b77536791974009bba2dc7d83514bb8",
		"A device has been paired by another program",
		"The device at @VEBUS_BMS_ADDRESS@ was paired with this "
		"machine, and not with the passkey of a pairing window of "
		"vebus-bms-ngd. Over Bluetooth it may look, as everybody may, "
		"and change nothing.",
		"Nothing, if it is meant for something else. If it is to "
		"change settings: vebus-bms-ngctl bluetooth remove "
		"@VEBUS_BMS_ADDRESS@, forget this machine on the device, then "
		"vebus-bms-ngctl pair.",
	},
	[BLUETOOTH_BOND_REMOVED] = {
		"371a03cbecfb4dd0b1dca646d3278cff",
		"A device is paired over Bluetooth no more",
		"The device at @VEBUS_BMS_ADDRESS@ may still look, and change "
		"nothing.",
		"Nothing. Remove the bond on the device, too, before it is "
		"paired again.",
	},
	[BLUETOOTH_TROUBLE] = {
		"a550622f30094f6ab015918034a05690",
		"Bluetooth does not work",
		"bluetoothd or its adapter is missing, or refuses something, "
		"or does not answer. It is tried again, every 5 s at the "
		"latest.",
		"The entry says what is missing. See systemctl status "
		"bluetooth, and bluetoothctl show. Where Bluetooth is not "
		"wanted, set enabled = no in the section [bluetooth].",
	},
	[BLUETOOTH_WELL] = {
		"1aae7c4a06114e72b5a5178d67745157",
		"Bluetooth works again",
		"The advertisement and the services are there again.",
		"Nothing.",
	},
};

_Static_assert(ARRAY_SIZE(bluetooth_messages) == BLUETOOTH_MESSAGE_COUNT,
	       "a row for every message");

void bluetooth_message_fields(enum bluetooth_message message,
			      const char *address, char *buf, size_t size)
{
	int n = snprintf(buf, size, "MESSAGE_ID=%s\n",
			 bluetooth_messages[message].id);

	if (*address && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n,
			 "VEBUS_BMS_ADDRESS=%s\n", address);
}
