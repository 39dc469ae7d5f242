/* SPDX-License-Identifier: MIT */
/*
 * Framing against streams (mk3.md 17.2), scales (17.1), and the replies in
 * their long and short forms. C1, C7
 */
#include "lib/mk3/mk3.h"
#include "lib/mk3/reply.h"
#include "lib/mk3/request.h"
#include "tests/unit/unit.h"

#include <string.h>

#define V04 0x07, 0xff, 0x56, 0x24, 0xdb, 0x11, 0x00, 0x42, 0x52
#define V05 0x07, 0xff, 0x56, 0x24, 0xdb, 0x11, 0x00, 0x00, 0x94
#define Z01 0x07, 0xff, 0x56, 0x24, 0xdb, 0x11, 0x00, 0x42, 0x53
#define L03 0x08, 0xff, 0x4c, 0x09, 0x00, 0x00, 0x00, 0x03, 0x00, 0xa1
#define C03 0x87, 0xff, 0x58, 0x86, 0x34, 0x81, 0x1f, 0x1f, 0xa9
#define F10_BUT_3 0x0f, 0x20, 0xf3, 0x00, 0xc8, 0x02, 0x0c, 0xa1, 0x05, \
	0x00, 0x00, 0x00, 0x28, 0x00
#define F10 F10_BUT_3, 0x00, 0x88, 0xb2

enum { FRAMES_MAX = 64 };

struct stream {
	struct mk3_parser parser;
	struct mk3_frame frame[FRAMES_MAX];
	size_t n;
	mono_t now;
};

static void keep(struct stream *s, const struct mk3_frame *frame)
{
	ck_assert_uint_lt(s->n, FRAMES_MAX);
	s->frame[s->n++] = *frame;
}

static void feed(struct stream *s, const uint8_t *bytes, size_t len)
{
	struct mk3_frame frame;

	while (mk3_parser_idle(&s->parser, s->now, &frame))
		keep(s, &frame);
	for (size_t i = 0; i < len; i++) {
		mk3_parser_put(&s->parser, bytes[i], s->now);
		while (mk3_parser_next(&s->parser, &frame))
			keep(s, &frame);
	}
}

