/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the answer to every request to an MK3 (C1, C7), while it is
 * told to switch the unit: the session keeps its contract. The same bytes
 * as one frame for people.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/mk3/mk3.h"
#include "tests/fuzz/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reading(const void *data, mono_t now,
			  const struct inverter_reading *reading)
{
	const struct mk3 *mk3 = data;

	(void)now;
	if (reading != mk3_reading(mk3))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inverter_command command;
	struct mk3 *mk3 = malloc(mk3_state_size());
	struct fuzz_talk talk = {
		.ops = &mk3_session_ops,
		.state = mk3,
		.reading = check_reading,
		.data = mk3,
	};
	char text[4096];

	if (!mk3)
		abort();
	memset(mk3, 0x5a, mk3_state_size());
	mk3_init(mk3);
	memset(&command, 0, sizeof(command));
	command.state = INVERTER_CHARGER_ONLY;
	command.charge_current_ma = known_i32(5000);
	mk3_command(mk3, &command);
	fuzz_talk(&talk, data, size);
	mk3_decode_text(data, size, text, sizeof(text));
	if (!memchr(text, '\0', sizeof(text)))
		abort();
	free(mk3);
	return 0;
}
