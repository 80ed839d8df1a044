/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in a certificate beside its pages: nothing but what makes it
 * PDF/A-2b, byte for byte as the renderer writes it, and the title twice.
 */
#include "base/mem.h"
#include "base/text.h"
#include "pki/hash.h"
#include "server/seal/pdfobj.h"
#include "server/seal/pdfread.h"
#include <string.h>

enum { TITLE_MAX_CHARS = 99, ID_BYTES = 16 };

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

/* The one ICC profile: gray, gamma 2.2. */
static const char profile_hash[] =
    "5a0565ccd4d2ec609e909fae9935d3682c712387b4f4a39c6416f8c60d2a3a3b";

static bool
is_text(const struct pdfobj *o, const char *want)
{
	return o != NULL && o->type == PDFOBJ_STRING && o->bytes == strlen(want) &&
	    memcmp(o->text, want, o->bytes) == 0;
}

/* UTF-16BE behind its mark, BMP alone. */
static const char *
title_read(struct arena *a, const struct pdfobj *o)
{
	char utf8[3 * TITLE_MAX_CHARS + 1];
	size_t at = 0;
	if (o == NULL || o->type != PDFOBJ_STRING || o->bytes < 4 || o->bytes % 2 != 0 ||
	    o->bytes > 2 + 2 * TITLE_MAX_CHARS || memcmp(o->text, "\xFE\xFF", 2) != 0)
		return NULL;
	for (size_t i = 2; i < o->bytes; i += 2)
		at += text_utf8_put(
		    (uint32_t)((uint8_t)o->text[i] << 8 | (uint8_t)o->text[i + 1]), utf8 + at);
	if (!text_is_clean_utf8(utf8, at))
		return NULL;
	return arena_strndup(a, utf8, at);
}

static bool
metadata_is(const struct pdffile *f, const struct pdfobj *o, const char *title)
{
	static const char *const members[] = { "Type", "Subtype", "Length", NULL };
	if (!pdfobj_members(o, members) || o->type != PDFOBJ_STREAM ||
	    !pdfobj_is_name(pdfobj_get(f, o, "Type"), "Metadata") ||
	    !pdfobj_is_name(pdfobj_get(f, o, "Subtype"), "XML"))
		return false;
	const char *want = arena_printf(f->arena, "%s%s%s", xmp_head, title, xmp_tail);
	return o->bytes == strlen(want) && memcmp(o->data, want, o->bytes) == 0;
}

static bool
output_intent_is(const struct pdffile *f, const struct pdfobj *list)
{
	static const char *const members[] = { "Type", "S", "OutputConditionIdentifier", "Info",
		"DestOutputProfile", NULL };
	static const char *const profile_members[] = { "N", "Length", NULL };
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];
	int64_t n = 0;
	if (list == NULL || list->type != PDFOBJ_ARRAY || list->n_items != 1)
		return false;
	const struct pdfobj *o = pdfobj_follow(f, &list->items[0]);
	const struct pdfobj *profile = pdfobj_get(f, o, "DestOutputProfile");
	if (!pdfobj_members(o, members) || !pdfobj_members(profile, profile_members) ||
	    profile->type != PDFOBJ_STREAM || !pdfobj_int(pdfobj_get(f, profile, "N"), 1, 1, &n) ||
	    !pdfobj_is_name(pdfobj_get(f, o, "S"), "GTS_PDFA1") ||
	    !is_text(pdfobj_get(f, o, "OutputConditionIdentifier"), "Gray gamma 2.2") ||
	    !is_text(pdfobj_get(f, o, "Info"), "Gray gamma 2.2"))
		return false;
	sha256(profile->data, profile->bytes, hash);
	text_hex_format(hash, sizeof(hash), hex);
	return strcmp(hex, profile_hash) == 0;
}

/* Unscaled, on both sides: a seal must come out at its true size. */
static bool
printing_is(const struct pdffile *f, const struct pdfobj *o)
{
	static const char *const members[] = { "PrintScaling", "Duplex", "PickTrayByPDFSize",
		NULL };
	return pdfobj_members(o, members) &&
	    pdfobj_is_name(pdfobj_get(f, o, "PrintScaling"), "None") &&
	    pdfobj_is_name(pdfobj_get(f, o, "Duplex"), "DuplexFlipLongEdge");
}

static bool
id_is(const struct pdfobj *ids)
{
	if (ids == NULL || ids->type != PDFOBJ_ARRAY || ids->n_items != 2)
		return false;
	const struct pdfobj *a = &ids->items[0], *b = &ids->items[1];
	return a->type == PDFOBJ_STRING && b->type == PDFOBJ_STRING && a->bytes == ID_BYTES &&
	    b->bytes == ID_BYTES && memcmp(a->text, b->text, ID_BYTES) == 0;
}

int
pdfread_meta(
    const struct pdffile *f, const struct pdfobj *root, const char **ret_title, struct err *err)
{
	static const char *const members[] = { "Producer", "Title", NULL };
	const struct pdfobj *info = pdfobj_get(f, &f->trailer, "Info");
	if (!pdfobj_members(info, members) || !is_text(pdfobj_get(f, info, "Producer"), "kofu"))
		return err_raise(err, FAULT_BAD_INPUT, "document information", 0);
	const char *title = title_read(f->arena, pdfobj_get(f, info, "Title"));
	if (title == NULL)
		return err_raise(err, FAULT_BAD_INPUT, "title", 0);
	if (!metadata_is(f, pdfobj_get(f, root, "Metadata"), title))
		return err_raise(err, FAULT_BAD_INPUT, "metadata", 0);
	if (!output_intent_is(f, pdfobj_get(f, root, "OutputIntents")))
		return err_raise(err, FAULT_BAD_INPUT, "output intent", 0);
	if (!printing_is(f, pdfobj_get(f, root, "ViewerPreferences")) ||
	    !is_text(pdfobj_get(f, root, "Lang"), "ja") || !id_is(pdfobj_get(f, &f->trailer, "ID")))
		return err_raise(err, FAULT_BAD_INPUT, "printing, language or ID", 0);
	*ret_title = title;
	return 0;
}
