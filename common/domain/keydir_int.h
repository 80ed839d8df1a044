/* SPDX-License-Identifier: Apache-2.0 */
/* keydir_int - what keydir.c, keydir_root.c and keydir_file.c share. */
#pragma once
#include "domain/keydir.h"
#include "wire/js.h"

enum { KEYDIR_ARENA_BYTES = 32 * KEYDIR_MAX_BYTES };
/* Members "kid" and "point": a point, and the id that must be its own. 0 or FAULT_BAD_INPUT. */
MUST_USE int keydir_point_take(struct arena *a, const json_t *o, struct key_id *ret_id,
    struct key_point *ret, struct err *err);
/* Member "muni". 0 or FAULT_BAD_INPUT. */
MUST_USE int keydir_muni_take(const json_t *o, struct muni_code *ret, struct err *err);
