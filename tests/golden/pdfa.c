/* SPDX-License-Identifier: Apache-2.0 */
#include "pdfa.h"

#include "base/text.h"
#include "server/render/sfnt.h"
#include "server/seal/pdfobj.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_Q = 28, MAX_STRING = 32767, MAX_NAME = 127, MAX_CIDS = 4097 };

struct judge {
	struct pdffile f;
	const uint8_t *p;
	size_t bytes;
	const struct pdfobj *root;
	bool used[MAX_CIDS]; /* CIDs that contents show */
	const char *broken;
};

static void
rule(struct judge *j, bool holds, const char *name)
{
	if (!holds && j->broken == NULL)
		j->broken = name;
}

static bool
is_any(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

/* Members that PDF/A-2 forbids wherever they stand, or that only forbidden things have. */
static const char *const forbidden_keys[] = { "AA", "OpenAction", "JS", "JavaScript", "Encrypt",
	"EmbeddedFiles", "EF", "AcroForm", "XFA", "OCProperties", "Annots", "FFilter",
	"FDecodeParms", "SMask", "BM", "CA", "ca", "Group", "OPI", "Alternates", "PS", "TR", "TR2",
	"HTP", "Perms", "Requirements", "Collection", "PresSteps", "AlternatePresentations", "URI",
	"Launch", NULL };

static void
judge_value(struct judge *j, const struct pdfobj *o, unsigned depth)
{
	if (depth > 10)
		return rule(j, false, "nesting");
	if (o->type == PDFOBJ_NAME)
		rule(j, o->bytes <= MAX_NAME, "6.1.13 length of a name");
	if (o->type == PDFOBJ_STRING)
		rule(j, o->bytes <= MAX_STRING, "6.1.13 length of a string");
	if (o->type == PDFOBJ_NUMBER)
		rule(j, llabs(o->n) / PDFOBJ_SCALE <= 2147483647, "6.1.13 size of a number");
	for (size_t i = 0; i < o->n_items; i++) {
		if (o->keys != NULL && o->type != PDFOBJ_ARRAY)
			rule(j, !is_any(o->keys[i], forbidden_keys), "forbidden member");
		judge_value(j, &o->items[i], depth + 1);
	}
}

/* 6.1.7: as long as it says, a line end before and behind, no outside file. */
static void
judge_stream(struct judge *j, const struct pdfobj *o)
{
	static const uint8_t end[] = "\nendstream";
	const struct pdfobj *filter = pdfobj_get(&j->f, o, "Filter");
	size_t at = (size_t)(o->data - j->p);
	bool crlf = at >= 8 && memcmp(o->data - 8, "stream\r\n", 8) == 0;
	bool lf = at >= 7 && memcmp(o->data - 7, "stream\n", 7) == 0;
	rule(j, crlf || lf, "6.1.7.1 line end behind stream");
	rule(j,
	    j->bytes - at - o->bytes > sizeof(end) &&
		memcmp(o->data + o->bytes, end, sizeof(end) - 1) == 0,
	    "6.1.7.1 line end before endstream, or Length");
	rule(j, pdfobj_get(&j->f, o, "F") == NULL, "6.1.7.1 external stream");
	rule(j, filter == NULL || pdfobj_is_name(filter, "FlateDecode"), "6.1.7.2 filter");
}

static void
judge_image(struct judge *j, const struct pdfobj *o)
{
	const struct pdfobj *i = pdfobj_get(&j->f, o, "Interpolate");
	const struct pdfobj *mask = pdfobj_get(&j->f, o, "ImageMask");
	bool stencil = mask != NULL && mask->type == PDFOBJ_BOOL && mask->n == 1;
	rule(j, i == NULL || (i->type == PDFOBJ_BOOL && i->n == 0), "6.2.8 Interpolate");
	rule(j, stencil || pdfobj_is_name(pdfobj_get(&j->f, o, "ColorSpace"), "DeviceGray"),
	    "6.2.4 colour space that the output intent does not cover");
	rule(j, !stencil || pdfobj_get(&j->f, o, "ColorSpace") == NULL, "colour of a stencil");
}

static void
judge_objects(struct judge *j)
{
	for (unsigned i = 1; i < j->f.n_objects; i++) {
		const struct pdfobj *o = &j->f.objects[i];
		judge_value(j, o, 0);
		if (o->type != PDFOBJ_STREAM)
			continue;
		judge_stream(j, o);
		if (pdfobj_is_name(pdfobj_get(&j->f, o, "Subtype"), "Image"))
			judge_image(j, o);
	}
	judge_value(j, &j->f.trailer, 0);
}

static void
judge_file(struct judge *j)
{
	const struct pdfobj *ids = pdfobj_get(&j->f, &j->f.trailer, "ID");
	unsigned high = 0;
	for (unsigned i = 10; i < 14; i++)
		high += j->p[i] > 127;
	rule(j, memcmp(j->p, "%PDF-1.", 7) == 0 && j->p[7] <= '7', "6.1.2 header");
	rule(j, j->p[8] == '\n' && j->p[9] == '%' && high == 4, "6.1.2 line of high bytes");
	rule(j, ids != NULL && ids->type == PDFOBJ_ARRAY && ids->n_items == 2, "6.1.3 ID");
	size_t end = j->bytes;
	while (end > 0 && (j->p[end - 1] == '\n' || j->p[end - 1] == '\r'))
		end--;
	rule(j, end > 5 && j->bytes - end <= 2 && memcmp(j->p + end - 5, "%%EOF", 5) == 0,
	    "6.1.3 something behind the end");
}

static bool
xmp_has(const struct pdfobj *m, const char *text)
{
	return memmem(m->data, m->bytes, text, strlen(text)) != NULL;
}

/* The text of an Info string: PDFDocEncoding's ASCII, or UTF-16BE of the BMP. */
static const char *
info_text(struct judge *j, const char *key)
{
	const struct pdfobj *o = pdfobj_get(&j->f, pdfobj_get(&j->f, &j->f.trailer, "Info"), key);
	char utf8[400];
	size_t at = 0;
	if (o == NULL || o->bytes > 200)
		return NULL;
	if (o->bytes < 2 || memcmp(o->text, "\xFE\xFF", 2) != 0)
		return arena_strndup(j->f.arena, o->text, o->bytes);
	for (size_t i = 2; i + 1 < o->bytes; i += 2)
		at += text_utf8_put(
		    (uint32_t)((uint8_t)o->text[i] << 8 | (uint8_t)o->text[i + 1]), utf8 + at);
	return arena_strndup(j->f.arena, utf8, at);
}

static void
judge_metadata(struct judge *j)
{
	const struct pdfobj *m = pdfobj_get(&j->f, j->root, "Metadata");
	if (m == NULL || m->type != PDFOBJ_STREAM)
		return rule(j, false, "6.6.2.1 no metadata");
	rule(j, pdfobj_get(&j->f, m, "Filter") == NULL, "metadata that cannot be searched");
	rule(j, text_is_clean_utf8((const char *)m->data, 1) || m->bytes > 0, "6.6.2 empty");
	rule(j, xmp_has(m, "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"),
	    "6.6.2.1 packet header");
	rule(j, !xmp_has(m, "bytes=") && !xmp_has(m, "encoding="), "6.6.2.1 packet attributes");
	rule(j, xmp_has(m, "<pdfaid:part>2</pdfaid:part>"), "6.6.4 part");
	rule(j, xmp_has(m, "<pdfaid:conformance>B</pdfaid:conformance>"), "6.6.4 conformance");
	const char *title = info_text(j, "Title");
	const char *producer = info_text(j, "Producer");
	if (title == NULL || producer == NULL)
		return rule(j, false, "6.1.5 document information");
	rule(j,
	    xmp_has(
		m, arena_printf(j->f.arena, "<rdf:li xml:lang=\"x-default\">%s</rdf:li>", title)),
	    "6.1.5 title");
	rule(j, xmp_has(m, arena_printf(j->f.arena, "<pdf:Producer>%s</pdf:Producer>", producer)),
	    "6.1.5 producer");
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
judge_output_intent(struct judge *j)
{
	const struct pdfobj *list = pdfobj_get(&j->f, j->root, "OutputIntents");
	int64_t n = 0;
	if (list == NULL || list->type != PDFOBJ_ARRAY || list->n_items != 1)
		return rule(j, false, "6.2.3 no output intent");
	const struct pdfobj *o = pdfobj_follow(&j->f, &list->items[0]);
	const struct pdfobj *icc = pdfobj_get(&j->f, o, "DestOutputProfile");
	rule(j, pdfobj_is_name(pdfobj_get(&j->f, o, "S"), "GTS_PDFA1"), "6.2.3 subtype");
	rule(j, pdfobj_get(&j->f, o, "OutputConditionIdentifier") != NULL, "6.2.3 identifier");
	if (icc == NULL || icc->type != PDFOBJ_STREAM || icc->bytes < 132)
		return rule(j, false, "6.2.3 profile");
	rule(j, pdfobj_int(pdfobj_get(&j->f, icc, "N"), 1, 1, &n), "6.2.3 N");
	rule(j, be32(icc->data) == icc->bytes && icc->data[8] < 5, "profile's length or version");
	rule(j, memcmp(icc->data + 12, "mntrGRAY", 8) == 0, "6.2.3 profile's class or space");
	rule(j, memcmp(icc->data + 36, "acsp", 4) == 0, "profile's signature");
	uint32_t tags = be32(icc->data + 128);
	rule(j, tags > 0 && tags < 20, "profile's tags");
	for (uint32_t i = 0; i < tags && j->broken == NULL; i++) {
		const uint8_t *e = icc->data + 132 + 12 * (size_t)i;
		rule(j, 132 + 12 * (size_t)(i + 1) <= icc->bytes, "profile's tag table");
		if (j->broken == NULL)
			rule(j, be32(e + 4) + (uint64_t)be32(e + 8) <= icc->bytes, "profile's tag");
	}
}

/* Operators of a content stream; the only ones it may have here. */
static const char *const operators[] = { "BT", "ET", "Tf", "Td", "Tj", "q", "Q", "cm", "Do", "re",
	"f", "g", "n", "W", "BDC", "EMC", "rg", "gs", "sh", "scn", "cs", NULL };
static const char *const coloured[] = { "rg", "RG", "k", "K", "cs", "CS", "scn", "SCN", "sc", "SC",
	"sh", "gs", "ri", "BI", NULL };

/* Text between < and >: four digits a CID. */
static size_t
judge_hex(struct judge *j, const uint8_t *p, size_t at, size_t bytes, bool text)
{
	unsigned cid = 0, digits = 0;
	for (at++; at < bytes && p[at] != '>'; at++) {
		char c[2] = { (char)p[at], '\0' };
		rule(j, isxdigit(p[at]) != 0, "6.1.6 hexadecimal string");
		cid = (cid << 4 | (unsigned)strtoul(c, NULL, 16)) & 0xFFFF;
		if (++digits % 4 == 0 && text) {
			rule(j, cid != 0, "6.2.11.8 .notdef is shown");
			if (cid < MAX_CIDS)
				j->used[cid] = true;
		}
	}
	rule(j, digits % 2 == 0, "6.1.6 odd number of digits");
	return at + 1;
}

static void
judge_operator(struct judge *j, const char *word, int *depth)
{
	*depth += strcmp(word, "q") == 0;
	*depth -= strcmp(word, "Q") == 0;
	rule(j, *depth >= 0 && *depth <= MAX_Q, "6.1.13 nesting of q");
	rule(j, !is_any(word, coloured), "6.2.4 colour");
	rule(j, is_any(word, operators), "6.2.2 unknown operator");
}

static void
judge_content(struct judge *j, const struct pdfobj *stream)
{
	const uint8_t *p = NULL;
	size_t n = 0;
	int depth = 0;
	struct err err = { 0 };
	if (pdfobj_data(&j->f, stream, &p, &n, &err) != 0)
		return rule(j, false, "content cannot be read");
	for (size_t at = 0; at < n && j->broken == NULL;) {
		if (p[at] == '<' && at + 1 < n && p[at + 1] == '<') {
			at += 2; /* a property list */
		} else if (p[at] == '<') {
			bool property = at >= 12 && memcmp(p + at - 12, "/ActualText ", 12) == 0;
			at = judge_hex(j, p, at, n, !property);
		} else if (isalpha(p[at])) {
			char word[8] = "";
			size_t len = 0;
			while (at < n && isalpha(p[at]) && len < sizeof(word) - 1)
				word[len++] = (char)p[at++];
			judge_operator(j, word, &depth);
		} else if (p[at] == '/') {
			while (at < n && !isspace(p[at]))
				at++;
		} else {
			at++;
		}
	}
	rule(j, depth == 0, "q without Q");
}

static void
judge_pages(struct judge *j)
{
	for (unsigned i = 1; i < j->f.n_objects; i++) {
		const struct pdfobj *o = &j->f.objects[i];
		if (pdfobj_is_name(pdfobj_get(&j->f, o, "Type"), "Page")) {
			rule(j, pdfobj_get(&j->f, o, "Resources") != NULL, "6.2.2 resources");
			judge_content(j, pdfobj_get(&j->f, o, "Contents"));
		}
		if (pdfobj_is_name(pdfobj_get(&j->f, o, "Subtype"), "Form"))
			judge_content(j, o);
	}
}

/* W: c [w ...]; what is not listed is DW. */
static int64_t
width_of(struct judge *j, const struct pdfobj *font, unsigned cid)
{
	const struct pdfobj *w = pdfobj_get(&j->f, font, "W");
	int64_t dw = 1000;
	(void)pdfobj_int(pdfobj_get(&j->f, font, "DW"), 0, 2000, &dw);
	for (size_t i = 0; w != NULL && i + 1 < w->n_items; i += 2) {
		int64_t first = w->items[i].n / PDFOBJ_SCALE;
		const struct pdfobj *run = pdfobj_follow(&j->f, &w->items[i + 1]);
		if (run != NULL && cid >= first && (int64_t)cid - first < (int64_t)run->n_items)
			return run->items[(int64_t)cid - first].n / PDFOBJ_SCALE;
	}
	return dw;
}

/* 6.2.11: embedded, mapped, and as wide as its dictionary says. */
static void
judge_font(struct judge *j, const struct pdfobj *type0)
{
	const struct pdfobj *list = pdfobj_get(&j->f, type0, "DescendantFonts");
	if (list == NULL || list->n_items != 1)
		return rule(j, false, "descendant fonts");
	const struct pdfobj *cid = pdfobj_follow(&j->f, &list->items[0]);
	const struct pdfobj *descriptor = pdfobj_get(&j->f, cid, "FontDescriptor");
	const struct pdfobj *file = pdfobj_get(&j->f, descriptor, "FontFile2");
	struct err err = { 0 };
	struct sfnt f;
	const uint8_t *p = NULL;
	size_t n = 0;
	int64_t length1 = 0;
	rule(j, pdfobj_get(&j->f, type0, "ToUnicode") != NULL, "no ToUnicode");
	rule(j, pdfobj_is_name(pdfobj_get(&j->f, type0, "Encoding"), "Identity-H"), "6.2.11.3.3");
	rule(j, pdfobj_get(&j->f, cid, "CIDToGIDMap") != NULL, "6.2.11.3.2 CIDToGIDMap");
	rule(j, pdfobj_get(&j->f, descriptor, "CIDSet") == NULL, "6.2.11.4.2 CIDSet");
	if (file == NULL || pdfobj_data(&j->f, file, &p, &n, &err) != 0)
		return rule(j, false, "6.2.11.4.1 font is not embedded");
	rule(j,
	    pdfobj_int(pdfobj_get(&j->f, file, "Length1"), 0, 1 << 26, &length1) &&
		(size_t)length1 == n,
	    "Length1");
	if (sfnt_open_bare(p, n, &f, &err) != 0)
		return rule(j, false, "embedded font cannot be read");
	for (unsigned c = 1; c < MAX_CIDS; c++) {
		if (!j->used[c])
			continue;
		if (c >= f.n_glyphs)
			return rule(j, false, "6.2.11.4.1 glyph is not embedded");
		int64_t want = (sfnt_advance(&f, c) * 1000 + f.units_per_em / 2) / f.units_per_em;
		rule(j, llabs(width_of(j, cid, c) - want) <= 1, "6.2.11.5 width");
	}
}

const char *
pdfa_judge(struct arena *a, const uint8_t *p, size_t bytes)
{
	struct err err = { 0 };
	struct judge *j = arena_zero(a, sizeof(*j));
	unsigned fonts = 0;
	j->p = p;
	j->bytes = bytes;
	if (bytes < 100 || pdffile_read(a, p, bytes, &j->f, &err) != 0)
		return "not a file of objects";
	j->root = pdfobj_get(&j->f, &j->f.trailer, "Root");
	judge_file(j);
	judge_objects(j);
	judge_metadata(j);
	judge_output_intent(j);
	judge_pages(j);
	for (unsigned i = 1; i < j->f.n_objects; i++)
		if (pdfobj_is_name(pdfobj_get(&j->f, &j->f.objects[i], "Subtype"), "Type0")) {
			judge_font(j, &j->f.objects[i]);
			fonts++;
		}
	rule(j, fonts == 1, "number of fonts");
	return j->broken;
}
