# SPDX-License-Identifier: MIT
EXTRA_DIST += tests/unit/gatt_unit.h tests/unit/gatt_record.h

gatt_programs = \
	tests/unit/test-gatt-aes \
	tests/unit/test-gatt-readout \
	tests/unit/test-gatt-standard \
	tests/unit/test-gatt-service \
	tests/unit/test-gatt-fill \
	tests/unit/test-gatt-same
check_PROGRAMS += $(gatt_programs)
TESTS += $(gatt_programs)

tests_unit_test_gatt_aes_SOURCES = tests/unit/test-gatt-aes.c
tests_unit_test_gatt_aes_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gatt_aes_LDADD = $(TEST_LIBS)

tests_unit_test_gatt_readout_SOURCES = tests/unit/test-gatt-readout.c
tests_unit_test_gatt_readout_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gatt_readout_LDADD = $(TEST_LIBS)

tests_unit_test_gatt_standard_SOURCES = tests/unit/test-gatt-standard.c
tests_unit_test_gatt_standard_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gatt_standard_LDADD = $(TEST_LIBS)

tests_unit_test_gatt_service_SOURCES = tests/unit/test-gatt-service.c
tests_unit_test_gatt_service_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gatt_service_LDADD = $(TEST_LIBS)

tests_unit_test_gatt_fill_SOURCES = tests/unit/test-gatt-fill.c $(core_bank)
tests_unit_test_gatt_fill_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gatt_fill_LDADD = $(TEST_LIBS) -lm

tests_unit_test_gatt_same_SOURCES = tests/unit/test-gatt-same.c $(core_bank)
tests_unit_test_gatt_same_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gatt_same_LDADD = $(TEST_LIBS) -lm
