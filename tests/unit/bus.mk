# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/unit/bus_fixture.h

check_PROGRAMS += tests/unit/test-bus
TESTS += tests/unit/test-bus
tests_unit_test_bus_SOURCES = tests/unit/test-bus.c tests/unit/bus_fixture.c
tests_unit_test_bus_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_test_bus_LDADD = $(TEST_LIBS)
