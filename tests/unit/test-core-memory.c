/* SPDX-License-Identifier: MIT */
/*
 * What survives a restart (E3, F2, F3): every value there and back, what a
 * battery gets back and what not, and what a text that is broken, cut or
 * written against us does.
 */
#include <string.h>

#include "lib/core/memory.h"
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

enum { TEXT_SIZE = 64 << 10, DAY_MS = 86400000 };

static struct bank bank;
static struct bank twin;
static char text_a[TEXT_SIZE];
static char text_b[TEXT_SIZE];

static void add_bus(struct settings *s, const char *name, uint8_t n,
		    uint8_t first)
{
	struct settings_bus *bus = &s->bus[s->n_buses++];

	strcpy(bus->name, name);
	bus->n_addresses = n;
	for (uint8_t i = 0; i < n; i++)
		bus->addresses[i] = (uint8_t)(first + i);
}

/* Three batteries on one bus and two on another. */
static void begin(struct bank *b)
{
	bank_init(b, 5);
	add_bus(&b->settings, "rack", 3, 1);
	add_bus(&b->settings, "house_2", 2, 254);
}

static void later(struct bank *b, uint32_t ms)
{
	b->input.now = mono_add_ms(b->input.now, ms);
	for (uint32_t i = 0; i < b->n; i++) {
		if (!b->silent[i])
			bank_read(b, i);
	}
}

static void command(struct bank *b, enum bms_command_kind kind, int32_t value)
{
	b->input.command = (struct bms_command){ .kind = kind,
						    .value = value };
	bank_step_only(b);
	b->input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

static size_t encode(const struct bank *b, char *buf)
{
	struct text t = text_in(buf, TEXT_SIZE);

	ck_assert_int_eq(memory_encode(&b->state, &b->settings, &t), 0);
	ck_assert(!t.cut);
	ck_assert_uint_lt(t.len, memory_size_max(b->n));
	return t.len;
}

static int decode(struct bank *b, const char *text, size_t len,
		  uint64_t away_ms)
{
	return memory_decode(&b->state, &b->settings, (const uint8_t *)text,
			     len, away_ms);
}

static int decode_text(struct bank *b, const char *text)
{
	return decode(b, text, strlen(text), 0);
}

/* The program ends, and starts again: what was kept is all it knows. */
static void restart(struct bank *b, uint64_t away_ms)
{
	struct sample sample[BANK_BATTERIES_MAX];
	size_t len = encode(b, text_a);
	mono_t now = b->input.now;

	memcpy(sample, b->sample, sizeof(sample));
	begin(b);
	memcpy(b->sample, sample, sizeof(sample));
	b->input.now = now;
	ck_assert_int_eq(decode(b, text_a, len, away_ms), 0);
}

static int32_t soc_of(const struct bank *b, uint32_t battery)
{
	const struct charge *c = &b->battery[battery].charge;

	ck_assert(c->known);
	return (int32_t)(c->count / (280 * CHARGE_PER_MAH));
}

/* --- there and back ------------------------------------------------------- */

static int64_t pick(uint64_t *seed, int64_t low, int64_t high)
{
	return unit_between(seed, low, high);
}

static void random_serial(uint64_t *seed, char serial[BMS_SERIAL_SIZE])
{
	size_t n = (size_t)pick(seed, 0, BMS_SERIAL_SIZE - 1);

	memset(serial, 0, BMS_SERIAL_SIZE);
	for (size_t i = 0; i < n; i++)
		serial[i] = (char)pick(seed, 1, 255);
}

static void random_battery(uint64_t *seed, struct bms_battery *b)
{
	b->charge.begun = pick(seed, 0, 4);
	b->charge.known = pick(seed, 0, 3);
	b->charge.anchored = pick(seed, 0, 1);
	b->charge.count = pick(seed, 0, CHARGE_FULL_MAX_MAH * CHARGE_PER_MAH);
	b->charge.own_permille = pick(seed, 0, 3) ?
		known_i32((int32_t)pick(seed, 0, 1000)) : UNKNOWN_I32;
	b->fitted = pick(seed, 0, 1);
	random_serial(seed, b->serial);
}

static void random_state(uint64_t *seed, struct bms_state *s)
{
	for (uint32_t i = 0; i < s->n_batteries; i++)
		random_battery(seed, &s->battery[i]);
	s->balance.full_known = pick(seed, 0, 3);
	s->balance.full_ms = s->balance.full_known ?
		(uint64_t)pick(seed, 0, INT64_C(10000000000000)) : 0;
	s->balance.imbalanced = pick(seed, 0, 1);
	s->history.below_65 = pick(seed, 0, 1);
	s->history.below_90 = pick(seed, 0, 1);
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_row *row = &history_rows[i];
		struct history_entry *e = &s->history.entry[i];

		if (row->kind == HISTORY_KIND_AGE)
			continue;
		e->known = pick(seed, 0, 3);
		if (!e->known)
			continue;
		e->value = pick(seed, row->min, row->max);
		e->part = pick(seed, 0, row->per - 1);
	}
}

