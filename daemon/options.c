/* SPDX-License-Identifier: MIT */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif
#ifndef STATEDIR
#define STATEDIR "/var/lib/vebus-bms-ng"
#endif

enum { OPTION_CHECK = 256, OPTION_SESSION, OPTION_REPLAY, OPTION_STATE,
       OPTION_FLOAT };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, OPTION_CHECK },
	{ "session-bus", no_argument, NULL, OPTION_SESSION },
	{ "replay", required_argument, NULL, OPTION_REPLAY },
	{ "state-dir", required_argument, NULL, OPTION_STATE },
	{ "float-outputs", no_argument, NULL, OPTION_FLOAT },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

void options_usage(FILE *out)
{
	fputs("usage: vebus-bms-ngd [-c FILE] [--check-config] "
	      "[--session-bus]\n"
	      "                     [--state-dir DIR] [--replay CAPTURE] "
	      "[--float-outputs]\n"
	      "                     [--version] [--help]\n"
	      "\n"
	      "  -c, --config FILE   configuration [" SYSCONFDIR
	      "/vebus-bms-ng.conf]\n"
	      "  --check-config      say what is wrong with it, and exit\n"
	      "  --session-bus       D-Bus: the session bus, for private "
	      "runs\n"
	      "  --state-dir DIR     what is kept over restarts [" STATEDIR
	      "]\n"
	      "  --replay CAPTURE    decide from a capture, print it as JSON, "
	      "and exit\n"
	      "  --float-outputs     make every output float, and exit\n"
	      "  --version, --help   say so, and exit\n", out);
}

static int options_take(int option, struct options *o)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case OPTION_CHECK:
		o->action = OPTIONS_CHECK_CONFIG;
		return 0;
	case OPTION_SESSION:
		o->session_bus = true;
		return 0;
	case OPTION_REPLAY:
		o->action = OPTIONS_REPLAY;
		o->replay = optarg;
		return 0;
	case OPTION_STATE:
		o->state_dir = optarg;
		return 0;
	case OPTION_FLOAT:
		o->action = OPTIONS_FLOAT_OUTPUTS;
		return 0;
	case 'V':
		o->action = OPTIONS_VERSION;
		return 0;
	case 'h':
		o->action = OPTIONS_HELP;
		return 0;
	default:
		return -EINVAL;
	}
}

/* The folder that systemd made, or NULL; more than one is none of ours. */
static const char *options_dir(const char *variable)
{
	const char *dir = getenv(variable);

	return dir && *dir == '/' && !strchr(dir, ':') ? dir : NULL;
}

int options_parse(int argc, char *argv[], struct options *ret, FILE *errors)
{
	struct options o = {
		.action = OPTIONS_RUN,
		.config = SYSCONFDIR "/vebus-bms-ng.conf",
		.state_dir = options_dir("STATE_DIRECTORY"),
		.run_dir = options_dir("RUNTIME_DIRECTORY"),
	};
	int option, at;

	if (!o.state_dir)
		o.state_dir = STATEDIR;
	optind = 0;
	opterr = 0;
	while (at = optind ? optind : 1,
	       (option = getopt_long(argc, argv, ":c:", long_options,
				     NULL)) != -1) {
		if (option == ':')
			fprintf(errors, "vebus-bms-ngd: %s wants a value\n",
				argv[at]);
		else if (options_take(option, &o) == 0)
			continue;
		else
			fprintf(errors, "vebus-bms-ngd: %s is no option; "
				"--help names them\n", argv[at]);
		return -EINVAL;
	}
	if (optind < argc) {
		fprintf(errors, "vebus-bms-ngd: \"%s\" is one word too many; "
			"--help names the options\n", argv[optind]);
		return -EINVAL;
	}
	*ret = o;
	return 0;
}
