/* SPDX-License-Identifier: MIT */
#include "tests/e2e/rig_private.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t rig_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

const char *rig_path(struct rig *rig, const char *name)
{
	snprintf(rig->path, sizeof(rig->path), "%s/%s", rig->dir, name);
	return rig->path;
}

const char *rig_program(const char *name, char buf[1024])
{
	const char *dir = getenv("BMS_BUILDDIR");

	snprintf(buf, 1024, "%s/%s", dir ? dir : ".", name);
	return buf;
}

/* Starts a program; its output goes to the file out within the folder. */
pid_t rig_start(struct rig *rig, const char *out, char *const argv[])
{
	pid_t pid;
	int fd;

	fd = open(rig_path(rig, out), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		  0600);
	ck_assert_int_ge(fd, 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("DBUS_SESSION_BUS_ADDRESS", rig->text, 1);
		if (rig->options.runtime)
			setenv("RUNTIME_DIRECTORY",
			       rig_path(rig, "runtime"), 1);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fd);
	return pid;
}

void rig_bus_address(struct rig *rig)
{
	snprintf(rig->text, sizeof(rig->text), "unix:path=%s/bus", rig->dir);
}

/* Waits for a child with a deadline; its status. */
int rig_reap(pid_t pid, uint32_t timeout_ms)
{
	uint64_t end = rig_now_us() + (uint64_t)timeout_ms * 1000;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_msg(rig_now_us() < end, "process %d does not end",
			      (int)pid);
		poll(NULL, 0, 5);
	}
	return status;
}

void rig_end(pid_t pid, int signal)
{
	if (pid <= 0)
		return;
	kill(pid, signal);
	(void)rig_reap(pid, 20000); /* others may want the processor, too */
}

/* Waits until a file exists, the way a process says that it is ready. */
void rig_until_file(struct rig *rig, const char *name)
{
	uint64_t deadline = rig_now_us() + START_MS * 1000;

	while (access(rig_path(rig, name), F_OK) < 0) {
		ck_assert_msg(rig_now_us() < deadline, "%s did not come up",
			      name);
		poll(NULL, 0, 5);
	}
}

void rig_file_text(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	buf[0] = '\0';
	if (!f)
		return;
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
}

static int run(struct rig *rig, const char *name, const char *words)
{
	char prog[1024];
	char *copy = strdup(words);
	char *argv[64];
	int argc = 0;
	int status;

	argv[argc++] = (char *)rig_program(name, prog);
	for (char *w = strtok(copy, " "); w && argc < 63;
	     w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	unlink(rig_path(rig, "printed"));
	rig_bus_address(rig);
	status = rig_reap(rig_start(rig, "printed", argv), 60000);
	free(copy);
	rig_file_text(rig_path(rig, "printed"), rig->printed,
		  sizeof(rig->printed));
	ck_assert_msg(WIFEXITED(status), "%s was killed: %s", name,
		      rig->printed);
	return WEXITSTATUS(status);
}

int rig_run_daemon(struct rig *rig, const char *words)
{
	return run(rig, "vebus-bms-ngd", words);
}

int rig_run_ctl(struct rig *rig, const char *words)
{
	char all[1024];

	snprintf(all, sizeof(all), "--session-bus %s", words);
	return run(rig, "vebus-bms-ngctl", all);
}

const char *rig_printed(struct rig *rig)
{
	return rig->printed;
}

