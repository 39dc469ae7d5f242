/* SPDX-License-Identifier: MIT */
/*
 * Hostile programs on the system bus, for tests/vm/test-hostile:
 *
 *	flood reads|calls CONNECTIONS RATE SECONDS
 *	flood listen CLIENTS
 *
 * calls: that many calls a second in all, of each kind below in turn, none
 * of which waits for an answer; what a connection does not take for the
 * moment is held back, and counts as attempted. Prints how many a second
 * were attempted, taken, answered and refused. reads: only kinds that anybody
 * may call, and no more at once than the bus lets wait for an answer.
 *
 * listen: clients that want every signal; every other one never reads any.
 * Prints how many got in, and stays until it is killed.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#define NAME "org.vebusbmsng"
#define ROOT "/org/vebusbmsng"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

enum {
	CONNECTIONS_MAX = 250,
	QUEUE_MAX = 50, /* unsent on a connection; then calls are held back */
	WAITING_MAX = 100, /* max_replies_per_connection is 128 */
	READS = 5,
	ANSWERS_A_TURN = 100,
};

struct client {
	sd_bus *bus; /* NULL: not in */
	unsigned long calls;
	unsigned long answers;
	unsigned long errors;
};

/* What anybody may ask (READS of them), what nobody may, and what cannot
 * be. */
static const struct {
	const char *path;
	const char *interface;
	const char *member;
	const char *words[3]; /* strings of the body */
} kinds[] = {
	{ ROOT, PROPERTIES, "Get", { NAME ".Bms1", "Voltage" } },
	{ ROOT, PROPERTIES, "GetAll", { NAME ".Bms1" } },
	{ ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
	  { NULL } },
	{ ROOT, "org.freedesktop.DBus.Introspectable", "Introspect",
	  { NULL } },
	{ ROOT, "org.freedesktop.DBus.Peer", "Ping", { NULL } },
	{ ROOT, PROPERTIES, "Set", { NAME ".Bms1", "Mode", "off" } },
	{ ROOT, NAME ".Bms1", "BeginUpdate", { NULL } },
	{ ROOT, NAME ".Bms1", "NoSuchMethod", { "x" } },
	{ ROOT, "no.such.Interface", "Get", { "x", "y" } },
	{ ROOT, PROPERTIES, "Get", { NAME ".Bms1", "NoSuchProperty" } },
	{ ROOT, PROPERTIES, "Get", { "one word too few" } },
	{ ROOT, PROPERTIES, "GetAll", { "a", "word", "too many" } },
	{ ROOT "/battery/4294967295", PROPERTIES, "GetAll",
	  { NAME ".Battery1" } },
	{ "/", PROPERTIES, "Get", { NAME ".Bms1", "Voltage" } },
	{ ROOT, NULL, "Get", { NAME ".Bms1", "Voltage" } },
};

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int on_message(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct client *client = data;

	(void)error;
	if (sd_bus_message_is_method_error(m, NULL))
		client->errors++;
	else if (sd_bus_message_is_method_call(m, NULL, NULL) == 0)
		client->answers++;
	return 0;
}

static void enter(struct client *client)
{
	if (sd_bus_open_system(&client->bus) < 0)
		client->bus = NULL;
	else
		(void)sd_bus_add_filter(client->bus, NULL, on_message, client);
}

static int call(sd_bus *bus, size_t kind)
{
	sd_bus_message *m = NULL;
	uint64_t cookie; /* asked for, it makes sd-bus want an answer */
	int r = sd_bus_message_new_method_call(bus, &m, NAME,
					       kinds[kind].path,
					       kinds[kind].interface,
					       kinds[kind].member);

	for (size_t i = 0; i < N_ELEMENTS(kinds[kind].words); i++) {
		const char *word = kinds[kind].words[i];

		if (r >= 0 && word && i == 2)
			r = sd_bus_message_append(m, "v", "s", word);
		else if (r >= 0 && word)
			r = sd_bus_message_append(m, "s", word);
	}
	if (r >= 0)
		r = sd_bus_send(bus, m, &cookie);
	sd_bus_message_unref(m);
	return r;
}

/* False where it has to be held back. */
static bool try_call(struct client *client, size_t kind, bool patient)
{
	uint64_t queued = 0;

	if (!client->bus)
		enter(client);
	if (!client->bus || (patient && client->calls - client->answers -
			     client->errors >= WAITING_MAX) ||
	    sd_bus_get_n_queued_write(client->bus, &queued) < 0 ||
	    queued >= QUEUE_MAX || call(client->bus, kind) < 0)
		return false;
	client->calls++;
	return true;
}

static void read_some(struct client *client)
{
	int r = 1;

	for (int i = 0; client->bus && i < ANSWERS_A_TURN && r > 0; i++)
		r = sd_bus_process(client->bus, NULL);
	if (r < 0)
		client->bus = sd_bus_close_unref(client->bus);
}

static int flood(struct client *client, size_t n, bool reads, uint64_t rate,
		 uint64_t seconds)
{
	size_t n_kinds = reads ? READS : N_ELEMENTS(kinds);
	uint64_t start_us = now_us();
	uint64_t end_us = start_us + seconds * 1000000;
	uint64_t attempted = 0;
	uint64_t sent = 0;
	unsigned long answers = 0;
	unsigned long errors = 0;

	for (uint64_t us = start_us; us < end_us; us = now_us()) {
		for (; attempted < (us - start_us) * rate / 1000000;
		     attempted++)
			sent += try_call(&client[attempted % n],
					 attempted % n_kinds, reads);
		for (size_t i = 0; i < n; i++)
			read_some(&client[i]);
		poll(NULL, 0, 1);
	}
	for (size_t i = 0; i < n; i++) {
		answers += client[i].answers;
		errors += client[i].errors;
		sd_bus_close_unref(client[i].bus);
	}
	printf("%llu %llu %llu %llu\n",
	       (unsigned long long)(attempted / seconds),
	       (unsigned long long)(sent / seconds),
	       (unsigned long long)(answers / seconds),
	       (unsigned long long)(errors / seconds));
	return attempted / seconds >= rate * 9 / 10 ? 0 : 1;
}

static void listen_all(struct client *client, size_t n)
{
	struct pollfd fds[CONNECTIONS_MAX];
	nfds_t n_fds = 0;
	size_t in = 0;

	for (size_t i = 0; i < n; i++) {
		enter(&client[i]);
		if (client[i].bus &&
		    sd_bus_add_match(client[i].bus, NULL, "type='signal',"
				     "sender='" NAME "'", NULL, NULL) >= 0)
			in++;
	}
	printf("%zu\n", in);
	fflush(stdout);
	for (;;) {
		n_fds = 0;
		for (size_t i = 0; i < n; i += 2) {
			read_some(&client[i]);
			if (client[i].bus)
				fds[n_fds++] = (struct pollfd){
					sd_bus_get_fd(client[i].bus), POLLIN,
					0 };
		}
		poll(fds, n_fds, 1000);
	}
}

int main(int argc, char *argv[])
{
	static struct client client[CONNECTIONS_MAX];
	unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	bool reads = argc > 1 && strcmp(argv[1], "reads") == 0;

	if (n == 0 || n > CONNECTIONS_MAX)
		return 2;
	if (strcmp(argv[1], "listen") == 0)
		listen_all(client, n);
	if ((!reads && strcmp(argv[1], "calls") != 0) || argc != 5)
		return 2;
	return flood(client, n, reads, strtoul(argv[3], NULL, 10),
		     strtoul(argv[4], NULL, 10));
}
