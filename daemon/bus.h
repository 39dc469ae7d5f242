/* SPDX-License-Identifier: MIT */
/*
 * The D-Bus side: publishes the view under org.vebusbmsng and forwards what
 * callers ask. Never blocks, never decides, and its absence or failure
 * never touches protection: it reconnects by itself.
 */
#ifndef BMS_BUS_H
#define BMS_BUS_H

#include "daemon/order.h"
#include "daemon/view.h"

struct ev_loop;
struct bus;

/*
 * Connects to the system bus (or, for session_bus, the one that
 * DBUS_SESSION_BUS_ADDRESS names) and takes the name org.vebusbmsng. The
 * view must stay where it is; its content may change between publishes.
 * *ret_bus is made even where the bus is not reachable yet (then it keeps
 * trying); the one error is -EEXIST: another instance owns the name.
 */
int bus_new(struct bus **ret_bus, struct ev_loop *loop,
	    const struct view *view, const struct order_handler *handler,
	    bool session_bus);

/* Drops the name and the connection. NULL is fine; returns NULL. */
struct bus *bus_free(struct bus *bus);

/* Emits one PropertiesChanged per object for what differs from what was
 * last published. Called once a turn; cheap where nothing has changed. */
void bus_publish(struct bus *bus);

/* Emits Event(code, text, active) for codes that came or went. */
void bus_event(struct bus *bus, const char *code, const char *text,
	       bool active);

/* Emits PasskeyShown(): whoever may can now ask for it. */
void bus_passkey_shown(struct bus *bus);

#endif
