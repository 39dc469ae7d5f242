/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/reason.h"
#include "tests/scenario/core.h"

static bool reads(maybe_i32 value, double unit, const struct fact *f)
{
	return value.known &&
	       fabs((double)value.value / unit - f->value) <= f->tolerance;
}

/* "cell-high" and "cell-high:2.7" mean every one that begins so. */
static bool begins(const char *text, const char *word)
{
	size_t len = strlen(word);

	return strncmp(text, word, len) == 0 &&
	       (!text[len] || text[len] == ':' || text[len] == '.');
}

static bool has_reason(const struct bms_output *out, const char *word)
{
	char text[BMS_REASON_TEXT_SIZE];

	for (size_t i = 0; i < out->n_reasons; i++) {
		reason_text(&out->reasons[i], text);
		if (begins(text, word))
			return true;
	}
	return false;
}

static bool has_code(const struct bms_output *out, const char *name)
{
	for (int i = 0; i < CODE_COUNT; i++) {
		if (out->codes & CODE_BIT(i) &&
		    strcmp(code_rows[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool high(bool level, const struct fact *f)
{
	return strcmp(f->word, level ? "high" : "floating") == 0;
}

static const char *inverter_word(enum inverter_switch state)
{
	switch (state) {
	case INVERTER_OFF:
		return "off";
	case INVERTER_CHARGER_ONLY:
		return "charger-only";
	case INVERTER_INVERTER_ONLY:
		return "inverter-only";
	case INVERTER_ON:
		return "on";
	case INVERTER_LEAVE:
		break;
	}
	return "left-alone";
}

static bool limit_holds(maybe_i32 ma, const struct fact *f, int which)
{
	if (!ma.known)
		return which == 3;
	if (which == 0)
		return reads(ma, 1000, f);
	return which == 1 ? ma.value < f->value * 1000 :
	       which == 2 && ma.value > f->value * 1000;
}

static bool place_is(const struct bms_extreme *e, const struct fact *f)
{
	return e->value.known && e->battery == f->battery &&
	       e->cell == f->cell;
}

static bool figure_holds(const struct bms_output *out, const struct fact *f)
{
	switch ((int)f->kind) {
	case FACT_VOLTAGE:
		return reads(out->voltage_mv, 1000, f);
	case FACT_VOLTAGE_UNKNOWN:
		return !out->voltage_mv.known;
	case FACT_CURRENT:
		return reads(out->current_ma, 1000, f);
	case FACT_CHARGE:
		return reads(out->soc_permille, 10, f);
	case FACT_CHARGE_UNKNOWN:
		return !out->soc_permille.known;
	case FACT_CONSUMED:
		return reads(out->consumed_mah, 1000, f);
	case FACT_TIME_REMAINING:
		return reads(out->time_remaining_s, 3600, f);
	case FACT_TIME_REMAINING_UNKNOWN:
		return !out->time_remaining_s.known;
	case FACT_LOWEST_CELL:
		return place_is(&out->min_cell, f);
	case FACT_HIGHEST_CELL:
		return place_is(&out->max_cell, f);
	case FACT_SERIES:
		return out->series == (uint32_t)f->value;
	case FACT_PARALLEL:
		return out->parallel == (uint32_t)f->value;
	case FACT_CAPACITY:
		return reads(out->capacity_mah, 1000, f);
	case FACT_BALANCER:
		return strcmp(balancer_names[out->balancer], f->word) == 0;
	case FACT_LOW_POWER:
		return out->low_power;
	case FACT_NO_LOW_POWER:
		return !out->low_power;
	}
	return false;
}

bool core_holds(void *world, const struct fact *f)
{
	const struct bms_output *out = &((struct core *)world)->bank.out;

	switch ((int)f->kind) {
	case FACT_ATC:
		return high(out->atc_high, f);
	case FACT_ATD:
		return high(out->atd_high, f);
	case FACT_PRE_ALARM:
		return high(out->pre_alarm_high, f);
	case FACT_REASON:
		return has_reason(out, f->word);
	case FACT_NO_REASON:
		return !has_reason(out, f->word);
	case FACT_NO_REASONS:
		return out->n_reasons == 0;
	case FACT_CODE:
		return has_code(out, f->word);
	case FACT_NO_CODE:
		return !has_code(out, f->word);
	case FACT_NO_CODES:
		return out->codes == 0;
	case FACT_CHARGE_LIMIT:
	case FACT_CHARGE_BELOW:
	case FACT_CHARGE_ABOVE:
	case FACT_CHARGE_LIMIT_UNKNOWN:
		return limit_holds(out->charge_limit_ma, f,
				   (int)f->kind - FACT_CHARGE_LIMIT);
	case FACT_DISCHARGE_LIMIT:
	case FACT_DISCHARGE_BELOW:
	case FACT_DISCHARGE_ABOVE:
	case FACT_DISCHARGE_LIMIT_UNKNOWN:
		return limit_holds(out->discharge_limit_ma, f,
				   (int)f->kind - FACT_DISCHARGE_LIMIT);
	case FACT_INVERTER:
		return strcmp(inverter_word(out->inverter.state),
			      f->word) == 0;
	case FACT_INVERTER_CURRENT:
		return reads(out->inverter.charge_current_ma, 1000, f);
	}
	return figure_holds(out, f);
}

static void put_figure(char **at, unsigned int *left, const char *name,
		       maybe_i32 value, double unit)
{
	int n;

	if (!value.known)
		return;
	n = snprintf(*at, *left, "; %s %g", name, (double)value.value / unit);
	if (n < 0 || (unsigned int)n >= *left)
		return;
	*at += n;
	*left -= (unsigned int)n;
}

static void put_word(char **at, unsigned int *left, const char *word)
{
	int n = snprintf(*at, *left, " %s", word);

	if (n < 0 || (unsigned int)n >= *left)
		return;
	*at += n;
	*left -= (unsigned int)n;
}

void core_describe(void *world, char *buf, unsigned int size)
{
	const struct bms_output *out = &((struct core *)world)->bank.out;
	int n = snprintf(buf, size, "ATC %s, ATD %s, pre-alarm %s; inverter "
			 "%s; balancer %s; %u in series, %u in parallel%s; "
			 "codes", out->atc_high ? "high" : "floating",
			 out->atd_high ? "high" : "floating",
			 out->pre_alarm_high ? "high" : "floating",
			 inverter_word(out->inverter.state),
			 balancer_names[out->balancer], out->series,
			 out->parallel, out->low_power ? "; low power" : "");
	char *at = buf + n;
	unsigned int left = size - (unsigned int)n;

	for (int i = 0; i < CODE_COUNT; i++) {
		if (out->codes & CODE_BIT(i))
			put_word(&at, &left, code_rows[i].name);
	}
	put_word(&at, &left, "; reasons");
	for (size_t i = 0; i < out->n_reasons; i++) {
		char text[BMS_REASON_TEXT_SIZE];

		reason_text(&out->reasons[i], text);
		put_word(&at, &left, text);
	}
	put_figure(&at, &left, "inverter charges with at most",
		   out->inverter.charge_current_ma, 1000);
	put_figure(&at, &left, "charge limit", out->charge_limit_ma, 1000);
	put_figure(&at, &left, "discharge limit", out->discharge_limit_ma,
		   1000);
	put_figure(&at, &left, "voltage", out->voltage_mv, 1000);
	put_figure(&at, &left, "current", out->current_ma, 1000);
	put_figure(&at, &left, "charge", out->soc_permille, 10);
	put_figure(&at, &left, "consumed", out->consumed_mah, 1000);
	put_figure(&at, &left, "time remaining", out->time_remaining_s, 3600);
	put_figure(&at, &left, "capacity", out->capacity_mah, 1000);
}
