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
