/* SPDX-License-Identifier: MIT */
#include "tests/unit/bus_probe.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/bus_table.h"
#include "tests/unit/unit.h"

void probe_find(sd_bus_message *reply, const char *name, char *buf,
		size_t size)
{
	const char *found;

	buf[0] = '\0';
	sd_bus_message_rewind(reply, true);
	ck_assert_msg(!sd_bus_message_is_method_error(reply, NULL), "%s: %s",
		      name, sd_bus_message_get_error(reply)->name);
	ck_assert_int_gt(sd_bus_message_enter_container(reply, 'a', "{sv}"),
			 0);
	while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
		sd_bus_message_read_basic(reply, 's', &found);
		if (strcmp(found, name) == 0) {
			fixture_variant(reply, buf, size);
			return;
		}
		sd_bus_message_skip(reply, "v");
		sd_bus_message_exit_container(reply);
	}
}

void probe_check(struct fixture *f, const struct expected *rows, size_t n)
{
	char value[1024];

	for (size_t i = 0; i < n; i++) {
		sd_bus_message *reply = fixture_get_all(f, rows[i].path,
							rows[i].interface);

		ck_assert_msg(!sd_bus_message_is_method_error(reply, NULL),
			      "%s is not there", rows[i].path);
		probe_find(reply, rows[i].name, value, sizeof(value));
		ck_assert_msg(strcmp(value, rows[i].value) == 0,
			      "%s %s is %s, not %s", rows[i].path,
			      rows[i].name, value, rows[i].value);
		sd_bus_message_unref(reply);
	}
}

static void append(char *line, const char *text)
{
	strncat(line, " ", 255 - strlen(line));
	strncat(line, text, 255 - strlen(line));
}

static void read_names(sd_bus_message *m, char *line)
{
	const char *name;

	sd_bus_message_skip(m, "s");
	sd_bus_message_enter_container(m, 'a', "{sv}");
	while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
		sd_bus_message_read_basic(m, 's', &name);
		append(line, name);
		sd_bus_message_skip(m, "v");
		sd_bus_message_exit_container(m);
	}
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct heard *heard = userdata;
	const char *member = sd_bus_message_get_member(m);
	char *line;
	const char *text[2];
	int active;

	(void)error;
	if (strcmp(member, "NameAcquired") == 0)
		return 0;
	ck_assert_uint_lt(heard->n, PROBE_SIGNALS_MAX);
	line = heard->line[heard->n++];
	snprintf(line, 256, "%s", sd_bus_message_get_path(m));
	if (strcmp(member, "PropertiesChanged") == 0) {
		read_names(m, line);
	} else if (strcmp(member, "Event") == 0) {
		sd_bus_message_read(m, "ssb", &text[0], &text[1], &active);
		snprintf(line, 256, "Event %s %s %d", text[0], text[1],
			 active);
	} else {
		sd_bus_message_read(m, "o", &text[0]);
		snprintf(line, 256, "%s %s", member, text[0]);
	}
	return 0;
}

int probe_count(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct answers *answers = userdata;

	(void)error;
	answers->all++;
	if (!sd_bus_message_is_method_error(m, NULL))
		answers->good++;
	return 1;
}

void probe_listen(struct fixture *f, struct heard *heard)
{
	memset(heard, 0, sizeof(*heard));
	ck_assert_int_ge(sd_bus_add_match(f->client, NULL,
					  "type='signal',sender='" BUS_NAME
					  "'", on_signal, heard), 0);
}

void probe_check_error(sd_bus_message *reply, const char *name,
		       const char *words)
{
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	ck_assert_ptr_nonnull(error);
	ck_assert_str_eq(error->name, name);
	ck_assert_msg(strstr(error->message, words), "\"%s\" does not say "
		      "\"%s\"", error->message, words);
	sd_bus_message_unref(reply);
}

static void on_child(struct ev_loop *loop, ev_io *io, int events)
{
	struct child *child = io->data;

	(void)events;
	ev_io_stop(loop, io);
	close(io->fd);
	child->ended = true;
}

pid_t child_start(struct fixture *f, struct child *child)
{
	int fds[2];

	memset(child, 0, sizeof(*child));
	ck_assert_int_eq(pipe(fds), 0);
	child->pid = fork();
	ck_assert_int_ge(child->pid, 0);
	if (child->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		return 0;
	}
	close(fds[1]);
	ev_io_init(&child->io, on_child, fds[0], EV_READ);
	child->io.data = child;
	ev_io_start(f->loop, &child->io);
	return child->pid;
}

int child_wait(struct fixture *f, struct child *child)
{
	int status = 0;

	ev_timer_again(f->loop, &f->deadline);
	while (!child->ended)
		fixture_turn(f);
	ck_assert_int_eq(waitpid(child->pid, &status, 0), child->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
