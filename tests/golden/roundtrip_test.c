/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every page of every kind and form: printed by poppler, its back read, opened
 * and decoded, must give the front's raster bit for bit; and the QR codes of
 * scanned fronts must be read by ZBar and ZXing. Prints what each page takes.
 * Usage: roundtrip-test MANIFEST (fonts)
 */
#include "tests/unit/unit.h"

#include "backside/bilevel.h"
#include "backside/code.h"
#include "backside/envelope.h"
#include "backside/generic.h"
#include "backside/payload.h"
#include "base/mem.h"
#include "center/inquiry/qr.h"
#include "pages.h"
#include "sample.h"
#include "server/render/bilevel.h"
#include "server/render/qr.h"
#include "server/seal/drawn.h"
#include "tests/world/scansim/scansim.h"
#include "zxing.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 30, TEXT_BYTES = 400, SCAN_DPI = 300 };
static const char *manifest;

struct bench {
	struct render_fonts *fonts;
	struct drawn_glyphs *glyphs;
	struct key *inquiry, *muni;
};

/* The form of the 所得・課税証明書, which no kind has yet. */
#define FORM_OF_NO_KIND ((enum doc_kind)0)

static const struct {
	const char *name;
	enum doc_kind kind;
	enum profile_form form;
	unsigned n;
	const struct resident *one;
} papers[] = {
	{ "juminhyo renki, 1 person", DOC_JUMINHYO, PROFILE_RENKI, 1, NULL },
	{ "juminhyo renki, 4 persons", DOC_JUMINHYO, PROFILE_RENKI, 4, NULL },
	{ "juminhyo renki, 6 persons", DOC_JUMINHYO, PROFILE_RENKI, 6, NULL },
	{ "juminhyo renki, longest texts", DOC_JUMINHYO, PROFILE_RENKI, 1, &sample_long },
	{ "juminhyo kojin, 6 persons", DOC_JUMINHYO, PROFILE_KOJIN, 6, NULL },
	{ "juminhyo kojin, longest texts", DOC_JUMINHYO, PROFILE_KOJIN, 1, &sample_long },
	{ "kisai renki, 4 persons", DOC_KISAI, PROFILE_RENKI, 4, NULL },
	{ "kisai renki, 6 persons", DOC_KISAI, PROFILE_RENKI, 6, NULL },
	{ "kisai kojin, longest texts", DOC_KISAI, PROFILE_KOJIN, 1, &sample_long },
	{ "kisai kojin, 1 person", DOC_KISAI, PROFILE_KOJIN, 1, NULL },
	{ "inkan", DOC_INKAN, PROFILE_RENKI, 1, NULL },
	{ "inkan, longest texts", DOC_INKAN, PROFILE_RENKI, 1, &sample_long },
	{ "kazei", FORM_OF_NO_KIND, PROFILE_KOJIN, 1, NULL },
};

static int
setup(void **state)
{
	struct bench *b = mem_zero(sizeof(*b));
	struct err err = { 0 };
	if (!pages_init() || render_fonts_open(manifest, &b->fonts, &err))
		return -1;
	b->inquiry = key_generate();
	b->muni = key_generate();
	b->glyphs = drawn_glyphs_new();
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;
	pages_done();
	drawn_glyphs_free(b->glyphs);
	render_fonts_free(b->fonts);
	key_free(b->inquiry);
	key_free(b->muni);
	mem_free(b);
	return 0;
}

/* Pixel by pixel, as the first version of the coding had it. */
static size_t
plain_bytes(const struct bilevel *front)
{
	struct mq_encoder e;
	struct buf b;
	buf_init(&b, BILEVEL_MAX_CODED_BYTES);
	mq_encoder_init(&e, &b);
	generic_encode(&e, front);
	mq_encoder_finish(&e);
	size_t bytes = b.bytes + BILEVEL_HEAD_BYTES;
	buf_done(&b);
	return bytes;
}

