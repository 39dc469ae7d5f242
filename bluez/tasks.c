/* SPDX-License-Identifier: MIT */
/*
 * What is wanted of BlueZ, one row each: as long as something is not as it
 * should be, and no call about it is under way, one is begun; what fails is
 * tried again, later each time.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bluez/private.h"
#include "lib/base/maybe.h"

struct task_row {
	const char *what; /* for people */
	bool (*wanted)(const struct bluez *b);
	/* Makes the call that brings it about, or takes it back. */
	int (*ask)(struct bluez *b, bool on, sd_bus_message **ret);
	/* What a successful answer means; NULL: task.is is as it was asked. */
	int (*take)(struct bluez *b, bool on, sd_bus_message *reply);
};

static int call_new(struct bluez *b, sd_bus_message **ret, const char *path,
		    const char *interface, const char *member)
{
	return sd_bus_message_new_method_call(b->bus, ret, b->owner, path,
					      interface, member);
}

static bool is(const struct bluez *b, enum bluez_task_id id)
{
	return b->task[id].is;
}

static bool is_powered(const struct bluez *b)
{
	return is(b, BLUEZ_TASK_OBJECTS) && b->on && b->chosen &&
	       b->chosen->powered;
}

static bool wants_objects(const struct bluez *b)
{
	return b->owner[0];
}

static int ask_objects(struct bluez *b, bool on, sd_bus_message **ret)
{
	(void)on;
	return call_new(b, ret, "/", "org.freedesktop.DBus.ObjectManager",
			"GetManagedObjects");
}

static int take_objects(struct bluez *b, bool on, sd_bus_message *reply)
{
	(void)on;
	return objects_read(b, reply);
}

static int ask_advertisement(struct bluez *b, bool on, sd_bus_message **ret)
{
	int r = call_new(b, ret, b->chosen->path, BLUEZ_ADAPTER_ADVERTISES,
			 on ? "RegisterAdvertisement" :
			      "UnregisterAdvertisement");

	if (r < 0)
		return r;
	/* It is read at once: what it shows is to be of now. */
	if (on) {
		advertisement_refresh(b);
		b->refresh = mono_add_ms(b->now, BLUEZ_REFRESH_MS);
	}
	return on ? sd_bus_message_append(*ret, "oa{sv}",
					  BLUEZ_ADVERTISEMENT, 0) :
		    sd_bus_message_append(*ret, "o", BLUEZ_ADVERTISEMENT);
}

static int ask_application(struct bluez *b, bool on, sd_bus_message **ret)
{
	int r = call_new(b, ret, b->chosen->path, BLUEZ_ADAPTER_SERVES,
			 on ? "RegisterApplication" :
			      "UnregisterApplication");

	if (r < 0)
		return r;
	return on ? sd_bus_message_append(*ret, "oa{sv}", BLUEZ_GATT, 0) :
		    sd_bus_message_append(*ret, "o", BLUEZ_GATT);
}

static int take_application(struct bluez *b, bool on, sd_bus_message *reply)
{
	(void)reply;
	if (!on)
		gatt_forget(b);
	return 0;
}

/* Only within the window: a default agent makes BlueZ switch Pairable on by
 * itself, and outside of it other agents are nobody's business here. */
static bool wants_agent(const struct bluez *b)
{
	return is_powered(b) && b->window.us > 0;
}

static int ask_agent(struct bluez *b, bool on, sd_bus_message **ret)
{
	int r = call_new(b, ret, "/org/bluez", "org.bluez.AgentManager1",
			 on ? "RegisterAgent" : "UnregisterAgent");

	if (r < 0)
		return r;
	return on ? sd_bus_message_append(*ret, "os", BLUEZ_AGENT,
					  "DisplayOnly") :
		    sd_bus_message_append(*ret, "o", BLUEZ_AGENT);
}

