/* SPDX-License-Identifier: Apache-2.0 */
#include "fontset.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/room.h"
#include "base/text.h"
#include "domain/muni.h"
#include "pdf_back.h"
#include "pki/hash.h"
#include "shape.h"
#include "wire/js.h"

#include FT_OUTLINE_H
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FONTSET_ARENA_BYTES = 64 << 20,
	FONTSET_INK_PX = 64, /* a gaiji is rastered at this size to see its ink */
	FONTSET_LEAST_INK = 8,
	FONTSET_DEFLATE_LEVEL = 1,
};

/* One font to open; texts live as long as the JSON. */
struct manifest_entry {
	const char *path;
	const uint8_t *hash; /* NULL: any */
	uint8_t hash_room[SHA256_BYTES];
	enum fontset_use use;
	struct muni_code muni;
};

static int
entry_parse(const json_t *o, struct manifest_entry *ret, struct err *err)
{
	static const char *const members[] = { "name", "path", "sha256", "use", NULL };
	static const char *const uses[] = { "main", "symbols", "additional" };
	struct manifest_entry e = { 0 };
	const char *name = NULL;
	const char *use = NULL;
	int r = js_members(o, members, err);
	if (r == 0)
		r = js_text(o, "name", 200, &name, err);
	if (r == 0)
		r = js_text(o, "path", 1000, &e.path, err);
	if (r == 0)
		r = js_hex(o, "sha256", e.hash_room, sizeof(e.hash_room), err);
	if (r == 0)
		r = js_text(o, "use", 16, &use, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "font manifest's entry", r);
	for (size_t i = 0; i < N_ELEMENTS(uses); i++)
		if (text_equal(use, uses[i]))
			e.use = (enum fontset_use)(i + 1);
	if (e.use == 0)
		return err_raise(err, FAULT_CONFIG, "font's use", 0);
	*ret = e;
	ret->hash = ret->hash_room;
	return 0;
}

/* All of it into memory of huge pages, which nobody writes to from then on. */
static int
font_hold(int fd, struct fontset_font *f, struct err *err)
{
	f->map = mem_huge(f->map_bytes);
	if (f->map == NULL)
		return err_raise(err, FAULT_NOMEM, "font in memory", errno);
	for (size_t at = 0; at < f->map_bytes;) {
		ssize_t n = pread(fd, f->map + at, f->map_bytes - at, (off_t)at);
		if (n <= 0)
			return err_raise(err, FAULT_UNAVAILABLE, "font file", errno);
		at += (size_t)n;
	}
	if (!mem_huge_seal(f->map, f->map_bytes))
		return err_raise(err, FAULT_INTERNAL, "font in memory", errno);
	return 0;
}

static int
font_map(const char *path, bool held, struct fontset_font *f, struct err *err)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return err_raise(err, FAULT_UNAVAILABLE, "font file", errno);
	if (st.st_size <= 0 || st.st_size > FONTSET_FONT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "font file's size", (long)st.st_size);
	f->map_bytes = (size_t)st.st_size;
	if (held)
		return err_trace(err, font_hold(fd, f, err), "font");
	void *p = mmap(NULL, f->map_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_raise(err, FAULT_UNAVAILABLE, "font file's map", errno);
	f->map = p;
	return 0;
}

/* HarfBuzz gets its glyphs from our reader, so that there is one answer to "which glyph". */
static hb_bool_t
hb_nominal_cb(hb_font_t *font, void *data, hb_codepoint_t cp, hb_codepoint_t *ret, void *user)
{
	(void)font;
	(void)user;
	*ret = sfnt_find_glyph(data, cp);
	return *ret != 0;
}

static hb_bool_t
hb_variant_cb(hb_font_t *font, void *data, hb_codepoint_t cp, hb_codepoint_t selector,
    hb_codepoint_t *ret, void *user)
{
	(void)font;
	(void)user;
	*ret = sfnt_find_variant(data, cp, selector);
	return *ret != 0;
}

