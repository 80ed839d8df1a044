/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as they were drawn: coded, read, and the same picture; and what is refused. */
#include "unit.h"

#include "backside/drawing.h"
#include "backside/paint.h"
#include "base/mem.h"

#include <string.h>

enum { ARENA_BYTES = 64 << 20, W = 1203, H = 900, HEAD_BYTES = 9 };

static uint32_t
draw(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

struct page {
	struct arena *a;
	struct drawing *d;
	uint8_t *rows; /* painted here, beside the coder */
	struct paint_page paint;
	struct bilevel picture[DRAWING_MAX_SYMBOLS];
};

static struct page *
page_new(unsigned max_symbols, unsigned max_places, unsigned max_bars)
{
	struct arena *a = arena_new(ARENA_BYTES);
	struct page *p = arena_zero(a, sizeof(*p));
	p->a = a;
	p->d = drawing_new(a, W, H, max_symbols, max_places, max_bars);
	p->rows = arena_zero_n(a, H, (W + 7) / 8);
	p->paint = (struct paint_page){ p->rows, W, H, (W + 7) / 8 };
	return p;
}

static void
page_free(struct page *p)
{
	arena_free(p->a);
}

/* Blobs, so that states are learned; @w x @h. */
static struct bilevel
picture_of(struct arena *a, uint32_t *s, unsigned w, unsigned h)
{
	size_t stride = (w + 7) / 8;
	uint8_t *rows = arena_zero_n(a, h, stride);
	for (unsigned i = 0; i < 4; i++) {
		unsigned x0 = draw(s) % w, y0 = draw(s) % h, x1 = x0 + draw(s) % 9,
			 y1 = y0 + draw(s) % 9;
		for (unsigned y = y0; y < h && y <= y1; y++)
			for (unsigned x = x0; x < w && x <= x1; x++)
				rows[y * stride + x / 8] |= (uint8_t)(0x80 >> x % 8);
	}
	return (struct bilevel){ rows, w, h, stride };
}

static void
add_symbol(struct page *p, struct bilevel b)
{
	struct buf coded;
	struct err err = { 0 };
	struct drawing_symbol *s = &p->d->symbols[p->d->n_symbols];
	buf_init(&coded, SYMBOL_MAX_BYTES);
	assert_int_equal(symbol_encode(&b, &coded, &err), 0);
	assert_true(buf_ok(&coded));
	*s = (struct drawing_symbol){ (uint16_t)b.w_px, (uint16_t)b.h_px,
		arena_memdup(p->a, coded.p, coded.bytes), coded.bytes };
	p->picture[p->d->n_symbols++] = b;
	buf_done(&coded);
}

static void
add_place(struct page *p, unsigned symbol, unsigned x, unsigned y)
{
	p->d->places[p->d->n_places++] =
	    (struct drawing_place){ (uint16_t)symbol, (uint16_t)x, (uint16_t)y };
	paint_symbol(&p->paint, &p->picture[symbol], (int32_t)x, (int32_t)y);
}

static void
add_bar(struct page *p, unsigned x, unsigned y, unsigned w, unsigned h)
{
	p->d->bars[p->d->n_bars++] =
	    (struct drawing_bar){ (uint16_t)x, (uint16_t)y, (uint16_t)w, (uint16_t)h };
	paint_bar(&p->paint, x, y, x + w, y + h);
}

/* Text in lines, a code of squares, rules. */
static struct page *
page_drawn(uint32_t seed)
{
	struct page *p = page_new(60, 400, 300);
	for (unsigned i = 0; i < 200; i++) {
		unsigned known = p->d->n_symbols, symbol = draw(&seed) % 60;
		if (symbol >= known) {
			symbol = known;
			add_symbol(
			    p, picture_of(p->a, &seed, 1 + draw(&seed) % 60, 1 + draw(&seed) % 60));
		}
		add_place(p, symbol, i % 20 * 55 + draw(&seed) % 40, i / 20 * 80 + draw(&seed) % 9);
	}
	for (unsigned i = 0; i < 200; i++)
		add_bar(p, 700 + draw(&seed) % 25 * 8, 300 + i / 8 * 8, 8 + draw(&seed) % 3 * 8, 8);
	add_bar(p, 0, 0, W, 1);
	add_bar(p, W - 1, 0, 1, H);
	return p;
}

static struct buf
coded_of(const struct page *p)
{
	struct buf b;
	struct err err = { 0 };
	buf_init(&b, BILEVEL_MAX_CODED_BYTES);
	assert_int_equal(drawing_encode(p->d, &b, &err), 0);
	assert_true(buf_ok(&b));
	return b;
}

static int
decode(const void *p, size_t bytes)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	struct bilevel ret;
	struct err err = { 0 };
	return bilevel_decode(a, p, bytes, &ret, &err);
}

