# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	daemon/bus.c daemon/bus.h \
	daemon/bus_object.c daemon/bus_object.h \
	daemon/bus_order.c daemon/bus_order.h \
	daemon/bus_snapshot.c daemon/bus_snapshot.h \
	daemon/bus_snapshot_pages.c \
	daemon/bus_table.c daemon/bus_table.h \
	daemon/bus_write.c daemon/bus_write.h \
	daemon/order.h \
	daemon/pump.c daemon/pump.h \
	daemon/view.h
