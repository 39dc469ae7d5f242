# SPDX-License-Identifier: MIT
mk3_model = tests/unit/test-mk3-model.c tests/unit/test-mk3-model.h \
	tests/unit/test-mk3-rig.c

check_PROGRAMS += \
	tests/unit/test-mk3-charge \
	tests/unit/test-mk3-frame \
	tests/unit/test-mk3-names \
	tests/unit/test-mk3-others \
	tests/unit/test-mk3-session \
	tests/unit/test-mk3-trouble \
	tests/unit/test-mk3-vectors
TESTS += \
	tests/unit/test-mk3-charge \
	tests/unit/test-mk3-frame \
	tests/unit/test-mk3-names \
	tests/unit/test-mk3-others \
	tests/unit/test-mk3-session \
	tests/unit/test-mk3-trouble \
	tests/unit/test-mk3-vectors
EXTRA_DIST += tests/vectors/mk3.psv

tests_unit_test_mk3_charge_SOURCES = tests/unit/test-mk3-charge.c \
	$(mk3_model)
tests_unit_test_mk3_charge_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_mk3_charge_LDADD = $(TEST_LIBS)
tests_unit_test_mk3_frame_SOURCES = tests/unit/test-mk3-frame.c
tests_unit_test_mk3_frame_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_mk3_frame_LDADD = $(TEST_LIBS)
tests_unit_test_mk3_names_SOURCES = tests/unit/test-mk3-names.c
tests_unit_test_mk3_names_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_mk3_names_LDADD = $(TEST_LIBS)
tests_unit_test_mk3_others_SOURCES = tests/unit/test-mk3-others.c \
	$(mk3_model)
tests_unit_test_mk3_others_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_mk3_others_LDADD = $(TEST_LIBS)
tests_unit_test_mk3_session_SOURCES = tests/unit/test-mk3-session.c \
	$(mk3_model)
tests_unit_test_mk3_session_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_mk3_session_LDADD = $(TEST_LIBS)
tests_unit_test_mk3_trouble_SOURCES = tests/unit/test-mk3-trouble.c \
	$(mk3_model)
tests_unit_test_mk3_trouble_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_mk3_trouble_LDADD = $(TEST_LIBS)
tests_unit_test_mk3_vectors_SOURCES = tests/unit/test-mk3-vectors.c \
	tests/unit/test-mk3-expected.h
tests_unit_test_mk3_vectors_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_mk3_vectors_LDADD = $(TEST_LIBS)
