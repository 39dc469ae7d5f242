/* SPDX-License-Identifier: MIT */
/*
 * A conversation in which every request is answered with the same bytes,
 * cut in pieces, and the tty is lost now and then. Aborts where a session
 * breaks the contract of lib/base/session.h: it always comes back to
 * waiting after a bounded number of actions, sends only while it is open,
 * and its actions carry what they must.
 */
#ifndef BMS_FUZZ_TALK_H
#define BMS_FUZZ_TALK_H

#include "lib/base/session.h"

struct fuzz_talk {
	const struct session_ops *ops;
	void *state;
	/* What came out; each may be NULL: then it must not come. */
	void (*sample)(const void *data, mono_t now,
		       const struct sample *sample);
	void (*reading)(const void *data, mono_t now,
			const struct inverter_reading *reading);
	const void *data;
};

/* The state must be initialised. */
void fuzz_talk(const struct fuzz_talk *talk, const uint8_t *answer,
	       size_t size);

#endif
