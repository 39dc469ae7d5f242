/* SPDX-License-Identifier: MIT */
/*
 * Finds out what answers on a serial device (requirement I6), with the very
 * sessions that the daemon runs. Of an MK3 only the version is asked, so
 * that nothing is switched.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/ctl/ctl.h"
#include "daemon/talk.h"
#include "daemon/tty.h"
#include "lib/base/maybe.h"
#include "lib/mk3/reply.h"
#include "lib/mk3/request.h"
#include "lib/proto/proto.h"

enum {
	MK3_BAUD = 2400,       /* mk3.md 1 */
	MK3_PROBE_MS = 2500,   /* it tells its version once a second */
	BUS_PROBE_MS = 8000,   /* all addresses, some of them twice */
	READ_SIZE = 1024,
};

struct bus_probe {
	int fd;
	struct talk talk;
	size_t n; /* different addresses that gave a reading */
	struct sample sample[BMS_BUS_ADDRESSES_MAX];
};

/* Waits for something to read; false at the deadline. */
static bool wait_readable(int fd, mono_t until)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	uint64_t left_us = mono_elapsed_us(clock_mono(), until);

	(void)poll(&in, 1, (int)((left_us + 999) / 1000));
	return in.revents & POLLIN;
}

/* 0, or -errno where the device does not take it. */
static int send_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		struct pollfd out = { .fd = fd, .events = POLLOUT };
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0) {
			(void)poll(&out, 1, 1000);
			continue;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static void keep_samples(struct bus_probe *probe)
{
	for (uint32_t i = 0; i < probe->talk.n_reports; i++) {
		const struct talk_report *report = &probe->talk.report[i];
		size_t at = 0;

		while (at < probe->n && probe->sample[at].address !=
					report->address)
			at++;
		if (!report->is_sample || at == BMS_BUS_ADDRESSES_MAX)
			continue;
		probe->sample[at] = report->sample;
		if (at == probe->n)
			probe->n++;
	}
	talk_clear(&probe->talk);
}

static void converse(struct bus_probe *probe, mono_t deadline)
{
	struct talk *talk = &probe->talk;
	uint8_t bytes[READ_SIZE];
	mono_t now = clock_mono();

	talk_event(talk, now, SESSION_OPENED, NULL, 0);
	while (!mono_reached(now, deadline)) {
		keep_samples(probe);
		if (talk->tx_len > 0) {
			if (send_all(probe->fd, talk->tx, talk->tx_len) < 0)
				return;
			talk_event(talk, clock_mono(), SESSION_TX_DONE,
				   talk->tx, talk->tx_len);
		} else if (wait_readable(probe->fd,
					 mono_min(talk->until, deadline))) {
			ssize_t n = read(probe->fd, bytes, sizeof(bytes));

			if (n <= 0)
				return;
			talk_event(talk, clock_mono(), SESSION_RX, bytes,
				   (size_t)n);
		}
		now = clock_mono();
		if (talk_due(talk, now))
			talk_event(talk, now, SESSION_TICK, NULL, 0);
	}
	keep_samples(probe);
}

static void fill_addresses(const struct proto *proto,
			   struct proto_config *config)
{
	unsigned int last = proto->address_max;

	for (unsigned int a = proto->address_min;
	     a <= last && config->n_addresses < BMS_BUS_ADDRESSES_MAX; a++)
		config->addresses[config->n_addresses++] = (uint8_t)a;
}

static void print_volts(maybe_i32 mv)
{
	if (mv.known)
		printf(", %.2f V", mv.value / 1000.0);
}

static int by_address(const void *a, const void *b)
{
	const struct sample *left = a, *right = b;

	return left->address - right->address;
}

static void print_bus(const char *path, const struct proto *proto,
		      struct bus_probe *probe)
{
	qsort(probe->sample, probe->n, sizeof(probe->sample[0]), by_address);
	printf("%s: %s, %u baud\n", path, proto->title, proto->default_baud);
	for (size_t i = 0; i < probe->n; i++) {
		const struct sample *s = &probe->sample[i];

		printf("  address %u: %s, serial %s, %u cells", s->address,
		       *s->model ? s->model : "model unknown",
		       *s->serial ? s->serial : "unknown", s->n_cells);
		print_volts(s->voltage_mv);
		putchar('\n');
	}
	printf("  in the configuration:\n    [bus NAME]\n    device = %s\n"
	       "    protocol = %s\n    addresses = ", path, proto->name);
	for (size_t i = 0; i < probe->n; i++)
		printf("%s%u", i ? "," : "", probe->sample[i].address);
	putchar('\n');
}

/* 1 found, 0 not, -errno with a complaint. */
static int probe_bus(const char *path, const struct proto *proto)
{
	struct bus_probe *probe = calloc(1, sizeof(*probe));
	struct proto_config config = { .baud = proto->default_baud };
	void *state = calloc(1, proto->state_size);
	char error[TTY_ERROR_SIZE];
	int r = -ENOMEM;

	if (probe && state) {
		fill_addresses(proto, &config);
		proto->init(state, &config);
		talk_init(&probe->talk, proto->session, state);
		r = tty_open(path, config.baud, &probe->fd, error);
		if (r < 0)
			ctl_complain("%s %s", path, error);
	}
	if (r == 0) {
		converse(probe, mono_add_ms(clock_mono(), BUS_PROBE_MS));
		tty_close(probe->fd);
		r = probe->n > 0;
	}
	if (r > 0)
		print_bus(path, proto, probe);
	free(state);
	free(probe);
	return r;
}

static bool take_version(struct mk3_parser *parser, const uint8_t *bytes,
			 size_t n, struct mk3_version *ret)
{
	for (size_t i = 0; i < n; i++) {
		struct mk3_frame frame;

		mk3_parser_put(parser, bytes[i], clock_mono());
		while (mk3_parser_next(parser, &frame))
			if (mk3_reply_version(&frame, ret))
				return true;
	}
	return false;
}

static int probe_mk3(const char *path)
{
	struct mk3_request request = mk3_request_version();
	mono_t deadline = mono_add_ms(clock_mono(), MK3_PROBE_MS);
	struct mk3_parser parser = { .n = 0 };
	struct mk3_version version;
	char error[TTY_ERROR_SIZE];
	bool found = false;
	int fd, r;

	r = tty_open(path, MK3_BAUD, &fd, error);
	if (r < 0) {
		ctl_complain("%s %s", path, error);
		return r;
	}
	r = send_all(fd, request.bytes, request.len);
	while (r == 0 && !found && wait_readable(fd, deadline)) {
		uint8_t bytes[READ_SIZE];
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n <= 0)
			break;
		found = take_version(&parser, bytes, (size_t)n, &version);
	}
	tty_close(fd);
	if (!found)
		return 0;
	printf("%s: MK3 (VE.Bus interface), version %u\n"
	       "  in the configuration:\n    [inverter]\n    device = %s\n",
	       path, version.version, path);
	return 1;
}

/* As above. */
static int probe_device(const char *path)
{
	int r = probe_mk3(path);

	for (const struct proto *p = protos; r == 0 && p->name; p++)
		r = probe_bus(path, p);
	if (r == 0)
		printf("%s: nothing that is known answers\n", path);
	fflush(stdout);
	return r;
}

int ctl_probe(const struct ctl *ctl, char *const arguments[])
{
	int status = CTL_OK;

	(void)ctl;
	if (!arguments[0]) {
		ctl_complain("probe takes serial devices, such as "
			     "/dev/ttyUSB0");
		return CTL_USAGE;
	}
	for (; *arguments; arguments++) {
		if (probe_device(*arguments) <= 0)
			status = CTL_FAILED;
	}
	return status;
}
