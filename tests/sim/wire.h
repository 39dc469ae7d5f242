/* SPDX-License-Identifier: MIT */
/*
 * Bytes as they stand on a wire: integers of either byte order, the sums and
 * the random numbers that the simulated devices need. Nothing here knows a
 * protocol. Times of the whole simulator are nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

struct rng {
	uint64_t state;
};

void put_le(uint8_t *p, unsigned size, uint64_t value);
void put_be(uint8_t *p, unsigned size, uint64_t value);
uint32_t get_le(const uint8_t *p, unsigned size);
uint32_t get_be(const uint8_t *p, unsigned size);

/* Modbus CRC-16; on the wire its low byte goes first. */
uint16_t crc16(const uint8_t *p, size_t n);
uint8_t sum8(const uint8_t *p, size_t n);

uint32_t rng_u32(struct rng *rng);
/* 0 <= result < n; n must not be 0. */
uint32_t rng_below(struct rng *rng, uint32_t n);
/* 0 <= result < 1 */
double rng_unit(struct rng *rng);

int64_t clock_ns(void);

#endif
