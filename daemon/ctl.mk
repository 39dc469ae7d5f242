# SPDX-License-Identifier: MIT
bin_PROGRAMS += vebus-bms-ngctl
vebus_bms_ngctl_SOURCES = \
	daemon/ctl/bluetooth.c \
	daemon/ctl/ctl.h \
	daemon/ctl/decode.c \
	daemon/ctl/events.c \
	daemon/ctl/main.c \
	daemon/ctl/model.c daemon/ctl/model.h \
	daemon/ctl/monitor.c \
	daemon/ctl/order.c \
	daemon/ctl/print.c daemon/ctl/print.h \
	daemon/ctl/print_batteries.c \
	daemon/ctl/print_history.c \
	daemon/ctl/print_text.c daemon/ctl/print_text.h \
	daemon/ctl/probe.c \
	daemon/ctl/settings.c \
	daemon/ctl/show.c \
	daemon/ctl/update.c \
	daemon/ctl/watch.c daemon/ctl/watch.h \
	daemon/ctl/words.c daemon/ctl/words.h \
	daemon/ctl/write_json.c daemon/ctl/write_json.h
vebus_bms_ngctl_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
vebus_bms_ngctl_LDADD = $(BMS_LIBS)
