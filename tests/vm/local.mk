# SPDX-License-Identifier: MIT
# Tests in a kernel of our own, with a simulated GPIO chip. They are built by
# "make check" and run by scripts/check through tests/vm/run, once: not in
# every build, and not by hand on this machine's kernel.
vm_programs = tests/vm/test-reaction tests/vm/test-faults tests/vm/test-hold \
	tests/vm/test-leds \
	tests/vm/test-lines tests/vm/test-persist tests/vm/test-start
vm_rig = tests/vm/chip.c tests/vm/chip.h tests/vm/row.c tests/vm/row.h \
	$(e2e_rig)
check_PROGRAMS += $(vm_programs)

tests_vm_test_lines_SOURCES = tests/vm/test-lines.c $(vm_rig)
tests_vm_test_lines_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_test_lines_LDADD = $(TEST_LIBS)

tests_vm_test_leds_SOURCES = tests/vm/test-leds.c $(vm_rig)
tests_vm_test_leds_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_test_leds_LDADD = $(TEST_LIBS)

tests_vm_test_hold_SOURCES = tests/vm/test-hold.c $(vm_rig)
tests_vm_test_hold_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_test_hold_LDADD = $(TEST_LIBS)

tests_vm_test_faults_SOURCES = tests/vm/test-faults.c $(vm_rig)
tests_vm_test_faults_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_test_faults_LDADD = $(TEST_LIBS)

tests_vm_test_persist_SOURCES = tests/vm/test-persist.c $(vm_rig)
tests_vm_test_persist_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_test_persist_LDADD = $(TEST_LIBS)

tests_vm_test_start_SOURCES = tests/vm/test-start.c $(vm_rig)
tests_vm_test_start_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_test_start_LDADD = $(TEST_LIBS)

# It is the batteries itself, in the words of the simulator's encoder.
tests_vm_test_reaction_SOURCES = tests/vm/test-reaction.c \
	tests/vm/battery.c tests/vm/battery.h $(vm_rig) \
	tests/sim/jkpb.c tests/sim/jkpb.h tests/sim/wire.c tests/sim/wire.h
tests_vm_test_reaction_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_test_reaction_LDADD = $(TEST_LIBS)

# What scripts and programs run in there.
vm_tools = tests/vm/att tests/vm/flood tests/vm/floor \
	tests/vm/one-event.so tests/vm/phone tests/vm/readout tests/vm/watch
check_PROGRAMS += $(vm_tools)
tests_vm_att_SOURCES = tests/vm/att.c
tests_vm_floor_SOURCES = tests/vm/floor.c
tests_vm_watch_SOURCES = tests/vm/watch.c
tests_vm_flood_SOURCES = tests/vm/flood.c
tests_vm_flood_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_flood_LDADD = $(SYSTEMD_LIBS)
tests_vm_phone_SOURCES = tests/vm/phone.c tests/vm/phone.h \
	tests/vm/phone_back.c tests/vm/phone_gatt.c
tests_vm_phone_CFLAGS = $(TEST_CFLAGS) $(SYSTEMD_CFLAGS)
tests_vm_phone_LDADD = $(SYSTEMD_LIBS)
tests_vm_readout_SOURCES = tests/vm/readout.c

# Loaded into somebody else's program, so without this build's flags.
tests_vm_one_event_so_SOURCES = tests/vm/one_event.c
tests_vm_one_event_so_CFLAGS = -Wall -Wextra -fPIC
tests_vm_one_event_so_LDFLAGS = -shared

EXTRA_DIST += tests/vm/air.sh tests/vm/bed.sh tests/vm/browser \
	tests/vm/build \
	tests/vm/debian tests/vm/host tests/vm/init tests/vm/kernel \
	tests/vm/kernel.config tests/vm/kernel-bluetooth.patch \
	tests/vm/kernel-persist.patch tests/vm/overlay.sh tests/vm/run \
	tests/vm/test-bluetooth tests/vm/test-bluetooth-faults \
	tests/vm/test-bluetooth-page tests/vm/test-bluetooth-pairing \
	tests/vm/test-endings tests/vm/test-hostile tests/vm/test-run \
	tests/vm/test-systemd tests/vm/test-update tests/vm/trips.sh \
	tests/vm/test-update-exits tests/vm/test-update-hangs \
	tests/vm/test-update-missing tests/vm/update.sh

# For tests/vm/build and scripts/check.
vm-programs: $(vm_programs) $(vm_tools) tests/sim/bms-sim
print-vm-tests:
	@echo $(vm_programs)
