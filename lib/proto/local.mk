# SPDX-License-Identifier: MIT
libbms_a_SOURCES += \
	lib/proto/jk_pb.c lib/proto/jk_pb.h \
	lib/proto/jk_pb_redact.c lib/proto/jk_pb_redact.h \
	lib/proto/jk_pb_session.c lib/proto/jk_pb_session.h \
	lib/proto/jk_pb_text.c lib/proto/jk_pb_text.h \
	lib/proto/jk_pb_turn.c lib/proto/jk_pb_turn.h \
	lib/proto/proto.c lib/proto/proto.h
