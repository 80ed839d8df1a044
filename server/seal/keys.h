/* SPDX-License-Identifier: Apache-2.0 */
/* seal/keys - what kofu-seal's commands do with the token. */
#pragma once
#include "server/seal/conf.h"

/*
 * Makes what is missing of each municipality's keys, its key directory and root (see
 * seal/generation.h). Prints one line a municipality. 0 or a fault.
 */
MUST_USE int keys_init(const struct seal_conf *c, struct err *err);
/* Prints a fresh data key of the municipality, wrapped, in hex. 0 or a fault. */
MUST_USE int keys_new_data_key(const struct seal_conf *c, const char *muni, struct err *err);

/*
 * Makes the municipality's next wrapping key and prints its label: what is wrapped from
 * now on is wrapped under it, what was before still opens. 0 or a fault (FAULT_CONFIG:
 * KEYS_MAX_GENERATIONS).
 */
MUST_USE int keys_rotate(const struct seal_conf *c, const char *muni, struct err *err);

enum { KEY_LABEL_BYTES = 24, KEYS_MAX_GENERATIONS = 64 };
/* A data key by whichever of the municipality's wrapping keys opens it. 0, TOKEN_E_NO_KEY,
 * FAULT_INTEGRITY (none of them does) or the token's. */
MUST_USE int keys_unwrap(struct token *t, struct muni_code muni,
    const uint8_t wrapped[TOKEN_WRAPPED_BYTES], uint8_t dek[32], struct err *err);
/* Under the newest. 0, TOKEN_E_NO_KEY or the token's. */
MUST_USE int keys_wrap(struct token *t, struct muni_code muni, const uint8_t dek[32],
    uint8_t wrapped[TOKEN_WRAPPED_BYTES], struct err *err);
/* What binds a wrapped data key to its municipality. */
enum { KEYS_AAD_BYTES = 15 };
void keys_aad(uint8_t out[KEYS_AAD_BYTES], struct muni_code muni);
