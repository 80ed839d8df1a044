/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/ground.h"
#include "base/text.h"
#include "server/render/pdf_ground.h"
#include "server/seal/pdfobj.h"
#include "server/seal/pdfread.h"
#include <stdlib.h>
#include <string.h>

enum {
	PAGE_H_PT1000 = 841920,
	RUN_MAX_BYTES = 4096,
	RUN_MAX_GLYPHS = RUN_MAX_BYTES / 4,
	STENCIL_MAX_PX = 2048,
	GROUND_MAX_CONTENT = 65536,
	MAX_PT1000 = 2000 * PDFOBJ_SCALE,
	BAR_MAX_PT1000 = 120, /* one dot of 600 dpi */
	HAIRLINES_KEPT_BYTES = 65536,
	SUBSTITUTE_MAX_UNITS = 8,
};

/* What is being read, and what was found so far. */
struct reader {
	const struct pdffile *f;
	const struct pdfread_resources *res;
	struct pdflex l;
	struct pdfread_side *side;
	unsigned room, rect_room;
	unsigned n_hairlines;
};

/* Points in thousandths -> tenths of a millimetre, rounded. */
static int
mm10(int64_t pt1000)
{
	int64_t v = pt1000 * 254;
	return (int)((v + (v < 0 ? -36000 : 36000)) / 72000);
}

static bool
numbers(struct reader *r, int64_t *out, unsigned n)
{
	bool whole;
	for (unsigned i = 0; i < n; i++)
		if (!pdflex_number(&r->l, &out[i], &whole) || llabs(out[i]) > MAX_PT1000)
			return false;
	return true;
}

/* Thousandths of a point -> hundredths, without a rest: the renderer has no finer places. */
static bool
place_of(int64_t x, int64_t y, int64_t w, int64_t h, struct pdfread_place *ret)
{
	if (x % 10 != 0 || y % 10 != 0 || w % 10 != 0 || h % 10 != 0)
		return false;
	*ret = (struct pdfread_place){ (int32_t)(x / 10), (int32_t)(y / 10), (int32_t)(w / 10),
		(int32_t)(h / 10) };
	return true;
}

/* Glyph numbers of 4 digits -> the characters they stand for. */
static const char *
glyphs_text(struct reader *r, const uint8_t *hex, size_t n, uint16_t *numbers)
{
	struct buf b;
	const char *text = NULL;
	buf_init(&b, RUN_MAX_BYTES);
	for (size_t i = 0; i + 4 <= n; i += 4) {
		uint8_t g[2];
		if (!text_hex_parse((const char *)hex + i, 4, g, 2))
			b.failed = true;
		numbers[i / 4] = b.failed ? 0 : (uint16_t)(g[0] << 8 | g[1]);
		b.failed = b.failed || numbers[i / 4] > PDFREAD_MAX_GLYPHS;
		const char *s = b.failed ? NULL : r->res->font->text[numbers[i / 4]];
		if (s != NULL)
			buf_text(&b, s); /* a further glyph of one character has none of its own */
		else if (i == 0)
			b.failed = true;
	}
	if (buf_ok(&b) && b.bytes > 0)
		text = arena_strndup(r->f->arena, (const char *)b.p, b.bytes);
	buf_done(&b);
	return text;
}

static bool
run_room(struct reader *r)
{
	struct pdfread_side *s = r->side;
	if (s->n_runs < r->room)
		return true;
	if (s->n_runs >= PDFREAD_MAX_RUNS)
		return false;
	unsigned room = r->room == 0 ? 64 : 2 * r->room;
	struct pdfread_run *runs = arena_zero_n(r->f->arena, room, sizeof(*runs));
	if (s->n_runs > 0)
		memcpy(runs, s->runs, s->n_runs * sizeof(*runs));
	s->runs = runs;
	r->room = room;
	return true;
}

/* One text while it is read, string by string. */
struct run {
	struct buf text;
	uint16_t glyphs[RUN_MAX_GLYPHS];
	unsigned n_glyphs;
};

