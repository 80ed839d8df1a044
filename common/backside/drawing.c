/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/drawing.h"
#include "backside/number.h"
#include "backside/paint.h"

#include "base/mem.h"
#include <string.h>

enum { SYMBOL_BITS = 12, ARENA_BYTES = 16 << 20, STREAM_MAX_BYTES = BILEVEL_MAX_CODED_BYTES };
_Static_assert(1 << SYMBOL_BITS >= DRAWING_MAX_SYMBOLS, "symbols");

/* Both ends run the same code: what one writes the other reads. */
struct coder {
	struct number_coder io;
	struct number_model n;
	struct number_model bar_y, bar_next, bar_x, bar_w, bar_h;
	struct number_model x, y, w, h, bytes;
	struct mq_context is_new[4], symbol[1 << SYMBOL_BITS];
	unsigned past; /* whether the last two were new */
};

static bool
counts_are_legal(const struct drawing *d)
{
	return d->n_symbols <= DRAWING_MAX_SYMBOLS && d->n_bars <= DRAWING_MAX_BARS &&
	    d->n_places <= DRAWING_MAX_PLACES && d->n_symbols <= d->n_places;
}

static bool
on_page(const struct drawing *d, int x, int y, unsigned w, unsigned h)
{
	return x >= 0 && y >= 0 && w > 0 && h > 0 && (unsigned)x + w <= d->w_px &&
	    (unsigned)y + h <= d->h_px;
}

/* Below the last one, from where its row begins; or behind it in the same row. */
static bool
code_bars(struct coder *c, const struct drawing *d)
{
	struct drawing_bar last = { 0 };
	int row_x = 0;
	for (unsigned i = 0; i < d->n_bars; i++) {
		struct drawing_bar *b = &d->bars[i];
		int down = number_code_signed(&c->io, &c->bar_y, b->y - last.y);
		int from = down == 0 ? last.x + last.w : row_x;
		struct number_model *m = down == 0 ? &c->bar_next : &c->bar_x;
		int x = from + number_code_signed(&c->io, m, b->x - from), y = last.y + down;
		unsigned w = number_code(&c->io, &c->bar_w, b->w);
		int h = last.h + number_code_signed(&c->io, &c->bar_h, b->h - last.h);
		if (c->io.failed || h < 0 || !on_page(d, x, y, w, (unsigned)h))
			return false;
		*b = (struct drawing_bar){ (uint16_t)x, (uint16_t)y, (uint16_t)w, (uint16_t)h };
		if (down != 0)
			row_x = x;
		last = *b;
	}
	return true;
}

static bool
code_symbol(struct coder *c, struct drawing_symbol *s)
{
	unsigned w = number_code(&c->io, &c->w, s->w_px), h = number_code(&c->io, &c->h, s->h_px);
	unsigned bytes = number_code(&c->io, &c->bytes, (unsigned)s->coded_bytes);
	if (c->io.failed || w > SYMBOL_MAX_SIDE_PX || h > SYMBOL_MAX_SIDE_PX || bytes == 0 ||
	    bytes > SYMBOL_MAX_BYTES)
		return false;
	s->w_px = (uint16_t)w;
	s->h_px = (uint16_t)h;
	s->coded_bytes = bytes;
	return true;
}

/* Which symbol the place has; *n are known so far. */
static bool
code_which(struct coder *c, const struct drawing *d, unsigned *n, struct drawing_place *p)
{
	if (p->symbol > *n)
		return false; /* to be written, and not the next new one */
	unsigned is_new = number_bit(&c->io, &c->is_new[c->past & 3], p->symbol == *n);
	c->past = c->past << 1 | is_new;
	if (is_new) {
		p->symbol = (uint16_t)*n;
		return *n < d->n_symbols && code_symbol(c, &d->symbols[(*n)++]);
	}
	p->symbol =
	    (uint16_t)number_code_tree(&c->io, c->symbol, number_bits_for(d->n_symbols), p->symbol);
	return p->symbol < *n;
}

