/* SPDX-License-Identifier: MIT */
#include "tests/e2e/rig_private.h"

#include <check.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void rig_start_sim(struct rig *rig)
{
	char words[2048];
	char prog[1024];
	char *argv[64];
	int argc = 0;
	size_t len = 0;
	const char *buses = rig->options.buses;
	char copy[256];

	argv[argc++] = (char *)rig_program("tests/sim/bms-sim", prog);
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
	rig->sim_pid = rig_start(rig, "sim.log", argv);
	rig_until_file(rig, "control");
}

void rig_connect_sim(struct rig *rig)
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

