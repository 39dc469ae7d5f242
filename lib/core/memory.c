/* SPDX-License-Identifier: MIT */
#include "lib/core/memory.h"

#include <string.h>

/* A piece of the text, not ended by NUL. */
struct span {
	const char *at;
	size_t len;
};

struct number_row {
	const char *key;
	int64_t min;
	int64_t max;
};

/* Of the bank, once. A full charge without its age there was none. */
enum bank_number {
	BANK_FULL_CHARGE_AGE_MS,
	BANK_IMBALANCED,
	BANK_BELOW_65,
	BANK_BELOW_90,
	BANK_NUMBER_COUNT
};

#define AGE_MAX_MS INT64_C(10000000000000) /* 317 years */

static const struct number_row bank_rows[BANK_NUMBER_COUNT] = {
	[BANK_FULL_CHARGE_AGE_MS] = { "full-charge-age-ms", 0, AGE_MAX_MS },
	[BANK_IMBALANCED] = { "imbalanced", 0, 1 },
	[BANK_BELOW_65] = { "below-65", 0, 1 },
	[BANK_BELOW_90] = { "below-90", 0, 1 },
};

_Static_assert(ARRAY_SIZE(bank_rows) == BANK_NUMBER_COUNT,
	       "a row for every number of the bank");

/* Of a battery, behind "battery BUS ADDRESS" and its serial number. Without
 * a count it was unknown. */
enum battery_number {
	BATTERY_FITTED,
	BATTERY_COUNT,
	BATTERY_ANCHORED,
	BATTERY_OWN_PERMILLE,
	BATTERY_NUMBER_COUNT
};

static const struct number_row battery_rows[BATTERY_NUMBER_COUNT] = {
	[BATTERY_FITTED] = { "battery.fitted", 0, 1 },
	[BATTERY_COUNT] = { "battery.count", 0,
			    CHARGE_FULL_MAX_MAH * CHARGE_PER_MAH },
	[BATTERY_ANCHORED] = { "battery.anchored", 0, 1 },
	[BATTERY_OWN_PERMILLE] = { "battery.own-permille", 0, 1000 },
};

_Static_assert(ARRAY_SIZE(battery_rows) == BATTERY_NUMBER_COUNT,
	       "a row for every number of a battery");

static const char key_battery[] = "battery";
static const char key_serial[] = "battery.serial"; /* as hex digits */
static const char key_end[] = "end"; /* how many lines were before it */

enum {
	/* The longest line of the bank is "history.", a name, ".part" and
	 * 20 characters of number. */
	LINE_SIZE = 72,
	BANK_SIZE = LINE_SIZE * (BANK_NUMBER_COUNT + 2 * HISTORY_COUNT + 1),
	BATTERY_SIZE = sizeof(key_battery) + BMS_NAME_SIZE + 4 +
		       sizeof(key_serial) + 2 * BMS_SERIAL_SIZE + 1 +
		       BATTERY_NUMBER_COUNT * 24 + 24,
	/* So many places can be configured. */
	BATTERIES_MAX = BMS_BUSES_MAX * BMS_BUS_ADDRESSES_MAX,
};

size_t memory_size_max(uint32_t n_batteries)
{
	return BANK_SIZE + (size_t)n_batteries * BATTERY_SIZE + 1;
}

/* --- writing -------------------------------------------------------------- */

struct writer {
	struct text *t;
	uint64_t lines;
};

static void end_line(struct writer *w)
{
	text_char(w->t, '\n');
	w->lines++;
}

static void put_number(struct writer *w, const char *key, int64_t value)
{
	text_str(w->t, key);
	text_char(w->t, ' ');
	text_int(w->t, value);
	end_line(w);
}

static void put_bank(struct writer *w, const struct bms_state *state)
{
	const struct balance *b = &state->balance;
	uint64_t age_ms = balance_full_age_ms(b, state->last_now);

	if (b->full_known)
		put_number(w, bank_rows[BANK_FULL_CHARGE_AGE_MS].key,
			   age_ms < AGE_MAX_MS ? (int64_t)age_ms :
						 AGE_MAX_MS);
	put_number(w, bank_rows[BANK_IMBALANCED].key, b->imbalanced);
	put_number(w, bank_rows[BANK_BELOW_65].key, state->history.below_65);
	put_number(w, bank_rows[BANK_BELOW_90].key, state->history.below_90);
}

