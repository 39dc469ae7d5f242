# SPDX-License-Identifier: MIT
# Scenarios: plain text, run against the core and against the daemon.
scenario_script = tests/scenario/script.c tests/scenario/script.h \
	tests/scenario/play.c
scenario_daemon = tests/scenario/run-daemon.c $(scenario_script) $(e2e_rig)
scenario_programs = \
	tests/scenario/run-daemon-3 \
	tests/scenario/run-daemon-0 \
	tests/scenario/run-daemon-1 \
	tests/scenario/run-daemon-2 \
	tests/scenario/run-core

check_PROGRAMS += $(scenario_programs)
TESTS += $(scenario_programs)

tests_scenario_run_core_SOURCES = tests/scenario/run-core.c \
	tests/scenario/core.h tests/scenario/core_act.c \
	tests/scenario/core_see.c $(scenario_script) $(core_bank)
tests_scenario_run_core_CFLAGS = $(TEST_CFLAGS)
tests_scenario_run_core_LDADD = $(TEST_LIBS) -lm

# They wait far more than they work, so they share the waiting.
daemon_cflags = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS) -DSCENARIO_PARTS=4
tests_scenario_run_daemon_0_SOURCES = $(scenario_daemon)
tests_scenario_run_daemon_0_CFLAGS = $(daemon_cflags) -DSCENARIO_PART=0
tests_scenario_run_daemon_0_LDADD = $(TEST_LIBS) -lm
tests_scenario_run_daemon_1_SOURCES = $(scenario_daemon)
tests_scenario_run_daemon_1_CFLAGS = $(daemon_cflags) -DSCENARIO_PART=1
tests_scenario_run_daemon_1_LDADD = $(TEST_LIBS) -lm
tests_scenario_run_daemon_2_SOURCES = $(scenario_daemon)
tests_scenario_run_daemon_2_CFLAGS = $(daemon_cflags) -DSCENARIO_PART=2
tests_scenario_run_daemon_2_LDADD = $(TEST_LIBS) -lm
tests_scenario_run_daemon_3_SOURCES = $(scenario_daemon)
tests_scenario_run_daemon_3_CFLAGS = $(daemon_cflags) -DSCENARIO_PART=3
tests_scenario_run_daemon_3_LDADD = $(TEST_LIBS) -lm

EXTRA_DIST += $(srcdir)/tests/scenario/*.scn tests/scenario/README.md
