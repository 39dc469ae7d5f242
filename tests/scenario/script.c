/* SPDX-License-Identifier: MIT */
#include "tests/scenario/script.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/settings.h"

/*
 * A pattern is words; # stands for a number, @ for battery.cell, * for one
 * word and ... for the rest of the line. The first # is the battery where
 * the row says so.
 */
struct pattern {
	const char *words;
	bool battery;
};

static const struct pattern actions[ACTION_COUNT] = {
	[ACTION_CELLS] = { "cells of battery # are # V", true },
	[ACTION_ALL_CELLS] = { "all cells are # V", false },
	[ACTION_CELL] = { "cell @ is # V", false },
	[ACTION_PACK_VOLTAGE] = { "battery # says # V", true },
	[ACTION_PACK_AUTO] = { "battery # says what its cells add up to",
			       true },
	[ACTION_TEMPERATURE] = { "battery # has # degC", true },
	[ACTION_ALL_TEMPERATURES] = { "all batteries have # degC", false },
	[ACTION_SENSOR] = { "sensor @ reads # degC", false },
	[ACTION_SENSOR_BROKEN] = { "sensor @ is broken", false },
	[ACTION_SENSORS_NONE] = { "battery # has no sensors", true },
	[ACTION_CURRENT] = { "battery # carries # A", true },
	[ACTION_ALL_CURRENTS] = { "all batteries carry # A", false },
	[ACTION_CURRENT_UNKNOWN] = { "battery # tells no current", true },
	[ACTION_CHARGE] = { "battery # is charged to # %", true },
	[ACTION_ALL_CHARGES] = { "all batteries are charged to # %", false },
	[ACTION_CHARGE_UNKNOWN] = { "battery # tells no charge", true },
	[ACTION_SILENT] = { "battery # is silent", true },
	[ACTION_ANSWERS] = { "battery # answers", true },
	[ACTION_GARBLED] = { "battery # answers with garbage", true },
	[ACTION_CHARGE_SWITCH] = { "charge switch of battery # is *", true },
	[ACTION_DISCHARGE_SWITCH] = { "discharge switch of battery # is *",
				      true },
	[ACTION_PROTECTS] = { "battery # protects against *", true },
	[ACTION_PROTECTS_NOT] = { "battery # protects no more", true },
	[ACTION_BALANCES] = { "balancer of battery # is *", true },
	[ACTION_CAPACITY] = { "battery # has # Ah", true },
	[ACTION_CAPACITY_UNKNOWN] = { "battery # tells no capacity", true },
	[ACTION_CELL_COUNT] = { "battery # has # cells", true },
	[ACTION_SERIAL] = { "battery # has serial *", true },
	[ACTION_CHARGE_WISH] = { "battery # wants # A of charge at most",
				 true },
	[ACTION_DISCHARGE_WISH] = { "battery # wants # A of discharge at most",
				    true },
	[ACTION_REMOTE] = { "remote is *", false },
	[ACTION_MODE] = { "mode is *", false },
	[ACTION_LINES] = { "output lines *", false },
	[ACTION_PERSIST] = { "outputs outlive a crash", false },
	[ACTION_CLOCK_BACK] = { "clock runs back # s", false },
	[ACTION_SETTING] = { "setting ...", false },
	[ACTION_BYPASS] = { "operator bypasses battery # for # s", true },
	[ACTION_BYPASS_END] = { "operator ends bypass of battery #", true },
	[ACTION_SET_CHARGE] = { "operator sets charge to # %", false },
	[ACTION_SYNCHRONISE] = { "operator synchronises", false },
	[ACTION_BEGIN_UPDATE] = { "operator begins update", false },
	[ACTION_END_UPDATE] = { "operator ends update", false },
	[ACTION_RESTART] = { "program is restarted", false },
	[ACTION_INVERTER_LINK] = { "inverter is *", false },
	[ACTION_INVERTER_VOLTAGE] = { "inverter measures # V", false },
	[ACTION_INVERTER_OBEYS] = { "inverter * commands", false },
};

