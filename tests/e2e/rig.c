/* SPDX-License-Identifier: MIT */
#include "tests/e2e/rig.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define NAME "org.vebusbmsng"
#define ROOT "/org/vebusbmsng"

enum { TEXT_SIZE = 8192, START_MS = 20000 };

struct rig {
	struct rig_options options;
	char dir[64];
	char path[256];
	char settings[4096];
	char printed[65536];
	char answer[TEXT_SIZE];
	char text[TEXT_SIZE];
	pid_t bus_pid;
	pid_t sim_pid;
	pid_t daemon_pid;
	sd_bus *bus;
	int control;
	int changes; /* signals seen; a wait looks again when it moves */
};

/* Numbers of the virtual chip's lines, as the configuration names them. */
static const struct {
	const char *key;
	int offset;
} lines[LINE_COUNT] = {
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

/* --- processes ---------------------------------------------------------- */

static const char *program(const char *name, char buf[1024])
{
	const char *dir = getenv("BMS_BUILDDIR");

	snprintf(buf, 1024, "%s/%s", dir ? dir : ".", name);
	return buf;
}

/* Starts a program; its output goes to the file out within the folder. */
static pid_t start(struct rig *rig, const char *out, char *const argv[])
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
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fd);
	return pid;
}

static void bus_address(struct rig *rig)
{
	snprintf(rig->text, sizeof(rig->text), "unix:path=%s/bus", rig->dir);
}

/* Waits for a child with a deadline; its status. */
static int reap(pid_t pid, uint32_t timeout_ms)
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

static void end(pid_t pid, int signal)
{
	if (pid <= 0)
		return;
	kill(pid, signal);
	(void)reap(pid, 5000);
}

/* Waits until a file exists, the way a process says that it is ready. */
static void until_file(struct rig *rig, const char *name)
{
	uint64_t deadline = rig_now_us() + START_MS * 1000;

	while (access(rig_path(rig, name), F_OK) < 0) {
		ck_assert_msg(rig_now_us() < deadline, "%s did not come up",
			      name);
		poll(NULL, 0, 5);
	}
}

static int file_text(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	buf[0] = '\0';
	if (!f)
		return -errno;
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
	return 0;
}