/* The record of a page, as kofu-seal makes it, appended to @out. */
static void
make_record(struct bench *b, const struct render_input *in, const struct render_doc *doc,
    unsigned page, struct buf *out, size_t *ret_raster_bytes)
{
	struct payload_field fields[RENDER_MAX_FIELDS];
	struct err err = { 0 };
	struct buf raster;
	struct payload p = { .page = page + 1,
		.pages = doc->n_pages,
		.issue_number = in->issue_number,
		.kind = in->kind == FORM_OF_NO_KIND ? PAYLOAD_MAX_KIND : in->kind,
		.registered_at_ms = 1795190400000,
		.history = 3,
		.fields = fields };
	for (unsigned i = 0; i < doc->n_fields; i++) {
		const struct render_field *f = &doc->fields[i];
		if (f->page == page)
			fields[p.n_fields++] =
			    (struct payload_field){ f->key, f->value, { f->x, f->y, f->w, f->h } };
	}
	buf_init(&raster, BILEVEL_MAX_CODED_BYTES);
	assert_int_equal(
	    drawn_encode(b->glyphs, b->fonts, doc->pages[page].drawn, NULL, &raster, &err), 0);
	p.raster = raster.p;
	p.raster_bytes = *ret_raster_bytes = raster.bytes;
	assert_int_equal(payload_encode(&p, out, &err), 0);
	buf_done(&raster);
}

/* As who does not know how the page was drawn codes it. */
static size_t
found_bytes(const struct bilevel *front)
{
	struct buf b;
	struct err err = { 0 };
	buf_init(&b, BILEVEL_MAX_CODED_BYTES);
	assert_int_equal(bilevel_encode(front, &b, &err), 0);
	size_t bytes = b.bytes;
	buf_done(&b);
	return bytes;
}

static void
make_back(struct bench *b, const struct render_input *in, const struct buf *record, uint8_t *back,
    size_t *ret_bytes)
{
	struct err err = { 0 };
	struct buf sealed;
	struct envelope_seal s = { .muni = in->profile->muni,
		.issued_at_ms = 1795190400000,
		.front_code = in->front_code,
		.signer = key_as_signer(b->muni) };
	key_public(b->inquiry, &s.recipient);
	buf_init(&sealed, ENVELOPE_MAX_BYTES);
	assert_int_equal(envelope_seal(&s, record->p, record->bytes, &sealed, &err), 0);
	assert_int_equal(backside_encode(sealed.p, sealed.bytes, back, &err), 0);
	*ret_bytes = sealed.bytes;
	buf_done(&sealed);
}

/* Reads the back of the file's page again, through poppler. */
static void
assert_back_gives(struct bench *b, struct arena *a, const struct render_input *in,
    const struct render_doc *doc, unsigned page)
{
	struct envelope_keys k = { .front_code = in->front_code,
		.recipient = key_as_agreer(b->inquiry) };
	struct backside_info info;
	struct err err = { 0 };
	struct payload p;
	struct bilevel front;
	uint8_t *sealed = NULL, *record = NULL;
	size_t bytes = 0;
	struct bitmap scan = pages_poppler(a, 2 * page + 2, SCAN_DPI);
	uint8_t *grey = arena_zero(a, (size_t)scan.w * scan.h);
	for (unsigned y = 0; y < scan.h; y++)
		for (unsigned x = 0; x < scan.w; x++)
			grey[(size_t)y * scan.w + x] = bitmap_ink(&scan, (int)x, (int)y) ? 0 : 255;
	const struct backside_grey g = { grey, scan.w, scan.h, scan.w };
	key_public(b->muni, &k.signer);
	assert_int_equal(backside_decode(&g, a, &sealed, &bytes, &info, &err), 0);
	assert_int_equal(envelope_open(a, sealed, bytes, &k, &record, &bytes, &err), 0);
	assert_int_equal(payload_parse(a, record, bytes, &p, &err), 0);
	assert_int_equal(p.page, page + 1);
	assert_int_equal(p.pages, doc->n_pages);
	assert_int_equal(bilevel_decode(a, p.raster, p.raster_bytes, &front, &err), 0);
	assert_int_equal(front.stride_bytes, RENDER_ROW_BYTES);
	assert_memory_equal(front.p, sample_raster(a, b->fonts, doc, page), RENDER_RASTER_BYTES);
}

