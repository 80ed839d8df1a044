/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream - the answer of an inquiry or a batch line by line (NDJSON), as it
 * comes about: each page that was read, each paper's answer. The work is done
 * by a thread of its own; the lines wait in memory until the caller takes them.
 */
#pragma once
#include "center/inquiry/ask.h"

/* Sets @res to such an answer. @q is copied; its texts live in the request. 0 or a fault. */
MUST_USE int stream_start(
    struct arena *a, const struct ask *q, struct http_res *res, struct err *err);
