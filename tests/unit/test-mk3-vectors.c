/* SPDX-License-Identifier: MIT */
/*
 * Every line of tests/vectors/mk3.psv: what it says, field by field, or
 * that it is refused (C7); and that what we send is what others were seen
 * to send (C1, C2, C3).
 */
#include "lib/mk3/mk3.h"
#include "lib/mk3/reply.h"
#include "lib/mk3/request.h"
#include "tests/unit/test-mk3-expected.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { LINE_MAX_SIZE = 256, FRAME_MAX = 64 };

struct vector {
	char id[8];
	char kind[8];
	uint8_t bytes[FRAME_MAX];
	size_t len;
};

static void trim(char *out, size_t size, const char *from)
{
	size_t n;

	from += strspn(from, " ");
	n = strcspn(from, " \n");
	ck_assert_uint_lt(n, size);
	memcpy(out, from, n);
	out[n] = '\0';
}

/* id | direction | kind | bytes | source | confidence */
static bool vector_of(char *line, struct vector *ret_vector)
{
	char *field[6];
	size_t n = 0;

	if (line[0] == '#' || line[0] == '\n')
		return false;
	for (char *at = strtok(line, "|"); at; at = strtok(NULL, "|")) {
		ck_assert_uint_lt(n, ARRAY_SIZE(field));
		field[n++] = at;
	}
	ck_assert_uint_eq(n, ARRAY_SIZE(field));
	memset(ret_vector, 0, sizeof(*ret_vector));
	trim(ret_vector->id, sizeof(ret_vector->id), field[0]);
	trim(ret_vector->kind, sizeof(ret_vector->kind), field[2]);
	for (char *at = strtok(field[3], " "); at; at = strtok(NULL, " ")) {
		ck_assert_uint_lt(ret_vector->len, FRAME_MAX);
		ret_vector->bytes[ret_vector->len++] =
			(uint8_t)strtoul(at, NULL, 16);
	}
	return true;
}

static struct vector vector_by_id(const char *id)
{
	FILE *file = unit_open("tests/vectors/mk3.psv");
	char line[LINE_MAX_SIZE];
	struct vector vector = { 0 };
	bool found = false;

	ck_assert_ptr_nonnull(file);
	while (!found && fgets(line, sizeof(line), file))
		found = vector_of(line, &vector) && !strcmp(vector.id, id);
	fclose(file);
	ck_assert_msg(found, "no vector %s", id);
	return vector;
}

static struct mk3_frame frame_by_id(const char *id)
{
	struct vector vector = vector_by_id(id);
	struct mk3_frame frame;
	size_t size;

	ck_assert_int_eq(mk3_frame_read(vector.bytes, vector.len, &frame,
					&size), MK3_FRAME_GOOD);
	ck_assert_uint_eq(size, vector.len);
	return frame;
}

static const struct expected *expected_by_id(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (!strcmp(expected[i].id, id))
			return &expected[i];
	ck_abort_msg("vector %s has no expectation", id);
	return NULL;
}

static void check_vector(const struct vector *vector)
{
	const struct expected *want = expected_by_id(vector->id);
	char got[4096];
	int len = mk3_decode_text(vector->bytes, vector->len, got,
				  sizeof(got));
	bool frame = strcmp(vector->kind, "bad") != 0 &&
		     strcmp(vector->kind, "bus") != 0 &&
		     strcmp(vector->kind, "raw") != 0;

	ck_assert_int_eq(want->text != NULL, frame);
	if (!frame) {
		ck_assert_int_lt(len, 0);
		ck_assert_uint_gt(strlen(got), 20);
		ck_assert_int_eq(got[strlen(got) - 1], '.');
		return;
	}
	ck_assert_int_eq(len, (int)strlen(got));
	for (char *c = got; *c; c++)
		if (*c == '"')
			*c = '\'';
	ck_assert_int_eq(got[0], '{');
	ck_assert_int_eq(got[len - 1], '}');
	got[len - 1] = '\0';
	ck_assert_str_eq(got + 1, want->text);
}