/* As @want says; what is written is read. */
static void
assert_encodes(const struct page *p, int want)
{
	struct err err = { 0 };
	struct buf b;
	buf_init(&b, BILEVEL_MAX_CODED_BYTES);
	assert_int_equal(drawing_encode(p->d, &b, &err), want);
	if (want == 0)
		assert_int_equal(decode(b.p, b.bytes), 0);
	buf_done(&b);
}

static void
a_drawn_page_comes_back_bit_for_bit(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 8; seed++) {
		struct page *p = page_drawn(seed);
		struct buf b = coded_of(p);
		struct bilevel ret = { 0 };
		struct err err = { 0 };
		assert_int_equal(b.p[0], BILEVEL_VERSION_DRAWN);
		assert_int_equal(bilevel_decode(p->a, b.p, b.bytes, &ret, &err), 0);
		assert_int_equal(ret.w_px, W);
		assert_int_equal(ret.h_px, H);
		assert_memory_equal(ret.p, p->rows, (size_t)H * ((W + 7) / 8));
		buf_done(&b);
		page_free(p);
	}
}

static void
an_empty_page_and_a_page_of_bars_alone_are_pages_too(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= 1; n++) {
		struct page *p = page_new(0, 0, 1);
		if (n == 1)
			add_bar(p, 3, 4, 5, 6);
		struct buf b = coded_of(p);
		struct bilevel ret = { 0 };
		struct err err = { 0 };
		assert_int_equal(bilevel_decode(p->a, b.p, b.bytes, &ret, &err), 0);
		assert_memory_equal(ret.p, p->rows, (size_t)H * ((W + 7) / 8));
		buf_done(&b);
		page_free(p);
	}
}

static void
a_symbol_is_coded_the_same_on_each_page_and_up_to_its_largest_side(void **state)
{
	static const struct {
		unsigned w, h;
		int want;
	} t[] = { { 1, 1, 0 }, { 7, 9, 0 }, { 8, 8, 0 }, { 65, 70, 0 },
		{ SYMBOL_MAX_SIDE_PX, SYMBOL_MAX_SIDE_PX, 0 },
		{ SYMBOL_MAX_SIDE_PX + 1, 8, FAULT_BAD_INPUT },
		{ 8, SYMBOL_MAX_SIDE_PX + 1, FAULT_BAD_INPUT }, { 0, 8, FAULT_BAD_INPUT },
		{ 8, 0, FAULT_BAD_INPUT } };
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		uint32_t s = 5;
		struct bilevel b = picture_of(a, &s, t[i].w ? t[i].w : 1, t[i].h ? t[i].h : 1);
		struct buf one, two;
		struct err err = { 0 };
		b.w_px = t[i].w;
		b.h_px = t[i].h;
		buf_init(&one, SYMBOL_MAX_BYTES);
		buf_init(&two, SYMBOL_MAX_BYTES);
		assert_int_equal(symbol_encode(&b, &one, &err), t[i].want);
		if (t[i].want == 0) {
			struct bilevel out = { NULL, b.w_px, b.h_px, b.stride_bytes };
			uint8_t *rows = arena_zero_n(a, b.h_px, b.stride_bytes);
			out.p = rows;
			assert_int_equal(symbol_encode(&b, &two, &err), 0);
			assert_int_equal(one.bytes, two.bytes);
			assert_memory_equal(one.p, two.p, one.bytes);
			assert_true(symbol_decode(one.p, one.bytes, &out, rows));
			assert_memory_equal(rows, b.p, b.h_px * b.stride_bytes);
		}
		buf_done(&one);
		buf_done(&two);
	}
}