static void expect_types(const struct stream *s, const uint8_t *types,
			 size_t n)
{
	ck_assert_uint_eq(s->n, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(s->frame[i].body[0], types[i]);
}

/* 17.2 number 1 */
START_TEST(a_stream_gives_the_same_frames_in_any_split)
{
	static const uint8_t bytes[] = { V05, F10, V05, L03 };
	static const uint8_t types[] = { 0xff, 0x20, 0xff, 0xff };
	uint64_t seed = unit_seed();

	for (int turn = 0; turn < 500; turn++) {
		struct stream s = { .now = { 1000000 } };
		size_t at = 0;

		while (at < sizeof(bytes)) {
			size_t left = sizeof(bytes) - at;
			size_t n = turn == 0 ? 1 :
				   (size_t)unit_between(&seed, 1,
							(int64_t)left);

			feed(&s, bytes + at, n);
			s.now = mono_add_ms(s.now, 5);
			at += n;
		}
		expect_types(&s, types, ARRAY_SIZE(types));
		ck_assert_uint_eq(s.parser.garbage_bytes, 0);
	}
}
END_TEST

/* 17.2 number 2 */
START_TEST(appended_leds_are_taken_off_the_frame)
{
	static const uint8_t bytes[] = { C03 };
	struct stream s = { .now = { 1000000 } };
	struct mk3_winmon_frame winmon;
	struct mk3_leds leds;

	feed(&s, bytes, sizeof(bytes));
	ck_assert_uint_eq(s.n, 1);
	ck_assert(mk3_reply_winmon(&s.frame[0], &winmon));
	ck_assert_uint_eq(winmon.code, MK3_IS_SETTING);
	ck_assert_uint_eq(winmon.len, 2);
	ck_assert_uint_eq(winmon.data[0] | winmon.data[1] << 8, 0x8134);
	ck_assert(mk3_reply_appended_leds(&s.frame[0], &leds));
	ck_assert(!leds.on.known);
	ck_assert(!leds.blink.known);
}
END_TEST

START_TEST(appended_leds_that_are_known_are_told)
{
	static const uint8_t body[] = { 0x05, 0x04 };
	uint8_t bytes[] = { 0x84, 0xff, 'S', body[0], body[1], 0 };
	struct stream s = { .now = { 1000000 } };
	struct mk3_leds leds;

	bytes[5] = (uint8_t)(0 - (0x84 + 0xff + 'S' + 0x05 + 0x04));
	feed(&s, bytes, sizeof(bytes));
	ck_assert_uint_eq(s.n, 1);
	ck_assert_uint_eq(s.frame[0].len, 2);
	ck_assert(mk3_reply_appended_leds(&s.frame[0], &leds));
	ck_assert_int_eq(leds.on.value, 0x05);
	ck_assert_int_eq(leds.blink.value, 0x04);
	ck_assert(!leds.alarms.known);
}
END_TEST

/* 17.2 number 4 */
START_TEST(zeros_of_a_booting_mk_are_dropped)
{
	static const uint8_t bytes[] = { 0x00, 0x00, V04 };
	static const uint8_t types[] = { 0xff };
	struct stream s = { .now = { 1000000 } };
	struct mk3_version version;

	feed(&s, bytes, sizeof(bytes));
	expect_types(&s, types, 1);
	ck_assert(mk3_reply_version(&s.frame[0], &version));
	ck_assert_uint_eq(version.version, 1170212);
	ck_assert_uint_eq(version.mode, MK3_MODE_NO_ADDRESS);
	ck_assert_uint_eq(s.parser.garbage_bytes, 2);
}
END_TEST

/* 17.2 number 5 */
START_TEST(a_bad_frame_does_not_take_its_neighbours_along)
{
	static const uint8_t bytes[] = { V05, Z01, F10 };
	static const uint8_t types[] = { 0xff, 0x20 };
	struct stream s = { .now = { 1000000 } };

	feed(&s, bytes, sizeof(bytes));
	expect_types(&s, types, 2);
	ck_assert_uint_eq(s.parser.garbage_bytes, 9);
	ck_assert_uint_ge(s.parser.bad_checksums, 1);
}
END_TEST

/* 17.2 number 6 */
START_TEST(silence_ends_an_unfinished_frame)
{
	static const uint8_t cut[] = { F10_BUT_3 };
	static const uint8_t next[] = { V04 };
	static const uint8_t types[] = { 0xff };
	struct stream s = { .now = { 1000000 } };

	feed(&s, cut, sizeof(cut));
	s.now = mono_add_ms(s.now, 400);
	feed(&s, next, sizeof(next));
	expect_types(&s, types, 1);
}
END_TEST

/* A frame hidden behind bytes that looked like a longer one is found when
 * the silence shows that the longer one will never come. */
START_TEST(silence_uncovers_a_frame_behind_a_false_start)
{
	static const uint8_t bytes[] = { 0x14, 0xff, V04 };
	static const uint8_t types[] = { 0xff };
	struct stream s = { .now = { 1000000 } };

	feed(&s, bytes, sizeof(bytes));
	ck_assert_uint_eq(s.n, 0);
	s.now = mono_add_ms(s.now, 299);
	feed(&s, NULL, 0);
	ck_assert_uint_eq(s.n, 0);
	s.now = mono_add_ms(s.now, 1);
	feed(&s, NULL, 0);
	expect_types(&s, types, 1);
}
END_TEST

START_TEST(frames_are_found_after_any_single_changed_byte)
{
	static const uint8_t good[] = { V05, F10, L03, V04, F10 };
	uint8_t bytes[sizeof(good)];

	for (size_t i = 0; i < sizeof(good); i++) {
		struct stream s = { .now = { 1000000 } };

		memcpy(bytes, good, sizeof(good));
		bytes[i] ^= 0x55;
		feed(&s, bytes, sizeof(bytes));
		s.now = mono_add_ms(s.now, 300);
		feed(&s, NULL, 0);
		/* Only the frame that was hit is missing. */
		ck_assert_uint_eq(s.n, 4);
	}
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	static const uint8_t types[] = { 0xff, 0x20, 0x21, 0x38, 0x3c, 0x3d,
					 0x3f, 0x40, 0x41 };
	uint64_t seed = unit_seed();

	for (int turn = 0; turn < 20000; turn++) {
		uint8_t body[MK3_COUNTED_MAX];
		uint8_t wire[MK3_WIRE_MAX];
		size_t len = (size_t)unit_between(&seed, 2, MK3_COUNTED_MAX);
		struct mk3_frame frame;
		size_t size;
		size_t used;

		for (size_t i = 0; i < len; i++)
			body[i] = (uint8_t)unit_random(&seed);
		body[0] = types[turn % (int)sizeof(types)];
		size = mk3_frame_write(body, len, wire);
		ck_assert_uint_eq(size, len + 2);
		ck_assert_int_eq(mk3_frame_read(wire, size, &frame, &used),
				 MK3_FRAME_GOOD);
		ck_assert_uint_eq(used, size);
		ck_assert_uint_eq(frame.len, len);
		ck_assert_mem_eq(frame.body, body, len);
	}
	ck_assert_uint_eq(mk3_frame_write(types, 1, NULL), 0);
	ck_assert_uint_eq(mk3_frame_write(types, 21, NULL), 0);
	ck_assert_uint_eq(mk3_frame_write((const uint8_t[]){ 0, 1 }, 2, NULL),
			  0);
}
END_TEST

static int32_t value(uint16_t sc, uint16_t offset, uint16_t raw)
{
	const struct mk3_scale scale = mk3_scale_of(sc, offset);
	maybe_i32 milli = mk3_scale_milli(&scale,
					  mk3_scale_raw16(&scale, raw));

	ck_assert(milli.known);
	return milli.value;
}

static int32_t bit(uint16_t sc, uint16_t raw)
{
	const struct mk3_scale scale = mk3_scale_of(sc, 0x8000);
	maybe_i32 got = mk3_scale_bit(&scale, raw);

	ck_assert(got.known);
	return got.value;
}

/* The scale cases of 17.1 */
START_TEST(whole_number_scales_multiply)
{
	ck_assert_int_eq(value(0x0064, 0, 7), 700000);
	ck_assert_int_eq(value(0xfff6, 0, 0xfffd), -30000);
	ck_assert_int_eq(value(0x7f9c, 1, 99), 1000);
	ck_assert_int_eq(value(0x800a, 0, 0xff85), -12300);
	ck_assert_int_eq(value(0x7f38, 0, 199), 995);
	/* 1.02 and 1.53 thousandths */
	ck_assert_int_eq(value(0x7c2f, 0, 1), 1);
	ck_assert_int_eq(value(0x7d73, 0, 1), 2);
}
END_TEST

START_TEST(bit_scales_pick_their_bit)
{
	ck_assert_int_eq(bit(5, 0x8002), 0);
	ck_assert_int_eq(bit(5, 0x8010), 1);
	ck_assert_int_eq(bit(6, 0x8c70), 1);
	ck_assert_int_eq(bit(0xfffb, 0x8010), 1);
	ck_assert_int_eq(mk3_scale_of(17, 0x8000).kind,
			 MK3_SCALE_UNSUPPORTED);
}
END_TEST

START_TEST(unsupported_and_oversized_values_are_unknown)
{
	const struct mk3_scale none = mk3_scale_of(0, 0);
	const struct mk3_scale undefined = mk3_scale_of(0x8000, 0);
	const struct mk3_scale big = mk3_scale_of(0x3fff, 0);
	const struct mk3_scale linear = mk3_scale_of(0x7f9c, 0);

	ck_assert(!mk3_scale_milli(&none, 5).known);
	ck_assert(!mk3_scale_milli(&undefined, 5).known);
	ck_assert(!mk3_scale_milli(&big, 60000).known);
	ck_assert(!mk3_scale_bit(&linear, 5).known);
}
END_TEST

START_TEST(currents_of_24_bits_keep_their_sign)
{
	const struct mk3_scale with = mk3_scale_of(0x800a, 0);
	const struct mk3_scale without = mk3_scale_of(0x7ff6, 0);

	ck_assert_int_eq(mk3_scale_raw24(&with, 0xffffff), -1);
	ck_assert_int_eq(mk3_scale_raw24(&with, 0x800000), -8388608);
	ck_assert_int_eq(mk3_scale_raw24(&without, 0xffffff), 16777215);
}
END_TEST

START_TEST(periods_without_ac_have_no_frequency)
{
	const struct mk3_scale period = mk3_scale_of(0x7857, 0x0100);

	ck_assert(!mk3_scale_microhertz(&period, 0x00).known);
	ck_assert(!mk3_scale_microhertz(&period, 0xff).known);
	ck_assert(mk3_scale_microhertz(&period, 0x88).known);
}
END_TEST

START_TEST(settings_convert_both_ways_and_round_down)
{
	const struct mk3_setting_info amps = { .sc = 1 };
	const struct mk3_setting_info tenths = { .sc = -10, .offset = 5 };

	ck_assert_int_eq(mk3_setting_milli(&amps, 120).value, 120000);
	ck_assert_int_eq(mk3_setting_raw(&amps, 29999).value, 29);
	ck_assert_int_eq(mk3_setting_milli(&tenths, 95).value, 10000);
	ck_assert_int_eq(mk3_setting_raw(&tenths, 10050).value, 95);
	ck_assert(!mk3_setting_raw(&amps, -1).known);
	ck_assert(!mk3_setting_raw(&tenths, 0).known);
	ck_assert(!mk3_setting_raw(&amps, 70000000).known);
}
END_TEST

static struct mk3_ram_info ram_info(const uint8_t *data, size_t len)
{
	struct mk3_winmon_frame winmon = { 'X', MK3_IS_RAM_INFO, data, len };
	struct mk3_ram_info info = { 0 };

	ck_assert(mk3_ram_info_take(&info, &winmon));
	return info;
}

/* 5.3: short, long, in two frames, padded, empty */
START_TEST(ram_info_is_accepted_in_every_form)
{
	static const uint8_t brief[] = { 0x57, 0x78, 0x8f, 0x00, 0x01 };
	static const uint8_t full[] = { 0x57, 0x78, 0x00, 0x01, 0x00, 0x00 };
	static const uint8_t more[] = { 0x00, 0x01 };
	struct mk3_winmon_frame second = { 'X', 0x8f, more, sizeof(more) };
	struct mk3_ram_info info = ram_info(brief, sizeof(brief));

	ck_assert(info.complete);
	ck_assert_int_eq(info.scale.offset, 256);
	info = ram_info(full, sizeof(full));
	ck_assert(info.complete);
	ck_assert_int_eq(info.scale.offset, 256);
	info = ram_info(brief, 2);
	ck_assert(!info.complete);
	ck_assert(mk3_ram_info_take(&info, &second));
	ck_assert(info.complete);
	ck_assert_int_eq(info.scale.divisor, 1961);
	ck_assert_int_eq(info.scale.offset, 256);
	info = ram_info(brief, 0);
	ck_assert(info.complete);
	ck_assert_int_eq(info.scale.kind, MK3_SCALE_UNSUPPORTED);
}
END_TEST

static struct mk3_setting_reply setting_info(const uint8_t *data, size_t len)
{
	struct mk3_winmon_frame winmon = { 'X', MK3_IS_SETTING_INFO, data,
					   len };
	struct mk3_setting_reply reply = { 0 };

	ck_assert(mk3_setting_info_take(&reply, &winmon));
	return reply;
}

/* 5.4 and 18.9 */
START_TEST(setting_info_is_accepted_in_every_form)
{
	static const uint8_t full[] = { 0xf6, 0xff, 0x00, 0x00, 0x40, 0x01,
					0x0a, 0x00, 0xf4, 0x01, 0x80 };
	static const uint8_t brief[] = { 0x01, 0x00, 0x8a, 0x02, 0x00, 0x8b,
					 0x78, 0x00, 0x8c, 0x03, 0x00 };
	struct mk3_setting_reply reply = setting_info(full, sizeof(full));

	ck_assert(reply.usable && reply.complete);
	ck_assert_int_eq(reply.info.sc, -10);
	ck_assert_int_eq(reply.info.initial.value, 320);
	ck_assert_int_eq(reply.info.minimum.value, 10);
	ck_assert_int_eq(reply.info.maximum.value, 500);
	ck_assert_int_eq(reply.info.access.value, 0x80);
	reply = setting_info(full, sizeof(full) - 1);
	ck_assert(reply.usable && reply.complete);
	ck_assert(!reply.info.access.known);
	reply = setting_info(brief, sizeof(brief));
	ck_assert(reply.usable && !reply.complete);
	ck_assert_int_eq(reply.info.offset, 2);
	ck_assert_int_eq(reply.info.initial.value, 120);
	ck_assert_int_eq(reply.info.minimum.value, 3);
}
END_TEST

/* A cut answer must never pass for a scale. */
START_TEST(cut_setting_info_is_not_used)
{
	static const uint8_t brief[] = { 0x01, 0x00, 0x8a, 0x02, 0x00, 0x8b,
					 0x78, 0x00, 0x8c, 0x03, 0x00 };

	for (size_t len = 0; len < sizeof(brief); len++)
		ck_assert(!setting_info(brief, len).usable);
}
END_TEST

START_TEST(phases_are_told_by_the_code_of_the_frame)
{
	static const struct { uint8_t code, phase, n; } rows[] = {
		{ 0x08, 1, 1 }, { 0x09, 1, 2 }, { 0x0a, 1, 3 },
		{ 0x0b, 1, 4 }, { 0x07, 2, 0 }, { 0x06, 3, 0 },
		{ 0x05, 4, 0 },
	};
	struct mk3_frame frame = { .body = { 0x20 }, .len = 15 };
	struct mk3_ac ac;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		frame.body[5] = rows[i].code;
		ck_assert(mk3_reply_ac(&frame, &ac));
		ck_assert_uint_eq(ac.phase, rows[i].phase);
		ck_assert_uint_eq(ac.n_phases, rows[i].n);
	}
	frame.body[5] = 0x0c;
	ck_assert(!mk3_reply_ac(&frame, &ac));
	frame.body[5] = 0x04;
	ck_assert(!mk3_reply_ac(&frame, &ac));
}
END_TEST

