# SPDX-License-Identifier: MIT
# Fuzz targets: one LLVMFuzzerTestOneInput() a program. With --enable-fuzzer
# they are libFuzzer's; else tests/fuzz/main.c runs each over its corpus
# (tests/fuzz/corpus/NAME) and seeded mutations of it, in "make check".
FUZZ_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
FUZZ_LINK = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
if FUZZER
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/libfuzzmain.a
endif
FUZZ_LIBS = $(FUZZ_MAIN) $(BMS_LIBS)

check_LIBRARIES = tests/fuzz/libfuzzmain.a
tests_fuzz_libfuzzmain_a_SOURCES = tests/fuzz/main.c
tests_fuzz_libfuzzmain_a_CFLAGS = $(FUZZ_CFLAGS)

FUZZ_TARGETS = \
	tests/fuzz/fuzz-capture \
	tests/fuzz/fuzz-settings
check_PROGRAMS += $(FUZZ_TARGETS)
if !FUZZER
TESTS += $(FUZZ_TARGETS)
endif
tests_fuzz_fuzz_capture_SOURCES = tests/fuzz/fuzz-capture.c
tests_fuzz_fuzz_capture_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_capture_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_capture_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz-settings.c
tests_fuzz_fuzz_settings_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_settings_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_settings_LDADD = $(FUZZ_LIBS)

EXTRA_DIST += \
	tests/fuzz/corpus/capture/first.txt \
	tests/fuzz/corpus/settings/first.conf \
	tests/fuzz/corpus/settings/two-buses.conf
