/* SPDX-License-Identifier: Apache-2.0 */
/* body - JSON bodies of this folder's handlers. */
#pragma once
#include "center/router/decide_session.h"
#include "http/server.h"
#include "wire/js.h"
#include "wire/js_write.h"

/* The request's body as an object of exactly these members. 0 or FAULT_BAD_INPUT. */
MUST_USE int body_parse(
    const struct http_req *req, const char *const *members, json_t **ret, struct err *err);
/* A text in the request's arena, for an answer or a server. */
MUST_USE int body_format(struct arena *a, const json_t *o, size_t limit_bytes, const char **ret,
    size_t *ret_bytes, struct err *err);
/* What js_write.h wrote into @b, in the request's arena; @b is done. 0 or FAULT_INTERNAL. */
MUST_USE int body_take(
    struct arena *a, struct buf *b, const char **ret, size_t *ret_bytes, struct err *err);
/* A base64url member of at most @max bytes. */
MUST_USE int body_part(struct arena *a, const json_t *o, const char *key, size_t max,
    struct session_part *ret, struct err *err);
static inline void
body_write_part(struct buf *out, const char *key, struct session_part p)
{
	js_write_b64url(out, key, p.p, p.bytes);
}
