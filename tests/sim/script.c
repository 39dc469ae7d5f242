/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define SCRIPT_LINES 5000
#define FOREVER_S 1e9

static const char allowed_after[] = "after SECONDS";
static const char allowed_until[] =
	"until KEY <|<=|>|>=|=|!= VALUE [within SECONDS]";

struct until {
	const char *key, *op, *value;
	double within_s;
};

/* NULL, or what would have been allowed. */
static const char *parse_until(char **words, unsigned n, struct until *ret)
{
	if ((n != 4 && n != 6) || !key_op_valid(words[2]))
		return allowed_until;
	*ret = (struct until){ words[1], words[2], words[3], FOREVER_S };
	if (n == 6 && (strcmp(words[4], "within") ||
		       !command_number(words[5], 0, FOREVER_S,
				       &ret->within_s)))
		return allowed_until;
	return NULL;
}

static bool complain(const struct script *script, unsigned number,
		     const char *what, const char *allowed)
{
	fprintf(stderr, "%s:%u: %s%s%s\n", script->path, number, what,
		allowed ? "; allowed: " : "", allowed ? allowed : "");
	return false;
}

static bool check_until(const struct script *script, unsigned number,
			struct sim *sim, char **words, unsigned n)
{
	char value[KEY_VALUE_MAX];
	struct until until;
	const char *allowed = parse_until(words, n, &until);

	if (allowed)
		return complain(script, number, "bad until", allowed);
	if (!key_get(sim, until.key, value))
		return complain(script, number, "unknown key",
				"the keys of the README");
	return true;
}

static bool check_line(const struct script *script, unsigned number,
		       const char *text, struct sim *sim)
{
	char copy[COMMAND_LINE_MAX], reply[COMMAND_REPLY_MAX];
	char *words[COMMAND_WORDS];
	double seconds;
	unsigned n;

	strcpy(copy, text);
	n = command_split(copy, words, COMMAND_WORDS);
	if (!strcmp(words[0], "say"))
		return true;
	if (!strcmp(words[0], "after")) {
		if (n == 2 && command_number(words[1], 0, FOREVER_S, &seconds))
			return true;
		return complain(script, number, "bad after", allowed_after);
	}
	if (!strcmp(words[0], "until"))
		return check_until(script, number, sim, words, n);
	if (command_run(sim, words, n, false, reply))
		return true;
	if (!strncmp(reply, "unknown", 7) && strcmp(words[0], "mk")) {
		size_t len = strlen(reply);

		snprintf(reply + len, sizeof(reply) - len,
			 ", after, until, say, #");
	}
	return complain(script, number, reply, NULL);
}

static bool add_line(struct script *script, unsigned number, const char *text,
		     struct sim *sim)
{
	const char *start = text + strspn(text, " \t\r\n");
	struct script_line *line;

	if (!*start || *start == '#')
		return true;
	if (!check_line(script, number, start, sim))
		return false;
	if (script->n_lines == SCRIPT_LINES)
		return complain(script, number, "too many lines", "5000");
	line = &script->line[script->n_lines++];
	line->number = number;
	strcpy(line->text, start);
	return true;
}

static bool read_lines(struct script *script, FILE *file, struct sim *sim)
{
	char text[COMMAND_LINE_MAX];
	unsigned number = 0;

	while (fgets(text, sizeof(text), file)) {
		number++;
		if (strlen(text) == sizeof(text) - 1)
			return complain(script, number, "line too long",
					"510 characters");
		if (!add_line(script, number, text, sim))
			return false;
	}
	return true;
}

bool script_load(struct script *script, const char *path, struct sim *sim)
{
	FILE *file;
	bool ok;

	memset(script, 0, sizeof(*script));
	if (!path)
		return true;
	script->path = path;
	file = fopen(path, "re");
	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	script->line = calloc(SCRIPT_LINES, sizeof(*script->line));
	ok = script->line && read_lines(script, file, sim);
	fclose(file);
	return ok;
}

void script_free(struct script *script)
{
	free(script->line);
	script->line = NULL;
	script->n_lines = 0;
}

static void say(const struct sim *sim, const char *text)
{
	printf("%9.3f %.*s\n", sim_elapsed_s(sim),
	       (int)strcspn(text, "\r\n"), text);
	fflush(stdout);
}

static void miss(const struct script *script, struct sim *sim,
		 const struct script_line *line, const char *value)
{
	fprintf(stderr, "%s:%u: %.3f s: not reached: %.*s (is %s)\n",
		script->path, line->number, sim_elapsed_s(sim),
		(int)strcspn(line->text, "\r\n"), line->text, value);
	sim->exit_code = SCRIPT_EXIT_MISSED;
	sim->quit = true;
}

/* Whether the wait is over. */
static bool run_until(const struct script *script, struct sim *sim,
		      const struct script_line *line, char **words, unsigned n,
		      double waited_s)
{
	char value[KEY_VALUE_MAX] = "none";
	struct until until;

	if (parse_until(words, n, &until))
		return true;
	/* A key may vanish, as that of a unit does: then it has no value. */
	key_get(sim, until.key, value);
	if (key_compare(value, until.op, until.value))
		return true;
	if (waited_s > until.within_s)
		miss(script, sim, line, value);
	return false;
}

/* Whether the line is done and the next one may begin. */
static bool run_line(struct script *script, struct sim *sim)
{
	const struct script_line *line = &script->line[script->next];
	char copy[COMMAND_LINE_MAX], reply[COMMAND_REPLY_MAX];
	char *words[COMMAND_WORDS];
	double seconds, waited_s;
	unsigned n;

	if (!script->begun_ns)
		script->begun_ns = sim->now_ns;
	waited_s = (double)(sim->now_ns - script->begun_ns) / NS_PER_S;
	strcpy(copy, line->text);
	n = command_split(copy, words, COMMAND_WORDS);
	if (!strcmp(words[0], "say")) {
		say(sim, line->text + 3 + strspn(line->text + 3, " \t"));
		return true;
	}
	if (!strcmp(words[0], "after"))
		return !command_number(words[1], 0, FOREVER_S, &seconds) ||
		       waited_s >= seconds;
	if (!strcmp(words[0], "until"))
		return run_until(script, sim, line, words, n, waited_s);
	if (!command_run(sim, words, n, true, reply))
		complain(script, line->number, reply, NULL);
	else if (reply[0])
		say(sim, reply);
	return true;
}

void script_run(struct script *script, struct sim *sim)
{
	while (!sim->quit && script->next < script->n_lines &&
	       run_line(script, sim)) {
		script->next++;
		script->begun_ns = 0;
	}
}
