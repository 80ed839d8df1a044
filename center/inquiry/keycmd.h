/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keycmd - the banks' API keys, for the operator:
 *
 *   key create NAME [--per-minute N]   prints the key, this once
 *   key list                           id, name, limit, since, until
 *   key revoke ID                      ends it at once, for good
 */
#pragma once
#include "center/inquiry/inquiry_conf.h"

enum { KEYCMD_E_USAGE = 1961, KEYCMD_E_UNKNOWN = 1962 };
enum { KEYCMD_PER_MINUTE = 120, KEYCMD_MAX_PER_MINUTE = 6000, KEYCMD_MAX_NAME = 64 };
/* @argv: what stands behind "key". Returns 0, KEYCMD_E_* or a fault. */
MUST_USE int keycmd_run(const struct inquiry_conf *c, int argc, char **argv, struct err *err);
