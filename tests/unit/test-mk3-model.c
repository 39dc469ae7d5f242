/* SPDX-License-Identifier: MIT */
#include "tests/unit/test-mk3-model.h"

#include "tests/unit/unit.h"

#include <string.h>

enum { US_PER_BYTE = 4167 };

static void queue(struct rig *rig, uint64_t at, uint8_t byte)
{
	ck_assert_uint_lt(rig->n_bytes, MODEL_QUEUE);
	rig->byte[rig->n_bytes] = byte;
	rig->byte_at[rig->n_bytes] = at;
	rig->n_bytes++;
}

static uint64_t line_free(const struct rig *rig, uint64_t from)
{
	if (rig->n_bytes == 0 || rig->byte_at[rig->n_bytes - 1] < from)
		return from;
	return rig->byte_at[rig->n_bytes - 1];
}

void rig_inject(struct rig *rig, const uint8_t *bytes, size_t len)
{
	uint64_t at = line_free(rig, rig->now);

	for (size_t i = 0; i < len; i++)
		queue(rig, at += US_PER_BYTE, bytes[i]);
}

/* The answer begins when the request has come in and was thought about. */
static uint64_t answer_from(const struct rig *rig)
{
	const struct model_sent *last = &rig->sent[rig->n_sent - 1];

	return last->us + (uint64_t)last->len * US_PER_BYTE +
	       rig->model.delay_us;
}

void rig_reply(struct rig *rig, const uint8_t *body, size_t len,
	       bool is_answer)
{
	uint64_t at = line_free(rig, answer_from(rig));
	uint8_t sum = (uint8_t)len;

	queue(rig, at += US_PER_BYTE, (uint8_t)len);
	for (size_t i = 0; i < len; i++) {
		queue(rig, at += US_PER_BYTE, body[i]);
		sum = (uint8_t)(sum + body[i]);
	}
	queue(rig, at += US_PER_BYTE, (uint8_t)(0 - sum));
	if (is_answer)
		rig->answer_at = at;
}

static void send_version(struct rig *rig, bool is_answer)
{
	const struct model *m = &rig->model;
	const uint8_t body[] = {
		0xff, 'V', (uint8_t)m->version, (uint8_t)(m->version >> 8),
		(uint8_t)(m->version >> 16), (uint8_t)(m->version >> 24),
		m->mode,
	};

	rig_reply(rig, body, sizeof(body), is_answer);
}

void rig_model_reset(struct rig *rig)
{
	struct model *m = &rig->model;

	m->mode = 'B';
	m->lines = 0x05;
	m->short_form = true;
	m->switch_state = 0;
	m->resets++;
	for (size_t i = 0; i < 32; i++)
		m->unit[i].ram = m->unit[i].stored;
}

static void word(uint8_t *out, uint16_t value)
{
	out[0] = (uint8_t)value;
	out[1] = (uint8_t)(value >> 8);
}

static void answer_dc(struct rig *rig)
{
	const struct model *m = &rig->model;
	uint8_t body[15] = { 0x20, 0xde, 0xad, 0xbe, 0xef, 0x0c };

	word(body + 6, m->dc_cv);
	word(body + 8, (uint16_t)m->inverter_da);
	body[10] = (uint8_t)(m->inverter_da >> 16);
	word(body + 11, (uint16_t)m->charger_da);
	body[13] = (uint8_t)(m->charger_da >> 16);
	body[14] = 0x88;
	rig_reply(rig, body, sizeof(body), true);
}

static void answer_ac(struct rig *rig, uint8_t phase)
{
	const struct model *m = &rig->model;
	uint8_t body[15] = { 0x20, 2, 1, 0xca, m->main };

	if (phase > m->phases)
		return;
	body[5] = (uint8_t)(phase == 1 ? 7 + m->phases : 9 - phase);
	word(body + 6, m->mains_cv);
	word(body + 8, (uint16_t)-150);
	word(body + 10, 23000);
	word(body + 12, (uint16_t)(200 + phase));
	body[14] = m->mains_cv > 0 ? 0xc3 : 0;
	rig_reply(rig, body, sizeof(body), true);
}

/* The register as a unit with its front switch on arbitrates it. */
static uint8_t switch_register(const struct model *m)
{
	static const uint8_t asked[] = { 3, 1, 2, 3, 0 };
	uint8_t bits = asked[m->switch_state];
	uint8_t active = bits;

	if (m->ignores_switch)
		bits = active = 3;
	if (m->deaf && !m->woken)
		active = 0;
	if (m->front == 0)
		active = 0;
	return (uint8_t)(m->front | bits | active << 4);
}

static void answer_config(struct rig *rig)
{
	uint8_t body[13] = { 0x41, 0, 1, 0, 0, 0x90 };

	if (rig->model.dmc_dedicated)
		body[5] |= 0x08;
	rig->model.switch_register = switch_register(&rig->model);
	word(body + 6, 30);
	word(body + 8, 500);
	word(body + 10, 160);
	body[12] = rig->model.switch_register;
	rig_reply(rig, body, sizeof(body), true);
}