static hb_position_t
hb_advance_cb(hb_font_t *font, void *data, hb_codepoint_t gid, void *user)
{
	const struct sfnt *f = data;
	(void)font;
	(void)user;
	return gid < f->n_glyphs ? sfnt_advance(f, gid) : 0;
}

static void
font_open_hb(struct fontset_font *f)
{
	hb_blob_t *blob = hb_blob_create(
	    (const char *)f->map, (unsigned)f->map_bytes, HB_MEMORY_MODE_READONLY, NULL, NULL);
	hb_font_funcs_t *funcs = hb_font_funcs_create();
	f->hb_face = hb_face_create(blob, 0);
	f->hb_font = hb_font_create(f->hb_face);
	hb_font_funcs_set_nominal_glyph_func(funcs, hb_nominal_cb, NULL, NULL);
	hb_font_funcs_set_variation_glyph_func(funcs, hb_variant_cb, NULL, NULL);
	hb_font_funcs_set_glyph_h_advance_func(funcs, hb_advance_cb, NULL, NULL);
	hb_font_set_funcs(f->hb_font, funcs, &f->sfnt, NULL);
	hb_font_set_scale(f->hb_font, f->sfnt.units_per_em, f->sfnt.units_per_em);
	hb_font_funcs_destroy(funcs);
	hb_blob_destroy(blob);
}

static int
font_open(
    struct render_fonts *set, const char *path, const struct manifest_entry *e, struct err *err)
{
	uint8_t hash[SHA256_BYTES];
	if (set->n == FONTSET_MAX)
		return err_raise(err, FAULT_CONFIG, "number of fonts", (long)set->n);
	struct fontset_font *f = &set->fonts[set->n++]; /* freed with the set from here on */
	f->use = e->use;
	f->muni = e->muni;
	int r = font_map(path, set->held, f, err);
	if (r)
		return err_trace(err, r, "map");
	sha256(f->map, f->map_bytes, hash);
	if (e->hash != NULL && !mem_equal(hash, e->hash, sizeof(hash)))
		return err_raise(err, FAULT_INTEGRITY, "font is not the listed one", (long)set->n);
	r = sfnt_open(f->map, f->map_bytes, &f->sfnt, err);
	if (r)
		return err_trace(err, r, "font");
	if (f->sfnt.units_per_em != set->fonts[0].sfnt.units_per_em)
		return err_raise(err, FAULT_BAD_INPUT, "fonts' units per em differ", (long)set->n);
	if (FT_New_Memory_Face(set->ft, f->map, (FT_Long)f->map_bytes, 0, &f->ft_face) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "FreeType refuses a font", (long)set->n);
	font_open_hb(f);
	return 0;
}

/* @path as it is, or behind the manifest's folder when it is relative. */
static const char *
beside(struct arena *a, const char *manifest_path, const char *path)
{
	const char *slash = strrchr(manifest_path, '/');
	if (path[0] == '/' || slash == NULL)
		return path;
	return arena_printf(a, "%.*s/%s", (int)(slash - manifest_path), manifest_path, path);
}

static int
fonts_read(struct arena *a, const char *manifest_path, struct render_fonts *set, struct err *err)
{
	static const char *const members[] = { "fonts", NULL };
	AUTO(json_t) json_t *j = NULL;
	const json_t *list = NULL;
	uint8_t *p = NULL;
	size_t n = 0;
	int r = file_read(a, manifest_path, FONTSET_MANIFEST_MAX_BYTES, &p, &n, err);
	if (r)
		return err_raise(err, FAULT_CONFIG, "font manifest", r);
	r = js_parse(p, n, &j, err);
	if (r == 0)
		r = js_members(j, members, err);
	if (r == 0)
		r = js_array(j, "fonts", FONTSET_MAX_LISTED, &list, err);
	if (r || json_array_size(list) == 0)
		return err_raise(err, FAULT_CONFIG, "font manifest's list", r);
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		struct manifest_entry e;
		r = entry_parse(json_array_get(list, i), &e, err);
		if (r == 0 && i == 0 && e.use != FONTSET_MAIN)
			return err_raise(err, FAULT_CONFIG, "first font is not the main one", 0);
		if (r == 0)
			r = font_open(set, beside(a, manifest_path, e.path), &e, err);
	}
	return err_trace(err, r, "manifest");
}

