/* SPDX-License-Identifier: MIT */
/*
 * What an operator may ask of the running daemon, however it comes in. Who
 * may ask is decided where it comes in.
 */
#ifndef BMS_ORDER_H
#define BMS_ORDER_H

#include "lib/base/overrides.h"
#include "lib/core/bms.h"

enum order_kind {
	ORDER_MODE,    /* mode */
	ORDER_SETTING, /* setting, value */
	ORDER_COMMAND, /* command: for the decision, once */
	ORDER_PAIR,    /* opens the pairing window of Bluetooth */
	ORDER_REMOVE_BOND, /* address */
	ORDER_KEY,     /* answered with the key for Instant Readout, */
	ORDER_NEW_KEY, /* with a new one that takes its place, */
	ORDER_PASSKEY, /* with the passkey that is shown, or "" */
};

enum {
	ORDER_ERROR_SIZE = SETTINGS_ERROR_SIZE,
	ORDER_ADDRESS_SIZE = 18,
	ORDER_BY_SIZE = 40,
};

struct order {
	enum order_kind kind;
	enum bms_mode mode;
	const struct setting_row *setting;
	char value[OVERRIDE_VALUE_SIZE]; /* as it would stand in the file */
	struct bms_command command;
	char address[ORDER_ADDRESS_SIZE];
	char by[ORDER_BY_SIZE]; /* whose it is; "": an operator's */
};

/* Whether it asks for something and is answered with a text. */
static inline bool order_asks(const struct order *order)
{
	return order->kind == ORDER_KEY || order->kind == ORDER_NEW_KEY ||
	       order->kind == ORDER_PASSKEY;
}

struct order_handler {
	void *data;
	/* Carries it out at once. 0, with the answer in text where it asks
	 * for one; or -errno with a sentence in text that says why nothing was
	 * done. */
	int (*carry_out)(void *data, const struct order *order,
			 char text[ORDER_ERROR_SIZE]);
};

#endif
