/* SPDX-License-Identifier: MIT */
#include "tests/unit/turn_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/config.h"
#include "lib/base/settings.h"

char turn_dir[64];
static char config[128];

void write_config(const char *addresses, const char *more)
{
	FILE *f = fopen(config, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "[general]\nbatteries = 2\n"
		"[bus rack]\ndevice = %s/none\nprotocol = jk-pb\n"
		"addresses = %s\n"
		"[gpio]\nchip = virtual\nload-disconnect = 17\n"
		"charge-disconnect = 27\npre-alarm = 22\nremote-l = 23\n"
		"remote-h =\n%s%s", turn_dir, addresses,
		strstr(more, "heartbeat") ? "" : "heartbeat = 5\n", more);
	fclose(f);
}

void start(struct bmsd *d)
{
	static const struct order_handler handler;
	struct settings *settings = calloc(1, sizeof(*settings));

	memset(d, 0, sizeof(*d));
	d->options.config = config;
	d->options.state_dir = turn_dir;
	d->options.session_bus = true;
	ck_assert_int_eq(config_load(config, settings, stderr), 0);
	ck_assert_int_eq(keep_open(d), 0);
	d->loop = ev_loop_new(EVBACKEND_POLL);
	d->hooks = (struct port_hooks){ d, bmsd_wake, bmsd_told };
	ck_assert_int_eq(bmsd_apply(d, settings, clock_mono()), 0);
	ck_assert_int_eq(bus_new(&d->bus, d->loop, &d->view, &handler, true),
			 0);
	keep_load(d, clock_mono());
}

void stop(struct bmsd *d)
{
	int result;

	lines_close(d);
	ck_assert(saver_wait(&d->saver, 10000, &result));
	d->bus = bus_free(d->bus);
	keep_close(d);
	ev_loop_destroy(d->loop);
	bmsd_forget(d);
}

void setup(void)
{
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	strcpy(turn_dir, "/tmp/bms-turn-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(turn_dir));
	snprintf(config, sizeof(config), "%s/conf", turn_dir);
	write_config("1-2", "");
}

void teardown(void)
{
	static const char *const names[] = {
		"conf", "lock", "mode.0", "mode.1", "mode.0.bad",
		"batteries.0", "batteries.1", "memory.0", "bluetooth.0", NULL
	};

	for (int i = 0; names[i]; i++) {
		char path[192];

		snprintf(path, sizeof(path), "%s/%s", turn_dir, names[i]);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(turn_dir), 0);
}

bool has_code(const struct bmsd *d, enum code code)
{
	return d->spine->output.codes & CODE_BIT(code);
}