/* <hex> Tj, its characters and glyphs behind those of @run. */
static bool
string_read(struct reader *r, struct run *run, const char **ret)
{
	struct pdflex *l = &r->l;
	if (!pdflex_word(l, "<"))
		return false;
	const uint8_t *end = memchr(l->p + l->at, '>', l->bytes - l->at);
	size_t n = end == NULL ? 0 : (size_t)(end - (l->p + l->at));
	if (n == 0 || n % 4 != 0 || n > RUN_MAX_BYTES)
		return false;
	uint16_t *glyphs = run->glyphs + run->n_glyphs;
	if (n / 4 > RUN_MAX_GLYPHS - run->n_glyphs)
		return false;
	*ret = glyphs_text(r, l->p + l->at, n, glyphs);
	run->n_glyphs += (unsigned)(n / 4);
	l->at += n + 1;
	if (*ret == NULL || !pdflex_word(l, "Tj"))
		return false;
	buf_text(&run->text, *ret);
	return true;
}

static bool
is_private(int32_t cp)
{
	return (cp >= 0xE000 && cp <= 0xF8FF) || cp >= 0xF0000;
}

/* The one character of @text is in private use. */
static bool
is_one_private(const char *text)
{
	size_t n = strlen(text);
	return is_private(text_utf8_next(&text, &n)) && n == 0;
}

/*
 * /Span <</ActualText <FEFF...>>> BDC <one glyph> Tj EMC: what a gaiji is taken
 * for where its shape cannot be shown. Of no other character may the file say so,
 * and it is never another gaiji.
 */
static bool
substitute_read(struct reader *r, struct run *run)
{
	struct pdflex *l = &r->l;
	const char *tag = NULL, *key = NULL, *text = NULL;
	uint8_t hex[4 * SUBSTITUTE_MAX_UNITS];
	if (!pdflex_name(l, r->f->arena, &tag) || strcmp(tag, "Span") != 0 ||
	    !pdflex_word(l, "<<") || !pdflex_name(l, r->f->arena, &key) ||
	    strcmp(key, "ActualText") != 0 || !pdflex_word(l, "<"))
		return false;
	const uint8_t *end = memchr(l->p + l->at, '>', l->bytes - l->at);
	size_t n = end == NULL ? 0 : (size_t)(end - (l->p + l->at));
	if (n < 8 || n % 4 != 0 || n > 4 + sizeof(hex) ||
	    !text_hex_parse((const char *)l->p + l->at, n, hex, n / 2) ||
	    memcmp(hex, "\xFE\xFF", 2) != 0)
		return false;
	for (size_t i = 2; i < n / 2; i += 2) {
		int32_t unit = hex[i] << 8 | hex[i + 1];
		/* Units alone: planes 15 and 16 begin with the surrogates from DB80 on. */
		if (unit < 0x20 || is_private(unit) || (unit >= 0xDB80 && unit <= 0xDBFF))
			return false;
	}
	l->at += n + 1;
	return pdflex_word(l, ">>") && pdflex_word(l, "BDC") && string_read(r, run, &text) &&
	    is_one_private(text) && pdflex_word(l, "EMC");
}

/* Everything between Td and ET. */
static bool
strings_read(struct reader *r, struct run *run)
{
	struct pdflex *l = &r->l;
	const char *text = NULL;
	do {
		pdflex_space(l);
		bool span = l->at < l->bytes && l->p[l->at] == '/';
		if (!(span ? substitute_read(r, run) : string_read(r, run, &text)))
			return false;
	} while (!pdflex_word(l, "ET"));
	return buf_ok(&run->text);
}

/* BT /F1 size Tf x y Td (<hex> Tj | a substituted gaiji)+ ET */
static bool
text_read(struct reader *r)
{
	struct pdflex *l = &r->l;
	struct arena *a = r->f->arena;
	int64_t size = 0, at[2];
	const char *font = NULL;
	struct pdfread_place pen;
	struct run run = { 0 };
	if (r->res->font == NULL || !pdflex_name(l, a, &font) || strcmp(font, "F1") != 0 ||
	    !numbers(r, &size, 1) || size <= 0 || !pdflex_word(l, "Tf") || !numbers(r, at, 2) ||
	    !pdflex_word(l, "Td") || !run_room(r) || !place_of(at[0], at[1], 0, size, &pen))
		return false;
	buf_init(&run.text, RUN_MAX_BYTES);
	bool ok = strings_read(r, &run);
	if (ok)
		r->side->runs[r->side->n_runs++] = (struct pdfread_run){
			.x = mm10(at[0]),
			.y = mm10(PAGE_H_PT1000 - at[1]),
			.size = mm10(size),
			.text = arena_strndup(a, (const char *)run.text.p, run.text.bytes),
			.pen = pen,
			.glyphs = arena_memdup(a, run.glyphs, run.n_glyphs * sizeof(run.glyphs[0])),
			.n_glyphs = run.n_glyphs,
		};
	buf_done(&run.text);
	return ok;
}

