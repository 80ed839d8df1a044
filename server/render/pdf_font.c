/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_font.h"

#include "base/bytes.h"

enum { CMAP_MAX_BYTES = 1 << 20, BFCHAR_MAX = 100 /* entries of one block, PDF 32000 9.10.3 */ };

/* "ABCDEF+KofuMincho": the tag follows from the font's bytes. */
static const char *
font_name(struct arena *a, const uint8_t hash[SHA256_BYTES])
{
	char tag[7] = "";
	for (unsigned i = 0; i < 6; i++)
		tag[i] = (char)('A' + hash[i] % 26);
	return arena_printf(a, "%s+KofuMincho", tag);
}

static int
per_mille(const struct sfnt *f, int v)
{
	return v * 1000 / f->units_per_em;
}

static HPDF_Dict
font_descriptor(struct pdf *p, const struct sfnt *f, const char *name, HPDF_Dict file)
{
	HPDF_Dict d = pdf_dict_indirect(p);
	int box[4];
	for (unsigned i = 0; i < 4; i++)
		box[i] = per_mille(f, f->bbox[i]);
	pdf_set_name(p, d, "Type", "FontDescriptor");
	pdf_set_name(p, d, "FontName", name);
	pdf_set_int(p, d, "Flags", 4); /* symbolic: its own glyph numbers */
	pdf_set_ints(p, d, "FontBBox", box, 4);
	pdf_set_int(p, d, "ItalicAngle", 0);
	pdf_set_int(p, d, "Ascent", per_mille(f, f->ascent));
	pdf_set_int(p, d, "Descent", per_mille(f, f->descent));
	pdf_set_int(p, d, "CapHeight", per_mille(f, f->ascent));
	pdf_set_int(p, d, "StemV", 80);
	pdf_set(p, d, "FontFile2", file);
	return d;
}

/* Widths other than the default 1000, in runs: first [w w w] first [w] ... */
static HPDF_Array
font_widths(struct pdf *p, const struct subset *s)
{
	HPDF_Array all = pdf_array(p);
	HPDF_Array run = NULL;
	for (unsigned i = 1; i < s->n; i++) {
		unsigned w = subset_advance_1000(s->slots[i].font, s->slots[i].gid);
		if (w == 1000) {
			run = NULL;
			continue;
		}
		if (run == NULL) {
			run = pdf_array(p);
			pdf_push_int(p, all, (int)i);
			pdf_push(p, all, run);
		}
		pdf_push_int(p, run, (int)w);
	}
	return all;
}

static void
put_hex4(struct buf *b, unsigned v)
{
	static const char hex[] = "0123456789ABCDEF";
	const char s[4] = { hex[v >> 12 & 15], hex[v >> 8 & 15], hex[v >> 4 & 15], hex[v & 15] };
	buf_put(b, s, sizeof(s));
}

static void
put_bfchar(struct buf *b, unsigned cid, const struct subset_slot *slot)
{
	buf_text(b, "<");
	put_hex4(b, cid);
	buf_text(b, "> <");
	for (unsigned k = 0; k < slot->n_text; k++)
		put_hex4(b, slot->text[k]);
	buf_text(b, ">\n");
}

static void
put_to_unicode(struct buf *b, const struct subset *s)
{
	unsigned left = 0;
	for (unsigned i = 1; i < s->n; i++)
		left += s->slots[i].n_text != 0;
	buf_text(b,
	    "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
	    "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
	    "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
	    "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
	for (unsigned i = 1, in_block = 0; left > 0; i++) {
		if (s->slots[i].n_text == 0)
			continue;
		if (in_block == 0) {
			in_block = left < BFCHAR_MAX ? left : BFCHAR_MAX;
			buf_printf(b, "%u beginbfchar\n", in_block);
		}
		put_bfchar(b, i, &s->slots[i]);
		left--;
		if (--in_block == 0)
			buf_text(b, "endbfchar\n");
	}
	buf_text(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
}

static HPDF_Dict
font_to_unicode(struct pdf *p, const struct subset *s, uint8_t hash[SHA256_BYTES])
{
	struct buf b;
	buf_init(&b, CMAP_MAX_BYTES);
	put_to_unicode(&b, s);
	p->failed = p->failed || !buf_ok(&b);
	const struct sha256_part parts[] = { { hash, SHA256_BYTES }, { b.p, b.bytes } };
	sha256_parts(parts, N_ELEMENTS(parts), hash);
	HPDF_Dict d = pdf_stream(p, b.p, b.bytes);
	buf_done(&b);
	return d;
}

static HPDF_Dict
font_descendant(struct pdf *p, const struct subset *s, const char *name, HPDF_Dict descriptor)
{
	HPDF_Dict d = pdf_dict_indirect(p);
	HPDF_Dict system = pdf_dict(p);
	pdf_set_ascii(p, system, "Registry", "Adobe");
	pdf_set_ascii(p, system, "Ordering", "Identity");
	pdf_set_int(p, system, "Supplement", 0);
	pdf_set_name(p, d, "Type", "Font");
	pdf_set_name(p, d, "Subtype", "CIDFontType2");
	pdf_set_name(p, d, "BaseFont", name);
	pdf_set(p, d, "CIDSystemInfo", system);
	pdf_set(p, d, "FontDescriptor", descriptor);
	pdf_set_int(p, d, "DW", 1000);
	pdf_set(p, d, "W", font_widths(p, s));
	pdf_set_name(p, d, "CIDToGIDMap", "Identity");
	return d;
}

int
pdf_font_add(struct arena *a, struct pdf *p, struct subset *s, HPDF_Dict *ret,
    uint8_t ret_hash[SHA256_BYTES], struct err *err)
{
	struct subset_font font;
	int r = subset_write(a, s, &font, err);
	if (r)
		return err_trace(err, r, "font");
	/* Not deflated: that takes a third of a page's time for a quarter of the outlines' size. */
	HPDF_Dict file = pdf_stream_kept(p, font.p, font.bytes);
	sha256(font.p, font.bytes, ret_hash);
	pdf_set_int(p, file, "Length1", (int)font.bytes);
	const char *name = font_name(a, ret_hash);
	HPDF_Dict descriptor = font_descriptor(p, s->slots[1].font, name, file);
	HPDF_Array descendants = pdf_array(p);
	HPDF_Dict d = pdf_dict_indirect(p);
	pdf_push(p, descendants, font_descendant(p, s, name, descriptor));
	pdf_set_name(p, d, "Type", "Font");
	pdf_set_name(p, d, "Subtype", "Type0");
	pdf_set_name(p, d, "BaseFont", name);
	pdf_set_name(p, d, "Encoding", "Identity-H");
	pdf_set(p, d, "DescendantFonts", descendants);
	pdf_set(p, d, "ToUnicode", font_to_unicode(p, s, ret_hash));
	*ret = d;
	return 0;
}
