# SPDX-License-Identifier: MIT
core_bank = tests/unit/bank.c tests/unit/bank.h

core_programs = \
	tests/unit/test-core \
	tests/unit/test-core-protect \
	tests/unit/test-core-inverter \
	tests/unit/test-core-property \
	tests/unit/test-core-attack \
	tests/unit/test-core-figures \
	tests/unit/test-core-bank \
	tests/unit/test-core-edges \
	tests/unit/test-core-hear \
	tests/unit/test-core-current \
	tests/unit/test-core-charge \
	tests/unit/test-core-full \
	tests/unit/test-core-history \
	tests/unit/test-core-memory \
	tests/unit/test-core-power \
	tests/unit/test-core-gates \
	tests/unit/test-core-bypass \
	tests/unit/test-core-leds \
	tests/unit/test-core-loop \
	tests/unit/test-core-hold \
	tests/unit/test-core-update \
	tests/unit/test-core-show
check_PROGRAMS += $(core_programs)
TESTS += $(core_programs)

tests_unit_test_core_SOURCES = tests/unit/test-core.c $(core_bank)
tests_unit_test_core_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_LDADD = $(TEST_LIBS)

tests_unit_test_core_protect_SOURCES = tests/unit/test-core-protect.c \
	$(core_bank)
tests_unit_test_core_protect_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_protect_LDADD = $(TEST_LIBS)

tests_unit_test_core_inverter_SOURCES = tests/unit/test-core-inverter.c \
	$(core_bank)
tests_unit_test_core_inverter_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_inverter_LDADD = $(TEST_LIBS)

tests_unit_test_core_property_SOURCES = tests/unit/test-core-property.c \
	$(core_bank)
tests_unit_test_core_property_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_property_LDADD = $(TEST_LIBS)

tests_unit_test_core_attack_SOURCES = tests/unit/test-core-attack.c \
	$(core_bank)
tests_unit_test_core_attack_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_attack_LDADD = $(TEST_LIBS)

tests_unit_test_core_figures_SOURCES = tests/unit/test-core-figures.c \
	$(core_bank)
tests_unit_test_core_figures_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_figures_LDADD = $(TEST_LIBS)

tests_unit_test_core_bank_SOURCES = tests/unit/test-core-bank.c \
	$(core_bank)
tests_unit_test_core_bank_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_bank_LDADD = $(TEST_LIBS)

tests_unit_test_core_edges_SOURCES = tests/unit/test-core-edges.c \
	$(core_bank)
tests_unit_test_core_edges_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_edges_LDADD = $(TEST_LIBS)

tests_unit_test_core_gates_SOURCES = tests/unit/test-core-gates.c \
	$(core_bank)
tests_unit_test_core_gates_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_gates_LDADD = $(TEST_LIBS)

tests_unit_test_core_hear_SOURCES = tests/unit/test-core-hear.c $(core_bank)
tests_unit_test_core_hear_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_hear_LDADD = $(TEST_LIBS)

tests_unit_test_core_current_SOURCES = tests/unit/test-core-current.c \
	$(core_bank)
tests_unit_test_core_current_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_current_LDADD = $(TEST_LIBS)

core_account = $(core_bank) tests/unit/account.c tests/unit/account.h

tests_unit_test_core_charge_SOURCES = tests/unit/test-core-charge.c \
	$(core_account)
tests_unit_test_core_charge_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_charge_LDADD = $(TEST_LIBS)

tests_unit_test_core_full_SOURCES = tests/unit/test-core-full.c \
	$(core_account)
tests_unit_test_core_full_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_full_LDADD = $(TEST_LIBS)

tests_unit_test_core_history_SOURCES = tests/unit/test-core-history.c \
	$(core_bank)
tests_unit_test_core_history_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_history_LDADD = $(TEST_LIBS)

tests_unit_test_core_power_SOURCES = tests/unit/test-core-power.c $(core_bank)
tests_unit_test_core_power_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_power_LDADD = $(TEST_LIBS)

tests_unit_test_core_memory_SOURCES = tests/unit/test-core-memory.c \
	$(core_bank)
tests_unit_test_core_memory_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_memory_LDADD = $(TEST_LIBS)

tests_unit_test_core_bypass_SOURCES = tests/unit/test-core-bypass.c \
	$(core_bank)
tests_unit_test_core_bypass_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_bypass_LDADD = $(TEST_LIBS)

tests_unit_test_core_leds_SOURCES = tests/unit/test-core-leds.c $(core_bank)
tests_unit_test_core_leds_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_leds_LDADD = $(TEST_LIBS)

tests_unit_test_core_loop_SOURCES = tests/unit/test-core-loop.c $(core_bank)
tests_unit_test_core_loop_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_loop_LDADD = $(TEST_LIBS) -lm

tests_unit_test_core_hold_SOURCES = tests/unit/test-core-hold.c $(core_bank)
tests_unit_test_core_hold_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_hold_LDADD = $(TEST_LIBS)

tests_unit_test_core_update_SOURCES = tests/unit/test-core-update.c \
	$(core_bank)
tests_unit_test_core_update_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_update_LDADD = $(TEST_LIBS)

tests_unit_test_core_show_SOURCES = tests/unit/test-core-show.c
tests_unit_test_core_show_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_core_show_LDADD = $(TEST_LIBS)
