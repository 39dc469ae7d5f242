# SPDX-License-Identifier: MIT
if TESTS_WANTED
# What waits longest begins first.
include tests/scenario/local.mk
include tests/e2e/local.mk
include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/vm/local.mk
include tests/web/local.mk
else
# What only tests need is not known here, so it could not be distributed.
dist-hook:
	@echo "make dist needs a tree configured with tests" >&2; exit 1
endif

EXTRA_DIST += \
	tests/scripts/branches \
	tests/scripts/leaks \
	tests/scripts/requirements
