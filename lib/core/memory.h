/* SPDX-License-Identifier: MIT */
/*
 * What survives a restart, as text: the counts of every battery, the
 * history, the balancer's memory, the last full charge (E3, F2, F3). One
 * "key value" a line, the keys in tables; lines of one battery follow the
 * line that names it. Bytes only: a file with a checksum around them is
 * the caller's.
 *
 * Keys that are not known are left alone, and missing ones mean what a
 * first start means, so that older and newer programs read each other. A
 * key given twice, a value out of its range, a text without its end:
 * then nothing of it is believed.
 */
#ifndef BMS_MEMORY_H
#define BMS_MEMORY_H

#include "lib/base/text.h"
#include "lib/core/bms.h"

/* No text of a bank with so many batteries is longer, with its NUL. */
size_t memory_size_max(uint32_t n_batteries);

/*
 * Appends what is to be kept. The settings are those the state runs with:
 * they name the places of the batteries. 0, or -1 where it does not fit
 * (memory_size_max() does); then t holds what it held before.
 */
int memory_encode(const struct bms_state *state,
		  const struct settings *settings, struct text *t);

/*
 * Takes what was kept: any bytes, len of them. Only between bms_init() and
 * the first step. away_ms is how long ago it was kept, 0 where nobody
 * knows: it ages the last full charge (shown, F2 and F3) and nothing else.
 *
 * A battery gets its count back when it is heard and its serial number is
 * the remembered one, wherever it is now; without one, at its old place.
 *
 * 0, or -1: the bytes are not such a text, or the state has begun; then it
 * is untouched.
 */
int memory_decode(struct bms_state *state, const struct settings *settings,
		  const uint8_t *bytes, size_t len, uint64_t away_ms);

#endif
