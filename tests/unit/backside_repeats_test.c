/* SPDX-License-Identifier: Apache-2.0 */
/* Marks that come again on a page: found, coded once, put back bit for bit; and what is refused. */
#include "unit.h"

#include "backside/bilevel.h"
#include "backside/generic.h"
#include "backside/repeats.h"
#include "base/mem.h"

#include <string.h>

enum { ARENA_BYTES = 24 << 20, LIMIT_BYTES = 4 << 20, GLYPH_PX = 30, N_GLYPHS = 40 };

static uint32_t
draw(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

struct raster {
	struct bilevel b;
	uint8_t *p;
};

static struct raster
raster_new(unsigned w, unsigned h)
{
	struct raster r = { .b = { .w_px = w, .h_px = h, .stride_bytes = (w + 7) / 8 } };
	r.p = mem_zero_n(h, r.b.stride_bytes);
	r.b.p = r.p;
	return r;
}

static void
flip(struct raster *r, unsigned x, unsigned y)
{
	if (x < r->b.w_px && y < r->b.h_px)
		r->p[y * r->b.stride_bytes + x / 8] ^= (uint8_t)(0x80 >> x % 8);
}

/* A made-up character: strokes that touch or do not. */
static void
glyph(struct raster *r, uint32_t seed, unsigned x, unsigned y)
{
	static const struct {
		unsigned w, h;
	} pens[] = { { 20, 2 }, { 2, 18 }, { 3, 3 }, { 9, 5 } };
	for (unsigned i = 0; i < 6; i++) {
		unsigned k = draw(&seed) % N_ELEMENTS(pens);
		unsigned gx = draw(&seed) % 10, gy = draw(&seed) % 10;
		for (unsigned v = 0; v < pens[k].h; v++)
			for (unsigned u = 0; u < pens[k].w; u++)
				flip(r, x + gx + u, y + gy + v);
	}
}

/* Lines of few characters, some of them several times, each where the pen happens to be. */
static void
write_text(struct raster *r, uint32_t *s, unsigned n_lines)
{
	for (unsigned line = 0; line < n_lines; line++) {
		unsigned x = draw(s) % 60, y = line * (GLYPH_PX + 8) + draw(s) % 5;
		uint32_t phrase = draw(s) % 8;
		while (x + GLYPH_PX < r->b.w_px && draw(s) % 12 != 0) {
			glyph(r, phrase % N_GLYPHS * 7919, x, y);
			phrase = draw(s) % 3 ? phrase + 1 : draw(s);
			x += GLYPH_PX + draw(s) % 2;
		}
	}
}

static size_t
coded_bytes(const struct raster *r)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct err err = { 0 };
	struct bilevel out = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_BYTES);
	assert_int_equal(bilevel_encode(&r->b, &b, &err), 0);
	assert_true(buf_ok(&b));
	assert_int_equal(bilevel_decode(a, b.p, b.bytes, &out, &err), 0);
	assert_int_equal(out.w_px, r->b.w_px);
	assert_int_equal(out.h_px, r->b.h_px);
	assert_memory_equal(out.p, r->p, r->b.stride_bytes * r->b.h_px);
	size_t bytes = b.bytes;
	buf_done(&b);
	arena_free(a);
	return bytes;
}

/* The page pixel by pixel, as the first version has it. */
static void
first_version(const struct raster *r, struct buf *out)
{
	struct mq_encoder e;
	buf_u8(out, 1);
	buf_u16(out, (uint16_t)r->b.w_px);
	buf_u16(out, (uint16_t)r->b.h_px);
	mq_encoder_init(&e, out);
	generic_encode(&e, &r->b);
	mq_encoder_finish(&e);
}

static void
any_page_of_marks_and_specks_comes_back_bit_for_bit(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 400; seed++) {
		uint32_t s = seed;
		struct raster r = raster_new(1 + draw(&s) % 700, 1 + draw(&s) % 500);
		write_text(&r, &s, draw(&s) % 14);
		for (unsigned n = draw(&s) % 5 ? draw(&s) % 40 : draw(&s) % 40000; n > 0; n--)
			flip(&r, draw(&s) % r.b.w_px, draw(&s) % r.b.h_px);
		if (draw(&s) % 4 == 0) /* a table: one mark around all others */
			for (unsigned x = 0; x < r.b.w_px; x++)
				flip(&r, x, r.b.h_px / 2);
		(void)coded_bytes(&r);
		mem_free(r.p);
	}
}

