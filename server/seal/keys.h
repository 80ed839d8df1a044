/* SPDX-License-Identifier: Apache-2.0 */
/* seal/keys - what kofu-seal's commands do with the token. */
#pragma once
#include "server/seal/conf.h"

/*
 * Makes what is missing of each municipality's keys and writes its public key
 * to <keys_dir>/<code>.json: {"muni":"991015","keys":[{"kid":…,"point":…}]}.
 * Prints one line a municipality. 0 or a fault.
 */
MUST_USE int keys_init(const struct seal_conf *c, struct err *err);
/* Prints a fresh data key of the municipality, wrapped, in hex. 0 or a fault. */
MUST_USE int keys_new_data_key(const struct seal_conf *c, const char *muni, struct err *err);

enum { KEY_LABEL_BYTES = 16 };
/* "sign-991015", "wrap-991015". */
void keys_label(char out[KEY_LABEL_BYTES], const char *use, struct muni_code muni);
/* What binds a wrapped data key to its municipality. */
enum { KEYS_AAD_BYTES = 15 };
void keys_aad(uint8_t out[KEYS_AAD_BYTES], struct muni_code muni);
