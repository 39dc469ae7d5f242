/* SPDX-License-Identifier: MIT */
/*
 * Reading, writing and notifying the characteristics (org.bluez.
 * GattCharacteristic(5)); which there are is gatt_table.c.
 *
 * Who reads or writes BlueZ says with each call, so each client has a
 * selected battery of its own. A notification goes to all that are
 * subscribed: those of the selected battery are sent only while all clients
 * have selected the same one (the first, where they have not selected), and
 * are to be read otherwise.
 */
#include <errno.h>
#include <string.h>

#include "bluez/gatt.h"
#include "lib/base/maybe.h"

/* Of bluez' doc/org.bluez.GattCharacteristic: the text is the error of ATT,
 * 0x80 to 0x9f being the application's. */
#define FAILED "org.bluez.Error.Failed"
#define CANNOT_BE "0x80"
#define NOT_NOW "0x81"
#define UNKNOWN_YET "0x82"
/* 0x08. With 0x05, which only BlueZ itself sends, a phone would begin to
 * pair, although it is. */
#define NOT_AUTHORIZED "org.bluez.Error.NotAuthorized"

static int option_read(sd_bus_message *m, const char *name,
		       struct gatt_options *options)
{
	int yes = 0, r;

	if (strcmp(name, "device") == 0)
		return sd_bus_message_read(m, "v", "o", &options->device);
	if (strcmp(name, "offset") == 0)
		return sd_bus_message_read(m, "v", "q", &options->offset);
	if (strcmp(name, "prepare-authorize") != 0)
		return sd_bus_message_skip(m, "v");
	r = sd_bus_message_read(m, "v", "b", &yes);
	options->prepared = yes;
	return r;
}