static int
glyph_raster(
    struct fontset_font *f, uint32_t gid, unsigned px, struct fontset_glyph *ret, struct err *err)
{
	if (FT_Set_Pixel_Sizes(f->ft_face, 0, px) != 0 ||
	    FT_Load_Glyph(f->ft_face, gid, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0 ||
	    FT_Render_Glyph(f->ft_face->glyph, FT_RENDER_MODE_MONO) != 0)
		return err_raise(err, FAULT_INTERNAL, "FreeType refuses a glyph", (long)gid);
	FT_GlyphSlotRec *slot = f->ft_face->glyph;
	struct fontset_glyph g = {
		.left = (int16_t)slot->bitmap_left,
		.top = (int16_t)slot->bitmap_top,
		.w = (uint16_t)slot->bitmap.width,
		.h = (uint16_t)slot->bitmap.rows,
	};
	g.row_bytes = (uint16_t)((g.w + 7) / 8);
	g.bits = mem_zero((size_t)g.row_bytes * g.h);
	for (unsigned y = 0; y < g.h; y++)
		memcpy(g.bits + (size_t)y * g.row_bytes,
		    slot->bitmap.buffer + (ptrdiff_t)y * slot->bitmap.pitch, g.row_bytes);
	*ret = g;
	return 0;
}

/* FreeType's word on where the ink is: within the em box, and enough to be seen. */
static int
gaiji_ink(struct fontset_font *f, uint32_t cp, struct err *err)
{
	uint32_t gid = sfnt_find_glyph(&f->sfnt, cp);
	int em = f->sfnt.units_per_em, slack = em / GAIJI_BOX_SLACK;
	FT_BBox box;
	if (FT_Load_Glyph(f->ft_face, gid, FT_LOAD_NO_SCALE) != 0)
		return err_raise(err, FAULT_BAD_INPUT, "FreeType refuses a glyph", (long)cp);
	FT_Outline_Get_CBox(&f->ft_face->glyph->outline, &box);
	/* The em box that texts are centred by: ascent 0.88. */
	if (box.xMin < -slack || box.xMax > sfnt_advance(&f->sfnt, gid) + slack ||
	    box.yMax > em * 88 / 100 + slack || box.yMin < -(em * 12 / 100) - slack)
		return err_raise(err, FAULT_BAD_INPUT, "ink outside the em box", (long)cp);
	struct fontset_glyph g = { 0 };
	int r = glyph_raster(f, gid, FONTSET_INK_PX, &g, err);
	unsigned ink = 0;
	for (size_t i = 0; r == 0 && i < (size_t)g.row_bytes * g.h; i++)
		ink += (unsigned)__builtin_popcount(g.bits[i]);
	mem_free(g.bits);
	if (r == 0 && ink < FONTSET_LEAST_INK)
		return err_raise(err, FAULT_BAD_INPUT, "a glyph without ink", (long)cp);
	return err_fold(err, r, "ink");
}

/* A substitute that no font prints is a mistake in the list. */
static int
gaiji_substitutes(
    struct arena *a, const struct fontset_stack *stack, const struct gaiji *g, struct err *err)
{
	char text[4 * GAIJI_MAX_SUBSTITUTE + 1];
	struct shape_run run;
	size_t n = 0;
	for (unsigned i = 0; i < g->n_substitute; i++)
		n += text_utf8_put(g->substitute[i], text + n);
	text[n] = '\0';
	if (shape_text(a, stack, text, &run) != 0)
		return err_raise(
		    err, FAULT_BAD_INPUT, "a substitute that no font has", (long)g->cp);
	return 0;
}

static int
gaiji_glyphs(struct render_fonts *set, struct fontset_font *f, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new(FONTSET_ARENA_BYTES);
	struct fontset_stack stack;
	int r = gaiji_check(&f->gaiji, &f->sfnt, err);
	if (r == 0)
		r = fontset_stack(set, f->muni, &stack, err);
	for (unsigned i = 0; r == 0 && i < f->gaiji.n; i++) {
		r = gaiji_ink(f, f->gaiji.list[i].cp, err);
		if (r == 0)
			r = gaiji_substitutes(a, &stack, &f->gaiji.list[i], err);
	}
	return err_trace(err, r, "gaiji");
}

int
fontset_gaiji_open(struct render_fonts *f, const char *ttf, const char *csv, struct muni_code muni,
    bool listed, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new((size_t)2 * GAIJI_CSV_MAX_BYTES);
	struct manifest_entry e = { .path = ttf, .use = FONTSET_GAIJI, .muni = muni };
	struct gaiji_list list = { 0 };
	uint8_t *text = NULL;
	size_t bytes = 0;
	int r = file_read(a, csv, GAIJI_CSV_MAX_BYTES, &text, &bytes, err);
	if (r == FILE_E_NONE_FOUND)
		return err_raise(err, FAULT_UNAVAILABLE, "gaiji list", 0);
	if (r == 0)
		r = gaiji_list_parse(f->arena, (const char *)text, bytes, &list, err);
	if (r)
		return err_trace(err, r, "gaiji");
	if (listed && !list.in_use)
		return err_raise(err, FAULT_INTEGRITY, "gaiji list that was not imported", 0);
	e.hash = list.in_use ? list.font_hash : NULL;
	r = font_open(f, ttf, &e, err);
	if (r)
		return err_trace(err, r, "gaiji");
	struct fontset_font *font = &f->fonts[f->n - 1];
	if (font->map_bytes > GAIJI_FONT_MAX_BYTES)
		return err_raise(err, FAULT_BAD_INPUT, "gaiji font's size", (long)font->map_bytes);
	font->gaiji = list;
	return err_trace(err, gaiji_glyphs(f, font, err), "gaiji");
}

/* The folders beside the manifest that bear a municipality's code, in their order. */
static int
gaiji_folders(struct arena *a, const char *manifest_path, struct muni_code *ret, unsigned *ret_n,
    struct err *err)
{
	unsigned n = 0;
	bool more = false;
	DIR *d = opendir(beside(a, manifest_path, "."));
	if (d == NULL)
		return err_raise(err, FAULT_UNAVAILABLE, "folder of the fonts", errno);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		struct muni_code m;
		unsigned at = n;
		if (!muni_parse(e->d_name, strlen(e->d_name), &m))
			continue;
		more = n == FONTSET_MAX_GAIJI;
		if (more)
			break;
		for (; at > 0 && strcmp(ret[at - 1].s, m.s) > 0; at--)
			ret[at] = ret[at - 1];
		ret[at] = m;
		n++;
	}
	closedir(d);
	if (more)
		return err_raise(err, FAULT_CONFIG, "municipalities with gaiji", (long)n);
	*ret_n = n;
	return 0;
}

