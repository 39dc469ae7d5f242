# SPDX-License-Identifier: MIT
# End-to-end tests: the real daemon, simulated batteries and inverter on
# ptys, a private bus. Each program is one story of a minute or two; they
# wait far more than they work, so many of them run side by side.
e2e_rig = tests/e2e/rig.c tests/e2e/rig.h tests/e2e/rig_bus.c \
	tests/e2e/rig_mk.c tests/e2e/rig_private.h \
	tests/e2e/rig_process.c tests/e2e/rig_sim.c
e2e_rig_bluez = tests/e2e/rig_bluez.c tests/e2e/rig_bluez.h \
	tests/e2e/fake_bluez.h
e2e_programs = \
	tests/e2e/test-units \
	tests/e2e/test-bluetooth-client \
	tests/e2e/test-power \
	tests/e2e/test-bluetooth \
	tests/e2e/test-phases \
	tests/e2e/test-gates \
	tests/e2e/test-charge \
	tests/e2e/test-inverter \
	tests/e2e/test-restart \
	tests/e2e/test-protect \
	tests/e2e/test-noise \
	tests/e2e/test-operator \
	tests/e2e/test-foreign \
	tests/e2e/test-low \
	tests/e2e/test-plug \
	tests/e2e/test-bluetooth-hostile \
	tests/e2e/test-life \
	tests/e2e/test-bluetooth-bonds

check_PROGRAMS += $(e2e_programs) tests/e2e/fake-bluez
TESTS += $(e2e_programs)

tests_e2e_test_protect_SOURCES = tests/e2e/test-protect.c $(e2e_rig)
tests_e2e_test_protect_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_protect_LDADD = $(TEST_LIBS)

tests_e2e_test_low_SOURCES = tests/e2e/test-low.c $(e2e_rig)
tests_e2e_test_low_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_low_LDADD = $(TEST_LIBS)

tests_e2e_test_charge_SOURCES = tests/e2e/test-charge.c $(e2e_rig)
tests_e2e_test_charge_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_charge_LDADD = $(TEST_LIBS)

tests_e2e_test_inverter_SOURCES = tests/e2e/test-inverter.c $(e2e_rig)
tests_e2e_test_inverter_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_inverter_LDADD = $(TEST_LIBS)

tests_e2e_test_gates_SOURCES = tests/e2e/test-gates.c $(e2e_rig)
tests_e2e_test_gates_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_gates_LDADD = $(TEST_LIBS)

tests_e2e_test_units_SOURCES = tests/e2e/test-units.c $(e2e_rig)
tests_e2e_test_units_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_units_LDADD = $(TEST_LIBS)

tests_e2e_test_phases_SOURCES = tests/e2e/test-phases.c $(e2e_rig)
tests_e2e_test_phases_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_phases_LDADD = $(TEST_LIBS)

tests_e2e_test_noise_SOURCES = tests/e2e/test-noise.c $(e2e_rig)
tests_e2e_test_noise_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_noise_LDADD = $(TEST_LIBS)

tests_e2e_test_foreign_SOURCES = tests/e2e/test-foreign.c $(e2e_rig)
tests_e2e_test_foreign_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_foreign_LDADD = $(TEST_LIBS)

tests_e2e_test_plug_SOURCES = tests/e2e/test-plug.c $(e2e_rig)
tests_e2e_test_plug_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_plug_LDADD = $(TEST_LIBS)

tests_e2e_test_life_SOURCES = tests/e2e/test-life.c $(e2e_rig)
tests_e2e_test_life_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_life_LDADD = $(TEST_LIBS)

tests_e2e_test_power_SOURCES = tests/e2e/test-power.c $(e2e_rig)
tests_e2e_test_power_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_power_LDADD = $(TEST_LIBS)

tests_e2e_test_restart_SOURCES = tests/e2e/test-restart.c $(e2e_rig)
tests_e2e_test_restart_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_restart_LDADD = $(TEST_LIBS)

tests_e2e_test_operator_SOURCES = tests/e2e/test-operator.c $(e2e_rig)
tests_e2e_test_operator_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_operator_LDADD = $(TEST_LIBS)

tests_e2e_test_bluetooth_SOURCES = tests/e2e/test-bluetooth.c $(e2e_rig) \
	$(e2e_rig_bluez)
tests_e2e_test_bluetooth_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_bluetooth_LDADD = $(TEST_LIBS)

tests_e2e_test_bluetooth_bonds_SOURCES = \
	tests/e2e/test-bluetooth-bonds.c $(e2e_rig) $(e2e_rig_bluez)
tests_e2e_test_bluetooth_bonds_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_bluetooth_bonds_LDADD = $(TEST_LIBS)

tests_e2e_test_bluetooth_client_SOURCES = \
	tests/e2e/test-bluetooth-client.c $(e2e_rig) $(e2e_rig_bluez)
tests_e2e_test_bluetooth_client_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_bluetooth_client_LDADD = $(TEST_LIBS)

tests_e2e_test_bluetooth_hostile_SOURCES = \
	tests/e2e/test-bluetooth-hostile.c $(e2e_rig) $(e2e_rig_bluez)
tests_e2e_test_bluetooth_hostile_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_test_bluetooth_hostile_LDADD = $(TEST_LIBS)

# Nothing of the project: what it does is BlueZ's.
tests_e2e_fake_bluez_SOURCES = tests/e2e/fake_bluez.c \
	tests/e2e/fake_bluez.h tests/e2e/fake_device.c \
	tests/e2e/fake_do.c tests/e2e/fake_gatt.c
tests_e2e_fake_bluez_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
tests_e2e_fake_bluez_LDADD = $(SYSTEMD_LIBS)
