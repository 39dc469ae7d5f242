# SPDX-License-Identifier: MIT
# The simulator: nothing of lib/, daemon/ or gpio/ goes into it.
sim_files = \
	tests/sim/bank.c tests/sim/bank.h \
	tests/sim/bus.c tests/sim/bus.h \
	tests/sim/command-mk.c tests/sim/command-mk.h \
	tests/sim/command-unit.c \
	tests/sim/command.c tests/sim/command.h \
	tests/sim/control.c tests/sim/control.h \
	tests/sim/jkpb.c tests/sim/jkpb.h \
	tests/sim/keys.c tests/sim/keys.h \
	tests/sim/keys-mk.c tests/sim/keys-value.h \
	tests/sim/mk3.c tests/sim/mk3.h \
	tests/sim/mk3frame.c tests/sim/mk3frame.h \
	tests/sim/multi.c tests/sim/multi.h \
	tests/sim/options.c tests/sim/options.h \
	tests/sim/pack.c tests/sim/pack.h \
	tests/sim/pty.c tests/sim/pty.h \
	tests/sim/script.c tests/sim/script.h \
	tests/sim/setting.c \
	tests/sim/sim.c tests/sim/sim.h \
	tests/sim/winmon.c \
	tests/sim/wire.c tests/sim/wire.h

check_PROGRAMS += tests/sim/bms-sim
tests_sim_bms_sim_SOURCES = tests/sim/main.c $(sim_files)
tests_sim_bms_sim_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_sim_bms_sim_LDADD = -lm

if TESTS_WANTED
check_PROGRAMS += tests/sim/test-sim tests/sim/test-mk3
TESTS += tests/sim/test-sim tests/sim/test-mk3
tests_sim_test_sim_SOURCES = \
	tests/sim/test-sim.c tests/sim/test-sim.h \
	tests/sim/test-sim-vectors.h $(sim_files)
tests_sim_test_sim_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_sim_test_sim_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -Wno-conversion
tests_sim_test_sim_LDADD = $(CHECK_LIBS) -lm
tests_sim_test_mk3_SOURCES = \
	tests/sim/test-mk3.c tests/sim/test-sim.h $(sim_files)
tests_sim_test_mk3_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_sim_test_mk3_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -Wno-conversion
tests_sim_test_mk3_LDADD = $(CHECK_LIBS) -lm
endif
EXTRA_DIST += tests/sim/README.md
