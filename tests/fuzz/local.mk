# SPDX-License-Identifier: MIT
# Fuzz targets: one LLVMFuzzerTestOneInput() a program. With --enable-fuzzer
# they are libFuzzer's; else tests/fuzz/main.c runs each over its corpus
# (tests/fuzz/corpus/NAME) and seeded mutations of it, in "make check".
FUZZ_CFLAGS = $(AM_CFLAGS)
FUZZ_LINK = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
FUZZ_TARGETS = \
	tests/fuzz/fuzz-capture \
	tests/fuzz/fuzz-config \
	tests/fuzz/fuzz-core \
	tests/fuzz/fuzz-gatt \
	tests/fuzz/fuzz-hold \
	tests/fuzz/fuzz-jk-pb \
	tests/fuzz/fuzz-memory \
	tests/fuzz/fuzz-mk3 \
	tests/fuzz/fuzz-proto \
	tests/fuzz/fuzz-settings
check_PROGRAMS += $(FUZZ_TARGETS)
check_LIBRARIES = tests/fuzz/libfuzz.a
tests_fuzz_libfuzz_a_SOURCES = tests/fuzz/talk.c tests/fuzz/talk.h
tests_fuzz_libfuzz_a_CFLAGS = $(FUZZ_CFLAGS)
if !FUZZER
tests_fuzz_libfuzz_a_SOURCES += tests/fuzz/main.c
TESTS += $(FUZZ_TARGETS)
endif
FUZZ_LIBS = tests/fuzz/libfuzz.a $(BMS_LIBS)

tests_fuzz_fuzz_capture_SOURCES = tests/fuzz/fuzz-capture.c
tests_fuzz_fuzz_capture_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_capture_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_capture_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz-config.c
tests_fuzz_fuzz_config_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_config_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_config_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_core_SOURCES = tests/fuzz/fuzz-core.c
tests_fuzz_fuzz_core_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_core_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_core_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_gatt_SOURCES = tests/fuzz/fuzz-gatt.c
tests_fuzz_fuzz_gatt_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_gatt_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_gatt_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_hold_SOURCES = tests/fuzz/fuzz-hold.c
tests_fuzz_fuzz_hold_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_hold_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_hold_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_jk_pb_SOURCES = tests/fuzz/fuzz-jk-pb.c
tests_fuzz_fuzz_jk_pb_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_jk_pb_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_jk_pb_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_memory_SOURCES = tests/fuzz/fuzz-memory.c
tests_fuzz_fuzz_memory_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_memory_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_memory_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_mk3_SOURCES = tests/fuzz/fuzz-mk3.c
tests_fuzz_fuzz_mk3_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_mk3_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_mk3_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_proto_SOURCES = tests/fuzz/fuzz-proto.c
tests_fuzz_fuzz_proto_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_proto_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_proto_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz-settings.c
tests_fuzz_fuzz_settings_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_settings_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_settings_LDADD = $(FUZZ_LIBS)

EXTRA_DIST += \
	tests/fuzz/corpus/capture/first.txt \
	tests/fuzz/corpus/config/whole.conf \
	tests/fuzz/corpus/config/windows.conf \
	tests/fuzz/corpus/config/wrong.conf \
	tests/fuzz/corpus/core/lives.hex \
	tests/fuzz/corpus/gatt/writes.hex \
	tests/fuzz/corpus/hold/messages.hex \
	tests/fuzz/corpus/jk-pb/frames.hex \
	tests/fuzz/corpus/memory/moved.txt \
	tests/fuzz/corpus/memory/whole.txt \
	tests/fuzz/corpus/mk3/frames.hex \
	tests/fuzz/corpus/proto/frames.hex \
	tests/fuzz/corpus/settings/first.conf \
	tests/fuzz/corpus/settings/two-buses.conf
