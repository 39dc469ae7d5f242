/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a holder's message (H2): what is taken gives the same bytes
 * when it is written again.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/hold_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[HOLD_MESSAGE_SIZE];
	struct hold_message message;

	if (hold_message_decode(data, size, &message) < 0)
		return 0;
	if (message.line.fd != -1 || message.line.abi >= GPIO_ABI_COUNT ||
	    hold_message_encode(&message, again) != size ||
	    memcmp(again, data, size) != 0)
		abort();
	return 0;
}
