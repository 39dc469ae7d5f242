/* SPDX-License-Identifier: MIT */
/*
 * A cursor over received bytes. Every read is checked against what is left;
 * a read that does not fit leaves the cursor where it is and sets "short",
 * after which every further read gives 0. So a decoder may read a whole
 * block and ask once at the end whether it was all there.
 */
#ifndef BMS_BYTES_H
#define BMS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at;
	size_t left;
	bool is_short;
};

static inline struct bytes bytes_of(const uint8_t *data, size_t len)
{
	return (struct bytes){ data, len, false };
}

/* Takes n bytes: their address, or NULL where fewer are left. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
	const uint8_t *at = b->at;

	if (b->is_short || n > b->left) {
		b->is_short = true;
		return NULL;
	}
	b->at += n;
	b->left -= n;
	return at;
}

static inline void bytes_skip(struct bytes *b, size_t n)
{
	(void)bytes_take(b, n);
}

static inline uint8_t bytes_u8(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 1);

	return p ? p[0] : 0;
}

static inline uint16_t bytes_le16(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 2);

	return (uint16_t)(p ? p[0] | p[1] << 8 : 0);
}

static inline uint16_t bytes_be16(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 2);

	return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

/* Two's complement, without relying on how the compiler converts. */
static inline int16_t bytes_sle16(struct bytes *b)
{
	uint16_t u = bytes_le16(b);

	return (int16_t)(u < 0x8000 ? u : (int32_t)u - 0x10000);
}

static inline uint32_t bytes_le32(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 4);

	return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 |
		   (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

static inline int32_t bytes_sle32(struct bytes *b)
{
	uint32_t u = bytes_le32(b);

	return (int32_t)(u < 0x80000000u ? (int64_t)u :
			 (int64_t)u - 0x100000000);
}

#endif