static void put_history(struct writer *w, const struct history *history)
{
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_entry *e = &history->entry[i];
		const char *name = history_rows[i].name;

		if (e->known) {
			text_str(w->t, "history.");
			put_number(w, name, e->value);
		}
		if (e->part) {
			text_str(w->t, "history.");
			text_str(w->t, name);
			put_number(w, ".part", e->part);
		}
	}
}

/* What is known of the battery now; of one not heard yet, what was. */
static struct charge_memory of_battery(const struct bms_battery *b)
{
	struct charge_memory m = {
		.valid = true,
		.fitted = b->fitted,
		.known = b->charge.known,
		.anchored = b->charge.anchored,
		.count = b->charge.count,
		.own_permille = b->charge.own_permille,
	};

	if (!b->charge.begun)
		return b->memory;
	memcpy(m.serial, b->serial, sizeof(m.serial));
	return m;
}

static void put_battery(struct writer *w, const struct charge_memory *m,
			const char *bus, uint8_t address)
{
	text_str(w->t, key_battery);
	text_char(w->t, ' ');
	text_str(w->t, bus);
	put_number(w, "", address);
	if (m->serial[0] != '\0') {
		text_str(w->t, key_serial);
		text_char(w->t, ' ');
		text_hex(w->t, (const uint8_t *)m->serial, strlen(m->serial));
		end_line(w);
	}
	put_number(w, battery_rows[BATTERY_FITTED].key, m->fitted);
	if (!m->known)
		return;
	put_number(w, battery_rows[BATTERY_COUNT].key, m->count);
	put_number(w, battery_rows[BATTERY_ANCHORED].key, m->anchored);
	if (m->own_permille.known)
		put_number(w, battery_rows[BATTERY_OWN_PERMILLE].key,
			   m->own_permille.value);
}

int memory_encode(const struct bms_state *state,
		  const struct settings *settings, struct text *t)
{
	struct text before = *t;
	struct writer w = { .t = t };

	put_bank(&w, state);
	put_history(&w, &state->history);
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		struct charge_memory m = of_battery(&state->battery[i]);
		uint32_t bus;
		uint8_t address;

		if (!m.valid)
			continue;
		settings_battery(settings, i, &bus, &address);
		put_battery(&w, &m, settings->bus[bus].name, address);
	}
	put_number(&w, key_end, (int64_t)w.lines);
	if (!t->cut)
		return 0;
	*t = before;
	t->buf[t->len] = '\0';
	return -1;
}

/* --- reading -------------------------------------------------------------- */

struct bank_record {
	int64_t number[BANK_NUMBER_COUNT];
	uint32_t seen;
	int64_t value[HISTORY_COUNT];
	uint32_t seen_value;
	int64_t part[HISTORY_COUNT];
	uint32_t seen_part;
};

struct battery_record {
	char bus[BMS_NAME_SIZE]; /* empty: none has begun */
	uint8_t address;
	char serial[BMS_SERIAL_SIZE];
	int64_t number[BATTERY_NUMBER_COUNT];
	uint32_t seen;
};

_Static_assert(HISTORY_COUNT <= 32 && BANK_NUMBER_COUNT <= 32 &&
	       BATTERY_NUMBER_COUNT <= 32, "a bit for every key");

static bool span_is(struct span s, const char *text)
{
	return strlen(text) == s.len && memcmp(s.at, text, s.len) == 0;
}

/* Cuts off what is before the first c; false where there is none. */
static bool span_cut(struct span *rest, char c, struct span *ret)
{
	const char *end = memchr(rest->at, c, rest->len);

	if (!end)
		return false;
	*ret = (struct span){ rest->at, (size_t)(end - rest->at) };
	rest->len -= ret->len + 1;
	rest->at = end + 1;
	return true;
}

/* As text_int() writes it, up to 18 digits, min..max. */
static bool span_number(struct span s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = s.len > 0 && s.at[0] == '-';
	int64_t value = 0;

	if (negative)
		s = (struct span){ s.at + 1, s.len - 1 };
	if (s.len == 0 || s.len > 18 || (s.at[0] == '0' && s.len > 1))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		value = value * 10 + (s.at[i] - '0');
	}
	if (negative && value == 0)
		return false;
	*ret = negative ? -value : value;
	return *ret >= min && *ret <= max;
}

