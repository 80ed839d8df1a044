/* SPDX-License-Identifier: Apache-2.0 */
#include "subset.h"

#include "sfnt_table.h"

#include <string.h>

enum {
	N_TABLES = 6,
	DIRECTORY_BYTES = 12 + 16 * N_TABLES,
	MAXP_BYTES = 32,
	COMPOSITE_BUDGET = 256,
	OUTLINES_LEAST = 512,
};
enum { T_GLYF, T_HEAD, T_HHEA, T_HMTX, T_LOCA, T_MAXP };
static const char table_tags[N_TABLES][5] = { "glyf", "head", "hhea", "hmtx", "loca", "maxp" };

/* The font while it is written. */
struct writer {
	uint8_t *p;
	size_t room;
	size_t at;
	size_t table_at[N_TABLES];
	size_t table_bytes[N_TABLES];
};

static void
set_u16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
set_u32(uint8_t *p, uint32_t v)
{
	set_u16(p, v >> 16);
	set_u16(p + 2, v & 0xFFFF);
}

struct subset *
subset_new(struct arena *a)
{
	struct subset *s = arena_raw(a, sizeof(*s)); /* a slot is written as it is taken */
	memset(s->hash, 0, sizeof(s->hash));
	s->slots[0] = (struct subset_slot){ .font = NULL };
	s->n = 1;
	return s;
}

static bool
slot_is(const struct subset_slot *s, const struct sfnt *font, uint32_t gid, const uint16_t *text,
    unsigned n_text)
{
	return s->font == font && s->gid == gid && s->n_text == n_text &&
	    (n_text == 0 || memcmp(s->text, text, n_text * sizeof(*text)) == 0);
}

unsigned
subset_add(
    struct subset *s, const struct sfnt *font, uint32_t gid, const uint16_t *text, unsigned n_text)
{
	uint32_t h = gid * 2654435761U;
	if (n_text > SUBSET_MAX_TEXT)
		return 0;
	for (unsigned i = 0; i < n_text; i++)
		h = (h ^ text[i]) * 16777619U;
	for (h %= SUBSET_HASH; s->hash[h] != 0; h = (h + 1) % SUBSET_HASH)
		if (slot_is(&s->slots[s->hash[h]], font, gid, text, n_text))
			return s->hash[h];
	if (s->n == SUBSET_MAX_SLOTS)
		return 0;
	struct subset_slot *slot = &s->slots[s->n];
	slot->font = font;
	slot->gid = (uint16_t)gid;
	slot->n_text = (uint8_t)n_text;
	if (n_text != 0)
		memcpy(slot->text, text, n_text * sizeof(*text));
	s->hash[h] = (uint16_t)s->n;
	return s->n++;
}

unsigned
subset_advance_1000(const struct sfnt *font, uint32_t gid)
{
	unsigned em = font->units_per_em;
	return (sfnt_advance(font, gid) * 1000U + em / 2) / em;
}

/* By slot, from 1 on; as many as a document has are some hundred. */
struct outlines {
	struct sfnt_outline *at;
	unsigned room;
};

static void
outlines_put(struct arena *a, struct outlines *all, unsigned i, const struct sfnt_outline *o)
{
	if (i >= all->room) {
		unsigned room = i < OUTLINES_LEAST / 2 ? OUTLINES_LEAST : 2 * i;
		struct sfnt_outline *at = arena_raw(a, room * sizeof(*at));
		if (i > 1)
			memcpy(at + 1, all->at + 1, (i - 1) * sizeof(*at));
		*all = (struct outlines){ at, room };
	}
	all->at[i] = *o;
}

/* Looks at every outline, adds the parts of composites, and adds up the room for glyf. */
static int
subset_close(
    struct arena *a, struct subset *s, struct outlines *ret, size_t *ret_bytes, struct err *err)
{
	size_t bytes = 0;
	for (unsigned i = 1; i < s->n; i++) { /* s->n grows */
		const struct sfnt *f = s->slots[i].font;
		struct sfnt_outline o;
		int r = sfnt_outline(f, s->slots[i].gid, &o, err);
		if (r)
			return err_trace(err, r, "glyph");
		outlines_put(a, ret, i, &o);
		bytes += (o.bytes + 3) & ~(size_t)3;
		struct sfnt_component c = { .at = SFNT_COMPONENT_FIRST_AT, .more = o.composite };
		while (c.more) {
			r = sfnt_component(f, &o, c.at + c.bytes, &c, err);
			if (r)
				return err_trace(err, r, "part");
			if (subset_add(s, f, c.gid, NULL, 0) == 0)
				return err_raise(
				    err, FAULT_BAD_INPUT, "too many parts", (long)s->n);
		}
	}
	*ret_bytes = bytes;
	return 0;
}

