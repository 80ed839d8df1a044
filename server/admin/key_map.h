/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_map - keyed hashes (16 bytes each) to 16 bytes: what a first load must
 * remember of everybody, 33 bytes a slot and no name. The keys are keyed
 * hashes already, so their first bytes are as good as a hash of them.
 */
#pragma once
#include "base/attr.h"

#include <stddef.h>
#include <stdint.h>

enum { KEY_MAP_BYTES = 16, KEY_MAP_MAX = 4000000 };
struct key_map_slot;
struct key_map {
	struct key_map_slot *slots;
	size_t n, room;
};
/* A zeroed struct is an empty map. */
void key_map_done(struct key_map *m);
/* The value, to read or change; NULL when the key is not there. Lives until the next put. */
uint8_t *key_map_find(const struct key_map *m, const uint8_t key[KEY_MAP_BYTES]);
/* The value of a new key (zeros) or of one that is there; NULL when the map is full. */
uint8_t *key_map_put(struct key_map *m, const uint8_t key[KEY_MAP_BYTES]);
