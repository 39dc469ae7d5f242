/* SPDX-License-Identifier: MIT */
/*
 * Winmon: the commands W, X, Y and Z to one unit. Variables are those of a
 * MultiPlus-II, battery current in tenths of an ampere. Short answers (with
 * tag bytes) until the S command asks for long ones.
 */
#include <math.h>
#include <string.h>

#include "mk3.h"

#define UNIT_NS (40 * NS_PER_MS)
#define OUT_MAX 20
#define NO_ASSISTANT 0x80	/* first word of the assistants: end of list */
#define RAM_SOC 13

enum code {
	CMD_VERSION0 = 0x05, CMD_VERSION1 = 0x06, CMD_STATE = 0x0E,
	CMD_READ_RAM = 0x30, CMD_READ_SETTING = 0x31,
	CMD_SETTING_INFO = 0x35, CMD_RAM_INFO = 0x36, CMD_WRITE = 0x37,
	CMD_SNAPSHOT = 0x38,
	ANS_UNKNOWN = 0x80, ANS_VERSION0 = 0x82, ANS_VERSION1 = 0x83,
	ANS_RAM = 0x85, ANS_SETTING = 0x86, ANS_RAM_WRITTEN = 0x87,
	ANS_SETTING_WRITTEN = 0x88, ANS_SETTING_INFO = 0x89,
	TAG_OFFSET = 0x8A, TAG_DEFAULT = 0x8B, TAG_MIN = 0x8C,
	TAG_MAX = 0x8D, ANS_RAM_INFO = 0x8E, TAG_RAM_OFFSET = 0x8F,
	ANS_NO_RAM = 0x90, ANS_NO_SETTING = 0x91, ANS_STATE = 0x94,
	ANS_SNAPSHOT = 0x99, ANS_NO_ACCESS = 0x9B,
};

enum write_flag {
	WRITE_SETTING = 0x01, WRITE_RAM_ONLY = 0x02,
};

/* scale and offset by variable; scale 0: no such variable */
static const struct {
	int16_t scale, offset;
} ram_info[] = {
	{ 32668, 0 },	{ -32668, 0 },	{ 32668, 0 },	{ 32668, 0 },
	{ 32668, 0 },	{ -32758, 0 },	{ 32668, 0 },	{ 30815, 256 },
	{ 31791, 0 },	{ -32668, 0 },	{ 0, 0 },	{ 5, INT16_MIN },
	{ 6, INT16_MIN }, { 32568, 0 },	{ -1, 0 },	{ -1, 0 },
	{ -1, 0 },	{ -1, 0 },	{ -1, 0 },	{ -1, 0 },
};

struct out {
	struct mk3 *mk3;
	struct multi_unit *unit;
	unsigned address;
	uint8_t byte[OUT_MAX];
	size_t n;
	int64_t at_ns;
};

static void add(struct out *out, unsigned size, uint32_t value)
{
	put_le(out->byte + out->n, size, value);
	out->n += size;
}

static void begin(struct out *out, enum code code)
{
	out->n = 2;
	add(out, 1, (uint32_t)code);
}

static void finish(struct out *out)
{
	int64_t delay_ns = out->unit->delay_ns;

	if (delay_ns)
		mk3_reply_late(out->mk3, out->byte, out->n,
			       out->at_ns + UNIT_NS + delay_ns);
	else
		mk3_reply(out->mk3, out->byte, out->n, out->at_ns, UNIT_NS);
}

static double invert_w(const struct multi *m, unsigned address)
{
	if (m->unit[address].state != STATE_INVERT)
		return 0;
	return multi_load_a(m, address) * MULTI_MAINS_V;
}

static double charge_w(const struct multi *m, unsigned address)
{
	return m->unit[address].charger_a * m->bank->terminal_v /
	       MULTI_EFFICIENCY;
}

static double output_v(const struct multi_unit *unit)
{
	if (multi_mains_used(unit) || unit->state == STATE_INVERT)
		return MULTI_MAINS_V;
	return 0;
}

