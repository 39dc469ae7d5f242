# SPDX-License-Identifier: MIT
EXTRA_DIST += \
	tests/unit/jk_pb_unit.h \
	tests/unit/jk_pb_world.h \
	tests/vectors/battery.tsv \
	tests/vectors/jk-pb-text.tsv

check_PROGRAMS += tests/unit/test-jk-pb
TESTS += tests/unit/test-jk-pb
tests_unit_test_jk_pb_SOURCES = tests/unit/test-jk-pb.c
tests_unit_test_jk_pb_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_jk_pb_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-jk-pb-turns
TESTS += tests/unit/test-jk-pb-turns
tests_unit_test_jk_pb_turns_SOURCES = tests/unit/test-jk-pb-turns.c
tests_unit_test_jk_pb_turns_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_jk_pb_turns_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-jk-pb-bytes
TESTS += tests/unit/test-jk-pb-bytes
tests_unit_test_jk_pb_bytes_SOURCES = tests/unit/test-jk-pb-bytes.c
tests_unit_test_jk_pb_bytes_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_jk_pb_bytes_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-jk-pb-redact
TESTS += tests/unit/test-jk-pb-redact
tests_unit_test_jk_pb_redact_SOURCES = tests/unit/test-jk-pb-redact.c
tests_unit_test_jk_pb_redact_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_jk_pb_redact_LDADD = $(TEST_LIBS)
