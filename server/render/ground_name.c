/* SPDX-License-Identifier: Apache-2.0 */
#include "ground_name.h"

#include "shape.h"

enum { CHECK_ARENA_BYTES = 1 << 20 };

/* An em's height with room for what stands out of it. */
static unsigned
height_of(unsigned px)
{
	return px + px / 8;
}

static void
put_glyph(const struct ground_name *n, uint8_t *bits, const struct fontset_glyph *g, int x, int y)
{
	for (int j = 0; j < g->h; j++)
		for (int i = 0; i < g->w; i++) {
			int u = x + g->left + i;
			int v = y - g->top + j;
			if (u >= 0 && v >= 0 && u < n->w_px && v < n->h_px &&
			    (g->bits[j * g->row_bytes + i / 8] >> (7 - i % 8) & 1))
				bits[v * ((n->w_px + 7) / 8) + u / 8] |= (uint8_t)(0x80 >> u % 8);
		}
}

static int
put_run(struct render_fonts *f, const struct shape_run *run, unsigned px,
    const struct ground_name *n, uint8_t *bits, struct err *err)
{
	const int base = (int)(px * 88 / 100 + px / 16);
	unsigned pen = 0; /* thousandths of the em */
	for (unsigned i = 0; i < run->n; i++) {
		const struct fontset_glyph *g = NULL;
		int r = fontset_raster(f, run->glyphs[i].font, run->glyphs[i].gid, px, &g, err);
		if (r)
			return err_trace(err, r, "name in the ground");
		put_glyph(n, bits, g, (int)(pen * px / 1000), base);
		pen += run->glyphs[i].advance;
	}
	return 0;
}

int
ground_name_draw(struct arena *a, struct render_fonts *f, const struct profile *p,
    struct ground_name *ret, struct err *err)
{
	const char *text = arena_printf(a, "%s%s", p->prefecture, p->name);
	struct fontset_stack stack;
	struct shape_run run = { 0 };
	unsigned px = GROUND_NAME_PX;
	int r = fontset_stack(f, p->muni, &stack, err);
	if (r)
		return err_trace(err, r, "name in the ground");
	if (shape_text(a, &stack, text, &run) != 0)
		return err_raise(err, FAULT_CONFIG, "name in the ground: no glyph", 0);
	while (px > GROUND_NAME_LEAST_PX && run.advance * px / 1000 > GROUND_NAME_MAX_W_PX)
		px -= 2;
	unsigned w = run.advance * px / 1000;
	if (w == 0 || w > GROUND_NAME_MAX_W_PX)
		return err_raise(err, FAULT_CONFIG, "name in the ground: length", (long)w);
	struct ground_name n = { .w_px = (uint16_t)w, .h_px = (uint16_t)height_of(px) };
	uint8_t *bits = arena_zero(a, (size_t)(w + 7) / 8 * n.h_px);
	r = put_run(f, &run, px, &n, bits, err);
	if (r)
		return err_trace(err, r, "name in the ground");
	n.bits = bits;
	*ret = n;
	return 0;
}

int
render_grounds_check(
    struct render_fonts *f, const struct profile *profiles, unsigned n, struct err *err)
{
	for (unsigned i = 0; i < n; i++) {
		AUTO(arena) struct arena *a = arena_new(CHECK_ARENA_BYTES);
		struct ground_name name;
		int r = profiles[i].ground != NULL
		    ? ground_name_draw(a, f, &profiles[i], &name, err)
		    : 0;
		if (r)
			return err_trace(err, r, "grounds");
	}
	return 0;
}
