/* SPDX-License-Identifier: Apache-2.0 */
#include "pdf_meta.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

enum { XMP_MAX_BYTES = 4096, ICC_MAX_BYTES = 1024, ICC_TAGS = 4, ICC_TAGS_AT = 128 };

/* ISO 16684-1; the part and the level of PDF/A: ISO 19005-2 6.6.4. */
static const char xmp_head[] =
    "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
    "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"
    " xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\""
    " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n"
    "<pdfaid:part>2</pdfaid:part>\n"
    "<pdfaid:conformance>B</pdfaid:conformance>\n"
    "<pdf:Producer>kofu</pdf:Producer>\n"
    "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">";
static const char xmp_tail[] = "</rdf:li></rdf:Alt></dc:title>\n"
			       "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n"
			       "<?xpacket end=\"r\"?>";

static void
set_metadata(struct pdf *p, const char *title)
{
	struct buf b;
	buf_init(&b, XMP_MAX_BYTES);
	buf_text(&b, xmp_head);
	buf_text(&b, title);
	buf_text(&b, xmp_tail);
	p->failed = p->failed || !buf_ok(&b) || strpbrk(title, "<>&\"'") != NULL;
	HPDF_Dict d = pdf_stream_raw(p, b.p, b.bytes); /* plain: for whoever only searches it */
	buf_done(&b);
	pdf_set_name(p, d, "Type", "Metadata");
	pdf_set_name(p, d, "Subtype", "XML");
	if (!p->failed)
		pdf_set(p, p->doc->catalog, "Metadata", d);
}

static void
put_zeros(struct buf *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_u8(b, 0);
}

/* ICC.1:2001-04 6.1: gray, for displays and printers of one ink, nothing of a device. */
static void
put_icc_header(struct buf *b, uint32_t bytes)
{
	buf_u32(b, bytes);
	put_zeros(b, 4);
	buf_u32(b, 0x02100000);
	buf_text(b, "mntrGRAYXYZ ");
	static const uint16_t made_at[] = { 2026, 1, 1, 0, 0, 0 };
	for (unsigned i = 0; i < N_ELEMENTS(made_at); i++)
		buf_u16(b, made_at[i]);
	buf_text(b, "acsp");
	put_zeros(b, 28);
	buf_u32(b, 0xF6D6); /* D50 */
	buf_u32(b, 0x10000);
	buf_u32(b, 0xD32D);
	put_zeros(b, 48);
}

static void
put_icc_tags(struct buf *b)
{
	static const char name[] = "Gray gamma 2.2";
	static const char rights[] = "No rights reserved";
	static const struct {
		char tag[5];
		uint32_t bytes;
	} tags[ICC_TAGS] = { { "desc", 12 + sizeof(name) + 78 }, { "cprt", 8 + sizeof(rights) },
		{ "wtpt", 20 }, { "kTRC", 14 } };
	uint32_t at = ICC_TAGS_AT + 4 + 12 * ICC_TAGS;
	buf_u32(b, ICC_TAGS);
	for (unsigned i = 0; i < ICC_TAGS; i++) {
		buf_text(b, tags[i].tag);
		buf_u32(b, at);
		buf_u32(b, tags[i].bytes);
		at += (tags[i].bytes + 3) & ~3U;
	}
	buf_put(b, "desc\0\0\0\0", 8);
	buf_u32(b, sizeof(name));
	buf_put(b, name, sizeof(name));
	put_zeros(b, 78); /* neither Unicode nor Macintosh text */
	put_zeros(b, (unsigned)-b->bytes % 4);
	buf_put(b, "text\0\0\0\0", 8);
	buf_put(b, rights, sizeof(rights));
	put_zeros(b, (unsigned)-b->bytes % 4);
	buf_put(b, "XYZ \0\0\0\0\0\0\xF6\xD6\0\1\0\0\0\0\xD3\x2D", 20);
	buf_put(b, "curv\0\0\0\0\0\0\0\1\x02\x33", 14);
	put_zeros(b, (unsigned)-b->bytes % 4);
}

static HPDF_Dict
icc_profile(struct pdf *p)
{
	struct buf tags, b;
	buf_init(&tags, ICC_MAX_BYTES);
	buf_init(&b, ICC_MAX_BYTES);
	/* Behind a header's room, so that it is padded as it stands in the profile. */
	put_icc_tags(&tags);
	put_icc_header(&b, (uint32_t)(ICC_TAGS_AT + tags.bytes));
	buf_put(&b, tags.p, tags.bytes);
	p->failed = p->failed || !buf_ok(&b);
	HPDF_Dict d = pdf_stream_raw(p, b.p, b.bytes);
	pdf_set_int(p, d, "N", 1);
	buf_done(&tags);
	buf_done(&b);
	return d;
}

/* ISO 19005-2 6.2.3: what "gray" and "black" mean. */
static void
set_output_intent(struct pdf *p)
{
	HPDF_Array list = pdf_array(p);
	HPDF_Dict d = pdf_dict(p);
	pdf_set_name(p, d, "Type", "OutputIntent");
	pdf_set_name(p, d, "S", "GTS_PDFA1");
	pdf_set_ascii(p, d, "OutputConditionIdentifier", "Gray gamma 2.2");
	pdf_set_ascii(p, d, "Info", "Gray gamma 2.2");
	pdf_set(p, d, "DestOutputProfile", icc_profile(p));
	pdf_push(p, list, d);
	if (!p->failed)
		pdf_set(p, p->doc->catalog, "OutputIntents", list);
}

/* As UTF-16BE; PDF 32000 7.9.2.2. */
static void
set_info(struct pdf *p, const char *title)
{
	uint8_t b[2 + 2 * PDF_META_TITLE_MAX_CHARS] = { 0xFE, 0xFF };
	size_t bytes = strlen(title);
	size_t n = 2;
	while (bytes > 0) {
		int32_t cp = text_utf8_next(&title, &bytes);
		if (cp < 0 || cp > 0xFFFF || n == sizeof(b)) {
			p->failed = true; /* titles are ours */
			return;
		}
		b[n++] = (uint8_t)(cp >> 8);
		b[n++] = (uint8_t)cp;
	}
	if (p->failed)
		return;
	pdf_set_ascii(p, p->doc->info, "Producer", "kofu");
	pdf_set_bytes(p, p->doc->info, "Title", b, n);
}

void
pdf_meta_set(struct pdf *p, const char *title, const uint8_t id[PDF_META_ID_BYTES])
{
	HPDF_Dict view = pdf_dict(p);
	HPDF_Array ids = pdf_array(p);
	pdf_set_name(p, view, "PrintScaling", "None");
	pdf_set_name(p, view, "Duplex", "DuplexFlipLongEdge");
	pdf_set_bool(p, view, "PickTrayByPDFSize", true);
	if (p->failed)
		return;
	pdf_set(p, p->doc->catalog, "ViewerPreferences", view);
	pdf_set_ascii(p, p->doc->catalog, "Lang", "ja");
	set_info(p, title);
	set_metadata(p, title);
	set_output_intent(p);
	pdf_push_bytes(p, ids, id, PDF_META_ID_BYTES);
	pdf_push_bytes(p, ids, id, PDF_META_ID_BYTES);
	pdf_set(p, p->doc->trailer, "ID", ids);
	p->doc->pdf_version = HPDF_VER_17;
}
