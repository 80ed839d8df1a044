/* SPDX-License-Identifier: Apache-2.0 */
/* Rasters through the coder, and what is no raster. */
#include "unit.h"

#include "backside/bilevel.h"
#include "backside/mq.h"
#include "base/mem.h"

#include <string.h>

enum { ARENA_BYTES = 8 << 20, LIMIT_BYTES = 4 << 20 };

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
black(struct raster *r, unsigned x, unsigned y)
{
	if (x < r->b.w_px && y < r->b.h_px)
		r->p[y * r->b.stride_bytes + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

/* Strokes, lines of a table and specks, as on a certificate. */
static void
scribble(struct raster *r, uint32_t seed, unsigned strokes)
{
	for (unsigned i = 0; i < strokes; i++) {
		unsigned x = draw(&seed) % r->b.w_px, y = draw(&seed) % r->b.h_px;
		unsigned len = draw(&seed) % 40, dx = draw(&seed) % 3, dy = draw(&seed) % 3;
		for (unsigned k = 0; k < len * 4; k++)
			black(r, x + dx * k / 4 + k % 2, y + dy * k / 4);
	}
	for (unsigned x = r->b.w_px / 8; x < r->b.w_px * 7 / 8; x++)
		black(r, x, r->b.h_px / 3);
	for (unsigned y = r->b.h_px / 8; y < r->b.h_px * 7 / 8; y++)
		black(r, r->b.w_px / 5, y);
}

static size_t
assert_round_trip(const struct raster *r)
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
	assert_int_equal(out.stride_bytes, r->b.stride_bytes);
	assert_memory_equal(out.p, r->p, r->b.stride_bytes * r->b.h_px);
	size_t bytes = b.bytes;
	buf_done(&b);
	arena_free(a);
	return bytes;
}

static void
pages_of_every_width_come_back_bit_for_bit(void **state)
{
	(void)state;
	for (unsigned w = 1; w <= 40; w++) {
		struct raster r = raster_new(w, 50);
		scribble(&r, w, 12);
		(void)assert_round_trip(&r);
		mem_free(r.p);
	}
}

static void
a_full_page_is_small_and_an_empty_one_tiny(void **state)
{
	struct raster r = raster_new(2480, 3508);
	(void)state;
	assert_true(assert_round_trip(&r) < 40);
	scribble(&r, 3, 800);
	assert_true(assert_round_trip(&r) < 20000);
	memset(r.p, 0xff, r.b.stride_bytes * r.b.h_px);
	assert_true(assert_round_trip(&r) < 60);
	mem_free(r.p);
}

static void
noise_costs_hardly_more_than_its_bits(void **state)
{
	struct raster r = raster_new(800, 800);
	uint32_t s = 1;
	(void)state;
	for (size_t i = 0; i < r.b.stride_bytes * r.b.h_px; i++)
		r.p[i] = (uint8_t)draw(&s);
	assert_true(assert_round_trip(&r) < 800 * 800 / 8 * 12 / 10);
	mem_free(r.p);
}

static void
sides_are_taken_at_their_limit_and_refused_past_it(void **state)
{
	struct raster r = raster_new(BILEVEL_MAX_SIDE_PX, 8);
	struct err err = { 0 };
	struct buf b;
	(void)state;
	(void)assert_round_trip(&r);
	buf_init(&b, LIMIT_BYTES);
	r.b.w_px++;
	assert_int_equal(bilevel_encode(&r.b, &b, &err), FAULT_BAD_INPUT);
	r.b.w_px = 0;
	assert_int_equal(bilevel_encode(&r.b, &b, &err), FAULT_BAD_INPUT);
	r.b = (struct bilevel){ r.p, 8, BILEVEL_MAX_SIDE_PX + 1, 1 };
	assert_int_equal(bilevel_encode(&r.b, &b, &err), FAULT_BAD_INPUT);
	r.b = (struct bilevel){ r.p, 9, 2, 1 }; /* rows shorter than the width */
	assert_int_equal(bilevel_encode(&r.b, &b, &err), FAULT_BAD_INPUT);
	assert_int_equal(b.bytes, 0);
	r.b = (struct bilevel){ r.p, 8, BILEVEL_MAX_SIDE_PX, 1 };
	(void)assert_round_trip(&r);
	mem_free(r.p);
	buf_done(&b);
}

static void
a_buffer_that_is_too_small_fails_and_stays_empty(void **state)
{
	struct raster r = raster_new(500, 500);
	struct err err = { 0 };
	struct buf b;
	(void)state;
	scribble(&r, 5, 300);
	buf_init(&b, 200);
	assert_int_equal(bilevel_encode(&r.b, &b, &err), 0);
	assert_false(buf_ok(&b));
	mem_free(r.p);
	buf_done(&b);
}

static void
bytes_that_the_encoder_would_not_write_are_refused(void **state)
{
	static const struct {
		size_t at; /* byte to change, SIZE_MAX: none */
		uint8_t to;
		int cut; /* bytes taken away at the end; negative: added */
		int want;
	} t[] = {
		{ SIZE_MAX, 0, 0, 0 },
		{ 0, 0, 0, FAULT_BAD_INPUT }, /* version */
		{ 0, 1, 0, FAULT_BAD_INPUT }, /* the first version has no repeats behind the page */
		{ 0, BILEVEL_VERSION + 1, 0, FAULT_BAD_INPUT },
		{ 1, 0xff, 0, FAULT_BAD_INPUT }, /* far too wide */
		{ 2, 0x20, 0, FAULT_BAD_INPUT }, /* another width decodes to another page */
		{ 3, 0xff, 0, FAULT_BAD_INPUT },
		{ SIZE_MAX, 0, -1, FAULT_BAD_INPUT }, /* something after the end */
		{ SIZE_MAX, 0, 1, FAULT_BAD_INPUT },
		{ SIZE_MAX, 0, 40, FAULT_BAD_INPUT },
	};
	struct raster r = raster_new(300, 200);
	struct err err = { 0 };
	struct buf good;
	(void)state;
	scribble(&r, 8, 100);
	buf_init(&good, LIMIT_BYTES);
	assert_int_equal(bilevel_encode(&r.b, &good, &err), 0);
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct arena *a = arena_new(ARENA_BYTES);
		uint8_t *p = mem_zero(good.bytes + 1);
		struct bilevel out = { 0 };
		memcpy(p, good.p, good.bytes);
		if (t[i].at != SIZE_MAX)
			p[t[i].at] = t[i].to;
		size_t n = (size_t)((long)good.bytes - t[i].cut);
		assert_int_equal(bilevel_decode(a, p, n, &out, &err), t[i].want);
		assert_true(t[i].want == 0 || out.p == NULL);
		mem_free(p);
		arena_free(a);
	}
	for (size_t n = 0; n <= BILEVEL_HEAD_BYTES; n++) {
		struct arena *a = arena_new(ARENA_BYTES);
		struct bilevel out = { 0 };
		assert_int_equal(bilevel_decode(a, good.p, n, &out, &err), FAULT_BAD_INPUT);
		arena_free(a);
	}
	mem_free(r.p);
	buf_done(&good);
}