static void check_battery(const struct bms_battery *was,
			  const struct charge_memory *is)
{
	ck_assert_int_eq(is->valid, was->charge.begun);
	if (!is->valid)
		return;
	ck_assert_str_eq(is->serial, was->serial);
	ck_assert_int_eq(is->fitted, was->fitted);
	ck_assert_int_eq(is->known, was->charge.known);
	if (!is->known)
		return;
	ck_assert_int_eq(is->anchored, was->charge.anchored);
	ck_assert_int_eq(is->count, was->charge.count);
	ck_assert_int_eq(is->own_permille.known,
			 was->charge.own_permille.known);
	ck_assert_int_eq(is->own_permille.value,
			 was->charge.own_permille.value);
}

/* E3, F2, F3: every value survives, and a text says all that is kept */
START_TEST(random_states_are_read_as_they_were_written)
{
	uint64_t seed = unit_seed();

	for (int k = 0; k < 500; k++) {
		size_t len;

		begin(&bank);
		random_state(&seed, &bank.state);
		len = encode(&bank, text_a);
		begin(&twin);
		ck_assert_int_eq(decode(&twin, text_a, len, 0), 0);
		for (uint32_t i = 0; i < bank.n; i++)
			check_battery(&bank.battery[i],
				      &twin.battery[i].memory);
		ck_assert_mem_eq(&twin.state.balance, &bank.state.balance,
				 sizeof(bank.state.balance));
		ck_assert_mem_eq(&twin.state.history, &bank.state.history,
				 sizeof(bank.state.history));
		/* What has not been heard yet is kept for another time. */
		ck_assert_uint_eq(encode(&twin, text_b), len);
		ck_assert_str_eq(text_a, text_b);
	}
}
END_TEST

/* Every value at its longest, every name as long as it may be. */
START_TEST(the_longest_text_fits_and_is_read)
{
	char name[BMS_NAME_SIZE];
	size_t len;
	struct text t;

	bank_init(&bank, 50);
	for (uint32_t i = 0; i < 2; i++) {
		memset(name, 'a' + (int)i, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		add_bus(&bank.settings, name, 25, 200);
	}
	for (uint32_t i = 0; i < 50; i++) {
		struct bms_battery *b = &bank.battery[i];

		b->charge = (struct charge){
			.begun = true, .known = true, .anchored = true,
			.count = CHARGE_FULL_MAX_MAH * CHARGE_PER_MAH,
			.own_permille = known_i32(1000),
		};
		b->fitted = true;
		memset(b->serial, 0xff, BMS_SERIAL_SIZE - 1);
		b->serial[0] = (char)(i + 1);
	}
	bank.state.balance.full_known = true;
	bank.state.balance.full_ms = UINT64_MAX;
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_row *row = &history_rows[i];

		if (row->kind != HISTORY_KIND_AGE)
			bank.state.history.entry[i] = (struct history_entry){
				true, row->max, row->per - 1 };
	}
	ck_assert_uint_lt(memory_size_max(50), TEXT_SIZE);
	len = encode(&bank, text_a);
	/* The bound is one, and not a wild one. */
	ck_assert_uint_gt(len, memory_size_max(50) * 3 / 4);
	memset(bank.battery, 0, sizeof(bank.battery));
	ck_assert_int_eq(decode(&bank, text_a, len, UINT64_MAX), 0);
	for (uint32_t i = 0; i < 50; i++)
		ck_assert_int_eq(bank.battery[i].memory.serial[0],
				 (char)(i + 1));
	/* One byte less than it needs, and nothing is written. */
	t = text_in(text_b, TEXT_SIZE);
	text_str(&t, "before");
	t.size = len + 6;
	ck_assert_int_eq(memory_encode(&bank.state, &bank.settings, &t), -1);
	ck_assert_str_eq(text_b, "before");
	ck_assert_uint_eq(t.len, 6);
	t.size = len + 7;
	ck_assert_int_eq(memory_encode(&bank.state, &bank.settings, &t), 0);
}
END_TEST

