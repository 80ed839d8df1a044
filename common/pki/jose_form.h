/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jose_form - the two headers of jose.h, letter by letter. They have one form
 * each, so they are matched, not parsed as JSON: an unknown member, another
 * order or a space cannot even be expressed. For this folder only.
 */
#pragma once
#include "base/arena.h"
#include "pki/jose.h"

#include <stdbool.h>

enum { JOSE_MAX_PARTS = 5, JOSE_MAX_APV = 64 };

struct jose_part {
	const char *p;
	size_t bytes;
};
/* Exactly @n parts between dots. */
bool jose_split(const char *s, size_t bytes, struct jose_part *ret, size_t n);
/* A part that decodes to exactly @bytes bytes. */
bool jose_part_fixed(struct arena *a, struct jose_part p, void *out, size_t bytes);
/* [a-z0-9-]{1,32} */
bool jose_is_typ(const char *s, size_t bytes);

struct jws_header {
	struct key_id kid;
	char typ[JOSE_MAX_TYP + 1];
};
/* The text in base64url; @typ must be one. */
char *jws_header_format(struct arena *a, const struct key_id *kid, const char *typ);
bool jws_header_parse(struct arena *a, struct jose_part b64, struct jws_header *ret);

struct jwe_header {
	struct key_point epk; /* not yet known to be on the curve */
	uint8_t apv[JOSE_MAX_APV];
	size_t apv_bytes;
	char typ[JOSE_MAX_TYP + 1];
};
/* The JSON, which its base64url is made of. */
char *jwe_header_format(struct arena *a, const struct jwe_header *h);
bool jwe_header_parse(struct arena *a, struct jose_part b64, struct jwe_header *ret);
