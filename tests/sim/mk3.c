/* SPDX-License-Identifier: MIT */
#include "mk3.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MK3_VERSION 1170216
#define DMC_VERSION 1110110
#define BOOT_NS (600 * NS_PER_MS)
#define IDLE_V_NS (1 * NS_PER_S)
#define LOCAL_NS (5 * NS_PER_MS)	/* answered by the MK3 itself */
#define VEBUS_NS (30 * NS_PER_MS)	/* has to wait for a bus frame */
#define CONFIG_NS (180 * NS_PER_MS)
#define GARBAGE_NS (150 * NS_PER_MS)
#define INTERJECT_ONE_IN 8
#define LINES_DEFAULT 0x05
#define LINE_PANEL 0x01
#define LINE_STANDBY 0x02
#define AC_LIMIT_MIN_DA 94
#define AC_LIMIT_MAX_DA 500
#define PERIOD_INVERTER 135		/* (135 + 256) / 1953 */
#define PERIOD_MAINS 195		/* 195 / 977 */
#define MK3_INFO_UNIT 0x20

enum s_flag {
	S_LEDS = 0x02, S_DO_NOT_SEND = 0x10, S_NEW_LIMIT = 0x80,
};

static void forget(struct mk3 *mk3)
{
	mk3->addressed = false;
	mk3->address = 0;
	mk3->flags = 0;
	mk3->lines = LINES_DEFAULT;
	mk3->winmon_long = false;
	mk3->n_snapshot = 0;
	mk3->rx.n = 0;
	memset(mk3->late, 0, sizeof(mk3->late));
}

static void pull_lines(struct mk3 *mk3)
{
	mk3->multi->panel_detect = mk3->lines & LINE_PANEL;
	mk3->multi->standby = mk3->powered && mk3->lines & LINE_STANDBY;
}

void mk3_init(struct mk3 *mk3, struct multi *multi, uint64_t seed)
{
	memset(mk3, 0, sizeof(*mk3));
	mk3->multi = multi;
	mk3->rng.state = seed;
	mk3->powered = true;
	mk3->asked_ns = -1;
	mk3->slave_state = true;
	forget(mk3);
	pull_lines(mk3);
}

void mk3_reset(struct mk3 *mk3, int64_t now_ns)
{
	forget(mk3);
	pull_lines(mk3);
	mk3->resets++;
	mk3->booting = true;
	mk3->boot_end_ns = now_ns + BOOT_NS;
	mk3->pty.tx.count = 0;
	mk3->pty.tx.last_due_ns = 0;
}

void mk3_reply(struct mk3 *mk3, const uint8_t *counted, size_t n,
	       int64_t at_ns, int64_t delay_ns)
{
	uint8_t frame[MK3_FRAME_MAX + 2], leds[2];
	int64_t start_ns = at_ns + delay_ns + mk3->delay_ns;
	bool append = mk3->flags & S_LEDS;

	multi_leds(mk3->multi, &leds[0], &leds[1]);
	n = mk3_frame(counted, n, append ? leds : NULL, frame);
	pty_send(&mk3->pty, start_ns, frame, n);
	mk3->answer_end_ns = mk3->pty.tx.last_due_ns;
	mk3->traffic_ns = mk3->answer_end_ns;
}

void mk3_reply_late(struct mk3 *mk3, const uint8_t *counted, size_t n,
		    int64_t due_ns)
{
	for (size_t i = 0; i < MK3_LATE; i++) {
		struct mk3_late *late = &mk3->late[i];

		if (late->due_ns)
			continue;
		memcpy(late->counted, counted, n);
		late->n = n;
		late->due_ns = due_ns;
		return;
	}
}

static void run_late(struct mk3 *mk3, int64_t now_ns)
{
	for (size_t i = 0; i < MK3_LATE; i++) {
		struct mk3_late *late = &mk3->late[i];

		if (!late->due_ns || now_ns < late->due_ns)
			continue;
		late->due_ns = 0;
		mk3_reply(mk3, late->counted, late->n, now_ns, 0);
	}
}

