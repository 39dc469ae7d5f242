# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/core/aggregate.c lib/core/aggregate.h \
	lib/core/arrangement.c lib/core/arrangement.h \
	lib/core/bank.c lib/core/bank.h \
	lib/core/battery.c lib/core/battery.h \
	lib/core/bms.c lib/core/bms.h \
	lib/core/code.c lib/core/code.h \
	lib/core/explain.c lib/core/explain.h \
	lib/core/inverter.c lib/core/inverter.h \
	lib/core/latch.c lib/core/latch.h \
	lib/core/leds.c lib/core/leds.h \
	lib/core/limits.c lib/core/limits.h \
	lib/core/plausible.c lib/core/plausible.h \
	lib/core/protect.c lib/core/protect.h \
	lib/core/reason.c lib/core/reason.h \
	lib/core/remote.c lib/core/remote.h
