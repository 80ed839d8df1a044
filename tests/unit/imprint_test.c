/* SPDX-License-Identifier: Apache-2.0 */
/* What a municipality prints of itself: its bytes, its seal, and the 公印 as it is uploaded. */
#include "unit.h"

#include "base/mem.h"
#include "domain/imprint.h"
#include "paper_help.h"
#include "server/issue/koin_png.h"
#include "server/render/form.h"
#include "server/seal/pdfread.h"
#include <png.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct profile profile;
static struct vault vault;

static int
up(void **state)
{
	static const uint8_t dek[32] = { 7 };
	(void)state;
	arena = arena_new(256 << 20);
	paper_profile(arena, PROFILE_RENKI, &profile);
	vault_init(&vault, profile.muni, dek);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	vault_done(&vault);
	arena_free(arena);
	return 0;
}

static struct imprint
good(void)
{
	struct imprint m;
	imprint_of_profile(&profile, &m);
	return m;
}

static struct buf
encoded(const struct imprint *m)
{
	struct buf b;
	buf_init(&b, 2 * IMPRINT_MAX_BYTES);
	imprint_encode(m, &b);
	assert_true(buf_ok(&b));
	return b;
}

static int
comes_back(const struct imprint *m)
{
	struct err err = { 0 };
	struct imprint back;
	struct buf b = encoded(m);
	int r = imprint_decode(arena, b.p, b.bytes, &back, &err);
	if (r == 0) {
		struct buf again = encoded(&back);
		assert_int_equal(again.bytes, b.bytes);
		assert_memory_equal(again.p, b.p, b.bytes);
		buf_done(&again);
	}
	buf_done(&b);
	return r;
}

static void
a_version_comes_back_as_it_was_and_no_part_of_it_does(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct imprint m = good(), back;
	m.dairi = "見本　副";
	m.dairi_from = (struct civil_date){ 2026, 12, 1 };
	m.dairi_to = (struct civil_date){ 2027, 1, 31 };
	assert_int_equal(comes_back(&m), 0);
	struct buf b = encoded(&m);
	for (size_t n = 0; n < b.bytes; n += n < 400 || n + 400 > b.bytes ? 1 : 997) {
		AUTO(arena) struct arena *a = arena_new(1 << 20);
		assert_int_equal(imprint_decode(a, b.p, n, &back, &err), FAULT_BAD_INPUT);
	}
	buf_u8(&b, 0);
	assert_int_equal(imprint_decode(arena, b.p, b.bytes, &back, &err), FAULT_BAD_INPUT);
	b.p[3] ^= 1;
	assert_int_equal(imprint_decode(arena, b.p, b.bytes - 1, &back, &err), FAULT_BAD_INPUT);
	buf_done(&b);
}

static const char *
times(const char *s, unsigned n)
{
	struct buf b;
	buf_init(&b, 4096);
	for (unsigned i = 0; i < n; i++)
		buf_text(&b, s);
	const char *text = arena_strndup(arena, (const char *)b.p, b.bytes);
	buf_done(&b);
	return text;
}