static int take_agent(struct bluez *b, bool on, sd_bus_message *reply)
{
	(void)on;
	(void)reply;
	/* A new one is not the default one, and one that is gone neither. */
	tasks_forget(b, BLUEZ_TASK_DEFAULT);
	return 0;
}

/* It goes with the agent. */
static bool wants_default(const struct bluez *b)
{
	return is(b, BLUEZ_TASK_DEFAULT) ||
	       (wants_agent(b) && is(b, BLUEZ_TASK_AGENT));
}

static int ask_default(struct bluez *b, bool on, sd_bus_message **ret)
{
	int r = call_new(b, ret, "/org/bluez", "org.bluez.AgentManager1",
			 "RequestDefaultAgent");

	(void)on;
	return r < 0 ? r : sd_bus_message_append(*ret, "o", BLUEZ_AGENT);
}

static bool wants_pairable(const struct bluez *b)
{
	return wants_agent(b) && is(b, BLUEZ_TASK_DEFAULT);
}

static int ask_pairable(struct bluez *b, bool on, sd_bus_message **ret)
{
	int r = call_new(b, ret, b->chosen->path, BLUEZ_PROPERTIES, "Set");

	b->paired_by_us = on;
	return r < 0 ? r : sd_bus_message_append(*ret, "ssv", BLUEZ_ADAPTER,
						 "Pairable", "b", on);
}

static const struct task_row rows[] = {
	[BLUEZ_TASK_OBJECTS] = { "the list of adapters", wants_objects,
				 ask_objects, take_objects },
	[BLUEZ_TASK_ADVERTISEMENT] = { "the advertisement", is_powered,
				       ask_advertisement, NULL },
	[BLUEZ_TASK_APPLICATION] = { "the services", is_powered,
				     ask_application, take_application },
	[BLUEZ_TASK_AGENT] = { "the agent for pairing", wants_agent,
			       ask_agent, take_agent },
	[BLUEZ_TASK_DEFAULT] = { "the agent for pairing", wants_default,
				 ask_default, NULL },
	[BLUEZ_TASK_PAIRABLE] = { "the switch for pairing", wants_pairable,
				  ask_pairable, NULL },
};

_Static_assert(ARRAY_SIZE(rows) == BLUEZ_TASK_COUNT, "a row for every task");

static enum bluez_task_id id_of(const struct bluez_task *task)
{
	return (enum bluez_task_id)(task - task->b->task);
}

void tasks_init(struct bluez *b)
{
	for (size_t i = 0; i < BLUEZ_TASK_COUNT; i++)
		b->task[i].b = b;
}

static void forget(struct bluez_task *task)
{
	struct bluez *b = task->b;

	sd_bus_slot_unref(task->call);
	*task = (struct bluez_task){ .b = b };
}

void tasks_forget(struct bluez *b, enum bluez_task_id from)
{
	for (size_t i = from; i < BLUEZ_TASK_COUNT; i++)
		forget(&b->task[i]);
}

void tasks_lost(struct bluez *b, enum bluez_task_id id)
{
	forget(&b->task[id]);
	bluez_copy(b->task[id].error, sizeof(b->task[id].error),
		   "BlueZ has let it go");
	b->task[id].failed = true;
}

void tasks_doubt(struct bluez *b, enum bluez_task_id id)
{
	b->task[id].stale = b->task[id].is || b->task[id].call;
}

static void fail(struct bluez_task *task, const char *name, const char *text)
{
	/* Ours from before, of which nothing is known here. */
	if (task->on) {
		task->stale = strcmp(name,
				     "org.bluez.Error.AlreadyExists") == 0;
		task->is = task->stale;
	}
	/* What does not exist has been taken back. */
	if (!task->on && strcmp(name, "org.bluez.Error.DoesNotExist") == 0) {
		task->is = false;
		task->stale = false;
		return;
	}
	snprintf(task->error, sizeof(task->error), "%s%s%.160s",
		 name, *text ? ": " : "", text);
	task->failed = true;
}