/* One bit a pixel, painted where it is 1. */
static bool
mask_read(struct reader *r, const struct pdfobj *o, struct pdfread_stencil *ret)
{
	static const char *const members[] = { "Type", "Subtype", "Width", "Height",
		"BitsPerComponent", "ImageMask", "Decode", "Length", "Filter", NULL };
	struct err err = { 0 };
	int64_t w = 0, h = 0, bits = 0;
	const uint8_t *data = NULL;
	size_t n = 0;
	const struct pdfobj *mask = pdfobj_get(r->f, o, "ImageMask");
	const struct pdfobj *decode = pdfobj_get(r->f, o, "Decode");
	if (!pdfobj_members(o, members) ||
	    !pdfobj_is_name(pdfobj_get(r->f, o, "Subtype"), "Image") ||
	    !pdfobj_int(pdfobj_get(r->f, o, "Width"), 1, STENCIL_MAX_PX, &w) ||
	    !pdfobj_int(pdfobj_get(r->f, o, "Height"), 1, STENCIL_MAX_PX, &h) ||
	    !pdfobj_int(pdfobj_get(r->f, o, "BitsPerComponent"), 1, 1, &bits) || mask == NULL ||
	    mask->type != PDFOBJ_BOOL || mask->n != 1 || decode == NULL ||
	    decode->type != PDFOBJ_ARRAY || decode->n_items != 2 ||
	    decode->items[0].n != PDFOBJ_SCALE || decode->items[1].n != 0)
		return false;
	if (pdfobj_data(r->f, o, &data, &n, &err) || n != (size_t)((w + 7) / 8 * h))
		return false;
	*ret = (struct pdfread_stencil){ .w_px = (unsigned)w, .h_px = (unsigned)h, .bits = data };
	return true;
}

/* A stamp. */
static bool
stencil_read(struct reader *r, const struct pdfobj *o, const int64_t m[6])
{
	struct pdfread_side *s = r->side;
	struct pdfread_stencil mask;
	if (s->n_stencils >= PDFREAD_MAX_STENCILS || !mask_read(r, o, &mask) ||
	    !place_of(m[4], m[5], m[0], m[3], &mask.place))
		return false;
	mask.x = mm10(m[4]);
	mask.y = mm10(PAGE_H_PT1000 - m[5] - m[3]);
	mask.w = mm10(m[0]);
	mask.h = mm10(m[3]);
	s->stencils[s->n_stencils++] = mask;
	return true;
}

/* The image to be filled in: raw samples, all white, at its one place. */
static bool
back_read(struct reader *r, const struct pdfobj *o, const int64_t m[6])
{
	static const char *const members[] = { "Type?", "Subtype", "Width", "Height", "ColorSpace",
		"BitsPerComponent", "Decode", "Interpolate", "Length", NULL };
	int64_t v = 0;
	const struct pdfobj *decode = pdfobj_get(r->f, o, "Decode");
	if (r->side->is_back || !pdfobj_members(o, members) || o->type != PDFOBJ_STREAM ||
	    o->bytes != RENDER_BACK_BYTES ||
	    !pdfobj_is_name(pdfobj_get(r->f, o, "ColorSpace"), "DeviceGray") ||
	    !pdfobj_int(pdfobj_get(r->f, o, "Width"), RENDER_BACK_W, RENDER_BACK_W, &v) ||
	    !pdfobj_int(pdfobj_get(r->f, o, "Height"), RENDER_BACK_H, RENDER_BACK_H, &v) ||
	    !pdfobj_int(pdfobj_get(r->f, o, "BitsPerComponent"), 1, 1, &v) || decode == NULL ||
	    decode->type != PDFOBJ_ARRAY || decode->n_items != 2 ||
	    decode->items[0].n != PDFOBJ_SCALE || decode->items[1].n != 0)
		return false;
	if (o->data[0] != 0 || memcmp(o->data, o->data + 1, o->bytes - 1) != 0)
		return false; /* not all white */
	if (mm10(m[0]) < 1860 || mm10(m[0]) > 1880 || mm10(m[3]) < 2550 || mm10(m[3]) > 2570)
		return false;
	r->side->is_back = true;
	r->side->back_at = (size_t)(o->data - r->f->p);
	return true;
}

