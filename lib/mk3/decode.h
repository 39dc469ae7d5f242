/* SPDX-License-Identifier: MIT */
/*
 * One MK2/MK3 frame as a line of JSON, for its own files only: the fields
 * are written by these few functions, the winmon frames have a file.
 */
#ifndef BMS_MK3_DECODE_H
#define BMS_MK3_DECODE_H

#include "lib/base/bytes.h"
#include "lib/base/text.h"
#include "lib/mk3/reply.h"

/* {"kind":"..." ; every later field begins with its comma. */
void mk3_text_kind(struct text *t, const char *kind);
void mk3_text_name(struct text *t, const char *name);
void mk3_text_str(struct text *t, const char *name, const char *value);
void mk3_text_int(struct text *t, const char *name, int64_t value);
void mk3_text_bool(struct text *t, const char *name, bool value);
void mk3_text_maybe(struct text *t, const char *name, maybe_i32 value);
/* Tenths as a number with one decimal. */
void mk3_text_tenths(struct text *t, const char *name, int64_t value);
/* The bytes that are left, as a string of hex. */
void mk3_text_hex(struct text *t, const char *name, struct bytes data);
/* The words that are left, as an array; a last odd byte is left out. */
void mk3_text_words(struct text *t, const char *name, struct bytes data,
		    bool is_signed);

/* Everything of a W X Y Z frame, with the kind, without the brace. */
void mk3_text_winmon(struct text *t, const struct mk3_winmon_frame *winmon);

#endif