static int on_reply(sd_bus_message *reply, void *userdata,
		    sd_bus_error *error)
{
	struct bluez_task *task = userdata;
	const struct task_row *row = &rows[id_of(task)];
	const sd_bus_error *e = sd_bus_message_get_error(reply);
	int r = 0;

	(void)error;
	task->call = sd_bus_slot_unref(task->call);
	if (e) {
		fail(task, e->name, e->message ? e->message : "");
		return 1;
	}
	if (row->take)
		r = row->take(task->b, task->on, reply);
	if (r < 0) {
		fail(task, "its answer is not understood", strerror(-r));
		return 1;
	}
	task->is = task->on;
	if (!task->on)
		task->stale = false;
	task->retry_ms = 0;
	task->error[0] = '\0';
	return 1;
}

static void plan_retry(struct bluez *b, struct bluez_task *task)
{
	task->failed = false;
	task->retry_ms = task->retry_ms ? task->retry_ms * 2 : BLUEZ_RETRY_MS;
	if (task->retry_ms > BLUEZ_RETRY_MAX_MS)
		task->retry_ms = BLUEZ_RETRY_MAX_MS;
	task->retry = mono_add_ms(b->now, task->retry_ms);
}

static void begin(struct bluez *b, struct bluez_task *task, bool on)
{
	sd_bus_message *call = NULL;
	int r;

	task->on = on;
	/* Also one that succeeds and does not last is not tried at once. */
	task->retry = mono_add_ms(b->now, BLUEZ_RETRY_MS);
	r = rows[id_of(task)].ask(b, on, &call);
	if (r >= 0)
		r = sd_bus_call_async(b->bus, &task->call, call, on_reply,
				      task, BLUEZ_CALL_MS * UINT64_C(1000));
	sd_bus_message_unref(call);
	if (r < 0) {
		fail(task, "it cannot be asked", strerror(-r));
		plan_retry(b, task);
	}
}

/* Outside of a window Pairable is kept off; where Bluetooth is off it is left
 * alone, and so it is until the agent is there, with which BlueZ switches it
 * by itself. */
static bool is_minded(const struct bluez *b, const struct bluez_task *task)
{
	if (id_of(task) != BLUEZ_TASK_PAIRABLE)
		return true;
	if (wants_agent(b) && !is(b, BLUEZ_TASK_DEFAULT))
		return false;
	return b->chosen && (b->on || b->paired_by_us);
}

static void turn(struct bluez *b, struct bluez_task *task)
{
	const struct task_row *row = &rows[id_of(task)];
	bool wanted = row->wanted(b);

	if (task->failed)
		plan_retry(b, task);
	if (task->call || !is_minded(b, task))
		return;
	if (task->is == wanted && !task->stale) {
		if (!wanted)
			task->error[0] = '\0';
		return;
	}
	if (mono_reached(b->now, task->retry))
		begin(b, task, wanted && !task->stale);
}

void tasks_turn(struct bluez *b)
{
	if (!b->owner[0])
		return;
	/* As the adapter says, which others may set. */
	b->task[BLUEZ_TASK_PAIRABLE].is = b->chosen && b->chosen->pairable;
	for (size_t i = 0; i < BLUEZ_TASK_COUNT; i++)
		turn(b, &b->task[i]);
}

mono_t tasks_next(const struct bluez *b)
{
	mono_t next = MONO_NEVER;

	for (size_t i = 0; b->owner[0] && i < BLUEZ_TASK_COUNT; i++) {
		const struct bluez_task *task = &b->task[i];

		if (!task->call && is_minded(b, task) &&
		    (task->stale || task->failed ||
		     task->is != rows[i].wanted(b)))
			next = mono_min(next, task->retry);
	}
	return next;
}

const char *tasks_error(const struct bluez *b, const char **ret_what)
{
	for (size_t i = 0; i < BLUEZ_TASK_COUNT; i++) {
		if (!b->task[i].error[0])
			continue;
		*ret_what = rows[i].what;
		return b->task[i].error;
	}
	return NULL;
}
