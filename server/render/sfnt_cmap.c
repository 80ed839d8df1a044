/* SPDX-License-Identifier: Apache-2.0 */
/* sfnt_cmap - from characters to glyphs: formats 4, 12 and 14 (OpenType, cmap). */
#include "sfnt_table.h"

enum { CMAP12_AT = 16, CMAP12_GROUP = 12, CMAP14_AT = 10, CMAP14_RECORD = 11 };

/* The table from @at on, cut to the length it states. Empty when that is not there. */
static struct sfnt_table
cmap_cut(const struct sfnt_table *cmap, size_t at, size_t length)
{
	if (!table_has(cmap, at, length))
		return (struct sfnt_table){ 0 };
	return (struct sfnt_table){ cmap->p + at, length };
}

static size_t
cmap4_segments(const struct sfnt_table *t)
{
	return table_u16(t, 6) / 2U;
}

static int
cmap4_check(const struct sfnt *f, struct err *err)
{
	const struct sfnt_table *t = &f->cmap4;
	size_t n = cmap4_segments(t);
	long last = -1;
	if (n == 0 || !table_has(t, 16, 8 * n))
		return err_raise(err, FAULT_BAD_INPUT, "cmap 4", (long)n);
	for (size_t i = 0; i < n; i++) {
		long end = table_u16(t, 14 + 2 * i);
		long start = table_u16(t, 16 + 2 * n + 2 * i);
		if (start > end || start <= last)
			return err_raise(err, FAULT_BAD_INPUT, "cmap 4 segment", (long)i);
		last = end;
	}
	return 0;
}

static int
cmap12_check(const struct sfnt *f, struct err *err)
{
	const struct sfnt_table *t = &f->cmap12;
	uint32_t n = table_u32(t, 12);
	int64_t last = -1;
	if (n > t->bytes / CMAP12_GROUP || !table_has(t, CMAP12_AT, (size_t)n * CMAP12_GROUP))
		return err_raise(err, FAULT_BAD_INPUT, "cmap 12", (long)n);
	for (uint32_t i = 0; i < n; i++) {
		size_t at = CMAP12_AT + CMAP12_GROUP * (size_t)i;
		uint32_t start = table_u32(t, at);
		uint32_t end = table_u32(t, at + 4);
		uint32_t gid = table_u32(t, at + 8);
		if ((int64_t)start <= last || end < start || end > 0x10FFFF || gid >= f->n_glyphs ||
		    end - start >= f->n_glyphs - gid)
			return err_raise(err, FAULT_BAD_INPUT, "cmap 12 group", (long)i);
		last = end;
	}
	return 0;
}

/* A list in format 14 of @entry bytes an entry, ranges (last byte = how many more) or glyphs. */
static int
cmap14_check_list(const struct sfnt *f, uint32_t at, size_t entry, struct err *err)
{
	const struct sfnt_table *t = &f->cmap14;
	uint32_t n = table_u32(t, at);
	int64_t last = -1;
	if (!table_has(t, at, 4) || n > t->bytes / entry ||
	    !table_has(t, (size_t)at + 4, n * entry))
		return err_raise(err, FAULT_BAD_INPUT, "cmap 14 list", (long)n);
	for (uint32_t i = 0; i < n; i++) {
		size_t e = (size_t)at + 4 + i * entry;
		uint32_t start = table_u24(t, e);
		uint32_t more = entry == 4 ? t->p[e + 3] : 0;
		if ((int64_t)start <= last || (entry == 5 && table_u16(t, e + 3) >= f->n_glyphs))
			return err_raise(err, FAULT_BAD_INPUT, "cmap 14 entry", (long)i);
		last = (int64_t)start + more;
	}
	return 0;
}

static int
cmap14_check(const struct sfnt *f, struct err *err)
{
	const struct sfnt_table *t = &f->cmap14;
	uint32_t n = table_u32(t, 6);
	uint32_t last = 0;
	if (n > 512 || !table_has(t, CMAP14_AT, (size_t)n * CMAP14_RECORD))
		return err_raise(err, FAULT_BAD_INPUT, "cmap 14", (long)n);
	for (uint32_t i = 0; i < n; i++) {
		size_t e = CMAP14_AT + CMAP14_RECORD * (size_t)i;
		uint32_t selector = table_u24(t, e);
		uint32_t defaults = table_u32(t, e + 3);
		uint32_t others = table_u32(t, e + 7);
		if (selector <= last)
			return err_raise(err, FAULT_BAD_INPUT, "cmap 14 selector", (long)i);
		last = selector;
		int r = defaults != 0 ? cmap14_check_list(f, defaults, 4, err) : 0;
		if (r == 0 && others != 0)
			r = cmap14_check_list(f, others, 5, err);
		if (r)
			return err_trace(err, r, "selector");
	}
	return 0;
}

static void
cmap_take(struct sfnt *f, const struct sfnt_table *cmap, size_t at)
{
	switch (table_u16(cmap, at)) {
	case 4:
		f->cmap4 = cmap_cut(cmap, at, table_u16(cmap, at + 2));
		break;
	case 12:
		f->cmap12 = cmap_cut(cmap, at, table_u32(cmap, at + 4));
		break;
	case 14:
		f->cmap14 = cmap_cut(cmap, at, table_u32(cmap, at + 2));
		break;
	default:
		break; /* others are older copies of the same */
	}
}

