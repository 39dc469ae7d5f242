/* SPDX-License-Identifier: MIT */
/*
 * Any bytes that a phone writes to any characteristic: refused, with
 * nothing said to be done, or an order that is in its range (G2, I4). And
 * any piece of it that the phone asks for.
 *
 * Input: a byte that picks the characteristic, one for the offset, and what
 * is written.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/gatt/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool rule)
{
	if (!rule)
		abort();
}

static void check_setting(const struct service_order *order)
{
	const struct setting_row *row = order->setting;
	bool word = false;

	must(row != NULL);
	for (const struct setting_choice *c = row->choices; c && c->name; c++)
		word = word || c->value == order->value;
	must(word || row->type == SETTING_BOOL ?
	     order->value >= 0 :
	     order->value >= row->min && order->value <= row->max);
}

static void check_order(const struct service_order *order)
{
	const struct bms_command *command = &order->command;

	must(order->writes != SERVICE_WRITES_NOTHING);
	must(memchr(order->mode, 0, sizeof(order->mode)) != NULL);
	must((order->mode[0] != 0) == (order->writes == SERVICE_WRITES_MODE));
	must(command->kind < BMS_COMMAND_COUNT);
	must(command->kind != BMS_COMMAND_BYPASS);
	must(command->value >= 0 && command->value <= 1000);
	must((order->writes == SERVICE_WRITES_BATTERY) ==
	     (order->battery != 0));
	if (order->writes == SERVICE_WRITES_SETTING)
		check_setting(order);
	else
		must(!order->setting);
}

/* What is written is also what a text shows; read in pieces of any size. */
static void check_read(const struct service_row *row, const uint8_t *data,
		       size_t size)
{
	char text[SERVICE_VALUE_MAX * 2] = "";
	struct service_values values = { .mode = text };
	uint8_t got[SERVICE_VALUE_MAX] = { 0 };
	size_t offset = data[0] * 4u, room = data[1] * 2u;
	int n;

	size = size < sizeof(text) ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	n = service_read(row, &values, offset, got, room);
	must(n <= (int)room);
	must(n >= 0 || n == SERVICE_NOT_PERMITTED ||
	     n == SERVICE_INVALID_OFFSET);
	for (size_t i = n > 0 ? (size_t)n : 0; i < sizeof(got); i++)
		must(got[i] == 0);
	if (row->value == offsetof(struct service_values, mode) && n > 0)
		must(memcmp(got, text + offset, (size_t)n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct service_row *row;
	struct service_order order, before;

	if (size < 2)
		return 0;
	row = &service_rows[data[0] % n_service_rows];
	check_read(row, data, size);
	memset(&order, 0x5a, sizeof(order));
	before = order;
	if (service_write(row, data + 2, size - 2, data[1], &order) < 0) {
		must(memcmp(&order, &before, sizeof(order)) == 0);
		return 0;
	}
	must((row->access & SERVICE_WRITE) && data[1] == 0);
	must(order.writes == row->writes);
	check_order(&order);
	return 0;
}