/* FNV-1a of what is written for pages of every width: papers that are out must be read for ever. */
static void
the_bytes_of_a_page_stay_what_they_were(void **state)
{
	uint64_t h = 0xcbf29ce484222325u;
	(void)state;
	for (unsigned i = 0; i < 80; i++) {
		uint32_t s = i;
		struct raster r = raster_new(i < 64 ? 200 + i : 2480, i < 64 ? 130 : 900);
		struct err err = { 0 };
		struct buf b;
		write_text(&r, &s, r.b.h_px / (GLYPH_PX + 8));
		for (unsigned n = i * i; n > 0; n--)
			flip(&r, draw(&s) % r.b.w_px, draw(&s) % r.b.h_px);
		buf_init(&b, LIMIT_BYTES);
		assert_int_equal(bilevel_encode(&r.b, &b, &err), 0);
		for (size_t k = 0; k < b.bytes; k++)
			h = (h ^ b.p[k]) * 0x100000001b3u;
		buf_done(&b);
		mem_free(r.p);
	}
	assert_true(h == 0xf5d04c8e01219855u);
}

static void
a_text_that_comes_again_costs_hardly_anything(void **state)
{
	struct raster one = raster_new(1200, 1000), ten = raster_new(1200, 1000);
	(void)state;
	for (unsigned i = 0; i < 30; i++)
		for (unsigned k = 0; k < 20; k++) {
			if (k < 2)
				glyph(&one, i * 7919, i * 36, k * 48);
			glyph(&ten, i * 7919, i * 36, k * 48);
		}
	size_t twice = coded_bytes(&one), often = coded_bytes(&ten);
	assert_true(often < twice + 600); /* 18 times 30 characters of several marks */
	mem_free(one.p);
	mem_free(ten.p);
}

static void
a_mark_that_differs_in_one_pixel_is_another_mark(void **state)
{
	(void)state;
	for (unsigned px = 0; px < 20 * 20; px++) {
		struct raster r = raster_new(400, 60);
		for (unsigned k = 0; k < 8; k++)
			for (unsigned y = 0; y < 20; y++)
				for (unsigned x = 0; x < 20; x++)
					flip(&r, 10 + 40 * k + x, 10 + y);
		flip(&r, 10 + 40 * (px % 8) + px % 20, 10 + px / 20);
		(void)coded_bytes(&r);
		mem_free(r.p);
	}
}

static void
pages_of_the_first_version_are_still_read(void **state)
{
	struct raster r = raster_new(600, 400);
	struct arena *a = arena_new(ARENA_BYTES);
	struct bilevel out = { 0 };
	struct err err = { 0 };
	struct buf b;
	uint32_t s = 5;
	(void)state;
	write_text(&r, &s, 9);
	buf_init(&b, LIMIT_BYTES);
	first_version(&r, &b);
	assert_int_equal(bilevel_decode(a, b.p, b.bytes, &out, &err), 0);
	assert_memory_equal(out.p, r.p, r.b.stride_bytes * r.b.h_px);
	assert_true(coded_bytes(&r) < b.bytes); /* and the second is shorter */
	buf_done(&b);
	arena_free(a);
	mem_free(r.p);
}

/* @n specks, each alone. */
static void
specks(struct raster *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		flip(r, i % 200 * 2, i / 200 * 2);
}

static void
marks_are_found_up_to_their_limits(void **state)
{
	(void)state;
	struct raster r = raster_new(400, 400);
	struct marks m;
	specks(&r, MARKS_MAX);
	assert_true(marks_find(&r.b, &m));
	assert_int_equal(m.n, MARKS_MAX);
	assert_int_equal(m.n_shapes, 1);
	marks_done(&m);
	(void)coded_bytes(&r);
	memset(r.p, 0, r.b.stride_bytes * r.b.h_px);
	specks(&r, MARKS_MAX + 1);
	assert_false(marks_find(&r.b, &m));
	(void)coded_bytes(&r); /* pixel by pixel then */
	mem_free(r.p);
	r = raster_new(2048, 256); /* stripes: runs, but one mark only */
	for (unsigned y = 0; y < 256; y++)
		for (unsigned x = 0; x < 2048; x += 2)
			flip(&r, x, y);
	assert_true(marks_find(&r.b, &m)); /* 1024 times 256 are the limit */
	assert_int_equal(m.n_runs, MARKS_MAX_RUNS);
	assert_int_equal(m.n, 0); /* too high to be small ones */
	marks_done(&m);
	r.b.w_px = 2047;
	mem_free(r.p);
	r = raster_new(2050, 256);
	for (unsigned y = 0; y < 256; y++)
		for (unsigned x = 0; x < 2050; x += 2)
			flip(&r, x, y);
	assert_false(marks_find(&r.b, &m));
	mem_free(r.p);
}

static void
a_mark_is_small_up_to_its_limit(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct raster r = raster_new(400, 400);
		struct marks m;
		for (unsigned i = 0; i < MARKS_MAX_SIDE_PX + more; i++)
			flip(&r, 3, 3 + i);
		for (unsigned i = 0; i < MARKS_MAX_SIDE_PX; i++)
			flip(&r, 40 + i, 3);
		assert_true(marks_find(&r.b, &m));
		assert_int_equal(m.n, 2 - more);
		marks_done(&m);
		mem_free(r.p);
	}
}