int
sfnt_cmap_open(struct sfnt *f, const struct sfnt_table *cmap, struct err *err)
{
	unsigned n = table_u16(cmap, 2);
	if (n > SFNT_MAX_TABLES || !table_has(cmap, 4, 8 * (size_t)n))
		return err_raise(err, FAULT_BAD_INPUT, "cmap", (long)n);
	for (unsigned i = 0; i < n; i++) {
		size_t e = 4 + 8 * (size_t)i;
		unsigned platform = table_u16(cmap, e);
		if (platform == 0 || platform == 3) /* Unicode, Windows */
			cmap_take(f, cmap, table_u32(cmap, e + 4));
	}
	if (f->cmap12.p == NULL && f->cmap4.p == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "no Unicode cmap", (long)n);
	int r = f->cmap4.p != NULL ? cmap4_check(f, err) : 0;
	if (r == 0 && f->cmap12.p != NULL)
		r = cmap12_check(f, err);
	if (r == 0 && f->cmap14.p != NULL)
		r = cmap14_check(f, err);
	return err_trace(err, r, "cmap");
}

static uint32_t
cmap12_find(const struct sfnt_table *t, uint32_t cp)
{
	uint32_t lo = 0;
	uint32_t hi = table_u32(t, 12);
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		size_t at = CMAP12_AT + CMAP12_GROUP * (size_t)mid;
		if (cp < table_u32(t, at))
			hi = mid;
		else if (cp > table_u32(t, at + 4))
			lo = mid + 1;
		else
			return table_u32(t, at + 8) + (cp - table_u32(t, at));
	}
	return 0;
}

static uint32_t
cmap4_find(const struct sfnt_table *t, uint32_t cp)
{
	size_t n = cmap4_segments(t);
	size_t lo = 0;
	size_t hi = n;
	if (cp > 0xFFFF)
		return 0;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (table_u16(t, 14 + 2 * mid) < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo >= n)
		return 0;
	size_t start_at = 16 + 2 * n + 2 * lo;
	uint32_t start = table_u16(t, start_at);
	uint32_t delta = table_u16(t, start_at + 2 * n);
	uint32_t range = table_u16(t, start_at + 4 * n);
	if (cp < start)
		return 0;
	if (range == 0)
		return (cp + delta) & 0xFFFF;
	uint32_t gid = table_u16(t, start_at + 4 * n + range + 2 * (size_t)(cp - start));
	return gid == 0 ? 0 : (gid + delta) & 0xFFFF;
}

uint32_t
sfnt_find_glyph(const struct sfnt *f, uint32_t cp)
{
	uint32_t gid =
	    f->cmap12.p != NULL ? cmap12_find(&f->cmap12, cp) : cmap4_find(&f->cmap4, cp);
	return gid < f->n_glyphs ? gid : 0;
}

/* The first of sorted segments, @step bytes apart, whose end is not below @cp. */
static size_t
first_ending(const struct sfnt_table *t, size_t at, size_t step, size_t n, uint32_t cp)
{
	size_t lo = 0;
	size_t hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		size_t e = at + step * mid;
		uint32_t end = step == 2 ? table_u16(t, e) : table_u32(t, e);
		if (end < cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint32_t
sfnt_next_mapped(const struct sfnt *f, uint32_t cp)
{
	uint32_t start = SFNT_NO_MORE;
	if (f->cmap12.p != NULL) {
		size_t n = table_u32(&f->cmap12, 12);
		size_t i = first_ending(&f->cmap12, CMAP12_AT + 4, CMAP12_GROUP, n, cp);
		if (i < n)
			start = table_u32(&f->cmap12, CMAP12_AT + CMAP12_GROUP * i);
	} else {
		size_t n = cmap4_segments(&f->cmap4);
		size_t i = first_ending(&f->cmap4, 14, 2, n, cp);
		if (i < n)
			start = table_u16(&f->cmap4, 16 + 2 * n + 2 * i);
	}
	return start > cp ? start : cp;
}

/* The record of a selector; 0 = none. */
static size_t
cmap14_record(const struct sfnt_table *t, uint32_t selector)
{
	uint32_t n = table_u32(t, 6);
	for (uint32_t i = 0; t->p != NULL && i < n; i++) {
		size_t e = CMAP14_AT + CMAP14_RECORD * (size_t)i;
		if (table_u24(t, e) == selector)
			return e;
	}
	return 0;
}

/* The entry of a checked list whose start is the greatest not above @cp; 0 = none. */
static size_t
cmap14_entry(const struct sfnt_table *t, uint32_t list_at, size_t entry, uint32_t cp)
{
	uint32_t lo = 0;
	uint32_t hi = list_at == 0 ? 0 : table_u32(t, list_at);
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (table_u24(t, (size_t)list_at + 4 + mid * entry) <= cp)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == 0 ? 0 : (size_t)list_at + 4 + (lo - 1) * entry;
}

uint32_t
sfnt_find_variant(const struct sfnt *f, uint32_t cp, uint32_t selector)
{
	const struct sfnt_table *t = &f->cmap14;
	size_t record = cmap14_record(t, selector);
	if (record == 0)
		return 0;
	size_t e = cmap14_entry(t, table_u32(t, record + 3), 4, cp);
	if (e != 0 && cp <= table_u24(t, e) + t->p[e + 3])
		return sfnt_find_glyph(f, cp);
	e = cmap14_entry(t, table_u32(t, record + 7), 5, cp);
	if (e != 0 && table_u24(t, e) == cp)
		return table_u16(t, e + 3);
	return 0;
}
