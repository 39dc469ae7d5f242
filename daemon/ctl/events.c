/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "daemon/bus_table.h"
#include "daemon/ctl/watch.h"
#include "daemon/ctl/write_json.h"

static void print_event(const struct ctl *ctl, const char *code,
			const char *text, bool active)
{
	char now[JSON_TIME_SIZE];

	if (!ctl->json) {
		watch_time(now);
		printf("%s  %-6s %-8s %s\n", now, code,
		       active ? "active" : "cleared", text);
		return;
	}
	json_time(now);
	printf("{\"time\":\"%s\",\"code\":", now);
	json_text(stdout, code);
	fputs(",\"text\":", stdout);
	json_text(stdout, text);
	printf(",\"active\":%s}\n", active ? "true" : "false");
}

static void on_signal(struct watch *watch, sd_bus_message *message)
{
	const char *code;
	const char *text;
	int active;

	if (sd_bus_message_is_signal(message, BUS_BMS, "Event") <= 0 ||
	    sd_bus_message_read(message, "ssb", &code, &text, &active) < 0)
		return;
	print_event(watch->ctl, code, text, active);
}

static void on_running(struct watch *watch, bool running)
{
	char now[JSON_TIME_SIZE];

	if (watch->first)
		return;
	if (watch->ctl->json) {
		json_time(now);
		printf("{\"time\":\"%s\",\"running\":%s}\n", now,
		       running ? "true" : "false");
		return;
	}
	watch_time(now);
	printf("%s  vebus-bms-ngd %s\n", now,
	       running ? "is running again" : "has stopped");
}

static uint64_t on_quiet(struct watch *watch)
{
	(void)watch;
	return UINT64_MAX;
}

int ctl_events(const struct ctl *ctl, char *const arguments[])
{
	static const struct watch_ops ops = { on_signal, on_running,
					      on_quiet };

	if (arguments[0]) {
		ctl_complain("\"%s\" is one argument too many",
			     arguments[0]);
		return CTL_USAGE;
	}
	return watch_run(ctl, &ops, NULL);
}