static const struct pattern facts[FACT_COUNT] = {
	[FACT_ATC] = { "ATC *", false },
	[FACT_ATD] = { "ATD *", false },
	[FACT_PRE_ALARM] = { "pre-alarm *", false },
	[FACT_REASON] = { "reason *", false },
	[FACT_NO_REASON] = { "no reason *", false },
	[FACT_NO_REASONS] = { "no reasons", false },
	[FACT_CODE] = { "code *", false },
	[FACT_NO_CODE] = { "no code *", false },
	[FACT_NO_CODES] = { "no codes", false },
	[FACT_CHARGE_LIMIT] = { "charge limit # A", false },
	[FACT_CHARGE_BELOW] = { "charge limit below # A", false },
	[FACT_CHARGE_ABOVE] = { "charge limit above # A", false },
	[FACT_CHARGE_LIMIT_UNKNOWN] = { "charge limit unknown", false },
	[FACT_DISCHARGE_LIMIT] = { "discharge limit # A", false },
	[FACT_DISCHARGE_BELOW] = { "discharge limit below # A", false },
	[FACT_DISCHARGE_ABOVE] = { "discharge limit above # A", false },
	[FACT_DISCHARGE_LIMIT_UNKNOWN] = { "discharge limit unknown", false },
	[FACT_INVERTER] = { "inverter *", false },
	[FACT_INVERTER_CURRENT] = { "inverter charges with # A at most",
				    false },
	[FACT_VOLTAGE] = { "voltage # V", false },
	[FACT_VOLTAGE_UNKNOWN] = { "voltage unknown", false },
	[FACT_CURRENT] = { "current # A", false },
	[FACT_CHARGE] = { "charge # %", false },
	[FACT_CHARGE_UNKNOWN] = { "charge unknown", false },
	[FACT_CONSUMED] = { "consumed # Ah", false },
	[FACT_TIME_REMAINING] = { "time remaining # h", false },
	[FACT_TIME_REMAINING_UNKNOWN] = { "time remaining unknown", false },
	[FACT_LOWEST_CELL] = { "lowest cell @", false },
	[FACT_HIGHEST_CELL] = { "highest cell @", false },
	[FACT_SERIES] = { "# in series", false },
	[FACT_PARALLEL] = { "# in parallel", false },
	[FACT_CAPACITY] = { "capacity # Ah", false },
	[FACT_BALANCER] = { "balancer *", false },
	[FACT_LOW_POWER] = { "low power", false },
	[FACT_NO_LOW_POWER] = { "no low power", false },
};

/* What a pattern has taken out of a text. */
struct match {
	unsigned int n_numbers;
	double number[3];
	double tolerance; /* of the last one */
	uint32_t battery;
	uint32_t cell;
	char word[SCRIPT_WORD_SIZE];
};

static const char *next_word(const char *at, char word[SCRIPT_WORD_SIZE])
{
	size_t len;

	at += strspn(at, " \t");
	len = strcspn(at, " \t");
	if (len >= SCRIPT_WORD_SIZE)
		len = SCRIPT_WORD_SIZE - 1;
	memcpy(word, at, len);
	word[len] = '\0';
	return at + len;
}

static bool take_number(const char *word, struct match *m)
{
	const char *point = strchr(word, '.');
	char *end;

	if (m->n_numbers == 3)
		return false;
	m->number[m->n_numbers] = strtod(word, &end);
	if (!*word || *end)
		return false;
	m->n_numbers++;
	m->tolerance = 0.5001;
	for (size_t i = point ? strlen(point + 1) : 0; i > 0; i--)
		m->tolerance /= 10;
	return true;
}

static bool take_place(const char *word, struct match *m)
{
	int len = 0;

	return sscanf(word, "%u.%u%n", &m->battery, &m->cell, &len) == 2 &&
	       !word[len];
}

static bool matches(const char *pattern, const char *text, struct match *m)
{
	char want[SCRIPT_WORD_SIZE];
	char word[SCRIPT_WORD_SIZE];

	memset(m, 0, sizeof(*m));
	for (;;) {
		pattern = next_word(pattern, want);
		if (strcmp(want, "...") == 0) {
			text += strspn(text, " \t");
			snprintf(m->word, sizeof(m->word), "%s", text);
			return *text;
		}
		text = next_word(text, word);
		if (!*want || !*word)
			return !*want && !*word;
		if (strcmp(want, "#") == 0) {
			if (!take_number(word, m))
				return false;
		} else if (strcmp(want, "@") == 0) {
			if (!take_place(word, m))
				return false;
		} else if (strcmp(want, "*") == 0) {
			memcpy(m->word, word, sizeof(word));
		} else if (strcmp(want, word) != 0) {
			return false;
		}
	}
}

static bool find(const struct pattern *table, unsigned int n,
		 const char *text, struct match *m, unsigned int *ret_kind)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!matches(table[i].words, text, m))
			continue;
		if (table[i].battery) {
			m->battery = (uint32_t)m->number[0];
			m->number[0] = m->number[1];
			m->number[1] = m->number[2];
		}
		*ret_kind = i;
		return true;
	}
	return false;
}

