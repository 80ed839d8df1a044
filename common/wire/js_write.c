/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/js_write.h"
#include "base/text.h"

#include <string.h>

enum { NUMBER_BYTES = 24 };

/* Behind an opening bracket or a colon nothing stands yet. */
static void
comma(struct buf *out)
{
	uint8_t last = out->bytes > 0 ? out->p[out->bytes - 1] : '[';
	if (last != '{' && last != '[' && last != ':')
		buf_u8(out, ',');
}

void
js_write_open(struct buf *out, char bracket)
{
	buf_u8(out, (uint8_t)bracket);
}

void
js_write_close(struct buf *out, char bracket)
{
	buf_u8(out, (uint8_t)bracket);
}

static void
escaped(struct buf *out, uint8_t c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = memchr(from, c, sizeof(from) - 1);
	if (at != NULL) {
		buf_u8(out, '\\');
		buf_u8(out, (uint8_t)to[at - from]);
		return;
	}
	buf_printf(out, "\\u%04X", (unsigned)c);
}

/* RFC 8259 section 7: what must be escaped, in the shortest way. */
static void
put_escaped(struct buf *out, const char *s, size_t bytes)
{
	if (text_utf8_count(s, bytes) < 0) {
		out->failed = true;
		return;
	}
	for (size_t from = 0, i = 0; i <= bytes; i++) {
		uint8_t c = (uint8_t)s[i];
		if (i < bytes && c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_put(out, s + from, i - from);
		if (i < bytes)
			escaped(out, c);
		from = i + 1;
	}
}

/* As nearly all Japanese is: U+0800 to U+FFFF but for the surrogates. Stops at a NUL. */
static inline bool
is_three(const uint8_t *p)
{
	if ((p[0] & 0xF0) != 0xE0 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
		return false;
	return (p[0] != 0xE0 || p[1] >= 0xA0) && (p[0] != 0xED || p[1] < 0xA0);
}

/* How many of its first bytes stand in JSON as they are. */
static size_t
plain_bytes(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;
	for (;;) {
		if (*p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
			p++;
		else if (is_three(p))
			p += 3;
		else
			return (size_t)((const char *)p - s);
	}
}

/* Nearly every text is looked at once, and copied as it is. */
static void
quoted(struct buf *out, const char *s)
{
	size_t plain = plain_bytes(s);
	buf_u8(out, '"');
	buf_put(out, s, plain);
	if (s[plain] != '\0')
		put_escaped(out, s + plain, strlen(s + plain));
	buf_u8(out, '"');
}

void
js_write_key(struct buf *out, const char *key)
{
	size_t bytes = strlen(key);
	comma(out);
	uint8_t *to = buf_room(out, bytes + 3);
	if (to == NULL)
		return;
	*to++ = '"';
	to = mempcpy(to, key, bytes);
	*to++ = '"';
	*to = ':';
	out->bytes += bytes + 3;
}

void
js_write_text(struct buf *out, const char *key, const char *v)
{
	js_write_key(out, key);
	quoted(out, v);
}

void
js_write_item(struct buf *out, const char *v)
{
	comma(out);
	quoted(out, v);
}

void
js_write_int(struct buf *out, const char *key, int64_t v)
{
	char digits[NUMBER_BYTES];
	size_t at = sizeof(digits);
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (v < 0)
		digits[--at] = '-';
	js_write_key(out, key);
	buf_put(out, digits + at, sizeof(digits) - at);
}

void
js_write_bool(struct buf *out, const char *key, bool v)
{
	js_write_key(out, key);
	buf_text(out, v ? "true" : "false");
}

void
js_write_b64url(struct buf *out, const char *key, const void *p, size_t bytes)
{
	char piece[1024];
	const uint8_t *b = p;
	js_write_key(out, key);
	buf_u8(out, '"');
	while (bytes > 0) { /* 768 bytes become 1024 letters, with nothing left over */
		size_t n = bytes < 768 ? bytes : 768;
		buf_put(out, piece, text_b64url_put(b, n, piece));
		b += n;
		bytes -= n;
	}
	buf_u8(out, '"');
}
