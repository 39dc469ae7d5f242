/* SPDX-License-Identifier: MIT */
/*
 * Why something is forbidden or warned of (B12, F4): what the state of
 * every battery and of the bank means as reasons and codes. What is allowed
 * follows from the reasons alone, so nothing is ever forbidden without one.
 */
#ifndef BMS_EXPLAIN_H
#define BMS_EXPLAIN_H

#include "lib/core/bms.h"

/*
 * Lists the reasons and sets the codes of the output, both anew, and says
 * of each battery what it forbids.
 */
void explain(struct bms_state *state, const struct settings *settings,
	     const struct bms_input *input, struct bms_output *out);

#endif