/* 1 g (x y w h re)* f: thin white bars and nothing else. */
static bool
hairlines_hold(const struct pdffile *f, const uint8_t *p, size_t n)
{
	int64_t v[4];
	struct reader in = { .f = f, .l = { .p = p, .bytes = n } };
	if (!numbers(&in, v, 1) || v[0] != PDFOBJ_SCALE || !pdflex_word(&in.l, "g"))
		return false;
	while (!pdflex_word(&in.l, "f"))
		if (!numbers(&in, v, 4) || !pdflex_word(&in.l, "re") ||
		    (v[2] > BAR_MAX_PT1000 && v[3] > BAR_MAX_PT1000))
			return false;
	pdflex_space(&in.l);
	return in.l.at == in.l.bytes;
}

/*
 * The deflated bars of the last paper that this process found to be such: thousands of numbers, and
 * the same on every back. What is the same byte for byte is not read anew.
 */
static struct {
	uint8_t p[HAIRLINES_KEPT_BYTES];
	size_t bytes;
} held;

static bool
hairlines_are_held(const struct pdfobj *filter, const struct pdfobj *o)
{
	return pdfobj_is_name(filter, "FlateDecode") && o->bytes == held.bytes && held.bytes > 0 &&
	    memcmp(o->data, held.p, held.bytes) == 0;
}

static bool
hairlines_read(struct reader *r, const struct pdfobj *o)
{
	static const char *const members[] = { "Type", "Subtype", "BBox", "Resources?", "Length",
		"Filter", NULL };
	struct err err = { 0 };
	const uint8_t *p = NULL;
	size_t n = 0;
	if (!pdfobj_members(o, members) ||
	    !pdfobj_is_name(pdfobj_get(r->f, o, "Subtype"), "Form") || ++r->n_hairlines > 1)
		return false;
	const struct pdfobj *filter = pdfobj_get(r->f, o, "Filter");
	if (hairlines_are_held(filter, o))
		return true;
	if (pdfobj_data(r->f, o, &p, &n, &err) || !hairlines_hold(r->f, p, n))
		return false;
	if (pdfobj_is_name(filter, "FlateDecode") && o->bytes <= sizeof(held.p)) {
		memcpy(held.p, o->data, o->bytes);
		held.bytes = o->bytes;
	}
	return true;
}

/* q a b c d e f cm /Name Do Q */
static bool
object_read(struct reader *r)
{
	struct pdflex *l = &r->l;
	int64_t m[6];
	const char *name = NULL;
	if (!numbers(r, m, 6) || m[1] != 0 || m[2] != 0 || !pdflex_word(l, "cm") ||
	    !pdflex_name(l, r->f->arena, &name) || !pdflex_word(l, "Do") || !pdflex_word(l, "Q"))
		return false;
	const struct pdfobj *o = pdfobj_get(r->f, r->res->xobjects, name);
	if (o == NULL || o->type != PDFOBJ_STREAM)
		return false;
	if (name[0] == 'S')
		return stencil_read(r, o, m);
	if (strcmp(name, "B") == 0)
		return back_read(r, o, m);
	return strcmp(name, "H") == 0 && m[0] == PDFOBJ_SCALE && m[3] == PDFOBJ_SCALE &&
	    hairlines_read(r, o);
}

