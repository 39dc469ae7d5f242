/* SPDX-License-Identifier: MIT */
/*
 * Settings that were changed while the daemon ran, beside the file (design:
 * kept over restarts; an edit of the file made later wins). Each remembers
 * what the file said when it was changed: where the file says something
 * else now, the change is forgotten.
 *
 * Kept as text, "section key file-value value" a line. Pure.
 */
#ifndef BMS_OVERRIDES_H
#define BMS_OVERRIDES_H

#include "lib/base/settings.h"

enum {
	OVERRIDE_VALUE_SIZE = 32, /* of numbers and words, with the NUL */
	OVERRIDES_MAX = 16,       /* more than can be changed */
	OVERRIDES_TEXT_SIZE = OVERRIDES_MAX * 160,
};

struct override {
	const struct setting_row *row;
	char file[OVERRIDE_VALUE_SIZE];
	char value[OVERRIDE_VALUE_SIZE];
};

/* All zero: nothing is changed. */
struct overrides {
	size_t n;
	struct override item[OVERRIDES_MAX];
};

/* True where the row may be changed while the daemon runs. */
bool override_allowed(const struct setting_row *row);

/* The change of that row, or NULL. */
const struct override *override_find(const struct overrides *o,
				     const struct setting_row *row);

/*
 * Changes one setting in s and notes it. 0, or -1 with a sentence in error:
 * it may not be changed, the value is not allowed, or it contradicts
 * another; then nothing has changed. Changed back to what the file says, it
 * is not noted any more. s must have passed settings_check().
 */
int override_set(struct overrides *o, struct settings *s,
		 const struct setting_row *row, const char *value,
		 char error[SETTINGS_ERROR_SIZE]);

/*
 * Puts the noted changes into settings that come from the file. Those of
 * which the file now says something else are forgotten; where what remains
 * contradicts the file, all of them are. Returns how many were forgotten.
 */
size_t overrides_apply(struct overrides *o, struct settings *s);

/* Appends the lines. OVERRIDES_TEXT_SIZE is always enough. */
void overrides_encode(const struct overrides *o, struct text *t);

/* Takes len bytes of any kind; lines that are not understood are left out.
 * o is overwritten. */
void overrides_decode(struct overrides *o, const char *text, size_t len);

#endif
