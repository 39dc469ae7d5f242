/* SPDX-License-Identifier: MIT */
/* What the parts of bluez/ share. bluez.c holds them together. */
#ifndef BMS_BLUEZ_PRIVATE_H
#define BMS_BLUEZ_PRIVATE_H

#include "bluez/bluez.h"

/* Our objects, in a tree of their own. */
#define BLUEZ_ROOT "/org/vebusbmsng_bluez"
#define BLUEZ_GATT BLUEZ_ROOT "/gatt"
#define BLUEZ_ADVERTISEMENT BLUEZ_ROOT "/advertisement"
#define BLUEZ_AGENT BLUEZ_ROOT "/agent"

#define BLUEZ_NAME "org.bluez"
#define BLUEZ_ADAPTER "org.bluez.Adapter1"
#define BLUEZ_ADAPTER_ADVERTISES "org.bluez.LEAdvertisingManager1"
#define BLUEZ_ADAPTER_SERVES "org.bluez.GattManager1"
#define BLUEZ_DEVICE "org.bluez.Device1"
#define BLUEZ_PROPERTIES "org.freedesktop.DBus.Properties"

enum {
	BLUEZ_PATH_SIZE = 64, /* "/org/bluez/hci0/dev_00_11_22_33_44_55" */
	BLUEZ_ADAPTERS_MAX = 8,
	BLUEZ_OWNER_SIZE = 64,
};

struct bluez_adapter {
	char path[BLUEZ_PATH_SIZE]; /* empty: a free place */
	char address[BLUEZ_ADDRESS_SIZE];
	bool present;  /* Adapter1 is there, and so on */
	bool advertises;
	bool serves;
	bool powered;
	bool pairable;
};

/* Properties that a message may bring; absent ones are unknown. */
struct bluez_facts {
	maybe_i32 powered;
	maybe_i32 pairable;
	maybe_i32 connected;
	maybe_i32 paired;
	maybe_i32 bonded;
	const char *address;
	const char *name;
};

/* One that is connected, bonded, or has asked for something. */
struct bluez_device {
	char path[BLUEZ_PATH_SIZE]; /* empty: a free place */
	/* Who it is, which its path says only until it is bonded: that may be
	 * named after an address that the device had for some minutes. */
	char address[BLUEZ_ADDRESS_SIZE];
	char name[BLUEZ_NAME_SIZE];
	bool connected;
	bool bonded;
	bool asked;       /* for name and address */
	bool used;        /* has asked for a value since it connected */
	bool shown;       /* a passkey for it, in this window */
	bool refused;     /* a write of it, and that has been told */
	bool gone;        /* its object; whether its adapter goes, too, */
	mono_t gone_until; /* is known from then on; 0: no turn since */
	uint32_t battery; /* that it has selected, from 1; 0: none yet */
	/* What it reads in pieces: the value as it was with the first. */
	const void *kept; /* of which characteristic; NULL: none */
	size_t kept_len;
	uint8_t kept_value[SERVICE_VALUE_MAX];
};

/* What is wanted of BlueZ, and brought about by a call each. */
enum bluez_task_id {
	BLUEZ_TASK_OBJECTS, /* to know its objects */
	BLUEZ_TASK_ADVERTISEMENT,
	BLUEZ_TASK_APPLICATION,
	BLUEZ_TASK_AGENT,
	BLUEZ_TASK_DEFAULT, /* the agent is the default one */
	BLUEZ_TASK_PAIRABLE,
	BLUEZ_TASK_COUNT
};

struct bluez_task {
	struct bluez *b;
	bool is;           /* it is so, as far as is known */
	bool stale;        /* it is from before: undo it first */
	bool on;           /* what was asked for last */
	sd_bus_slot *call; /* is under way */
	bool failed;       /* and the next try has not been planned */
	uint32_t retry_ms;
	mono_t retry;      /* not before */
	char error[BLUEZ_TEXT_SIZE]; /* empty: none */
};

enum { GATT_DESCRIPTORS = 2 }; /* 0x2901 and 0x2904; of our own rows */

struct gatt_descriptor {
	struct gatt_characteristic *of;
};

/* One row of lib/gatt. */
struct gatt_characteristic {
	struct bluez *b;
	uint8_t service; /* index in gatt_table.c */
	enum standard_id standard_id;
	const struct standard_row *standard; /* NULL: row */
	const struct service_row *row;
	struct gatt_descriptor descriptor[GATT_DESCRIPTORS];
	bool notifying;
	bool sent; /* last is what the clients were told */
	size_t last_len;
	uint8_t last[SERVICE_VALUE_MAX];
};

struct bluez {
	struct bluez_hooks hooks;
	struct bluez_status status;
	mono_t now;
	bool on;
	char wanted[BLUEZ_NAME_SIZE]; /* "auto" or "hci0" */

