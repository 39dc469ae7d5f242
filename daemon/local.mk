# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	daemon/capture.c daemon/capture.h \
	daemon/config.c daemon/config.h \
	daemon/store.c daemon/store.h