/* --- what a restart gives back -------------------------------------------- */

/* E3: over a restart the count goes by what the own figure has gone */
START_TEST(counts_survive_a_restart)
{
	begin(&bank);
	later(&bank, 1000);
	command(&bank, BMS_COMMAND_SET_SOC, 800);
	bank.sample[4].soc_permille = UNKNOWN_I32;
	later(&bank, 1000);
	restart(&bank, 3600000);
	bank.sample[1].soc_permille = known_i32(550);
	bank.sample[2].soc_permille = known_i32(950);
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 0), 800);
	ck_assert_int_eq(soc_of(&bank, 1), 750);
	ck_assert_int_eq(soc_of(&bank, 2), 950);
	/* One that says nothing of itself, too. */
	ck_assert_int_eq(soc_of(&bank, 4), 800);
	ck_assert(bank.out.soc_anchored);
	ck_assert_int_eq(bank.out.soc_permille.value, 820);
	/* Once: from now on a gap is a gap. */
	later(&bank, 15001);
	ck_assert(!bank.battery[4].charge.known);
}
END_TEST

/* E3: how long it was away is no part of any count */
START_TEST(the_time_away_changes_no_count)
{
	static const uint64_t away_ms[] = { 0, 1, 3600000, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(away_ms); i++) {
		begin(&bank);
		later(&bank, 1000);
		command(&bank, BMS_COMMAND_SET_SOC, 800);
		bank.sample[0].current_ma = known_i32(-100000);
		restart(&bank, away_ms[i]);
		later(&bank, 1000);
		ck_assert_int_eq(bank.out.soc_permille.value, 800);
		ck_assert_int_eq(bank.battery[0].charge.count,
				 224000 * CHARGE_PER_MAH);
	}
}
END_TEST

/* E3: a count belongs to a battery, not to a place */
START_TEST(a_battery_is_found_by_its_serial_number)
{
	struct sample moved;

	begin(&bank);
	for (uint32_t i = 0; i < 5; i++)
		bank.sample[i].soc_permille =
			known_i32((int32_t)(100 * i + 300));
	later(&bank, 1000);
	/* 0 and 3 change places, 4 is another one. */
	restart(&bank, 0);
	moved = bank.sample[0];
	bank.sample[0] = bank.sample[3];
	bank.sample[3] = moved;
	strcpy(bank.sample[4].serial, "another");
	for (uint32_t i = 0; i < 5; i++)
		bank.sample[i].soc_permille = known_i32(990);
	bank.battery[0].memory.own_permille = known_i32(990);
	bank.battery[3].memory.own_permille = known_i32(990);
	/* A save before the other one has been heard loses nothing. */
	bank.input.now = mono_add_ms(bank.input.now, 1000);
	bank_read(&bank, 0);
	restart(&bank, 0);
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 0), 600);
	ck_assert_int_eq(soc_of(&bank, 3), 300);
	ck_assert_int_eq(soc_of(&bank, 4), 990);
	ck_assert_int_eq(soc_of(&bank, 1), 990);
}
END_TEST

/* E3: some tell their serial number only after their first readings */
START_TEST(a_serial_number_that_comes_later_still_counts)
{
	char serial[BMS_SERIAL_SIZE];

	begin(&bank);
	later(&bank, 1000);
	command(&bank, BMS_COMMAND_SET_SOC, 500);
	restart(&bank, 0);
	memcpy(serial, bank.sample[2].serial, sizeof(serial));
	bank.sample[2].serial[0] = '\0';
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 2), 600);
	ck_assert(!bank.out.soc_anchored);
	memcpy(bank.sample[2].serial, serial, sizeof(serial));
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 2), 500);
	ck_assert(bank.out.soc_anchored);
	/* One that nobody remembers goes on as it has begun. */
	begin(&bank);
	bank.sample[2].serial[0] = '\0';
	later(&bank, 1000);
	command(&bank, BMS_COMMAND_SET_SOC, 500);
	strcpy(bank.sample[2].serial, "another");
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 2), 500);
	ck_assert(bank.out.soc_anchored);
}
END_TEST

