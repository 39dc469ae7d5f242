/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/write_json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "daemon/bus_table.h"

void json_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void json_number(FILE *out, double number)
{
	if (isfinite(number))
		fprintf(out, "%.15g", number);
	else
		fputs("null", out);
}

void json_value(FILE *out, const struct value *value)
{
	switch (value->type) {
	case VALUE_DOUBLE:
		json_number(out, value->number);
		break;
	case VALUE_BOOL:
		fputs(value->yes ? "true" : "false", out);
		break;
	case VALUE_UNSIGNED:
		if (value->count == MODEL_UNKNOWN)
			fputs("null", out);
		else
			fprintf(out, "%" PRIu64, value->count);
		break;
	case VALUE_TEXT:
		json_text(out, value->text);
		break;
	case VALUE_DOUBLES:
		fputc('[', out);
		for (size_t i = 0; i < value->n; i++) {
			fputs(i > 0 ? "," : "", out);
			json_number(out, value->doubles[i]);
		}
		fputc(']', out);
		break;
	case VALUE_TEXTS:
		fputc('[', out);
		for (size_t i = 0; i < value->n; i++) {
			fputs(i > 0 ? "," : "", out);
			json_text(out, value->texts[i]);
		}
		fputc(']', out);
		break;
	}
}

static void json_members(FILE *out, const struct object *object)
{
	for (size_t i = 0; i < object->n; i++) {
		fputs(i > 0 ? "," : "", out);
		json_text(out, object->property[i].name);
		fputc(':', out);
		json_value(out, &object->property[i].value);
	}
}

void json_object(FILE *out, const struct object *object)
{
	if (!object) {
		fputs("null", out);
		return;
	}
	fputc('{', out);
	json_members(out, object);
	fputc('}', out);
}

void json_status(FILE *out, const struct model *model)
{
	fputs("{\"bms\":", out);
	json_object(out, model_find(model, BUS_ROOT, BUS_BMS));
	fputs(",\"inverter\":", out);
	json_object(out, model_find(model, BUS_ROOT "/inverter",
				    BUS_INVERTER));
	fputs("}\n", out);
}

static void json_all(FILE *out, const struct model *model,
		     const char *interface)
{
	const char *comma = "";

	fputc('[', out);
	for (size_t i = 0; i < model->n; i++) {
		const struct object *object = &model->object[i];

		if (strcmp(object->interface, interface) != 0)
			continue;
		fprintf(out, "%s{\"path\":", comma);
		json_text(out, object->path);
		fputs(object->n > 0 ? "," : "", out);
		json_members(out, object);
		fputc('}', out);
		comma = ",";
	}
	fputc(']', out);
}

void json_batteries(FILE *out, const struct model *model)
{
	fputs("{\"batteries\":", out);
	json_all(out, model, BUS_BATTERY);
	fputs(",\"buses\":", out);
	json_all(out, model, BUS_BUS);
	fputs("}\n", out);
}

void json_inverter(FILE *out, const struct model *model)
{
	json_object(out, model_find(model, BUS_ROOT "/inverter",
				    BUS_INVERTER));
	fputc('\n', out);
}

void json_history(FILE *out, const struct model *model)
{
	json_object(out, model_find(model, BUS_ROOT, BUS_HISTORY));
	fputc('\n', out);
}

void json_time(char buf[JSON_TIME_SIZE])
{
	struct timespec now = { 0 };
	struct tm tm = { 0 };
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(buf, JSON_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + len, JSON_TIME_SIZE - len, ".%03ldZ",
		 now.tv_nsec / 1000000);
}
