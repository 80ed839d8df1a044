/* SPDX-License-Identifier: Apache-2.0 */
#include "sfnt.h"

#include "base/bytes.h"
#include "sfnt_table.h"

#include <string.h>

enum { SFNT_MAGIC = 0x5F0F3CF5 };

/* Composite flags (OpenType, glyf table). */
enum {
	ARGS_ARE_WORDS = 0x0001,
	HAS_SCALE = 0x0008,
	MORE_COMPONENTS = 0x0020,
	HAS_X_AND_Y_SCALE = 0x0040,
	HAS_TWO_BY_TWO = 0x0080,
};
/* Flags of a point. */
enum { X_SHORT = 0x02, Y_SHORT = 0x04, REPEATED = 0x08, X_SAME = 0x10, Y_SAME = 0x20 };

static struct sfnt_table *
sfnt_slot(struct sfnt *f, struct sfnt_table *cmap, uint32_t tag)
{
	switch (tag) {
	case 0x68656164:
		return &f->head;
	case 0x68686561:
		return &f->hhea;
	case 0x6D617870:
		return &f->maxp;
	case 0x686D7478:
		return &f->hmtx;
	case 0x6C6F6361:
		return &f->loca;
	case 0x676C7966:
		return &f->glyf;
	case 0x636D6170:
		return cmap;
	default:
		return NULL;
	}
}

static int
sfnt_directory(
    const uint8_t *p, size_t bytes, struct sfnt *f, struct sfnt_table *cmap, struct err *err)
{
	struct sfnt_table whole = { p, bytes };
	uint32_t version = table_u32(&whole, 0);
	unsigned n = table_u16(&whole, 4);
	if (version != 0x00010000 && version != 0x74727565) /* 'true' */
		return err_raise(err, FAULT_BAD_INPUT, "font version", (long)version);
	if (n == 0 || n > SFNT_MAX_TABLES || !table_has(&whole, 12, 16 * (size_t)n))
		return err_raise(err, FAULT_BAD_INPUT, "number of font tables", (long)n);
	for (unsigned i = 0; i < n; i++) {
		size_t e = 12 + 16 * (size_t)i;
		struct sfnt_table *t = sfnt_slot(f, cmap, table_u32(&whole, e));
		uint32_t at = table_u32(&whole, e + 8);
		uint32_t len = table_u32(&whole, e + 12);
		if (t == NULL)
			continue;
		if (t->p != NULL || !table_has(&whole, at, len))
			return err_raise(err, FAULT_BAD_INPUT, "font table's place", (long)i);
		*t = (struct sfnt_table){ p + at, len };
	}
	return 0;
}

static int
sfnt_metrics(struct sfnt *f, struct err *err)
{
	if (f->head.bytes < SFNT_HEAD_BYTES || table_u32(&f->head, 12) != SFNT_MAGIC)
		return err_raise(err, FAULT_BAD_INPUT, "head", (long)f->head.bytes);
	f->units_per_em = table_u16(&f->head, 18);
	unsigned format = table_u16(&f->head, 50);
	if (f->units_per_em < 16 || f->units_per_em > 16384 || format > 1)
		return err_raise(err, FAULT_BAD_INPUT, "head values", (long)format);
	f->loca_long = format == 1;
	for (unsigned i = 0; i < 4; i++)
		f->bbox[i] = table_i16(&f->head, 36 + 2 * (size_t)i);
	if (f->hhea.bytes < SFNT_HHEA_BYTES || f->maxp.bytes < 6)
		return err_raise(err, FAULT_BAD_INPUT, "hhea or maxp", (long)f->hhea.bytes);
	f->ascent = table_i16(&f->hhea, 4);
	f->descent = table_i16(&f->hhea, 6);
	f->n_hmetrics = table_u16(&f->hhea, 34);
	f->n_glyphs = table_u16(&f->maxp, 4);
	if (f->n_glyphs == 0 || f->n_hmetrics == 0 || f->n_hmetrics > f->n_glyphs)
		return err_raise(err, FAULT_BAD_INPUT, "number of metrics", (long)f->n_hmetrics);
	if (f->hmtx.bytes < 4 * (size_t)f->n_hmetrics + 2 * (size_t)(f->n_glyphs - f->n_hmetrics))
		return err_raise(err, FAULT_BAD_INPUT, "hmtx", (long)f->hmtx.bytes);
	return 0;
}