/* A composite that contains itself would never end in a viewer. @budget: glyphs looked at. */
static int
subset_check_depth(
    const struct sfnt *f, uint32_t gid, unsigned depth, unsigned *budget, struct err *err)
{
	struct sfnt_outline o;
	if (depth > SFNT_MAX_DEPTH || (*budget)-- == 0)
		return err_raise(err, FAULT_BAD_INPUT, "composites too deep", (long)depth);
	int r = sfnt_outline(f, gid, &o, err);
	struct sfnt_component c = { .at = SFNT_COMPONENT_FIRST_AT, .more = r == 0 && o.composite };
	while (r == 0 && c.more) {
		r = sfnt_component(f, &o, c.at + c.bytes, &c, err);
		if (r == 0)
			r = subset_check_depth(f, c.gid, depth + 1, budget, err);
	}
	return err_trace(err, r, "depth");
}

int
subset_check_glyph(const struct sfnt *font, uint32_t gid, struct err *err)
{
	unsigned budget = COMPOSITE_BUDGET;
	return subset_check_depth(font, gid, 0, &budget, err);
}

static void
copy_simple(struct writer *w, const struct sfnt_outline *o)
{
	size_t head = o->hints_at + 2;
	size_t tail_at = head + o->hints_bytes;
	memcpy(w->p + w->at, o->p, head);
	set_u16(w->p + w->at + o->hints_at, 0);
	memcpy(w->p + w->at + head, o->p + tail_at, o->bytes - tail_at);
	w->at += head + o->bytes - tail_at;
}

static int
copy_composite(struct writer *w, struct subset *s, const struct sfnt *f,
    const struct sfnt_outline *o, struct err *err)
{
	uint8_t *to = w->p + w->at;
	struct sfnt_component c = { .at = SFNT_COMPONENT_FIRST_AT, .more = true };
	memcpy(to, o->p, o->bytes);
	while (c.more) {
		int r = sfnt_component(f, o, c.at + c.bytes, &c, err);
		if (r)
			return err_trace(err, r, "part");
		set_u16(to + c.at, c.flags & ~(unsigned)SFNT_COMPONENT_HINTS);
		set_u16(to + c.at + 2, subset_add(s, f, c.gid, NULL, 0));
	}
	w->at += o->bytes;
	return 0;
}

static void
table_begin(struct writer *w, unsigned t)
{
	w->table_at[t] = w->at;
}

static void
table_end(struct writer *w, unsigned t)
{
	w->table_bytes[t] = w->at - w->table_at[t];
	w->at = (w->at + 3) & ~(size_t)3; /* the room is zeroed */
}

static int
write_glyphs(struct writer *w, struct subset *s, const struct sfnt_outline *outlines,
    uint32_t *loca, struct err *err)
{
	table_begin(w, T_GLYF);
	for (unsigned i = 0; i < s->n; i++) {
		const struct subset_slot *slot = &s->slots[i];
		const struct sfnt_outline o =
		    i > 0 ? outlines[i] : (struct sfnt_outline){ .p = NULL };
		int r = 0;
		loca[i] = (uint32_t)(w->at - w->table_at[T_GLYF]);
		if (o.composite)
			r = subset_check_glyph(slot->font, slot->gid, err);
		if (r == 0 && o.composite)
			r = copy_composite(w, s, slot->font, &o, err);
		else if (r == 0 && o.bytes != 0)
			copy_simple(w, &o);
		if (r)
			return err_trace(err, r, "glyph");
		w->at = (w->at + 3) & ~(size_t)3;
	}
	loca[s->n] = (uint32_t)(w->at - w->table_at[T_GLYF]);
	table_end(w, T_GLYF);
	return 0;
}

static void
write_metrics(struct writer *w, const struct subset *s, const uint32_t *loca)
{
	table_begin(w, T_HMTX);
	for (unsigned i = 0; i < s->n; i++) {
		const struct subset_slot *slot = &s->slots[i];
		if (slot->font != NULL) {
			set_u16(w->p + w->at, sfnt_advance(slot->font, slot->gid));
			set_u16(
			    w->p + w->at + 2, (uint16_t)sfnt_left_bearing(slot->font, slot->gid));
		}
		w->at += 4;
	}
	table_end(w, T_HMTX);
	table_begin(w, T_LOCA);
	for (unsigned i = 0; i <= s->n; i++, w->at += 4)
		set_u32(w->p + w->at, loca[i]);
	table_end(w, T_LOCA);
}

