/* SPDX-License-Identifier: MIT */
#include "mk3frame.h"

#include <string.h>

#include "wire.h"

#define BYTE_TIMEOUT_NS (300 * NS_PER_MS)
#define HOST_COUNTED_MAX 20

static bool odd_rule(uint8_t type)
{
	return type == MK3_QUERY || type == MK3_RAW38 || type == MK3_RAW3D ||
	       type == MK3_SWITCH;
}

uint8_t mk3_checksum(const uint8_t *frame, size_t n)
{
	unsigned sum = sum8(frame, n);

	if (n > 1 && odd_rule(frame[1]))
		for (size_t i = 1; i < n && i <= 5; i += 2)
			sum += (unsigned)(frame[i] << 4 | frame[i] >> 4) & 0xFF;
	return (uint8_t)-sum;
}

size_t mk3_frame(const uint8_t *counted, size_t n, const uint8_t *leds,
		 uint8_t *ret_frame)
{
	memcpy(ret_frame + 1, counted, n);
	ret_frame[0] = (uint8_t)n;
	if (leds) {
		memcpy(ret_frame + 1 + n, leds, 2);
		n += 2;
		ret_frame[0] = (uint8_t)(n | 0x80);
	}
	ret_frame[n + 1] = mk3_checksum(ret_frame, n + 1);
	return n + 2;
}

static void drop(struct mk3_receiver *rx, size_t n)
{
	rx->n -= n;
	memmove(rx->byte, rx->byte + n, rx->n);
}

static void reject(struct mk3_receiver *rx)
{
	if (!rx->lost)
		rx->bad++;
	rx->lost = true;
	drop(rx, 1);
}

static bool host_sends(uint8_t type)
{
	return type == MK3_COMMAND || odd_rule(type);
}

/* The frame at the start of the buffer: its length, or 0 for not yet. */
static size_t find(struct mk3_receiver *rx)
{
	while (rx->n) {
		size_t n = rx->byte[0];

		if (n < 2 || n > HOST_COUNTED_MAX ||
		    (rx->n > 1 && !host_sends(rx->byte[1]))) {
			reject(rx);
			continue;
		}
		if (rx->n < n + 2)
			return 0;
		if (mk3_checksum(rx->byte, n + 1) == rx->byte[n + 1])
			return n;
		reject(rx);
	}
	return 0;
}

size_t mk3_receive(struct mk3_receiver *rx, uint8_t byte, int64_t at_ns,
		   uint8_t *ret_counted)
{
	size_t n;

	if (rx->n && at_ns - rx->last_ns > BYTE_TIMEOUT_NS) {
		reject(rx);
		rx->n = 0;
	}
	rx->last_ns = at_ns;
	rx->byte[rx->n++] = byte;
	n = find(rx);
	if (!n)
		return 0;
	rx->lost = false;
	memcpy(ret_counted, rx->byte + 1, n);
	drop(rx, n + 2);
	return n;
}
