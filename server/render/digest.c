/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/text.h"
#include "pki/hash.h"
#include "render.h"

#include <endian.h>
#include <string.h>

enum {
	DIGEST_INPUT_MAX_BYTES = 4 << 20,
	EIGHT = 8, /* bytes looked at together */
	ROW_EIGHTS = (RENDER_ROW_BYTES + EIGHT - 1) / EIGHT,
	ROW_REST_BYTES = RENDER_ROW_BYTES - (ROW_EIGHTS - 1) * EIGHT,
	ROW_HEAD = 2,
	ROW_MAX = ROW_HEAD + ROW_EIGHTS,
	ROWS_AT_ONCE = 16,
};
_Static_assert((int)ROW_EIGHTS <= 64, "a bit for each");

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

/*
 * What is hashed of row @y; returns how many eights of bytes that is, 0 for a white row. Without
 * branches on the ink, which nobody foretells.
 */
static size_t
row_format(const uint8_t *row, unsigned y, uint64_t out[ROW_MAX])
{
	uint64_t inked = 0;
	size_t n = ROW_HEAD;
	for (unsigned i = 0; i < ROW_EIGHTS; i++) {
		uint64_t v = 0;
		memcpy(&v, row + (size_t)i * EIGHT, i + 1 < ROW_EIGHTS ? EIGHT : ROW_REST_BYTES);
		out[n] = v;
		n += v != 0;
		inked |= (uint64_t)(v != 0) << i;
	}
	out[0] = htobe64(y);
	out[1] = htobe64(inked);
	return inked != 0 ? n : 0;
}

void
render_front_digest(const uint8_t *raster, uint8_t ret[RENDER_FRONT_BYTES])
{
	uint64_t some[ROWS_AT_ONCE * ROW_MAX];
	size_t n = 0;
	struct sha256_stream *s = sha256_stream_new();
	_Static_assert((int)RENDER_FRONT_BYTES == (int)SHA256_BYTES, "a SHA-256");
	sha256_stream_put(s, "KOFU-RASTER-1", 13);
	for (unsigned y = 0; y < RENDER_H; y++) {
		n += row_format(raster + (size_t)y * RENDER_ROW_BYTES, y, some + n);
		if (n <= N_ELEMENTS(some) - ROW_MAX && y + 1 < RENDER_H)
			continue;
		sha256_stream_put(s, some, n * EIGHT);
		n = 0;
	}
	sha256_stream_digest(s, ret);
	sha256_stream_free(s);
}
