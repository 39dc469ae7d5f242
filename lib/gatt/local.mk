# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/gatt/aes.c lib/gatt/aes.h