static void
a_coded_page_over_the_limit_is_refused_before_it_is_decoded(void **state)
{
	struct arena *a = arena_new(ARENA_BYTES);
	uint8_t *p = mem_zero(BILEVEL_MAX_CODED_BYTES + 1);
	struct err err = { 0 };
	struct bilevel out = { 0 };
	(void)state;
	memcpy(p, (const uint8_t[]){ BILEVEL_VERSION, 0, 8, 0, 8 }, 5);
	assert_int_equal(
	    bilevel_decode(a, p, BILEVEL_MAX_CODED_BYTES + 1, &out, &err), FAULT_BAD_INPUT);
	assert_int_equal(arena_used_bytes(a), 0);
	mem_free(p);
	arena_free(a);
}

/* ITU-T T.88 H.2: the coder's test sequence. */
static void
the_arithmetic_coder_gives_the_published_bytes(void **state)
{
	static const uint8_t plain[32] = { 0x00, 0x02, 0x00, 0x51, 0x00, 0x00, 0x00, 0xc0, 0x03,
		0x52, 0x87, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x82, 0xc0, 0x20, 0x00, 0xfc, 0xd7, 0x9e,
		0xf6, 0xbf, 0x7f, 0xed, 0x90, 0x4f, 0x46, 0xa3, 0xbf };
	static const uint8_t coded[28] = { 0x84, 0xc7, 0x3b, 0xfc, 0xe1, 0xa1, 0x43, 0x04, 0x02,
		0x20, 0x00, 0x00, 0x41, 0x0d, 0xbb, 0x86, 0xf4, 0x31, 0x7f, 0xff, 0x88, 0xff, 0x37,
		0x47, 0x1a, 0xdb, 0x6a, 0xdf };
	struct mq_context cx = { 0 };
	struct mq_encoder e;
	struct mq_decoder d;
	struct buf b;
	(void)state;
	buf_init(&b, 100);
	mq_encoder_init(&e, &b);
	for (unsigned i = 0; i < 256; i++)
		mq_encode(&e, &cx, plain[i / 8] >> (7 - i % 8) & 1);
	mq_encoder_finish(&e);
	assert_int_equal(b.bytes, sizeof(coded));
	assert_memory_equal(b.p, coded, sizeof(coded));
	cx = (struct mq_context){ 0 };
	mq_decoder_init(&d, coded, sizeof(coded));
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(mq_decode(&d, &cx), plain[i / 8] >> (7 - i % 8) & 1);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_arithmetic_coder_gives_the_published_bytes),
		cmocka_unit_test(pages_of_every_width_come_back_bit_for_bit),
		cmocka_unit_test(a_full_page_is_small_and_an_empty_one_tiny),
		cmocka_unit_test(noise_costs_hardly_more_than_its_bits),
		cmocka_unit_test(sides_are_taken_at_their_limit_and_refused_past_it),
		cmocka_unit_test(a_buffer_that_is_too_small_fails_and_stays_empty),
		cmocka_unit_test(bytes_that_the_encoder_would_not_write_are_refused),
		cmocka_unit_test(a_coded_page_over_the_limit_is_refused_before_it_is_decoded),
	};
	return cmocka_run_group_tests_name("backside-bilevel", tests, NULL, NULL);
}
