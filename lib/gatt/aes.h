/* SPDX-License-Identifier: MIT */
/*
 * AES-128, encryption only, and the one block of counter mode that Instant
 * Readout needs. FIPS 197, 5.1 and 5.2; NIST SP 800-38A, 6.5.
 *
 * Not libcrypto: lib/ depends on nothing, so that every codec runs in a
 * test or a fuzzer as it is, and one block a second needs neither speed nor
 * a library that has to be updated with the system. The table of the S-box
 * is read at places that depend on the key, which who shares the processor's
 * cache could measure; the key only keeps neighbours from reading the state
 * of charge, and whoever runs programs on this machine may read that anyway.
 */
#ifndef BMS_AES_H
#define BMS_AES_H

#include <stddef.h>
#include <stdint.h>

enum { AES_BLOCK_SIZE = 16, AES128_KEY_SIZE = 16 };

/* FIPS 197, figure 7. */
extern const uint8_t aes_sbox[256];

/* Encrypts one block. in and ret_out may be the same. */
void aes128_encrypt(const uint8_t key[AES128_KEY_SIZE],
		    const uint8_t in[AES_BLOCK_SIZE],
		    uint8_t ret_out[AES_BLOCK_SIZE]);

/*
 * Encrypts or decrypts len bytes, at most a block, in place with the
 * encrypted counter block. 0, or -1 where len is more than a block (then
 * nothing is changed): how a counter goes on from there the readers of
 * Instant Readout do not agree (interop.md 1.1).
 */
int aes128_ctr(const uint8_t key[AES128_KEY_SIZE],
	       const uint8_t counter[AES_BLOCK_SIZE], uint8_t *data,
	       size_t len);

#endif
