/* SPDX-License-Identifier: MIT */
/*
 * Pass codes never reach a capture (design 8, I6), and what is captured
 * replays like what was received.
 */
#include "lib/proto/jk_pb_redact.h"
#include "lib/proto/jk_pb_text.h"
#include "tests/unit/jk_pb_unit.h"

static const char code_1[] = "7391UZUU";
static const char code_2[] = "482615";

/* An about answer with both pass codes; returns its length. */
static size_t about_with_codes(uint8_t *answer)
{
	size_t len = unit_answer(3, JK_PB_ABOUT, answer);

	memcpy(answer + 62, code_1, sizeof(code_1));
	memcpy(answer + 118, code_2, sizeof(code_2));
	unit_close_block(answer);
	return len;
}

static bool contains(const uint8_t *bytes, size_t len, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(bytes + i, text, n) == 0)
			return true;
	return false;
}

/* As struct session_ops gives it, in chunks; 0: whole. */
static void redact(struct jk_pb_redact *r, uint8_t *bytes, size_t len,
		   size_t chunk)
{
	while (len > 0) {
		size_t n = chunk && chunk < len ? chunk : len;

		jk_pb_redact(r, bytes, n);
		bytes += n;
		len -= n;
	}
}

static void check_masked(const uint8_t *answer, const uint8_t *masked,
			 size_t len)
{
	struct jk_pb_about was, is;

	ck_assert(!contains(masked, len, "7391"));
	ck_assert(!contains(masked, len, "48261"));
	ck_assert_mem_eq(masked, answer, 46);
	ck_assert_mem_eq(masked + 86, answer + 86, 11);
	ck_assert_mem_eq(masked + 300, answer + 300, len - 300);
	for (size_t i = 46; i < 299; i++)
		if ((i < 86 || i > 96) && masked[i] != '0')
			ck_abort_msg("byte %zu is not masked", i);
	ck_assert_int_eq(jk_pb_look(masked, len).result, JK_PB_LOOK_ANSWER);
	jk_pb_about_decode(answer, &was);
	jk_pb_about_decode(masked, &is);
	ck_assert(!memcmp(&was, &is, sizeof(was)));
}

START_TEST(pass_codes_are_masked_in_every_split)
{
	uint8_t answer[UNIT_ANSWER_SIZE], masked[UNIT_ANSWER_SIZE];
	size_t len = about_with_codes(answer);

	for (size_t chunk = 0; chunk < len; chunk++) {
		struct jk_pb_redact r = { .at = 0 };

		memcpy(masked, answer, len);
		redact(&r, masked, len, chunk);
		check_masked(answer, masked, len);
	}
	for (size_t cut = 1; cut < len; cut++) {
		struct jk_pb_redact r = { .at = 0 };

		memcpy(masked, answer, len);
		jk_pb_redact(&r, masked, cut);
		jk_pb_redact(&r, masked + cut, len - cut);
		check_masked(answer, masked, len);
	}
}
END_TEST

/* "55 55 AA EB 90 03": the first 55 does not hide the second. */
START_TEST(a_false_start_before_a_block_hides_nothing)
{
	for (size_t n = 1; n <= 4; n++) {
		for (size_t chunk = 0; chunk < 8; chunk++) {
			struct jk_pb_redact r = { .at = 0 };
			uint8_t bytes[UNIT_ANSWER_SIZE + 4];
			uint8_t answer[UNIT_ANSWER_SIZE];
			size_t len = about_with_codes(answer);

			memcpy(bytes, answer, n);
			memcpy(bytes + n, answer, len);
			redact(&r, bytes, n + len, chunk);
			check_masked(answer, bytes + n, len);
		}
	}
}
END_TEST

START_TEST(the_sum_stays_good_or_bad_for_every_value)
{
	for (int value = 0; value < 256; value++) {
		struct jk_pb_redact r = { .at = 0 };
		uint8_t answer[UNIT_ANSWER_SIZE], masked[UNIT_ANSWER_SIZE];
		size_t len = about_with_codes(answer);

		/* The sum takes every value, 55 too. */
		answer[140] = (uint8_t)value;
		unit_close_block(answer);
		memcpy(masked, answer, len);
		redact(&r, masked, len, 1);
		check_masked(answer, masked, len);
		if (value == 0)
			continue;
		memcpy(masked, answer, len);
		masked[JK_PB_AT_SUM] ^= (uint8_t)value;
		redact(&r, masked, len, 7);
		ck_assert(!jk_pb_sum_closes(masked));
	}
}
END_TEST