/* --- reading ------------------------------------------------------------ */

struct reader {
	struct script *script;
	unsigned int line;
	char *error;
};

static bool wrong(struct reader *r, const char *what, const char *text)
{
	snprintf(r->error, SCRIPT_ERROR_SIZE, "%s:%u: %s: %s",
		 r->script->path, r->line, what, text);
	return false;
}

static char *trimmed(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	return text + strspn(text, " \t");
}

bool script_setting(const char *text, struct script_setting *ret_setting)
{
	int len = 0;

	if (sscanf(text, "%63[a-z-] = %63s%n", ret_setting->key,
		   ret_setting->value, &len) != 2 || text[len])
		return false;
	for (size_t i = 0; i < n_setting_rows; i++) {
		if (strcmp(setting_rows[i].key, ret_setting->key) != 0)
			continue;
		ret_setting->section = setting_rows[i].section;
		return true;
	}
	return false;
}

static bool read_setting(struct reader *r, const char *text)
{
	struct script *s = r->script;

	if (s->n_settings == SCRIPT_SETTINGS_MAX ||
	    !script_setting(text, &s->setting[s->n_settings]))
		return wrong(r, "no such setting", text);
	s->n_settings++;
	return true;
}

/* "4 batteries of 16 cells, 280 Ah, in series | in parallel | 2 in series" */
static bool read_bank(struct reader *r, const char *text)
{
	struct script *s = r->script;
	int len = 0;

	if (sscanf(text, "%u batter%*[a-z] of %u cells, %lf Ah%n",
		   &s->batteries, &s->cells, &s->capacity_ah, &len) != 3)
		return wrong(r, "no bank", text);
	s->series = 1;
	text += len;
	if (strcmp(text, ", in series") == 0)
		s->series = s->batteries;
	else if (strcmp(text, ", in parallel") != 0 && *text &&
		 sscanf(text, ", %u in series", &s->series) != 1)
		return wrong(r, "no bank", text);
	if (s->batteries == 0 || s->cells == 0 || s->series == 0)
		return wrong(r, "no bank", text);
	return true;
}

static struct step *new_step(struct reader *r, enum step_kind kind)
{
	struct script *s = r->script;

	if (s->n_steps == SCRIPT_STEPS_MAX)
		return NULL;
	s->step[s->n_steps] = (struct step){ .kind = kind, .line = r->line };
	return &s->step[s->n_steps++];
}

static bool read_action(struct reader *r, const char *text)
{
	struct step *step = new_step(r, STEP_DO);
	struct match m;
	unsigned int kind;

	if (!step)
		return wrong(r, "too many lines", text);
	if (!find(actions, ACTION_COUNT, text, &m, &kind))
		return wrong(r, "cannot be understood", text);
	step->action = (struct action){
		.kind = (enum action_kind)kind, .battery = m.battery,
		.cell = m.cell, .value = m.number[0], .second = m.number[1],
	};
	memcpy(step->action.word, m.word, sizeof(m.word));
	if (m.battery > r->script->batteries)
		return wrong(r, "there is no such battery", text);
	return true;
}

static bool read_fact(struct reader *r, struct step *step, const char *text)
{
	struct fact *fact = &step->fact[step->n_facts];
	struct match m;
	unsigned int kind;

	if (step->n_facts == SCRIPT_FACTS_MAX)
		return wrong(r, "too much is expected at once", text);
	if (!find(facts, FACT_COUNT, text, &m, &kind))
		return wrong(r, "cannot be understood", text);
	*fact = (struct fact){
		.kind = (enum fact_kind)kind, .value = m.number[0],
		.tolerance = m.tolerance, .battery = m.battery,
		.cell = m.cell,
	};
	memcpy(fact->word, m.word, sizeof(m.word));
	snprintf(fact->text, sizeof(fact->text), "%s", text);
	step->n_facts++;
	return true;
}

static uint64_t to_ms(double s)
{
	return (uint64_t)(s * 1000 + 0.5);
}

/* "expect ...", "expect within 5 s ...", "expect within 29 to 31 s ...",
 * "for 30 s expect ..."; what is expected is parted by commas. */
