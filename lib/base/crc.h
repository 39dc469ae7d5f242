/* SPDX-License-Identifier: MIT */
/* Checksums of the buses. */
#ifndef BMS_CRC_H
#define BMS_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Modbus CRC-16: polynomial A001 (reflected 8005), start FFFF; sent low byte
 * first. Source: Modbus over Serial Line V1.02, 6.2.2. */
uint16_t crc16_modbus(const uint8_t *data, size_t len);

/* Low byte of the sum of all bytes. */
uint8_t sum8(const uint8_t *data, size_t len);

#endif
