/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/bus_table.h"

static void value_done(struct value *value)
{
	for (size_t i = 0; value->texts && i < value->n; i++)
		free(value->texts[i]);
	free(value->texts);
	free(value->doubles);
	free(value->text);
	*value = (struct value){ 0 };
}

static void object_done(struct object *object)
{
	for (size_t i = 0; i < object->n; i++) {
		free(object->property[i].name);
		value_done(&object->property[i].value);
	}
	free(object->property);
	free(object->path);
	free(object->interface);
}

void model_done(struct model *model)
{
	for (size_t i = 0; i < model->n; i++)
		object_done(&model->object[i]);
	free(model->object);
	*model = (struct model){ 0 };
}

static int read_texts(sd_bus_message *message, struct value *value)
{
	char **texts = NULL;
	int r = sd_bus_message_read_strv(message, &texts);

	if (r < 0)
		return r;
	value->type = VALUE_TEXTS;
	value->texts = texts;
	while (texts && texts[value->n])
		value->n++;
	return 0;
}

static int read_doubles(sd_bus_message *message, struct value *value)
{
	const void *data;
	size_t size;
	int r = sd_bus_message_read_array(message, 'd', &data, &size);

	if (r < 0)
		return r;
	value->type = VALUE_DOUBLES;
	value->n = size / sizeof(double);
	value->doubles = malloc(size + 1);
	if (!value->doubles)
		return -ENOMEM;
	if (size > 0)
		memcpy(value->doubles, data, size);
	return 0;
}

static int read_text(sd_bus_message *message, struct value *value)
{
	const char *text;
	int r = sd_bus_message_read_basic(message, 's', &text);

	if (r < 0)
		return r;
	value->type = VALUE_TEXT;
	value->text = strdup(text);
	return value->text ? 0 : -ENOMEM;
}

static int read_plain(sd_bus_message *message, const char *type,
		      struct value *value)
{
	uint32_t u;
	int yes;
	int r;

	switch (type[0]) {
	case 'd':
		value->type = VALUE_DOUBLE;
		return sd_bus_message_read_basic(message, 'd',
						 &value->number);
	case 'b':
		value->type = VALUE_BOOL;
		r = sd_bus_message_read_basic(message, 'b', &yes);
		value->yes = r >= 0 && yes;
		return r;
	case 'u':
		value->type = VALUE_UNSIGNED;
		r = sd_bus_message_read_basic(message, 'u', &u);
		value->count = r >= 0 ? u : 0;
		return r;
	case 't':
		value->type = VALUE_UNSIGNED;
		return sd_bus_message_read_basic(message, 't', &value->count);
	}
	/* A type of a later version: left out. */
	return -ENOTSUP;
}

/* 1: read; 0: of a type that this program does not know, skipped. */
static int read_variant(sd_bus_message *message, struct value *value)
{
	const char *type;
	int r = sd_bus_message_peek_type(message, NULL, &type);

	if (r < 0)
		return r;
	if (strcmp(type, "as") != 0 && strcmp(type, "ad") != 0 &&
	    (strlen(type) != 1 || !strchr("dbuts", type[0]))) {
		r = sd_bus_message_skip(message, "v");
		return r < 0 ? r : 0;
	}
	r = sd_bus_message_enter_container(message, 'v', type);
	if (r < 0)
		return r;
	if (strcmp(type, "as") == 0)
		r = read_texts(message, value);
	else if (strcmp(type, "ad") == 0)
		r = read_doubles(message, value);
	else if (type[0] == 's')
		r = read_text(message, value);
	else
		r = read_plain(message, type, value);
	if (r < 0)
		return r;
	r = sd_bus_message_exit_container(message);
	return r < 0 ? r : 1;
}

/* Takes value over where it returns 0. */
static int set_property(struct object *object, const char *name,
			struct value *value)
{
	struct property *all;
	char *copy;