static int run(struct rig *rig, const char *name, const char *words)
{
	char prog[1024];
	char *copy = strdup(words);
	char *argv[64];
	int argc = 0;
	int status;

	argv[argc++] = (char *)program(name, prog);
	for (char *w = strtok(copy, " "); w && argc < 63;
	     w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	unlink(rig_path(rig, "printed"));
	bus_address(rig);
	status = reap(start(rig, "printed", argv), 60000);
	free(copy);
	file_text(rig_path(rig, "printed"), rig->printed,
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

/* --- the simulator ------------------------------------------------------ */

static void start_bus(struct rig *rig)
{
	char address[128];
	char *argv[] = { "dbus-daemon", "--session", "--nofork",
			 "--nopidfile", address, NULL };

	snprintf(address, sizeof(address), "--address=unix:path=%s/bus",
		 rig->dir);
	rig->bus_pid = start(rig, "bus.log", argv);
	until_file(rig, "bus");
}

static void start_sim(struct rig *rig)
{
	char words[2048];
	char prog[1024];
	char *argv[64];
	int argc = 0;
	size_t len = 0;
	const char *buses = rig->options.buses;
	char copy[256];

	argv[argc++] = (char *)program("tests/sim/bms-sim", prog);
	snprintf(copy, sizeof(copy), "%s", buses ? buses : "rack:1-2");
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		len += (size_t)snprintf(words + len, sizeof(words) - len,
					"--bus %s/%s ", rig->dir, w);
	if (!rig->options.no_mk3)
		len += (size_t)snprintf(words + len, sizeof(words) - len,
					"--mk3 %s/mk3 ", rig->dir);
	snprintf(words + len, sizeof(words) - len,
		 "--control %s/control --soc 60 %s", rig->dir,
		 rig->options.sim ? rig->options.sim : "");
	for (char *w = strtok(words, " "); w && argc < 63;
	     w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	rig->sim_pid = start(rig, "sim.log", argv);
	until_file(rig, "control");
}

static void connect_sim(struct rig *rig)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint64_t deadline = rig_now_us() + START_MS * 1000;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control",
		 rig->dir);
	rig->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	while (connect(rig->control, (struct sockaddr *)&address,
		       sizeof(address)) < 0) {
		ck_assert(rig_now_us() < deadline);
		poll(NULL, 0, 5);
	}
}

static void read_answer(struct rig *rig)
{
	size_t n = 0;

	while (n == 0 || rig->answer[n - 1] != '\n') {
		struct pollfd p = { rig->control, POLLIN, 0 };

		ck_assert_msg(poll(&p, 1, 5000) == 1, "the simulator is mute");
		ck_assert_int_eq(read(rig->control, rig->answer + n, 1), 1);
		ck_assert_uint_lt(++n, sizeof(rig->answer));
	}
	rig->answer[n - 1] = '\0';
}

const char *rig_sim(struct rig *rig, const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[n++] = '\n';
	ck_assert_int_eq(write(rig->control, line, (size_t)n), n);
	read_answer(rig);
	ck_assert_msg(strncmp(rig->answer, "ok", 2) == 0, "%.*s: %s", n - 1,
		      line, rig->answer);
	return rig->answer[2] == ' ' ? rig->answer + 3 : rig->answer + 2;
}

long rig_sim_long(struct rig *rig, const char *key)
{
	return strtol(rig_sim(rig, "get %s", key), NULL, 10);
}

/* --- the configuration -------------------------------------------------- */

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

static void write_conf(struct rig *rig)
{
	const struct rig_options *o = &rig->options;
	FILE *f = fmemopen(rig->settings, sizeof(rig->settings), "w");
	int n = bus_sections(rig, o->buses ? o->buses : "rack:1-2", f);

	fprintf(f, "[general]\nbatteries = %d\n", n);
	if (!o->no_mk3)
		fprintf(f, "[inverter]\ndevice = %s/mk3\n%s", rig->dir,
			o->inverter ? o->inverter : "");
	if (o->capture)
		fprintf(f, "[capture]\nfile = %s/capture\n", rig->dir);
	fprintf(f, "[gpio]\nchip = virtual:%s/chip\n", rig->dir);
	for (size_t i = 0; i < LINE_REMOTE_L; i++) {
		if (i < LINE_LED_BLUETOOTH)
			fprintf(f, "%s = %d\n", lines[i].key, lines[i].offset);
	}
	if (!o->remote)
		fprintf(f, "remote-l =\nremote-h =\n");
	if (o->settings)
		fprintf(f, "%s", o->settings);
	fputc('\0', f);
	fclose(f);
	rig_write_settings(rig, rig->settings);
}

/* --- the bus ------------------------------------------------------------ */

static int on_signal(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct rig *rig = data;

	(void)m;
	(void)error;
	rig->changes++;
	return 0;
}

static void connect_bus(struct rig *rig)
{
	bus_address(rig);
	ck_assert_int_ge(sd_bus_new(&rig->bus), 0);
	ck_assert_int_ge(sd_bus_set_address(rig->bus, rig->text), 0);
	ck_assert_int_ge(sd_bus_set_bus_client(rig->bus, 1), 0);
	ck_assert_int_ge(sd_bus_start(rig->bus), 0);
	ck_assert_int_ge(sd_bus_add_match(rig->bus, NULL,
		"type='signal',path_namespace='" ROOT "'", on_signal, rig),
		0);
	ck_assert_int_ge(sd_bus_add_match(rig->bus, NULL,
		"type='signal',sender='org.freedesktop.DBus',"
		"member='NameOwnerChanged',arg0='" NAME "'", on_signal, rig),
		0);
}

/* Splits "battery/2.Online" into path and interface; the member's name. */
static const char *locate(const char *property, char path[256],
			  char interface[64])
{
	static const struct {
		const char *prefix;
		const char *interface;
	} kinds[] = {
		{ "battery/", NAME ".Battery1" },
		{ "inverter", NAME ".Inverter1" },
		{ "bus/", NAME ".Bus1" },
	};
	const char *dot = strchr(property, '.');

	snprintf(path, 256, "%s", ROOT);
	snprintf(interface, 64, "%s", NAME ".Bms1");
	if (!dot)
		return property;
	snprintf(path, 256, "%s/%.*s", ROOT, (int)(dot - property), property);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(property, kinds[i].prefix,
			    strlen(kinds[i].prefix)) == 0)
			snprintf(interface, 64, "%s", kinds[i].interface);
	}
	return dot + 1;
}

