/* SPDX-License-Identifier: MIT */
/*
 * The units on the bus. All short addresses are asked for their version;
 * those that answer are units, and stay counted until the link is lost: a
 * unit that fell silent may still be charging, and its share must not go
 * to the others.
 *
 * First come those that should be there: F 7 tells which addresses are in
 * use (mk3.md 4; B), and those that answered before the link was lost. They
 * are counted before they have answered, so that nobody gets more than its
 * share meanwhile. The other addresses are asked when nothing else is due.
 */
#include "lib/mk3/session.h"

#include "lib/base/bytes.h"

#include <string.h>

enum {
	FIRMWARE_DIGITS = 1000,
	MA_PER_A = 1000,
	PADDED_VERSION = 2,  /* bytes of a split version part */
	COMBINED_VERSION = 4,
};

uint32_t mk3_backoff_ms(uint8_t failures)
{
	uint32_t ms = MK3_BACKOFF_FIRST_MS;

	for (uint8_t i = 1; i < failures && ms < MK3_BACKOFF_LAST_MS; i++)
		ms *= 2;
	return ms < MK3_BACKOFF_LAST_MS ? ms : MK3_BACKOFF_LAST_MS;
}

static void count_up(uint8_t *failures)
{
	if (*failures < UINT8_MAX)
		(*failures)++;
}

void mk3_units_sweep(struct mk3 *mk3, mono_t now)
{
	for (size_t i = 0; i < BMS_UNITS_MAX; i++) {
		struct mk3_unit *unit = &mk3->unit[i];

		/* What is being asked already goes on, its back-off too. */
		if (unit->step != UNIT_DONE && unit->present)
			continue;
		unit->step = UNIT_LOW;
		unit->failures = 0;
		unit->next_try = now;
	}
	mk3->map_tries = 0;
	mk3->map_known = false;
	/* One lost answer must not hide a unit for long. */
	mk3->next_sweep = mono_add_ms(now, mk3->swept ? MK3_SWEEP_MS :
						       MK3_SWEEP_AGAIN_MS);
}

void mk3_units_rewrite(struct mk3 *mk3, mono_t now)
{
	for (size_t i = 0; i < BMS_UNITS_MAX; i++) {
		struct mk3_unit *unit = &mk3->unit[i];

		unit->written = UNKNOWN_I32;
		unit->write_failures = 0;
		unit->next_write = now;
	}
	mk3_units_publish(mk3);
}

/* Those that should be there count, answered or not. */
static int32_t units_count(const struct mk3 *mk3)
{
	int32_t n = 0;

	for (size_t i = 0; i < BMS_UNITS_MAX; i++)
		n += mk3->unit[i].present || mk3->unit[i].expected;
	return n;
}

static maybe_i32 stored_ma(const struct mk3_unit *unit)
{
	if (!unit->has_stored || !unit->has_info)
		return UNKNOWN_I32;
	return mk3_setting_milli(&unit->info, unit->stored);
}

/*
 * The word to write: an equal share in whole A, rounded down, never above
 * what the installer stored. Unknown as long as that is not known, for
 * then nothing may be written.
 */
static maybe_i32 share_raw(const struct mk3 *mk3, const struct mk3_unit *unit)
{
	maybe_i32 stored = stored_ma(unit);
	int32_t wanted_ma = mk3->command.charge_current_ma.value;
	int32_t share_ma;
	maybe_i32 raw;

	if (!mk3->command.charge_current_ma.known || !stored.known)
		return UNKNOWN_I32;
	share_ma = wanted_ma > 0 ? wanted_ma / units_count(mk3) : 0;
	share_ma = share_ma / MA_PER_A * MA_PER_A;
	if (share_ma > stored.value)
		share_ma = stored.value;
	raw = mk3_setting_raw(&unit->info, share_ma);
	if (raw.known && raw.value > unit->stored)
		return UNKNOWN_I32;
	return raw;
}

static bool holds(const struct mk3_unit *unit, maybe_i32 raw)
{
	return raw.known && unit->written.known &&
	       unit->written.value == raw.value;
}

static bool write_due(const struct mk3 *mk3, mono_t now, uint8_t address,
		      bool urgent, struct mk3_want *ret_want)
{
	const struct mk3_unit *unit = &mk3->unit[address];
	int32_t wanted_ma = mk3->command.charge_current_ma.value;
	maybe_i32 raw;

	if (!unit->present || !mono_reached(now, unit->next_write))
		return false;
	raw = share_raw(mk3, unit);
	if (!raw.known ||
	    (holds(unit, raw) && !mono_reached(now, unit->refresh)))
		return false;
	if (urgent && unit->written.known && unit->written_of == wanted_ma)
		return false;
	*ret_want = (struct mk3_want){
		.ask = ASK_UNIT_WRITE, .address = address,
		.raw = (uint16_t)raw.value, .of_ma = wanted_ma,
	};
	return true;
}

