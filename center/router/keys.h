/* SPDX-License-Identifier: Apache-2.0 */
/* keys - a municipality's key directory at a center that serves: any thread may ask. */
#pragma once
#include "domain/keydir.h"

#include <pthread.h>
#include <stdbool.h>

enum { MUNI_KEYS_LOOK_MS = 1000 };

struct muni_keys {
	pthread_mutex_t lock;
	struct keydir_file file;
	int64_t next_look_ms;
};
/* Both files of kofu-seal (domain/keydir.h). Returns 0 or FAULT_CONFIG; muni_keys_done() then only
 * after 0. */
MUST_USE int muni_keys_open(struct muni_keys *k, const char *root_path, const char *path,
    struct muni_code muni, struct err *err);
/* As keydir_file_remember(). */
MUST_USE int muni_keys_remember(
    struct muni_keys *k, const struct keydir_memory *memory, struct err *err);
void muni_keys_done(struct muni_keys *k);
/* What is in force, looked at every MUNI_KEYS_LOOK_MS. */
void muni_keys_get(struct muni_keys *k, struct keydir *ret);
/* Now and then, also when nobody asks: roots that come and go are seen in their turn. */
void muni_keys_watch(struct muni_keys *k);
/* Looked at now: true, with *ret, when it is another than @seq. */
bool muni_keys_renew(struct muni_keys *k, int64_t seq, struct keydir *ret);