/* 3.4: 2, 3, 4 or 6 bytes, depending on age; C7 */
START_TEST(leds_are_read_at_every_length)
{
	struct mk3_frame frame = {
		.body = { 0xff, 'L', 0x09, 0x04, 0x21, 0x8b, 0x80, 0x00 },
	};
	struct mk3_leds leds;

	frame.len = 3;
	ck_assert(!mk3_reply_leds(&frame, &leds));
	frame.len = 4;
	ck_assert(mk3_reply_leds(&frame, &leds));
	ck_assert_int_eq(leds.on.value, 0x09);
	ck_assert_int_eq(leds.blink.value, 0x04);
	ck_assert(!leds.alarms.known && !leds.error.known);
	frame.len = 5;
	ck_assert(mk3_reply_leds(&frame, &leds));
	ck_assert_int_eq(leds.alarms.value, 0x21);
	ck_assert(!leds.error.known);
	frame.len = 8;
	ck_assert(mk3_reply_leds(&frame, &leds));
	ck_assert_int_eq(leds.error.value, 11);
	ck_assert_int_eq(leds.error_flags.value, 0x80);
}
END_TEST

/* 6.4 and 4.3; C7 */
START_TEST(states_and_modes_have_texts)
{
	ck_assert_str_eq(inverter_state_text(known_i32(9), known_i32(1)),
			 "Bulk");
	ck_assert_str_eq(inverter_state_text(known_i32(9), known_i32(8)),
			 "Bulk stopped");
	ck_assert_str_eq(inverter_state_text(known_i32(9), known_i32(9)),
			 "Charging");
	ck_assert_str_eq(inverter_state_text(known_i32(9), UNKNOWN_I32),
			 "Charging");
	ck_assert_str_eq(inverter_state_text(known_i32(4), known_i32(1)),
			 "Inverting");
	ck_assert_str_eq(inverter_state_text(known_i32(0xb7), UNKNOWN_I32),
			 "unknown");
	ck_assert_str_eq(inverter_state_text(UNKNOWN_I32, UNKNOWN_I32),
			 "unknown");
	ck_assert_str_eq(inverter_mode_text(known_i32(0x77)), "on");
	ck_assert_str_eq(inverter_mode_text(known_i32(0x15)), "charger-only");
	ck_assert_str_eq(inverter_mode_text(known_i32(0x26)),
			 "inverter-only");
	ck_assert_str_eq(inverter_mode_text(known_i32(0x04)), "off");
	ck_assert_str_eq(inverter_mode_text(UNKNOWN_I32), "unknown");
}
END_TEST

