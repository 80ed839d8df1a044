/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apikey - a bank's key: "kofu_<id>_<secret>", 12 and 40 hex digits. The center
 * keeps the id and the secret's SHA-256; the secret itself is shown once, to
 * whoever makes the key. 160 random bits need no slow hash.
 */
#pragma once
#include "pki/hash.h"
#include <stdbool.h>

enum { APIKEY_ID_CHARS = 12, APIKEY_SECRET_CHARS = 40, APIKEY_CHARS = 58 };

struct apikey {
	char id[APIKEY_ID_CHARS + 1];
	uint8_t hash[SHA256_BYTES];
};
/* Makes one out of fresh random bytes; @text is the only place the secret ever stands. */
void apikey_make(struct apikey *ret, char text[APIKEY_CHARS + 1]);
/* False when @text (NULL is fine) is no key. */
bool apikey_parse(const char *text, struct apikey *ret);
/* True for what apikey_make() gives as an id. */
bool apikey_is_id(const char *text);
