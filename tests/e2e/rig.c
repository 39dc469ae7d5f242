/* SPDX-License-Identifier: MIT */
#include "tests/e2e/rig_private.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const struct rig_line_row rig_lines[LINE_COUNT] = {
	[LINE_LOAD_DISCONNECT] = { "load-disconnect", 17 },
	[LINE_CHARGE_DISCONNECT] = { "charge-disconnect", 27 },
	[LINE_PRE_ALARM] = { "pre-alarm", 22 },
	[LINE_LED_BLUETOOTH] = { "led-bluetooth", 5 },
	[LINE_LED_ERROR] = { "led-error", 6 },
	[LINE_LED_VEBUS] = { "led-vebus", 13 },
	[LINE_HEARTBEAT] = { "heartbeat", 26 },
	[LINE_REMOTE_L] = { "remote-l", 23 },
	[LINE_REMOTE_H] = { "remote-h", 24 },
};

void rig_write_settings(struct rig *rig, const char *text)
{
	FILE *f = fopen(rig_path(rig, "conf"), "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

const char *rig_settings(struct rig *rig)
{
	return rig->settings;
}

/* How many batteries "rack:1-3 shed:5" are, and its [bus] sections. */
static int bus_sections(struct rig *rig, const char *buses, FILE *out)
{
	char copy[256];
	int n = 0;
	char *save;

	snprintf(copy, sizeof(copy), "%s", buses);
	for (char *w = strtok_r(copy, " ", &save); w;
	     w = strtok_r(NULL, " ", &save)) {
		char *colon = strchr(w, ':');
		int from;
		int to;

		ck_assert_ptr_nonnull(colon);
		*colon = '\0';
		if (sscanf(colon + 1, "%d-%d", &from, &to) < 2)
			to = from;
		n += to - from + 1;
		fprintf(out, "[bus %s]\ndevice = %s/%s\nprotocol = jk-pb\n"
			"addresses = %d-%d\n", w, rig->dir, w, from, to);
	}
	return n;
}

void rig_write_conf(struct rig *rig)
{
	const struct rig_options *o = &rig->options;
	FILE *f = fmemopen(rig->settings, sizeof(rig->settings), "w");
	int n = bus_sections(rig, o->buses ? o->buses : "rack:1-2", f);

	fprintf(f, "[general]\nbatteries = %d\n%s", n,
		o->general ? o->general : "");
	if (!o->no_mk3)
		fprintf(f, "[inverter]\ndevice = %s/mk3\n%s", rig->dir,
			o->inverter ? o->inverter : "");
	if (o->capture)
		fprintf(f, "[capture]\nfile = %s/capture\n", rig->dir);
	fprintf(f, "[gpio]\n");
	if (o->chip)
		fprintf(f, "chip = %s\n", o->chip);
	else
		fprintf(f, "chip = virtual:%s/chip\n", rig->dir);
	for (size_t i = 0; i < LINE_REMOTE_L; i++) {
		if (i < LINE_LED_BLUETOOTH)
			fprintf(f, "%s = %d\n", rig_lines[i].key,
				rig_lines[i].offset);
	}
	if (!o->remote)
		fprintf(f, "remote-l =\nremote-h =\n");
	if (o->settings)
		fprintf(f, "%s", o->settings);
	fputc('\0', f);
	fclose(f);
	rig_write_settings(rig, rig->settings);
}

char rig_line(struct rig *rig, enum settings_line line)
{
	int fd = open(rig_path(rig, "chip"), O_RDONLY | O_CLOEXEC);
	char level = '?';

	if (fd < 0)
		return '?';
	if (pread(fd, &level, 1, rig_lines[line].offset) != 1)
		level = '?';
	close(fd);
	return level;
}

uint64_t rig_until_line(struct rig *rig, enum settings_line line, char level,
			uint32_t timeout_ms)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;

	while (rig_line(rig, line) != level) {
		if (rig_now_us() > deadline) {
			rig_show_log(rig);
			ck_abort_msg("%s is %c, not %c", rig_lines[line].key,
				     rig_line(rig, line), level);
		}
		rig_turn(rig);
	}
	return rig_now_us();
}

void rig_set_input(struct rig *rig, enum settings_line line, bool high)
{
	int fd = open(rig_path(rig, "chip"), O_RDWR | O_CREAT | O_CLOEXEC,
		      0600);
	char level = high ? '1' : '0';

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, &level, 1, rig_lines[line].offset), 1);
	close(fd);
}

