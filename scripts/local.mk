# SPDX-License-Identifier: MIT
EXTRA_DIST += scripts/check scripts/demo scripts/lib.sh scripts/packages