static void
texts_are_taken_at_their_limit_and_refused_one_past_it(void **state)
{
	(void)state;
	static const struct {
		const char *unit;
		unsigned n;
		size_t max;
		bool want;
	} t[] = {
		{ "見", 40, IMPRINT_NAME_BYTES, true },
		{ "見", 41, IMPRINT_NAME_BYTES, false },
		{ "a", 60, IMPRINT_TITLE_BYTES, true },
		{ "a", 61, IMPRINT_TITLE_BYTES, false },
		{ "証", 200, IMPRINT_NINSHO_BYTES, true },
		{ "証", 201, IMPRINT_NINSHO_BYTES, false },
		{ "", 0, IMPRINT_NAME_BYTES, false },
		{ " a", 1, IMPRINT_NAME_BYTES, false },
		{ "a ", 1, IMPRINT_NAME_BYTES, false },
		{ "　見", 1, IMPRINT_NAME_BYTES, false },
		{ "見　", 1, IMPRINT_NAME_BYTES, false },
		{ "見　本", 1, IMPRINT_NAME_BYTES, true },
		{ "見\n本", 1, IMPRINT_NAME_BYTES, false },
		{ "\xE8\xA6", 1, IMPRINT_NAME_BYTES, false },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		assert_int_equal(
		    imprint_text_is_good(times(t[i].unit, t[i].n), t[i].max), t[i].want);
	struct imprint m = good();
	m.mayor = times("見", 41);
	assert_int_equal(comes_back(&m), FAULT_BAD_INPUT);
	m = good();
	m.kinds[DOC_INKAN].ninsho_part = times("証", 201);
	assert_int_equal(comes_back(&m), FAULT_BAD_INPUT);
}

static void
versions_that_no_page_makes_are_refused(void **state)
{
	(void)state;
	struct imprint m = good();
	m.form = (enum profile_form)3;
	assert_int_equal(comes_back(&m), FAULT_BAD_INPUT);
	static const struct {
		struct civil_date from, to;
		int want;
	} t[] = {
		{ { 2026, 12, 1 }, { 2026, 12, 1 }, 0 },
		{ { 2026, 12, 2 }, { 2026, 12, 1 }, FAULT_BAD_INPUT },
		{ { 2026, 2, 29 }, { 2026, 12, 1 }, FAULT_BAD_INPUT },
		{ { 2018, 12, 31 }, { 2026, 12, 1 }, FAULT_BAD_INPUT },
		{ { 2026, 12, 1 }, { 2026, 13, 1 }, FAULT_BAD_INPUT },
	};
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		m = good();
		m.dairi = "見本　副";
		m.dairi_from = t[i].from;
		m.dairi_to = t[i].to;
		assert_int_equal(comes_back(&m), t[i].want);
	}
	static const uint16_t sizes[] = { IMPRINT_KOIN_MIN_PX - 1, IMPRINT_KOIN_MIN_PX,
		IMPRINT_KOIN_MAX_PX, IMPRINT_KOIN_MAX_PX + 1 };
	for (size_t i = 0; i < N_ELEMENTS(sizes); i++) {
		m = good();
		m.koin_width_px = m.koin_height_px = sizes[i];
		m.koin_bits = arena_zero(arena, (size_t)80 * 600);
		assert_int_equal(comes_back(&m), i == 1 || i == 2 ? 0 : FAULT_BAD_INPUT);
	}
	m = good();
	for (unsigned k = 1; k <= DOC_KIND_MAX; k++)
		m.kinds[k].ninsho_all = NULL;
	assert_int_equal(comes_back(&m), FAULT_BAD_INPUT);
}

static void
the_whole_of_a_version_is_what_prints(void **state)
{
	(void)state;
	struct imprint m = good();
	struct profile p = profile;
	m.mayor = "見本　新一";
	m.form = PROFILE_KOJIN;
	m.kinds[DOC_KISAI].ninsho_all = "ここに証明します。";
	m.kinds[DOC_INKAN] = (struct imprint_kind){ 0 }; /* not offered when it was made */
	imprint_apply(&m, &p);
	assert_string_equal(p.mayor, "見本　新一");
	assert_string_equal(p.kinds[DOC_KISAI].ninsho_all, "ここに証明します。");
	assert_string_equal(p.kinds[DOC_INKAN].ninsho_all, profile.kinds[DOC_INKAN].ninsho_all);
	assert_int_equal(profile_slots(&p, DOC_JUMINHYO), 1);
	assert_ptr_equal(form_find(DOC_JUMINHYO, &p), profile.record_forms[PROFILE_KOJIN]);
	assert_ptr_equal(form_find(DOC_INKAN, &p), profile.forms[DOC_INKAN]);
	/* A description of the municipality's own is not replaced by one of ours. */
	p = profile;
	p.form_texts[DOC_KISAI] = "{}";
	assert_false(imprint_form_fits(&m, &p));
	imprint_apply(&m, &p);
	assert_int_equal(p.form, PROFILE_RENKI);
	assert_ptr_equal(p.forms[DOC_JUMINHYO], profile.forms[DOC_JUMINHYO]);
}