static void
change_nothing(struct page *p)
{
	(void)p;
}
static void
place_at_the_edge(struct page *p)
{
	p->d->places[199].x = (uint16_t)(W - p->d->symbols[p->d->places[199].symbol].w_px);
	p->d->places[199].y = (uint16_t)(H - p->d->symbols[p->d->places[199].symbol].h_px);
}
static void
place_past_the_right(struct page *p)
{
	place_at_the_edge(p);
	p->d->places[199].x++;
}
static void
place_past_the_bottom(struct page *p)
{
	place_at_the_edge(p);
	p->d->places[199].y++;
}
static void
bar_past_the_right(struct page *p)
{
	p->d->bars[0] = (struct drawing_bar){ W - 1, 0, 2, 1 };
}
static void
bar_without_height(struct page *p)
{
	p->d->bars[0].h = 0;
}
static void
bar_without_width(struct page *p)
{
	p->d->bars[0].w = 0;
}
static void
symbol_before_its_turn(struct page *p)
{
	p->d->places[0].symbol = 1;
}
static void
symbol_that_is_none(struct page *p)
{
	p->d->places[199].symbol = (uint16_t)p->d->n_symbols;
}
static void
symbol_without_a_place(struct page *p)
{
	p->d->symbols[p->d->n_symbols] = p->d->symbols[0];
	p->d->n_symbols++;
}
static void
symbol_without_bytes(struct page *p)
{
	p->d->symbols[3].coded_bytes = 0;
}
static void
symbol_too_wide(struct page *p)
{
	p->d->symbols[3].w_px = SYMBOL_MAX_SIDE_PX + 1;
}
static void
page_without_width(struct page *p)
{
	p->d->w_px = 0;
}
static void
page_too_high(struct page *p)
{
	p->d->h_px = BILEVEL_MAX_SIDE_PX + 1;
}

static void
a_drawing_that_cannot_be_read_is_not_written(void **state)
{
	static const struct {
		void (*change)(struct page *);
		int want;
	} t[] = {
		{ change_nothing, 0 },
		{ place_at_the_edge, 0 },
		{ place_past_the_right, FAULT_BAD_INPUT },
		{ place_past_the_bottom, FAULT_BAD_INPUT },
		{ bar_past_the_right, FAULT_BAD_INPUT },
		{ bar_without_height, FAULT_BAD_INPUT },
		{ bar_without_width, FAULT_BAD_INPUT },
		{ symbol_before_its_turn, FAULT_BAD_INPUT },
		{ symbol_that_is_none, FAULT_BAD_INPUT },
		{ symbol_without_a_place, FAULT_BAD_INPUT },
		{ symbol_without_bytes, FAULT_BAD_INPUT },
		{ symbol_too_wide, FAULT_BAD_INPUT },
		{ page_without_width, FAULT_BAD_INPUT },
		{ page_too_high, FAULT_BAD_INPUT },
	};
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		struct page *p = page_drawn(3);
		t[i].change(p);
		assert_encodes(p, t[i].want);
		page_free(p);
	}
}

/* @n symbols, each at one place; then places of the last one up to @n_places; then @n_bars bars. */
static int
encode_many(unsigned n, unsigned n_places, unsigned n_bars)
{
	struct page *p = page_new(n, n_places, n_bars);
	struct err err = { 0 };
	uint32_t s = 9;
	struct buf b;
	for (unsigned i = 0; i < n; i++) {
		if (i < 2)
			add_symbol(p, picture_of(p->a, &s, 8, 8));
		else
			p->d->symbols[p->d->n_symbols++] = p->d->symbols[1];
	}
	for (unsigned i = 0; i < n_places; i++)
		p->d->places[p->d->n_places++] =
		    (struct drawing_place){ (uint16_t)(i < n ? i : n - 1), (uint16_t)(i % 100 * 10),
			    (uint16_t)(i / 100 % 80 * 10) };
	for (unsigned i = 0; i < n_bars; i++)
		p->d->bars[p->d->n_bars++] =
		    (struct drawing_bar){ (uint16_t)(i % 1000), (uint16_t)(i / 1000), 1, 1 };
	buf_init(&b, BILEVEL_MAX_CODED_BYTES);
	int r = drawing_encode(p->d, &b, &err);
	if (r == 0 && buf_ok(&b))
		assert_int_equal(decode(b.p, b.bytes), 0);
	buf_done(&b);
	page_free(p);
	return r;
}

static void
each_limit_holds_and_one_more_is_refused(void **state)
{
	(void)state;
	assert_int_equal(encode_many(2, DRAWING_MAX_PLACES, 0), 0);
	assert_int_equal(encode_many(2, DRAWING_MAX_PLACES + 1, 0), FAULT_BAD_INPUT);
	assert_int_equal(encode_many(2, 2, DRAWING_MAX_BARS), 0);
	assert_int_equal(encode_many(2, 2, DRAWING_MAX_BARS + 1), FAULT_BAD_INPUT);
}

