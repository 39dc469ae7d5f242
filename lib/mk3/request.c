/* SPDX-License-Identifier: MIT */
#include "lib/mk3/request.h"

#include <string.h>

static struct mk3_request request_of(const uint8_t *body, size_t len)
{
	struct mk3_request request = { .len = 0 };

	request.len = (uint8_t)mk3_frame_write(body, len, request.bytes);
	return request;
}

static struct mk3_request letter_only(char letter)
{
	const uint8_t body[] = { MK3_TYPE_COMMAND, (uint8_t)letter };

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_version(void)
{
	return letter_only('V');
}

struct mk3_request mk3_request_address(uint8_t address)
{
	const uint8_t body[] = { MK3_TYPE_COMMAND, 'A', 0x01, address };

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_reset(void)
{
	return letter_only('R');
}

struct mk3_request mk3_request_leds(void)
{
	return letter_only('L');
}

struct mk3_request mk3_request_switch(const struct mk3_switch *state)
{
	const uint8_t body[] = {
		MK3_TYPE_COMMAND, 'S', state->state,
		(uint8_t)(state->limit_da & 0xff),
		(uint8_t)(state->limit_da >> 8),
		0x01, state->flags, 0x00, state->extra,
	};

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_lines(uint8_t bits)
{
	const uint8_t body[] = { MK3_TYPE_COMMAND, 'H', bits };

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_info(uint8_t number)
{
	const uint8_t body[] = { MK3_TYPE_COMMAND, 'F', number };

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_map(uint8_t address)
{
	const uint8_t body[] = { MK3_TYPE_COMMAND, 'F', 0x07, address };

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_query(uint8_t whom)
{
	const uint8_t body[] = {
		MK3_TYPE_RAW_21, 0xff, 0xff, 0xff, 0xff, whom,
	};

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_wake(uint8_t bits)
{
	const uint8_t body[] = {
		MK3_TYPE_RAW_3F, (uint8_t)(MK3_RAW_SWITCH | bits),
		0x00, 0x00, 0x00,
	};

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_winmon(char letter, enum mk3_winmon command)
{
	const uint8_t body[] = {
		MK3_TYPE_COMMAND, (uint8_t)letter, (uint8_t)command,
	};

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_winmon_id(char letter, enum mk3_winmon command,
					 uint8_t id)
{
	const uint8_t body[] = {
		MK3_TYPE_COMMAND, (uint8_t)letter, (uint8_t)command, id, 0x00,
	};

	return request_of(body, sizeof(body));
}

static struct mk3_request write_via_id(char letter, uint8_t flags, uint8_t id,
				       uint16_t raw)
{
	const uint8_t body[] = {
		MK3_TYPE_COMMAND, (uint8_t)letter, MK3_WRITE_VIA_ID, flags, id,
		(uint8_t)(raw & 0xff), (uint8_t)(raw >> 8),
	};

	return request_of(body, sizeof(body));
}

struct mk3_request mk3_request_write_setting(char letter, uint8_t id,
					     uint16_t raw)
{
	return write_via_id(letter, MK3_WRITE_IS_SETTING | MK3_WRITE_RAM_ONLY,
			    id, raw);
}

struct mk3_request mk3_request_write_ram(char letter, uint8_t id,
					 uint16_t raw)
{
	return write_via_id(letter, MK3_WRITE_RAM_ONLY, id, raw);
}

bool mk3_request_spares_eeprom(const struct mk3_request *request)
{
	const uint8_t *body = request->bytes + 1;
	bool to_unit = request->len >= 5 && body[0] == MK3_TYPE_COMMAND &&
		       strchr("WXYZwxyz", body[1]) && body[1] != 0;

	if (!to_unit)
		return true;
	switch (body[2]) {
	case MK3_WRITE_RAM_SELECT:
	case MK3_WRITE_SETTING_SELECT:
	case MK3_WRITE_DATA:
		return false;
	case MK3_WRITE_VIA_ID:
		return (body[3] & MK3_WRITE_RAM_ONLY) != 0;
	}
	return true;
}
