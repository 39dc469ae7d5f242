# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/unit/bus_fixture.h tests/unit/bus_probe.h \
	tests/unit/ctl_golden.h

check_PROGRAMS += tests/unit/test-bus
TESTS += tests/unit/test-bus
tests_unit_test_bus_SOURCES = tests/unit/test-bus.c \
	tests/unit/bus_fixture.c tests/unit/bus_probe.c
tests_unit_test_bus_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_bus_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-bus-trouble
TESTS += tests/unit/test-bus-trouble
tests_unit_test_bus_trouble_SOURCES = tests/unit/test-bus-trouble.c \
	tests/unit/bus_fixture.c tests/unit/bus_probe.c
tests_unit_test_bus_trouble_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_bus_trouble_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-bus-order
TESTS += tests/unit/test-bus-order
tests_unit_test_bus_order_SOURCES = tests/unit/test-bus-order.c \
	tests/unit/bus_fixture.c tests/unit/bus_probe.c
tests_unit_test_bus_order_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_bus_order_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-ctl
TESTS += tests/unit/test-ctl
tests_unit_test_ctl_SOURCES = tests/unit/test-ctl.c tests/unit/bus_fixture.c \
	tests/unit/ctl_run.c tests/unit/ctl_run.h
tests_unit_test_ctl_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_ctl_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-ctl-bluetooth
TESTS += tests/unit/test-ctl-bluetooth
tests_unit_test_ctl_bluetooth_SOURCES = tests/unit/test-ctl-bluetooth.c \
	tests/unit/bus_fixture.c \
	tests/unit/ctl_run.c tests/unit/ctl_run.h
tests_unit_test_ctl_bluetooth_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_ctl_bluetooth_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-bus-page
TESTS += tests/unit/test-bus-page
tests_unit_test_bus_page_SOURCES = tests/unit/test-bus-page.c \
	tests/unit/bus_fixture.c tests/unit/bus_probe.c
tests_unit_test_bus_page_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_bus_page_LDADD = $(TEST_LIBS)