/* Four thousand pictures that are given as coded alike: one more is too many. */
static void
so_many_symbols_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(encode_many(DRAWING_MAX_SYMBOLS, DRAWING_MAX_SYMBOLS, 0), 0);
	assert_int_equal(
	    encode_many(DRAWING_MAX_SYMBOLS + 1, DRAWING_MAX_SYMBOLS + 1, 0), FAULT_BAD_INPUT);
}

/* Pictures as large as all of a page may be, and one more. */
static void
so_many_large_symbols_and_no_more(void **state)
{
	const unsigned most =
	    DRAWING_MAX_PICTURE_BYTES / (SYMBOL_MAX_SIDE_PX / 8 * SYMBOL_MAX_SIDE_PX);
	(void)state;
	for (unsigned more = 0; more <= 1; more++) {
		struct page *p = page_new(most + more, most + more, 0);
		uint32_t s = 2;
		add_symbol(p, picture_of(p->a, &s, SYMBOL_MAX_SIDE_PX, SYMBOL_MAX_SIDE_PX));
		for (unsigned i = 0; i < most + more; i++) {
			p->d->symbols[i] = p->d->symbols[0];
			p->d->places[i].symbol = (uint16_t)i;
		}
		p->d->n_symbols = p->d->n_places = most + more;
		assert_encodes(p, more ? FAULT_BAD_INPUT : 0);
		page_free(p);
	}
}

/* The largest symbol, so often that reading it would be more work than a page may be. */
static void
a_page_that_is_too_much_work_is_refused(void **state)
{
	enum { SYMBOL_BYTES = SYMBOL_MAX_SIDE_PX / 8 * SYMBOL_MAX_SIDE_PX };
	const unsigned most = DRAWING_MAX_PAINT_BYTES / SYMBOL_BYTES;
	(void)state;
	for (unsigned more = 0; more <= 1; more++) {
		struct page *p = page_new(1, most + more, 0);
		uint32_t s = 2;
		add_symbol(p, picture_of(p->a, &s, SYMBOL_MAX_SIDE_PX, SYMBOL_MAX_SIDE_PX));
		p->d->n_places = most + more; /* all at the corner */
		assert_encodes(p, more ? FAULT_BAD_INPUT : 0);
		page_free(p);
	}
}

static void
cut_lengthened_or_altered_bytes_are_refused(void **state)
{
	struct page *p = page_drawn(4);
	struct buf b = coded_of(p);
	(void)state;
	for (size_t n = 0; n < b.bytes; n += n < 64 ? 1 : 97)
		assert_int_equal(decode(b.p, n), FAULT_BAD_INPUT);
	uint8_t *longer = arena_zero(p->a, b.bytes + 1);
	memcpy(longer, b.p, b.bytes);
	assert_int_equal(decode(longer, b.bytes + 1), FAULT_BAD_INPUT);
	/* A flipped bit is another page, or none: it never comes back as this one. */
	for (size_t i = HEAD_BYTES; i < b.bytes; i += 41) {
		struct bilevel ret = { 0 };
		struct err err = { 0 };
		AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
		longer[i] ^= 0x10;
		if (bilevel_decode(a, longer, b.bytes, &ret, &err) == 0)
			assert_memory_not_equal(ret.p, p->rows, (size_t)H * ((W + 7) / 8));
		longer[i] ^= 0x10;
	}
	buf_done(&b);
	page_free(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drawn_page_comes_back_bit_for_bit),
		cmocka_unit_test(an_empty_page_and_a_page_of_bars_alone_are_pages_too),
		cmocka_unit_test(
		    a_symbol_is_coded_the_same_on_each_page_and_up_to_its_largest_side),
		cmocka_unit_test(a_drawing_that_cannot_be_read_is_not_written),
		cmocka_unit_test(each_limit_holds_and_one_more_is_refused),
		cmocka_unit_test(so_many_symbols_and_no_more),
		cmocka_unit_test(so_many_large_symbols_and_no_more),
		cmocka_unit_test(a_page_that_is_too_much_work_is_refused),
		cmocka_unit_test(cut_lengthened_or_altered_bytes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
