/* SPDX-License-Identifier: MIT */
#include "lib/mk3/scale.h"

enum {
	NOT_SUPPORTED = 0x8000,
	IS_BIT = 0x8000,
	RECIPROCAL_FROM = 0x4000,
	RECIPROCAL_BASE = 0x8000,
	PERIOD_NONE = 0x00,
	PERIOD_INVALID = 0xff,
};

static int32_t sign16(uint16_t word)
{
	return word < 0x8000 ? word : (int32_t)word - 0x10000;
}

static maybe_i32 fit(int64_t value)
{
	if (value < INT32_MIN || value > INT32_MAX)
		return UNKNOWN_I32;
	return known_i32((int32_t)value);
}

/* divisor > 0 */
static int64_t divide_rounded(int64_t value, int64_t divisor)
{
	int64_t half = divisor / 2;

	return (value < 0 ? value - half : value + half) / divisor;
}

/* Towards minus infinity; divisor > 0 */
static int64_t divide_down(int64_t value, int64_t divisor)
{
	int64_t quotient = value / divisor;

	return value % divisor < 0 ? quotient - 1 : quotient;
}

struct mk3_scale mk3_scale_of(uint16_t sc, uint16_t offset)
{
	struct mk3_scale scale = { .kind = MK3_SCALE_UNSUPPORTED };
	int32_t signed_sc = sign16(sc);
	int32_t m = signed_sc < 0 ? -signed_sc : signed_sc;

	if (sc == 0 || sc == NOT_SUPPORTED)
		return scale;
	if (offset == IS_BIT) {
		if (m > 16)
			return scale;
		scale.kind = MK3_SCALE_BIT;
		scale.bit = (uint8_t)(m - 1);
		return scale;
	}
	scale.kind = MK3_SCALE_LINEAR;
	scale.is_signed = signed_sc < 0;
	scale.offset = sign16(offset);
	scale.multiplier = m >= RECIPROCAL_FROM ? 1 : m;
	scale.divisor = m >= RECIPROCAL_FROM ? RECIPROCAL_BASE - m : 1;
	return scale;
}

int32_t mk3_scale_raw16(const struct mk3_scale *scale, uint16_t raw)
{
	return scale->is_signed ? sign16(raw) : raw;
}

int32_t mk3_scale_raw24(const struct mk3_scale *scale, uint32_t raw)
{
	int32_t value = (int32_t)(raw & 0xffffff);

	return scale->is_signed && value >= 0x800000 ? value - 0x1000000 :
						       value;
}

maybe_i32 mk3_scale_milli(const struct mk3_scale *scale, int32_t raw)
{
	int64_t value = ((int64_t)raw + scale->offset) * 1000;

	if (scale->kind != MK3_SCALE_LINEAR)
		return UNKNOWN_I32;
	return fit(divide_rounded(value * scale->multiplier, scale->divisor));
}

maybe_i32 mk3_scale_raw_of(const struct mk3_scale *scale, int32_t milli)
{
	int32_t least = scale->is_signed ? INT16_MIN : 0;
	int32_t most = scale->is_signed ? INT16_MAX : UINT16_MAX;
	int64_t raw;

	if (scale->kind != MK3_SCALE_LINEAR)
		return UNKNOWN_I32;
	raw = divide_rounded((int64_t)milli * scale->divisor,
			     (int64_t)scale->multiplier * 1000) -
	      scale->offset;
	if (raw < least || raw > most)
		return UNKNOWN_I32;
	return known_i32((uint16_t)raw);
}

maybe_i32 mk3_scale_bit(const struct mk3_scale *scale, uint16_t raw)
{
	if (scale->kind != MK3_SCALE_BIT)
		return UNKNOWN_I32;
	return known_i32(raw >> scale->bit & 1);
}

maybe_i32 mk3_scale_microhertz(const struct mk3_scale *scale, uint8_t raw)
{
	int64_t period = (int64_t)raw + scale->offset;

	if (scale->kind != MK3_SCALE_LINEAR || period <= 0 ||
	    raw == PERIOD_NONE || raw == PERIOD_INVALID)
		return UNKNOWN_I32;
	return fit(divide_rounded((int64_t)10000000 * scale->divisor,
				  period * scale->multiplier));
}

maybe_i32 mk3_setting_milli(const struct mk3_setting_info *info, uint16_t raw)
{
	int64_t value = ((int64_t)raw + info->offset) * 1000;

	if (info->sc > 0)
		return fit(value * info->sc);
	if (info->sc < 0)
		return fit(divide_rounded(value, -(int64_t)info->sc));
	return UNKNOWN_I32;
}

maybe_i32 mk3_setting_raw(const struct mk3_setting_info *info,
			  int32_t value_milli)
{
	int64_t raw;

	if (info->sc > 0)
		raw = divide_down(value_milli, (int64_t)info->sc * 1000);
	else if (info->sc < 0)
		raw = divide_down((int64_t)value_milli * -(int64_t)info->sc,
				  1000);
	else
		return UNKNOWN_I32;
	raw -= info->offset;
	if (raw < 0 || raw > UINT16_MAX)
		return UNKNOWN_I32;
	return known_i32((int32_t)raw);
}