int gatt_options_read(sd_bus_message *m, struct gatt_options *ret)
{
	const char *name;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = option_read(m, name, ret);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* Those behind the selection on its page. */
static bool is_selected(const struct gatt_characteristic *c)
{
	return c->row && c->row->page == SERVICE_BATTERIES &&
	       c->row->value >= offsetof(struct service_values, selected);
}

/* Returns the length or an enum service_error. */
static int encode(const struct gatt_characteristic *c,
		  const struct service_values *service,
		  const struct standard_values *standard,
		  uint8_t value[SERVICE_VALUE_MAX])
{
	if (c->row)
		return service_read(c->row, service, 0, value,
				    SERVICE_VALUE_MAX);
	return standard_encode(c->standard_id, standard, value,
			       SERVICE_VALUE_MAX);
}

static int encode_now(const struct gatt_characteristic *c, uint32_t battery,
		      uint8_t value[SERVICE_VALUE_MAX])
{
	const struct bluez_hooks *hooks = &c->b->hooks;
	struct service_values service = { 0 };
	struct standard_values standard = { 0 };

	if (c->row)
		hooks->service(hooks->data, battery, &service);
	else
		hooks->standard(hooks->data, &standard);
	return encode(c, &service, &standard, value);
}

static uint32_t battery_of(const struct bluez_device *d)
{
	return d && d->battery > 0 ? d->battery : 1;
}

/* Whether it is to be answered; where it is not, sets the error. */
static int admit(const struct bluez *b, sd_bus_message *m,
		 sd_bus_error *error)
{
	if (!bluez_is_from(b, m, error))
		return -EACCES;
	/* BlueZ may be slow to take the services back. */
	return b->on ? 0 : sd_bus_error_set(error, FAILED, NOT_NOW);
}

/* --- reading -------------------------------------------------------------- */

static int refuse(sd_bus_error *error, int why)
{
	switch ((enum service_error)why) {
	case SERVICE_NOT_PERMITTED:
		return sd_bus_error_set(error, "org.bluez.Error.NotPermitted",
					NULL);
	case SERVICE_INVALID_OFFSET:
		return sd_bus_error_set(error,
					"org.bluez.Error.InvalidOffset", NULL);
	case SERVICE_INVALID_LENGTH:
		return sd_bus_error_set(error,
					"org.bluez.Error.InvalidValueLength",
					NULL);
	case SERVICE_INVALID_VALUE:
		break;
	}
	return sd_bus_error_set(error, FAILED, CANNOT_BE);
}

int gatt_answer(sd_bus_message *m, const uint8_t *value, size_t len)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(m, &reply);

	if (r >= 0)
		r = sd_bus_message_append_array(reply, 'y', value, len);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

/* A long value is read in pieces and may change in between: the later ones
 * are those of the first. */
static int read_value(struct gatt_characteristic *c, struct bluez_device *d,
		      uint8_t value[SERVICE_VALUE_MAX], size_t offset)
{
	int len;

	if (d && offset > 0 && d->kept == c) {
		memcpy(value, d->kept_value, d->kept_len);
		return (int)d->kept_len;
	}
	len = encode_now(c, battery_of(d), value);
	if (d && len >= 0 && offset == 0) {
		d->kept = c;
		d->kept_len = (size_t)len;
		memcpy(d->kept_value, value, (size_t)len);
	}
	return len;
}

int gatt_on_read(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct gatt_characteristic *c = userdata;
	struct gatt_options options = { 0 };
	uint8_t value[SERVICE_VALUE_MAX];
	struct bluez_device *d = NULL;
	int r = admit(c->b, m, error);

	if (r >= 0)
		r = gatt_options_read(m, &options);
	if (r < 0)
		return r;
	if (options.device)
		d = devices_at(c->b, options.device);
	if (d)
		d->used = true;
	r = read_value(c, d, value, options.offset);
	if (r < 0 && c->standard)
		return sd_bus_error_set(error, FAILED, UNKNOWN_YET);
	if (r < 0)
		return refuse(error, r);
	if (options.offset > r)
		return refuse(error, SERVICE_INVALID_OFFSET);
	return gatt_answer(m, value + options.offset,
			   (size_t)(r - options.offset));
}

/* --- writing -------------------------------------------------------------- */

static int select_battery(struct bluez *b, struct bluez_device *d,
			  uint32_t battery)
{
	if (battery < 1 || battery > b->hooks.batteries(b->hooks.data))
		return BLUEZ_REFUSED_VALUE;
	d->battery = battery;
	d->kept = NULL;
	return 0;
}

static int carry_out(struct bluez *b, struct bluez_device *d,
		     const struct service_order *order)
{
	if (order->writes == SERVICE_WRITES_BATTERY)
		return select_battery(b, d, order->battery);
	return b->hooks.carry_out(b->hooks.data, order, d->address);
}

/* A battery may be selected by anybody. */
static bool may_write(struct bluez *b, const struct service_row *row,
		      struct bluez_device *d)
{
	if (row->writes == SERVICE_WRITES_BATTERY || devices_may_write(b, d))
		return true;
	if (!d->refused)
		b->hooks.tell(b->hooks.data, BLUEZ_WRITE_REFUSED, d->address);
	d->refused = true;
	return false;
}

int gatt_on_write(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct gatt_characteristic *c = userdata;
	struct gatt_options options = { 0 };
	struct service_order order = { 0 };
	struct bluez_device *d = NULL;
	const void *data;
	size_t len;
	int r = admit(c->b, m, error);

	if (r >= 0)
		r = sd_bus_message_read_array(m, 'y', &data, &len);
	if (r >= 0)
		r = gatt_options_read(m, &options);
	if (r < 0)
		return r;
	if (options.device)
		d = devices_at(c->b, options.device);
	/* An order has somebody who gives it, and comes in one piece. */
	if (!d || !c->row || options.prepared)
		return refuse(error, SERVICE_NOT_PERMITTED);
	d->used = true;
	if (!may_write(c->b, c->row, d))
		return sd_bus_error_set(error, NOT_AUTHORIZED, NULL);
	r = service_write(c->row, data, len, options.offset, &order);
	if (r < 0)
		return refuse(error, r);
	r = carry_out(c->b, d, &order);
	if (r < 0)
		return sd_bus_error_set(error, FAILED,
					r == BLUEZ_REFUSED_VALUE ?
					CANNOT_BE : NOT_NOW);
	return sd_bus_reply_method_return(m, NULL);
}

/* --- notifying ------------------------------------------------------------ */

int gatt_on_notify(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct gatt_characteristic *c = userdata;

	if (!bluez_is_from(c->b, m, error))
		return -EACCES;
	c->notifying = strcmp(sd_bus_message_get_member(m),
			      "StartNotify") == 0;
	/* Whoever has just subscribed is told what it is now. */
	c->sent = false;
	return sd_bus_reply_method_return(m, NULL);
}

/* An indication has arrived. */
int gatt_on_confirm(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct gatt_characteristic *c = userdata;

	if (!bluez_is_from(c->b, m, error))
		return -EACCES;
	return sd_bus_reply_method_return(m, NULL);
}

void gatt_forget(struct bluez *b)
{
	for (size_t i = 0; i < b->n_characteristics; i++)
		b->characteristic[i].notifying = false;
}

/* The battery that all clients have selected; 0 where they differ. */
static uint32_t common_battery(const struct bluez *b)
{
	uint32_t battery = 0;

	for (size_t i = 0; i < BLUEZ_DEVICES_MAX; i++) {
		const struct bluez_device *d = &b->device[i];

		if (!d->path[0] || !d->connected || !d->used)
			continue;
		if (battery > 0 && battery != battery_of(d))
			return 0;
		battery = battery_of(d);
	}
	return battery > 0 ? battery : 1;
}

/* Only to BlueZ: nobody else has asked. */
static int send_value(const struct gatt_characteristic *c)
{
	char path[BLUEZ_PATH_SIZE];
	sd_bus_message *m = NULL;
	int r;

	gatt_path(c, path);
	r = sd_bus_message_new_signal(c->b->bus, &m, path, BLUEZ_PROPERTIES,
				      "PropertiesChanged");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", GATT_CHARACTERISTIC);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "{sv}");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'e', "sv");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", "Value");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', "ay");
	if (r >= 0)
		r = sd_bus_message_append_array(m, 'y', c->last, c->last_len);
	for (int i = 0; r >= 0 && i < 3; i++)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_message_append(m, "as", 0);
	if (r >= 0)
		r = sd_bus_send_to(c->b->bus, m, c->b->owner, NULL);
	sd_bus_message_unref(m);
	return r;
}

static void refresh(struct gatt_characteristic *c,
		    const struct service_values *service,
		    const struct standard_values *standard)
{
	uint8_t value[SERVICE_VALUE_MAX];
	int len = encode(c, service, standard, value);

	/* What is not known and has no mark for it is not told. */
	if (len < 0 || (c->sent && c->last_len == (size_t)len &&
			memcmp(c->last, value, (size_t)len) == 0))
		return;
	c->last_len = (size_t)len;
	memcpy(c->last, value, (size_t)len);
	c->sent = send_value(c) >= 0;
}

void gatt_refresh(struct bluez *b)
{
	uint32_t battery = common_battery(b);
	struct service_values service = { 0 };
	struct standard_values standard = { 0 };
	bool any = false;

	for (size_t i = 0; i < b->n_characteristics; i++)
		any = any || b->characteristic[i].notifying;
	if (!any)
		return;
	b->hooks.service(b->hooks.data, battery > 0 ? battery : 1, &service);
	b->hooks.standard(b->hooks.data, &standard);
	for (size_t i = 0; i < b->n_characteristics; i++) {
		struct gatt_characteristic *c = &b->characteristic[i];

		if (c->notifying && (battery > 0 || !is_selected(c)))
			refresh(c, &service, &standard);
	}
}