void rig_start_bus(struct rig *rig)
{
	char address[128];
	char *argv[] = { "dbus-daemon", "--session", "--nofork",
			 "--nopidfile", address, NULL };

	snprintf(address, sizeof(address), "--address=unix:path=%s/bus",
		 rig->dir);
	rig->bus_pid = rig_start(rig, "bus.log", argv);
	rig_until_file(rig, "bus");
}

void rig_launch_daemon(struct rig *rig)
{
	char prog[1024];
	char conf[128];
	char state[128];
	char *argv[] = { (char *)rig_program("vebus-bms-ngd", prog),
			 "--session-bus", "-c", conf, "--state-dir", state,
			 NULL };

	snprintf(conf, sizeof(conf), "%s/conf", rig->dir);
	snprintf(state, sizeof(state), "%s/state", rig->dir);
	rig_bus_address(rig);
	rig->daemon_pid = rig_start(rig, "daemon.log", argv);
}

void rig_await_daemon(struct rig *rig)
{
	uint64_t deadline = rig_now_us() + START_MS * 1000;

	while (rig_get(rig, "Version")[0] == '\0') {
		if (rig_now_us() > deadline) {
			rig_show_log(rig);
			ck_abort_msg("the daemon did not come up");
		}
		rig_turn(rig);
	}
}

void rig_start_daemon(struct rig *rig)
{
	rig_launch_daemon(rig);
	rig_await_daemon(rig);
}

void rig_signal_daemon(struct rig *rig, int signal)
{
	ck_assert_int_eq(kill(rig->daemon_pid, signal), 0);
}

int rig_end_daemon(struct rig *rig, int signal)
{
	pid_t pid = rig->daemon_pid;

	rig_signal_daemon(rig, signal);
	rig->daemon_pid = 0;
	return rig_reap(pid, 5000);
}

struct rig *rig_new(const struct rig_options *options)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	char state[256];

	ck_assert_ptr_nonnull(rig);
	rig->options = *options;
	snprintf(rig->dir, sizeof(rig->dir), "/tmp/bms-e2e-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig->dir));
	snprintf(state, sizeof(state), "mkdir %s/state", rig->dir);
	ck_assert_int_eq(system(state), 0);
	rig_bus_address(rig);
	rig_start_bus(rig);
	rig_start_sim(rig);
	rig_connect_sim(rig);
	if (options->mk3_late)
		rig_sim(rig, "unplug mk3");
	rig_connect_bus(rig);
	rig_write_conf(rig);
	if (!options->no_daemon)
		rig_start_daemon(rig);
	return rig;
}

void rig_free(struct rig *rig)
{
	char remove[256];
	int status = -1;

	if (rig->daemon_pid > 0) {
		status = rig_end_daemon(rig, SIGTERM);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			rig_show_log(rig);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
			      "the daemon ended with status %d", status);
	}
	if (status == 0 && !rig->options.chip) {
		ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '.');
		ck_assert_int_eq(rig_line(rig, LINE_CHARGE_DISCONNECT), '.');
	}
	sd_bus_flush_close_unref(rig->bus);
	close(rig->control);
	rig_end(rig->sim_pid, SIGTERM);
	rig_end(rig->bus_pid, SIGTERM);
	snprintf(remove, sizeof(remove), "rm -rf %s", rig->dir);
	ck_assert_int_eq(system(remove), 0);
	free(rig);
}

void rig_allowed(struct rig *rig)
{
	rig_until(rig, "AllowedToCharge", "yes", 60000);
	rig_until(rig, "AllowedToDischarge", "yes", 60000);
}