	sd_bus *bus; /* NULL: none */
	sd_bus_slot *match[5];
	sd_bus_slot *object[8];
	size_t n_objects;
	sd_bus_slot *owner_call;
	char owner[BLUEZ_OWNER_SIZE]; /* of org.bluez; empty: nobody */

	struct bluez_adapter adapter[BLUEZ_ADAPTERS_MAX];
	const struct bluez_adapter *chosen; /* NULL: none */
	struct bluez_device device[BLUEZ_DEVICES_MAX];
	bool tells_bonded; /* and not only that something is paired */
	bool settling;     /* an adapter has come; its devices are there */
	mono_t settled;    /* from then on; 0: no turn since */
	sd_bus_slot *ask_call;
	char ask_path[BLUEZ_PATH_SIZE];

	struct bluez_task task[BLUEZ_TASK_COUNT];
	bool paired_by_us; /* Pairable is on by our doing */
	mono_t window;     /* open until; 0: closed */
	char pairing[BLUEZ_PATH_SIZE]; /* whose passkey is shown */
	sd_bus_slot *remove_call;
	char removing[BLUEZ_ADDRESS_SIZE];

	mono_t refresh; /* next */
	size_t advertise_len;
	uint8_t advertise[BLUEZ_ADVERTISE_MAX];
	size_t n_characteristics;
	struct gatt_characteristic *characteristic;
};

/* --- objects.c: what BlueZ has --- */
/* Listens for its owner and its objects. 0 or -errno. */
int objects_watch(struct bluez *b);
/* Forgets all of it. */
void objects_forget(struct bluez *b);
/* Takes the answer to GetManagedObjects. 0 or -errno. */
int objects_read(struct bluez *b, sd_bus_message *reply);
/* "a{sv}". 0 or more, or -errno. */
int objects_facts(sd_bus_message *m, struct bluez_facts *ret);

/* --- devices.c: which devices there are, and which may write --- */
/* Takes what has been told of one. news: it has changed, and was not only
 * listed. */
void devices_facts(struct bluez *b, const char *path,
		   const struct bluez_facts *facts, bool news);
/* Its object is gone. */
void devices_removed(struct bluez *b, const char *path);
/* That of an adapter is: its bonds stay with BlueZ. */
void devices_adapter_removed(struct bluez *b, const struct bluez_adapter *a);
/* One has appeared, and its devices are being told. */
void devices_adapter_came(struct bluez *b);
/* Asks for names and addresses that are not known; and takes devices for
 * removed that went without their adapter. */
void devices_turn(struct bluez *b);
mono_t devices_next(const struct bluez *b);
/* All of them: BlueZ has gone. */
void devices_forget(struct bluez *b);
/* The device at a path of the chosen adapter; made where it is missing and
 * there is room, else NULL. */
struct bluez_device *devices_at(struct bluez *b, const char *path);
/* A bonded one of the chosen adapter, or NULL. */
struct bluez_device *devices_bonded(struct bluez *b, const char *address);
bool devices_is_ours(const struct bluez *b, const struct bluez_device *d);
/* Whether it was paired in a window of ours, and is. */
bool devices_may_write(const struct bluez *b, const struct bluez_device *d);

/* --- tasks.c: what is wanted of it --- */
void tasks_init(struct bluez *b);
/* Begins what is due. */
void tasks_turn(struct bluez *b);
mono_t tasks_next(const struct bluez *b);
/* Forgets what was brought about, from that task on: who knew it is gone. */
void tasks_forget(struct bluez *b, enum bluez_task_id from);
/* BlueZ has let it go by itself. */
void tasks_lost(struct bluez *b, enum bluez_task_id id);
/* It may not be so any more: where it is, it is taken back before it is
 * brought about anew. */
void tasks_doubt(struct bluez *b, enum bluez_task_id id);
/* What has failed and how, for people; NULL: nothing. */
const char *tasks_error(const struct bluez *b, const char **ret_what);

/* --- advertisement.c, gatt_table.c, gatt.c, agent.c: our objects --- */
int advertisement_add(struct bluez *b);
void advertisement_refresh(struct bluez *b);
int gatt_init(struct bluez *b);
int gatt_add(struct bluez *b);
void gatt_refresh(struct bluez *b);
/* Nobody is subscribed any more. */
void gatt_forget(struct bluez *b);
int agent_add(struct bluez *b);
/* No passkey is shown any more. */
void agent_forget(struct bluez *b);
/* The window is closed, too, and all who were shown one are sent away. */
void agent_close(struct bluez *b);

/* --- bluez.c --- */
/* Whether a message comes from BlueZ; where it does not, sets the error. */
bool bluez_is_from(const struct bluez *b, sd_bus_message *m,
		   sd_bus_error *error);
/* Keeps a slot of an object until the connection goes. */
sd_bus_slot **bluez_slot(struct bluez *b);
/* Copies, cut. */
void bluez_copy(char *to, size_t size, const char *from);

#endif
