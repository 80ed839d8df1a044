/* SPDX-License-Identifier: Apache-2.0 */
/* tell - one thing told to the center, and its acknowledgement. */
#pragma once
#include "base/arena.h"
#include "http/client.h"
#include "wire/js.h"

enum { TELL_BODY_MAX_BYTES = 256 * 1024 };
/*
 * POST @o to @path; the answer is {"<member>":@want} and nothing else. Returns 0,
 * FAULT_UNAVAILABLE, FAULT_TIMEOUT (another try), or FAULT_INTEGRITY (the center
 * refused it or acknowledged something else: somebody has to look).
 */
MUST_USE int tell_center(struct http_client *center, struct arena *a, const char *path,
    const json_t *o, const char *member, int64_t want, struct err *err);