/* The largest of each font's limits; those of hint programs stay 0. */
static void
write_maxp(struct writer *w, const struct subset *s)
{
	static const uint8_t kept[] = { 6, 8, 10, 12, 28, 30 }; /* points, contours, parts, depth */
	uint8_t *p = w->p + w->at;
	table_begin(w, T_MAXP);
	set_u32(p, 0x00010000);
	set_u16(p + 4, s->n);
	set_u16(p + 14, 2);
	const struct sfnt *seen = NULL;
	for (unsigned i = 1; i < s->n; i++) {
		const struct sfnt *f = s->slots[i].font;
		for (size_t k = 0; f != seen && k < N_ELEMENTS(kept); k++) {
			unsigned v = table_u16(&f->maxp, kept[k]);
			unsigned have = (unsigned)p[kept[k]] << 8 | p[kept[k] + 1];
			set_u16(p + kept[k], v > have ? v : have);
		}
		seen = f;
	}
	w->at += MAXP_BYTES;
	table_end(w, T_MAXP);
}

static uint32_t
checksum(const uint8_t *p, size_t bytes)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < bytes; i += 4)
		sum += (uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 | (uint32_t)p[i + 2] << 8 |
		    p[i + 3];
	return sum;
}

static void
write_directory(struct writer *w)
{
	uint32_t whole = 0;
	set_u32(w->p, 0x00010000);
	set_u16(w->p + 4, N_TABLES);
	set_u16(w->p + 6, 64); /* search range, selector, shift for six tables */
	set_u16(w->p + 8, 2);
	set_u16(w->p + 10, 32);
	for (unsigned t = 0; t < N_TABLES; t++) {
		uint8_t *e = w->p + 12 + 16 * (size_t)t;
		uint32_t sum =
		    checksum(w->p + w->table_at[t], (w->table_bytes[t] + 3) & ~(size_t)3);
		memcpy(e, table_tags[t], 4);
		set_u32(e + 4, sum);
		set_u32(e + 8, (uint32_t)w->table_at[t]);
		set_u32(e + 12, (uint32_t)w->table_bytes[t]);
		whole += sum;
	}
	whole += checksum(w->p, DIRECTORY_BYTES);
	set_u32(w->p + w->table_at[T_HEAD] + 8, 0xB1B0AFBAU - whole);
}

static void
write_heads(struct writer *w, const struct subset *s)
{
	const struct sfnt *f = s->slots[1].font;
	table_begin(w, T_HEAD);
	memcpy(w->p + w->at, f->head.p, SFNT_HEAD_BYTES);
	set_u32(w->p + w->at + 8, 0);
	set_u16(w->p + w->at + 50, 1);
	w->at += SFNT_HEAD_BYTES;
	table_end(w, T_HEAD);
	table_begin(w, T_HHEA);
	memcpy(w->p + w->at, f->hhea.p, SFNT_HHEA_BYTES);
	set_u16(w->p + w->at + 34, s->n);
	w->at += SFNT_HHEA_BYTES;
	table_end(w, T_HHEA);
}

int
subset_write(struct arena *a, struct subset *s, struct subset_font *ret, struct err *err)
{
	size_t glyf_bytes = 0;
	if (s->n < 2)
		return err_raise(err, FAULT_INTERNAL, "no glyph", 0);
	struct outlines outlines = { .at = NULL };
	int r = subset_close(a, s, &outlines, &glyf_bytes, err);
	if (r)
		return err_trace(err, r, "subset");
	for (unsigned i = 2; i < s->n; i++)
		if (s->slots[i].font->units_per_em != s->slots[1].font->units_per_em)
			return err_raise(err, FAULT_BAD_INPUT, "units per em differ", (long)i);
	struct writer w = { .at = DIRECTORY_BYTES };
	w.room = DIRECTORY_BYTES + glyf_bytes + 8 * ((size_t)s->n + 1) + 256;
	w.p = arena_zero(a, w.room);
	uint32_t *loca = arena_zero_n(a, (size_t)s->n + 1, sizeof(*loca));
	r = write_glyphs(&w, s, outlines.at, loca, err);
	if (r)
		return err_trace(err, r, "subset");
	write_heads(&w, s);
	write_metrics(&w, s, loca);
	write_maxp(&w, s);
	write_directory(&w);
	*ret = (struct subset_font){ w.p, w.at };
	return 0;
}
