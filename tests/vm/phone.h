/* SPDX-License-Identifier: MIT */
/*
 * What the parts of tests/vm/phone share: a connection to BlueZ, and a device
 * of it with its attributes. Commands take their words from the command line;
 * what they find is printed, and what BlueZ refuses is told where it happens.
 * All give 0 or a negative errno, -EIO where it has been told.
 */
#ifndef BMS_TESTS_PHONE_H
#define BMS_TESTS_PHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BLUEZ "org.bluez"
#define CHARACTERISTIC BLUEZ ".GattCharacteristic1"
#define DESCRIPTOR BLUEZ ".GattDescriptor1"

enum {
	UUID_DIGITS = 8,
	PATH_SIZE = 160,
	VALUE_MAX = 512, /* Core 5.4, vol 3, part F, 3.2.9 */
	OBJECTS_MAX = 400,
	FLAGS_SIZE = 160,
};

struct value {
	uint8_t bytes[VALUE_MAX];
	size_t n;
};

struct object {
	char path[PATH_SIZE];
	char uuid[UUID_DIGITS + 1];
	bool is_descriptor; /* otherwise a characteristic: */
	bool is_readable;
	char flags[FLAGS_SIZE];
};

struct phone {
	sd_bus *bus;
	char device[PATH_SIZE]; /* hci0, as hci1 sees it */
	struct object objects[OBJECTS_MAX]; /* of it, sorted by path */
	size_t n_objects;
	struct value seen; /* on the air */
	int paired; /* 1: yes, negative: refused */
	int64_t looked_ms; /* when phone_wait() last looked */
};

int64_t phone_now_ms(void);

/* Tells it. */
int phone_refused(const char *what, const sd_bus_error *error, int r);

/* A method without arguments or answer. */
int phone_call(struct phone *phone, const char *path, const char *interface,
	       const char *method);

/* The array of bytes that comes next in m. */
int phone_keep(struct value *value, sd_bus_message *m);

void phone_print(const struct value *value);

/* A property that is true; not where there is none. */
bool phone_flag(struct phone *phone, const char *path, const char *interface,
		const char *name);

/* Until it is so; whatever BlueZ signals is a reason to look again, and so is
 * what is minded besides: a match as sd_bus_add_match(3) takes it. */
int phone_wait(struct phone *phone, bool (*is_so)(struct phone *phone));
int phone_mind(struct phone *phone, const char *match);

/* phone_back.c */
int phone_back(struct phone *phone, char *words[]);

/* phone_gatt.c */
int phone_read(struct phone *phone, char *words[]);
int phone_write(struct phone *phone, char *words[]);
int phone_table(struct phone *phone, char *words[]);
int phone_subscribe(struct phone *phone, char *words[]);

#endif
