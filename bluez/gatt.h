/* SPDX-License-Identifier: MIT */
/* What the two halves of the GATT application share: gatt_table.c puts the
 * tables of lib/gatt on the bus, gatt.c answers what is asked of them. */
#ifndef BMS_BLUEZ_GATT_H
#define BMS_BLUEZ_GATT_H

#include "bluez/private.h"

#define GATT_SERVICE "org.bluez.GattService1"
#define GATT_CHARACTERISTIC "org.bluez.GattCharacteristic1"
#define GATT_DESCRIPTOR "org.bluez.GattDescriptor1"

/* What BlueZ says beside a read or write; all zero where it says nothing. */
struct gatt_options {
	const char *device; /* path, or NULL */
	uint16_t offset;
	bool prepared; /* asks only whether it would be allowed */
};

/* "a{sv}". 0 or more, or -errno. */
int gatt_options_read(sd_bus_message *m, struct gatt_options *ret);
/* Answers a read. */
int gatt_answer(sd_bus_message *m, const uint8_t *value, size_t len);

/* Writes the path of its object. */
void gatt_path(const struct gatt_characteristic *c, char ret[BLUEZ_PATH_SIZE]);

/* Methods; userdata is a struct gatt_characteristic. */
int gatt_on_read(sd_bus_message *m, void *userdata, sd_bus_error *error);
int gatt_on_write(sd_bus_message *m, void *userdata, sd_bus_error *error);
int gatt_on_notify(sd_bus_message *m, void *userdata, sd_bus_error *error);
int gatt_on_confirm(sd_bus_message *m, void *userdata, sd_bus_error *error);

#endif