/* E3: without a serial number the place is all there is */
START_TEST(a_battery_without_a_serial_number_is_found_at_its_place)
{
	begin(&bank);
	bank.sample[1].serial[0] = '\0';
	bank.sample[2].serial[0] = '\0';
	bank.sample[1].soc_permille = known_i32(300);
	later(&bank, 1000);
	command(&bank, BMS_COMMAND_SET_SOC, 500);
	restart(&bank, 0);
	/* A battery that has one is not that one. */
	strcpy(bank.sample[2].serial, "another");
	/* And one that has none is not the one that had. */
	bank.sample[3].serial[0] = '\0';
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 1), 500);
	ck_assert_int_eq(soc_of(&bank, 2), 600);
	ck_assert_int_eq(soc_of(&bank, 3), 600);
	ck_assert_int_eq(soc_of(&bank, 0), 500);
	/* Nor does it follow one that takes its place. */
	begin(&bank);
	bank.sample[1].serial[0] = '\0';
	later(&bank, 1000);
	command(&bank, BMS_COMMAND_SET_SOC, 500);
	restart(&bank, 0);
	strcpy(bank.sample[1].serial, bank.sample[2].serial);
	bank.sample[2].serial[0] = '\0';
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 1), 500);
	ck_assert_int_eq(soc_of(&bank, 2), 600);
}
END_TEST

/* E3: a renamed bus takes no count away; without a serial number it does */
START_TEST(a_renamed_bus_keeps_what_has_a_serial_number)
{
	size_t len;

	begin(&bank);
	bank.sample[1].serial[0] = '\0';
	later(&bank, 1000);
	command(&bank, BMS_COMMAND_SET_SOC, 500);
	len = encode(&bank, text_a);
	begin(&bank);
	strcpy(bank.settings.bus[0].name, "renamed");
	bank.settings.bus[0].addresses[0] = 77;
	bank.sample[1].serial[0] = '\0';
	ck_assert_int_eq(decode(&bank, text_a, len, 0), 0);
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 0), 500);
	ck_assert_int_eq(soc_of(&bank, 1), 600);
	ck_assert_int_eq(soc_of(&bank, 2), 500);
	ck_assert_int_eq(soc_of(&bank, 4), 500);
	/* More than there are places: the first are kept. */
	bank_init(&bank, 1);
	add_bus(&bank.settings, "other", 1, 9);
	ck_assert_int_eq(decode(&bank, text_a, len, 0), 0);
	ck_assert_str_eq(bank.battery[0].memory.serial, "00000001000");
	/* Who waits in another's place makes room for it. */
	bank_init(&bank, 2);
	add_bus(&bank.settings, "other", 2, 9);
	ck_assert_int_eq(decode_text(&bank,
		"battery gone 1\nbattery.serial 41\nbattery.count 1\n"
		"battery other 9\nbattery.count 2\n"
		"end 5\n"), 0);
	ck_assert_int_eq(bank.battery[0].memory.count, 2);
	ck_assert_str_eq(bank.battery[1].memory.serial, "A");
	/* Without a serial number there is no waiting. */
	bank_init(&bank, 2);
	add_bus(&bank.settings, "other", 2, 9);
	ck_assert_int_eq(decode_text(&bank,
		"battery gone 1\nbattery.count 1\nend 2\n"), 0);
	ck_assert(!bank.battery[0].memory.valid);
}
END_TEST

/* E3: one that is silent for a while is remembered until it is heard */
START_TEST(a_battery_not_heard_since_the_start_is_kept)
{
	begin(&bank);
	later(&bank, 1000);
	command(&bank, BMS_COMMAND_SET_SOC, 500);
	for (int k = 0; k < 3; k++) {
		restart(&bank, 0);
		bank.silent[3] = true;
		later(&bank, 1000);
	}
	bank.silent[3] = false;
	later(&bank, 1000);
	ck_assert_int_eq(soc_of(&bank, 3), 500);
}
END_TEST

