/* SPDX-License-Identifier: MIT */
/*
 * The interfaces on D-Bus: one vtable each, whose rows are the one table of
 * names, signatures and places in the snapshot. Introspection, reading and
 * change detection all come from it.
 */
#ifndef BMS_BUS_TABLE_H
#define BMS_BUS_TABLE_H

#include <systemd/sd-bus.h>

#include "daemon/bus_snapshot.h"

#define BUS_NAME "org.vebusbmsng"
#define BUS_ROOT "/org/vebusbmsng"
#define BUS_BMS "org.vebusbmsng.Bms1"
#define BUS_HISTORY "org.vebusbmsng.History1"
#define BUS_SETTINGS "org.vebusbmsng.Settings1"
#define BUS_BLUETOOTH "org.vebusbmsng.Bluetooth1"
#define BUS_BATTERY "org.vebusbmsng.Battery1"
#define BUS_INVERTER "org.vebusbmsng.Inverter1"
#define BUS_BUS "org.vebusbmsng.Bus1"

/* More than any interface has, with the closing NULL. */
enum { BUS_PROPERTIES_MAX = 48 };

enum bus_object_kind {
	BUS_OBJECT_BMS,      /* these four are one object */
	BUS_OBJECT_HISTORY,
	BUS_OBJECT_SETTINGS,
	BUS_OBJECT_BLUETOOTH,
	BUS_OBJECT_BATTERY,
	BUS_OBJECT_INVERTER,
	BUS_OBJECT_BUS,
	BUS_OBJECT_KIND_COUNT
};

const char *bus_table_interface(enum bus_object_kind kind);

/* Its userdata is a snapshot of that kind. */
const sd_bus_vtable *bus_table_vtable(enum bus_object_kind kind);

/*
 * The names of the properties that differ between two snapshots and are
 * announced when they change, ended by NULL; returns their number.
 */
size_t bus_table_changes(enum bus_object_kind kind,
			 const union snapshot *shown,
			 const union snapshot *next,
			 const char *names[BUS_PROPERTIES_MAX]);

#endif
