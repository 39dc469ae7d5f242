/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/maybe.h"
#include "lib/core/code.h"
#include "lib/core/reason.h"

const struct words_row words_rows[REASON_KIND_COUNT] = {
	[REASON_UNKNOWN] = { "no complete reading yet", WORDS_NEITHER },
	[REASON_SILENT] = { "silent", WORDS_NEITHER },
	[REASON_UNREADABLE] = { "answers, but not readably", WORDS_NEITHER },
	[REASON_TEMPERATURE_UNKNOWN] = { "temperature unknown", WORDS_NEITHER },
	[REASON_CELL_IMPLAUSIBLE] = {
		"reads what no cell can have", WORDS_NEITHER },
	[REASON_CELL_PRE_ALARM] = { "near its low limit", WORDS_LOW },
	[REASON_CELL_LOW] = { "low", WORDS_LOW },
	[REASON_CELL_LOW_HARD] = { "far too low", WORDS_LOW },
	[REASON_CELL_HIGH] = { "high", WORDS_HIGH },
	[REASON_CELL_HIGH_HARD] = { "far too high", WORDS_HIGH },
	[REASON_CHARGE_COLD] = { "too cold to charge", WORDS_LOW },
	[REASON_CHARGE_HOT] = { "too hot to charge", WORDS_HIGH },
	[REASON_CHARGE_HOT_HARD] = { "far too hot to charge", WORDS_HIGH },
	[REASON_DISCHARGE_COLD] = { "too cold to discharge", WORDS_LOW },
	[REASON_DISCHARGE_HOT] = { "too hot to discharge", WORDS_HIGH },
	[REASON_CHARGE_SWITCH] = {
		"its own charge switch is open", WORDS_NEITHER },
	[REASON_DISCHARGE_SWITCH] = {
		"its own discharge switch is open", WORDS_NEITHER },
	[REASON_BATTERY_PROTECTS] = { "protects itself", WORDS_NEITHER },
	[REASON_CHARGE_CURRENT] = { "charge current high", WORDS_HIGH },
	[REASON_CHARGE_PULSE] = { "charge current far too high", WORDS_HIGH },
	/* Discharge is below 0. */
	[REASON_DISCHARGE_CURRENT] = { "discharge current high", WORDS_LOW },
	[REASON_DISCHARGE_PULSE] = {
		"discharge current far too high", WORDS_LOW },
	[REASON_BYPASSED] = { "bypassed, time left", WORDS_NEITHER },
	[REASON_MISMATCH] = {
		"does not fit the other batteries", WORDS_NEITHER },
	[REASON_ARRANGEMENT] = {
		"the batteries cannot be put together", WORDS_NEITHER },
	[REASON_BANK_VOLTAGE] = { "voltage not allowed", WORDS_NEITHER },
	[REASON_BANK_LOW] = { "voltage low", WORDS_LOW },
	[REASON_SOC_WARNING] = { "state of charge low", WORDS_LOW },
	[REASON_SOC_FLOOR] = { "state of charge at the floor", WORDS_LOW },
	[REASON_BYPASS_LOW] = {
		"too low for a battery that is not heard", WORDS_LOW },
	[REASON_BYPASS_HIGH] = {
		"too high for a battery that is not heard", WORDS_HIGH },
	[REASON_UPDATE] = { "an update is under way", WORDS_NEITHER },
	[REASON_REMOTE_OFF] = {
		"switched off by the remote input", WORDS_NEITHER },
	[REASON_MODE] = { "switched so by the mode", WORDS_NEITHER },
	[REASON_LINES] = {
		"the output lines do not do as told", WORDS_NEITHER },
};

_Static_assert(ARRAY_SIZE(words_rows) == REASON_KIND_COUNT,
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

const char *words_of_unit(enum reason_unit unit)
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
	return (words_rows[kind].side == WORDS_LOW && value > limit) ||
	       (words_rows[kind].side == WORDS_HIGH && value < limit);
}

static void put(enum reason_kind kind, const struct parts *parts,
		char words[WORDS_SIZE])
{
	const char *unit = words_of_unit(reason_rows[kind].unit);
	bool has_value = parts->part[2][0];
	bool has_limit = parts->part[3][0];
	char where[BMS_REASON_TEXT_SIZE * 2];

	place(parts->part[1], is_temperature(kind) ? "sensor" : "cell",
	      where, sizeof(where));
	snprintf(words, WORDS_SIZE, "%s%s%s%s%s%s%s%s%s%s%s",
		 where[0] ? where : "bank",
		 where[0] && !strchr(parts->part[1], '.') ? ": " : " ",
		 words_rows[kind].words,
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
