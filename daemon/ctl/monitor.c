/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/bus_table.h"
#include "daemon/clock.h"
#include "daemon/ctl/print.h"
#include "daemon/ctl/watch.h"
#include "daemon/ctl/words.h"
#include "daemon/ctl/write_json.h"
#include "lib/base/maybe.h"

enum {
	REDRAW_US = 100000,  /* between two pictures */
	FIGURES_US = 1000000, /* between two lines for figures alone */
	ROWS_DEFAULT = 24
};

struct monitor {
	bool changed;
	uint64_t shown_us;
	/* As last printed. */
	char *key;
	char *figures;
};

static const struct {
	const char *property;
	const char *words;
} whys[] = {
	{ "ChargeReasons", "charge" },
	{ "DischargeReasons", "discharge" },
};

static const struct object *bms_of(const struct watch *watch)
{
	return model_find(&watch->model, BUS_ROOT, BUS_BMS);
}

/* What must be told at once: all states, and which reasons there are of
 * which battery; not their figures, and not which cell is the worst. NULL
 * where there is no memory. */
static char *key_of(const struct watch *watch)
{
	char *const *texts = NULL;
	char *key = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&key, &size);
	struct printer printer = { out, false };

	if (!out)
		return NULL;
	print_summary(&printer, &watch->model, true, false);
	for (size_t i = 0; i < ARRAY_SIZE(whys); i++) {
		size_t n = object_texts(bms_of(watch), whys[i].property,
					&texts);

		for (size_t k = 0; k < n; k++) {
			size_t kind = strcspn(texts[k], ":");
			size_t len = strcspn(texts[k] + kind + 1, ":.");

			fprintf(out, " %.*s", (int)(kind + 1 + len),
				texts[k]);
		}
	}
	fclose(out);
	return key;
}

static char *figures_of(const struct watch *watch)
{
	char *figures = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&figures, &size);
	struct printer printer = { out, false };

	if (!out)
		return NULL;
	print_summary(&printer, &watch->model, false, true);
	fclose(out);
	return figures;
}

static bool replace(char **old, char *text)
{
	bool differs = text && (!*old || strcmp(*old, text) != 0);

	if (differs) {
		free(*old);
		*old = text;
	} else {
		free(text);
	}
	return differs;
}

static void print_whys(const struct watch *watch)
{
	char *const *texts = NULL;
	char words[WORDS_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(whys); i++) {
		size_t n = object_texts(bms_of(watch), whys[i].property,
					&texts);

		for (size_t k = 0; k < n; k++) {
			words_of_reason(texts[k], words);
			if (k == 0)
				printf("  [%s: ", whys[i].words);
			printf("%s%s", words, k + 1 < n ? "; " : "]");
		}
	}
}

static void print_line(const struct watch *watch)
{
	struct printer printer = { stdout, false };
	char now[WATCH_TIME_SIZE];

	watch_time(now);
	printf("%s  ", now);
	print_summary(&printer, &watch->model, true, true);
	print_whys(watch);
	putchar('\n');
}

/* Us until a line is due; 0: it has been printed, or nothing differs. */
static uint64_t line_if_due(const struct watch *watch,
			    struct monitor *monitor)
{
	uint64_t past_us = clock_monotonic_us() - monitor->shown_us;
	bool states = replace(&monitor->key, key_of(watch));

	if (!states && past_us < FIGURES_US)
		return FIGURES_US - past_us;
	if (replace(&monitor->figures, figures_of(watch)) || states) {
		print_line(watch);
		monitor->shown_us = clock_monotonic_us();
	}
	return 0;
}

static void render(const struct watch *watch, FILE *out)
{
	struct printer printer = { out, watch->ctl->color };
	char now[WATCH_TIME_SIZE];

	watch_time(now);
	fprintf(out, "vebus-bms-ng  %s%s\n\n", now, watch->running ? "" :
		"  vebus-bms-ngd is not running, these are old values");
	print_status(&printer, &watch->model);
	fputc('\n', out);
	print_battery_lines(&printer, &watch->model);
}

/* Over the old picture, line by line, so that nothing flickers; what does
 * not fit is left out, so that nothing scrolls. */