static struct imprint_row
approved(int64_t number, int64_t holds_ms, const struct buf *content)
{
	const struct vault_sealed sealed =
	    imprint_row_seal(&vault, arena, number, content->p, content->bytes);
	struct imprint_row row = { .number = number,
		.holds_ms = holds_ms,
		.sealed = sealed.p,
		.bytes = sealed.bytes };
	imprint_row_tag(&vault, number, holds_ms, content->p, content->bytes, row.tag);
	return row;
}

static void
only_what_was_approved_under_the_key_is_read(void **state)
{
	(void)state;
	struct imprint m = good(), back;
	struct err err = { 0 };
	struct vault other;
	struct buf b = encoded(&m);
	struct imprint_row row = approved(3, 1000, &b), bad = row;
	assert_int_equal(imprint_row_read(&vault, arena, &row, &back, &err), 0);
	assert_string_equal(back.mayor, m.mayor);
	bad.number = 4; /* another number's row */
	assert_int_equal(imprint_row_read(&vault, arena, &bad, &back, &err), FAULT_INTEGRITY);
	bad = row;
	bad.holds_ms = 999; /* before its time */
	assert_int_equal(imprint_row_read(&vault, arena, &bad, &back, &err), FAULT_INTEGRITY);
	bad = row;
	memset(bad.tag, 0, sizeof(bad.tag)); /* proposed, not approved */
	assert_int_equal(imprint_row_read(&vault, arena, &bad, &back, &err), FAULT_INTEGRITY);
	bad = row;
	bad.bytes--;
	assert_int_equal(imprint_row_read(&vault, arena, &bad, &back, &err), FAULT_INTEGRITY);
	static const uint8_t dek[32] = { 8 };
	vault_init(&other, profile.muni, dek); /* another municipality's key */
	assert_int_equal(imprint_row_read(&other, arena, &row, &back, &err), FAULT_INTEGRITY);
	vault_done(&other);
	buf_done(&b);
}

/* --- 見本 --- */

static struct render_doc *
rendered(bool sample)
{
	struct render_doc *doc = arena_zero(arena, sizeof(*doc));
	struct resident *who = arena_zero(arena, sizeof(*who));
	struct err err = { 0 };
	paper_resident(arena, 0, who);
	const struct resident *persons[] = { who };
	const struct render_input in = { .kind = DOC_JUMINHYO,
		.profile = &profile,
		.whole_household = true,
		.persons = persons,
		.n_persons = 1,
		.issue_number = PAPER_NUMBER,
		.front_code = PAPER_CODE,
		.issued_on = { 2026, 11, 21 },
		.sample = sample };
	assert_int_equal(render_doc(arena, paper_fonts(), &in, doc, &err), 0);
	return doc;
}

static void
a_sample_is_the_same_bytes_each_time_and_nothing_that_kofu_seal_reads(void **state)
{
	(void)state;
	struct err err = { 0 };
	struct pdfread *read = NULL;
	struct render_doc *paper = rendered(false), *sample = rendered(true),
			  *again = rendered(true);
	assert_int_equal(pdfread(arena, paper->pdf, paper->pdf_bytes, &read, &err), 0);
	assert_int_equal(
	    pdfread(arena, sample->pdf, sample->pdf_bytes, &read, &err), FAULT_BAD_INPUT);
	assert_int_equal(sample->pdf_bytes, again->pdf_bytes);
	assert_memory_equal(sample->pdf, again->pdf, again->pdf_bytes);
}

/* --- 公印 --- */

struct png_make {
	unsigned w, h;
	int type, depth; /* of libpng */
	unsigned px_per_m;
	uint8_t ink, paper, alpha;
	unsigned ink_to; /* rows of ink */
	int interlace;
};

static void
to_buf(png_structp png, png_bytep p, size_t n)
{
	buf_put(png_get_io_ptr(png), p, n);
}

static void
no_flush(png_structp png)
{
	(void)png;
}

