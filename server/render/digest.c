/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/text.h"
#include "pki/hash.h"
#include "render.h"

#include <string.h>

enum { DIGEST_INPUT_MAX_BYTES = 4 << 20 };

void
render_digest(const struct render_field *fields, unsigned n, const struct seal_row *seal,
    char out[RENDER_DIGEST_CHARS + 1])
{
	struct buf b;
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	buf_init(&b, DIGEST_INPUT_MAX_BYTES);
	buf_field16(&b, "KOFU-FRONT-1", 12);
	for (unsigned i = 0; i < n; i++) {
		if (text_equal(fields[i].key, "digest"))
			continue;
		buf_u8(&b, (uint8_t)fields[i].page);
		buf_field16(&b, fields[i].key, strlen(fields[i].key));
		buf_field16(&b, fields[i].value, strlen(fields[i].value));
	}
	if (seal != NULL) {
		buf_u16(&b, seal->width_px);
		buf_u16(&b, seal->height_px);
		buf_put(&b, seal->bits, seal_bits_bytes(seal));
	}
	sha256(b.p, b.bytes, hash);
	buf_done(&b);
	text_hex_format(hash, sizeof(hash), hex);
	memcpy(out, hex, RENDER_DIGEST_CHARS);
	out[RENDER_DIGEST_CHARS] = '\0';
}
