/* SPDX-License-Identifier: Apache-2.0 */
/* lists - the JPKI's revocation lists, as the operator's fetcher lays them into a folder. */
#pragma once
#include "pki/crl.h"

struct jpki_lists;
/* Reads the folder's *.crl files. 0 or FAULT_CONFIG: no such folder. @pins and @folder must outlive
 * it. */
MUST_USE int jpki_lists_open(
    const char *folder, const struct cert_pins *pins, struct jpki_lists **ret, struct err *err);
void jpki_lists_close(struct jpki_lists *l); /* NULL is fine */
/*
 * Reads the files that are new or changed since. A file that cannot be taken is
 * logged by crl_take()'s return value, and what was held stays. For one thread at a time.
 * Returns how many lists were taken.
 */
unsigned jpki_lists_look(struct jpki_lists *l, int64_t now_ms);
struct crl_set *jpki_lists_set(struct jpki_lists *l); /* borrowed */
