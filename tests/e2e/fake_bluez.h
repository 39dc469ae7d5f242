/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for bluetoothd on a private bus, written from BlueZ's
 * documentation (org.bluez.Adapter, Device, GattManager,
 * LEAdvertisingManager, AgentManager (5)) and not from bluez/: it reads an
 * application back while that is being registered, looks at every UUID and
 * flag, and does towards the daemon what bluetoothd does for a phone. A test
 * steers it by the method Do(s) -> s of FAKE_INTERFACE (fake_do.c).
 */
#ifndef BMS_TESTS_FAKE_BLUEZ_H
#define BMS_TESTS_FAKE_BLUEZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define FAKE_INTERFACE "org.example.Fake1"
#define FAKE_PATH "/fake"
#define FAKE_DEVICE "org.bluez.Device1"

enum {
	FAKE_PATH_SIZE = 128,
	FAKE_NAME_SIZE = 64,
	FAKE_UUID_SIZE = 37,
	FAKE_VALUE_MAX = 512,
	FAKE_ATTRIBUTES_MAX = 512,
	FAKE_DEVICES_MAX = 4,
	FAKE_SAID_SIZE = 2048,
};

struct fake_device {
	struct fake *fake;
	char path[FAKE_PATH_SIZE]; /* empty: there is none */
	char address[18];
	char alias[FAKE_NAME_SIZE];
	int connected;
	int paired;
	int bonded;
	sd_bus_slot *slot;
};

/* A service, characteristic or descriptor of the application. */
struct fake_attribute {
	char path[FAKE_PATH_SIZE];
	char interface[FAKE_NAME_SIZE];
	char uuid[FAKE_UUID_SIZE];
	char parent[FAKE_PATH_SIZE];
	char flags[160]; /* " read notify " */
	bool subscribed;
	unsigned int told; /* notifications */
	uint64_t told_us;  /* the last one */
	uint64_t gap_us;   /* the shortest between two; 0: none yet */
	uint8_t value[FAKE_VALUE_MAX];
	size_t len;
};

/* Who has registered what. */
struct fake_client {
	char owner[FAKE_NAME_SIZE]; /* empty: nobody */
	char path[FAKE_PATH_SIZE];
	sd_bus_slot *match;
};

struct fake {
	sd_bus *bus;
	bool old;         /* does not tell what is bonded */
	bool adapter;     /* is plugged in */
	char adapter_path[FAKE_PATH_SIZE];
	int powered;
	int pairable;
	sd_bus_slot *slots[3]; /* the adapter's interfaces */
	struct fake_device device[FAKE_DEVICES_MAX];
	struct fake_client advertisement, application, agent;
	bool agent_default;
	char last_agent[FAKE_NAME_SIZE]; /* who had one before */
	/* Advertised. */
	char name[FAKE_NAME_SIZE];
	uint16_t company;
	uint8_t data[FAKE_VALUE_MAX];
	size_t data_len;
	bool stale; /* registered, and no longer on the air */
	unsigned int refreshes;
	uint64_t refreshed_us, refresh_gap_us;
	size_t n_attributes;
	struct fake_attribute attribute[FAKE_ATTRIBUTES_MAX];
	uint32_t passkey;
	int flood; /* so many signals are still to be sent */
	/* The method that fails, and how; "mute": is never answered. */
	char fails[FAKE_NAME_SIZE];
	char failure[FAKE_NAME_SIZE];
	char said[FAKE_SAID_SIZE];
};

/* True where the method is to fail and has been dealt with. */
bool fake_fails(struct fake *f, sd_bus_message *call, const char *method,
		int *ret);
/* Another one, with Adapter1 alone. */
int fake_adapter_add(struct fake *f, const char *path);
int fake_adapter_plug(struct fake *f, const char *path);
void fake_adapter_unplug(struct fake *f);
void fake_drop(struct fake_client *client);
uint64_t fake_now_us(void);

/* fake_gatt.c */
int fake_register_application(sd_bus_message *call, void *data,
			      sd_bus_error *error);
int fake_register_advertisement(sd_bus_message *call, void *data,
				sd_bus_error *error);

/* fake_device.c */
extern const sd_bus_vtable fake_device_vtable[];
void fake_device_path(struct fake *f, const char *address,
		      char path[FAKE_PATH_SIZE]);
/* NULL where there is none, or no place for one that is to be made. */
struct fake_device *fake_device(struct fake *f, const char *address,
				bool make);
/* Its object comes, and goes. */
void fake_device_show(struct fake *f, struct fake_device *d);
void fake_device_hide(struct fake *f, struct fake_device *d);
/* The devices' objects, whose bonds stay: they go with the adapter, and come
 * named after the addresses that they have then. */
void fake_devices_go(struct fake *f);
void fake_devices_come(struct fake *f);

/* fake_do.c */
int fake_do(sd_bus_message *call, void *data, sd_bus_error *error);

#endif