/* F2, F3: the last full charge ages while nobody looks */
START_TEST(the_last_full_charge_ages_while_away)
{
	int64_t age;

	begin(&bank);
	for (uint32_t i = 0; i < bank.n; i++) {
		bank_cells(&bank, i, 3510);
		bank.sample[i].current_ma = known_i32(2000);
	}
	for (int i = 0; i < 200; i++)
		later(&bank, 1000);
	ck_assert_int_eq(bank.out.balancer, BALANCER_BALANCED);
	restart(&bank, UINT64_C(10) * DAY_MS);
	ck_assert(history_read(&bank.state, HISTORY_FULL_CHARGE_AGE, &age));
	later(&bank, 1000);
	ck_assert_int_eq(bank.out.balancer, BALANCER_BALANCED);
	ck_assert(history_read(&bank.state, HISTORY_FULL_CHARGE_AGE, &age));
	ck_assert_int_ge(age, 10 * 86400);
	ck_assert_int_lt(age, 10 * 86400 + 60);
	restart(&bank, UINT64_C(20) * DAY_MS);
	later(&bank, 1000);
	ck_assert_int_eq(bank.out.balancer, BALANCER_UNKNOWN);
	ck_assert(history_read(&bank.state, HISTORY_FULL_CHARGE_AGE, &age));
	ck_assert_int_ge(age, 30 * 86400);
	/* Long enough for any battery. */
	restart(&bank, UINT64_MAX);
	restart(&bank, UINT64_MAX);
	later(&bank, 1000);
	ck_assert(history_read(&bank.state, HISTORY_FULL_CHARGE_AGE, &age));
	ck_assert_int_ge(age, INT64_C(10000000000));
	ck_assert_int_le(age, INT64_C(20000000000));
	ck_assert_int_eq(bank.out.balancer, BALANCER_UNKNOWN);
}
END_TEST

/* F2: a battery that is new after the restart was at no full charge */
START_TEST(a_battery_added_while_away_was_at_no_full_charge)
{
	begin(&bank);
	for (uint32_t i = 0; i < bank.n; i++) {
		bank_cells(&bank, i, 3510);
		bank.sample[i].current_ma = known_i32(2000);
	}
	for (int i = 0; i < 200; i++)
		later(&bank, 1000);
	restart(&bank, 0);
	later(&bank, 1000);
	ck_assert_int_eq(bank.out.balancer, BALANCER_BALANCED);
	restart(&bank, 0);
	strcpy(bank.sample[2].serial, "another");
	later(&bank, 1000);
	ck_assert_int_eq(bank.out.balancer, BALANCER_UNKNOWN);
}
END_TEST

/* --- broken texts --------------------------------------------------------- */

static void check_ranges(const struct bank *b)
{
	for (uint32_t i = 0; i < b->n; i++) {
		const struct charge_memory *m = &b->battery[i].memory;

		ck_assert_int_ge(m->count, 0);
		ck_assert_int_le(m->count,
				 CHARGE_FULL_MAX_MAH * CHARGE_PER_MAH);
		ck_assert_int_ge(m->own_permille.value, 0);
		ck_assert_int_le(m->own_permille.value, 1000);
		ck_assert(memchr(m->serial, 0, sizeof(m->serial)));
	}
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_row *row = &history_rows[i];
		const struct history_entry *e = &b->state.history.entry[i];

		if (!e->known)
			continue;
		ck_assert_int_ge(e->value, row->min);
		ck_assert_int_le(e->value, row->max);
		ck_assert_int_ge(e->part, 0);
		ck_assert_int_lt(e->part, row->per);
	}
}

/* Refused leaves everything as it was; taken is in its range. */
static bool decodes(const char *text, size_t len)
{
	static struct bank before;

	begin(&twin);
	before = twin;
	if (decode(&twin, text, len, 0) < 0) {
		ck_assert_mem_eq(&before, &twin, sizeof(twin));
		return false;
	}
	check_ranges(&twin);
	return true;
}

static size_t random_text(uint64_t *seed)
{
	begin(&bank);
	random_state(seed, &bank.state);
	for (uint32_t i = 0; i < bank.n; i++)
		bank.battery[i].charge.begun = true;
	return encode(&bank, text_a);
}

/* E3, F3: a text that ends anywhere is none */
START_TEST(every_truncation_is_refused)
{
	uint64_t seed = unit_seed();
	size_t len = random_text(&seed);

	ck_assert(decodes(text_a, len));
	for (size_t i = 0; i < len; i++)
		ck_assert(!decodes(text_a, i));
	text_a[len] = '\n';
	ck_assert(!decodes(text_a, len + 1));
}
END_TEST

