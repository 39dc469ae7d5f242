/* SPDX-License-Identifier: MIT */
/*
 * B2, B3, B4: how long after the last byte of a reading the line changes
 * that has to, over 1,000 trips, beside the floor: what reading a tty and
 * writing a line take where nothing else is done (floor.c).
 *
 * The test itself is the battery of each tty and writes the answer in
 * pieces, paced as 115200 baud are. The clock starts before it hands over
 * the last piece and ends where the kernel stamps the line's change for
 * whoever watches its chip, so looking costs nothing that is measured. Just
 * before each trip the floor gets the same bytes.
 *
 * Who has tripped holds its lines for 5 s before it can trip again. So there
 * are many daemons, each with its own tty, lines and bus, and one of them
 * trips while the others wait.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/e2e/rig_private.h"
#include "tests/unit/unit.h"
#include "tests/vm/battery.h"
#include "tests/vm/chip.h"

enum {
	TRIPS = 1000,
	UNITS = 24,
	FLOOR_LINE = UNITS * BATTERY_LINES, /* behind all the others */
	PIECE = 16,               /* bytes, as a UART's buffer hands them on */
	PIECE_US = 1400,
	/* batteries.md 2.1.1: an answer begins 8 to 20 ms after it is asked
	 * for. Where nothing is wrong it comes later: less to do. */
	DELAY_MIN_US = 8000,
	DELAY_MAX_US = 20000,
	LATE_US = 250000,
	/* The daemon gives up after 500 ms, and would take what comes later
	 * for the answer to its next request. */
	OLD_US = 400000,
	LOOK_US = 20000,          /* look for requests so often ... */
	BLIND_US = 100000,        /* ... or nobody knows how old they are */
	/* Answers that no trip hangs on: between two of them, and between
	 * them and the end of one that a trip hangs on. */
	REST_US = 6000,
	QUIET_US = 12000,
	START_US = 60000000,
	CHANGE_US = 5000000,      /* no change until then: none will come */
	/* A machine with work for eight has shown 6 and 100. A timer of
	 * 100 ms or the next reading, 120 ms later, moves the median; one
	 * reading in a hundred that is lost takes 500. */
	MEDIAN_MORE_US = 15000,
	P99_MORE_US = 300000,
};

_Static_assert((int)FLOOR_LINE < (int)CHIP_LINES, "a line for everybody");

/* One reading after another, each with one cell more beyond a limit: what
 * the first and the last cell have, and which line changes. */
static const struct step {
	const char *name;
	uint16_t first_mv;
	uint16_t last_mv;
	enum settings_line line;
	bool driven;
} steps[] = {
	{ "nothing is wrong", 3300, 3300, LINE_COUNT, false },
	{ "B4: charge-disconnect floats", 3760, 3300,
	  LINE_CHARGE_DISCONNECT, false },
	{ "B2: pre-alarm goes high", 3760, 2950, LINE_PRE_ALARM, true },
	{ "B3: load-disconnect floats", 3760, 2490,
	  LINE_LOAD_DISCONNECT, false },
	/* Back, within what B10 takes at once. */
	{ "nothing is wrong soon", 3300, 2950, LINE_COUNT, false },
};
enum { STEPS = ARRAY_SIZE(steps), LAST_TRIP = STEPS - 2 };

/* A daemon, or the floor. */
struct unit {
	struct battery battery;
	size_t step; /* of its last reading */
	pid_t pid;
	pid_t bus;
};

struct figures {
	uint32_t us[TRIPS];
	size_t n;
};

static struct rig rig; /* only its folder and its processes' logs */
static struct unit units[UNITS];
static struct unit ground; /* the floor */
static uint64_t seed;
static struct figures of_floor;
static struct figures of_step[STEPS];
static struct figures of_all;
static unsigned int asked_again;

/* --- batteries ---------------------------------------------------------- */

static void log_name(const struct unit *u, char name[32])
{
	snprintf(name, 32, "log%d", u->battery.line);
}

static void show_and_fail(const struct unit *u, const char *what)
{
	char name[32];

	log_name(u, name);
	rig_file_text(rig_path(&rig, name), rig.printed, sizeof(rig.printed));
	printf("%s\n", rig.printed);
	ck_abort_msg("after %zu trips, the one of line %d: %s", of_all.n,
		     u->battery.line, what);
}

