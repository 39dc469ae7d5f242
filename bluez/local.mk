# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	bluez/advertisement.c \
	bluez/agent.c \
	bluez/bluez.c bluez/bluez.h \
	bluez/devices.c \
	bluez/gatt.c bluez/gatt.h \
	bluez/gatt_table.c \
	bluez/objects.c \
	bluez/private.h \
	bluez/tasks.c