/* E3, F3: any byte may be any other */
START_TEST(every_changed_byte_is_refused_or_in_range)
{
	uint64_t seed = unit_seed();
	size_t len = random_text(&seed);

	for (size_t i = 0; i < len; i++) {
		char was = text_a[i];

		for (int k = 0; k < 40; k++) {
			text_a[i] = (char)unit_random(&seed);
			(void)decodes(text_a, len);
		}
		text_a[i] = was;
	}
	ck_assert(decodes(text_a, len));
}
END_TEST

/* Lines that cannot be: each makes the whole text none. */
START_TEST(a_line_that_cannot_be_refuses_the_whole)
{
	static const char *const wrong[] = {
		"",
		"imbalanced",
		" 1",
		"imbalanced ",
		"imbalanced 2",
		"imbalanced -1",
		"imbalanced 01",
		"imbalanced -0",
		"imbalanced -",
		"imbalanced 1 ",
		"imbalanced +1",
		"imbalanced 0x1",
		"imbalanced 9999999999999999999",
		"full-charge-age-ms 10000000000001",
		"full-charge-age-ms 1234567890123456789",
		"history.Cycles 1000000001",
		"history.Cycles x",
		"history.Cycles.part 1",
		"history.CumulativeAhDrawn.part 7200000",
		"history.CumulativeAhDrawn.part -1",
		"history.MinimumBatteryTemperature -501",
		"battery rack",
		"battery rack 256",
		"battery rack -1",
		"battery rack 01",
		"battery rack 1 2",
		"battery  1",
		"battery 1234567890123456789012345678901a 1",
		"battery.fitted 1",
		"battery.count 1",
		"battery rack 1\nbattery.count -1",
		"battery rack 1\nbattery.count 72000000000000001",
		"battery rack 1\nbattery.own-permille 1001",
		"battery rack 1\nbattery.anchored 2",
		"battery rack 1\nbattery.serial ",
		"battery rack 1\nbattery.serial 3",
		"battery rack 1\nbattery.serial 3G",
		"battery rack 1\nbattery.serial G3",
		"battery rack 1\nbattery.serial 3a",
		"battery rack 1\nbattery.serial 3/",
		"battery rack 1\nbattery.serial 3100",
		"battery rack 1\nbattery.serial 3031323334353637383930313233"
		"343536373839303132333435363738393031",
		/* Twice. */
		"imbalanced 1\nimbalanced 1",
		"history.Cycles 1\nhistory.Cycles 1",
		"history.CumulativeAhDrawn.part 1\n"
		"history.CumulativeAhDrawn.part 1",
		"battery rack 1\nbattery rack 1",
		"battery rack 1\nbattery rack 2\nbattery rack 1",
		"battery rack 1\nbattery.count 1\nbattery.count 1",
		"battery rack 1\nbattery.serial 31\nbattery.serial 31",
	};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		int lines = 1;

		for (const char *c = wrong[i]; *c; c++)
			lines += *c == '\n';
		snprintf(text, sizeof(text), "%s\nend %d\n", wrong[i], lines);
		ck_assert_msg(!decodes(text, strlen(text)), "%s", wrong[i]);
		/* It is the line, and nothing else. */
		snprintf(text, sizeof(text), "%s%s\nend %d\n",
			 "below-65 1\n", wrong[i], lines + 1);
		ck_assert_msg(!decodes(text, strlen(text)), "%s", wrong[i]);
	}
	ck_assert(!decodes("battery a\0b 1\nend 1\n", 20));
}
END_TEST