/* F 7: the addresses in use at 8 to 11, mk3.md 4 */
static void answer_map(struct rig *rig)
{
	const struct model *m = &rig->model;
	uint8_t body[15] = { 0x20, 0x44, 0x33, 0x22, 0x11, 0x21 };
	uint32_t bits = m->map_with;

	if (!m->maps)
		return;
	for (size_t i = 0; i < 32; i++)
		bits |= (uint32_t)m->unit[i].present << i;
	bits &= ~m->map_without;
	word(body + 8, (uint16_t)bits);
	word(body + 10, (uint16_t)(bits >> 16));
	rig_reply(rig, body, sizeof(body), true);
}

static void answer_ram_info(struct rig *rig, uint8_t letter, uint8_t id)
{
	static const uint16_t sc[] = { 32668, 0x8064, 32668, 32668, 32668,
				       0x800a };
	uint8_t body[9] = { 0xff, letter, 0x8e };

	if (id >= 6 && id != 13) {
		body[2] = 0x90;
		rig_reply(rig, body, 3, true);
		return;
	}
	word(body + 3, id == 13 ? 0x7f38 : sc[id]);
	if (!rig->model.short_form) {
		word(body + 5, 0);
		rig_reply(rig, body, 7, true);
		return;
	}
	body[5] = 0x8f;
	word(body + 6, 0);
	rig_reply(rig, body, 8, true);
}

static void answer_setting_info(struct rig *rig, uint8_t letter,
				const struct model_unit *unit)
{
	uint8_t body[20] = { 0xff, letter, 0x89 };
	uint8_t more[5] = { 0xff, letter, 0x8d };
	size_t at = 3;

	for (size_t i = 0; i < 4; i++) {
		if (rig->model.short_form && i > 0)
			body[at++] = (uint8_t)(0x89 + i);
		word(body + at, i == 0 ? (uint16_t)unit->setting_sc :
				i == 2 ? unit->stored : 0);
		at += 2;
	}
	if (!rig->model.short_form) {
		word(body + at, unit->stored);
		rig_reply(rig, body, at + 2, true);
		return;
	}
	rig_reply(rig, body, at, true);
	word(more + 3, unit->stored);
	rig_reply(rig, more, sizeof(more), true);
}

static void answer_soc(struct rig *rig, const uint8_t *request)
{
	struct model *m = &rig->model;
	uint8_t body[3] = { 0xff, request[1], 0x87 };

	ck_assert_uint_eq(m->mode, 0);
	ck_assert_uint_eq(request[4], 13);
	if (m->soc_refused)
		body[2] = 0x80;
	else
		m->soc_raw = request[5] | request[6] << 8;
	m->soc_writes++;
	rig_reply(rig, body, sizeof(body), true);
}

static void answer_write(struct rig *rig, const uint8_t *request,
			 struct model_unit *unit)
{
	uint8_t body[4] = { 0xff, request[1], 0x88, 0x80 };

	/* C3, C9: no frame ever that the unit would keep in EEPROM. */
	if (request[3] == 0x02) {
		answer_soc(rig, request);
		return;
	}
	ck_assert_uint_eq(request[3], 0x03);
	ck_assert_uint_eq(request[4], 4);
	if (unit->mute)
		return;
	if (unit->refuses) {
		body[2] = 0x9b;
		rig_reply(rig, body, 4, true);
		return;
	}
	unit->ram = (uint16_t)(request[5] | request[6] << 8);
	unit->writes++;
	ck_assert_uint_le(unit->ram, unit->stored);
	rig_reply(rig, body, 3, true);
}

static void answer_version(struct rig *rig, const uint8_t *request,
			   const struct model_unit *unit)
{
	uint8_t body[9] = { 0xff, request[1], 0x82 };

	if (request[2] == 6) {
		body[2] = 0x83;
		word(body + 3, (uint16_t)(unit->version >> 16));
		rig_reply(rig, body, 5, true);
		return;
	}
	word(body + 3, (uint16_t)unit->version);
	word(body + 5, (uint16_t)(unit->version >> 16));
	rig_reply(rig, body, rig->model.short_form ? 5 : 9, true);
}

static void answer_winmon(struct rig *rig, const uint8_t *request)
{
	struct model *m = &rig->model;
	struct model_unit *unit;
	uint8_t body[5] = { 0xff, request[1] };

	if (m->wrong_letter) {
		uint8_t late[5] = { 0xff, 0, 0x82, 0x34, 0x12 };

		late[1] = request[1] == 'Z' ? 'X' : request[1] + 1;
		rig_reply(rig, late, sizeof(late), false);
	}
	if (m->mode >= 32 || !m->unit[m->mode].present)
		return;
	unit = &m->unit[m->mode];
	switch (request[2]) {
	case 0x05:
	case 0x06:
		answer_version(rig, request, unit);
		break;
	case 0x0e:
		body[2] = 0x94;
		body[3] = m->main;
		body[4] = m->sub;
		rig_reply(rig, body, 5, true);
		break;
	case 0x31:
		if (request[3] == 60 && unit->no_flags2)
			return;
		ck_assert(request[3] == 4 || request[3] == 60 ||
			  request[3] == 64);
		body[2] = 0x86;
		word(body + 3, request[3] == 64 ? m->capacity :
			       request[3] == 60 ? unit->flags2 : unit->stored);
		rig_reply(rig, body, 5, true);
		break;
	case 0x35:
		answer_setting_info(rig, request[1], unit);
		break;
	case 0x36:
		answer_ram_info(rig, request[1], request[3]);
		break;
	case 0x37:
		answer_write(rig, request, unit);
		break;
	default:
		ck_abort_msg("command %02x to a unit", request[2]);
	}
}