/* What a unit of that address measures, in steps of the variable. */
static double value_of(const struct multi *m, unsigned address, unsigned id)
{
	const struct multi_unit *u = &m->unit[address];
	bool ac = m->ac[multi_phase(address)];

	switch (id) {
	case 0:
		return ac ? MULTI_MAINS_V * 100 : 0;
	case 1:
		return multi_mains_a(m, address) * 100;
	case 2:
		return output_v(u) * 100;
	case 3:
	case 9:
		return multi_load_a(m, address) * 100;
	case 4:
		return m->bank->terminal_v * 100;
	case 5:
		return 10 * (u->charger_a - u->inverter_a);
	case 6:
		return u->state == STATE_INVERT ? 12 : 3;
	case 7:
		return u->state == STATE_OFF ? 0 : 135;
	case 8:
		return ac ? 195 : 0;
	case 12:
		return u->state == STATE_INVERT ? 0x20 : 0;
	case RAM_SOC:
		return multi_soc_raw(m, u);
	case 14:
	case 17:
		return charge_w(m, address) - invert_w(m, address);
	case 15:
	case 18:
		/* at AC in, positive towards the grid */
		return -multi_mains_a(m, address) * MULTI_MAINS_V;
	case 16:
	case 19:
		return multi_load_a(m, address) * MULTI_MAINS_V;
	default:
		return 0;
	}
}

bool winmon_ram(const struct mk3 *mk3, unsigned address, unsigned id,
		uint16_t *ret_raw)
{
	if (!multi_at(mk3->multi, address))
		return false;
	if (id == NO_ASSISTANT) {
		*ret_raw = 0;
		return true;
	}
	if (id >= ARRAY_SIZE(ram_info) || !ram_info[id].scale)
		return false;
	*ret_raw = (uint16_t)lround(value_of(mk3->multi, address, id));
	return true;
}

static void read_version(struct out *out, bool second)
{
	uint32_t firmware = out->unit->firmware;

	if (second) {
		begin(out, ANS_VERSION1);
		add(out, 2, firmware >> 16);
	} else {
		begin(out, ANS_VERSION0);
		add(out, 2, firmware & 0xFFFF);
		if (out->mk3->winmon_long) {
			add(out, 2, firmware >> 16);
			add(out, 2, 0x0107);
		}
	}
	finish(out);
}

/* A follower that runs says no more than that, where it is so told. */
static enum multi_state told_state(const struct out *out)
{
	enum multi_state state = out->unit->state;
	bool follows = out->address >= MULTI_PHASES && out->mk3->slave_state;

	if (!follows || state == STATE_OFF || state == STATE_DOWN)
		return state;
	return STATE_SLAVE;
}

static void device_state(struct out *out, const uint8_t *data, size_t n)
{
	static const enum multi_stage stages[] = {
		STAGE_BULK, STAGE_EQUALISE, STAGE_ABSORPTION, STAGE_FLOAT,
	};
	struct multi *m = out->mk3->multi;
	enum multi_state state = told_state(out);

	if (n && data[0] && data[0] < ARRAY_SIZE(stages))
		multi_force_stage(m, stages[data[0]]);
	begin(out, ANS_STATE);
	add(out, 1, (uint32_t)state);
	add(out, 1, state == STATE_CHARGE ? (uint32_t)m->stage : 1);
	finish(out);
}

/* In short mode no more than two ids are looked at. */
static void read_ram(struct out *out, const uint8_t *ids, size_t n)
{
	const struct mk3 *mk3 = out->mk3;
	size_t most = mk3->winmon_long ? 6 : 2;

	begin(out, ANS_RAM);
	for (size_t i = 0; i < n && i < most; i++) {
		uint16_t raw;

		if (!winmon_ram(mk3, out->address, ids[i], &raw)) {
			begin(out, ANS_NO_RAM);
			add(out, 1, (uint32_t)i + 1);
			break;
		}
		add(out, 2, raw);
	}
	finish(out);
}

static void read_setting(struct out *out, unsigned id)
{
	if (!multi_setting(id)) {
		begin(out, ANS_NO_SETTING);
	} else {
		/* The stored value: a RAM-only write does not show here. */
		begin(out, ANS_SETTING);
		add(out, 2, out->unit->eeprom[id]);
	}
	finish(out);
}

static void setting_info_long(struct out *out, const struct multi_setting *s)
{
	const struct multi *m = out->mk3->multi;

	begin(out, ANS_SETTING_INFO);
	add(out, 2, (uint16_t)s->scale);
	add(out, 2, (uint16_t)s->offset);
	add(out, 2, multi_scaled(m, s, s->standard));
	add(out, 2, multi_scaled(m, s, s->min));
	add(out, 2, multi_scaled(m, s, s->max));
	if (s->access)
		add(out, 1, s->access);
	finish(out);
}