START_TEST(other_blocks_and_noise_pass_unchanged)
{
	static const char *const id[] = { "jkpb-02", "jkpb-04", "jkpb-08",
					  "jkpb-09", "jkpb-01", "jkpb-03",
					  "jkpb-13", "jkpb-20" };
	struct jk_pb_redact r = { .at = 0 };
	uint64_t seed = unit_seed();
	uint8_t was[1024], is[1024];

	for (int i = 0; i < 2000; i++) {
		size_t len = unit_vector(id[i % 8], was, sizeof(was));

		memcpy(is, was, len);
		redact(&r, is, len, (size_t)unit_between(&seed, 0, 40));
		ck_assert_mem_eq(is, was, len);
		len = (size_t)unit_between(&seed, 1, 300);
		for (size_t k = 0; k < len; k++)
			was[k] = (uint8_t)unit_random(&seed);
		memcpy(is, was, len);
		redact(&r, is, len, (size_t)unit_between(&seed, 0, 40));
		ck_assert_mem_eq(is, was, len);
	}
}
END_TEST

START_TEST(a_start_with_something_in_between_is_none)
{
	static const uint8_t start[] = { 0x55, 0xaa, 0xeb, 0x90, 0x03 };

	for (size_t n = 1; n <= 4; n++) {
		struct jk_pb_redact r = { .at = 0 };
		uint8_t was[200] = { 0 };
		uint8_t is[200];

		memcpy(was, start, n);
		was[n] = 0x77;
		memcpy(was + n + 1, start + n, sizeof(start) - n);
		memcpy(is, was, sizeof(is));
		redact(&r, is, sizeof(is), 1);
		ck_assert_mem_eq(is, was, sizeof(is));
	}
}
END_TEST

/* A torn about answer must not spoil the capture of the next one. */
START_TEST(a_frame_behind_a_torn_block_is_kept)
{
	uint8_t bytes[3 * UNIT_ANSWER_SIZE], status[UNIT_ANSWER_SIZE];
	size_t len = unit_answer(3, JK_PB_STATUS, status);

	for (size_t cut = 5; cut < 299; cut++) {
		struct jk_pb_redact r = { .at = 0 };

		about_with_codes(bytes);
		memcpy(bytes + cut, status, len);
		about_with_codes(bytes + cut + len);
		/* The status comes in a read of its own. */
		jk_pb_redact(&r, bytes, cut);
		jk_pb_redact(&r, bytes + cut, len);
		jk_pb_redact(&r, bytes + cut + len, 309);
		ck_assert_mem_eq(bytes + cut, status, len);
		ck_assert(!contains(bytes, cut + len + 309, "7391"));
		ck_assert(!contains(bytes, cut + len + 309, "48261"));
		ck_assert_int_eq(jk_pb_look(bytes + cut + len, 309).result,
				 JK_PB_LOOK_ANSWER);
	}
}
END_TEST

START_TEST(lost_or_doubled_bytes_uncover_nothing)
{
	for (size_t at = 5; at < 299; at++) {
		for (int change = -8; change <= 8; change++) {
			struct jk_pb_redact r = { .at = 0 };
			uint8_t bytes[UNIT_ANSWER_SIZE] = { 0 };
			size_t len = about_with_codes(bytes);
			size_t n = (size_t)abs(change);

			if (change < 0 && at + n < len) {
				memmove(bytes + at, bytes + at + n,
					len - at - n);
				len -= n;
			} else if (change > 0) {
				memmove(bytes + at + n, bytes + at, len - at);
				len += n;
			}
			redact(&r, bytes, len, 1 + at % 50);
			if (contains(bytes, len, "739") ||
			    contains(bytes, len, "4826"))
				ck_abort_msg("%d bytes at %zu", change, at);
		}
	}
}
END_TEST

/* vebus-bms-ngctl decode prints neither. */
START_TEST(pass_codes_are_not_in_the_text)
{
	uint8_t answer[UNIT_ANSWER_SIZE];
	char text[4096];
	size_t len = about_with_codes(answer);

	for (size_t n = 300; n <= len; n++) {
		jk_pb_decode_text(answer, n, text, sizeof(text));
		ck_assert_ptr_null(strstr(text, "739"));
		ck_assert_ptr_null(strstr(text, "482"));
	}
	ck_assert_ptr_nonnull(strstr(text, "\"serial\":\"40119000000\""));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("jk-pb-redact");
	TCase *t = tcase_create("redactor");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, pass_codes_are_masked_in_every_split);
	tcase_add_test(t, a_false_start_before_a_block_hides_nothing);
	tcase_add_test(t, the_sum_stays_good_or_bad_for_every_value);
	tcase_add_test(t, other_blocks_and_noise_pass_unchanged);
	tcase_add_test(t, a_start_with_something_in_between_is_none);
	tcase_add_test(t, a_frame_behind_a_torn_block_is_kept);
	tcase_add_test(t, lost_or_doubled_bytes_uncover_nothing);
	tcase_add_test(t, pass_codes_are_not_in_the_text);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return unit_run(suite());
}
