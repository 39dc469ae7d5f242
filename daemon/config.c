/* SPDX-License-Identifier: MIT */
#include "daemon/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_SIZE_MAX = 1 << 20,
	SECTION_SIZE = 50, /* inih cuts longer names silently */
	KEY_SIZE = 40,
	/* Every section and every key of it, once. */
	PLACES_MAX = 64 + 5 * (BMS_BUSES_MAX + 1),
};

/* Where something was written; key is empty for the section itself. */
struct place {
	char section[SECTION_SIZE];
	char key[KEY_SIZE];
	unsigned int line;
};

/*
 * inih hands lines to a callback without saying which (Debian builds it
 * without line numbers), takes indented lines for continuations, cuts long
 * lines and sections, and skips what follows a "]". So each line is read,
 * counted and looked at here before inih gets it.
 */
struct reading {
	FILE *file;
	const char *name;
	FILE *errors;
	unsigned int line;
	bool line_open; /* given to inih, which has not made a pair of it */
	bool section_known;
	size_t bytes;
	unsigned int n_errors;
	size_t n_places;
	struct place places[PLACES_MAX];
	struct settings settings;
};

static void complain(struct reading *r, unsigned int line,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(struct reading *r, unsigned int line,
		     const char *format, ...)
{
	va_list arguments;

	r->n_errors++;
	if (line > 0)
		fprintf(r->errors, "%s:%u: ", r->name, line);
	else
		fprintf(r->errors, "%s: ", r->name);
	va_start(arguments, format);
	vfprintf(r->errors, format, arguments);
	va_end(arguments);
	fputc('\n', r->errors);
}

static const struct place *find_place(const struct reading *r,
				      const char *section, const char *key)
{
	for (size_t i = 0; i < r->n_places; i++)
		if (strcmp(r->places[i].section, section) == 0 &&
		    strcmp(r->places[i].key, key) == 0)
			return &r->places[i];
	return NULL;
}

/* Remembers the present line; only for sections and keys that are known,
 * each once, so that all of them fit. */
static void add_place(struct reading *r, const char *section, const char *key)
{
	struct place *place = &r->places[r->n_places];

	if (r->n_places == PLACES_MAX || strlen(section) >= SECTION_SIZE ||
	    strlen(key) >= KEY_SIZE)
		return;
	r->n_places++;
	memcpy(place->section, section, strlen(section) + 1);
	memcpy(place->key, key, strlen(key) + 1);
	place->line = r->line;
}

/* A line of which inih made nothing. */
static void close_line(struct reading *r)
{
	if (r->line_open)
		complain(r, r->line, "this is neither \"[section]\" nor "
			 "\"key = value\"");
	r->line_open = false;
}

/* What may follow the bracket: nothing, or a comment. */
static bool ends_section(const char *rest)
{
	rest += strspn(rest, " \t");
	return !*rest || *rest == ';' || *rest == '#';
}

static void open_section(struct reading *r, char *line)
{
	char error[SETTINGS_ERROR_SIZE];
	char *end = strchr(line, ']');
	const char *section = line + 1;
	const struct place *before;

	r->section_known = false;
	if (!end || !ends_section(end + 1)) {
		complain(r, r->line, "a section is written \"[name]\" with "
			 "nothing else on the line");
		return;
	}
	*end = '\0';
	before = find_place(r, section, "");
	if (before)
		complain(r, r->line, "[%s]: given twice, first on line %u; "
			 "allowed: each section once", section, before->line);
	else if (strlen(section) >= SECTION_SIZE)
		complain(r, r->line, "the name of the section is too long; "
			 "allowed: up to %d characters", SECTION_SIZE - 1);
	else if (settings_section(&r->settings, section, error) < 0)
		complain(r, r->line, "[%s]: %s", section, error);
	else
		r->section_known = true;
	if (r->section_known)
		add_place(r, section, "");
	*end = ']';
}

/* Reads one whole line into buf without its end; 0, or what is wrong with
 * it. -1 at the end of the file. */
static int get_line(struct reading *r, char *buf, size_t size,
		    const char **ret_wrong)
{
	size_t len = 0;
	int c = getc(r->file);

	*ret_wrong = NULL;
	if (c == EOF)
		return -1;
	for (; c != EOF && c != '\n'; c = getc(r->file)) {
		if (++r->bytes > FILE_SIZE_MAX) {
			*ret_wrong = "the file is larger than 1 MiB";
			return -1;
		}
		if (c == '\r' || c == '\t')
			c = c == '\t' ? c : ' ';
		else if (c < 0x20 || c == 0x7f)
			*ret_wrong = "a control character; allowed: text";
		if (len + 1 < size)
			buf[len++] = (char)c;
		else if (!*ret_wrong)
			*ret_wrong = "the line is too long";
	}
	r->bytes++;
	while (len > 0 && (buf[len - 1] == ' ' || buf[len - 1] == '\t'))
		len--;
	buf[len] = '\0';
	return 0;
}

/* An editor on Windows starts a file with these three. */
static void skip_byte_order_mark(char *line)
{
	if (memcmp(line, "\xef\xbb\xbf", 3) == 0)
		memmove(line, line + 3, strlen(line + 3) + 1);
}

/* inih's reader: one line a call, without its indentation. */
static char *read_line(char *buf, int size, void *user)
{
	struct reading *r = user;
	const char *wrong;
	size_t indent;
	int end;

	if (size < 8)
		return NULL;
	close_line(r);
	/* Room for the newline. */
	end = get_line(r, buf, (size_t)size - 1, &wrong);
	if (end < 0 && !wrong)
		return NULL;
	r->line++;
	if (wrong) {
		if (strcmp(wrong, "the line is too long") == 0)
			complain(r, r->line, "%s; allowed: up to %d "
				 "characters", wrong, size - 2);
		else
			complain(r, r->line, "%s", wrong);
		buf[0] = '\0';
		if (end < 0)
			return NULL;
	}
	if (r->line == 1)
		skip_byte_order_mark(buf);
	indent = strspn(buf, " \t");
	memmove(buf, buf + indent, strlen(buf + indent) + 1);
	if (buf[0] == '[')
		open_section(r, buf);
	else
		r->line_open = buf[0] && buf[0] != ';' && buf[0] != '#';
	memcpy(buf + strlen(buf), "\n", 2);
	return buf;
}

static void set_key(struct reading *r, const char *section, const char *key,
		    const char *value)
{
	char error[SETTINGS_ERROR_SIZE];
	const struct place *before = find_place(r, section, key);

	if (before) {
		complain(r, r->line, "%s: given twice, first on line %u; "
			 "allowed: each key once in its section", key,
			 before->line);
		return;
	}
	if (settings_row(section, key))
		add_place(r, section, key);
	if (settings_set(&r->settings, section, key, value, error) < 0)
		complain(r, r->line, "%s", error);
}

/* inih's handler. Always content: errors are counted here. */
#if INI_HANDLER_LINENO
static int take_pair(void *user, const char *section, const char *key,
		     const char *value, int line)
#else
static int take_pair(void *user, const char *section, const char *key,
		     const char *value)
#endif
{
	struct reading *r = user;

#if INI_HANDLER_LINENO
	(void)line;
#endif
	/* Builds of inih differ in what they call for without a pair. */
	if (!key || !value)
		return 1;
	r->line_open = false;
	if (!*section)
		complain(r, r->line, "%s: stands before any [section]", key);
	else if (r->section_known)
		set_key(r, section, key, value);
	return 1;
}

/* The line of a key, else of its section, else 0. */
static unsigned int line_of(const struct reading *r, const char *section,
			    const char *key)
{
	const struct place *place = find_place(r, section, key);

	if (!place)
		place = find_place(r, section, "");
	return place ? place->line : 0;
}

/* As it stands in the file: a bus is told by its name in the settings. */
static void full_section(const struct settings *s, const char *section,
			 char full[SECTION_SIZE])
{
	const char *prefix = "";

	for (uint32_t i = 0; i < s->n_buses; i++)
		if (section == s->bus[i].name)
			prefix = "bus ";
	snprintf(full, SECTION_SIZE, "%s%s", prefix, section);
}

static void check_whole(struct reading *r)
{
	char error[SETTINGS_ERROR_SIZE];
	char full[SECTION_SIZE];
	const char *section;
	const char *key;
	unsigned int line;

	for (size_t rule = 0; rule < n_settings_rules; rule++) {
		if (settings_check_rule(&r->settings, rule, &section, &key,
					error) == 0)
			continue;
		full_section(&r->settings, section, full);
		line = line_of(r, full, key);
		if (line > 0 || !*full)
			complain(r, line, "%s", error);
		else
			complain(r, line, "[%s] %s", full, error);
	}
}

int config_read(FILE *file, const char *name, struct settings *ret,
		FILE *errors)
{
	struct reading *r = calloc(1, sizeof(*r));
	int error = 0;

	if (!r)
		return -ENOMEM;
	r->file = file;
	r->name = name;
	r->errors = errors;
	settings_init(&r->settings);
	if (ini_parse_stream(read_line, r, take_pair, r) == -2)
		error = -ENOMEM;
	close_line(r);
	if (error == 0 && ferror(file))
		error = -EIO;
	if (error < 0)
		complain(r, 0, "cannot be read: %s", strerror(-error));
	else if (r->n_errors == 0)
		check_whole(r);
	if (error == 0 && r->n_errors > 0)
		error = -EINVAL;
	if (error == 0)
		*ret = r->settings;
	free(r);
	return error;
}

static int cannot_open(const char *path, int error, FILE *errors)
{
	const char *advice = "";

	if (error == -ENOENT)
		advice = "; give another with -c FILE, or start from the one "
			 "that is installed with the program";
	else if (error == -EACCES)
		advice = "; it must be readable for the user that the daemon "
			 "runs as";
	fprintf(errors, "%s: cannot be read: %s%s\n", path, strerror(-error),
		advice);
	return error;
}

int config_load(const char *path, struct settings *ret, FILE *errors)
{
	/* Not to wait for ever for the writer of a pipe. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *file;
	int error;

	if (fd < 0)
		return cannot_open(path, -errno, errors);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		fprintf(errors, "%s: not a regular file\n", path);
		return -EINVAL;
	}
	file = fdopen(fd, "r");
	if (!file) {
		error = -errno;
		close(fd);
		return cannot_open(path, error, errors);
	}
	error = config_read(file, path, ret, errors);
	fclose(file);
	return error;
}