static bool
code_places(struct coder *c, const struct drawing *d)
{
	unsigned n = 0;
	int end = 0, last_y = 0;
	for (unsigned i = 0; i < d->n_places; i++) {
		struct drawing_place *p = &d->places[i];
		if (!code_which(c, d, &n, p))
			return false;
		const struct drawing_symbol *s = &d->symbols[p->symbol];
		int x = end + number_code_signed(&c->io, &c->x, p->x - end);
		int y = last_y + number_code_signed(&c->io, &c->y, p->y - last_y);
		if (c->io.failed || !on_page(d, x, y, s->w_px, s->h_px))
			return false;
		p->x = (uint16_t)x;
		p->y = (uint16_t)y;
		end = x + s->w_px;
		last_y = y;
	}
	return n == d->n_symbols;
}

static bool
code_all(struct coder *c, const struct drawing *d)
{
	return code_bars(c, d) && code_places(c, d);
}

static struct coder *
coder_new(struct mq_encoder *e, struct mq_decoder *d)
{
	struct coder *c = mem_zero(sizeof(*c));
	c->io = (struct number_coder){ .encoder = e, .decoder = d };
	return c;
}

static void
coder_free(struct coder *c)
{
	mem_wipe(c, sizeof(*c)); /* models tell of the page */
	mem_free(c);
}

/* What would be too much work for who reads it. */
static bool
work_is_legal(const struct drawing *d)
{
	size_t pictures = 0, paint = 0;
	for (unsigned i = 0; i < d->n_symbols; i++)
		pictures += (d->symbols[i].w_px + 7U) / 8 * d->symbols[i].h_px;
	for (unsigned i = 0; i < d->n_places; i++) {
		const struct drawing_symbol *s = &d->symbols[d->places[i].symbol];
		paint += (s->w_px + 7U) / 8 * s->h_px;
	}
	for (unsigned i = 0; i < d->n_bars; i++)
		paint += (d->bars[i].w / 8 + 1U) * d->bars[i].h;
	return pictures <= DRAWING_MAX_PICTURE_BYTES && paint <= DRAWING_MAX_PAINT_BYTES;
}

static void
write_head(const struct drawing *d, struct buf *out)
{
	buf_u8(out, BILEVEL_VERSION_DRAWN);
	buf_u16(out, (uint16_t)d->w_px);
	buf_u16(out, (uint16_t)d->h_px);
}

/* What code_all() is given to write it writes back. */
static bool
write_stream(const struct drawing *d, struct buf *out)
{
	struct mq_encoder e;
	mq_encoder_init(&e, out);
	struct coder *c = coder_new(&e, NULL);
	(void)number_code(&c->io, &c->n, d->n_symbols);
	(void)number_code(&c->io, &c->n, d->n_bars);
	(void)number_code(&c->io, &c->n, d->n_places);
	bool ok = code_all(c, d);
	mq_encoder_finish(&e);
	coder_free(c);
	return ok;
}

static bool
size_is_legal(const struct drawing *d)
{
	return d->w_px > 0 && d->h_px > 0 && d->w_px <= BILEVEL_MAX_SIDE_PX &&
	    d->h_px <= BILEVEL_MAX_SIDE_PX;
}

int
drawing_encode(const struct drawing *d, struct buf *out, struct err *err)
{
	struct buf stream;
	if (!size_is_legal(d) || !counts_are_legal(d))
		return err_raise(err, FAULT_BAD_INPUT, "size of a drawing", (long)d->n_places);
	for (unsigned i = 0; i < d->n_symbols; i++)
		if (d->symbols[i].coded_bytes > SYMBOL_MAX_BYTES)
			return err_raise(err, FAULT_BAD_INPUT, "symbol of a drawing", (long)i);
	buf_init(&stream, STREAM_MAX_BYTES);
	bool ok = write_stream(d, &stream) && work_is_legal(d);
	write_head(d, out);
	buf_field32(out, stream.p, stream.bytes);
	for (unsigned i = 0; i < d->n_symbols; i++)
		buf_put(out, d->symbols[i].coded, d->symbols[i].coded_bytes);
	buf_done(&stream);
	return ok ? 0 : err_raise(err, FAULT_BAD_INPUT, "drawing", (long)d->n_places);
}

