/* SPDX-License-Identifier: MIT */
/*
 * How late the BMS is on the air again: from when BlueZ has hci0 and has
 * switched it on to when the daemon says on D-Bus that it advertises and that
 * nobody is connected.
 */
#include "tests/vm/phone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BMS "org.vebusbmsng"
#define BMS_PATH "/org/vebusbmsng"
#define BLUETOOTH BMS ".Bluetooth1"

static bool is_on(struct phone *phone)
{
	return phone_flag(phone, "/org/bluez/hci0", BLUEZ ".Adapter1",
			  "Powered");
}

static bool is_advertising(struct phone *phone)
{
	char *state = NULL;
	bool is = sd_bus_get_property_string(phone->bus, BMS, BMS_PATH,
					     BLUETOOTH, "State", NULL,
					     &state) >= 0 &&
		strcmp(state, "advertising") == 0;

	free(state);
	return is;
}

static bool is_lost(struct phone *phone)
{
	return !is_advertising(phone);
}

int phone_back(struct phone *phone, char *words[])
{
	int64_t on_ms;
	int r = phone_mind(phone, "type='signal',sender='" BMS "',path='"
			   BMS_PATH "',arg0='" BLUETOOTH "'");

	if (r >= 0)
		printf("watching\n");
	if (r >= 0 && strcmp(words[0], "lost") == 0)
		r = phone_wait(phone, is_lost);
	if (r >= 0)
		r = phone_wait(phone, is_on);
	if (r < 0)
		return r;
	printf("on\n");
	on_ms = phone->looked_ms;
	r = phone_wait(phone, is_advertising);
	if (r >= 0)
		printf("%lld\n", (long long)(phone_now_ms() - on_ms));
	return r;
}
