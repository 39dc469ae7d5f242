# SPDX-License-Identifier: MIT
# Unit tests: one libcheck program a module, linked with libbms.a.
TEST_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -Wno-conversion -Wno-format-nonliteral
TEST_LIBS = $(BMS_LIBS) $(CHECK_LIBS)
AM_TESTS_ENVIRONMENT = \
	BMS_SRCDIR='$(abs_top_srcdir)'; export BMS_SRCDIR; \
	BMS_BUILDDIR='$(abs_top_builddir)'; export BMS_BUILDDIR; \
	MALLOC_PERTURB_=69; export MALLOC_PERTURB_; \
	CK_DEFAULT_TIMEOUT=60; export CK_DEFAULT_TIMEOUT;
EXTRA_DIST += tests/unit/unit.h

include tests/unit/base.mk
include tests/unit/core.mk
include tests/unit/proto.mk
include tests/unit/gatt.mk
include tests/unit/mk3.mk
include tests/unit/gpio.mk
include tests/unit/settings.mk
include tests/unit/bus.mk
include tests/unit/daemon.mk

# For scripts/check: the unit tests by name.
print-unit-tests:
	@echo $(filter tests/unit/%,$(TESTS))
