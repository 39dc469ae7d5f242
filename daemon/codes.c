/* SPDX-License-Identifier: MIT */
/* Codes that come and go, for the journal and D-Bus: one comparison a turn. */
#include "daemon/daemon.h"
#include "daemon/log.h"

enum { FIELDS_SIZE = 512 };

/* The first reason that gives the code; some have none. */
static const struct reason *code_reason(const struct bms_output *out,
					enum code code)
{
	for (size_t i = 0; i < out->n_reasons; i++) {
		if (out->reasons[i].codes & CODE_BIT(code))
			return &out->reasons[i];
	}
	return NULL;
}

static void field_str(struct text *t, const char *name, const char *value)
{
	text_str(t, name);
	text_char(t, '=');
	text_str(t, value);
	text_char(t, '\n');
}

static void field_uint(struct text *t, const char *name, uint32_t value)
{
	text_str(t, name);
	text_char(t, '=');
	text_uint(t, value);
	text_char(t, '\n');
}

static void field_number(struct text *t, const char *name,
			 enum reason_kind kind, int32_t value)
{
	text_str(t, name);
	text_char(t, '=');
	reason_number(t, kind, value);
	text_char(t, '\n');
}

static void fields_of(struct text *t, enum code code, bool active,
		      const struct reason *reason)
{
	char why[BMS_REASON_TEXT_SIZE];

	field_str(t, "MESSAGE_ID", code_rows[code].id);
	field_str(t, "VEBUS_BMS_CODE", code_rows[code].name);
	field_str(t, "VEBUS_BMS_ACTIVE", active ? "yes" : "no");
	if (!reason)
		return;
	reason_text(reason, why);
	field_str(t, "VEBUS_BMS_REASON", why);
	if (reason->battery > 0)
		field_uint(t, "VEBUS_BMS_BATTERY", reason->battery);
	if (reason->cell > 0)
		field_uint(t, "VEBUS_BMS_CELL", reason->cell);
	if (!reason->has_value ||
	    reason_rows[reason->kind].unit == REASON_NO_UNIT)
		return;
	field_number(t, "VEBUS_BMS_VALUE", reason->kind, reason->value);
	field_number(t, "VEBUS_BMS_LIMIT", reason->kind, reason->limit);
}

static enum log_level level_of(enum code code, bool active)
{
	if (!active)
		return LOG_LEVEL_NOTICE;
	return code_rows[code].name[0] == 'W' ? LOG_LEVEL_WARNING :
						LOG_LEVEL_ERROR;
}

void codes_tell(struct bmsd *d)
{
	code_set changed = d->codes ^ d->spine->output.codes;

	d->codes = d->spine->output.codes;
	for (int i = 0; changed && i < CODE_COUNT; i++) {
		enum code code = (enum code)i;
		bool active = d->codes & CODE_BIT(code);
		char fields[FIELDS_SIZE];
		struct text t = text_in(fields, sizeof(fields));

		if (!(changed & CODE_BIT(code)))
			continue;
		fields_of(&t, code, active, active ?
			  code_reason(&d->spine->output, code) : NULL);
		log_entry(level_of(code, active), fields, "code", "%s %s: %s",
			  code_rows[code].name, active ? "active" : "gone",
			  code_rows[code].text);
		bus_event(d->bus, code_rows[code].name, code_rows[code].text,
			  active);
	}
}