static void send_version(struct mk3 *mk3, int64_t at_ns)
{
	uint8_t out[7] = { MK3_COMMAND, 'V' };

	put_le(out + 2, 4, MK3_VERSION);
	out[6] = mk3->addressed ? mk3->address : (uint8_t)'B';
	mk3->version_ns = at_ns;
	mk3_reply(mk3, out, sizeof(out), at_ns, LOCAL_NS);
}

static void on_version(struct mk3 *mk3, const uint8_t *in, size_t n,
		       int64_t at_ns)
{
	(void)in;
	(void)n;
	send_version(mk3, at_ns);
}

static void on_address(struct mk3 *mk3, const uint8_t *in, size_t n,
		       int64_t at_ns)
{
	uint8_t out[4] = { MK3_COMMAND, 'A' };

	if (n < 3) {
		mk3->malformed++;
		return;
	}
	if (in[2] == 1 && n > 3) {
		mk3->address = in[3];
		mk3->addressed = true;
	}
	out[2] = in[2];
	out[3] = mk3->address;
	mk3_reply(mk3, out, sizeof(out), at_ns, LOCAL_NS);
}

static void on_lines(struct mk3 *mk3, const uint8_t *in, size_t n,
		     int64_t at_ns)
{
	uint8_t out[3] = { MK3_COMMAND, 'H' };

	if (n > 2)
		mk3->lines = in[2];
	pull_lines(mk3);
	out[2] = mk3->lines;
	mk3_reply(mk3, out, sizeof(out), at_ns, LOCAL_NS);
}

static void on_reset(struct mk3 *mk3, const uint8_t *in, size_t n,
		     int64_t at_ns)
{
	(void)in;
	(void)n;
	mk3_reset(mk3, at_ns);
}

static void on_leds(struct mk3 *mk3, const uint8_t *in, size_t n,
		    int64_t at_ns)
{
	uint8_t out[8] = { MK3_COMMAND, 'L' };

	(void)in;
	(void)n;
	multi_leds(mk3->multi, &out[2], &out[3]);
	out[4] = multi_alarms(mk3->multi);
	out[5] = (uint8_t)(multi_error(mk3->multi) & 0x1F);
	out[6] = 0x03;
	mk3_reply(mk3, out, sizeof(out), at_ns, LOCAL_NS);
}

static void set_ac_limit(struct multi *multi, unsigned limit_da)
{
	if (limit_da >= 0x8000)
		return;
	if (limit_da < AC_LIMIT_MIN_DA)
		limit_da = AC_LIMIT_MIN_DA;
	if (limit_da > AC_LIMIT_MAX_DA)
		limit_da = AC_LIMIT_MAX_DA;
	multi->ac_limit_da = limit_da;
}

static void on_switch(struct mk3 *mk3, const uint8_t *in, size_t n,
		      int64_t at_ns)
{
	static const uint8_t out[2] = { MK3_COMMAND, 'S' };

	if (n < 7) {
		mk3->malformed++;
		return;
	}
	mk3->s_frames++;
	mk3->flags = in[6];
	if (n >= 9)
		mk3->winmon_long = !(in[8] & 1);
	if (!(in[6] & S_DO_NOT_SEND) && in[2] >= SW_CHARGER &&
	    in[2] <= SW_OFF) {
		mk3->asked = (enum multi_switch)in[2];
		mk3->asked_ns = at_ns;
		mk3->multi->remote = mk3->asked;
		mk3->multi->raw_remote = false;
		if (in[6] & S_NEW_LIMIT)
			set_ac_limit(mk3->multi, get_le(in + 3, 2));
	}
	mk3_reply(mk3, out, sizeof(out), at_ns, LOCAL_NS);
}

