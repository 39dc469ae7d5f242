/* SPDX-License-Identifier: MIT */
#include "daemon/bus_write.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "daemon/bus_order.h"

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"

enum {
	QUESTION_TIMEOUT_US = 3000000,
	GROUP_BUFFER_SIZE = 4096
};

/* What the bus tells of a caller. */
struct caller {
	bool known;
	uint32_t uid;
	bool in_group;
};

void bus_writes_init(struct bus_writes *writes,
		     const struct order_handler *handler)
{
	char buf[GROUP_BUFFER_SIZE];
	struct group entry;
	struct group *found = NULL;

	*writes = (struct bus_writes){ .handler = *handler };
	for (size_t i = 0; i < BUS_WRITES_MAX; i++)
		writes->write[i].all = writes;
	if (getgrnam_r(BUS_WRITE_GROUP, &entry, buf, sizeof(buf),
		       &found) != 0 || !found)
		return;
	writes->group_known = true;
	writes->group = found->gr_gid;
}

static void write_done(struct bus_write *write)
{
	write->question = sd_bus_slot_unref(write->question);
	write->call = sd_bus_message_unref(write->call);
	write->done = false;
}

void bus_writes_answer(struct bus_writes *writes)
{
	for (size_t i = 0; i < BUS_WRITES_MAX; i++) {
		struct bus_write *write = &writes->write[i];

		if (!write->done)
			continue;
		if (order_asks(&write->order))
			(void)sd_bus_reply_method_return(write->call, "s",
							 write->answer);
		else
			(void)sd_bus_reply_method_return(write->call, NULL);
		write_done(write);
	}
}

void bus_writes_drop(struct bus_writes *writes)
{
	for (size_t i = 0; i < BUS_WRITES_MAX; i++)
		write_done(&writes->write[i]);
	writes->filter = sd_bus_slot_unref(writes->filter);
}

static bool has_group(const struct bus_writes *writes, const uint32_t *gids,
		      size_t size)
{
	for (size_t i = 0; i < size / sizeof(*gids); i++) {
		if (writes->group_known && gids[i] == writes->group)
			return true;
	}
	return false;
}

static int read_credential(const struct bus_writes *writes,
			   sd_bus_message *reply, struct caller *caller)
{
	const char *name;
	const void *gids;
	size_t size;
	int r = sd_bus_message_read(reply, "s", &name);

	if (r < 0)
		return r;
	if (strcmp(name, "UnixUserID") == 0) {
		r = sd_bus_message_read(reply, "v", "u", &caller->uid);
		caller->known = r >= 0;
		return r;
	}
	if (strcmp(name, "UnixGroupIDs") != 0)
		return sd_bus_message_skip(reply, "v");
	r = sd_bus_message_enter_container(reply, 'v', "au");
	if (r < 0)
		return r;
	r = sd_bus_message_read_array(reply, 'u', &gids, &size);
	if (r < 0)
		return r;
	caller->in_group = has_group(writes, gids, size);
	return sd_bus_message_exit_container(reply);
}

/* GetConnectionCredentials, D-Bus specification: a{sv}, of which a bus may
 * leave out what it does not know. */
static int read_caller(const struct bus_writes *writes,
		       sd_bus_message *reply, struct caller *ret_caller)
{
	struct caller caller = { 0 };
	int r = sd_bus_message_enter_container(reply, 'a', "{sv}");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
		r = read_credential(writes, reply, &caller);
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(reply);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	*ret_caller = caller;
	return 0;
}

static const char *error_name(int error)
{
	if (error == -EACCES || error == -EPERM)
		return SD_BUS_ERROR_ACCESS_DENIED;
	if (error == -EINVAL)
		return SD_BUS_ERROR_INVALID_ARGS;
	return SD_BUS_ERROR_FAILED;
}

static void carry_out(struct bus_write *write)
{
	const struct order_handler *handler = &write->all->handler;
	char text[ORDER_ERROR_SIZE] = "";
	int r = -ENOTSUP;

	if (handler->carry_out)
		r = handler->carry_out(handler->data, &write->order, text);
	write->done = r >= 0;
	strcpy(write->answer, text);
	if (write->done)
		return;
	(void)sd_bus_reply_method_errorf(write->call, error_name(r), "%s",
					 text[0] ? text : strerror(-r));
}

static int on_caller(sd_bus_message *reply, void *userdata,
		     sd_bus_error *error)
{
	struct bus_write *write = userdata;
	struct caller caller = { 0 };

	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL) ||
	    read_caller(write->all, reply, &caller) < 0 || !caller.known)
		(void)sd_bus_reply_method_errorf(
			write->call, SD_BUS_ERROR_ACCESS_DENIED,
			"The bus did not say who is asking; nothing was "
			"changed.");
	else if (caller.uid == 0 || caller.uid == geteuid() ||
		 caller.in_group)
		carry_out(write);
	else
		(void)sd_bus_reply_method_errorf(
			write->call, SD_BUS_ERROR_ACCESS_DENIED,
			"Only root and members of the group %s may change "
			"anything; user %u is neither. Nothing was changed.",
			BUS_WRITE_GROUP, caller.uid);
	if (!write->done)
		write_done(write);
	return 1;
}

/* The call is kept; what is to be done with it is in write already. */
static int ask(struct bus_write *write, sd_bus_message *call)
{
	sd_bus *bus = sd_bus_message_get_bus(call);
	sd_bus_message *question = NULL;
	int r = sd_bus_message_new_method_call(bus, &question, DBUS_NAME,
					       DBUS_PATH, DBUS_NAME,
					       "GetConnectionCredentials");

	if (r < 0)
		return r;
	r = sd_bus_message_append(question, "s",
				  sd_bus_message_get_sender(call));
	if (r >= 0)
		r = sd_bus_call_async(bus, &write->question, question,
				      on_caller, write, QUESTION_TIMEOUT_US);
	sd_bus_message_unref(question);
	if (r >= 0)
		write->call = sd_bus_message_ref(call);
	return r;
}

/* Sees every message first: whether the caller may is only known later,
 * and a method or a setter of a vtable would have to answer at once. */
static int on_message(sd_bus_message *call, void *userdata,
		      sd_bus_error *error)
{
	struct bus_writes *writes = userdata;
	struct order order;
	int r = bus_order_read(call, &order, error);

	if (r <= 0)
		return r;
	for (size_t i = 0; i < BUS_WRITES_MAX; i++) {
		if (writes->write[i].call)
			continue;
		writes->write[i].order = order;
		r = ask(&writes->write[i], call);
		return r < 0 ? r : 1;
	}
	return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
				 "More than %d writes at once; nothing was "
				 "changed, try again.", BUS_WRITES_MAX);
}

int bus_writes_add(struct bus_writes *writes, sd_bus *bus)
{
	return sd_bus_add_filter(bus, &writes->filter, on_message, writes);
}