static void
round_trip(struct bench *b, size_t row)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct render_input in = papers[row].kind == FORM_OF_NO_KIND
	    ? sample_kazei(a)
	    : sample_input(a, papers[row].kind, papers[row].form, papers[row].n);
	struct render_doc doc = { 0 };
	struct err err = { 0 };
	if (papers[row].one != NULL)
		in.persons = &papers[row].one;
	assert_int_equal(render_doc(a, b->fonts, &in, &doc, &err), 0);
	uint8_t *pdf = arena_memdup(a, doc.pdf, doc.pdf_bytes);
	for (unsigned i = 0; i < doc.n_pages; i++) {
		const struct bilevel front = { sample_raster(a, b->fonts, &doc, i), RENDER_W,
			RENDER_H, RENDER_ROW_BYTES };
		struct buf record;
		size_t raster_bytes = 0, sealed_bytes = 0;
		buf_init(&record, PAYLOAD_MAX_BYTES);
		make_record(b, &in, &doc, i, &record, &raster_bytes);
		make_back(b, &in, &record, pdf + doc.pages[i].back_at, &sealed_bytes);
		print_message("# %-30s %u/%u  pixel by pixel %5zu, by its marks %5zu, drawn "
			      "%5zu, record %5zu, sealed %5zu bytes\n",
		    papers[row].name, i + 1, doc.n_pages, plain_bytes(&front), found_bytes(&front),
		    raster_bytes, record.bytes, sealed_bytes);
		/* Rate 1/4: a page may lose more than half of its back. An address of 300
		   characters costs it a tenth of that. */
		enum backside_rate least =
		    papers[row].one != NULL ? BACKSIDE_RATE_1_3 : BACKSIDE_RATE_1_4;
		assert_true(sealed_bytes <= backside_rate_max_bytes(least));
		buf_done(&record);
	}
	pages_write(a, pdf, doc.pdf_bytes);
	for (unsigned i = 0; i < doc.n_pages; i++)
		assert_back_gives(b, a, &in, &doc, i);
}

static void
every_page_of_every_kind_and_form_comes_back_bit_for_bit(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(papers); i++)
		round_trip(*state, i);
}

/* A scan of the first front. */
static struct scansim_scan
scan_front(const uint8_t *front, const char *how)
{
	struct scansim_profile p;
	struct scansim_scan s;
	uint8_t *dots = mem_zero_n(SCANSIM_W, SCANSIM_H);
	scansim_profile_init(&p);
	assert_true(scansim_profile_set(&p, how));
	for (size_t y = 0; y < 2 * (size_t)RENDER_H; y++)
		for (size_t x = 0; x < 2 * (size_t)RENDER_W; x++)
			dots[y * SCANSIM_W + x] =
			    front_ink(front, (unsigned)(x / 2), (unsigned)(y / 2));
	scansim_run(dots, &p, 1, &s);
	mem_free(dots);
	return s;
}

static void
zbar_and_zxing_read_the_code_of_scanned_fronts(void **state)
{
	static const char *const scans[] = { "dpi=300 angle=0", "dpi=300 angle=3.5",
		"dpi=200 angle=-2.5 jpeg=70", "dpi=200 angle=6" };
	static const enum doc_kind kinds[] = { DOC_JUMINHYO, DOC_INKAN };
	struct bench *b = *state;
	for (size_t i = 0; i < N_ELEMENTS(kinds) * N_ELEMENTS(scans); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		struct render_input in =
		    sample_input(a, kinds[i % N_ELEMENTS(kinds)], PROFILE_RENKI, 1);
		struct render_doc doc = { 0 };
		struct err err = { 0 };
		char text[TEXT_BYTES] = "";
		assert_int_equal(render_doc(a, b->fonts, &in, &doc, &err), 0);
		const char *want =
		    qr_content(a, in.profile->inquiry_url, in.issue_number, in.front_code);
		struct scansim_scan s =
		    scan_front(sample_raster(a, b->fonts, &doc, 0), scans[i / N_ELEMENTS(kinds)]);
		const struct scan_image image = {
			.p = s.p, .w = (unsigned)s.w, .h = (unsigned)s.h, .stride = (unsigned)s.w
		};
		const char *zbar = qr_find(a, &image);
		if (zbar == NULL)
			fail_msg("ZBar, %s", scans[i / N_ELEMENTS(kinds)]);
		assert_string_equal(zbar, want);
		assert_string_equal(qr_front_code(zbar), in.front_code);
		assert_true(zxing_read(s.p, (unsigned)s.w, (unsigned)s.h, text, sizeof(text)));
		assert_string_equal(text, want);
		mem_free(s.p);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_of_every_kind_and_form_comes_back_bit_for_bit),
		cmocka_unit_test(zbar_and_zxing_read_the_code_of_scanned_fronts),
	};
	if (argc != 2) {
		fprintf(stderr, "usage: roundtrip-test MANIFEST\n");
		return 2;
	}
	manifest = argv[1];
	return cmocka_run_group_tests_name("roundtrip", tests, setup, teardown);
}