static bool read_expectation(struct reader *r, char *text)
{
	struct step step = { .kind = STEP_WITHIN, .line = r->line };
	double from = 0, to = 0;
	int len = 0;

	if (sscanf(text, "expect within %lf to %lf s%n", &from, &to,
		   &len) < 2 || !len) {
		from = 0;
		if (sscanf(text, "for %lf s expect%n", &to, &len) == 1 && len)
			step.kind = STEP_FOR;
		else if (sscanf(text, "expect within %lf s%n", &to,
				&len) < 1 || !len)
			step.kind = STEP_EXPECT;
	}
	step.from_ms = to_ms(from);
	step.to_ms = to_ms(to);
	text += len ? len : (int)strlen("expect");
	text += *text == ':';
	for (char *part = strtok(text, ","); part; part = strtok(NULL, ",")) {
		if (!read_fact(r, &step, trimmed(part)))
			return false;
	}
	if (r->script->n_steps == SCRIPT_STEPS_MAX || step.n_facts == 0)
		return wrong(r, "nothing is expected", text);
	r->script->step[r->script->n_steps++] = step;
	return true;
}

static bool read_body(struct reader *r, char *text);

/* "at 12 s", "at 12 s: what happens then" */
static bool read_time(struct reader *r, char *text, enum step_kind kind)
{
	struct step *step = new_step(r, kind);
	double s;
	int len = 0;

	if (!step)
		return wrong(r, "too many lines", text);
	if (sscanf(text, "%*s %lf s%n", &s, &len) != 1 || !len ||
	    (text[len] && text[len] != ':'))
		return wrong(r, "no time", text);
	step->from_ms = to_ms(s);
	if (!text[len] || !*trimmed(text + len + 1))
		return true;
	return read_body(r, trimmed(text + len + 1));
}

static bool read_body(struct reader *r, char *text)
{
	if (strncmp(text, "at ", 3) == 0)
		return read_time(r, text, STEP_AT);
	if (strncmp(text, "after ", 6) == 0)
		return read_time(r, text, STEP_AFTER);
	if (strncmp(text, "expect", 6) == 0 || strncmp(text, "for ", 4) == 0)
		return read_expectation(r, text);
	return read_action(r, text);
}

static bool read_flag(struct reader *r, const char *text, bool *ret)
{
	*ret = strcmp(text, "yes") == 0;
	return *ret || strcmp(text, "no") == 0 ||
	       wrong(r, "neither yes nor no", text);
}

static bool read_line(struct reader *r, char *text)
{
	struct script *s = r->script;

	if (!*text || *text == '#')
		return true;
	if (strncmp(text, "bank: ", 6) == 0)
		return read_bank(r, text + 6);
	if (s->batteries == 0)
		return wrong(r, "the first line has to be the bank", text);
	if (strncmp(text, "settings: ", 10) == 0)
		return read_setting(r, text + 10);
	if (strncmp(text, "daemon: ", 8) == 0)
		return read_flag(r, text + 8, &s->daemon);
	if (strncmp(text, "inverter: ", 10) == 0)
		return read_flag(r, text + 10, &s->inverter);
	if (strncmp(text, "remote: ", 8) == 0)
		return read_flag(r, text + 8, &s->remote);
	return read_body(r, text);
}

bool script_read(struct script *script, const char *path,
		 char error[SCRIPT_ERROR_SIZE])
{
	struct reader r = { .script = script, .error = error };
	FILE *file = fopen(path, "re");
	char text[512];
	bool good = true;

	memset(script, 0, sizeof(*script));
	snprintf(script->path, sizeof(script->path), "%s", path);
	if (!file)
		return wrong(&r, "cannot be read", path);
	while (good && fgets(text, sizeof(text), file)) {
		r.line++;
		good = read_line(&r, trimmed(text));
	}
	fclose(file);
	return good && (script->n_steps > 0 || wrong(&r, "is empty", path));
}

const char *script_nominal_voltage(const struct script *script)
{
	uint32_t cells = script->cells * script->series;

	return cells == 4 ? "12" : cells == 8 ? "24" : "48";
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

unsigned int script_files(const char *folder, bool daemon,
			  const char *const **ret_paths)
{
	static char *paths[SCRIPT_FILES_MAX];
	static struct script script;
	char error[SCRIPT_ERROR_SIZE];
	unsigned int n = 0;
	DIR *dir = opendir(folder);

	for (struct dirent *e; dir && (e = readdir(dir)); ) {
		size_t len = strlen(e->d_name);
		char path[512];

		if (len < 4 || strcmp(e->d_name + len - 4, ".scn") != 0 ||
		    n == SCRIPT_FILES_MAX)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		/* One that cannot be read is told of by whoever runs it. */
		if (daemon && script_read(&script, path, error) &&
		    !script.daemon)
			continue;
		paths[n++] = strdup(path);
	}
	if (dir)
		closedir(dir);
	qsort(paths, n, sizeof(*paths), by_name);
	*ret_paths = (const char *const *)paths;
	return n;
}
