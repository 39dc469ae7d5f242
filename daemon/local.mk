# SPDX-License-Identifier: MIT
sbin_PROGRAMS += vebus-bms-ngd
vebus_bms_ngd_SOURCES = daemon/main.c
vebus_bms_ngd_LDADD = $(BMS_LIBS)
libbms_a_SOURCES += \
	daemon/bluetooth.c daemon/bluetooth.h \
	daemon/bluetooth_client.c \
	daemon/bluetooth_message.c daemon/bluetooth_message.h \
	daemon/capture.c daemon/capture.h \
	daemon/check.c daemon/check.h \
	daemon/clock.c daemon/clock.h \
	daemon/codes.c \
	daemon/config.c daemon/config.h \
	daemon/daemon.c daemon/daemon.h \
	daemon/hold.c daemon/hold.h \
	daemon/hold_message.c daemon/hold_message.h \
	daemon/hold_take.c \
	daemon/hold_wire.c daemon/hold_wire.h \
	daemon/json.c daemon/json.h \
	daemon/keep.c \
	daemon/lines.c \
	daemon/lock.c daemon/lock.h \
	daemon/log.c daemon/log.h \
	daemon/notify.c daemon/notify.h \
	daemon/options.c daemon/options.h \
	daemon/orders.c \
	daemon/port.c daemon/port.h \
	daemon/reload.c \
	daemon/repeat.c daemon/repeat.h \
	daemon/replay.c daemon/replay.h \
	daemon/saver.c daemon/saver.h \
	daemon/spine.c daemon/spine.h \
	daemon/store.c daemon/store.h \
	daemon/taken.c daemon/taken.h \
	daemon/talk.c daemon/talk.h \
	daemon/tty.c daemon/tty.h \
	daemon/turn.c \
	daemon/window.c daemon/window.h
include daemon/bus.mk
include daemon/ctl.mk
