/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/base/maybe.h"
#include "lib/base/utf8.h"
#include "tests/unit/unit.h"

/* F1, G2: what can steer a terminal, and what is not UTF-8, is not handed
 * on. */
START_TEST(controls_and_junk_become_question_marks)
{
	static const struct {
		const char *text;
		const char *copy;
	} rows[] = {
		{ "", "" },
		{ "phone", "phone" },
		{ "S\xc3\xb6" "ren's \xf0\x9f\x93\xb1",
		  "S\xc3\xb6" "ren's \xf0\x9f\x93\xb1" },
		{ "a\x1b[31m", "a?[31m" },
		{ "a\x7f\r\n", "a???" },
		/* U+0080, U+009B and U+009F; the first that is none */
		{ "\xc2\x80\xc2\x9b" "31m\xc2\x9f", "????31m??" },
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\xc0\x80\xff\xc3", "????" },
		{ "\xed\xa0\x80", "???" },
	};
	char copy[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		utf8_copy(copy, sizeof(copy), rows[i].text);
		ck_assert_str_eq(copy, rows[i].copy);
	}
	utf8_copy(copy, sizeof(copy), NULL);
	ck_assert_str_eq(copy, "");
	utf8_copy(copy, 3, "ab\xc3\xb6");
	ck_assert_str_eq(copy, "ab");
	utf8_copy(copy, 3, "a\xc3\xb6");
	ck_assert_str_eq(copy, "a");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("UTF-8");
	TCase *tcase = tcase_create("text");

	tcase_add_test(tcase, controls_and_junk_become_question_marks);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
