/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/generations - a change of the municipality's signing keys (kofu-seal generation) is
 * entered in its audit: which generations there are, by id, and in what state.
 */
#pragma once
#include "server/audit/audit.h"

enum { GENERATIONS_LOOK_MS = 10000 };
/*
 * Asks kofu-seal and, when the directory is newer than the audit knows, adds a row
 * ("keys.change"). @db of the applying role; @seen is the caller's memory of the last seq, 0 at
 * first. 0 or a fault.
 */
MUST_USE int audit_generations(struct db *db, const struct vault *v, const char *seal_socket,
    int64_t *seen, int64_t now_ms, struct err *err);