static bool
rect_add(struct reader *r, const int64_t box[4])
{
	struct pdfread_side *s = r->side;
	struct pdfread_place place;
	if (!place_of(box[0], box[1], box[2], box[3], &place) || s->n_rects >= PDFREAD_MAX_RECTS)
		return false;
	if (s->n_rects == r->rect_room) {
		unsigned room = r->rect_room == 0 ? 256 : 2 * r->rect_room;
		struct pdfread_place *rects = arena_zero_n(r->f->arena, room, sizeof(*rects));
		if (s->n_rects > 0)
			memcpy(rects, s->rects, s->n_rects * sizeof(*rects));
		s->rects = rects;
		r->rect_room = room;
	}
	s->rects[s->n_rects++] = place;
	return true;
}

static bool
step(struct reader *r)
{
	int64_t box[4];
	if (pdflex_word(&r->l, "BT"))
		return text_read(r);
	if (pdflex_word(&r->l, "q"))
		return object_read(r);
	return numbers(r, box, 4) && pdflex_word(&r->l, "re") && pdflex_word(&r->l, "f") &&
	    rect_add(r, box);
}

/* x y w h re in whole pixels of 300 dpi, from the lower left corner. */
static bool
clear_read(struct reader *r, struct dlist_clear *ret)
{
	const int64_t px = 240; /* thousandths of a point */
	int64_t v[4];
	if (!numbers(r, v, 4) || !pdflex_word(&r->l, "re"))
		return false;
	v[1] = PAGE_H_PT1000 - v[1] - v[3];
	for (unsigned i = 0; i < 4; i++) {
		if (v[i] < 0 || v[i] % px != 0 || v[i] / px > UINT16_MAX)
			return false;
		v[i] /= px;
	}
	*ret =
	    (struct dlist_clear){ (uint16_t)v[0], (uint16_t)v[1], (uint16_t)v[2], (uint16_t)v[3] };
	return v[0] + v[2] <= RENDER_W && v[1] + v[3] <= RENDER_H && v[2] > 0 && v[3] > 0 &&
	    v[2] <= PDF_GROUND_CLEAR_MAX_PX && v[3] <= PDF_GROUND_CLEAR_MAX_PX;
}

/* Only what it leaves white varies: the operators must then be those, byte for byte. */
static bool
ground_read(struct reader *r, bool back)
{
	struct pdfread_ground *g = &r->side->ground;
	struct pdfread_stencil tile;
	struct buf want;
	size_t from = r->l.at;
	r->l.at += strlen(PDF_GROUND_BEGIN);
	while (!back && !pdflex_word(&r->l, "W*"))
		if (g->n_clears == DLIST_MAX_CLEARS || !clear_read(r, &g->clears[g->n_clears++]))
			return false;
	if (!mask_read(r, pdfobj_get(r->f, r->res->xobjects, "G"), &tile) ||
	    tile.w_px != GROUND_W || tile.h_px != GROUND_H ||
	    !mask_read(r, pdfobj_get(r->f, r->res->xobjects, "N"), &g->name))
		return false;
	buf_init(&want, GROUND_MAX_CONTENT);
	pdf_ground_put(&want, back, g->clears, g->n_clears, g->name.w_px, g->name.h_px);
	bool same = buf_ok(&want) && want.bytes <= r->l.bytes - from &&
	    memcmp(r->l.p + from, want.p, want.bytes) == 0;
	r->l.at = from + want.bytes;
	buf_done(&want);
	g->tile = tile.bits;
	return same;
}

int
pdfread_contents(const struct pdffile *f, const struct pdfread_resources *res, const uint8_t *p,
    size_t bytes, struct pdfread_side *ret, struct err *err)
{
	struct reader r = { .f = f, .res = res, .l = { .p = p, .bytes = bytes }, .side = ret };
	const size_t begin = strlen(PDF_GROUND_BEGIN);
	if (bytes >= begin && memcmp(p, PDF_GROUND_BEGIN, begin) == 0 &&
	    !ground_read(&r, res->back))
		return err_raise(err, FAULT_BAD_INPUT, "ground", (long)r.l.at);
	for (;;) {
		pdflex_space(&r.l);
		if (r.l.at == r.l.bytes)
			return 0;
		if (!step(&r))
			return err_raise(err, FAULT_BAD_INPUT, "content", (long)r.l.at);
	}
}
