/* SPDX-License-Identifier: Apache-2.0 */
/* text - UTF-8, hex and base64url, all with bounds. No locale is ever used. */
#pragma once
#include "base/arena.h"
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The next code point of @s (at most *bytes long); both are moved past it.
 * Returns 0..0x10FFFF, or -1 for what is not UTF-8 (RFC 3629: no overlong
 * forms, no surrogates), after which @s stands where it stood.
 */
int32_t text_utf8_next(const char **s, size_t *bytes);
/* Writes @cp as UTF-8 into @out (4 bytes of room); returns 1..4, or 0 if it is no scalar value. */
size_t text_utf8_put(uint32_t cp, char out[4]);
/* True when all of it is UTF-8 without control characters (C0, DEL, C1). */
bool text_is_clean_utf8(const char *s, size_t bytes);
/* Number of code points, or -1 when it is not UTF-8. */
long text_utf8_count(const char *s, size_t bytes);
/* The same of a text that ends with a NUL, -1 also when it is not clean (see above). */
long text_clean_count(const char *s);

/* Lower-case hex into @out: 2 * bytes characters and a NUL. */
void text_hex_format(const void *p, size_t bytes, char *out);
/* Exactly 2 * bytes hex digits (either case). Returns false for anything else. */
bool text_hex_parse(const char *s, size_t text_bytes, void *out, size_t bytes);

/* RFC 4648 section 5 without padding. */
char *text_b64url_format(struct arena *a, const void *p, size_t bytes);
/* How many characters that is. */
static inline size_t
text_b64url_bytes(size_t bytes)
{
	return bytes / 3 * 4 + (bytes % 3 * 4 + 2) / 3;
}
/* The same into @out, without a NUL; returns text_b64url_bytes(). */
size_t text_b64url_put(const void *p, size_t bytes, char *out);
/*
 * Decodes into the arena; refuses padding, white space and non-zero spare
 * bits, so that one value has one form. Returns NULL when it is not base64url.
 */
uint8_t *text_b64url_parse(struct arena *a, const char *s, size_t text_bytes, size_t *ret_bytes);

/* Decimal digits only, no sign, no leading zero but "0" itself, at most @max. */
bool text_u64_parse(const char *s, size_t bytes, uint64_t max, uint64_t *ret);
bool text_equal(const char *a, const char *b); /* NULL equals only NULL */
