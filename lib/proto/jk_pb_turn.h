/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is on a JK-PB bus, by the rules at the head of
 * jk_pb_session.h. Only the session uses this.
 */
#ifndef BMS_JK_PB_TURN_H
#define BMS_JK_PB_TURN_H

#include "lib/proto/jk_pb_session.h"

/* Lone status requests ignored in a row before a pack is always woken. */
enum { JK_PB_SHY_TIMES = 2 };

/* Begins the next exchange in bus->now. false where nobody is to be asked
 * before jk_pb_earliest_due(). */
bool jk_pb_choose(struct jk_pb_bus *bus, mono_t now);

/* When the first address may be asked again; MONO_NEVER without addresses. */
mono_t jk_pb_earliest_due(const struct jk_pb_bus *bus);

#endif
