/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

/* Length of the sequence a lead byte announces, and the bits it carries; 0 for no lead byte. */
static unsigned
utf8_lead(uint8_t c, uint32_t *ret_bits, uint32_t *ret_least)
{
	if (c < 0x80) {
		*ret_bits = c;
		*ret_least = 0;
		return 1;
	}
	if (c >= 0xC2 && c <= 0xDF) {
		*ret_bits = c & 0x1Fu;
		*ret_least = 0x80;
		return 2;
	}
	if (c >= 0xE0 && c <= 0xEF) {
		*ret_bits = c & 0x0Fu;
		*ret_least = 0x800;
		return 3;
	}
	if (c >= 0xF0 && c <= 0xF4) {
		*ret_bits = c & 0x07u;
		*ret_least = 0x10000;
		return 4;
	}
	return 0;
}

/* Of three bytes, as nearly all Japanese is: 0 when it is none, or one that needs a second look. */
static inline uint32_t
utf8_three(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;
	if ((p[0] & 0xF0) != 0xE0 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
		return 0;
	uint32_t cp = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
	return cp < 0x800 || (cp >= 0xD800 && cp <= 0xDFFF) ? 0 : cp;
}

int32_t
text_utf8_next(const char **s, size_t *bytes)
{
	const uint8_t *p = (const uint8_t *)*s;
	uint32_t cp = 0;
	uint32_t least = 0;
	if (*bytes == 0)
		return -1;
	if (*bytes >= 3 && (cp = utf8_three(*s)) != 0) {
		*s += 3;
		*bytes -= 3;
		return (int32_t)cp;
	}
	unsigned n = utf8_lead(p[0], &cp, &least);
	if (n == 0 || n > *bytes)
		return -1;
	for (unsigned i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return -1;
		cp = cp << 6 | (p[i] & 0x3Fu);
	}
	if (cp < least || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
		return -1;
	*s += n;
	*bytes -= n;
	return (int32_t)cp;
}

size_t
text_utf8_put(uint32_t cp, char out[4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xC0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp >= 0xD800 && cp <= 0xDFFF)
		return 0;
	if (cp < 0x10000) {
		out[0] = (char)(0xE0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (char)(0x80 | (cp & 0x3F));
		return 3;
	}
	if (cp > 0x10FFFF)
		return 0;
	out[0] = (char)(0xF0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (char)(0x80 | (cp & 0x3F));
	return 4;
}

bool
text_is_clean_utf8(const char *s, size_t bytes)
{
	while (bytes > 0) {
		int32_t cp = text_utf8_next(&s, &bytes);
		if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
			return false;
	}
	return true;
}

long
text_utf8_count(const char *s, size_t bytes)
{
	long n = 0;
	while (bytes > 0) {
		if (text_utf8_next(&s, &bytes) < 0)
			return -1;
		n++;
	}
	return n;
}

long
text_clean_count(const char *s)
{
	long n = 0;
	for (size_t bytes; *s != '\0'; n++) {
		uint8_t c = (uint8_t)*s;
		if (c < 0x7F) {
			if (c < 0x20)
				return -1;
			s++;
			continue;
		}
		if (utf8_three(s) != 0) {
			s += 3;
			continue;
		}
		for (bytes = 1; bytes < 4 && s[bytes] != '\0';)
			bytes++;
		int32_t cp = text_utf8_next(&s, &bytes);
		if (cp < 0xA0)
			return -1;
	}
	return n;
}

void
text_hex_format(const void *p, size_t bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	for (size_t i = 0; i < bytes; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

/* A digit's value + 1; 0 for what is none. */
static const uint8_t hex_values[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
};

static int
hex_digit(char c)
{
	return (int)hex_values[(uint8_t)c] - 1;
}

bool
text_hex_parse(const char *s, size_t text_bytes, void *out, size_t bytes)
{
	uint8_t *o = out;
	if (text_bytes != 2 * bytes)
		return false;
	for (size_t i = 0; i < bytes; i++) {
		int hi = hex_digit(s[2 * i]);
		int lo = hex_digit(s[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return false;
		o[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

size_t
text_b64url_put(const void *p, size_t bytes, char *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const uint8_t *b = p;
	char *o = out;
	const uint8_t *whole = b + bytes - bytes % 3;
	for (; b < whole; b += 3, o += 4) {
		uint32_t v = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
		o[0] = digits[v >> 18];
		o[1] = digits[v >> 12 & 63];
		o[2] = digits[v >> 6 & 63];
		o[3] = digits[v & 63];
	}
	if (bytes % 3 != 0) {
		uint32_t v = (uint32_t)b[0] << 16 | (bytes % 3 > 1 ? (uint32_t)b[1] << 8 : 0);
		*o++ = digits[v >> 18];
		*o++ = digits[v >> 12 & 63];
		if (bytes % 3 > 1)
			*o++ = digits[v >> 6 & 63];
	}
	return (size_t)(o - out);
}

char *
text_b64url_format(struct arena *a, const void *p, size_t bytes)
{
	char *out = arena_zero(a, bytes / 3 * 4 + 5);
	(void)text_b64url_put(p, bytes, out);
	return out;
}

/* 64 and the value of each digit, 0 for what is none. */
enum { B64_DIGIT = 64 };
static const uint8_t b64_value[256] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 126, 0, 0, 116,
	117, 118, 119, 120, 121, 122, 123, 124, 125, 0, 0, 0, 0, 0, 0, 0, 64, 65, 66, 67, 68, 69,
	70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 0, 0, 0, 0,
	127, 0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108,
	109, 110, 111, 112, 113, 114, 115, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

uint8_t *
text_b64url_parse(struct arena *a, const char *s, size_t text_bytes, size_t *ret_bytes)
{
	if (text_bytes % 4 == 1)
		return NULL;
	uint8_t *out = arena_zero(a, text_bytes / 4 * 3 + 3);
	const uint8_t *in = (const uint8_t *)s;
	uint8_t *o = out, seen = B64_DIGIT;
	size_t left = text_bytes % 4;
	for (const uint8_t *end = in + text_bytes - left; in < end; in += 4, o += 3) {
		uint32_t v[4] = { b64_value[in[0]], b64_value[in[1]], b64_value[in[2]],
			b64_value[in[3]] };
		seen &= (uint8_t)(v[0] & v[1] & v[2] & v[3]);
		uint32_t all =
		    (v[0] & 63) << 18 | (v[1] & 63) << 12 | (v[2] & 63) << 6 | (v[3] & 63);
		o[0] = (uint8_t)(all >> 16);
		o[1] = (uint8_t)(all >> 8);
		o[2] = (uint8_t)all;
	}
	uint32_t rest = 0; /* two digits are a byte, three are two; the bits behind them are zero */
	for (size_t i = 0; i < left; i++) {
		seen &= b64_value[in[i]];
		rest = rest << 6 | (b64_value[in[i]] & 63U);
	}
	if ((seen & B64_DIGIT) == 0 || (rest & ((1U << left * 6 % 8) - 1)) != 0)
		return NULL;
	for (size_t i = 0; i + 1 < left; i++)
		*o++ = (uint8_t)(rest >> (left * 6 - 8 * (i + 1)));
	*ret_bytes = (size_t)(o - out);
	return out;
}

bool
text_u64_parse(const char *s, size_t bytes, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	if (bytes == 0 || (bytes > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < bytes; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		unsigned d = (unsigned)(s[i] - '0');
		if (v > (max - d) / 10 || d > max)
			return false;
		v = v * 10 + d;
	}
	*ret = v;
	return true;
}

bool
text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}
