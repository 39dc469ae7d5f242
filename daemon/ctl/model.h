/* SPDX-License-Identifier: MIT */
/*
 * What the daemon shows on D-Bus, as a list of objects with the properties
 * they have. Generic on purpose: a property that this program has never
 * heard of is kept, and one that is not there reads as unknown.
 */
#ifndef BMS_CTL_MODEL_H
#define BMS_CTL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

enum value_type {
	VALUE_DOUBLE,
	VALUE_BOOL,
	VALUE_UNSIGNED,
	VALUE_TEXT,
	VALUE_DOUBLES,
	VALUE_TEXTS,
};

struct value {
	enum value_type type;
	double number;
	bool yes;
	uint64_t count;
	char *text;
	size_t n; /* of doubles or texts */
	double *doubles;
	char **texts;
};

struct property {
	char *name;
	struct value value;
};

/* One interface of one object. */
struct object {
	char *path;
	char *interface;
	size_t n;
	struct property *property;
};

struct model {
	size_t n;
	struct object *object; /* sorted: battery/2 before battery/10 */
};

/* The number for "unknown" of unsigned properties. */
#define MODEL_UNKNOWN UINT32_MAX

/* Asks for everything. 0 or -errno, and then what the bus said in error;
 * model must be empty (all zero) and is empty after an error. */
int model_load(struct model *ret_model, sd_bus *bus, sd_bus_error *error);
void model_done(struct model *model);

/* Takes "a{sv}" at the message's place into one object, which is made where
 * it is not there. 0 or -errno. */
int model_take(struct model *model, const char *path, const char *interface,
	       sd_bus_message *message);

/* NULL where there is none. */
const struct object *model_find(const struct model *model, const char *path,
				const char *interface);

/* What is not there, or of another type, is unknown: NaN, "", false, 0
 * texts, MODEL_UNKNOWN. object may be NULL. */
const struct value *object_value(const struct object *object,
				 const char *name);
double object_number(const struct object *object, const char *name);
const char *object_text(const struct object *object, const char *name);
bool object_is(const struct object *object, const char *name);
uint64_t object_count(const struct object *object, const char *name);
size_t object_texts(const struct object *object, const char *name,
		    char *const **ret_texts);
size_t object_doubles(const struct object *object, const char *name,
		      const double **ret_doubles);

#endif