bool mk3_units_write_next(const struct mk3 *mk3, mono_t now, bool urgent,
			  struct mk3_want *ret_want)
{
	/* From the unit at hand on: another address costs two frames. */
	size_t first = mk3->selected > 0 ? (size_t)mk3->selected : 0;

	if (inverter_bar(&mk3->reading) != INVERTER_BAR_NONE)
		return false;
	for (size_t i = 0; i < BMS_UNITS_MAX; i++)
		if (write_due(mk3, now, (uint8_t)((first + i) % BMS_UNITS_MAX),
			      urgent, ret_want))
			return true;
	return false;
}

bool mk3_map_next(const struct mk3 *mk3, struct mk3_want *ret_want)
{
	if (mk3->map_known || mk3->map_wrong ||
	    mk3->map_tries >= MK3_MAP_TRIES || !mk3->unit[0].present)
		return false;
	*ret_want = (struct mk3_want){ .ask = ASK_MAP, .quiet = true };
	return true;
}

bool mk3_unit_ask_next(const struct mk3 *mk3, mono_t now, uint8_t address,
		       struct mk3_want *ret_want)
{
	const struct mk3_unit *unit = &mk3->unit[address];
	struct mk3_want want = { .address = address };

	if (unit->step == UNIT_DONE || !mono_reached(now, unit->next_try))
		return false;
	switch (unit->step) {
	case UNIT_LOW:
		want.ask = ASK_UNIT_LOW;
		want.quiet = address != 0 && !unit->present;
		break;
	case UNIT_HIGH:
		want.ask = ASK_UNIT_HIGH;
		break;
	case UNIT_SETTING:
		want.ask = ASK_UNIT_SETTING;
		break;
	case UNIT_INFO:
		want.ask = ASK_UNIT_INFO;
		break;
	case UNIT_FLAGS:
	case UNIT_DONE:
		return false;
	}
	*ret_want = want;
	return true;
}

bool mk3_unit_flags_next(const struct mk3 *mk3, uint8_t address,
			 struct mk3_want *ret_want)
{
	*ret_want = (struct mk3_want){
		.ask = ASK_UNIT_FLAGS, .address = address, .quiet = true,
	};
	return mk3->unit[address].step == UNIT_FLAGS;
}

static maybe_i32 wire_ma(const struct mk3_unit *unit, maybe_i32 raw)
{
	if (!raw.known || !unit->has_info)
		return UNKNOWN_I32;
	return mk3_setting_milli(&unit->info, (uint16_t)raw.value);
}

void mk3_units_publish(struct mk3 *mk3)
{
	struct inverter_reading *reading = &mk3->reading;
	bool applied = mk3->swept &&
		       mk3->command.charge_current_ma.known &&
		       inverter_bar(reading) == INVERTER_BAR_NONE;
	uint8_t n = 0;

	for (uint8_t i = 0; i < BMS_UNITS_MAX; i++) {
		const struct mk3_unit *unit = &mk3->unit[i];
		struct inverter_unit *shown = &reading->unit[n];

		applied = applied && (unit->present || !unit->expected);
		if (!unit->present)
			continue;
		n++;
		shown->address = i;
		mk3_put(mk3, &shown->product,
			known_i32((int32_t)(unit->version / FIRMWARE_DIGITS)));
		mk3_put(mk3, &shown->firmware,
			known_i32((int32_t)(unit->version % FIRMWARE_DIGITS)));
		mk3_put(mk3, &shown->expects_bms, unit->expects_bms);
		mk3_put(mk3, &shown->stored_charge_current_ma,
			stored_ma(unit));
		mk3_put(mk3, &shown->written_charge_current_ma,
			wire_ma(unit, unit->written));
		applied = applied && holds(unit, share_raw(mk3, unit));
	}
	applied = applied && n > 0;
	if (reading->n_units != n || reading->charge_current_applied != applied)
		mk3->dirty = true;
	reading->n_units = n;
	reading->charge_current_applied = applied;
}

/* A write to RAM cannot be read back (mk3.md 5.2): of a unit that restarted
 * by itself only the current tells. */
void mk3_units_doubt(struct mk3 *mk3, mono_t now)
{
	maybe_i32 dc = mk3->reading.dc_ma;
	int64_t most_ma = MK3_DOUBT_MA;

	for (size_t i = 0; i < BMS_UNITS_MAX; i++) {
		const struct mk3_unit *unit = &mk3->unit[i];
		maybe_i32 held = wire_ma(unit, unit->written);

		if (!unit->present)
			continue;
		if (!held.known)
			return;
		most_ma += held.value;
	}
	if (!dc.known || dc.value <= most_ma)
		return;
	for (size_t i = 0; i < BMS_UNITS_MAX; i++)
		if (mono_reached(now, mk3->unit[i].doubt))
			mk3->unit[i].refresh = now;
}

