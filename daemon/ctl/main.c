/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "lib/base/maybe.h"

static const char usage[] =
"Usage: vebus-bms-ngctl [OPTION...] COMMAND\n"
"\n"
"  status              the bank, what is allowed, and why not\n"
"  batteries           every battery, its cells, and the buses\n"
"  inverter            the inverter/charger\n"
"  monitor             all of it, live\n"
"  events              warnings, alarms and errors as they come and go\n"
"  mode [MODE]         shows the mode, or sets it: on, charger-only,\n"
"                      inverter-only, off\n"
"  history [--reset]   what has been since the beginning, or begins anew\n"
"  soc [PERCENT]       shows the state of charge, or sets it\n"
"  sync                the bank is full: sets it to 100 %\n"
"  bypass BATTERY SECONDS\n"
"                      what that battery says forbids nothing for so\n"
"                      long, as far as that is safe; 0 ends it\n"
"  settings [KEY [VALUE]]\n"
"                      every setting with its origin; one; or changes it\n"
"  bluetooth           what it does, its key, and who is paired\n"
"  bluetooth new-key   a new key: readers with the old one see nothing\n"
"  bluetooth remove ADDRESS\n"
"                      who is paired with that is so no more\n"
"  pair                lets a phone pair within 2 minutes\n"
"  update -- COMMAND [ARGUMENT...]\n"
"                      runs it with charge forbidden, and a battery allowed\n"
"                      to be silent for 120 s\n"
"  probe TTY...        finds out what answers there; needs no daemon\n"
"  decode PROTOCOL HEX...\n"
"                      what one frame says; needs no daemon\n"
"\n"
"  --json              for programs: one JSON text a line\n"
"  --session-bus       the session bus instead of the system bus\n"
"  --bus ADDRESS       the bus at that D-Bus address\n"
"  --help, --version\n";

static const struct {
	const char *name;
	int (*run)(const struct ctl *ctl, char *const arguments[]);
} commands[] = {
	{ "status", ctl_status },
	{ "batteries", ctl_batteries },
	{ "inverter", ctl_inverter },
	{ "monitor", ctl_monitor },
	{ "events", ctl_events },
	{ "mode", ctl_mode },
	{ "history", ctl_history },
	{ "soc", ctl_soc },
	{ "sync", ctl_sync },
	{ "bypass", ctl_bypass },
	{ "settings", ctl_settings },
	{ "bluetooth", ctl_bluetooth },
	{ "pair", ctl_pair },
	{ "update", ctl_update },
	{ "probe", ctl_probe },
	{ "decode", ctl_decode },
};

enum { OPTION_JSON = 256, OPTION_SESSION, OPTION_BUS, OPTION_RESET,
       OPTION_HELP, OPTION_VERSION };

static const struct option options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "session-bus", no_argument, NULL, OPTION_SESSION },
	{ "bus", required_argument, NULL, OPTION_BUS },
	{ "reset", no_argument, NULL, OPTION_RESET },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 }
};

static bool wants_color(void)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 &&
	       !(no_color && no_color[0]);
}

/* Like every tool: what could not be written is a failure. */
static int close_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	ctl_complain("standard output: %s", strerror(errno));
	return CTL_FAILED;
}

static int run(const struct ctl *ctl, char *const arguments[])
{
	if (!arguments[0]) {
		ctl_complain("what shall be done? --help says what can be");
		return CTL_USAGE;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, arguments[0]) != 0)
			continue;
		if (ctl->reset && commands[i].run != ctl_history) {
			ctl_complain("--reset belongs to history");
			return CTL_USAGE;
		}
		return commands[i].run(ctl, arguments + 1);
	}
	ctl_complain("no command is called \"%s\"; --help lists them",
		     arguments[0]);
	return CTL_USAGE;
}

int main(int argc, char *argv[])
{
	struct ctl ctl = {
		.terminal = isatty(STDOUT_FILENO),
		.color = wants_color(),
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case OPTION_JSON:
			ctl.json = true;
			break;
		case OPTION_SESSION:
			ctl.session_bus = true;
			break;
		case OPTION_BUS:
			ctl.address = optarg;
			break;
		case OPTION_RESET:
			ctl.reset = true;
			break;
		case OPTION_HELP:
			fputs(usage, stdout);
			return close_stdout(CTL_OK);
		case OPTION_VERSION:
			puts("vebus-bms-ngctl " PACKAGE_VERSION);
			return close_stdout(CTL_OK);
		default:
			return CTL_USAGE;
		}
	}
	return close_stdout(run(&ctl, argv + optind));
}
