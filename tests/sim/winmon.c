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
	mk3_reply(out->mk3, out->byte, out->n, out->at_ns, UNIT_NS);
}

static double load_a(const struct multi *m)
{
	bool fed = multi_mains_used(m) || m->state == STATE_INVERT;

	return fed ? m->load_w / 230 : 0;
}

static double charge_w(const struct multi *m)
{
	return m->charger_a * m->bank->terminal_v / 0.92;
}

static double invert_w(const struct multi *m)
{
	return m->state == STATE_INVERT ? m->load_w : 0;
}

static double mains_a(const struct multi *m)
{
	if (!multi_mains_used(m))
		return 0;
	return load_a(m) + charge_w(m) / 230;
}

static double output_v(const struct multi *m)
{
	return multi_mains_used(m) || m->state == STATE_INVERT ? 230 : 0;
}

/* Engineering value times raw steps per unit; system level. */
static double system_value(const struct multi *m, unsigned id)
{
	switch (id) {
	case 0:
		return m->ac ? 23000 : 0;
	case 1:
		return mains_a(m) * 100;
	case 2:
		return output_v(m) * 100;
	case 3:
	case 9:
		return load_a(m) * 100;
	case 4:
		return m->bank->terminal_v * 100;
	case 6:
		return m->state == STATE_INVERT ? 12 : 3;
	case 7:
		return m->state == STATE_OFF ? 0 : 135;
	case 8:
		return m->ac ? 195 : 0;
	case 11:
		return 0;
	case 12:
		return m->state == STATE_INVERT ? 0x20 : 0;
	case RAM_SOC:
		return multi_soc_raw(m);
	case 14:
	case 17:
		return charge_w(m) - invert_w(m);
	case 15:
	case 18:
		/* at AC in, positive towards the grid */
		return -mains_a(m) * 230;
	case 16:
	case 19:
		return load_a(m) * 230;
	default:
		return 0;
	}
}

bool winmon_ram(const struct mk3 *mk3, unsigned unit, unsigned id,
		uint16_t *ret_raw)
{
	const struct multi *m = mk3->multi;
	double value;

	if (unit >= m->n_units)
		return false;
	if (id == NO_ASSISTANT) {
		*ret_raw = 0;
		return true;
	}
	if (id >= ARRAY_SIZE(ram_info) || !ram_info[id].scale)
		return false;
	value = id == 5 ? 10 * (m->charger_a - m->inverter_a) / m->n_units
			: system_value(m, id);
	*ret_raw = (uint16_t)lround(value);
	return true;
}

static void read_version(struct out *out, bool second)
{
	const struct mk3 *mk3 = out->mk3;

	if (second) {
		begin(out, ANS_VERSION1);
		add(out, 2, mk3->multi->firmware >> 16);
	} else {
		begin(out, ANS_VERSION0);
		add(out, 2, mk3->multi->firmware & 0xFFFF);
		if (mk3->winmon_long) {
			add(out, 2, mk3->multi->firmware >> 16);
			add(out, 2, 0x0107);
		}
	}
	finish(out);
}

static void device_state(struct out *out, const uint8_t *data, size_t n)
{
	static const enum multi_stage stages[] = {
		STAGE_BULK, STAGE_EQUALISE, STAGE_ABSORPTION, STAGE_FLOAT,
	};
	struct multi *m = out->mk3->multi;

	if (n && data[0] && data[0] < ARRAY_SIZE(stages))
		multi_force_stage(m, stages[data[0]]);
	begin(out, ANS_STATE);
	add(out, 1, (uint32_t)m->state);
	add(out, 1, m->state == STATE_CHARGE ? (uint32_t)m->stage : 1);
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

		if (!winmon_ram(mk3, mk3->address, ids[i], &raw)) {
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
	const struct mk3 *mk3 = out->mk3;

	if (!multi_setting(id)) {
		begin(out, ANS_NO_SETTING);
	} else {
		/* The stored value: a RAM-only write does not show here. */
		begin(out, ANS_SETTING);
		add(out, 2, mk3->multi->unit[mk3->address].eeprom[id]);
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
	struct mk3 *mk3 = out->mk3;

	switch (multi_write(mk3->multi, mk3->address, id, value,
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
	struct multi *m = out->mk3->multi;
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
		m->soc_raw = value;
	begin(out, data[1] == RAM_SOC ? ANS_RAM_WRITTEN : ANS_NO_RAM);
	finish(out);
}

static void read_snapshot(struct out *out)
{
	const struct mk3 *mk3 = out->mk3;

	begin(out, ANS_SNAPSHOT);
	for (unsigned i = 0; i < mk3->n_snapshot; i++)
		add(out, 2, mk3->snapshot_value[i]);
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
	struct out out = { .mk3 = mk3, .at_ns = at_ns };

	if (n < 3 || !mk3->addressed || mk3->address >= mk3->multi->n_units)
		return;
	memcpy(out.byte, counted, 2);
	dispatch(&out, counted[2], counted + 3, n - 3);
}
