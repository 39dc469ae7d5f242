# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/gatt/aes.c lib/gatt/aes.h \
	lib/gatt/readout.c lib/gatt/readout.h