	for (size_t i = 0; i < object->n; i++) {
		if (strcmp(object->property[i].name, name) != 0)
			continue;
		value_done(&object->property[i].value);
		object->property[i].value = *value;
		return 0;
	}
	all = realloc(object->property, (object->n + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	object->property = all;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	all[object->n++] = (struct property){ copy, *value };
	return 0;
}

/* By length first: battery/2 before battery/10. */
static int by_path(const void *a, const void *b)
{
	const struct object *x = a;
	const struct object *y = b;
	size_t x_len = strlen(x->path);
	size_t y_len = strlen(y->path);

	if (x_len != y_len)
		return x_len < y_len ? -1 : 1;
	return strcmp(x->path, y->path);
}

static struct object *find(const struct model *model, const char *path,
			   const char *interface)
{
	for (size_t i = 0; i < model->n; i++) {
		if (strcmp(model->object[i].path, path) == 0 &&
		    strcmp(model->object[i].interface, interface) == 0)
			return &model->object[i];
	}
	return NULL;
}

static struct object *find_or_add(struct model *model, const char *path,
				  const char *interface)
{
	struct object *object = find(model, path, interface);
	struct object *all;

	if (object)
		return object;
	all = realloc(model->object, (model->n + 1) * sizeof(*all));
	if (!all)
		return NULL;
	model->object = all;
	object = &all[model->n];
	*object = (struct object){ strdup(path), strdup(interface), 0, NULL };
	if (!object->path || !object->interface) {
		object_done(object);
		return NULL;
	}
	model->n++;
	qsort(all, model->n, sizeof(*all), by_path);
	return find(model, path, interface);
}

int model_take(struct model *model, const char *path, const char *interface,
	       sd_bus_message *message)
{
	struct object *object = find_or_add(model, path, interface);
	int r = sd_bus_message_enter_container(message, 'a', "{sv}");

	if (!object)
		return -ENOMEM;
	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		struct value value = { 0 };
		const char *name;

		r = sd_bus_message_read_basic(message, 's', &name);
		if (r >= 0)
			r = read_variant(message, &value);
		if (r > 0)
			r = set_property(object, name, &value);
		if (r < 0) {
			value_done(&value);
			return r;
		}
		r = sd_bus_message_exit_container(message);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* "oa{sa{sv}}" */
static int take_interfaces(struct model *model, sd_bus_message *message)
{
	const char *path;
	const char *interface;
	int r = sd_bus_message_read_basic(message, 'o', &path);

	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");
	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(message, 'e',
						   "sa{sv}")) > 0) {
		r = sd_bus_message_read_basic(message, 's', &interface);
		if (r < 0)
			return r;
		if (strncmp(interface, BUS_NAME ".", strlen(BUS_NAME ".")))
			r = sd_bus_message_skip(message, "a{sv}");
		else
			r = model_take(model, path, interface, message);
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(message);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int take_objects(struct model *model, sd_bus_message *message)
{
	int r = sd_bus_message_enter_container(message, 'a',
					       "{oa{sa{sv}}}");

	if (r < 0)
		return r;
	while ((r = sd_bus_message_enter_container(message, 'e',
						   "oa{sa{sv}}")) > 0) {
		r = take_interfaces(model, message);
		if (r < 0)
			return r;
		r = sd_bus_message_exit_container(message);
		if (r < 0)
			return r;
	}
	return r;
}

static int call(sd_bus *bus, const char *interface, const char *member,
		const char *argument, sd_bus_message **ret_reply,
		sd_bus_error *error)
{
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(bus, &message, BUS_NAME,
					       BUS_ROOT, interface, member);

	if (r < 0)
		return r;
	/* Looking must not start a daemon that switches things. */
	r = sd_bus_message_set_auto_start(message, 0);
	if (r >= 0 && argument)
		r = sd_bus_message_append(message, "s", argument);
	if (r >= 0)
		r = sd_bus_call(bus, message, 0, error, ret_reply);
	sd_bus_message_unref(message);
	return r;
}

/* An object manager does not list its own object. */
static int load_root(struct model *model, sd_bus *bus, sd_bus_error *error)
{
	static const char *const interfaces[] = { BUS_BMS, BUS_HISTORY,
						  BUS_SETTINGS };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(interfaces); i++) {
		sd_bus_message *all = NULL;

		r = call(bus, "org.freedesktop.DBus.Properties", "GetAll",
			 interfaces[i], &all, error);
		if (r >= 0)
			r = model_take(model, BUS_ROOT, interfaces[i], all);
		sd_bus_message_unref(all);
	}
	return r;
}

int model_load(struct model *ret_model, sd_bus *bus, sd_bus_error *error)
{
	struct model model = { 0 };
	sd_bus_message *objects = NULL;
	int r = load_root(&model, bus, error);

	if (r >= 0)
		r = call(bus, "org.freedesktop.DBus.ObjectManager",
			 "GetManagedObjects", NULL, &objects, error);
	if (r >= 0)
		r = take_objects(&model, objects);
	sd_bus_message_unref(objects);
	if (r < 0) {
		model_done(&model);
		return r;
	}
	*ret_model = model;
	return 0;
}

const struct object *model_find(const struct model *model, const char *path,
				const char *interface)
{
	return find(model, path, interface);
}

const struct value *object_value(const struct object *object,
				 const char *name)
{
	for (size_t i = 0; object && i < object->n; i++) {
		if (strcmp(object->property[i].name, name) == 0)
			return &object->property[i].value;
	}
	return NULL;
}

double object_number(const struct object *object, const char *name)
{
	const struct value *value = object_value(object, name);

	return value && value->type == VALUE_DOUBLE ? value->number : NAN;
}

const char *object_text(const struct object *object, const char *name)
{
	const struct value *value = object_value(object, name);

	return value && value->type == VALUE_TEXT ? value->text : "";
}

bool object_is(const struct object *object, const char *name)
{
	const struct value *value = object_value(object, name);

	return value && value->type == VALUE_BOOL && value->yes;
}

uint64_t object_count(const struct object *object, const char *name)
{
	const struct value *value = object_value(object, name);

	return value && value->type == VALUE_UNSIGNED ? value->count :
							MODEL_UNKNOWN;
}

size_t object_texts(const struct object *object, const char *name,
		    char *const **ret_texts)
{
	const struct value *value = object_value(object, name);

	if (!value || value->type != VALUE_TEXTS)
		return 0;
	*ret_texts = value->texts;
	return value->n;
}

size_t object_doubles(const struct object *object, const char *name,
		      const double **ret_doubles)
{
	const struct value *value = object_value(object, name);

	if (!value || value->type != VALUE_DOUBLES)
		return 0;
	*ret_doubles = value->doubles;
	return value->n;
}
