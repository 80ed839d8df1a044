/* SPDX-License-Identifier: Apache-2.0 */
/*
 * js_write - an object's text written straight into a buffer, byte for byte as
 * js_format() would write it: for what is made by the hundred thousand.
 */
#pragma once
#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Each puts one member or element with the comma before it when one is due; a
 * text that is no UTF-8 fails @out (buf_ok()). The caller gives no key twice.
 */
void js_write_open(struct buf *out, char bracket); /* '{' or '['; no comma before it */
void js_write_close(struct buf *out, char bracket);
void js_write_key(struct buf *out, const char *key); /* "key": and what comes next is its value */
void js_write_text(struct buf *out, const char *key, const char *v);
void js_write_int(struct buf *out, const char *key, int64_t v);
void js_write_bool(struct buf *out, const char *key, bool v);
void js_write_b64url(struct buf *out, const char *key, const void *p, size_t bytes);
void js_write_item(struct buf *out, const char *v); /* a text in an array */
