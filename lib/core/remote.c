/* SPDX-License-Identifier: MIT */
#include "lib/core/remote.h"

bool remote_step(struct bms_remote *remote, const struct bms_input *input)
{
	bool h = input->remote_h.known && input->remote_h.value == 1;
	bool l = input->remote_l.known && input->remote_l.value == 0;
	bool raw = h || l;

	if (!input->remote_fitted) {
		*remote = (struct bms_remote){ .on = true };
		return true;
	}
	if (!remote->seen || raw != remote->raw) {
		remote->seen = true;
		remote->raw = raw;
		remote->raw_since = input->now;
	}
	if (mono_elapsed_ms(remote->raw_since, input->now) >=
	    REMOTE_DEBOUNCE_MS)
		remote->on = remote->raw;
	return remote->on;
}

mono_t remote_next(const struct bms_remote *remote)
{
	if (!remote->seen || remote->raw == remote->on)
		return MONO_NEVER;
	return mono_add_ms(remote->raw_since, REMOTE_DEBOUNCE_MS);
}
