/* SPDX-License-Identifier: MIT */
/*
 * Runs the scenario files that say "daemon: yes" against the whole daemon:
 * simulated batteries and inverter/charger on ptys, D-Bus, virtual lines.
 * They last as long as they say, so the programs made of this file share
 * them: SCENARIO_PART is which one this is, of SCENARIO_PARTS.
 */
#include <math.h>
#include <string.h>

#include "tests/e2e/rig_private.h"
#include "tests/scenario/script.h"
#include "tests/unit/unit.h"

/* A machine that is busy is late, and looks again after some ms only. */
enum { EARLY_MS = 700, LATE_MS = 2500 };

struct whole {
	const struct script *script;
	struct rig *rig;
	uint64_t start_us;
};

static uint64_t now_ms(void *world)
{
	struct whole *w = world;

	return (rig_now_us() - w->start_us) / 1000;
}

static void pass(void *world, uint64_t until_ms)
{
	struct whole *w = world;

	(void)until_ms;
	rig_turn(w->rig);
}

/* --- what happens ------------------------------------------------------- */

static long milli(double value)
{
	return lround(value * 1000);
}

static const char *on_off(const struct action *a, const char *on)
{
	return strcmp(a->word, on) == 0 ? "on" : "off";
}

/* The bits of the JK-PB alarm word that stand for a protection. */
static const char *alarm_bits(const char *protection)
{
	static const char *const bits[][2] = {
		{ "cell-overvoltage", "00000010" },
		{ "cell-undervoltage", "00000800" },
	};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (strcmp(bits[i][0], protection) == 0)
			return bits[i][1];
	}
	return NULL;
}

static bool act_battery(struct rig *rig, const struct action *a)
{
	unsigned int n = a->battery;

	switch ((int)a->kind) {
	case ACTION_CELLS:
		rig_sim(rig, "cells %u force %ld", n, milli(a->value));
		return true;
	case ACTION_CELL:
		rig_sim(rig, "cell %u %u force %ld", n, a->cell,
			milli(a->value));
		return true;
	case ACTION_PACK_VOLTAGE:
		rig_sim(rig, "pack %u force %ld", n, milli(a->value));
		return true;
	case ACTION_PACK_AUTO:
		rig_sim(rig, "pack %u auto", n);
		return true;
	case ACTION_TEMPERATURE:
		rig_sim(rig, "temp %u %.1f", n, a->value);
		return true;
	case ACTION_SILENT:
		rig_sim(rig, "silence %u on", n);
		return true;
	case ACTION_ANSWERS:
		rig_sim(rig, "silence %u off", n);
		rig_sim(rig, "corrupt %u off", n);
		return true;
	case ACTION_GARBLED:
		rig_sim(rig, "corrupt %u on", n);
		return true;
	case ACTION_CHARGE_SWITCH:
	case ACTION_DISCHARGE_SWITCH:
		rig_sim(rig, "fet %u %s %s", n,
			a->kind == ACTION_CHARGE_SWITCH ? "charge" :
			"discharge", on_off(a, "closed"));
		return true;
	case ACTION_SERIAL:
		rig_sim(rig, "serial %u %s", n, a->word);
		return true;
	case ACTION_PROTECTS:
		if (!alarm_bits(a->word))
			return false;
		rig_sim(rig, "alarm %u %s", n, alarm_bits(a->word));
		return true;
	case ACTION_PROTECTS_NOT:
		rig_sim(rig, "alarm %u 0", n);
		return true;
	}
	return false;
}

static bool call(struct rig *rig, const char *method)
{
	return sd_bus_call_method(rig->bus, RIG_NAME, RIG_ROOT,
				  RIG_NAME ".Bms1", method, NULL, NULL,
				  "") >= 0;
}

