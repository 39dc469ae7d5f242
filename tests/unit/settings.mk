# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/test-settings tests/unit/test-settings-check \
	tests/unit/test-config tests/unit/test-capture tests/unit/test-store \
	tests/unit/test-texts
TESTS += tests/unit/test-settings tests/unit/test-settings-check \
	tests/unit/test-config tests/unit/test-capture tests/unit/test-store \
	tests/unit/test-texts

tests_unit_test_settings_SOURCES = tests/unit/test-settings.c \
	tests/unit/settings_fixture.h
tests_unit_test_settings_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_settings_LDADD = $(TEST_LIBS)

tests_unit_test_settings_check_SOURCES = tests/unit/test-settings-check.c \
	tests/unit/settings_fixture.h
tests_unit_test_settings_check_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_settings_check_LDADD = $(TEST_LIBS)

tests_unit_test_config_SOURCES = tests/unit/test-config.c
tests_unit_test_config_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_config_LDADD = $(TEST_LIBS)

tests_unit_test_capture_SOURCES = tests/unit/test-capture.c
tests_unit_test_capture_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_capture_LDADD = $(TEST_LIBS)

tests_unit_test_store_SOURCES = tests/unit/test-store.c
tests_unit_test_store_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_store_LDADD = $(TEST_LIBS)

tests_unit_test_texts_SOURCES = tests/unit/test-texts.c
tests_unit_test_texts_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_texts_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-overrides
TESTS += tests/unit/test-overrides
tests_unit_test_overrides_SOURCES = tests/unit/test-overrides.c
tests_unit_test_overrides_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_overrides_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-utf8
TESTS += tests/unit/test-utf8
tests_unit_test_utf8_SOURCES = tests/unit/test-utf8.c
tests_unit_test_utf8_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_utf8_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-bonds
TESTS += tests/unit/test-bonds
tests_unit_test_bonds_SOURCES = tests/unit/test-bonds.c
tests_unit_test_bonds_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_bonds_LDADD = $(TEST_LIBS)