static size_t
sfnt_glyph_at(const struct sfnt *f, uint32_t i)
{
	return f->loca_long ? table_u32(&f->loca, 4 * (size_t)i)
			    : 2 * (size_t)table_u16(&f->loca, 2 * (size_t)i);
}

static int
sfnt_check_loca(const struct sfnt *f, struct err *err)
{
	size_t entry = f->loca_long ? 4 : 2;
	size_t last = 0;
	if (f->glyf.p == NULL || f->loca.bytes < entry * ((size_t)f->n_glyphs + 1))
		return err_raise(err, FAULT_BAD_INPUT, "loca", (long)f->loca.bytes);
	for (uint32_t i = 0; i <= f->n_glyphs; i++) {
		size_t at = sfnt_glyph_at(f, i);
		if (at < last || at > f->glyf.bytes)
			return err_raise(err, FAULT_BAD_INPUT, "loca entry", (long)i);
		last = at;
	}
	return 0;
}

static int
sfnt_read(const void *p, size_t bytes, bool bare, struct sfnt *ret, struct err *err)
{
	struct sfnt f = { 0 };
	struct sfnt_table cmap = { 0 };
	int r = sfnt_directory(p, bytes, &f, &cmap, err);
	if (r == 0)
		r = sfnt_metrics(&f, err);
	if (r == 0)
		r = sfnt_check_loca(&f, err);
	if (r == 0 && !bare)
		r = sfnt_cmap_open(&f, &cmap, err);
	if (r == 0)
		*ret = f;
	return err_trace(err, r, "font");
}

int
sfnt_open(const void *p, size_t bytes, struct sfnt *ret, struct err *err)
{
	return sfnt_read(p, bytes, false, ret, err);
}

int
sfnt_open_bare(const void *p, size_t bytes, struct sfnt *ret, struct err *err)
{
	return sfnt_read(p, bytes, true, ret, err);
}

uint16_t
sfnt_advance(const struct sfnt *f, uint32_t gid)
{
	uint32_t i = gid < f->n_hmetrics ? gid : f->n_hmetrics - 1;
	return table_u16(&f->hmtx, 4 * (size_t)i);
}

int16_t
sfnt_left_bearing(const struct sfnt *f, uint32_t gid)
{
	if (gid < f->n_hmetrics)
		return table_i16(&f->hmtx, 4 * (size_t)gid + 2);
	return table_i16(&f->hmtx, 4 * (size_t)f->n_hmetrics + 2 * (size_t)(gid - f->n_hmetrics));
}

/* Walks the flags of all points; returns the bytes of coordinates that follow, or -1. */
static long
sfnt_walk_flags(struct rd *r, unsigned n_points)
{
	const uint8_t *p = r->p + r->at;
	size_t left = rd_left(r), at = 0;
	long coordinates = 0;
	for (unsigned i = 0; i < n_points;) {
		if (at == left)
			return -1;
		unsigned flags = p[at++], times = 1;
		if ((flags & REPEATED) != 0) {
			if (at == left)
				return -1;
			times += p[at++];
		}
		if (times > n_points - i)
			return -1;
		long x = (flags & X_SAME) != 0 ? 0 : 2, y = (flags & Y_SAME) != 0 ? 0 : 2;
		x = (flags & X_SHORT) != 0 ? 1 : x;
		y = (flags & Y_SHORT) != 0 ? 1 : y;
		coordinates += (x + y) * (long)times;
		i += times;
	}
	(void)rd_bytes(r, at);
	return coordinates;
}

