/* SPDX-License-Identifier: MIT */
#include "daemon/hold_message.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"

enum { HOLD_VERSION = 1 };

static const char magic[] = { 'B', 'M', 'S', 'H' };

static size_t put(uint8_t *bytes, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
	return n;
}

size_t hold_message_encode(const struct hold_message *message,
			   uint8_t bytes[HOLD_MESSAGE_SIZE])
{
	size_t chip = strnlen(message->line.chip, BMS_PATH_SIZE);
	size_t n = sizeof(magic);

	memcpy(bytes, magic, n);
	n += put(bytes + n, HOLD_VERSION, 1);
	n += put(bytes + n, message->word, 1);
	if (message->word != HOLD_LINE)
		return n;
	n += put(bytes + n, message->line.abi, 1);
	n += put(bytes + n, message->line.offset, 4);
	n += put(bytes + n, message->until.us, 8);
	memcpy(bytes + n, message->line.chip, chip);
	return n + chip;
}

static int decode_line(struct bytes *b, struct hold_message *message)
{
	uint8_t abi = bytes_u8(b);
	uint64_t low;
	size_t n;

	message->line.offset = bytes_le32(b);
	low = bytes_le32(b);
	message->until.us = (uint64_t)bytes_le32(b) << 32 | low;
	n = b->left;
	if (b->is_short || abi >= GPIO_ABI_COUNT || n == 0 ||
	    n >= sizeof(message->line.chip))
		return -EBADMSG;
	message->line.abi = (enum gpio_abi)abi;
	memcpy(message->line.chip, bytes_take(b, n), n);
	return memchr(message->line.chip, '\0', n) ? -EBADMSG : 0;
}

int hold_message_decode(const uint8_t *bytes, size_t len,
			struct hold_message *ret)
{
	struct hold_message message = { .line.fd = -1 };
	struct bytes b = bytes_of(bytes, len);
	const uint8_t *head = bytes_take(&b, sizeof(magic));
	uint8_t version = bytes_u8(&b);
	uint8_t word = bytes_u8(&b);

	if (b.is_short || memcmp(head, magic, sizeof(magic)) != 0 ||
	    version != HOLD_VERSION || word >= HOLD_WORD_COUNT)
		return -EBADMSG;
	message.word = (enum hold_word)word;
	if (message.word == HOLD_LINE && decode_line(&b, &message) < 0)
		return -EBADMSG;
	if (b.left > 0)
		return -EBADMSG;
	*ret = message;
	return 0;
}