/* The end says how much there was. */
START_TEST(the_end_must_be_right)
{
	static const char *const wrong[] = {
		"below-65 1\n", "below-65 1\nend 0\n", "below-65 1\nend 2\n",
		"below-65 1\nend\n", "below-65 1\nend x\n",
		"below-65 1\nend 1", "below-65 1\nend 1\nend 2\nx",
		"below-65 1\nend 1\nx", "below-65 1\nEND 1\n", "\n", "x",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		ck_assert_msg(!decodes(wrong[i], strlen(wrong[i])), "%s",
			      wrong[i]);
	ck_assert(decodes("end 0\n", 6));
	ck_assert(decodes("below-65 1\nend 1\n", 17));
	/* A program may write an end that is no end: then it is a key. */
	ck_assert(decodes("end 7\nend 1\n", 12));
}
END_TEST

/* What another version may write. */
START_TEST(keys_of_other_versions_are_left_alone)
{
	begin(&bank);
	ck_assert_int_eq(decode_text(&bank,
		"later-word 12 x\n"
		"later.word y\n"
		"history.Unknown 99\n"
		"history.Unknown 99\n"
		"history.Cycles.other 99\n"
		"history.TimeSinceLastFullCharge 99\n"
		"history. 1\n"
		"battery rack 2\n"
		"battery.later what it was\n"
		"battery. 1\n"
		"battery.count 100\n"
		"below-90 1\n"
		"battery.serial 4A4B\n"
		"end 13\n"), 0);
	ck_assert(bank.state.history.below_90);
	ck_assert(!bank.state.history.below_65);
	ck_assert(!bank.state.balance.full_known);
	for (size_t i = 0; i < HISTORY_COUNT; i++)
		ck_assert(!bank.state.history.entry[i].known);
	ck_assert_str_eq(bank.battery[1].memory.serial, "JK");
	ck_assert_int_eq(bank.battery[1].memory.count, 100);
	ck_assert(!bank.battery[1].memory.fitted);
	ck_assert(!bank.battery[1].memory.own_permille.known);
	ck_assert(!bank.battery[0].memory.valid);
}
END_TEST

/* Once the bank has begun there is nothing to be remembered. */
START_TEST(a_running_bank_takes_no_memory)
{
	begin(&bank);
	bank_step_only(&bank);
	ck_assert_int_eq(decode_text(&bank, "below-65 1\nend 1\n"), -1);
	ck_assert(!bank.state.history.below_65);
}
END_TEST

/* Neither more batteries than places nor a longer text than can be. */
START_TEST(a_text_has_its_bounds)
{
	static char text[1 << 20];
	struct text t = text_in(text, sizeof(text));
	int64_t lines;

	for (int i = 0; i < 2048; i++) {
		text_str(&t, "battery b");
		text_int(&t, i / 256);
		text_char(&t, ' ');
		text_int(&t, i % 256);
		text_char(&t, '\n');
	}
	text_str(&t, "end 2048\n");
	ck_assert(decodes(text, t.len));
	t.len -= 9;
	text_str(&t, "battery b9 1\nend 2049\n");
	ck_assert(!decodes(text, t.len));
	t = text_in(text, sizeof(text));
	for (lines = 0; t.len + 20 < memory_size_max(2048); lines++)
		text_str(&t, "abcdefgh 1\n");
	text_str(&t, "end ");
	text_int(&t, lines);
	text_char(&t, '\n');
	ck_assert_uint_le(t.len, memory_size_max(2048));
	ck_assert(decodes(text, t.len));
	t = text_in(text, sizeof(text));
	for (lines = 0; t.len <= memory_size_max(2048); lines++)
		text_str(&t, "abcdefgh 1\n");
	text_str(&t, "end ");
	text_int(&t, lines);
	text_char(&t, '\n');
	ck_assert_uint_gt(t.len, memory_size_max(2048));
	ck_assert(!decodes(text, t.len));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: memory");
	TCase *tc = tcase_create("there and back");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, random_states_are_read_as_they_were_written);
	tcase_add_test(tc, the_longest_text_fits_and_is_read);
	suite_add_tcase(suite, tc);
	tc = tcase_create("restart");
	tcase_add_test(tc, counts_survive_a_restart);
	tcase_add_test(tc, the_time_away_changes_no_count);
	tcase_add_test(tc, a_battery_is_found_by_its_serial_number);
	tcase_add_test(tc, a_serial_number_that_comes_later_still_counts);
	tcase_add_test(tc,
		a_battery_without_a_serial_number_is_found_at_its_place);
	tcase_add_test(tc, a_renamed_bus_keeps_what_has_a_serial_number);
	tcase_add_test(tc, a_battery_not_heard_since_the_start_is_kept);
	tcase_add_test(tc, the_last_full_charge_ages_while_away);
	tcase_add_test(tc, a_battery_added_while_away_was_at_no_full_charge);
	suite_add_tcase(suite, tc);
	tc = tcase_create("broken");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, every_truncation_is_refused);
	tcase_add_test(tc, every_changed_byte_is_refused_or_in_range);
	tcase_add_test(tc, a_line_that_cannot_be_refuses_the_whole);
	tcase_add_test(tc, the_end_must_be_right);
	tcase_add_test(tc, keys_of_other_versions_are_left_alone);
	tcase_add_test(tc, a_running_bank_takes_no_memory);
	tcase_add_test(tc, a_text_has_its_bounds);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
