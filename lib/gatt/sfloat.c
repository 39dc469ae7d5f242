/* SPDX-License-Identifier: MIT */
#include "lib/gatt/sfloat.h"

uint16_t sfloat_of(maybe_i32 value, int8_t exponent)
{
	bool negative = value.value < 0;
	int64_t whole = negative ? -(int64_t)value.value : value.value;
	int64_t mantissa = whole;
	int e = exponent;

	if (!value.known)
		return SFLOAT_NAN;
	/* An int32 is gone after eleven digits, so over does not overflow. */
	for (int64_t over = 10; mantissa > SFLOAT_MANTISSA_MAX ||
	     (mantissa && e < SFLOAT_EXPONENT_MIN); over *= 10, e++)
		mantissa = (whole + over / 2) / over;
	for (; mantissa <= SFLOAT_MANTISSA_MAX && e > SFLOAT_EXPONENT_MAX &&
	     mantissa; e--)
		mantissa *= 10;
	if (!mantissa)
		return 0;
	if (mantissa > SFLOAT_MANTISSA_MAX)
		return negative ? SFLOAT_MINUS_INFINITY :
				  SFLOAT_PLUS_INFINITY;
	if (negative)
		mantissa = -mantissa;
	return (uint16_t)(((unsigned int)e & 0xf) << 12 |
			  ((uint64_t)mantissa & 0xfff));
}
