/* SPDX-License-Identifier: MIT */
/*
 * JSON for programs: the names are those on D-Bus, unknown is null. Numbers
 * keep 15 digits, which is what a double holds of a decimal.
 */
#ifndef BMS_CTL_WRITE_JSON_H
#define BMS_CTL_WRITE_JSON_H

#include <stdio.h>

#include "daemon/ctl/model.h"

/* text must be UTF-8, as everything from D-Bus is. */
void json_text(FILE *out, const char *text);
void json_value(FILE *out, const struct value *value);
/* {"Name":value,...}; null where object is NULL. */
void json_object(FILE *out, const struct object *object);

/* One line each: {"bms":{},"inverter":{}}, {"batteries":[],"buses":[]} (each
 * with its "path"), {...} or null. */
void json_status(FILE *out, const struct model *model);
void json_batteries(FILE *out, const struct model *model);
void json_history(FILE *out, const struct model *model);
void json_inverter(FILE *out, const struct model *model);

/* "2024-02-29T12:00:00.123Z", now. */
enum { JSON_TIME_SIZE = 40 };
void json_time(char buf[JSON_TIME_SIZE]);

#endif
