# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/base/bytes.h \
	lib/base/crc.c lib/base/crc.h \
	lib/base/limits.h \
	lib/base/maybe.h \
	lib/base/mono.h \
	lib/base/sample.h \
	lib/base/session.h \
	lib/base/text.c lib/base/text.h