START_TEST(every_vector_is_decoded_or_refused)
{
	FILE *file = unit_open("tests/vectors/mk3.psv");
	char line[LINE_MAX_SIZE];
	struct vector vector;
	size_t n = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		if (!vector_of(line, &vector))
			continue;
		check_vector(&vector);
		n++;
	}
	fclose(file);
	ck_assert_uint_eq(n, ARRAY_SIZE(expected));
}
END_TEST

/* Every other value at every place. In the odd frames some bytes are summed
 * twice and a change can cancel out, so there only one bit is changed. */
static size_t corrupt(struct vector *vector)
{
	bool odd = !strcmp(vector->kind, "odd");
	char text[4096];
	size_t n = 0;

	for (size_t i = 0; i < vector->len; i++) {
		for (int delta = 1; delta < 256; delta += odd ? delta : 1) {
			uint8_t was = vector->bytes[i];

			vector->bytes[i] ^= (uint8_t)delta;
			ck_assert_int_lt(mk3_decode_text(vector->bytes,
							 vector->len, text,
							 sizeof(text)), 0);
			vector->bytes[i] = was;
			n++;
		}
	}
	return n;
}

START_TEST(every_corrupted_byte_is_refused)
{
	FILE *file = unit_open("tests/vectors/mk3.psv");
	char line[LINE_MAX_SIZE];
	struct vector vector;
	size_t n = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (vector_of(line, &vector) &&
		    expected_by_id(vector.id)->text)
			n += corrupt(&vector);
	fclose(file);
	ck_assert_uint_gt(n, 100000);
}
END_TEST

static void check_request(const char *id, struct mk3_request request)
{
	struct vector vector = vector_by_id(id);

	ck_assert_msg(request.len == vector.len &&
		      !memcmp(request.bytes, vector.bytes, vector.len),
		      "our %s differs", id);
	ck_assert(mk3_request_spares_eeprom(&request));
}

START_TEST(our_requests_are_those_seen_on_the_wire)
{
	const struct mk3_switch s03 = { 3, 0xff00, 0x40, 0x04 };

	check_request("V01", mk3_request_version());
	check_request("A01", mk3_request_address(0));
	check_request("Q01", mk3_request_reset());
	check_request("L01", mk3_request_leds());
	check_request("F01", mk3_request_info(0));
	check_request("F02", mk3_request_info(1));
	check_request("H01", mk3_request_lines(MK3_LINES));
	check_request("S03", mk3_request_switch(&s03));
	check_request("R00T", mk3_request_winmon_id('W', MK3_RAM_INFO, 0));
	check_request("R13T", mk3_request_winmon_id('W', MK3_RAM_INFO, 13));
	check_request("R10T", mk3_request_winmon_id('Y', MK3_RAM_INFO, 0));
	check_request("K04", mk3_request_winmon_id('W', MK3_RAM_INFO, 4));
	check_request("M01", mk3_request_winmon_id('W', MK3_READ_RAM, 13));
	check_request("M03", mk3_request_winmon_id('X', MK3_READ_RAM, 0x80));
	check_request("M05", mk3_request_winmon_id('W', MK3_READ_RAM, 0x80));
	check_request("M08", mk3_request_winmon_id('Y', MK3_READ_RAM, 0x86));
	check_request("M09", mk3_request_winmon_id('W', MK3_READ_RAM, 0x81));
	check_request("W02", mk3_request_winmon('X', MK3_VERSION_LOW));
	check_request("W04", mk3_request_winmon('Y', MK3_VERSION_HIGH));
	check_request("P01", mk3_request_winmon('X', MK3_READ_SNAPSHOT));
	check_request("D01", mk3_request_winmon_id('W', MK3_DEVICE_STATE, 0));
	check_request("Y01", mk3_request_write_setting('X', 4, 0));
	check_request("Y02", mk3_request_write_setting('X', 4, 30));
	check_request("Y04", mk3_request_write_ram('X', 0x83, 0));
	check_request("Y05", mk3_request_write_ram('X', 0x83, 0xfc18));
	check_request("O07", mk3_request_query(MK3_QUERY_DMC));
	check_request("O08", mk3_request_query(MK3_QUERY_BMS));
	check_request("O10", mk3_request_wake(MK3_RAW_CHARGE |
					      MK3_RAW_INVERT));
	check_request("O11", mk3_request_wake(0));
}
END_TEST