static struct buf
png_of(const struct png_make *m)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_set_write_fn(png, &b, to_buf, no_flush);
	png_set_IHDR(png, info, m->w, m->h, m->depth, m->type, m->interlace, 0, 0);
	if (m->px_per_m > 0)
		png_set_pHYs(png, info, m->px_per_m, m->px_per_m, PNG_RESOLUTION_METER);
	png_write_info(png, info);
	unsigned channels = png_get_channels(png, info);
	uint8_t *row = mem_zero((size_t)m->w * 4 * 2);
	for (int pass = png_set_interlace_handling(png); pass > 0; pass--)
		for (unsigned y = 0; y < m->h; y++) {
			memset(row, y < m->ink_to ? m->ink : m->paper, (size_t)m->w * 8);
			for (unsigned x = 0; channels % 2 == 0 && x < m->w; x++)
				row[(x + 1) * channels - 1] = m->alpha;
			png_write_row(png, row);
		}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	mem_free(row);
	return b;
}

/* Pixels across and down, PNG's kind, bits, what paper and alpha are, how far ink goes. */
#define MADE(w_, h_, type_, depth_, paper_, alpha_, ink_to_)                                       \
	.w = (w_), .h = (h_), .type = PNG_COLOR_TYPE_##type_, .depth = (depth_),                   \
	.paper = (paper_), .alpha = (alpha_), .ink_to = (ink_to_)
#define GRAY MADE(300, 300, GRAY, 8, 255, 255, 100)

static const struct {
	struct png_make make;
	int want;
} koins[] = {
	{ { GRAY }, 0 },
	{ { GRAY, .px_per_m = 23622 }, 0 },
	{ { GRAY, .px_per_m = 23621 }, 0 },
	{ { GRAY, .px_per_m = 23620 }, KOIN_E_DPI },
	{ { GRAY, .px_per_m = 11811 }, KOIN_E_DPI },
	{ { GRAY, .interlace = PNG_INTERLACE_ADAM7 }, 0 },
	{ { MADE(300, 300, GRAY, 1, 255, 0, 100) }, 0 },
	{ { MADE(300, 300, RGB, 8, 255, 0, 100) }, 0 },
	{ { MADE(300, 300, RGBA, 8, 255, 255, 100) }, 0 },
	{ { MADE(300, 300, RGBA, 8, 255, 254, 100) }, KOIN_E_COLOUR },
	{ { MADE(300, 300, RGBA, 8, 255, 0, 100) }, KOIN_E_BLANK },
	{ { MADE(300, 300, GRAY, 16, 255, 0, 100) }, 0 },
	{ { MADE(189, 591, GRAY, 8, 255, 0, 100) }, 0 },
	{ { MADE(188, 300, GRAY, 8, 255, 0, 100) }, KOIN_E_SIZE },
	{ { MADE(300, 592, GRAY, 8, 255, 0, 100) }, KOIN_E_SIZE },
	{ { MADE(100000, 1, GRAY, 8, 255, 0, 0) }, KOIN_E_SIZE },
	{ { GRAY, .ink = 1 }, KOIN_E_COLOUR },
	{ { MADE(300, 300, GRAY, 8, 254, 0, 100) }, KOIN_E_COLOUR },
	{ { MADE(300, 300, GRAY, 8, 255, 0, 3) }, 0 },
	{ { MADE(300, 300, GRAY, 8, 255, 0, 2) }, KOIN_E_BLANK },
	{ { MADE(300, 300, GRAY, 8, 255, 0, 240) }, 0 },
	{ { MADE(300, 300, GRAY, 8, 255, 0, 241) }, KOIN_E_BLANK },
};

