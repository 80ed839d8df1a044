/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "base/text.h"
#include "pki/hash.h"
#include "render.h"

#include "dlist.h"

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

static void
put_text(struct buf *b, const struct dlist_item *t)
{
	buf_u32(b, t->px);
	buf_u32(b, t->run.n);
	for (unsigned i = 0; i < t->run.n; i++) {
		const struct shape_glyph *g = &t->run.glyphs[i];
		buf_u8(b, g->n_cps);
		for (unsigned k = 0; k < g->n_cps; k++)
			buf_u32(b, g->cps[k]);
	}
}

static void
put_item(struct buf *b, const struct dlist_item *i)
{
	buf_u8(b, (uint8_t)i->what);
	buf_u32(b, (uint32_t)i->x);
	buf_u32(b, (uint32_t)i->y);
	if (i->what == DLIST_TEXT) {
		put_text(b, i);
		return;
	}
	buf_u32(b, (uint32_t)i->w);
	buf_u32(b, (uint32_t)i->h);
	if (i->what == DLIST_RECT)
		return;
	buf_u16(b, i->w_px);
	buf_u16(b, i->h_px);
	buf_put(b, i->bits, (size_t)((i->w_px + 7) / 8) * i->h_px);
}

bool
render_front_digest(const struct dlist *l, uint8_t ret[RENDER_FRONT_BYTES])
{
	static const enum dlist_what order[] = { DLIST_TEXT, DLIST_RECT, DLIST_STENCIL };
	_Static_assert((int)RENDER_FRONT_BYTES == (int)SHA256_BYTES, "a SHA-256");
	struct buf b;
	buf_init(&b, DIGEST_INPUT_MAX_BYTES);
	buf_text(&b, "KOFU-DRAWN-1");
	for (unsigned k = 0; k < N_ELEMENTS(order); k++)
		for (unsigned i = 0; i < l->n; i++)
			if (l->items[i].what == order[k])
				put_item(&b, &l->items[i]);
	bool fits = buf_ok(&b);
	if (fits)
		sha256(b.p, b.bytes, ret);
	buf_done(&b);
	return fits;
}
