/* SPDX-License-Identifier: MIT */
/*
 * The lines of JSON that the replay prints and the live daemon logs: same
 * function, same bytes. Integers only, keys in one order, unknown is null.
 */
#ifndef BMS_JSON_H
#define BMS_JSON_H

#include "lib/base/text.h"
#include "lib/core/bms.h"

/* Enough for any sample or reading. */
enum { JSON_LINE_SIZE = 8192 };

/* Enough for a decision with that many reasons. */
size_t json_decision_size(size_t n_reasons);

/* {"t":us,"port":"rack","sample":{...}} */
void json_sample(struct text *t, mono_t now, const char *port,
		 const struct sample *sample);

/* {"t":us,"port":"inverter","reading":{...}} */
void json_reading(struct text *t, mono_t now, const char *port,
		  const struct inverter_reading *reading);

/* {"t":us,"decision":{...}} */
void json_decision(struct text *t, mono_t now,
		   const struct bms_output *output);

#endif