/* What its battery has from now on. */
static void set_step(struct unit *u, size_t step)
{
	u->step = step;
	u->battery.first_mv = steps[step].first_mv;
	u->battery.last_mv = steps[step].last_mv;
}

/* Nothing is wrong, and its lines say so. */
static bool at_rest(const struct unit *u)
{
	const bool *driven = u->battery.driven;

	return u->step == 0 && driven[LINE_LOAD_DISCONNECT] &&
	       driven[LINE_CHARGE_DISCONNECT] && !driven[LINE_PRE_ALARM];
}

/* Whether its next reading, which it has just been asked for, can trip. */
static bool ready(const struct unit *u, uint64_t now_us)
{
	const struct battery *b = &u->battery;

	return b->asked && b->request.reg == JK_REG_STATUS &&
	       now_us - b->asked_us < DELAY_MIN_US &&
	       (at_rest(u) || (u->step > 0 && u->step < LAST_TRIP));
}

/* When to answer where it does not trip. */
static uint64_t due_us(const struct unit *u)
{
	if (!u->battery.asked)
		return UINT64_MAX;
	return u->battery.asked_us + (u->step == 0 ? LATE_US : DELAY_MAX_US);
}

/* Answers whoever is due first, one at a time and not one right after the
 * other; the instant when that is next to be done. */
static uint64_t answer_one_due(uint64_t now_us)
{
	static uint64_t rest_us;
	struct unit *u = units;
	uint64_t next_us;

	for (size_t i = 1; i < UNITS; i++)
		if (due_us(&units[i]) < due_us(u))
			u = &units[i];
	next_us = due_us(u) > rest_us ? due_us(u) : rest_us;
	if (now_us < next_us)
		return next_us;
	if (u->battery.request.reg == JK_REG_STATUS && u->step >= LAST_TRIP)
		set_step(u, (u->step + 1) % STEPS);
	battery_answer(&u->battery);
	rest_us = now_us + REST_US;
	return rest_us;
}

static void wait_for_any(struct pollfd p[2 * UNITS + 1], uint64_t us)
{
	struct timespec wait = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000,
	};

	p[2 * UNITS] = (struct pollfd){ ground.battery.chip, POLLIN, 0 };
	for (size_t i = 0; i < UNITS; i++) {
		const struct battery *b = &units[i].battery;

		p[2 * i] = (struct pollfd){ b->master, POLLIN, 0 };
		p[2 * i + 1] = (struct pollfd){ b->chip, POLLIN, 0 };
	}
	(void)ppoll(p, 2 * UNITS + 1, &wait, NULL);
}

/* Waits for requests and changes until then, or until the first of them, or
 * LOOK_US; the time after that. */
static uint64_t serve(uint64_t now_us, uint64_t until_us, bool answers)
{
	static uint64_t looked_us;
	struct pollfd p[2 * UNITS + 1];
	uint64_t next_us = answers ? answer_one_due(now_us) : UINT64_MAX;
	bool blind;

	if (next_us > until_us)
		next_us = until_us;
	if (next_us > now_us + LOOK_US)
		next_us = now_us + LOOK_US;
	wait_for_any(p, next_us > now_us ? next_us - now_us : 0);
	now_us = rig_now_us();
	blind = now_us - looked_us > BLIND_US;
	looked_us = now_us;
	if (p[2 * UNITS].revents)
		battery_change(&ground.battery);
	for (size_t i = 0; i < UNITS; i++) {
		struct battery *b = &units[i].battery;

		if (p[2 * i].revents)
			battery_receive(b, now_us);
		if (p[2 * i + 1].revents)
			battery_change(b);
		if (blind || (b->asked && now_us - b->asked_us > OLD_US))
			b->asked = false;
	}
	return now_us;
}

/* --- a trip ------------------------------------------------------------- */

/*
 * Waits until the line is as it is to be; when it came to be so. One who
 * asks again instead, because it found the answer too old, gets it again,
 * and that takes what it takes.
 */
static uint64_t until_changed(struct unit *u, size_t line, bool driven)
{
	struct battery *b = &u->battery;
	uint64_t now_us = rig_now_us();
	uint64_t limit_us = now_us + CHANGE_US;

	while (b->driven[line] != driven) {
		if (now_us > limit_us)
			show_and_fail(u, "no change");
		now_us = serve(now_us, limit_us, false);
		if (b->asked && b->driven[line] != driven) {
			asked_again++;
			battery_answer(b);
		}
	}
	return b->changed_us[line];
}