/* All addresses asked, or all that are in use, and every unit found has
 * told its version. */
static void swept_update(struct mk3 *mk3)
{
	for (size_t i = 0; i < BMS_UNITS_MAX; i++) {
		const struct mk3_unit *unit = &mk3->unit[i];

		if (unit->step <= UNIT_HIGH &&
		    (!mk3->map_known || unit->present || unit->expected))
			return;
	}
	mk3->swept = true;
}

static void step_to(struct mk3_unit *unit, enum mk3_unit_step step)
{
	unit->step = step;
	unit->failures = 0;
}

/* A unit where the map has none: the map is not to be trusted. */
static void check_map(struct mk3 *mk3, const struct mk3_unit *unit)
{
	if (!mk3->map_known || unit->present || unit->expected)
		return;
	mk3->map_known = false;
	mk3->map_wrong = true;
	mk3->swept = false;
}

static void version_done(struct mk3 *mk3, struct mk3_unit *unit,
			 uint32_t version)
{
	bool other = !unit->present || unit->version != version;

	check_map(mk3, unit);
	if (other) {
		unit->has_stored = false;
		unit->has_info = false;
		unit->has_flags = false;
		unit->expects_bms = UNKNOWN_I32;
		unit->written = UNKNOWN_I32;
	}
	unit->present = true;
	unit->version = version;
	/* Stored values are read once: should a unit answer with what was
	 * written to RAM, the limit would only ever fall. */
	step_to(unit, unit->has_stored && unit->has_info ? UNIT_FLAGS :
							   UNIT_SETTING);
	if (unit->step == UNIT_FLAGS && unit->has_flags)
		step_to(unit, UNIT_DONE);
}

/* Low word, or the whole number and more bytes in long mode, 5.1. A high
 * word of 0 is padding: no product has that number. */
static enum mk3_taken take_low(struct mk3 *mk3, struct mk3_unit *unit,
			       struct bytes data)
{
	uint16_t low = bytes_le16(&data);
	uint16_t high = data.left >= COMBINED_VERSION - PADDED_VERSION ?
			bytes_le16(&data) : 0;

	if (data.is_short)
		return TAKEN_NOT;
	unit->version_low = low;
	if (high != 0)
		version_done(mk3, unit, (uint32_t)high << 16 | low);
	else
		step_to(unit, UNIT_HIGH);
	return TAKEN_DONE;
}

static enum mk3_taken take_high(struct mk3 *mk3, struct mk3_unit *unit,
				struct bytes data)
{
	uint16_t high = bytes_le16(&data);

	if (data.is_short)
		return TAKEN_NOT;
	version_done(mk3, unit, (uint32_t)high << 16 | unit->version_low);
	return TAKEN_DONE;
}

static enum mk3_taken take_setting(struct mk3_unit *unit, struct bytes data)
{
	uint16_t stored = bytes_le16(&data);

	if (data.is_short)
		return TAKEN_NOT;
	if (stored == MK3_NO_SETTING)
		return TAKEN_REFUSED;
	unit->stored = stored;
	unit->has_stored = true;
	step_to(unit, UNIT_INFO);
	return TAKEN_DONE;
}

static void info_done(struct mk3_unit *unit,
		      const struct mk3_setting_info *info)
{
	unit->info = *info;
	unit->has_info = true;
	step_to(unit, unit->has_flags ? UNIT_DONE : UNIT_FLAGS);
}

static void flags_done(struct mk3_unit *unit, maybe_i32 expects_bms)
{
	unit->expects_bms = expects_bms;
	unit->has_flags = true;
	step_to(unit, UNIT_DONE);
}

static enum mk3_taken take_flags(struct mk3_unit *unit, struct bytes data)
{
	uint16_t flags = bytes_le16(&data);

	if (data.is_short)
		return TAKEN_NOT;
	flags_done(unit, flags == MK3_NO_SETTING ? UNKNOWN_I32 :
		   known_i32((flags & MK3_FLAGS2_EXPECTS_BMS) != 0));
	return TAKEN_DONE;
}

static enum mk3_taken take_info(struct mk3 *mk3, struct mk3_unit *unit,
				const struct mk3_winmon_frame *winmon)
{
	struct mk3_setting_reply *reply = &mk3->flight.setting_info;

	if (!mk3_setting_info_take(reply, winmon))
		return TAKEN_NOT;
	if (!reply->complete)
		return TAKEN_PART;
	if (!reply->usable)
		return TAKEN_REFUSED;
	info_done(unit, &reply->info);
	return TAKEN_DONE;
}