/* Any bytes, any length, any buffer: an answer, and always a NUL. */
START_TEST(decoding_any_bytes_gives_a_line_or_a_sentence)
{
	uint64_t seed = unit_seed();

	for (int turn = 0; turn < 200000; turn++) {
		uint8_t bytes[32];
		char text[4096];
		size_t len = (size_t)unit_between(&seed, 0, sizeof(bytes));
		size_t size = turn % 7 == 0 ?
			      (size_t)unit_between(&seed, 1, 64) :
			      sizeof(text);
		int got;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)unit_random(&seed);
		if (turn % 3 == 0 && len >= 4 && len <= MK3_WIRE_MAX) {
			uint8_t body[32];

			memcpy(body, bytes, len);
			body[0] = turn % 2 ? 0xff : 0x20;
			body[1] = (uint8_t)"VALSHFDRNWXYZwxyz"[body[1] % 17];
			len = mk3_frame_write(body, len - 2, bytes);
		}
		got = mk3_decode_text(bytes, len, text, size);
		ck_assert_uint_lt(strlen(text), size);
		if (got >= 0)
			ck_assert_uint_eq(strlen(text), (size_t)got);
		if (got >= 0)
			ck_assert_int_eq(text[got - 1], '}');
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mk3 frames: C1 C7");
	TCase *tcase = tcase_create("frames");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_stream_gives_the_same_frames_in_any_split);
	tcase_add_test(tcase, appended_leds_are_taken_off_the_frame);
	tcase_add_test(tcase, appended_leds_that_are_known_are_told);
	tcase_add_test(tcase, zeros_of_a_booting_mk_are_dropped);
	tcase_add_test(tcase, a_bad_frame_does_not_take_its_neighbours_along);
	tcase_add_test(tcase, silence_ends_an_unfinished_frame);
	tcase_add_test(tcase, silence_uncovers_a_frame_behind_a_false_start);
	tcase_add_test(tcase, frames_are_found_after_any_single_changed_byte);
	tcase_add_test(tcase, what_is_written_is_read_back);
	tcase_add_test(tcase, whole_number_scales_multiply);
	tcase_add_test(tcase, bit_scales_pick_their_bit);
	tcase_add_test(tcase, unsupported_and_oversized_values_are_unknown);
	tcase_add_test(tcase, currents_of_24_bits_keep_their_sign);
	tcase_add_test(tcase, periods_without_ac_have_no_frequency);
	tcase_add_test(tcase, settings_convert_both_ways_and_round_down);
	tcase_add_test(tcase, ram_info_is_accepted_in_every_form);
	tcase_add_test(tcase, setting_info_is_accepted_in_every_form);
	tcase_add_test(tcase, cut_setting_info_is_not_used);
	tcase_add_test(tcase, phases_are_told_by_the_code_of_the_frame);
	tcase_add_test(tcase, leds_are_read_at_every_length);
	tcase_add_test(tcase, states_and_modes_have_texts);
	tcase_add_test(tcase, decoding_any_bytes_gives_a_line_or_a_sentence);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
