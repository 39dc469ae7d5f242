/* SPDX-License-Identifier: MIT */
#include "lib/gatt/service.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/gatt/put.h"

/* Random; the four zeros in front are where a number stands. */
static const char uuid_base[SERVICE_UUID_SIZE] =
	"ee9b0000-c728-4d4f-b8b1-2a96f3541283";

void service_uuid(uint16_t uuid, char ret[SERVICE_UUID_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	memcpy(ret, uuid_base, SERVICE_UUID_SIZE);
	for (int i = 0; i < 4; i++)
		ret[4 + i] = digits[uuid >> (12 - 4 * i) & 0xf];
}

void service_presentation(const struct service_row *row,
			  uint8_t ret[SERVICE_PRESENTATION_SIZE])
{
	struct put p = put_in(ret, SERVICE_PRESENTATION_SIZE);

	put_u8(&p, service_formats[row->format].code);
	put_u8(&p, (uint8_t)row->exponent);
	put_le(&p, row->unit, 2);
	put_u8(&p, 1);
	put_le(&p, 0, 2);
}

/* The lowest is the mark where there is a sign, else the highest is. */
static void put_number(struct put *p, const struct service_format_row *format,
		       bool known, int64_t value)
{
	unsigned int bits = format->bytes * 8u;
	int64_t half = (int64_t)1 << (bits - 1 > 62 ? 62 : bits - 1);
	int64_t low = format->is_signed ? -half + 1 : 0;
	int64_t high = format->is_signed ? half - 1 :
		       bits > 62 ? INT64_MAX : 2 * half - 2;

	if (value < low)
		value = low;
	if (value > high)
		value = high;
	if (!known)
		value = format->is_signed ? -half : -1;
	put_le(p, (uint64_t)value, format->bytes);
}

static void put_list(struct put *p, const struct service_format_row *format,
		     const struct service_list *list)
{
	for (size_t i = 0; i < list->n && i < BMS_CELLS_MAX; i++)
		put_number(p, format, list->value[i].known,
			   list->value[i].value);
}

/* Whole ones only. */
static void put_records(struct put *p, const struct service_values *values)
{
	for (size_t i = 0; i < values->n_records; i++) {
		struct put before = *p;

		for (size_t j = 0; j < n_service_record_rows; j++) {
			const struct service_record_row *row =
				&service_record_rows[j];
			struct service_number n;

			memcpy(&n, (const char *)&values->record[i] +
			       row->value, sizeof(n));
			put_number(p, &service_formats[row->format], n.known,
				   n.value);
		}
		if (p->full) {
			*p = before;
			return;
		}
	}
}

static void put_text(struct put *p, const char *text)
{
	size_t left = p->left;

	for (size_t i = 0; text && text[i] && i < left; i++)
		put_u8(p, (uint8_t)text[i]);
}

static void put_value(struct put *p, const struct service_row *row,
		      const struct service_values *values)
{
	const char *at = (const char *)values + row->value;
	struct service_number n;
	struct service_list list;
	const char *text;

	switch (row->format) {
	case SERVICE_BOOL:
	case SERVICE_U16:
	case SERVICE_U32:
	case SERVICE_U64:
	case SERVICE_S16:
	case SERVICE_S32:
		memcpy(&n, at, sizeof(n));
		put_number(p, &service_formats[row->format], n.known, n.value);
		break;
	case SERVICE_TEXT:
		memcpy(&text, at, sizeof(text));
		put_text(p, text);
		break;
	case SERVICE_U16_LIST:
	case SERVICE_S16_LIST:
		memcpy(&list, at, sizeof(list));
		put_list(p, &service_formats[row->format], &list);
		break;
	case SERVICE_RECORDS:
		put_records(p, values);
		break;
	case SERVICE_FORMAT_COUNT:
		break;
	}
}

int service_read(const struct service_row *row,
		 const struct service_values *values, size_t offset,
		 uint8_t *ret_value, size_t size)
{
	uint8_t whole[SERVICE_VALUE_MAX];
	struct put p = put_in(whole, sizeof(whole));
	size_t n;

	if (!(row->access & SERVICE_READ))
		return SERVICE_NOT_PERMITTED;
	put_value(&p, row, values);
	if (offset > p.len)
		return SERVICE_INVALID_OFFSET;
	n = p.len - offset < size ? p.len - offset : size;
	if (n)
		memcpy(ret_value, whole + offset, n);
	return (int)n;
}

/* What is written as a word has to be one, before it is compared. */
static int read_word(struct bytes *b, char word[SERVICE_WRITE_MAX + 1])
{
	size_t n = b->left;

	if (n < 1 || n > SERVICE_WRITE_MAX)
		return SERVICE_INVALID_LENGTH;
	for (size_t i = 0; i < n; i++) {
		word[i] = (char)bytes_u8(b);
		if (word[i] <= ' ' || word[i] > '~')
			return SERVICE_INVALID_VALUE;
	}
	word[n] = '\0';
	return 0;
}

/* All that can be written are 1, 2 or 4 bytes without a sign. */
static int read_number(const struct service_row *row, struct bytes *b,
		       int32_t *ret)
{
	uint32_t value = 0;

	if (b->left != service_formats[row->format].bytes)
		return SERVICE_INVALID_LENGTH;
	for (unsigned int shift = 0; b->left; shift += 8)
		value |= (uint32_t)bytes_u8(b) << shift;
	if (value > INT32_MAX)
		return SERVICE_INVALID_VALUE;
	*ret = (int32_t)value;
	return 0;
}

/* In the setting's range, and one that its text can say. */
static bool can_be_set(const struct setting_row *row, int32_t value)
{
	int64_t digits = value;

	if (row->type == SETTING_BOOL)
		return value <= 1;
	for (const struct setting_choice *c = row->choices; c && c->name; c++)
		if (c->value == value)
			return true;
	for (int i = 0; i < row->decimals; i++)
		digits *= 10;
	return value >= row->min && value <= row->max &&
	       digits % row->scale == 0;
}

static int find_command(const char *word, enum bms_command_kind *ret)
{
	for (size_t i = 0; i < n_service_commands; i++) {
		if (strcmp(word, service_commands[i].word) == 0) {
			*ret = service_commands[i].command;
			return 0;
		}
	}
	return SERVICE_INVALID_VALUE;
}

static int take(const struct service_row *row, struct bytes *b,
		struct service_order *order)
{
	char word[SERVICE_WRITE_MAX + 1];
	int32_t value = 0;
	int r = row->format == SERVICE_TEXT ? read_word(b, word) :
					      read_number(row, b, &value);

	if (r < 0)
		return r;
	switch (row->writes) {
	case SERVICE_WRITES_MODE:
		memcpy(order->mode, word, strlen(word) + 1);
		return 0;
	case SERVICE_WRITES_COMMAND:
		return find_command(word, &order->command.kind);
	case SERVICE_WRITES_SOC:
		if (value > 1000)
			return SERVICE_INVALID_VALUE;
		order->command.kind = BMS_COMMAND_SET_SOC;
		order->command.value = value;
		return 0;
	case SERVICE_WRITES_BATTERY:
		if (value < 1 || value == UINT16_MAX)
			return SERVICE_INVALID_VALUE;
		order->battery = (uint32_t)value;
		return 0;
	case SERVICE_WRITES_SETTING:
		order->setting = settings_row(row->section, row->key);
		order->value = value;
		if (!order->setting || !can_be_set(order->setting, value))
			return SERVICE_INVALID_VALUE;
		return 0;
	case SERVICE_WRITES_NOTHING:
		break;
	}
	return SERVICE_NOT_PERMITTED;
}

int service_write(const struct service_row *row, const uint8_t *data,
		  size_t len, size_t offset, struct service_order *ret_order)
{
	struct bytes b = bytes_of(data, len);
	struct service_order order;
	int r;

	if (!(row->access & SERVICE_WRITE))
		return SERVICE_NOT_PERMITTED;
	if (offset)
		return SERVICE_INVALID_OFFSET;
	memset(&order, 0, sizeof(order));
	order.writes = row->writes;
	r = take(row, &b, &order);
	if (r < 0)
		return r;
	*ret_order = order;
	return 0;
}

void service_codes(code_set codes, struct text *t)
{
	const char *between = "";

	for (size_t i = 0; i < CODE_COUNT; i++) {
		if (!(codes & CODE_BIT(i)))
			continue;
		text_str(t, between);
		text_str(t, code_rows[i].name);
		between = " ";
	}
}

void service_reasons(const struct bms_output *output,
		     enum show_reasons which, uint32_t battery,
		     struct text *t)
{
	/* A line feed, "+" and ten digits. */
	enum { ROOM = 13 };
	char line[BMS_REASON_TEXT_SIZE];
	const char *between = "";
	uint32_t more = 0;

	for (size_t i = 0; i < output->n_reasons; i++) {
		if (!show_reason(output, &output->reasons[i], which, battery))
			continue;
		reason_text(&output->reasons[i], line);
		if (more || t->len + strlen(line) + 1 + ROOM >= t->size) {
			more++;
			continue;
		}
		text_str(t, between);
		text_str(t, line);
		between = "\n";
	}
	if (!more)
		return;
	text_str(t, between);
	text_char(t, '+');
	text_uint(t, more);
}
