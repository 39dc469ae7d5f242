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

/* CRC-32 of IEEE 802.3 (polynomial EDB88320 reflected, start and final
 * exclusive-or FFFFFFFF): guards state files. Goes on from crc, which is 0
 * at the start. */
uint32_t crc32_ieee(uint32_t crc, const uint8_t *data, size_t len);

#endif