/* 0.1 A: the scale that RAM info 5 of these units tells. */
static uint32_t tenths(double amps)
{
	return (uint32_t)lround(amps * 10);
}

static void send_dc(struct mk3 *mk3, int64_t at_ns)
{
	const struct multi *m = mk3->multi;
	uint8_t out[15] = { MK3_INFO, 0xB6, 0x89, 0x6D, 0xB7, 0x0C };
	bool runs = multi_state(m) != STATE_OFF;

	if (!multi_at(m, 0))
		return;
	put_le(out + 6, 2, (uint32_t)lround(m->bank->terminal_v * 100));
	put_le(out + 8, 3, tenths(m->inverter_a));
	put_le(out + 11, 3, tenths(m->charger_a));
	out[14] = runs ? PERIOD_INVERTER : 0;
	mk3_reply(mk3, out, sizeof(out), at_ns, VEBUS_NS);
}

/* 08, 09, 0A: the first of one, two, three phases. */
static uint8_t phase_code(const struct multi *multi, unsigned phase)
{
	return (uint8_t)(phase ? 0x08 - phase : 0x07 + multi->n_phases);
}

static void send_ac(struct mk3 *mk3, unsigned phase, int64_t at_ns)
{
	const struct multi *m = mk3->multi;
	const struct multi_unit *master = multi_at(m, phase);
	unsigned n = multi_units_of(m, phase);
	uint8_t out[15] = { MK3_INFO, (uint8_t)n, (uint8_t)n, 0xCA };
	double mains_a = 0, load_a = 0;
	uint16_t word[4];

	if (!master || phase >= m->n_phases)
		return;
	out[4] = (uint8_t)master->state;
	out[5] = phase_code(m, phase);
	for (unsigned id = 0; id < 4; id++)
		winmon_ram(mk3, phase, id, &word[id]);
	for (unsigned a = phase; a < MULTI_ADDRESSES; a += MULTI_PHASES) {
		mains_a += multi_mains_a(m, a);
		load_a += multi_load_a(m, a);
	}
	word[1] = (uint16_t)lround(mains_a * 100 / n);
	word[3] = (uint16_t)lround(load_a * 100 / n);
	for (unsigned id = 0; id < 4; id++)
		put_le(out + 6 + 2 * id, 2, word[id]);
	out[14] = m->ac[phase] ? PERIOD_MAINS : 0;
	mk3_reply(mk3, out, sizeof(out), at_ns, VEBUS_NS);
}

static void send_config(struct mk3 *mk3, int64_t at_ns)
{
	const struct multi *m = mk3->multi;
	uint8_t out[13] = { MK3_CONFIG, 0x10 };

	if (!multi_at(m, 0))
		return;
	multi_leds(m, &out[2], &out[3]);
	out[4] = m->low_battery ? 2 : 0;
	out[5] = (uint8_t)(0x14 | (m->dmc ? 0x08 : 0) |
			   (m->panel_detect && mk3->s_frames ? 0x80 : 0));
	put_le(out + 6, 2, AC_LIMIT_MIN_DA);
	put_le(out + 8, 2, AC_LIMIT_MAX_DA);
	put_le(out + 10, 2, m->ac_limit_da);
	out[12] = multi_switch_register(m);
	mk3_reply(mk3, out, sizeof(out), at_ns, CONFIG_NS);
}

static void take_snapshot(struct mk3 *mk3, const uint8_t *ids, size_t n)
{
	mk3->n_snapshot = n < MK3_SNAPSHOT ? (unsigned)n : MK3_SNAPSHOT;
	memset(mk3->snapshot_value, 0, sizeof(mk3->snapshot_value));
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++)
		for (unsigned i = 0; i < mk3->n_snapshot; i++)
			winmon_ram(mk3, a, ids[i], &mk3->snapshot_value[a][i]);
}

