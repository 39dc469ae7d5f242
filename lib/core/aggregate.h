/* SPDX-License-Identifier: MIT */
/*
 * The bank as one: what the batteries add up to. A figure is unknown where
 * any battery that it needs is not online or does not tell it.
 */
#ifndef BMS_AGGREGATE_H
#define BMS_AGGREGATE_H

#include "lib/core/bms.h"

/* Fills in the aggregates of the output. */
void aggregate(const struct bms_state *state, struct bms_output *ret_output);

#endif
