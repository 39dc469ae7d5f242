/* SPDX-License-Identifier: MIT */
/* What an operator's order does to the running daemon. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "lib/core/bypass.h"
#include "lib/core/show.h"

static int refuse(char error[ORDER_ERROR_SIZE], int r, const char *why)
{
	struct text t = text_in(error, ORDER_ERROR_SIZE);

	text_str(&t, why);
	return r;
}

static const char *by(const struct order *order)
{
	return order->by[0] ? order->by : "an operator";
}

static int order_mode(struct bmsd *d, const struct order *order,
		      char error[ORDER_ERROR_SIZE])
{
	enum bms_mode mode = order->mode;
	bool lifts = mode == BMS_MODE_ON && d->input.mode != mode;

	/* C11: it would not be followed. What was set before it came can be
	 * taken back all the same. */
	if (d->spine->output.mode_owned && !lifts)
		return refuse(error, -EBUSY, "A Digital Multi Control owns "
			      "the switch of the inverter/charger: set the "
			      "mode there. Nothing was changed.");
	if (mode != d->input.mode)
		log_line(LOG_LEVEL_NOTICE, "mode", "set to %s by %s",
			 show_mode_name(mode), by(order));
	d->input.mode = mode;
	keep_touch(d, KEEP_MODE, clock_mono());
	return 0;
}

static int order_setting(struct bmsd *d, const struct order *order,
			 char error[ORDER_ERROR_SIZE])
{
	const struct setting_row *row = order->setting;
	struct overrides overrides = d->overrides;
	struct settings *settings = malloc(sizeof(*settings));

	if (!settings)
		return -ENOMEM;
	*settings = *d->settings;
	if (override_set(&overrides, settings, row, order->value, error) < 0) {
		free(settings);
		return -EINVAL;
	}
	if (bmsd_change(d, settings) < 0) {
		free(settings);
		return refuse(error, -ENOMEM, "no memory");
	}
	d->overrides = overrides;
	keep_touch(d, KEEP_SETTINGS, clock_mono());
	log_line(LOG_LEVEL_NOTICE, "settings", "%s set to %s %s by %s",
		 row->key, order->value, row->unit ? row->unit : "",
		 by(order));
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

/* Where the decision tells nothing of it by itself. */
static void tell_command(const struct order *order)
{
	static const char *const texts[BMS_COMMAND_COUNT] = {
		[BMS_COMMAND_SYNCHRONISE] = "state of charge set to 100 %",
		[BMS_COMMAND_RESET_HISTORY] = "history begun anew",
		[BMS_COMMAND_BEGIN_UPDATE] = "window for an update opened",
		[BMS_COMMAND_END_UPDATE] = "window for an update closed",
	};
	const struct bms_command *command = &order->command;

	if (command->kind == BMS_COMMAND_SET_SOC)
		log_line(LOG_LEVEL_NOTICE, "order",
			 "state of charge set to %d.%d %% by %s",
			 (int)command->value / 10, (int)command->value % 10,
			 by(order));
	else if (texts[command->kind])
		log_line(LOG_LEVEL_NOTICE, "order", "%s by %s",
			 texts[command->kind], by(order));
}

static int order_command(struct bmsd *d, const struct order *order,
			 char error[ORDER_ERROR_SIZE])
{
	const struct bms_command *command = &order->command;

	if (d->input.command.kind != BMS_COMMAND_NONE)
		return refuse(error, -EBUSY, "another order is being carried "
			      "out; try again");
	if (command->kind == BMS_COMMAND_BYPASS)
		return order_bypass(d, command, error);
	if (sets_soc(command->kind) && !d->spine->output.soc_settable)
		return refuse(error, -EAGAIN, "the state of charge can be set "
			      "only while every battery answers and tells "
			      "its capacity");
	tell_command(order);
	d->input.command = *command;
	return 0;
}

static int order_passkey(const struct bmsd *d, char answer[ORDER_ERROR_SIZE])
{
	const struct bluez_status *status = bluetooth_status(d);
	struct text t = text_in(answer, ORDER_ERROR_SIZE);

	text_str(&t, status ? status->passkey : "");
	return 0;
}

int bmsd_carry_out(void *data, const struct order *order,
		   char text[ORDER_ERROR_SIZE])
{
	struct bmsd *d = data;

	d->due = true;
	switch (order->kind) {
	case ORDER_MODE:
		return order_mode(d, order, text);
	case ORDER_SETTING:
		return order_setting(d, order, text);
	case ORDER_COMMAND:
		return order_command(d, order, text);
	case ORDER_PAIR:
		return bluetooth_pair(d, text);
	case ORDER_REMOVE_BOND:
		return bluetooth_remove(d, order->address, text);
	case ORDER_KEY:
		return bluetooth_key(d, text);
	case ORDER_NEW_KEY:
		return bluetooth_new_key(d, text);
	case ORDER_PASSKEY:
		return order_passkey(d, text);
	}
	return -ENOTSUP;
}
