/* SPDX-License-Identifier: Apache-2.0 */
#include "center/inquiry/apikey.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"

#include <string.h>

static const char prefix[] = "kofu_";
enum { PREFIX_CHARS = sizeof(prefix) - 1, SECRET_AT = PREFIX_CHARS + APIKEY_ID_CHARS + 1 };
_Static_assert(SECRET_AT + APIKEY_SECRET_CHARS == APIKEY_CHARS, "a key's length");

void
apikey_make(struct apikey *ret, char text[APIKEY_CHARS + 1])
{
	uint8_t id[APIKEY_ID_CHARS / 2];
	uint8_t secret[APIKEY_SECRET_CHARS / 2];
	rand_bytes(id, sizeof(id));
	rand_bytes(secret, sizeof(secret));
	memcpy(text, prefix, PREFIX_CHARS);
	text_hex_format(id, sizeof(id), text + PREFIX_CHARS);
	text[SECRET_AT - 1] = '_';
	text_hex_format(secret, sizeof(secret), text + SECRET_AT);
	memcpy(ret->id, text + PREFIX_CHARS, APIKEY_ID_CHARS);
	ret->id[APIKEY_ID_CHARS] = '\0';
	sha256(text + SECRET_AT, APIKEY_SECRET_CHARS, ret->hash);
	mem_wipe(secret, sizeof(secret));
}

static bool
is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") >= n;
}

bool
apikey_is_id(const char *text)
{
	return strlen(text) == APIKEY_ID_CHARS && is_hex(text, APIKEY_ID_CHARS);
}

bool
apikey_parse(const char *text, struct apikey *ret)
{
	if (text == NULL || strlen(text) != APIKEY_CHARS ||
	    memcmp(text, prefix, PREFIX_CHARS) != 0 || text[SECRET_AT - 1] != '_' ||
	    !is_hex(text + PREFIX_CHARS, APIKEY_ID_CHARS) ||
	    !is_hex(text + SECRET_AT, APIKEY_SECRET_CHARS))
		return false;
	memcpy(ret->id, text + PREFIX_CHARS, APIKEY_ID_CHARS);
	ret->id[APIKEY_ID_CHARS] = '\0';
	sha256(text + SECRET_AT, APIKEY_SECRET_CHARS, ret->hash);
	return true;
}
