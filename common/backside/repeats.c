/* SPDX-License-Identifier: Apache-2.0 */
#include "backside/known.h"
#include "backside/number.h"

#include "base/mem.h"
#include <string.h>

enum {
	SHAPE_BITS = 14, /* MARKS_MAX */
	X_BITS = 12,     /* BILEVEL_MAX_SIDE_PX */
};

struct coder {
	struct number_coder io;
	struct number_model bands, band, n, steps, which, lines, ahead, down;
	struct mq_context goes_on[4];
	struct mq_context x[1 << X_BITS];
	struct mq_context shape[1 << SHAPE_BITS];
	unsigned past; /* whether the last two went on */
};

/* Where the last repeat was, and from where. */
struct at {
	uint32_t model;
	uint16_t x, y;
	uint16_t w, band;
	bool any;
};

/* How many marks lie between the last model and @model; REPEATS_MAX_STEPS: too many. */
static unsigned
steps_to(const struct known *k, const struct at *at, uint32_t model)
{
	uint32_t i = k->list[at->model].next;
	unsigned n = 0;
	for (; n < REPEATS_MAX_STEPS && i != KNOWN_NONE; n++, i = k->list[i].next)
		if (i == model)
			return n;
	return REPEATS_MAX_STEPS;
}

static bool
goes_on(const struct known *k, const struct at *at, const struct repeat *r, unsigned *ret_steps)
{
	const struct known_mark *last = &k->list[at->any ? at->model : 0], *m;
	if (!at->any)
		return false;
	m = &k->list[r->model];
	if (r->x - m->x != at->x - last->x || r->y - m->y != at->y - last->y)
		return false;
	*ret_steps = steps_to(k, at, r->model);
	return *ret_steps < REPEATS_MAX_STEPS;
}

static bool
code_going_on(
    struct coder *c, const struct known *k, const struct at *at, unsigned steps, struct repeat *r)
{
	uint32_t i = k->list[at->model].next;
	steps = number_code(&c->io, &c->steps, steps);
	if (steps >= REPEATS_MAX_STEPS)
		return false;
	while (steps-- > 0 && i != KNOWN_NONE)
		i = k->list[i].next;
	if (i == KNOWN_NONE)
		return false;
	int x = k->list[i].x + at->x - k->list[at->model].x;
	int y = k->list[i].y + at->y - k->list[at->model].y;
	if (x < 0 || y < 0 || x > UINT16_MAX || y > UINT16_MAX)
		return false;
	*r = (struct repeat){ i, (uint16_t)x, (uint16_t)y };
	return true;
}

/* Which of the marks of its shape, the newest being 0. */
static unsigned
which_of(const struct known *k, uint32_t model)
{
	unsigned n = 0;
	uint32_t i = k->newest[k->list[model].shape];
	while (i != model && n < REPEATS_MAX_MODELS && i != KNOWN_NONE) {
		i = k->list[i].older;
		n++;
	}
	return n;
}

static bool
code_model(struct coder *c, const struct known *k, struct repeat *r)
{
	bool encoding = c->io.encoder != NULL;
	unsigned shape = number_code_tree(
	    &c->io, c->shape, number_bits_for(k->n_shapes), encoding ? k->list[r->model].shape : 0);
	unsigned which = number_code(&c->io, &c->which, encoding ? which_of(k, r->model) : 0);
	if (shape >= k->n_shapes || which >= REPEATS_MAX_MODELS)
		return false;
	uint32_t i = k->newest[shape];
	while (which-- > 0 && i != KNOWN_NONE)
		i = k->list[i].older;
	r->model = i;
	return i != KNOWN_NONE;
}

static bool
code_place(struct coder *c, const struct known *k, unsigned n_bands, const struct at *at,
    unsigned h_px, struct repeat *r)
{
	bool encoding = c->io.encoder != NULL;
	unsigned band = encoding ? k->band_of[r->y] : 0, last = at->any ? at->band : 0;
	unsigned lines = number_code(&c->io, &c->lines, encoding ? band - last : 0);
	unsigned x = 0;
	band = last + lines;
	if (band >= n_bands)
		return false;
	if (at->any && lines == 0)
		x = at->x + number_code(&c->io, &c->ahead, encoding ? (unsigned)r->x - at->x : 0);
	else
		x = number_code_tree(&c->io, c->x, X_BITS, r->x);
	unsigned y = k->band_y[band] +
	    number_code(&c->io, &c->down, encoding ? (unsigned)r->y - k->band_y[band] : 0);
	if (x > UINT16_MAX || y >= h_px || k->band_of[y] != band)
		return false;
	r->x = (uint16_t)x;
	r->y = (uint16_t)y;
	return true;
}

