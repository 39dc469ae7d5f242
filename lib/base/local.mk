# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/base/bonds.c lib/base/bonds.h \
	lib/base/bytes.h \
	lib/base/crc.c lib/base/crc.h \
	lib/base/limits.h \
	lib/base/maybe.h \
	lib/base/mono.h \
	lib/base/sample.h \
	lib/base/session.h \
	lib/base/text.c lib/base/text.h \
	lib/base/utf8.c lib/base/utf8.h \
	lib/base/capture.c lib/base/capture.h \
	lib/base/identities.c lib/base/identities.h \
	lib/base/overrides.c lib/base/overrides.h \
	lib/base/nearest.c lib/base/nearest.h \
	lib/base/settings.c lib/base/settings.h \
	lib/base/settings_check.c \
	lib/base/settings_parse.c lib/base/settings_parse.h \
	lib/base/settings_table.c