static int
fonts_read_gaiji(
    struct arena *a, const char *manifest_path, struct render_fonts *set, struct err *err)
{
	struct muni_code *munis = arena_zero_n(a, FONTSET_MAX_GAIJI, sizeof(*munis));
	unsigned n = 0;
	int r = gaiji_folders(a, manifest_path, munis, &n, err);
	for (unsigned i = 0; r == 0 && i < n; i++) {
		const char *ttf =
		    beside(a, manifest_path, arena_printf(a, "%s/gaiji.ttf", munis[i].s));
		const char *csv =
		    beside(a, manifest_path, arena_printf(a, "%s/gaiji.csv", munis[i].s));
		r = fontset_gaiji_open(set, ttf, csv, munis[i], true, err);
	}
	return err_trace(err, r, "municipalities");
}

/* The manifest's fonts, without the municipalities'. */
static int
fonts_open(const char *manifest_path, bool held, struct render_fonts **ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new((size_t)4 * FONTSET_MANIFEST_MAX_BYTES);
	AUTO(render_fonts) struct render_fonts *set = mem_zero(sizeof(*set));
	if (FT_Init_FreeType(&set->ft) != 0)
		return err_raise(err, FAULT_INTERNAL, "FreeType", 0);
	set->held = held;
	set->arena = arena_new(FONTSET_ARENA_BYTES);
	set->hb_buffer = hb_buffer_create();
	libdeflate_set_memory_allocator(mem_raw, mem_free);
	set->deflate = libdeflate_alloc_compressor(FONTSET_DEFLATE_LEVEL);
	set->units = mem_zero_n(FONTSET_UNITS, sizeof(*set->units));
	set->known = mem_zero_n(SFNT_KNOWN, sizeof(*set->known));
	set->cache = mem_zero_n(FONTSET_CACHE_MAX, sizeof(*set->cache));
	set->cache_at = mem_zero_n(FONTSET_CACHE_SLOTS, sizeof(*set->cache_at));
	if (set->deflate == NULL || !hb_buffer_allocation_successful(set->hb_buffer))
		return err_raise(err, FAULT_NOMEM, "HarfBuzz or libdeflate", 0);
	int r = fonts_read(a, manifest_path, set, err);
	if (r == 0)
		r = pdf_back_hairlines(set->deflate, &set->hairlines, &set->hairlines_bytes, err);
	if (r == 0)
		*ret = TAKE(set);
	return err_trace(err, r, "fonts");
}