static bool span_name(struct span s, char ret[BMS_NAME_SIZE])
{
	if (s.len == 0 || s.len >= BMS_NAME_SIZE || memchr(s.at, 0, s.len))
		return false;
	memset(ret, 0, BMS_NAME_SIZE);
	memcpy(ret, s.at, s.len);
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool span_serial(struct span s, char ret[BMS_SERIAL_SIZE])
{
	if (s.len == 0 || s.len % 2 != 0 || s.len / 2 >= BMS_SERIAL_SIZE)
		return false;
	memset(ret, 0, BMS_SERIAL_SIZE);
	for (size_t i = 0; i < s.len; i += 2) {
		int high = hex_value(s.at[i]);
		int low = hex_value(s.at[i + 1]);

		/* 00 would end it in its middle. */
		if (high < 0 || low < 0 || high + low == 0)
			return false;
		ret[i / 2] = (char)(high << 4 | low);
	}
	return true;
}

/* Once, and within its range. */
static bool take_number(struct span value, int64_t min, int64_t max, size_t i,
			int64_t *numbers, uint32_t *seen)
{
	if (*seen >> i & 1)
		return false;
	*seen |= (uint32_t)1 << i;
	return span_number(value, min, max, &numbers[i]);
}

/* True where the key is another one's, or its number could be taken. */
static bool take_numbers(struct span key, struct span value,
			 const struct number_row *rows, size_t n,
			 int64_t *numbers, uint32_t *seen)
{
	for (size_t i = 0; i < n; i++) {
		if (span_is(key, rows[i].key))
			return take_number(value, rows[i].min, rows[i].max, i,
					   numbers, seen);
	}
	return true;
}

static bool take_history(struct span key, struct span value,
			 struct bank_record *bank)
{
	struct span part = key;
	struct span name;
	bool is_part = span_cut(&part, '.', &name) && span_is(part, "part");

	if (!is_part)
		name = key;
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_row *row = &history_rows[i];

		if (row->kind == HISTORY_KIND_AGE || !span_is(name, row->name))
			continue;
		if (is_part)
			return take_number(value, 0, row->per - 1, i,
					   bank->part, &bank->seen_part);
		return take_number(value, row->min, row->max, i, bank->value,
				   &bank->seen_value);
	}
	return true;
}

/* "battery BUS ADDRESS": another one begins. */
static bool take_battery(struct span value, struct battery_record *battery)
{
	struct span bus;
	int64_t address;

	if (!span_cut(&value, ' ', &bus))
		return false;
	*battery = (struct battery_record){ .address = 0 };
	if (!span_name(bus, battery->bus) ||
	    !span_number(value, 0, UINT8_MAX, &address))
		return false;
	battery->address = (uint8_t)address;
	return true;
}

static bool take_of_battery(struct span key, struct span value,
			    struct battery_record *battery)
{
	if (!span_is(key, key_serial))
		return take_numbers(key, value, battery_rows,
				    BATTERY_NUMBER_COUNT, battery->number,
				    &battery->seen);
	return battery->serial[0] == '\0' &&
	       span_serial(value, battery->serial);
}

/* Index of the battery at that place, or n_batteries. */
static uint32_t place_of(const struct bms_state *state,
			 const struct settings *settings,
			 const struct battery_record *battery)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		uint32_t bus;
		uint8_t address;

		settings_battery(settings, i, &bus, &address);
		if (address == battery->address &&
		    strcmp(settings->bus[bus].name, battery->bus) == 0)
			return i;
	}
	return state->n_batteries;
}

/* One whose place is gone may be found at another by its serial number: it
 * waits in any that is free, and makes room for whose place that is. */
static void keep_battery(struct bms_state *state,
			 const struct settings *settings,
			 const struct battery_record *battery)
{
	uint32_t i = place_of(state, settings, battery);
	struct charge_memory m = {
		.valid = true,
		.fitted = battery->number[BATTERY_FITTED] != 0,
		.known = battery->seen >> BATTERY_COUNT & 1,
		.anchored = battery->number[BATTERY_ANCHORED] != 0,
		.count = battery->number[BATTERY_COUNT],
	};

	if (battery->seen >> BATTERY_OWN_PERMILLE & 1)
		m.own_permille = known_i32((int32_t)
			battery->number[BATTERY_OWN_PERMILLE]);
	memcpy(m.serial, battery->serial, sizeof(m.serial));
	if (i < state->n_batteries) {
		struct charge_memory was = state->battery[i].memory;

		state->battery[i].memory = m;
		m = was;
	}
	for (i = 0; i < state->n_batteries && m.serial[0] != '\0'; i++) {
		if (state->battery[i].memory.valid)
			continue;
		state->battery[i].memory = m;
		return;
	}
}