/* S01 S05 S06 S07 S08 are the 7-byte form; ours carries the same bytes and
 * two more that ask for long winmon frames. */
START_TEST(our_switch_frame_begins_like_the_short_form)
{
	static const struct {
		const char *id;
		struct mk3_switch state;
	} rows[] = {
		{ "S01", { MK3_S_ON, 125, MK3_S_NEW_FORMAT, 0 } },
		{ "S05", { MK3_S_ON, 0x8000, MK3_S_NEW_FORMAT, 0 } },
		{ "S06", { MK3_S_CHARGER_ONLY, 0x8000, MK3_S_NEW_FORMAT, 0 } },
		{ "S07", { MK3_S_INVERTER_ONLY, 0x8000, MK3_S_NEW_FORMAT, 0 } },
		{ "S08", { MK3_S_OFF, 0x8000, MK3_S_NEW_FORMAT, 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vector vector = vector_by_id(rows[i].id);
		struct mk3_request request =
			mk3_request_switch(&rows[i].state);

		ck_assert_uint_eq(request.len, vector.len + 2);
		ck_assert_uint_eq(request.bytes[0], vector.bytes[0] + 2);
		ck_assert_mem_eq(request.bytes + 1, vector.bytes + 1,
				 vector.len - 2);
		ck_assert_uint_eq(request.bytes[8], 0);
		ck_assert_uint_eq(request.bytes[9], 0);
	}
}
END_TEST

START_TEST(frames_that_write_eeprom_are_known_as_such)
{
	static const char *const ids[] = {
		"C06", "C08", "X01", "X04", "X05", "X07", "X08", "X11", "X12",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct vector vector = vector_by_id(ids[i]);
		struct mk3_request request = { .len = (uint8_t)vector.len };

		memcpy(request.bytes, vector.bytes, vector.len);
		ck_assert(!mk3_request_spares_eeprom(&request));
	}
}
END_TEST

static struct mk3_scale scale_by_id(const char *id)
{
	struct mk3_frame frame = frame_by_id(id);
	struct mk3_winmon_frame winmon;
	struct mk3_ram_info info = { 0 };

	ck_assert(mk3_reply_winmon(&frame, &winmon));
	ck_assert(mk3_ram_info_take(&info, &winmon));
	ck_assert(info.complete);
	return info.scale;
}

static int32_t milli(const struct mk3_scale *scale, int32_t raw)
{
	maybe_i32 value = mk3_scale_milli(scale, raw);

	ck_assert(value.known);
	return value.value;
}

/* The figures of mk3.md 17.1 for the DC frame; C7 */
START_TEST(dc_frame_has_the_published_values)
{
	struct mk3_frame frame = frame_by_id("F10");
	const struct mk3_scale volts = mk3_scale_of(0x7f9c, 0);
	const struct mk3_scale amps = scale_by_id("R02");
	const struct mk3_scale period = scale_by_id("R03");
	struct mk3_dc dc;

	ck_assert(mk3_reply_dc(&frame, &dc));
	ck_assert_int_eq(milli(&volts, dc.voltage), 14410);
	ck_assert_int_eq(milli(&amps, mk3_scale_raw24(&amps,
						      dc.charger_current)),
			 400);
	ck_assert_int_eq(milli(&amps, mk3_scale_raw24(&amps,
						      dc.inverter_current)),
			 0);
	ck_assert_int_eq(mk3_scale_microhertz(&period, dc.period).value,
			 50025510);
	frame = frame_by_id("F11");
	ck_assert(mk3_reply_dc(&frame, &dc));
	ck_assert_int_eq(milli(&volts, dc.voltage), 26380);
}
END_TEST

START_TEST(ac_frame_has_the_published_values)
{
	struct mk3_frame frame = frame_by_id("F12");
	const struct mk3_scale hundredth = mk3_scale_of(0x7f9c, 0);
	const struct mk3_scale period = mk3_scale_of(0x7c2f, 0);
	struct mk3_ac ac;

	ck_assert(mk3_reply_ac(&frame, &ac));
	ck_assert_int_eq(milli(&hundredth, ac.mains_voltage), 226980);
	ck_assert_int_eq(milli(&hundredth, ac.mains_current), 1710);
	ck_assert_int_eq(milli(&hundredth, ac.out_voltage), 226980);
	ck_assert_int_eq(milli(&hundredth, ac.out_current), 1540);
	ck_assert_int_eq(mk3_scale_microhertz(&period, ac.period).value,
			 50102564);
	frame = frame_by_id("F14");
	ck_assert(mk3_reply_ac(&frame, &ac));
	ck_assert_int_eq(milli(&hundredth, ac.mains_voltage), 232760);
	ck_assert_int_eq(milli(&hundredth, ac.mains_current), -1610);
	ck_assert_int_eq(milli(&hundredth, ac.out_current), 80);
	ck_assert_uint_eq(ac.state, 9);
}
END_TEST

static uint16_t ram_word(const char *id)
{
	struct mk3_frame frame = frame_by_id(id);
	struct mk3_winmon_frame winmon;

	ck_assert(mk3_reply_winmon(&frame, &winmon));
	ck_assert_uint_ge(winmon.len, 2);
	return (uint16_t)(winmon.data[0] | winmon.data[1] << 8);
}

START_TEST(ram_words_have_the_published_values)
{
	const struct mk3_scale volts = mk3_scale_of(0x7f9c, 0);
	const struct mk3_scale amps = mk3_scale_of(0x800a, 0);

	ck_assert_int_eq(milli(&volts, mk3_scale_raw16(&volts,
						       ram_word("M13"))),
			 53020);
	ck_assert_int_eq(milli(&amps, mk3_scale_raw16(&amps,
						      ram_word("M12"))),
			 -12300);
}
END_TEST

START_TEST(config_frame_has_the_published_values)
{
	struct mk3_frame frame = frame_by_id("F15");
	struct mk3_config config;

	ck_assert(mk3_reply_config(&frame, &config));
	ck_assert_uint_eq(config.limit_min_da, 94);
	ck_assert_uint_eq(config.limit_max_da, 500);
	ck_assert_uint_eq(config.limit_da, 99);
	ck_assert_uint_eq(config.switch_register, 0x77);
	frame = frame_by_id("F16");
	ck_assert(mk3_reply_config(&frame, &config));
	ck_assert_uint_eq(config.limit_min_da, 100);
	ck_assert_uint_eq(config.limit_max_da, 500);
	ck_assert_uint_eq(config.limit_da, 200);
	ck_assert_uint_eq(config.switch_register, 0x33);
}
END_TEST

/* C09 and C10: one setting info in two frames */
START_TEST(setting_info_is_put_together_from_two_frames)
{
	struct mk3_frame first = frame_by_id("C09");
	struct mk3_frame second = frame_by_id("C10");
	struct mk3_winmon_frame winmon;
	struct mk3_setting_reply reply = { 0 };

	ck_assert(mk3_reply_winmon(&first, &winmon));
	ck_assert(mk3_setting_info_take(&reply, &winmon));
	ck_assert(reply.usable);
	ck_assert(!reply.complete);
	ck_assert(mk3_reply_winmon(&second, &winmon));
	ck_assert(mk3_setting_info_take(&reply, &winmon));
	ck_assert(reply.complete);
	ck_assert_int_eq(reply.info.sc, 1);
	ck_assert_int_eq(reply.info.maximum.value, 65330);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mk3 vectors: C1 C2 C3 C7");
	TCase *tcase = tcase_create("vectors");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_vector_is_decoded_or_refused);
	tcase_add_test(tcase, every_corrupted_byte_is_refused);
	tcase_add_test(tcase, our_requests_are_those_seen_on_the_wire);
	tcase_add_test(tcase, our_switch_frame_begins_like_the_short_form);
	tcase_add_test(tcase, frames_that_write_eeprom_are_known_as_such);
	tcase_add_test(tcase, dc_frame_has_the_published_values);
	tcase_add_test(tcase, ac_frame_has_the_published_values);
	tcase_add_test(tcase, ram_words_have_the_published_values);
	tcase_add_test(tcase, config_frame_has_the_published_values);
	tcase_add_test(tcase, setting_info_is_put_together_from_two_frames);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
