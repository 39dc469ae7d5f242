/* SPDX-License-Identifier: MIT */
/* A command within the window for an update. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/bus_table.h"
#include "daemon/ctl/ctl.h"

enum {
	TRIES = 30,          /* as long as a restart may take, in s */
	CANNOT_EXECUTE = 127, /* as a shell has it */
	BY_SIGNAL = 128,
};

static int call(sd_bus *bus, const char *member, sd_bus_error *error)
{
	return sd_bus_call_method(bus, BUS_NAME, BUS_ROOT, BUS_BMS, member,
				  error, NULL, "");
}

static bool is_away(const sd_bus_error *error)
{
	return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY);
}

/* Whoever has just been started anew may take a moment. */
static int end_update(const struct ctl *ctl)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = ctl_connect(ctl);
	int r = -ENOTCONN;

	for (int i = 0; bus && i < TRIES; i++) {
		static const struct timespec second = { .tv_sec = 1 };

		if (i > 0)
			(void)nanosleep(&second, NULL);
		sd_bus_error_free(&error);
		r = call(bus, "EndUpdate", &error);
		if (r >= 0 || !is_away(&error))
			break;
	}
	if (bus && r < 0)
		ctl_complain_call(ctl, r, &error);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return r;
}

static int begin_update(const struct ctl *ctl)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = ctl_connect(ctl);
	int r;

	if (!bus)
		return -ENOTCONN;
	r = call(bus, "BeginUpdate", &error);
	if (r < 0)
		ctl_complain_call(ctl, r, &error);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return r;
}

/* What the command ends with. A key that interrupts is meant for it, and the
 * window is ended all the same. */
static int run_command(char *const command[])
{
	int status = 0;
	pid_t pid;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execvp(command[0], command);
		ctl_complain("%s: %s", command[0], strerror(errno));
		_exit(CANNOT_EXECUTE);
	}
	if (pid < 0) {
		ctl_complain("%s: %s", command[0], strerror(errno));
		return CTL_FAILED;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return CTL_FAILED;
	}
	if (WIFSIGNALED(status))
		return BY_SIGNAL + WTERMSIG(status);
	return WEXITSTATUS(status);
}

int ctl_update(const struct ctl *ctl, char *const arguments[])
{
	int status;

	if (!arguments[0]) {
		ctl_complain("update needs a command to run: update -- "
			     "COMMAND [ARGUMENT...]");
		return CTL_USAGE;
	}
	if (begin_update(ctl) < 0) {
		ctl_complain("%s has not been run", arguments[0]);
		return CTL_FAILED;
	}
	fputs("Update begun: charge is forbidden until it ends, in 15 min at "
	      "the latest.\n", stderr);
	status = run_command(arguments);
	if (end_update(ctl) < 0) {
		ctl_complain("the update could not be ended; it ends by "
			     "itself");
		return status == 0 ? CTL_FAILED : status;
	}
	fprintf(stderr, "Update ended: %s gave %d.\n", arguments[0], status);
	return status;
}