static void print_basic(sd_bus_message *m, char type, FILE *out)
{
	union {
		int b;
		double d;
		uint32_t u;
		uint64_t t;
		const char *s;
	} v;

	ck_assert_int_gt(sd_bus_message_read_basic(m, type, &v), 0);
	switch (type) {
	case 'b':
		fputs(v.b ? "yes" : "no", out);
		break;
	case 'd':
		fprintf(out, "%.3f", v.d);
		break;
	case 'u':
		fprintf(out, "%" PRIu32, v.u);
		break;
	case 't':
		fprintf(out, "%" PRIu64, v.t);
		break;
	case 's':
		fputs(v.s, out);
		break;
	default:
		ck_abort_msg("a property of type %c", type);
	}
}

static void print_property(sd_bus_message *m, FILE *out)
{
	const char *contents;
	char type;
	bool first = true;

	ck_assert_int_gt(sd_bus_message_peek_type(m, &type, &contents), 0);
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'v', contents), 0);
	ck_assert_int_gt(sd_bus_message_peek_type(m, &type, &contents), 0);
	if (type != 'a') {
		print_basic(m, type, out);
		return;
	}
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', contents), 0);
	while (!sd_bus_message_at_end(m, 0)) {
		if (!first)
			fputc(' ', out);
		print_basic(m, contents[0], out);
		first = false;
	}
}

/* The property as text into rig->text; "" where the daemon is not there. */
static const char *get(struct rig *rig, const char *property)
{
	char path[256];
	char interface[64];
	const char *member = locate(property, path, interface);
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	FILE *out;
	int r;

	r = sd_bus_call_method(rig->bus, NAME, path,
			       "org.freedesktop.DBus.Properties", "Get",
			       &error, &reply, "ss", interface, member);
	rig->text[0] = '\0';
	if (r >= 0) {
		out = fmemopen(rig->text, sizeof(rig->text), "w");
		print_property(reply, out);
		fputc('\0', out);
		fclose(out);
	}
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return rig->text;
}

const char *rig_get(struct rig *rig, const char *property)
{
	return get(rig, property);
}

double rig_get_double(struct rig *rig, const char *property)
{
	return strtod(get(rig, property), NULL);
}

/* Handles what has come; else sleeps until something comes or 100 ms. */
static void turn(struct rig *rig)
{
	int changes = rig->changes;

	while (sd_bus_process(rig->bus, NULL) > 0)
		;
	if (rig->changes == changes)
		(void)sd_bus_wait(rig->bus, 100000);
	while (sd_bus_process(rig->bus, NULL) > 0)
		;
}

static void show_log(struct rig *rig)
{
	static const char *const names[] = { "daemon.log", "sim.log" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len;

		file_text(rig_path(rig, names[i]), rig->printed,
			  sizeof(rig->printed));
		len = strlen(rig->printed);
		printf("--- %s\n%s\n", names[i], len > 6000 ?
		       rig->printed + len - 6000 : rig->printed);
	}
	printf("--- reasons: %s\n", get(rig, "ChargeReasons"));
	printf("--- reasons: %s\n", get(rig, "DischargeReasons"));
	fflush(stdout);
}

typedef bool (*wish)(const char *text, const char *word);

static bool is(const char *text, const char *word)
{
	return strcmp(text, word) == 0;
}

static bool has(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

static bool has_not(const char *text, const char *word)
{
	return strstr(text, word) == NULL;
}

static uint64_t until(struct rig *rig, const char *property,
		      const char *word, uint32_t timeout_ms, wish suits)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;

	while (!suits(get(rig, property), word)) {
		if (rig_now_us() > deadline) {
			char was[TEXT_SIZE];

			snprintf(was, sizeof(was), "%s", rig->text);
			show_log(rig);
			ck_abort_msg("%s is \"%s\" after %u ms, not \"%s\"",
				     property, was, timeout_ms, word);
		}
		turn(rig);
	}
	return rig_now_us();
}

uint64_t rig_until(struct rig *rig, const char *property, const char *value,
		   uint32_t timeout_ms)
{
	return until(rig, property, value, timeout_ms, is);
}

uint64_t rig_until_has(struct rig *rig, const char *property,
		       const char *word, uint32_t timeout_ms)
{
	return until(rig, property, word, timeout_ms, has);
}