static bool act(void *world, const struct action *a)
{
	struct whole *w = world;
	char words[SCRIPT_WORD_SIZE + 32];

	switch ((int)a->kind) {
	case ACTION_ALL_CELLS:
		rig_sim(w->rig, "cells all force %ld", milli(a->value));
		return true;
	case ACTION_ALL_TEMPERATURES:
		rig_sim(w->rig, "temp all %.1f", a->value);
		return true;
	case ACTION_REMOTE:
		rig_set_input(w->rig, LINE_REMOTE_H,
			      strcmp(a->word, "on") == 0);
		return true;
	case ACTION_MODE:
		snprintf(words, sizeof(words), "--session-bus mode %s",
			 a->word);
		return rig_run_ctl(w->rig, words) == 0;
	case ACTION_BYPASS:
	case ACTION_BYPASS_END:
		snprintf(words, sizeof(words), "--session-bus bypass %u %.0f",
			 (unsigned int)a->battery, a->value);
		return rig_run_ctl(w->rig, words) == 0;
	case ACTION_BEGIN_UPDATE:
		return call(w->rig, "BeginUpdate");
	case ACTION_END_UPDATE:
		return call(w->rig, "EndUpdate");
	case ACTION_RESTART:
		ck_assert_int_eq(rig_end_daemon(w->rig, SIGTERM), 0);
		rig_start_daemon(w->rig);
		return true;
	}
	return act_battery(w->rig, a);
}

/* --- what is seen ------------------------------------------------------- */

static bool is(struct whole *w, const char *property, const char *value)
{
	return strcmp(rig_get(w->rig, property), value) == 0;
}

static bool near(struct whole *w, const char *property, const struct fact *f)
{
	return fabs(rig_get_double(w->rig, property) - f->value) <=
	       f->tolerance;
}

/* A word of a list that begins with the wanted one, or any. */
static bool lists(struct whole *w, const char *property, const char *word)
{
	size_t len = strlen(word);
	const char *at = rig_get(w->rig, property);

	if (!*word)
		return *at;
	for (; (at = strstr(at, word)); at++) {
		bool begins = at == w->rig->text || at[-1] == ' ';

		if (begins && strchr(":. ", at[len]))
			return true;
	}
	return false;
}

static bool any_reason(struct whole *w, const char *word)
{
	char property[64];

	if (lists(w, "ChargeReasons", word) ||
	    lists(w, "DischargeReasons", word))
		return true;
	for (uint32_t i = 1; i <= w->script->batteries; i++) {
		snprintf(property, sizeof(property), "battery/%u.Reasons",
			 (unsigned int)i);
		if (lists(w, property, word))
			return true;
	}
	return false;
}

static bool any_code(struct whole *w, const char *name)
{
	static const char *const kinds[] = { "Warnings", "Alarms", "Errors" };

	for (size_t i = 0; i < 3; i++) {
		if (lists(w, kinds[i], name))
			return true;
	}
	return false;
}

static bool holds(void *world, const struct fact *f)
{
	struct whole *w = world;

	switch ((int)f->kind) {
	case FACT_ATC:
		return is(w, "ChargeDisconnect", f->word);
	case FACT_ATD:
		return is(w, "LoadDisconnect", f->word);
	case FACT_PRE_ALARM:
		return is(w, "PreAlarm", f->word);
	case FACT_REASON:
		return any_reason(w, f->word);
	case FACT_NO_REASON:
		return !any_reason(w, f->word);
	case FACT_NO_REASONS:
		return !any_reason(w, "");
	case FACT_CODE:
		return any_code(w, f->word);
	case FACT_NO_CODE:
		return !any_code(w, f->word);
	case FACT_NO_CODES:
		return !any_code(w, "");
	case FACT_INVERTER:
		return is(w, "inverter.Mode", f->word);
	case FACT_VOLTAGE:
		return near(w, "Voltage", f);
	case FACT_CHARGE:
		return near(w, "StateOfCharge", f);
	case FACT_SERIES:
		return near(w, "BatteriesInSeries", f);
	case FACT_PARALLEL:
		return near(w, "BatteriesInParallel", f);
	case FACT_CAPACITY:
		return near(w, "InstalledCapacity", f);
	}
	return false;
}