static void
a_koin_is_taken_only_if_it_prints_dot_for_dot(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(koins); i++) {
		struct koin k = { 0 };
		struct buf b = png_of(&koins[i].make);
		assert_int_equal(koin_png_read(arena, b.p, b.bytes, &k), koins[i].want);
		if (koins[i].want == 0) {
			assert_int_equal(k.width_px, koins[i].make.w);
			assert_int_equal(k.bits[0], 0xFF);
			assert_int_equal(
			    k.bits[(size_t)((k.width_px + 7) / 8) * (k.height_px - 1U)], 0);
			assert_int_equal(
			    k.bits[(k.width_px + 7) / 8 - 1] & (0xFF >> (1 + (k.width_px - 1) % 8)),
			    0);
		}
		buf_done(&b);
	}
}

static int
read_of(const uint8_t *p, size_t bytes)
{
	AUTO(arena) struct arena *a = arena_new(4 << 20);
	struct koin k;
	return koin_png_read(a, p, bytes, &k);
}

static void
a_damaged_koin_is_no_koin_wherever_it_is_damaged(void **state)
{
	(void)state;
	static const struct png_make make = { GRAY, .px_per_m = 23622 };
	struct buf b = png_of(&make);
	for (size_t n = 0; n < b.bytes; n++)
		assert_int_not_equal(read_of(b.p, n), 0);
	for (size_t i = 0; i < b.bytes; i++) {
		b.p[i] ^= 0x20;
		assert_int_not_equal(read_of(b.p, b.bytes), 0);
		b.p[i] ^= 0x20;
	}
	assert_int_equal(read_of(b.p, b.bytes), 0);
	buf_u8(&b, 0); /* something hides behind it */
	assert_int_equal(read_of(b.p, b.bytes), KOIN_E_FORMAT);
	buf_done(&b);
}

/* A file of exactly the limit: padded with a text that says nothing. */
static void
a_koin_of_the_most_bytes_is_taken_and_one_more_is_not(void **state)
{
	(void)state;
	static const struct png_make make = { GRAY };
	struct buf b = png_of(&make), big;
	struct koin k;
	for (unsigned more = 0; more < 2; more++) {
		/* Between IHDR (33 bytes) and the rest: chunks that may be passed over. */
		size_t pad = KOIN_MAX_FILE_BYTES + more - b.bytes;
		size_t parts[] = { pad / 2, pad - pad / 2 };
		buf_init(&big, 1 << 20);
		buf_put(&big, b.p, 33);
		for (unsigned i = 0; i < 2; i++) {
			size_t n = parts[i] - 12, at = big.bytes + 4;
			buf_u32(&big, (uint32_t)n);
			buf_put(&big, "koFu", 4);
			for (size_t x = 0; x < n; x++)
				buf_u8(&big, 'x');
			uint32_t crc = 0xFFFFFFFF;
			for (size_t x = at; x < big.bytes; x++) {
				crc ^= big.p[x];
				for (int bit = 0; bit < 8; bit++)
					crc = crc & 1 ? 0xEDB88320 ^ crc >> 1 : crc >> 1;
			}
			buf_u32(&big, ~crc);
		}
		buf_put(&big, b.p + 33, b.bytes - 33);
		assert_int_equal(big.bytes, KOIN_MAX_FILE_BYTES + more);
		assert_int_equal(
		    koin_png_read(arena, big.p, big.bytes, &k), more ? KOIN_E_FORMAT : 0);
		buf_done(&big);
	}
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_version_comes_back_as_it_was_and_no_part_of_it_does),
		cmocka_unit_test(texts_are_taken_at_their_limit_and_refused_one_past_it),
		cmocka_unit_test(versions_that_no_page_makes_are_refused),
		cmocka_unit_test(the_whole_of_a_version_is_what_prints),
		cmocka_unit_test(only_what_was_approved_under_the_key_is_read),
		cmocka_unit_test(
		    a_sample_is_the_same_bytes_each_time_and_nothing_that_kofu_seal_reads),
		cmocka_unit_test(a_koin_is_taken_only_if_it_prints_dot_for_dot),
		cmocka_unit_test(a_damaged_koin_is_no_koin_wherever_it_is_damaged),
		cmocka_unit_test(a_koin_of_the_most_bytes_is_taken_and_one_more_is_not),
	};
	return cmocka_run_group_tests(tests, up, down);
}