uint64_t rig_until_has_not(struct rig *rig, const char *property,
			   const char *word, uint32_t timeout_ms)
{
	return until(rig, property, word, timeout_ms, has_not);
}

void rig_stays(struct rig *rig, const char *property, const char *value,
	       uint32_t ms)
{
	uint64_t end_us = rig_now_us() + (uint64_t)ms * 1000;

	while (rig_now_us() < end_us) {
		const char *text = get(rig, property);

		if (strcmp(text, value) != 0) {
			char was[TEXT_SIZE];

			snprintf(was, sizeof(was), "%s", text);
			show_log(rig);
			ck_abort_msg("%s became \"%s\"", property, was);
		}
		turn(rig);
	}
}

bool rig_log_has(struct rig *rig, const char *text)
{
	static char log[4 << 20];

	file_text(rig_path(rig, "daemon.log"), log, sizeof(log));
	return strstr(log, text) != NULL;
}

void rig_until_log(struct rig *rig, const char *text, uint32_t timeout_ms)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;

	while (!rig_log_has(rig, text)) {
		if (rig_now_us() > deadline) {
			show_log(rig);
			ck_abort_msg("the log does not say \"%s\"", text);
		}
		turn(rig);
	}
}

/* --- lines -------------------------------------------------------------- */

char rig_line(struct rig *rig, enum settings_line line)
{
	int fd = open(rig_path(rig, "chip"), O_RDONLY | O_CLOEXEC);
	char level = '?';

	if (fd < 0)
		return '?';
	if (pread(fd, &level, 1, lines[line].offset) != 1)
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
			show_log(rig);
			ck_abort_msg("%s is %c, not %c", lines[line].key,
				     rig_line(rig, line), level);
		}
		turn(rig);
	}
	return rig_now_us();
}

void rig_set_input(struct rig *rig, enum settings_line line, bool high)
{
	int fd = open(rig_path(rig, "chip"), O_RDWR | O_CREAT | O_CLOEXEC,
		      0600);
	char level = high ? '1' : '0';

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, &level, 1, lines[line].offset), 1);
	close(fd);
}

/* --- life --------------------------------------------------------------- */

void rig_start_daemon(struct rig *rig)
{
	char prog[1024];
	char conf[128];
	char state[128];
	char *argv[] = { (char *)program("vebus-bms-ngd", prog),
			 "--session-bus", "-c", conf, "--state-dir", state,
			 NULL };
	uint64_t deadline = rig_now_us() + START_MS * 1000;

	snprintf(conf, sizeof(conf), "%s/conf", rig->dir);
	snprintf(state, sizeof(state), "%s/state", rig->dir);
	bus_address(rig);
	rig->daemon_pid = start(rig, "daemon.log", argv);
	while (get(rig, "Version")[0] == '\0') {
		if (rig_now_us() > deadline) {
			show_log(rig);
			ck_abort_msg("the daemon did not come up");
		}
		turn(rig);
	}
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
	return reap(pid, 5000);
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
	bus_address(rig);
	start_bus(rig);
	start_sim(rig);
	connect_sim(rig);
	if (options->mk3_late)
		rig_sim(rig, "unplug mk3");
	connect_bus(rig);
	write_conf(rig);
	if (!options->no_daemon)
		rig_start_daemon(rig);
	return rig;
}

void rig_free(struct rig *rig)
{
	char remove[256];
	int status;

	if (rig->daemon_pid > 0) {
		status = rig_end_daemon(rig, SIGTERM);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			show_log(rig);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
			      "the daemon ended with status %d", status);
		ck_assert_int_eq(rig_line(rig, LINE_LOAD_DISCONNECT), '.');
		ck_assert_int_eq(rig_line(rig, LINE_CHARGE_DISCONNECT), '.');
	}
	sd_bus_flush_close_unref(rig->bus);
	close(rig->control);
	end(rig->sim_pid, SIGTERM);
	end(rig->bus_pid, SIGTERM);
	snprintf(remove, sizeof(remove), "rm -rf %s", rig->dir);
	ck_assert_int_eq(system(remove), 0);
	free(rig);
}

void rig_allowed(struct rig *rig)
{
	rig_until(rig, "AllowedToCharge", "yes", 60000);
	rig_until(rig, "AllowedToDischarge", "yes", 60000);
}
