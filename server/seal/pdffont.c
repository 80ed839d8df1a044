/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/seal/pdfobj.h"
#include "server/seal/pdfread.h"
#include <stdio.h>
#include <string.h>

/* Exactly the map that the renderer's font has (PDF 32000 9.10.3). */
static const char map_head[] =
    "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
    "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
    "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n";
static const char map_tail[] = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n";

static bool
literal(struct pdflex *l, const char *text)
{
	size_t n = strlen(text);
	if (l->bytes - l->at < n || memcmp(l->p + l->at, text, n) != 0)
		return false;
	l->at += n;
	return true;
}

/* "<0041>" of 4 digits at a time; returns the number of 16-bit units, 0 when it is none. */
static unsigned
units_read(struct pdflex *l, uint16_t *out, unsigned room)
{
	unsigned n = 0;
	if (!literal(l, "<"))
		return 0;
	while (n < room && l->bytes - l->at >= 4 && l->p[l->at] != '>') {
		uint8_t b[2];
		if (!text_hex_parse((const char *)l->p + l->at, 4, b, 2))
			return 0;
		out[n++] = (uint16_t)(b[0] << 8 | b[1]);
		l->at += 4;
	}
	return literal(l, ">") ? n : 0;
}

/* UTF-16 with paired surrogates only. */
static bool
utf8_of(const uint16_t *u, unsigned n, char *out)
{
	size_t at = 0;
	for (unsigned i = 0; i < n; i++) {
		uint32_t cp = u[i];
		if (cp >= 0xD800 && cp < 0xDC00) {
			if (i + 1 >= n || u[i + 1] < 0xDC00 || u[i + 1] > 0xDFFF)
				return false;
			cp = 0x10000 + ((cp - 0xD800) << 10) + (uint32_t)(u[++i] - 0xDC00);
		}
		size_t m = text_utf8_put(cp, out + at);
		if (m == 0)
			return false;
		at += m;
	}
	out[at] = '\0';
	return text_is_clean_utf8(out, at);
}

static bool
entry_read(struct pdflex *l, struct arena *a, struct pdfread_font *ret)
{
	uint16_t cid = 0, text[PDFREAD_MAX_TEXT];
	char utf8[3 * PDFREAD_MAX_TEXT + 1];
	if (units_read(l, &cid, 1) != 1 || !literal(l, " "))
		return false;
	unsigned n = units_read(l, text, PDFREAD_MAX_TEXT);
	if (n == 0 || !literal(l, "\n") || cid == 0 || cid > PDFREAD_MAX_GLYPHS ||
	    ret->text[cid] != NULL || !utf8_of(text, n, utf8))
		return false;
	ret->text[cid] = arena_strdup(a, utf8);
	return true;
}

static bool
blocks_read(struct pdflex *l, struct arena *a, struct pdfread_font *ret)
{
	while (!literal(l, map_tail)) {
		int64_t n = 0;
		bool whole = false;
		if (!pdflex_number(l, &n, &whole) || !whole || n < PDFOBJ_SCALE ||
		    n > 100 * PDFOBJ_SCALE || !literal(l, " beginbfchar\n"))
			return false;
		for (int64_t i = 0; i < n / PDFOBJ_SCALE; i++)
			if (!entry_read(l, a, ret))
				return false;
		if (!literal(l, "endbfchar\n"))
			return false;
	}
	return l->at == l->bytes;
}

/* The dictionaries of a Type 0 font with one descendant, as we write them. */
static bool
font_is_ours(const struct pdffile *f, const struct pdfobj *font)
{
	static const char *const type0[] = { "Type", "Subtype", "BaseFont", "Encoding",
		"DescendantFonts", "ToUnicode", NULL };
	static const char *const cid[] = { "Type", "Subtype", "BaseFont", "CIDSystemInfo",
		"FontDescriptor", "DW", "W", "CIDToGIDMap", NULL };
	const struct pdfobj *list = pdfobj_get(f, font, "DescendantFonts");
	if (!pdfobj_members(font, type0) || list == NULL || list->type != PDFOBJ_ARRAY ||
	    list->n_items != 1)
		return false;
	const struct pdfobj *d = pdfobj_follow(f, &list->items[0]);
	return pdfobj_members(d, cid) && pdfobj_is_name(pdfobj_get(f, font, "Type"), "Font") &&
	    pdfobj_is_name(pdfobj_get(f, font, "Subtype"), "Type0") &&
	    pdfobj_is_name(pdfobj_get(f, font, "Encoding"), "Identity-H") &&
	    pdfobj_is_name(pdfobj_get(f, d, "Subtype"), "CIDFontType2") &&
	    pdfobj_is_name(pdfobj_get(f, d, "CIDToGIDMap"), "Identity");
}

/* The font program and the widths: compared, never parsed (server/seal/redraw.h). */
static int
file_find(
    const struct pdffile *f, const struct pdfobj *font, struct pdfread_font *ret, struct err *err)
{
	static const char *const members[] = { "Type", "FontName", "Flags", "FontBBox",
		"ItalicAngle", "Ascent", "Descent", "CapHeight", "StemV", "FontFile2", NULL };
	static const char *const file_members[] = { "Length", "Length1", "Filter?", NULL };
	const struct pdfobj *list = pdfobj_get(f, font, "DescendantFonts");
	const struct pdfobj *d = pdfobj_follow(f, &list->items[0]); /* font_is_ours() */
	const struct pdfobj *descriptor = pdfobj_get(f, d, "FontDescriptor");
	const struct pdfobj *file = pdfobj_get(f, descriptor, "FontFile2");
	int64_t dw = 0;
	ret->widths = pdfobj_get(f, d, "W");
	if (!pdfobj_members(descriptor, members) || !pdfobj_members(file, file_members) ||
	    ret->widths == NULL || ret->widths->type != PDFOBJ_ARRAY ||
	    !pdfobj_int(pdfobj_get(f, d, "DW"), 1000, 1000, &dw))
		return err_raise(err, FAULT_BAD_INPUT, "font's descriptor", 0);
	return err_trace(
	    err, pdfobj_data(f, file, &ret->file, &ret->file_bytes, err), "font program");
}

int
pdfread_font_read(
    const struct pdffile *f, const struct pdfobj *font, struct pdfread_font *ret, struct err *err)
{
	const uint8_t *p = NULL;
	size_t n = 0;
	if (!font_is_ours(f, font))
		return err_raise(err, FAULT_BAD_INPUT, "font", 0);
	int r = pdfobj_data(f, pdfobj_get(f, font, "ToUnicode"), &p, &n, err);
	if (r)
		return err_trace(err, r, "ToUnicode");
	struct pdflex l = { .p = p, .bytes = n };
	if (!literal(&l, map_head) || !blocks_read(&l, f->arena, ret))
		return err_raise(err, FAULT_BAD_INPUT, "ToUnicode map", (long)l.at);
	return file_find(f, font, ret, err);
}