/* Configuration of one unit, with the map of all addresses in use. */
static void send_map(struct mk3 *mk3, unsigned address, int64_t at_ns)
{
	const struct multi_unit *unit = multi_at(mk3->multi, address);
	uint8_t out[15] = { MK3_INFO };
	uint32_t map = 0;

	if (!unit || unit->mute || mk3->no_map)
		return;
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++)
		if (multi_at(mk3->multi, a))
			map |= (uint32_t)1 << a;
	put_le(out + 1, 4, unit->unique);
	out[5] = MK3_INFO_UNIT;
	put_le(out + 8, 4, map);
	mk3_reply(mk3, out, sizeof(out), at_ns, VEBUS_NS);
}

/* The number comes with its upper half first. */
static void reset_units(struct multi *multi, const uint8_t *id)
{
	uint32_t unique = get_le(id, 2) << 16 | get_le(id + 2, 2);

	if (!unique)
		multi_reset_units(multi);
	for (unsigned a = 0; a < MULTI_ADDRESSES; a++)
		if (multi_at(multi, a) && multi->unit[a].unique == unique)
			multi_unit_reset(&multi->unit[a]);
}

static void on_info(struct mk3 *mk3, const uint8_t *in, size_t n,
		    int64_t at_ns)
{
	if (n < 3) {
		mk3->malformed++;
		return;
	}
	switch (in[2]) {
	case 0x00:
		send_dc(mk3, at_ns);
		break;
	case 0x01:
	case 0x02:
	case 0x03:
	case 0x04:
		send_ac(mk3, in[2] - 1U, at_ns);
		break;
	case 0x05:
		send_config(mk3, at_ns);
		break;
	case 0x06:
		take_snapshot(mk3, in + 3, n - 3);
		break;
	case 0x07:
		send_map(mk3, n > 3 ? in[3] : mk3->address, at_ns);
		break;
	case 0x08:
		if (n > 6)
			reset_units(mk3->multi, in + 3);
		else
			mk3->malformed++;
		break;
	case 0x09:
		/* Not understood by anybody: counted, not obeyed. */
		mk3->bol_frames++;
		break;
	default:
		break;
	}
}

static const struct {
	char letter;
	void (*handle)(struct mk3 *mk3, const uint8_t *in, size_t n,
		       int64_t at_ns);
} commands[] = {
	{ 'V', on_version },	 { 'A', on_address },
	{ 'H', on_lines },	 { 'R', on_reset },
	{ 'L', on_leds },	 { 'S', on_switch },
	{ 'F', on_info },	 { 'W', winmon_request },
	{ 'X', winmon_request }, { 'Y', winmon_request },
	{ 'Z', winmon_request },
};

static void on_query(struct mk3 *mk3, const uint8_t *in, size_t n,
		     int64_t at_ns)
{
	uint8_t out[15] = { MK3_INFO };

	if (n < 6)
		return;
	out[5] = in[5];
	if (in[5] == 0x83 && mk3->multi->bms)
		put_le(out + 6, 4, mk3->multi->bms);
	else if (in[5] == 0x80 && mk3->multi->dmc)
		put_le(out + 6, 4, DMC_VERSION);
	else
		return;
	mk3_reply(mk3, out, sizeof(out), at_ns, VEBUS_NS);
}

/* 04, and 1 for charging and 2 for inverting: S has the same two bits. */
static void on_raw_switch(struct mk3 *mk3, const uint8_t *in, size_t n)
{
	if (n < 2 || in[1] < 0x04 || in[1] > 0x07)
		return;
	mk3->raw_frames++;
	mk3->multi->remote = in[1] == 0x04 ? SW_OFF
					   : (enum multi_switch)(in[1] & 3);
	mk3->multi->raw_remote = true;
}

/* Now and then the heartbeat falls between a request and its answer. */
static void interject(struct mk3 *mk3, int64_t at_ns)
{
	if (at_ns - mk3->version_ns > IDLE_V_NS &&
	    !rng_below(&mk3->rng, INTERJECT_ONE_IN))
		send_version(mk3, at_ns);
}

