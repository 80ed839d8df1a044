/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyring - the keys of the desk: its own in the token (ownkeys.h) and the municipalities' key
 * directories. Files that change while it serves are looked at again; whoever holds a set of
 * keys has it whole until he gives it back.
 */
#pragma once
#include "center/inquiry/check.h"
#include "center/inquiry/inquiry_conf.h"

enum { KEYRING_LOOK_MS = 1000 };

struct keyring;
/* @c outlives it. 0, FAULT_CONFIG or the token's. */
MUST_USE int keyring_open(const struct inquiry_conf *c, struct keyring **ret, struct err *err);
/* As keydir_file_remember(), for each municipality. */
MUST_USE int keyring_remember(
    struct keyring *k, const struct keydir_memory *memory, struct err *err);
void keyring_close(struct keyring *k); /* NULL is fine; nobody holds a set any more */
/* What is in force, looked at every KEYRING_LOOK_MS; any thread may ask. */
const struct check_keys *keyring_take(struct keyring *k);
void keyring_give(struct keyring *k, const struct check_keys *set);