static int
all_open(const char *manifest_path, bool held, struct render_fonts **ret, struct err *err)
{
	AUTO(arena) struct arena *a = arena_new((size_t)4 * FONTSET_MANIFEST_MAX_BYTES);
	AUTO(render_fonts) struct render_fonts *set = NULL;
	int r = fonts_open(manifest_path, held, &set, err);
	if (r == 0)
		r = fonts_read_gaiji(a, manifest_path, set, err);
	if (r == 0)
		*ret = TAKE(set);
	return err_trace(err, r, "fonts");
}

int
render_fonts_open(const char *manifest_path, struct render_fonts **ret, struct err *err)
{
	return all_open(manifest_path, false, ret, err);
}

int
render_fonts_hold(const char *manifest_path, struct render_fonts **ret, struct err *err)
{
	return all_open(manifest_path, mem_has_huge(), ret, err);
}

int
render_gaiji_check(const char *manifest_path, struct muni_code muni, const char *ttf,
    const char *csv, unsigned *ret_n, struct err *err)
{
	AUTO(render_fonts) struct render_fonts *set = NULL;
	int r = fonts_open(manifest_path, false, &set, err);
	if (r)
		return err_trace(err, r, "gaiji");
	r = fontset_gaiji_open(set, ttf, csv, muni, false, err);
	if (r == 0)
		*ret_n = set->fonts[set->n - 1].gaiji.n;
	return r;
}

void
render_fonts_learned(struct render_fonts *f)
{
	struct err ignored = { 0 }; /* what cannot be read is refused when it is printed */
	if (f->knows)
		return;
	f->knows = true;
	for (unsigned i = 0; i < FONTSET_UNITS; i++) {
		const uint32_t gid = f->units[i].gid;
		struct sfnt_known *k = &f->known[gid % SFNT_KNOWN];
		struct sfnt_outline o;
		if (f->units[i].cp != 0 && k->outline.p == NULL &&
		    sfnt_outline(&f->fonts[0].sfnt, gid, &o, &ignored) == 0)
			*k = (struct sfnt_known){ gid, o };
	}
	f->fonts[0].sfnt.known = f->known;
}

