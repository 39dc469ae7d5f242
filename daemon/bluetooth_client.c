/* SPDX-License-Identifier: MIT */
/* What a phone is shown, and what it orders. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bus_snapshot.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "lib/core/show.h"
#include "lib/gatt/readout.h"

/* --- values --------------------------------------------------------------- */

static struct fill_source source_of(const struct bmsd *d)
{
	return (struct fill_source){
		.now = d->now,
		.settings = d->settings,
		.state = &d->spine->state,
		.output = &d->spine->output,
		.inverter = d->spine->mk3 ? mk3_reading(d->spine->mk3) : NULL,
		.mode = d->input.mode,
		.pre_alarm = snapshot_line(&d->view, LINE_PRE_ALARM),
		.version = PACKAGE_VERSION,
	};
}

size_t bluetooth_advertise(void *data, uint8_t ret[BLUEZ_ADVERTISE_MAX])
{
	struct bmsd *d = data;
	const struct settings_bluetooth *s = &d->settings->bluetooth;
	struct fill_source source = source_of(d);
	struct readout_values values;
	int len;

	if (!d->bluetooth.keyed)
		return 0;
	fill_readout(&source, &values);
	len = readout_encode((enum instant_readout)s->instant_readout, &values,
			     (uint16_t)s->product_id,
			     (uint16_t)(d->bluetooth.counter + 1),
			     d->bluetooth.key, ret, BLUEZ_ADVERTISE_MAX);
	if (len < 0)
		return 0;
	d->bluetooth.counter++;
	return (size_t)len;
}

void bluetooth_standard(void *data, struct standard_values *ret)
{
	struct fill_source source = source_of(data);

	fill_standard(&source, ret);
}

void bluetooth_service(void *data, uint32_t battery,
		       struct service_values *ret)
{
	struct bmsd *d = data;
	struct fill_source source = source_of(d);

	fill_service(&source, battery, &d->bluetooth.texts, ret);
}

uint32_t bluetooth_batteries(void *data)
{
	const struct bmsd *d = data;

	return d->spine->state.n_batteries;
}

/* --- orders --------------------------------------------------------------- */

/* The value as it would stand in the file: by the one function that writes
 * a setting, out of a copy that has it. */
static int setting_text(const struct bmsd *d, const struct setting_row *row,
			int32_t value, char ret[OVERRIDE_VALUE_SIZE])
{
	struct settings *copy = malloc(sizeof(*copy));
	char *field;

	if (!copy)
		return -ENOMEM;
	*copy = *d->settings;
	field = (char *)copy + row->offset;
	if (row->type == SETTING_BOOL)
		*(bool *)(void *)field = value != 0;
	else
		*(int32_t *)(void *)field = value;
	settings_text(copy, row, 0, ret, OVERRIDE_VALUE_SIZE);
	free(copy);
	return 0;
}

static int order_of(const struct bmsd *d, const struct service_order *from,
		    struct order *ret)
{
	switch (from->writes) {
	case SERVICE_WRITES_MODE:
		ret->kind = ORDER_MODE;
		return show_mode_find(from->mode, &ret->mode) ? 0 : -EINVAL;
	case SERVICE_WRITES_SOC:
	case SERVICE_WRITES_COMMAND:
		ret->kind = ORDER_COMMAND;
		ret->command = from->command;
		return 0;
	case SERVICE_WRITES_SETTING:
		ret->kind = ORDER_SETTING;
		ret->setting = from->setting;
		return setting_text(d, from->setting, from->value,
				    ret->value);
	case SERVICE_WRITES_BATTERY:
	case SERVICE_WRITES_NOTHING:
		return -EINVAL;
	}
	return -EINVAL;
}

int bluetooth_carry_out(void *data, const struct service_order *from,
			const char *address)
{
	struct bmsd *d = data;
	char error[ORDER_ERROR_SIZE] = "";
	struct order order = { .kind = ORDER_COMMAND };
	struct text by = text_in(order.by, sizeof(order.by));
	int r = order_of(d, from, &order);

	text_str(&by, "Bluetooth ");
	text_str(&by, address);
	if (r == 0)
		r = bmsd_carry_out(d, &order, error);
	if (r >= 0) {
		(void)repeat_recovered(&d->bluetooth.refusals);
		return 0;
	}
	/* The phone is told a number, and may try it again for ever. */
	if (repeat_failed(&d->bluetooth.refusals))
		log_line(LOG_LEVEL_NOTICE, "bluetooth",
			 "an order by %s is refused: %s", address,
			 *error ? error : strerror(-r));
	return r == -EINVAL ? BLUEZ_REFUSED_VALUE : BLUEZ_REFUSED_NOW;
}
