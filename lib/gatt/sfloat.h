/* SPDX-License-Identifier: MIT */
/*
 * SFLOAT, the 16-bit decimal number of IEEE 11073-20601, annex F.2.2:
 * mantissa of 12 bits, exponent of base 10 in the upper 4, both in two's
 * complement.
 */
#ifndef BMS_SFLOAT_H
#define BMS_SFLOAT_H

#include "lib/base/maybe.h"

enum {
	SFLOAT_NAN = 0x07ff, /* also: unknown */
	SFLOAT_PLUS_INFINITY = 0x07fe,
	SFLOAT_MINUS_INFINITY = 0x0802,
	/* What is beyond it is one of these or reserved. */
	SFLOAT_MANTISSA_MAX = 2045,
	SFLOAT_EXPONENT_MIN = -8,
	SFLOAT_EXPONENT_MAX = 7,
};

/*
 * value * 10^exponent, rounded half away from 0 to as many digits as fit
 * (three, or four below 2046). Too small is 0, too large is infinite,
 * unknown is not a number.
 */
uint16_t sfloat_of(maybe_i32 value, int8_t exponent);

#endif