static void write_done(struct mk3 *mk3, struct mk3_unit *unit, mono_t now)
{
	unit->written = known_i32(mk3->flight.want.raw);
	unit->written_of = mk3->flight.want.of_ma;
	unit->write_failures = 0;
	unit->refresh = mono_add_ms(now, MK3_REFRESH_MS);
	unit->doubt = mono_add_ms(now, MK3_DOUBT_MS);
}

static enum mk3_taken take(struct mk3 *mk3, mono_t now,
			   const struct mk3_winmon_frame *winmon)
{
	struct mk3_unit *unit = &mk3->unit[mk3->flight.want.address];
	enum mk3_ask ask = mk3->flight.want.ask;
	struct bytes data = bytes_of(winmon->data, winmon->len);

	if (ask == ASK_UNIT_LOW && winmon->code == MK3_IS_VERSION_LOW)
		return take_low(mk3, unit, data);
	if (ask == ASK_UNIT_HIGH && winmon->code == MK3_IS_VERSION_HIGH)
		return take_high(mk3, unit, data);
	if (ask == ASK_UNIT_SETTING && winmon->code == MK3_IS_SETTING)
		return take_setting(unit, data);
	if (ask == ASK_UNIT_INFO)
		return take_info(mk3, unit, winmon);
	if (ask == ASK_UNIT_FLAGS && winmon->code == MK3_IS_SETTING)
		return take_flags(unit, data);
	if (ask == ASK_UNIT_WRITE && winmon->code == MK3_SETTING_WRITTEN) {
		write_done(mk3, unit, now);
		return TAKEN_DONE;
	}
	return TAKEN_NOT;
}

enum mk3_taken mk3_unit_take(struct mk3 *mk3, mono_t now,
			     const struct mk3_winmon_frame *winmon)
{
	enum mk3_taken taken = take(mk3, now, winmon);

	if (taken == TAKEN_DONE) {
		swept_update(mk3);
		mk3_units_publish(mk3);
	}
	return taken;
}

static void expect(struct mk3_unit *unit, mono_t now)
{
	if (unit->present || unit->expected)
		return;
	unit->expected = true;
	unit->step = UNIT_LOW;
	unit->failures = 0;
	unit->next_try = now;
}

enum mk3_taken mk3_map_take(struct mk3 *mk3, mono_t now,
			    const struct mk3_frame *frame)
{
	uint32_t addresses;

	if (!mk3_reply_map(frame, &addresses))
		return TAKEN_NOT;
	mk3->map_tries++;
	/* The first unit is there: it told its version. */
	if (!(addresses & 1))
		return TAKEN_DONE;
	mk3->map_known = true;
	for (size_t i = 1; i < BMS_UNITS_MAX; i++)
		if (addresses >> i & 1)
			expect(&mk3->unit[i], now);
	swept_update(mk3);
	mk3_units_publish(mk3);
	return TAKEN_DONE;
}

static void write_failed(struct mk3_unit *unit, mono_t now)
{
	/* It may hold the old value, the new one or neither. */
	unit->written = UNKNOWN_I32;
	count_up(&unit->write_failures);
	unit->next_write = mono_add_ms(now,
				       mk3_backoff_ms(unit->write_failures));
}

static void ask_failed(struct mk3_unit *unit, uint8_t address, mono_t now)
{
	/* Nobody lives there. Address 0 must: it is asked again, and so for
	 * a while is one that should be there. */
	if (!unit->present && address != 0 && unit->step == UNIT_LOW &&
	    (!unit->expected || unit->failures + 1 >= MK3_EXPECTED_TRIES)) {
		unit->expected = false;
		step_to(unit, UNIT_DONE);
		return;
	}
	/* A unit that does not answer may have restarted. */
	if (unit->step <= UNIT_HIGH) {
		unit->step = UNIT_LOW;
		unit->written = UNKNOWN_I32;
	}
	count_up(&unit->failures);
	unit->next_try = mono_add_ms(now, mk3_backoff_ms(unit->failures));
}

void mk3_unit_failed(struct mk3 *mk3, mono_t now)
{
	const struct mk3_want *want = &mk3->flight.want;
	struct mk3_unit *unit = &mk3->unit[want->address];

	if (want->ask == ASK_UNIT_WRITE)
		write_failed(unit, now);
	else if (want->ask == ASK_UNIT_INFO && mk3->flight.setting_info.usable)
		info_done(unit, &mk3->flight.setting_info.info);
	else if (want->ask == ASK_UNIT_FLAGS)
		flags_done(unit, UNKNOWN_I32);
	else
		ask_failed(unit, want->address, now);
	swept_update(mk3);
	mk3_units_publish(mk3);
}