static void describe(void *world, char *buf, unsigned int size)
{
	static const char *const shown[] = {
		"ChargeDisconnect", "LoadDisconnect", "PreAlarm", "Warnings",
		"Alarms", "Errors", "ChargeReasons", "DischargeReasons",
		"Voltage", "StateOfCharge", "inverter.Mode",
	};
	struct whole *w = world;
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		int len = snprintf(buf + n, size - n, "%s %s; ", shown[i],
				   rig_get(w->rig, shown[i]));

		if (len < 0 || n + (unsigned int)len >= size)
			return;
		n += (unsigned int)len;
	}
}

static const struct world_ops ops = {
	.now_ms = now_ms,
	.pass = pass,
	.act = act,
	.holds = holds,
	.describe = describe,
	.early_ms = EARLY_MS,
	.late_ms = LATE_MS,
};

/* The settings of one section, as lines of the file. */
static void put_section(const struct script *script, const char *section,
			char *buf, size_t size)
{
	size_t len = strlen(buf);

	for (unsigned int i = 0; i < script->n_settings; i++) {
		const struct script_setting *s = &script->setting[i];

		if (strcmp(s->section, section) == 0)
			len += (size_t)snprintf(buf + len, size - len,
						"%s = %s\n", s->key,
						s->value);
	}
}

static void build(struct whole *w, const struct script *script)
{
	static char buses[64], sim[128], general[512];
	static char settings[2048];

	snprintf(buses, sizeof(buses), script->batteries > 1 ? "rack:1-%u" :
		 "rack:%u", (unsigned int)script->batteries);
	snprintf(sim, sizeof(sim), "--series %u --cells %u --capacity %.0f",
		 (unsigned int)script->series, (unsigned int)script->cells,
		 script->capacity_ah);
	snprintf(general, sizeof(general), "nominal-voltage = %s\n",
		 script_nominal_voltage(script));
	put_section(script, "general", general, sizeof(general));
	strcpy(settings, "[protection]\n");
	put_section(script, "protection", settings, sizeof(settings));
	strcat(settings, "[battery-monitor]\n");
	put_section(script, "battery-monitor", settings, sizeof(settings));
	*w = (struct whole){
		.script = script,
		.rig = rig_new(&(struct rig_options){
			.buses = buses, .sim = sim, .general = general,
			.settings = settings, .no_mk3 = !script->inverter,
			.remote = script->remote, .runtime = true,
		}),
		.start_us = rig_now_us(),
	};
}

static const char *const *paths;

/* Each file names what it proves. */
START_TEST(a_scenario_goes_as_it_says)
{
	static struct script script;
	struct whole whole;
	char error[SCRIPT_ERROR_SIZE] = "";

	if (!script_read(&script, paths[_i], error))
		ck_abort_msg("%s", error);
	build(&whole, &script);
	if (!script_run(&script, &ops, &whole, error)) {
		rig_show_log(whole.rig);
		ck_abort_msg("%s", error);
	}
	rig_free(whole.rig);
	printf("%s: as expected\n", strrchr(paths[_i], '/') + 1);
}
END_TEST

int main(void)
{
	const char *dir = getenv("BMS_SRCDIR");
	const char *only = getenv("BMS_SCENARIO");
	char folder[1024];
	unsigned int n;
	Suite *suite = suite_create("scenarios: daemon");
	TCase *tc = tcase_create("scenarios");

	snprintf(folder, sizeof(folder), "%s/tests/scenario",
		 dir ? dir : ".");
	n = script_files(folder, true, &paths);
	tcase_set_timeout(tc, 150);
	for (unsigned int i = 0; i < n; i++) {
		if (only ? strstr(paths[i], only) != NULL :
			   i % SCENARIO_PARTS == SCENARIO_PART)
			tcase_add_loop_test(tc, a_scenario_goes_as_it_says,
					    (int)i, (int)i + 1);
	}
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
