/* SPDX-License-Identifier: Apache-2.0 */
/* permute - one block of AES-256 (FIPS 197) as a keyed permutation of 16-byte values. */
#pragma once
#include <stdint.h>

enum { PERMUTE_KEY_BYTES = 32, PERMUTE_BYTES = 16 };
void permute_block(const uint8_t key[PERMUTE_KEY_BYTES], const uint8_t in[PERMUTE_BYTES],
    uint8_t out[PERMUTE_BYTES]);
/* The way back. */
void permute_back(const uint8_t key[PERMUTE_KEY_BYTES], const uint8_t in[PERMUTE_BYTES],
    uint8_t out[PERMUTE_BYTES]);