int
render_fonts_apart(struct render_fonts *f, struct err *err)
{
	f->deflate = libdeflate_alloc_compressor(FONTSET_DEFLATE_LEVEL);
	return f->deflate != NULL ? 0 : err_raise(err, FAULT_NOMEM, "libdeflate", 0);
}

void
render_fonts_free(struct render_fonts *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < f->n; i++) {
		struct fontset_font *font = &f->fonts[i];
		hb_font_destroy(font->hb_font); /* NULL is fine for each */
		hb_face_destroy(font->hb_face);
		if (font->ft_face != NULL)
			(void)FT_Done_Face(font->ft_face);
		if (f->held)
			mem_huge_free(font->map, font->map_bytes);
		else if (font->map != NULL)
			(void)munmap(font->map, font->map_bytes);
	}
	for (unsigned i = 0; i < f->n_cached; i++)
		mem_free(f->cache[i].bits);
	mem_free(f->scratch.bits);
	mem_free(f->units);
	mem_free(f->known);
	mem_free(f->cache);
	mem_free(f->cache_at);
	mem_free(f->hairlines);
	for (unsigned i = 0; i < N_ELEMENTS(f->ground); i++)
		mem_free(f->ground[i].z);
	for (unsigned i = 0; i < f->n_stencils; i++) {
		mem_free(f->stencils[i].bits);
		mem_free(f->stencils[i].z);
	}
	mem_free(f->stencils);
	libdeflate_free_compressor(f->deflate);
	hb_buffer_destroy(f->hb_buffer);
	if (f->ft != NULL)
		(void)FT_Done_FreeType(f->ft);
	arena_free(f->arena);
	mem_free(f);
}

int
fontset_stack(
    struct render_fonts *f, struct muni_code muni, struct fontset_stack *ret, struct err *err)
{
	struct fontset_stack s = { .set = f };
	/* Its own first: private use means what the municipality says it means. */
	for (unsigned i = 0; i < 2 * f->n; i++) {
		const struct fontset_font *font = &f->fonts[i % f->n];
		if ((font->use == FONTSET_GAIJI) != (i < f->n) ||
		    (font->use == FONTSET_GAIJI && !muni_equal(font->muni, muni)))
			continue;
		if (s.n == FONTSET_MAX_STACK)
			return err_raise(err, FAULT_CONFIG, "fonts of one municipality", (long)s.n);
		s.index[s.n++] = (uint16_t)(i % f->n);
	}
	*ret = s;
	return 0;
}

int
fontset_raster(struct render_fonts *f, unsigned font, uint32_t gid, unsigned px,
    const struct fontset_glyph **ret, struct err *err)
{
	uint64_t key = (uint64_t)(font + 1) << 48 | (uint64_t)px << 32 | gid;
	size_t at = (size_t)((key * 0x9E3779B97F4A7C15U) >> 40) % FONTSET_CACHE_SLOTS;
	for (; f->cache_at[at] != 0; at = (at + 1) % FONTSET_CACHE_SLOTS)
		if (f->cache[f->cache_at[at] - 1].key == key) {
			*ret = &f->cache[f->cache_at[at] - 1];
			return 0;
		}
	/* A full cache keeps what it has: what is new then lasts until the next new one. */
	bool full = f->n_cached == FONTSET_CACHE_MAX;
	struct fontset_glyph *slot = full ? &f->scratch : &f->cache[f->n_cached];
	struct fontset_glyph g;
	int r = glyph_raster(&f->fonts[font], gid, px, &g, err);
	if (r)
		return err_trace(err, r, "raster");
	mem_free(slot->bits);
	*slot = g;
	slot->key = key;
	if (!full)
		f->cache_at[at] = (uint16_t)++f->n_cached;
	*ret = slot;
	return 0;
}
