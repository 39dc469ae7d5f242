/* SPDX-License-Identifier: MIT */
/*
 * Which devices were paired in a window that was opened here, and so may
 * change something over Bluetooth (requirement G3), with the text that is kept
 * over restarts. A bond is one of an adapter's: another adapter knows nothing
 * of it. Addresses read "00:11:22:AA:BB:CC", as BlueZ writes them.
 *
 * The text has a line a bond: "ADAPTER DEVICE".
 */
#ifndef BMS_BONDS_H
#define BMS_BONDS_H

#include "lib/base/text.h"

enum {
	BONDS_MAX = 16, /* phones and tablets of a boat */
	BONDS_ADDRESS_SIZE = 18,
	BONDS_LINE_SIZE = 2 * BONDS_ADDRESS_SIZE,
	BONDS_TEXT_SIZE = BONDS_MAX * BONDS_LINE_SIZE + 1,
};

struct bond {
	char adapter[BONDS_ADDRESS_SIZE];
	char device[BONDS_ADDRESS_SIZE];
};

/* All zero: none. The first n are used, each of them once. */
struct bonds {
	uint32_t n;
	struct bond bond[BONDS_MAX];
};

bool bonds_has(const struct bonds *bonds, const char *adapter,
	       const char *device);

/* 0, also where it is there already; -1 where there is no room or one of the
 * two is no address: then nothing has changed. */
int bonds_add(struct bonds *bonds, const char *adapter, const char *device);

/* Whether there was one. An adapter of NULL is every adapter. */
bool bonds_remove(struct bonds *bonds, const char *adapter,
		  const char *device);

/* Appends all of them. */
void bonds_encode(const struct bonds *bonds, struct text *t);

/* Reads what was encoded, len bytes. 0, or -1 where one line is none, or one
 * too many: then *ret is empty, as nothing of it can be believed. */
int bonds_decode(const char *text, size_t len, struct bonds *ret);

#endif
