# SPDX-License-Identifier: MIT
check_PROGRAMS += tests/unit/test-log
TESTS += tests/unit/test-log
tests_unit_test_log_SOURCES = tests/unit/test-log.c tests/unit/journal.h
tests_unit_test_log_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_log_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-hold
TESTS += tests/unit/test-hold
tests_unit_test_hold_SOURCES = tests/unit/test-hold.c
tests_unit_test_hold_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_hold_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-hold-message
TESTS += tests/unit/test-hold-message
tests_unit_test_hold_message_SOURCES = tests/unit/test-hold-message.c
tests_unit_test_hold_message_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_hold_message_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-window
TESTS += tests/unit/test-window
tests_unit_test_window_SOURCES = tests/unit/test-window.c
tests_unit_test_window_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_window_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-options
TESTS += tests/unit/test-options
tests_unit_test_options_SOURCES = tests/unit/test-options.c
tests_unit_test_options_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_options_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-port
TESTS += tests/unit/test-port
tests_unit_test_port_SOURCES = tests/unit/test-port.c
tests_unit_test_port_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_port_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-replay
TESTS += tests/unit/test-replay
tests_unit_test_replay_SOURCES = tests/unit/test-replay.c
tests_unit_test_replay_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_replay_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-taken
TESTS += tests/unit/test-taken
tests_unit_test_taken_SOURCES = tests/unit/test-taken.c
tests_unit_test_taken_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_taken_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-turn
TESTS += tests/unit/test-turn
turn_fixture = tests/unit/turn_fixture.c tests/unit/turn_fixture.h
tests_unit_test_turn_SOURCES = tests/unit/test-turn.c tests/unit/journal.h \
	$(turn_fixture)
tests_unit_test_turn_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_turn_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-saver
TESTS += tests/unit/test-saver
tests_unit_test_saver_SOURCES = tests/unit/test-saver.c
tests_unit_test_saver_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_saver_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-turn-lines
TESTS += tests/unit/test-turn-lines
tests_unit_test_turn_lines_SOURCES = tests/unit/test-turn-lines.c \
	$(turn_fixture)
tests_unit_test_turn_lines_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_turn_lines_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/unit/test-bluetooth
TESTS += tests/unit/test-bluetooth
tests_unit_test_bluetooth_SOURCES = tests/unit/test-bluetooth.c
tests_unit_test_bluetooth_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_bluetooth_LDADD = $(TEST_LIBS)