static void draw(const char *picture)
{
	struct winsize window = { 0 };
	int rows = ROWS_DEFAULT;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 &&
	    window.ws_row > 1)
		rows = window.ws_row;
	fputs("\033[H\033[?7l", stdout);
	while (*picture && rows > 1) {
		int len = (int)strcspn(picture, "\n");

		printf("%.*s\033[K\n", len, picture);
		picture += len + (picture[len] != '\0');
		rows--;
	}
	fputs("\033[?7h\033[J", stdout);
	fflush(stdout);
}

static uint64_t redraw_if_due(const struct watch *watch,
			      struct monitor *monitor)
{
	uint64_t past_us = clock_monotonic_us() - monitor->shown_us;
	char *picture = NULL;
	size_t size = 0;
	FILE *out;

	if (past_us < REDRAW_US)
		return REDRAW_US - past_us;
	out = open_memstream(&picture, &size);
	if (!out)
		return REDRAW_US;
	render(watch, out);
	fclose(out);
	draw(picture);
	free(picture);
	monitor->shown_us = clock_monotonic_us();
	return 0;
}

static uint64_t on_quiet(struct watch *watch)
{
	struct monitor *monitor = watch->data;
	uint64_t wait_us;

	if (!monitor->changed || watch->ctl->json)
		return UINT64_MAX;
	if (watch->ctl->terminal)
		wait_us = redraw_if_due(watch, monitor);
	else
		wait_us = line_if_due(watch, monitor);
	if (wait_us > 0)
		return wait_us;
	monitor->changed = false;
	return UINT64_MAX;
}

static void print_object(const struct object *object)
{
	char now[JSON_TIME_SIZE];

	json_time(now);
	printf("{\"time\":\"%s\",\"path\":", now);
	json_text(stdout, object->path);
	fputs(",\"interface\":", stdout);
	json_text(stdout, object->interface);
	fputs(",\"properties\":", stdout);
	json_object(stdout, object);
	fputs("}\n", stdout);
}

static void on_signal(struct watch *watch, sd_bus_message *message)
{
	struct monitor *monitor = watch->data;
	const char *path = sd_bus_message_get_path(message);
	struct model changed = { 0 };
	const char *interface;

	if (sd_bus_message_is_signal(message,
				     "org.freedesktop.DBus.Properties",
				     "PropertiesChanged") <= 0 ||
	    sd_bus_message_read(message, "s", &interface) < 0)
		return;
	if (!watch->ctl->json) {
		monitor->changed = true;
		(void)model_take(&watch->model, path, interface, message);
		return;
	}
	if (model_take(&changed, path, interface, message) >= 0 &&
	    changed.n > 0 && changed.object[0].n > 0)
		print_object(&changed.object[0]);
	model_done(&changed);
}

static void on_running_json(const struct watch *watch, bool running)
{
	char now[JSON_TIME_SIZE];

	json_time(now);
	if (!watch->first)
		printf("{\"time\":\"%s\",\"running\":%s}\n", now,
		       running ? "true" : "false");
	for (size_t i = 0; running && i < watch->model.n; i++)
		print_object(&watch->model.object[i]);
}

static void on_running(struct watch *watch, bool running)
{
	struct monitor *monitor = watch->data;
	char now[WATCH_TIME_SIZE];

	if (watch->ctl->json) {
		on_running_json(watch, running);
		return;
	}
	/* Whatever is the same as before the restart is told again. */
	(void)replace(&monitor->key, NULL);
	monitor->changed = running || watch->ctl->terminal;
	monitor->shown_us = 0;
	watch_time(now);
	if (watch->ctl->terminal && watch->first)
		fputs("\033[2J", stdout);
	else if (!watch->ctl->terminal && !watch->first)
		printf("%s  vebus-bms-ngd %s\n", now,
		       running ? "is running again" : "has stopped");
}

int ctl_monitor(const struct ctl *ctl, char *const arguments[])
{
	static const struct watch_ops ops = { on_signal, on_running,
					      on_quiet };
	struct monitor monitor = { 0 };
	int status;

	if (arguments[0]) {
		ctl_complain("\"%s\" is one argument too many",
			     arguments[0]);
		return CTL_USAGE;
	}
	status = watch_run(ctl, &ops, &monitor);
	free(monitor.key);
	free(monitor.figures);
	return status;
}
