/* SPDX-License-Identifier: MIT */
/* The cipher of Instant Readout against its standards' examples (G1). */
#include <string.h>

#include "lib/base/maybe.h"
#include "lib/gatt/aes.h"
#include "tests/unit/gatt_unit.h"
#include "tests/unit/unit.h"

static const struct block_vector {
	const char *key;
	const char *in;
	const char *out;
} blocks[] = {
	/* FIPS 197, appendix B */
	{ "2b7e151628aed2a6abf7158809cf4f3c",
	  "3243f6a8885a308d313198a2e0370734",
	  "3925841d02dc09fbdc118597196a0b32" },
	/* FIPS 197, appendix C.1 */
	{ "000102030405060708090a0b0c0d0e0f",
	  "00112233445566778899aabbccddeeff",
	  "69c4e0d86a7b0430d8cdb78070b4c55a" },
};

/* SP 800-38A, F.5.1 CTR-AES128.Encrypt: each of its four blocks. */
static const char ctr_key[] = "2b7e151628aed2a6abf7158809cf4f3c";
static const struct block_vector counters[] = {
	{ "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	  "6bc1bee22e409f96e93d7e117393172a",
	  "874d6191b620e3261bef6864990db6ce" },
	{ "f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
	  "ae2d8a571e03ac9c9eb76fac45af8e51",
	  "9806f66b7970fdff8617187bb9fffdff" },
	{ "f0f1f2f3f4f5f6f7f8f9fafbfcfdff01",
	  "30c81c46a35ce411e5fbc1191a0a52ef",
	  "5ae4df3edbd5d35e5b4f09020db03eab" },
	{ "f0f1f2f3f4f5f6f7f8f9fafbfcfdff02",
	  "f69f2445df4f9b17ad2b417be66c3710",
	  "1e031dda2fbe03d1792170a0f3009cee" },
};

START_TEST(a_block_is_encrypted_as_fips_197_has_it)
{
	uint8_t key[16], in[16], want[16], out[16];

	gatt_bytes(blocks[_i].key, key, 16);
	gatt_bytes(blocks[_i].in, in, 16);
	gatt_bytes(blocks[_i].out, want, 16);
	aes128_encrypt(key, in, out);
	ck_assert_mem_eq(out, want, 16);
	aes128_encrypt(key, in, in);
	ck_assert_mem_eq(in, want, 16);
}
END_TEST

START_TEST(a_counter_block_is_used_as_sp_800_38a_has_it)
{
	uint8_t key[16], counter[16], data[17], plain[16], want[16];

	gatt_bytes(ctr_key, key, 16);
	gatt_bytes(counters[_i].key, counter, 16);
	gatt_bytes(counters[_i].in, plain, 16);
	gatt_bytes(counters[_i].out, want, 16);
	for (size_t len = 0; len <= 16; len++) {
		memset(data, 0xa5, sizeof(data));
		memcpy(data, plain, len);
		ck_assert_int_eq(aes128_ctr(key, counter, data, len), 0);
		ck_assert_mem_eq(data, want, len);
		ck_assert_uint_eq(data[len], 0xa5);
		ck_assert_int_eq(aes128_ctr(key, counter, data, len), 0);
		ck_assert_mem_eq(data, plain, len);
	}
}
END_TEST

START_TEST(more_than_a_block_is_refused_and_left_alone)
{
	uint8_t key[16] = { 1 }, counter[16] = { 2 }, data[17] = { 3 };
	static const uint8_t before[17] = { 3 };

	ck_assert_int_eq(aes128_ctr(key, counter, data, 17), -1);
	ck_assert_int_eq(aes128_ctr(key, counter, data, SIZE_MAX), -1);
	ck_assert_mem_eq(data, before, 17);
}
END_TEST

static unsigned int multiply(unsigned int a, unsigned int b)
{
	unsigned int product = 0;

	for (; b; b >>= 1) {
		if (b & 1)
			product ^= a;
		a <<= 1;
		if (a & 0x100)
			a ^= 0x11b;
	}
	return product;
}

/* FIPS 197, 5.1.1: the inverse, then five of its rotations and 63. */
START_TEST(every_value_of_the_table_is_what_it_is_defined_as)
{
	for (unsigned int x = 0; x < 256; x++) {
		unsigned int inverse = 0, value = 0x63;

		for (unsigned int y = 0; y < 256; y++)
			if (multiply(x, y) == 1)
				inverse = y;
		for (unsigned int i = 0; i < 5; i++)
			value ^= (inverse << i | inverse >> (8 - i)) & 0xff;
		ck_assert_uint_eq(aes_sbox[x], value);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gatt-aes");
	TCase *tcase = tcase_create("aes");

	tcase_add_loop_test(tcase, a_block_is_encrypted_as_fips_197_has_it, 0,
			    (int)ARRAY_SIZE(blocks));
	tcase_add_loop_test(tcase,
			    a_counter_block_is_used_as_sp_800_38a_has_it, 0,
			    (int)ARRAY_SIZE(counters));
	tcase_add_test(tcase, more_than_a_block_is_refused_and_left_alone);
	tcase_add_test(tcase,
		       every_value_of_the_table_is_what_it_is_defined_as);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