static void setting_info_short(struct out *out, const struct multi_setting *s)
{
	const struct multi *m = out->mk3->multi;

	begin(out, ANS_SETTING_INFO);
	add(out, 2, (uint16_t)s->scale);
	add(out, 1, TAG_OFFSET);
	add(out, 2, (uint16_t)s->offset);
	add(out, 1, TAG_DEFAULT);
	add(out, 2, multi_scaled(m, s, s->standard));
	add(out, 1, TAG_MIN);
	add(out, 2, multi_scaled(m, s, s->min));
	finish(out);
	begin(out, TAG_MAX);
	add(out, 2, multi_scaled(m, s, s->max));
	finish(out);
}

static void setting_info(struct out *out, unsigned id)
{
	const struct multi_setting *s = multi_setting(id);

	if (!s) {
		begin(out, ANS_SETTING_INFO);
		finish(out);
	} else if (out->mk3->winmon_long) {
		setting_info_long(out, s);
	} else {
		setting_info_short(out, s);
	}
}

static void variable_info(struct out *out, unsigned id)
{
	begin(out, ANS_RAM_INFO);
	if (id < ARRAY_SIZE(ram_info) && ram_info[id].scale) {
		add(out, 2, (uint16_t)ram_info[id].scale);
		if (!out->mk3->winmon_long)
			add(out, 1, TAG_RAM_OFFSET);
		add(out, 2, (uint16_t)ram_info[id].offset);
	}
	finish(out);
}

static void write_setting(struct out *out, uint8_t flags, unsigned id,
			  uint16_t value)
{
	switch (multi_write(out->mk3->multi, out->unit, id, value,
			    flags & WRITE_RAM_ONLY)) {
	case SETTING_OK:
		begin(out, ANS_SETTING_WRITTEN);
		break;
	case SETTING_UNKNOWN:
		begin(out, ANS_NO_SETTING);
		break;
	case SETTING_GRID_CODE:
		begin(out, ANS_NO_ACCESS);
		add(out, 1, 0x01);
		break;
	case SETTING_NEEDS_RESET:
		begin(out, ANS_NO_ACCESS);
		add(out, 1, 0x80);
		break;
	}
	finish(out);
}

static void write_via_id(struct out *out, const uint8_t *data, size_t n)
{
	uint16_t value;

	if (n < 4) {
		begin(out, ANS_UNKNOWN);
		add(out, 1, (uint32_t)n);
		finish(out);
		return;
	}
	value = (uint16_t)get_le(data + 2, 2);
	if (data[0] & WRITE_SETTING) {
		write_setting(out, data[0], data[1], value);
		return;
	}
	if (data[1] == RAM_SOC && value <= 200)
		out->unit->soc_raw = value;
	begin(out, data[1] == RAM_SOC ? ANS_RAM_WRITTEN : ANS_NO_RAM);
	finish(out);
}

static void read_snapshot(struct out *out)
{
	const struct mk3 *mk3 = out->mk3;

	begin(out, ANS_SNAPSHOT);
	for (unsigned i = 0; i < mk3->n_snapshot; i++)
		add(out, 2, mk3->snapshot_value[out->address][i]);
	finish(out);
}

static void dispatch(struct out *out, uint8_t cmd, const uint8_t *data,
		     size_t n)
{
	unsigned id = n ? data[0] : 0;

	switch (cmd) {
	case CMD_VERSION0:
	case CMD_VERSION1:
		read_version(out, cmd == CMD_VERSION1);
		break;
	case CMD_STATE:
		device_state(out, data, n);
		break;
	case CMD_READ_RAM:
		read_ram(out, data, n);
		break;
	case CMD_READ_SETTING:
		read_setting(out, id);
		break;
	case CMD_SETTING_INFO:
		setting_info(out, id);
		break;
	case CMD_RAM_INFO:
		variable_info(out, id);
		break;
	case CMD_WRITE:
		write_via_id(out, data, n);
		break;
	case CMD_SNAPSHOT:
		read_snapshot(out);
		break;
	default:
		begin(out, ANS_UNKNOWN);
		add(out, 1, 0);
		finish(out);
	}
}

void winmon_request(struct mk3 *mk3, const uint8_t *counted, size_t n,
		    int64_t at_ns)
{
	struct out out = { .mk3 = mk3, .address = mk3->address,
			   .at_ns = at_ns };

	if (n < 3 || !mk3->addressed)
		return;
	if (!multi_at(mk3->multi, mk3->address)) {
		mk3->nobody++;
		return;
	}
	out.unit = &mk3->multi->unit[mk3->address];
	out.unit->requests++;
	if (out.unit->mute)
		return;
	memcpy(out.byte, counted, 2);
	dispatch(&out, counted[2], counted + 3, n - 3);
}
