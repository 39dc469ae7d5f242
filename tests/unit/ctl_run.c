/* SPDX-License-Identifier: MIT */
#include "tests/unit/ctl_run.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { ARGUMENTS_MAX = 32 };

static void on_output(struct ev_loop *loop, ev_io *io, int events)
{
	struct run *run = io->data;
	size_t which = (size_t)(io - run->io);
	ssize_t n = read(io->fd, run->text[which] + run->len[which],
			 RUN_OUTPUT_SIZE - 1 - run->len[which]);

	(void)events;
	if (n > 0) {
		run->len[which] += (size_t)n;
		run->text[which][run->len[which]] = '\0';
		return;
	}
	ev_io_stop(loop, io);
	close(io->fd);
	run->open--;
}

static void exec_tool(const char *command)
{
	const char *dir = getenv("BMS_BUILDDIR");
	char *arguments[ARGUMENTS_MAX + 1] = { "vebus-bms-ngctl" };
	char path[1024];
	char *copy = strdup(command);
	int n = 1;

	for (char *word = strtok(copy, " "); word && n < ARGUMENTS_MAX;
	     word = strtok(NULL, " "))
		arguments[n++] = word;
	snprintf(path, sizeof(path), "%s/vebus-bms-ngctl", dir ? dir : ".");
	execv(path, arguments);
	_exit(127);
}

void run_start(struct run *run, struct fixture *f, const char *command)
{
	int fds[2][2];

	memset(run, 0, sizeof(*run));
	run->f = f;
	ck_assert_int_eq(pipe2(fds[0], O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(fds[1], O_CLOEXEC), 0);
	run->pid = fork();
	ck_assert_int_ge(run->pid, 0);
	if (run->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		dup2(fds[0][1], STDOUT_FILENO);
		dup2(fds[1][1], STDERR_FILENO);
		exec_tool(command);
	}
	for (size_t i = 0; i < 2; i++) {
		close(fds[i][1]);
		ev_io_init(&run->io[i], on_output, fds[i][0], EV_READ);
		run->io[i].data = run;
		ev_io_start(f->loop, &run->io[i]);
	}
	run->open = 2;
	ev_timer_again(f->loop, &f->deadline);
}

/* A pseudo-terminal in place of the pipe. */
void run_on_terminal(struct run *run, struct fixture *f,
			    const char *command)
{
	int fd;

	memset(run, 0, sizeof(*run));
	run->f = f;
	run->pid = forkpty(&fd, NULL, NULL, NULL);
	ck_assert_int_ge(run->pid, 0);
	if (run->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("TERM", "xterm", 1);
		unsetenv("NO_COLOR");
		exec_tool(command);
	}
	ev_io_init(&run->io[0], on_output, fd, EV_READ);
	run->io[0].data = run;
	ev_io_start(f->loop, &run->io[0]);
	run->open = 1;
	ev_timer_again(f->loop, &f->deadline);
}

void run_wait(struct run *run)
{
	int status = 0;

	while (run->open > 0)
		fixture_turn(run->f);
	ck_assert_int_eq(waitpid(run->pid, &status, 0), run->pid);
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) :
					  128 + WTERMSIG(status);
}

void run_tool(struct run *run, struct fixture *f, const char *command)
{
	run_start(run, f, command);
	run_wait(run);
}

void check_run(struct fixture *f, const char *command, int status,
	       const char *out)
{
	struct run *run = calloc(1, sizeof(*run));

	run_tool(run, f, command);
	ck_assert_str_eq(run->text[0], out);
	ck_assert_str_eq(run->text[1], "");
	ck_assert_int_eq(run->status, status);
	free(run);
}

void check_failure(struct fixture *f, const char *command, int status,
		   const char *words)
{
	struct run *run = calloc(1, sizeof(*run));

	run_tool(run, f, command);
	ck_assert_str_eq(run->text[0], "");
	ck_assert_msg(strstr(run->text[1], words), "\"%s\" says: %s",
		      command, run->text[1]);
	ck_assert_ptr_eq(strchr(run->text[1], '\n'),
			 run->text[1] + run->len[1] - 1);
	ck_assert_int_eq(run->status, status);
	free(run);
}
