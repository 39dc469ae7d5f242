/* SPDX-License-Identifier: MIT */
/*
 * The counterpart of lib/base/bytes.h: a cursor over a buffer that is
 * written, little-endian. What does not fit is not written and sets "full",
 * after which nothing is, so that an encoder asks once at its end.
 */
#ifndef BMS_PUT_H
#define BMS_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct put {
	uint8_t *at;
	size_t left;
	size_t len; /* written so far */
	bool full;
};

static inline struct put put_in(uint8_t *buf, size_t size)
{
	return (struct put){ buf, size, 0, false };
}

static inline void put_u8(struct put *p, uint8_t byte)
{
	if (p->full || !p->left) {
		p->full = true;
		return;
	}
	*p->at++ = byte;
	p->left--;
	p->len++;
}

/* The lowest n bytes of value, n up to 8. */
static inline void put_le(struct put *p, uint64_t value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		put_u8(p, (uint8_t)(value >> 8 * i));
}

/* The length, or -1 where it did not fit. */
static inline int put_end(const struct put *p)
{
	return p->full ? -1 : (int)p->len;
}

#endif
