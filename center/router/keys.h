/* SPDX-License-Identifier: Apache-2.0 */
/* keys - the public keys by which a municipality signs its manifests. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "pki/key.h"

enum { MUNI_MAX_KEYS = 8, MUNI_KEYS_MAX_BYTES = 8192 };

struct muni_keys {
	struct muni_code muni;
	unsigned n;
	struct {
		struct key_id kid;
		struct key_point point;
	} key[MUNI_MAX_KEYS];
};
/*
 * The file that kofu-seal exports, {"muni":"991015","keys":[{"kid":…,"point":…}]}:
 * 1..MUNI_MAX_KEYS keys, each kid its point's, none twice. 0 or FAULT_CONFIG.
 */
MUST_USE int muni_keys_load(
    const char *path, const char *muni, struct muni_keys *ret, struct err *err);
/* NULL when the municipality has no such key. */
const struct key_point *muni_keys_find(const struct muni_keys *k, const struct key_id *kid);
