/* SPDX-License-Identifier: Apache-2.0 */
/*
 * js - JSON from and to a peer (jansson), strict: RFC 8259, no duplicate
 * member, no unknown member, limits on size and depth. The one place that
 * includes <jansson.h>; others use it through this header. jansson's memory
 * comes from base/mem.h and is wiped when it is given back: what json_dumps()
 * returns is not free()'s to take, so use js_format().
 */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { JS_MAX_BYTES = 16 * 1024 * 1024, JS_MAX_DEPTH = 16 };

static inline void
json_t_freep(json_t **j)
{
	json_decref(*j);
}
/* AUTO(json_t) json_t *j = NULL; */

/* Parses one whole document. Returns 0 or FAULT_BAD_INPUT. */
MUST_USE int js_parse(const void *p, size_t bytes, json_t **ret, struct err *err);
/* Compact text with members in the order they were set. FAULT_INTERNAL when it does not fit. */
MUST_USE int js_format(const json_t *j, struct buf *out, struct err *err);
/*
 * The members an object may have: a NULL-terminated list of names; a name
 * ending in '?' may be missing. Returns 0 or FAULT_BAD_INPUT.
 */
MUST_USE int js_members(const json_t *o, const char *const *names, struct err *err);
/* A member of that type; the text lives as long as @o. Return 0 or FAULT_BAD_INPUT. */
MUST_USE int js_text(
    const json_t *o, const char *key, size_t max_bytes, const char **ret, struct err *err);
MUST_USE int js_int(
    const json_t *o, const char *key, int64_t min, int64_t max, int64_t *ret, struct err *err);
MUST_USE int js_bool(const json_t *o, const char *key, bool *ret, struct err *err);
MUST_USE int js_array(
    const json_t *o, const char *key, size_t max, const json_t **ret, struct err *err);
MUST_USE int js_object_at(const json_t *o, const char *key, const json_t **ret, struct err *err);
/* A member of exactly @bytes bytes as hex. */
MUST_USE int js_hex(const json_t *o, const char *key, void *out, size_t bytes, struct err *err);
/* A member in base64url of at most @max_bytes bytes, into the arena. */
MUST_USE int js_b64url(struct arena *a, const json_t *o, const char *key, size_t max_bytes,
    uint8_t **ret, size_t *ret_bytes, struct err *err);
/* Set members; they abort when memory runs out. Take over nothing. */
void js_put_text(json_t *o, const char *key, const char *v);
void js_put_int(json_t *o, const char *key, int64_t v);
void js_put_bool(json_t *o, const char *key, bool v);
void js_put_hex(json_t *o, const char *key, const void *p, size_t bytes);
void js_put_b64url(json_t *o, const char *key, const void *p, size_t bytes);
/* Takes over @v. */
void js_put(json_t *o, const char *key, json_t *v);
