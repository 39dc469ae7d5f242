# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/mk3/decode.c lib/mk3/decode.h \
	lib/mk3/decode_winmon.c \
	lib/mk3/frame.c lib/mk3/frame.h \
	lib/mk3/mk3.h \
	lib/mk3/names.c \
	lib/mk3/reading.c lib/mk3/reading.h \
	lib/mk3/reply.c lib/mk3/reply.h \
	lib/mk3/request.c lib/mk3/request.h \
	lib/mk3/scale.c lib/mk3/scale.h \
	lib/mk3/session.c lib/mk3/session.h \
	lib/mk3/session_apply.c \
	lib/mk3/session_link.c \
	lib/mk3/session_others.c \
	lib/mk3/session_poll.c \
	lib/mk3/session_send.c \
	lib/mk3/session_soc.c \
	lib/mk3/session_units.c