static void log_frame(const struct mk3 *mk3, const uint8_t *counted, size_t n)
{
	if (!mk3->log)
		return;
	fprintf(stderr, "%s:", mk3->pty.link);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %02X", counted[i]);
	fprintf(stderr, "\n");
}

void mk3_request(struct mk3 *mk3, const uint8_t *counted, size_t n,
		 int64_t at_ns)
{
	log_frame(mk3, counted, n);
	mk3->requests++;
	if (at_ns < mk3->answer_end_ns)
		mk3->overlaps++;
	if (mk3->drop_next) {
		mk3->drop_next--;
		return;
	}
	interject(mk3, at_ns);
	if (counted[0] == MK3_QUERY)
		on_query(mk3, counted, n, at_ns);
	if (counted[0] == MK3_SWITCH)
		on_raw_switch(mk3, counted, n);
	if (counted[0] != MK3_COMMAND || n < 2)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (counted[1] == (uint8_t)commands[i].letter)
			commands[i].handle(mk3, counted, n, at_ns);
}

static void follow_power(struct mk3 *mk3, int64_t now_ns)
{
	if (mk3->powered && !mk3->multi->alive) {
		mk3->powered = false;
		forget(mk3);
		pull_lines(mk3);
		mk3->pty.tx.count = 0;
	} else if (!mk3->powered && mk3->multi->alive) {
		mk3->powered = true;
		mk3_reset(mk3, now_ns);
	}
	if (mk3->booting && now_ns >= mk3->boot_end_ns) {
		static const uint8_t zero = 0x00;

		mk3->booting = false;
		pty_send(&mk3->pty, now_ns, &zero, 1);
		mk3->traffic_ns = now_ns;
	}
}

static void run_garbage(struct mk3 *mk3, int64_t now_ns)
{
	uint8_t noise[12];
	size_t n = 1 + rng_below(&mk3->rng, sizeof(noise) - 1);

	if (!mk3->garbage || now_ns < mk3->next_garbage_ns)
		return;
	for (size_t i = 0; i < n; i++)
		noise[i] = (uint8_t)rng_u32(&mk3->rng);
	/* Now and then what looks like the beginning of a frame. */
	if (rng_below(&mk3->rng, 3) == 0 && n > 2) {
		noise[0] = 0x07;
		noise[1] = MK3_COMMAND;
		noise[2] = 'V';
	}
	pty_send(&mk3->pty, now_ns, noise, n);
	mk3->next_garbage_ns = now_ns + GARBAGE_NS;
}

void mk3_run(struct mk3 *mk3, int64_t now_ns)
{
	uint8_t byte, counted[MK3_COUNTED_MAX];
	int64_t at_ns;

	pty_receive(&mk3->pty, now_ns);
	follow_power(mk3, now_ns);
	while (pty_next(&mk3->pty, now_ns, &byte, &at_ns)) {
		size_t n;

		if (!mk3->powered || mk3->booting)
			continue;
		mk3->traffic_ns = at_ns;
		n = mk3_receive(&mk3->rx, byte, at_ns, counted);
		if (n)
			mk3_request(mk3, counted, n, at_ns);
	}
	if (mk3->powered && !mk3->booting) {
		run_garbage(mk3, now_ns);
		run_late(mk3, now_ns);
		if (now_ns - mk3->traffic_ns >= IDLE_V_NS)
			send_version(mk3, now_ns);
	}
	pty_flush(&mk3->pty, now_ns);
}

int64_t mk3_deadline(const struct mk3 *mk3)
{
	int64_t deadline = pty_deadline(&mk3->pty);

	for (size_t i = 0; i < MK3_LATE; i++)
		if (mk3->late[i].due_ns && mk3->late[i].due_ns < deadline)
			deadline = mk3->late[i].due_ns;
	return deadline;
}
