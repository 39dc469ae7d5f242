/* SPDX-License-Identifier: MIT */
/*
 * What the journal is told of Bluetooth: a row each, from which the catalog
 * is made, too.
 */
#ifndef BMS_BLUETOOTH_MESSAGE_H
#define BMS_BLUETOOTH_MESSAGE_H

#include <stddef.h>

enum bluetooth_message {
	BLUETOOTH_PASSKEY,
	BLUETOOTH_BOND_MADE,
	BLUETOOTH_BOND_ELSEWHERE,
	BLUETOOTH_BOND_REMOVED,
	BLUETOOTH_TROUBLE,
	BLUETOOTH_WELL, /* again */
	BLUETOOTH_MESSAGE_COUNT
};

struct bluetooth_message_row {
	const char *id; /* as that of a code: never changed */
	const char *subject;
	const char *means;
	const char *advice;
};

extern const struct bluetooth_message_row
	bluetooth_messages[BLUETOOTH_MESSAGE_COUNT];

/* For log_entry(). address is of a device, or empty; size 128 is enough. */
void bluetooth_message_fields(enum bluetooth_message message,
			      const char *address, char *buf, size_t size);

#endif
