# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/gatt/aes.c lib/gatt/aes.h \
	lib/gatt/fill.c lib/gatt/fill.h lib/gatt/fill_service.c \
	lib/gatt/readout.c lib/gatt/readout.h \
	lib/gatt/put.h \
	lib/gatt/sfloat.c lib/gatt/sfloat.h \
	lib/gatt/standard.c lib/gatt/standard.h \
	lib/gatt/service.c lib/gatt/service.h \
	lib/gatt/service_table.c
