# SPDX-License-Identifier: MIT
# Automake puts the sources of both branches into the tarball.
libbms_a_SOURCES += \
	gpio/adopted.c \
	gpio/backend.h \
	gpio/chip_find.c \
	gpio/gpio.c gpio/gpio.h \
	gpio/persist.c \
	gpio/virtual.c gpio/virtual.h
if GPIOD_V2
libbms_a_SOURCES += gpio/gpiod_v2.c
else
libbms_a_SOURCES += gpio/gpiod_v1.c
endif
