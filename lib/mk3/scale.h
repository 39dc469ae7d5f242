/* SPDX-License-Identifier: MIT */
/*
 * How a unit scales its numbers: RAM variables (mk3.md 5.3) and settings
 * (5.4). The unit is asked for it; nothing is scaled by a constant.
 */
#ifndef BMS_MK3_SCALE_H
#define BMS_MK3_SCALE_H

#include "lib/base/maybe.h"

enum mk3_scale_kind {
	MK3_SCALE_UNSUPPORTED, /* the unit has no such variable */
	MK3_SCALE_LINEAR,      /* (raw + offset) * multiplier / divisor */
	MK3_SCALE_BIT,         /* one bit of the raw word */
};

struct mk3_scale {
	enum mk3_scale_kind kind;
	bool is_signed;
	int32_t multiplier;
	int32_t divisor;
	int32_t offset;
	uint8_t bit; /* 0..15 */
};

/* The two words of a RAM info reply, mk3.md 5.3 rules 1 to 3. */
struct mk3_scale mk3_scale_of(uint16_t sc, uint16_t offset);

/* A raw word or 24-bit number as the scale's sign has it. */
int32_t mk3_scale_raw16(const struct mk3_scale *scale, uint16_t raw);
int32_t mk3_scale_raw24(const struct mk3_scale *scale, uint32_t raw);

/* The value in thousandths of the variable's unit, rounded half away from
 * zero; unknown where the scale is not LINEAR or the result does not fit. */
maybe_i32 mk3_scale_milli(const struct mk3_scale *scale, int32_t raw);

/* The raw word that is nearest to a value in thousandths; unknown where the
 * scale is not LINEAR or no word has that value. */
maybe_i32 mk3_scale_raw_of(const struct mk3_scale *scale, int32_t milli);

/* 0 or 1; unknown where the scale is not BIT. */
maybe_i32 mk3_scale_bit(const struct mk3_scale *scale, uint16_t raw);

/*
 * Frequency in millionths of a Hz from the period byte of a DC or AC frame:
 * 10 Hz divided by the scaled period (mk3.md 4.1). Unknown for raw 00 and
 * FF: there is no AC then (18.13).
 */
maybe_i32 mk3_scale_microhertz(const struct mk3_scale *scale, uint8_t raw);

/* Setting info, mk3.md 5.4. "maximum" and "access" may be absent. */
struct mk3_setting_info {
	int32_t sc;     /* never 0 */
	int32_t offset;
	maybe_i32 initial; /* the default, raw, as minimum and maximum */
	maybe_i32 minimum;
	maybe_i32 maximum;
	maybe_i32 access;
};

/* A raw setting in thousandths of its unit; unknown where it does not fit. */
maybe_i32 mk3_setting_milli(const struct mk3_setting_info *info, uint16_t raw);
/* The raw word of the greatest value that is not above value_milli;
 * unknown where no word has such a value. */
maybe_i32 mk3_setting_raw(const struct mk3_setting_info *info,
			  int32_t value_milli);

#endif
