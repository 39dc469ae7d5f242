# SPDX-License-Identifier: MIT
EXTRA_DIST += scripts/check scripts/demo scripts/demo.script scripts/lib.sh \
	scripts/packages scripts/rig.sh scripts/vm.sh
