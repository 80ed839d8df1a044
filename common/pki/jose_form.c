/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/jose_form.h"
#include "base/text.h"

#include <string.h>

bool
jose_split(const char *s, size_t bytes, struct jose_part *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *dot = bytes ? memchr(s, '.', bytes) : NULL;
		bool last = i == n - 1;
		if (last != (dot == NULL))
			return false;
		size_t part = last ? bytes : (size_t)(dot - s);
		ret[i] = (struct jose_part){ s, part };
		if (!last) {
			s += part + 1;
			bytes -= part + 1;
		}
	}
	return true;
}

bool
jose_part_fixed(struct arena *a, struct jose_part p, void *out, size_t bytes)
{
	size_t n = 0;
	if (p.bytes != text_b64url_bytes(bytes))
		return false;
	uint8_t *b = text_b64url_parse(a, p.p, p.bytes, &n);
	if (b == NULL || n != bytes)
		return false;
	memcpy(out, b, bytes);
	return true;
}

bool
jose_is_typ(const char *s, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		char c = s[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return bytes >= 1 && bytes <= JOSE_MAX_TYP;
}

/* Moves past @lit, or fails the cursor. */
static void
form_literal(struct rd *r, const char *lit)
{
	size_t n = strlen(lit);
	const uint8_t *p = rd_bytes(r, n);
	if (p != NULL && memcmp(p, lit, n) != 0)
		r->failed = true;
}

/* The characters up to the next quote, in place. */
static struct jose_part
form_text(struct rd *r)
{
	const char *s = (const char *)r->p + r->at;
	size_t left = rd_left(r);
	const char *end = left ? memchr(s, '"', left) : NULL;
	if (end == NULL) {
		r->failed = true;
		return (struct jose_part){ NULL, 0 };
	}
	size_t n = (size_t)(end - s);
	(void)rd_bytes(r, n);
	return (struct jose_part){ s, n };
}

static bool
form_typ(struct jose_part p, char typ[JOSE_MAX_TYP + 1])
{
	if (p.p == NULL || !jose_is_typ(p.p, p.bytes))
		return false;
	memcpy(typ, p.p, p.bytes);
	typ[p.bytes] = '\0';
	return true;
}

/* The decoded header, within its limit. */
static bool
form_header(struct arena *a, struct jose_part b64, struct rd *ret)
{
	size_t n = 0;
	if (b64.bytes > text_b64url_bytes(JOSE_MAX_HEADER))
		return false;
	uint8_t *p = text_b64url_parse(a, b64.p, b64.bytes, &n);
	if (p == NULL)
		return false;
	*ret = rd_init(p, n);
	return true;
}

char *
jws_header_format(struct arena *a, const struct key_id *kid, const char *typ)
{
	char hex[2 * KEY_ID_BYTES + 1];
	text_hex_format(kid->b, sizeof(kid->b), hex);
	char *s = arena_printf(a, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}", hex, typ);
	return text_b64url_format(a, s, strlen(s));
}

bool
jws_header_parse(struct arena *a, struct jose_part b64, struct jws_header *ret)
{
	struct rd r;
	if (!form_header(a, b64, &r))
		return false;
	form_literal(&r, "{\"alg\":\"ES256\",\"kid\":\"");
	struct jose_part kid = form_text(&r);
	form_literal(&r, "\",\"typ\":\"");
	struct jose_part typ = form_text(&r);
	form_literal(&r, "\"}");
	if (!rd_done(&r) || !form_typ(typ, ret->typ))
		return false;
	for (size_t i = 0; i < kid.bytes; i++)
		if (kid.p[i] >= 'A' && kid.p[i] <= 'F')
			return false; /* one form only */
	return text_hex_parse(kid.p, kid.bytes, ret->kid.b, sizeof(ret->kid.b));
}

char *
jwe_header_format(struct arena *a, const struct jwe_header *h)
{
	return arena_printf(a,
	    "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"%s\",\"y\":\"%s\"},\"apv\":\"%s\",\"typ\":\"%s\"}",
	    text_b64url_format(a, h->epk.b + 1, 32), text_b64url_format(a, h->epk.b + 33, 32),
	    text_b64url_format(a, h->apv, h->apv_bytes), h->typ);
}

bool
jwe_header_parse(struct arena *a, struct jose_part b64, struct jwe_header *ret)
{
	struct rd r;
	if (!form_header(a, b64, &r))
		return false;
	form_literal(&r, "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"epk\":{\"kty\":\"EC\",");
	form_literal(&r, "\"crv\":\"P-256\",\"x\":\"");
	struct jose_part x = form_text(&r);
	form_literal(&r, "\",\"y\":\"");
	struct jose_part y = form_text(&r);
	form_literal(&r, "\"},\"apv\":\"");
	struct jose_part apv = form_text(&r);
	form_literal(&r, "\",\"typ\":\"");
	struct jose_part typ = form_text(&r);
	form_literal(&r, "\"}");
	ret->epk.b[0] = 4;
	if (!rd_done(&r) || !form_typ(typ, ret->typ) ||
	    !jose_part_fixed(a, x, ret->epk.b + 1, 32) ||
	    !jose_part_fixed(a, y, ret->epk.b + 33, 32))
		return false;
	uint8_t *b = text_b64url_parse(a, apv.p, apv.bytes, &ret->apv_bytes);
	if (b == NULL || ret->apv_bytes > sizeof(ret->apv))
		return false;
	memcpy(ret->apv, b, ret->apv_bytes);
	return true;
}
