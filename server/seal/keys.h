/* SPDX-License-Identifier: Apache-2.0 */
/* seal/keys - what kofu-seal's commands do with the token. */
#pragma once
#include "server/seal/conf.h"
#include "server/seal/seal.h"

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
/* A key by whichever of the municipality's wrapping keys opens it. 0, TOKEN_E_NO_KEY,
 * FAULT_INTEGRITY (none of them does, or it is another municipality's, of another use or
 * generation) or the token's. */
MUST_USE int keys_unwrap(struct token *t, struct muni_code muni, const struct seal_key *k,
    uint8_t dek[SEAL_KEY_BYTES], struct err *err);
/* Under the newest; k->use and k->generation are the caller's. 0, TOKEN_E_NO_KEY or the token's. */
MUST_USE int keys_wrap(struct token *t, struct muni_code muni, const uint8_t dek[SEAL_KEY_BYTES],
    struct seal_key *k, struct err *err);
/* What binds a wrapped key: its municipality and, but for the first data key (there was no other
 * once), use and generation. Returns how many bytes. */
enum { KEYS_AAD_BYTES = 18 };
size_t keys_aad(uint8_t out[KEYS_AAD_BYTES], struct muni_code muni, const struct seal_key *k);
