/* SPDX-License-Identifier: MIT */
/* What an operator's order does to the running daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "lib/core/bypass.h"

static int refuse(char error[ORDER_ERROR_SIZE], int r, const char *why)
{
	struct text t = text_in(error, ORDER_ERROR_SIZE);

	text_str(&t, why);
	return r;
}

static int order_mode(struct bmsd *d, enum bms_mode mode,
		      char error[ORDER_ERROR_SIZE])
{
	bool lifts = mode == BMS_MODE_ON && d->input.mode != mode;

	/* C11: it would not be followed. What was set before it came can be
	 * taken back all the same. */
	if (d->spine->output.mode_owned && !lifts)
		return refuse(error, -EBUSY, "A Digital Multi Control owns "
			      "the switch of the inverter/charger: set the "
			      "mode there. Nothing was changed.");
	if (mode != d->input.mode)
		log_line(LOG_LEVEL_NOTICE, "mode", "set to %s by an operator",
			 keep_mode_name(mode));
	d->input.mode = mode;
	keep_touch(d, KEEP_MODE, clock_mono());
	return 0;
}

static int order_setting(struct bmsd *d, const struct setting_row *row,
			 const char *value, char error[ORDER_ERROR_SIZE])
{
	struct overrides overrides = d->overrides;
	struct settings *settings = malloc(sizeof(*settings));

	if (!settings)
		return -ENOMEM;
	*settings = *d->settings;
	if (override_set(&overrides, settings, row, value, error) < 0) {
		free(settings);
		return -EINVAL;
	}
	if (bmsd_change(d, settings) < 0) {
		free(settings);
		return refuse(error, -ENOMEM, "no memory");
	}
	d->overrides = overrides;
	keep_touch(d, KEEP_SETTINGS, clock_mono());
	log_line(LOG_LEVEL_NOTICE, "settings", "%s set to %s %s by an operator",
		 row->key, value, row->unit ? row->unit : "");
	return 0;
}

static bool sets_soc(enum bms_command_kind kind)
{
	return kind == BMS_COMMAND_SET_SOC || kind == BMS_COMMAND_SYNCHRONISE;
}

static int order_bypass(struct bmsd *d, const struct bms_command *command,
			char error[ORDER_ERROR_SIZE])
{
	uint32_t seconds = (uint32_t)command->value;
	enum bypass_answer answer = bypass_judge(&d->spine->state,
						 command->battery, seconds);

	if (answer != BYPASS_ACCEPTED)
		return refuse(error, -EINVAL, bypass_texts[answer]);
	if (seconds > 0)
		log_line(LOG_LEVEL_WARNING, "bypass",
			 "battery %u is bypassed for %u s by an operator: "
			 "its reasons do not forbid until then",
			 (unsigned int)command->battery,
			 (unsigned int)seconds);
	else
		log_line(LOG_LEVEL_NOTICE, "bypass",
			 "the bypass of battery %u is ended by an operator",
			 (unsigned int)command->battery);
	d->input.command = *command;
	return 0;
}

static int order_command(struct bmsd *d, const struct bms_command *command,
			 char error[ORDER_ERROR_SIZE])
{
	if (d->input.command.kind != BMS_COMMAND_NONE)
		return refuse(error, -EBUSY, "another order is being carried "
			      "out; try again");
	if (command->kind == BMS_COMMAND_BYPASS)
		return order_bypass(d, command, error);
	if (sets_soc(command->kind) && !d->spine->output.soc_settable)
		return refuse(error, -EAGAIN, "the state of charge can be set "
			      "only while every battery answers and tells "
			      "its capacity");
	d->input.command = *command;
	return 0;
}

int bmsd_carry_out(void *data, const struct order *order,
		   char error[ORDER_ERROR_SIZE])
{
	struct bmsd *d = data;

	d->due = true;
	switch (order->kind) {
	case ORDER_MODE:
		return order_mode(d, order->mode, error);
	case ORDER_SETTING:
		return order_setting(d, order->setting, order->value, error);
	case ORDER_COMMAND:
		return order_command(d, &order->command, error);
	}
	return -ENOTSUP;
}
