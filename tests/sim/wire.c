/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <time.h>

void put_le(uint8_t *p, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

void put_be(uint8_t *p, unsigned size, uint64_t value)
{
	for (unsigned i = 0; i < size; i++)
		p[size - 1 - i] = (uint8_t)(value >> (8 * i));
}

uint32_t get_le(const uint8_t *p, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)p[i] << (8 * i);
	return value;
}

uint32_t get_be(const uint8_t *p, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value = value << 8 | p[i];
	return value;
}

uint16_t crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xFFFF;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++) {
			uint16_t out = crc & 1;

			crc = (uint16_t)(crc >> 1);
			if (out)
				crc ^= 0xA001;
		}
	}
	return crc;
}

uint8_t sum8(const uint8_t *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += p[i];
	return (uint8_t)sum;
}

/* splitmix64: every seed, 0 included, gives a usable sequence. */
uint32_t rng_u32(struct rng *rng)
{
	uint64_t z = rng->state += 0x9E3779B97F4A7C15ULL;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
	return (uint32_t)((z ^ (z >> 31)) >> 16);
}

uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return rng_u32(rng) % n;
}

double rng_unit(struct rng *rng)
{
	return (double)rng_u32(rng) / 4294967296.0;
}

int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}
