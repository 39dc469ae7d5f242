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
};

enum { ORDER_ERROR_SIZE = SETTINGS_ERROR_SIZE };

struct order {
	enum order_kind kind;
	enum bms_mode mode;
	const struct setting_row *setting;
	char value[OVERRIDE_VALUE_SIZE]; /* as it would stand in the file */
	struct bms_command command;
};

struct order_handler {
	void *data;
	/* Carries it out at once. 0, or -errno with a sentence in error that
	 * says why nothing was done. */
	int (*carry_out)(void *data, const struct order *order,
			 char error[ORDER_ERROR_SIZE]);
};

#endif