static uint64_t wire_us(size_t bytes)
{
	return bytes * 10 * 1000000 / 115200;
}

/* Puts the answer on the wire, from start_us on, and adds how long after the
 * last piece the line changed. */
static uint32_t measure(struct unit *u, const uint8_t *answer,
			uint64_t start_us, size_t line, bool driven)
{
	uint64_t quiet_us = start_us + wire_us(BATTERY_ANSWER) - QUIET_US;
	uint64_t now_us = rig_now_us();
	uint64_t changed_us;
	size_t end;

	for (size_t at = 0; at < BATTERY_ANSWER; at = end) {
		uint64_t end_us;

		end = at + PIECE < BATTERY_ANSWER ? at + PIECE :
						    BATTERY_ANSWER;
		end_us = start_us + wire_us(end);
		while (now_us < end_us)
			now_us = serve(now_us, end_us, now_us < quiet_us);
		battery_put(&u->battery, answer + at, end - at);
	}
	changed_us = until_changed(u, line, driven);
	/* The chip's own word for it. */
	if (chip_number(u->battery.line + (int)line) != (driven ? 'H' : '.'))
		show_and_fail(u, "its line is not as the kernel said");
	return (uint32_t)(changed_us - now_us);
}

static void add(struct figures *f, uint32_t us)
{
	f->us[f->n++] = us;
}

static void trip(struct unit *u)
{
	struct battery *b = &u->battery;
	uint64_t start_us = b->asked_us + (uint64_t)unit_between(&seed,
				DELAY_MIN_US, DELAY_MAX_US);
	uint8_t answer[BATTERY_ANSWER];
	const struct step *step;
	uint32_t us;

	set_step(u, u->step + 1);
	step = &steps[u->step];
	battery_encode(b, answer);
	b->asked = false;
	/* Of the floor's answer the last piece alone is paced, and it has
	 * its line back before the daemon's answer begins. */
	add(&of_floor, measure(&ground, answer, rig_now_us() + PIECE_US -
			       wire_us(BATTERY_ANSWER), 0, false));
	battery_answer(&ground.battery);
	(void)until_changed(&ground, 0, true);
	us = measure(u, answer, start_us, (size_t)step->line, step->driven);
	add(&of_step[u->step], us);
	add(&of_all, us);
}

/* --- the bed ------------------------------------------------------------ */

static void start_floor(void)
{
	char program[1024];
	char path[64];
	char line[16];
	char *argv[] = { (char *)rig_program("tests/vm/floor", program),
			 ground.battery.tty, path, line, NULL };

	battery_open(&ground.battery, FLOOR_LINE, 1);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(),
		 ground.battery.chip);
	snprintf(line, sizeof(line), "%d", FLOOR_LINE);
	ground.pid = rig_start(&rig, "log", argv);
	battery_answer(&ground.battery);
}

static void start_bus(struct unit *u)
{
	char address[128];
	char *argv[] = { "dbus-daemon", "--session", "--nofork",
			 "--nopidfile", address, NULL };

	snprintf(address, sizeof(address), "--address=unix:path=%s/bus%d",
		 rig.dir, u->battery.line);
	u->bus = rig_start(&rig, "log", argv);
}

static void write_conf(const struct battery *b, const char *path)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "[general]\nbatteries = 1\n"
		"[bus rack]\ndevice = %s\nprotocol = jk-pb\n"
		"addresses = 1\n"
		"[gpio]\nchip = " CHIP_LABEL "\n"
		"remote-l =\nremote-h =\n", b->tty);
	for (int i = 0; i < BATTERY_LINES; i++)
		fprintf(f, "%s = %d\n", rig_lines[i].key, b->line + i);
	fprintf(f, "[protection]\nrelease-hold = 5\n");
	ck_assert_int_eq(fclose(f), 0);
}

static void start_daemon(struct unit *u)
{
	int line = u->battery.line;
	char program[1024];
	char name[32];
	char conf[128];
	char state[128];
	char *argv[] = { (char *)rig_program("vebus-bms-ngd", program),
			 "--session-bus", "-c", conf, "--state-dir", state,
			 NULL };

	snprintf(name, sizeof(name), "bus%d", line);
	rig_until_file(&rig, name);
	/* Where rig_start() looks for the address. */
	snprintf(rig.text, sizeof(rig.text), "unix:path=%s/%s", rig.dir,
		 name);
	snprintf(conf, sizeof(conf), "%s/conf%d", rig.dir, line);
	snprintf(state, sizeof(state), "%s/state%d", rig.dir, line);
	ck_assert_int_eq(mkdir(state, 0755), 0);
	write_conf(&u->battery, conf);
	log_name(u, name);
	u->pid = rig_start(&rig, name, argv);
}

