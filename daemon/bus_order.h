/* SPDX-License-Identifier: MIT */
/*
 * Which calls on D-Bus are orders, from one table: writable properties and
 * methods, each with what it takes.
 */
#ifndef BMS_BUS_ORDER_H
#define BMS_BUS_ORDER_H

#include <systemd/sd-bus.h>

#include "daemon/order.h"

/*
 * Reads a call. 1 with *ret where it is an order; 0 where it is something
 * else, which is then as unread as before; or a negative errno with *error
 * set: an order that is not understood or out of its range.
 */
int bus_order_read(sd_bus_message *call, struct order *ret,
		   sd_bus_error *error);

/* The setting behind a property of Settings1, or NULL. */
const struct setting_row *bus_order_setting(const char *property);

#endif