struct drawing *
drawing_new(struct arena *a, unsigned w_px, unsigned h_px, unsigned max_symbols,
    unsigned max_places, unsigned max_bars)
{
	struct drawing *d = arena_zero(a, sizeof(*d));
	*d = (struct drawing){
		.w_px = w_px,
		.h_px = h_px,
		.symbols = arena_zero_n(a, max_symbols + 1U, sizeof(*d->symbols)),
		.places = arena_zero_n(a, max_places + 1U, sizeof(*d->places)),
		.bars = arena_zero_n(a, max_bars + 1U, sizeof(*d->bars)),
	};
	return d;
}

/* The lists of a stream; NULL for what is none. */
static struct drawing *
read_stream(struct arena *a, const struct bilevel *img, const uint8_t *p, size_t bytes)
{
	struct mq_decoder mq;
	struct drawing head = { .w_px = img->w_px, .h_px = img->h_px };
	mq_decoder_init(&mq, p, bytes);
	struct coder *c = coder_new(NULL, &mq);
	head.n_symbols = number_code(&c->io, &c->n, 0);
	head.n_bars = number_code(&c->io, &c->n, 0);
	head.n_places = number_code(&c->io, &c->n, 0);
	struct drawing *d = NULL;
	if (!c->io.failed && counts_are_legal(&head)) {
		d = drawing_new(
		    a, img->w_px, img->h_px, head.n_symbols, head.n_places, head.n_bars);
		d->n_symbols = head.n_symbols;
		d->n_places = head.n_places;
		d->n_bars = head.n_bars;
		if (!code_all(c, d) || !work_is_legal(d))
			d = NULL;
	}
	coder_free(c);
	return d;
}

/* Would what was read be written as these bytes? */
static bool
is_canonical(const struct drawing *d, const uint8_t *p, size_t bytes)
{
	struct buf again;
	buf_init(&again, bytes);
	bool same = write_stream(d, &again) && buf_ok(&again) && again.bytes == bytes &&
	    memcmp(again.p, p, bytes) == 0;
	buf_done(&again);
	return same;
}

static bool
paint(struct arena *a, const struct drawing *d, struct rd *r, const struct paint_page *page)
{
	struct bilevel *pictures = arena_zero_n(a, d->n_symbols + 1U, sizeof(*pictures));
	for (unsigned i = 0; i < d->n_symbols; i++) {
		const struct drawing_symbol *s = &d->symbols[i];
		struct bilevel *b = &pictures[i];
		const uint8_t *p = rd_bytes(r, s->coded_bytes);
		*b = (struct bilevel){
			.w_px = s->w_px, .h_px = s->h_px, .stride_bytes = (s->w_px + 7U) / 8
		};
		uint8_t *rows = arena_zero_n(a, b->h_px, b->stride_bytes);
		b->p = rows;
		if (p == NULL || !symbol_decode(p, s->coded_bytes, b, rows))
			return false;
	}
	for (unsigned i = 0; i < d->n_bars; i++) {
		const struct drawing_bar *b = &d->bars[i];
		paint_bar(page, b->x, b->y, (unsigned)b->x + b->w, (unsigned)b->y + b->h);
	}
	for (unsigned i = 0; i < d->n_places; i++) {
		const struct drawing_place *p = &d->places[i];
		paint_symbol(page, &pictures[p->symbol], p->x, p->y);
	}
	return rd_done(r);
}

bool
drawing_decode(struct rd *r, const struct bilevel *img, uint8_t *rows)
{
	AUTO(arena) struct arena *a = arena_new(ARENA_BYTES);
	size_t bytes = 0;
	const uint8_t *p = rd_field32(r, &bytes);
	const struct paint_page page = { rows, img->w_px, img->h_px, img->stride_bytes };
	if (p == NULL || bytes == 0)
		return false;
	const struct drawing *d = read_stream(a, img, p, bytes);
	return d != NULL && is_canonical(d, p, bytes) && paint(a, d, r, &page);
}