static const struct unit *find_restless(void)
{
	for (size_t i = 0; i < UNITS; i++)
		if (!at_rest(&units[i]))
			return &units[i];
	return ground.battery.driven[0] ? NULL : &ground;
}

/* Starts everything, which costs too much to measure anything meanwhile. */
static void start(void)
{
	const struct unit *u;
	uint64_t now_us;
	uint64_t limit_us;

	snprintf(rig.dir, sizeof(rig.dir), "/tmp/bms-vm-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig.dir));
	chip_make();
	for (int i = 0; i < UNITS; i++) {
		battery_open(&units[i].battery, i * BATTERY_LINES,
			     BATTERY_LINES);
		start_bus(&units[i]);
	}
	start_floor();
	for (size_t i = 0; i < UNITS; i++)
		start_daemon(&units[i]);
	now_us = rig_now_us();
	limit_us = now_us + START_US;
	while ((u = find_restless())) {
		if (now_us > limit_us)
			show_and_fail(u, "does not come up");
		now_us = serve(now_us, limit_us, true);
	}
}

static void end(void)
{
	char command[128];

	for (size_t i = 0; i < UNITS; i++) {
		rig_end(units[i].pid, SIGTERM);
		rig_end(units[i].bus, SIGTERM);
	}
	rig_end(ground.pid, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf %s", rig.dir);
	ck_assert_int_eq(system(command), 0);
}

/* --- the table ---------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t permille(const struct figures *f, size_t which)
{
	return f->us[(f->n - 1) * which / 1000];
}

static void print_figures(const char *what, struct figures *f)
{
	qsort(f->us, f->n, sizeof(f->us[0]), compare);
	printf("| %-43s | %5zu | %7u | %7u | %7u |\n", what, f->n,
	       permille(f, 500), permille(f, 990), permille(f, 1000));
}

static double times_floor(size_t which)
{
	return (double)permille(&of_all, which) / permille(&of_floor, which);
}

static void print_table(void)
{
	printf("| %-43s | %5s | %7s | %7s | %7s |\n",
	       "from the last byte to the line, in us", "trips", "median",
	       "p99", "max");
	print_figures("the floor: reads, writes the line, no more",
		      &of_floor);
	for (size_t i = 1; i <= LAST_TRIP; i++)
		print_figures(steps[i].name, &of_step[i]);
	print_figures("the daemon, all of them", &of_all);
	printf("| %-43s | %5s | %7.1f | %7.1f | %7.1f |\n",
	       "times the floor", "", times_floor(500), times_floor(990),
	       times_floor(1000));
	printf("| %-43s | %5u | %7s | %7s | %7s |\n",
	       "readings that were asked for again", asked_again, "", "", "");
	fflush(stdout);
}

/* NULL where there is none. */
static struct unit *find_ready(uint64_t now_us)
{
	for (size_t i = 0; i < UNITS; i++)
		if (ready(&units[i], now_us))
			return &units[i];
	return NULL;
}

START_TEST(a_line_changes_with_the_last_byte_of_the_reading)
{
	uint64_t now_us;
	uint64_t limit_us;

	seed = unit_seed();
	start();
	now_us = rig_now_us();
	limit_us = now_us + START_US;
	while (of_all.n < TRIPS) {
		struct unit *u = find_ready(now_us);

		if (u) {
			trip(u);
			now_us = rig_now_us();
			limit_us = now_us + START_US;
		} else if (now_us > limit_us) {
			show_and_fail(units, "nobody comes to trip");
		}
		now_us = serve(now_us, limit_us, true);
	}
	end();
	print_table();
	ck_assert_uint_le(permille(&of_all, 500),
			  permille(&of_floor, 500) + MEDIAN_MORE_US);
	ck_assert_uint_le(permille(&of_all, 990),
			  permille(&of_floor, 990) + P99_MORE_US);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reaction");
	TCase *tc = tcase_create("reaction");

	tcase_set_timeout(tc, 400);
	tcase_add_test(tc, a_line_changes_with_the_last_byte_of_the_reading);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
