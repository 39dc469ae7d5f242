/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/maybe.h"
#include "lib/core/code.h"
#include "lib/core/reason.h"

/* On which side of its limit the trouble is. */
enum side { NEITHER, LOW, HIGH };

/* Behind the place; the figures follow where the reason has any. */
static const struct {
	const char *words;
	enum side side;
} kinds[] = {
	[REASON_UNKNOWN] = { "no complete reading yet", NEITHER },
	[REASON_SILENT] = { "silent", NEITHER },
	[REASON_UNREADABLE] = { "answers, but not readably", NEITHER },
	[REASON_TEMPERATURE_UNKNOWN] = { "temperature unknown", NEITHER },
	[REASON_CELL_IMPLAUSIBLE] = { "reads what no cell can have", NEITHER },
	[REASON_CELL_PRE_ALARM] = { "near its low limit", LOW },
	[REASON_CELL_LOW] = { "low", LOW },
	[REASON_CELL_LOW_HARD] = { "far too low", LOW },
	[REASON_CELL_HIGH] = { "high", HIGH },
	[REASON_CELL_HIGH_HARD] = { "far too high", HIGH },
	[REASON_CHARGE_COLD] = { "too cold to charge", LOW },
	[REASON_CHARGE_HOT] = { "too hot to charge", HIGH },
	[REASON_CHARGE_HOT_HARD] = { "far too hot to charge", HIGH },
	[REASON_DISCHARGE_COLD] = { "too cold to discharge", LOW },
	[REASON_DISCHARGE_HOT] = { "too hot to discharge", HIGH },
	[REASON_CHARGE_SWITCH] = { "its own charge switch is open", NEITHER },
	[REASON_DISCHARGE_SWITCH] = {
		"its own discharge switch is open", NEITHER },
	[REASON_BATTERY_PROTECTS] = { "protects itself", NEITHER },
	[REASON_CHARGE_CURRENT] = { "charge current high", HIGH },
	[REASON_CHARGE_PULSE] = { "charge current far too high", HIGH },
	/* Discharge is below 0. */
	[REASON_DISCHARGE_CURRENT] = { "discharge current high", LOW },
	[REASON_DISCHARGE_PULSE] = {
		"discharge current far too high", LOW },
	[REASON_BYPASSED] = { "bypassed, time left", NEITHER },
	[REASON_MISMATCH] = { "does not fit the other batteries", NEITHER },
	[REASON_ARRANGEMENT] = {
		"the batteries cannot be put together", NEITHER },
	[REASON_BANK_VOLTAGE] = { "voltage not allowed", NEITHER },
	[REASON_BANK_LOW] = { "voltage low", LOW },
	[REASON_SOC_WARNING] = { "state of charge low", LOW },
	[REASON_SOC_FLOOR] = { "state of charge at the floor", LOW },
	[REASON_BYPASS_LOW] = {
		"too low for a battery that is not heard", LOW },
	[REASON_BYPASS_HIGH] = {
		"too high for a battery that is not heard", HIGH },
	[REASON_UPDATE] = { "an update is under way", NEITHER },
	[REASON_REMOTE_OFF] = { "switched off by the remote input", NEITHER },
	[REASON_MODE] = { "switched so by the mode", NEITHER },
	[REASON_LINES] = { "the output lines do not do as told", NEITHER },
};

_Static_assert(ARRAY_SIZE(kinds) == REASON_KIND_COUNT,
	       "words for every reason");

/* "kind:where:value:limit", cut at the colons. */
struct parts {
	char text[BMS_REASON_TEXT_SIZE];
	const char *part[4];
};

static bool split(const char *reason, struct parts *ret)
{
	char *at = ret->text;

	if (strlen(reason) >= sizeof(ret->text))
		return false;
	strcpy(ret->text, reason);
	for (size_t i = 0; i < ARRAY_SIZE(ret->part); i++) {
		char *colon = strchr(at, ':');

		ret->part[i] = at;
		if (i + 1 == ARRAY_SIZE(ret->part))
			return !colon;
		if (!colon)
			return false;
		*colon = '\0';
		at = colon + 1;
	}
	return false;
}

static const char *unit_of(enum reason_unit unit)
{
	switch (unit) {
	case REASON_MILLIVOLT:
		return " V";
	case REASON_DECIDEGREE:
		return " °C";
	case REASON_PERMILLE:
		return " %";
	case REASON_MILLISECOND:
		return " s";
	case REASON_MILLIAMPERE:
		return " A";
	case REASON_NO_UNIT:
	case REASON_COUNT_OF:
	case REASON_PROTECTION:
		return "";
	}
	return "";
}

static bool is_temperature(enum reason_kind kind)
{
	return kind == REASON_TEMPERATURE_UNKNOWN ||
	       reason_rows[kind].unit == REASON_DECIDEGREE;
}

static void place(const char *where, const char *what, char *buf,
		  size_t size)
{
	int battery = (int)strcspn(where, ".");

	if (!where[0])
		buf[0] = '\0';
	else if (where[battery])
		snprintf(buf, size, "battery %.*s %s %s", battery, where,
			 what, where + battery + 1);
	else
		snprintf(buf, size, "battery %s", where);
}

void words_of_place(const char *where, char *buf, size_t size)
{
	place(where, "cell", buf, size);
}

/* Within its limit again, but not yet far or long enough. */
static bool is_recovering(enum reason_kind kind, const struct parts *parts)
{
	double value = strtod(parts->part[2], NULL);
	double limit = strtod(parts->part[3], NULL);

	if (!parts->part[2][0] || !parts->part[3][0])
		return false;
	return (kinds[kind].side == LOW && value > limit) ||
	       (kinds[kind].side == HIGH && value < limit);
}

static void put(enum reason_kind kind, const struct parts *parts,
		char words[WORDS_SIZE])
{
	const char *unit = unit_of(reason_rows[kind].unit);
	bool has_value = parts->part[2][0];
	bool has_limit = parts->part[3][0];
	char where[BMS_REASON_TEXT_SIZE * 2];

	place(parts->part[1], is_temperature(kind) ? "sensor" : "cell",
	      where, sizeof(where));
	snprintf(words, WORDS_SIZE, "%s%s%s%s%s%s%s%s%s%s%s",
		 where[0] ? where : "bank",
		 where[0] && !strchr(parts->part[1], '.') ? ": " : " ",
		 kinds[kind].words,
		 is_recovering(kind, parts) ? ", recovering" : "",
		 has_value ? ": " : "", parts->part[2],
		 has_value ? unit : "", has_limit ? " (limit " : "",
		 parts->part[3], has_limit ? unit : "",
		 has_limit ? ")" : "");
}

void words_of_reason(const char *reason, char words[WORDS_SIZE])
{
	struct parts parts;

	snprintf(words, WORDS_SIZE, "%s", reason);
	if (!split(reason, &parts))
		return;
	for (size_t i = 0; i < REASON_KIND_COUNT; i++) {
		if (strcmp(reason_rows[i].name, parts.part[0]) == 0)
			put((enum reason_kind)i, &parts, words);
	}
}

const char *words_of_code(const char *code)
{
	for (size_t i = 0; i < CODE_COUNT; i++) {
		if (strcmp(code_rows[i].name, code) == 0)
			return code_rows[i].text;
	}
	return "";
}