/* One repeat. Reading, *r is filled; false then for what cannot be. */
static bool
code_repeat(struct coder *c, const struct known *k, unsigned n_bands, const struct at *at,
    unsigned h_px, struct repeat *r)
{
	unsigned steps = 0;
	unsigned on = c->io.encoder != NULL && goes_on(k, at, r, &steps);
	bool ok = false;
	on = number_bit(&c->io, &c->goes_on[c->past & 3], on);
	c->past = c->past << 1 | on;
	if (on)
		ok = at->any && code_going_on(c, k, at, steps, r);
	else
		ok = code_model(c, k, r) && code_place(c, k, n_bands, at, h_px, r);
	return ok && !c->io.failed;
}

static void
step_on(struct known *k, const struct repeat *r, struct at *at)
{
	uint32_t i = known_add(k, r->model, r->x, r->y);
	*at = (struct at){ r->model, r->x, r->y, k->list[i].w, k->list[i].band, true };
}

static void
code_bands(struct coder *c, struct repeats *r)
{
	r->n_bands = number_code(&c->io, &c->bands, r->n_bands);
	if (r->n_bands > REPEATS_MAX_BANDS)
		c->io.failed = true;
	for (unsigned i = 0; i + 1 < r->n_bands && !c->io.failed; i++)
		r->band_h[i] = (uint16_t)number_code(&c->io, &c->band, r->band_h[i]);
}

static struct coder *
coder_new(struct mq_encoder *e, struct mq_decoder *d)
{
	struct coder *c = mem_zero(sizeof(*c));
	c->io.encoder = e;
	c->io.decoder = d;
	return c;
}

static void
coder_free(struct coder *c)
{
	mem_wipe(c, sizeof(*c));
	mem_free(c);
}

void
repeats_encode(struct mq_encoder *e, const struct bilevel *img, const struct repeats *r)
{
	struct coder *c = coder_new(e, NULL);
	struct repeats bands = *r;
	struct marks found = { .n = 0 };
	struct known k;
	struct at at = { .any = false };
	(void)number_code(&c->io, &c->n, r->n);
	if (r->n > 0 && (r->left.list != NULL || marks_find(img, &found))) {
		code_bands(c, &bands);
		known_init(&k, r->left.list != NULL ? &r->left : &found, r, img->h_px, r->n);
		for (unsigned i = 0; i < r->n; i++) {
			struct repeat one = r->list[i];
			(void)code_repeat(c, &k, r->n_bands, &at, img->h_px, &one);
			step_on(&k, &one, &at);
		}
		known_done(&k);
		marks_done(&found);
	}
	coder_free(c);
}

/* The mark lies on the page, and behind the last one in reading order. */
static bool
fits(const struct bilevel *img, const struct known *k, const struct mark *m, const struct at *at,
    const struct repeat *r)
{
	if ((unsigned)r->x + m->w > img->w_px || (unsigned)r->y + m->h > img->h_px)
		return false;
	unsigned band = k->band_of[r->y];
	return !at->any || band > at->band || (band == at->band && r->x >= at->x);
}

static bool
decode_list(struct coder *c, const struct bilevel *img, uint8_t *rows, struct repeats *r)
{
	const struct marks *m = &r->left;
	struct known k;
	struct at at = { .any = false };
	bool ok = true;
	known_init(&k, m, r, img->h_px, r->n);
	for (unsigned i = 0; i < r->n && ok; i++) {
		struct repeat *one = &r->list[i];
		ok = code_repeat(c, &k, r->n_bands, &at, img->h_px, one);
		const struct mark *model = &m->list[ok ? k.list[one->model].pixels : 0];
		ok = ok && fits(img, &k, model, &at, one);
		if (!ok)
			break;
		mark_paint(m, model, rows, img->stride_bytes, one->x, one->y, true);
		step_on(&k, one, &at);
	}
	known_done(&k);
	return ok;
}

bool
repeats_decode(struct mq_decoder *d, const struct bilevel *img, uint8_t *rows, struct repeats *ret)
{
	struct coder *c = coder_new(NULL, d);
	struct repeats r = { .n = 0 };
	bool ok = false;
	r.n = number_code(&c->io, &c->n, 0);
	ok = !c->io.failed && r.n <= MARKS_MAX;
	if (ok && r.n > 0) {
		code_bands(c, &r);
		ok = !c->io.failed && r.n_bands > 0 && marks_find(img, &r.left) && r.left.n > 0;
		if (ok) {
			r.list = mem_zero_n(r.n, sizeof(*r.list));
			ok = decode_list(c, img, rows, &r);
		}
	}
	coder_free(c);
	if (!ok)
		repeats_done(&r);
	*ret = r;
	return ok;
}

void
repeats_done(struct repeats *r)
{
	if (r->list != NULL)
		mem_wipe(r->list, r->n * sizeof(*r->list));
	mem_free(r->list);
	marks_done(&r->left);
	*r = (struct repeats){ .n = 0 };
}