static void keep_bank(struct bms_state *state, const struct bank_record *bank,
		      uint64_t away_ms)
{
	struct balance *b = &state->balance;

	b->full_known = bank->seen >> BANK_FULL_CHARGE_AGE_MS & 1;
	b->full_ms = (uint64_t)bank->number[BANK_FULL_CHARGE_AGE_MS] +
		     (away_ms < AGE_MAX_MS ? away_ms : (uint64_t)AGE_MAX_MS);
	b->imbalanced = bank->number[BANK_IMBALANCED] != 0;
	state->history.below_65 = bank->number[BANK_BELOW_65] != 0;
	state->history.below_90 = bank->number[BANK_BELOW_90] != 0;
	for (size_t i = 0; i < HISTORY_COUNT; i++)
		state->history.entry[i] = (struct history_entry){
			bank->seen_value >> i & 1, bank->value[i],
			bank->part[i]
		};
}

/* Whether the same line is within the text before it. */
static bool is_repeated(struct span text, struct span line)
{
	struct span before;

	text.len = (size_t)(line.at - text.at);
	while (span_cut(&text, '\n', &before)) {
		if (before.len == line.len &&
		    memcmp(before.at, line.at, line.len) == 0)
			return true;
	}
	return false;
}

struct reader {
	struct span text;
	struct bank_record bank;
	struct battery_record battery;
	uint32_t n_batteries; /* that have begun in the text */
	int64_t lines;
	/* NULL: looks only. */
	struct bms_state *state;
	const struct settings *settings;
};

static void end_battery(struct reader *r)
{
	if (r->state && r->battery.bus[0] != '\0')
		keep_battery(r->state, r->settings, &r->battery);
}

/* One line but the last. */
static bool take_line(struct reader *r, struct span line)
{
	struct span value = line;
	struct span key, prefix, rest;

	r->lines++;
	if (!span_cut(&value, ' ', &key) || key.len == 0)
		return false;
	if (span_is(key, key_battery)) {
		end_battery(r);
		return ++r->n_batteries <= BATTERIES_MAX &&
		       (r->state || !is_repeated(r->text, line)) &&
		       take_battery(value, &r->battery);
	}
	rest = key;
	if (!span_cut(&rest, '.', &prefix))
		return take_numbers(key, value, bank_rows, BANK_NUMBER_COUNT,
				    r->bank.number, &r->bank.seen);
	if (span_is(prefix, "history"))
		return take_history(rest, value, &r->bank);
	return !span_is(prefix, key_battery) ||
	       (r->battery.bus[0] != '\0' &&
		take_of_battery(key, value, &r->battery));
}

static bool is_last(struct span line, int64_t lines, struct span rest)
{
	struct span value = line;
	struct span key;
	int64_t told;

	return rest.len == 0 && span_cut(&value, ' ', &key) &&
	       span_is(key, key_end) && span_number(value, 0, INT64_MAX,
						    &told) && told == lines;
}

/* All of the text. False where it is none; with a state, keeps it. */
static bool read_text(struct reader *r)
{
	struct span rest = r->text;
	struct span line;

	while (span_cut(&rest, '\n', &line)) {
		if (is_last(line, r->lines, rest)) {
			end_battery(r);
			return true;
		}
		if (!take_line(r, line))
			return false;
	}
	return false;
}

int memory_decode(struct bms_state *state, const struct settings *settings,
		  const uint8_t *bytes, size_t len, uint64_t away_ms)
{
	struct reader look = { .text = { (const char *)bytes, len } };
	struct reader keep = look;

	if (state->started || len == 0 ||
	    len > memory_size_max(BATTERIES_MAX) || !read_text(&look))
		return -1;
	keep.state = state;
	keep.settings = settings;
	(void)read_text(&keep);
	keep_bank(state, &keep.bank, away_ms);
	return 0;
}
