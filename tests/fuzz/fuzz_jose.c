/* SPDX-License-Identifier: Apache-2.0 */
/* JWS and JWE texts: a header that is read is written back the same; nothing forged passes. */
#include "base/text.h"
#include "pki/jose_form.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_headers(struct arena *a, const char *s, size_t size)
{
	struct jose_part p[5];
	struct jws_header jws;
	struct jwe_header jwe;
	const char *again = NULL;
	if (jose_split(s, size, p, 3) && jws_header_parse(a, p[0], &jws))
		again = jws_header_format(a, &jws.kid, jws.typ);
	if (jose_split(s, size, p, 5) && jwe_header_parse(a, p[0], &jwe)) {
		again = jwe_header_format(a, &jwe);
		again = text_b64url_format(a, again, strlen(again));
	}
	if (again != NULL &&
	    (strlen(again) != p[0].bytes || memcmp(again, p[0].p, p[0].bytes) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct key *k;
	AUTO(arena) struct arena *a = arena_new(16 * 1024 * 1024);
	const char *s = (const char *)data;
	struct key_point point;
	struct key_id kid;
	uint8_t *p = NULL;
	size_t n = 0;
	if (size > 1024 * 1024)
		return 0;
	if (k == NULL)
		k = key_generate();
	struct key_agreer me = key_as_agreer(k);
	key_public(k, &point);
	check_headers(a, s, size);
	(void)!jws_peek_kid(s, size, &kid, NULL);
	if (jws_verify(a, &point, "kofu-order", s, size, &p, &n, NULL) >= 0 ||
	    jws_verify_detached(&point, "kofu-order", s, size, "x", 1, NULL) >= 0 ||
	    jwe_open(a, &me, "kofu-papers", "th", 2, s, size, &p, &n, NULL) >= 0)
		abort();
	return 0;
}