static void take_switch(struct rig *rig, const uint8_t *request, size_t len)
{
	static const uint8_t body[] = { 0xff, 'S' };
	struct model *m = &rig->model;

	ck_assert_uint_ge(len, 7);
	ck_assert_uint_ge(request[2], 1);
	ck_assert_uint_le(request[2], 4);
	/* New format, and the MK never repeats the state by itself. */
	ck_assert_uint_eq(request[6], 0x80);
	m->switch_state = request[2];
	m->switch_limit = (uint16_t)(request[3] | request[4] << 8);
	if (m->obeys_form && len >= 9)
		m->short_form = request[8] & 1;
	rig_reply(rig, body, sizeof(body), true);
}

static void answer(struct rig *rig, const uint8_t *request, size_t len)
{
	struct model *m = &rig->model;
	const uint8_t lines[] = { 0xff, 'H', m->lines };
	const uint8_t leds[] = { 0xff, 'L', 1, 0, 0x20,
				 (uint8_t)(0x80 | m->error), 0x80, 0 };

	switch (request[1]) {
	case 'V':
		send_version(rig, true);
		break;
	case 'H':
		m->lines = request[2];
		rig_reply(rig, lines, sizeof(lines), true);
		break;
	case 'A':
		if (!m->address_lost)
			m->mode = request[3];
		rig_reply(rig, request, len, true);
		break;
	case 'S':
		take_switch(rig, request, len);
		break;
	case 'L':
		rig_reply(rig, leds, sizeof(leds), true);
		break;
	case 'F':
		if (request[2] == 0)
			answer_dc(rig);
		else if (request[2] <= 4)
			answer_ac(rig, request[2]);
		else if (request[2] == 7)
			answer_map(rig);
		else
			answer_config(rig);
		break;
	case 'X':
	case 'Y':
	case 'Z':
		answer_winmon(rig, request);
		break;
	default:
		ck_abort_msg("letter %c", request[1]);
	}
}

/* mk3.md 9: whoever is meant answers, and nobody a switch frame. */
static void answer_raw(struct rig *rig, const uint8_t *request)
{
	struct model *m = &rig->model;
	uint8_t body[15] = { 0x20, 0, 0, 0, 0, request[5] };

	if (request[0] == 0x3f) {
		ck_assert(request[1] == 0x05 || request[1] == 0x07);
		m->woken = true;
		m->woken_with = request[1];
		m->wakes++;
		return;
	}
	ck_assert_uint_eq(request[0], 0x21);
	ck_assert(request[5] == 0x80 || request[5] == 0x83);
	if (m->drop_raw > 0) {
		m->drop_raw--;
		return;
	}
	if (m->confused)
		body[5] = 0x83;
	else if (!(request[5] == 0x83 ? m->bms : m->dmc))
		return;
	word(body + 6, 0x7d19);
	word(body + 8, 0x0011);
	rig_reply(rig, body, sizeof(body), true);
}

/* mk3.md 2: the raw frames count bytes 1, 3 and 5 a second time, nibbles
 * swapped. */
static void check_frame(const uint8_t *bytes, size_t len)
{
	bool raw = bytes[1] != 0xff;
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum = (uint8_t)(sum + bytes[i]);
		if (raw && i % 2 == 1 && i <= 5 && i + 1 < len)
			sum = (uint8_t)(sum + (bytes[i] >> 4) +
					(bytes[i] << 4));
	}
	ck_assert_uint_eq(sum, 0);
	ck_assert_uint_eq(bytes[0] + 2u, len);
}

void rig_request(struct rig *rig, const uint8_t *bytes, size_t len)
{
	struct model *m = &rig->model;

	check_frame(bytes, len);
	/* One request in flight: the last answer is through. */
	ck_assert_uint_le(rig->answer_at, rig->now);
	rig->answer_at = 0;
	if ((int)m->requests++ == m->reset_at) {
		rig_model_reset(rig);
		return;
	}
	if (m->dead)
		return;
	if (bytes[1] != 0xff) {
		answer_raw(rig, bytes + 1);
		return;
	}
	if (m->drop_count > 0 && bytes[2] == m->drop_letter) {
		m->drop_count--;
		return;
	}
	if (m->chatty && bytes[2] != 'V')
		send_version(rig, false);
	answer(rig, bytes + 1, bytes[0]);
}
