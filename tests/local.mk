# SPDX-License-Identifier: MIT
if HAVE_CHECK
include tests/unit/local.mk
include tests/e2e/local.mk
endif