static int
sfnt_simple(struct rd *r, struct sfnt_outline *o, struct err *err)
{
	long last = -1;
	for (unsigned i = 0; i < o->n_contours; i++) {
		long end = rd_u16(r);
		if (end <= last)
			return err_raise(err, FAULT_BAD_INPUT, "order of contours", (long)i);
		last = end;
	}
	o->n_points = (unsigned)(last + 1);
	o->hints_at = r->at;
	o->hints_bytes = rd_u16(r);
	(void)rd_bytes(r, o->hints_bytes);
	long coordinates = sfnt_walk_flags(r, o->n_points);
	if (coordinates < 0)
		return err_raise(err, FAULT_BAD_INPUT, "points", (long)o->n_points);
	(void)rd_bytes(r, (size_t)coordinates);
	o->bytes = r->at;
	return rd_ok(r) ? 0 : err_raise(err, FAULT_BAD_INPUT, "outline", (long)o->n_points);
}

static int
sfnt_composite(const struct sfnt *f, struct sfnt_outline *o, struct err *err)
{
	struct sfnt_component c = { .at = SFNT_COMPONENT_FIRST_AT, .more = true };
	for (unsigned n = 0; c.more; n++) {
		if (n == SFNT_MAX_COMPONENTS)
			return err_raise(err, FAULT_BAD_INPUT, "number of components", (long)n);
		int r = sfnt_component(f, o, c.at + c.bytes, &c, err);
		if (r)
			return err_trace(err, r, "composite");
	}
	o->bytes = c.at + c.bytes;
	return 0;
}

int
sfnt_outline(const struct sfnt *f, uint32_t gid, struct sfnt_outline *ret, struct err *err)
{
	const struct sfnt_known *k = f->known != NULL ? &f->known[gid % SFNT_KNOWN] : NULL;
	if (k != NULL && k->gid == gid && k->outline.p != NULL) {
		*ret = k->outline;
		return 0;
	}
	if (gid >= f->n_glyphs)
		return err_raise(err, FAULT_BAD_INPUT, "glyph number", (long)gid);
	size_t at = sfnt_glyph_at(f, gid);
	size_t room = sfnt_glyph_at(f, gid + 1) - at;
	struct sfnt_outline o = { .p = f->glyf.p + at, .bytes = room };
	if (room == 0) {
		*ret = o;
		return 0;
	}
	struct rd r = rd_init(o.p, room);
	int contours = (int16_t)rd_u16(&r);
	(void)rd_bytes(&r, 8); /* its box */
	if (!rd_ok(&r))
		return err_raise(err, FAULT_BAD_INPUT, "outline's head", (long)room);
	o.composite = contours < 0;
	o.n_contours = contours < 0 ? 0 : (unsigned)contours;
	if (contours == 0)
		o.bytes = 0;
	int fault = 0;
	if (contours > 0)
		fault = sfnt_simple(&r, &o, err);
	else if (contours < 0)
		fault = sfnt_composite(f, &o, err);
	if (fault == 0)
		*ret = o;
	return err_trace(err, fault, "outline");
}

bool
sfnt_has_ink(const struct sfnt *f, uint32_t gid)
{
	if (gid >= f->n_glyphs)
		return false;
	size_t at = sfnt_glyph_at(f, gid);
	return sfnt_glyph_at(f, gid + 1) - at >= 10 && table_u16(&f->glyf, at) != 0;
}

int
sfnt_component(const struct sfnt *f, const struct sfnt_outline *o, size_t at,
    struct sfnt_component *ret, struct err *err)
{
	struct sfnt_table t = { o->p, o->bytes };
	struct sfnt_component c = { .at = at };
	if (!table_has(&t, at, 4))
		return err_raise(err, FAULT_BAD_INPUT, "component's place", (long)at);
	c.flags = table_u16(&t, at);
	c.gid = table_u16(&t, at + 2);
	c.bytes = (c.flags & ARGS_ARE_WORDS) != 0 ? 8 : 6;
	if ((c.flags & HAS_SCALE) != 0)
		c.bytes += 2;
	else if ((c.flags & HAS_X_AND_Y_SCALE) != 0)
		c.bytes += 4;
	else if ((c.flags & HAS_TWO_BY_TWO) != 0)
		c.bytes += 8;
	c.more = (c.flags & MORE_COMPONENTS) != 0;
	if (!table_has(&t, at, c.bytes) || c.gid >= f->n_glyphs)
		return err_raise(err, FAULT_BAD_INPUT, "component", (long)c.gid);
	*ret = c;
	return 0;
}