/* What an encoder that lies would write: @left and repeats of our own choice. */
static int
decode_lie(const struct raster *left, const struct repeats *lie)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct bilevel out = { 0 };
	struct err err = { 0 };
	struct mq_encoder e;
	struct buf b;
	buf_init(&b, LIMIT_BYTES);
	buf_u8(&b, BILEVEL_VERSION);
	buf_u16(&b, (uint16_t)left->b.w_px);
	buf_u16(&b, (uint16_t)left->b.h_px);
	mq_encoder_init(&e, &b);
	generic_encode(&e, &left->b);
	repeats_encode(&e, &left->b, lie);
	mq_encoder_finish(&e);
	int r = bilevel_decode(a, b.p, b.bytes, &out, &err);
	assert_true(r == 0 || out.p == NULL);
	buf_done(&b);
	arena_free(a);
	return r;
}

static void
repeats_that_cannot_be_are_refused(void **state)
{
	static struct repeat in[] = { { 0, 60, 10 }, { 0, 80, 12 } }, edge[] = { { 0, 180, 80 } },
			     right[] = { { 0, 181, 80 } }, below[] = { { 0, 180, 81 } },
			     row[] = { { 0, 10, 99 } };
	struct {
		struct repeats r;
		int want;
	} t[] = {
		{ { .n_bands = 2, .band_h = { 50 }, .list = in, .n = 2 }, 0 },
		{ { .n_bands = 2, .band_h = { 50 }, .list = edge, .n = 1 }, 0 },
		{ { .n_bands = 2, .band_h = { 50 }, .list = right, .n = 1 }, FAULT_BAD_INPUT },
		{ { .n_bands = 2, .band_h = { 50 }, .list = below, .n = 1 }, FAULT_BAD_INPUT },
		{ { .n_bands = 2, .band_h = { 50 }, .list = row, .n = 1 }, FAULT_BAD_INPUT },
		{ { .n_bands = 1, .list = in, .n = 2 }, 0 },
		{ { .n_bands = 0, .list = in, .n = 1 }, FAULT_BAD_INPUT },
	};
	struct raster r = raster_new(200, 100), white = raster_new(200, 100);
	(void)state;
	for (unsigned y = 0; y < 20; y++)
		for (unsigned x = 0; x < 20; x++)
			flip(&r, 5 + x, 5 + y);
	for (size_t i = 0; i < N_ELEMENTS(t); i++)
		if (decode_lie(&r, &t[i].r) != t[i].want)
			fail_msg("row %zu", i);
	struct repeats none = { .n = 0 };
	assert_int_equal(decode_lie(&white, &none), 0);
	mem_free(white.p);
	mem_free(r.p);
}

/* Decodes; what is taken must be a page that is coded the same way as any other. */
static unsigned
taken(const uint8_t *p, size_t bytes)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct bilevel out = { 0 };
	struct err err = { 0 };
	int r = bilevel_decode(a, p, bytes, &out, &err);
	assert_true(r == 0 || r == FAULT_BAD_INPUT);
	if (r == 0) {
		struct raster page = { out, NULL };
		page.p = arena_memdup(a, out.p, out.stride_bytes * out.h_px);
		(void)coded_bytes(&page);
	}
	arena_free(a);
	return r == 0;
}

static void
altered_pages_are_refused_or_are_pages(void **state)
{
	struct raster r = raster_new(500, 300);
	struct err err = { 0 };
	struct buf b;
	uint32_t s = 11;
	unsigned n = 0;
	(void)state;
	write_text(&r, &s, 7);
	buf_init(&b, LIMIT_BYTES);
	assert_int_equal(bilevel_encode(&r.b, &b, &err), 0);
	for (size_t bit = 8 * BILEVEL_HEAD_BYTES; bit < 8 * b.bytes; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		n += taken(b.p, b.bytes);
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(n < b.bytes / 4); /* nearly all of them are refused */
	assert_int_equal(taken(b.p, b.bytes), 1);
	buf_done(&b);
	mem_free(r.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_page_of_marks_and_specks_comes_back_bit_for_bit),
		cmocka_unit_test(the_bytes_of_a_page_stay_what_they_were),
		cmocka_unit_test(a_text_that_comes_again_costs_hardly_anything),
		cmocka_unit_test(a_mark_that_differs_in_one_pixel_is_another_mark),
		cmocka_unit_test(pages_of_the_first_version_are_still_read),
		cmocka_unit_test(marks_are_found_up_to_their_limits),
		cmocka_unit_test(a_mark_is_small_up_to_its_limit),
		cmocka_unit_test(repeats_that_cannot_be_are_refused),
		cmocka_unit_test(altered_pages_are_refused_or_are_pages),
	};
	return cmocka_run_group_tests_name("backside-repeats", tests, NULL, NULL);
}
