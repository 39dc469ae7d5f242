/* SPDX-License-Identifier: MIT */
/*
 * A reader of Instant Readout for tests, written from interop.md 1.1 and 1.4
 * and from nothing else: plain numbers in V, A, Ah, % and degC, NAN and -1
 * where the record says that there is none.
 */
#ifndef BMS_TESTS_GATT_RECORD_H
#define BMS_TESTS_GATT_RECORD_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lib/gatt/aes.h"
#include "tests/unit/unit.h"

enum { RECORD_CELLS = 8 };

struct record {
	unsigned int product, type, counter;
	double minutes, volts, amperes, soc, missing_ah, celsius;
	int error;
	/* contactor, ATC, ATD, relay, AUX, remote, alternator, spare:
	 * 0 unknown, 1 yes, 2 no */
	int io[8];
	/* low cell, high current, BMS temperature, contactor, cable, load
	 * disconnect, low SoC, unnamed, high temperature: 0 unsupported, 1
	 * fine, 2 warning, 3 alarm */
	int alarm[9];
	unsigned int reason, flags, errors;
	double cell[RECORD_CELLS];
	int balancer;
};

static inline uint64_t record_bits(const uint8_t *p, int from, int n)
{
	uint64_t value = 0;

	for (int i = 0; i < n; i++)
		if (p[(from + i) >> 3] & 1 << ((from + i) & 7))
			value |= (uint64_t)1 << i;
	return value;
}

static inline double record_number(const uint8_t *p, int from, int n,
				   uint64_t none, double unit)
{
	uint64_t raw = record_bits(p, from, n);

	return raw == none ? NAN : (double)raw * unit;
}

static inline double record_signed(const uint8_t *p, int from, int n,
				   uint64_t none, double unit)
{
	uint64_t raw = record_bits(p, from, n);
	double sign = raw >> (n - 1) ? ldexp(1, n) : 0;

	return raw == none ? NAN : ((double)raw - sign) * unit;
}

static inline void record_bms(const uint8_t *p, struct record *ret)
{
	ret->error = (int)record_bits(p, 0, 8);
	ret->minutes = record_number(p, 8, 16, 0xffff, 1);
	ret->volts = record_signed(p, 24, 16, 0x7fff, 0.01);
	ret->amperes = record_signed(p, 40, 16, 0x7fff, 0.1);
	for (int i = 0; i < 8; i++)
		ret->io[i] = (int)record_bits(p, 56 + 2 * i, 2);
	for (int i = 0; i < 9; i++)
		ret->alarm[i] = (int)record_bits(p, 72 + 2 * i, 2);
	ret->soc = record_number(p, 90, 10, 0x3ff, 0.1);
	ret->missing_ah = record_number(p, 100, 20, 0xfffff, 0.1);
	ret->celsius = record_number(p, 120, 7, 0x7f, 1) - 40;
}

static inline void record_monitor(const uint8_t *p, struct record *ret)
{
	ret->minutes = record_number(p, 0, 16, 0xffff, 1);
	ret->volts = record_signed(p, 16, 16, 0x7fff, 0.01);
	ret->reason = (unsigned int)record_bits(p, 32, 16);
	ret->celsius = NAN;
	if (record_bits(p, 64, 2) == 2)
		ret->celsius = record_number(p, 48, 16, 0xffff, 0.01) -
			       273.15;
	ret->amperes = record_signed(p, 66, 22, 0x1fffff, 0.001);
	ret->missing_ah = record_number(p, 88, 20, 0xfffff, 0.1);
	ret->soc = record_number(p, 108, 10, 0x3ff, 0.1);
}

static inline void record_lithium(const uint8_t *p, struct record *ret)
{
	ret->flags = (unsigned int)record_bits(p, 0, 32);
	ret->errors = (unsigned int)record_bits(p, 32, 16);
	for (int i = 0; i < RECORD_CELLS; i++)
		ret->cell[i] = 2.6 + record_number(p, 48 + 7 * i, 7, 0x7f,
						   0.01);
	ret->volts = record_number(p, 104, 12, 0xfff, 0.01);
	ret->balancer = (int)record_bits(p, 116, 4);
	ret->celsius = record_number(p, 120, 7, 0x7f, 1) - 40;
}

/* data as it stands behind the company's number. */
static inline void record_read(const uint8_t *data, int len,
			       const uint8_t key[AES128_KEY_SIZE],
			       struct record *ret)
{
	uint8_t counter[AES_BLOCK_SIZE] = { data[5], data[6] };
	uint8_t plain[AES_BLOCK_SIZE];

	memset(ret, 0, sizeof(*ret));
	ck_assert_int_ge(len, 8 + 15);
	ck_assert_int_le(len, 8 + 16);
	ck_assert_uint_eq(data[0], 0x10);
	ck_assert_uint_eq(data[7], key[0]);
	ret->product = data[2] | (unsigned int)data[3] << 8;
	ret->type = data[4];
	ret->counter = data[5] | (unsigned int)data[6] << 8;
	memset(plain, 0xff, sizeof(plain));
	memcpy(plain, data + 8, (size_t)len - 8);
	ck_assert_int_eq(aes128_ctr(key, counter, plain, (size_t)len - 8), 0);
	if (ret->type == 0x0a)
		record_bms(plain, ret);
	else if (ret->type == 0x02)
		record_monitor(plain, ret);
	else if (ret->type == 0x05)
		record_lithium(plain, ret);
	else
		ck_abort_msg("record %02x", ret->type);
}

#endif
